"""A benchmark's figures in Markdown: `report.md`, and the tables that the documentation takes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from pai_studio.core.evaluation.metrics import Metric
from pai_studio.core.evaluation.page import paper, prose, words
from pai_studio.core.evaluation.page.baseline import Baseline, Cell, baseline_of
from pai_studio.core.evaluation.page.media import Gallery
from pai_studio.core.evaluation.page.reading import Figure, Reading

_SIGNS = re.compile(r"([\\`*_\[\]<>|~&#])")


def escaped(text: str) -> str:
    """Text from outside on one line, in which Markdown and HTML mean nothing."""
    return _SIGNS.sub(r"\\\1", " ".join(text.split()))


def table(head: Sequence[str], rows: Sequence[Sequence[str]], numbers_from: int = 1) -> str:
    """A table of cells that are Markdown already; columns from `numbers_from` on are set to the right."""
    rule = ["---" if column < numbers_from else "---:" for column in range(len(head))]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *rows))


def results(reading: Reading) -> str:
    """Metrics down, engines across, the best mean of a row bold."""
    rows = []
    for metric in reading.metrics:
        figures = {name: reading.figure(name, metric.key) for name in reading.engines}
        best, most = reading.best(metric, figures), max(figure.clips for figure in figures.values())
        cells = (_figure(metric, figures[n], best=n in best, most=most) for n in reading.engines)
        rows.append([_titled(metric), *cells])
    return table(["Metric", *map(escaped, reading.engines)], rows)


def pairs(reading: Reading) -> str:
    """Every paired difference."""
    rows = []
    for pair in reading.pairs:
        for d in pair.differences:
            worst = f"{escaped(d.worst[0])}, {_signed(d.metric, d.worst[1])}" if d.worst else words.DASH
            wins = words.wins(d.wins, d.figure.clips)
            names = f"{escaped(pair.engine)} against {escaped(pair.against)}"
            sure = words.interval(d.figure, d.metric.mean_digits, signed=True) or words.DASH
            rows.append([names, _titled(d.metric), _signed(d.metric, d.figure.mean), sure, wins, worst])
    return table(["Pair", "Metric", "Difference", "95% interval", "Better in", "Worst clip"], rows, 2)


def group(reading: Reading, kind: str, parts: Mapping[str, Mapping[str, Any]]) -> str:
    """The parts of a set by one property, the main metrics across."""
    rows = []
    for part in sorted(parts, key=words.natural):
        engines = [name for name in reading.engines if name in parts[part]]
        figures = {n: [Figure.of(parts[part][n].get(m.key)) for m in reading.main] for n in engines}
        clips = max((figure.clips for found in figures.values() for figure in found), default=0)
        for name in engines:
            cells = [_part(m, f, clips) for m, f in zip(reading.main, figures[name], strict=True)]
            rows.append([f"{escaped(part)} ({words.counted(clips, 'clip')})", escaped(name), *cells])
    return table([escaped(words.group_name(kind)), "Engine", *map(_titled, reading.main)], rows, 2)


def baseline(held: Baseline) -> str:
    """Every contestant against the baseline, a table each: metrics down, parts of the set across."""
    found = []
    for name in held.engines:
        rows = [
            [_titled(metric), *(_held(column.cell(name, metric)) for column in held.columns)]
            for metric in held.metrics
        ]
        heads = [
            f"{escaped(name)} against {escaped(held.against)}",
            *(escaped(c.label) for c in held.columns),
        ]
        found.append(table(heads, rows))
    return "\n\n".join(found)


def judges(reading: Reading) -> str:
    """What learned judges say of the set: values down, engines across, none of them marked."""
    rows = []
    for key in reading.judge_keys:
        figures = {name: reading.judged(name, key) for name in reading.engines}
        most = max(figure.clips for figure in figures.values())
        told = (words.learned(figures[name], most) for name in reading.engines)
        cells = (f"{mean} ({'; '.join(small)})" if small else mean for mean, small in told)
        rows.append([escaped(key), *cells])
    notes = "\n".join(f"- {escaped(line)}" for line in prose.judges(reading))
    return f"{table(['Value', *map(escaped, reading.engines)], rows)}\n\n{notes}"


def judged_clips(reading: Reading) -> str:
    """What they say of each clip: a row a clip and engine."""
    rows = []
    for clip in reading.clips:
        for name in reading.engines:
            said = clip.get("judges", {}).get(name, {})
            cells = (words.number(said.get(key), words.LEARNED_DIGITS) for key in reading.judge_keys)
            rows.append([escaped(clip["clip"]), escaped(name), *cells])
    return table(["Clip", "Engine", *map(escaped, reading.judge_keys)], rows, 2)


def clips(reading: Reading) -> str:
    """A row a clip and engine, the main metrics across."""
    rows = []
    for clip in reading.clips:
        for name in reading.engines:
            values = clip["engines"].get(name, {})
            cells = [escaped(words.value_of(m, values.get(m.key))) for m in reading.main]
            rows.append([escaped(clip["clip"]), escaped(name), *cells])
    return table(["Clip", "Engine", *map(_titled, reading.main)], rows, 2)


def failures(reading: Reading) -> str:
    """What failed."""
    keys = ("clip", "engine", "what", "where", "hint")
    rows = [[escaped(str(f.get(key) or words.DASH)) for key in keys] for f in reading.failures]
    return table(["Clip", "Engine", "What", "Where", "What to do"], rows, len(keys))


def changes(reading: Reading) -> str:
    """What moved against an earlier report."""
    names = {metric.key: metric for metric in reading.metrics}
    rows = []
    for change in reading.moved:
        metric = names[change["metric"]]
        numbers = [words.number(change[key], metric.mean_digits) for key in ("before", "after")]
        difference = _signed(metric, change["difference"])
        verdict = escaped(str(change.get("verdict") or words.DASH))
        rows.append([escaped(str(change["engine"])), _titled(metric), *numbers, difference, verdict])
    return table(["Engine", "Metric", "Before", "Now", "Difference", "Which is"], rows, 2)


def definitions(metrics: Sequence[Metric]) -> str:
    """Every metric: what it is and where it comes from."""
    rows = [
        [_titled(m), f"`{m.key}`", escaped(m.definition), escaped(m.source) or words.DASH] for m in metrics
    ]
    return table(["Metric", "Key", "Definition", "Source"], rows, 4)


def the_paper() -> str:
    """The paper's own numbers, marked as what they are."""
    rows = []
    for method, single_reference in paper.SINGLE.items():
        several = paper.SEVERAL.get(method, (words.DASH,) * len(paper.METRICS))
        rows.append([method, *(f"{a} / {b}" for a, b in zip(single_reference, several, strict=True))])
    head = ["", *(f"{name} {'↓' if name in paper.LOWER_IS_BETTER else '↑'}" for name in paper.METRICS)]
    return table(head, rows)


def report(reading: Reading, gallery: Gallery) -> str:
    """All of `report.md`; the gallery links to the pictures beside it."""
    parts = [
        f"# {escaped(reading.name)}: benchmark",
        escaped(prose.facts(reading)),
        escaped(prose.about(reading)),
    ]
    parts += ["## Results", f"{prose.TABLE} {prose.MARKDOWN_BEST}", results(reading)]
    if reading.failures:
        parts += ["## Failures", prose.FAILURES, failures(reading)]
    if reading.pairs:
        parts += ["## Engine against engine", prose.DIFFERENCES, pairs(reading)]
    held = baseline_of(reading)
    if held is not None:
        parts += [f"## Against {escaped(held.against)}", prose.BASELINE, baseline(held)]
    if reading.judges is not None:
        parts += [f"## {prose.JUDGES}", prose.JUDGES_ARE, judges(reading), judged_clips(reading)]
    if reading.changes is not None:
        notes = "\n".join(f"- {escaped(note)}" for note in prose.compared(reading))
        moved = changes(reading) if reading.moved else prose.NOTHING_MOVED
        parts += ["## What moved", prose.CHANGES, notes, moved]
    if reading.groups:
        parts += [
            "## By kind of clip",
            *(group(reading, kind, found) for kind, found in reading.groups.items()),
        ]
    if reading.clips:
        parts += ["## Clip by clip", clips(reading), *_pictures(reading, gallery)]
    parts += ["## What the metrics are", definitions(reading.metrics)]
    parts += ["## How to reproduce", prose.REPRODUCE, code(reading.command), escaped(prose.versions(reading))]
    parts += ["## What to keep in mind", "\n".join(f"- {escaped(item)}" for item in prose.caveats(reading))]
    return "\n\n".join(part for part in parts if part) + "\n"


def code(command: str) -> str:
    """A command to copy; indented, so that nothing in it can end it."""
    return "\n".join(f"    {line}" for line in command.splitlines())


def _pictures(reading: Reading, gallery: Gallery) -> list[str]:
    found = []
    for clip in reading.clips:
        name, contact = clip["clip"], gallery.contact(clip["clip"])
        if contact is not None:
            tags = escaped(", ".join(prose.of_clip(clip)))
            found += [
                f"### {escaped(name)}",
                tags,
                f"![Contact sheet of {escaped(name)}]({quote(contact.src, safe='/%')})",
            ]
    return found


def _titled(metric: Metric) -> str:
    unit = f", {escaped(metric.unit)}" if metric.unit else ""
    return f"{escaped(metric.label)}{unit} {words.arrow(metric)}"


def _figure(metric: Metric, figure: Figure, *, best: bool, most: int) -> str:
    mean = words.number(figure.mean, metric.mean_digits)
    sure = [words.interval(figure, metric.mean_digits), words.fewer(figure, most)]
    small = "; ".join(part for part in sure if part)
    return f"{f'**{mean}**' if best else mean}{f' ({small})' if small else ''}"


def _held(cell: Cell) -> str:
    mark = {1: "**", -1: "*", 0: ""}[cell.verdict]
    small = f" ({'; '.join(cell.small)})" if cell.small else ""
    return f"{mark}{cell.text}{mark}{small}"


def _part(metric: Metric, figure: Figure, most: int) -> str:
    fewer = words.fewer(figure, most)
    return f"{words.number(figure.mean, metric.mean_digits)}{f' ({fewer})' if fewer else ''}"


def _signed(metric: Metric, value: float | None) -> str:
    return words.number(value, metric.mean_digits, signed=True)

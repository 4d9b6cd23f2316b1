"""The page's tables: the whole set, its parts, a clip, what failed, what moved, what each metric is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pai_studio.core.evaluation.aggregate import single
from pai_studio.core.evaluation.metrics import Metric
from pai_studio.core.evaluation.page import words
from pai_studio.core.evaluation.page.baseline import Baseline, Cell
from pai_studio.core.evaluation.page.html import Markup, el, hidden, joined
from pai_studio.core.evaluation.page.reading import Figure, Reading


def table(
    label: str, caption: str | None, head: Sequence[Markup], body: Sequence[Markup], cls: str
) -> Markup:
    """A table that scrolls sideways inside itself where the window is narrow, by keyboard too.

    `label` is its name for screen readers; `caption` is seen, None where a heading says it already.
    """
    shown = el("caption", caption) if caption is not None else el("caption", label, cls="unseen")
    whole = el("table", shown, el("thead", el("tr", *head)), el("tbody", *body), cls=cls)
    return el("div", whole, cls="scroll", role="region", tabindex=0, aria_label=label)


def columns(*names: str) -> list[Markup]:
    """Plain column heads."""
    return [el("th", name, scope="col") for name in names]


def results(reading: Reading, metrics: Sequence[Metric], label: str, caption: str | None) -> Markup:
    """Metrics down, engines across: mean and interval, the best marked."""
    rows = []
    for metric in metrics:
        figures = {name: reading.figure(name, metric.key) for name in reading.engines}
        best = reading.best(metric, figures)
        most = max(figure.clips for figure in figures.values())
        cells = (figure_cell(metric, figures[n], best=n in best, most=most) for n in reading.engines)
        rows.append(el("tr", metric_head(metric), *cells))
    return table(label, caption, [*columns("Metric"), *_engine_heads(reading)], rows, "results")


def group_table(reading: Reading, kind: str, parts: Mapping[str, Mapping[str, Any]]) -> Markup:
    """The parts of the set by one property: a row an engine in each part, the main metrics across."""
    rows = [
        row for part in sorted(parts, key=words.natural) for row in _part_rows(reading, part, parts[part])
    ]
    name = words.group_name(kind)
    heads = [*columns(name, "Engine"), *(metric_head(metric, "col") for metric in reading.main)]
    return table(f"By {name.lower()}", el("b", f"By {name.lower()}"), heads, rows, "groups")


def _part_rows(reading: Reading, part: str, told: Mapping[str, Any]) -> list[Markup]:
    """A row an engine; the first has the part's name and how many clips it has."""
    engines = [name for name in reading.engines if name in told]
    figures = {name: {m.key: Figure.of(told[name].get(m.key)) for m in reading.main} for name in engines}
    clips = max((figure.clips for found in figures.values() for figure in found.values()), default=0)
    best = {m.key: reading.best(m, {n: figures[n][m.key] for n in engines}) for m in reading.main}
    label = joined(part, el("small", words.counted(clips, "clip")))
    rows = []
    for name in engines:
        first = name == engines[0]
        head = el("th", label, scope="rowgroup", rowspan=len(engines)) if first else None
        cells = (
            figure_cell(m, figures[name][m.key], best=name in best[m.key], most=clips) for m in reading.main
        )
        engine = el("th", name, scope="row", cls="engine")
        rows.append(el("tr", head, engine, *cells, cls="first" if first else None))
    return rows


def baseline(found: Baseline, engine: str) -> Markup:
    """An engine against the baseline: metrics down, parts of the set across."""
    rows = []
    for metric in found.metrics:
        cells = (_baseline_cell(column.cell(engine, metric)) for column in found.columns)
        rows.append(el("tr", metric_head(metric), *cells))
    heads = (el("th", column.label, scope="col", cls="num") for column in found.columns)
    title = f"{engine} against {found.against}"
    return table(title, el("b", title), [*columns("Metric"), *heads], rows, "results")


def _baseline_cell(cell: Cell) -> Markup:
    marks = {1: ("b", "better"), -1: ("i", "worse")}
    shown: Markup | str = cell.text
    if cell.verdict:
        tag, verdict = marks[cell.verdict]
        shown = joined(el(tag, cell.text, cls="best" if cell.verdict > 0 else None), hidden(f" ({verdict})"))
    return _number_cell(shown, *cell.small)


def clip_table(reading: Reading, clip: Mapping[str, Any], metrics: Sequence[Metric], label: str) -> Markup:
    """One clip: metrics down, engines across."""
    rows = []
    for metric in metrics:
        values = {name: clip["engines"].get(name, {}).get(metric.key) for name in reading.engines}
        best = reading.best(metric, {n: Figure(single(metric, v)) for n, v in values.items()})
        cells = (_number_cell(words.value_of(metric, values[n]), best=n in best) for n in reading.engines)
        rows.append(el("tr", metric_head(metric), *cells))
    return table(label, None, [*columns("Metric"), *_engine_heads(reading)], rows, "clip")


def judges(reading: Reading) -> Markup:
    """What learned judges say of the set: values down, engines across, none of them marked."""
    rows = []
    for key in reading.judge_keys:
        figures = {name: reading.judged(name, key) for name in reading.engines}
        most = max(figure.clips for figure in figures.values())
        told = (words.learned(figures[name], most) for name in reading.engines)
        cells = (_number_cell(mean, *small) for mean, small in told)
        rows.append(el("tr", el("th", el("code", key), scope="row"), *cells))
    return table("Learned judges", None, [*columns("Value"), *_engine_heads(reading)], rows, "results")


def judged_clips(reading: Reading) -> Markup:
    """What they say of each clip: a row a clip and engine."""
    rows = []
    for clip in reading.clips:
        for name in reading.engines:
            said = clip.get("judges", {}).get(name, {})
            shown = (words.number(said.get(key), words.LEARNED_DIGITS) for key in reading.judge_keys)
            engine = el("td", name, cls="engine")
            rows.append(el("tr", el("th", clip["clip"], scope="row"), engine, *map(_number_cell, shown)))
    keys = (el("th", el("code", key), scope="col", cls="num") for key in reading.judge_keys)
    return table("Learned judges, clip by clip", None, [*columns("Clip", "Engine"), *keys], rows, "clip")


def failures(found: Sequence[Mapping[str, Any]]) -> Markup:
    """What failed, where, and what to do."""
    keys = ("engine", "what", "where", "hint")
    rows = []
    for failure in found:
        texts = (el("td", str(failure.get(key) or words.DASH)) for key in keys)
        rows.append(el("tr", el("th", str(failure.get("clip") or words.DASH), scope="row"), *texts))
    return table("Failures", None, columns("Clip", "Engine", "What", "Where", "What to do"), rows, "prose")


def changes(reading: Reading) -> Markup:
    """What moved against an earlier report."""
    names = {metric.key: metric for metric in reading.metrics}
    rows = []
    for change in reading.moved:
        metric = names[change["metric"]]
        digits = metric.mean_digits
        cells = (_number_cell(words.number(change[key], digits)) for key in ("before", "after"))
        moved = Figure.of({"mean": change["difference"], "ci95": change.get("ci95")})
        sure = words.interval(moved, digits, signed=True)
        difference = _number_cell(words.number(moved.mean, digits, signed=True), sure)
        verdict = el("td", str(change.get("verdict") or words.DASH))
        engine = el("th", str(change["engine"]), scope="row", cls="engine")
        rows.append(el("tr", engine, metric_head(metric), *cells, difference, verdict))
    numbers = (el("th", name, scope="col", cls="num") for name in ("Before", "Now", "Difference"))
    heads = [*columns("Engine", "Metric"), *numbers, *columns("Which is")]
    return table("What moved", None, heads, rows, "changes")


def definitions(metrics: Sequence[Metric]) -> Markup:
    """Every metric: what it is, which way is better, and where it comes from."""
    rows = []
    for metric in metrics:
        direction = ", ".join(part for part in (metric.unit, words.better(metric)) if part)
        texts = (el("td", text or words.DASH) for text in (metric.definition, direction, metric.source))
        rows.append(el("tr", el("th", metric.label, el("code", metric.key), scope="row"), *texts))
    heads = columns("Metric", "Definition", "Unit and direction", "Source")
    return table("Definitions", None, heads, rows, "prose definitions")


def metric_head(metric: Metric, scope: str = "row") -> Markup:
    """A metric as the head of a row or column: its name, unit and the direction of better."""
    arrow = el("span", words.arrow(metric), cls="arrow", aria_hidden="true")
    told = hidden(f" ({words.better(metric)})")
    unit = el("span", f"{metric.unit} " if metric.unit else None, arrow, told, cls="unit")
    return el("th", metric.label, " ", unit, scope=scope, cls="num" if scope == "col" else None)


def figure_cell(metric: Metric, figure: Figure, *, best: bool, most: int) -> Markup:
    """A mean over its interval; where fewer than `most` clips have a value it says how many."""
    digits = metric.mean_digits
    small = (words.interval(figure, digits), words.fewer(figure, most))
    return _number_cell(words.number(figure.mean, digits), *small, best=best)


def _engine_heads(reading: Reading) -> list[Markup]:
    return [el("th", name, scope="col", cls="num") for name in reading.engines]


def _number_cell(text: str, *below: str, best: bool = False) -> Markup:
    shown = joined(el("b", text, cls="best"), hidden(" (best)")) if best else text
    return el("td", shown, *(el("small", line) for line in below if line), cls="num")

"""The page's tables: the whole set, its parts, a clip, what failed, what moved, what each metric is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pai_studio.core.evaluation.metrics import Metric
from pai_studio.core.evaluation.page import prose, words
from pai_studio.core.evaluation.page.html import Markup, el, hidden, joined
from pai_studio.core.evaluation.page.reading import Figure, Reading, mean_digits, single


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


def results(reading: Reading) -> Markup:
    """Metrics down, engines across: mean and interval, the best marked."""
    rows = []
    for metric in reading.metrics:
        figures = {name: reading.figure(name, metric.key) for name in reading.engines}
        best = reading.best(metric, figures)
        cells = [figure_cell(metric, figures[name], best=name in best) for name in reading.engines]
        rows.append(el("tr", metric_head(metric), *cells))
    caption = joined(el("b", "Table 1. "), prose.TABLE, " ", el("b", "Bold", cls="best"), prose.BEST)
    head = [*columns("Metric"), *(engine_head(name) for name in reading.engines)]
    return table("Means over the set", caption, head, rows, "results")


def group_table(reading: Reading, kind: str, parts: Mapping[str, Mapping[str, Any]]) -> Markup:
    """The parts of the set by one property: a row an engine in each part, the main metrics across."""
    rows = [
        row for part in sorted(parts, key=words.natural) for row in _part_rows(reading, part, parts[part])
    ]
    name = words.group_name(kind)
    heads = [*columns(name, "Engine"), *(metric_column(metric) for metric in reading.main)]
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
        cells = (figure_cell(m, figures[name][m.key], best=name in best[m.key]) for m in reading.main)
        engine = el("th", name, scope="row", cls="engine")
        rows.append(el("tr", head, engine, *cells, cls="first" if first else None))
    return rows


def clip_table(reading: Reading, clip: Mapping[str, Any]) -> Markup:
    """One clip: metrics down, engines across."""
    rows = []
    for metric in reading.metrics:
        values = {name: clip["engines"].get(name, {}).get(metric.key) for name in reading.engines}
        best = reading.best(metric, {n: Figure(single(metric, v)) for n, v in values.items()})
        cells = [_number_cell(words.value_of(metric, values[n]), best=n in best) for n in reading.engines]
        rows.append(el("tr", metric_head(metric), *cells))
    head = [*columns("Metric"), *(engine_head(name) for name in reading.engines)]
    return table(f"{clip['clip']}: every metric and engine", None, head, rows, "clip")


def failures(found: Sequence[Mapping[str, Any]]) -> Markup:
    """What failed, where, and what to do."""
    rows = [
        el(
            "tr",
            el("th", str(f.get("clip") or words.DASH), scope="row"),
            *(el("td", str(f.get(key) or words.DASH)) for key in ("engine", "what", "where", "hint")),
        )
        for f in found
    ]
    return table("Failures", None, columns("Clip", "Engine", "What", "Where", "What to do"), rows, "prose")


def changes(reading: Reading) -> Markup:
    """What moved against an earlier report."""
    names = {metric.key: metric for metric in reading.metrics}
    rows = []
    for change in reading.changes:
        metric = names[change["metric"]]
        cells = [
            _number_cell(words.number(change[key], mean_digits(metric), signed=key == "difference"))
            for key in ("before", "after", "difference")
        ]
        rows.append(
            el("tr", el("th", change["engine"], scope="row", cls="engine"), el("td", metric.label), *cells)
        )
    numbers = (el("th", name, scope="col", cls="num") for name in ("Before", "Now", "Difference"))
    return table("Changes", None, [*columns("Engine", "Metric"), *numbers], rows, "prose")


def definitions(metrics: Sequence[Metric]) -> Markup:
    """Every metric: what it is, which way is better, and where it comes from."""
    rows = [
        el(
            "tr",
            el("th", metric.label, el("code", metric.key), scope="row"),
            el("td", metric.definition),
            el("td", ", ".join(part for part in (metric.unit, words.better(metric)) if part)),
            el("td", metric.source or words.DASH),
        )
        for metric in metrics
    ]
    return table(
        "Definitions", None, columns("Metric", "Definition", "Unit and direction", "Source"), rows, "prose"
    )


def metric_head(metric: Metric) -> Markup:
    """A metric as the head of a row."""
    unit = el("span", metric.unit, cls="unit") if metric.unit else None
    return el("th", metric.label, " ", unit, _direction(metric), scope="row")


def metric_column(metric: Metric) -> Markup:
    """A metric as the head of a column."""
    unit = el("span", metric.unit, cls="unit") if metric.unit else None
    return el("th", metric.label, " ", unit, _direction(metric), scope="col", cls="num")


def engine_head(name: str) -> Markup:
    """An engine as the head of a column of numbers."""
    return el("th", name, scope="col", cls="num engine")


def figure_cell(metric: Metric, figure: Figure, *, best: bool) -> Markup:
    """A mean over its interval."""
    return _number_cell(
        words.number(figure.mean, mean_digits(metric)), words.interval(figure, mean_digits(metric)), best=best
    )


def _number_cell(text: str, below: str = "", *, best: bool = False) -> Markup:
    shown = joined(el("b", text, cls="best"), hidden(" (best)")) if best else text
    return el("td", shown, el("small", below) if below else None, cls="num")


def _direction(metric: Metric) -> Markup:
    return joined(
        " ",
        el("span", words.arrow(metric), cls="arrow", aria_hidden="true"),
        hidden(f"({words.better(metric)})"),
    )

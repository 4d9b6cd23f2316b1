"""What the page tells, section by section."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pai_studio.core.evaluation.metrics import Metric
from pai_studio.core.evaluation.page import plot, prose, tables, words
from pai_studio.core.evaluation.page.baseline import Baseline, baseline_of
from pai_studio.core.evaluation.page.html import Markup, el, hidden, joined
from pai_studio.core.evaluation.page.media import Gallery
from pai_studio.core.evaluation.page.reading import Difference, Pair, Reading

_OPEN_SHEETS = 12
"""Up to so many clips their contact sheets stand open; of more they unfold on demand."""

_KEY_PAIRS = ("background_psnr_db", "foreground_psnr_db")
_KEY_FIGURES = ("relight_gain_db", "anchor_offset_frames", "spill", "flicker", "identity")
_KEYS = 4


@dataclass(frozen=True)
class Section:
    """A section of the page: the name that links lead to, its title, and all of it."""

    name: str
    title: str
    markup: Markup


def all_of(reading: Reading, gallery: Gallery) -> list[Section]:
    """The sections that this report has something to tell in, in order."""
    found = [_results(reading)]
    if reading.failures:
        found.append(_failures(reading))
    if reading.pairs:
        found.append(_differences(reading))
    held = baseline_of(reading)
    if held is not None:
        found.append(_baseline(held))
    if reading.judges is not None:
        found.append(_judges(reading))
    if reading.changes is not None:
        found.append(_changes(reading))
    if reading.groups:
        parts = [tables.group_table(reading, kind, parts) for kind, parts in reading.groups.items()]
        found.append(_section("groups", "By kind of clip", el("p", prose.GROUPS), *parts))
    if reading.clips:
        found.append(_section("clips", "Clip by clip", el("p", prose.CLIPS), *_clips(reading, gallery)))
    found.append(_section("metrics", "What the metrics are", tables.definitions(reading.metrics)))
    found.append(_section("reproduce", "How to reproduce", *_reproduce(reading)))
    found.append(_section("caveats", "What to keep in mind", _listed(prose.caveats(reading))))
    return found


def opening(reading: Reading) -> list[Markup]:
    """Title, what the set is, and the key figures."""
    found = [
        el("p", "PAI-Studio benchmark", cls="eyebrow"),
        el("h1", reading.name),
        el("p", prose.facts(reading), cls="facts"),
        el("p", prose.about(reading), cls="lede"),
    ]
    if reading.failures:
        count = words.counted(len(reading.failures), "failure")
        found.append(
            el("p", el("a", count, href="#failures"), ": the figures leave out what failed.", cls="notice")
        )
    keys = [*_key_pairs(reading), *_key_figures(reading)][:_KEYS]
    return [*found, el("dl", *keys, cls="keys")] if keys else found


def _section(name: str, title: str, *content: Markup | None) -> Section:
    return Section(name, title, el("section", el("h2", title), *content, id=name, aria_label=title))


def _results(reading: Reading) -> Section:
    label = "Means over the set"
    caption = joined(el("b", "Table 1. "), prose.TABLE, " ", el("b", "Bold", cls="best"), prose.BEST)
    main = tables.results(reading, reading.main, label, caption)
    others = tables.results(reading, reading.others, f"{label}: the other metrics", None)
    return _section("results", "Results", main, _folded("The other metrics", others, reading.others))


def _folded(title: str, content: Markup, metrics: list[Metric]) -> Markup | None:
    """What unfolds on demand, with how many metrics wait there; None where there is none."""
    if not metrics:
        return None
    return el("details", el("summary", f"{title} ({len(metrics)})"), content)


def _changes(reading: Reading) -> Section:
    notes = _listed(prose.compared(reading))
    moved = tables.changes(reading) if reading.moved else el("p", prose.NOTHING_MOVED)
    return _section("changes", "What moved", el("p", prose.CHANGES), notes, moved)


def _judges(reading: Reading) -> Section:
    by_clip = tables.judged_clips(reading)
    folded = el("details", el("summary", "Clip by clip"), by_clip)
    notes = _listed(prose.judges(reading))
    return _section("judges", prose.JUDGES, el("p", prose.JUDGES_ARE), tables.judges(reading), notes, folded)


def _baseline(held: Baseline) -> Section:
    shown = (tables.baseline(held, name) for name in held.engines)
    return _section("baseline", f"Against {held.against}", el("p", prose.BASELINE), *shown)


def _failures(reading: Reading) -> Section:
    return _section("failures", "Failures", el("p", prose.FAILURES), tables.failures(reading.failures))


def _key(name: str, of: str, value: str, unit: str, *small: str | None) -> Markup:
    shown = el("dd", value, el("span", f" {unit}", cls="unit") if unit else None, cls="value")
    return el("div", el("dt", name, el("small", of)), shown, *(el("dd", text) for text in small if text))


def _key_pairs(reading: Reading) -> list[Markup]:
    if not reading.pairs:
        return []
    pair, found = reading.pairs[0], []
    for key in _KEY_PAIRS:
        difference = pair.of(key)
        if difference is None or difference.figure.mean is None:
            continue
        metric, figure = difference.metric, difference.figure
        sure = words.interval(figure, metric.mean_digits, signed=True)
        found.append(
            _key(
                metric.label,
                f"{pair.engine} against {pair.against}",
                words.number(figure.mean, metric.mean_digits, signed=True),
                metric.unit,
                f"95% interval {sure}" if sure else None,
                _wins(difference),
            )
        )
    return found


def _key_figures(reading: Reading) -> list[Markup]:
    engine = reading.pairs[0].engine if reading.pairs else reading.engines[-1]
    chosen = [m for key in _KEY_FIGURES for m in reading.metrics if m.key == key]
    found = []
    for metric in chosen:
        figure = reading.figure(engine, metric.key)
        if figure.mean is not None:
            sure = words.interval(figure, metric.mean_digits)
            found.append(
                _key(
                    metric.label,
                    engine,
                    words.number(figure.mean, metric.mean_digits),
                    metric.unit,
                    f"95% interval {sure}" if sure else None,
                    words.better(metric),
                )
            )
    return found


def _wins(difference: Difference) -> str | None:
    if difference.wins is None:
        return None
    found = f"better in {difference.wins} of {words.counted(difference.figure.clips, 'clip')}"
    if difference.worst is None:
        return found
    clip, value = difference.worst
    return f"{found}; least {words.number(value, difference.metric.mean_digits, signed=True)} in {clip}"


def _differences(reading: Reading) -> Section:
    figures = [part for n, pair in enumerate(reading.pairs, start=1) for part in _forest(reading, n, pair)]
    return _section("differences", "Engine against engine", el("p", prose.DIFFERENCES), *figures)


def _forest(reading: Reading, number: int, pair: Pair) -> list[Markup | None]:
    """Figure `number`: all differences of a pair, a row each with its numbers and its strip."""
    title = f"{pair.engine} against {pair.against}"
    caption = joined(el("b", f"Figure {number}. {title}. "), prose.FOREST if number == 1 else prose.AS_FIRST)
    main = [d for d in pair.differences if d.metric in reading.main]
    others = [d for d in pair.differences if d.metric in reading.others]
    folded = _forest_table(f"{title}: the other metrics", None, others)
    return [
        _forest_table(title, caption, main),
        _folded(f"The other metrics, {title}", folded, [d.metric for d in others]),
    ]


def _forest_table(label: str, caption: Markup | None, differences: list[Difference]) -> Markup:
    heads = (
        ("Metric", None),
        ("Difference", "num"),
        ("Each clip, mean, 95% interval", "plot"),
        ("Better in", "num"),
    )
    head = [el("th", name, scope="col", cls=cls) for name, cls in heads]
    return tables.table(label, caption, head, [_forest_row(d) for d in differences], "forest")


def _forest_row(d: Difference) -> Markup:
    digits = d.metric.mean_digits
    mean = words.number(d.figure.mean, digits, signed=True)
    sure = words.interval(d.figure, digits, signed=True)
    title = f"{d.metric.label}: {mean} {d.metric.unit}, 95% interval {sure or words.DASH}"
    wins = words.wins(d.wins, d.figure.clips)
    return el(
        "tr",
        tables.metric_head(d.metric),
        el("td", mean, el("small", sure) if sure else None, cls="num"),
        el("td", plot.strip(d, title) or words.DASH, cls="plot"),
        el("td", el("span", "better in ", cls="narrow"), wins, cls="num wins"),
    )


def _clips(reading: Reading, gallery: Gallery) -> list[Markup]:
    numbered = list(enumerate(reading.clips, start=1))
    links = (el("li", el("a", clip["clip"], href=f"#clip-{number}")) for number, clip in numbered)
    index = el("nav", el("ul", *links, cls="index"), aria_label="Clips")
    return [index, *(_clip(reading, number, clip, gallery) for number, clip in numbered)]


def _clip(reading: Reading, number: int, clip: Mapping[str, Any], gallery: Gallery) -> Markup:
    name, engines = clip["clip"], words.listed(reading.engines)
    contact, review = gallery.contact(name), gallery.review(name)
    movie = sheet = None
    if review is not None:
        movie = el(
            "video", src=review.src, width=review.width, height=review.height, controls=True, loop=True, muted=True,
            playsinline=True, preload="metadata", aria_label=f"{name}: plate, {engines} side by side; no sound",
        )  # fmt: skip
    if contact is not None:
        alt = f"Contact sheet of {name}: rows for the plate, the references, {engines} over a few frames"
        picture = el(
            "img", src=contact.src, width=contact.width, height=contact.height, alt=alt, loading="lazy",
            decoding="async",
        )  # fmt: skip
        opened = len(reading.clips) <= _OPEN_SHEETS
        sheet = el("details", el("summary", "Contact sheet", hidden(f" of {name}")), picture, open=opened)
    tags = el("ul", *(el("li", tag) for tag in prose.of_clip(clip)), cls="tags")
    shown = tables.clip_table(reading, clip, reading.main, f"{name}: the main metrics")
    others = tables.clip_table(reading, clip, reading.others, f"{name}: the other metrics")
    both = el("div", movie, shown, cls="pair" if movie else None)
    folded = _folded("The other metrics", others, reading.others)
    notes = el("p", ". ".join([*prose.notes(clip), ""]).strip(), cls="notes") if clip.get("notes") else None
    return el("article", el("h3", name), tags, both, notes, folded, sheet, id=f"clip-{number}")


def _reproduce(reading: Reading) -> list[Markup]:
    command = el("pre", el("code", reading.command), tabindex=0)
    return [el("p", prose.REPRODUCE), command, el("p", prose.versions(reading))]


def _listed(items: list[str]) -> Markup:
    return el("ul", *(el("li", item) for item in items), cls="prose")

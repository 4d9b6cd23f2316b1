"""Draws the properties of a node, page by page, from the rows of its user knobs."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product

from tests.hosts import svg
from tests.hosts.nk_reader import Node, UserKnob

_INT, _ENUM, _BOOL, _DOUBLE, _TAB, _BUTTON, _TEXT, _LINES = 3, 4, 6, 7, 20, 22, 26, 43
_WIDTH, _LABELS, _LINE, _PAD, _GAP = 570.0, 150.0, 28.0, 14.0, 20.0
_PAGE, _BAR, _FIELD, _KEY = "#33393b", "#2b3031", "#1d2021", "#4a5558"
_FIXED = {_INT: 52.0, _DOUBLE: 64.0}


@dataclass
class Page:
    """A tab and its lines, each of the knobs that stand side by side."""

    title: str
    lines: list[list[UserKnob]] = field(default_factory=list)


def draw_panel(node: Node, said: str) -> str:
    """All pages of a node's panel, in two columns; `said` stands below them."""
    pages = pages_of(node)
    columns = _columns([_height(node, page) + _GAP for page in pages])
    titles = [page.title for page in pages]
    shapes = [
        shape
        for page, (column, y) in zip(pages, columns, strict=True)
        for shape in _page(node, page, titles, _GAP + column * (_WIDTH + _GAP), y)
    ]
    ends = [y + _height(node, page) for page, (_, y) in zip(pages, columns, strict=True)]
    width, height = 2 * _WIDTH + 3 * _GAP, max(ends) + 40
    shapes.append(svg.text(_GAP, height - 18, said, size=11, fill=svg.DIM))
    return svg.picture(width, height, f"The panel of {node.name}", shapes)


def _columns(heights: list[float]) -> list[tuple[int, float]]:
    """The column and the top of every page, so that two columns end as level as they can."""

    def tops(choice: tuple[int, ...]) -> list[tuple[int, float]]:
        at, placed = [_GAP, _GAP], []
        for column, height in zip(choice, heights, strict=True):
            placed.append((column, at[column]))
            at[column] += height
        return placed

    def longest(choice: tuple[int, ...]) -> float:
        return max(y + height for (_, y), height in zip(tops(choice), heights, strict=True))

    return tops(min(product((0, 1), repeat=len(heights)), key=longest))


def pages_of(node: Node) -> list[Page]:
    """The pages of a panel; rows that nobody sees are left out."""
    pages: list[Page] = []
    for knob in node.user_knobs.values():
        if knob.code == _TAB:
            pages.append(Page(knob.label or knob.name))
        elif "+INVISIBLE" not in knob.flags:
            joins = "-STARTLINE" in knob.flags and pages[-1].lines
            pages[-1].lines.append([knob]) if not joins else pages[-1].lines[-1].append(knob)
    return pages


def _height(node: Node, page: Page) -> float:
    return 30 + 40 + sum(_line_height(line) for line in page.lines) + _PAD


def _line_height(line: list[UserKnob]) -> float:
    knob = line[0]
    if knob.code == _LINES:
        return 46
    if knob.code == _TEXT:
        return 16 * (knob.text.count("\n") + 1) + 14 if knob.text else 32
    return _LINE


def _page(node: Node, page: Page, titles: list[str], x: float, y: float) -> list[str]:
    """One page: the node's name, the row of tabs with this one in front, and its lines."""
    shapes = [
        svg.box(x, y, _WIDTH, _height(node, page), _PAGE, round_=5),
        svg.box(x, y, _WIDTH, 28, "#2f6f73", round_=5),
    ]
    shapes.append(svg.text(x + _PAD, y + 14, node.name, size=12, bold=True))
    shapes.append(svg.box(x, y + 28, _WIDTH, 28, _BAR, round_=0))
    at = x + _PAD
    for title in titles:
        wide = svg.width_of(title) + 20
        if title == page.title:
            shapes.append(svg.box(at, y + 32, wide, 24, _PAGE))
        shapes.append(
            svg.text(
                at + wide / 2,
                y + 43,
                title,
                anchor="middle",
                fill=svg.INK if title == page.title else svg.DIM,
            )
        )
        at += wide
    top = y + 66
    for line in page.lines:
        shapes += _draw_line(node, line, x, top)
        top += _line_height(line)
    return shapes


def _draw_line(node: Node, line: list[UserKnob], x: float, top: float) -> list[str]:
    knob, right = line[0], x + _WIDTH - _PAD
    if knob.code == _TEXT:
        return _words(knob, x, top)
    middle = top + 12
    shapes: list[str] = []
    at = x + _LABELS
    for index, knob in enumerate(line):
        labelled = knob.code not in (_BUTTON, _BOOL)
        if labelled and index == 0:
            shapes.append(svg.text(at - 8, middle, knob.label, anchor="end"))
        elif labelled:
            at += 6
            shapes.append(svg.text(at, middle, knob.label))
            at += svg.width_of(knob.label) + 6
        wide = _width(knob, len(line), right - at)
        shapes += _widget(knob, node.knobs.get(knob.name, ""), at, top, wide)
        at += wide + 6
    if at > right + 7:
        raise ValueError(f"the line of {line[0].name} is {at - right:.0f} pixels too long")
    return shapes


def _words(knob: UserKnob, x: float, top: float) -> list[str]:
    if knob.text:
        return [
            svg.text(x + _PAD, top + 12 + 16 * index, words, size=11, fill=svg.DIM)
            for index, words in enumerate(knob.text.split("\n"))
        ]
    rule = x + _PAD + svg.width_of(knob.label) + 14
    head = svg.text(x + _PAD, top + 17, knob.label, bold=True)
    return [head, svg.line([(rule, top + 17), (x + _WIDTH - _PAD, top + 17)], stroke="#4d5759", width=1)]


def _width(knob: UserKnob, count: int, left: float) -> float:
    if knob.code == _BUTTON:
        return svg.width_of(knob.label) + 24
    if knob.code == _BOOL:
        return svg.width_of(knob.label) + 24
    if knob.code == _ENUM:
        return max(svg.width_of(choice) for choice in knob.choices) + 34
    if knob.code == _DOUBLE:
        return left
    return _FIXED.get(knob.code, left)


def _widget(knob: UserKnob, value: str, x: float, top: float, wide: float) -> list[str]:
    middle = top + 12
    if knob.code == _BUTTON:
        return [
            svg.box(x, top + 1, wide, 22, _KEY),
            svg.text(x + wide / 2, middle, knob.label, anchor="middle"),
        ]
    if knob.code == _BOOL:
        mark = [
            svg.line([(x + 3, middle), (x + 6, middle + 3), (x + 11, middle - 4)], stroke=svg.INK, width=1.8)
        ]
        label = svg.text(x + 20, middle, knob.label)
        return [svg.box(x, middle - 7, 14, 14, _FIELD), *(mark if value == "true" else []), label]
    if knob.code == _ENUM:
        arrow = svg.triangle(
            [(x + wide - 18, middle - 3), (x + wide - 8, middle - 3), (x + wide - 13, middle + 3)]
        )
        return [svg.box(x, top + 1, wide, 22, _KEY), svg.text(x + 8, middle, value or knob.choices[0]), arrow]
    if knob.code == _DOUBLE:
        return _slider(knob, value, x, top, wide)
    height = 40 if knob.code == _LINES else 22
    shown = svg.DIM if "+DISABLED" in knob.flags else svg.INK
    return [
        svg.box(x, top + 1, wide, height, _FIELD),
        svg.text(x + 8, middle, _short(value, wide - 16), fill=shown),
    ]


def _slider(knob: UserKnob, value: str, x: float, top: float, wide: float) -> list[str]:
    middle, low, high = top + 12, *knob.range
    start, end = x + _FIXED[_DOUBLE] + 14, x + wide - 6
    at = start + (end - start) * (float(value) - low) / (high - low)
    return [
        svg.box(x, top + 1, _FIXED[_DOUBLE], 22, _FIELD),
        svg.text(x + 8, middle, value),
        svg.line([(start, middle), (end, middle)], stroke="#5c686b", width=2),
        svg.box(at - 4, middle - 7, 8, 14, svg.EDGE),
    ]


def _short(words: str, wide: float) -> str:
    """As much of a value as its field shows."""
    if svg.width_of(words) <= wide:
        return words
    while svg.width_of(words + "...") > wide:
        words = words[:-1]
    return words + "..."

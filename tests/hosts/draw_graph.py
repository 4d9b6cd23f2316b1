"""Draws the nodes inside a group of a script, where the script puts them."""

from __future__ import annotations

from dataclasses import dataclass

from tests.hosts import svg
from tests.hosts.nk_reader import Node

_COLOURS = {
    "Input": "#5d676a",
    "Output": "#5d676a",
    "Read": "#8a6a3a",
    "Write": "#8a8238",
    "Switch": "#5d676a",
    "Shuffle": "#7a4a6b",
    "Copy": "#7a4a6b",
    "Merge2": "#3f5f9a",
}
_CLASSES = {"Merge2": "Merge"}
_WIDTH, _HEIGHT, _NOTE = 112.0, 36.0, 12.0
_MARGIN, _FOOT = 30.0, 44.0


@dataclass(frozen=True)
class Spot:
    """Where a node is drawn: its middle and its size."""

    x: float
    y: float
    width: float
    height: float

    @property
    def ends(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom."""
        return (
            self.x - self.width / 2,
            self.y - self.height / 2,
            self.x + self.width / 2,
            self.y + self.height / 2,
        )


def draw_graph(group: Node, said: str) -> str:
    """The inside of a group as SVG; `said` stands below it."""
    spots = {id(node): _spot(node) for node in group.children}
    ends = [spots[id(node)].ends for node in group.children] + [_reach(node) for node in group.children]
    left, top = min(end[0] for end in ends) - _MARGIN, min(end[1] for end in ends) - _MARGIN
    right, bottom = max(end[2] for end in ends) + _MARGIN, max(end[3] for end in ends) + _FOOT
    grounds = [
        shape
        for node in group.children
        if node.cls == "BackdropNode"
        for shape in _ground(node, spots[id(node)])
    ]
    wires = [
        shape
        for node in group.children
        for index, above in enumerate(node.inputs)
        if above
        for shape in _wire(node, index, spots[id(above)], spots[id(node)])
    ]
    nodes = [shape for node in group.children for shape in _node(node, spots[id(node)])]
    moved = [f'<g transform="translate({-left:g} {-top:g})">', *grounds, *wires, *nodes, "</g>"]
    foot = svg.text(_MARGIN, bottom - top - 18, said, size=11, fill=svg.DIM)
    return svg.picture(right - left, bottom - top, f"The nodes inside {group.name}", [*moved, foot])


def _number(node: Node, knob: str) -> float:
    return float(node.knobs[knob])


def _lines(node: Node) -> list[str]:
    return node.knobs["label"].split("\n")


def _spot(node: Node) -> Spot:
    x, y = _number(node, "xpos"), _number(node, "ypos")
    if node.cls == "BackdropNode":
        width, height = _number(node, "bdwidth"), _number(node, "bdheight")
    elif node.cls == "StickyNote":
        width = max(svg.width_of(words, _NOTE) for words in _lines(node)) + 20
        height = len(_lines(node)) * 17.0 + 16
    elif node.cls == "Dot":
        return Spot(x + 6, y + 6, 10, 10)
    else:
        return Spot(x + 40, y + 10, _WIDTH, _HEIGHT)
    return Spot(x + width / 2, y + height / 2, width, height)


def _reach(node: Node) -> tuple[float, float, float, float]:
    """What a node's words take up beside it."""
    spot = _spot(node)
    beside = svg.width_of(node.knobs["label"], 11) + 14 if node.cls == "Dot" and "label" in node.knobs else 0
    return (spot.x, spot.y, spot.x + beside, spot.y)


def _rgb(node: Node) -> str:
    return f"#{int(node.knobs['tile_color'], 16) >> 8:06x}"


def _ground(node: Node, spot: Spot) -> list[str]:
    left, top = spot.ends[:2]
    words = svg.text(left + 12, top + 18, node.knobs["label"], size=13, bold=True)
    return [svg.box(left, top, spot.width, spot.height, _rgb(node), round_=5), words]


def _node(node: Node, spot: Spot) -> list[str]:
    left, top = spot.ends[:2]
    if node.cls == "BackdropNode":
        return []
    if node.cls == "StickyNote":
        words = [
            svg.text(left + 10, top + 16.5 + 17 * index, one, size=_NOTE, fill="#2d2a1c")
            for index, one in enumerate(_lines(node))
        ]
        return [svg.box(left, top, spot.width, spot.height, "#cfc48a"), *words]
    if node.cls == "Dot":
        dot = f'<circle cx="{spot.x:g}" cy="{spot.y:g}" r="5" fill="{svg.EDGE}"/>'
        label = node.knobs.get("label")
        return [dot, svg.text(spot.x + 12, spot.y, label, size=11)] if label else [dot]
    off = node.knobs.get("disable") == "true"
    shapes = [svg.box(left, top, spot.width, spot.height, _COLOURS[node.cls], stroke="#171a1b")]
    if off:
        shapes.append(svg.box(left, top, spot.width, spot.height, svg.PAPER, opacity=0.45))
    shapes.append(svg.text(spot.x, spot.y - 7, node.name, size=11, anchor="middle", bold=True))
    shapes.append(svg.text(spot.x, spot.y + 8, _about(node, off=off), size=9.5, anchor="middle"))
    return shapes


def _about(node: Node, *, off: bool) -> str:
    """The class of a node and what it does, in a word or two."""
    words = [_CLASSES.get(node.cls, node.cls)]
    words += [node.knobs[knob] for knob in ("operation", "channels") if knob in node.knobs]
    if node.cls == "Input":
        words.append(str(int(node.knobs.get("number", 0))))
    return " ".join(words) + (", off" if off else "")


def _wire(node: Node, index: int, start: Spot, end: Spot) -> list[str]:
    """A line from what feeds to what is fed, with an arrow where it arrives; a Merge's inputs are lettered."""
    sideways = abs(start.y - end.y) < 12
    if sideways:
        side = -1 if start.x < end.x else 1
        tip = (end.x + side * end.width / 2, end.y)
        tail = [(tip[0] + side * 8, tip[1] - 4), (tip[0] + side * 8, tip[1] + 4)]
    else:
        tip = (end.x, end.y - end.height / 2)
        tail = [(tip[0] - 4, tip[1] - 8), (tip[0] + 4, tip[1] - 8)]
    shapes = [svg.line([(start.x, start.y), tip]), svg.triangle([tip, *tail])]
    if node.cls == "Merge2":
        beside = (14 * side if sideways else 14) + tip[0]
        shapes.append(svg.text(beside, tip[1] - 9, "BA"[index], size=10, fill=svg.DIM, anchor="middle"))
    return shapes

"""Where frames are on the timeline, and what somebody means who types a frame. No widgets."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from pai_studio.core.shot.document import Reference
from pai_studio.core.shot.frames import FrameRange

_STEPS = (1, 2, 5)
_MOST_FRAME_PX = 240.0


@dataclass(frozen=True, slots=True)
class Span:
    """What is seen of a shot over `width` pixels: from `left` (a frame, with its fraction) on, `frame_px` each."""

    shot: FrameRange
    width: float = 1.0
    left: float = 0.0
    frame_px: float = 1.0
    is_fitted: bool = True

    @classmethod
    def fitting(cls, shot: FrameRange, width: float) -> Span:
        """The whole shot over the width."""
        count = shot.last - shot.first + 1
        return cls(shot, max(width, 1.0), float(shot.first), max(width, 1.0) / count)

    def x(self, frame: float) -> float:
        """The left edge of a frame."""
        return (frame - self.left) * self.frame_px

    def middle(self, frame: float) -> float:
        """The middle of a frame."""
        return self.x(frame) + self.frame_px / 2

    def frame_at(self, x: float) -> int:
        """The shot's frame under a pixel: one of its steps, held inside it."""
        return self.snapped(math.floor(x / self.frame_px + self.left))

    def snapped(self, frame: float) -> int:
        """The shot's own frame at or next before another, held inside the shot."""
        steps = math.floor((frame - self.shot.first) / self.shot.step)
        return self.shot.first + min(max(steps, 0), len(self.shot) - 1) * self.shot.step

    def shown(self) -> range:
        """The frames that are at least partly seen."""
        last = int((self.left + self.width / self.frame_px) // 1)
        return range(max(int(self.left // 1), self.shot.first), min(last, self.shot.last) + 1)

    def sized(self, width: float) -> Span:
        """Over another width."""
        return (
            Span.fitting(self.shot, width) if self.is_fitted else replace(self, width=max(width, 1.0))._held()
        )

    def zoomed(self, factor: float, at_x: float) -> Span:
        """Larger or smaller; the frame under `at_x` stays there. Never less than the whole shot."""
        whole = Span.fitting(self.shot, self.width).frame_px
        frame_px = min(max(self.frame_px * factor, whole), max(_MOST_FRAME_PX, whole))
        left = self.left + at_x / self.frame_px - at_x / frame_px
        return replace(self, left=left, frame_px=frame_px, is_fitted=frame_px <= whole)._held()

    def panned(self, by_px: float) -> Span:
        """Moved to the left by some pixels."""
        return replace(self, left=self.left + by_px / self.frame_px)._held()

    def showing(self, frame: int) -> Span:
        """Moved just so far that a frame is seen."""
        if self.x(frame) < 0:
            return replace(self, left=float(frame))._held()
        if self.x(frame + 1) > self.width:
            return replace(self, left=frame + 1 - self.width / self.frame_px)._held()
        return self

    def cells(self, wide: float) -> list[tuple[int, float, float]]:
        """The filmstrip's pictures, each about `wide`: its first frame, its left edge, its width.

        They move with the frames, and their step doubles, so that pictures are used again while zooming.
        """
        doubled = max(round(math.log2(wide / (self.frame_px * self.shot.step))), 0)
        every = self.shot.step * 2**doubled
        shown = self.shown()
        first = shown.start - (shown.start - self.shot.first) % every
        ends = self.shot.last + 1
        return [
            (frame, self.x(frame), (min(frame + every, ends) - frame) * self.frame_px)
            for frame in range(first, shown.stop, every)
        ]

    def _held(self) -> Span:
        most = self.shot.last + 1 - self.width / self.frame_px
        return replace(self, left=max(min(self.left, most), float(self.shot.first)))

    def ticks(self, least_px: float) -> tuple[list[int], int]:
        """The frames that get a number, at least `least_px` apart, at round numbers; and the step between them."""
        step = step_of(least_px / self.frame_px)
        first = self.shown().start
        start = -(-first // step) * step
        return list(range(start, self.shown().stop, step)), step


def step_of(least: float) -> int:
    """The first of 1, 2, 5, 10, 20, 50, ... that is at least this."""
    scale = 1
    while True:
        for step in _STEPS:
            if step * scale >= least:
                return step * scale
        scale *= 10


def spread_out(middles: Sequence[float], wide: float, left: float, right: float) -> list[float]:
    """The middles of things of one width, in order, as near as can be to where they belong without covering another.

    Where there is no room for all they overlap evenly.
    """
    count = len(middles)
    room = max(right - left - wide, 0.0)
    apart = min(wide, room / (count - 1)) if count > 1 else wide
    blocks: list[tuple[float, int]] = []
    for at, middle in enumerate(middles):
        mean, members = middle - at * apart, 1
        while blocks and blocks[-1][0] > mean:
            before, many = blocks.pop()
            mean, members = (before * many + mean * members) / (many + members), many + members
        blocks.append((mean, members))
    first, last = left + wide / 2, left + wide / 2 + room - apart * (count - 1)
    flat = [mean for mean, members in blocks for _ in range(members)]
    return [min(max(mean, first), max(last, first)) + at * apart for at, mean in enumerate(flat)]


def reach(stills: Sequence[Reference], one: Reference, shot: FrameRange) -> tuple[float, float]:
    """From where to where a still leads: half-way to its neighbours, beyond which they do, else to the shot's ends."""
    anchors = sorted({other.frame for other in stills})
    place = anchors.index(one.frame)
    first = (anchors[place - 1] + one.frame) / 2 if place else float(shot.first)
    last = (anchors[place + 1] + one.frame) / 2 if place + 1 < len(anchors) else float(shot.last)
    return first, last


def runs(frames: Iterable[int], step: int = 1) -> list[tuple[int, int]]:
    """Frames as first and last of each unbroken run."""
    found: list[tuple[int, int]] = []
    for frame in sorted(frames):
        if found and frame - found[-1][1] <= step:
            found[-1] = found[-1][0], frame
        else:
            found.append((frame, frame))
    return found


_OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_MOST_LETTERS = 40


def typed_frame(text: str, now: int) -> int:
    """The frame that was typed: `1020`, or with arithmetic: `+20`, `-5`, `*2` from where one is; `1001+12`.

    A lone `-5` goes back by five; `=-5` is the frame -5. Raises ValueError for what is no sum.
    """
    given = text.strip()
    if not given or len(given) > _MOST_LETTERS:
        raise ValueError("type a frame, or a step such as +20")
    if given[0] == "=":
        given = given[1:]
    elif given[0] in "+-*/":
        given = f"({now}){given}"
    try:
        return round(_value(ast.parse(given, mode="eval").body))
    except (SyntaxError, ZeroDivisionError, OverflowError):
        raise ValueError(f"{text.strip()!r} is no frame: type 1020, +20 or 1001+12") from None


def _value(node: ast.expr) -> float:
    if (
        isinstance(node, ast.Constant)
        and isinstance(node.value, int | float)
        and not isinstance(node.value, bool)
    ):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        value = _value(node.operand)
        return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_value(node.left), _value(node.right))
    raise ValueError("a frame is a number, or a sum of numbers")

"""Where frames are on the timeline, and what somebody means who types a frame. No widgets."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from dataclasses import dataclass, replace

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
        """The frame under a pixel, held inside the shot."""
        return min(max(int((x / self.frame_px + self.left) // 1), self.shot.first), self.shot.last)

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

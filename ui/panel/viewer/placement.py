"""Placements of a still over the plate, changed as by hand: moved, scaled at a corner or an edge, turned.

A placement is the 3x3 from the still's pixel centres to the plate's. Sizes are (width, height) in still pixels.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from pai_studio.core.media.frame import Box
from pai_studio.core.media.geometry import Matrix
from pai_studio.core.shot.document import Fit

Kind = Literal["inside", "corner", "edge", "outside"]
Point = tuple[float, float]
_LEAST = 0.02
"""A drag shrinks to a fiftieth at most: never through itself, where no inverse would be."""


@dataclass(frozen=True, slots=True)
class Handle:
    """What is held: `x` and `y` are -1, 0 or 1, the side of the still on each axis; both 0 inside."""

    kind: Kind
    x: int = 0
    y: int = 0


CORNERS = tuple(Handle("corner", x, y) for x in (-1, 1) for y in (-1, 1))
EDGES = tuple(Handle("edge", x, y) for x, y in ((-1, 0), (1, 0), (0, -1), (0, 1)))
INSIDE = Handle("inside")


def on_still(size: tuple[int, int], x: float, y: float) -> Point:
    """The still's point at -1..1 of its outline; (0, 0) is its middle."""
    width, height = size
    return (width - 1) / 2 + x * width / 2, (height - 1) / 2 + y * height / 2


def mapped(placement: Matrix, point: Point) -> Point:
    """A point through a placement."""
    x, y, w = placement @ np.array([point[0], point[1], 1.0])
    return float(x / w), float(y / w)


def outline(placement: Matrix, size: tuple[int, int]) -> list[Point]:
    """The still's four corners on the plate, clockwise from its top left."""
    return [mapped(placement, on_still(size, x, y)) for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))]


def centre(placement: Matrix, size: tuple[int, int]) -> Point:
    """The still's middle on the plate."""
    return mapped(placement, on_still(size, 0, 0))


def moved(placement: Matrix, dx: float, dy: float) -> Matrix:
    """Moved by plate pixels."""
    return _shift(dx, dy) @ placement


def scaled(placement: Matrix, about: Point, x: float, y: float) -> Matrix:
    """Scaled along the still's own axes about one of its points."""
    return placement @ _shift(*about) @ np.diag([x, y, 1.0]) @ _shift(-about[0], -about[1])


def turned(placement: Matrix, about: Point, angle: float, pixel_aspect: float) -> Matrix:
    """Turned by radians, clockwise as seen, about a plate point; unsqueezed pixels keep their shape."""
    c, s = math.cos(angle), math.sin(angle)
    turn = np.array([[c, -s / pixel_aspect, 0], [s * pixel_aspect, c, 0], [0, 0, 1]], np.float64)
    return _shift(*about) @ turn @ _shift(-about[0], -about[1]) @ placement


@dataclass(frozen=True, slots=True)
class Drag:
    """A handle held since `start`; each place of the hand gives a placement, whatever came between."""

    handle: Handle
    start: Matrix
    size: tuple[int, int]
    begin: Point
    pixel_aspect: float = 1.0

    def to(self, end: Point, *, keeps_axis: bool = False, snaps: bool = False) -> Matrix:
        """The placement with the hand at a plate point.

        `keeps_axis` moves along one axis only; `snaps` turns by steps of 15 degrees.
        """
        kind = self.handle.kind
        if kind == "inside":
            dx, dy = end[0] - self.begin[0], end[1] - self.begin[1]
            if keeps_axis:
                dx, dy = (dx, 0.0) if abs(dx) * self.pixel_aspect >= abs(dy) else (0.0, dy)
            return moved(self.start, dx, dy)
        if kind == "outside":
            return self._turned(end, snaps)
        return self._scaled(end)

    def _scaled(self, end: Point) -> Matrix:
        x, y = self.handle.x, self.handle.y
        about = on_still(self.size, -x, -y)
        if self.handle.kind == "corner":
            factor = self._along_diagonal(mapped(self.start, about), end)
            return scaled(self.start, about, factor, factor)
        back: Matrix = np.linalg.inv(self.start).astype(np.float64)
        was, now = mapped(back, self.begin), mapped(back, end)
        axis = 0 if x else 1
        factor = max((now[axis] - about[axis]) / _not_zero(was[axis] - about[axis]), _LEAST)
        return scaled(self.start, about, factor if x else 1.0, factor if y else 1.0)

    def _along_diagonal(self, about: Point, end: Point) -> float:
        """How much farther from the corner across the hand is, as seen."""
        aspect = np.array([self.pixel_aspect, 1.0])
        was = (np.array(self.begin) - about) * aspect
        now = (np.array(end) - about) * aspect
        return max(float(now @ was) / _not_zero(float(was @ was)), _LEAST)

    def _turned(self, end: Point, snaps: bool) -> Matrix:
        middle = centre(self.start, self.size)
        angle = self._angle(middle, end) - self._angle(middle, self.begin)
        if snaps:
            angle = math.radians(round(math.degrees(angle) / 15) * 15)
        return turned(self.start, middle, angle, self.pixel_aspect)

    def _angle(self, middle: Point, point: Point) -> float:
        return math.atan2(point[1] - middle[1], (point[0] - middle[0]) * self.pixel_aspect)


def snapped(placement: Matrix, size: tuple[int, int], display: Box, reach: Point) -> Matrix:
    """Moved so that an edge or the middle lies on the plate's, where one is within `reach` plate pixels of it."""
    corners = outline(placement, size)
    dx = _nearest_step([x for x, _ in corners], display.x, display.width, reach[0])
    dy = _nearest_step([y for _, y in corners], display.y, display.height, reach[1])
    return moved(placement, dx, dy)


def as_fit(placement: Matrix) -> Fit:
    """The placement as a document keeps it, its last number 1."""
    a, b, c, d, e, f, g, h, _ = (float(n) for n in (placement / placement[2, 2]).ravel())
    return (a, b, c), (d, e, f), (g, h, 1.0)


def _nearest_step(ends: Iterable[float], first: int, length: int, reach: float) -> float:
    low, high = min(values := list(ends)), max(values)
    left, right = first - 0.5, first + length - 0.5
    steps = (left - low, right - high, (left + right - low - high) / 2)
    best = min(steps, key=abs)
    return best if abs(best) <= reach else 0.0


def _shift(x: float, y: float) -> Matrix:
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], np.float64)


def _not_zero(value: float) -> float:
    return value if abs(value) > 1e-9 else 1e-9

"""Polygons as coverage: the exact share of every pixel that a shape encloses, and its soft outline.

Points are in the plate's pixel coordinates on pixel edges, as `core.shot.shapes` has them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from pai_studio.core.media.frame import Array, Box
from pai_studio.core.shot.shapes import MAX_FEATHER_PX, Points, Shape, points_at

_STEPS = 65536
"""Points are rounded to so many places in a pixel, so that sums of areas are whole numbers and cancel exactly."""
_SIGMAS = 4
"""A feather's outline ends where its Gaussian is less than a code value of 10 bits."""
_FINE_SIGMA = 2.0
"""An outline twice as soft as this, in pixels, is softened on coarser pixels, which changes it by less than 0.5%."""

_Floats = npt.NDArray[np.float64]
_Ints = npt.NDArray[np.int64]


def drawn(shapes: Sequence[Shape], frame: int, canvas: Box, pixel_aspect: float = 1.0) -> Array:
    """(H, W) in 0..1 over `canvas`: the largest of what the shapes cover at a frame; beyond it they are clipped."""
    out = np.zeros(canvas.shape, np.float32)
    for shape in shapes:
        across = min(shape.feather_px / pixel_aspect, MAX_FEATHER_PX)  # a file may say anything of its aspect
        sigmas = across / _SIGMAS, shape.feather_px / _SIGMAS
        _join(out, points_at(shape, frame), canvas, sigmas)
    return out


def coverage(points: Points, canvas: Box) -> Array:
    """(H, W) in 0..1: the exact share of each pixel that the closed polygon winds round at least once.

    Points are rounded to 1/65536 pixel. Only in a pixel where the outline crosses itself are the windings summed first.
    """
    starts, values = _runs(points, canvas)
    lengths = np.diff(starts, prepend=0, append=canvas.width * canvas.height)
    return np.repeat(np.concatenate([np.zeros(1, np.float32), values]), lengths).reshape(canvas.shape)


def _join(out: Array, points: Points, canvas: Box, sigmas: tuple[float, float]) -> None:
    """Lay one polygon's soft coverage into `out` by maximum, working only where it can be anything but 0."""
    reach = [math.ceil(_SIGMAS * sigma) for sigma in sigmas]
    part = _overlap(_bounds(points, *reach), canvas)
    if part is None:
        return
    rows, columns = part.slices_in(canvas)
    found = coverage(points, part) if max(sigmas) == 0 else _soft(points, part, sigmas)
    np.maximum(out[rows, columns], found, out=out[rows, columns])


def _soft(points: Points, part: Box, sigmas: tuple[float, float]) -> Array:
    """As `coverage`, softened by a Gaussian. What lies beyond `part` softens into it too."""
    across, down = (_step(sigma) for sigma in sigmas)
    # Coarse pixels begin at whole multiples, so that a frame's canvas does not move them; one more at each end, for
    # what is interpolated between them.
    shown = _coarse(part, across, down, margins=(1, 1))
    reach = math.ceil(_SIGMAS * sigmas[0] / across) + 1, math.ceil(_SIGMAS * sigmas[1] / down) + 1
    read = _coarse(part, across, down, margins=(1 + reach[0], 1 + reach[1]))
    flat = coverage(tuple((x / across, y / down) for x, y in points), read)
    kernels = _gaussian(sigmas[0], across), _gaussian(sigmas[1], down)
    soft = cv2.sepFilter2D(flat, -1, *kernels, borderType=cv2.BORDER_CONSTANT)[shown.slices_in(read)]
    fine = Box(shown.x * across, shown.y * down, shown.width * across, shown.height * down)
    if across > 1 or down > 1:
        soft = cv2.resize(soft, (fine.width, fine.height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(soft[part.slices_in(fine)], np.float32)


def _step(sigma: float) -> int:
    """How many pixels go into a coarse one."""
    return 1 << math.floor(math.log2(max(sigma / _FINE_SIGMA, 1)))


def _coarse(part: Box, across: int, down: int, margins: tuple[int, int]) -> Box:
    """The coarse pixels that hold a box, and so many more at each end."""
    x, y = part.x // across - margins[0], part.y // down - margins[1]
    right = -(-(part.x + part.width) // across) + margins[0]
    bottom = -(-(part.y + part.height) // down) + margins[1]
    return Box(x, y, right - x, bottom - y)


def _gaussian(sigma: float, step: int) -> Array:
    """A kernel on pixels `step` wide that together with their own softening, down and up again, has that sigma."""
    if sigma == 0:
        return np.ones(1, np.float32)
    # The variance of a box of `step` pixels is (step^2 - 1) / 12, that of linear interpolation between them twice that.
    left = math.sqrt(sigma**2 - (step**2 - 1) / 4) / step
    half = math.ceil(_SIGMAS * left)
    edges = np.arange(-half - 0.5, half + 1) / left / math.sqrt(2)
    weights = np.diff([math.erf(edge) for edge in edges])
    # Whole steps that make exactly 1 leave the inside of a shape exactly 1.
    steps = np.round(weights / weights.sum() * _STEPS)
    steps[half] += _STEPS - steps.sum()
    return np.asarray(steps / _STEPS, np.float32)


def _bounds(points: Points, reach_x: int, reach_y: int) -> Box:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    x, y = math.floor(min(xs)) - reach_x, math.floor(min(ys)) - reach_y
    return Box(x, y, math.ceil(max(xs)) + reach_x - x, math.ceil(max(ys)) + reach_y - y)


def _overlap(one: Box, other: Box) -> Box | None:
    x, y = max(one.x, other.x), max(one.y, other.y)
    right = min(one.x + one.width, other.x + other.width)
    bottom = min(one.y + one.height, other.y + other.height)
    return Box(x, y, right - x, bottom - y) if right > x and bottom > y else None


def _runs(points: Points, canvas: Box) -> tuple[_Ints, Array]:
    """Where, in the canvas read row by row, the coverage changes, and to what.

    Every piece of the outline inside one pixel changes the winding of what lies right of it: in its own pixel by the
    share to its right, from the next pixel on by the whole. A row's changes cancel, so the sum goes on from row to row.
    """
    ends = np.round(np.asarray(points, np.float64) * _STEPS) / _STEPS - (canvas.x, canvas.y)
    xs, ys = _pieces(ends, canvas)
    y_sum, x_sum = ys[:, 0] + ys[:, 1], xs[:, 0] + xs[:, 1]
    rows, columns = y_sum // (2 * _STEPS), x_sum // (2 * _STEPS)
    tall = ys[:, 1] - ys[:, 0]
    beyond = tall * (x_sum - 2 * _STEPS * columns)
    at = rows * canvas.width + columns
    where = np.concatenate([at, at + 1])
    change = np.concatenate([2 * _STEPS * tall - beyond, beyond])
    kept = (where < canvas.width * canvas.height) & (change != 0)
    where, change = where[kept], change[kept]
    order = np.argsort(where, kind="stable")
    where, change = where[order], change[order]
    first = np.flatnonzero(np.diff(where, prepend=-1))
    winding = np.cumsum(np.add.reduceat(change, first)) if len(first) else change
    values = np.minimum(np.abs(winding) / (2 * _STEPS**2), 1)
    return where[first], values.astype(np.float32)


def _pieces(ends: _Floats, canvas: Box) -> tuple[_Ints, _Ints]:
    """The outline cut at every pixel's edge: xs and ys (n, 2) of the pieces, in steps from the canvas's corner.

    What lies left or right of the canvas is drawn on its edge, where it winds round the same pixels.
    """
    begin, along = ends, np.roll(ends, -1, axis=0) - ends
    edges, shares = [np.arange(len(ends))] * 2, [np.zeros(len(ends)), np.ones(len(ends))]
    for axis, size in ((0, canvas.width), (1, canvas.height)):
        edge, line = _crossed(begin[:, axis], along[:, axis], size)
        edges.append(edge)
        shares.append((line - begin[edge, axis]) / along[edge, axis])
    edge, share = np.concatenate(edges), np.concatenate(shares)
    order = np.lexsort((share, edge))
    edge, share = edge[order], share[order, None]
    places = begin[edge] + share * along[edge]
    last = share[:, 0] == 1
    places[last] = np.roll(begin, -1, axis=0)[edge[last]]  # what ends here begins there: to the very step
    steps = np.round(np.clip(places, 0, (canvas.width, canvas.height)) * _STEPS).astype(np.int64)
    pairs = np.stack([steps[:-1], steps[1:]], axis=1)[(edge[:-1] == edge[1:])]
    pairs = pairs[pairs[:, 0, 1] != pairs[:, 1, 1]]
    return pairs[..., 0], pairs[..., 1]


def _crossed(begin: _Floats, along: _Floats, size: int) -> tuple[_Ints, _Floats]:
    """Which edge crosses which of the pixel lines 0 to `size`, all pairs of them."""
    low, high = np.minimum(begin, begin + along), np.maximum(begin, begin + along)
    first = np.clip(np.floor(low) + 1, 0, size + 1).astype(np.int64)
    after = np.clip(np.ceil(high), 0, size + 1).astype(np.int64)
    counts = np.maximum(after - first, 0)
    edge = np.repeat(np.arange(len(begin)), counts)
    behind = np.repeat(np.cumsum(counts) - counts, counts)
    return edge, (first[edge] + np.arange(len(edge)) - behind).astype(np.float64)

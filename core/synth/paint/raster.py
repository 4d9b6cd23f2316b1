"""Draws triangles and strands into a picture of ids, and interpolates over it: a small painter's rasteriser.

Pictures are drawn at `SUPERSAMPLE` times the size, far things first; the share of an id's samples is its coverage.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.camera import Floats

SUPERSAMPLE = 2
_SHIFT = 4  # OpenCV's fixed point: a sixteenth of a sample


@dataclass(frozen=True)
class Window:
    """The rectangle of the picture that is drawn: top left corner and size in pixels."""

    x: int
    y: int
    width: int
    height: int

    @property
    def part(self) -> tuple[slice, slice]:
        """Where it lies in the whole picture."""
        return slice(self.y, self.y + self.height), slice(self.x, self.x + self.width)

    def samples(self, pixels: Array, jitter: tuple[float, float]) -> Array:
        """Pixel coordinates (N, 2) as coordinates of the supersampled window."""
        offset = np.array([self.x, self.y], np.float32)
        return np.asarray(
            (pixels - offset + 0.5) * SUPERSAMPLE - 0.5 + np.array(jitter, np.float32), np.float32
        )


def window_of(points: Floats, size: tuple[int, int], margin_px: float) -> Window | None:
    """The window that holds (N, 2) pixel points with a margin, cut to the picture; None when all lie outside."""
    low = np.maximum(np.floor(points.min(axis=0) - margin_px), 0).astype(int)
    high = np.minimum(np.ceil(points.max(axis=0) + margin_px), size).astype(int)
    if (high <= low).any():
        return None
    return Window(int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1]))


@dataclass(frozen=True)
class Lines:
    """Strands' segments: their ends (S, 2, 2) in sample coordinates and their depths (S,)."""

    ends: Array
    depth: Array


@dataclass(frozen=True)
class Drawn:
    """What the samples of a window show: `where` (n,) flat sample indices; for those of the skin their triangle and
    barycentric weights, for strands their segment."""

    skin_at: npt.NDArray[np.int64]
    triangle: npt.NDArray[np.int64]
    weights: Array
    strand_at: npt.NDArray[np.int64]
    segment: npt.NDArray[np.int64]


def draw(
    window: Window, points: Array, depth: Array, triangles: npt.NDArray[np.int32], lines: Lines
) -> Drawn:
    """Rasterise triangles over (V, 2) sample points, and strands, nearer over farther."""
    corners = points[triangles]
    front = np.flatnonzero(_area(corners) < 0)
    keys = np.concatenate([depth[triangles[front]].mean(axis=1), lines.depth])
    fixed = np.round(corners[front] * 2**_SHIFT).astype(np.int32)
    ends = np.round(lines.ends * 2**_SHIFT).astype(np.int64).tolist()
    ids = np.zeros((window.height * SUPERSAMPLE, window.width * SUPERSAMPLE), np.int32)
    count = len(front)
    for item in np.argsort(-keys, kind="stable").tolist():
        if item < count:
            cv2.fillConvexPoly(ids, fixed[item], item + 1, cv2.LINE_8, _SHIFT)
        else:
            first, last = ends[item - count]
            cv2.line(ids, first, last, item + 1, 1, cv2.LINE_8, _SHIFT)
    flat = ids.ravel()
    filled = np.flatnonzero(flat)
    seen = flat[filled].astype(np.int64) - 1
    is_skin = seen < count
    skin_at, triangle = filled[is_skin], front[seen[is_skin]]
    weights = _barycentric(corners[triangle], skin_at, ids.shape[1])
    return Drawn(skin_at, triangle, weights, filled[~is_skin], seen[~is_skin] - count)


def _area(corners: Array) -> Array:
    a, b = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    return np.asarray(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0], np.float32)


def _barycentric(corners: Array, at: npt.NDArray[np.int64], width: int) -> Array:
    """Weights (n, 3) of the samples in their triangles; a sample just outside is taken to the edge."""
    p = np.stack([at % width, at // width], axis=1).astype(np.float32)
    a, b, q = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0], p - corners[:, 0]
    whole = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    whole = np.where(np.abs(whole) < 1e-6, -1e-6, whole)
    w1 = np.clip((q[:, 0] * b[:, 1] - q[:, 1] * b[:, 0]) / whole, 0, 1)
    w2 = np.clip((a[:, 0] * q[:, 1] - a[:, 1] * q[:, 0]) / whole, 0, 1)
    over = np.maximum(w1 + w2, 1)
    w1, w2 = w1 / over, w2 / over
    return np.asarray(np.stack([1 - w1 - w2, w1, w2], axis=1), np.float32)


def interpolate(values: Array, triangles: npt.NDArray[np.int32], drawn: Drawn) -> Array:
    """Vertex values (V, C) over the samples of the skin, (n, C)."""
    corner = triangles[drawn.triangle]
    w = drawn.weights
    total = (
        values[corner[:, 0]] * w[:, :1] + values[corner[:, 1]] * w[:, 1:2] + values[corner[:, 2]] * w[:, 2:]
    )
    return np.asarray(total, np.float32)


def depth_map(points: Array, depth: Array, triangles: npt.NDArray[np.int32], shape: tuple[int, int]) -> Array:
    """The nearest depth over each cell of a small map, (h, w); far where nothing is."""
    out = np.full(shape, 1e6, np.float32)
    fixed = np.round(points[triangles] * 2**_SHIFT).astype(np.int32)
    mean = depth[triangles].mean(axis=1)
    for item in np.argsort(-mean).tolist():
        cv2.fillConvexPoly(out, fixed[item], float(mean[item]), cv2.LINE_8, _SHIFT)
    return out


def silhouette(points: Array, triangles: npt.NDArray[np.int32], shape: tuple[int, int]) -> Array:
    """1 where a closed mesh lies over a cell, (h, w): its triangles of one facing cover it all."""
    out = np.zeros(shape, np.uint8)
    corners = points[triangles]
    fixed = np.round(corners[_area(corners) < 0] * 2**_SHIFT).astype(np.int32)
    for corners in fixed:
        cv2.fillConvexPoly(out, corners, 255, cv2.LINE_AA, _SHIFT)
    return np.asarray(out, np.float32) / np.float32(255)

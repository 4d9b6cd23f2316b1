"""How pixels lie on a textured plane: where on it, how far one reaches along it, at which level of detail."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.camera import Floats, Matrix

LEAST_INVERSE = 1e-5
"""One over the depth of what still counts as before the camera."""

MOST_TAPS = 6
"""Lookups along the longer axis of a pixel's footprint, at most."""

Box = tuple[int, int, int, int]
"""A rectangle of pixels: x0, y0, x1, y1 (past the end)."""


@dataclass(frozen=True)
class Samples:
    """How pixels lie on a texture of `shape`, in texels of its finest level, all (h, w).

    Where their middles are, u and v; the step (du, dv) along a pixel's longer axis, and how many taps are taken along
    it; the levels of detail.
    """

    shape: tuple[int, int]
    u: Array
    v: Array
    step: tuple[Array, Array]
    taps: int
    lod: Array


@dataclass(frozen=True)
class View:
    """How pixels look at a quad: `back` takes (x, y, 1) to (a w, b w, w), a and b in 0..1, w one over the depth.

    `box` holds the quad, `shown` is what is asked for of it.
    """

    back: Matrix
    box: Box
    shown: Box

    def texels(self, shape: tuple[int, int]) -> Matrix:
        """`back` in texels of a texture of `shape`, which are whole at texel centres."""
        height, width = shape
        return np.stack(
            [
                self.back[0] * width - 0.5 * self.back[2],
                self.back[1] * height - 0.5 * self.back[2],
                self.back[2],
            ]
        )


def linear(form: Matrix, xs: Floats, ys: Floats) -> Array:
    """a x + b y + c over the grid of columns `xs` and rows `ys`."""
    across, down = (form[0] * xs + form[2]).astype(np.float32), (form[1] * ys).astype(np.float32)
    return np.asarray(across[None, :] + down[:, None], np.float32)


def grid(form: Matrix, box: Box) -> Array:
    """A linear form over the pixels of `box`."""
    return linear(form, np.arange(box[0], box[2], dtype=float), np.arange(box[1], box[3], dtype=float))


def footprint(back: Matrix, edges: Matrix, view: View) -> tuple[tuple[Array, Array], int, Array]:
    """The step, taps and levels of detail over `view.shown`; the taps follow from the whole of `view.box`.

    They change slowly, so they are found at every fourth pixel and stretched.
    """
    x0, y0, x1, y1 = view.box
    stride = 4 if min(x1 - x0, y1 - y0) >= 24 else 1
    coarse = max(stride, (x1 - x0) // 48, (y1 - y0) // 48)
    whole = _slopes(back, edges, view.box, coarse)
    long_x = float(whole.along_x[whole.used].mean()) > float(whole.along_y[whole.used].mean())
    major, minor = whole.ordered(long_x)
    ratios = np.sort((major / np.maximum(minor, 1))[whole.used])
    stretch = min(max(float(ratios[int(0.9 * (len(ratios) - 1))]), 1.0), float(MOST_TAPS))
    here = whole if coarse == stride and view.shown == view.box else _slopes(back, edges, view.shown, stride)
    major, minor = here.ordered(long_x)
    # By the stretch, not by the whole number of taps: sharpness must not jump when one more tap is taken.
    lod = np.log2(np.maximum(np.maximum(minor, major / np.float32(stretch)), np.float32(1)))
    lod = np.clip(lod, lod[here.used].min(), lod[here.used].max())
    taps = int(np.ceil(stretch))
    size = (view.shown[2] - view.shown[0], view.shown[3] - view.shown[1])
    steps = () if taps == 1 else here.step(long_x)
    level, *step = (_stretched(part, stride, size) for part in (lod, *steps))
    return (step[0], step[1]) if step else (level, level), taps, level


@dataclass(frozen=True)
class _Slopes:
    """Texels per pixel (du/dx, du/dy, dv/dx, dv/dy) on a grid, and which of its points lie on or by the quad."""

    parts: tuple[Array, Array, Array, Array]
    along_x: Array
    along_y: Array
    used: npt.NDArray[np.bool_]

    def ordered(self, long_x: bool) -> tuple[Array, Array]:
        return (self.along_x, self.along_y) if long_x else (self.along_y, self.along_x)

    def step(self, long_x: bool) -> tuple[Array, Array]:
        return (self.parts[0], self.parts[2]) if long_x else (self.parts[1], self.parts[3])


def _slopes(back: Matrix, edges: Matrix, box: Box, stride: int) -> _Slopes:
    """Slopes at the middles of cells of `stride` pixels that cover `box`."""
    xs, ys = (
        low + (stride - 1) / 2 + stride * np.arange(-(-(high - low) // stride))
        for low, high in ((box[0], box[2]), (box[1], box[3]))
    )
    w = linear(back[2], xs, ys)
    inside = np.minimum.reduce([linear(edge, xs, ys) for edge in edges])
    used = (w > np.float32(LEAST_INVERSE)) & (inside > -0.5 * stride)
    if not used.any():
        used = inside >= inside.max()
    depth = np.reciprocal(np.maximum(w, np.float32(LEAST_INVERSE)))
    m = back.astype(np.float32)
    u, v = linear(back[0], xs, ys) * depth, linear(back[1], xs, ys) * depth
    ux, uy = (m[0, 0] - u * m[2, 0]) * depth, (m[0, 1] - u * m[2, 1]) * depth
    vx, vy = (m[1, 0] - v * m[2, 0]) * depth, (m[1, 1] - v * m[2, 1]) * depth
    return _Slopes((ux, uy, vx, vy), np.hypot(ux, vx), np.hypot(uy, vy), used)


def _stretched(grid: Array, stride: int, size: tuple[int, int]) -> Array:
    """A grid of cells of `stride` pixels as pixels, of which the first `size` (width, height) are kept."""
    if stride == 1:
        return grid
    whole = (grid.shape[1] * stride, grid.shape[0] * stride)
    return np.asarray(cv2.resize(grid, whole, interpolation=cv2.INTER_LINEAR), np.float32)[
        : size[1], : size[0]
    ]

"""Lens softness: how widely a picture draws its sharpest edges, and a background brought to the plate's.

A lens draws every edge at least so wide; what moves or is out of focus is wider, and a texture's fine lines look
narrower than they are. So straight, clear steps are measured, many along each edge, and of a plate the sharpest tell
the lens. Pictures are (H, W, 3), scene-linear; widths are sigmas of a Gaussian, in pixels. Nothing is ever sharpened:
what a model or a still has lost would only ring.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from pai_studio.core.comp.filters import as_f32
from pai_studio.core.comp.space import luminance
from pai_studio.core.media.frame import Array

_PROBES_PX = (1.0, 1.5, 2.2)
"""The sigmas of the blurs that edges are probed with."""
_DARK, _STRONG = 0.05, 0.06
"""An edge rises by this in logarithms of light (base e, plus what is dark) over a pixel, after the first probe."""
_STEP, _NARROW_PX = 0.1, 0.5
"""A step loses as much by the second blur as by the first, and none looks narrower than the second: what differs by a
larger share, or is narrower, is a line or a curve."""
_CELL_PX, _FEWEST = 32, 12
"""Widths are told by cells of a picture that hold so many points of an edge, by their middle one."""
_CELLS = 12
"""Fewer tell nothing of a picture."""
_LENS, _PLACE = 0.05, 0.12
"""The quantile of the widths that is a plate's lens, where nearly everything may move; and that of a place."""
_PIXEL_PX = 0.7
"""What a step that is sharp to the pixel measures; nothing is believed to be sharper."""
_LEAST_PX, _MOST = 0.3, 0.002
"""Less than the first is not seen and left alone; no lens is softer than this share of the picture's width."""


def lens_px(plate: Array) -> float | None:
    """The width that a lens draws, by one frame: a shot's is the least of some. None where it has too few edges."""
    return _width(plate, _LENS)


def softened(background: Array, wanted_px: float | None) -> Array:
    """A background as soft as a lens that draws `wanted_px`; as it is where its own edges are as wide, or too few."""
    if wanted_px is None or wanted_px**2 <= _PIXEL_PX**2 + _LEAST_PX**2:
        return background
    has_px = _width(background, _PLACE)
    if has_px is None:
        return background
    missing = wanted_px**2 - has_px**2
    if missing <= _LEAST_PX**2:
        return background
    # From nothing at the least, so that no frame jumps; soon all that is missing.
    sigma_px = min(float(np.sqrt(missing - _LEAST_PX**4 / missing)), _MOST * background.shape[1])
    return as_f32(cv2.GaussianBlur(background, (0, 0), sigma_px, borderType=cv2.BORDER_REPLICATE))


def _width(rgb: Array, quantile: float) -> float | None:
    """The width of a picture's sharpest edges: that quantile over its cells."""
    steps = _steps(rgb)
    order = np.lexsort((steps.squared, steps.cell))
    _, first, count = np.unique(steps.cell[order], return_index=True, return_counts=True)
    first, count = first[count >= _FEWEST], count[count >= _FEWEST]
    if len(first) < _CELLS:
        return None
    middles = steps.squared[order][first + count // 2]
    return float(np.sqrt(max(float(np.quantile(middles, quantile)), _PIXEL_PX**2)))


@dataclass(frozen=True)
class _Steps:
    """Points on clear steps: the cell that each lies in, and the squared width there."""

    cell: npt.NDArray[np.int64]
    squared: Array


def _steps(rgb: Array) -> _Steps:
    """Every point on a clear step.

    A blur of sigma s leaves 1 / sqrt(width**2 + s**2) of a step's steepness (Zhuo and Sim, "Defocus map estimation from
    a single image", 2011); so its inverse square is a line over s**2, which three blurs tell from what is no step.
    """
    low = as_f32(np.log(np.maximum(luminance(rgb), 0) + np.float32(_DARK)))
    low = as_f32(cv2.GaussianBlur(low, (0, 0), _PROBES_PX[0]))
    dx, dy = _slopes(low)
    steep = as_f32(cv2.magnitude(dx, dy))
    rows, columns = np.nonzero(_ridge(steep, dx, dy))
    inverse = [1 / steep[rows, columns] ** 2]
    for before, sigma in pairwise(_PROBES_PX):
        low = as_f32(cv2.GaussianBlur(low, (0, 0), float(np.sqrt(sigma**2 - before**2))))
        less = np.maximum(cv2.magnitude(*_slopes(low))[rows, columns], 1e-6)
        inverse.append(1 / less**2)
    squares = [sigma**2 for sigma in _PROBES_PX]
    one, other = ((inverse[k + 1] - inverse[k]) / (squares[k + 1] - squares[k]) for k in (0, 1))
    slope = np.maximum((inverse[2] - inverse[0]) / (squares[2] - squares[0]), 1e-9)
    squared = inverse[0] / slope - squares[0]
    clear = (one > 0) & (np.abs(other - one) < _STEP * one) & (squared > _NARROW_PX**2)
    across = -(-rgb.shape[1] // _CELL_PX)
    cell = rows[clear] // _CELL_PX * across + columns[clear] // _CELL_PX
    return _Steps(cell, as_f32(squared[clear]))


def _slopes(plane: Array) -> tuple[Array, Array]:
    dx, dy = (cv2.Sobel(plane, cv2.CV_32F, *order, ksize=3, scale=1 / 8) for order in ((1, 0), (0, 1)))
    return as_f32(dx), as_f32(dy)


def _ridge(steep: Array, dx: Array, dy: Array) -> npt.NDArray[np.bool_]:
    """Where (H, W) an edge is steepest: no neighbour across it is steeper."""
    inner = steep[1:-1, 1:-1]
    along_x = (inner >= steep[1:-1, :-2]) & (inner > steep[1:-1, 2:])
    along_y = (inner >= steep[:-2, 1:-1]) & (inner > steep[2:, 1:-1])
    level = (np.abs(dx) >= np.abs(dy))[1:-1, 1:-1]
    found = np.zeros(steep.shape, bool)
    found[1:-1, 1:-1] = np.where(level, along_x, along_y) & (inner > _STRONG)
    return found

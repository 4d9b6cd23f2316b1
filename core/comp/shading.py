"""The screen's own fine shading: contact shadows on its floor, which the smooth clean screen is too wide for.

A shadow scales the screen's colour and keeps its chroma; a translucent subject brings its own. So a pixel is shaded
screen where the other two primaries stand to the screen's own as they do on clean screen, darker, and changing as
slowly as a shadow does. It is told there and carried under the subject's edge, never past the clean screen's level.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from pai_studio.core.comp.filters import as_f32, blur, downscale, fill, upscale
from pai_studio.core.media.frame import Array

_FIT_PX = 480
_DEEPEST = 0.25
"""The least share of the clean screen's light that still counts as shade; below it nobody can tell it from black."""
_FOREIGN = 0.035
"""How far the other primaries may leave the screen's chroma, as a share of its own primary."""
_SLOPE = 0.12
"""The steepest change of a shadow from one pixel of the fit's picture to the next; an edge is steeper."""
_BETWEEN = (0.15, 0.42)
"""Levels between the deepest shadow and a dark subject: where they cover an area, an edge is soft."""
_SIGMA_PX = 1.5
_FLAT = 0.02
"""Less shade than this is the fit's own error."""
_FREE = 0.05
"""A given matte below this covers nothing."""
_SOFT_PX = 6
"""So far around a soft edge nothing is taken for shade."""


def shading(rec709: Array, clean: Array, channel: int, noise: float, subject: Array | None = None) -> Array:
    """The share of the clean screen's light that falls on the screen (H, W), at most 1: 1 where nothing tells of shade.

    `rec709` and `clean` are (H, W, 3) linear Rec.709; `noise` is the screen's deviation as `ScreenEstimate` has it.
    Nothing under a given matte `subject` (H, W) counts as screen.
    """
    factor = max(1, max(rec709.shape) // _FIT_PX)
    seen, wall = downscale(rec709, factor), downscale(clean, factor)
    own = np.maximum(wall[..., channel], 1e-6)
    seen = as_f32(cv2.GaussianBlur(seen, (0, 0), 0.7) / own[..., None])
    wall = as_f32(wall / own[..., None])
    level = seen[..., channel]
    others = [c for c in range(3) if c != channel]
    foreign = np.abs(seen[..., others] - wall[..., others] * level[..., None]).max(-1)
    screen = _is_screen(level, foreign)
    if subject is not None:
        screen &= downscale(subject, factor) < _FREE
    if not screen.any():
        return np.ones(rec709.shape[:2], np.float32)
    found = _carried(as_f32(np.minimum(level, 1)), as_f32(screen))
    found = as_f32(np.where(found > 1 - max(2 * noise, _FLAT), 1, found))
    return upscale(as_f32(np.clip(found, _DEEPEST, 1)), (rec709.shape[0], rec709.shape[1]))


def _is_screen(level: Array, foreign: Array) -> npt.NDArray[np.bool_]:
    """Where the screen shows, lit or shaded: of its chroma, and changing as slowly as a shadow does."""
    near = np.ones((3, 3), np.uint8)
    slope = as_f32(cv2.dilate(level, near)) - as_f32(cv2.erode(level, near))
    seen = (foreign < _FOREIGN) & (slope < 2 * _SLOPE) & (level > _DEEPEST)
    return np.asarray(seen & ~_soft_edges(level, foreign))


def _carried(shade: Array, known: Array) -> Array:
    """The known shade, smoothed, and carried beyond."""
    weight = blur(known, _SIGMA_PX)
    near = blur(shade * known, _SIGMA_PX) / np.maximum(weight, 1e-6)
    return as_f32(np.where(weight > 0.3, near, fill(shade, known)))


def _soft_edges(level: Array, foreign: Array) -> npt.NDArray[np.bool_]:
    """Around soft edges of something dark (hair, motion blur), which pass through every level as no shadow does."""
    between = ((level > _BETWEEN[0]) & (level < _BETWEEN[1]) & (foreign < _FOREIGN)).astype(np.uint8)
    wide = cv2.morphologyEx(between, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    return np.asarray(cv2.dilate(wide, np.ones((2 * _SOFT_PX + 1, 2 * _SOFT_PX + 1), np.uint8)) > 0)

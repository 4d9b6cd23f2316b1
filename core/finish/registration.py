"""How far a model has put its subject beside the plate's: a smooth field, from the subject's own structure.

What is compared is local contrast inside the solid matte, whatever the light on it; so neither the screen nor the new
place enters, nor the edge between them and the subject. Planes are (h, w) at the model's size.
"""

from __future__ import annotations

import cv2
import numpy as np

from pai_studio.core.comp.filters import as_f32, blur
from pai_studio.core.finish.codes import coded
from pai_studio.core.media.frame import Array
from pai_studio.core.motion.flow import grid
from pai_studio.core.motion.resample import sample

_LUMA = np.array([0.3, 0.6, 0.1], np.float32)
_CONTRAST_PX, _FLOOR = 3.0, 0.06
"""Structure is held against its own spread within such a sigma, but not raised above a spread of this (base e)."""
_WINDOW = 0.0385
"""The windows' sigma in picture widths, 32 pixels of 832. On three films the field errs by 0.27 px with this, by 0.37
and 0.30 with half and twice as much, and by 0.54 if it is taken for 0."""
_ROUNDS, _STEP_PX, MOST_PX = 6, 1.0, 2.5
_HOLD = 0.002
"""The windows' prior for staying, in squared gradients: a subject without structure has not moved."""


def shift(composite: Array, subject: Array, solid: Array, white: float) -> Array:
    """The field (h, w, 2): what `subject` (h, w, 3) has at x, `composite` has at x + field; 0 where nothing tells.

    `solid` (h, w) is 1 where the picture is subject alone. Least squares over windows, in rounds (Lucas and Kanade,
    1981).
    """
    mine, other = (_structure(picture, solid, white) for picture in (subject, composite))
    height, width = solid.shape
    here = grid(np.eye(3), (width, height))
    window_px = _WINDOW * width
    field = np.zeros((height, width, 2), np.float32)
    for _ in range(_ROUNDS):
        field = np.clip(field + _step(mine, other, solid, here + field, window_px), -MOST_PX, MOST_PX)
    return as_f32(field)


def _structure(picture: Array, solid: Array, white: float) -> Array:
    """Local contrast (h, w) of what is `solid` alone, about -3..3; 0 elsewhere."""
    y = as_f32(coded(picture, white) @ _LUMA)
    known = np.maximum(blur(solid, _CONTRAST_PX), 1e-3)
    away = as_f32((y - blur(as_f32(y * solid), _CONTRAST_PX) / known) * solid)
    spread = np.sqrt(np.maximum(blur(as_f32(away * away), _CONTRAST_PX) / known, 0))
    return as_f32(away / (spread + _FLOOR) * solid)


def _step(mine: Array, other: Array, solid: Array, at: Array, window_px: float) -> Array:
    """What is left of the way (h, w, 2) when `other` is read `at` places (h, w, 2)."""
    there = sample(other, at)
    both = as_f32((mine + there) / 2)
    gx = as_f32(cv2.Scharr(both, cv2.CV_32F, 1, 0, scale=1 / 32))
    gy = as_f32(cv2.Scharr(both, cv2.CV_32F, 0, 1, scale=1 / 32))
    wrong = mine - there
    held = solid * sample(solid, at) / (1 + 4 * wrong * wrong)
    known = np.maximum(blur(as_f32(held), window_px), 1e-4)
    xx, xy, yy, x, y = (
        blur(as_f32(product * held), window_px) / known
        for product in (gx * gx, gx * gy, gy * gy, gx * wrong, gy * wrong)
    )
    xx, yy = xx + _HOLD, yy + _HOLD
    det = xx * yy - xy * xy
    step = np.dstack([(yy * x - xy * y) / det, (xx * y - xy * x) / det])
    return as_f32(np.clip(step, -_STEP_PX, _STEP_PX))

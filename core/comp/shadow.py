"""The subject's shadow on the screen's floor, as a factor for the new background.

Only the contact shadow is taken: a shadow on the wall behind would fall on nothing in another place.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from pai_studio.core.comp.filters import as_f32, blur, downscale, upscale
from pai_studio.core.comp.space import luminance
from pai_studio.core.media.frame import Array, Screen

_FIT_PX = 160
_REACH = 0.25
"""A shadow lies within this share of the picture's height of the subject."""
_CONTACT = (0.2, 0.1)
"""The floor lies below this share of the subject's height above its feet, faded in over the second."""
_FEET = 0.03
"""Feet nearer to the picture's lower border than this share of its height may stand outside it."""
_UNEVEN = (0.03, 0.08)
"""Where the rest of the screen departs so much from its fit, darkening proves less, then nothing."""
_FAINT = (0.04, 0.12)
"""Darkening below the first is none, above the second is taken whole."""
_DEEPEST = 0.3


def shadow(matte: Array, screen: Screen) -> Array:
    """The shadow pass (H, W), 1 where there is none, from the clean screen's darkening near the subject.

    `matte` is (H, W); `screen.color` the (H, W, 3) clean screen that follows the plate's own light. Its level is held
    against a quadratic fitted far from the subject; only darkening that hangs on the subject counts.
    """
    none = np.ones(matte.shape, np.float32)
    if screen.color.ndim == 1 or not (matte > 0.5).any():
        return none
    factor = max(1, max(matte.shape) // _FIT_PX)
    level = np.log(np.maximum(downscale(luminance(screen.color), factor), 1e-4))
    subject = downscale(matte, factor) > 0.5
    reach = _REACH * subject.shape[0]
    floor = _floor(subject)
    if not floor.any():
        return none
    distance = cv2.distanceTransform((~subject).astype(np.uint8), cv2.DIST_L2, 3)
    far = distance > reach
    if far.mean() < 0.15:
        return none
    fitted, rest = _quadratic(level, far)
    darkening = np.clip(1 - np.exp(level - fitted), 0, 1 - _DEEPEST)
    certain = np.clip((_UNEVEN[1] - rest) / (_UNEVEN[1] - _UNEVEN[0]), 0, 1)
    near = np.clip(2 - 2 * distance / reach, 0, 1)
    strength = np.clip((darkening - _FAINT[0]) / (_FAINT[1] - _FAINT[0]), 0, 1)
    amount = blur(as_f32(darkening * strength * near * floor[:, None] * certain), 2.0)
    amount = np.where(amount < 0.005, 0, amount)
    return as_f32(1 - upscale(as_f32(amount), matte.shape))


def _floor(subject: npt.NDArray[np.bool_]) -> Array:
    """How much each row (h,) shows the floor that the (h, w) subject stands on; 0 where its feet are out of frame."""
    rows = np.flatnonzero(subject.sum(1) > 0.004 * subject.shape[1])
    if not rows.size:
        return np.zeros(subject.shape[0], np.float32)
    height, feet = subject.shape[0], int(rows[-1])
    tall = feet - int(rows[0]) + 1
    begins = feet - _CONTACT[0] * tall
    inside = np.clip((height - 1 - feet) / (_FEET * height) - 0.5, 0, 1)
    return as_f32(np.clip((np.arange(height) - begins) / max(_CONTACT[1] * tall, 1), 0, 1) * inside)


def _quadratic(level: Array, known: npt.NDArray[np.bool_]) -> tuple[Array, float]:
    """A quadratic in x and y through the known pixels, and the deviation it leaves there (median, as a sigma)."""
    height, width = level.shape
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], -1)
    coefficients = np.linalg.lstsq(terms[known], level[known], rcond=None)[0]
    fitted = terms @ coefficients
    return as_f32(fitted), 1.4826 * float(np.median(np.abs(level - fitted)[known]))

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

_FIT_PX = 320
_REACH = 0.25
"""A shadow lies within this share of the subject's height of it."""
_CONTACT = (0.2, 0.1)
"""The floor lies below this share of the subject's height above its feet, faded in over the second."""
_FEET = 0.03
"""Feet nearer to the picture's lower border than this share of its height may stand outside it."""
_VALLEY = (0.6, 0.3)
"""A shadow is a valley of the screen's light narrower than one of these, across and along the picture's height, in
shares of the subject's height; a second shade of cloth, a seam's step and the set's falloff are none."""
_FAINT = (0.025, 0.08)
"""Darkening below the first is none, above the second is taken whole: folds and scuffs of a floor reach the first."""
_DEEPEST = 0.3


def shadow(matte: Array, screen: Screen) -> Array:
    """The shadow pass (H, W), 1 where there is none, from the clean screen's darkening near the subject.

    `matte` is (H, W); `screen.color` the (H, W, 3) clean screen that follows the plate's own light. Its level is held
    against its own grey closing (Serra, "Image Analysis and Mathematical Morphology", 1982), which fills valleys and
    follows everything wider; only what hangs on the subject counts.
    """
    none = np.ones(matte.shape, np.float32)
    if screen.color.ndim == 1 or not (matte > 0.5).any():
        return none
    factor = max(1, max(matte.shape) // _FIT_PX)
    subject = downscale(matte, factor) > 0.5
    floor, tall = _floor(subject)
    if not floor.any():
        return none
    level = np.maximum(luminance(downscale(screen.color, factor)), 1e-4)
    darkening = np.clip(1 - level / _filled(level, tall), 0, 1 - _DEEPEST)
    distance = cv2.distanceTransform((~subject).astype(np.uint8), cv2.DIST_L2, 3)
    near = np.clip(2 - 2 * distance / (_REACH * tall), 0, 1)
    strength = np.clip((darkening - _FAINT[0]) / (_FAINT[1] - _FAINT[0]), 0, 1)
    amount = blur(as_f32(darkening * strength * near * floor[:, None]), 1.0)
    amount = np.where(amount < 0.005, 0, amount)
    return as_f32(1 - upscale(as_f32(amount), matte.shape))


def _filled(level: Array, tall: int) -> Array:
    """The level (h, w) with its valleys filled that are narrower than a shadow of a subject `tall` pixels high."""
    across, along = (2 * max(1, round(share * tall / 2)) + 1 for share in _VALLEY)
    kernel = np.ones((along, across), np.uint8)
    padded = cv2.copyMakeBorder(level, along, along, across, across, cv2.BORDER_REPLICATE)
    closed = as_f32(cv2.morphologyEx(padded, cv2.MORPH_CLOSE, kernel))[along:-along, across:-across]
    return as_f32(np.maximum(closed, level))


def _floor(subject: npt.NDArray[np.bool_]) -> tuple[Array, int]:
    """How much each row (h,) shows the floor that the (h, w) subject stands on, and the subject's height in pixels.

    0 where its feet are out of frame.
    """
    rows = np.flatnonzero(subject.sum(1) > 0.004 * subject.shape[1])
    if not rows.size:
        return np.zeros(subject.shape[0], np.float32), 1
    height, feet = subject.shape[0], int(rows[-1])
    tall = feet - int(rows[0]) + 1
    begins = feet - _CONTACT[0] * tall
    inside = np.clip((height - 1 - feet) / (_FEET * height) - 0.5, 0, 1)
    share = np.clip((np.arange(height) - begins) / max(_CONTACT[1] * tall, 1), 0, 1) * inside
    return as_f32(share), tall

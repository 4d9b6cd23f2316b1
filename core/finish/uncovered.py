"""What the subject hides of a picture, as the frames around show it once they have moved on.

Planes are (h, w) at the model's size, or half of it where it says so; places are in the model's pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from pai_studio.core.comp.filters import as_f32
from pai_studio.core.finish import shadows
from pai_studio.core.media.frame import Array, Box
from pai_studio.core.motion.resample import CUBIC, sample

_SHOWN = 0.02
"""What a neighbour shows by less than this, it does not show."""
_SHADED = 0.9
"""Beside the subject a neighbour shows their shadow: there it weighs less by this share."""
_SOONER = 8.0
"""Of neighbours that show a place the next weighs so many times as much as the one after it: its parallax is least,
and what is blended is less sharp."""


@dataclass(frozen=True)
class Elsewhere:
    """A frame that may show what another's subject hides: its codes (h, w, 3), and its own `covered` (h, w) and `free`.

    `free` (h/2, w/2) is what of it is the place; `at` (h/2, w/2, 2) are its places of what the other frame's camera
    sees, `more` (h/2, w/2, 3) by how much lighter it shows them.
    """

    code: Array
    covered: Array
    free: Array
    at: Array
    more: Array


def uncovered(free: Array, around: Sequence[Elsewhere]) -> tuple[Array, Array]:
    """The codes (h, w, 3) of what is not `free` (h, w), in the frame's own light, and how far (h, w) they are known.

    `around` are the frames that may show it, the nearest first.
    """
    code, known = np.zeros((*free.shape, 3), np.float32), np.zeros(free.shape, np.float32)
    hidden = free < 1
    if not hidden.any():
        return code, known
    left, top, width, height = cv2.boundingRect(hidden.astype(np.uint8))
    part = Box(left, top, width, height)
    rows = slice(top, top + height), slice(left, left + width)
    sums, total = np.zeros((height, width, 3), np.float32), np.zeros((height, width), np.float32)
    ahead = np.float32(1)
    for one in around:
        at = _within(one.at, part)
        shown = as_f32(sample(one.free, as_f32((at - 0.5) / 2)) * _inside(at, one.code) * hidden[rows])
        if shown.max() > _SHOWN:
            weight = (
                shown * ahead * (1 - _SHADED * sample(shadows.nearness(shadows.distance(one.covered)), at))
            )
            there = sample(one.code, at, CUBIC) - _within(one.more, part)
            sums, total = sums + there * weight[..., None], total + weight
            known[rows] = np.maximum(known[rows], shown)
            ahead = ahead / np.float32(_SOONER)
    code[rows] = sums / np.maximum(total, 1e-30)[..., None]  # the twelfth weighs 1e-11
    return code, known


def _within(plane: Array, part: Box) -> Array:
    """A plane of half the size (h/2, w/2, n) at the whole pixels of a part of the picture."""
    whole = np.array([[0.5, 0, part.x / 2 - 0.25], [0, 0.5, part.y / 2 - 0.25]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    size = (part.width, part.height)
    return as_f32(cv2.warpAffine(plane, whole, size, flags=flags, borderMode=cv2.BORDER_REPLICATE))


def _inside(at: Array, picture: Array) -> Array:
    height, width = picture.shape[:2]
    x, y = at[..., 0], at[..., 1]
    return as_f32((x >= 0) & (y >= 0) & (x <= width - 1) & (y <= height - 1))

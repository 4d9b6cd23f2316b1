"""Pictures read at other places and sizes; pixel centres at integers, edges kept on edges."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from pai_studio.core.media.frame import Array
from pai_studio.core.motion.homography import Size

_cv: Any = cv2
NEAREST, LINEAR, CUBIC = cv2.INTER_NEAREST, cv2.INTER_LINEAR, cv2.INTER_CUBIC
REPLICATE, MIRROR = cv2.BORDER_REPLICATE, cv2.BORDER_REFLECT_101


def reduced(picture: Array, size: Size) -> Array:
    """A picture (H, W) or (H, W, C) averaged over areas to a smaller `size` (w, h)."""
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)


def enlarged(picture: Array, size: Size) -> Array:
    """A picture interpolated linearly to a larger `size` (w, h)."""
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR), np.float32)


def sample(picture: Array, at: Array, interpolation: int = LINEAR, border: int = REPLICATE) -> Array:
    """`picture` read at (H, W, 2) places (x, y)."""
    return np.asarray(_cv.remap(picture, at, None, interpolation, borderMode=border), np.float32)


def from_grid(values: Array, step: int, size: Size) -> Array:
    """Values known at every `step`-th pixel, from (0, 0), interpolated linearly to a picture of `size` (w, h)."""
    affine = np.array([[1 / step, 0, 0], [0, 1 / step, 0]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(values, affine, size, flags=flags, borderMode=REPLICATE), np.float32)

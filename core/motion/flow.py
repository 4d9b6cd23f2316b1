"""Dense optical flow between two aligned pictures, and pictures moved by a share of it."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from pai_studio.core.media.frame import Array
from pai_studio.core.motion.features import Gray, Mask
from pai_studio.core.motion.homography import Matrix, Size, inverse
from pai_studio.core.motion.resample import sample

_cv: Any = cv2

_CONSISTENT_PX = 1.5


def dense(one: Gray, other: Gray, finest: int = 1) -> Array:
    """Flow (H, W, 2) in pixels: what is at x in `one` is at x + flow in `other` (DIS; Kroeger et al., 2016).

    It is refined down to the pyramid's level `finest`: 0 is the pictures' own size, 1 half of it.
    """
    flow = _cv.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    flow.setFinestScale(finest)
    return np.asarray(flow.calc(one, other, None), np.float32)


def grid(matrix: Matrix, size: Size, corner: tuple[float, float] = (0.0, 0.0), step: float = 1.0) -> Array:
    """Where `matrix` takes the points `corner` + step * (column, row): (H, W, 2) float32 for `size` (W, H)."""
    width, height = size
    x = corner[0] + step * np.arange(width, dtype=np.float64)
    y = (corner[1] + step * np.arange(height, dtype=np.float64))[:, None]
    w = matrix[2, 0] * x + matrix[2, 1] * y + matrix[2, 2]
    w = np.where(w * np.sign(np.linalg.det(matrix)) > 1e-9, w, np.nan)
    out = np.empty((height, width, 2), np.float32)
    out[..., 0] = (matrix[0, 0] * x + matrix[0, 1] * y + matrix[0, 2]) / w
    out[..., 1] = (matrix[1, 0] * x + matrix[1, 1] * y + matrix[1, 2]) / w
    return np.nan_to_num(out, copy=False, nan=-1e6, posinf=-1e6, neginf=-1e6)


def agreement(forward: Array, backward: Array, to_other: Matrix, valid: Mask) -> Array:
    """How far (H, W) in 0..1 a flow is borne out by the one that comes back, 0 outside `valid`.

    `forward` lives in one picture, whose points `to_other` takes to the picture that `backward` lives in.
    """
    h, w = forward.shape[:2]
    here = grid(np.eye(3), (w, h))
    there = _mapped(to_other, np.add(here, forward))
    back = _mapped(inverse(to_other), there + sample(backward, there))
    error = np.linalg.norm(back - here, axis=2)
    return np.asarray(np.where(valid, np.exp(-((error / _CONSISTENT_PX) ** 2)), 0.0), np.float32)


def _mapped(matrix: Matrix, points: Array) -> Array:
    w = matrix[2, 0] * points[..., 0] + matrix[2, 1] * points[..., 1] + matrix[2, 2]
    x = matrix[0, 0] * points[..., 0] + matrix[0, 1] * points[..., 1] + matrix[0, 2]
    y = matrix[1, 0] * points[..., 0] + matrix[1, 1] * points[..., 1] + matrix[1, 2]
    return np.asarray(np.stack([x / w, y / w], axis=-1), np.float32)


def unmoved(at: Array, flow: Array, share: float, rounds: int = 6) -> Array:
    """The points x with x + share * flow(x) = at: where what is now seen at `at` had been before it moved.

    A fixed point, damped so that a crease in the flow settles instead of swinging between its two sides.
    """
    x = at - share * sample(flow, at)
    for _ in range(rounds):
        x = 0.3 * x + 0.7 * (at - share * sample(flow, x))
    return np.asarray(x, np.float32)


def spread(values: Array, weight: Array) -> Array:
    """Fill (H, W, C) where `weight` (H, W) is low from where it is high, smoothly (push and pull over a pyramid).

    The weighted means go down a pyramid until one pixel is left, then come up again where nothing better is known
    (Gortler et al., "The Lumigraph", 1996).
    """
    h, w = weight.shape
    if min(h, w) <= 2:
        total = max(float(weight.sum()), 1e-6)
        mean = (values * weight[..., None]).sum(axis=(0, 1)) / total
        return np.asarray(values * weight[..., None] + mean * (1 - weight[..., None]), np.float32)
    small_weight = np.asarray(cv2.pyrDown(weight), np.float32)
    small = np.asarray(cv2.pyrDown(values * weight[..., None]), np.float32).reshape(*small_weight.shape, -1)
    small /= np.maximum(small_weight, 1e-6)[..., None]
    coarse = spread(small, np.minimum(small_weight * 4, 1, dtype=np.float32))
    up = np.asarray(cv2.pyrUp(coarse, dstsize=(w, h)), np.float32).reshape(h, w, -1)
    return np.asarray(values * weight[..., None] + up * (1 - weight[..., None]), np.float32)

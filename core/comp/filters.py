"""Filters that the compositing shares: filling from known samples, and the guided filter."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from pai_studio.core.media.frame import Array

_TRUST = 0.05
"""A pixel whose known weight is this share of full counts half, its coarser neighbourhood the other half."""


def as_f32(values: Any) -> Array:
    """As float32, uncopied where it is already; tells the type checker what cv2 and numpy do not."""
    return np.asarray(values, np.float32)


def fill(values: Array, weight: Array) -> Array:
    """Fill (H, W, C) or (H, W) from the samples that `weight` (H, W, 0..1) knows, smoothly, by pull and push.

    Gortler et al., "The Lumigraph" (1996): averages are pulled up a pyramid, and gaps take the coarser
    level's. Zero everywhere when nothing is known.
    """
    flat = values.ndim == 2
    whole = values[..., None] if flat else values
    sums, weights = [as_f32(whole * weight[..., None])], [weight]
    while min(weights[-1].shape) > 2:
        sums.append(_channels(cv2.pyrDown(sums[-1])))
        weights.append(as_f32(cv2.pyrDown(weights[-1])))
    total = float(weights[-1].sum())
    filled = np.broadcast_to(sums[-1].sum((0, 1)) / max(total, 1e-6), sums[-1].shape).astype(np.float32)
    for level_sum, level_weight in zip(reversed(sums), reversed(weights), strict=True):
        height, width = level_weight.shape
        coarse = _channels(cv2.resize(filled, (width, height), interpolation=cv2.INTER_LINEAR))
        filled = as_f32((level_sum + _TRUST * coarse) / (level_weight + _TRUST)[..., None])
    return filled[..., 0] if flat else filled


def _channels(array: Any) -> Array:
    """cv2 drops a single channel's axis; it is put back."""
    return as_f32(array[..., None] if array.ndim == 2 else array)


def blur(values: Array, sigma_px: float) -> Array:
    """Gaussian blur with mirrored borders, at a reduced size where `sigma_px` allows: (H, W) or (H, W, C)."""
    shrink = int(max(1, min(sigma_px / 3, min(values.shape[:2]) / 8)))
    sigma = max(sigma_px / shrink, 1e-3)
    small = cv2.GaussianBlur(downscale(values, shrink), (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
    return upscale(as_f32(small), values.shape[:2])


def downscale(values: Array, factor: int) -> Array:
    """Area-averaged by a whole factor (1 leaves it alone): (H, W) or (H, W, C)."""
    if factor == 1:
        return values
    height, width = values.shape[:2]
    return np.asarray(
        cv2.resize(values, (-(-width // factor), -(-height // factor)), interpolation=cv2.INTER_AREA)
    )


def upscale(values: Array, shape: tuple[int, int]) -> Array:
    """Bilinear to `shape` (height, width)."""
    if values.shape[:2] == shape:
        return values
    return as_f32(cv2.resize(values, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR))


def guided(guide: Array, values: Array, radius_px: int, noise: float) -> Array:
    """The guided filter of He, Sun and Tang (2010), with trust: where the guide explains nothing, nothing moves.

    `guide`, `values` and the result are (H, W); `noise` is the guide's standard deviation on flat areas. The filter's
    answer is blended in by the squared correlation of guide and values, so that hair whose brightness equals the
    screen's is not smeared.
    """
    size = (2 * radius_px + 1, 2 * radius_px + 1)

    def mean(x: Array) -> Array:
        return as_f32(cv2.boxFilter(x, -1, size, borderType=cv2.BORDER_REFLECT))

    mean_guide, mean_values = mean(guide), mean(values)
    variance = mean(guide * guide) - mean_guide**2
    spread = mean(values * values) - mean_values**2
    covariance = mean(guide * values) - mean_guide * mean_values
    slope = covariance / (np.maximum(variance, 0) + noise**2 + 1e-9)
    smooth = mean(slope) * guide + mean(mean_values - slope * mean_guide)
    trust = covariance**2 / ((np.maximum(variance, 0) + noise**2) * np.maximum(spread, 0) + 1e-9)
    return as_f32(values + mean(as_f32(np.clip(trust, 0, 1))) ** 2 * (smooth - values))

"""Grain: the plate's noise measured, and the same noise laid on a background that lacks it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from pai_studio.core.comp.filters import as_f32
from pai_studio.core.media.frame import Array

_BLOCK = 8
_BINS = 12
_FAR = 3
"""Pixels this far apart share no grain any more."""


@dataclass(frozen=True)
class Grain:
    """Noise of variance `floor + slope * level` per channel ((3,) each); neighbours correlate by `correlation`."""

    floor: Array
    slope: Array
    correlation: float

    def variance(self, rgb: Array) -> Array:
        """(H, W, 3) of the noise at each pixel of (H, W, 3)."""
        return as_f32(self.floor + self.slope * np.maximum(rgb, 0))


def _block_means(values: Array) -> Array:
    """Means over blocks of `_BLOCK` pixels, (h, w, C)."""
    height, width = (n // _BLOCK * _BLOCK for n in values.shape[:2])
    size = (width // _BLOCK, height // _BLOCK)
    return as_f32(cv2.resize(values[:height, :width], size, interpolation=cv2.INTER_AREA))


def _half_square_steps(rgb: Array, step: int) -> Array:
    """Half the squared difference to the pixel `step` to the right: in the mean, variance less covariance."""
    difference = rgb[:, step:] - rgb[:, :-step]
    return 0.5 * difference * difference


def measure(rgb: Array) -> Grain:
    """The noise of a picture (H, W, 3), from its flattest blocks at every level.

    Signal only ever adds to a block's variance, so the low quantile over many blocks of one level is the noise.
    """
    if min(rgb.shape[:2]) < 4 * _BLOCK:
        return Grain(np.zeros(3, np.float32), np.zeros(3, np.float32), 0.0)
    levels = _block_means(rgb[:, :-_FAR]).reshape(-1, 3)
    far = _block_means(_half_square_steps(rgb, _FAR)).reshape(-1, 3)
    near = _block_means(_half_square_steps(rgb, 1)[:, : 1 - _FAR]).reshape(-1, 3)
    filmed = far.max(axis=1) > 1e-12  # what a data window or a key leaves empty has no noise to tell of
    if not filmed.any():
        return Grain(np.zeros(3, np.float32), np.zeros(3, np.float32), 0.0)
    levels, far, near = levels[filmed], far[filmed], near[filmed]
    fits = [_fit(levels[:, c], far[:, c]) for c in range(3)]
    flat = far[:, 1] <= np.quantile(far[:, 1], 0.2)
    total = float(far[flat].sum())
    correlation = 1 - float(near[flat].sum()) / total if total > 0 else 0.0
    floor, slope = np.array(fits, np.float32).T
    return Grain(floor, slope, float(np.clip(correlation, 0, 0.9)))


def _fit(level: Array, variance: Array) -> tuple[float, float]:
    """Floor and slope, neither negative, through the low quantiles of the variance over level."""
    edges = np.quantile(level, np.linspace(0, 1, _BINS + 1))
    points = []
    for low, high in pairwise(edges):
        inside = (
            (level >= low) & (level <= high) & (variance > 1e-12)
        )  # a clipped block has no noise to tell of
        if inside.sum() >= 8:
            points.append((max(float(level[inside].mean()), 0.0), float(np.quantile(variance[inside], 0.25))))
    if not points:
        return 0.0, 0.0
    x, y = np.array(points).T
    # Every bin holds at least its noise; the line through the lower half of the residuals ignores texture.
    scale = 1 / np.maximum(y, y.max() * 1e-3 + 1e-12)
    for _ in range(3):
        design = np.stack([scale, scale * x], 1)
        floor, slope = np.linalg.lstsq(design, scale * y, rcond=None)[0]
        if slope < 0:
            floor, slope = np.average(y, weights=scale**2), 0.0
        elif floor < 0:
            floor, slope = 0.0, float((scale**2 * x * y).sum() / max((scale**2 * x * x).sum(), 1e-12))
        scale = np.where(y > 1.5 * (floor + slope * x), scale * 0.2, scale)
    # The 25% quantile of a mean over about 40 independent squares lies 0.85 of the way to it.
    return float(floor) / 0.85, float(slope) / 0.85


def synthesize(level: Array, wanted: Grain, present: Grain | None, seed: int, frame: int) -> Array:
    """Noise (H, W, 3) for a picture `level` (H, W, 3), with what is `present` already counted off.

    Depends on nothing but its arguments: the same `seed` and `frame` number give the same grain.
    """
    variance = wanted.variance(level)
    if present is not None:
        variance = np.maximum(variance - present.variance(level), 0)
    if not variance.any():
        return np.zeros(level.shape, np.float32)
    generator = np.random.Generator(np.random.Philox(key=[seed, frame & 0xFFFFFFFF]))
    noise = generator.standard_normal(level.shape, np.float32)
    if wanted.correlation > 0.03:
        # Two pixels blurred by one Gaussian correlate by exp(-1 / (4 sigma^2)).
        sigma = float(np.sqrt(-1 / (4 * np.log(wanted.correlation))))
        kernel = cv2.getGaussianKernel(7, sigma)
        noise = as_f32(cv2.sepFilter2D(noise, -1, kernel, kernel)) / np.float32((kernel**2).sum())
    return as_f32(noise * np.sqrt(variance))

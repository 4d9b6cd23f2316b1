"""Grain: the noise of a plate, and the same noise laid on a background that lacks it.

What a background has of its own is not counted off: in a still it stands, and grain moves.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from pai_studio.core.comp.filters import as_f32
from pai_studio.core.media.frame import Array

_INDEPENDENT = 0.02
"""Channels that share less than this are laid each for itself."""


@dataclass(frozen=True)
class Grain:
    """Noise of variance `floor + slope * level` per channel ((3,) each).

    `kernel` (k, k), of energy 1, draws its spectrum out of white noise; channels are correlated as by `mix` (3, 3),
    lower triangular with rows of length 1.
    """

    floor: Array
    slope: Array
    kernel: Array
    mix: Array

    @classmethod
    def white(cls, floor: Array, slope: Array) -> Grain:
        """Noise whose pixels and channels know nothing of one another."""
        return cls(floor, slope, np.ones((1, 1), np.float32), np.eye(3, dtype=np.float32))

    def variance(self, rgb: Array) -> Array:
        """(H, W, 3) of the noise at each pixel of (H, W, 3)."""
        return as_f32(self.floor + self.slope * np.maximum(rgb, 0))


def synthesize(level: Array, wanted: Grain, seed: int, frame: int) -> Array:
    """Noise (H, W, 3) for a picture `level` (H, W, 3).

    Depends on nothing but its arguments: the same `seed` and `frame` number give the same grain.
    """
    variance = wanted.variance(level)
    if not variance.any():
        return np.zeros(level.shape, np.float32)
    generator = np.random.Generator(np.random.Philox(key=[seed, frame & 0xFFFFFFFF]))
    noise = generator.standard_normal(level.shape, np.float32)
    if np.abs(wanted.mix - np.eye(3)).max() > _INDEPENDENT:
        noise = as_f32(cv2.transform(noise, wanted.mix))
    if wanted.kernel.size > 1:
        noise = as_f32(cv2.filter2D(noise, -1, wanted.kernel, borderType=cv2.BORDER_REFLECT))
    return as_f32(noise * np.sqrt(variance))

"""A sensor's noise."""

from __future__ import annotations

import numpy as np

from pai_studio.core.media.frame import Array

_READ_NOISE = 0.0011
_SHOT_NOISE = 0.00016


def exposed(picture: Array, seed: int, index: int) -> Array:
    """Frame `index` with read noise, and shot noise whose variance grows with light."""
    rng = np.random.default_rng([seed, 4, index])
    sigma = np.sqrt(_READ_NOISE**2 + _SHOT_NOISE * np.clip(picture, 0, None))
    return np.asarray(picture + sigma * rng.standard_normal(picture.shape, np.float32), np.float32)

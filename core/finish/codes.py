"""Light as logarithms above a toe: where finishing compares, matches and blends pictures.

A ratio of light is a difference of codes, and a lamp does not flood what is filtered beside it.
"""

from __future__ import annotations

import cv2
import numpy as np

from pai_studio.core.comp.filters import as_f32
from pai_studio.core.media.frame import Array

_TOE = 1 / 800
"""The toe in shares of the model's white, 0.02 where that is 16; light well below it is nearly linear."""


def coded(light: Array, white: float) -> Array:
    """Natural logarithms of light above the toe, whatever the shape; no further below 0 than half of it."""
    toe = np.float32(_TOE * white)
    return as_f32(cv2.log(np.maximum(light + toe, toe / 2)).reshape(light.shape))


def light(code: Array, white: float) -> Array:
    """The inverse of `coded`."""
    return as_f32(np.exp(code) - np.float32(_TOE * white))

"""What a place does to a subject lit as sets are: gains per channel, expected from the place's pictures alone.

A gain is the place's light over the set's. The floor around the subject's feet is the best light meter in a picture:
it lies in the subject's own light, and floors differ less in albedo than skies, walls and windows do. Its median
tells the light, its bright end the sun's share, and what stands behind the subject how much of both is in shade. Of
the tint, the picture's mean chroma tells about a third. Linear in logarithms, and so in stops; the numbers are a ridge
regression over rendered places of seven families, by `core.evaluation.fit_light`, judged on families left out.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from pai_studio.core.comp.filters import as_f32
from pai_studio.core.comp.space import luminance
from pai_studio.core.media.frame import Array

_SIZE = (96, 54)
_WHITE, _BLACK = 16.0, 0.003
_FEET = (slice(38, None), slice(30, 66))
_BEHIND = (slice(10, 40), slice(30, 66))
"""Where the floor at the subject's feet and what is behind the subject lie in a picture of `_SIZE`."""

LEVEL = np.array([0.561, 0.219, 0.216, 0.233, -0.065])
TINT = np.array([[-0.050, 0.509, -0.126], [0.137, 0.421, 0.959]])
"""An intercept, then a weight for each of `statistics`; for the tint a row for red and one for blue over green."""
_UNSURE, _STEEP = 0.7, 1.6
"""Within so many e-folds of no change nothing is done: families of places err by 0.4 in the root mean square, and what
is nearly right is spoilt by any guess. Beyond, the second times what is left is taken. Only darkening: a place that is
brighter than a set was never foretold with any use. Among what costs no shot half a decibel, few settings gain more."""
_DARKEST = -2.0
_CERTAIN_TINT, _MOST_TINT = 0.4, 0.3
_TAKEN_AWAY = 0.5
"""A tint takes light away as well as adding it: so much of its strongest channel's addition comes off all three."""


def statistics(pictures: list[Array]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """What the expectation is linear in, of the pictures (H, W, 3) of one place.

    Four levels, natural logarithms of luminance: the feet's median and 98%, the background's 10% and median. Two
    chromas: the logarithms of red over green and of blue over green, of all pixels, weighted as 1 / sqrt(luminance)
    for the red, as 1 / luminance (each surface alike) for the blue.
    """
    small = [np.clip(cv2.resize(as_f32(p), _SIZE, interpolation=cv2.INTER_AREA), 0, _WHITE) for p in pictures]
    levels = [np.maximum(luminance(as_f32(p)), _BLACK) for p in small]
    feet, behind = (np.concatenate([level[part].ravel() for level in levels]) for part in (_FEET, _BEHIND))
    level = np.log([*np.quantile(feet, [0.5, 0.98]), *np.quantile(behind, [0.1, 0.5])])
    rgb, bright = (
        np.concatenate([p.reshape(-1, 3) for p in small]),
        np.concatenate([v.ravel() for v in levels]),
    )
    soft, flat = (np.maximum((rgb / bright[:, None] ** power).mean(0), 1e-6) for power in (0.5, 1.0))
    return level, np.log([soft[0] / soft[1], flat[2] / flat[1]])


def expected_gain(pictures: list[Array]) -> Array:
    """The gain (3,) of a well exposed, neutrally lit subject in the place that all of `pictures` (H, W, 3) show."""
    level, chroma = statistics(pictures)
    return gain_of(float(LEVEL @ [1, *level]), np.asarray(TINT @ [1, *chroma]))


def gain_of(level: float, tint: npt.NDArray[np.float64]) -> Array:
    """The gain (3,) from the raw expectations: of the level, and of red and blue over green, all in e-folds."""
    darker = max(-level - _UNSURE, 0) * _STEEP
    chroma = np.clip(np.array([tint[0], 0, tint[1]]) * _CERTAIN_TINT, -_MOST_TINT, _MOST_TINT)
    return as_f32(np.exp(np.maximum(chroma - _TAKEN_AWAY * chroma.max() - darker, _DARKEST)))

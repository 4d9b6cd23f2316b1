"""What the model took of a place's light near its subject, contact shadows and dark reflections, as a pass.

A registered still shows the place without the subject, hence without their shadow: what of the composite is darker
than it, near them, and darker than the light around accounts for, is shadow. Planes are (h, w), pictures (h, w, 3).
"""

from __future__ import annotations

import cv2
import numpy as np

from pai_studio.core.comp.filters import as_f32, blur, fill
from pai_studio.core.comp.space import luminance
from pai_studio.core.media.frame import Array

_SMOOTH_PX = 1.5
"""The ratio is one of averages within such a sigma: what a codec does to single pixels is no shadow."""
_FAINT = (0.02, 0.07)
"""Darkening below the first is none, above the second is taken whole."""
_DEEPEST = 0.02
_REACH = (0.5, 1.2)
"""Shadow is looked for whole within the first of the subject's height of it, and none beyond the second."""


def nearness(covered: Array) -> Array:
    """1 on and beside the subject of a matte, 0 far away; 0 everywhere where there is none."""
    subject = covered > 0.5
    rows = np.flatnonzero(subject.any(axis=1))
    if not rows.size:
        return np.zeros(covered.shape, np.float32)
    tall = int(rows[-1] - rows[0]) + 1
    away = cv2.distanceTransform((~subject).astype(np.uint8), cv2.DIST_L2, 5) / tall
    return as_f32(np.clip((_REACH[1] - away) / (_REACH[1] - _REACH[0]), 0, 1))


def shadow(composite: Array, without: Array, weight: Array, near: Array) -> Array:
    """The factor 0..1 from the place `without` a subject to the composite, 1 where it is not `near` the subject.

    `weight` says how far the composite shows the place there, and the other picture is to be believed; where it is 0
    the shadow goes on from around.
    """
    sums = np.dstack([luminance(composite), luminance(without), np.ones_like(weight)]) * weight[..., None]
    there, light, known = np.moveaxis(blur(as_f32(sums), _SMOOTH_PX), 2, 0)
    taken = 1 - np.clip(there / np.maximum(light, 1e-6), _DEEPEST, 1)
    taken = fill(as_f32(taken * (light > 1e-6)), as_f32(np.clip(2 * known, 0, 1)))
    strength = np.clip((taken - _FAINT[0]) / (_FAINT[1] - _FAINT[0]), 0, 1)
    return as_f32(1 - taken * strength * near)

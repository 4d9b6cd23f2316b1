"""What the model took of a place's light near its subject, contact shadows and dark reflections, as a pass.

A registered still shows the place without the subject, hence without their shadow: what of the composite is darker
than it, near them, and darker than the light around accounts for, is shadow. Planes are (h, w), pictures (h, w, 3).
"""

from __future__ import annotations

import cv2
import numpy as np

from pai_studio.core.comp.filters import as_f32, blur, downscale, fill, upscale
from pai_studio.core.comp.space import luminance
from pai_studio.core.media.frame import Array

_FINE_PX, _COARSE_PX = 1.5, 5.0
"""The ratio is one of averages: the first sigma draws the shadow, the second says whether there is one. What a codec
does to texture is darker in places, never over so wide a patch."""
_FAINT = (0.02, 0.06)
"""Wide darkening below the first is none, above the second is taken whole."""
_DEEPEST = 0.02
_BESIDE, _REACH = (0.05, 0.15), (1.2, 2.0)
"""Shares of the subject's height: what is darker hangs on the subject where it begins within the first pair; beyond
the second pair nothing is their shadow."""
_FLOOR, _ABOVE = 0.3, 8.0
"""Above this share of the subject's height over its feet shadow is looked for at a ninth of the distance: there are
more things that a still shows elsewhere than walls so near that a shadow falls on them."""
_HANGS_PX, _STEPS, _GAP_PX = 208, 150, 7
"""The width at which it is followed from the subject outwards, how many pixels far, and over gaps how wide."""


def distance(covered: Array) -> Array:
    """How far (h, w) from a matte's subject, in its heights; farther above its feet, where no floor is."""
    subject = covered > 0.5
    rows = np.flatnonzero(subject.any(axis=1))
    if not rows.size:
        return np.full(covered.shape, 1e3, np.float32)
    feet, tall = int(rows[-1]), int(rows[-1] - rows[0]) + 1
    away_px = cv2.distanceTransform((~subject).astype(np.uint8), cv2.DIST_L2, 5)
    above_px = np.maximum(feet - _FLOOR * tall - np.arange(covered.shape[0], dtype=np.float32), 0)[:, None]
    return as_f32((away_px + _ABOVE * np.minimum(above_px, away_px)) / tall)


def nearness(away: Array) -> Array:
    """1 where a subject's shadow may fall, by the distance from them, 0 far away."""
    return _falling(away, _REACH)


def shadow(composite: Array, without: Array, weight: Array, away: Array) -> Array:
    """The factor 0..1 from the place `without` a subject to the composite; 1 where nothing hangs on the subject.

    `weight` (h, w) says how far the composite shows the place, and the other picture is to be believed; where it is 0
    the shadow goes on from around. `away` is the `distance` from the subject.
    """
    fine, coarse = (_taken(composite, without, weight, px) for px in (_FINE_PX, _COARSE_PX))
    strength = as_f32(np.clip((coarse - _FAINT[0]) / (_FAINT[1] - _FAINT[0]), 0, 1))
    strength *= _hanging(strength, away) * nearness(away)
    return as_f32(1 - np.clip(fine, 0, 1 - _DEEPEST) * strength)


def _taken(composite: Array, without: Array, weight: Array, sigma_px: float) -> Array:
    """The share (h, w) of light that is missing on the mean; below 0 where there is more."""
    sums = np.dstack([luminance(composite), luminance(without), np.ones_like(weight)]) * weight[..., None]
    there, light, known = np.moveaxis(blur(as_f32(sums), sigma_px), 2, 0)
    told = light > 1e-6
    taken = np.where(told, 1 - np.clip(there / np.where(told, light, 1), 0, 2), 0)
    return fill(as_f32(taken), as_f32(np.clip(2 * known, 0, 1) * told))


def _hanging(strength: Array, away: Array) -> Array:
    """1 where darkening goes on from the subject without a wide gap, 0 elsewhere: a reconstruction (Vincent, 1993)."""
    factor = max(1, strength.shape[1] // _HANGS_PX)
    small = downscale(strength, factor)
    mask = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((_GAP_PX, _GAP_PX), np.uint8))
    grown = mask * _falling(downscale(away, factor), _BESIDE)
    for _ in range(_STEPS):
        grown = np.minimum(cv2.dilate(grown, np.ones((3, 3), np.uint8)), mask)
    return upscale(as_f32(grown / np.maximum(mask, 1e-3)), strength.shape)


def _falling(values: Array, between: tuple[float, float]) -> Array:
    return as_f32(np.clip((between[1] - values) / (between[1] - between[0]), 0, 1))

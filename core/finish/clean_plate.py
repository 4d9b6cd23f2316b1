"""The place without the subject, from a model's composite: its subject and their fringe taken out and filled in.

A first version: what the subject hides is filled smoothly from around it. Pictures are (h, w, 3), scene-linear, at the
model's resolution; planes are (h, w) in 0..1.
"""

from __future__ import annotations

import cv2
import numpy as np

from pai_studio.core.comp.filters import as_f32, fill
from pai_studio.core.media.frame import Array

_FAINT = 0.02
"""A matte below this covers nothing: keyed ones keep some noise over the screen."""
_FRINGE = 0.006
"""How far beyond the matte a model smears its subject, in picture widths; two pixels at least."""
_FEATHER_PX = 2
"""Over so many pixels beyond the fringe the fill goes over into the picture."""
_GUESSED, _FAR = 0.5, 0.05
"""The confidence of what is filled in at its border, and the picture widths over which it falls by a factor e."""
_AT_WHITE = 0.98
"""Light above this share of the model's white may have been any brighter: it is believed by half."""


def clean_plate(composite: Array, matte: Array, white: float) -> tuple[Array, Array]:
    """The background and its confidence; the composite's own pixels, confidence 1, away from the subject.

    Where the subject leaves nothing of the picture there is nothing to fill from: black, confidence 0.
    """
    kept = _kept(matte)
    filled = _filled(composite, kept)
    background = as_f32(kept[..., None] * composite + (1 - kept)[..., None] * filled)
    return background, _confidence(composite, kept, white)


def _kept(matte: Array) -> Array:
    """1 where the picture shows the place alone, 0 at the subject and its fringe, feathered between."""
    reach = max(2, round(_FRINGE * matte.shape[1]))
    taken = cv2.dilate(
        as_f32(matte > _FAINT), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1,) * 2)
    )
    if not taken.any():
        return np.ones(matte.shape, np.float32)
    away_px = cv2.distanceTransform((taken == 0).astype(np.uint8), cv2.DIST_L2, 5)
    return as_f32(np.clip(away_px / (_FEATHER_PX + 1), 0, 1))


def _filled(composite: Array, kept: Array) -> Array:
    """The kept pixels carried over the others; as roots, so that a lamp beside the subject does not flood it."""
    return as_f32(fill(np.sqrt(np.maximum(composite, 0)), kept) ** 2)


def _confidence(composite: Array, kept: Array, white: float) -> Array:
    if not kept.any():
        return np.zeros(kept.shape, np.float32)
    inside_px = cv2.distanceTransform((kept < 1).astype(np.uint8), cv2.DIST_L2, 5)
    guessed = _GUESSED * np.exp(-inside_px / (_FAR * kept.shape[1]))
    seen = np.where(composite.max(axis=2) < _AT_WHITE * white, 1, 0.5)
    return as_f32(kept * seen + (1 - kept) * guessed)

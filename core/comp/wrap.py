"""Light wrap: the background's light bleeding over the subject's edge from inside."""

from __future__ import annotations

import numpy as np

from pai_studio.core.comp.filters import as_f32, blur
from pai_studio.core.comp.space import luminance
from pai_studio.core.media.frame import Array

_REACH = 0.005
"""How far the light reaches over the edge, in picture widths."""
_SHARE = 0.25
"""Share of the background's blurred light that arrives at the very edge at strength 1."""
_BRIGHTEST = 0.3
"""A window or a lamp wraps as a surface of this luminance would: more burns dark clothes before it."""


def light_wrap(background: Array, matte: Array, strength: float, subject: Array | None = None) -> Array:
    """The light (H, W, 3) to add over a subject, premultiplied; exactly 0 outside the matte and at strength 0.

    `background` is (H, W, 3), `matte` (H, W). Where the lit `subject` (H, W, 3, premultiplied) is given, light comes
    only from a background that is brighter: it adds b * b / (b + f), which vanishes against a bright subject
    and never exceeds the background's own light.
    """
    if strength == 0 or not (matte > 0).any():
        return np.zeros(background.shape, np.float32)
    reach_px = max(1.0, _REACH * matte.shape[1])
    # At a straight edge half of the neighbourhood is background: that counts as the whole of it.
    near = matte * np.clip(2 * blur(1 - matte, reach_px), 0, 1) ** 2
    light = np.maximum(blur(_dimmed(background), 2 * reach_px), 0)
    if subject is not None:
        bright = np.maximum(luminance(light), 1e-6)
        level = np.maximum(blur(luminance(subject), reach_px), 0) / np.maximum(blur(matte, reach_px), 1e-3)
        near = near * bright / (bright + level)
    return as_f32(light * (strength * _SHARE * near)[..., None])


def _dimmed(background: Array) -> Array:
    """The background (H, W, 3) with its luminance at most `_BRIGHTEST` and its hue as it was."""
    return as_f32(
        background * np.minimum(1, _BRIGHTEST / np.maximum(luminance(background), _BRIGHTEST))[..., None]
    )

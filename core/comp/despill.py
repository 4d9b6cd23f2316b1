"""The subject's own light: the screen taken out of its edges, and its spill out of the rest."""

from __future__ import annotations

import cv2
import numpy as np

from pai_studio.core.comp.filters import as_f32, downscale, fill, upscale
from pai_studio.core.comp.space import to_rec709
from pai_studio.core.media.frame import Array, Screen

_TOE = 0.02
"""So much of the screen's primary above the limit, relative to it, is noise and not spill."""
_FIT_PX = 480
_FAINT = 0.25
"""Below this matte the smooth neighbours' colour is trusted more than what the screen's removal leaves."""


def foreground(rgb: Array, matte: Array, screen: Screen | None, amount: float, premultiplied: bool) -> Array:
    """The premultiplied, despilled foreground (H, W, 3) of a plate in the working space.

    `matte` is (H, W) in 0..1. With a screen, C = a F + (1 - a) S is solved for a F; without one F is estimated from
    the subject's solid parts nearby. A `premultiplied` plate is a F already. `amount` (0..1) scales the
    spill suppression alone: with 0, the plate's pixels stay exactly as they are where the matte is 1.
    """
    if premultiplied:
        lifted = rgb
    else:
        behind = as_f32(np.broadcast_to(screen.color, rgb.shape)) if screen else _surroundings(rgb, matte)
        lifted = _lift(rgb, matte, behind)
    return suppress_spill(lifted, screen, amount) if screen is not None else lifted


def _surroundings(rgb: Array, matte: Array) -> Array:
    """What lies behind the subject where nothing is known of it: the picture around, carried inwards."""
    factor = max(1, max(matte.shape) // _FIT_PX)
    outside = (matte < 0.01).astype(np.float32)
    return _carried(rgb, outside, factor)


def _carried(rgb: Array, known: Array, factor: int) -> Array:
    weight = downscale(known, factor)
    means = downscale(rgb * known[..., None], factor) / np.maximum(weight, 1e-3)[..., None]
    return upscale(fill(as_f32(means), weight), known.shape)


def _lift(rgb: Array, matte: Array, behind: Array) -> Array:
    """Premultiplied foreground of C = a F + (1 - a) B.

    C - (1 - a) B is exact but keeps all of the screen's noise and unevenness however small a is; there, the colour of
    the solid subject nearby is the better guess (the idea of blur-fusion, Forte 2021).
    """
    edge = (matte > 0) & (matte < 1)
    exact = rgb - (1 - matte)[..., None] * behind
    solid = as_f32(cv2.erode(as_f32(matte >= 1), np.ones((3, 3), np.uint8)))
    nearby = _carried(rgb, solid, max(1, max(matte.shape) // _FIT_PX)) * matte[..., None]
    trust = (matte**2 / (matte**2 + _FAINT**2))[..., None]
    guess = nearby + trust * (exact - nearby)
    bound = np.minimum(np.maximum(guess, np.minimum(rgb, 0)), np.maximum(rgb, 0))
    lifted = np.where(edge[..., None], bound, rgb)
    return as_f32(np.where((matte > 0)[..., None], lifted, 0))


def suppress_spill(rgb: Array, screen: Screen, amount: float) -> Array:
    """The screen's light taken from (H, W, 3), straight or premultiplied, by `amount` (0..1).

    Spill is the screen's primary above a limit set by the other two, judged in linear Rec.709, and is removed in the
    screen's own colour. Neutral and skin colours lie below the limit and stay exactly as they are.
    """
    if amount == 0:
        return rgb
    color = as_f32(np.broadcast_to(screen.color, rgb.shape))
    own = to_rec709(color)
    excess, _ = _above_limit(to_rec709(rgb), screen.channel, own)
    whole, _ = _above_limit(own, screen.channel, own)
    share = amount * np.clip(excess / np.maximum(whole, 1e-4), 0, 1)
    return as_f32(rgb - share[..., None] * color)


def _above_limit(rec709: Array, channel: int, screen: Array) -> tuple[Array, Array]:
    """How far the screen's primary stands above its limit (H, W), and the limit.

    The limit lies between the mean and the larger of the other primaries: at the larger for a pure screen, which keeps
    yellows and cyans; at the mean for one whose primary hardly leads, such as a yellow-green wall.
    """
    first, second = (c for c in range(3) if c != channel)
    larger = np.maximum(rec709[..., first], rec709[..., second])
    mean = (rec709[..., first] + rec709[..., second]) / 2
    purity = float(
        np.median(1 - screen[..., (first, second)].max(-1) / np.maximum(screen[..., channel], 1e-6))
    )
    limit = mean + np.clip(purity, 0, 1) * (larger - mean)
    excess = rec709[..., channel] - limit - _TOE * np.maximum(limit, 0)
    return as_f32(np.maximum(excess, 0)), as_f32(limit)

"""The subject's own light: the screen taken out of its edges, and its spill out of the rest."""

from __future__ import annotations

import cv2
import numpy as np

from pai_studio.core.comp.filters import as_f32, downscale, fill, upscale
from pai_studio.core.comp.screen import axis_of, purity_of
from pai_studio.core.comp.space import to_rec709
from pai_studio.core.media.frame import Array, Screen

_TOE = 0.02
"""So much of the screen's primary above the limit, relative to it, is noise and not spill."""
_FIT_PX = 480
_SPILL_AT_MOST, _SHEEN = 0.3, 0.04
"""The most spill that a surface shows: relative to the larger of its other two primaries, and as sheen on a dark one
relative to the screen."""
_PURE = 0.75
"""Paint is less saturated than this share of the screen's saturation; what is more is screen seen through hair."""
_WHOLE, _AREA = 0.98, 0.004
"""Own paint is looked for where the matte is above the first, in areas of the second's reach in picture widths."""
_FAINT = 0.07
"""Below this matte the smooth neighbours' colour is trusted more than what the screen's removal leaves."""


def foreground(rgb: Array, matte: Array, screen: Screen | None, amount: float, premultiplied: bool) -> Array:
    """The premultiplied, despilled foreground (H, W, 3) of a plate in the working space.

    `matte` is (H, W) in 0..1. With a screen, C = a F + (1 - a) S is solved for a F; without one S is what lies around
    the subject, carried inwards. A `premultiplied` plate is a F already. `amount` (0..1) scales the
    spill suppression alone: with 0, the plate's pixels stay exactly as they are where the matte is 1.
    """
    own = None if screen is None or premultiplied else own_tint(rgb, matte, screen)
    body = suppress_spill(rgb, screen, amount, own) if screen else rgb
    if premultiplied:
        return body
    lifted = as_f32(np.where((matte > 0)[..., None], body, 0))
    edge = (matte > 0) & (matte < 1)
    if edge.any():
        lifted[edge] = _edges(rgb, body, matte, screen, amount, own=own)
    return lifted


def _edges(
    rgb: Array, body: Array, matte: Array, screen: Screen | None, amount: float, *, own: Array | None
) -> Array:
    """Premultiplied foreground (N, 3) at the N edge pixels, those with a matte between 0 and 1.

    C - (1 - a) S is exact where a is, but an error of a leaves screen behind, and however small a is all of the
    screen's noise stays. So the colour difference of the solid subject nearby is asked of it, and where a is
    small that subject's colour is the better guess as a whole (the idea of blur-fusion, Forte 2021).
    """
    edge = (matte > 0) & (matte < 1)
    share = matte[edge][:, None]
    factor = max(1, max(matte.shape) // _FIT_PX)
    solid = as_f32(cv2.erode(as_f32(matte >= 1), np.ones((3, 3), np.uint8)))
    nearby = _carried(body, solid, factor)[edge] * share
    whole = rgb[edge]
    if screen is None:
        behind = _carried(rgb, as_f32(matte < 0.01), factor)[edge]
        exact = whole - (1 - share) * behind
    else:
        behind = np.broadcast_to(screen.color, rgb.shape)[edge]
        exact = whole - (1 - share) * behind
        exact = _as_nearby(exact, nearby, behind, screen.channel, amount)
    trust = share**2 / (share**2 + _FAINT**2)
    guess = nearby + trust * (exact - nearby)
    found = as_f32(np.clip(guess, np.minimum(whole, 0), np.maximum(whole, 0)))
    if screen is None:
        return found
    kept = None if own is None else as_f32(own[edge] * share[:, 0])[None]
    return as_f32(suppress_spill(found[None], Screen(as_f32(behind)[None], screen.channel), amount, kept)[0])


def _as_nearby(exact: Array, nearby: Array, behind: Array, channel: int, amount: float) -> Array:
    """Edges (N, 3) drawn towards the colour difference of the solid subject nearby, along the screen's colour.

    Screen left behind goes by half (the subject's colours vary); the complement's fringe, which no
    subject nearby nor a neutral one explains, by a third.
    """
    own = np.maximum(_difference(behind, channel), 1e-4)
    found, wanted = _difference(exact, channel), _difference(nearby, channel)
    left = np.clip((found - wanted) / own, 0, 1)
    past = np.clip((found - np.minimum(wanted, 0)) / own, -1, 0)
    return as_f32(exact - amount * (left / 2 + past / 3) * behind)


def _difference(rgb: Array, channel: int) -> Array:
    """The screen's colour difference (N, 1) of (N, 3)."""
    return as_f32(axis_of(to_rec709(as_f32(rgb)[None]), channel)[0][:, None])


def _carried(rgb: Array, known: Array, factor: int) -> Array:
    """The known pixels' colour, carried smoothly over the whole picture."""
    weight = downscale(known, factor)
    means = downscale(rgb * known[..., None], factor) / np.maximum(weight, 1e-3)[..., None]
    return upscale(fill(as_f32(means), weight), (known.shape[0], known.shape[1]))


def own_tint(rgb: Array, matte: Array, screen: Screen) -> Array:
    """How much of the screen's colour (H, W), as a share of it, is the subject's own: a blue coat before a blue screen.

    Spill is the screen's light on the subject and adds at most a share of the subject's own level. What a whole
    area of the solid subject holds beyond that is its paint; screen that is seen through hair covers no area.
    """
    level, excess, full = _against(rgb, screen)
    beyond = np.maximum((excess - _SPILL_AT_MOST * level) / full - _SHEEN, 0)
    color = to_rec709(as_f32(screen.color if screen.color.ndim == 3 else screen.color.reshape(1, 1, 3)))
    pure = float(np.median(purity_of(color[::8, ::8], screen.channel)))
    paint = (matte > _WHOLE) & (purity_of(to_rec709(rgb), screen.channel) < _PURE * pure)
    beyond = as_f32(np.where(paint, np.minimum(beyond, 1), 0))
    reach = max(2, round(_AREA * matte.shape[1]))
    least = as_f32(cv2.erode(beyond, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)))
    wide = 2 * (reach + 2) + 1  # two pixels over the edge, which is of the same cloth
    return as_f32(cv2.dilate(least, np.ones((wide, wide), np.uint8)))


def suppress_spill(rgb: Array, screen: Screen, amount: float, own: Array | None = None) -> Array:
    """The screen's light taken from (H, W, 3), straight or premultiplied, by `amount` (0..1).

    Spill is the screen's primary above a limit set by the other two, judged in linear Rec.709, and is removed in the
    screen's own colour. Neutral and skin colours lie below the limit and stay exactly as they are. The share `own`
    (H, W), as `own_tint` gives it, stays too.
    """
    if amount == 0:
        return rgb
    color = as_f32(np.broadcast_to(screen.color, rgb.shape))
    _, excess, full = _against(rgb, screen)
    sample = to_rec709(color[::16, ::16]).reshape(-1, 3)
    share = np.clip(np.minimum(excess / full, _to_neutral(to_rec709(rgb), to_rec709(color), sample)), 0, 1)
    if own is not None:
        share = np.maximum(share - own, 0)
    return as_f32(rgb - (amount * share)[..., None] * color)


def _against(rgb: Array, screen: Screen) -> tuple[Array, Array, Array]:
    """The level of the other primaries, the excess of the screen's above its limit, and the screen's own excess."""
    own = to_rec709(as_f32(np.broadcast_to(screen.color, rgb.shape)))
    others = [c for c in range(3) if c != screen.channel]
    sample = own[::16, ::16].reshape(-1, 3)
    purity = float(np.median(1 - sample[:, others].max(1) / np.maximum(sample[:, screen.channel], 1e-6)))
    lean = float(np.clip(purity, 0, 1)) / 2
    rec709 = to_rec709(rgb)
    level = as_f32(np.maximum(np.maximum(rec709[..., others[0]], rec709[..., others[1]]), 0))
    full = np.maximum(_excess(own, screen.channel, lean), 1e-4)
    return level, _excess(rec709, screen.channel, lean), as_f32(full)


def _excess(rec709: Array, channel: int, lean: float) -> Array:
    """How far the screen's primary stands above its limit (H, W).

    The limit lies between the mean (`lean` 0) and the larger (`lean` 1) of the other primaries. A pure screen leans
    towards the larger, which keeps yellows and cyans; one whose primary hardly leads, such as a yellow-green
    wall, takes the mean.
    """
    first, second = (rec709[..., c] for c in range(3) if c != channel)
    mean = (first + second) / 2
    limit = mean + lean * (np.maximum(first, second) - mean)
    return as_f32(np.maximum(rec709[..., channel] - limit - _TOE * np.maximum(limit, 0), 0))


def _to_neutral(rec709: Array, screen: Array, sample: Array) -> Array:
    """How much of the screen (H, W) can go before its weakest primary leads and the complement shows."""
    weakest = int(np.median(sample, 0).argmin())
    first, second = (c for c in range(3) if c != weakest)

    def lead(values: Array) -> Array:
        return as_f32(np.maximum(values[..., first], values[..., second]) - values[..., weakest])

    return as_f32(np.maximum(lead(rec709), 0) / np.maximum(lead(screen), 1e-4))

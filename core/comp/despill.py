"""The subject's own light: the screen taken out of its edges, and its spill out of the rest."""

from __future__ import annotations

from collections.abc import Sequence

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
_NOISE, _NOISE_PX = 0.03, 1.5
"""Spill is a soft light: what its share changes by, up to about the first, within a sigma of the second is noise."""
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
    there = Screen(as_f32(behind)[None], screen.channel)
    spill = _spill(found[None], there)
    if own is not None:
        spill = np.maximum(spill - own[edge] * share[:, 0], 0)
    return as_f32(found - (amount * spill)[0][:, None] * behind)


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
    color, lean = _own(screen)
    seen = to_rec709(rgb)
    planes = _planes(seen)
    first, second = (planes[c] for c in range(3) if c != screen.channel)
    level = np.maximum(np.maximum(first, second), 0)
    full = np.maximum(_excess(_planes(color), screen.channel, lean), 1e-4)
    excess = _excess(planes, screen.channel, lean)
    beyond = np.maximum((excess - _SPILL_AT_MOST * level) / full - _SHEEN, 0)
    pure = float(np.median(purity_of(color[::8, ::8], screen.channel)))
    paint = (matte > _WHOLE) & (purity_of(seen, screen.channel) < _PURE * pure)
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
    share = _calmed(rgb, screen, _spill(rgb, screen))
    if own is not None:
        share = np.maximum(share - own, 0)
    return as_f32(rgb - (amount * share)[..., None] * screen.color)


def _spill(rgb: Array, screen: Screen) -> Array:
    """How much of the screen's colour (H, W) is spill, as a share of it: 0 where a colour lies below its limit."""
    color, lean = _own(screen)
    planes, own = _planes(to_rec709(rgb)), _planes(color)
    weakest = int(np.median(color[::16, ::16].reshape(-1, 3), 0).argmin())
    # As much can go until its weakest primary leads and the complement shows.
    neutral = np.maximum(_lead(planes, weakest), 0) / np.maximum(_lead(own, weakest), 1e-4)
    spilt = _excess(planes, screen.channel, lean) / np.maximum(_excess(own, screen.channel, lean), 1e-4)
    return as_f32(np.clip(np.minimum(spilt, neutral), 0, 1))


def _calmed(rgb: Array, screen: Screen, share: Array) -> Array:
    """The share of spill (H, W) without the picture's noise, which would stay on dark cloth when the light is gone.

    Where there is none, none is taken; where the neighbourhood differs by more than noise does, it has no say.
    """
    height, width = share.shape
    half = (max(1, height // 2), max(1, width // 2))
    color = screen.color
    if color.ndim == 3:
        color = _smaller(color, half)
    around = cv2.GaussianBlur(_smaller(rgb, half), (0, 0), _NOISE_PX / 2)
    smooth = upscale(_spill(as_f32(around), Screen(color, screen.channel)), (height, width))
    alike = np.exp(-(((share - smooth) / _NOISE) ** 2))
    return as_f32(np.where(share > 0, share + alike * (smooth - share), 0))


def _smaller(rgb: Array, shape: tuple[int, int]) -> Array:
    return as_f32(cv2.resize(rgb, shape[::-1], interpolation=cv2.INTER_AREA))


def _own(screen: Screen) -> tuple[Array, float]:
    """The screen's colour in Rec.709, (H, W, 3) or (1, 1, 3), and how far its limit leans towards the larger primary.

    A pure screen's leans so, which keeps yellows and cyans; one whose primary hardly leads, such as a yellow-green
    wall, takes the mean.
    """
    color = to_rec709(as_f32(screen.color if screen.color.ndim == 3 else screen.color.reshape(1, 1, 3)))
    sample = color[::16, ::16].reshape(-1, 3)
    others = [c for c in range(3) if c != screen.channel]
    purity = float(np.median(1 - sample[:, others].max(1) / np.maximum(sample[:, screen.channel], 1e-6)))
    return color, float(np.clip(purity, 0, 1)) / 2


def _planes(rgb: Array) -> list[Array]:
    return [as_f32(plane) for plane in cv2.split(rgb)]


def _excess(planes: Sequence[Array], channel: int, lean: float) -> Array:
    """How far the screen's primary of three planes (H, W) stands above its limit, which is within the other two."""
    first, second = (planes[c] for c in range(3) if c != channel)
    limit = (1 - lean) / 2 * (first + second) + lean * np.maximum(first, second)
    return as_f32(np.maximum(planes[channel] - limit - _TOE * np.maximum(limit, 0), 0))


def _lead(planes: Sequence[Array], weakest: int) -> Array:
    """By how much the larger of the other two of three planes (H, W) leads over the weakest."""
    first, second = (planes[c] for c in range(3) if c != weakest)
    return as_f32(np.maximum(first, second) - planes[weakest])

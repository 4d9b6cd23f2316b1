"""The keyer: a colour difference against the clean screen, normalised by the subject's own colours.

Where C = a F + (1 - a) S, any linear colour difference d mixes alike, so a = (d(S) - d(C)) / (d(S) - d(F)). S is the
clean screen at the pixel, F comes from the solid subject nearby; both are smooth fields.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from pai_studio.core.comp.filters import as_f32, downscale, fill, guided, upscale
from pai_studio.core.comp.screen import (
    ScreenEstimate,
    axis_of,
    clean_screen,
    estimate_screen,
    limit_of,
    purity_of,
)
from pai_studio.core.comp.space import luminance, to_rec709
from pai_studio.core.media.frame import Array, Screen

__all__ = ["Keyed", "ScreenEstimate", "clean_screen", "estimate_screen", "key"]

_SOLID = 0.97
"""A matte above this is subject for certain, two pixels away from anything less."""
_TINT_LEVEL, _LEVEL = 0.7, 0.08
"""So is one above the first that varies by less than the second around it: clothes of a tint near the screen's."""
_IMPURE, _RAMP, _DEEP = (0.45, 0.7), 0.2, 0.004
"""And one of less than the first share of the screen's saturation, or less than the second where that is level within
the third, further than the fourth, in picture widths, from more."""
_TINTED = 0.05
"""Clothes whose plain difference is this share of the screen's have their tint; twice it, wholly."""
_NEAR = 0.0016
"""How far around a pixel, in picture widths, is looked for variation; a pixel at least."""
_TINT_FAR, _INSET = 0.8, 0.007
"""And one above the first that many picture widths away from anything less."""
_FIT_PX = 480
_STRICT_SHARE = 0.35
"""The stricter difference counts where the screen's own is at least this share of its plain one."""
_SPECK = 0.0015
"""What stands alone on the screen and is smaller than this share of the picture is a marker or dirt."""
_NEAR_SUBJECT = 0.005
"""... unless it is nearer to the subject than this share of the picture's width: then it is hair."""


@dataclass(frozen=True)
class Keyed:
    """A matte (H, W), exactly 0 on clean screen and 1 inside the subject, and the clean screen it was cut from."""

    matte: Array
    screen: Screen


def key(
    rgb: Array, estimate: ScreenEstimate, garbage: Array | None = None, core: Array | None = None
) -> Keyed:
    """Key (H, W, 3) of the working space. `garbage` and `core` are (H, W) in 0..1: thrown away, kept for certain."""
    rgb = np.nan_to_num(rgb, nan=0.0, posinf=0.0, neginf=0.0)
    screen = clean_screen(rgb, estimate, garbage)
    rec709, clean = to_rec709(rgb), to_rec709(screen.color)
    solid = _solid(rec709, clean, estimate)
    if garbage is not None:
        solid = solid * (garbage < 0.5)  # a rig or a wall does not tell the subject's colours
    matte = _matte(rec709, clean, solid, estimate)
    matte = _refine(rgb, matte)
    matte = _without_specks(_without_pinholes(matte))
    if core is not None:
        matte = np.maximum(matte, core)
    if garbage is not None:
        matte = matte * (1 - garbage)
    return Keyed(np.clip(matte, 0, 1).astype(np.float32), screen)


def _solid(rec709: Array, clean: Array, estimate: ScreenEstimate) -> Array:
    """Where the subject is for certain (1, else 0): neutral, or tinted but level, or tinted and far from any edge."""
    channel, noise = estimate.channel, estimate.noise
    own = float(axis_of(estimate.rec709.reshape(1, 1, 3), channel)[0, 0])
    plain = as_f32(axis_of(rec709, channel) / np.maximum(axis_of(clean, channel), 0.1 * own))
    strict = plain
    pure = float(limit_of(estimate.rec709.reshape(1, 1, 3), channel)[0, 0]) > _STRICT_SHARE * own
    if pure:
        strict = np.minimum(
            plain, limit_of(rec709, channel) / np.maximum(limit_of(clean, channel), 0.1 * own)
        )
    strict = np.clip(strict, -4, 4)
    width = strict.shape[1]
    neutral = _shrunk(as_f32(cv2.blur(plain, (3, 3))) < 1 - _SOLID, 2)
    soft = as_f32(cv2.blur(strict, (3, 3)))
    near = _square(max(1, round(_NEAR * width)))
    level = as_f32(cv2.dilate(soft, near)) - as_f32(cv2.erode(soft, near)) < _LEVEL + 2 * noise
    inset = max(2, round(_INSET * width))
    tinted = _opened(level & (soft < 1 - _TINT_LEVEL), np.ones((2, 2), np.uint8))
    far = _shrunk(as_f32(cv2.blur(strict, (5, 5))) < 1 - _TINT_FAR, inset)
    solid = neutral | tinted | far
    return as_f32(solid | _impure(rec709, clean, channel) if pure else solid)


def _impure(rec709: Array, clean: Array, channel: int) -> npt.NDArray[np.bool_]:
    """Inside the subject, where colours are much less saturated than the screen, however bright: mint, denim, lime."""
    own = float(np.median(purity_of(clean[::8, ::8], channel)))
    seen = purity_of(as_f32(cv2.blur(rec709, (3, 3))), channel) / max(own, 0.1)
    deep = max(2, round(_DEEP * rec709.shape[1]))
    near = _square(1)
    level = as_f32(cv2.dilate(seen, near)) - as_f32(cv2.erode(seen, near)) < _RAMP
    return _shrunk(seen < _IMPURE[0], deep) | _shrunk((seen < _IMPURE[1]) & level, deep)


def _square(reach: int) -> npt.NDArray[np.uint8]:
    return np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)


def _shrunk(mask: npt.NDArray[np.bool_], reach: int) -> npt.NDArray[np.bool_]:
    return np.asarray(cv2.erode(mask.astype(np.uint8), _square(reach)) > 0)


def _opened(mask: npt.NDArray[np.bool_], kernel: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    return np.asarray(cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, kernel) > 0)


def _matte(rec709: Array, clean: Array, solid: Array, estimate: ScreenEstimate) -> Array:
    """The matte from a colour difference that leans towards the larger of the solid subject's other primaries.

    G - (w R + (1 - w) B) is linear in light for any smooth w; with w from the subject nearby, yellow and cyan clothes
    before a green screen stand as far from it as grey ones. The subject's own difference stands for 1.
    """
    channel, noise = estimate.channel, estimate.noise
    factor = max(1, max(solid.shape) // _FIT_PX)
    weight = downscale(solid, factor)
    means = downscale(rec709 * solid[..., None], factor) / np.maximum(weight, 1e-3)[..., None]
    subject = fill(as_f32(means), weight)
    first, second = (c for c in range(3) if c != channel)
    one, two = (np.maximum(subject[..., c], 0) ** 2 + 1e-5 for c in (first, second))
    own = float(axis_of(estimate.rec709.reshape(1, 1, 3), channel)[0, 0])
    tinted = np.clip((axis_of(subject, channel) / own - _TINTED) / _TINTED, 0, 1)
    lean = as_f32(0.5 + tinted * (one / (one + two) - 0.5))
    lean_px = upscale(lean, solid.shape)

    def difference(rgb: Array, share: Array) -> Array:
        return as_f32(rgb[..., channel] - share * rgb[..., first] - (1 - share) * rgb[..., second])

    wall = np.maximum(difference(clean, lean_px), 0.1 * own)
    spread = max(2.5 * noise, 0.01)
    screenness = as_f32(np.clip(difference(rec709, lean_px) / wall, -4, 4))
    screenness = as_f32(cv2.bilateralFilter(screenness, 5, spread, 1.2))
    tint = upscale(difference(subject, lean), solid.shape) / wall
    matte = (1 - screenness) / (1 - np.clip(tint, -1, 0.85))
    black, white = float(np.clip(2.3 * noise, 0.02, 0.12)), float(np.clip(2 * noise, 0.03, 0.08))
    return as_f32(np.clip((matte - black) / (1 - black - white), 0, 1))


def _refine(rgb: Array, matte: Array) -> Array:
    """The edge sharpened by the picture's brightness, which cameras and codecs keep finer than colour."""
    guide = np.sqrt(np.clip(luminance(rgb), 0, 4))
    sharp = guided(guide, matte, 1, 0.02)
    edge = (matte > 0) & (matte < 1)
    return np.where(edge, np.clip(sharp, 0, 1), matte).astype(np.float32)


def _without_pinholes(matte: Array) -> Array:
    """Faint holes in the subject that hold no screen at all become solid."""
    count, labels = cv2.connectedComponents((matte < 1).astype(np.uint8), connectivity=4)
    open_to_screen = np.zeros(count, bool)
    open_to_screen[labels[matte < 0.5]] = True
    open_to_screen[0] = True
    return np.where(open_to_screen[labels], matte, 1).astype(np.float32)


def _without_specks(matte: Array) -> Array:
    """Markers and dirt removed: what is small and stands alone on the screen, away from the subject."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats((matte > 0).astype(np.uint8), connectivity=8)
    peak = np.zeros(stats.shape[0], bool)
    peak[labels[matte > 0.35]] = True
    large = (stats[:, cv2.CC_STAT_AREA] > _SPECK * matte.size) & peak
    large[0] = False
    reach = max(1, round(_NEAR_SUBJECT * matte.shape[1]))
    body = large[labels].astype(np.uint8)
    near = cv2.dilate(body, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)) > 0
    kept = large.copy()
    kept[labels[near]] = True
    kept[0] = False
    return np.where(kept[labels], matte, 0).astype(np.float32)

"""The keyer: a colour difference against the clean screen, normalised by the subject's own colours.

Where C = a F + (1 - a) S, any linear colour difference d mixes alike, so a = (d(S) - d(C)) / (d(S) - d(F)). S is the
clean screen at the pixel, F comes from the solid subject nearby; both are smooth fields.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from pai_studio.core.comp.filters import as_f32, downscale, fill, guided, upscale
from pai_studio.core.comp.screen import ScreenEstimate, axis_of, clean_screen, estimate_screen, limit_of
from pai_studio.core.comp.space import luminance, to_rec709
from pai_studio.core.media.frame import Array, Screen

__all__ = ["Keyed", "ScreenEstimate", "clean_screen", "estimate_screen", "key"]

_SOLID = 0.97
"""A matte above this is subject for certain, two pixels away from anything less."""
_TINT_LEVEL, _LEVEL = 0.7, 0.08
"""So is one above the first that varies by less than the second around it: clothes of a tint near the screen's."""
_NEAR = 0.0016
"""How far around a pixel, in picture widths, is looked for variation; a pixel at least."""
_TINT_FAR, _INSET = 0.8, 0.007
"""And one above the first that many picture widths away from anything less."""
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
    screenness, solid = _screenness(rec709, clean, estimate)
    if garbage is not None:
        solid = solid * (garbage < 0.5)  # a rig or a wall does not tell the subject's colours
    matte = _normalise(screenness, solid, estimate.noise)
    matte = _refine(rgb, matte)
    matte = _without_specks(_without_pinholes(matte))
    if core is not None:
        matte = np.maximum(matte, core)
    if garbage is not None:
        matte = matte * (1 - garbage)
    return Keyed(np.clip(matte, 0, 1).astype(np.float32), screen)


def _screenness(rec709: Array, clean: Array, estimate: ScreenEstimate) -> tuple[Array, Array]:
    """How much screen each pixel holds, 1 on clean screen and 0 for neutral colours; and the solid subject, 0 or 1."""
    channel = estimate.channel
    own = float(axis_of(estimate.rec709.reshape(1, 1, 3), channel)[0, 0])
    difference = as_f32(axis_of(rec709, channel) / np.maximum(axis_of(clean, channel), 0.1 * own))
    spread = max(2.5 * estimate.noise, 0.01)
    difference = as_f32(cv2.bilateralFilter(np.clip(difference, -4, 4), 5, spread, 1.2))
    strict = difference
    strict_own = limit_of(clean, channel)
    if float(limit_of(estimate.rec709.reshape(1, 1, 3), channel)[0, 0]) > _STRICT_SHARE * own:
        strict = np.minimum(difference, limit_of(rec709, channel) / np.maximum(strict_own, 0.1 * own))
    return difference, _solid(difference, strict, estimate.noise)


def _solid(difference: Array, strict: Array, noise: float) -> Array:
    """Where the subject is for certain (1, else 0): neutral, or tinted but level, or tinted and far from any edge."""
    neutral = cv2.erode((difference < 1 - _SOLID).astype(np.uint8), np.ones((5, 5), np.uint8))
    reach = 2 * max(1, round(_NEAR * strict.shape[1])) + 1
    near = np.ones((reach, reach), np.uint8)
    soft = as_f32(cv2.blur(strict, (3, 3)))
    span = as_f32(cv2.dilate(soft, near)) - as_f32(cv2.erode(soft, near))
    level = ((span < _LEVEL + 2 * noise) & (soft < 1 - _TINT_LEVEL)).astype(np.uint8)
    level = cv2.morphologyEx(level, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    inset = 2 * max(2, round(_INSET * strict.shape[1])) + 1
    far = cv2.erode(
        (cv2.blur(strict, (5, 5)) < 1 - _TINT_FAR).astype(np.uint8), np.ones((inset, inset), np.uint8)
    )
    return as_f32(np.maximum(np.maximum(neutral, level), far))


def _normalise(screenness: Array, solid: Array, noise: float) -> Array:
    """The matte from the screenness: the solid subject's own colour difference, smooth, stands for 1."""
    factor = max(1, max(solid.shape) // 480)
    weight = downscale(solid, factor)
    means = as_f32(downscale(screenness * solid, factor) / np.maximum(weight, 1e-3))
    subject = upscale(fill(means, weight), solid.shape)
    matte = (1 - screenness) / (1 - np.clip(subject, -1, 0.6))
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

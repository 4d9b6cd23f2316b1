"""The light that a model has put on the subject, as factors for the plate's own pixels.

Pictures are (h, w, 3), scene-linear in the working primaries, at the model's size; mattes are (h, w) in 0..1. The gain
is the model's subject over its conditioning, so that what its codec does to both goes out of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from pai_studio.core.comp.filters import as_f32, fill
from pai_studio.core.finish import holes, registration
from pai_studio.core.media.frame import Array
from pai_studio.core.media.geometry import ModelFrame
from pai_studio.core.motion.flow import grid
from pai_studio.core.motion.resample import CUBIC, sample

GAIN_LIMITS = (1 / 8, 8.0)
_SOLID = 0.995
_BLACK, _WHITE = (1 / 10000, 1 / 1600), 0.95
"""Of the model's white: below the first a pixel tells nothing, from the second on all; beyond the last it is clipped.
Less than an 8-bit code tells nothing. What is dark is told by averages, and weighed by its noise: left out, it takes
the light of what is bright beside it."""
_COVERED = 0.995
"""What the matte covers by less than this tells nothing of the subject's light."""
_BLEEDS_PX, _BLED, _TOE = 1.0, 0.25, 0.01
"""What is behind bleeds over the edge as a blur of such a sigma would have it; where that may change a pixel by the
second share of itself, it counts half."""
_NEAR_PX, _WIDE_PX = 1.2, 5.0
"""The sigmas of narrow and wide averages."""
_NOISE, _NOISY, _FALLS = 0.4, 1 / 1600, 0.55
"""The noise of a narrow average's logarithm at the second share of the model's white, and the power by which it falls
with light: an 8-bit code is 14% of a linear 0.01 where white is 16, and 3% of 0.18."""
_CHROMA_PX, _CHROMA_NOISE = 2.5, 0.8
"""Colour is held at half the size, and so told in averages of such a sigma; what is left of its noise there."""
_KNOWN = 0.1
"""Where this share of the neighbourhood counts, its own average is taken; where less, more of what is around."""


@dataclass(frozen=True)
class Light:
    """The light on one frame's subject: `log` (h, w, 3) is the gain's natural logarithm, `known` (h, w, 3) in 0..1 how
    much of a neighbourhood tells it. `shift_px` is how far the model has put the subject beside the plate's: the mean
    over the subject.
    """

    log: Array
    known: Array
    shift_px: float


def light(composite: Array, subject: Array, covered: Array, white: float) -> Light:
    """The light on a subject, where the matte `covered` shows it.

    `subject` is the conditioning as finishing lifts it (despilled), `white` the most light that either picture holds.
    The same picture twice gives a logarithm of exactly 0.
    """
    solid = as_f32(cv2.erode(as_f32(covered >= _SOLID), np.ones((3, 3), np.uint8)))
    field = registration.shift(composite, subject, solid, white)
    height, width = covered.shape
    moved = field if field.any() else None
    lit = composite if moved is None else sample(composite, grid(np.eye(3), (width, height)) + moved, CUBIC)
    clipped = (np.maximum(lit, subject).max(axis=2) > _WHITE * white).astype(np.uint8)
    # Read between pixels, a lamp spreads over its neighbours.
    held = as_f32((cv2.dilate(clipped, np.ones((5, 5), np.uint8)) == 0) & (covered > _COVERED))
    counts = held[..., None] * _clean(lit, covered) * _clean(subject, covered)
    channels = [_of_channel(lit[..., c], subject[..., c], counts[..., c], white) for c in range(3)]
    wide, finer, told, noise, known = (np.stack(planes, axis=2) for planes in zip(*channels, strict=True))
    away = np.linalg.norm(field, axis=2)
    shift_px = float((away * covered).sum() / max(covered.sum(), 1))
    return Light(as_f32(wide + _without_noise(finer, told, noise)), known, shift_px)


def _clean(picture: Array, covered: Array) -> Array:
    """How far (h, w, 3) a subject's pixel is its own: what lies behind it has bled over its edge, in either picture.

    So much the less, the more the two differ.
    """
    behind = fill(picture, holes.free(covered, holes.CLOSE))
    bled = as_f32(cv2.GaussianBlur(1 - covered, (0, 0), _BLEEDS_PX))[..., None]
    error = bled * np.abs(behind - picture) / np.maximum(picture, _TOE)
    return as_f32(1 / (1 + (error / _BLED) ** 2))


def _of_channel(lit: Array, unlit: Array, weight: Array, white: float) -> tuple[Array, ...]:
    """Of a channel's gain: the logarithm of wide averages, what narrow ones tell beyond it, how far they are told,
    their noise, and how far anything is known.
    """
    low, high = _BLACK
    counts = as_f32(weight * np.clip((unlit / white - low) / (high - low), 0, 1))
    wide, wide_known, _ = _ratio(lit, unlit, counts, _WIDE_PX)
    wide = fill(wide, wide_known)
    near, told, level = _ratio(lit, unlit, counts, _NEAR_PX)
    noise = as_f32(_NOISE * (_NOISY / np.maximum(level / white, _NOISY / 10)) ** _FALLS)
    return wide, as_f32((near - wide) * told), told, noise, np.maximum(told, wide_known)


def _without_noise(finer: Array, told: Array, noise: Array) -> Array:
    """What narrow averages tell (h, w, 3), as far as it stands out of the noise; of colour, what wider ones tell."""
    sure = told / np.maximum(noise, 1e-3) ** 2
    share = sure / np.maximum(sure.sum(axis=2, keepdims=True), 1e-9)
    bright = as_f32((finer * share).sum(axis=2))
    spread = as_f32(np.sqrt(((share * noise) ** 2).sum(axis=2)))
    known = np.maximum(_blurred(told, _CHROMA_PX), 1e-3)
    color = as_f32(_blurred(as_f32((finer - bright[..., None]) * told), _CHROMA_PX) / known)
    stands_out = [_stands_out(color[..., c], told[..., c], _CHROMA_NOISE * noise[..., c]) for c in range(3)]
    bright *= _stands_out(bright, told.max(axis=2), spread)
    return as_f32(bright[..., None] + np.stack(stands_out, axis=2) * color)


def _stands_out(plane: Array, told: Array, noise: Array) -> Array:
    """The share (h, w) of a plane that is no noise, by its power around (James and Stein, 1961)."""
    power = _blurred(plane * plane, _WIDE_PX / 2) / np.maximum(_blurred(told, _WIDE_PX / 2), 1e-3)
    return as_f32(np.maximum(power - noise * noise, 0) / np.maximum(power, 1e-9))


def _ratio(lit: Array, unlit: Array, counts: Array, sigma_px: float) -> tuple[Array, Array, Array]:
    """The logarithm of the ratio of local averages, 0 where nothing tells it; how far it is told; the unlit average."""
    over, under, known = (
        _blurred(as_f32(counts * one), sigma_px) for one in (lit, unlit, np.ones_like(unlit))
    )
    told = (under > 0) & (known > 1e-3)
    low, high = GAIN_LIMITS
    log = np.log(np.clip(np.maximum(over, 0) / np.where(told, under, 1), low, high)) * told
    level = under / np.maximum(known, 1e-3)
    return as_f32(log), as_f32(np.where(told, np.clip(known / _KNOWN, 0, 1), 0)), as_f32(level)


def _blurred(plane: Array, sigma_px: float) -> Array:
    return as_f32(cv2.GaussianBlur(plane, (0, 0), sigma_px, borderType=cv2.BORDER_REFLECT))


def at_plate(light: Light, frame: ModelFrame) -> Array:
    """The gain (H, W, 3) over the plate's display window, brought up as logarithms: no overshoot makes it negative."""
    low, high = float(light.log.min()), float(light.log.max())
    return as_f32(np.exp(np.clip(frame.to_plate(light.log), low, high)))

"""Relighting: the subject brought into the background's light, by slow factors only.

A gain is scene light over set light. Neither is seen, only light times albedo. The set is taken to be well exposed and
neutral, as sets are, and `prior` tells what the scene's pictures then lead one to expect; the subject is one coat and
one face, so that its own level tells little. Between two real places, whose many surfaces average to a usual albedo,
the ratio of their levels is taken instead.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pai_studio.core.comp.filters import as_f32, blur, downscale, fill, upscale
from pai_studio.core.comp.space import luminance
from pai_studio.core.media.frame import Array

GAIN_LIMITS = (1 / 8, 3.0)
_NEUTRAL_SCENE = 0.2
_EXPOSURE = 0.9
_NEUTRAL_SUBJECT = 0.09
_ALBEDO, _UNDEREXPOSED = 1.6, 0.5
"""Within so many e-folds of its usual level a subject differs by its albedo; so much of what is beyond counts as the
set's exposure."""
_TINT, _LOCAL = 0.3, 0.15
"""The shares of the background's tint, and of its changes across the subject, that are light and not albedo. More of
the second helps in one place and harms in another: a bright wall may be what the sun behind the subject shines on."""
_WIDE = 0.12
"""Blur of the background's light, in picture widths."""
_FIT_PX = 240
_BLACK, _WHITE = 0.005, 8.0


@dataclass(frozen=True)
class SceneLight:
    """The light of a place as its pictures show it: `level`, a mean luminance, and `tint`, (3,), luminance 1."""

    level: float
    tint: Array


def scene_light(pictures: list[Array]) -> SceneLight:
    """The light of the place that all of `pictures`, each (H, W, 3), show; a neutral one where they show none."""
    whole = [np.ones(picture.shape[:2], np.float32) for picture in pictures]
    return _mean_light(pictures, whole, _NEUTRAL_SCENE)


def subject_light(foregrounds: list[Array], mattes: list[Array]) -> SceneLight:
    """The light on a subject, from its solid pixels: premultiplied foregrounds (H, W, 3) and mattes (H, W)."""
    return _mean_light(foregrounds, [as_f32(matte >= 0.98) for matte in mattes], _NEUTRAL_SUBJECT)


def place_light(plates: list[Array], mattes: list[Array]) -> SceneLight:
    """The light of the real place that a subject was photographed in: plates (H, W, 3) where mattes (H, W) are 0."""
    return _mean_light(plates, [as_f32(matte <= 0.02) for matte in mattes], _NEUTRAL_SCENE)


def _mean_light(pictures: list[Array], weights: list[Array], neutral: float) -> SceneLight:
    """Level and tint over the weighted pixels between near-black and clipped.

    The level is the geometric mean, which no single lamp or window decides; the tint is the mean of light over the
    root of its luminance, between that of all surfaces alike and that of the bright ones.
    """
    log_sum, weight_sum = 0.0, 0.0
    color_sum = np.zeros(3)
    for picture, counts in zip(pictures, weights, strict=True):
        factor = max(1, max(picture.shape[:2]) // _FIT_PX)
        small = downscale(picture, factor)
        bright = luminance(small)
        weight = downscale(counts, factor) * ((bright > _BLACK) & (bright < _WHITE))
        log_sum += float((np.log(np.maximum(bright, _BLACK)) * weight).sum())
        color_sum += (
            np.maximum(small, 0) / np.sqrt(np.maximum(bright, _BLACK))[..., None] * weight[..., None]
        ).sum((0, 1))
        weight_sum += float(weight.sum())
    if weight_sum < 1:
        return SceneLight(neutral, np.ones(3, np.float32))
    tint = np.maximum(color_sum, 1e-6)
    tint = tint / float(luminance(as_f32(tint).reshape(1, 1, 3))[0, 0])
    return SceneLight(float(np.exp(log_sum / weight_sum)), as_f32(tint))


def gain(
    matte: Array,
    background: Array,
    expected: Array,
    subject: SceneLight,
    *,
    place: tuple[Array, SceneLight, SceneLight] | None = None,
) -> Array:
    """The factors (H, W, 3) that bring a subject into the light of `background`: smooth, within `GAIN_LIMITS`.

    `matte` is (H, W), `background` (H, W, 3). `expected` (3,) is the shot's gain from its references
    (`prior.expected_gain`), `subject` the light on its despilled subject (`subject_light`): both of the whole shot, so
    that the gain is steady in time.

    A subject that was cut out of a real place brings that place's light: `place` is the plate (H, W, 3), the light
    that the shot's plates show (`place_light`) and the one that its references show (`scene_light`). Then nothing
    is assumed of a set, and the same place again gives about 1.
    """
    factor = max(1, max(matte.shape) // _FIT_PX)
    small_matte = downscale(matte, factor)
    local = _local(small_matte, np.clip(downscale(background, factor), 0, _WHITE))
    if place is None:
        away = float(np.log(max(subject.level, _BLACK) / _NEUTRAL_SUBJECT))
        exposure = np.exp(_UNDEREXPOSED * np.sign(away) * max(abs(away) - _ALBEDO, 0))
        return upscale(as_f32(np.clip(expected / exposure * local, *GAIN_LIMITS)), matte.shape)
    plate, seen, scene = place
    overall = as_f32((scene.level / seen.level) ** _EXPOSURE * (scene.tint / seen.tint) ** _TINT)
    before = _local(small_matte, np.clip(downscale(plate, factor), 0, _WHITE))
    change = overall * local / np.maximum(before, _BLACK)
    return upscale(as_f32(np.clip(change, *GAIN_LIMITS)), matte.shape)


def _local(matte: Array, background: Array) -> Array:
    """How the light around the subject varies across it, (h, w, 3), mean about 1 over the matte."""
    sigma_px = max(1.0, _WIDE * matte.shape[1])
    around = fill(background, as_f32(np.clip(1 - matte, 0.05, 1)))
    light = np.maximum(blur(around, sigma_px), _BLACK)
    mean = (light * matte[..., None]).sum((0, 1)) / max(float(matte.sum()), 1e-3)
    if float(matte.sum()) < 1e-3:
        mean = light.mean((0, 1))
    return as_f32((light / np.maximum(mean, _BLACK)) ** _LOCAL)

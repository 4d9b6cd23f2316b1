"""Relighting: the subject brought into the background's light, by slow factors only.

A gain is scene light over set light. Neither is seen, only light times albedo; so both are guessed by the same
means, a robust average over many surfaces, and the gain goes part of the way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pai_studio.core.comp.filters import as_f32, blur, downscale, fill, upscale
from pai_studio.core.comp.space import luminance
from pai_studio.core.media.frame import Array

GAIN_LIMITS = (1 / 3, 3.0)
_EXPOSURE = 0.35
"""Share of the stops between set and scene that the subject is taken."""
_TINT = 0.5
_LOCAL = 0.3
_WIDE = 0.12
"""Blur of the background's light, in picture widths."""
_FIT_PX = 240
_BLACK, _WHITE = 0.005, 8.0
_TYPICAL = 0.18
"""The mean reflectance of a scene, by the oldest convention of photography."""


@dataclass(frozen=True)
class SceneLight:
    """The light of a place as its pictures show it: `level`, a mean luminance, and `tint`, (3,), luminance 1."""

    level: float
    tint: Array


def scene_light(pictures: list[Array], weights: list[Array] | None = None) -> SceneLight:
    """The light over all of `pictures`, each (H, W, 3), not premultiplied; `weights` (H, W) tell what counts.

    The level is the geometric mean, which one lamp or window does not decide. The tint averages chroma over the
    pixels between near-black and clipped.
    """
    log_sum, weight_sum = 0.0, 0.0
    color_sum = np.zeros(3)
    for index, picture in enumerate(pictures):
        small = downscale(picture, max(1, max(picture.shape[:2]) // _FIT_PX))
        bright = luminance(small)
        weight = np.ones(bright.shape, np.float32)
        if weights is not None:
            weight = downscale(weights[index], max(1, max(picture.shape[:2]) // _FIT_PX))
        weight = weight * ((bright > _BLACK) & (bright < _WHITE))
        log_sum += float((np.log(np.maximum(bright, _BLACK)) * weight).sum())
        color_sum += (
            np.maximum(small, 0) / np.sqrt(np.maximum(bright, _BLACK))[..., None] * weight[..., None]
        ).sum((0, 1))
        weight_sum += float(weight.sum())
    if weight_sum < 1:
        return SceneLight(_TYPICAL, np.ones(3, np.float32))
    tint = np.maximum(color_sum, 1e-6)
    tint = tint / float(luminance(as_f32(tint).reshape(1, 1, 3))[0, 0])
    return SceneLight(float(np.exp(log_sum / weight_sum)), as_f32(tint))


def gain(
    foreground: Array,
    matte: Array,
    background: Array,
    scene: SceneLight | None = None,
    subject: SceneLight | None = None,
) -> Array:
    """The factors (H, W, 3) that bring a subject into the light of `background`: smooth, within `GAIN_LIMITS`.

    `foreground` is (H, W, 3) premultiplied, `matte` (H, W), `background` (H, W, 3). `scene` and `subject` are the
    lights of the whole shot (`scene_light` over its references, and over its despilled subject); given, they keep the
    gain steady in time. Without them the frame's own are measured.
    """
    scene = scene or scene_light([background])
    subject = subject or subject_light([foreground], [matte])
    overall = as_f32((scene.level / subject.level) ** _EXPOSURE * scene.tint**_TINT)
    factor = max(1, max(matte.shape) // _FIT_PX)
    local = _local(downscale(matte, factor), np.clip(downscale(background, factor), 0, _WHITE))
    small = np.clip(overall * local, *GAIN_LIMITS)
    return upscale(as_f32(small), matte.shape)


def subject_light(foregrounds: list[Array], mattes: list[Array]) -> SceneLight:
    """`scene_light` of premultiplied foregrounds (H, W, 3) over their solid pixels."""
    solid = [as_f32(matte >= 0.98) for matte in mattes]
    return scene_light(foregrounds, solid)


def _local(matte: Array, background: Array) -> Array:
    """How the light around the subject varies across it, (h, w, 3), mean about 1 over the matte."""
    sigma_px = max(1.0, _WIDE * matte.shape[1])
    around = fill(background, as_f32(np.clip(1 - matte, 0.05, 1)))
    light = np.maximum(blur(around, sigma_px), _BLACK)
    mean = (light * matte[..., None]).sum((0, 1)) / max(float(matte.sum()), 1e-3)
    if float(matte.sum()) < 1e-3:
        mean = light.mean((0, 1))
    return as_f32((light / np.maximum(mean, _BLACK)) ** _LOCAL)

"""The delivered layers, from those that an engine or finishing made and the artist's controls.

`beauty = foreground * gain + background * shadow * (1 - matte) + wrap`, from the half-rounded passes in float32.
"""

from __future__ import annotations

import numpy as np

from pai_studio.core.comp.filters import as_f32
from pai_studio.core.comp.grain import Grain, synthesize
from pai_studio.core.comp.wrap import light_wrap
from pai_studio.core.media.frame import Array, Generated, Layers, PlateFrame
from pai_studio.core.media.repairs import HALF_MAX
from pai_studio.core.shot.document import Finish

_COVERS = 1e-3
"""A matte below this covers nothing."""


_ROWS = 128
"""Rows that are worked on at once: what is needed beside the result then stays in the processor's cache."""


def half(values: Array) -> Array:
    """Float32 rounded to what a half holds: never infinite, and 0 for NaN."""
    rounded = as_f32(np.clip(values, -HALF_MAX, HALF_MAX))
    for top in range(0, len(rounded), _ROWS):
        rows = rounded[top : top + _ROWS]
        rows[...] = rows.astype(np.float16)
    return np.nan_to_num(rounded, copy=False) if np.isnan(rounded.min(initial=0)) else rounded


def beauty(
    *, foreground: Array, gain: Array, background: Array, shadow: Array, matte: Array, wrap: Array
) -> Array:
    """The composite (H, W, 3) of (H, W, 3) passes and (H, W) `shadow` and `matte`, in float32."""
    whole = as_f32(foreground * gain)
    for top in range(0, len(whole), _ROWS):
        rows = slice(top, top + _ROWS)
        whole[rows] += background[rows] * (shadow[rows] * (1 - matte[rows]))[..., None]
        whole[rows] += wrap[rows]
    return whole


def finished_matte(plate: PlateFrame, made: Generated) -> Array:
    """The matte (H, W) as it is delivered: 0 where the plate's file holds no pixels."""
    return half(made.matte if plate.inside is None else made.matte * plate.inside)


def layers(
    plate: PlateFrame,
    made: Generated,
    foreground: Array,
    matte: Array,
    *,
    controls: Finish,
    grain: Grain | None,
    seed: int,
) -> Layers:
    """Every pass of one frame from the layers that were made of it, and the beauty from the passes.

    `foreground` (H, W, 3) is the lifted one, premultiplied by `matte` (H, W); both are half-rounded. `made` has a
    background, on which `grain` is laid as strongly as `controls` say.
    """
    assert made.background is not None
    one, zero = np.ones(matte.shape, np.float32), np.zeros(matte.shape, np.float32)
    rebuilt = half(made.rebuilt if made.rebuilt is not None else zero)
    confidence = half(made.confidence if made.confidence is not None else one)
    gain = half(_gain(made, rebuilt, matte, controls.gain_mix))
    shadow = half(1 - controls.shadow * (1 - made.shadow) if made.shadow is not None else one)
    clean = np.nan_to_num(made.background, nan=0.0, posinf=HALF_MAX, neginf=0.0)
    wrap = half(light_wrap(clean, matte, controls.wrap, foreground * gain))
    laid = (
        controls.grain * synthesize(clean, grain, seed, plate.number)
        if grain is not None
        else zero[..., None]
    )
    background = half(clean + laid)
    return Layers(
        number=plate.number,
        canvas=plate.canvas,
        beauty=beauty(
            foreground=foreground, gain=gain, background=background, shadow=shadow, matte=matte, wrap=wrap
        ),
        background=background,
        foreground=foreground,
        matte=matte,
        gain=gain,
        shadow=shadow,
        wrap=wrap,
        rebuilt=rebuilt,
        confidence=confidence,
    )


def untouched(plate: PlateFrame, made: Generated, matte: Array) -> Layers:
    """The passes of a frame whose engine left the plate as it is: the beauty is the plate's pixels, unrounded."""
    one, zero = np.ones(matte.shape, np.float32), np.zeros(matte.shape, np.float32)
    finite = np.isfinite(plate.rgb).all()
    picture = plate.rgb if finite else np.nan_to_num(plate.rgb, nan=0.0, posinf=HALF_MAX, neginf=-HALF_MAX)
    empty = np.zeros(picture.shape, np.float32)
    return Layers(
        number=plate.number,
        canvas=plate.canvas,
        beauty=picture,
        background=empty,
        foreground=half(picture),
        matte=matte,
        gain=np.ones(picture.shape, np.float32),
        shadow=np.ones(matte.shape, np.float32),
        wrap=empty,
        rebuilt=half(made.rebuilt if made.rebuilt is not None else zero),
        confidence=half(made.confidence if made.confidence is not None else one),
    )


def _gain(made: Generated, rebuilt: Array, matte: Array, mix: float) -> Array:
    """The gain at the artist's mix; 1 where the subject was rebuilt and is lit already, by its share of the matte."""
    if made.gain is None or mix == 0:
        return np.ones((*rebuilt.shape, 3), np.float32)
    mixed = np.maximum(np.nan_to_num(made.gain, nan=1.0), 0)
    if mix != 1:
        mixed = mixed**mix
    if not rebuilt.any():
        return as_f32(mixed)
    share = np.minimum(rebuilt / np.maximum(matte, _COVERS), 1)[..., None]
    return as_f32(mixed + share * (1 - mixed))

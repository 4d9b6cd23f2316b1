"""What finishing keeps of a frame for the frames beside it: all at the model's size, so that many may wait."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from pai_studio.core.comp.despill import own_tint, suppress_spill
from pai_studio.core.comp.filters import as_f32
from pai_studio.core.finish import gain
from pai_studio.core.finish.codes import coded
from pai_studio.core.finish.gain import Light
from pai_studio.core.media.frame import Array, Generated, ModelPicture, PlateFrame, Screen
from pai_studio.core.media.geometry import ModelFrame

_LUMA = np.array([0.3, 0.6, 0.1], np.float32)
SMALLER = 2
"""A guide is so many times smaller: a gain is smooth, and so is the motion that carries it."""


@dataclass(frozen=True)
class Far:
    """One frame as those farther away look at it: what it tells of the light, and what shows whether it stood still.

    `guide` (h/2, w/2) is the logarithm of the conditioning's brightness.
    """

    light: Light
    guide: Array


@dataclass(frozen=True)
class Seen:
    """One frame as its neighbours look at it, over the whole of `frame`.

    `composite` (h, w, 3) is the model's picture of it and `white` the most light that this holds; `guide` (h/2, w/2) is
    what is kept of its conditioning, as in `Far`. `covered` is the finished matte (h, w) in 0..1. `light` is what it
    alone tells of the gain.
    """

    number: int
    composite: Array
    frame: ModelFrame
    white: float
    covered: Array
    guide: Array
    light: Light

    @classmethod
    def of(cls, number: int, picture: ModelPicture, covered: Array, light: Light) -> Seen:
        """What is kept of a model's picture, and what was told by it."""
        guide = _guide(picture.conditioning, picture.white)
        return cls(number, picture.composite, picture.frame, picture.white, covered, guide, light)

    def far(self) -> Far:
        """What is kept of it for frames farther away."""
        return Far(self.light, self.guide)


def _guide(conditioning: Array, white: float) -> Array:
    """The logarithm (h/2, w/2) of a conditioning's brightness."""
    y = as_f32(coded(conditioning, white) @ _LUMA)
    return as_f32(cv2.resize(y, _smaller(y.shape), interpolation=cv2.INTER_AREA))


def _smaller(shape: tuple[int, ...]) -> tuple[int, int]:
    """The size (width, height) of a guide for a picture (h, w)."""
    return -(-shape[1] // SMALLER), -(-shape[0] // SMALLER)


def see(plate: PlateFrame, made: Generated, picture: ModelPicture, matte: Array, despill: float) -> Seen:
    """What a model made of a frame, `matte` (H, W) being the finished one and `despill` the foreground's."""
    window = plate.display.slices_in(plate.canvas)
    covered = np.clip(picture.frame.to_model(np.ascontiguousarray(matte[window])), 0, 1)
    subject = lifted(plate, made.screen, picture, covered, despill)
    light = gain.light(picture.composite, subject, covered, picture.white)
    return Seen.of(plate.number, picture, covered, light)


def lifted(
    plate: PlateFrame, screen: Screen | None, picture: ModelPicture, matte: Array, despill: float
) -> Array:
    """A conditioning (h, w, 3) despilled as finishing lifts the plate, so that what the model took of the spill goes
    only once; `matte` (h, w) is the finished one.
    """
    if screen is None or plate.keyed:
        return picture.conditioning
    color = screen.color
    if color.ndim == 3:
        color = picture.frame.to_model(np.ascontiguousarray(color[plate.display.slices_in(plate.canvas)]))
    here = Screen(color, screen.channel)
    own = None if plate.premultiplied else own_tint(picture.conditioning, matte, here)
    return suppress_spill(picture.conditioning, here, despill, own)

"""What VACE is shown of a clip: the subject over grey, what exists already, and a mask of what it is to make.

VACE's own convention (Jiang et al., "VACE: All-in-One Video Creation and Editing", 2025): of the control video black
parts of the mask are kept, white parts are made; where the mask is white the control video is mid-grey, code 0.5. A
frame whose mask is black everywhere is kept whole: so the stills and the frames of the clip before enter. Four
frames share a latent, whose mask is that of one of them, so that a single kept frame may be told by its picture alone:
VACE's own code does so too, also with the first and last frames that its guide has kept.

Legend of shapes: n frames of the clip, (h, w) pixels of the model's frame. Codes are those of the model's view, 0..1.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pai_studio.core.comp.filters import as_f32
from pai_studio.core.comp.lift import lift
from pai_studio.core.engines._modelled import at_model, laid
from pai_studio.core.engines._subject import Subject
from pai_studio.core.media.frame import Array, PlateFrame, Still
from pai_studio.core.media.geometry import ModelFrame
from pai_studio.core.media.modelspace import ModelView
from pai_studio.core.motion.resample import enlarged, reduced

GREY = 0.5
_SOLID = 0.9
"""The subject is kept where its matte is above this. What is softer is made anew: shown as it is, hair would carry the
grey behind it into the picture, and its own light comes from the plate in finishing anyway."""
_BARELY = 1e-3
_DRIFT = 0.04
"""The most, in codes, by which a clip's colour is brought back to that of the clip before."""


@dataclass(frozen=True)
class Control:
    """One clip's control: `video` (n, h, w, 3) codes and `mask` (n, h, w), 1 where to make and 0 where to keep.

    `alone` (n, h, w, 3) is the subject with its soft edges over nothing but grey, also in frames that are kept: what
    finishing compares with. `mattes` (n, h, w) are the subject's.
    """

    video: Array
    mask: Array
    mattes: Array
    alone: Array


@dataclass(frozen=True)
class ControlMaker:
    """Builds the controls of a shot's clips; keeps the stills, and of the plate nothing."""

    subject: Subject
    view: ModelView
    at: ModelFrame
    stills: list[Still]

    def make(self, frames: Iterable[PlateFrame], count: int, kept: Array) -> Control:
        """The control of a clip's `count` frames, of which the first ones exist already as `kept` (k, h, w, 3) codes.

        Where `frames` end before, the last one is held.
        """
        shape = count, self.at.height, self.at.width
        rgb, one = (*shape, 3), shape
        planes = tuple(np.empty(size, np.float32) for size in (rgb, one, one, rgb))
        done = 0
        for frame in frames:
            made = self._frame(frame, kept[done] if done < len(kept) else None)
            for plane, value in zip(planes, made, strict=True):
                plane[done] = value
            done += 1
        for plane in planes:
            plane[done:] = plane[done - 1]
        return Control(*planes)

    def references(self, indices: Iterable[int]) -> list[npt.NDArray[np.uint8]]:
        """Stills (h', w', 3) as large as the model's frame holds whole, in the 8 bits that the pipeline takes."""
        return [self._reference(self.stills[index]) for index in indices]

    def _frame(self, frame: PlateFrame, before: Array | None) -> tuple[Array, Array, Array, Array]:
        """What a `Control` has of one frame; `before` is what the clip before made of it."""
        small = at_model(frame, self.at)
        matte, screen = self.subject.matte(small)
        lifted = lift(small, matte, screen, 1.0)
        solid = (matte >= _SOLID)[..., None]
        own = self._codes(as_f32(lifted / np.maximum(matte, _BARELY)[..., None]))
        grey = self.view.to_working(np.full((1, 1, 3), GREY, np.float32))
        behind = (1 - matte)[..., None]
        alone = self._codes(lifted + behind * grey)
        if before is not None:
            return as_f32(np.where(solid, own, before)), np.zeros_like(matte), matte, alone
        video, known = as_f32(np.where(solid, own, GREY)), solid[..., 0]
        for still in self.stills:
            if still.frame == frame.number:
                place, there = laid(still, self.at)
                new = there & ~known
                video = as_f32(np.where(new[..., None], self._codes(lifted + behind * place), video))
                known = known | new
        return video, as_f32(~known), matte, alone

    def _codes(self, working: Array) -> Array:
        return self.view.to_codes(working)[0]

    def _reference(self, still: Still) -> npt.NDArray[np.uint8]:
        high, wide = still.rgb.shape[:2]
        scale = min(self.at.width / wide, self.at.height / high)
        size = max(1, round(wide * scale)), max(1, round(high * scale))
        codes, _ = self.view.to_codes(reduced(still.rgb, size) if scale < 1 else enlarged(still.rgb, size))
        return np.asarray(np.rint(codes * 255), np.uint8)


def levelled(made: Array, kept: Array, control: Control) -> Array:
    """A clip's frames (n, h, w, 3) with the background's colour held to that of the clip before.

    Frames that VACE is to keep come back through its codec a little off in colour, and from clip to clip this adds up
    (a known fault: its issue 44). `kept` (k, h, w, 3) are the frames that were given: their mean difference in the
    background from what came back, for each channel, is added to the background of all.
    """
    behind = (1 - control.mattes)[..., None]
    weight = behind[: len(kept)]
    if weight.sum() < 1:
        return made
    off = ((kept - made[: len(kept)]) * weight).sum((0, 1, 2), dtype=np.float64) / weight.sum()
    return as_f32(np.clip(made + behind * np.clip(off, -_DRIFT, _DRIFT).astype(np.float32), 0, 1))

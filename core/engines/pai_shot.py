"""A shot as the model of the engine `pai` sees it: plate on its screen, matte, stills and guide in the model's frame.

Training sees its shots through the same eyes. Legend of shapes: (h, w) pixels of the model's frame, K stills. Tensors
are codes of the model's view, scaled to -1..1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from pai_studio.core.engines._guide import Guide
from pai_studio.core.engines._modelled import at_model, laid
from pai_studio.core.engines._subject import Subject, sample_frames
from pai_studio.core.engines.base import ShotSource
from pai_studio.core.media.frame import Array, PlateFrame
from pai_studio.core.media.geometry import ModelFrame
from pai_studio.core.media.modelspace import Clipped, ModelSpace, ModelView
from pai_studio.core.model.manifest import GUIDE_CHANNELS, Manifest
from pai_studio.core.model.prompt import serialise
from pai_studio.core.report import Progress, Report
from pai_studio.core.shot.document import EngineChoice

_KEY_GREEN = (0.0, 0.44, 0.05)
"""The screen on which a plate that has none of green is laid, linear Rec.709 as the model sees it, whatever the shot's
exposure: a chroma green cloth in even light.
"""

_LESS = (
    'set engine.quality to "preview": the model is then told of half the plate\'s detail, which takes less'
)


class PaiShot:
    """A shot as the model sees it; of the plate nothing is kept.

    `numbers` are its frames, `places` their indices, `at` the model's frame, `remedy` what would do with less memory.
    Raises BadInput where there is neither a matte nor a screen to key.
    """

    def __init__(self, source: ShotSource, choice: EngineChoice, manifest: Manifest, report: Report) -> None:
        self._source = source
        self.numbers = list(source.frames)
        self.places = {number: place for place, number in enumerate(self.numbers)}
        samples = sample_frames(source)
        report(Progress("prepare"))
        display, aspect = samples[0].display, samples[0].pixel_aspect
        self.half = choice.quality == "preview" and manifest.half_foreground
        # Half the plate's detail needs two by two of the grid.
        grid = manifest.grid_px * (2 if self.half else 1)
        self.at = ModelFrame.of_area(display, aspect, manifest.area_px, grid)
        self.remedy = "" if self.half or not manifest.half_foreground else _LESS
        plate = source.shot.plate
        self.subject = Subject.find(samples, plate.screen)
        self.view = ModelView(source.config, ModelSpace.named(manifest.model_space), plate.exposure)
        self.prompt = serialise(source.shot.prompt)
        self.clipped = Clipped()
        first, step = self.numbers[0], source.frames.step
        self.anchors = tuple((still.frame - first) / step for still in source.stills)
        key = self.view.space.encode(np.array([[_KEY_GREEN]], np.float32))
        self._key = self.view.to_working(key)[0, 0]
        self._counted: set[int] = set()
        self._guide = Guide(source, self.at, report) if manifest.guide and choice.guide else None
        self._is_guided = manifest.guide

    def plate(self, places: Sequence[int]) -> Iterator[tuple[Tensor, Tensor]]:
        """The plate on its screen (3, h, w) and its matte (1, h, w), at frames by their indices.

        For a model that may be guided the guide's channels (`GUIDE_CHANNELS`, h, w) follow the matte's, all 0 where
        there is none.
        """
        for frame in self._source.stream([self.numbers[place] for place in places]):
            small = at_model(frame, self.at)
            matte, screen = self.subject.matte(small)
            shown = self.subject.on_key(small, matte, screen, self._key)
            if frame.number not in self._counted:
                self._counted.add(frame.number)
                self._count(shown[matte > 0.5])
            told = torch.from_numpy(np.ascontiguousarray(matte))[None]
            if self._is_guided:
                told = torch.cat([told, self._guided(frame)])
            yield self.picture(shown), told

    def _guided(self, frame: PlateFrame) -> Tensor:
        """The guide's channels (`GUIDE_CHANNELS`, h, w) at a frame."""
        if self._guide is None:
            return torch.zeros(GUIDE_CHANNELS, self.at.height, self.at.width)
        picture, confidence = self._guide.seen(frame)
        trust = torch.from_numpy(confidence)[None]
        return torch.cat([self.picture(picture), trust, torch.ones_like(trust)])

    def stills(self) -> Tensor:
        """The stills (1, 3, K, h, w) as they lie over the plate at their anchors."""
        shown = [self.picture(laid(still, self.at)[0]) for still in self._source.stills]
        return torch.stack(shown, dim=1)[None]

    def light(self, codes: Tensor) -> Array:
        """The light (h, w, 3) in the working space of a picture (3, h, w)."""
        return self.view.to_working(codes_of(codes))

    def notes(self) -> dict[str, object]:
        """The size, the screen, and what the model's picture space could not hold."""
        told: dict[str, object] = {
            "size": f"{self.at.width}x{self.at.height}",
            "prompt": self.prompt,
            "screen": self.subject.notes(),
        }
        if self.clipped:
            # Of the subject alone: a screen's own colour is often beyond Rec.709, and nobody misses it.
            told["subject_clipped_px"] = {"below": self.clipped.below, "above": self.clipped.above}
        return told

    def _count(self, subject: Array) -> None:
        """Remember how many of a subject's pixels (n, 3) the model's picture space does not hold."""
        if len(subject):
            self.clipped += self.view.to_codes(subject[None])[1]

    def picture(self, working: Array) -> Tensor:
        """A picture (h, w, 3) in the working space as the model sees it, (3, h, w)."""
        codes, _ = self.view.to_codes(working)
        return 2 * torch.from_numpy(codes).permute(2, 0, 1).contiguous() - 1


def codes_of(picture: Tensor) -> Array:
    """Codes (h, w, 3) in 0..1 of a picture (3, h, w) in -1..1."""
    found: Array = (picture.float().cpu().permute(1, 2, 0) / 2 + 0.5).numpy()
    return found

"""A shot as the engine `vace` sees it: its frames, clips and pictures at the model's size."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from pai_studio.core.engines._subject import Subject, sample_frames
from pai_studio.core.engines._vace_clips import Clip, clips
from pai_studio.core.engines._vace_control import Control, ControlMaker
from pai_studio.core.engines.base import ShotSource
from pai_studio.core.media.frame import Array, PlateFrame
from pai_studio.core.media.geometry import ModelFrame
from pai_studio.core.media.modelspace import ModelSpace, ModelView
from pai_studio.core.model.manifest import Manifest
from pai_studio.core.plan.reach import nearest
from pai_studio.core.report import Progress, Report
from pai_studio.core.shot.document import EngineChoice

_PREVIEW_PART = 4
"""A preview has a fourth of the area: half of each side."""


class VaceShot:
    """What holds for a whole shot; of the plate nothing is kept.

    `numbers` are its frames, `at` is the model's frame, and `remedy` what would do with less memory.
    Raises BadInput where there is neither a matte nor a screen to key.
    """

    def __init__(self, source: ShotSource, choice: EngineChoice, manifest: Manifest) -> None:
        self._source = source
        self._most = manifest.references_most
        self.numbers = list(source.frames)
        samples = sample_frames(source)
        display, aspect = samples[0].display, samples[0].pixel_aspect
        whole, smaller = (
            ModelFrame.of_area(display, aspect, manifest.area_px / part, manifest.grid_px)
            for part in (1, _PREVIEW_PART)
        )
        is_preview = choice.quality == "preview"
        self.at = smaller if is_preview else whole
        less = f'set engine.quality to "preview": {smaller.width}x{smaller.height} takes about a fourth'
        self.remedy = "" if is_preview else less
        plate = source.shot.plate
        self.subject = Subject.find(samples, plate.screen)
        self.view = ModelView(source.config, ModelSpace.named(manifest.model_space), plate.exposure)
        self.clips = clips(len(self.numbers), manifest.window_latents, manifest.history_latents)
        self._maker = ControlMaker(self.subject, self.view, self.at, source.stills)
        self._places = {number: place for place, number in enumerate(self.numbers)}

    def clip_of(self, number: int) -> tuple[int, int]:
        """Which clip makes a frame, and which of that clip's frames it is."""
        place = self._places[number]
        index = next(k for k, clip in enumerate(self.clips) if place in clip.made)
        return index, place - self.clips[index].first

    def control(self, clip: Clip, kept: Array, report: Report, before: Progress) -> Control:
        """A clip's control; `kept` (k, h, w, 3) are the codes of its first frames, which exist already.

        Every frame that is read repeats the progress `before`, so that a cancel gets through.
        """

        def heard() -> Iterator[PlateFrame]:
            for frame in self._source.stream(self.numbers[clip.first : clip.stop]):
                report(before)
                yield frame

        return self._maker.make(heard(), clip.count, kept)

    def references(self, clip: Clip) -> list[npt.NDArray[np.uint8]]:
        """The stills (h', w', 3) nearest to a clip, as many as the model takes.

        The library's pipeline fails where there are more of them than latents: a clip of a few frames gets fewer.
        """
        inside = self.numbers[clip.first : clip.stop]
        anchors = [still.frame for still in self._source.stills]
        return self._maker.references(nearest(anchors, inside[0], inside[-1], min(self._most, clip.latents)))

    def notes(self) -> dict[str, object]:
        """The size, the clips by their frames, and the screen."""
        last = len(self.numbers)
        made = [(clip.made.start, min(clip.stop, last) - 1) for clip in self.clips]
        return {
            "size": f"{self.at.width}x{self.at.height}",
            "windows": [f"{self.numbers[first]}-{self.numbers[end]}" for first, end in made],
            "screen": self.subject.notes(),
        }

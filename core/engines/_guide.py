"""The draft's picture of a shot, as a model may be told of it: the subject relit before the moved stills.

A model that is told what classical compositing makes of the shot has only to better it. The draft is made small,
whatever the plate's size: the model sees no more of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from pai_studio.core.comp.filters import as_f32
from pai_studio.core.comp.lift import lift
from pai_studio.core.engines._modelled import at_model
from pai_studio.core.engines.base import ShotSource
from pai_studio.core.engines.draft import DraftEngine
from pai_studio.core.media.frame import Array, Box, PlateFrame, Still
from pai_studio.core.media.geometry import ModelFrame
from pai_studio.core.report import Report
from pai_studio.core.shot.document import EngineChoice

_AREA_PX = 512 * 288


class Guide:
    """The draft of one shot, frame by frame, in the frame `at` in which a model sees it.

    Raises BadInput as the draft does.
    """

    def __init__(self, source: ShotSource, at: ModelFrame, report: Report) -> None:
        small = _Reduced(source)
        self._at = small.at
        self._draft = DraftEngine(EngineChoice(name="draft"))
        self._draft.prepare(small, report, Path())
        self._report = report
        between = at.matrix @ np.linalg.inv(small.at.matrix)
        box = Box(0, 0, small.at.width, small.at.height)
        self._onto = ModelFrame(box, between, at.width, at.height, at.inner)

    def seen(self, frame: PlateFrame) -> tuple[Array, Array]:
        """The draft's picture of a frame of the plate (h, w, 3), working space, and its confidence (h, w)."""
        small = at_model(frame, self._at)
        (made,) = self._draft.generate(iter([small]), self._report)
        assert made.background is not None
        assert made.gain is not None
        assert made.confidence is not None
        subject = lift(small, made.matte, made.screen, 1.0) * made.gain
        left = (1 - made.matte) * (1 if made.shadow is None else made.shadow)
        picture = as_f32(subject + made.background * left[..., None])
        confidence = np.clip(self._onto.to_model(made.confidence), 0, 1)
        return self._onto.to_model(picture), as_f32(confidence)


class _Reduced:
    """A shot whose plate is no larger than a draft for a model need be; its stills lie where they lay."""

    def __init__(self, source: ShotSource) -> None:
        self._source = source
        self.shot, self.config, self.frames = source.shot, source.config, source.frames
        first = source.frame(next(iter(source.frames)))
        self.at = ModelFrame.of_area(first.display, first.pixel_aspect, _AREA_PX, 1)
        self.stills: list[Still] = [
            replace(still, placement=self.at.matrix @ still.placement) for still in source.stills
        ]

    def frame(self, number: int) -> PlateFrame:
        """One frame, reduced."""
        return at_model(self._source.frame(number), self.at)

    def stream(self, numbers: Iterable[int]) -> Iterator[PlateFrame]:
        """Those frames, reduced, one by one."""
        return (at_model(frame, self.at) for frame in self._source.stream(numbers))

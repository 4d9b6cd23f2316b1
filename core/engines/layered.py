"""A model and the draft on one shot, each giving the layers in which it is the better.

A model that is behind the draft in where things are may yet be ahead in how the subject is lit, and the other way
round. Finishing makes of a model's picture only what its engine did not give as a layer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from itertools import tee
from pathlib import Path
from typing import Literal

from pai_studio.core.engines.base import Engine, ShotSource
from pai_studio.core.media.frame import Generated, PlateFrame
from pai_studio.core.report import Report

Layer = Literal["background", "gain"]
"""What two engines may share out: the place, with its confidence and its shadow; and the subject's light."""


class Layered:
    """The engine `model`, but for the layers `from_draft`, which `draft` gives."""

    fills_background = True
    gives_layers = False

    def __init__(self, model: Engine, draft: Engine, from_draft: Collection[Layer]) -> None:
        self._model, self._draft, self._from_draft = model, draft, sorted(from_draft)
        self.name = model.name
        self.version = f"{model.version}+{'+'.join(self._from_draft)}-of-{draft.name}-{draft.version}"

    def prepare(self, source: ShotSource, report: Report, state: Path) -> None:
        """Let both look at the shot."""
        self._draft.prepare(source, report, state)
        self._model.prepare(source, report, state)

    def generate(self, frames: Iterator[PlateFrame], report: Report) -> Iterator[Generated]:
        """What the model makes of each frame, with the draft's layers in it."""
        one, other = tee(frames)
        pairs = zip(self._model.generate(one, report), self._draft.generate(other, report), strict=True)
        yield from (self._joined(made, drafted) for made, drafted in pairs)

    def notes(self) -> dict[str, object]:
        """The model's, with the draft's own about what it gives."""
        given = {"layers": self._from_draft, **self._draft.notes()}
        return {**self._model.notes(), self._draft.name: given}

    def _joined(self, made: Generated, drafted: Generated) -> Generated:
        if "gain" in self._from_draft:
            made = replace(made, gain=drafted.gain)
        if "background" not in self._from_draft:
            return made
        return replace(
            made, background=drafted.background, confidence=drafted.confidence, shadow=drafted.shadow
        )

    def close(self) -> None:
        """Let both go."""
        self._model.close()
        self._draft.close()

"""An engine that gives a model's pictures at once, and a finisher whose every frame follows from the frames around.

`install` puts both into the spine in place of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pai_studio.core import render as spine
from pai_studio.core.engines.base import ShotSource
from pai_studio.core.engines.registry import Models
from pai_studio.core.finish.finisher import Finisher
from pai_studio.core.finish.seen import Far, Seen
from pai_studio.core.media.frame import Generated, Layers, ModelPicture, PlateFrame
from pai_studio.core.media.geometry import ModelFrame
from pai_studio.core.report import Progress, Report
from pai_studio.core.shot.document import Shot

CLOSE, REACH = 1, 2


class PicturingEngine:
    """A picture of noise for each frame, of at most 32x32 pixels; the matte is the plate's own alpha."""

    name = "picturing"
    version = "1"
    fills_background = True
    gives_layers = False

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.made: list[int] = []

    def prepare(self, source: ShotSource, report: Report, state: Path) -> None:
        """There is nothing to look for."""

    def generate(self, frames: Iterator[PlateFrame], report: Report) -> Iterator[Generated]:
        """Noise that follows from the seed and a frame's number."""
        for frame in frames:
            report(Progress("generate", frame=frame.number))
            self.made.append(frame.number)
            at = ModelFrame.fitting(frame.display, frame.pixel_aspect, (32, 32), 8)
            rng = np.random.default_rng([self.seed, frame.number & 0xFFFF])
            composite = rng.uniform(0.1, 2, (at.height, at.width, 3)).astype(np.float32)
            seen = at.to_model(np.ascontiguousarray(frame.rgb[frame.display.slices_in(frame.canvas)]))
            assert frame.alpha is not None
            yield Generated(frame.number, frame.alpha, None, model=ModelPicture(composite, seen, at))

    def notes(self) -> dict[str, object]:
        """Nothing was found."""
        return {}

    def close(self) -> None:
        """Nothing is held."""


class MixingFinisher(Finisher):
    """Takes the mean of the pictures around for each frame's own, and tells what it was given."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.seen: list[int] = []
        self.near: dict[int, list[int]] = {}
        self.far: dict[int, list[int]] = {}

    def see(self, plate: PlateFrame, made: Generated) -> Seen | None:
        """As it is; remembers for which frames it was asked."""
        self.seen.append(plate.number)
        return super().see(plate, made)

    def finish(
        self,
        plate: PlateFrame,
        made: Generated,
        near: Mapping[int, Seen],
        locked: Any = None,
        far: Mapping[int, Far] | None = None,
    ) -> Layers:
        """Finish the frame before the mixed picture, with a light and a shadow that follow from it."""
        self.near[plate.number], self.far[plate.number] = sorted(near), sorted(far or {})
        mixed = np.mean([seen.composite for seen in near.values()], axis=0, dtype=np.float32)
        for one in (far or {}).values():
            mixed = mixed * np.float32(1 + 0.1 * np.abs(one.light.log).mean())
        whole = np.ones(plate.rgb.shape, np.float32)
        whole[plate.display.slices_in(plate.canvas)] = near[plate.number].frame.to_plate(mixed)
        shade = np.clip(whole[..., 0], 0, 1)
        made = replace(made, model=None, gain=0.5 + whole, background=whole, shadow=shade)
        return super().finish(plate, made, {}, locked)


class Installed:
    """What the spine made of both in its latest run."""

    engine: PicturingEngine
    finisher: MixingFinisher


def install(monkeypatch: pytest.MonkeyPatch, reach: int = REACH) -> Installed:
    """The spine runs `PicturingEngine` and `MixingFinisher`."""
    now = Installed()

    def make_engine(shot: Shot, models: Models) -> PicturingEngine:
        now.engine = PicturingEngine(shot.engine.seed)
        return now.engine

    def make_finisher(*given: Any, **named: Any) -> MixingFinisher:
        now.finisher = MixingFinisher(*given, **named)
        now.finisher.close, now.finisher.reach = min(CLOSE, reach), reach
        return now.finisher

    monkeypatch.setattr(spine, "make_engine", make_engine)
    monkeypatch.setattr(spine, "Finisher", make_finisher)
    return now

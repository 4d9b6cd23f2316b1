"""The engine that leaves the plate as it is, for proving that nothing else changes it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pai_studio.core.engines.base import ShotSource
from pai_studio.core.media.frame import Generated, PlateFrame
from pai_studio.core.report import Progress, Report


class PlateEngine:
    """Returns every frame with its own matte, or one full of 1, and no background."""

    name = "plate"
    version = "1"
    fills_background = False
    gives_layers = True

    def prepare(self, source: ShotSource, report: Report, state: Path) -> None:
        """There is nothing to look for."""

    def generate(self, frames: Iterator[PlateFrame], report: Report) -> Iterator[Generated]:
        """Each frame, unchanged."""
        for frame in frames:
            report(Progress("generate", frame=frame.number))
            matte = np.ones(frame.canvas.shape, np.float32) if frame.alpha is None else frame.alpha
            yield Generated(frame.number, matte, None)

    def notes(self) -> dict[str, object]:
        """That nothing was done."""
        return {"engine": f"{self.name} {self.version}", "background": "the plate, unchanged"}

    def close(self) -> None:
        """Nothing is held."""

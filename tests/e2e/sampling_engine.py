"""A worker's entry: the real spine with an engine that samples in windows, in seconds.

It halves noise step by step, two frames to a window and three steps to each, keeps where it is in its state folder,
and shows every step. Caption `{"die": N}`: the process is killed once, when step N is on disk.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from pai_studio.core import render as spine
from pai_studio.core.engines.base import ShotSource
from pai_studio.core.engines.registry import Models
from pai_studio.core.media.frame import Generated, PlateFrame
from pai_studio.core.report import Progress, Report
from pai_studio.core.shot.document import Shot

WINDOW = 2
STEPS = 3
STATE = "noise.npy"
LOG = "steps"


class SamplingEngine:
    """Every step is made once, whoever dies between them."""

    name = "sampling"
    version = "1"
    fills_background = False
    gives_layers = True

    def __init__(self, shot: Shot) -> None:
        self._die = json.loads(shot.prompt.caption or "{}").get("die", 0)

    def prepare(self, source: ShotSource, report: Report, state: Path) -> None:
        """Take up what an earlier run has left."""
        report(Progress("look"))
        state.mkdir(parents=True, exist_ok=True)
        self._state, self._first = state, source.frames.first
        self._total = -(-len(source.frames) // WINDOW) * STEPS
        self._done = len((state / LOG).read_text().split()) if (state / LOG).is_file() else 0
        noise = np.random.default_rng(7).normal(128, 40, (36, 64, 3)).astype(np.float32)
        self._noise = np.load(state / STATE) if self._done else noise

    def generate(self, frames: Iterator[PlateFrame], report: Report) -> Iterator[Generated]:
        """Sample each window before its frames."""
        for frame in frames:
            while self._done < ((frame.number - self._first) // WINDOW + 1) * STEPS:
                self._step(report)
            report(Progress("generate", frame=frame.number))
            yield Generated(frame.number, np.ones(frame.canvas.shape, np.float32), None)

    def _step(self, report: Report) -> None:
        self._noise = self._noise / 2
        self._done += 1
        np.save(self._state / f"new-{STATE}", self._noise)
        (self._state / f"new-{STATE}").replace(self._state / STATE)
        with (self._state / LOG).open("a") as log:
            log.write(f"{self._done}\n")
        if self._done == self._die:
            os.kill(os.getpid(), signal.SIGKILL)
        shown = cv2.imencode(".jpg", np.clip(self._noise, 0, 255).astype(np.uint8))[1].tobytes()
        report(Progress("sample", self._done, self._total, preview=shown))

    def notes(self) -> dict[str, object]:
        """Nothing was found."""
        return {}

    def close(self) -> None:
        """Nothing is held."""


def _make(shot: Shot, models: Models) -> SamplingEngine:
    return SamplingEngine(shot)


spine.make_engine = _make
RenderRequest = spine.RenderRequest
render = spine.render

"""Curves and pictures of a run for TensorBoard."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

import numpy as np

from pai_studio.core.media.frame import Array
from pai_studio.core.shot.errors import BadInput
from pai_studio.core.training.memory import memory_bytes
from pai_studio.core.training.trainer import TrainStep

_LEVELS = (0.25, 0.5, 0.75, 1.0)
"""Noise levels up to which losses are told together; pure noise is apart."""


class Board:
    """Writes into `FOLDER/board`, every `every` steps. Raises BadInput where TensorBoard is not installed.

    A run that goes on after step `done` has what it told beyond that step, before it was killed, hidden.
    """

    def __init__(self, folder: Path, every: int, *, done: int = 0) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415 - it is an extra
        except ImportError:
            hint = "pip install 'pai-studio[train]'"
            raise BadInput("curves are written with tensorboard, which is missing", hint=hint) from None
        self._writer = SummaryWriter(str(folder / "board"), purge_step=done + 1)
        self._every = every
        self._levels: dict[str, list[float]] = {}
        self._losses: list[float] = []
        self._seconds, self._samples = 0.0, 0

    def __enter__(self) -> Board:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()

    def step(self, done: TrainStep) -> None:
        """Take a step in; what is told is the mean since the last that was told."""
        self._losses.append(done.loss)
        self._seconds += done.seconds
        self._samples += done.samples
        for sigma, lost in done.by_noise:
            self._levels.setdefault(_level(sigma), []).append(lost)
        if done.done % self._every and done.done != done.total:
            return
        told = {
            "loss": float(np.mean(self._losses)),
            "rate": done.rate,
            "gradient": done.gradient,
            "samples a second": self._samples / max(self._seconds, 1e-9),
            "memory GB": memory_bytes() / 1e9,
            **{f"loss by noise/{level}": float(np.mean(found)) for level, found in self._levels.items()},
        }
        self.numbers(told, done.done)
        self._levels, self._losses, self._seconds, self._samples = {}, [], 0.0, 0

    def numbers(self, told: dict[str, float], step: int) -> None:
        """Numbers by name."""
        for name, value in told.items():
            self._writer.add_scalar(name, value, step)
        self._writer.flush()

    def picture(self, name: str, picture: Array, step: int) -> None:
        """A picture (h, w, 3) in 0..1."""
        self._writer.add_image(name, picture, step, dataformats="HWC")
        self._writer.flush()


def _level(sigma: float) -> str:
    if sigma >= 1:
        return "pure noise"
    return f"up to {next(level for level in _LEVELS if sigma <= level):g}"

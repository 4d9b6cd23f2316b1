"""The trainer: AdamW on the objective, an average of the weights beside it, and checkpoints that a run goes on from.

What a step draws follows from the seed and the step's number alone, so that a run that was stopped goes on as if it
had not been, and two runs of one seed differ only in what was changed between them.
"""

from __future__ import annotations

import json
import math
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NoReturn

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from pai_studio.core.model.checkpoint import whole_folder
from pai_studio.core.model.transformer import PaiTransformer3DModel
from pai_studio.core.shot.errors import BadInput, PaiError
from pai_studio.core.training.objective import Asked, Recipe, Source, draw, loss

AVERAGE = "average.safetensors"
"""A checkpoint's averaged weights."""
_STATE = "state.json"
_PARTS = ("step", "exp_avg", "exp_avg_sq")


@dataclass(frozen=True, kw_only=True)
class Training:
    """How long and how fast to learn. Lengths are in steps."""

    steps: int
    batch: int = 16
    rate: float = 1e-3
    least_rate: float = 0.02
    """What the rate ends at, as a part of it."""
    warm_up: int = 100
    betas: tuple[float, float] = (0.9, 0.95)
    decay: float = 0.01
    """AdamW's weight decay, for matrices alone."""
    clip: float = 1.0
    """The longest gradient."""
    average: float = 0.995
    """How much of the averaged weights stays at a step; less of it at first."""
    checkpoint_every: int = 0
    """0: only at the end."""
    seed: int = 0


@dataclass(frozen=True)
class TrainStep:
    """A step that was just done: how many are, and what it lost."""

    done: int
    total: int
    loss: float


class Trainer:
    """One run. With a `folder` it leaves checkpoints there, and goes on from the last one that it finds.

    Raises BadInput where the folder holds a run of other settings. Whatever ends a run, its last checkpoint is whole.
    """

    def __init__(
        self,
        model: PaiTransformer3DModel,
        source: Source,
        recipe: Recipe,
        training: Training,
        folder: Path | None = None,
    ) -> None:
        self.model, self.source, self.recipe, self.training = model, source, recipe, training
        self.folder = folder
        self.done = 0
        self.losses: list[float] = []
        self.seconds = 0.0  # what all steps so far have taken
        self._names = {name: value for name, value in model.named_parameters() if value.requires_grad}
        self.average = {name: value.detach().clone() for name, value in self._names.items()}
        self._optimizer = torch.optim.AdamW(
            [
                {"params": [value], "weight_decay": training.decay if value.ndim > 1 else 0.0}
                for value in self._names.values()
            ],
            lr=training.rate,
            betas=training.betas,
        )
        if folder is None:
            return
        for left in folder.glob(".pai-*-step-*"):  # by a run that was killed while it wrote
            shutil.rmtree(left)
        if (checkpoint := latest(folder)) is not None:
            self._restore(checkpoint)

    def run(self, on_step: Callable[[TrainStep], None] | None = None) -> None:
        """Train to the end. `on_step` is called after every step; what it raises ends the run there.

        Raises PaiError where a loss or a gradient is no number, before it reaches the weights; OutOfResources where
        a checkpoint finds no room.
        """
        self.model.train()
        every = self.training.checkpoint_every
        while self.done < self.training.steps:
            begun = time.monotonic()
            self.losses.append(self._step())
            self.done += 1
            self.seconds += time.monotonic() - begun
            if self.folder is not None and (
                self.done == self.training.steps or (every and self.done % every == 0)
            ):
                self._save(self.folder)
            if on_step is not None:
                on_step(TrainStep(self.done, self.training.steps, self.losses[-1]))

    @contextmanager
    def averaged(self) -> Iterator[PaiTransformer3DModel]:
        """The model with its averaged weights, for as long as one looks at it."""
        kept = {name: value.detach().clone() for name, value in self._names.items()}
        try:
            self._put(self.average)
            yield self.model.eval()
        finally:
            self._put(kept)
            self.model.train()

    def _step(self) -> float:
        training = self.training
        generator = torch.Generator().manual_seed(training.seed * 1_000_003 + self.done)
        told = draw(self.recipe, self.source, training.batch, generator)
        lost = loss(self.recipe, told, ask(self.model, told.asked, self.source.null_text))
        for group in self._optimizer.param_groups:
            group["lr"] = training.rate * rate_at(training, self.done)
        self._optimizer.zero_grad()
        lost.backward()
        length = torch.nn.utils.clip_grad_norm_(self._names.values(), training.clip)
        if not (lost.isfinite() and length.isfinite()):
            self._give_up(lost.item(), length.item())
        self._optimizer.step()
        stays = min(training.average, (1 + self.done) / (10 + self.done))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.values()), list(self._names.values()), 1 - stays)
        return lost.item()

    def _give_up(self, lost: float, length: float) -> NoReturn:
        kept = latest(self.folder) if self.folder is not None else None
        raise PaiError(
            f"step {self.done + 1} lost {lost:g}, with a gradient of {length:g}",
            where=str(self.folder or "training"),
            hint=f"{kept.name if kept else 'nothing'} is kept; look at that step's data, or learn at a lower rate",
        )

    @torch.no_grad()
    def _put(self, weights: Mapping[str, Tensor]) -> None:
        for name, value in self._names.items():
            value.copy_(weights[name])

    def _settings(self) -> dict[str, Any]:
        recipe = asdict(self.recipe) | {"never": sorted(self.recipe.never)}
        told = {"training": asdict(self.training), "recipe": recipe}
        found: dict[str, Any] = json.loads(json.dumps(told))
        return found

    def _save(self, folder: Path) -> None:
        """Write `step-N` whole, then let the earlier ones go."""
        made = folder / f"step-{self.done:08d}"
        run = {"done": self.done, "losses": self.losses, "seconds": self.seconds}
        state = {**run, "settings": self._settings()}
        with whole_folder(made) as temp:
            save_file(
                {name: value.detach() for name, value in self._names.items()}, temp / "model.safetensors"
            )
            save_file(self.average, temp / AVERAGE)
            save_file(self._optimizer_state(), temp / "optimizer.safetensors")
            (temp / _STATE).write_text(json.dumps(state) + "\n", encoding="utf-8")
        for earlier in folder.glob("step-*"):
            if earlier != made:
                shutil.rmtree(earlier)

    def _optimizer_state(self) -> dict[str, Tensor]:
        return {
            f"{part}.{name}": self._optimizer.state[value][part]
            for name, value in self._names.items()
            if value in self._optimizer.state  # what no step has used yet has none
            for part in _PARTS
        }

    def _restore(self, checkpoint: Path) -> None:
        state = json.loads((checkpoint / _STATE).read_text(encoding="utf-8"))
        if state["settings"] != self._settings():
            raise BadInput(
                "the folder holds a run of other settings", where=str(checkpoint), hint="name another folder"
            )
        self.done, self.losses, self.seconds = (state[key] for key in ("done", "losses", "seconds"))
        self._put(load_file(checkpoint / "model.safetensors"))
        average = load_file(checkpoint / AVERAGE)
        self.average = {name: average[name] for name in self._names}
        moments = load_file(checkpoint / "optimizer.safetensors")
        for name, value in self._names.items():
            if f"step.{name}" in moments:
                self._optimizer.state[value] = {part: moments[f"{part}.{name}"] for part in _PARTS}


def ask(model: PaiTransformer3DModel, asked: Asked, null_text: Tensor) -> Tensor:
    """What a model predicts, (B, C, N, H, W)."""
    found: Tensor = model(
        asked.noised,
        asked.timestep,
        asked.text,
        asked.layout,
        asked.conditions,
        asked.history_timestep,
        null_text=null_text,
    )
    return found


def use_threads(count: int) -> None:
    """How many threads of the CPU this process computes with; small networks are slower with several."""
    torch.set_num_threads(count)


def rate_at(training: Training, step: int) -> float:
    """The rate of a step as a part of the whole: a straight rise, then half a cosine (Loshchilov and Hutter, 2017)."""
    if step < training.warm_up:
        return (step + 1) / training.warm_up
    along = (step - training.warm_up) / max(1, training.steps - training.warm_up)
    return training.least_rate + (1 - training.least_rate) * (1 + math.cos(math.pi * along)) / 2


def latest(folder: Path) -> Path | None:
    """The last checkpoint that a run left in a folder."""
    return max(folder.glob("step-*"), default=None)

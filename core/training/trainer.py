"""The trainer: steps on the objective, an average of the weights beside it, and checkpoints that a run goes on from.

What a step draws follows from the seed, the step's number and the process's alone, so that a run that was stopped goes
on as if it had not been, and two runs of one seed differ only in what was changed between them.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NoReturn

import torch
from torch import Tensor
from torch.distributed.tensor import DTensor

from pai_studio.core.model.transformer import PaiTransformer3DModel
from pai_studio.core.shot.errors import BadInput, PaiError
from pai_studio.core.training import checkpoints
from pai_studio.core.training.checkpoints import Checkpoint, latest
from pai_studio.core.training.machine import Machine, parted_as, whole
from pai_studio.core.training.objective import Asked, Noised, Recipe, Source, draw, loss, losses
from pai_studio.core.training.optimizers import Kind, Optimizer
from pai_studio.core.training.sharing import part_again


@dataclass(frozen=True, kw_only=True)
class Training:
    """How long and how fast to learn. Lengths are in steps."""

    steps: int
    batch: int = 16
    """Samples of a process at a time."""
    accumulate: int = 1
    """Batches of a process for one step."""
    rate: float = 1e-3
    least_rate: float = 0.02
    """What the rate ends at, as a part of it."""
    warm_up: int = 100
    optimizer: Kind = "adamw"
    betas: tuple[float, float] = (0.9, 0.95)
    """AdamW's."""
    decay: float = 0.01
    """Weight decay, for matrices alone."""
    clip: float = 1.0
    """The longest gradient."""
    average: float = 0.995
    """How much of the averaged weights stays at a step; less of it at first."""
    checkpoint_every: int = 0
    """0: only at the end."""
    keep: int = 1
    """How many checkpoints stay."""
    seed: int = 0


@dataclass(frozen=True)
class TrainStep:
    """A step that was just done, of `total`: what it lost, its rate, the length of its gradient before clipping.

    `by_noise` has the noise level and the loss of each of this process's samples.
    """

    done: int
    total: int
    loss: float
    rate: float
    gradient: float
    seconds: float
    samples: int
    by_noise: tuple[tuple[float, float], ...]


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
        *,
        machine: Machine | None = None,
    ) -> None:
        """Without a `machine` it is this process alone, on the CPU, in 32 bits."""
        self.model, self.source, self.recipe, self.training = model, source, recipe, training
        self.folder, self.machine = folder, machine or Machine(on_cpu=True)
        self.done = 0
        self.losses: list[float] = []
        self.seconds = 0.0  # what all steps so far have taken
        self.machine.prepare(model)
        self._null_text = source.null_text.to(self.machine.device)
        self._names = {name: value for name, value in model.named_parameters() if value.requires_grad}
        self.average = {name: value.detach().clone() for name, value in self._names.items()}
        self._optimizer = Optimizer(self._names, training)
        if folder is None:
            return
        if self.machine.is_first:
            checkpoints.sweep(folder)
        self.machine.wait()
        if (checkpoint := latest(folder)) is not None:
            self._restore(checkpoint)

    @property
    def samples(self) -> int:
        """Of a step, over all processes."""
        return self.training.batch * self.training.accumulate * self.machine.count

    def run(
        self,
        on_step: Callable[[TrainStep], None] | None = None,
        *,
        asked_to_stop: Callable[[], bool] | None = None,
    ) -> bool:
        """Train to the end; whether it came to it. `on_step` is called after every step, and what it raises ends the
        run there; where `asked_to_stop` says so it ends after the step, with a checkpoint.

        Raises PaiError where a loss or a gradient is no number, before it reaches the weights; OutOfResources where
        a checkpoint finds no room.
        """
        self.model.train()
        every = self.training.checkpoint_every
        while self.done < self.training.steps:
            begun = time.monotonic()
            lost, gradient, by_noise = self._step()
            self.losses.append(lost)
            self.done += 1
            took = time.monotonic() - begun
            self.seconds += took
            stop = self.machine.any(asked_to_stop is not None and asked_to_stop())
            due = bool(every) and self.done % every == 0
            if self.folder is not None and (self.done == self.training.steps or due or stop):
                self._save(self.folder)
            if on_step is not None:
                rate = self.training.rate * rate_at(self.training, self.done - 1)
                told = (self.done, self.training.steps, lost, rate, gradient, took, self.samples, by_noise)
                on_step(TrainStep(*told))
            if stop:
                return False
        return True

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

    def _step(self) -> tuple[float, float, tuple[tuple[float, float], ...]]:
        """The mean loss, the gradient's length, and noise level and loss of each sample of this process."""
        training, machine = self.training, self.machine
        self._optimizer.zero_grad()
        total = torch.zeros((), device=machine.device)
        by_noise: list[tuple[float, float]] = []
        for part in range(training.accumulate):
            told = self._drawn(part).to(machine.device)
            with machine.attending():
                with machine.computing():
                    predicted, own = ask_both(self.model, told.asked, self._null_text)
                each = losses(self.recipe, told, predicted.float())
                learnt = each.mean()
                if weight := self.recipe.own:
                    learnt = torch.lerp(learnt, loss(self.recipe, told, own.float()), weight / (1 + weight))
                (learnt / training.accumulate).backward()
            total += each.detach().mean() / training.accumulate
            by_noise += zip(told.sigma.tolist(), each.tolist(), strict=True)
        machine.average_gradients(self._names)
        length = _number(torch.nn.utils.clip_grad_norm_(self._names.values(), training.clip))
        lost = machine.mean(total).item()
        if not (math.isfinite(lost) and math.isfinite(length)):
            self._give_up(lost, length)
        self._optimizer.step(training.rate * rate_at(training, self.done))
        stays = min(training.average, (1 + self.done) / (10 + self.done))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.values()), list(self._names.values()), 1 - stays)
        return lost, length, tuple(by_noise)

    def _drawn(self, part: int) -> Noised:
        """What this process trains on in part `part` of a step: as many processes draw what one would in more parts."""
        machine, training = self.machine, self.training
        number = (self.done * training.accumulate + part) * machine.count + machine.rank
        generator = torch.Generator().manual_seed(training.seed * 1_000_003 + number)
        return draw(self.recipe, self.source, training.batch, generator)

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
        part_again(self.model)

    def _settings(self) -> dict[str, Any]:
        recipe = asdict(self.recipe) | {"never": sorted(self.recipe.never)}
        told = {"training": asdict(self.training), "recipe": recipe, "samples": self.samples}
        found: dict[str, Any] = json.loads(json.dumps(told))
        return found

    def _save(self, folder: Path) -> None:
        """Write `step-N` whole, then let earlier ones go. What is shared out is put together by all processes."""
        keep = self.machine.is_first
        moments = {
            f"{moment}.{name}": whole(value, keep=keep) for name, moment, value in self._optimizer.moments()
        }
        kept = Checkpoint(
            {"done": self.done, "losses": self.losses, "seconds": self.seconds, "settings": self._settings()},
            {name: whole(value, keep=keep) for name, value in self._names.items()},
            {name: whole(value, keep=keep) for name, value in self.average.items()},
            moments,
        )
        if self.machine.is_first:
            checkpoints.write(folder, kept, keep=self.training.keep)
        self.machine.wait()

    def _restore(self, path: Path) -> None:
        kept = checkpoints.read(path)
        if kept.state["settings"] != self._settings():
            raise BadInput(
                "the folder holds a run of other settings", where=str(path), hint="name another folder"
            )
        self.done, self.losses, self.seconds = (kept.state[key] for key in ("done", "losses", "seconds"))
        self._put({name: parted_as(kept.weights[name], value) for name, value in self._names.items()})
        self.average = {name: parted_as(kept.average[name], value) for name, value in self._names.items()}
        moments: dict[str, dict[str, Tensor]] = {}
        for key, told in kept.moments.items():
            moment, _, name = key.partition(".")
            alike = self._names[name]
            moments.setdefault(name, {})[moment] = (
                parted_as(told, alike) if told.shape == alike.shape else told
            )
        for name, found in moments.items():
            self._optimizer.remember(name, found)


def ask(model: PaiTransformer3DModel, asked: Asked, null_text: Tensor) -> Tensor:
    """What a model predicts, (B, C, N, H, W)."""
    return ask_both(model, asked, null_text)[0]


def ask_both(model: PaiTransformer3DModel, asked: Asked, null_text: Tensor) -> tuple[Tensor, Tensor]:
    """What a model predicts, (B, C, N, H, W), and its head's own picture."""
    found: tuple[Tensor, Tensor] = model(
        asked.noised,
        asked.timestep,
        asked.text,
        asked.layout,
        asked.conditions,
        asked.history_timestep,
        null_text=null_text,
        with_own=True,
    )
    return found


def _number(length: Tensor) -> float:
    return float(length.full_tensor() if isinstance(length, DTensor) else length)


def use_threads(count: int) -> None:
    """How many threads of the CPU this process computes with; small networks are slower with several."""
    torch.set_num_threads(count)


def rate_at(training: Training, step: int) -> float:
    """The rate of a step as a part of the whole: a straight rise, then half a cosine (Loshchilov and Hutter, 2017)."""
    if step < training.warm_up:
        return (step + 1) / training.warm_up
    along = (step - training.warm_up) / max(1, training.steps - training.warm_up)
    return training.least_rate + (1 - training.least_rate) * (1 + math.cos(math.pi * along)) / 2

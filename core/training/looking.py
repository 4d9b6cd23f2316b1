"""A look at what a run has learnt by now: the loss on shots that it does not learn from, and pictures of some.

What is looked at is drawn once, from a seed of its own: between two looks nothing differs but the weights.

Legend of shapes: C channels, N frames, (h, w) pixels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from pai_studio.core.media.frame import Array
from pai_studio.core.model.manifest import GUIDE_CHANNELS
from pai_studio.core.model.sampler import Sampling, sample
from pai_studio.core.training.objective import Noised, Recipe, Source, draw, losses
from pai_studio.core.training.pictures import Strip, contact_sheet
from pai_studio.core.training.trainer import Trainer, ask

_SEED = 20_013
_PICTURE_CHANNELS = 3


@dataclass(frozen=True)
class Looked:
    """The held-back loss, and a contact sheet (h, w, 3) of some shots; None where latents are no pictures."""

    loss: float
    sheet: Array | None


class Looks:
    """Looks at the same `count` samples of a source again and again, and shows the first `shown` of them."""

    def __init__(
        self, source: Source, recipe: Recipe, sampling: Sampling, *, count: int = 8, shown: int = 2
    ) -> None:
        generator = torch.Generator().manual_seed(_SEED)
        self._drawn = [draw(recipe, source, 1, generator) for _ in range(count)]
        self._null_text = source.null_text
        self._recipe, self._sampling, self._shown = recipe, sampling, shown

    @torch.no_grad()
    def look(self, trainer: Trainer) -> Looked:
        """By the averaged weights. Every process has to ask where weights are shared out."""
        with trainer.averaged():
            found = [self._loss(trainer, told) for told in self._drawn]
            strips = [strip for told in self._drawn[: self._shown] for strip in self._strips(trainer, told)]
        sheet = contact_sheet(strips, f"after {trainer.done} steps") if strips else None
        return Looked(sum(found) / len(found), sheet)

    def _loss(self, trainer: Trainer, told: Noised) -> float:
        told = told.to(trainer.machine.device)
        return float(losses(self._recipe, told, self._asked(trainer, told)).mean())

    def _asked(self, trainer: Trainer, told: Noised) -> Tensor:
        with trainer.machine.computing():
            found = ask(trainer.model, told.asked, self._null_text.to(trainer.machine.device))
        return found.float()

    def _strips(self, trainer: Trainer, told: Noised) -> Iterator[Strip]:
        """Of one shot: what is told of it, the truth, and what is made of it in one step and in several."""
        if told.sample.clean.shape[1] != _PICTURE_CHANNELS:
            return
        seen = told.sample
        yield "plate", _pixels(seen.foreground[:, :_PICTURE_CHANNELS], seen.clean)
        if seen.foreground.shape[1] > GUIDE_CHANNELS + _PICTURE_CHANNELS:
            guide = seen.foreground[:, -GUIDE_CHANNELS:]
            yield "guide" if guide[:, -1].any() else "no guide", guide[0, :_PICTURE_CHANNELS]
        if seen.references is not None:
            stills = torch.full_like(seen.clean[0], -0.8)
            count = min(stills.shape[1], seen.references.shape[2])
            stills[:, :count] = seen.references[0, :_PICTURE_CHANNELS, :count]
            yield "stills", stills
        yield "truth", seen.clean[0]
        for steps in dict.fromkeys((1, self._sampling.steps)):
            made = self._made(trainer, told, replace(self._sampling, steps=steps))
            yield f"{steps} step{'s' * (steps > 1)}", made[0].cpu()

    def _made(self, trainer: Trainer, told: Noised, sampling: Sampling) -> Tensor:
        told = told.to(trainer.machine.device)

        def denoise(noisy: Tensor, timestep: Tensor, _branch: str) -> Tensor:
            asked = replace(told.asked, noised=noisy, timestep=timestep)
            return self._asked(trainer, replace(told, asked=asked))

        alone = replace(sampling, guidance=None)
        return sample(denoise, told.noise, alone)


def _pixels(picture: Tensor, like: Tensor) -> Tensor:
    """A picture (1, C, N, h, w), enlarged where it is of half the size, without its batch."""
    if picture.shape[-2:] != like.shape[-2:]:
        picture = torch.nn.functional.interpolate(picture, size=like.shape[2:], mode="nearest")
    return picture[0]

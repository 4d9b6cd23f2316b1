"""Takes as a source to learn from: windows of kept takes, mirrored, under other light, with or without the guide.

A guide was drafted with stills at certain frames, so a plan that has a guide has those anchors; without one references
stand anywhere. Each plan is made for one take: a batch larger than one repeats its window with other noise and light.

Legend of shapes: B samples, N frames of the window, n of its history, K references, (h, w) pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from pai_studio.core.media.modelspace import DISPLAY_16
from pai_studio.core.model.clock import Clock
from pai_studio.core.model.layout import Window
from pai_studio.core.model.manifest import GUIDE_CHANNELS
from pai_studio.core.model.prompt import TextEncoder
from pai_studio.core.training.data.shards import KeptTake, read_planes
from pai_studio.core.training.data.showing import Showing
from pai_studio.core.training.objective import Plan, Recipe, Sample, chance, draw_anchors, fate_of, whole

_STEPS = (1, 1, 2)
"""Frames from one to the next of a window: now and then of a shot that is thinned."""

_STOPS, _TINT_STOPS = 0.5, 0.1
"""How far the place's light is moved, and each of its primaries: one standard deviation."""


@dataclass(frozen=True)
class _Picked:
    """A take, the set of stills of its guide (None without one), whether it is mirrored and under other light."""

    take: KeptTake
    guide: int | None
    mirrored: bool
    relit: bool = True


class TakeSource:
    """Takes, at least one, each of a size of its own."""

    def __init__(
        self,
        takes: Sequence[KeptTake],
        patch: tuple[int, int],
        encoder: TextEncoder,
        showing: Showing = Showing(),  # noqa: B008 - nobody can change it
    ) -> None:
        """`patch` is a token's rows and columns. Raises BadInput for a size of the first take that cannot be shown."""
        self._showing, self._patch = showing, patch
        self.takes, self.clock = takes, Clock(1)
        self.grid = self.grid_of(takes[0])
        self.null_text = encoder.encode([""])
        self._encoder = encoder
        self._texts: dict[str, Tensor] = {}

    def plan(self, recipe: Recipe, generator: torch.Generator) -> Plan:
        """A window of one take, whose history and anchors lie within the take."""
        take = self.takes[whole(0, len(self.takes) - 1, generator)]
        history = recipe.history if chance(recipe.history_share, generator) else 0
        steps = [step for step in _STEPS if (history + recipe.count - 1) * step < take.frames]
        step = steps[whole(0, len(steps) - 1, generator)]
        first = whole(history * step, take.frames - 1 - (recipe.count - 1) * step, generator)
        window = Window(first, recipe.count, history, step)
        without_guide = chance(recipe.without_guide, generator)
        guide = None if without_guide else whole(0, len(take.anchors) - 1, generator)
        no_references, null_text = fate_of(recipe, generator)
        wanted = whole(1, recipe.most_references, generator)
        drawn = draw_anchors(recipe, window, self.clock, wanted, generator, range(take.frames))
        anchors = take.anchors[guide] if guide is not None else () if no_references else drawn
        picked = _Picked(take, guide, mirrored=chance(0.5, generator))
        return Plan(self.grid_of(take), window, anchors, null_text=null_text, pick=picked)

    def plan_of(self, take: KeptTake, window: Window, anchors: tuple[int, ...]) -> Plan:
        """A given window of a take as it was filmed, without a guide, with stills at given frames of the take."""
        picked = _Picked(take, None, mirrored=False, relit=False)
        return Plan(self.grid_of(take), window, anchors, pick=picked)

    def grid_of(self, take: KeptTake) -> tuple[int, int]:
        """Tokens of a frame of a take: rows, columns."""
        height, width = self._showing.size(take.size)
        return height // self._patch[0], width // self._patch[1]

    def draw(self, plan: Plan, batch: int, generator: torch.Generator) -> Sample:
        """As `Source.draw`, of the plan's take. Raises BadInput for a shard that cannot be read."""
        picked, window = plan.pick, plan.window
        assert isinstance(picked, _Picked)
        assert not plan.half_foreground
        frames = [window.first + index * window.step for index in range(window.count)]
        samples = [self._seen(picked, plan, frames, generator) for _ in range(batch)]
        text = self._text(picked.take.prompt).expand(batch, -1, -1)
        told = {key: torch.cat([each[key] for each in samples]) for key in samples[0]}
        return Sample(text=text, **told)

    def _text(self, prompt: str) -> Tensor:
        """A prompt's embedding (1, L, D), which is computed once."""
        if prompt not in self._texts:
            self._texts[prompt] = self._encoder.encode([prompt]).half()
        return self._texts[prompt].float()

    def _seen(
        self, picked: _Picked, plan: Plan, frames: list[int], generator: torch.Generator
    ) -> dict[str, Tensor]:
        """One sample's tensors, by `Sample`'s names."""
        take, window = picked.take, plan.window
        gain = _light(generator) if picked.relit else torch.ones(3)

        def planes(names: tuple[str, ...], at: list[int] | range) -> list[Tensor]:
            found = [self._showing.small(each) for each in read_planes(take, names, at)]
            return [each.flip(-1) if picked.mirrored else each for each in found]

        truth, matte, rebuilt, plate, told = planes(("truth", "matte", "rebuilt", "plate", "told"), frames)
        clean = _moved(truth, gain)
        shown = {"truth": clean / 2 + 0.5, "matte": matte, "rebuilt": rebuilt}
        plate, told = self._showing.plate(plate, told, **shown)
        guide = plate.new_zeros(GUIDE_CHANNELS, *plate.shape[1:])
        if picked.guide is not None:
            (guide,) = planes((f"guide{picked.guide}",), frames)
            guide = torch.cat([_moved(guide[:3], gain), guide[3:]])
        found = {
            "clean": clean,
            "matte": matte,
            "rebuilt": rebuilt,
            "foreground": torch.cat([2 * plate - 1, told, guide]),
        }
        further = 1 + GUIDE_CHANNELS
        if plan.anchors:
            stills = _moved(planes(("place",), list(plan.anchors))[0], gain)
            found["references"] = _alone(stills, further)
        if window.history:
            behind = [window.first - (back + 1) * window.step for back in reversed(range(window.history))]
            found["history"] = _alone(_moved(planes(("truth",), behind)[0], gain), further)
        return {key: each[None] for key, each in found.items()}


def _light(generator: torch.Generator) -> Tensor:
    """Gains (3,) of the place's light: another exposure, a little tint."""
    stops = _STOPS * torch.randn((), generator=generator) + _TINT_STOPS * torch.randn(3, generator=generator)
    return torch.exp2(stops)


def _moved(codes: Tensor, gain: Tensor) -> Tensor:
    """A picture (3, n, h, w) of codes 0..1 under that much more light, in -1..1. Light adds up: so does its truth."""
    light = DISPLAY_16.decode(codes.numpy()) * gain.numpy()[:, None, None, None]
    return 2 * torch.from_numpy(DISPLAY_16.encode(np.asarray(light, np.float32))) - 1


def _alone(picture: Tensor, further: int) -> Tensor:
    """A picture (3, n, h, w) of no plate: its matte and guide are 0."""
    return torch.cat([picture, picture.new_zeros(further, *picture.shape[1:])])

"""The objective: flow matching on the noisy tokens of the real sequence, with everything drawn anew for each step.

A noised latent is `x_t = (1 - sigma) x0 + sigma eps`, and the velocity that leads back is `v = eps - x0` (Lipman et
al., 2023; Liu et al., 2023). Noise levels are drawn uniformly and then shifted, `s u / (1 + (s - 1) u)` (Esser et al.,
2024, 5.3.2): just as a sampler's steps lie, so that each is trained for as densely as it is asked.

A network too narrow for its patches cannot pass noise through and so cannot predict velocities; predicting the clean
sample it can, and its error in velocities is `|x0_hat - x0|^2 / sigma^2` (Li and He, 2025), the weight clipped where
there is hardly any noise.

Legend of shapes: B samples, C latent channels, M matte channels, G guide channels, N latent frames of the window, K
references, n latent frames of history, (H, W) latent pixels, L text tokens, D their channels.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Protocol, TypeVar

import torch
from torch import Tensor

from pai_studio.core.model.clock import Clock
from pai_studio.core.model.layout import Cloning, Layout, Window, lay_out
from pai_studio.core.model.sampler import TIMESTEPS, Prediction
from pai_studio.core.model.transformer import Conditions
from pai_studio.core.training.spilling import spill

Told = TypeVar("Told", bound="Noised | Asked | Sample | Conditions")


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What is drawn for every step, and how a prediction is held against the truth.

    Lengths are in latents where not said otherwise; a share is a probability.
    """

    count: int
    """Latent frames of a window."""
    longest: int
    """Latents of the longest shot that windows with history are taken from."""
    history: int = 2
    history_share: float = 0.5
    history_sigma: float = 0.1
    """History is noised up to this, as the model's own results are not the truth."""
    most_references: int = 5
    fixed_share: float = 0.5
    """How often references stand at the window's begin, middle and end, in this order; else at random frames."""
    outside_share: float = 0.3
    """How often one at a random frame stands outside the window."""
    outside_frames: int = 8
    """How far outside, at most."""
    never: frozenset[int] = frozenset()
    """Frames, counted from the window's first, that no reference is ever drawn at: kept for tests."""
    half_share: float = 0.3
    """How often the foreground comes at half its resolution, where the grid allows it."""
    without_text: float = 0.1
    without_references: float = 0.1
    without_both: float = 0.05
    cloning: Cloning = "frame"
    prediction: Prediction = "sample"
    shift: float = 1.0
    at_one: float = 0.25
    """Share of samples that are nothing but noise: what sampling in one step needs."""
    least_sigma: float = 0.2
    """Where 1 / sigma^2 is clipped."""
    l1: float = 0.0
    """Weight of the absolute error of the clean sample."""
    foreground: float = 0.0
    """By how much more an error weighs on the subject."""
    rebuilt: float = 0.0
    """By how much more it weighs where the plate lacks a part of the subject."""
    own: float = 0.0
    """Weight of the head's own picture, held against the truth as the mean with the guide is: it learns nothing from
    that mean where the guide's share is near 1."""
    spill: float = 0.0
    """Weight of `spilling.spill`; for models of pixels alone."""
    without_guide: float = 0.5
    """How often no guide is told of, where the source has one."""


@dataclass(frozen=True)
class Plan:
    """What one step asks for: a window of a shot, and which conditions come with it.

    `grid` is a latent frame's tokens, rows and columns. `anchors` are pixel frames counted from the shot's first; none
    where references are dropped.
    """

    grid: tuple[int, int]
    window: Window
    anchors: tuple[int, ...]
    half_foreground: bool = False
    null_text: bool = False
    pick: object = None
    """Which of the source's shots the plan was made for, as the source knows them; None where it serves any."""


@dataclass(frozen=True)
class Sample:
    """What a source gives for a plan: the window's true latents `clean` (B, C, N, H, W), and what is told of it.

    `foreground` (B, C + M + G, N, H, W), or half of H and W; `references` (B, C + M + G, K, H, W) and `history`
    (B, C + M + G, n, H, W) where the plan has them; `matte` (B, 1, N, H, W), where the subject is, and `rebuilt`, what
    of it the plate lacks; `text` (B, L, D).
    """

    clean: Tensor
    foreground: Tensor
    matte: Tensor
    text: Tensor
    references: Tensor | None = None
    history: Tensor | None = None
    rebuilt: Tensor | None = None


class Source(Protocol):
    """Shots to learn from."""

    clock: Clock
    grid: tuple[int, int]
    """Tokens of a latent frame of the first shot: rows, columns. Other shots may have another shape."""
    null_text: Tensor
    """(1, L, D): what the text encoder makes of nothing."""

    def plan(self, recipe: Recipe, generator: torch.Generator) -> Plan:
        """What a step asks for: `draw_plan`'s, or as the source's shots allow."""

    def draw(self, plan: Plan, batch: int, generator: torch.Generator) -> Sample:
        """`batch` shots, each seen through the plan; whatever is random comes from `generator`."""


@dataclass(frozen=True)
class Asked:
    """One call of the network: noised latents (B, C, N, H, W), timesteps (B,), and all that it is told."""

    noised: Tensor
    timestep: Tensor
    text: Tensor
    layout: Layout
    conditions: Conditions
    history_timestep: Tensor | None


@dataclass(frozen=True)
class Noised:
    """A sample with its noise: what the network is asked, and the truth (sigma (B,), noise as `clean`)."""

    asked: Asked
    sample: Sample
    sigma: Tensor
    noise: Tensor

    def to(self, device: torch.device) -> Noised:
        """The same on a device."""
        return _to(self, device)


def draw_plan(recipe: Recipe, clock: Clock, grid: tuple[int, int], generator: torch.Generator) -> Plan:
    """The plan of one step: all its samples share the layout, and with it K, the anchors and what is dropped."""
    history = recipe.history if chance(recipe.history_share, generator) else 0
    last = max(recipe.longest - recipe.count, history)
    window = Window(whole(history, last, generator) if history else 0, recipe.count, history)
    even = not (grid[0] % 2 or grid[1] % 2)
    half = chance(recipe.half_share, generator) and even
    wanted = whole(1, recipe.most_references, generator)
    anchors = draw_anchors(recipe, window, clock, wanted, generator)
    no_references, null_text = fate_of(recipe, generator)
    return Plan(grid, window, () if no_references else anchors, half, null_text=null_text)


def fate_of(recipe: Recipe, generator: torch.Generator) -> tuple[bool, bool]:
    """Whether references are left out, and whether the text is."""
    fate = _uniform(generator)
    both, text = recipe.without_both, recipe.without_both + recipe.without_text
    return fate < both or text <= fate < text + recipe.without_references, fate < text


def draw_anchors(  # noqa: PLR0917 - the generator comes last, as everywhere
    recipe: Recipe,
    window: Window,
    clock: Clock,
    count: int,
    generator: torch.Generator,
    among: Collection[int] | None = None,
) -> tuple[int, ...]:
    """`count` frames for references, no two the same: at begin, middle and end or anywhere; beyond three, anywhere.

    `among` are the frames that a source has stills of, None where it has all: begin, middle and end are then those
    nearest to them. Where it has none within `recipe.outside_frames` of the window, the nearest one anchors alone.
    """
    first = clock.frames_of(window.first).start
    last = clock.frames_of(window.first + (window.count - 1) * window.step).stop - 1
    margin = recipe.outside_frames
    around = range(first - margin, last + 1 + margin)
    there = [
        frame
        for frame in (around if among is None else sorted(set(among) & set(around)))
        if frame - first not in recipe.never
    ]
    inside = [frame for frame in there if first <= frame <= last]
    outside = [frame for frame in there if not first <= frame <= last]
    if not there and among:
        return (min(among, key=lambda frame: max(first - frame, frame - last)),)
    found: list[int] = []
    if chance(recipe.fixed_share, generator):
        fixed = _fixed((first, (first + last) // 2, last), inside, exactly=among is None)
        found = [fixed[i] for i in torch.randperm(len(fixed), generator=generator).tolist()][:count]
    while len(found) < count:
        far = bool(outside) and chance(recipe.outside_share, generator)
        left = [frame for frame in (outside if far else inside) if frame not in found]
        left = left or [frame for frame in there if among is not None and frame not in found]
        if not left:
            break
        found.append(left[whole(0, len(left) - 1, generator)])
    return tuple(found)


def _fixed(wanted: Sequence[int], inside: Sequence[int], *, exactly: bool) -> list[int]:
    """Of frames within a window those that are wanted, or, where not `exactly`, the nearest to each."""
    if exactly or not inside:
        return [frame for frame in wanted if frame in inside]
    return list(dict.fromkeys(min(inside, key=lambda frame: abs(frame - at)) for at in wanted))


def draw_sigmas(recipe: Recipe, batch: int, generator: torch.Generator) -> Tensor:
    """Noise levels (B,), in 0..1."""
    even = torch.rand(batch, generator=generator)
    shifted = recipe.shift * even / (1 + (recipe.shift - 1) * even)
    return torch.where(torch.rand(batch, generator=generator) < recipe.at_one, torch.ones(batch), shifted)


def draw(recipe: Recipe, source: Source, batch: int, generator: torch.Generator) -> Noised:
    """Everything that one step trains on: a plan, its samples, and their noise."""
    plan = source.plan(recipe, generator)
    return noised(recipe, plan, source, batch, generator)


def noised(recipe: Recipe, plan: Plan, source: Source, batch: int, generator: torch.Generator) -> Noised:
    """The samples of a given plan with their noise."""
    sample = source.draw(plan, batch, generator)
    sigma = draw_sigmas(recipe, batch, generator)
    noise = torch.randn(sample.clean.shape, generator=generator)
    history, history_timestep = _noised_history(recipe, sample.history, generator)
    layout = lay_out(
        plan.window,
        plan.grid,
        plan.anchors,
        source.clock,
        cloning=recipe.cloning,
        half_foreground=plan.half_foreground,
    )
    text = source.null_text.expand(batch, -1, -1) if plan.null_text else sample.text
    asked = Asked(
        mixed(sample.clean, noise, sigma),
        sigma * TIMESTEPS,
        text,
        layout,
        Conditions(sample.foreground, sample.references, history),
        history_timestep,
    )
    return Noised(asked, sample, sigma, noise)


def mixed(clean: Tensor, noise: Tensor, sigma: Tensor) -> Tensor:
    """`(1 - sigma) x0 + sigma eps`, sigma (B,)."""
    level = _spread(sigma, clean)
    return (1 - level) * clean + level * noise


def losses(recipe: Recipe, told: Noised, predicted: Tensor) -> Tensor:
    """The loss (B,) of each sample's prediction (B, C, N, H, W), as `recipe.prediction` names it: 0 for the truth."""
    level = _spread(told.sigma, predicted)
    clean = told.sample.clean
    if recipe.prediction == "velocity":
        squared = (predicted - (told.noise - clean)).square()
        found = told.asked.noised - level * predicted
    else:
        squared = (predicted - clean).square() / level.clamp_min(recipe.least_sigma).square()
        found = predicted
    weight = _weight(recipe, told.sample)
    total = (weight * squared).flatten(1).mean(1)
    if recipe.l1:
        total = total + recipe.l1 * (weight * (found - clean).abs()).flatten(1).mean(1)
    if recipe.spill:
        total = total + recipe.spill * spill(found, clean, told.sample.matte)
    return total


def loss(recipe: Recipe, told: Noised, predicted: Tensor) -> Tensor:
    """The mean of `losses`."""
    return losses(recipe, told, predicted).mean()


def _weight(recipe: Recipe, sample: Sample) -> Tensor:
    """What an error weighs (B, 1, N, H, W), 1 on a batch's average."""
    weight = 1 + recipe.foreground * sample.matte
    if sample.rebuilt is not None:
        weight = weight + recipe.rebuilt * sample.rebuilt
    return weight / weight.mean()


def with_matte(latents: Tensor, matte: Tensor | None, channels: int = 1) -> Tensor:
    """Latents (B, C, n, H, W) with their matte channels, (B, C + M, n, H, W); without a matte these are 0."""
    shape = (latents.shape[0], channels, *latents.shape[2:])
    return torch.cat([latents, latents.new_zeros(shape) if matte is None else matte], dim=1)


def _to(told: Told, device: torch.device) -> Told:
    """A dataclass with all its tensors on a device; a layout has none."""
    found: dict[str, Any] = {}
    for field in fields(told):
        value = getattr(told, field.name)
        if isinstance(value, Tensor):
            found[field.name] = value.to(device)
        elif isinstance(value, Asked | Conditions | Sample):
            found[field.name] = _to(value, device)
    return replace(told, **found)


def _noised_history(
    recipe: Recipe, history: Tensor | None, generator: torch.Generator
) -> tuple[Tensor | None, Tensor | None]:
    """History with a little noise on it (on its mattes too, which tell nothing), and its timesteps (B,)."""
    if history is None:
        return None, None
    sigma = recipe.history_sigma * torch.rand(len(history), generator=generator)
    noise = torch.randn(history.shape, generator=generator)
    return mixed(history, noise, sigma), sigma * TIMESTEPS


def _spread(sigma: Tensor, like: Tensor) -> Tensor:
    return sigma.reshape(-1, *[1] * (like.ndim - 1))


def _uniform(generator: torch.Generator) -> float:
    return float(torch.rand((), generator=generator))


def chance(share: float, generator: torch.Generator) -> bool:
    """Yes, as often as `share` says."""
    return _uniform(generator) < share


def whole(low: int, high: int, generator: torch.Generator) -> int:
    """A whole number from `low` to `high`, both among them."""
    return int(torch.randint(low, high + 1, (), generator=generator))

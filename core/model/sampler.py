"""From noise to clean latents: the noise a window begins from, the guidance, and the solver's loop.

The flow's convention is the backbone's: `x = (1 - sigma) x0 + sigma eps`, velocity `v = eps - x0`, timestep
`1000 sigma`, sigma going from 1 to 0. The solvers are the library's. Whatever the model computes in, and whatever the
device, the loop itself runs in 32-bit floats.

Legend of shapes: B batch, C latent channels, N latent frames of the window, (h, w) latent pixels.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
import torch
from diffusers.schedulers.scheduling_flow_match_euler_discrete import FlowMatchEulerDiscreteScheduler
from diffusers.schedulers.scheduling_unipc_multistep import UniPCMultistepScheduler
from torch import Tensor

Branch = Literal["plain", "references", "all"]
"""What the model is told besides the plate: nothing, the references, the references and the prompt."""

Denoise = Callable[[Tensor, Tensor, Branch], Tensor]
"""The model: noisy latents (B, C, N, h, w) in float32, timesteps (B,) in 0..1000 and a branch to a prediction."""

Solver = Literal["unipc", "euler"]
Prediction = Literal["velocity", "sample"]

TIMESTEPS = 1000
"""What the model is told for pure noise."""


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How a window is sampled.

    `shift` moves the steps towards the noise: `sigma' = shift sigma / (1 + (shift - 1) sigma)`. `prediction` is what
    the model gives: the velocity or the clean sample. `guidance` is (s_r, s_t), the weight of the references and of the
    prompt; None is a single pass with all that there is. One step gives the mean of what the model holds possible.
    Raises ValueError for what cannot be.
    """

    solver: Solver
    steps: int
    shift: float
    prediction: Prediction
    guidance: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if self.solver not in get_args(Solver):
            raise ValueError(f"no solver {self.solver!r}: there are {', '.join(get_args(Solver))}")
        if self.prediction not in get_args(Prediction):
            raise ValueError(
                f"no prediction {self.prediction!r}: there are {', '.join(get_args(Prediction))}"
            )
        if self.steps < 1:
            raise ValueError(f"sampling takes at least one step, not {self.steps}")
        if not (math.isfinite(self.shift) and self.shift > 0):
            raise ValueError(f"a shift is a number above zero, not {self.shift}")
        s = self.guidance
        if s is not None and not (len(s) == 2 and all(math.isfinite(one) and one >= 0 for one in s)):
            raise ValueError(f"guidance is two numbers from zero on, not {s}")

    @property
    def weights(self) -> dict[Branch, float]:
        """What each branch weighs in the guided prediction; a branch that weighs nothing is left out.

        `p + s_r (r - p) + s_t (a - r) = (1 - s_r) p + (s_r - s_t) r + s_t a` for the predictions p of "plain", r of
        "references" and a of "all". They sum to one, so that guided velocities and guided samples are the same thing.
        """
        s_r, s_t = self.guidance or (1.0, 1.0)
        weights: dict[Branch, float] = {"plain": 1 - s_r, "references": s_r - s_t, "all": s_t}
        return {branch: weight for branch, weight in weights.items() if weight != 0}

    def given(self, *, references: bool, prompt: bool) -> Sampling:
        """The same for a shot that may lack references or a prompt: branches that are then alike are computed once.

        Without references "plain" and "references" see the same, without a prompt "references" and "all" do.
        """
        if self.guidance is None:
            return self
        s_r, s_t = self.guidance
        s_r = s_r if references else 1.0
        return replace(self, guidance=(s_r, s_t if prompt else s_r))


@dataclass(frozen=True, eq=False)
class Step:
    """A step that was just done: its `index` of `total`, counted from 0, and what the result looks like by now.

    `estimate` is the guided clean sample (B, C, N, h, w) in float32, which a preview shows.
    """

    index: int
    total: int
    estimate: Tensor


def start_noise(shape: Sequence[int], seed: int, window: int | str) -> Tensor:
    """The noise that a window begins from, float32 on the CPU: the same for every device.

    `window` is whatever tells the windows of a shot apart: seed and window together seed a generator of its own.
    """
    digest = hashlib.sha256(f"{seed}/{window}".encode()).digest()
    generator = torch.Generator().manual_seed(int.from_bytes(digest[:8], "big"))
    return torch.randn(tuple(shape), generator=generator, dtype=torch.float32)


@torch.no_grad()
def sample(
    denoise: Denoise, noise: Tensor, sampling: Sampling, on_step: Callable[[Step], None] | None = None
) -> Tensor:
    """Clean latents (B, C, N, h, w), float32, from noise of that shape, on the noise's device.

    `on_step` is called after every step; what it raises ends the sampling there and reaches the caller.
    """
    x = noise.float()
    solver = _solver(sampling)
    for index, sigma in enumerate(solver.sigmas[:-1].tolist()):
        timestep = torch.full((x.shape[0],), TIMESTEPS * sigma, dtype=torch.float32, device=x.device)
        predicted = _guided(denoise, x, timestep, sampling.weights)
        estimate, velocity = _both(predicted, x, sigma, sampling.prediction)
        (x,) = solver.step(velocity, solver.timesteps[index], x, return_dict=False)
        if on_step is not None:
            on_step(Step(index, sampling.steps, estimate))
    return x


def _solver(sampling: Sampling) -> Any:
    """The library's scheduler with its steps laid out, as Wan's pipeline does it.

    Both solvers walk Wan's grid. The Euler scheduler's own grid would end with an evaluation at a sigma of nearly
    zero, which of few steps wastes one.
    """
    if sampling.solver == "unipc":
        made = UniPCMultistepScheduler(
            num_train_timesteps=TIMESTEPS,
            prediction_type="flow_prediction",
            use_flow_sigmas=True,
            flow_shift=sampling.shift,
        )
    else:
        made = FlowMatchEulerDiscreteScheduler(num_train_timesteps=TIMESTEPS, shift=sampling.shift)
    made.set_timesteps(sigmas=np.linspace(1, 1 / TIMESTEPS, sampling.steps + 1)[:-1])
    made.set_begin_index(0)
    return made


def _guided(denoise: Denoise, x: Tensor, timestep: Tensor, weights: Mapping[Branch, float]) -> Tensor:
    """The weighted sum of the branches' predictions, in float32."""
    total = torch.zeros_like(x)
    for branch, weight in weights.items():
        predicted = denoise(x, timestep, branch).float()
        assert predicted.shape == x.shape, "a prediction has the shape of the noise"
        total = total.add_(predicted, alpha=weight)
    return total


def _both(predicted: Tensor, x: Tensor, sigma: float, prediction: Prediction) -> tuple[Tensor, Tensor]:
    """The clean sample and the velocity, of which the model predicted one. No evaluation is at sigma 0."""
    if prediction == "sample":
        return predicted, (x - predicted) / sigma
    return x - sigma * predicted, predicted

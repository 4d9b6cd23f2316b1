"""What takes the steps: AdamW over everything, or Muon over the matrices of the blocks and AdamW over the rest.

Muon (Jordan et al., 2024) steps by the momentum's nearest orthogonal matrix, so that no few directions have all of the
step. Its steps are made as long as AdamW's would be (Liu et al., 2025), so that both take the same rate and decay.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from pai_studio.core.training.trainer import Training

Kind = Literal["adamw", "muon"]

_BLOCKS = "blocks."


class Optimizer:
    """The optimizers of a run's weights, as one. `named` are the weights that learn."""

    def __init__(self, named: Mapping[str, nn.Parameter], training: Training) -> None:
        self._named = named
        is_muon = training.optimizer == "muon"
        turned = {name for name in named if is_muon and _is_turned(name, named[name])}
        rest = [
            {"params": [value], "weight_decay": training.decay if value.ndim > 1 else 0.0}
            for name, value in named.items()
            if name not in turned
        ]
        self._parts: list[torch.optim.Optimizer] = []
        if rest:
            self._parts.append(torch.optim.AdamW(rest, lr=training.rate, betas=training.betas))
        if turned:
            matrices = [named[name] for name in named if name in turned]
            self._parts.append(
                torch.optim.Muon(
                    matrices, lr=training.rate, weight_decay=training.decay, adjust_lr_fn="match_rms_adamw"
                )
            )

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for part in self._parts:
            part.zero_grad()

    def step(self, rate: float) -> None:
        """One step at a rate."""
        for part in self._parts:
            for group in part.param_groups:
                group["lr"] = rate
            part.step()

    def moments(self) -> Iterator[tuple[str, str, Tensor]]:
        """What is remembered of earlier steps: a weight's name, the moment's, and its value."""
        for name, state in self._states():
            yield from ((name, moment, value) for moment, value in state.items())

    def remember(self, name: str, moments: Mapping[str, Tensor]) -> None:
        """Take up again what `moments` gave of a weight."""
        value = self._named[name]
        self._holding(value).state[value] = dict(moments)

    def _states(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for name, value in self._named.items():
            part = self._holding(value)
            if value in part.state:  # what no step has used yet has none
                yield name, part.state[value]

    def _holding(self, value: Tensor) -> torch.optim.Optimizer:
        return next(part for part in self._parts if any(value is each for each in _held(part)))


def _held(part: torch.optim.Optimizer) -> Iterator[Tensor]:
    for group in part.param_groups:
        yield from group["params"]


def _is_turned(name: str, value: Tensor) -> bool:
    return value.ndim == 2 and (name.startswith(_BLOCKS) or f".{_BLOCKS}" in name)

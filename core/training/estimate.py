"""What a run will take, from its recipe and the model's measures alone: hours, memory of a GPU, and disk.

Time is that of the mean sample that the recipe draws; memory that of the largest it may draw. Reading data, writing
checkpoints and waiting for one another are in neither: they are part of the utilisation that is given.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from pai_studio.core.plan.cost import Architecture, Tokens
from pai_studio.core.plan.training_cost import (
    Adapter,
    Memory,
    checkpoint_bytes,
    expected_seconds,
    training_flops,
    training_memory,
)
from pai_studio.core.training.objective import Recipe


@dataclass(frozen=True, kw_only=True)
class Hardware:
    """The GPUs that a run is reckoned for."""

    gpus: int = 1
    memory_bytes: float = 80e9
    peak_flops: float = 989e12
    """Operations a second in 16 bits, dense, as its maker states them."""
    utilisation: float = 0.4
    """The part of them that training reaches; operations that are computed twice by checkpointing are among them."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """What of a run's settings its cost follows from."""

    architecture: Architecture
    parameters: int
    trained: int
    adapter: Adapter | None
    recipe: Recipe
    grid: tuple[int, int]
    """Tokens of a latent frame: rows, columns."""
    steps: int
    batch: int
    """Samples that a GPU takes at a time."""
    rounds: int = 1
    """How many times it does so for a step."""
    cached: bool = False
    checkpointing: bool = True
    sharded: bool = True
    value_bytes: int = 2


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What it comes to. Tokens and operations are those of a sample where nothing else is said."""

    parameters: int
    trained: int
    tokens_mean: float
    tokens_most: int
    flops: float
    samples_a_step: int
    flops_a_step: float
    seconds_a_step: float
    hours: float
    gpu_hours: float
    memory: Memory
    memory_bytes: int
    fits: bool
    checkpoint_bytes: int
    disk_bytes: int
    """Two checkpoints, as one is written before the one before it goes, and the finished model in 16 bits."""

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)


def estimate(run: Run, hardware: Hardware) -> Estimate:
    """What a run takes on some GPUs. Raises ValueError for GPUs that do nothing."""
    drawn = list(draws(run.recipe, run.grid))
    told: dict[str, Any] = {
        "adapter": run.adapter,
        "cached": run.cached,
        "checkpointing": run.checkpointing,
    }
    flops = sum(share * training_flops(run.architecture, tokens, **told) for share, tokens in drawn)
    most = max((tokens for _, tokens in drawn), key=lambda tokens: tokens.total)
    memory = training_memory(
        run.architecture,
        most,
        trained=run.trained,
        parameters=run.parameters,
        shards=hardware.gpus if run.sharded else 1,
        batch=run.batch,
        value_bytes=run.value_bytes,
        **told,
    )
    on_one = run.batch * run.rounds
    took_s = on_one * expected_seconds(flops, hardware.peak_flops, hardware.utilisation)
    saved = checkpoint_bytes(run.trained)
    return Estimate(
        parameters=run.parameters,
        trained=run.trained,
        tokens_mean=sum(share * tokens.total for share, tokens in drawn),
        tokens_most=most.total,
        flops=flops,
        samples_a_step=on_one * hardware.gpus,
        flops_a_step=on_one * hardware.gpus * flops,
        seconds_a_step=took_s,
        hours=run.steps * took_s / 3600,
        gpu_hours=hardware.gpus * run.steps * took_s / 3600,
        memory=memory,
        memory_bytes=memory.total,
        fits=memory.fits(hardware.memory_bytes),
        checkpoint_bytes=saved,
        disk_bytes=2 * saved + 2 * run.parameters,
    )


def draws(recipe: Recipe, grid: tuple[int, int]) -> Iterator[tuple[float, Tokens]]:
    """Every kind of sample that a recipe draws on a grid of tokens, and how often it does."""
    even = not (grid[0] % 2 or grid[1] % 2)
    dropped = recipe.without_both + recipe.without_references
    references = [(dropped, 0)]
    references += [
        ((1 - dropped) / recipe.most_references, count + 1) for count in range(recipe.most_references)
    ]
    for share, count in references:
        for with_history in (False, True):
            for halved in (False, True):
                rate = share * _either(recipe.history_share, with_history)
                rate *= _either(recipe.half_share if even else 0.0, halved)
                history = recipe.history if with_history else 0
                if rate:
                    tokens = Tokens.of(
                        recipe.count, grid, references=count, history=history, half_foreground=halved
                    )
                    yield rate, tokens


def _either(share: float, is_so: bool) -> float:
    return share if is_so else 1 - share

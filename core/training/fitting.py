"""A run's model from its settings, and what the run will take: the model is made without memory for its weights."""

from __future__ import annotations

from pathlib import Path

import torch

from pai_studio.core.model.checkpoint import skeleton
from pai_studio.core.model.transformer import PaiTransformer3DModel
from pai_studio.core.plan.cost import Architecture
from pai_studio.core.plan.training_cost import Adapter
from pai_studio.core.shot.errors import BadInput
from pai_studio.core.training.adapt import adapt, counted
from pai_studio.core.training.estimate import Estimate, Hardware, Run, estimate
from pai_studio.core.training.objective import Source
from pai_studio.core.training.settings import Settings

_MOST_TOKENS = 1.5
"""How many times more or fewer tokens shots may have than is reckoned with."""


def made(settings: Settings, where: Path) -> PaiTransformer3DModel:
    """The transformer of some settings, on the meta device. Raises BadInput for one that cannot be."""
    try:
        model = skeleton({**settings.preset.transformer, **settings.model.transformer}, where)
    except BadInput as fault:
        say = f"model.transformer: {fault.what}"
        raise BadInput(say, where=str(where), hint="correct the configuration") from None
    prepare(model, settings)
    return model


def prepare(model: PaiTransformer3DModel, settings: Settings) -> None:
    """Make a model ready to learn: its adapter, what is frozen in 16 bits, and how gradients are computed.

    Raises BadInput for an unknown part.
    """
    if settings.adapter is not None:
        told = settings.adapter
        with torch.random.fork_rng(devices=[]):  # every process has to begin from the same adapter
            torch.default_generator.manual_seed(settings.model.seed)
            adapt(model, rank=told.rank, alpha=told.alpha, targets=told.targets, also_full=told.also_full)
    dtype = getattr(torch, settings.model.dtype)
    for value in model.parameters():
        if not value.requires_grad:
            value.data = value.data.to(dtype)
    if settings.training.gradient_checkpointing:
        model.enable_gradient_checkpointing()


def fitted(settings: Settings, hardware: Hardware, where: Path) -> Estimate:
    """What a run of these settings takes. Raises BadInput where they do not fit together."""
    model = made(settings, where)
    parameters, trained = counted(model)
    low, training = settings.adapter, settings.training
    adapter = None if low is None else Adapter(rank=low.rank, targets=low.targets)
    run = Run(
        architecture=Architecture.of(model.config, settings.data.text_tokens),
        parameters=parameters,
        trained=trained,
        adapter=adapter,
        recipe=settings.recipe,
        grid=settings.grid,
        steps=training.steps,
        batch=training.batch,
        rounds=training.accumulate,
        cached=model.config.attention == "cached",
        checkpointing=training.gradient_checkpointing,
        sharded=settings.parallel.shard == "fsdp2",
        value_bytes=getattr(torch, settings.model.dtype).itemsize,
    )
    return estimate(run, hardware)


def check_grid(settings: Settings, source: Source, where: Path) -> None:
    """Raise BadInput where a source's shots are not about as large as `data.size`, which memory and hours are reckoned
    by and the model is made for. Shapes may differ.
    """
    told, there = (rows * columns for rows, columns in (settings.grid, source.grid))
    if max(told, there) > _MOST_TOKENS * min(told, there):
        say = f"data.size: {list(settings.data.size)} is a grid of {settings.grid} tokens, the data has {source.grid}"
        raise BadInput(say, where=str(where), hint="name the size of the data's pictures")

"""`train CONFIG.toml --check`: what a run will take, before a GPU is rented for it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pai_studio.core.shot.errors import BadInput
from pai_studio.ui.cli.console import Console
from pai_studio.ui.cli.jobs import count

if TYPE_CHECKING:
    from pai_studio.core.training.estimate import Estimate
    from pai_studio.core.training.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`--check [--gpus N] [--gpu-memory GB] [--tflops N] [--utilisation PART]`."""
    parser.add_argument(
        "--check", action="store_true", help="CONFIG.toml: reckon memory, hours and disk, and train nothing"
    )
    parser.add_argument("--gpus", type=count, metavar="N", help="with --check: another number of GPUs")
    for name, value, say in (
        ("--gpu-memory", 80.0, "GB of a GPU (default 80)"),
        ("--tflops", 989.0, "what a GPU does in 16 bits, dense (default 989: H100 SXM)"),
        ("--utilisation", 0.4, "the part of it that is reached (default 0.4)"),
    ):
        parser.add_argument(name, type=float, default=value, metavar="X", help=f"with --check: {say}")


def check(asked: argparse.Namespace, path: Path, console: Console) -> int:
    """Show what the run takes; 1 where a GPU has not the memory for it."""
    from pai_studio.core.training.estimate import Hardware
    from pai_studio.core.training.fitting import fitted
    from pai_studio.core.training.settings import read

    overrides = {"parallel": {"gpus": asked.gpus}} if asked.gpus else {}
    if asked.gpus == 1:
        overrides["parallel"]["shard"] = "none"
    settings = read(path, overrides)
    if asked.gpu_memory <= 0 or asked.tflops <= 0 or not 0 < asked.utilisation <= 1:
        hint = "give memory and speed above 0, and a utilisation above 0 and up to 1"
        raise BadInput("there is no such GPU", hint=hint)
    hardware = Hardware(
        gpus=settings.parallel.gpus,
        memory_bytes=asked.gpu_memory * 1e9,
        peak_flops=asked.tflops * 1e12,
        utilisation=asked.utilisation,
    )
    found = fitted(settings, hardware, path)
    told: dict[str, Any] = {**found.to_json(), "gpus": hardware.gpus, "steps": settings.training.steps}
    console.result(told, _text(found, settings, hardware.memory_bytes))
    return 0 if found.fits else 1


def _text(found: Estimate, settings: Settings, gpu_bytes: float) -> str:
    width, height = settings.data.size
    gpus, steps = settings.parallel.gpus, settings.training.steps
    parts = ", ".join(f"{name} {_gb(size)}" for name, size in vars(found.memory).items() if size)
    verdict = "fits" if found.fits else "does NOT fit"
    rows = [
        f"model       {found.parameters:,} parameters, of which {found.trained:,} learn",
        f"sample      {width} x {height}, {settings.recipe.count} latents: {found.tokens_mean:,.0f} tokens in the mean,"
        f" {found.tokens_most:,} at most; {found.flops / 1e15:.3g} PFLOP",
        f"step        {found.samples_a_step} samples, {found.flops_a_step / 1e15:.3g} PFLOP,"
        f" {found.seconds_a_step:.3g} s on {gpus} GPU{'s' * (gpus > 1)}",
        f"run         {steps:,} steps: {found.hours:,.1f} h, {found.gpu_hours:,.0f} GPU-hours",
        f"memory      {_gb(found.memory_bytes)} of a GPU's {_gb(gpu_bytes)}: {verdict}",
        f"            {parts}",
        f"disk        {_gb(found.checkpoint_bytes)} a checkpoint, {_gb(found.disk_bytes)} in all, without the data",
    ]
    return "\n".join(rows)


def _gb(size: float) -> str:
    return f"{size / 1e9:.3g} GB"

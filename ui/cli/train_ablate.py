"""`train CONFIG.toml --ablations`: the same training with one thing left out each, and how they compare."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pai_studio.core.shot.errors import BadInput
from pai_studio.ui.cli.console import Console
from pai_studio.ui.cli.train_run import interrupted, reporting

if TYPE_CHECKING:
    from pai_studio.core.config import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`--ablations [--steps N] [--only NAME] [--data DIR] [--page PAGE.md]`."""
    parser.add_argument(
        "--ablations", action="store_true", help="CONFIG.toml: train it whole, and without one thing each"
    )
    parser.add_argument(
        "--only", action="append", default=[], metavar="NAME", help="with --ablations: train this one"
    )
    parser.add_argument("--data", default="", metavar="DIR", help="with --ablations: another folder of takes")
    parser.add_argument(
        "--page", type=Path, metavar="PAGE.md", help="with --ablations: put figures and pictures into it"
    )


def ablate(asked: argparse.Namespace, path: Path, settings: Settings, console: Console) -> int:
    """Train, or go on where an earlier run stopped, and compare; 130 where it was interrupted."""
    from pai_studio.core.training.experiments.ablation_page import write_page
    from pai_studio.core.training.experiments.ablations import Ablating, ablate
    from pai_studio.core.training.trainer import use_threads

    if asked.out is None:
        raise BadInput("nothing tells where to write", hint="give --out DIR")
    use_threads(asked.threads)
    told = Ablating(
        path=path,
        out=asked.out,
        models=Path(settings.models_dir),
        steps=asked.steps,
        takes=asked.data,
        only=asked.only,
    )
    with interrupted() as is_interrupted:
        found = ablate(told, reporting(console), asked_to_stop=is_interrupted)
    if found is None:
        console.result({"stopped": True}, "stopped; the same command goes on from there")
        return 130
    if asked.page is not None:
        write_page(asked.page, asked.out)
    console.result(_brief(found), f"{', '.join(found['variants'])}: see {asked.out / 'table.md'}")
    return 0


def _brief(found: dict[str, Any]) -> dict[str, Any]:
    """The report without its shots."""
    return {key: value for key, value in found.items() if key != "shots"}

"""train a model: from a configuration in TOML, or small ones that show what the model's parts are worth.

Everything is written into --out DIR; run again, it goes on where it stopped. --check, --film and --export reckon what a
run will take, film shots for it, and write its model.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from pai_studio.core.config import load
from pai_studio.core.report import Progress
from pai_studio.core.shot.errors import BadInput
from pai_studio.ui.cli import train_ablate, train_check, train_run
from pai_studio.ui.cli.console import Console, Eta
from pai_studio.ui.cli.jobs import count

_STEPS = {"learn-anchors": 2500, "learn-without-cloning": 2500, "learn-history": 5000}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`train CONFIG.toml|EXPERIMENT --out DIR`, `train CONFIG.toml --check|--film DIR`, `train RUN --export DIR`."""
    parser.add_argument(
        "experiment",
        metavar="WHAT",
        help=f"a configuration (.toml), a run's folder to --export, or one of {', '.join(_STEPS)}",
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="where everything is written")
    parser.add_argument(
        "--steps", type=count, metavar="N", help="of an experiment or --ablations: how long each"
    )
    parser.add_argument("--seed", type=int, metavar="N", help="of an experiment: another is other films too")
    parser.add_argument("--threads", type=count, default=1, metavar="N", help="of the CPU (default 1)")
    parser.add_argument(
        "--against",
        type=Path,
        metavar="DIR",
        help="learn-without-cloning: the folder of learn-anchors to compare with, shot by shot",
    )
    train_check.add_arguments(parser)
    train_run.add_arguments(parser)
    train_ablate.add_arguments(parser)


def run(asked: argparse.Namespace, console: Console) -> int:
    """Train, look, and write; or check, film or export."""
    path = Path(asked.experiment)
    settings = load().settings
    if asked.export is not None:
        return train_run.export(asked, path, settings, console)
    if asked.check:
        return train_check.check(asked, path, console)
    if asked.encode is not None:
        return train_run.encode(asked, path, settings, console)
    if asked.film is not None:
        return train_run.film(asked, path, console)
    if asked.ablations:
        return train_ablate.ablate(asked, path, settings, console)
    if path.suffix == ".toml":
        if asked.steps is not None or asked.seed is not None:
            hint = "set training.steps and training.seed in the configuration"
            raise BadInput("--steps and --seed are of an experiment", hint=hint)
        return train_run.train(asked, path, settings, console)
    if asked.experiment not in _STEPS:
        hint = f"name a configuration (.toml), or one of {', '.join(_STEPS)}"
        raise BadInput(f"{asked.experiment!r} is no experiment", hint=hint)
    return _experiment(asked, console)


def _experiment(asked: argparse.Namespace, console: Console) -> int:
    if asked.out is None:
        raise BadInput("nothing tells where to write", hint="give --out DIR")
    if asked.against is not None and asked.experiment != "learn-without-cloning":
        raise BadInput("--against is for learn-without-cloning", hint="leave it out")
    from pai_studio.core.training.experiments.anchors import learn_anchors, learn_without_cloning
    from pai_studio.core.training.experiments.history import learn_history
    from pai_studio.core.training.trainer import use_threads

    use_threads(asked.threads)
    eta = Eta()

    def report(progress: Progress) -> None:
        eta_s = eta(progress.phase, progress.done, progress.total)
        console.progress(progress.phase, progress.done, progress.total, eta_s=eta_s, note=progress.message)

    known: dict[str, Any] = {"steps": asked.steps or _STEPS[asked.experiment], "seed": asked.seed or 0}
    if asked.experiment == "learn-anchors":
        found = learn_anchors(asked.out, report, **known)
    elif asked.experiment == "learn-without-cloning":
        found = learn_without_cloning(asked.out, report, against=asked.against, **known)
    else:
        found = learn_history(asked.out, report, **known)
    console.result(found, _text(found, asked.out))
    return 0


def _text(found: dict[str, Any], out: Path) -> str:
    rows = [f"loss {found['loss_first']:.4f} -> {found['loss_last']:.4f} over {found['samples']} samples"]
    for name in ("never", "drawn"):
        if name in found:
            told = found[name]
            off = _figure(told["offset_frames"])
            rows.append(
                f"anchors {name:<6} off by {off} frames, on time {told['on_time']:.0%},"
                f" background {told['background_psnr_db']:.2f} dB"
            )
    if "cloning_gains" in found:
        told = found["cloning_gains"]
        offsets, decibels = _figure(told["offset_frames"]), _figure(told["background_psnr_db"])
        rows.append(f"cloning gains {offsets} frames and {decibels} dB")
    for name in ("with_history", "without_history"):
        if name in found:
            told = found[name]
            change, unrest = _figure(told["change"]), _figure(told["unrest"])
            rows.append(f"{name.replace('_', ' '):<16} seams over interior: change {change}, unrest {unrest}")
    if "memory" in found:
        rows.append(", ".join(f"{key} {value}" for key, value in found["memory"].items()))
    return "\n".join([*rows, f"see {out / 'contact.png'}"])


def _figure(told: dict[str, Any]) -> str:
    low, high = told["ci95"]
    return "-" if told["mean"] is None else f"{told['mean']:.3f} ({low:.3f} to {high:.3f})"

"""The experiment on history: a shot of 200 frames, made window after window, must not show where windows meet."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from pai_studio.core.evaluation.aggregate import figure
from pai_studio.core.report import Progress, Report
from pai_studio.core.shot.errors import PaiError
from pai_studio.core.training.data.films import SIZE, SPEEDS_PX, Films
from pai_studio.core.training.experiments import rolling
from pai_studio.core.training.experiments.anchors import PATCH, WINDOW, settings, train, write_report
from pai_studio.core.training.experiments.measures import psnr_db
from pai_studio.core.training.objective import Recipe
from pai_studio.core.training.pictures import write_contact

SEAM_BOUND = 0.1
"""How far from the interior's change a seam's may be, as a part of it."""
MEMORY_BOUND_KIB = 8 * 1024
TENSOR_BOUND_BYTES = 4 * 3 * WINDOW * SIZE[0] * SIZE[1]
"""A window's pictures: how many were read last differs from window to window. All later frames would be 19 times it."""


def learn_history(out: Path, report: Report, *, steps: int, seed: int = 0) -> dict[str, Any]:
    """Overfit the films with history tokens, then make 200 frames of each, with history and without.

    Writes `report.json`, `contact.png`, `loss.png` and the checkpoint; gives the report.
    """
    recipe = Recipe(
        count=WINDOW,
        longest=3 * WINDOW,
        history=rolling.HISTORY,
        history_share=0.9,  # nearly all windows of a long shot have some
        half_share=0.0,  # none of them is made from half a plate
        most_references=3,
        outside_frames=rolling.REACH,
        shift=3.0,
        least_sigma=0.5,
    )
    trainer = train(out, report, recipe, steps, seed)
    films = Films(seed, PATCH)
    with trainer.averaged() as model, tempfile.TemporaryDirectory() as folder:
        shots: dict[str, list[dict[str, Any]]] = {}
        for name, history in (("with_history", rolling.HISTORY), ("without_history", 0)):
            shots[name] = []
            for film in range(len(SPEEDS_PX)):
                place = Path(folder) / f"{name}-{film}"
                made = rolling.rollout(model, films, film, place, history=history, seed=seed)
                rolling.make(made, films, film, rolling.FRAMES - 1)
                seams, error = rolling.seams_of(made, films, film)
                shots[name].append({**asdict(seams), "background_error": error})
                if history and film == 0:
                    write_contact(out / "contact.png", _strips(made, films), "frames round the seams")
                report(Progress(f"roll {name}", film + 1, len(SPEEDS_PX)))
    found = {
        "experiment": "history",
        **settings(trainer),
        "frames": rolling.FRAMES,
        "still_every": rolling.STILL_EVERY,
        **{name: _summary(each, seed) for name, each in shots.items()},
        "memory": _memory(out, seed),
        "shots": shots,
    }
    write_report(out, found)
    return found


def _summary(shots: list[dict[str, Any]], seed: int) -> dict[str, Any]:
    """Over the films; a ratio of 1 is a seam that nothing tells from what lies between."""
    error = sum(shot["background_error"] for shot in shots) / len(shots)
    return {
        "change": figure([shot["change"] for shot in shots], seed),
        "unrest": figure([shot["unrest"] for shot in shots], seed),
        "interior_unrest": figure([shot["interior_unrest"] for shot in shots], seed),
        "background_psnr_db": round(psnr_db(error), 3),
    }


def _memory(out: Path, seed: int) -> dict[str, int]:
    """Measured in a process of its own, where nothing of the training is left."""
    command = [sys.executable, "-m", rolling.__name__, str(out), str(seed)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PaiError("the long shot failed in its own process: " + done.stderr.strip()[-300:])
    found: dict[str, int] = json.loads(done.stdout)
    return found


def _strips(made: Any, films: Films) -> list[tuple[str, torch.Tensor]]:
    """Pairs of the truth and what was made, over the frames on both sides of some seams."""
    found = []
    for seam in (made.passes.whole[k].first for k in (1, 8, 16, 24)):
        frames = range(seam - 4, seam + 4)
        found.append((f"truth {seam - 4}..", torch.stack([rolling.truth(films, 0, f) for f in frames], 1)))
        found.append((f"seam at {seam}", torch.stack([made.composite(f)[0] for f in frames], 1)))
    return found

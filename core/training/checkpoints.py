"""A run's checkpoints: folders `step-N`, whole or not there, from which it goes on as if it had not been stopped."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from pai_studio.core.model.checkpoint import whole_folder
from pai_studio.core.shot.errors import BadInput

AVERAGE = "average.safetensors"
"""A checkpoint's averaged weights."""

_WEIGHTS, _MOMENTS, _STATE = "model.safetensors", "optimizer.safetensors", "state.json"


@dataclass(frozen=True)
class Checkpoint:
    """A run after a step: its `state` as plain data, and by their names the `weights` that learn, their `average` and
    the optimizer's `moments`.
    """

    state: dict[str, Any]
    weights: dict[str, Tensor]
    average: dict[str, Tensor]
    moments: dict[str, Tensor]


def latest(folder: Path) -> Path | None:
    """The last checkpoint that a run left in a folder."""
    return max(folder.glob("step-*"), default=None)


def sweep(folder: Path) -> None:
    """Remove what a run that was killed was writing."""
    for left in folder.glob(".pai-*-step-*"):
        shutil.rmtree(left)


def write(folder: Path, kept: Checkpoint, *, keep: int) -> None:
    """Write one whole, then let all but the `keep` last go. Raises OutOfResources where the disk is full."""
    made = folder / f"step-{kept.state['done']:08d}"
    with whole_folder(made) as temp:
        save_file(kept.weights, temp / _WEIGHTS)
        save_file(kept.average, temp / AVERAGE)
        save_file(kept.moments, temp / _MOMENTS)
        (temp / _STATE).write_text(json.dumps(kept.state) + "\n", encoding="utf-8")
    for earlier in sorted(folder.glob("step-*"))[:-keep]:
        shutil.rmtree(earlier)


def read(path: Path) -> Checkpoint:
    """What `write` wrote. Raises BadInput where it is damaged."""
    try:
        state = json.loads((path / _STATE).read_text(encoding="utf-8"))
        weights, average, moments = (load_file(path / name) for name in (_WEIGHTS, AVERAGE, _MOMENTS))
    except (OSError, ValueError, SafetensorError) as error:
        hint = "remove it: a run goes on from the one before it, or from the beginning"
        raise BadInput(f"cannot be read ({error})", where=str(path), hint=hint) from None
    return Checkpoint(state, weights, average, moments)

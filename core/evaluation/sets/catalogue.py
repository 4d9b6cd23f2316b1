"""A set by its name, or by the folder that it lies in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from pai_studio.core.evaluation.sets import juggle, pans, synthetic
from pai_studio.core.evaluation.sets.base import BenchmarkSet
from pai_studio.core.evaluation.sets.folder import folder_set
from pai_studio.core.shot.errors import BadInput

SizeName = Literal["quick", "full", "model"]
NAMES = (synthetic.NAME, juggle.NAME, pans.NAME)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which set, and how much of it."""

    name: str
    size: SizeName = "quick"
    seed: int = 0
    footage: Path | None = None
    """The folder that holds the footage's own folders, for the sets that are cut from footage."""

    references: int | None = None
    """How many stills every clip of the synthetic set has; None for one to three."""

    clips: int | None = None
    """Only so many of the first clips."""


def open_set(wanted: Wanted) -> BenchmarkSet:
    """The set; what it is made from is looked at, nothing is made yet. Raises BadInput."""
    found = _named(wanted)
    if wanted.clips is None:
        return found
    if wanted.clips < 1:
        raise BadInput(f"--clips {wanted.clips} leaves nothing to judge", hint="ask for 1 or more")
    return replace(found, clips=found.clips[: wanted.clips])


def _named(wanted: Wanted) -> BenchmarkSet:
    if wanted.seed < 0:
        raise BadInput(f"--seed {wanted.seed} is below zero", hint="name 0 or more")
    if wanted.name == synthetic.NAME:
        return synthetic.synthetic_set(synthetic.SIZES[wanted.size], wanted.seed, wanted.references)
    if wanted.references is not None:
        hint = f"leave --references out, or name --set {synthetic.NAME}"
        raise BadInput(
            "only the synthetic set can be asked for a number of stills", where="--references", hint=hint
        )
    if wanted.name in NAMES:
        if wanted.footage is None:
            hint = f"name the folder that holds {wanted.name.replace('-', '_')} with --footage"
            raise BadInput(f"the set {wanted.name} is cut from footage", where="--set", hint=hint)
        if wanted.name == juggle.NAME:
            return juggle.footage_set(wanted.footage, wanted.size, wanted.seed)
        return pans.footage_set(wanted.footage, wanted.size, wanted.seed)
    folder = Path(wanted.name)
    if not folder.is_dir():
        hint = f"name a folder, or one of {', '.join(NAMES)}"
        raise BadInput("there is no such set", where=f"--set {wanted.name}", hint=hint)
    return folder_set(folder)

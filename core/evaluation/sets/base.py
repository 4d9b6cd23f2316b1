"""What a benchmark set is to the runner: clips by name, each in a folder or made into one when it is needed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

from pai_studio.core.evaluation.sets.layout import Kind
from pai_studio.core.report import Report


class Clip(Protocol):
    """One clip of a set; plain data, so that another process can make it."""

    @property
    def name(self) -> str:
        """The clip's name and that of its folder."""
        ...

    @property
    def at(self) -> Path | None:
        """The folder where it lies already; None where `write` has to make it."""
        ...

    @property
    def frames(self) -> int:
        """How many frames it has, as far as can be told without looking at them."""
        ...

    def recipe(self) -> str:
        """A text that everything `write` makes follows from, its code included; unused where it lies already."""
        ...

    def write(self, folder: Path, report: Report) -> None:
        """Make the clip in `folder`, which has its name, as `layout` describes. Called at least once a frame."""
        ...


@dataclass(frozen=True)
class BenchmarkSet:
    """Clips in their order under one name; `seed` is what they were drawn from, 0 for footage."""

    name: str
    kind: Kind
    clips: Sequence[Clip]
    seed: int = 0


@cache
def code_digest(*rooms: str) -> str:
    """SHA-256 over the source files of rooms of core, such as `synth`: what code makes changes with it."""
    core = Path(__file__).resolve().parents[2]
    total = hashlib.sha256()
    for room in rooms:
        whole = core / room
        for path in sorted(whole.rglob("*.py")) if whole.is_dir() else [whole]:
            total.update(path.relative_to(core).as_posix().encode() + b"\0" + path.read_bytes())
    return total.hexdigest()

"""What is kept of a clip in `clips/NAME`, and what each part of it was made from.

`facts.json` says what the clip is; each contestant's result, `ENGINE.json`, names all that it follows from by a digest;
`drawn.json` does so for the pictures; `timings.json` is told apart, since it is never the same twice.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pai_studio.core.engines.registry import Models
from pai_studio.core.evaluation.asked import file_stem
from pai_studio.core.evaluation.contestants import contestant
from pai_studio.core.evaluation.sets.base import code_digest
from pai_studio.core.media.files import write_file

FACTS, DRAWN, TIMINGS = "facts", "drawn", "timings"
JUDGED_BY = (
    "comp", "delivery", "engines", "finish", "making.py", "media", "model", "motion", "plan", "render.py",
    "shot",
    "evaluation/asked.py", "evaluation/at_model.py", "evaluation/contestants.py", "evaluation/cutout.py",
    "evaluation/faults.py", "evaluation/judged.py", "evaluation/judging.py",
    "evaluation/measures", "evaluation/metrics.py", "evaluation/naive.py", "evaluation/sets/layout.py",
    "evaluation/truth.py",
)  # fmt: skip
"""The rooms and files of core that a result changes with, besides the clip and the engine."""

_LIBRARIES = ("numpy", "opencolorio", "openimageio", "opencv-python-headless", "scipy")
"""Those that decide a figure's last digits."""


@dataclass
class Kept:
    """What is kept of a clip, in `clips/NAME`."""

    folder: Path
    code: str
    models: Models = field(default_factory=Models)
    """Where the contestants' models lie."""

    def facts(self) -> dict[str, Any] | None:
        """What the clip is, or None where that is not known yet."""
        return self.read(FACTS)

    def result(self, engine: str) -> dict[str, Any] | None:
        """A contestant's result: `made_from`, `version`, `values`, `notes`."""
        return self.read(engine)

    def drawn(self) -> dict[str, Any] | None:
        """What the pictures were `made_from`, and the `results` that they show, each by what that was made from."""
        return self.read(DRAWN)

    def timings(self) -> dict[str, float]:
        """How long what took, in seconds, whenever that was."""
        return self.read(TIMINGS) or {}

    def write(self, name: str, content: Mapping[str, Any]) -> None:
        """Keep a document."""
        write_json(self._path(name), content)

    def read(self, name: str) -> dict[str, Any] | None:
        """A document that is kept; None where it is not there."""
        return read(self._path(name))

    def _path(self, name: str) -> Path:
        return self.folder / f"{file_stem(name)}.json"

    def forget(self) -> None:
        """The clip is no longer what it was: nothing that is kept tells of it until it has been looked at again."""
        self._path(FACTS).unlink(missing_ok=True)

    def made_from(self, engine: str, facts: Mapping[str, Any]) -> str:
        """The digest of all that a contestant's result follows from."""
        own = contestant(engine, self.models).version()
        return digest(facts["inputs"], facts.get("config", ""), engine, own, self.code)

    def holds(self, engine: str, facts: Mapping[str, Any]) -> bool:
        """Whether a contestant's result is there and would come out the same."""
        there = self.result(engine)
        return there is not None and there["made_from"] == self.made_from(engine, facts)


def judging_code() -> str:
    """The digest of all code that results follow from, with the versions of the libraries that decide digits."""
    return digest(code_digest(*JUDGED_BY), *(f"{name} {version(name)}" for name in _LIBRARIES))


def digest(*parts: str) -> str:
    """SHA-256 of some texts, hex."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON object, whole. Raises ValueError for NaN and infinity, which JSON has not."""
    write_file(path, (json.dumps(content, indent=1, allow_nan=False) + "\n").encode())


def read(path: Path) -> dict[str, Any] | None:
    """A JSON object from a file; None where there is none."""
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None

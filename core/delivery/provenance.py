"""Where a delivery came from: enough to make it again, and to answer a client's lawyer."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import PurePath
from typing import Any

import pai_studio
from pai_studio.core.shot.document import Shot

SCHEMA = "pai-studio/provenance/1"
_LIBRARIES = ("numpy", "OpenImageIO", "opencolorio", "opencv-python-headless")


def record(
    shot: Shot,
    *,
    engine: str,
    engine_version: str,
    generation: str,
    config: Mapping[str, str],
    inputs: Mapping[str, str],
    frames: list[int],
    passes: list[str],
    notes: Mapping[str, Any],
    timings_s: Mapping[str, float],
    finishing: Mapping[str, Any],
    locked: Mapping[str, Any],
) -> dict[str, Any]:
    """The provenance document as plain data. `passes` are those that were written, `finishing` tells how a
    model's pictures fitted the plate, `locked` of the
    passes that an earlier version gave.

    `inputs` maps a file's path to its SHA-256. Of every path only so much is told as tells the files apart.
    """
    names = short_names(inputs)
    return {
        "schema": SCHEMA,
        "pai_studio": pai_studio.__version__,
        "engine": {"name": engine, "version": engine_version, "notes": dict(notes)},
        "generation": generation,
        "ocio": dict(config),
        "frames": frames,
        "inputs": {names[path]: digest for path, digest in inputs.items()},
        "shot": _without_folders(shot.model_dump(mode="json", by_alias=True, exclude={"delivery"})),
        "finishing": dict(finishing),
        "locked": dict(locked),
        "delivery": shot.delivery.model_dump(mode="json") | {"passes": passes},
        "timings_s": {phase: round(seconds, 3) for phase, seconds in timings_s.items()},
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in _LIBRARIES},
    }


def short_names(paths: Iterable[str]) -> dict[str, str]:
    """For each path the fewest of its last parts that no other path ends in too."""
    found: dict[str, str] = {}
    left, depth = list(paths), 1
    while left:
        tails = {path: "/".join(PurePath(path).parts[-depth:]) for path in left}
        count = Counter(tails.values())
        found |= {path: tail for path, tail in tails.items() if count[tail] == 1}
        left = [path for path in left if count[tails[path]] > 1]
        depth += 1
    return found


def _without_folders(shot: dict[str, Any]) -> dict[str, Any]:
    """The document with every input named by its file alone: where a studio keeps its files is nobody's business."""
    for part, key in (
        (shot["plate"], "files"),
        *((matte, "files") for matte in shot["mattes"].values()),
        *((reference, "file") for reference in shot["references"]),
        (shot["ocio"], "config"),
    ):
        if not part[key].startswith("ocio://"):
            part[key] = PurePath(part[key]).name
    return shot

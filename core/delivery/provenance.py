"""Where a delivery came from: enough to make it again, and to answer a client's lawyer."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib.metadata import version
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
) -> dict[str, Any]:
    """The provenance document as plain data. `passes` are those that were written.

    `inputs` maps a file's name (not its folder) to its SHA-256.
    """
    return {
        "schema": SCHEMA,
        "pai_studio": pai_studio.__version__,
        "engine": {"name": engine, "version": engine_version, "notes": dict(notes)},
        "generation": generation,
        "ocio": dict(config),
        "frames": frames,
        "inputs": dict(inputs),
        "finish": shot.finish.model_dump(mode="json"),
        "prompt": shot.prompt.model_dump(mode="json"),
        "seed": shot.engine.seed,
        "delivery": shot.delivery.model_dump(mode="json") | {"passes": passes},
        "timings_s": {phase: round(seconds, 3) for phase, seconds in timings_s.items()},
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in _LIBRARIES},
    }

"""Frames that a sub-range leaves as they were, taken over from the version before."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pai_studio.core.shot.document import Shot
from pai_studio.core.shot.frames import FramePattern, FrameRange
from pai_studio.core.shot.naming import pass_pattern, sidecar

_LOOK = (
    "engine",
    "finish",
    "plate",
    "mattes",
    "references",
    "prompt",
    "ocio",
    "delivery",
    "locked",
    "pai_studio",
)


def differences(base: Path, before: str, now: Mapping[str, Any]) -> list[str]:
    """What has changed since the version before, so that carried frames look otherwise: parts of the document, or we.

    `now` is the new version's provenance. A version without a provenance beside it differs in everything.
    """
    path = Path(sidecar(str(base / before), "provenance.json"))
    try:
        then = _look(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError):
        return ["provenance"]
    here = _look(now)
    return [part for part in _LOOK if then.get(part) != here.get(part)]


def _look(origin: Mapping[str, Any]) -> dict[str, Any]:
    """All that decides how frames look, of a provenance; the delivery without its name, which always differs."""
    delivery = {key: value for key, value in origin["delivery"].items() if key != "files"}
    locked = {name: told["version"] for name, told in origin.get("locked", {}).items()}
    return {**origin["shot"], "delivery": delivery, "locked": locked, "pai_studio": origin["pai_studio"]}


def carry_over(base: Path, before: str, shot: Shot, rendered: FrameRange) -> list[Path]:
    """Copy the frames that were not rendered from the version before, bit by bit, so that the new one is whole."""
    kept = []
    for name in ["beauty", *shot.delivery.passes]:
        old = FramePattern(pass_pattern(str(base / before), name))
        new = FramePattern(pass_pattern(str(base / shot.delivery_files), name))
        for number in shot.all_frames:
            if number in rendered or not old.path(number).is_file() or new.path(number).is_file():
                continue
            partial = new.path(number).with_name(f".pai-{new.path(number).name}")
            shutil.copy2(old.path(number), partial)
            partial.replace(new.path(number))
            kept.append(new.path(number))
    return kept

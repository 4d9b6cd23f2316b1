"""Shots for the tests of the panel."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pai_studio.core.shot import document
from pai_studio.core.shot.document import Shot
from pai_studio.ui.panel.state.project import Opened, OpenedShot
from pai_studio.ui.panel.state.shot import ShotState
from pai_studio.ui.panel.state.studio import Studio


def a_shot(folder: Path, stills: int = 0, **changed: Any) -> Shot:
    """A document of 49 frames from 1001, whose files need not be there."""
    keys: dict[str, Any] = {
        "schema": document.SCHEMA,
        "name": "SH010",
        "rate": "24000/1001",
        "frames": [1001, 1049],
        "plate": {"files": str(folder / "plate" / "SH010.####.exr"), "colorspace": "ACEScg"},
        "references": [{"file": str(folder / f"{i}.exr"), "frame": 1001 + 24 * i} for i in range(stills)],
    }
    return document.parse(json.dumps(keys | changed), unfinished=True)


def opened(studio: Studio, shot: Shot, folder: Path) -> ShotState:
    """A shot in the panel's hands."""
    path = folder / f"{shot.name}.shot.json"
    return studio.project.add(Opened(shot.name, (OpenedShot(shot, path),)))[0]

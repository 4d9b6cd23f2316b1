"""Stills that are held over the timeline, or let fall on it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QMimeData

from pai_studio.ui.panel.opening import is_still
from pai_studio.ui.panel.state import edits
from pai_studio.ui.panel.state.shot import ShotState
from pai_studio.ui.panel.timeline.layout import Span

REFUSAL = "These are no pictures: a still is EXR, TIFF, PNG, JPEG, DPX or HDR"


def stills_in(data: QMimeData) -> list[Path]:
    """The pictures among the files of this machine, by their names."""
    paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    return [path for path in paths if is_still(path)]


def frames_for(count: int, x: float, span: Span) -> list[int]:
    """Where they are anchored: one alone under the mouse, several over the shot."""
    return [span.frame_at(x)] if count == 1 else edits.spread(span.shot, count)


def add(state: ShotState, stills: Sequence[Path], frames: Sequence[int]) -> None:
    """Put them into the shot as one edit."""
    text = "Add a still" if len(stills) == 1 else f"Add {len(stills)} stills"
    state.edit(text, edits.add_references(state.shot, [str(path) for path in stills], frames))
    state.end_gesture()

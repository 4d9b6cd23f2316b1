"""What a row of the shot list says: texts and marks alone, nothing drawn."""

from __future__ import annotations

from typing import Literal

from PySide6.QtGui import QColor

from pai_studio.ui.panel.state.shot import ShotState, Status, is_note
from pai_studio.ui.panel.style import Tokens

Mark = Literal["ring", "dot", "half", "check", "cross", "warn"]

MARKS: dict[Status, tuple[Mark, str]] = {
    Status.EMPTY: ("ring", "dim"),
    Status.OFFLINE: ("cross", "bad"),
    Status.FAULTY: ("warn", "warn"),
    Status.READY: ("dot", "good"),
    Status.QUEUED: ("ring", "accent"),
    Status.RENDERING: ("half", "accent"),
    Status.DONE: ("check", "good"),
    Status.STALE: ("warn", "warn"),
    Status.FAILED: ("cross", "bad"),
}
"""Form and colour (a name of `Tokens`) of each state: one of them tells even where the other is not seen."""


def colour_of(name: str, now: Tokens) -> QColor:
    """A colour by its name in the tokens."""
    found = getattr(now, name)
    assert isinstance(found, QColor)
    return found


def facts(state: ShotState) -> list[str]:
    """How long, how many stills, how fast: what a narrow list can do without comes last."""
    shot = state.shot
    count = len(shot.frames)
    rate = f"{float(shot.rate):.3f}".rstrip("0").rstrip(".")
    frames = f"{count} {'frame' if count == 1 else 'frames'}"
    return list(filter(None, (frames, stills_text(state), f"{rate} fps")))


def stills_text(state: ShotState) -> str:
    """How many stills; nothing where there is none, since the state says so."""
    count = len(state.shot.references)
    return "" if count == 0 else "1 still" if count == 1 else f"{count} stills"


def notes_text(notes: tuple[str, ...]) -> str:
    """How many things were said when it was opened."""
    return "" if not notes else "1 note" if len(notes) == 1 else f"{len(notes)} notes"


def trouble(state: ShotState) -> tuple[str, str]:
    """What is wrong, and the name of its colour: a save that failed before everything else; empty where nothing is."""
    error = state.saving.error
    if error is not None:
        return (
            (error.what, "warn") if state.saving.kind == "overtaken" else (f"Not saved: {error.what}", "bad")
        )
    if state.problems:
        more = len(state.problems) - 1
        is_mild = state.status in (Status.EMPTY, Status.FAULTY, Status.STALE, Status.READY)
        kind = "warn" if is_mild or is_note(state.problems[0]) else "bad"
        return state.problems[0] + (f" (and {more} more)" if more else ""), kind
    return "", ""


def is_saving(state: ShotState) -> bool:
    """Whether an edit is on its way to the disk, and nothing is wrong with that."""
    return state.saving.error is None and state.saving.kind in ("waiting", "saving")


def whole(state: ShotState, notes: tuple[str, ...]) -> list[str]:
    """Everything a row has to say, one thing a line: the tooltip, and what a screen reader reads."""
    span = state.shot.frames
    said = [
        f"{state.shot.name}: {state.status.value}",
        f"{span.first}-{span.last}: {', '.join(facts(state))}",
    ]
    if state.saving.error is not None:
        said.append(f"{'' if state.saving.kind == 'overtaken' else 'Not saved: '}{state.saving.error}")
    elif is_saving(state):
        said.append("Saving")
    return [*said, *state.problems, *notes]

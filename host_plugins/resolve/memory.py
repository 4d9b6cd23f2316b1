"""What is remembered: of a clip in a marker of its own, of a project in a file of our state folder.

The marker's `customData` is JSON with `"pai": 1`; it travels with the project. What the dialog was told last, and what
has to be restored after an export, lie in `resolve/PROJECT.json` beside the sidecar's log: no project setting is used.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from ..host import Fault, Record
from ..launch import state_folder

if TYPE_CHECKING:
    from pathlib import Path

    from .api import TimelineItem

RECORD_COLOUR, REFERENCE_COLOUR = "Sand", "Fuchsia"


def notes(item: TimelineItem) -> dict[int, Record]:
    """Our notes on an item by the offset of their markers; others' markers are passed over."""
    found: dict[int, Record] = {}
    markers: Any = item.GetMarkers()
    for frame, marker in (markers or {}).items():
        said = read_note(str(marker.get("customData", "")))
        if said is not None:
            found[int(frame)] = said
    return found


def read_note(text: str) -> Record | None:
    """A note of ours, or None."""
    try:
        said = json.loads(text) if text else None
    except ValueError:
        return None
    return said if isinstance(said, dict) and said.get("pai") == 1 else None


def record(item: TimelineItem) -> Record:
    """What is kept with an item, each where there is one.

    `result` and `job`; `above`, the clip that was laid on a track above it; `takes`: for each take of ours the `plate`
    that it was made from and the `offset` of that plate's frames to Resolve's numbers of its own; `mattes`: `files`,
    `channel` and `invert` of each.
    """
    for note in notes(item).values():
        if "record" in note:
            return dict(note["record"])
    return {}


def write_record(item: TimelineItem, changed: Record) -> None:
    """Change keys of an item's record; None takes one away. Raises Fault where Resolve does not keep it."""
    kept = {key: value for key, value in {**record(item), **changed}.items() if value is not None}
    at = [frame for frame, note in notes(item).items() if "record" in note]
    if at:
        write_note(item, at[0], {**notes(item)[at[0]], "record": kept})
    elif kept:
        write_note(item, _free(item), {"record": kept})
    if record(item) != kept:
        what = "Resolve does not keep our record in the clip's marker"
        raise Fault(what, where=str(item.GetName()), hint="unlock its track and try again")


def write_note(item: TimelineItem, frame: int, note: Record, colour: Any = RECORD_COLOUR) -> None:
    """Write a note into the marker at an offset, which is made where there is none. Raises Fault."""
    text = json.dumps({**note, "pai": 1}, sort_keys=True)
    markers: Any = item.GetMarkers() or {}
    if frame in markers:
        done = item.UpdateMarkerCustomData(frame, text)
    else:
        done = item.AddMarker(frame, colour, "PAI-Studio", "", 1, text)
    if not done:
        what = f"Resolve sets no marker at its frame {frame}"
        raise Fault(what, where=str(item.GetName()), hint="unlock its track and try again")


def _free(item: TimelineItem) -> int:
    """The first offset without a marker; one of ours where there is none."""
    markers: Any = item.GetMarkers() or {}
    for frame in range(int(item.GetDuration(False))):
        if frame not in markers:
            return frame
    for frame in notes(item):
        return frame
    what = "every frame of it has a marker, and none is left for ours"
    raise Fault(what, where=str(item.GetName()), hint="remove one")


class ProjectMemory:
    """What is remembered of a project on this machine."""

    def __init__(self, project: str) -> None:
        folder = state_folder() / "resolve"
        self.path: Path = folder / f"{''.join(c for c in project if c.isalnum() or c in '-_')}.json"

    def read(self) -> Record:
        """All of it; empty where nothing is, or nothing that can be read."""
        try:
            said = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return said if isinstance(said, dict) else {}

    def write(self, **changed: Any) -> None:
        """Change keys; None takes one away. Raises OSError."""
        kept = {key: value for key, value in {**self.read(), **changed}.items() if value is not None}
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        beside.write_text(json.dumps(kept, indent=1, sort_keys=True), encoding="utf-8")
        beside.replace(self.path)

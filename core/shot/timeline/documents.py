"""The shots of a cut as shot documents in a folder, with a `shots.json` that says where in the cut each belongs."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from pai_studio.core.shot import document
from pai_studio.core.shot.document import SCHEMA, Shot
from pai_studio.core.shot.errors import BadInput
from pai_studio.core.shot.timeline.cut import Cut, CutShot, Note, counted, is_offline, timecode

MANIFEST = "shots.json"
MANIFEST_SCHEMA = "pai-studio/shots/1"
LINEAR = "scene_linear"
"""The role that a plate is said to be in where nobody says more."""


@dataclass(frozen=True)
class Written:
    """What `write` has done."""

    manifest: Mapping[str, Any]
    made: tuple[str, ...]
    kept: tuple[str, ...]
    """Documents that were there already, and stay as they are."""


def drafted(shot: CutShot, *, colorspace: str = "", handles: int = 0) -> tuple[Shot, tuple[Note, ...]]:
    """A shot of a cut as a document that somebody still works on, and notes of what could not be had.

    Handles are at least what transitions show, and at most what the media has. A movie's `plate.start` is its own first
    timecode. References without a file are left out. Raises BadInput where the cut's values make no document.
    """
    wanted = max(handles, *shot.overlap)
    there = [count for count in (shot.before, shot.after) if count is not None]
    given = min([wanted, *there])
    plate: dict[str, Any] = {
        "files": shot.media or shot.clip or shot.name,
        "colorspace": colorspace or LINEAR,
    }
    if not shot.is_sequence and shot.media_range is not None:
        plate["start"] = shot.media_range.first
    data = {
        "schema": SCHEMA,
        "name": shot.name,
        "rate": str(shot.rate),
        "frames": [shot.source.first, shot.source.last],
        "handles": given,
        "plate": plate,
        "references": [
            {"file": one.file, "frame": one.frame, "colorspace": one.colorspace}
            for one in shot.references
            if one.file
        ],
    }
    made = document.parse(json.dumps(data), where=f"shot {shot.name}", unfinished=True)
    said: list[tuple[str, Literal["kept", "unsupported"]]] = []
    if given < wanted:
        has = f"its media has {counted(shot.before or 0, 'frame')} before the cut and {shot.after or 0} after it"
        said.append((f"{given} of {counted(wanted, 'frame')} of handles: {has}", "kept"))
    if not colorspace:
        said.append((f"its colour space is not given: {LINEAR} is written", "unsupported"))
    said += [
        (f"the reference at {one.frame} has no file yet", "kept") for one in shot.references if not one.file
    ]
    return made, tuple(Note(what, kind, shot.track_name, shot.record.first) for what, kind in said)


def write(
    cut: Cut, source: Path, out: Path, *, colorspace: str = "", handles: int = 0, force: bool = False
) -> Written:
    """Write `NAME.shot.json` for each shot and `shots.json`, which is written anew, into `out`.

    `force` replaces documents that are there. Raises BadInput for a cut without shots, OSError.
    """
    if not cut.shots:
        why = next((str(note) for note in cut.notes if note.kind == "unsupported"), "it is empty")
        raise BadInput("holds no clip that could be a shot", where=str(source), hint=why)
    drafts = [drafted(shot, colorspace=colorspace, handles=handles) for shot in cut.shots]
    out.mkdir(parents=True, exist_ok=True)
    made, kept, entries = [], [], []
    for shot, (draft, notes) in zip(cut.shots, drafts, strict=True):
        path = out / f"{draft.name}.shot.json"
        said = shot.notes + notes
        if path.exists() and not force:
            kept.append(path.name)
            said += _differing(shot, draft, path)
        else:
            _put(path, draft.to_json())
            made.append(path.name)
        entries.append(_entry(replace(shot, notes=said)))
    manifest = {
        "schema": MANIFEST_SCHEMA,
        "timeline": cut.name,
        "source": str(source.absolute()),
        "rate": str(cut.rate),
        "start": cut.start,
        "start_timecode": timecode(cut.start, cut.rate),
        "shots": entries,
        "notes": [_note(note) for note in cut.notes],
    }
    _put(out / MANIFEST, json.dumps(manifest, indent=2) + "\n")
    return Written(manifest, tuple(made), tuple(kept))


def _differing(shot: CutShot, draft: Shot, path: Path) -> tuple[Note, ...]:
    """Whether a document that is kept is still the cut's."""
    try:
        there = document.load(path, unfinished=True)
    except BadInput as error:
        say = f"its document is kept, and cannot be read ({error.what})"
        return (Note(say, "unsupported", shot.track_name, shot.record.first),)
    if there.frames == draft.frames:
        return ()
    say = f"its document is kept with the frames {there.frames}, and the cut now shows {draft.frames}"
    return (Note(say, "unsupported", shot.track_name, shot.record.first),)


def _entry(shot: CutShot) -> dict[str, Any]:
    return {
        "name": shot.name,
        "document": f"{shot.name}.shot.json",
        "clip": shot.clip,
        "track": shot.track,
        "track_name": shot.track_name,
        "record": [shot.record.first, shot.record.last],
        "source": [shot.source.first, shot.source.last],
        "rate": str(shot.rate),
        "speed": None if shot.speed is None else str(shot.speed),
        "media": shot.media,
        "offline": is_offline(shot),
        "notes": [_note(note) for note in shot.notes],
    }


def _note(note: Note) -> dict[str, str]:
    return {"what": note.what, "kind": note.kind, "where": note.where}


def _put(path: Path, text: str) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)

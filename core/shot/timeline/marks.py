"""Markers of the whole timeline and of its tracks, given to the shots that they stand on."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

from pai_studio.core.shot.timeline.clips import Seen
from pai_studio.core.shot.timeline.cut import CutReference, CutShot, Note
from pai_studio.core.shot.timeline.markers import Marked, read_marker
from pai_studio.core.shot.timeline.times import frames_of


def anchored(
    stack: Any, shots: list[CutShot], seen: Seen, origin: Fraction
) -> tuple[list[CutShot], list[Note]]:
    """The shots with the references of the timeline's and its tracks' markers, and notes of the other markers.

    A marker of the timeline counts for the topmost shot at its frame, one of a track for that track's.
    """
    notes: list[Note] = []
    number = 0
    for owner in (stack, *stack):
        if owner is not stack:
            number += str(getattr(owner, "kind", "Video")) == "Video"
        name = "" if owner is stack else str(owner.name or "")
        for marker in owner.markers:
            said = read_marker(marker, seen.folder)
            at = origin + frames_of(marker.marked_range.start_time, seen.rate)
            found = _at(shots, math.floor(at), None if owner is stack else number)
            if said.is_reference and found is not None:
                shots[found] = _with(shots[found], math.floor(at), said, seen)
            elif said.is_reference:
                notes.append(seen.note("the reference here is on no shot", name, at))
            elif said.words:
                notes.append(seen.note(f"marker: {said.words}", name, at, kind="kept"))
    return shots, notes


def _at(shots: list[CutShot], frame: int, track: int | None) -> int | None:
    """The index of the topmost shot at a frame of the record."""
    found = [
        (shot.track, index)
        for index, shot in enumerate(shots)
        if frame in shot.record and track in (None, shot.track)
    ]
    return max(found)[1] if found else None


def _with(shot: CutShot, frame: int, said: Marked, seen: Seen) -> CutShot:
    into = (
        (frame - shot.record.first) * (1 if shot.speed is None else abs(shot.speed)) * shot.rate / seen.rate
    )
    reference = CutReference(
        min(shot.source.first + math.floor(into), shot.source.last), said.file, said.colorspace
    )
    return replace(shot, references=(*shot.references, reference))

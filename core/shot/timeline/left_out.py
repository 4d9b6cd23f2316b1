"""What a timeline holds besides the clips of its video tracks, and what the adapters pass over, by name."""

from __future__ import annotations

import re
from collections import Counter
from fractions import Fraction
from typing import Any

from pai_studio.core.shot.errors import BadInput
from pai_studio.core.shot.timeline.cut import CutShot, Note, counted
from pai_studio.core.shot.timeline.files import FRAME_CODE_MODE, wrapped
from pai_studio.core.shot.timeline.times import rate_of

_DROP = re.compile(r"\d\d:\d\d:\d\d;\d\d|<displayformat>\s*DF\s*<|tcFormat=\"DF\"")
_FCPXML_LOST = {
    "timeMap": "changes of speed",
    "conform-rate": "clips conformed to another rate",
    "mc-clip": "multicam clips",
    "sync-clip": "synchronised clips",
    "audition": "auditions",
    "transition": "transitions",
    "title": "titles",
    "video": "generators and stills",
    "filter-video": "effects",
    'enabled="0"': "marks of disabled clips",
}
"""Elements that the adapter does not read; `audio-` ones are no part of a picture."""

_EDL_SPEED = re.compile(r"^M2\s+\S+\s+(-?[\d.]+)", re.MULTILINE)
_EDL_KEY = re.compile(r"^\s*\d+\s+\S+\s+\S+\s+K", re.MULTILINE)


def chosen(held: Any) -> tuple[Any, list[str]]:
    """The timeline in what a file holds, and what else it holds. Raises BadInput where there is nothing to show."""
    kind = held.schema_name()
    if kind == "Timeline":
        return held, []
    if kind == "SerializableCollection":
        items = list(held)
        timelines = [one for one in items if one.schema_name() == "Timeline"]
        if timelines:
            others = [one for one in items if one is not timelines[0]]
            return timelines[0], [f"{_called(one)} in the same file is left out" for one in others]
        if items:
            return wrapped(items, str(held.name or "")), [
                "the file has no timeline: its clips follow one another"
            ]
    if kind in ("Clip", "Stack", "Track"):
        return wrapped([held], str(held.name or "")), ["the file has no timeline, only a " + kind.lower()]
    raise BadInput("holds no timeline", hint="export a timeline")


def _called(one: Any) -> str:
    return f"{one.schema_name().lower()} {str(one.name or '')!r}"


def rate_of_timeline(timeline: Any) -> Fraction:
    """The rate of the timeline's start, else of its first picture; 24 where nothing says one. Raises BadInput."""
    begins = timeline.global_start_time
    if begins is not None and begins.rate > 1:
        return rate_of(begins.rate)
    for clip in timeline.find_clips():
        if str(getattr(clip.parent(), "kind", "Video")) != "Video":
            continue
        media = clip.media_reference
        for range_ in (clip.source_range, media.available_range if media is not None else None):
            if range_ is not None:
                return rate_of(range_.start_time.rate)
    return Fraction(24)


def is_drop_frame(text: str, rate: Fraction) -> bool:
    """Whether a file's text counts in drop-frame timecode, which there is at 29.97 and its double alone."""
    return rate.denominator == 1001 and round(rate) % 30 == 0 and _DROP.search(text) is not None


def of_tracks(stack: Any) -> list[Note]:
    """Tracks that hold no picture."""
    notes = []
    for kind in dict.fromkeys(str(getattr(one, "kind", "Video")) for one in stack):
        if kind == "Video":
            continue
        tracks = [one for one in stack if str(getattr(one, "kind", "Video")) == kind]
        count = sum(sum(1 for _ in one.find_clips()) for one in tracks)
        say = f"{counted(len(tracks), f'{kind.lower()} track')} with {counted(count, 'clip')} left out"
        notes.append(Note(say, "unsupported"))
    if not any(str(getattr(one, "kind", "Video")) == "Video" for one in stack):
        notes.append(Note("there is no video track", "unsupported"))
    return notes


def of_text(text: str, suffix: str, rate: Fraction, shots: list[CutShot]) -> list[Note]:
    """What the adapter of a format does not read."""
    if suffix == ".fcpxml":
        lost = Counter(re.findall(r"<([a-z-]+[A-Za-z]*)[\s/>]", text))
        lost['enabled="0"'] = len(re.findall(r'\benabled="0"', text))
        return [
            Note(f"{lost[tag]} {what} ({tag}) are not read", "unsupported")
            for tag, what in _FCPXML_LOST.items()
            if lost[tag]
        ]
    if suffix != ".edl":
        return []
    notes = [Note(f"an EDL says no frame rate: it is read at {rate}", "kept")]
    if len({mode.upper() for mode in FRAME_CODE_MODE.findall(text)}) > 1:
        notes.append(
            Note("it is part in drop-frame, part not: timecode is read as it is written", "unsupported")
        )
    changes = len(_EDL_SPEED.findall(text))
    read = sum(1 for shot in shots if shot.speed != 1)
    if changes > read:
        notes.append(Note(f"{changes - read} of {changes} changes of speed (M2) are not read", "unsupported"))
    if _EDL_KEY.search(text):
        notes.append(Note("key events (K) are not read", "unsupported"))
    return notes

"""A clip of a timeline as a shot: the media frames that its record shows, and what of it is not simply so."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from pai_studio.core.shot.document import MAX_FRAMES
from pai_studio.core.shot.frames import FramePattern, FrameRange
from pai_studio.core.shot.timeline.cut import CutReference, CutShot, Note, counted, timecode
from pai_studio.core.shot.timeline.markers import read_marker
from pai_studio.core.shot.timeline.media import Media, media_of, named_media
from pai_studio.core.shot.timeline.times import exact, frames_of, rate_of

_Kind = Literal["kept", "unsupported"]
_FINEST_SPEED = 10_000


@dataclass(frozen=True)
class Seen:
    """What every clip of a timeline is read with."""

    rate: Fraction
    folder: Path
    is_drop: bool = False
    is_edl: bool = False

    def note(self, what: str, track: str, at: Fraction, *, kind: _Kind = "unsupported") -> Note:
        """A note on a place of the record."""
        frame = round(at)
        return Note(what, kind, track, frame, timecode(frame, self.rate, is_drop=self.is_drop))


@dataclass(frozen=True)
class Placed:
    """Where an item begins in the record and how long it is, in frames; the transitions at its ends."""

    at: Fraction
    length: Fraction
    head: Any = None
    tail: Any = None


def shot_of(
    clip: Any, place: Placed, window: tuple[Fraction, Fraction], seen: Seen, track: tuple[int, str]
) -> CutShot | Note:
    """The shot of what `window` (record frames, the end not included) shows of a clip; a note where it is none."""
    refused = _refused(clip, round(window[1]) - round(window[0]))
    if refused:
        return seen.note(f"clip {str(clip.name or '')!r} {refused}", track[1], place.at)
    return _Clip(clip, place, window, seen).shot(*track)


def _refused(clip: Any, length: int) -> str:
    reference = clip.media_reference
    if not is_enabled(clip):
        return "is disabled"
    if reference is not None and reference.schema_name() == "GeneratorReference":
        return f"is generated ({reference.generator_kind or 'it does not say what'})"
    if length < 1:
        return "shows no frame"
    return f"has {length} frames, more than the {MAX_FRAMES} of a shot" if length > MAX_FRAMES else ""


def is_enabled(item: Any) -> bool:
    """Whether an item is on; the reader of FCP XML leaves that among what the format says itself."""
    said = item.metadata.get("fcp_xml")
    is_off = hasattr(said, "get") and str(said.get("enabled", "")).upper() == "FALSE"
    return bool(getattr(item, "enabled", True)) and not is_off


class _Clip:
    def __init__(self, clip: Any, place: Placed, window: tuple[Fraction, Fraction], seen: Seen) -> None:
        self.clip, self.place, self.window, self.seen = clip, place, window, seen
        self.said: list[tuple[str, _Kind]] = []
        reference = clip.media_reference
        named = reference is not None and reference.schema_name() != "MissingReference"
        self.media = media_of(reference, seen.folder) if named else _commented(clip, seen.folder)
        self.trimmed = clip.trimmed_range()
        self.rate = self.media.rate or rate_of(self.trimmed.start_time.rate)
        self.speed = self._speed()

    def shot(self, number: int, track: str) -> CutShot:
        """The shot, its name still open."""
        first, end = round(self.window[0]), round(self.window[1])
        source = self._source()
        self._tell_media()
        overlap = self._overlap(self.place.head, "head"), self._overlap(self.place.tail, "tail")
        references = tuple(self._references(source))
        self._tell_effects()
        made = CutShot(
            name="",
            clip=str(self.clip.name or ""),
            track=number,
            track_name=track,
            record=FrameRange(first, end - 1),
            source=source,
            rate=self.rate,
            media=self.media.path,
            media_range=self.media.range,
            speed=self.speed,
            overlap=overlap,
            references=references,
        )
        self._tell_limits(made)
        notes = (self.seen.note(what, track, Fraction(first), kind=kind) for what, kind in self.said)
        return replace(made, notes=tuple(notes))

    def _tell(self, what: str, kind: _Kind = "unsupported") -> None:
        self.said.append((what, kind))

    def _time(self, record: Fraction) -> Fraction:
        """The media's time, in its frames, that a frame of the record shows."""
        into = (record - self.place.at) * (1 if self.speed is None else abs(self.speed))
        return frames_of(self.trimmed.start_time, self.rate) + into * self.rate / self.seen.rate

    def _source(self) -> FrameRange:
        first, end = (self._time(bound) + self.media.shift for bound in self.window)
        if self.speed and any(bound.denominator != 1 for bound in (first, end)):
            self._tell("it shows parts of media frames: the shot has the whole ones", "kept")
        if any(bound.denominator != 1 for bound in self.window):
            self._tell("it begins or ends between two frames: the nearest are taken", "kept")
        return FrameRange(math.floor(first), max(math.ceil(end) - 1, math.floor(first)))

    def _speed(self) -> Fraction | None:
        """The clip's speed; told where it is not as filmed."""
        speed: Fraction | None = Fraction(1)
        for effect in self.clip.effects:
            if hasattr(effect, "time_scalar"):
                scalar = Fraction(exact(effect.time_scalar)).limit_denominator(_FINEST_SPEED)
                speed = None if speed is None else speed * scalar
            elif _is_retime(effect):
                speed = None
        if speed is None:
            self._tell(
                "its speed is changed, and the file does not say how: the shot has the frames of 100 %"
            )
        elif speed != 1:
            what = "it is a freeze frame" if speed == 0 else f"its speed is {float(speed * 100):g} %"
            self._tell(f"{what}: the shot has the media's frames, and the retime goes onto the result")
        return speed

    def _tell_effects(self) -> None:
        names = [_effect_name(effect) for effect in self.clip.effects if not _is_timing(effect)]
        if names:
            say = f"effects stay in the timeline: {', '.join(dict.fromkeys(names))}"
            self._tell(say, "kept")

    def _tell_media(self) -> None:
        for wrong in self.media.wrong:
            self._tell(wrong)
        if not self.media.path and not self.media.wrong:
            self._tell("its media is not named")
        is_movie = self.media.path and not FramePattern(self.media.path).has_padding
        if is_movie and self.media.range is None:
            self._tell(
                "the timeline does not say which frame its media begins with: the shot's plate.start is open"
            )
        if self.rate != self.seen.rate:
            say = f"its media runs at {self.rate} in a timeline at {self.seen.rate}: the shot has the media's frames"
            self._tell(say, "kept")

    def _tell_limits(self, shot: CutShot) -> None:
        """The source against what the media has, transitions included."""
        if shot.media_range is None or shot.speed is None or self.media.is_still:
            return
        if shot.source.first < shot.media_range.first or shot.source.last > shot.media_range.last:
            self._tell(f"it shows {shot.source}, and its media has {shot.media_range}")
            return
        for wanted, there, end in zip(
            shot.overlap, (shot.before, shot.after), ("before", "after"), strict=True
        ):
            if there is not None and wanted > there:
                self._tell(
                    f"its transition shows {counted(wanted, 'frame')} {end} the cut, and its media has {there}"
                )

    def _overlap(self, transition: Any, end: str) -> int:
        """How many media frames a transition shows beyond an end of the clip."""
        if transition is None:
            return 0
        time = transition.in_offset if end == "head" else transition.out_offset
        frames = math.ceil(frames_of(time, self.rate) * (1 if self.speed is None else abs(self.speed)))
        kind = str(transition.transition_type or "transition")
        called = f"{kind} {str(transition.name or '')!r} at its {end}"
        shown = f": it shows {counted(frames, 'frame')} beyond the cut, as handles" if frames else ""
        self._tell(f"{called} stays in the timeline{shown}", "kept")
        return frames

    def _references(self, source: FrameRange) -> Iterator[CutReference]:
        for marker in self.clip.markers:
            said = read_marker(marker, self.seen.folder)
            frame = self._anchor(marker)
            if not said.is_reference:
                if said.words:
                    self._tell(f"marker at {frame}: {said.words}", "kept")
                continue
            if frame not in source:
                self._tell(f"the reference at {frame} lies outside what the cut shows ({source})", "kept")
            yield CutReference(frame, said.file, said.colorspace)

    def _anchor(self, marker: Any) -> int:
        """A marker's media frame: its time is the media's, but the record's in an EDL."""
        at = marker.marked_range.start_time
        if self.seen.is_edl:
            return math.floor(self._time(frames_of(at, self.seen.rate)) + self.media.shift)
        return math.floor(frames_of(at, self.rate) + self.media.shift)


def _commented(clip: Any, folder: Path) -> Media:
    """The media that an EDL names in a comment which its reader does not know."""
    said = clip.metadata.get("cmx_3600")
    for line in said.get("comments", ()) if hasattr(said, "get") else ():
        found = re.fullmatch(r"SOURCE FILE(?: PATH)?:\s*(\S*[\\/].*)", str(line).strip(), re.IGNORECASE)
        if found:
            return named_media(found[1], folder)
    return Media()


def _is_timing(effect: Any) -> bool:
    return hasattr(effect, "time_scalar") or _is_retime(effect)


def _is_retime(effect: Any) -> bool:
    """A change of speed that the library does not put in a number: Final Cut's filter, or an effect in time."""
    if effect.schema_name() == "TimeEffect":
        return True
    said = effect.metadata.get("fcp_xml")
    return hasattr(said, "get") and str(said.get("effectid", "")).lower() == "timeremap"


def _effect_name(effect: Any) -> str:
    """What an editor calls an effect, in its own keys where the library has no name for it."""
    for said in effect.metadata.values():
        if hasattr(said, "get"):
            name = said.get("Effect Name") or said.get("name") or said.get("effectid")
            if name:
                return str(name)
    return str(effect.name or effect.effect_name or effect.schema_name())

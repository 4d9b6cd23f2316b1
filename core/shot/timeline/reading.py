"""A timeline walked through: every clip of a video track with its place, and a note of all else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from pai_studio.core.shot.errors import BadInput
from pai_studio.core.shot.timeline import files, left_out
from pai_studio.core.shot.timeline.clips import Placed, Seen, is_enabled, shot_of
from pai_studio.core.shot.timeline.cut import Cut, CutShot, Note, counted
from pai_studio.core.shot.timeline.marks import anchored
from pai_studio.core.shot.timeline.names import named
from pai_studio.core.shot.timeline.times import frames_of

SUFFIXES = files.SUFFIXES
MAX_ITEMS = 100_000
_MAX_DEPTH = 40
_COMPOSED = ("Stack", "Track")


def read(path: Path, *, rate: Fraction | None = None) -> Cut:
    """Open a timeline.

    `rate` is that of an EDL, which says none (24 else). Raises BadInput naming the file. Nothing is looked up on
    the disk but the file itself: `is_offline` tells whether a shot's media is there.
    """
    try:
        held, text = files.load(path, rate)
        timeline, notes = left_out.chosen(held)
        walk = _Walk(timeline, path, text, rate)
        walk.notes += [Note(say, "unsupported") for say in notes]
        return walk.cut()
    except BadInput as error:
        if error.where:
            raise
        raise BadInput(error.what, where=str(path), hint=error.hint) from None


@dataclass
class _Window:
    """The part of the record, in frames, that is to be seen; None has no end."""

    first: Fraction | None = None
    end: Fraction | None = None

    def narrowed(self, first: Fraction, end: Fraction) -> _Window:
        return _Window(
            first if self.first is None else max(first, self.first),
            end if self.end is None else min(end, self.end),
        )

    def seen(self, first: Fraction, end: Fraction) -> tuple[Fraction, Fraction]:
        window = self.narrowed(first, end)
        assert window.first is not None
        assert window.end is not None
        return window.first, window.end


@dataclass
class _Row:
    """The track that is walked, and what is counted of it."""

    number: int
    name: str
    gaps: list[int] = field(default_factory=list)


class _Walk:
    def __init__(self, timeline: Any, path: Path, text: str, rate: Fraction | None) -> None:
        self.timeline, self.path, self.text = timeline, path, text
        self.rate = left_out.rate_of_timeline(timeline)
        folder = path.absolute() if path.is_dir() else path.absolute().parent
        is_edl = path.suffix.lower() == ".edl"
        # The timecode of an EDL counts whole frames a second, which 23.976 runs as well.
        self.told = rate if is_edl and rate else self.rate
        self.seen = Seen(self.rate, folder, left_out.is_drop_frame(text, self.rate), is_edl)
        self.notes: list[Note] = []
        self.shots: list[CutShot] = []
        self.starts_with_records = False
        self._items = 0

    def cut(self) -> Cut:
        """The whole timeline."""
        begins = self.timeline.global_start_time
        start = round(frames_of(begins, self.rate)) if begins is not None else 0
        stack = self.timeline.tracks
        origin, window = self._inside(stack, Fraction(start), _Window(), 1)
        number = 0
        for track in stack:
            if str(getattr(track, "kind", "Video")) == "Video":
                number += 1
                row = _Row(number, str(track.name or "") or f"Video {number}")
                self._one(track, row, origin, window, 0)
                self._tell_gaps(row)
        if self.starts_with_records and self.shots:  # they count from midnight
            start = min(shot.record.first for shot in self.shots)
        self.notes += left_out.of_tracks(stack)
        self.notes += left_out.of_text(self.text, self.path.suffix.lower(), self.told, self.shots)
        shots = sorted(self.shots, key=lambda shot: (shot.record.first, shot.track))
        shots, notes = anchored(stack, shots, self.seen, origin)
        shots = [replace(shot, rate=self.told) if shot.rate == self.rate else shot for shot in shots]
        return Cut(
            str(self.timeline.name or "") or self.path.stem,
            self.told,
            start,
            tuple(named(shots)),
            tuple(self.notes + notes),
        )

    def _tell(self, what: str, row: _Row, at: Fraction, *, kind: Any = "unsupported") -> None:
        self.notes.append(self.seen.note(what, row.name, at, kind=kind))

    def _tell_gaps(self, row: _Row) -> None:
        if row.gaps:
            say = f"{counted(len(row.gaps), 'gap')} ({counted(sum(row.gaps), 'frame')} in all) left empty"
            self.notes.append(Note(say, "kept", row.name))

    def _inside(self, item: Any, at: Fraction, window: _Window, depth: int) -> tuple[Fraction, _Window]:
        """Where an item's own zero lies in the record, and what is seen of it, when it begins at `at`."""
        if item.source_range is None:
            return at, window
        first = frames_of(item.source_range.start_time, self.rate)
        length = frames_of(item.source_range.duration, self.rate)
        # Of an EDL, and of what was made from one, the range tells where the records begin, and trims nothing.
        if depth == 0 and (self.seen.is_edl or first + length <= 0):
            self.starts_with_records = True
            return at - first, window
        return at - first, window.narrowed(at, at + length)

    def _one(self, track: Any, row: _Row, at: Fraction, window: _Window, depth: int) -> None:
        """Walk a track or stack that begins at `at`."""
        if depth > _MAX_DEPTH:
            raise BadInput(f"has compounds nested deeper than {_MAX_DEPTH}", hint="flatten it")
        if not is_enabled(track):
            self._tell(f"{_called(track)} is disabled, with {_clips(track)} in it", row, at)
            return
        if self._is_changed_as_a_whole(track, row, at):
            return
        zero, window = self._inside(track, at, window, depth)
        if track.schema_name() == "Stack":
            for layer in track:
                if layer.schema_name() == "Track" and layer.kind == "Video":
                    self._one(layer, row, zero, window, depth + 1)
                elif layer.schema_name() != "Track":
                    self._item(layer, Placed(zero, _length(layer, self.rate)), row, window, depth)
                else:
                    self._tell(f"the sound in {_called(track)} is left out", row, at, kind="kept")
            return
        for item, place in self._placed(track, zero, row):
            self._item(item, place, row, window, depth)

    def _is_changed_as_a_whole(self, track: Any, row: _Row, at: Fraction) -> bool:
        """A retime of a compound changes every clip in it, and no one number says how."""
        retimes = [effect for effect in track.effects if hasattr(effect, "time_scalar")]
        others = [effect for effect in track.effects if not hasattr(effect, "time_scalar")]
        if others:
            say = f"{_called(track)} has effects, which stay in the timeline"
            self._tell(say, row, at, kind="kept")
        if retimes:
            say = f"{_called(track)} is retimed as a whole and left out, with {_clips(track)} in it"
            self._tell(say, row, at)
        return bool(retimes)

    def _compound(self, item: Any, place: Placed, row: _Row, window: _Window, depth: int) -> None:
        shots, notes = len(self.shots), len(self.notes)
        self._one(item, row, place.at, window.narrowed(place.at, place.at + place.length), depth + 1)
        if len(self.shots) > shots:
            say = f"{_called(item)} is a compound: its clips are shots"
            self.notes.insert(notes, self.seen.note(say, row.name, place.at, kind="kept"))

    def _placed(self, track: Any, zero: Fraction, row: _Row) -> Iterator[tuple[Any, Placed]]:
        """The items of a track with their places, and what transitions show beyond their ends."""
        items = list(track)
        at = zero
        for index, item in enumerate(items):
            before = items[index - 1] if index else None
            after = items[index + 1] if index + 1 < len(items) else None
            if item.schema_name() == "Transition":
                self._count()
                if not _is_clip(before) and not _is_clip(after):
                    self._tell(f"{_called(item)} is beside no clip", row, at)
                continue
            length = _length(item, self.rate)
            yield item, Placed(at, length, _transition(before), _transition(after))
            at += length

    def _count(self) -> None:
        self._items += 1
        if self._items > MAX_ITEMS:
            raise BadInput(f"has more than {MAX_ITEMS} clips", hint="export a part of it")

    def _item(self, item: Any, place: Placed, row: _Row, window: _Window, depth: int) -> None:
        self._count()
        kind = item.schema_name()
        first, end = window.seen(place.at, place.at + place.length)
        if kind == "Gap":
            row.gaps += [round(end) - round(first)] if end > first else []
            self._words_of(item, row, place.at)
        elif end <= first:
            say = f"{_called(item)} shows no frame" + (" (it is trimmed away)" if place.length else "")
            self._tell(say, row, place.at, kind="kept" if place.length else "unsupported")
        elif kind in _COMPOSED:
            if not len(item):
                self._tell(f"{_called(item)} is a compound without its content", row, place.at)
                return
            self._words_of(item, row, place.at)
            self._compound(item, place, row, window, depth)
        elif kind != "Clip":
            self._tell(f"{_called(item)} is a {kind}, which is not known", row, place.at)
        else:
            made = shot_of(item, place, (first, end), self.seen, (row.number, row.name))
            if isinstance(made, Note):
                self.notes.append(made)
            else:
                self.shots.append(made)

    def _words_of(self, item: Any, row: _Row, at: Fraction) -> None:
        for marker in item.markers:
            say = f"the marker {str(marker.name or '')!r} is on {_called(item)}, which is no shot"
            self._tell(say, row, at)


def _called(item: Any) -> str:
    kind = item.schema_name().lower()
    return f"{kind} {str(item.name)!r}" if item.name else f"the {kind}"


def _clips(item: Any) -> str:
    return counted(sum(1 for _ in item.find_clips()), "clip")


def _is_clip(item: Any) -> bool:
    return item is not None and item.schema_name() == "Clip"


def _transition(item: Any) -> Any:
    return item if item is not None and item.schema_name() == "Transition" else None


def _length(item: Any, rate: Fraction) -> Fraction:
    """How long an item is. Raises BadInput where neither it nor its media says."""
    try:
        return frames_of(item.trimmed_range().duration, rate)
    except BadInput:
        raise
    except Exception:  # noqa: BLE001 - the library has an error of its own for each kind of item
        raise BadInput(f"{_called(item)} says neither its range nor its media's") from None

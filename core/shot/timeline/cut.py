"""What a timeline says, as far as shots are concerned: plain values, whole frames, exact rates."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

from pai_studio.core.shot.frames import FramePattern, FrameRange


@dataclass(frozen=True, slots=True)
class Note:
    """Something of the timeline that is not simply a shot: kept in another form, or not supported."""

    what: str
    kind: Literal["kept", "unsupported"]
    track: str = ""
    record: int | None = None
    """The timeline frame; None for what has no place."""

    at: str = ""
    """The same as timecode."""

    @property
    def where(self) -> str:
        """`Video 1, 01:00:04:00`; empty for what concerns the whole timeline."""
        return ", ".join(part for part in (self.track, self.at) if part)

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" if self.where else self.what


@dataclass(frozen=True, slots=True)
class CutReference:
    """A marker `ref`: a background still anchored at a media frame. Without a file it is a place still to be filled."""

    frame: int
    file: str = ""
    colorspace: str = ""


@dataclass(frozen=True, slots=True)
class CutShot:
    """One clip of a video track."""

    name: str
    """Valid as a shot's name, and the only one so called in the cut, upper and lower case being the same."""

    clip: str
    """What the timeline calls it."""

    track: int
    """From 1, the lowest."""

    track_name: str
    record: FrameRange
    """Timeline frames, counted from the timeline's start."""

    source: FrameRange
    """Media frames, in the media's rate: the files' own numbers for a sequence, else the source timecode's frames.
    All the frames that the cut shows, transitions not counted."""

    rate: Fraction
    """The media's."""

    media: str = ""
    """A movie, a still, or the pattern of a sequence; empty where the timeline names none."""

    media_range: FrameRange | None = None
    """All the frames that the media has, as far as the timeline knows."""

    speed: Fraction | None = Fraction(1)
    """1 as filmed, 0 a freeze frame, negative backwards; None for a change that the file does not put in one number."""

    overlap: tuple[int, int] = (0, 0)
    """Media frames that transitions show before and after the source."""

    references: tuple[CutReference, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def is_sequence(self) -> bool:
        """Whether the media is an image sequence."""
        return bool(self.media) and FramePattern(self.media).has_padding

    @property
    def before(self) -> int | None:
        """Frames that the media has before the source; None where the timeline does not know."""
        return None if self.media_range is None else max(self.source.first - self.media_range.first, 0)

    @property
    def after(self) -> int | None:
        """Frames that the media has after the source; None where the timeline does not know."""
        return None if self.media_range is None else max(self.media_range.last - self.source.last, 0)


@dataclass(frozen=True, slots=True)
class Cut:
    """A timeline's shots in the order of their records, lower tracks first."""

    name: str
    rate: Fraction
    start: int
    """The timeline's first frame, as its timecode counts."""

    shots: tuple[CutShot, ...]
    notes: tuple[Note, ...] = ()
    """What belongs to no shot; each shot has its own."""

    @property
    def all_notes(self) -> tuple[Note, ...]:
        """The timeline's notes, then those of its shots."""
        return self.notes + tuple(note for shot in self.shots for note in shot.notes)


def is_offline(shot: CutShot) -> bool:
    """Whether nothing of a shot's media is on this disk. Of a sequence one frame is enough to be there."""
    if not shot.media:
        return True
    if not shot.is_sequence:
        return not Path(shot.media).is_file()
    present = FramePattern(shot.media).on_disk()
    return not any(shot.source.first <= frame <= shot.source.last for frame in present)


def timecode(frame: int, rate: Fraction, *, is_drop: bool = False) -> str:
    """A frame as `HH:MM:SS:FF`, counted at the whole rate nearest to `rate`; `;` before the frames in drop-frame."""
    nominal = max(round(rate), 1)
    sign, rest = ("-", -frame) if frame < 0 else ("", frame)
    if is_drop:
        rest = _with_dropped(rest, nominal)
    seconds, frames = divmod(rest, nominal)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{sign}{hours:02d}:{minutes:02d}:{seconds:02d}{';' if is_drop else ':'}{frames:02d}"


def _with_dropped(frame: int, nominal: int) -> int:
    """The count that drop-frame timecode shows: two numbers in 30 are left out each minute, but not each tenth."""
    left_out = nominal // 15
    minute = nominal * 60 - left_out
    ten = minute * 10 + left_out
    tens, rest = divmod(frame, ten)
    in_ten = 0 if rest < nominal * 60 else 1 + (rest - nominal * 60) // minute
    return frame + left_out * (9 * tens + in_ten)


def counted(count: int, what: str) -> str:
    """`1 clip`, `2 clips`."""
    return f"{count} {what}" + ("" if count == 1 else "s")

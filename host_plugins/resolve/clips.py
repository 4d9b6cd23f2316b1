"""Timecode, rates, and which frames of its media a timeline item shows.

A shot's frames are numbered by the clip's timecode: a clip that starts at 01:00:00:00 at 23.976 starts at frame 86400.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from ..host import Fault

if TYPE_CHECKING:
    from .api import LaterItem, MediaPoolItem, Timeline, TimelineItem

SPEED_SINCE = (21, 1)
"""The first version that tells the speed of an item."""

_TIMECODE = re.compile(r"(\d\d):(\d\d):(\d\d)([:;.,])(\d\d)")
_NTSC = {23.976: "24000/1001", 29.97: "30000/1001", 47.952: "48000/1001", 59.94: "60000/1001"}
_NEAR = 0.01
_STRETCHED = re.compile("anamorph|scope|16:9|4:3", re.IGNORECASE)
_FIELDS = re.compile("upper|lower", re.IGNORECASE)


def fps_of(text: Any) -> float:
    """The rate in a property or setting such as `23.976` or `29.97 DF`. Raises Fault."""
    found = re.match(r"\s*(\d+(?:\.\d+)?)", str(text))
    if found is None or float(found[1]) <= 0:
        raise Fault(f"its rate {str(text)!r} cannot be read", hint="set it in the clip's attributes")
    return float(found[1])


def rate_text(fps: float) -> str:
    """A rate as the shot document has it: exact for those of NTSC."""
    near = [exact for rate, exact in _NTSC.items() if abs(rate - fps) < _NEAR]
    return near[0] if near else f"{fps:g}"


def frames_of(timecode: str, fps: float) -> int:
    """The frame that a timecode names; with `;` numbers are dropped where the rate has that. Raises Fault."""
    found = _TIMECODE.fullmatch(timecode.strip())
    if found is None:
        raise Fault(f"{timecode!r} is no timecode", hint="set one in the clip's attributes")
    hours, minutes, seconds, frames = (int(found[part]) for part in (1, 2, 3, 5))
    base = round(fps)
    if minutes > 59 or seconds > 59 or frames >= base:
        raise Fault(f"{timecode!r} is no timecode at {fps:g}", hint="set one in the clip's attributes")
    minutes += 60 * hours
    number = (60 * minutes + seconds) * base + frames
    return number - _dropped(base) * (minutes - minutes // 10) if found[4] != ":" else number


def timecode_of(frame: int, fps: float, *, drop: bool = False) -> str:
    """The timecode of a frame."""
    base = round(fps)
    if drop:
        lost = _dropped(base)
        minute, ten = 60 * base - lost, 600 * base - 9 * lost
        tens, rest = divmod(frame, ten)
        # The first minute of ten keeps its frames.
        frame += 9 * lost * tens + (lost * ((rest - lost) // minute) if rest >= lost else 0)
    seconds, frames = divmod(frame, base)
    minutes, seconds = divmod(seconds, 60)
    sign = ";" if drop else ":"
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}:{seconds:02d}{sign}{frames:02d}"


def _dropped(base: int) -> int:
    """Frame numbers that are left out in a minute: 2 at 29.97, 4 at 59.94, and none at a rate such as 25."""
    return 2 * base // 30 if base % 30 == 0 else 0


@dataclass(frozen=True)
class Source:
    """The media of a clip: Resolve's own numbers of its frames, and what they are in timecode."""

    start: int
    """Resolve's number of its first frame."""

    count: int
    timecode: int
    """The frame that its start timecode names."""

    fps: float
    drop: bool
    """Whether its timecode leaves numbers out."""

    width: int
    height: int

    def frame(self, number: int) -> int:
        """The shot's number of one of Resolve's."""
        return self.timecode + number - self.start

    def number(self, frame: int) -> int:
        """Resolve's number of one of the shot's."""
        return self.start + frame - self.timecode


@dataclass(frozen=True)
class Span:
    """What an item shows of its media, in frames of the shot, and how many there are beyond at either end."""

    first: int
    last: int
    before: int
    after: int

    def handles(self, wanted: int) -> int:
        """As many of the wanted handles as there are at both ends."""
        return max(min(wanted, self.before, self.after), 0)


def source_of(media: MediaPoolItem, label: str) -> Source:
    """A clip's media. Raises Fault for what has no files: a compound, a nested timeline, a Fusion clip."""
    if not str(media.GetClipProperty("File Path") or ""):
        raise _refused(
            label,
            "it has no media file of its own (a compound or Fusion clip, or a nested timeline)",
            "open it and render the clips in it, or render it in place first",
        )
    _require_plain(media, label)
    fps, timecode = fps_of(media.GetClipProperty("FPS")), str(media.GetClipProperty("Start TC"))
    size = re.fullmatch(r"(\d+)\s*x\s*(\d+)", str(media.GetClipProperty("Resolution")))
    numbers = [str(media.GetClipProperty(name)) for name in ("Start", "Frames")]
    if size is None or not all(re.fullmatch(r"-?\d+", number) for number in numbers):
        raise _refused(label, "Resolve does not tell its size or length", "relink its media")
    return Source(
        start=int(numbers[0]),
        count=int(numbers[1]),
        timecode=frames_of(timecode, fps),
        fps=fps,
        drop=any(sign in timecode for sign in ";.,") and _dropped(round(fps)) > 0,
        width=int(size[1]),
        height=int(size[2]),
    )


def _require_plain(media: MediaPoolItem, label: str) -> None:
    """Raises Fault for what would be in the export's pixels and again in the result's."""
    lut = str(media.GetClipProperty("Input LUT") or "")
    if lut not in ("", "None"):
        what = f"its clip has the input LUT {lut}, which would be burnt into the plate"
        raise _refused(label, what, "put the LUT on a node of the grade instead")
    shape = str(media.GetClipProperty("PAR") or "")
    if _STRETCHED.search(shape):
        what = f"its pixels are not square ({shape}), and this version exports square ones"
        raise _refused(label, what, "set its pixel aspect ratio to square in the clip's attributes")
    fields = str(media.GetClipProperty("Field Dominance") or "")
    if _FIELDS.search(fields):
        what = f"it is interlaced ({fields}), and this version takes whole frames"
        raise _refused(label, what, "render a progressive copy of it first")


def media_of(item: TimelineItem, label: str) -> MediaPoolItem:
    """The item's clip. Raises Fault where it has none."""
    media = item.GetMediaPoolItem()
    if media is None:
        raise _refused(
            label,
            "it has no clip in the media pool (a generator, a title, an adjustment clip, or its media is gone)",
            "choose a clip that was shot, or relink it",
        )
    return media


def span_of(item: TimelineItem, source: Source, timeline: Timeline, version: tuple[int, ...]) -> Span:
    """Which frames an item shows. Raises Fault for one whose speed is changed, by name."""
    label = str(item.GetName())
    if str(timeline.GetSetting("timelineInterlaceProcessing") or "") == "1":
        what = "its timeline is interlaced, and this version takes whole frames"
        raise _refused(label, what, "switch interlace processing off in the timeline's settings")
    fps = fps_of(timeline.GetSetting("timelineFrameRate"))
    if abs(fps - source.fps) >= _NEAR:
        what = f"it has {source.fps:g} frames a second and the timeline {fps:g}"
        raise _refused(label, what, "cut it into a timeline of its own rate")
    if version >= SPEED_SINCE:
        percent = float(cast("LaterItem", item).GetSpeed()["Percentage"])
        if percent != 100.0:
            raise _refused(label, _speed_words(percent), "render it at 100 % and retime the result")
    duration = int(item.GetDuration(False))
    first = _start_of(item, source, label)
    shown = int(item.GetSourceEndFrame()) - int(item.GetSourceStartFrame())
    # Whether the end is the last frame or the one after it is not documented, and the start may be one too low.
    if not duration - 1 <= shown <= duration + 1 or first + duration > source.start + source.count:
        what = f"it shows {shown} frames of its media in {duration} frames: its speed is changed or it is a still"
        raise _refused(label, what, "render it at 100 % and retime the result")
    before, after = first - source.start, source.start + source.count - first - duration
    return Span(source.frame(first), source.frame(first) + duration - 1, before, after)


def _start_of(item: TimelineItem, source: Source, label: str) -> int:
    """Resolve's number of the first frame shown: what the frame and the offset say alike; the frame may be floored."""
    told = int(item.GetSourceStartFrame())
    offset = source.start + round(float(item.GetLeftOffset(True)))
    if offset - told not in (0, 1):
        what = f"Resolve says that it starts at {told}, and at {offset} by its offset"
        raise _refused(label, what, "render it in place first")
    return offset


def _speed_words(percent: float) -> str:
    if percent == 0:
        return "it is a freeze frame"
    return "it runs backwards" if percent < 0 else f"its speed is {percent:g} %"


def _refused(label: str, what: str, hint: str) -> Fault:
    return Fault(what, where=label, hint=hint, code="INVALID_INPUT")

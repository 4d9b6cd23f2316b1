"""What a project holds, as plain data; the faces in the other files show it to a plugin."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.hosts.fakes_resolve.timecode import frames_of, timecode_of


def unique() -> str:
    """A new id, as Resolve's look."""
    return str(uuid.uuid4())


@dataclass
class Marker:
    """A marker at an offset in a clip or timeline."""

    color: str
    name: str
    note: str
    duration: int
    custom: str


@dataclass(eq=False)
class Media:
    """A clip of the media pool. Its frames are numbered from `first`: a sequence's by its files, a movie's from 0."""

    name: str
    pattern: str
    """The files, with `####` for a number of four digits or more; without one, a still."""

    first: int
    last: int
    rate: float = 24.0
    start_tc: str = ""
    size: tuple[int, int] = (8, 4)
    kind: str = "Video"
    """`Video`, `Still`, `Timeline`, `Compound`, `Generator`."""

    properties: dict[str, str] = field(default_factory=dict)
    markers: dict[int, Marker] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)
    remote_grade: float = 1.0
    """The gain of the grade that all items with the remote version share."""

    timeline: Any = None
    movie: str = ""
    """The path that a movie has, where `pattern` only says what its frames look like."""

    id: str = field(default_factory=unique)
    linked_tc: str = ""
    """The timecode by which timeline items find it; see SetClipProperty of Start TC."""

    def __post_init__(self) -> None:
        self.start_tc = self.start_tc or timecode_of(self.first, self.rate)
        self.linked_tc = self.start_tc

    @property
    def length(self) -> int:
        """In frames."""
        return self.last - self.first + 1

    def file(self, frame: int) -> Path:
        """The file of a frame, numbered as `first` is."""
        digits = self.pattern.count("#")
        if not digits:
            return Path(self.pattern)
        return Path(self.pattern.replace("#" * digits, f"{frame:0{digits}d}"))

    def shown_path(self) -> str:
        """As File Path shows it: `plate.[1001-1010].exr`."""
        digits = self.pattern.count("#")
        if self.movie or not digits:
            return self.movie or self.pattern
        return self.pattern.replace("#" * digits, f"[{self.first:0{digits}d}-{self.last:0{digits}d}]")


@dataclass
class Take:
    """One of the takes of an item: media and its first and last frame."""

    media: Media
    first: int
    last: int


@dataclass(eq=False)
class Item:
    """What lies on a track: `start` to `start + duration` of the timeline shows `first` to `last` of the media."""

    name: str
    media: Media | None
    first: int
    last: int
    start: int
    duration: int
    kind: str = "video"
    speed: float = 100.0
    """In percent: 0 a freeze, below 0 backwards."""

    enabled: bool = True
    grade: float = 1.0
    """The gain of its local grade: enough to tell graded from ungraded."""

    version: str = "Version 1"
    versions: dict[str, float] = field(default_factory=dict)
    is_remote: bool = False
    group: str = ""
    """The colour group that it is in."""

    markers: dict[int, Marker] = field(default_factory=dict)
    properties: dict[str, Any] = field(default_factory=dict)
    takes: list[Take] = field(default_factory=list)
    take: int = 0
    color: str = ""
    flags: list[str] = field(default_factory=list)
    comps: dict[str, Any] = field(default_factory=dict)
    id: str = field(default_factory=unique)

    @property
    def end(self) -> int:
        """The frame after its last one."""
        return self.start + self.duration

    @property
    def own_grade(self) -> float:
        """The gain of the version that it has."""
        return self.media.remote_grade if self.is_remote and self.media else self.grade

    def set_grade(self, gain: float) -> None:
        """Change the version that it has."""
        if self.is_remote and self.media:
            self.media.remote_grade = gain
        else:
            self.grade = gain

    @property
    def gain(self) -> float:
        """Of its version and of its group: half in any."""
        return self.own_grade * (0.5 if self.group else 1.0)

    def source_at(self, frame: int) -> int:
        """Which frame of the media a frame of the timeline shows."""
        offset = int((frame - self.start) * abs(self.speed) / 100)
        return self.last - offset if self.speed < 0 else min(self.first + offset, self.last)


@dataclass(eq=False)
class Track:
    """A track of items."""

    kind: str
    name: str
    items: list[Item] = field(default_factory=list)
    enabled: bool = True
    locked: bool = False


@dataclass(eq=False)
class TimelineModel:
    """A timeline."""

    name: str
    rate: float
    start_tc: str = "01:00:00:00"
    tracks: list[Track] = field(
        default_factory=lambda: [Track("video", "Video 1"), Track("audio", "Audio 1")]
    )
    custom: bool = False
    settings: dict[str, str] = field(default_factory=dict)
    markers: dict[int, Marker] = field(default_factory=dict)
    marks: dict[str, dict[str, int]] = field(default_factory=dict)
    playhead: int | None = None
    selected: list[Item] = field(default_factory=list)
    id: str = field(default_factory=unique)

    @property
    def drop(self) -> bool:
        """Whether its timecode leaves numbers out."""
        return ";" in self.start_tc

    @property
    def start(self) -> int:
        """Its first frame."""
        found = frames_of(self.start_tc, self.rate)
        assert found is not None
        return found

    @property
    def end(self) -> int:
        """The frame after its last one."""
        return max([item.end for item in self.items()], default=self.start)

    def items(self, kind: str = "video") -> Iterator[Item]:
        """Every item, the lowest track's first."""
        for track in self.of(kind):
            yield from track.items

    def of(self, kind: str) -> list[Track]:
        """The tracks of a kind, the lowest first."""
        return [track for track in self.tracks if track.kind == kind]

    def where(self, item: Item) -> tuple[str, int] | None:
        """An item's kind of track and its number from 1."""
        for kind in ("video", "audio", "subtitle"):
            for index, track in enumerate(self.of(kind), 1):
                if item in track.items:
                    return kind, index
        return None

    def top(self, frame: int, *, shown: bool = True) -> Item | None:
        """The item of the highest video track at a frame; with `shown`, of those that are not switched off."""
        for track in reversed(self.of("video")):
            for item in track.items:
                if item.start <= frame < item.end and (not shown or (track.enabled and item.enabled)):
                    return item
        return None


@dataclass(eq=False)
class Bin:
    """A folder of the media pool."""

    name: str
    clips: list[Media] = field(default_factory=list)
    bins: list[Bin] = field(default_factory=list)
    id: str = field(default_factory=unique)

    def walk(self) -> Iterator[Bin]:
        """This folder and all below."""
        yield self
        for one in self.bins:
            yield from one.walk()


@dataclass(eq=False)
class Job:
    """A job of the render queue, with what was set when it was added."""

    timeline: TimelineModel
    settings: dict[str, Any]
    format: str
    codec: str
    mode: int
    id: str = field(default_factory=unique)
    status: str = "Ready"
    error: str = ""
    done: int = 0
    total: int = 0


@dataclass(eq=False)
class ProjectModel:
    """A project."""

    name: str
    settings: dict[str, Any]
    root: Bin = field(default_factory=lambda: Bin("Master"))
    folder: Bin | None = None
    smart_bin: bool = False
    """Whether a smart bin is open: it is no folder, and nothing is made in it."""

    timelines: list[TimelineModel] = field(default_factory=list)
    timeline: TimelineModel | None = None
    jobs: list[Job] = field(default_factory=list)
    render: dict[str, Any] = field(default_factory=dict)
    format: str = "mov"
    codec: str = "H264"
    mode: int = 1
    presets: dict[str, dict[str, Any]] = field(default_factory=lambda: {"H.264 Master": {}})
    """Render presets; they are Resolve's, and kept here for want of a second project."""

    albums: list[Any] = field(default_factory=list)
    album: Any = None
    id: str = field(default_factory=unique)

    def __post_init__(self) -> None:
        self.folder = self.folder or self.root

    def rate(self) -> float:
        """Frames per second of new timelines."""
        return float(self.settings["timelineFrameRate"])

    def media(self) -> Iterator[Media]:
        """Every clip of the pool."""
        for one in self.root.walk():
            yield from one.clips

    def bin_of(self, media: Media) -> Bin | None:
        """The folder that a clip lies in."""
        return next((one for one in self.root.walk() if media in one.clips), None)

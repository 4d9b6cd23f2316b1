"""Timelines, as a plugin sees them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.hosts.fakes_resolve.markers import Marked
from tests.hosts.fakes_resolve.model import TimelineModel, Track
from tests.hosts.fakes_resolve.otio import write_otio
from tests.hosts.fakes_resolve.settings import Settings
from tests.hosts.fakes_resolve.timecode import frames_of, timecode_of


class Timeline(Marked):
    """A timeline."""

    _kind = "Timeline"

    @property
    def _timeline(self) -> TimelineModel:
        timeline: TimelineModel = self._model
        return timeline

    def _alive(self) -> bool:
        return self._timeline in self._session.project.timelines

    def _length(self) -> int:
        return self._timeline.end - self._timeline.start

    def _is_open(self) -> bool:
        return self._session.project.timeline is self._timeline

    def GetName(self) -> str:
        return self._timeline.name

    def SetName(self, timelineName: str) -> bool:
        if any(one.name == timelineName for one in self._session.project.timelines):
            return False
        self._timeline.name = timelineName
        return True

    def GetUniqueId(self) -> str:
        return self._timeline.id

    def GetMediaPoolItem(self) -> Any:
        found = next((one for one in self._session.project.media() if one.timeline is self._timeline), None)
        return self._session.face("MediaPoolItem", found) if found else None

    def GetStartFrame(self) -> int:
        return self._timeline.start

    def GetEndFrame(self) -> int:
        return self._timeline.end

    def GetStartTimecode(self) -> str:
        return self._timeline.start_tc

    def SetStartTimecode(self, timecode: str) -> bool:
        """What lies in it moves along. The timecode has to be of the timeline's kind, with drop frames or without."""
        if frames_of(timecode, self._timeline.rate) is None or (";" in timecode) != self._timeline.drop:
            return False
        before = self._timeline.start
        self._timeline.start_tc = timecode
        for track in self._timeline.tracks:
            for item in track.items:
                item.start += self._timeline.start - before
        return True

    def GetCurrentTimecode(self) -> str:
        return timecode_of(self._playhead(), self._timeline.rate, drop=self._timeline.drop)

    def _playhead(self) -> int:
        return self._timeline.start if self._timeline.playhead is None else self._timeline.playhead

    def SetCurrentTimecode(self, timecode: str) -> bool:
        frame = frames_of(timecode, self._timeline.rate)
        if frame is None or not self._is_open() or not self._timeline.start <= frame <= self._timeline.end:
            return False
        self._timeline.playhead = frame
        return True

    def GetCurrentVideoItem(self) -> Any:
        """The item under the playhead; None while another timeline is open."""
        item = self._timeline.top(self._playhead()) if self._is_open() else None
        return self._session.face("TimelineItem", item) if item else None

    def GetSelectedClips(self) -> list[Any]:
        return [self._session.face("TimelineItem", item) for item in self._timeline.selected]

    # Tracks
    def _track(self, kind: str, index: int) -> Track | None:
        tracks = self._timeline.of(kind)
        return tracks[index - 1] if 1 <= index <= len(tracks) else None

    def GetTrackCount(self, trackType: str) -> int:
        return len(self._timeline.of(trackType))

    def AddTrack(self, trackType: str, options: Any = None) -> bool:
        if trackType not in self._session.surface.words("track"):
            return False
        count = len(self._timeline.of(trackType)) + 1
        made = Track(trackType, f"{trackType.title()} {count}")
        index = options.get("index", count) if isinstance(options, dict) else count
        there = self._timeline.of(trackType)
        at = (
            self._timeline.tracks.index(there[index - 1])
            if 1 <= index < count
            else len(self._timeline.tracks)
        )
        self._timeline.tracks.insert(at, made)
        return True

    def DeleteTrack(self, trackType: str, trackIndex: int) -> bool:
        track = self._track(trackType, trackIndex)
        if track is None or len(self._timeline.of(trackType)) == 1:
            return False
        self._session.deleted |= {item.id for item in track.items}
        self._timeline.tracks.remove(track)
        return True

    def GetTrackName(self, trackType: str, trackIndex: int) -> str | None:
        track = self._track(trackType, trackIndex)
        return track.name if track else None

    def SetTrackName(self, trackType: str, trackIndex: int, name: str) -> bool:
        track = self._track(trackType, trackIndex)
        if track:
            track.name = name
        return track is not None

    def GetIsTrackEnabled(self, trackType: str, trackIndex: int) -> bool:
        track = self._track(trackType, trackIndex)
        return track is not None and track.enabled

    def SetTrackEnable(self, trackType: str, trackIndex: int, enabled: bool) -> bool:
        track = self._track(trackType, trackIndex)
        if track:
            track.enabled = bool(enabled)
        return track is not None

    def GetIsTrackLocked(self, trackType: str, trackIndex: int) -> bool:
        track = self._track(trackType, trackIndex)
        return track is not None and track.locked

    def SetTrackLock(self, trackType: str, trackIndex: int, locked: bool) -> bool:
        track = self._track(trackType, trackIndex)
        if track:
            track.locked = bool(locked)
        return track is not None

    def GetItemListInTrack(self, trackType: str, index: int) -> list[Any]:
        track = self._track(trackType, index)
        items = sorted(track.items, key=lambda item: item.start) if track else []
        return [self._session.face("TimelineItem", item) for item in items]

    def DeleteClips(self, timelineItems: list[Any], ripple: bool = False) -> bool:
        for one in timelineItems:
            for track in self._timeline.tracks:
                if one._model in track.items:
                    track.items.remove(one._model)
                    self._session.deleted.add(one._model.id)
        return bool(timelineItems)

    # Settings, marks and files
    def _settings(self) -> Settings:
        return Settings(self._session, self._session.project, self._timeline)

    def GetSetting(self, settingName: Any = None) -> Any:
        return self._settings().get(settingName)

    def SetSetting(self, settingName: str, settingValue: Any) -> bool:
        return self._settings().set(settingName, settingValue)

    def GetSettings(self) -> dict[str, Any]:
        return self._settings().all()

    def SetSettings(self, settings: dict[str, Any]) -> bool:
        return self._settings().update(settings)

    def GetMarkInOut(self) -> dict[str, Any]:
        return {kind: dict(marks) for kind, marks in self._timeline.marks.items()}

    def SetMarkInOut(self, mark_in: int, mark_out: int, kind: str = "all") -> bool:
        for one in ("video", "audio") if kind == "all" else (kind,):
            self._timeline.marks[one] = {"in": int(mark_in), "out": int(mark_out)}
        return True

    def ClearMarkInOut(self, kind: str = "all") -> bool:
        for one in ("video", "audio") if kind == "all" else (kind,):
            self._timeline.marks.pop(one, None)
        return True

    def Export(self, fileName: str, exportType: Any, exportSubtype: Any = None) -> bool:
        if exportType != self._session.constant("EXPORT_OTIO") or not Path(fileName).parent.is_dir():
            return False
        write_otio(Path(fileName), self._timeline)
        return True

    def GrabStill(self) -> Any:
        return self._session.gallery.grab(self._timeline, self._playhead())

"""The media pool and its clips, as a plugin sees them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tests.hosts.fakes_resolve import pictures
from tests.hosts.fakes_resolve.errors import UnknownName
from tests.hosts.fakes_resolve.guard import Face
from tests.hosts.fakes_resolve.markers import Marked
from tests.hosts.fakes_resolve.model import Bin, Item, Media, TimelineModel, Track
from tests.hosts.fakes_resolve.timecode import frames_of, timecode_of

TYPES = {"zh": {"Video": "视频", "Still": "静帧", "Timeline": "时间线"}}
"""A clip's type in the language of the interface."""


class MediaPoolItem(Marked):
    """A clip."""

    _kind = "MediaPoolItem"

    def _alive(self) -> bool:
        return self._session.project.bin_of(self._model) is not None

    def _length(self) -> int:
        return int(self._model.length)

    def GetName(self) -> str:
        return str(self._model.name)

    def SetName(self, name: str) -> bool:
        self._model.name = name
        return True

    def GetUniqueId(self) -> str:
        return str(self._model.id)

    def GetMediaId(self) -> str:
        return f"media-{self._model.id}"

    def GetMetadata(self, metadataType: Any = None) -> Any:
        return self._model.metadata.get(metadataType, "") if metadataType else dict(self._model.metadata)

    def SetMetadata(self, metadataType: Any, metadataValue: str = "") -> bool:
        given = metadataType if isinstance(metadataType, dict) else {metadataType: metadataValue}
        self._model.metadata.update(given)
        return True

    def GetTimeline(self) -> Any:
        timeline = self._model.timeline
        return self._session.face("Timeline", timeline) if timeline else None

    def GetClipProperty(self, propertyName: Any = None) -> Any:
        if not propertyName:
            return self._properties()
        self._known(propertyName)
        return self._properties().get(propertyName, "")

    def _known(self, name: str) -> bool:
        known = name in self._session.surface.settings("clip")
        if not known:
            self._session.refuse(UnknownName(f"clip property {name!r} is not in the table"))
        return known

    def _properties(self) -> dict[str, Any]:
        media: Media = self._model
        kind = TYPES.get(self._session.traps.language, {}).get(media.kind, media.kind)
        path = "" if media.kind in ("Timeline", "Compound", "Generator") else media.shown_path()
        found = {
            "Clip Name": media.name,
            "File Name": Path(path).name,
            "File Path": path,
            "Format": Path(path).suffix.removeprefix(".").upper(),
            "FPS": media.rate,
            "Frames": str(media.length),
            "Start": str(media.first),
            "End": str(media.last),
            "Start TC": media.start_tc,
            "End TC": timecode_of((frames_of(media.start_tc, media.rate) or 0) + media.length, media.rate),
            "Resolution": f"{media.size[0]}x{media.size[1]}",
            "PAR": "Square",
            "Type": kind,
            "Alpha mode": "None",
            "Data Level": "Auto",
            "Field Dominance": "Auto",
            "Usage": str(
                sum(item.media is media for one in self._session.project.timelines for item in one.items())
            ),
            "Online Status": "Online",
            "Proxy": "None",
            "IDT": "",
            "Input Color Space": "",
            "Input Gamma": "",
        }
        return {**found, **media.properties}

    def SetClipProperty(self, propertyName: str, propertyValue: Any) -> bool:
        if not self._known(propertyName) or not isinstance(propertyValue, str):
            return False
        row = self._session.surface.settings("clip")[propertyName]
        mode = self._session.project.settings["colorScienceMode"]
        if row.get("readonly") or propertyName in self._session.traps.settings_refused:
            return False
        if propertyName in ("Input Color Space", "Input Gamma") and mode != "davinciYRGBColorManagedv2":
            return False
        if propertyName == "Start TC":
            return self._retime(propertyValue)
        if propertyName not in self._session.traps.settings_not_kept:
            self._model.properties[propertyName] = propertyValue
        return True

    def _retime(self, timecode: str) -> bool:
        """Timeline items find their clip by timecode: those that use it lose it."""
        if frames_of(timecode, self._model.rate) is None:
            return False
        self._model.start_tc = timecode
        return True


class Folder(Face):
    """A bin."""

    _kind = "Folder"

    def GetName(self) -> str:
        return str(self._model.name)

    def GetUniqueId(self) -> str:
        return str(self._model.id)

    def GetClipList(self) -> list[Any]:
        return [self._session.face("MediaPoolItem", media) for media in self._model.clips]

    def GetSubFolderList(self) -> list[Any]:
        return [self._session.face("Folder", one) for one in self._model.bins]


class MediaPool(Face):
    """The media pool of the project that is open; `_model` is the project."""

    _kind = "MediaPool"

    def GetRootFolder(self) -> Any:
        return self._session.face("Folder", self._model.root)

    def GetCurrentFolder(self) -> Any:
        return None if self._model.smart_bin else self._session.face("Folder", self._model.folder)

    def SetCurrentFolder(self, folder: Any) -> bool:
        if not isinstance(folder, Folder) or folder._model not in self._model.root.walk():
            return False
        self._model.folder, self._model.smart_bin = folder._model, False
        return True

    def AddSubFolder(self, folder: Any, name: str) -> Any:
        if not isinstance(folder, Folder) or any(one.name == name for one in folder._model.bins):
            return None
        made = Bin(name)
        folder._model.bins.append(made)
        self._model.folder = made
        return self._session.face("Folder", made)

    def DeleteFolders(self, subfolders: list[Any]) -> bool:
        for parent in list(self._model.root.walk()):
            for one in subfolders:
                if one._model in parent.bins:
                    parent.bins.remove(one._model)
        if self._model.folder not in self._model.root.walk():
            self._model.folder = self._model.root
        return True

    def MoveClips(self, clips: list[Any], targetFolder: Any) -> bool:
        for clip in clips:
            source = self._model.bin_of(clip._model)
            if source is None:
                return False
            source.clips.remove(clip._model)
            targetFolder._model.clips.append(clip._model)
        return True

    def DeleteClips(self, clips: list[Any]) -> bool:
        for clip in clips:
            source = self._model.bin_of(clip._model)
            if source is None:
                return False
            source.clips.remove(clip._model)
        return bool(clips)

    def GetSelectedClips(self) -> list[Any]:
        return [self._session.face("MediaPoolItem", media) for media in self._session.selected_media]

    def ImportMedia(self, items: Any) -> list[Any]:
        if not isinstance(items, list) or self._model.smart_bin:
            return []
        made = [media for item in items for media in self._imported(item)]
        self._model.folder.clips += made
        return [self._session.face("MediaPoolItem", media) for media in made]

    def _imported(self, item: Any) -> list[Media]:
        if isinstance(item, str):
            return [_still(Path(item), self._model.rate())] if Path(item).is_file() else []
        if not isinstance(item, dict) or set(item) - set(self._session.surface.settings("import")):
            self._session.refuse(UnknownName(f"ImportMedia: {item!r} has keys that the table has not"))
            return []
        match = re.search(r"%0?(\d)d", str(item["FilePath"]))
        if match is None or set(item) != {"FilePath", "StartIndex", "EndIndex"}:
            return []
        path, first, last = str(item["FilePath"]), int(item["StartIndex"]), int(item["EndIndex"])
        media = Media(
            Path(path).name.replace(match[0], f"[{first:0{match[1]}d}-{last:0{match[1]}d}]"),
            path.replace(match[0], "#" * int(match[1])),
            first,
            last,
            self._model.rate(),
        )
        if not all(media.file(frame).is_file() for frame in range(first, last + 1)):
            return []
        media.size = pictures.size(media.file(first))
        if not self._session.traps.individual_frames:
            return [media]
        return [_still(media.file(frame), media.rate) for frame in range(first, last + 1)]

    def CreateEmptyTimeline(self, name: str) -> Any:
        taken = any(one.name == name for one in self._model.timelines)
        if not isinstance(name, str) or taken or self._model.smart_bin:
            return None
        timeline = TimelineModel(name, self._model.rate())
        timeline.tracks = [Track("video", "Video 1"), Track("audio", "Audio 1")]
        self._model.timelines.append(timeline)
        self._model.timeline = timeline
        self._model.folder.clips.append(
            Media(name, "", 0, 0, timeline.rate, timeline.start_tc, kind="Timeline", timeline=timeline)
        )
        return self._session.face("Timeline", timeline)

    def CreateTimelineFromClips(self, name: str, clips: Any) -> Any:
        timeline = self.CreateEmptyTimeline(name)
        if timeline is not None and not self.AppendToTimeline(clips):
            self.DeleteTimelines([timeline])
            return None
        return timeline

    def DeleteTimelines(self, timeline: list[Any]) -> bool:
        """Deletes them; the one that is open as well, and then another one is."""
        for one in timeline:
            if one._model not in self._model.timelines:
                return False
            self._model.timelines.remove(one._model)
            for folder in self._model.root.walk():
                folder.clips = [media for media in folder.clips if media.timeline is not one._model]
            if self._model.timeline is one._model:
                self._model.timeline = self._model.timelines[0] if self._model.timelines else None
        return bool(timeline)

    def AppendToTimeline(self, clips: Any) -> list[Any]:
        timeline = self._model.timeline
        if timeline is None or not isinstance(clips, list):
            return []
        made: list[Item] = []
        for clip in clips:
            info = clip if isinstance(clip, dict) else {"mediaPoolItem": clip}
            if set(info) - set(self._session.surface.settings("append")):
                self._session.refuse(
                    UnknownName(f"AppendToTimeline: {sorted(info)} has keys that the table has not")
                )
                return []
            item = self._placed(timeline, info)
            if item is None:
                return []
            made.append(item)
        return [self._session.face("TimelineItem", item) for item in made]

    def _placed(self, timeline: TimelineModel, info: dict[str, Any]) -> Item | None:
        """The new item: `endFrame` is the frame after the last one, `recordFrame` counts as the timeline does."""
        media: Media = info["mediaPoolItem"]._model
        first, end = int(info.get("startFrame", media.first)), int(info.get("endFrame", media.last + 1))
        tracks, index = timeline.of("video"), int(info.get("trackIndex", 1))
        fits = media.first <= first < end <= media.last + 1 and 1 <= index <= len(tracks)
        if not fits or self._model.bin_of(media) is None or tracks[index - 1].locked:
            return None
        track = tracks[index - 1]
        start = int(info.get("recordFrame", max([one.end for one in track.items], default=timeline.start)))
        traps = self._session.traps
        item = Item(media.name, media, first, end - 1, start, end - first)
        item.is_remote, item.group = traps.new_items_remote, traps.new_items_group
        if any(one.start < item.end and item.start < one.end for one in track.items):
            return None
        if not traps.ghost_items:
            track.items.append(item)
        return item


def _still(path: Path, rate: float) -> Media:
    return Media(path.name, str(path), 0, 0, rate, size=pictures.size(path), kind="Still")


class MediaStorage(Face):
    """The disks as Resolve shows them."""

    _kind = "MediaStorage"

    def GetMountedVolumeList(self) -> list[str]:
        return ["/"]

"""Items of a timeline, as a plugin sees them."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

from tests.hosts.fakes_resolve.errors import UnknownName
from tests.hosts.fakes_resolve.fusion_files import read_comp, write_comp
from tests.hosts.fakes_resolve.grading import Graded
from tests.hosts.fakes_resolve.markers import Marked
from tests.hosts.fakes_resolve.media import MediaPoolItem
from tests.hosts.fakes_resolve.model import Item, Media, Take


class TimelineItem(Marked, Graded):
    """An item."""

    _kind = "TimelineItem"

    @property
    def _item(self) -> Item:
        item: Item = self._model
        return item

    def _alive(self) -> bool:
        """A ghost answers too: nothing but the timeline itself tells that it is none of its items."""
        return self._item.id not in self._session.deleted

    def _length(self) -> int:
        return self._item.duration

    def _is_locked(self) -> bool:
        tracks = [track for one in self._session.project.timelines for track in one.tracks]
        return any(track.locked and self._item in track.items for track in tracks)

    def _media(self) -> Media | None:
        """Its clip; None for what has none, and where the clip's timecode is not what it was."""
        media = self._item.media
        if media is None or media.start_tc != media.linked_tc or self._session.project.bin_of(media) is None:
            return None
        return media

    def GetName(self) -> str:
        return self._item.name

    def SetName(self, name: str) -> bool:
        self._item.name = name
        return True

    def GetUniqueId(self) -> str:
        return self._item.id

    def GetType(self) -> str:
        return "generator" if self._item.kind == "generator" else "video"

    def GetStart(self, subframe_precision: bool = False) -> float:
        return float(self._item.start) if subframe_precision else self._item.start

    def GetEnd(self, subframe_precision: bool = False) -> float:
        return float(self._item.end) if subframe_precision else self._item.end

    def GetDuration(self, subframe_precision: bool = False) -> float:
        return float(self._item.duration) if subframe_precision else self._item.duration

    def GetLeftOffset(self, subframe_precision: bool = False) -> float:
        media = self._item.media
        found = self._item.first - media.first if media else 0
        return float(found) if subframe_precision else found

    def GetRightOffset(self, subframe_precision: bool = False) -> float:
        media = self._item.media
        found = media.last - self._item.last if media else 0
        return float(found) if subframe_precision else found

    def GetSourceStartFrame(self) -> int | None:
        return self._item.first - self._session.traps.source_frames_low if self._media() else None

    def GetSourceEndFrame(self) -> int | None:
        return self._item.last + (not self._session.traps.source_end_inclusive) if self._media() else None

    def GetSourceStartTime(self) -> float | None:
        media = self._media()
        return (self._item.first - media.first) / media.rate if media else None

    def GetSourceEndTime(self) -> float | None:
        media = self._media()
        return (self._item.last + 1 - media.first) / media.rate if media else None

    def GetSpeed(self) -> dict[str, Any]:
        return {"Percentage": self._item.speed, "PitchCorrection": True}

    def GetMediaPoolItem(self) -> Any:
        media = self._media()
        return self._session.face("MediaPoolItem", media) if media else None

    def GetTrackTypeAndIndex(self) -> list[Any] | None:
        for timeline in self._session.project.timelines:
            found = timeline.where(self._item)
            if found:
                return list(found)
        return None

    def GetClipEnabled(self) -> bool:
        return self._item.enabled

    def SetClipEnabled(self, enabled: bool) -> bool:
        self._item.enabled = bool(enabled)
        return True

    def GetLinkedItems(self) -> list[Any]:
        return []

    def GetClipColor(self) -> str:
        return self._item.color

    def SetClipColor(self, colorName: str) -> bool:
        fits = colorName in self._session.surface.words("clip_color")
        self._item.color = colorName if fits else self._item.color
        return fits

    def ClearClipColor(self) -> bool:
        self._item.color = ""
        return True

    def AddFlag(self, color: str) -> bool:
        fits = color in self._session.surface.words("marker_color")
        self._item.flags += [color] if fits else []
        return fits

    def GetFlagList(self) -> list[str]:
        return list(self._item.flags)

    def GetProperty(self, propertyKey: Any = None) -> Any:
        known = self._session.surface.settings("item")
        if propertyKey is None:
            return {key: self._item.properties.get(key, 0) for key in known}
        if propertyKey not in known:
            self._session.refuse(UnknownName(f"item property {propertyKey!r} is not in the table"))
        return self._item.properties.get(propertyKey, 0)

    def SetProperty(self, propertyKey: Any, propertyValue: Any = None) -> bool:
        given = propertyKey if isinstance(propertyKey, dict) else {propertyKey: propertyValue}
        if set(given) - set(self._session.surface.settings("item")):
            self._session.refuse(UnknownName(f"item properties {sorted(given)} are not all in the table"))
            return False
        self._item.properties.update(given)
        return True

    def _all_keys(self) -> set[str]:
        return {*self._session.surface.settings("item"), *self._session.surface.settings("item_switch")}

    def GetProperties(self) -> dict[str, Any]:
        """A switch is on unless somebody has switched it off."""
        switches = dict.fromkeys(self._session.surface.settings("item_switch"), True)
        return {**dict.fromkeys(self._all_keys(), 0), **switches, **self._item.properties}

    def SetProperties(self, properties: dict[str, Any]) -> bool:
        if set(properties) - self._all_keys():
            self._session.refuse(
                UnknownName(f"item properties {sorted(properties)} are not all in the table")
            )
            return False
        self._item.properties.update(properties)
        return True

    def CopyGrades(self, tgtTimelineItems: list[Any]) -> bool:
        for one in tgtTimelineItems:
            if not isinstance(one, TimelineItem):
                return False
            one._item.grade = self._item.own_grade
        return bool(tgtTimelineItems)

    # Takes
    def AddTake(self, mediaPoolItem: Any, startFrame: Any = None, endFrame: Any = None) -> bool:
        if (
            not isinstance(mediaPoolItem, MediaPoolItem)
            or self._item.kind != "video"
            or self._is_locked()
            or not mediaPoolItem._alive()
        ):
            return False
        media: Media = mediaPoolItem._model
        first = media.first if startFrame is None else int(startFrame)
        last = (
            media.last if endFrame is None else int(endFrame) - (not self._session.traps.take_end_inclusive)
        )
        if not media.first <= first <= last <= media.last:
            return False
        if not self._item.takes and self._item.media:
            self._item.takes.append(Take(self._item.media, self._item.first, self._item.last))
            self._item.take = 1
        self._item.takes.append(Take(media, first, last))
        return True

    def GetTakesCount(self) -> int:
        return len(self._item.takes)

    def GetSelectedTakeIndex(self) -> int:
        return self._item.take

    def GetTakeByIndex(self, idx: int) -> Any:
        if not 1 <= idx <= len(self._item.takes):
            return None
        take = self._item.takes[idx - 1]
        end = take.last + (not self._session.traps.take_end_inclusive)
        media = self._session.face("MediaPoolItem", take.media)
        return {"startFrame": take.first, "endFrame": end, "mediaPoolItem": media}

    def SelectTakeByIndex(self, idx: int) -> bool:
        """The item shows the take from its first frame on, as long as it has been."""
        if not 1 <= idx <= len(self._item.takes):
            return False
        take = self._item.takes[idx - 1]
        if take.last - take.first + 1 < self._item.duration:
            return False
        self._item.take, self._item.media, self._item.first = idx, take.media, take.first
        self._item.last = take.first + self._item.duration - 1
        return True

    def DeleteTakeByIndex(self, idx: int) -> bool:
        if not 1 <= idx <= len(self._item.takes) or idx == self._item.take:
            return False
        del self._item.takes[idx - 1]
        self._item.take -= idx < self._item.take
        return True

    def FinalizeTake(self) -> bool:
        """The selected take is what stays; the others are gone."""
        was = bool(self._item.takes)
        self._item.takes, self._item.take = [], 0
        return was

    # Fusion
    def GetFusionCompCount(self) -> int:
        return len(self._item.comps)

    def GetFusionCompNameList(self) -> list[str]:
        return list(self._item.comps)

    def GetFusionCompByIndex(self, compIndex: int) -> Any:
        names = list(self._item.comps)
        return self._session.comp(self._item, names[compIndex - 1]) if 1 <= compIndex <= len(names) else None

    def GetFusionCompByName(self, compName: str) -> Any:
        return self._session.comp(self._item, compName) if compName in self._item.comps else None

    def AddFusionComp(self) -> Any:
        name = f"Composition {len(self._item.comps) + 1}"
        return self._session.new_comp(self._item, name)

    def ImportFusionComp(self, path: str) -> Any:
        """A composition from a file; what cannot be read is an empty one, without a word."""
        if not Path(path).is_file():
            return None
        name = f"Composition {len(self._item.comps) + 1}"
        comp = read_comp(Path(path), name, self._item)
        comp.imported = deepcopy(comp, {id(self._item): self._item})
        self._item.comps[name] = comp
        return self._session.comp(self._item, name)

    def ExportFusionComp(self, path: str, compIndex: int) -> bool:
        names = list(self._item.comps)
        if not 1 <= compIndex <= len(names) or not Path(path).parent.is_dir():
            return False
        Path(path).write_text(write_comp(self._item.comps[names[compIndex - 1]]), encoding="utf-8")
        return True

    def DeleteFusionCompByName(self, compName: str) -> bool:
        return self._item.comps.pop(compName, None) is not None

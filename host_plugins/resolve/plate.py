"""The plate of an item: its clip, or that of the take it had before one of ours was selected."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..host import Fault
from . import clips, memory
from .clips import Source, Span

if TYPE_CHECKING:
    from .api import MediaPoolItem, Timeline, TimelineItem

_NUMBERS = re.compile(r"\[(\d+)-\d+\]\.\w+$")


@dataclass(frozen=True)
class Plate:
    """What is exported of an item."""

    media: MediaPoolItem
    source: Source
    span: Span

    @property
    def beyond_files(self) -> int:
        """What the timecode of a sequence counts beyond the numbers of its files; 0 where the clip has none."""
        numbers = _NUMBERS.search(str(self.media.GetClipProperty("File Path")))
        return self.source.timecode - int(numbers[1]) if numbers else 0


def of(item: TimelineItem, timeline: Timeline, version: tuple[int, ...]) -> Plate:
    """The item's plate. Raises Fault for what is not handled, by name."""
    label = str(item.GetName())
    _require_unlocked(item, timeline, label)
    media: MediaPoolItem = clips.media_of(item, label)
    source = clips.source_of(media, label)
    shown = clips.span_of(item, source, timeline, version)
    take = memory.record(item).get("takes", {}).get(str(media.GetUniqueId()))
    if take is None:
        return Plate(media, source, shown)
    original = _take(item, str(take["plate"]))
    first = source.number(shown.first) + int(take["offset"])
    source = clips.source_of(original, label)
    last = first + int(item.GetDuration(False)) - 1
    end = source.timecode + source.count - 1
    if first < source.timecode or last > end:
        raise Fault("its cut no longer lies inside its plate", where=label, hint="select its first take")
    return Plate(original, source, Span(first, last, first - source.timecode, end - last))


def _require_unlocked(item: TimelineItem, timeline: Timeline, label: str) -> None:
    """Neither our marker nor a take can be put on a clip whose track is locked; better said before a render."""
    where: Any = item.GetTrackTypeAndIndex()
    if where and timeline.GetIsTrackLocked("video", int(where[1])):
        raise Fault(
            f"its video track {where[1]} is locked", where=label, hint="unlock it", code="INVALID_INPUT"
        )


def _take(item: TimelineItem, wanted: str) -> MediaPoolItem:
    for index in range(1, int(item.GetTakesCount()) + 1):
        take: Any = item.GetTakeByIndex(index) or {}
        media: MediaPoolItem | None = take.get("mediaPoolItem")
        if media is not None and str(media.GetUniqueId()) == wanted:
            return media
    what = "the take with its plate is gone"
    raise Fault(what, where=str(item.GetName()), hint="put the original clip back", code="NOT_FOUND")

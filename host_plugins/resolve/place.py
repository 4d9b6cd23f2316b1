"""The result into Resolve: as a take of its clip, or on a track above it. The original stays as it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ..host import Fault, Result
from ..paths import Sequenced
from . import settings

if TYPE_CHECKING:
    from .api import Folder, MediaPool, MediaPoolItem, Project, Timeline, TimelineItem

BIN = "PAI-Studio"
TAKE, TRACK = "take", "track"
_Place = tuple[int, int, int]
"""Where a result lies: its first frame in the timeline, its length, and Resolve's number of its own first frame."""


def bring(pool: MediaPool, result: Result, properties: dict[str, str], fps: float) -> MediaPoolItem:
    """The result's clip in our bin, which it is imported into where it is not there yet. Raises Fault."""
    ours = _bin(pool)
    media = _imported(ours, result) or _import(pool, ours, result)
    frames = int(str(media.GetClipProperty("Frames")))
    if frames != result.last - result.first + 1:
        what = f"the result's clip in the bin {BIN} has {frames} frames, and v{result.version:03d} has "
        what += str(result.last - result.first + 1)
        raise Fault(what, where=result.files, hint="relink that clip, then render again")
    found = float(str(media.GetClipProperty("FPS")).split()[0])
    if abs(found - fps) >= 0.01:
        settings.on_clip(media, {"FPS": f"{fps:g}"})
    settings.on_clip(media, properties)
    return media


def _bin(pool: MediaPool) -> Folder:
    root, current = pool.GetRootFolder(), pool.GetCurrentFolder()
    for folder in root.GetSubFolderList() or []:
        if str(folder.GetName()) == BIN:
            return folder
    made = pool.AddSubFolder(root, BIN)
    pool.SetCurrentFolder(current)
    if made is None:
        raise Fault(f"Resolve makes no bin {BIN}", where="media pool", hint="make it by hand")
    return made


def _imported(folder: Folder, result: Result) -> MediaPoolItem | None:
    before = Sequenced.of(result.files).before
    for media in folder.GetClipList() or []:
        path = str(media.GetClipProperty("File Path")).replace("\\", "/")
        if re.split(r"\[|\d+\.exr$", path)[0] == before:
            return media
    return None


def _import(pool: MediaPool, folder: Folder, result: Result) -> MediaPoolItem:
    """ImportMedia brings into the bin that is open."""
    current = pool.GetCurrentFolder()
    if not pool.SetCurrentFolder(folder):
        raise Fault(f"Resolve does not open the bin {BIN}", where="media pool", hint="open it by hand")
    info: Any = {
        "FilePath": Sequenced.of(result.files).printf,
        "StartIndex": result.first,
        "EndIndex": result.last,
    }
    try:
        made = pool.ImportMedia([info]) or []
    finally:
        pool.SetCurrentFolder(current)
    count = result.last - result.first + 1
    if len(made) == 1 and int(str(made[0].GetClipProperty("Frames"))) == count:
        return made[0]
    if made:
        pool.DeleteClips(made)
    what = f"Resolve imported {len(made)} clips of the result's {count} frames"
    hint = "set Frame Display Mode to Sequence on the Media page, then render again" if len(made) > 1 else ""
    raise Fault(what, where=result.files, hint=hint or "import them by hand into the bin PAI-Studio")


def offset_of(media: MediaPoolItem, result: Result) -> int:
    """What Resolve's number of a frame of the result is beyond the shot's."""
    return int(str(media.GetClipProperty("Start"))) - result.first


def as_take(item: TimelineItem, media: MediaPoolItem, start: int) -> None:
    """Add a take that begins at Resolve's frame `start` of the result, and select it. Raises Fault."""
    label, duration = str(item.GetName()), int(item.GetDuration(False))
    if _shows(item, media, start, duration):
        return
    shown = int(item.GetSelectedTakeIndex())
    # Whether endFrame is the last frame or the one after it is not documented: the longer one first.
    ends = (start + duration, start + duration - 1)
    if not any(item.AddTake(media, start, end) for end in ends):
        raise Fault("Resolve adds no take", where=label, hint="place it on a track above instead")
    index = int(item.GetTakesCount())
    if not item.SelectTakeByIndex(index) or not _shows(item, media, start, duration):
        item.SelectTakeByIndex(max(shown, 1))
        if item.DeleteTakeByIndex(index) and not shown:
            item.FinalizeTake()  # the original alone is left, and it was no take before
        what = "Resolve does not show the result as a take of this clip"
        raise Fault(what, where=label, hint="place it on a track above instead")


def _shows(item: TimelineItem, media: MediaPoolItem, start: int, duration: int) -> bool:
    shown = item.GetMediaPoolItem()
    return (
        shown is not None
        and str(shown.GetUniqueId()) == str(media.GetUniqueId())
        and start - int(item.GetSourceStartFrame()) in (0, 1)
        and int(item.GetDuration(False)) == duration
    )


def on_track(
    project: Project, timeline: Timeline, item: TimelineItem, media: MediaPoolItem, start: int
) -> TimelineItem:
    """Lay the result above its clip, exactly as long. Raises Fault where it cannot be; nothing of it is left then."""
    place = int(item.GetStart(False)), int(item.GetDuration(False)), start
    return _above(timeline, item, media, place) or _laid(project, timeline, item, media, place)


def _above(
    timeline: Timeline, item: TimelineItem, media: MediaPoolItem, place: _Place
) -> TimelineItem | None:
    """The result where an earlier try, which was broken off, has laid it."""
    wanted, where = str(media.GetUniqueId()), _track(item)
    for index in range(where + 1, int(timeline.GetTrackCount("video")) + 1):
        for one in timeline.GetItemListInTrack("video", index) or []:
            shown = one.GetMediaPoolItem()
            if shown is not None and str(shown.GetUniqueId()) == wanted and _lies(one, place):
                return one
    return None


def _laid(
    project: Project, timeline: Timeline, item: TimelineItem, media: MediaPoolItem, place: _Place
) -> TimelineItem:
    begin, duration, start = place
    tracks = int(timeline.GetTrackCount("video"))
    index = _free_track(timeline, item, begin, begin + duration)
    info = {
        "mediaPoolItem": media,
        "startFrame": start,
        "endFrame": start + duration,
        "mediaType": 1,
        "trackIndex": index,
        "recordFrame": begin,
    }
    infos: Any = [info]
    there = _items(timeline)
    was = project.GetCurrentTimeline()
    if not project.SetCurrentTimeline(timeline):
        raise Fault("Resolve does not open the clip's timeline", where=str(timeline.GetName()))
    try:
        made = project.GetMediaPool().AppendToTimeline(infos) or []
        placed = _read_back(timeline, made, index, place)
        if placed is None:
            _take_away(timeline, made, there)
            if index > tracks:
                timeline.DeleteTrack("video", index)
    finally:
        if was is not None:
            project.SetCurrentTimeline(was)
    if placed is None:
        what = f"Resolve does not place the result on video track {index} as it was asked to"
        raise Fault(what, where=str(item.GetName()), hint="drag it there from the bin PAI-Studio")
    return placed


def _items(timeline: Timeline) -> dict[str, TimelineItem]:
    count = int(timeline.GetTrackCount("video"))
    found = [one for n in range(1, count + 1) for one in timeline.GetItemListInTrack("video", n) or []]
    return {str(one.GetUniqueId()): one for one in found}


def _take_away(timeline: Timeline, made: list[TimelineItem], there: dict[str, TimelineItem]) -> None:
    """What was placed wrongly: never an item that was there before."""
    wanted = {str(one.GetUniqueId()) for one in made} - set(there)
    wrong = [one for name, one in _items(timeline).items() if name in wanted]
    if wrong:
        timeline.DeleteClips(wrong, False)


def _read_back(
    timeline: Timeline, made: list[TimelineItem], index: int, place: _Place
) -> TimelineItem | None:
    """What was placed, as the timeline itself tells of it: what AppendToTimeline gives may be nowhere."""
    wanted = {str(item.GetUniqueId()) for item in made}
    for item in timeline.GetItemListInTrack("video", index) or []:
        if str(item.GetUniqueId()) in wanted and _lies(item, place):
            return item
    return None


def _lies(item: TimelineItem, place: _Place) -> bool:
    begin, duration, start = place
    here = int(item.GetStart(False)) == begin and int(item.GetDuration(False)) == duration
    return here and start - int(item.GetSourceStartFrame()) in (0, 1)


def _track(item: TimelineItem) -> int:
    where: Any = item.GetTrackTypeAndIndex()
    return int(where[1])


def _free_track(timeline: Timeline, item: TimelineItem, begin: int, end: int) -> int:
    """The lowest track above the clip with room, shown, unlocked and covered by nothing; else a new one on top."""
    count = int(timeline.GetTrackCount("video"))
    free = count + 1
    for index in range(count, _track(item), -1):
        items = timeline.GetItemListInTrack("video", index) or []
        if any(int(one.GetStart(False)) < end and begin < int(one.GetEnd(False)) for one in items):
            break
        if timeline.GetIsTrackEnabled("video", index) and not timeline.GetIsTrackLocked("video", index):
            free = index
    if free > count and not timeline.AddTrack("video"):  # type: ignore[call-overload]
        raise Fault("Resolve adds no video track", where=str(timeline.GetName()), hint="add one by hand")
    return free

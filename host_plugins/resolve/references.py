"""Background stills of a clip: markers with a note of ours, or of our colour with a path in their note.

A reference is a file: an EXR, HDR, TIFF, PNG or JPEG, by its path or as a clip of the media pool. A frame of the
viewer can be kept as one too, but Resolve writes it with eight or sixteen bits as it looks on the display.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..host import Fault, Record, Still
from ..paths import PathMap
from . import memory

if TYPE_CHECKING:
    from .api import Folder, MediaPool, MediaPoolItem, Project, TimelineItem

MOST = 5
FITS = ("fill", "fit")
_HDR = ("ST2084", "HLG", "Linear", "PQ")


@dataclass(frozen=True)
class Reference:
    """A still and the file that it is taken from."""

    still: Still
    file: str
    space: str = ""
    """Empty: what the file says of itself."""


def of(item: TimelineItem, first: int, pool: MediaPool) -> list[Reference]:
    """The references of a clip whose first frame is `first`, in their order. Raises Fault."""
    found: list[Reference] = []
    markers: Any = item.GetMarkers() or {}
    for frame, marker in sorted(markers.items()):
        note = memory.read_note(str(marker.get("customData", "")))
        if note is None and marker.get("color") == memory.REFERENCE_COLOUR:
            note = {"reference": str(marker.get("note") or marker.get("name") or "")}
        if note is not None and "reference" in note:
            where = f"{item.GetName()}, marker at {first + int(frame)}"
            found.append(_read(note, first + int(frame), len(found) + 1, where, pool))
    if len(found) > MOST:
        raise Fault(f"it has {len(found)} references", where=str(item.GetName()), hint=f"{MOST} are the most")
    return found


def _read(note: Record, frame: int, index: int, where: str, pool: MediaPool) -> Reference:
    fit = str(note.get("fit", "fill"))
    if fit not in FITS:
        raise Fault(
            f"its fit {fit!r} is not known", where=where, hint="use fill or fit", code="INVALID_INPUT"
        )
    file = _file(str(note["reference"]), pool)
    if not Path(file).is_file():
        what = f"there is no such picture: {file or 'it names none'}"
        hint = "write the picture's path into the marker's note, or add the reference again"
        raise Fault(what, where=where, hint=hint, code="NOT_FOUND")
    return Reference(Still(f"ref{index}", frame, fit), file, str(note.get("space", "")))


def _file(named: str, pool: MediaPool) -> str:
    """A path, or the file of the clip of this id."""
    path = here(named)
    if not named or Path(path).is_file():
        return path
    media = _by_id(pool.GetRootFolder(), named)
    return file_of(media) if media is not None else path


def here(path: str) -> str:
    """Where a path of the project lies on this machine, by the rules of `$PAI_PATH_MAP`. Raises Fault."""
    return PathMap.from_environment()(path)


def _by_id(folder: Folder, wanted: str) -> MediaPoolItem | None:
    for media in folder.GetClipList() or []:
        if str(media.GetUniqueId()) == wanted:
            return media
    for below in folder.GetSubFolderList() or []:
        found = _by_id(below, wanted)
        if found is not None:
            return found
    return None


def file_of(media: MediaPoolItem) -> str:
    """The file of a still of the pool; of a sequence `name.[0001-0009].exr` the first."""
    path = str(media.GetClipProperty("File Path") or "")
    return here(re.sub(r"\[(\d+)-\d+\]", r"\1", path))


def add(item: TimelineItem, frame: int, media: MediaPoolItem) -> None:
    """Keep a clip of the pool as a reference at an offset of an item. Raises Fault."""
    file = file_of(media)
    if not file:
        raise Fault("it has no file", where=str(media.GetName()), hint="choose a still or an EXR")
    add_file(item, frame, file)


def add_file(item: TimelineItem, frame: int, file: str) -> None:
    """Keep a picture as a reference at an offset of an item. Raises Fault."""
    note = memory.notes(item).get(frame, {})
    memory.write_note(item, frame, {**note, "reference": file}, memory.REFERENCE_COLOUR)


def grab(project: Project, path: Path) -> str:
    """Write the viewer's frame as a PNG, and say what that costs. Raises Fault for an HDR project."""
    spaces = [
        str(project.GetSetting(key)) for key in ("colorSpaceOutput", "colorSpaceOutputGamma", "colorAcesODT")
    ]
    if any(word in space for word in _HDR for space in spaces):
        what = "Resolve's stills hold no HDR, and this project's output is HDR"
        raise Fault(what, hint="use the picture's own file as the reference", code="INVALID_INPUT")
    path.parent.mkdir(parents=True, exist_ok=True)
    if not project.ExportCurrentFrameAsStill(str(path)) or not path.is_file():
        raise Fault("Resolve writes no still of this frame", where=str(path), hint="open the Edit page")
    return "the still holds what the display shows: nothing above white, eight bits"

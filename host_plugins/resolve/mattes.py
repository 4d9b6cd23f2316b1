"""Mattes of a clip: EXR sequences on disk, named in the window and kept in the clip's marker.

They are numbered as the shot is, by the clip's timecode, or as the clip's own files are.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..host import Fault, Record, frames_text
from ..paths import Sequenced
from .plate import Plate
from .references import here

NAMES = {"alpha": "Alpha matte", "garbage": "Garbage matte"}
"""Named as in the shot document, with what the window calls them."""

CHANNEL = "A"


@dataclass(frozen=True)
class Matte:
    """One matte for the frames of a shot."""

    name: str
    files: Sequenced
    frames: tuple[int, int]
    """The shot's first and last, with handles."""

    shift: int
    """What its files' numbers are beyond the shot's."""

    channel: str
    invert: bool

    def settings(self) -> Record:
        """For the shot document."""
        return {"channel": self.channel, "invert": self.invert}

    def write(self, files: str) -> Iterator[float]:
        """Copy its frames to a pattern; gives the share that is there after each."""
        first, last = self.frames
        for frame in range(first, last + 1):
            shutil.copyfile(self.files.path(frame + self.shift), Sequenced.of(files).path(frame))
            yield (frame - first + 1) / (last - first + 1)

    def stamp(self) -> list[list[Any]]:
        """What its files are like now."""
        first, last = self.frames
        return [[self.name], *self.files.stamps(first + self.shift, last + self.shift)]


def of(kept: Record, label: str, plate: Plate, handles: int) -> tuple[Matte, ...]:
    """The mattes that a record names, for the frames of a plate and its handles. Raises Fault."""
    span = plate.span.first - handles, plate.span.last + handles
    return tuple(_read(name, kept[name], label, plate, span) for name in NAMES if name in kept)


def _read(name: str, said: Record, label: str, plate: Plate, span: tuple[int, int]) -> Matte:
    where, path = f"{label}, {NAMES[name]}", here(str(said["files"]))
    if not path.lower().endswith(".exr"):
        raise Fault(
            f"{path} is no EXR sequence", where=where, hint="name one as matte.####.exr", code="INVALID_INPUT"
        )
    try:
        files = Sequenced.of(path)
    except Fault as fault:
        raise Fault(fault.what, where=where, hint="name it as matte.####.exr", code="INVALID_INPUT") from None
    shifts = (0, plate.source.number(0))
    for shift in shifts:
        if not files.missing(span[0] + shift, span[1] + shift):
            return Matte(name, files, span, shift, str(said["channel"]), bool(said["invert"]))
    what = f"{files.hashes} lacks frames {frames_text(files.missing(*span))}"
    own = f"{span[0] + shifts[1]}-{span[1] + shifts[1]}"
    hint = f"number it as the shot is, {span[0]}-{span[1]}, or as the clip's own frames are, {own}"
    raise Fault(what, where=where, hint=hint, code="MISSING_FRAMES")

"""The shot document (docs/shot.md) that a host writes beside what it exports, as plain data.

Standard library, Python 3.9: this file runs inside the host.
"""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Iterator
from pathlib import Path

from .host import Asked, Colour, Fault, Record, Result, frames_text
from .paths import Sequenced

SCHEMA = "pai-studio/shot/1"
SUFFIX = ".shot.json"


def export_name(source: str) -> str:
    """What the pictures of an input are called in the export folder."""
    return f"{source}.####.exr"


def span(document: Record) -> tuple[int, int]:
    """First and last frame with handles. Raises Fault for a range that a host cannot export whole."""
    frames = document["frames"]
    handles = int(document.get("handles", 0))
    if len(frames) > 2 and frames[2] != 1:
        what = "a host renders every frame of its range"
        raise Fault(what, where="frames", hint="take a step of 1", code="INVALID_INPUT")
    return int(frames[0]) - handles, int(frames[1]) + handles


def exported(asked: Asked) -> list[tuple[str, int, int]]:
    """What has to be exported: input, first frame, last frame. Raises Fault where the shot lacks a still."""
    first, last = span(asked.document)
    if not asked.stills:
        raise Fault("no background still is connected", hint="connect one to ref1", code="INVALID_INPUT")
    for still in asked.stills:
        if not first <= still.frame <= last:
            what = f"its frame {still.frame} lies outside the shot's {first}-{last}"
            raise Fault(what, where=still.name, hint="anchor it inside the range", code="INVALID_INPUT")
    pictures = [(name, first, last) for name in ("plate", *asked.mattes)]
    return pictures + [(still.name, still.frame, still.frame) for still in asked.stills]


def rendered(asked: Asked, colour: Colour, files: str) -> Record:
    """The document of a version that is made anew; its pictures lie beside it, its delivery is absolute."""
    shot = copy.deepcopy(asked.document)
    given = shot.pop("mattes", {})
    mattes = {name: {**given.get(name, {}), "files": export_name(name)} for name in asked.mattes}
    return {
        "schema": SCHEMA,
        **shot,
        "plate": {**shot.get("plate", {}), "files": export_name("plate"), "colorspace": colour.space},
        **({"mattes": mattes} if mattes else {}),
        "references": [
            {
                "file": Sequenced.of(export_name(still.name)).path(still.frame),
                "frame": still.frame,
                "colorspace": colour.space,
                "fit": still.fit,
            }
            for still in asked.stills
        ],
        "ocio": {"config": colour.config, "context": dict(colour.context)},
        "delivery": {**shot.get("delivery", {}), "files": files, "colorspace": colour.space},
    }


def read(result: Result) -> Record:
    """The document that a version was made from, every picture that it names there. Raises Fault."""
    path = Path(result.document)
    try:
        shot: Record = json.loads(path.read_text(encoding="utf-8"))
        gone = [name for name, missing in _missing(shot, path.parent) if missing]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _gone(result, str(path)) from error
    if gone:
        raise _gone(result, ", ".join(gone))
    return shot


def _gone(result: Result, where: str) -> Fault:
    what = f"the pictures that v{result.version:03d} was made from are gone"
    return Fault(what, where=where, hint="use Render", code="MISSING_FRAMES")


def _missing(shot: Record, folder: Path) -> Iterator[tuple[str, bool]]:
    """Every file or sequence that a document names, and whether some of it is not there."""
    first, last = span(shot)
    for part in (shot["plate"], *shot.get("mattes", {}).values()):
        pattern = Sequenced.of(str(folder / part["files"]))
        missing = pattern.missing(first, last)
        yield f"{pattern.hashes} {frames_text(missing)}".rstrip(), bool(missing)
    for reference in shot["references"]:
        path = folder / reference["file"]
        yield str(path), not path.is_file()


def refinished(shot: Record, asked: Asked, files: str, *, old: Path, new: Path) -> Record:
    """The document in folder `old` for another finishing: same pictures, written for the folder `new`."""

    def moved(path: str) -> str:
        return os.path.relpath(old / path, new).replace(os.sep, "/")

    again = copy.deepcopy(shot)
    for part in (again["plate"], *again.get("mattes", {}).values()):
        part["files"] = moved(part["files"])
    for reference in again["references"]:
        reference["file"] = moved(reference["file"])
    space = shot["delivery"]["colorspace"]
    again["finish"] = copy.deepcopy(asked.document.get("finish", {}))
    again["delivery"] = {**asked.document.get("delivery", {}), "files": files, "colorspace": space}
    return again


def require(files: str, frames: list[int], what: str) -> None:
    """Raise Fault unless exactly these frames are on disk."""
    there = Sequenced.of(files).on_disk()
    missing, more = sorted(set(frames) - set(there)), sorted(set(there) - set(frames))
    if missing:
        raise Fault(f"{what} lacks frames {frames_text(missing)}", where=files, code="MISSING_FRAMES")
    if more:
        raise Fault(f"{what} has frames {frames_text(more)} that nobody asked for", where=files)

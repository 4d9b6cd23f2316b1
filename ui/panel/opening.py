"""Anything that somebody may drop on the panel, as shots. Looks at disks: never in the window's thread.

A shot document as it is; a timeline as documents in a folder `NAME_shots` beside it (which is where a host looks for
what was finished); a folder as the documents in it and the plates that wait for one, or else as the ranges of numbered
pictures and the movies in it; one picture of a range as the range.
"""

from __future__ import annotations

import itertools
import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path

from pai_studio.core.media import pictures, still
from pai_studio.core.media.color import ColorConfig
from pai_studio.core.media.exr_header import read_header
from pai_studio.core.media.exr_layers import find_layer
from pai_studio.core.media.video import MovieReader
from pai_studio.core.shot import document, timeline
from pai_studio.core.shot.document import SCHEMA, Plate
from pai_studio.core.shot.errors import BadInput, PaiError
from pai_studio.core.shot.frames import FramePattern, FrameRange, parse_rate, ranges_text
from pai_studio.core.shot.inputs import MOVIES, is_movie
from pai_studio.core.shot.timeline import documents
from pai_studio.ui.panel.state.project import Opened, OpenedShot

DOCUMENT = ".shot.json"
PICTURES = frozenset({".exr", ".dpx", ".cin", ".tif", ".tiff", ".png", ".jpg", ".jpeg", ".hdr"})
_RANGES = frozenset({".exr", ".dpx", ".cin", ".tif", ".tiff", ".png"})
_NUMBERED = re.compile(r"(?P<before>.*?)(?P<number>(?:(?<=[._])-)?\d+)(?P<after>\.[A-Za-z]+)")
_DEFAULT_RATE = Fraction(24)
_FIRST_FRAME = 1001
"""Of a movie, whose pictures have no numbers: where a department's shots begin."""

_MOST_ENTRIES = 200_000


def open_paths(paths: Sequence[Path], *, rate: Fraction | None = None) -> Opened:
    """What lies behind some files and folders, in their order. `rate` is for an EDL and for ranges that say none.

    Raises BadInput where nothing of it is a shot; what is unusable beside usable shots becomes a note.
    """
    shots: list[OpenedShot] = []
    notes: list[str] = []
    cut: Path | None = None
    for path in paths:
        try:
            opened = _open(path.absolute(), rate)
        except PaiError as error:
            if len(paths) == 1:
                raise
            notes.append(str(error))
            continue
        shots += opened.shots
        notes += opened.notes
        cut = cut or opened.timeline
    if not shots:
        raise BadInput("none of these is a shot", hint="; ".join(notes)[:300])
    return Opened(
        paths[0].name if len(paths) == 1 else f"{len(shots)} shots", tuple(shots), tuple(notes), cut
    )


def is_still(path: Path) -> bool:
    """Whether a file may be a background still, by its suffix."""
    return path.suffix.lower() in PICTURES


def pattern_of(path: Path) -> str:
    """The numbered pictures that one of them belongs to; anything else is its own pattern. Looks at no disk."""
    found = [] if is_movie(path) else _ranges([path])
    return found[0].text if found else str(path)


def _open(path: Path, rate: Fraction | None) -> Opened:
    if path.name.endswith(DOCUMENT):
        return Opened(path.name, (_document(path),))
    suffix = path.suffix.lower()
    if suffix in timeline.SUFFIXES:
        return _timeline(path, rate)
    if path.is_dir():
        return _folder(path, rate)
    if not path.is_file():
        raise BadInput("is not there", where=str(path), hint="check the path")
    if suffix in MOVIES:
        return Opened(path.name, (_movie(path),))
    if suffix in _RANGES:
        for pattern in _ranges([path]):
            return Opened(path.name, (_range(pattern, rate),))
    hint = f"open a shot document, a folder, a movie, numbered pictures, or a timeline ({' '.join(timeline.SUFFIXES)})"
    raise BadInput("is nothing that can be opened as a shot", where=str(path), hint=hint)


def _document(path: Path) -> OpenedShot:
    shot, digest = document.load_known(path, unfinished=True)
    return OpenedShot(shot, path, digest)


def _timeline(path: Path, rate: Fraction | None) -> Opened:
    cut = timeline.read(path, rate=rate)
    folder = path.with_name(f"{path.stem}_shots")
    try:
        written = documents.write(cut, path, folder)
    except OSError as error:
        say = f"its shots cannot be written beside it ({error.strerror})"
        raise BadInput(say, where=str(folder), hint="copy the timeline to where you may write") from None
    entries = {str(entry["name"]): entry for entry in written.manifest["shots"]}
    shots, faults = [], []
    for name, entry in entries.items():
        said = tuple(f"{note['where']}: {note['what']}" for note in entry["notes"])
        try:
            one = _document(folder / f"{name}{DOCUMENT}")
        except BadInput as error:
            faults.append(str(error))
        else:
            shots.append(replace(one, notes=said))
    return Opened(cut.name or path.name, tuple(shots), (*map(str, cut.notes), *faults), path)


def _folder(folder: Path, rate: Fraction | None) -> Opened:
    there = _entries(folder)
    found = [path for path in there if path.name.endswith(DOCUMENT)]
    if found:
        known = open_paths(found)
        shots, notes = _plates_among(_waiting(folder, there, known.shots), rate)
        return Opened(folder.name, (*known.shots, *shots), (*known.notes, *notes))
    below = [path for sub in there if sub.is_dir() for path in _entries(sub)]
    shots, notes = _plates_among([*there, *below], rate)
    if not shots:
        hint = notes[0] if notes else "it has no shot documents, numbered pictures or movies"
        raise BadInput("holds no shot", where=str(folder), hint=hint)
    return Opened(folder.name, tuple(shots), tuple(notes))


def _plates_among(paths: Sequence[Path], rate: Fraction | None) -> tuple[list[OpenedShot], list[str]]:
    """The ranges and movies among files, as shots, and what is wrong with the others."""
    shots: list[OpenedShot] = []
    notes: list[str] = []
    opening = [partial(_range, pattern, rate) for pattern in _ranges(paths)]
    for call in (*opening, *(partial(_movie, path) for path in paths if is_movie(path))):
        try:
            shots.append(call())
        except PaiError as error:
            notes.append(str(error))
    return shots, notes


def _waiting(folder: Path, there: Sequence[Path], shots: Sequence[OpenedShot]) -> list[Path]:
    """The files of a folder's plates that have no document yet, where others of them have.

    There are none where no document's plate lies in the folder itself, which is then no folder of plates, or where a
    shot is delivered into it, whose passes would be taken for plates.
    """
    if not any(Path(one.shot.plate.files).parent == folder for one in shots):
        return []
    if any((one.path.parent / one.shot.delivery_files).parent == folder for one in shots):
        return []
    named: set[str] = set()
    for one in shots:
        mattes = one.shot.mattes
        named |= {one.shot.plate.files, mattes.alpha.files, mattes.garbage.files, mattes.core.files}
        named |= {pattern_of(Path(still.file)) for still in one.shot.references}
    return [path for path in there if pattern_of(path) not in named]


def _entries(folder: Path) -> list[Path]:
    try:
        found = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise BadInput(f"cannot be read ({error.strerror})", where=str(folder), hint="check it") from None
    if len(found) > _MOST_ENTRIES:
        raise BadInput(f"holds {len(found)} files", where=str(folder), hint="open one of its folders")
    return found


def _ranges(paths: Iterable[Path]) -> list[FramePattern]:
    """The ranges that numbered pictures form, in the order of their names."""
    found: dict[str, FramePattern] = {}
    for path in paths:
        match = _NUMBERED.fullmatch(path.name)
        if match is None or match["after"].lower() not in _RANGES:
            continue
        digits = len(match["number"])
        mark = "#" * digits if digits > 1 else "%d"
        pattern = FramePattern(str(path.with_name(f"{match['before']}{mark}{match['after']}")))
        found.setdefault(pattern.text, pattern)
    return list(found.values())


def _range(pattern: FramePattern, rate: Fraction | None) -> OpenedShot:
    """A range as a shot, or the shot that its folder already has a document for."""
    there = pattern.on_disk()
    if not there:
        raise BadInput("has no frame on disk", where=pattern.text)
    first, last = there[0], there[-1]
    said, told = _says(pattern.path(first))
    notes = []
    absent = sorted(set(range(first, last + 1)) - set(there))
    if absent:
        notes.append(f"{len(absent)} frames are missing ({ranges_text(absent)[:80]})")
    if not said:
        notes.append("the plate does not say its colour space: scene_linear is written; look at Plate")
    elif not pattern.text.lower().endswith(".exr"):
        notes.append(f"its colour space is taken to be {said}, as its format is used; look at Plate")
    used = told or rate
    if used is None:
        used = _DEFAULT_RATE
        notes.append("the plate does not say its rate: 24 is written; look at Plate")
    plate = Plate(files=pattern.text, colorspace=said or documents.LINEAR)
    return _new(_name_of(Path(pattern.text)), plate, used, FrameRange(first, last), notes)


def _says(path: Path) -> tuple[str, Fraction | None]:
    """The colour space and the rate that a picture or its format names; each may be missing. Raises UnreadableImage."""
    config = ColorConfig.open()
    if pictures.kind_of(path) != "openexr":
        return still.space_of_picture(pictures.look(path), config) or "", None
    attributes = find_layer(read_header(path), "rgba").part.attributes
    space = still.space_of_exr(attributes, config) or ""
    told = attributes.get("framesPerSecond")
    try:
        return space, parse_rate("/".join(map(str, told)) if isinstance(told, tuple | list) else str(told))
    except ValueError:
        return space, None


def _movie(path: Path) -> OpenedShot:
    with MovieReader(path) as movie:
        count, rate = movie.count, movie.rate
    space = ColorConfig.open().texture or documents.LINEAR
    plate = Plate(files=str(path), colorspace=space, start=_FIRST_FRAME)
    say = f"a movie does not say its colour space: {space} is written; look at Plate"
    return _new(_name_of(path), plate, rate, FrameRange(_FIRST_FRAME, _FIRST_FRAME + count - 1), [say])


def _new(name: str, plate: Plate, rate: Fraction, frames: FrameRange, notes: list[str]) -> OpenedShot:
    """A shot that has no document yet, or the document that lies where its own would."""
    path = _path_for(name, plate.files)
    if path.is_file():
        return _document(path)
    name = path.name.removesuffix(DOCUMENT)
    keys = {
        "schema": SCHEMA,
        "name": name,
        "rate": str(rate),
        "frames": [frames.first, frames.last],
        "plate": plate.model_dump(),
        "references": [],
    }
    shot = document.parse(json.dumps(keys), where=plate.files, unfinished=True)
    return OpenedShot(shot, path, notes=tuple(notes))


def _path_for(name: str, plate: str) -> Path:
    """Where the document of a plate lies, or will lie.

    Plates of one folder that would be called the same, such as `a.####.exr` and `a.####.png`, are `a` and `a_2`: each
    keeps the document that names it, and the others take what is free, in the order of their names.
    """
    folder = Path(plate).parent
    paths = (folder / f"{name}{f'_{at}' if at > 1 else ''}{DOCUMENT}" for at in itertools.count(1))
    namesakes = [one for one in _plates(folder) if _name_of(Path(one)) == name]
    if len(namesakes) < 2 or plate not in namesakes:
        return next(paths)
    seen = list(itertools.islice(paths, 2 * len(namesakes)))
    owned = {_document(path).shot.plate.files: path for path in seen if path.is_file()}
    if plate in owned:
        return owned[plate]
    free = (path for path in itertools.chain(seen, paths) if not path.is_file())
    waiting = [one for one in namesakes if one not in owned]
    return next(itertools.islice(free, waiting.index(plate), None))


def _plates(folder: Path) -> list[str]:
    """Every range and movie of a folder, in the order of their names."""
    there = _entries(folder)
    return sorted([one.text for one in _ranges(there)] + [str(one) for one in there if is_movie(one)])


def _name_of(path: Path) -> str:
    """A shot's name from a file's: what stands before its frame number, with the letters that a name may have."""
    stem = re.split(r"[._-]?(?:#+|@+|%0?\d*d)", path.name)[0] if not is_movie(path) else path.stem
    stem = unicodedata.normalize("NFKD", stem or path.parent.name)
    stem = "".join(letter for letter in stem.replace("ß", "ss") if not unicodedata.combining(letter))
    return re.sub(r"[^A-Za-z0-9._-]+", "_", stem).strip("._-")[:128] or "shot"

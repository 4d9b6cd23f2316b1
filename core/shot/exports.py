"""Where a host puts the pictures that it exports for a version, and how it takes a version that has no frame yet.

The export folder of a version is `BASE/exports/STEM_vNNN/`, beside the versions themselves (`naming.base_of`). Making
it is the reservation: only one process can. A mark file in it says that the folder is ours and what it is for.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pai_studio.core.shot import document, naming
from pai_studio.core.shot.errors import AlreadyThere, BadInput, NotAllowed
from pai_studio.core.shot.frames import FramePattern
from pai_studio.core.shot.inputs import inputs_by_key

MARK = ".pai-studio-export.json"
_FOLDER = "exports"
ABANDONED_S = 7 * 24 * 3600.0
"""What was begun and not touched for this long is taken up by nobody: its host was killed."""


@dataclass(frozen=True)
class Export:
    """A version that is reserved: its absolute pattern, its number, and its empty export folder."""

    files: str
    version: int
    folder: Path


@dataclass(frozen=True)
class Version:
    """A version with frames on disk. `missing` are those between its first and its last that are not there."""

    version: int
    files: str
    first: int
    last: int
    missing: list[int]


def reserve(files: str, *, exact: bool = False) -> Export:
    """Take the next free version of an absolute pattern; `exact`: that very one, taken already or not.

    No two callers get one version, on any machine that sees the folder; only `exact` may be given again what was
    reserved before, emptied. Raises BadInput for a pattern without a version or a folder that cannot be made, and
    AlreadyThere where `exact` names a version that has frames.
    """
    base, pattern = _split(files)
    if exact:
        return _reserve_exactly(base, pattern)
    wanted = naming.next_free(base, pattern)
    while True:
        export = _export(base, wanted)
        if _make(export):
            if not naming.is_taken(base, wanted):
                _write_mark(export)
                return export
            export.folder.rmdir()  # that version was delivered and tidied since we looked
        wanted = naming.next_free(base, naming.with_version(pattern, export.version + 1))


def _reserve_exactly(base: Path, pattern: str) -> Export:
    if naming.version_of(pattern) is None:
        naming.next_free(base, pattern)  # raises: there is no version to take
    export = _export(base, pattern)
    if naming.is_taken(base, pattern):
        hint = "take the next version: none is ever replaced"
        raise AlreadyThere("this version is on disk already", where=export.files, hint=hint)
    if not _make(export):
        _require_mark(export.folder)
        _clear(export.folder)
    _write_mark(export)
    return export


def left(files: str) -> Path | None:
    """The export folder of that very version, where somebody has reserved it before."""
    base, pattern = _split(files)
    folder = _export(base, pattern).folder
    return folder if _read_mark(folder) is not None else None


def release(folder: Path) -> None:
    """Give a version up: remove its export folder with all that it holds, unless the version is finished already.

    One that is gone is fine. Raises NotAllowed for a folder without our mark.
    """
    if folder.exists():
        base, pattern = _split(str(_require_mark(folder)["files"]))
        if not _is_finished(base, pattern, folder):
            shutil.rmtree(folder)


def tidy(files: str, document_path: Path) -> list[Path]:
    """Remove the export folders of older versions of the same shot that are finished or abandoned; returns them.

    One stays that `document_path`, the newest version's document, takes pictures from, or the document of a version
    that is under way.
    """
    base, pattern = _split(files)
    here = naming.version_of(pattern)
    assert here is not None
    needed = _folders_named_by(document_path)
    done: list[Path] = []
    for folder, version in _siblings(base, pattern):
        over = _is_finished(base, naming.with_version(pattern, version), folder) or _is_abandoned(folder)
        if version < here and over:
            done.append(folder)
        else:
            needed |= {name for path in folder.glob("*.shot.json") for name in _folders_named_by(path)}
    removed = [folder for folder in done if folder.resolve() not in needed]
    for folder in removed:
        shutil.rmtree(folder)
    return removed


def versions(files: str) -> list[Version]:
    """The versions of an absolute pattern that have frames on disk, oldest first."""
    base, pattern = _split(files)
    found = []
    for number in naming.versions_on_disk(base, pattern):
        path = str(base / naming.with_version(pattern, number))
        there = FramePattern(path).on_disk()
        gaps = sorted(set(range(there[0], there[-1] + 1)) - set(there))
        found.append(Version(number, path, there[0], there[-1], gaps))
    return found


def _split(files: str) -> tuple[Path, str]:
    whole = Path(os.path.normpath(files))
    if not whole.is_absolute():
        raise BadInput("is no absolute path", where=f"delivery.files {files}", hint="write the whole path")
    naming.version_of(str(whole))
    base = naming.base_of(whole)
    return base, str(whole.relative_to(base))


def _export(base: Path, pattern: str) -> Export:
    version = naming.version_of(pattern)
    assert version is not None
    stem = naming.stem_of(pattern)
    name = stem if naming.version_of(stem) is not None else f"{stem}_v{version:03d}"
    return Export(str(base / pattern), version, base / _FOLDER / name)


def _make(export: Export) -> bool:
    """Make the folder; False where somebody has made it before."""
    try:
        export.folder.parent.mkdir(parents=True, exist_ok=True)
        export.folder.mkdir()
    except FileExistsError:
        if not export.folder.is_dir():
            raise BadInput(
                "is no folder", where=str(export.folder), hint="move it away: exports belong there"
            ) from None
        return False
    except OSError as error:
        hint = "choose another folder for the output"
        raise BadInput(f"cannot be made ({error.strerror})", where=str(export.folder), hint=hint) from None
    return True


def _write_mark(export: Export) -> None:
    said = {"files": export.files, "version": export.version}
    (export.folder / MARK).write_text(json.dumps(said) + "\n", encoding="utf-8")


def _read_mark(folder: Path) -> dict[str, Any] | None:
    """What the mark says; None where there is none of ours."""
    try:
        said = json.loads((folder / MARK).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    is_ours = isinstance(said, dict) and isinstance(said.get("version"), int) and "files" in said
    return said if is_ours else None


def _require_mark(folder: Path) -> dict[str, Any]:
    said = _read_mark(folder)
    if said is None:
        hint = f"it holds no {MARK}; look at it yourself"
        raise NotAllowed("is no export folder of PAI-Studio", where=str(folder), hint=hint)
    return said


def _clear(folder: Path) -> None:
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        elif entry.name != MARK:
            entry.unlink()


def _siblings(base: Path, pattern: str) -> list[tuple[Path, int]]:
    """The export folders of every version of one shot."""
    folder = base / _FOLDER
    found = []
    for entry in folder.iterdir() if folder.is_dir() else ():
        said = _read_mark(entry)
        if said is not None and entry == _export(base, naming.with_version(pattern, said["version"])).folder:
            found.append((entry, said["version"]))
    return sorted(found)


def _is_finished(base: Path, pattern: str, folder: Path) -> bool:
    """Whether every frame that the version's document asks for is delivered."""
    documents = list(folder.glob("*.shot.json"))
    if len(documents) != 1:
        return False
    try:
        asked = document.load(documents[0]).all_frames
    except BadInput:
        return False
    return set(asked) <= set(FramePattern(str(base / pattern)).on_disk())


def _is_abandoned(folder: Path) -> bool:
    """Whether nobody has touched a version for a week: who follows a job touches a file beside its document."""
    newest = max(path.stat().st_mtime for path in (folder, *folder.iterdir()))
    return time.time() - newest > ABANDONED_S


def _folders_named_by(path: Path) -> set[Path]:
    """The export folders that a document's pictures lie in, and its own."""
    named = {path.parent.resolve()}
    try:
        shot = document.load(path)
    except BadInput:
        return named
    for paths in inputs_by_key(shot).values():
        for parent in paths[0].resolve().parents:
            if parent.parent.name == _FOLDER:
                named.add(parent)
    return named

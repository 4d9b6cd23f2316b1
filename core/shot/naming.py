"""What delivered files are called: passes beside the beauty, sidecars, versions.

A version is a token such as `v003` in the name of the file and of the folders above it; these change together.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from pai_studio.core.shot.document import Shot
from pai_studio.core.shot.errors import AlreadyThere, BadInput
from pai_studio.core.shot.frames import FramePattern

_VERSION = re.compile(r"(?<![A-Za-z0-9])v(\d{2,})(?![A-Za-z0-9])")


def pass_pattern(pattern: str, name: str) -> str:
    """The pattern of a pass in its own files: `beauty` in the file name becomes `name`, else `_name` is added."""
    if name == "beauty":
        return pattern
    path = Path(pattern)
    head, tail = _stem(path.name)
    stem = head.replace("beauty", name) if "beauty" in head else f"{head}_{name}"
    return str(path.with_name(stem + tail))


def sidecar(pattern: str, suffix: str) -> str:
    """A file beside the frames, such as `NAME_v001.qc.json` for `NAME_v001.####.exr`."""
    path = Path(pattern)
    return str(path.with_name(f"{_stem(path.name)[0]}.{suffix}"))


def stem_of(pattern: str) -> str:
    """What the files of a pattern are called before their frame number: `NAME_v001` of `NAME_v001.####.exr`."""
    return _stem(Path(pattern).name)[0]


def _stem(name: str) -> tuple[str, str]:
    """A pattern's file name, cut before the separator that leads to its frame number."""
    found = re.search(r"[._-]?(#+|@+|%0?\d*d)", name)
    if not found:
        raise BadInput(
            f"delivery.files {name!r} holds no frame number", hint="add one, as NAME_v001.####.exr"
        )
    return name[: found.start()], name[found.start() :]


def _tokens(part: str) -> set[int]:
    return {int(number) for number in _VERSION.findall(part)}


def _versioned(pattern: str) -> tuple[int | None, int]:
    """A pattern's version, and the index of the first component that carries it.

    That is the file's, and of the versioned folders nearest to it. What stands further up is somebody else's: the
    folder of the script's own version, or a show called so.
    """
    parts = Path(pattern).parts
    last = len(parts) - 1
    nearest = next((i for i in range(last - 1, -1, -1) if _tokens(parts[i])), None)
    found = _tokens(parts[last])
    if nearest is not None and (not found or nearest == last - 1):
        found = found | _tokens(parts[nearest])
    if len(found) > 1:
        say = ", ".join(f"v{n:03d}" for n in sorted(found))
        raise BadInput(f"delivery.files names several versions ({say})", where=pattern, hint="name one")
    if nearest is None or _tokens(parts[nearest]) != found:
        return (found.pop() if found else None), last
    while nearest > 0 and _tokens(parts[nearest - 1]) == found:
        nearest -= 1
    return found.pop(), nearest


def version_of(pattern: str) -> int | None:
    """The version that a pattern names, or None. Raises BadInput when file and folder name two different ones."""
    return _versioned(pattern)[0]


def with_version(pattern: str, version: int) -> str:
    """The same pattern at another version, each token padded as it was."""
    parts, first = Path(pattern).parts, _versioned(pattern)[1]
    tail = [_VERSION.sub(lambda m: f"v{version:0{len(m[1])}d}", part) for part in parts[first:]]
    return str(Path(*parts[:first], *tail))


def delivered_as(shot: Shot, pattern: str) -> Shot:
    """The same shot, delivered under another pattern."""
    return shot.model_copy(update={"delivery": shot.delivery.model_copy(update={"files": pattern})})


def based(shot: Shot, folder: Path) -> tuple[Path, Shot]:
    """The folder that the delivery is relative to, and the shot with a relative pattern.

    A delivery that climbs out of `folder` (`../out/...`, or an absolute one) is based where it leads to.
    """
    whole = Path(os.path.normpath(folder / shot.delivery_files))
    base = folder if whole.is_relative_to(folder) else base_of(whole)
    return base, delivered_as(shot, str(whole.relative_to(base)))


def base_of(pattern: Path) -> Path:
    """The folder of all the versions of an absolute pattern: what stands before its version."""
    return Path(*pattern.parts[: _versioned(str(pattern))[1]])


def is_taken(base: Path, pattern: str) -> bool:
    """Whether frames of this delivery are on disk already."""
    return bool(FramePattern(str(base / pattern)).on_disk())


def next_free(base: Path, pattern: str) -> str:
    """The pattern at the first version after every one that is on disk.

    Raises BadInput when the pattern has no version to raise.
    """
    version = version_of(pattern)
    if version is None:
        raise BadInput(
            "has no version to raise",
            where=f"delivery.files {pattern}",
            hint="put one in, as NAME_v001.####.exr",
        )
    # A folder may hold gaps; what matters is that nothing newer is ever overtaken.
    newest = max(versions_on_disk(base, pattern), default=0)
    return with_version(pattern, max(version, newest + 1))


def latest(base: Path, pattern: str) -> str | None:
    """The pattern at the newest version on disk, or None when there is none."""
    found = versions_on_disk(base, pattern)
    return with_version(pattern, max(found)) if found else None


def versions_on_disk(base: Path, pattern: str) -> list[int]:
    """Versions with at least one frame: the first component that carries the version is listed, never guessed."""
    parts = Path(pattern).parts
    version, where = _versioned(pattern)
    if version is None:
        return []
    folder = base.joinpath(*parts[:where])
    if not folder.is_dir():
        return []
    before = _VERSION.split(parts[where], maxsplit=1)[0]
    shape = re.compile(re.escape(before) + r"v(\d{2,})(?![A-Za-z0-9])")
    numbers = {int(m[1]) for entry in folder.iterdir() if (m := shape.match(entry.name))}
    return sorted(n for n in numbers if is_taken(base, with_version(pattern, n)))


def refuse_taken(base: Path, pattern: str) -> None:
    """Raise AlreadyThere when this delivery has frames on disk: versions are never overwritten."""
    if is_taken(base, pattern):
        raise AlreadyThere(
            "this version is on disk already",
            where=str(base / pattern),
            hint="make the next version (--new-version), or go on with this one (--resume)",
        )

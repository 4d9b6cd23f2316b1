"""The files of ours that a host wants in folders of its own: menu scripts and macros.

A menu script of Resolve's does not know where it lies, so the place of `pai_studio_host` is written into its copy.
Runs in our own environment, for `install.py`. Standard library, Python 3.9.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from . import tree
from .host import Fault

_COMP = {
    "resolve/fusion/PAIStudio.setting": "Macros/PAIStudio.setting",
    "resolve/fusion/PAI-Studio.py": "Scripts/Comp/PAI-Studio.py",
}
ENTRIES: dict[str, dict[str, str]] = {
    "nuke": {},
    "resolve": {
        "resolve/PAI-Studio.py": "Scripts/Utility/PAI-Studio.py",
        "resolve/PAI-Studio.lua": "Scripts/Utility/PAI-Studio Help.lua",
        **_COMP,
    },
    "fusion": _COMP,
}
"""For each host our file, and its name in the host's folder."""

SOURCES = frozenset(source for entries in ENTRIES.values() for source in entries)

_PLACE = {
    ".py": re.compile(rb'^PLACE = ""', re.MULTILINE),
    ".lua": re.compile(rb'^local PLACE = ""', re.MULTILINE),
}
_MINE = ".mine"


def contents(host: str, source: Path, dest: Path) -> dict[str, bytes]:
    """What is to lie in `dest`, by its name there. Raises Fault where the package is not whole."""
    return {target: content(source / name, dest) for name, target in ENTRIES[host].items()}


def content(path: Path, dest: Path) -> bytes:
    """One of our files as it is to lie in `dest`: a script learns its place. Raises Fault where that cannot be."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise Fault(
            "a file of the plugin is missing", where=str(path), hint="install pai-studio again"
        ) from None
    if path.suffix not in _PLACE:
        return content
    root = dest.as_posix()
    line = b"PLACE = " + ascii(root).encode() if path.suffix == ".py" else b"local PLACE = " + _lua(root)
    # A function, since backslashes of the line are no marks for what was found.
    content, count = _PLACE[path.suffix].subn(lambda _: line, content)
    if count != 1:
        raise Fault(
            "there is no one place for its folder in it", where=str(path), hint="install pai-studio again"
        )
    return content


def digests(files: Mapping[str, bytes]) -> dict[str, str]:
    """SHA-256 of each."""
    return {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}


def folders_to_make(dest: Path, files: Mapping[str, bytes]) -> list[str]:
    """The folders in `dest` that are not there yet, each after the one that it is in."""
    wanted = {parent.as_posix() for name in files for parent in Path(name).parents if parent.name}
    return sorted(name for name in wanted if not (dest / name).is_dir())


def put(dest: Path, files: Mapping[str, bytes], was: Mapping[str, str]) -> dict[str, str]:
    """Write the files, and remove unchanged ones of before that are no longer ours; `was` holds their digests.

    A file of the user's that is in the way is kept beside ours, under a name that no host lists: gives those names.
    """
    kept = {}
    for name, content in files.items():
        path = dest / name
        found = tree.digest(path)
        if tree.there(path) and found not in (was.get(name), hashlib.sha256(content).hexdigest()):
            kept[name] = _set_aside(path).relative_to(dest).as_posix()
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.new")
        beside.write_bytes(content)
        beside.replace(path)
    for name in was:
        if name not in files:
            _drop(dest / name, was[name])
    return kept


def take(dest: Path, was: Mapping[str, str], folders: list[str]) -> list[str]:
    """Remove our unchanged files, then the folders that we made and that are empty; gives the files that stay."""
    left = [name for name, digest in was.items() if not _drop(dest / name, digest)]
    for name in sorted(folders, reverse=True):
        folder = dest / name
        if folder.is_dir() and not folder.is_symlink() and not any(folder.iterdir()):
            folder.rmdir()
    return left


def differing(dest: Path, was: Mapping[str, str]) -> Iterator[tuple[str, bool]]:
    """The files that are not as we put them, each with whether it is there at all."""
    for name, digest in was.items():
        found = tree.digest(dest / name)
        if found != digest:
            yield name, bool(found)


def _lua(text: str) -> bytes:
    """A text as a Lua string in ASCII; what is not is written byte by byte, as UTF-8."""
    plain = (
        chr(byte) if 32 <= byte < 127 and chr(byte) not in '"\\' else f"\\{byte:03}" for byte in text.encode()
    )
    return f'"{"".join(plain)}"'.encode("ascii")


def _set_aside(path: Path) -> Path:
    aside, count = path.with_name(path.name + _MINE), 1
    while tree.there(aside):
        count += 1
        aside = path.with_name(f"{path.name}{_MINE}{count}")
    return path.rename(aside)


def _drop(path: Path, digest: str) -> bool:
    """Remove a file that is as we made it; whether it is gone."""
    found = tree.digest(path)
    if found == digest:
        path.unlink()
    return found in (digest, "")

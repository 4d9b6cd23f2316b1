"""Copies the plugin into a host's folder, as `pai_studio_host`, and takes it away: our own files and no others.

Runs in our own environment (`pai-studio install`), never in a host, and is not copied itself. An install is made
beside the old one and put in its place by renaming, so that one that is interrupted leaves the old one working.
Standard library, Python 3.9.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import entries, initfile, places, record, tree
from .host import Fault

SOURCE = Path(__file__).resolve().parent
HOSTS = {"nuke": ("nuke", "farm"), "resolve": ("resolve",), "fusion": ("resolve",)}
"""The hosts, each with the folders of ours that it needs beside the files at the top; its own comes first."""

_NOT_COPIED = ("install.py", "initfile.py", "tree.py", "entries.py", "places.py")
_KINDS = (".py", ".nk", ".gizmo", ".typed")
_MINE = ".mine"


@dataclass(frozen=True)
class Plan:
    """What an install would do; paths are relative to the plugin's folder, with `/`."""

    files: dict[str, bytes]
    """Every file that will be there, with its content."""

    kept: dict[str, str]
    """Files that the user changed, by the name under which they are kept beside ours."""

    carried: tuple[str, ...]
    """Files that the user added; they go along as they are."""

    removed: tuple[str, ...]
    """Files of the installed version that this one no longer has."""


@dataclass(frozen=True)
class Done:
    """What an install did."""

    folder: Path
    files: int
    kept: dict[str, str]
    removed: tuple[str, ...]
    entries: tuple[str, ...]
    """Our files in the host's own folders."""

    init: Path | None
    """The host's start-up file, where it has one."""

    loads: bool
    """Whether that loads the plugin; if not, `line` is to be added to it."""

    line: str


@dataclass(frozen=True)
class Gone:
    """What an uninstall did."""

    folder: Path
    removed: int
    left: tuple[str, ...]
    """Files that are not ours, or were changed: they are where they were."""

    init: str
    """`unchanged`, `restored` (our lines are out of it) or `removed` (the file was ours)."""


@dataclass(frozen=True)
class Survey:
    """How an installed plugin is."""

    installed: record.Installed
    changed: tuple[str, ...]
    missing: tuple[str, ...]
    init: Path | None
    loads: bool


def default_dest(host: str) -> Path:
    """The host's own folder for its user, such as `~/.nuke`."""
    return places.folder_of(host)


def folder_in(dest: Path) -> Path:
    """Where the plugin lies in `dest`."""
    return dest / initfile.PACKAGE


def is_in(dest: Path) -> bool:
    """Whether a plugin of ours is installed in `dest`, well or not."""
    return (folder_in(dest) / record.NAME).exists()


def plan(host: str, dest: Path, source: Path = SOURCE) -> Plan:
    """What to copy, keep and remove. Raises Fault where the folder that is there is not ours or cannot be read."""
    files = {name: (source / name).read_bytes() for name in _own_names(source, host)}
    folder = folder_in(dest)
    if not tree.there(folder):
        return Plan(files, {}, (), ())
    was = _known(folder, host).files
    there = {name for name in tree.names_in(folder) if name not in (record.NAME, tree.LEFT)}
    removed = tuple(sorted(name for name in was if name in there and name not in files))
    foreign = [name for name in sorted(there) if _is_users(folder, name, was, files)]
    kept = {name: _free_name(name, there) for name in foreign if name in was or name in files}
    return Plan(files, kept, tuple(name for name in foreign if name not in kept), removed)


def install(
    host: str, dest: Path, *, version: str, python: str, write_init: bool = False, source: Path = SOURCE
) -> Done:
    """Put the plugin into `dest`, anew or over an older one, and see to the start-up file.

    Raises Fault where `dest` is a link or cannot be written, or holds a `pai_studio_host` that is not ours.
    """
    dest = _usable(dest)
    try:
        dest.mkdir(parents=True, exist_ok=True)
        tree.recover(folder_in(dest))
        todo = plan(host, dest, source)
        outside, before = entries.contents(host, source, dest), _outside(folder_in(dest), host)
        folders = sorted({*before.folders, *entries.folders_to_make(dest, outside)})
        said = {"version": version, "python": python, "entries": entries.digests(outside), "folders": folders}
        _stage(dest, todo, said)
        kept = entries.put(dest, outside, before.entries)
        tree.swap(folder_in(dest))
        loaded = _see_to_init(dest, write_init) if _has_init(host) else True
    except OSError as error:
        raise _unwritable(dest, error) from None
    return Done(
        folder=folder_in(dest),
        files=len(todo.files),
        kept={**todo.kept, **kept},
        removed=todo.removed,
        entries=tuple(outside),
        init=dest / initfile.FILE if _has_init(host) else None,
        loads=loaded,
        line=initfile.line_for(dest) if _has_init(host) else "",
    )


def uninstall(host: str, dest: Path) -> Gone:
    """Take our unchanged files out of `dest`, and our lines out of its start-up file; all else stays.

    Raises Fault where no plugin of ours is there, or it cannot be written.
    """
    dest = _usable(dest)
    folder = folder_in(dest)
    try:
        if dest.is_dir():
            tree.recover(folder_in(dest))
        if not tree.there(folder):
            raise _bad("no plugin is installed there", folder, "if it is elsewhere, name that folder: --dest")
        if tree.is_left(folder, record.NAME):
            raise _bad(
                "it is uninstalled already", folder, "what is left there is yours: keep it or remove it"
            )
        was = _record_of(folder, host)
        ours = [name for name, digest in was.files.items() if tree.digest(folder / name) == digest]
        init = _clear_init(dest) if _has_init(host) else "unchanged"
        stays = entries.take(dest, was.entries, was.folders)
        for name in ours:
            (folder / name).unlink()
        left = tree.leave(folder, record.NAME)
    except OSError as error:
        raise _unwritable(dest, error) from None
    count = len(ours) + len(was.entries) - len(stays)
    return Gone(folder, count, (*left, *(str(dest / name) for name in stays)), init)


def survey(host: str, dest: Path) -> Survey:
    """How the plugin in `dest` is. Raises Fault where none of ours is there."""
    folder = folder_in(dest)
    installed = record.read(folder, host)
    digests = {name: tree.digest(folder / name) for name in installed.files}
    outside = dict(entries.differing(dest, installed.entries))
    changed = [name for name, found in digests.items() if found not in ("", installed.files[name])]
    missing = [name for name, found in digests.items() if not found]
    init = dest / initfile.FILE if _has_init(host) else None
    return Survey(
        installed=installed,
        changed=(*changed, *(name for name, is_there in outside.items() if is_there)),
        missing=(*missing, *(name for name, is_there in outside.items() if not is_there)),
        init=init,
        loads=init is None or (init.is_file() and initfile.loads(init.read_bytes())),
    )


def _has_init(host: str) -> bool:
    """Whether the host has a start-up file that must load the plugin; others find our entries by themselves."""
    return host == "nuke"


def _own_names(source: Path, host: str) -> list[str]:
    """The files of ours that this host gets. Raises Fault where the package is not whole."""
    names = [path.name for path in source.iterdir() if path.is_file() and path.name not in _NOT_COPIED]
    for folder in HOSTS[host]:
        names += [path.relative_to(source).as_posix() for path in (source / folder).rglob("*")]
    fit = sorted(n for n in names if n.endswith(_KINDS) and not Path(n).name.startswith((".", "test_")))
    fit = [name for name in fit if name not in entries.SOURCES]
    if not any(name.startswith(f"{HOSTS[host][0]}/") for name in fit):
        raise Fault(f"the plugin for {host} is not in it", where=str(source), hint="install pai-studio again")
    return fit


def _is_users(folder: Path, name: str, was: dict[str, str], files: dict[str, bytes]) -> bool:
    """Whether a file that is there is, or holds, work of the user's."""
    digest = tree.digest(folder / name)
    if name in files and digest == hashlib.sha256(files[name]).hexdigest():
        return False
    return name not in was or digest != was[name]


def _free_name(name: str, taken: set[str]) -> str:
    """A name beside `name` that nothing has yet; it is no Python file, so that nothing runs it."""
    free, count = name + _MINE, 1
    while free in taken:
        count += 1
        free = f"{name}{_MINE}{count}"
    return free


def _record_of(folder: Path, host: str) -> record.Installed:
    """What we put there. Raises Fault for a folder that is a link or not ours."""
    if folder.is_symlink() or not (folder / record.NAME).is_file():
        raise _bad("it is there and not made by PAI-Studio", folder, "move it away, or choose another --dest")
    was = record.read(folder, host)
    if any(
        Path(name).is_absolute() or ".." in Path(name).parts
        for name in (*was.files, *was.entries, *was.folders)
    ):
        raise _bad("its record names files outside of it", folder / record.NAME, "move the folder away")
    return was


def _known(folder: Path, host: str) -> record.Installed:
    """As `_record_of`; with a damaged record, and of what an uninstall has left, no file is known.

    Each that differs from ours then counts as changed.
    """
    if tree.is_left(folder, record.NAME):
        return record.Installed("", "")
    try:
        return _record_of(folder, host)
    except Fault as fault:
        if fault.code != "NOT_INSTALLED":
            raise
        return record.Installed("", "")


def _outside(folder: Path, host: str) -> record.Installed:
    """What is known of our files in the host's own folders."""
    return _known(folder, host) if tree.there(folder) else record.Installed("", "")


def _stage(dest: Path, todo: Plan, said: dict[str, Any]) -> None:
    """Make the whole new folder beside the old one; its record says what is `said`, and the files."""
    old = folder_in(dest)
    new = tree.beside(old, "new")
    new.mkdir()
    for name, content in todo.files.items():
        (new / name).parent.mkdir(parents=True, exist_ok=True)
        (new / name).write_bytes(content)
    for name, kept in [*todo.kept.items(), *((name, name) for name in todo.carried)]:
        (new / kept).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(old / name, new / kept, follow_symlinks=False)
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in todo.files.items()}
    (new / record.NAME).write_text(json.dumps({**said, "files": digests}, indent=1), encoding="utf-8")


def _see_to_init(dest: Path, write_init: bool) -> bool:
    """Make, mend or leave the start-up file; whether it loads the plugin."""
    path = dest / initfile.FILE
    if not tree.there(path):
        initfile.write(path, initfile.made(dest))
        return True
    content = path.read_bytes()
    if initfile.has_block(content) or (write_init and not initfile.loads(content)):
        wanted = initfile.with_block(content, dest)
        if wanted != content:
            initfile.write(path, wanted)
        return True
    return initfile.loads(content)


def _clear_init(dest: Path) -> str:
    path = dest / initfile.FILE
    if not path.is_file():
        return "unchanged"
    content = path.read_bytes()
    left = initfile.without_block(content)
    if left is None:
        path.unlink()
        return "removed"
    if left == content:
        return "unchanged"
    initfile.write(path, left)
    return "restored"


def _usable(dest: Path) -> Path:
    if dest.is_symlink():
        raise _bad("it is a link", dest, f"name the folder itself: --dest {dest.resolve()}")
    files = [path for path in (dest, *dest.absolute().parents) if path.exists() and not path.is_dir()]
    if files:
        raise _bad("it is a file, not a folder", files[0], "name a folder: --dest")
    return dest.absolute()


def _bad(what: str, where: Path, hint: str) -> Fault:
    return Fault(what, where=str(where), hint=hint, code="INVALID_INPUT")


def _unwritable(dest: Path, error: OSError) -> Fault:
    what = f"cannot be written ({error.strerror or error})"
    return _bad(what, Path(error.filename or dest), "mend its permissions, or choose another --dest")

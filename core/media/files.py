"""Files that appear whole or not at all."""

from __future__ import annotations

import errno
import os
import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pai_studio.core.shot.errors import BadInput, OutOfResources, PaiError

_TEMP = re.compile(r"\.pai-[0-9a-f]{12}-(.+)")
_FULL = {getattr(errno, name, None) for name in ("ENOSPC", "EDQUOT", "EFBIG", "ENOMEM")}
_PROBE_BYTES = 1 << 20


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A temporary name in the folder of `path`, which is made where it is missing: flushed to disk and renamed at the
    end, removed after any error.

    Raises OutOfResources where the disk is full, BadInput where the folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise as_pai_error(error, path) from error
    temp = path.with_name(f".pai-{secrets.token_hex(6)}-{path.name}")
    try:
        yield temp
        with temp.open("rb+") as file:
            os.fsync(file.fileno())
        temp.replace(path)
        _flush_folder(path.parent)
    except OSError as error:
        raise as_pai_error(error, path) from error
    finally:
        temp.unlink(missing_ok=True)


def write_file(path: Path, content: bytes) -> None:
    """Write a small file whole. Raises as `whole_file`."""
    with whole_file(path) as temp:
        temp.write_bytes(content)


def write_fault(temp: Path, path: Path, why: str) -> PaiError:
    """The error of a library that could not write `temp` and does not tell whether the disk is full: try it."""
    try:
        with temp.open("ab") as file:
            file.write(bytes(_PROBE_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return as_pai_error(error, path)
    return PaiError(f"could not be written ({why.strip()[:200]})", where=str(path))


def sweep_temps(folder: Path, is_ours: Callable[[str], bool], *, older_s: float = 0) -> int:
    """Remove what a killed run left in `folder` of files whose names `is_ours` knows; the number of them.

    Others may be writing there, but nobody may be writing those; where somebody may, only what is older goes.
    """
    if not folder.is_dir():
        return 0
    temps = [(entry, _TEMP.fullmatch(entry.name)) for entry in folder.iterdir()]
    left = [entry for entry, found in temps if found and is_ours(found[1]) and entry.is_file()]
    before = time.time() - older_s
    gone = [entry for entry in left if not older_s or entry.stat().st_mtime < before]
    for entry in gone:
        entry.unlink(missing_ok=True)
    return len(gone)


def _flush_folder(folder: Path) -> None:
    """Make a rename last through a power cut; Windows does so by itself and opens no folders."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def as_pai_error(error: OSError, path: Path) -> PaiError:
    """What the system says when `path` cannot be written, for a person: OutOfResources or BadInput."""
    if error.errno in _FULL:
        hint = "make space and render again; finished frames are kept"
        return OutOfResources(f"cannot be written ({error.strerror})", where=str(path), hint=hint)
    hint = "check that its folder may be written"
    return BadInput(f"cannot be written ({error.strerror})", where=str(path), hint=hint)

"""Pulling a known model: fetched, checked against what its origin states, and installed whole or not at all.

What is fetched lies in `.pulling-NAME` beside the models until every digest is right; only then it becomes the model's
folder. A pull that stopped goes on where it was, file by file and byte by byte, with the commit that it began with.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from pai_studio.core.model import manifest
from pai_studio.core.model.catalogue import Entry
from pai_studio.core.model.manifest import Manifest, Weighed
from pai_studio.core.model.origins import GOES_ON, Offer, Origin, Told
from pai_studio.core.model.store import Installed, weigh
from pai_studio.core.report import Progress, Report, silent
from pai_studio.core.shot.errors import AlreadyThere, BadInput, OutOfResources, PaiError, Unreachable

_COMMIT = ".commit"
_SPARE_BYTES = 64 << 20
_HEADER_BYTES = 100_000_000
"""The longest header that the safetensors library reads."""


def pull(
    entry: Entry, origin: Origin, folder: Path, *, licence_accepted: bool, report: Report = silent
) -> Installed:
    """Fetch a model into `folder`, the models' folder, check it and install it under its name.

    `report` hears of `download` and `check`, in bytes. Raises BadInput where the licence was not accepted, a digest
    differs or the repository is not what it should be, AlreadyThere, OutOfResources before anything is fetched where
    the disk is too small, Unreachable and NotAuthenticated; what was fetched stays for the next pull.
    """
    if not licence_accepted:
        raise not_accepted(entry)
    place = folder / entry.name
    if place.exists():
        raise AlreadyThere("is there already", where=str(place), hint="remove it to pull the model anew")
    with _alone(folder):
        partial = folder / f".pulling-{entry.name}"
        noted = partial / _COMMIT
        offer = origin.offer(entry, noted.read_text(errors="replace").strip() if noted.is_file() else "")
        _fits(offer, partial, folder)
        partial.mkdir(exist_ok=True)
        noted.write_text(offer.commit)
        _fetch_all(entry, origin, offer, partial, report)
        files = _checked(offer, partial, report)
        noted.unlink()
        source = f"{entry.repository}@{offer.commit}" if offer.commit else entry.repository
        return _install(entry.manifest.model_copy(update={"source": source, "files": files}), partial, place)


def not_accepted(entry: Entry) -> BadInput:
    """The error of a pull whose licence nobody has accepted."""
    say = f"{entry.name} is under {entry.manifest.licence} ({entry.licence_url}), which was not accepted"
    return BadInput(say, hint="read it, then add --accept-licence")


def _fits(offer: Offer, partial: Path, folder: Path) -> None:
    missing = sum(file.size - _size(partial / file.path) for file in offer.files) + _SPARE_BYTES
    free = shutil.disk_usage(folder).free
    if missing > free:
        say = f"{missing / 1e9:.1f} GB are to be fetched, {free / 1e9:.1f} GB are free"
        raise OutOfResources(say, where=str(folder), hint="make space, or name another folder: --models-dir")


def _fetch_all(entry: Entry, origin: Origin, offer: Offer, partial: Path, report: Report) -> None:
    done = 0
    for file in offer.files:
        path = partial / file.path
        path.parent.mkdir(exist_ok=True)
        if _size(path) > file.size:
            path.unlink()
        try:
            with path.open("ab") as opened:
                counted = _Counted(opened, file, done, offer.size, report)
                if opened.tell() < file.size:
                    origin.fetch(entry, offer.commit, file, cast("BinaryIO", counted))
        except OSError as error:
            raise _not_whole(error, path) from error
        done += file.size
    report(Progress("download", done, offer.size))


class _Counted:
    """A file whose reader is told of every byte that comes in, and that takes no more than it is to have."""

    def __init__(self, file: BinaryIO, told: Told, before: int, total: int, report: Report) -> None:
        self.seek, self.tell, self.truncate = file.seek, file.tell, file.truncate
        self._file, self._told, self._before, self._total, self._report = file, told, before, total, report

    def write(self, chunk: bytes) -> int:
        if self._file.tell() + len(chunk) > self._told.size:
            hint = "take the hub itself, or another mirror"
            raise BadInput(
                f"is more than the {self._told.size} bytes stated", where=self._told.path, hint=hint
            )
        count = self._file.write(chunk)
        done = self._before + self._file.tell()
        self._report(Progress("download", done, self._total, message=self._told.path))
        return count


def _checked(offer: Offer, partial: Path, report: Report) -> dict[str, Weighed]:
    """The weighed files; raises BadInput for the first that is not what was stated, which is removed."""
    found = weigh(partial, report)
    for file in offer.files:
        path, weighed = partial / file.path, found[file.path]
        fault = ""
        if file.sha256 and weighed.sha256 != file.sha256:
            fault = f"has the SHA-256 {weighed.sha256[:12]}..., stated is {file.sha256[:12]}..."
        elif file.git_sha1 and (sha1 := _git_sha1(path)) != file.git_sha1:
            fault = f"has the git digest {sha1[:12]}..., stated is {file.git_sha1[:12]}..."
        elif path.suffix == ".safetensors" and not _is_whole(path):
            fault = "is no whole safetensors file"
        if fault:
            path.unlink()
            hint = "it was removed; the same command fetches it once more"
            raise BadInput(fault, where=file.path, hint=hint)
    wanted = {file.path for file in offer.files}
    return {name: weighed for name, weighed in found.items() if name in wanted}


def _git_sha1(path: Path) -> str:
    content = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _is_whole(path: Path) -> bool:
    """Whether a safetensors file is as long as its header says: eight bytes of length, the header, the tensors."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 2 <= length <= min(size - 8, _HEADER_BYTES):
            return False
        try:
            header = json.loads(file.read(length))
            ends = [told["data_offsets"][1] for name, told in header.items() if name != "__metadata__"]
            return bool(size == 8 + length + max(ends, default=0))
        except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
            return False


def _install(made: Manifest, partial: Path, place: Path) -> Installed:
    for path in partial.rglob("*"):  # what an older commit had, and this one has not
        if path.is_file() and path.relative_to(partial).as_posix() not in made.files:
            path.unlink()
    (partial / manifest.FILE).write_text(made.to_json(), encoding="utf-8")
    partial.rename(place)
    return Installed(place, made)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the lock under which models are pulled into a folder, which is made where it is missing."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / ".pull.lock").open("w")
    except OSError as error:
        hint = "name another folder: --models-dir"
        raise BadInput(f"cannot be written ({error.strerror})", where=str(folder), hint=hint) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BadInput(
                "another pull is under way", where=str(folder), hint="wait until it is done"
            ) from None
        yield


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _not_whole(error: OSError, path: Path) -> PaiError:
    if error.errno is None:  # the library's own: less came than was promised
        return Unreachable(str(error).splitlines()[0], where=path.name, hint=GOES_ON)
    kind = OutOfResources if error.errno in {errno.ENOSPC, errno.EDQUOT} else PaiError
    return kind(f"could not be fetched ({error.strerror})", where=str(path), hint=GOES_ON)

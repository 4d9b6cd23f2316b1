"""Blobs by the SHA-256 of their bytes: uploads that can be resumed, outputs that are linked in."""

from __future__ import annotations

import errno
import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pai_studio.core.shot.errors import BadInput, NotFound, OutOfResources, Unreachable
from pai_studio.server.api.wire import CHUNK_BYTES, require_digest

_FULL = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def disk_errors() -> Iterator[None]:
    """Turns a full disk into OutOfResources; other faults of the disk stay what they are."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise OutOfResources(
            "the server's disk is full", hint="free some space on the server and go on"
        ) from error


def sync_folder(folder: Path) -> None:
    """Make a folder's entries durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def chunks_of(path: Path, offset: int = 0) -> Iterator[bytes]:
    """A file's bytes from `offset` on, in pieces of the wire's size."""
    with path.open("rb", buffering=0) as file:
        file.seek(offset)
        while piece := file.read(CHUNK_BYTES):
            yield piece


@dataclass
class _Receiving:
    """One upload under way, and how to break it off."""

    heard: float
    abandon: Callable[[], None]


class Spool:
    """`folder/aa/DIGEST` for whole blobs, `folder/partial/DIGEST` for what has arrived of others."""

    def __init__(
        self,
        folder: Path,
        *,
        max_blob_bytes: int,
        reserve_bytes: int,
        idle_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder = folder
        self._partial = folder / "partial"
        self._partial.mkdir(parents=True, exist_ok=True)
        self._max_blob_bytes = max_blob_bytes
        self._reserve_bytes = reserve_bytes
        self._idle_s = idle_s
        self._clock = clock
        self._lock = threading.Lock()
        self._receiving: dict[str, _Receiving] = {}

    def path(self, digest: str) -> Path:
        """Where a blob lies. Raises NotFound when it does not, BadInput for what is no digest."""
        path = self._place(digest)
        if not path.is_file():
            raise NotFound("the server does not have this blob", where=digest, hint="upload it first")
        return path

    def _place(self, digest: str) -> Path:
        return self._folder / require_digest(digest)[:2] / digest

    def missing(self, digests: Iterable[str]) -> list[tuple[str, int]]:
        """Those that are not here, each with the bytes that have arrived of it."""
        found = []
        for digest in dict.fromkeys(digests):
            if not self._place(digest).is_file():
                part = self._partial / digest
                found.append((digest, part.stat().st_size if part.is_file() else 0))
        return found

    @property
    def busy(self) -> bool:
        """Whether an upload is under way."""
        return bool(self._receiving)

    def drop_stalled(self) -> None:
        """Break off uploads that have been silent for too long."""
        now = self._clock()
        with self._lock:
            stalled = [one for one in self._receiving.values() if now - one.heard > self._idle_s]
        for one in stalled:
            one.abandon()

    def receive(
        self, digest: str, size: int, offset: int, pieces: Iterable[bytes], abandon: Callable[[], None]
    ) -> None:
        """Take a blob's bytes from `offset` on; it is visible only whole and with its digest checked.

        What has arrived is kept when the stream breaks. Raises Unreachable (try again from the offset that
        `missing` names), OutOfResources, or BadInput when the bytes are not those of the digest.
        """
        place = self._place(digest)
        if place.is_file():
            return
        self._check_size(size, offset)
        with self._claimed(digest, abandon) as claim, disk_errors():
            part = self._partial / digest
            hasher = self._write(part, size, offset, pieces, claim)
            if hasher.hexdigest() != digest:
                part.unlink()
                hint = "the file changed while it was read, or was damaged on the way; send it again"
                raise BadInput("the bytes do not match the digest", where=digest, hint=hint)
            self._publish(part, place)

    def _check_size(self, size: int, offset: int) -> None:
        if not 0 <= offset <= size:
            raise BadInput(f"offset {offset} does not lie in a blob of {size} bytes", where="offset")
        if size > self._max_blob_bytes:
            say = f"a file of {size} bytes is over the server's limit of {self._max_blob_bytes}"
            raise OutOfResources(say, hint="raise max_blob_bytes on the server, or split the file")
        disk = os.statvfs(self._folder)
        if disk.f_bavail * disk.f_frsize < size - offset + self._reserve_bytes:
            raise OutOfResources("the server's disk is full", hint="free some space on the server and go on")

    @contextmanager
    def _claimed(self, digest: str, abandon: Callable[[], None]) -> Iterator[_Receiving]:
        claim = _Receiving(self._clock(), abandon)
        with self._lock:
            if digest in self._receiving:
                hint = "ask again in a moment whether it is still missing"
                raise Unreachable("another render sends the same picture", where=digest, hint=hint)
            self._receiving[digest] = claim
        try:
            yield claim
        finally:
            with self._lock:
                del self._receiving[digest]

    def _write(
        self, part: Path, size: int, offset: int, pieces: Iterable[bytes], claim: _Receiving
    ) -> hashlib._Hash:
        hasher = hashlib.sha256()
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "r+b", buffering=0) as file:
            if offset > os.fstat(file.fileno()).st_size:
                raise Unreachable(
                    "the server has less of this blob", where=part.name, hint="ask for the offset"
                )
            file.truncate(offset)
            while piece := file.read(CHUNK_BYTES):
                hasher.update(piece)
            written = offset
            for piece in pieces:
                claim.heard = self._clock()
                if written + len(piece) > size:
                    raise BadInput(f"more than the {size} bytes that were announced came", where=part.name)
                hasher.update(piece)
                self._write_all(file.fileno(), piece)
                written += len(piece)
            if written != size:
                raise Unreachable(
                    f"the upload ended at byte {written} of {size}", where=part.name, hint="go on there"
                )
            os.fchmod(file.fileno(), 0o444)
            os.fsync(file.fileno())
        return hasher

    @staticmethod
    def _write_all(descriptor: int, piece: bytes) -> None:
        view = memoryview(piece)
        while view:
            view = view[os.write(descriptor, view) :]

    def _publish(self, part: Path, place: Path) -> None:
        if not place.parent.is_dir():
            place.parent.mkdir(exist_ok=True)
            sync_folder(self._folder)
        part.rename(place)
        sync_folder(place.parent)

    def adopt(self, path: Path) -> tuple[str, int]:
        """Take in a finished file of our own by hard link; returns its digest and size."""
        hasher = hashlib.sha256()
        for piece in chunks_of(path):
            hasher.update(piece)
        digest = hasher.hexdigest()
        place = self._place(digest)
        if not place.is_file():
            with disk_errors():
                link = self._partial / f"{digest}.{os.getpid()}.{threading.get_ident()}"
                link.unlink(missing_ok=True)
                link.hardlink_to(path)
                link.chmod(0o444)
                self._publish(link, place)
        return digest, path.stat().st_size

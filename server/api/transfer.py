"""Files to the server and back: hashed while read, several at a time, resumed where they broke off."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType

from pai_studio.core.shot.errors import AlreadyThere, BadInput, Cancelled, OutOfResources, PaiError
from pai_studio.server.api import studio_pb2 as pb
from pai_studio.server.api.channel import Connection
from pai_studio.server.api.inputs import InputFile
from pai_studio.server.api.types import Output
from pai_studio.server.api.wire import CHUNK_BYTES, require_inner

_STREAMS = 3
_HASHERS = 2
_BATCH = 16
OnBytes = Callable[[int, int], None]


def _pieces(path: Path, offset: int, stop: threading.Event) -> Iterator[bytes]:
    """A file's bytes. Raises BadInput when it cannot be read, Cancelled when the transfer is broken off."""
    try:
        with path.open("rb", buffering=0) as file:
            file.seek(offset)
            while piece := file.read(CHUNK_BYTES):
                if stop.is_set():
                    raise Cancelled("the transfer was broken off")
                yield piece
    except OSError as error:
        raise BadInput(f"cannot be read ({error.strerror})", where=str(path)) from None


def _hashed(one: InputFile, stop: threading.Event) -> tuple[InputFile, str, int]:
    hasher = hashlib.sha256()
    size = 0
    for piece in _pieces(one.source, 0, stop):
        hasher.update(piece)
        size += len(piece)
    return one, hasher.hexdigest(), size


class _Tally:
    """Bytes that are on the server, told as they grow; a resent byte counts once at the most."""

    def __init__(self, total: int, on_bytes: OnBytes) -> None:
        self._done, self._total, self._on_bytes = 0, total, on_bytes
        self._lock = threading.Lock()

    def add(self, count: int) -> None:
        with self._lock:
            self._done = min(self._done + count, self._total)
            self._on_bytes(self._done, self._total)


class Uploader:
    """Sends what the server lacks. For one use."""

    def __init__(self, connection: Connection, files: Sequence[InputFile], on_bytes: OnBytes) -> None:
        self._connection, self._files = connection, files
        self._tally = _Tally(sum(one.source.stat().st_size for one in files), on_bytes)
        self._stop = threading.Event()
        self._sending: list[Future[None]] = []

    def send(self) -> dict[str, str]:
        """Have every file on the server; returns their digests by path.

        Raises what the server raises, Unreachable when it stays away, BadInput for a file that cannot be read.
        """
        hashers = ThreadPoolExecutor(_HASHERS, thread_name_prefix="hash")
        streams = ThreadPoolExecutor(_STREAMS, thread_name_prefix="upload")
        digests: dict[str, str] = {}
        try:
            hashing = [hashers.submit(_hashed, one, self._stop) for one in self._files]
            for first in range(0, len(hashing), _BATCH):
                batch = [future.result() for future in hashing[first : first + _BATCH]]
                digests |= {one.path: digest for one, digest, _ in batch}
                self._start(batch, streams)
                for sent in self._sending:
                    if sent.done():
                        sent.result()  # raises early
            for sent in self._sending:
                sent.result()
        finally:
            self._stop.set()
            hashers.shutdown(cancel_futures=True)
            streams.shutdown(cancel_futures=True)
        return digests

    def _start(self, batch: list[tuple[InputFile, str, int]], streams: ThreadPoolExecutor) -> None:
        """Ask which of a batch are missing, and begin to send those, each content once."""
        offsets = self._missing([digest for _, digest, _ in batch])
        for one, digest, size in batch:
            offset = offsets.pop(digest, None)
            if offset is None:
                self._tally.add(size)
            else:
                self._sending.append(streams.submit(self._send, one.source, digest, size, offset))

    def _missing(self, digests: list[str]) -> dict[str, int]:
        answer = self._connection.call("FindMissingBlobs", pb.FindMissingBlobsRequest(digests=digests))
        return {missing.digest: missing.offset for missing in answer.missing}

    def _send(self, source: Path, digest: str, size: int, offset: int) -> None:
        patience = self._connection.patience()
        self._tally.add(offset)
        while True:
            faults: list[PaiError] = []
            try:
                self._connection.send("UploadBlob", self._requests(source, digest, size, offset, faults))
            except PaiError as error:
                if faults:
                    raise faults[0] from None
                patience.bear(error)
            else:
                return
            now = self._missing([digest])
            if not now:
                return
            if now[digest] > offset:
                patience.renew()
            offset = now[digest]

    def _requests(
        self, source: Path, digest: str, size: int, offset: int, faults: list[PaiError]
    ) -> Iterator[pb.UploadBlobRequest]:
        blob = pb.Blob(digest=digest, size=size)
        yield pb.UploadBlobRequest(start=pb.UploadBlobRequest.Start(blob=blob, offset=offset))
        try:
            for piece in _pieces(source, offset, self._stop):
                yield pb.UploadBlobRequest(data=piece)
                self._tally.add(len(piece))
        except PaiError as error:  # gRPC would only say that iterating failed
            faults.append(error)
            raise


class Downloader:
    """Fetches outputs in the background into a folder; a context manager that leaves no temp files."""

    def __init__(self, connection: Connection, base: Path, *, overwrite: bool, keep_same: bool) -> None:
        self._connection, self._base = connection, base
        self._overwrite, self._keep_same = overwrite, keep_same
        self._stop = threading.Event()
        self._pool = ThreadPoolExecutor(_STREAMS, thread_name_prefix="download")
        self._fetching: dict[str, tuple[str, Future[Path]]] = {}

    def __enter__(self) -> Downloader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._pool.shutdown(cancel_futures=True)

    def add(self, output: Output) -> None:
        """Begin to fetch one; the same once more is fetched once."""
        known = self._fetching.get(output.path)
        if known is None or known[0] != output.digest:
            again = known is not None
            future = self._pool.submit(self._fetch, output, again=again)
            self._fetching[output.path] = (output.digest, future)

    def check(self) -> None:
        """Raise the first fault so far."""
        for _, future in self._fetching.values():
            if future.done():
                future.result()

    def all(self) -> list[Path]:
        """Wait for all; the files in the order of `add`."""
        return [future.result() for _, future in self._fetching.values()]

    def _fetch(self, output: Output, *, again: bool) -> Path:
        target = self._base / require_inner(output.path)
        if target.exists() and not (self._overwrite or again) and self._is_kept(target, output):
            return target
        temp = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}.part")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with temp.open("wb", buffering=0) as file:
                self._receive(output, file.write)
                os.fsync(file.fileno())
            temp.replace(target)
        except OSError as error:
            kind = OutOfResources if error.errno in (errno.ENOSPC, errno.EDQUOT) else BadInput
            hint = "free some space and --resume" if kind is OutOfResources else "choose another folder"
            raise kind(f"cannot be written ({error.strerror})", where=str(target), hint=hint) from None
        finally:
            with contextlib.suppress(OSError):
                temp.unlink(missing_ok=True)
        return target

    def _is_kept(self, target: Path, output: Output) -> bool:
        """Whether the file there is the very one. Raises AlreadyThere where it is another that must not be replaced."""
        if self._keep_same:
            _, digest, _ = _hashed(InputFile(output.path, target), self._stop)
            if digest == output.digest:
                return True
            if output.frame is None:  # a summary of more frames than last time
                return False
            hint = "an input or a setting changed since: make the next version (--new-version)"
            raise AlreadyThere("this frame is on disk from another render", where=str(target), hint=hint)
        raise AlreadyThere(
            "is on disk already",
            where=str(target),
            hint="make the next version (--new-version), or go on with this one (--resume)",
        )

    def _receive(self, output: Output, write: Callable[[bytes], object]) -> None:
        hasher = hashlib.sha256()
        patience = self._connection.patience()
        got = 0
        while got < output.size:
            request = pb.DownloadBlobRequest(digest=output.digest, offset=got)
            try:
                for answer in self._connection.stream("DownloadBlob", request):
                    if self._stop.is_set():
                        raise Cancelled("the transfer was broken off")
                    write(answer.data)
                    hasher.update(answer.data)
                    got += len(answer.data)
                    patience.renew()
            except PaiError as error:
                patience.bear(error)
        if hasher.hexdigest() != output.digest:
            raise PaiError(
                "was damaged on the way: its digest differs", where=output.path, hint="fetch it again"
            )

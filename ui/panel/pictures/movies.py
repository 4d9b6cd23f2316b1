"""Movies that are looked at, each opened once: opening one goes through all of it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path

from pai_studio.core.media.frame import Array
from pai_studio.core.media.video import MovieReader

_MOST = 4
_lock = threading.Lock()
_open: OrderedDict[str, _Opened] = OrderedDict()


class _Opened:
    """A reader that threads take turns at, opened anew where the file is another one."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self._lock = threading.Lock()
        self._reader: MovieReader | None = None
        self._identity: tuple[int, int] | None = None

    def read(self, index: int) -> Array:
        with self._lock:
            identity = self._on_disk()
            if self._reader is None or identity != self._identity:
                self._close()
                self._reader, self._identity = MovieReader(self._path), identity
            try:
                return self._reader.read(index)
            except BaseException:
                self._close()  # a decoder that has failed is in no state to go on from
                raise

    def _on_disk(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None  # opening it says why
        return found.st_mtime_ns, found.st_size

    def _close(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None


def read_movie(path: str, index: int) -> Array:
    """A picture of a movie by its index, (H, W, 3) float32 as it is coded for display. From any thread.

    Raises as `MovieReader` does.
    """
    with _lock:
        opened = _open.setdefault(path, _Opened(path))
        _open.move_to_end(path)
        if len(_open) > _MOST:
            _open.popitem(last=False)  # closed as soon as nobody reads from it
    return opened.read(index)

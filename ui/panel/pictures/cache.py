"""Pictures in memory: what is asked for comes at once if it is held, else as soon as it is read; within a limit."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Iterable

from PySide6.QtCore import QObject, Signal

from pai_studio.core.log import logger
from pai_studio.core.shot.errors import PaiError
from pai_studio.ui.panel.pictures.shown import PictureSource, Proxy
from pai_studio.ui.panel.work import Work

_LOG = logger(__name__)
_READERS = max(2, min(4, (os.cpu_count() or 2) // 2))
_SHARE_OF_MEMORY = 4
_MOST_BYTES = 4 << 30

Key = tuple[str, int, int]
"""A source's key, a frame (0 for a still), a scale."""


class Pictures(QObject):
    """Lives in the window's thread; reads in daemon threads of its own, so that a slow disk holds up nothing else.

    What is asked for by `get` is read first, the last asked at once; then what was wished for by `prefetch`, in its
    order. A frame that could not be read is not tried again until `forget`.
    """

    arrived = Signal(str, int)
    """A source's key and the frame."""

    failed = Signal(str, int, object)
    """A source's key, the frame, its PaiError."""

    broken = Signal(object)
    """An exception that is no PaiError: a bug."""

    def __init__(self, work: Work, parent: QObject | None = None, *, limit_bytes: int | None = None) -> None:
        super().__init__(parent)
        self._work = work
        self._limit = limit_bytes or _default_limit()
        self._held: OrderedDict[Key, Proxy] = OrderedDict()
        self._bytes = 0
        self._faults: dict[Key, PaiError] = {}
        self._lock = threading.Condition()
        self._asked: OrderedDict[Key, PictureSource] = OrderedDict()
        self._wished: OrderedDict[Key, PictureSource] = OrderedDict()
        self._reading: set[Key] = set()
        self._is_closed = False
        self._threads: list[threading.Thread] = []

    # What is held

    def get(self, source: PictureSource, frame: int, scale: int = 1) -> Proxy | None:
        """The picture if it is held; else None, and it is read before everything else."""
        key = _key(source, frame, scale)
        found = self._held.get(key)
        if found is not None:
            self._held.move_to_end(key)
            return found
        if key not in self._faults:
            self._ask(key, source)
        return None

    def nearest(self, source: PictureSource, frame: int, scale: int) -> Proxy | None:
        """The picture at another scale if that is held: something to show until it comes at this one."""
        for other in (1, 2, 4, 8, 16):
            found = self._held.get(_key(source, frame, other))
            if other != scale and found is not None:
                return found
        return None

    def fault(self, source: PictureSource, frame: int, scale: int = 1) -> PaiError | None:
        """Why a picture could not be read."""
        return self._faults.get(_key(source, frame, scale))

    def held(self, source: PictureSource, scale: int) -> set[int]:
        """The frames that are in memory."""
        return {frame for key, frame, at in self._held if key == source.key and at == scale}

    @property
    def held_bytes(self) -> int:
        """What they take."""
        return self._bytes

    @property
    def limit_bytes(self) -> int:
        """What they may take."""
        return self._limit

    def set_limit(self, limit_bytes: int) -> None:
        """Hold less, or more from now on."""
        self._limit = limit_bytes
        self._evict(keep=None)

    # What is wished for

    def prefetch(self, source: PictureSource, frames: Iterable[int], scale: int = 1) -> None:
        """Read these when nothing is asked for, the first first; takes the place of earlier wishes for this source.

        As many as fit into the limit beside one another; the rest is not read.
        """
        wanted: OrderedDict[Key, PictureSource] = OrderedDict()
        room = self._limit
        size = self._typical_bytes(source, scale)
        for frame in frames:
            room -= size
            if room < 0:
                break
            key = _key(source, frame, scale)
            if key in self._held:
                self._held.move_to_end(key)
            elif key not in self._faults:
                wanted[key] = source
        with self._lock:
            others = OrderedDict((k, s) for k, s in self._wished.items() if k[0] != source.key)
            others.update(wanted)
            self._wished = others
            self._lock.notify_all()
        self._start()

    def forget(self, key: str) -> None:
        """The files behind a source have changed: read them anew, and try again what could not be read."""
        for held in [one for one in self._held if one[0] == key]:
            self._bytes -= self._held.pop(held).pixels.nbytes
        for fault in [one for one in self._faults if one[0] == key]:
            del self._faults[fault]

    def close(self) -> None:
        """Read no more. A read that hangs is left to itself."""
        with self._lock:
            self._is_closed = True
            self._asked.clear()
            self._wished.clear()
            self._lock.notify_all()

    @property
    def is_idle(self) -> bool:
        """Whether everything that was asked and wished for was read."""
        with self._lock:
            return not (self._asked or self._wished or self._reading)

    # Reading

    def _ask(self, key: Key, source: PictureSource) -> None:
        with self._lock:
            if key in self._reading:
                return
            self._wished.pop(key, None)
            self._asked.pop(key, None)
            self._asked[key] = source
            self._lock.notify()
        self._start()

    def _start(self) -> None:
        if not self._threads and not self._is_closed:
            self._threads = [
                threading.Thread(target=self._serve, name=f"panel-pictures-{n}", daemon=True)
                for n in range(_READERS)
            ]
            for thread in self._threads:
                thread.start()

    def _serve(self) -> None:
        while (job := self._next()) is not None:
            key, source = job
            read: Proxy | None = None
            error: Exception | None = None
            try:
                read = source.read(key[1], key[2])
            except Exception as caught:  # noqa: BLE001 - handed over whole, below
                error = caught
            self._work.here(lambda k=key, r=read, e=error: self._take(k, r, e))  # type: ignore[misc]

    def _next(self) -> tuple[Key, PictureSource] | None:
        with self._lock:
            while not (self._asked or self._wished or self._is_closed):
                self._lock.wait()
            if self._is_closed:
                return None
            key, source = self._asked.popitem(last=True) if self._asked else self._wished.popitem(last=False)
            self._reading.add(key)
            return key, source

    def _take(self, key: Key, read: Proxy | None, error: Exception | None) -> None:
        with self._lock:
            self._reading.discard(key)
        if read is not None:
            before = self._held.pop(key, None)
            self._bytes += read.pixels.nbytes - (before.pixels.nbytes if before is not None else 0)
            self._held[key] = read
            self._evict(keep=key)
            self.arrived.emit(key[0], key[1])
        elif isinstance(error, PaiError):
            self._faults[key] = error
            self.failed.emit(key[0], key[1], error)
        else:
            _LOG.error("a picture could not be read", exc_info=error)
            self.broken.emit(error)

    def _evict(self, keep: Key | None) -> None:
        """Let go of what was not looked at for longest, but never of the one that has just come."""
        while self._bytes > self._limit and self._held:
            oldest = next(iter(self._held))
            if oldest == keep:
                break
            self._bytes -= self._held.pop(oldest).pixels.nbytes

    def _typical_bytes(self, source: PictureSource, scale: int) -> int:
        """What one picture of a source takes: as much as one that is held, else nothing is known and one is."""
        sizes = (
            p.pixels.nbytes for (key, _, at), p in self._held.items() if key == source.key and at == scale
        )
        return next(sizes, 1)


def _key(source: PictureSource, frame: int, scale: int) -> Key:
    return source.key, 0 if source.frames is None else frame, scale


def _default_limit() -> int:
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf
        memory = _MOST_BYTES
    return min(memory // _SHARE_OF_MEMORY, _MOST_BYTES)

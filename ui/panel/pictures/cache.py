"""Pictures in memory: what is asked for comes at once if it is held, else as soon as it is read; within a limit."""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable

from PySide6.QtCore import QObject, Signal

from pai_studio.core.log import logger
from pai_studio.core.shot.errors import PaiError
from pai_studio.ui.panel.pictures.memory import share_of_memory
from pai_studio.ui.panel.pictures.shown import PictureSource, Proxy
from pai_studio.ui.panel.pictures.sources import reduced
from pai_studio.ui.panel.pictures.wishes import Key, Wishes, key_of
from pai_studio.ui.panel.work import Work

_LOG = logger(__name__)
_READERS = max(2, min(4, (os.cpu_count() or 2) // 2))
_SHARE_OF_MEMORY = 4
_MOST_BYTES = 4 << 30
_LAST_S = 0.2
_SHARE_OF_RANGE = 31 / 32
"""Of the limit; the rest is for what is looked at larger when it stands still."""

SCALES = (1, 2, 4, 8, 16)


class Pictures(QObject):
    """Lives in the window's thread; reads in daemon threads of its own, so that a slow disk holds up nothing else.

    What is asked for by `get` is read first, the last asked at once; then what was wished for by `prefetch`, in its
    order. A frame that could not be read is not tried again until `forget`.
    """

    arrived = Signal(str, int)
    """A source's key and the frame."""

    failed = Signal(str, int, object)
    """A source's key, the frame, its PaiError."""

    forgotten = Signal(str)
    """A source's key: what was made from its pictures is old."""

    broken = Signal(object)
    """An exception that is no PaiError: a bug."""

    def __init__(self, work: Work, parent: QObject | None = None, *, limit_bytes: int | None = None) -> None:
        super().__init__(parent)
        self._work = work
        self._limit = limit_bytes or share_of_memory(_SHARE_OF_MEMORY, _MOST_BYTES)
        self._held: OrderedDict[Key, Proxy] = OrderedDict()
        self._bytes = 0
        self._sizes: dict[tuple[str, int], int] = {}
        self._faults: dict[Key, PaiError] = {}
        self._wishes = Wishes()
        self._planned: dict[Key, PictureSource] = {}
        self._forgotten: set[Key] = set()
        """What was under way when its source was forgotten: it comes from files that are no more."""

        self._lock = threading.Condition()
        self._asked: OrderedDict[Key, PictureSource] = OrderedDict()
        self._wished: OrderedDict[Key, PictureSource] = OrderedDict()
        self._reading: set[Key] = set()
        self._is_closed = False
        self._threads: list[threading.Thread] = []

    # What is held

    def get(self, source: PictureSource, frame: int, scale: int = 1) -> Proxy | None:
        """The picture if it is held; else None, and it is read before everything else."""
        key = key_of(source, frame, scale)
        found = self._held.get(key)
        if found is not None:
            self._held.move_to_end(key)
            return found
        if key not in self._faults:
            self._ask(key, source)
        return None

    def peek(self, source: PictureSource, frame: int, scale: int = 1) -> Proxy | None:
        """The picture if it is held; nothing is asked for."""
        return self._held.get(key_of(source, frame, scale))

    def nearest(self, source: PictureSource, frame: int, scale: int) -> Proxy | None:
        """The picture at another scale if that is held: something to show until it comes at this one."""
        for other in SCALES:
            found = self._held.get(key_of(source, frame, other))
            if other != scale and found is not None:
                return found
        return None

    def fault(self, source: PictureSource, frame: int, scale: int = 1) -> PaiError | None:
        """Why a picture could not be read."""
        return self._faults.get(key_of(source, frame, scale))

    def held(self, source: PictureSource, scale: int) -> set[int]:
        """The frames that are in memory."""
        return {frame for key, frame, at in self._held if key == source.key and at == scale}

    def ahead(self, scale: int) -> list[Proxy]:
        """What was wished for at a scale and is in memory, in the order of the wishes."""
        return [
            held for key in self._planned if key[2] == scale and (held := self._held.get(key)) is not None
        ]

    def scale_for(self, source: PictureSource, count: int, finest: int = 1) -> int:
        """The finest scale, from `finest` on, at which `count` frames fit into memory beside a few larger ones; as far
        as is known."""
        of_all = self._whole_bytes(source) * count
        fitting = (
            one for one in SCALES if one >= finest and of_all / one**2 <= self._limit * _SHARE_OF_RANGE
        )
        return next(fitting, SCALES[-1])

    def spare_for(self, source: PictureSource, scale: int) -> int:
        """How many pictures at a scale fit beside a range for which `scale_for` was asked; 0 while nothing is known."""
        size = self._whole_bytes(source) / scale**2
        return int(self._limit * (1 - _SHARE_OF_RANGE) / size) if size else 0

    def _whole_bytes(self, source: PictureSource) -> int:
        """What one picture takes with all of its pixels; 0 until one has come."""
        return next((n * at**2 for (key, at), n in self._sizes.items() if key == source.key), 0)

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
        self._plan()
        self._evict(keep=None)

    # What is wished for

    def prefetch(self, source: PictureSource, frames: Iterable[int], scale: int = 1) -> None:
        """Read these when nothing is asked for, the first first; takes the place of earlier wishes for this source at
        this scale.

        Only as many are read as fit into the limit, beside what else is wished for; these are not let go of for others.
        """
        self._wishes.put(source, frames, scale)
        self._plan()

    def forget(self, key: str) -> None:
        """The files behind a source have changed: read them anew, and try again what could not be read."""
        for held in [one for one in self._held if one[0] == key]:
            self._let_go(held)
        for fault in [one for one in self._faults if one[0] == key]:
            del self._faults[fault]
        with self._lock:
            self._forgotten |= {one for one in self._reading if one[0] == key}
        self._plan()
        self.forgotten.emit(key)

    def close(self) -> None:
        """Read no more. What is under way has a moment to end; a read that hangs is left to itself."""
        with self._lock:
            self._is_closed = True
            self._asked.clear()
            self._wished.clear()
            self._lock.notify_all()
        until = time.monotonic() + _LAST_S
        for thread in self._threads:
            thread.join(max(until - time.monotonic(), 0))

    @property
    def is_idle(self) -> bool:
        """Whether everything that was asked and wished for was read."""
        with self._lock:
            return not (self._asked or self._wished or self._reading)

    def _plan(self) -> None:
        self._planned = self._wishes.plan(self._limit, self._sizes)
        missing = (
            (key, source)
            for key, source in self._planned.items()
            if key not in self._held and key not in self._faults
        )
        with self._lock:
            self._wished = OrderedDict(one for one in missing if one[0] not in self._reading)
            self._lock.notify_all()
        self._start()

    # Reading

    def _ask(self, key: Key, source: PictureSource) -> None:
        with self._lock:
            if key in self._reading or self._is_closed:
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
                read = self._read(key, source)
            except Exception as caught:  # noqa: BLE001 - handed over whole, below
                error = caught
            self._work.here(lambda k=key, s=source, r=read, e=error: self._take(k, s, r, e))  # type: ignore[misc]

    def _read(self, key: Key, source: PictureSource) -> Proxy:
        """From a finer picture that is held, else from the files."""
        name, frame, scale = key
        for finer in SCALES:
            held = self._held.get((name, frame, finer)) if finer < scale else None
            if held is not None:
                return reduced(held, scale)
        return source.read(frame, scale)

    def _next(self) -> tuple[Key, PictureSource] | None:
        with self._lock:
            while not (self._asked or self._wished or self._is_closed):
                self._lock.wait()
            if self._is_closed:
                return None
            key, source = self._asked.popitem(last=True) if self._asked else self._wished.popitem(last=False)
            self._reading.add(key)
            return key, source

    def _take(self, key: Key, source: PictureSource, read: Proxy | None, error: Exception | None) -> None:
        with self._lock:
            self._reading.discard(key)
        if key in self._forgotten:
            self._forgotten.discard(key)
            self._ask(key, source)
        elif read is not None:
            self._hold(key, read)
            self.arrived.emit(key[0], key[1])
        elif isinstance(error, PaiError):
            self._faults[key] = error
            self.failed.emit(key[0], key[1], error)
        else:
            _LOG.error("a picture could not be read", exc_info=error)
            self.broken.emit(error)

    # Room

    def _hold(self, key: Key, read: Proxy) -> None:
        self._let_go(key)
        self._held[key] = read
        self._bytes += read.pixels.nbytes
        kind = key[0], key[2]
        if self._sizes.get(kind) != read.pixels.nbytes:
            self._sizes[kind] = read.pixels.nbytes
            self._plan()
        self._evict(keep=key)

    def _evict(self, keep: Key | None) -> None:
        """Let go of what was not looked at for longest and is not planned, then of what is planned last; of `keep`,
        which has just come, never."""
        if self._bytes <= self._limit:
            return
        others = (one for one in list(self._held) if one not in self._planned)
        planned = (one for one in reversed(self._planned) if one in self._held)
        for one in (*others, *planned):
            if self._bytes <= self._limit:
                break
            if one != keep:
                self._let_go(one)

    def _let_go(self, key: Key) -> None:
        before = self._held.pop(key, None)
        if before is not None:
            self._bytes -= before.pixels.nbytes

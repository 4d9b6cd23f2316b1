"""Proxies made ready for the screen, in threads and within a limit, so that drawing one is all that scrubbing does."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from pai_studio.core.media.color import ColorConfig
from pai_studio.core.media.display import Look, Screen
from pai_studio.core.shot.document import Ocio
from pai_studio.core.shot.errors import PaiError
from pai_studio.ui.panel.pictures.shown import Proxy
from pai_studio.ui.panel.work import Work

_MOST_BYTES = 1 << 30

_lock = threading.Lock()
_screens: dict[str, Screen] = {}


def screen_of(ocio: Ocio) -> Screen:
    """The displays of a shot's colour config; opened once a process. Not in the window's thread: opening takes a while.

    Raises BadInput for a config that cannot be used.
    """
    key = ocio.model_dump_json()
    with _lock:
        if key not in _screens:
            _screens[key] = Screen(ColorConfig.open(ocio))
        return _screens[key]


@dataclass(frozen=True, slots=True)
class Ready:
    """A picture for the screen: RGBA bytes in a QImage that owns them, over the proxy's display window."""

    image: QImage
    proxy: Proxy
    is_exact: bool


_Key = tuple[int, str, Look]


class Converted(QObject):
    """Lives in the window's thread. The same proxy through the same look is converted once."""

    arrived = Signal()
    failed = Signal(object)
    broken = Signal(object)

    def __init__(self, work: Work, parent: QObject | None = None, *, limit_bytes: int = _MOST_BYTES) -> None:
        super().__init__(parent)
        self._work = work
        self._limit = limit_bytes
        self._held: OrderedDict[_Key, Ready] = OrderedDict()
        self._bytes = 0
        self._wanted: OrderedDict[tuple[_Key, bool], tuple[Proxy, Ocio]] = OrderedDict()
        self._under_way: set[tuple[_Key, bool]] = set()
        self._lock = threading.Condition()
        self._thread: threading.Thread | None = None
        self._is_closed = False

    def get(self, proxy: Proxy, look: Look, ocio: Ocio, *, fast: bool = False) -> Ready | None:
        """The picture if it is held; else None, and it is made next. Exact at rest, sampled where `fast`.

        A sampled one that is held is given, too, while the exact one is made.
        """
        key = (id(proxy), ocio.model_dump_json(), look)
        found = self._held.get(key)
        if found is not None:
            self._held.move_to_end(key)
        if found is None or not (found.is_exact or fast):
            self._ask(key, proxy, ocio, fast=fast)
        return found

    def is_held(self, proxy: Proxy, look: Look, ocio: Ocio) -> bool:
        """Whether drawing it would need no work."""
        return (id(proxy), ocio.model_dump_json(), look) in self._held

    def close(self) -> None:
        """Make no more."""
        with self._lock:
            self._is_closed = True
            self._wanted.clear()
            self._lock.notify_all()

    def _ask(self, key: _Key, proxy: Proxy, ocio: Ocio, *, fast: bool) -> None:
        with self._lock:
            job = (key, fast)
            if job in self._under_way or self._is_closed:
                return
            self._wanted.pop(job, None)
            self._wanted[job] = (proxy, ocio)
            self._lock.notify()
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="panel-converted", daemon=True)
            self._thread.start()

    def _serve(self) -> None:
        while True:
            with self._lock:
                while not (self._wanted or self._is_closed):
                    self._lock.wait()
                if self._is_closed:
                    return
                job, (proxy, ocio) = self._wanted.popitem(last=True)  # what is looked at now
                self._under_way.add(job)
            made: Ready | None = None
            error: Exception | None = None
            try:
                made = _converted(proxy, job[0][2], ocio, fast=job[1])
            except Exception as caught:  # noqa: BLE001 - handed over whole, below
                error = caught
            self._work.here(lambda j=job, m=made, e=error: self._take(j, m, e))  # type: ignore[misc]

    def _take(self, job: tuple[_Key, bool], made: Ready | None, error: Exception | None) -> None:
        with self._lock:
            self._under_way.discard(job)
        if made is None:
            (self.failed if isinstance(error, PaiError) else self.broken).emit(error)
            return
        before = self._held.get(job[0])
        if before is not None and before.is_exact and not made.is_exact:
            return
        self._bytes += made.image.sizeInBytes() - (before.image.sizeInBytes() if before is not None else 0)
        self._held[job[0]] = made
        self._held.move_to_end(job[0])
        while self._bytes > self._limit and len(self._held) > 1:
            _, gone = self._held.popitem(last=False)
            self._bytes -= gone.image.sizeInBytes()
        self.arrived.emit()


def _converted(proxy: Proxy, look: Look, ocio: Ocio, *, fast: bool) -> Ready:
    shown = screen_of(ocio).shown(proxy.pixels, proxy.space, look, fast=fast)
    height, width, _ = shown.shape
    image = QImage(shown.data, width, height, width * 4, QImage.Format.Format_RGBX8888).copy()
    return Ready(image, proxy, is_exact=not fast)

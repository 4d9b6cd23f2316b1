"""Proxies made ready for the screen, in threads and within a limit, so that drawing one is all that scrubbing does."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from pai_studio.core.media.color import ColorConfig
from pai_studio.core.media.display import Look, Screen
from pai_studio.core.shot.document import Ocio
from pai_studio.core.shot.errors import PaiError
from pai_studio.ui.panel.pictures.making import Grade, Ready, made, step_of
from pai_studio.ui.panel.pictures.memory import share_of_memory
from pai_studio.ui.panel.pictures.shown import Proxy
from pai_studio.ui.panel.work import Work

if TYPE_CHECKING:
    from pai_studio.ui.panel.pictures.cache import Pictures

_MOST_BYTES = 2 << 30
_SHARE_OF_MEMORY = 8
_FOLLOW_MS = 100
_LAST_S = 1.0

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


_Key = tuple[int, str, Look]
_Job = tuple[_Key, Proxy, Ocio, Grade]


class Converted(QObject):
    """Lives in the window's thread. The same proxy through the same look is converted once.

    What is asked for by `get` is made first, the last asked at once; then what may come next, from `prefetch`. Exact
    pictures take long and have a thread of their own; as soon as something moves they are left off, to be asked again.
    """

    arrived = Signal()
    failed = Signal(object, object, object)
    """The proxy and the look that cannot be shown, and the PaiError."""

    broken = Signal(object)

    def __init__(self, work: Work, parent: QObject | None = None, *, limit_bytes: int | None = None) -> None:
        super().__init__(parent)
        self._work = work
        self._limit = limit_bytes or share_of_memory(_SHARE_OF_MEMORY, _MOST_BYTES)
        self._held: OrderedDict[_Key, Ready] = OrderedDict()
        self._bytes = 0
        self._planned: list[_Key] = []
        self._expected: set[tuple[_Key, Grade]] = set()
        self._pictures: Pictures | None = None
        self._last: tuple[Proxy, Look, Ocio] | None = None
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_FOLLOW_MS)
        self._soon.timeout.connect(self._follow_on)
        self._wanted: OrderedDict[_Key, _Job] = OrderedDict()
        self._exact: OrderedDict[_Key, _Job] = OrderedDict()
        self._moves = 0
        self._ahead: OrderedDict[_Key, _Job] = OrderedDict()
        self._under_way: set[tuple[_Key, Grade]] = set()
        self._lock = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._is_closed = False

    def get(
        self, proxy: Proxy, look: Look, ocio: Ocio, *, fast: bool = False, rough: bool = False
    ) -> Ready | None:
        """The picture if it is held; else None, and it is made next.

        Exact at rest, sampled where `fast`, with fewer pixels where `rough`: what is scrubbed over is there before the
        next one is wanted. One that is held is given, too, while a better one is made.
        """
        key = _key(proxy, look, ocio)
        grade = Grade.EXACT
        if fast or rough:
            grade = Grade.ROUGH if rough and step_of(proxy) > 1 else Grade.SAMPLED
            self._leave_off_exact()
        found = self._held.get(key)
        if found is not None:
            self._held.move_to_end(key)
        if found is None or found.grade < grade:
            self._ask((key, proxy, ocio, grade))
        self._last = proxy, look, ocio
        self._come_soon()
        return found

    def is_held(self, proxy: Proxy, look: Look, ocio: Ocio) -> bool:
        """Whether drawing it, with all of its pixels, would need no work."""
        return self._is_sharp(_key(proxy, look, ocio))

    def _is_sharp(self, key: _Key) -> bool:
        return key in self._held and self._held[key].grade > Grade.ROUGH

    def follow(self, pictures: Pictures) -> None:
        """Make ready what these pictures have read ahead, as what was asked for last is looked at."""
        self._pictures = pictures
        pictures.arrived.connect(self._come_soon)

    def _come_soon(self) -> None:
        if not self._soon.isActive() and not self._is_closed:
            self._soon.start()

    def _follow_on(self) -> None:
        if self._pictures is not None and self._last is not None:
            like, look, ocio = self._last
            self.prefetch(self._pictures.ahead(like.scale), look, ocio)

    def prefetch(self, proxies: Iterable[Proxy], look: Look, ocio: Ocio) -> None:
        """Make these, sampled, when nothing is asked for, the first first; takes the place of earlier ones.

        Only as many as fit into the limit.
        """
        room, config = self._limit, ocio.model_dump_json()
        planned: dict[_Key, _Job] = {}
        for proxy in proxies:
            room -= proxy.pixels.nbytes // 2  # a byte for a half
            if room < 0:
                break
            key = proxy.number, config, look
            planned[key] = key, proxy, ocio, Grade.SAMPLED
        self._planned = list(planned)
        with self._lock:
            self._ahead = OrderedDict(one for one in planned.items() if not self._is_sharp(one[0]))
            self._lock.notify_all()
        self._start()

    @property
    def is_idle(self) -> bool:
        """Whether everything that was asked for, and may come next, was made."""
        with self._lock:
            return not (self._wanted or self._exact or self._ahead or self._under_way)

    def close(self) -> None:
        """Make no more; what is under way ends within a strip of a picture."""
        with self._lock:
            self._is_closed = True
            self._wanted.clear()
            self._exact.clear()
            self._ahead.clear()
            self._lock.notify_all()
        for thread in self._threads:
            thread.join(_LAST_S)

    def _ask(self, job: _Job) -> None:
        key, _, _, grade = job
        self._expected.add((key, grade))
        with self._lock:
            if (key, grade) in self._under_way or self._is_closed:
                return
            queue = self._exact if grade is Grade.EXACT else self._wanted
            queue.pop(key, None)
            queue[key] = job
            self._lock.notify_all()
        self._start()

    def _leave_off_exact(self) -> None:
        """Something moves: what is made for rest is asked for again when that comes."""
        with self._lock:
            self._moves += 1
            self._exact.clear()
            self._under_way = {one for one in self._under_way if one[1] is not Grade.EXACT}
        self._expected = {one for one in self._expected if one[1] is not Grade.EXACT}

    def _has_moved(self, since: int) -> bool:
        return self._moves != since or self._is_closed

    def _is_pressed(self) -> bool:
        return bool(self._wanted) or self._is_closed

    def _is_over(self) -> bool:
        return self._is_closed

    def _start(self) -> None:
        if self._threads or self._is_closed:
            return
        for call, name in ((self._next, "sampled"), (self._next_exact, "exact")):
            thread = threading.Thread(target=self._serve, args=(call,), name=f"panel-{name}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, next_job: Callable[[], tuple[_Job, Callable[[], bool]] | None]) -> None:
        while (found := next_job()) is not None:
            job, is_stale = found
            key, proxy, ocio, grade = job
            ready: Ready | None = None
            error: Exception | None = None
            try:
                ready = made(proxy, key[2], screen_of(ocio), grade, is_stale)
            except Exception as caught:  # noqa: BLE001 - handed over whole, below
                error = caught
            if ready is None and error is None and grade is Grade.SAMPLED:
                self._put_back(job)
            else:
                self._work.here(lambda j=job, r=ready, e=error: self._take(j, r, e))  # type: ignore[misc]

    def _put_back(self, job: _Job) -> None:
        """What has given way comes first when nothing is wanted any more."""
        with self._lock:
            self._under_way.discard((job[0], job[3]))
            if not self._is_closed:
                self._ahead[job[0]] = job
                self._ahead.move_to_end(job[0], last=False)

    def _next(self) -> tuple[_Job, Callable[[], bool]] | None:
        """What is wanted now; else what may come next, which gives way as soon as something is wanted."""
        with self._lock:
            while not (self._wanted or self._ahead or self._is_closed):
                self._lock.wait()
            if self._is_closed:
                return None
            is_wanted = bool(self._wanted)
            _, job = self._wanted.popitem(last=True) if is_wanted else self._ahead.popitem(last=False)
            self._ahead.pop(job[0], None)
            self._under_way.add((job[0], job[3]))
            return job, self._is_over if is_wanted else self._is_pressed

    def _next_exact(self) -> tuple[_Job, Callable[[], bool]] | None:
        with self._lock:
            while not (self._exact or self._is_closed):
                self._lock.wait()
            if self._is_closed:
                return None
            _, job = self._exact.popitem(last=True)
            self._under_way.add((job[0], job[3]))
            return job, partial(self._has_moved, self._moves)

    def _take(self, job: _Job, ready: Ready | None, error: Exception | None) -> None:
        key, proxy, _, grade = job
        with self._lock:
            self._under_way.discard((key, grade))
        if error is not None:
            self._expected.discard((key, grade))
        if isinstance(error, PaiError):
            self.failed.emit(proxy, key[2], error)
        elif error is not None:
            self.broken.emit(error)
        if ready is None:
            return
        before = self._held.get(key)
        if before is None or before.grade <= ready.grade:
            self._bytes += ready.image.sizeInBytes() - (
                before.image.sizeInBytes() if before is not None else 0
            )
            self._held[key] = ready
            self._held.move_to_end(key)
            self._evict(keep=key)
        if (key, grade) in self._expected:  # nobody waits for what was made ahead
            self._expected.discard((key, grade))
            self.arrived.emit()

    def _evict(self, keep: _Key) -> None:
        """Let go of what was not looked at for longest and is not planned, then of what is planned last."""
        if self._bytes <= self._limit:
            return
        planned = set(self._planned)
        others = [one for one in self._held if one not in planned]
        for one in (*others, *reversed(self._planned)):
            if self._bytes <= self._limit:
                break
            if one != keep and one in self._held:
                self._bytes -= self._held.pop(one).image.sizeInBytes()


def _key(proxy: Proxy, look: Look, ocio: Ocio) -> _Key:
    return proxy.number, ocio.model_dump_json(), look

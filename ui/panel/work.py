"""Work away from the window's thread, and the way back to it: no network, decoding or disk call runs on that thread."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Any, Literal

from PySide6.QtCore import QObject, Qt, Signal, Slot

from pai_studio.core.log import logger
from pai_studio.core.shot.errors import PaiError
from pai_studio.ui.panel.collecting import Collector

_LOG = logger(__name__)
Lane = Literal["disk", "look", "net"]
_THREADS: dict[Lane, int] = {"disk": 1, "look": 2, "net": 2}
"""`disk` keeps the order in which things were saved; `look` reads files and headers; `net` talks to the server."""

_LAST_SAVE_S = 5.0
_Asked = tuple[Callable[[], Any], Callable[[Any], None] | None, Callable[[PaiError], None] | None]
_Job = tuple[int, Callable[[], Any]]


class Work(QObject):
    """Runs calls in daemon threads, one queue a lane, and hands what came of them to the window's thread.

    To be made in the window's thread. A call that hangs holds up its lane alone, and never the window or its closing.
    """

    broken = Signal(object)
    """An exception that is no PaiError: a bug, to be shown and to fail a test."""

    _came = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._collector = Collector(self)
        self._came.connect(self._run_here, Qt.ConnectionType.QueuedConnection)
        self._waiting: dict[Lane, queue.SimpleQueue[_Job | None]] = {}
        self._threads: dict[Lane, list[threading.Thread]] = {}
        self._numbers = count()
        self._asked: dict[int, _Asked] = {}
        self._is_closed = False

    def run(
        self,
        call: Callable[[], Any],
        done: Callable[[Any], None] | None = None,
        failed: Callable[[PaiError], None] | None = None,
        *,
        lane: Lane = "look",
    ) -> None:
        """Call in a thread; `done` gets its value, `failed` its PaiError, both in the window's thread.

        A PaiError that nobody takes is told by `broken`.
        """
        if self._is_closed:
            return
        number = next(self._numbers)
        self._asked[number] = (call, done, failed)
        self._lane(lane).put((number, call))

    def here(self, call: Callable[[], None]) -> None:
        """Call in the window's thread, soon. May be called from any thread."""
        if not self._is_closed:
            self._came.emit(call)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way; what came of everything was handed over."""
        return not self._asked

    def close(self) -> None:
        """Take no more work and hand nothing over any more. What was to be saved is waited for, a few seconds at most;
        nothing else is."""
        self._is_closed = True
        for lane, waiting in self._waiting.items():
            for _ in range(_THREADS[lane]):
                waiting.put(None)
        for thread in self._threads.get("disk", []):
            thread.join(_LAST_SAVE_S)
        self._collector.close()

    def _lane(self, lane: Lane) -> queue.SimpleQueue[_Job | None]:
        if lane not in self._waiting:
            self._waiting[lane] = queue.SimpleQueue()
            self._threads[lane] = [
                threading.Thread(target=self._serve, args=(lane,), name=f"panel-{lane}-{number}", daemon=True)
                for number in range(_THREADS[lane])
            ]
            for thread in self._threads[lane]:
                thread.start()
        return self._waiting[lane]

    def _serve(self, lane: Lane) -> None:
        waiting = self._waiting[lane]
        while (job := waiting.get()) is not None:
            number, call = job
            value: Any = None
            error: Exception | None = None
            try:
                value = call()
            except Exception as caught:  # noqa: BLE001 - handed over whole, below
                error = caught
            # What a call knows may be a widget, which has to end in the window's thread: `_asked` holds it until then.
            del job, call
            self.here(partial(self._hand_over, number, value, error))
            del value, error

    def _hand_over(self, number: int, value: Any, error: Exception | None) -> None:
        _call, done, failed = self._asked.pop(number)
        if error is None:
            if done is not None:
                done(value)
        elif isinstance(error, PaiError) and failed is not None:
            failed(error)
        else:
            _LOG.error("a call of the panel failed", exc_info=error)
            self.broken.emit(error)

    @Slot(object)
    def _run_here(self, call: Callable[[], None]) -> None:
        if not self._is_closed:
            call()

"""Work away from the window's thread, and the way back to it: no network, decoding or disk call runs on that thread."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any, Literal

from PySide6.QtCore import QObject, Qt, Signal, Slot

from pai_studio.core.log import logger
from pai_studio.core.shot.errors import PaiError

_LOG = logger(__name__)
Lane = Literal["disk", "look", "net"]
_THREADS: dict[Lane, int] = {"disk": 1, "look": 2, "net": 2}
"""`disk` keeps the order in which things were saved; `look` reads files and headers; `net` talks to the server."""

_LAST_SAVE_S = 5.0
_Job = tuple[Callable[[], Any], Callable[[Any], None] | None, Callable[[PaiError], None] | None]


class Work(QObject):
    """Runs calls in daemon threads, one queue a lane, and hands what came of them to the window's thread.

    To be made in the window's thread. A call that hangs holds up its lane alone, and never the window or its closing.
    """

    broken = Signal(object)
    """An exception that is no PaiError: a bug, to be shown and to fail a test."""

    _came = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._came.connect(self._run_here, Qt.ConnectionType.QueuedConnection)
        self._waiting: dict[Lane, queue.SimpleQueue[_Job | None]] = {}
        self._threads: dict[Lane, list[threading.Thread]] = {}
        self._busy = 0
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
        self._busy += 1
        self._lane(lane).put((call, done, failed))

    def here(self, call: Callable[[], None]) -> None:
        """Call in the window's thread, soon. May be called from any thread."""
        if not self._is_closed:
            self._came.emit(call)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way; what came of everything was handed over."""
        return self._busy == 0

    def close(self) -> None:
        """Take no more work and hand nothing over any more. What was to be saved is waited for, a few seconds at most;
        nothing else is."""
        self._is_closed = True
        for lane, waiting in self._waiting.items():
            for _ in range(_THREADS[lane]):
                waiting.put(None)
        for thread in self._threads.get("disk", []):
            thread.join(_LAST_SAVE_S)

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
            call, done, failed = job
            try:
                value, error = call(), None
            except Exception as caught:  # noqa: BLE001 - handed over whole, below
                value, error = None, caught
            self.here(lambda v=value, e=error, d=done, f=failed: self._hand_over(v, e, d, f))  # type: ignore[misc]

    def _hand_over(
        self,
        value: Any,
        error: Exception | None,
        done: Callable[[Any], None] | None,
        failed: Callable[[PaiError], None] | None,
    ) -> None:
        self._busy -= 1
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

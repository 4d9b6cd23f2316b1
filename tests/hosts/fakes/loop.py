"""The main thread's loop: work that other threads ask it to do, pumped by the test."""

from __future__ import annotations

import queue
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any

Call = Callable[[], Any]


class Request:
    """One call that waits for the main thread."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self.done = threading.Event()
        self.value: Any = None
        self.error: BaseException | None = None

    def run(self) -> None:
        """Make the call; what it raises is kept."""
        try:
            self.value = self._call()
        except Exception as error:  # noqa: BLE001 - the real one keeps whatever the call raised
            self.error = error
            traceback.print_exc()
        self.done.set()


class MainLoop:
    """Belongs to the thread that made it."""

    def __init__(self) -> None:
        self._main = threading.get_ident()
        self._queue: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
        self._closed = False
        self.swallowed: list[BaseException] = []
        """What calls in the main thread raised, which the host prints and forgets."""

    def is_main(self) -> bool:
        """Whether the caller is in the main thread."""
        return threading.get_ident() == self._main

    def post(self, call: Call) -> Request:
        """Ask for a call in the main thread."""
        request = Request(call)
        self._queue.put(request)
        return request

    def wait(self, request: Request) -> Any:
        """What the call gave, None where it raised, as the host has it."""
        while not request.done.wait(0.5):
            if self._closed:
                raise RuntimeError("the session ended while a thread waited for the main thread")
        return None if request.error else request.value

    def wake(self) -> None:
        """Let the pump look at its condition again."""
        self._queue.put(None)

    def pump(
        self, until: Callable[[], bool] | threading.Event | threading.Thread, timeout_s: float = 30
    ) -> None:
        """Do what is asked of the main thread until the thread ends, the event is set or the condition holds.

        Raises TimeoutError after `timeout_s`.
        """
        assert self.is_main()
        holds = self._condition(until)
        end = time.monotonic() + timeout_s
        while not holds():
            if time.monotonic() > end:
                raise TimeoutError(f"the main loop waited {timeout_s} s in vain")
            self._one(0.05)
        self.drain()

    def drain(self) -> None:
        """Do what is already asked."""
        while not self._queue.empty():
            self._one(0.05)

    def close(self) -> None:
        """Let threads that wait for the main thread go."""
        self._closed = True

    def _one(self, patience_s: float) -> None:
        try:
            request = self._queue.get(timeout=patience_s)
        except queue.Empty:
            return
        if request is not None:
            request.run()
            if request.error:
                self.swallowed.append(request.error)

    def _condition(
        self, until: Callable[[], bool] | threading.Event | threading.Thread
    ) -> Callable[[], bool]:
        if isinstance(until, threading.Event):
            return until.is_set
        if isinstance(until, threading.Thread):
            ended = until
            threading.Thread(target=lambda: (ended.join(), self.wake()), daemon=True).start()
            return lambda: not ended.is_alive()
        return until

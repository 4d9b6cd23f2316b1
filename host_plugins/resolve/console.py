"""Where there are no windows: lines in Resolve's console or a terminal, and Ctrl+C for the Cancel buttons."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Callable

AGAIN_S = 10.0
"""How long a line of progress stands before the next one about the same thing, with another time left."""


class Console:
    """Lines for renders; with several, each names its own."""

    def __init__(self, labels: Sequence[str] = (), clock: Callable[[], float] = time.monotonic) -> None:
        self._labels = labels if len(labels) > 1 else ()
        self._clock = clock
        self._last: dict[int, tuple[str, str, float]] = {}
        self._said: set[str] = set()

    def row(self, index: int, share: float, text: str) -> None:
        """A line for each new thing that is done, and now and then for how far it is."""
        doing, now = text.partition(",")[0].rstrip("0123456789 of"), self._clock()
        was, line, at = self._last.get(index, ("", "", now))
        if text in self._said or (was == doing and (line == text or now - at < AGAIN_S)):
            return
        self._last[index] = doing, text, now
        label = f"{self._labels[index]}: " if self._labels else ""
        self._write(f"{label}{100 * share:3.0f}%  {text}")

    def turn(self) -> None:
        """Nobody acts."""

    def is_cancelled(self, index: int) -> bool:
        """A console has no button; see `ctrl_c`."""
        del index
        return False

    def say(self, text: str) -> None:
        """A line; what was said or stands in a row is not said again."""
        if text not in self._said and all(text != line for _, line, _ in self._last.values()):
            self._said.add(text)
            self._write(text)

    def _write(self, text: str) -> None:
        sys.stdout.write(f"PAI-Studio: {text}\n")
        sys.stdout.flush()


@contextmanager
def ctrl_c(stop: Callable[[], None]) -> Iterator[None]:
    """Have the first Ctrl+C call `stop`; the second one breaks in as it always does."""

    def first(_number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        stop()

    try:
        before = signal.signal(signal.SIGINT, first)
    except ValueError:  # not the main thread: no signal arrives here
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)

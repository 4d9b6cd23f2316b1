"""Nuke as a host: its main thread, its progress bars, its messages, and the one sidecar of this session."""

from __future__ import annotations

import atexit
import re
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Callable, Generic, TextIO, TypeVar

import nuke

from .. import record
from ..bridge import Bridge
from ..host import Fault

T = TypeVar("T")
BUSY_S = 0.2
"""How long a worker waits before it looks again whether Nuke still executes something."""

LINE_EVERY_S = 2.0
"""A terminal's progress is read in a log: a line now and then, not one an event."""


def in_gui() -> bool:
    """Whether this Nuke has windows; a terminal (`-t`) and a farm's render (`-x`) have none."""
    return bool(nuke.GUI)


def on_main(call: Callable[[], T]) -> T:
    """Run `call` on Nuke's main thread; give what it gives or raise what it raises. From any thread.

    Nuke's own call drops what `call` raises, and hangs when it is made from the main thread; neither happens here.
    A worker waits while Nuke executes something, be it the artist's render or another node's export: Nuke serves
    workers meanwhile, would not execute a second thing, and the script must not change below what is rendered.
    """
    if threading.current_thread() is threading.main_thread():
        return call()
    while True:
        with _turn:
            box = _Box(call)
            nuke.executeInMainThreadWithResult(box.run)  # type: ignore[no-untyped-call]
        if not box.is_busy:
            return box.opened()
        time.sleep(BUSY_S)


_turn = threading.Lock()
"""One worker at a time: even a call that is made before Nuke says that it executes never meets another's export."""


class _Box(Generic[T]):
    """Brings what a call gives or raises from the main thread to the worker that asked."""

    def __init__(self, call: Callable[[], T]) -> None:
        self._call = call
        self._given: list[T] = []
        self._raised: BaseException | None = None
        self.is_busy = False

    def run(self) -> None:
        """Make the call, unless Nuke executes something."""
        self.is_busy = bool(nuke.executing())
        if self.is_busy:
            return
        try:
            self._given.append(self._call())
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that asked
            self._raised = error

    def opened(self) -> T:
        """What the call gave. Raises what it raised."""
        if self._raised is not None:
            raise self._raised
        if not self._given:
            raise Fault("Nuke did not run what it was asked to", hint="it may be closing")
        return self._given[0]


class Stop:
    """Says that somebody asked for one render to stop; shared by the button, the bar and the signal."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def ask(self) -> None:
        """Ask for the end."""
        self._event.set()

    def is_asked(self) -> bool:
        """Whether it was asked for."""
        return self._event.is_set()


class BarProgress:
    """Nuke's own progress bar with its cancel button."""

    def __init__(self, title: str, stop: Stop, follow: Callable[[float], None]) -> None:
        self._task: nuke.ProgressTask | None = nuke.ProgressTask(title)
        self._stop, self._follow = stop, follow

    def show(self, share: float, text: str) -> None:
        """`share` is 0 to 1."""
        if self._task is not None:
            self._task.setProgress(round(100 * min(max(share, 0.0), 1.0)))
            self._task.setMessage(text)
        self._follow(share)

    def is_cancelled(self) -> bool:
        """Whether the bar's button or the node's was pressed."""
        return self._stop.is_asked() or (self._task is not None and bool(self._task.isCancelled()))

    def close(self) -> None:
        """Take the bar away: Nuke does so when nothing holds it any more."""
        self._task = None


class LineProgress:
    """Plain lines for a terminal: percent and what the flow says, which names the phase and the time left."""

    def __init__(
        self, title: str, stop: Stop, out: TextIO, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._title, self._stop, self._out, self._clock = title, stop, out, clock
        self._last = float("-inf")
        self._doing = ""

    def show(self, share: float, text: str) -> None:
        """Print where the work stands: what is begun at once, how far it is every two seconds."""
        doing = re.split(r"[\d,]", text)[0]
        if doing == self._doing and self._clock() - self._last < LINE_EVERY_S:
            return
        self._last, self._doing = self._clock(), doing
        self._out.write(f"{self._title}: {100 * share:3.0f}%  {text}\n")
        self._out.flush()

    def is_cancelled(self) -> bool:
        """Whether Ctrl-C or the farm asked to stop."""
        return self._stop.is_asked()

    def close(self) -> None:
        """Lines stay where they are."""


class NukeHost:
    """One render's view of Nuke. `stop` is what its cancel button asks; `follow` is told each share of progress."""

    name = "nuke"

    def __init__(
        self,
        stop: Stop | None = None,
        follow: Callable[[float], None] | None = None,
        out: TextIO | None = None,
    ) -> None:
        self.version = str(nuke.NUKE_VERSION_STRING)
        self.stop = stop or Stop()
        self._follow = follow or _nobody
        self._out = out

    def on_main(self, call: Callable[[], T]) -> T:
        """Run `call` on the main thread; see `on_main` above."""
        return on_main(call)

    def progress(self, title: str) -> BarProgress | LineProgress:
        """Nuke's bar in a GUI, lines in a terminal."""
        if in_gui():
            return BarProgress(title, self.stop, self._follow)
        return LineProgress(title, self.stop, self._out or sys.stderr)

    def tell(self, text: str) -> None:
        """A line in Nuke's Script Editor, or in the terminal."""
        out = self._out or (sys.stdout if in_gui() else sys.stderr)
        out.write(f"PAI-Studio: {text}\n")
        out.flush()

    def warn(self, fault: Fault) -> None:
        """A message box in a GUI, an error line in a terminal. Never raises, never waits in a worker."""
        try:
            show(f"error: {fault}" if not in_gui() else str(fault), self._out)
        except Exception as error:  # noqa: BLE001 - an error about an error helps nobody
            sys.stderr.write(f"PAI-Studio: {fault} (and it could not be shown: {error})\n")


def show(text: str, out: TextIO | None = None) -> None:
    """A message box in a GUI, a line on stderr elsewhere; from any thread, and a worker does not wait for it."""
    if not in_gui():
        target = out or sys.stderr
        target.write(text + "\n")
        target.flush()
    elif threading.current_thread() is threading.main_thread():
        nuke.message(text)
    else:
        nuke.executeInMainThread(lambda: nuke.message(text))


def _nobody(_share: float) -> None:
    """Nobody follows."""


@contextmanager
def unrecorded() -> Iterator[None]:
    """Changes that are ours alone: not on the artist's undo stack, and no reason to ask about saving."""
    was = bool(nuke.modified())
    nuke.Undo.disable()
    try:
        yield
    finally:
        nuke.Undo.enable()
        nuke.modified(was)


_bridges: list[Bridge] = []
_making = threading.Lock()


def sidecar() -> Bridge:
    """This session's one sidecar; its process starts when it is first asked something. Raises Fault.

    It ends with Nuke. What it has sent to the server goes on there.
    """
    with _making:
        if not _bridges:
            _bridges.append(Bridge(record.read(), "nuke"))
            atexit.register(close_sidecar)
        return _bridges[0]


def close_sidecar() -> None:
    """End the sidecar of this session, if there is one; jobs go on at the server."""
    with _making:
        while _bridges:
            _bridges.pop().close()

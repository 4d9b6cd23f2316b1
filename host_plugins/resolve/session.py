"""Resolve, or Fusion alone, as a host: one thread talks to it, the renders wait in others.

The script's own thread is the only one that may call the host. Each render runs in a worker; what it wants of the
host is put in a queue, which the script's thread works off between two turns of the window's loop.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence
from typing import Callable, Generic, Protocol, TypeVar

from ..bridge import CLOSED
from ..host import Fault
from .app import App
from .console import ctrl_c

T = TypeVar("T")
_TURN_S = 0.05


class View(Protocol):
    """Where renders are shown; `running.Runs`, or `console.Console`."""

    def row(self, index: int, share: float, text: str) -> None:
        """Show how one render goes."""

    def turn(self) -> None:
        """Let the user act."""

    def is_cancelled(self, index: int) -> bool:
        """Whether the user has asked one render to stop."""

    def say(self, text: str) -> None:
        """A line for the user."""


class _Errand(Generic[T]):
    """A call that waits for the script's thread."""

    def __init__(self, call: Callable[[], T]) -> None:
        self._call = call
        self._given: list[T] = []
        self._raised: BaseException | None = None
        self.done = threading.Event()

    def run(self) -> None:
        try:
            self._given.append(self._call())
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that asked
            self._raised = error
        self.done.set()

    def result(self) -> T:
        if self._raised is not None:
            raise self._raised
        return self._given[0]


class Session:
    """The script's own thread and its window, for all renders of a run."""

    def __init__(self, app: App, window: View) -> None:
        self.app, self.window = app, window
        self._errands: queue.Queue[_Errand[object]] = queue.Queue()
        self._thread = threading.get_ident()
        self._shown: dict[int, tuple[float, str]] = {}
        self._said: queue.Queue[str] = queue.Queue()
        self._stops: set[int] = set()
        self._sent: set[int] = set()
        self.has_closed = False

    def on_main(self, call: Callable[[], T]) -> T:
        """Run `call` on the script's thread. Raises Fault, of the code CLOSED where the host has gone."""
        if threading.get_ident() == self._thread:
            return self._guarded(call)
        errand = _Errand(lambda: self._guarded(call))
        self._errands.put(errand)  # type: ignore[arg-type]
        while not errand.done.wait(_TURN_S):
            if self.has_closed:
                raise gone(self.app)
        return errand.result()

    def _guarded(self, call: Callable[[], T]) -> T:
        if not self.app.is_there():
            raise gone(self.app)
        try:
            return call()
        except (TypeError, AttributeError) as error:
            if self.app.is_there():
                raise
            raise gone(self.app) from error

    def run(self, renders: Sequence[Callable[[], None]]) -> None:
        """Run them in turn and serve them until each has ended; Ctrl+C stops all.

        The next one begins as soon as the one before it was `sent`, or has ended: they are exported in this order and
        then wait together. Raises Fault where the host closes meanwhile.
        """
        with ctrl_c(lambda: self._stops.update(range(len(renders)))):
            self._run(renders)

    def _run(self, renders: Sequence[Callable[[], None]]) -> None:
        workers = [threading.Thread(target=one, name="PAI-Studio render", daemon=True) for one in renders]
        for index in range(1, len(workers)):
            self.show(index, 0.0, "waits until the clips before it are exported")
        for index, worker in enumerate(workers):
            worker.start()
            while worker.is_alive() and index not in self._sent:
                self._tend()
        while any(worker.is_alive() for worker in workers):
            self._tend()
        self.turn()

    def _tend(self) -> None:
        if not self.app.is_there():
            self.has_closed = True
            raise gone(self.app)
        self.turn()
        self._serve()

    def _serve(self) -> None:
        try:
            self._errands.get(timeout=_TURN_S).run()
        except queue.Empty:
            return

    def turn(self) -> None:
        """One turn of the window, with what the workers have told. Only on the script's thread."""
        while not self._said.empty():
            self.window.say(self._said.get())
        for index, (share, text) in list(self._shown.items()):
            self.window.row(index, share, text)
        self.window.turn()
        self._stops.update(index for index in list(self._shown) if self.window.is_cancelled(index))

    def show(self, index: int, share: float, text: str) -> None:
        """How a render goes; from any thread."""
        self._shown[index] = (share, text)

    def step(self, index: int, share: float, text: str) -> bool:
        """Show it at once and let the user act; whether the user wants it to stop. Only on the script's thread."""
        self.show(index, share, text)
        self.turn()
        return index in self._stops

    def sent(self, index: int) -> None:
        """One render needs the host no more until its end: the next one may begin; from any thread."""
        self._sent.add(index)

    def is_cancelled(self, index: int) -> bool:
        """Whether a render is to stop; from any thread."""
        return index in self._stops

    def say(self, text: str) -> None:
        """A line; from any thread."""
        self._said.put(text)


class _Row:
    """The progress of one render."""

    def __init__(self, session: Session, index: int) -> None:
        self._session, self._index = session, index

    def show(self, share: float, text: str) -> None:
        """`share` is 0 to 1."""
        self._session.show(self._index, share, text)

    def is_cancelled(self) -> bool:
        """Whether its button was pressed."""
        return self._session.is_cancelled(self._index)

    def close(self) -> None:
        """The row stays until the window closes."""


class ResolveHost:
    """One render's view of the host."""

    def __init__(self, session: Session, index: int, name: str = "resolve", version: str = "") -> None:
        self._session, self._index = session, index
        self.name, self.version = name, version

    def on_main(self, call: Callable[[], T]) -> T:
        """Run `call` on the script's thread; see `Session`."""
        return self._session.on_main(call)

    def progress(self, title: str) -> _Row:
        """This render's row."""
        self._session.show(self._index, 0.0, title)
        return _Row(self._session, self._index)

    def tell(self, text: str) -> None:
        """A line in the window."""
        self._session.say(text)

    def warn(self, fault: Fault) -> None:
        """A line in the window, and in the render's own row."""
        self._session.say(str(fault))
        self._session.show(self._index, 0.0, str(fault))


def gone(app: App) -> Fault:
    """The host was closed."""
    what = "Fusion was closed" if app.resolve is None else "Resolve was closed"
    hint = "the job goes on at the server; choose PAI-Studio again and it is followed"
    return Fault(what, hint=hint, code=CLOSED)

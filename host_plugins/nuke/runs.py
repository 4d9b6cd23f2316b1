"""Renders under way in this session: one a press, each with its own bar, each stopped on its own."""

from __future__ import annotations

import threading
from typing import Callable

import nuke

from ..bridge import CLOSED
from ..flow import Flow
from ..host import Fault
from .node import is_same
from .result import label
from .session import NukeHost, Stop, in_gui, sidecar
from .target import NukeTarget

_QUIET = ("CANCELLED", "NOT_FOUND", CLOSED)
"""Who pressed Cancel, deleted the node or closed Nuke knows: no message box."""

_runs: list[Run] = []
_lock = threading.Lock()


class Run:
    """A render under way. `changed` is called, on the main thread, when its state has changed."""

    def __init__(self, node: nuke.Node, mode: str, changed: Callable[[nuke.Node], None]) -> None:
        self.target, self.mode = NukeTarget(node), mode
        self.stop = Stop()
        self.percent = 0
        self._changed = changed
        self._host = NukeHost(self.stop, self._follow)

    def __call__(self) -> None:
        """Render, and show what went wrong if something does."""
        try:
            made = Flow(self._host, sidecar()).render(self.target, mode=self.mode)
            self._host.tell(f"{self.target.label}: {label(made.version)} is there: {made.files}")
            for note in made.notes:
                self._host.tell(f"{self.target.label}: {note}")
        except Fault as fault:
            if fault.code in _QUIET:
                self._host.tell(str(fault))
            else:
                self._host.warn(fault)
        except Exception as error:  # noqa: BLE001 - a thread's error would be seen by nobody
            self._host.warn(own_fault(error, self.target.label))
        finally:
            self.target.release()
            with _lock:
                _runs.remove(self)
            self._tell_change()

    def _follow(self, share: float) -> None:
        percent = int(100 * share)
        if percent != self.percent:
            self.percent = percent
            self._tell_change()

    def _tell_change(self) -> None:
        if threading.current_thread() is threading.main_thread():
            self._changed(self.target.node)
        else:
            nuke.executeInMainThread(self._changed, args=(self.target.node,))


def own_fault(error: Exception, where: str) -> Fault:
    """An error that is ours, told as such."""
    return Fault(
        f"an error of PAI-Studio itself ({type(error).__name__}: {error})",
        where=where,
        hint="please report it with the lines of the terminal",
    )


def start(node: nuke.Node, mode: str, changed: Callable[[nuke.Node], None]) -> None:
    """Render a node: in a worker in a GUI, here in a terminal. A second render of it makes another version."""
    run = Run(node, mode, changed)
    with _lock:
        _runs.append(run)
    if in_gui():
        threading.Thread(target=run, name=f"PAI-Studio {run.target.label}", daemon=True).start()
    else:
        run()


def of(node: nuke.Node) -> list[Run]:
    """The renders of a node that are under way, oldest first."""
    with _lock:
        return [run for run in _runs if is_same(run.target.node, node)]

"""The status line of a node, kept true as the script changes, at a price that nobody feels."""

from __future__ import annotations

import threading
import time

import nuke

from ..host import Fault
from . import result, runs
from .node import is_gone, is_ours, text_of
from .session import BUSY_S, unrecorded
from .target import NukeTarget

_SHARE = 20
"""Looking at what a node depends on may take one part in this many of the time: a big comp stays quick."""

_PLAIN = str.maketrans("[]$\\", "()S/")
"""The node's label shows the status, and would carry out what it takes for Tcl."""

_next_look_s: dict[str, float] = {}
_waiting: set[str] = set()


def on_update_ui() -> None:
    """Nuke's updateUI, for each Group when something has changed. Never raises; no disk, no network."""
    node = nuke.thisNode()
    if not is_ours(node):
        return
    wait_s = _next_look_s.get(node.fullName(), 0.0) - time.monotonic()
    if wait_s <= 0:
        refresh(node)
    else:
        _refresh_later(node, wait_s)


def _refresh_later(node: nuke.Node, wait_s: float) -> None:
    """Look again when it is due, for nothing may change after this and Nuke would not call us."""
    name = node.fullName()
    if name in _waiting:
        return
    _waiting.add(name)

    def look() -> None:
        _waiting.discard(name)
        refresh(node)

    timer = threading.Timer(wait_s, lambda: nuke.executeInMainThread(look))
    timer.daemon = True
    timer.start()


def refresh(node: nuke.Node) -> None:
    """Work the status out anew and set it where it is another. Errors are shown in it.

    Later, while Nuke executes something: no knob may change below what is rendered.
    """
    try:
        if nuke.executing():
            _refresh_later(node, BUSY_S)
            return
        start_s = time.monotonic()
        text = _text(node).translate(_PLAIN)
        now_s = time.monotonic()
        _next_look_s[node.fullName()] = now_s + _SHARE * (now_s - start_s)
        result.mend_menu(node)
        if text_of(node, "status") != text:
            with unrecorded():
                node["status"].setValue(text)
    except ValueError as error:
        if not is_gone(error):
            raise


def _text(node: nuke.Node) -> str:
    try:
        return line(node)
    except Fault as fault:
        return fault.what
    except Exception as error:
        if is_gone(error):
            raise
        return f"cannot be told: {error}"


def line(node: nuke.Node) -> str:
    """The status line. Raises Fault where the record of the result is damaged."""
    under_way = runs.of(node)
    if under_way:
        more = f" ({len(under_way)} renders)" if len(under_way) > 1 else ""
        return f"rendering {under_way[0].percent}%{more}"
    state = None
    if result.placed(node) is not None:
        try:
            state = NukeTarget(node).state()
        except Fault as fault:
            return result.words(node, fault)
    return result.words(node, state)

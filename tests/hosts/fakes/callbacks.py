"""Callbacks: kept by class of node, the class's own first and then those of `*`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from tests.hosts.fakes.model import KnobModel, NodeModel

_Entry = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any], Any]

EVENTS = (
    "onCreate",
    "onUserCreate",
    "onScriptLoad",
    "onScriptSave",
    "onScriptClose",
    "onDestroy",
    "updateUI",
    "autolabel",
    "beforeRender",
    "beforeFrameRender",
    "afterFrameRender",
    "afterRender",
    "renderProgress",
    "filenameFilter",
    "validateFilename",
    "knobChanged",
)


class Callbacks:
    """What is registered, and the calling of it."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._entries: dict[str, dict[str, list[_Entry]]] = {event: defaultdict(list) for event in EVENTS}

    def add(self, event: str, entry: _Entry, node_class: str) -> None:
        """Register a call; the same one once only."""
        self.remove(event, entry, node_class)
        self._entries[event][node_class].append(entry)

    def remove(self, event: str, entry: _Entry, node_class: str) -> None:
        """Take a call away; one that is not there is passed over."""
        kept = self._entries[event][node_class]
        if entry in kept:
            kept.remove(entry)

    def count(self, event: str) -> int:
        """How many calls are registered."""
        return sum(len(entries) for entries in self._entries[event].values())

    def run(self, event: str, node: NodeModel, knob: KnobModel | None = None) -> None:
        """Call what is registered for a node's class, then what is for all; exceptions come out."""
        for call, args, kwargs, only in self._of(event, node):
            if only is None or only is self._session.face(node):
                with self._session.inside(node, knob):
                    call(*args, **kwargs)

    def filtered(self, node: NodeModel, name: str) -> str:
        """A file's name through every filter; one that gives None leaves it."""
        for call, args, kwargs, _ in self._of("filenameFilter", node):
            with self._session.inside(node, None):
                given = call(name, *args, **kwargs)
            name = name if given is None else given
        return name

    def _of(self, event: str, node: NodeModel) -> list[_Entry]:
        entries = self._entries[event]
        return [*entries.get(node.cls, ()), *entries.get("*", ())]


def entry(call: Any, args: Any, kwargs: Any, node: Any) -> _Entry:
    """What is kept of a registration. Raises ValueError as the host does."""
    if not callable(call):
        raise ValueError("call must be a callable")
    if not isinstance(kwargs, dict):
        raise ValueError("kwargs must be a dictionary")
    return call, args if isinstance(args, tuple) else (args,), kwargs, node

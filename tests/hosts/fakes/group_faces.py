"""Groups and the script itself, as Python sees them."""

from __future__ import annotations

from typing import Any

from tests.hosts.fakes.model import NodeModel
from tests.hosts.fakes.node_faces import Node
from tests.hosts.fakes.tcl_eval import number


class Group(Node):
    """A group, also a context: what is made and looked for within `with group:` is its own."""

    __slots__ = ()

    def __enter__(self) -> Group:
        self._check("__enter__")
        self._session.groups.append(self._model)
        return self

    def __exit__(self, *exc: object) -> None:
        self._check("__exit__", *exc)
        self._session.groups.pop()

    def begin(self) -> Group:
        self._session.groups.append(self._model)
        return self

    def end(self) -> None:
        self._session.groups.pop()

    def nodes(self) -> list[Any]:
        return [self._session.face(node) for node in self._model.children]

    def node(self, s: str) -> Any:
        found = self._model.child(s)
        return self._session.face(found) if found else None

    def selectedNodes(self) -> list[Any]:
        return [self._session.face(node) for node in self._model.children if node.get("selected")]

    def output(self) -> Any:
        found = next((node for node in self._model.children if node.cls == "Output"), None)
        return self._session.face(found) if found else None


class Root(Group):
    """The script."""

    __slots__ = ()

    def fps(self) -> int:
        return int(number(self._model.knobs["fps"]))

    def modified(self) -> bool:
        return bool(self._session.modified)

    def setModified(self, modified: bool) -> None:
        self._session.modified = bool(modified)


def node_face(session: Any, model: NodeModel) -> Node:
    """The one object that stands for a node."""
    if model.face is None:
        model.face = {"Group": Group, "Root": Root}.get(model.cls, Node)(session, model)
    return model.face  # type: ignore[no-any-return]

"""The session's script: its nodes, the context of running code, loading, saving, and what fires when."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.hosts.fakes.callbacks import Callbacks
from tests.hosts.fakes.model import KnobModel, NodeModel, new_node, unique_name
from tests.hosts.fakes.scripts import add_nodes, fill_root, numeric_version, script_text, snippet_text
from tests.hosts.nk_reader import read_nk
from tests.hosts.tcl import split_list


class ScriptSession:
    """The part of a session that is about the script."""

    if TYPE_CHECKING:
        callbacks: Callbacks
        version: str

        def namespace(self) -> dict[str, Any]:
            """See FakeNuke."""

    def __init__(self) -> None:
        self.root = new_node(self, "Root", None)
        self.groups: list[NodeModel] = [self.root]
        self.modified = False
        self._this: list[tuple[NodeModel, KnobModel | None]] = []
        self._changing: list[NodeModel] = []
        self._loading = False

    # Context
    def group(self) -> NodeModel:
        """The group in which code works now."""
        return self.groups[-1]

    def this_node(self) -> NodeModel:
        """The node that running code belongs to; the group where it belongs to none."""
        return self._this[-1][0] if self._this else self.group()

    def this_knob(self) -> KnobModel | None:
        """The knob that running code belongs to."""
        return self._this[-1][1] if self._this else None

    @contextmanager
    def inside(self, node: NodeModel, knob: KnobModel | None) -> Iterator[None]:
        """Run code as a node's: a group's own code works inside the group."""
        depth = len(self.groups)
        self._this.append((node, knob))
        self.groups.append(node if node.cls in ("Group", "Root") or node.parent is None else node.parent)
        try:
            yield
        finally:
            self._this.pop()
            del self.groups[depth:]

    def run_code(self, knob: KnobModel) -> None:
        """Run the Python of a knob as its node's."""
        with self.inside(knob.node, knob):
            exec(compile(str(knob.value), knob.where(), "exec"), self.namespace())

    # What fires
    def knob_changed(self, knob: KnobModel) -> None:
        """A knob has another value: the node's own `knobChanged`, then those registered; not nested on one node."""
        self.modified = True
        node = knob.node
        if self._loading or node in self._changing:
            return
        self._changing.append(node)
        try:
            own = node.knobs.get("knobChanged")
            if own is not None and own.value:
                with self.inside(node, knob):
                    exec(compile(str(own.value), own.where(), "exec"), self.namespace())
            self.callbacks.run("knobChanged", node, knob)
        finally:
            self._changing.remove(node)

    def inputs_changed(self, node: NodeModel) -> None:
        """An input was connected: the host tells it as a knob named `inputChange`."""
        self.knob_changed(KnobModel(node, "inputChange", "String", "", ""))

    def created(self, node: NodeModel) -> None:
        """A node was made: its own `onCreate`, then those registered."""
        own = node.knobs.get("onCreate")
        if own is not None and own.value:
            with self.inside(node, None):
                exec(compile(str(own.value), own.where(), "exec"), self.namespace())
        self.callbacks.run("onCreate", node)

    # Nodes
    def make_node(self, cls: str, group: NodeModel) -> NodeModel:
        """A new node in a group. Raises RuntimeError for an unknown class."""
        node = new_node(self, cls, group)
        node.knobs["name"].value = unique_name(group, cls)
        group.children.append(node)
        self.modified = True
        return node

    def read_knobs(self, node: NodeModel, text: str) -> None:
        """Set knobs from `name value name value`. Raises RuntimeError for an unknown knob."""
        words = [word.text for word in split_list(text)]
        for name, value in zip(words[::2], words[1::2], strict=True):
            if name not in node.knobs or not node.knobs[name].exists():
                raise RuntimeError(f"{node.full_name()} has no knob {name!r}")
            node.knobs[name].read(value)

    def select(self, nodes: list[NodeModel]) -> None:
        """Select these and no others in the group."""
        for node in self.group().children:
            node.knobs["selected"].value = node in nodes

    def destroy(self, node: NodeModel) -> None:
        """Take a node away; what was connected to it hangs open."""
        for inner in [*node.walk(), node]:
            self.callbacks.run("onDestroy", inner)
        assert node.parent is not None
        node.deleted = True
        node.parent.children.remove(node)
        for other in node.parent.children:
            other.inputs = [None if above is node else above for above in other.inputs]
        self.modified = True

    # Scripts
    def paste(self, text: str) -> list[NodeModel]:
        """Bring a snippet into the group, its open first input connected to the selected node; select what came."""
        selected = [node for node in self.group().children if node.get("selected")]
        script = read_nk(text)
        with self._read():
            made = add_nodes(
                self.group(), [n for n in script.nodes if n.cls != "Root"], selected[0] if selected else None
            )
        self.select(made)
        self._announce(made)
        self.modified = True
        return made

    def snippet(self) -> str:
        """The selected nodes as text."""
        chosen = [node for node in self.group().children if node.get("selected")]
        return snippet_text(chosen, numeric_version(self.version))

    def open(self, path: Path) -> None:
        """Load a script in place of the present one."""
        self.clear()
        self.read(path.read_text(encoding="utf-8"), path)

    def read(self, text: str, path: Path | None = None) -> None:
        """Load a script's text into an empty root, under a name."""
        script = read_nk(text)
        with self._read():
            made = fill_root(self.root, script)
        if path is not None:
            self.root.knobs["name"].value = str(path)
        self._announce(made)
        self.callbacks.run("onScriptLoad", self.root)
        self.modified = False

    def _announce(self, nodes: list[NodeModel]) -> None:
        for node in nodes:
            for child in node.walk():
                self.created(child)
            self.created(node)

    @contextmanager
    def _read(self) -> Iterator[None]:
        self._loading = True
        try:
            yield
        finally:
            self._loading = False

    def text(self) -> str:
        """The script as it would be saved."""
        return script_text(self.root, numeric_version(self.version))

    def save(self, path: Path) -> None:
        """Save under a name, which becomes the script's."""
        self.root.knobs["name"].value = str(path)
        self.callbacks.run("onScriptSave", self.root)
        path.write_text(self.text(), encoding="utf-8")
        self.modified = False

    def clear(self) -> None:
        """Close the script: its close callbacks, then every node goes."""
        self.callbacks.run("onScriptClose", self.root)
        for node in [*self.root.walk()]:
            self.callbacks.run("onDestroy", node)
        for node in self.root.children:
            node.deleted = True
        self.root = new_node(self, "Root", None)
        self.groups = [self.root]
        self.modified = False

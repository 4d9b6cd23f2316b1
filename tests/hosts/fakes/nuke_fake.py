"""A strict fake of Nuke, driven by the surface table: what the table lacks raises, and real files go in and out.

`FakeNuke` is the session that a test steers; `FakeNuke.module` is what the plugin gets as `import nuke`.

What the behaviour rests on.
Official (Foundry's documentation and published sources): names, signatures and threads (each row of the table tells
its source); `executeInMainThread...` hangs from the main thread, takes an `args` that is no tuple for one argument, and
the variant with a result prints an exception and gives None; callbacks of a node's class run before those of `*`, the
same one is kept once, and `addOnDestroy` without a class runs for every node; a filename filter that gives None changes
nothing; `nuke.message` and menus belong to windows; a cancelled execute raises; `-t` takes away a last word that is a
number or a frame range; a PyScript knob runs with its node as `thisNode`.
Observed (others' working code, saved scripts): a cancel is a RuntimeError whose text begins with `Cancelled`;
`node["x"]` raises NameError and `node.knob("x")` gives None; EXR knobs of a Write are there only for that file type; a
file knob's `value` keeps Tcl, `evaluate` carries it out; a Write writes those of the wanted channels that its input has
and fails where there are none, and leaves `nuke/version` in every file; a group that is disabled does not keep the
Writes in it from being executed; unknown metadata get the prefix `nuke/` without `noprefix`; the button of a group runs
inside the group, so that `allNodes` there gives the inner nodes; the object of a deleted node raises ValueError; an
execute within another one is refused as `already executing something else`.
Assumed, on the strict side: a window serves what other threads ask while it executes; a Read without file, a missing
frame with `on_error error`, a disabled Write and a folder that is not there raise RuntimeError in `execute`; an Enum
refuses an unlisted word with ValueError, and keeps its index when its list is changed; setting a knob to what it is
fires nothing; `knobChanged` does not nest on one node; ProgressTask, messages and menus are refused without windows,
since no document says what they do there, and both `executeInMainThread...` as well, since no loop runs there; an
exception in an init.py ends the start. Colours are never converted: a Read or Write that is not raw must name the
working space.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.hosts.fakes.api import Api
from tests.hosts.fakes.callbacks import Callbacks
from tests.hosts.fakes.environment import Environment, Makers, Undo, constants
from tests.hosts.fakes.errors import FakeGap, FakeGuiError
from tests.hosts.fakes.group_faces import node_face
from tests.hosts.fakes.guard import Noting, check_thread, guarded
from tests.hosts.fakes.gui import Dialogs, Entry, Task, run_command
from tests.hosts.fakes.knob_faces import EnumKnob, Knob, ScriptKnob, StringKnob
from tests.hosts.fakes.loop import MainLoop
from tests.hosts.fakes.model import KnobModel, NodeModel
from tests.hosts.fakes.node_faces import Node
from tests.hosts.fakes.script_session import ScriptSession
from tests.hosts.fakes.table import Surface
from tests.hosts.fakes.tcl_eval import evaluated

MODES = ("gui", "terminal", "execute")
FACES = {
    "Node": Node,
    "Knob": Knob,
    "Enumeration_Knob": EnumKnob,
    "String_Knob": StringKnob,
    "Script_Knob": ScriptKnob,
}
"""Classes that `isinstance` can ask for."""


class FakeNuke(ScriptSession):
    """One running Nuke; the thread that makes it is its main thread."""

    def __init__(self, mode: str = "gui", *, version: str = "15.1v3", args: list[str] | None = None) -> None:
        if mode not in MODES:
            raise ValueError(f"mode {mode!r} is none of {MODES}")
        self.mode, self.version = mode, version
        self.surface = Surface()
        self.loop = MainLoop()
        self.callbacks = Callbacks(self)
        self.dialogs = Dialogs()
        self.tasks: list[Task] = []
        self.console: list[tuple[str, str]] = []
        self.menus = {name: Entry(name) for name in ("Nuke", "Nodes", "Node Graph", "Viewer", "Pane")}
        self.raw_args = args if args is not None else ["nuke"]
        self.constants = constants()
        self.plugin_path: list[Path] = []
        self.refused: list[BaseException] = []
        self.spaces: list[str] | None = None
        """Colour spaces of the config; None lets any word stand for one."""

        self.cancel_at: int | None = None
        """The frame at which the user cancels an execute."""

        self.rendered: list[tuple[str, int]] = []
        self.executing = False
        self.undo_off = self.undo_open = 0
        self.frame = 1
        super().__init__()
        self.module = NukeModule(self)

    # What tests do
    @contextmanager
    def installed(
        self, purge: tuple[str, ...] = ("pai_studio.host_plugins.nuke", "pai_studio_host")
    ) -> Iterator[FakeNuke]:
        """Be the module `nuke` for a while. Modules of the plugin are loaded anew; at the end `check` is called."""
        forget(purge)
        before = sys.modules.get("nuke")
        sys.modules["nuke"] = self.module
        try:
            yield self
            self.check()
        finally:
            self.loop.close()
            forget(purge)
            del sys.modules["nuke"]
            if before is not None:
                sys.modules["nuke"] = before

    def check(self) -> None:
        """Raises AssertionError for anything refused, even when the plugin caught it, for messages not taken, and
        for undo or groups that the plugin has not put back.
        """
        if self.refused:
            raise AssertionError(f"the plugin did what the host has not: {self.refused}") from self.refused[0]
        if self.dialogs.messages:
            raise AssertionError(f"messages that the test did not take: {self.dialogs.messages}")
        if self.undo_off or self.undo_open or len(self.groups) > 1:
            raise AssertionError("undo was left off, a step of undo or a group was left open")

    def pump(self, until: Any, timeout_s: float = 30) -> None:
        """Let the main thread do what others ask until a thread ends, an event is set or a condition holds."""
        self.loop.pump(until, timeout_s)

    def press(self, node: str, knob: str) -> None:
        """Press a button; what its code raises comes out."""
        self.run_code(self.knob(node, knob))

    def set(self, node: str, knob: str, value: Any) -> None:
        """Change a knob as the user does, its callbacks included."""
        model = self.knob(node, knob)
        if model.set(value):
            self.knob_changed(model)

    def label(self, node: str) -> str:
        """What the node shows of its label, Tcl carried out."""
        knob = self.knob(node, "label")
        return evaluated(knob.node, str(knob.value))

    def knob(self, node: str, knob: str) -> KnobModel:
        """A knob by its node's full name. Raises AssertionError."""
        found = self.root if node == "root" else self.root.child(node)
        assert found is not None, f"no node {node}"
        assert knob in found.knobs, f"no knob {node}.{knob}"
        return found.knobs[knob]

    def choose(self, path: str) -> None:
        """Choose an entry of a menu: `Nuke/PAI-Studio/About`."""
        first, *rest = path.split("/")
        entry = self.menus[first]
        for name in rest:
            entry = entry.items[name]
        run_command(self, entry)

    def idle(self) -> None:
        """What Nuke does when nothing happens: `updateUI` of every node, groups' insides left out."""
        for node in list(self.root.children):
            self.callbacks.run("updateUI", node)

    # What the fake's parts ask
    @property
    def has_gui(self) -> bool:
        """Whether there are windows."""
        return self.mode == "gui"

    def need_gui(self, what: str) -> None:
        """Raises FakeGuiError where there are no windows."""
        if not self.has_gui:
            raise FakeGuiError(f"nuke.{what} was used without windows")

    def noting(self) -> Noting:
        """Notes refusals that pass."""
        return Noting(self.refused)

    def face(self, model: NodeModel) -> Node:
        """The object that stands for a node."""
        return node_face(self, model)

    def namespace(self) -> dict[str, Any]:
        """What code in a script sees."""
        return {"nuke": self.module, "__name__": "__main__", "__builtins__": __builtins__}

    def add_plugin_path(self, path: Path, *, to_sys_path: bool) -> None:
        """Look for plugins there, and run its init.py."""
        if path in self.plugin_path:
            return
        self.plugin_path.append(path)
        if to_sys_path:
            sys.path.insert(0, str(path))
        self.run_file(path / "init.py")

    def start(self, folders: list[Path]) -> None:
        """Start as Nuke does: init.py of every folder and of those that they add, then menu.py in a GUI."""
        for folder in folders:
            self.add_plugin_path(folder, to_sys_path=True)
        if self.has_gui:
            for folder in self.plugin_path:
                self.run_file(folder / "menu.py")

    def run_file(self, path: Path) -> None:
        """Run a file of Python that belongs to the start, where it is there."""
        if path.is_file():
            code = compile(path.read_text(encoding="utf-8"), str(path), "exec")
            exec(code, {**self.namespace(), "__file__": str(path)})


class NukeModule(types.ModuleType):
    """What `import nuke` gives: only what the table has."""

    def __init__(self, session: FakeNuke) -> None:
        super().__init__("nuke")
        self._session, self._api = session, Api(session)
        self._values = self._constants(session)

    def __getattr__(self, name: str) -> Any:
        session = self._session
        if name.startswith("__"):
            raise AttributeError(name)
        with session.noting():
            if name in FACES:
                return FACES[name]
            row = session.surface.function(name)
            if name in self._values:
                check_thread(session, row)
                return self._values[name]
            call: Callable[..., Any] | None = getattr(self._api, name, None)
            if call is None:
                raise FakeGap(f"the fake has no nuke.{name} yet")
            return guarded(session, row, call)

    def _constants(self, session: FakeNuke) -> dict[str, Any]:
        major, _, rest = session.version.partition(".")
        minor, _, release = rest.partition("v")
        return {
            **session.constants,
            "GUI": session.has_gui,
            "INTERACTIVE": session.mode != "execute",
            "NUKE_VERSION_MAJOR": int(major),
            "NUKE_VERSION_MINOR": int(minor),
            "NUKE_VERSION_RELEASE": int(release),
            "NUKE_VERSION_STRING": session.version,
            "EXE_PATH": session.raw_args[0],
            "THREADS": 1,
            "rawArgs": list(session.raw_args),
            "env": Environment(session),
            "nodes": Makers(session),
            "Undo": Undo(session),
            "CancelledError": type("CancelledError", (Exception,), {}),
            **FACES,
        }

    def __dir__(self) -> list[str]:
        """What the fake has; the names that only the table has are not counted."""
        known = self._session.surface.names()
        return sorted({*self._values, *(name for name in dir(self._api) if name in known)})


def forget(prefixes: tuple[str, ...]) -> None:
    """Take modules of these packages out of those loaded."""
    for name in list(sys.modules):
        if name.startswith(prefixes):
            del sys.modules[name]

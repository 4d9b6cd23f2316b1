"""The functions of the module `nuke`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.hosts.fakes import execution
from tests.hosts.fakes.callbacks import EVENTS, entry
from tests.hosts.fakes.files import file_name, numbered
from tests.hosts.fakes.gui import ProgressTask, menu_face
from tests.hosts.fakes.knob_faces import knob_face
from tests.hosts.fakes.model import KnobModel, NodeModel, max_inputs, refuse
from tests.hosts.fakes.node_faces import Node
from tests.hosts.fakes.tcl_eval import command, find_knob, number, shown


class Api:
    """Every function here is reached through the guard of the module; see `nuke_fake.py` for what each rests on."""

    def __init__(self, session: Any) -> None:
        self._session = session

    # Threads
    def executeInMainThread(self, call: Any, args: Any = (), kwargs: Any = None) -> None:
        self._session.loop.post(_bound(call, args, kwargs))

    def executeInMainThreadWithResult(self, call: Any, args: Any = (), kwargs: Any = None) -> Any:
        return self._session.loop.wait(self._session.loop.post(_bound(call, args, kwargs)))

    def ProgressTask(self, name: str) -> ProgressTask:
        self._session.need_gui("ProgressTask")
        return ProgressTask(self._session, name)

    # Nodes
    def createNode(self, node: str, args: str = "", inpanel: bool = True) -> Any:
        session, group = self._session, self._session.group()
        above = [other for other in group.children if other.get("selected")]
        made = session.make_node(node, group)
        if args:
            session.read_knobs(made, args)
        if above and max_inputs(made):
            made.connect(0, above[0])
        session.select([made])
        session.callbacks.run("onUserCreate", made)
        session.created(made)
        return session.face(made)

    def delete(self, n: Node) -> None:
        self._session.destroy(n._model)

    def nodePaste(self, s: str) -> Any:
        made = self._session.paste(Path(s).read_text(encoding="utf-8"))
        return self._session.face(made[-1]) if made else None

    def nodeCopy(self, s: str) -> None:
        Path(s).write_text(self._session.snippet(), encoding="utf-8")

    def toNode(self, s: str) -> Any:
        root = self._session.root
        if s == "root":
            return self._session.face(root)
        found = root.child(s[5:]) if s.startswith("root.") else self._session.group().child(s)
        return self._session.face(found) if found else None

    def allNodes(self, filter: Any = None, group: Any = None, recurseGroups: bool = False) -> list[Any]:  # noqa: A002
        inside: NodeModel = group._model if group is not None else self._session.group()
        nodes = inside.walk() if recurseGroups else inside.children
        return [self._session.face(node) for node in nodes if filter in (None, "", node.cls)]

    def selectedNodes(self, filter: str = "") -> list[Any]:  # noqa: A002
        nodes = [node for node in self._session.group().children if node.get("selected")]
        return [self._session.face(node) for node in reversed(nodes) if filter in ("", node.cls)]

    def selectedNode(self) -> Any:
        nodes = self.selectedNodes()
        if not nodes:
            raise ValueError("no node selected")
        return nodes[0]

    # Where the running code belongs
    def thisNode(self) -> Any:
        return self._session.face(self._session.this_node())

    def thisGroup(self) -> Any:
        return self._session.face(self._session.group())

    def thisKnob(self) -> Any:
        knob = self._session.this_knob()
        if knob is None:
            raise RuntimeError("thisKnob: there is no knob now")
        return knob_face(self._session, knob)

    def root(self) -> Any:
        return self._session.face(self._session.root)

    thisRoot = root

    # Rendering
    def execute(
        self,
        nameOrNode: Any,
        start: Any = None,
        end: Any = None,
        incr: int = 1,
        views: Any = None,
        continueOnError: bool = False,
    ) -> None:
        if views not in (None, ["main"], ("main",)):
            raise refuse(f"views {views}")
        if continueOnError:
            raise refuse("continueOnError")
        node = self._session.root.child(nameOrNode) if isinstance(nameOrNode, str) else nameOrNode._model
        if node is None:
            raise RuntimeError(f"no node is named {nameOrNode}")
        knobs = self._session.root.knobs
        first = int(number(knobs["first_frame"])) if start is None else int(start)
        last = int(number(knobs["last_frame"])) if end is None else int(end)
        execution.execute(node, first, last, incr)

    def executing(self, f: Any = None) -> bool:
        return bool(self._session.executing)

    def frame(self, f: Any = None) -> int:
        if f is not None:
            self._session.frame = int(f)
        return int(self._session.frame)

    def views(self) -> list[str]:
        return ["main"]

    # Talking to the user
    def message(self, prompt: str) -> None:
        self._session.need_gui("message")
        self._session.dialogs.show(prompt)

    def ask(self, prompt: str) -> Any:
        self._session.need_gui("ask")
        return self._session.dialogs.ask(prompt)

    def getFilename(self, message: str, *_more: Any, **_named: Any) -> Any:
        return self.ask(message)

    def choice(self, title: str, prompt: str, options: Any, default: int = 0) -> Any:
        return self.ask(prompt)

    def tprint(self, *args: Any, sep: str = " ", end: str = "\n", file: Any = None) -> None:
        print(*args, sep=sep, end=end, file=file, flush=True)

    def error(self, message: str) -> None:
        self._session.console.append(("error", message))

    def warning(self, message: str) -> None:
        self._session.console.append(("warning", message))

    def debug(self, message: str) -> None:
        self._session.console.append(("debug", message))

    def menu(self, name: str) -> Any:
        self._session.need_gui("menu")
        if name not in self._session.menus:
            raise RuntimeError(f"there is no menu {name!r}")
        return menu_face(self._session, self._session.menus[name])

    def show(self, n: Any, forceFloat: bool = False) -> None:
        self._session.need_gui("show")

    # Plugins and callbacks
    def pluginAddPath(self, args: Any, addToSysPath: bool = True) -> None:
        for path in [args] if isinstance(args, str) else args:
            self._session.add_plugin_path(Path(path), to_sys_path=addToSysPath)

    def filenameFilter(self, filename: str) -> str:
        return str(self._session.callbacks.filtered(self._session.this_node(), filename))

    # Files, colours and Tcl
    def filename(self, node: Node, i: int = 0) -> Any:
        if "file" not in node._model.knobs:
            return None
        name = file_name(node._model)
        return (
            numbered(name, self._session.frame) if i & self._session.constants["REPLACE"] else name
        ) or None

    def tcl(self, cmd: str, *args: str) -> str:
        return command(self._session.this_node(), " ".join((cmd, *args)))

    def value(self, knob: str, default: Any = None) -> str:
        found = self._found(knob, default)
        return found if isinstance(found, str) else shown(found)

    def exists(self, s: str) -> bool:
        return bool(self.toNode(s)) or isinstance(self._found(s, ""), KnobModel)

    def _found(self, name: str, default: Any) -> Any:
        try:
            return find_knob(self._session.this_node(), name)
        except RuntimeError:
            if default is None:
                raise
            return default

    # Scripts
    def scriptOpen(self, filename: str) -> None:
        self._session.open(Path(filename))

    def scriptSave(self, filename: str = "") -> bool:
        if not filename and not self._session.root.get("name"):
            raise RuntimeError("the script has no name to be saved under")
        self._session.save(Path(filename or self._session.root.get("name")))
        return True

    def scriptSaveAs(self, filename: Any = None, overwrite: int = -1) -> None:
        if filename is None:
            filename = self.ask("Save script as")
        exists = Path(filename).exists()
        if exists and overwrite == 0:
            raise RuntimeError(f"{filename} exists")
        if exists and overwrite < 0 and not self.ask(f"Overwrite {filename}?"):
            return
        self._session.save(Path(filename))

    def scriptName(self) -> str:
        if not self._session.root.get("name"):
            raise RuntimeError("the script has never been saved")
        return str(self._session.root.get("name"))

    def scriptClear(self) -> None:
        self._session.clear()

    def modified(self, state: Any = None) -> bool:
        if state is not None:
            self._session.modified = bool(state)
        return bool(self._session.modified)


def _bound(call: Any, args: Any, kwargs: Any) -> Any:
    args = args if isinstance(args, tuple) else (args,)
    return lambda: call(*args, **(kwargs or {}))


def _registrars(event: str, default: str) -> tuple[Any, Any]:
    def add(
        self: Api, call: Any, args: Any = (), kwargs: Any = None, nodeClass: str = default, node: Any = None
    ) -> None:
        self._session.callbacks.add(event, entry(call, args, kwargs or {}, node), nodeClass)

    def remove(
        self: Api, call: Any, args: Any = (), kwargs: Any = None, nodeClass: str = default, node: Any = None
    ) -> None:
        self._session.callbacks.remove(event, entry(call, args, kwargs or {}, node), nodeClass)

    return add, remove


_OF_WRITES = ("beforeRender", "beforeFrameRender", "afterFrameRender", "afterRender", "renderProgress")
for _event in EVENTS:
    _add, _remove = _registrars(_event, "Write" if _event in _OF_WRITES else "*")
    _name = _event[0].upper() + _event[1:]
    setattr(Api, f"add{_name}", _add)
    setattr(Api, f"remove{_name}", _remove)

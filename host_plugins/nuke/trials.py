"""The part of the self-test that does something in Nuke: makes nodes, writes two frames, and takes it all back.

Only where nothing of an artist's can be touched: in a terminal, or in a GUI while the script is empty.
"""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path
from typing import Any, Callable

import nuke

from ..exr_header import read_header
from ..selftest import SelfTest, SkippedError
from . import panel
from .graph import Placed, studio
from .recombine import recombine
from .session import in_gui

HERE = Path(__file__).resolve().parent
PATIENCE_S = 10.0
"""How long a worker's call may wait for the main thread."""

SOURCE = "Constant"
_COLOUR = [6.5, 0.18, -0.25, 1.0]
"""Above 1 and below 0, as a scene's values are."""

_FIRST, _LAST = 1001, 1002
_TEXT_KEPT = 60000


def run(test: SelfTest) -> None:
    """Every trial but the one that needs another thread. On the main thread."""
    test.gather("root", lambda: {"Root": _knobs(nuke.root(), with_values=False)})
    test.check("progress_task", progress_task)
    if in_gui() and nuke.root().nodes():
        test.check("nodes", _not_here)
        return
    was_modified = bool(nuke.root().modified())
    nuke.Undo.disable()
    try:
        test.gather("nodes", node_classes)
        test.check("paste_our_node", lambda: _pasted("PAIStudio.nk", _our_node))
        test.check("paste_recombination", lambda: _pasted("PAIRecombine.nk", _knob_classes))
        test.check("unpinned_node_fails", lambda: _pasted("PAIStudio.nk", _fails))
        test.check("filename_filter", filename_filter)
        test.check("export_half", lambda: exported("16 bit half"))
        test.check("export_float", lambda: exported("32 bit float"))
    finally:
        nuke.Undo.enable()
        nuke.root().setModified(was_modified)


def _not_here() -> None:
    raise SkippedError("the script is not empty; run it in a terminal: nuke -t selftest.py")


def worker_reaches_main_thread() -> str:
    """Whether a worker's call comes back with its result, while the main thread waits (terminal) or is free (GUI)."""
    given: list[Any] = []
    raised: list[Exception] = []

    def call() -> None:
        try:
            given.append(nuke.executeInMainThreadWithResult(_thread_name))  # type: ignore[no-untyped-call]
        except Exception as error:  # noqa: BLE001 - raised again where the check is kept
            raised.append(error)

    worker = threading.Thread(target=call, daemon=True)
    worker.start()
    worker.join(PATIENCE_S)
    if worker.is_alive():
        raise TimeoutError(f"no answer within {PATIENCE_S:g} s; the main thread was waiting for the worker")
    if raised:
        raise raised[0]
    return f"ran in {given[0]}"


def _thread_name() -> str:
    return threading.current_thread().name


def progress_task() -> dict[str, bool]:
    """A progress bar can be made, set and asked."""
    task = nuke.ProgressTask("PAI-Studio self-test")
    task.setMessage("one of its checks")
    task.setProgress(50)
    return {"cancelled": bool(task.isCancelled())}


def node_classes() -> dict[str, Any]:
    """The knobs of every node class that we use, as a new node has them; Writes and Reads as EXR ones."""
    return {cls: _of_class(cls) for cls in sorted({*_used(studio()), *_used(recombine()), SOURCE})}


def _used(placed: Placed) -> set[str]:
    return {placed.kind}.union(*(_used(inner) for inner in placed.inside))


def _of_class(cls: str) -> Any:
    node = _make(cls)
    try:
        if cls in ("Write", "Read"):
            node["file_type"].setValue("exr")
        return _knobs(node)
    finally:
        nuke.delete(node)


def _make(cls: str) -> nuke.Node:
    for other in nuke.selectedNodes():
        other.setSelected(False)
    return nuke.createNode(cls, "", False)


def _knobs(node: nuke.Node, *, with_values: bool = True) -> dict[str, Any]:
    """Class, entries and value of each knob; one that cannot be read says why."""
    found: dict[str, Any] = {}
    for name, knob in node.knobs().items():
        try:
            row: dict[str, Any] = {"class": knob.Class()}
            if with_values:
                row["value"] = knob.value()
            if isinstance(knob, nuke.Enumeration_Knob):
                row["values"] = list(knob.values())
        except Exception as error:  # noqa: BLE001 - told in the file, whatever it is
            row = {"error": f"{type(error).__name__}: {error}"}
        found[str(name)] = row
    return found


def _pasted(file: str, look: Callable[[nuke.Node], Any]) -> Any:
    """Paste one of our files, look at the node, and take it away again."""
    for other in nuke.selectedNodes():
        other.setSelected(False)
    nuke.nodePaste(str(HERE / file))
    node = nuke.selectedNode()
    try:
        return look(node)
    finally:
        nuke.delete(node)


def _knob_classes(node: nuke.Node) -> dict[str, Any]:
    inner = nuke.allNodes(group=node)
    return {
        "class": node.Class(),
        "knobs": {name: knob.Class() for name, knob in node.knobs().items()},
        "inner": {one.name(): one.Class() for one in inner},
    }


def _our_node(node: nuke.Node) -> dict[str, Any]:
    """Whether each row of the panel is there, and how this Nuke itself writes the node. Raises ValueError."""
    found = _knob_classes(node)
    missing = [row.name for row in panel.ROWS if row.name not in found["knobs"]]
    if missing:
        raise ValueError(f"knobs that did not come: {', '.join(missing)}")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ours.nk"
        nuke.nodeCopy(file.as_posix())
        found["saved"] = file.read_text(encoding="utf-8")[:_TEXT_KEPT]
    return found


def _fails(node: nuke.Node) -> str:
    """A node without a version must not render: the message with which it fails."""
    with tempfile.TemporaryDirectory() as folder:
        write = _writer(node, Path(folder), "16 bit half")
        try:
            nuke.execute(write, _FIRST, _FIRST, 1)
        except RuntimeError as error:
            return str(error)
        finally:
            nuke.delete(write)
    raise ValueError("it rendered without a pinned version")


def filename_filter() -> str:
    """What a filter does to the name of a Read's file."""
    read = _make("Read")
    nuke.addFilenameFilter(_filtered)
    try:
        read["file"].setValue("/pai-selftest-from/a.exr")
        return str(nuke.filename(read, nuke.REPLACE)).replace("/", " ")
    finally:
        nuke.removeFilenameFilter(_filtered)
        nuke.delete(read)


def _filtered(name: str) -> str:
    return name.replace("pai-selftest-from", "pai-selftest-to")


def exported(kind: str) -> dict[str, Any]:
    """Write two frames of a colour as our exports are written, and read their headers. Raises ValueError."""
    source = _make(SOURCE)
    source["color"].setValue(_COLOUR)
    try:
        with tempfile.TemporaryDirectory() as folder:
            write = _writer(source, Path(folder), kind)
            try:
                nuke.execute(write, _FIRST, _LAST, 1)
            finally:
                nuke.delete(write)
            files = sorted(Path(folder, "made").iterdir())
            if [file.name for file in files] != [f"a.{frame}.exr" for frame in (_FIRST, _LAST)]:
                raise ValueError(f"these files were written: {', '.join(file.name for file in files)}")
            return _told(files[0], kind)
    finally:
        nuke.delete(source)


def _told(file: Path, kind: str) -> dict[str, Any]:
    header = read_header(file)
    wrong = [name for name, found in header.channels.items() if not kind.endswith(found)]
    if wrong:
        raise ValueError(f"asked for {kind}, these channels are not: {', '.join(wrong)}")
    return {
        "channels": header.channels,
        "compression": header.compression,
        "attributes": header.attributes,
        "windows": {name: list(window) for name, window in header.windows.items()},
    }


def _writer(source: nuke.Node, folder: Path, kind: str) -> nuke.Node:
    """A Write below a node with the knobs of our own exports."""
    write = _make("Write")
    write.setInput(0, source)
    ours = next(one for one in studio().inside if one.name == "export_plate")
    for name, value in ours.knobs.items():
        if name not in ("xpos", "ypos", "disable"):
            write[name].setValue(value)
    write["datatype"].setValue(kind)
    write["file"].setValue(f"{folder.as_posix()}/made/a.%04d.exr")
    return write

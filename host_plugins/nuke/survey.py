"""What this Nuke really has: its names, its classes, the knobs of the nodes that we use, its colour menus.

Run it and send the file in: each row of our table of Nuke is then known to hold for that version, or not to.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import sys
import threading
from pathlib import Path
from typing import Any

import nuke

from .. import record
from ..host import Fault
from ..selftest import SelfTest
from . import trials
from .session import in_gui, show

HERE = Path(__file__).resolve().parent
_DOC_KEPT = 200
"""Letters that are kept of the first line of a name's documentation, which tells its arguments."""

QT = ("PySide6", "PySide2")


def run(out: str = "") -> str:
    """Survey this Nuke and write the file. On the main thread. Gives what to tell the user. Raises Fault.

    In a GUI the last check needs the main thread to be free, so the file is written soon after this returns.
    """
    path = Path(out) if out else Path.home() / f"pai-studio-selftest-nuke-{nuke.NUKE_VERSION_STRING}.json"
    test = _surveyed()
    if not in_gui():
        return _finish(test, path)
    threading.Thread(target=_finish_and_tell, args=(test, path), daemon=True).start()
    return f"The self-test is being written to {path}"


def main(words: list[str]) -> int:
    """From a terminal: the file's name, or nothing. Gives the exit code."""
    if len(words) > 1:
        sys.stderr.write("usage: nuke -t selftest.py [OUT.json]\n")
        return 2
    try:
        sys.stdout.write(run(words[0] if words else "") + "\n")
    except Fault as fault:
        sys.stderr.write(f"error: {fault}\n")
        return 1
    return 0


def _surveyed() -> SelfTest:
    test = SelfTest("nuke")
    test.gather("plugin", lambda: record.read().version)
    test.gather("nuke", _nuke)
    test.gather("qt", _qt)
    test.gather("names", _names)
    test.gather("classes", _classes)
    test.gather("used", used_names)
    test.check("executing_at_idle", lambda: bool(nuke.executing()))
    trials.run(test)
    return test


def _finish(test: SelfTest, path: Path) -> str:
    test.check("worker_reaches_main_thread", trials.worker_reaches_main_thread)
    test.write(path)
    return f"{path}\n{test.tally()}. It names no person, machine or folder: have a look, then send it in."


def _finish_and_tell(test: SelfTest, path: Path) -> None:
    try:
        show(_finish(test, path))
    except Fault as fault:
        show(str(fault))


def _nuke() -> dict[str, Any]:
    return {
        "version": nuke.NUKE_VERSION_STRING,
        "gui": bool(nuke.GUI),
        "env": {str(key): repr(value) for key, value in nuke.env.items()},
    }


def _qt() -> dict[str, str]:
    """The version of each Qt binding; empty for one that is not there."""
    return {name: _qt_version(name) for name in QT}


def _qt_version(binding: str) -> str:
    try:
        return str(importlib.import_module(f"{binding}.QtCore").qVersion())
    except ImportError:
        return ""


def _names() -> dict[str, dict[str, str]]:
    """Every public name of the module: what it is, and the first line of its documentation."""
    found = {}
    for name, value in inspect.getmembers(nuke):
        if not name.startswith("_"):
            kind = (
                "class"
                if isinstance(value, type)
                else "callable"
                if callable(value)
                else type(value).__name__
            )
            found[name] = {"is": kind, "doc": _first_line(value) if callable(value) else ""}
    return found


def _classes() -> dict[str, list[str]]:
    """The public names of each class of the module, those for subscripts and `with` too."""
    kept = ("__getitem__", "__contains__", "__enter__", "__exit__")
    return {
        name: [word for word in dir(value) if not word.startswith("_") or word in kept]
        for name, value in inspect.getmembers(nuke)
        if isinstance(value, type)
    }


def _first_line(value: object) -> str:
    lines = (inspect.getdoc(value) or "").strip().splitlines()
    return lines[0][:_DOC_KEPT] if lines else ""


def used_names() -> dict[str, list[str]]:
    """The names of the module that the plugin itself uses, read from its own files, and which use them."""
    found: dict[str, set[str]] = {}
    for file in HERE.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and node.value.id == "nuke"
            ):
                found.setdefault(node.attr, set()).add(file.name)
    return {name: sorted(files) for name, files in sorted(found.items())}

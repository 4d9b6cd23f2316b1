"""Renders without windows: every PAI-Studio node of a script, or some; what a farm's task runs.

Exit codes are `pai-studio`'s: 0 done, 1 failed, 2 usage or bad input, 3 cannot reach the server, 130 interrupted.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nuke

from ..flow import Flow
from ..host import Fault, Record, Result
from . import result, status
from .node import find, is_below
from .session import NukeHost, Stop, close_sidecar, sidecar
from .target import NukeTarget, PinnedTarget

INTERRUPTED = 130
_EXITS = {
    "INVALID_INPUT": 2,
    "MISSING_FRAMES": 2,
    "UNREADABLE_IMAGE": 2,
    "UNKNOWN_COLORSPACE": 2,
    "ALREADY_EXISTS": 2,
    "NOT_FOUND": 2,
    "PERMISSION_DENIED": 2,
    "UNAVAILABLE": 3,
    "UNAUTHENTICATED": 3,
    "VERSION_MISMATCH": 3,
    "CANCELLED": INTERRUPTED,
}


def parser() -> argparse.ArgumentParser:
    """What may be said after the script's name."""
    top = argparse.ArgumentParser(
        prog="nuke -t terminal.py", description="Renders the PAI-Studio nodes of a Nuke script."
    )
    top.add_argument("script", help="the Nuke script")
    top.add_argument(
        "--node", action="append", default=[], metavar="NAME", help="only this one; may be repeated"
    )
    top.add_argument(
        "--version",
        choices=("next", "pinned"),
        default="next",
        help="next: a new one, to be pinned; pinned: the one that the script pins, and the script stays as it is",
    )
    top.add_argument(
        "--mode", choices=("render", "refinish"), default="render", help="refinish: finishing alone"
    )
    top.add_argument(
        "--save",
        nargs="?",
        const="",
        default=None,
        metavar="PATH",
        help="save the script, there or where it is",
    )
    top.add_argument("--json", action="store_true", help="one JSON document on stdout, all else on stderr")
    return top


def main(arguments: Sequence[str]) -> int:
    """Render, and return the exit code. `SystemExit` for usage, as argparse does."""
    said = parser().parse_args(list(arguments))
    if said.version == "pinned" and (said.save is not None or said.mode == "refinish"):
        parser().error(
            "--version pinned changes nothing in the script: leave --save and --mode refinish away"
        )
    host = NukeHost(_stop_on_signals())
    made: dict[str, Record] = {}
    try:
        _render(said, host, made)
    except Fault as fault:
        host.warn(fault)
        if said.json:
            error = {"code": fault.code, "what": fault.what, "where": fault.where, "hint": fault.hint}
            _print({"error": error, "nodes": made})
        return _EXITS.get(fault.code, 1)
    except KeyboardInterrupt:
        host.tell("interrupted")
        return INTERRUPTED
    finally:
        close_sidecar()
    if said.json:
        _print({"nodes": made})
    return 0


def _stop_on_signals() -> Stop:
    """Ctrl-C, or a farm ending its task, cancels the render at the server; a second one does not wait for that."""
    stop = Stop()

    def ask(_number: int, _frame: Any) -> None:
        if stop.is_asked():
            raise KeyboardInterrupt
        stop.ask()

    signal.signal(signal.SIGINT, ask)
    signal.signal(signal.SIGTERM, ask)
    return stop


def _render(said: argparse.Namespace, host: NukeHost, made: dict[str, Record]) -> None:
    """Render node after node; `made` takes the record of each that is there, whatever becomes of the next."""
    _open(said.script)
    if said.save is not None:
        _require_folder(said.save or said.script)
    for node in upstream_first(_wanted(said, host)):
        target = PinnedTarget(node) if said.version == "pinned" else NukeTarget(node)
        one = _one(target, host, said.mode)
        if said.version != "pinned":
            status.refresh(node)
        made[str(node.fullName())] = one.record()
        host.tell(f"{target.label}: {result.label(one.version)} is there: {one.files}")
        for note in one.notes:
            host.tell(f"{target.label}: {note}")
        if said.save is not None:  # after each: what is done is not lost with what fails
            _save(said.save)


def _require_folder(path: str) -> None:
    """Raise Fault where a script cannot be saved, before anything is spent on what it would keep."""
    folder = Path(path).absolute().parent
    if not (folder.is_dir() and os.access(folder, os.W_OK)):
        hint = "name a folder of yours: --save PATH"
        raise Fault("the script cannot be saved there", where=path, hint=hint, code="INVALID_INPUT")


def _wanted(said: argparse.Namespace, host: NukeHost) -> list[nuke.Node]:
    """The nodes that are named, or every enabled one, as the farm's job has it. Raises Fault where there is none."""
    nodes = find(said.node)
    if not nodes:
        raise Fault(
            "holds no PAI-Studio node", where=said.script, hint="name another script", code="INVALID_INPUT"
        )
    if said.node:
        return nodes
    for node in nodes:
        if node["disable"].value():
            host.tell(
                f"{node.fullName()}: left out, since it is disabled; --node {node.fullName()} renders it"
            )
    enabled = [node for node in nodes if not node["disable"].value()]
    if not enabled:
        what = "every PAI-Studio node in it is disabled"
        raise Fault(what, where=said.script, hint="name one with --node", code="INVALID_INPUT")
    return enabled


def upstream_first(nodes: list[nuke.Node]) -> list[nuke.Node]:
    """In an order in which a node that feeds another is rendered before it."""
    rest, ordered = list(nodes), []
    while rest:
        free = [node for node in rest if not any(is_below(node, other) for other in rest if other != node)]
        ordered += free
        rest = [node for node in rest if node not in free]
    return ordered


def _one(target: NukeTarget, host: NukeHost, mode: str) -> Result:
    if isinstance(target, PinnedTarget):
        pinned = target.pin.result
        if target.state() != pinned.state:
            host.tell(
                f"{target.label}: it has changed since {result.label(pinned.version)} was pinned, or the project's "
                "OCIO config is another here; pictures that are not there yet are made as it is now"
            )
        return Flow(host, sidecar()).render(target, mode=mode, exact=True)
    return Flow(host, sidecar()).render(target, mode=mode)


def _open(script: str) -> None:
    if not Path(script).is_file():
        raise Fault("there is no such script", where=script, hint="check the path", code="INVALID_INPUT")
    try:
        nuke.scriptOpen(script)
    except RuntimeError as error:
        raise Fault(
            f"cannot be opened ({error})", where=script, hint="check the path", code="INVALID_INPUT"
        ) from None


def _save(path: str) -> None:
    try:
        if path:
            nuke.scriptSaveAs(path, overwrite=1)
        else:
            nuke.scriptSave()
    except RuntimeError as error:
        raise Fault(f"the script cannot be saved ({error})", where=path, hint="use --save PATH") from None


def _print(document: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(document, indent=2) + "\n")
    sys.stdout.flush()

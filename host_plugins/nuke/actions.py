"""What buttons and menus do. Each is guarded: whatever goes wrong is one message, and Nuke goes on."""

from __future__ import annotations

import importlib
import posixpath
import threading
from typing import Any, Callable

import nuke

from .. import record
from ..host import Fault, Result
from . import asked, colour, result, runs, status
from . import node as nodes
from .session import NukeHost, in_gui, on_main, show, sidecar

_NAME = "PAI-Studio"


def press(node: nuke.Node, what: str) -> None:
    """A button: `render`, `refinish`, `cancel`, `open_panel`, `check_versions`; `version` for the menu of versions."""
    _guarded(lambda: _BUTTONS[what](node), node.name())


def create() -> None:
    """Menu: a new node."""
    _guarded(nodes.create, _NAME)


def create_recombination() -> None:
    """Menu: the group that puts the passes together again."""
    _guarded(nodes.create_recombination, _NAME)


def write_farm_job() -> None:
    """Menu: save the script with its versions reserved, and write a job for the farm."""
    _guarded(_write_farm_job, _NAME)


def send_selftest() -> None:
    """Menu: write what this Nuke really has to a file that can be sent in."""
    _guarded(_send_selftest, _NAME)


def about() -> None:
    """Menu: which PAI-Studio this is, and whether its server answers."""
    _guarded(_about, _NAME)


def refresh_status() -> None:
    """Nuke's updateUI for every Group."""
    status.on_update_ui()


def _cancel(node: nuke.Node) -> None:
    under_way = runs.of(node)
    if not under_way:
        show(f"{node.name()}: nothing is being rendered")
    for run in under_way:
        run.stop.ask()


def _open_panel(node: nuke.Node) -> None:
    made = result.placed(node)
    if made is None:
        raise Fault(
            "nothing was rendered yet, so there is no shot document to open",
            where=node.name(),
            hint="press Render first",
        )
    _in_background(lambda: sidecar().ask("panel", document=made.document), node.name())


def _check_versions(node: nuke.Node) -> None:
    _with_versions(node, lambda found: _take_versions(node, found))


def _with_versions(node: nuke.Node, take: Callable[[list[dict[str, Any]]], None]) -> None:
    """Ask the sidecar what versions are on disk, and hand them to `take` on the main thread."""
    pin = result.pin_of(node)
    files = asked.output(node) if pin is None else pin.result.files

    def look() -> None:
        found = sidecar().ask("versions", files=files)["versions"]
        on_main(lambda: take(found))

    _in_background(look, node.name())


def _take_versions(node: nuke.Node, found: list[dict[str, Any]]) -> None:
    whole = [int(one["version"]) for one in found if not one["missing"]]
    pin = result.pin_of(node)
    if pin is not None and pin.pending and any(_makes_up(one, pin.result) for one in found):
        result.settle(node)
    result.offer(node, whole)
    status.refresh(node)
    broken = [result.label(int(one["version"])) for one in found if one["missing"]]
    lines = [f"{node.name()}: " + (", ".join(map(result.label, whole)) or "no version is there yet")]
    if broken:
        lines.append("not whole, so not offered: " + ", ".join(broken))
    if pin is not None and not pin.pending and not any(_makes_up(one, pin.result) for one in found):
        shown = result.label(pin.result.version)
        lines.append(f"{shown}, which the node shows, is not whole on disk: choose another, or render")
    show("\n".join(lines))


def _makes_up(found: dict[str, Any], pinned: Result) -> bool:
    """Whether a version on disk has every frame of the pinned one."""
    has_ends = int(found["first"]) <= pinned.first and pinned.last <= int(found["last"])
    return int(found["version"]) == pinned.version and has_ends and not found["missing"]


def _choose_version(node: nuke.Node) -> None:
    version, pin = result.chosen(node), result.pin_of(node)
    if result.is_being_filled(node) or version is None or (pin and pin.result.version == version):
        return
    known = result.earlier(node, version)
    if known is None:
        result.offer(node, result.offered(node))  # it stands at what is shown until the other is found
        _with_versions(node, lambda found: _pin_found(node, version, found))
    else:
        result.pin(node, known)
        status.refresh(node)


def _pin_found(node: nuke.Node, version: int, found: list[dict[str, Any]]) -> None:
    """Pin a version that another script made: what it was made from is not known here."""
    match = [one for one in found if int(one["version"]) == version and not one["missing"]]
    if not match:
        raise Fault(f"{result.label(version)} is not whole on disk", where=node.name(), hint="choose another")
    result.pin(node, result.foreign(match[0], colour.read(node).space))
    status.refresh(node)


def _write_farm_job() -> None:
    start = posixpath.dirname(nuke.root().name())
    folder = nuke.getFilename("Folder for the farm job", default=f"{start}/")
    if folder:
        show(importlib.import_module(".farm", __package__).write_job(folder))


def _send_selftest() -> None:
    show(importlib.import_module(".selftest", __package__).run())


def _about() -> None:
    installed = record.read()

    def look() -> None:
        said = sidecar().ask("server")
        show(
            f"PAI-Studio {installed.version}\n{installed.python}\n\n"
            f"server {said['version']} at {said['address']}\nengines: {', '.join(said['engines'])}\n"
            f"jobs under way: {said['active_jobs']}\n\nIn a terminal, pai-studio doctor says more."
        )

    _in_background(look, _NAME)


_BUTTONS: dict[str, Callable[[nuke.Node], None]] = {
    "render": lambda node: runs.start(node, "render", status.refresh),
    "refinish": lambda node: runs.start(node, "refinish", status.refresh),
    "cancel": _cancel,
    "open_panel": _open_panel,
    "check_versions": _check_versions,
    "version": _choose_version,
}


def _guarded(call: Callable[[], Any], where: str) -> None:
    """Run a step; whatever it raises becomes one message."""
    try:
        call()
    except Fault as fault:
        NukeHost().warn(fault)
    except Exception as error:  # noqa: BLE001 - a button's error is a message, not a traceback in the artist's face
        if not nodes.is_gone(error):  # whoever deleted the node, or closed the script, asks for nothing more
            NukeHost().warn(runs.own_fault(error, where))


def _in_background(call: Callable[[], Any], where: str) -> None:
    """Disk and network are not for the GUI's thread; a terminal has no other."""
    if in_gui():
        threading.Thread(target=lambda: _guarded(call, where), name=_NAME, daemon=True).start()
    else:
        _guarded(call, where)

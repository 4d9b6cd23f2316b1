"""Our node in a script: making it, finding it, and the frames it is about."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import cast

import nuke

from ..host import Fault
from ..paths import PathMap
from .knobs import INPUTS

HERE = Path(__file__).resolve().parent
MARK = "pai_studio"
"""The hidden knob that tells our node from any other Group."""

_WITH_INSIDES = ("Group", "LiveGroup")
"""What is inside a gizmo is not the script's: its own knobs say it all."""

TCL = "[]$"
"""Signs that a file knob carries out, so that no path with one can be put into our Read or Writes."""

HAS_TCL, WITHOUT_TCL = "has one of [ ] $, which Nuke takes for Tcl", "use folders without them"

_VERSION = re.compile(r"[._-]?v\d+.*$", re.IGNORECASE)
_ALLOWED = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*$")


def is_ours(node: nuke.Node) -> bool:
    """Whether a node is a PAI-Studio node."""
    return node.Class() == "Group" and node.knob(MARK) is not None


def find(names: list[str] | None = None) -> list[nuke.Node]:
    """Our nodes by name, or all of them, groups' insides included. Raises Fault for a name that is none of ours."""
    if not names:
        return [node for node in nuke.allNodes("Group", nuke.root(), recurseGroups=True) if is_ours(node)]
    return [_named(name) for name in dict.fromkeys(names)]


def _named(name: str) -> nuke.Node:
    node = nuke.toNode(name)
    if node is None or not is_ours(node):
        known = ", ".join(ours.fullName() for ours in find()) or "none"
        raise Fault(
            "is no PAI-Studio node of this script",
            where=name,
            hint=f"it has: {known}",
            code="NOT_FOUND",
        )
    return node


def create() -> nuke.Node:
    """Paste our node, connect its plate to the selected node, and fill in the shot's name and range."""
    node = _paste("PAIStudio.nk")
    root = nuke.root()
    node["shot"].setValue(shot_name(script_name()))
    node["first"].setValue(int(root["first_frame"].value()))
    node["last"].setValue(int(root["last_frame"].value()))
    return node


def create_recombination() -> nuke.Node:
    """Paste the group that puts the passes together again, connected to the selected node."""
    return _paste("PAIRecombine.nk")


def _paste(file: str) -> nuke.Node:
    above = nuke.selectedNodes()
    for other in above:
        other.setSelected(False)
    nuke.nodePaste(str(HERE / file))
    node = nuke.selectedNode()
    if above:
        node.setInput(0, above[0])
    return node


def script_name() -> str:
    """The script's path; empty where it was never saved, which some versions of Nuke tell by an error."""
    try:
        return str(nuke.scriptName())
    except RuntimeError:
        return ""


def shot_name(script: str) -> str:
    """A shot's name from a script's: without folder, version and whatever cannot stand in a name."""
    stem = _VERSION.sub("", Path(script).stem)
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", stem).strip("._-")
    return name if _ALLOWED.match(name) else "shot"


def inner(node: nuke.Node, name: str) -> nuke.Node:
    """A node inside ours. Raises Fault where the artist has taken it away."""
    found = cast("nuke.Group", node).node(name)
    if found is None:
        raise Fault(
            f"its inner node {name} is missing", where=node.name(), hint="make the node anew from the menu"
        )
    return found


def connected(node: nuke.Node) -> dict[str, nuke.Node]:
    """What is connected, by the input's name, in the inputs' order."""
    found = {name: node.input(index) for index, name in enumerate(INPUTS)}
    return {name: above for name, above in found.items() if above is not None}


def above_of(node: nuke.Node) -> list[nuke.Node | None]:
    """What is connected to a node. An Input stands for what is connected to its group, where ours may be inside."""
    if node.Class() == "Input":
        return [node.parent().input(int(node["number"].value()))]
    return [node.input(index) for index in range(node.inputs())]


def outputs_of(node: nuke.Node) -> list[nuke.Node]:
    """The ends of what is inside a group."""
    if node.Class() not in _WITH_INSIDES:
        return []
    inside = cast("nuke.Group", node).nodes()
    return [end for end in inside if end.Class() == "Output"]


def is_below(node: nuke.Node, other: nuke.Node) -> bool:
    """Whether a node is fed by another, near or far, into and out of groups."""
    seen, waiting = {node.fullName()}, [node]
    while waiting:
        at = waiting.pop()
        feeding: list[nuke.Node | None] = [*above_of(at), *outputs_of(at)]
        for above in feeding:
            if above is None:
                continue
            if above == other:
                return True
            if above.fullName() not in seen:
                seen.add(above.fullName())
                waiting.append(above)
    return False


def frames_of(node: nuke.Node) -> tuple[int, int]:
    """First and last frame that the node is asked for, without handles. Raises Fault."""
    source = node["frame_source"].value()
    if source == "custom":
        first, last = int(node["first"].value()), int(node["last"].value())
    elif source == "project":
        root = nuke.root()
        first, last = int(root["first_frame"].value()), int(root["last_frame"].value())
    else:
        above = node.input(0)
        if above is None:
            raise unplugged(node)
        frames = above.frameRange()
        first, last = int(frames.first()), int(frames.last())
    if last < first:
        raise knob_fault(
            node, "last", f"{last} comes before the first frame, {first}", "give the range in order"
        )
    return first, last


def text_of(node: nuke.Node, knob: str) -> str:
    """A text knob as it was typed. `value()` would carry out what stands in brackets, and JSON is full of them."""
    return str(cast("nuke.String_Knob", node[knob]).getText() or "")


def path_of(node: nuke.Node, knob: str) -> str:
    """A file knob's path with its expressions worked out, and the place of the frame number left as it is.

    Raises Fault where they cannot be.
    """
    file = cast("nuke.File_Knob", node[knob])
    try:
        return here(str(file.getEvaluatedValue() or ""))
    except Exception as error:  # whatever class Nuke has for an error of Tcl's
        if is_gone(error):
            raise
        what = f"{text_of(node, knob)!r} {HAS_TCL} ({error})"
        raise knob_fault(node, knob, what, WITHOUT_TCL) from None


def here(path: str) -> str:
    """Where a path of the script lies on this machine, with `/`."""
    return _path_map()(path).replace("\\", "/")


@lru_cache(maxsize=1)
def _path_map() -> PathMap:
    return PathMap.from_environment()


def unplugged(node: nuke.Node) -> Fault:
    """The fault that says that there is no plate."""
    return Fault(
        "no plate is connected",
        where=node.name(),
        hint="connect it to the input 'plate'",
        code="INVALID_INPUT",
    )


def knob_fault(node: nuke.Node, knob: str, what: str, hint: str) -> Fault:
    """A fault about one knob, which it calls what the artist sees."""
    label = str(node[knob].label()) or knob
    return Fault(f"{label}: {what}", where=node.name(), hint=hint, code="INVALID_INPUT")


def is_same(one: nuke.Node, other: nuke.Node) -> bool:
    """Whether two stand for one node; one that was deleted is no other."""
    try:
        return bool(one == other)
    except ValueError as error:
        if not is_gone(error):
            raise
        return False


def is_gone(error: Exception) -> bool:
    """Whether an error says that the node was deleted while somebody held it."""
    return "not attached" in str(error)

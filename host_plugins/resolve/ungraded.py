"""The export's own copy of a clip, without a grade that the project hands to it.

A clip that is laid into a timeline has a new local version of its grade, and that is empty. With a remote version it
has the grade that every clip of the same media shares, and a colour group gives its own. Both are taken off the copy,
never off the clip, and what cannot be taken off is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from ..host import Fault

if TYPE_CHECKING:
    from .api import Graph, TimelineItem

VERSION = "PAI-Studio"
_LOCAL: Literal[0] = 0
_REMOTE = 1


def make(item: TimelineItem) -> None:
    """Leave the item of a temporary timeline without any grade. Raises Fault naming what stays."""
    _leave_group(item)
    _leave_remote(item)
    graph: Graph = item.GetNodeGraph(1)
    if _tools(graph) and not graph.ResetAllGrades():
        raise _stays(item, "Resolve does not reset its grade", "reset it by hand on a copy of the clip")
    left = _tools(graph)
    if left:
        raise _stays(item, f"its grade keeps {', '.join(left)}", "remove them from the shared grade")


def _leave_group(item: TimelineItem) -> None:
    group = item.GetColorGroup()
    if group is None:
        return
    name = str(group.GetName())
    if not item.RemoveFromColorGroup() or item.GetColorGroup() is not None:
        raise _stays(item, f"it has the grade of the colour group {name}", "take the clip out of it")


def _leave_remote(item: TimelineItem) -> None:
    if _version(item) != _REMOTE:
        return
    # The grade of a remote version is other clips' too: nothing is reset before a local one is in its place.
    if item.AddVersion(VERSION, _LOCAL):
        item.LoadVersionByName(VERSION, _LOCAL)
    if _version(item) != _LOCAL:
        raise _stays(item, "it has a remote grade, which other clips share", "choose a local version for it")


def _version(item: TimelineItem) -> int:
    current: Any = item.GetCurrentVersion() or {}
    return int(current.get("versionType", _LOCAL))


def _tools(graph: Graph) -> list[str]:
    """What the nodes of a grade hold: tools and LUTs."""
    found: list[str] = []
    for index in range(1, int(graph.GetNumNodes() or 0) + 1):
        found += [str(tool) for tool in graph.GetToolsInNode(index) or []]
        lut = graph.GetLUT(index)
        found += [str(lut)] if lut else []
    return found


def _stays(item: TimelineItem, what: str, hint: str) -> Fault:
    return Fault(what, where=str(item.GetName()), hint=hint, code="INVALID_INPUT")

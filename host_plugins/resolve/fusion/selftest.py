"""From the Comp script's window: what this Fusion really has, as one JSON file that its user can send in.

Only questions are asked, of the tools that the composition has: nothing is added or changed.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...host import Record
from ...selftest import SelfTest
from ..app import App
from ..selftest import kind_of, names_of

if TYPE_CHECKING:
    from ..api import Composition, Tool

FILE = "pai-studio-selftest-fusion.json"


def run(app: App, comp: Composition, tool: Tool, path: Path | None = None) -> str:
    """Write the file into the home folder; gives what to tell. The composition stays as it is. Raises Fault."""
    path = path or Path.home() / FILE
    test = SelfTest("fusion")
    test.gather("product", lambda: "Fusion Studio" if app.resolve is None else "Fusion page")
    test.gather("version", lambda: [int(part) for part in str(app.fusion.Version).split(".")[:2]])
    test.gather("windows", lambda: app.fusion.UIManager is not None)
    test.gather("classes", lambda: names_of(_faces(app, comp, tool)))
    test.gather("answers", lambda: _answers(comp, tool))
    test.gather("tools", lambda: _tools(comp))
    test.gather("attributes", lambda: _attributes(app, comp))
    test.write(path)
    return f"{test.tally()}; please send {path}"


def _faces(app: App, comp: Composition, tool: Tool) -> list[tuple[str, Any]]:
    return [("bmd", app.bmd), ("Fusion", app.fusion), ("Composition", comp), ("Tool", tool)]


def _answers(comp: Composition, tool: Tool) -> Record:
    said = {
        "Composition.ActiveTool": comp.ActiveTool,
        "Composition.CurrentTime": comp.CurrentTime,
        "Composition.GetToolList": comp.GetToolList(False),
        "Composition.MapPath": comp.MapPath("Comp:"),
        "Composition.IsRendering": comp.IsRendering(),
        "Tool.Name": tool.Name,
        "Tool.ID": tool.ID,
        "Tool.GetInputList": tool.GetInputList(),
    }
    return {call: kind_of(value) for call, value in said.items()}


def _tools(comp: Composition) -> Record:
    """By kind of tool that is there: its inputs, each with the type that Fusion calls it."""
    found: Record = {}
    for tool in comp.GetToolList(False).values():
        inputs = found.setdefault(str(tool.ID), {})
        for one in tool.GetInputList().values():
            attrs: Any = one.GetAttrs()
            inputs[str(attrs["INPS_ID"])] = str(attrs["INPS_DataType"])
    return found


def _attributes(app: App, comp: Composition) -> Record:
    """The names of all attributes; their values stay with the user."""
    tools = list(comp.GetToolList(False).values())
    inputs = [one for tool in tools for one in tool.GetInputList().values()]
    return {
        "fusion": sorted(app.fusion.GetAttrs()),
        "comp": sorted(comp.GetAttrs()),
        "tool": sorted({name for tool in tools for name in tool.GetAttrs()}),
        "input": sorted({name for one in inputs for name in one.GetAttrs()}),
    }

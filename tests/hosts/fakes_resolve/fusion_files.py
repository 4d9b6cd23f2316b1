"""Compositions as files: what Resolve and Fusion save, in as much as the fake knows tools."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.hosts.fakes_resolve.fusion_model import LOADER, CompModel, ToolModel, sequence
from tests.hosts.fakes_resolve.model import Item
from tests.hosts.lua_table import LuaError, Table, read_table


def write_comp(comp: CompModel) -> str:
    """The text of a composition."""
    tools = ",\n".join(_tool(tool) for tool in comp.tools)
    ranges = f"RenderRange = {{ {comp.start:g}, {comp.end:g} }},\n\tGlobalRange = {{ {comp.start:g}, {comp.end:g} }}"
    return f"Composition {{\n\tCurrentTime = {comp.time:g},\n\t{ranges},\n\tTools = ordered() {{\n{tools}\n\t}}\n}}\n"


def _tool(tool: ToolModel) -> str:
    inputs = [
        f"[{_text(name)}] = Input {{ Value = {_text(value)}, }}"
        for name, value in tool.inputs.items()
        if name != "Clip" or tool.kind != "Loader"
    ]
    inputs += [
        f'[{_text(name)}] = Input {{ SourceOp = {_text(above.name)}, Source = "Output", }}'
        for name, above in tool.links.items()
    ]
    clips = ""
    if tool.kind == "Loader":
        clips = f'Clips = {{ Clip {{ ID = "Clip1", Filename = {_text(tool.inputs["Clip"])}, }} }},\n\t\t\t'
    return f"\t\t{tool.name} = {tool.kind} {{\n\t\t\t{clips}Inputs = {{ {', '.join(inputs)} }},\n\t\t}}"


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else f"{value:g}"


def read_comp(path: Path, name: str, item: Item | None = None) -> CompModel:
    """A composition from its file; an empty one where the file is not understood, as Resolve does without a word."""
    comp = CompModel(name)
    try:
        table = read_table(path.read_text(encoding="utf-8"))
        tools = table.table("Tools")
    except (OSError, LuaError, KeyError):
        return comp
    given = table.items.get("GlobalRange")
    if isinstance(given, Table):
        comp.start, comp.end = (float(str(given[index])) for index in (1, 2))
    entries = {str(key): value for key, value in tools.items.items() if isinstance(value, Table)}
    comp.tools = [_read_tool(key, value, item) for key, value in entries.items()]
    for tool in comp.tools:
        _connect(comp, tool, entries[tool.name])
    return comp


def _inputs(table: Table) -> dict[str, Table]:
    found = table.items.get("Inputs")
    items = found.items.items() if isinstance(found, Table) else ()
    return {str(key): value for key, value in items if isinstance(value, Table)}


def _read_tool(name: str, table: Table, item: Item | None) -> ToolModel:
    tool = ToolModel(table.cls, name, dict(LOADER) if table.cls == "Loader" else {})
    tool.item = item if table.cls == "MediaIn" else None
    tool.passed = table.items.get("PassThrough") is True
    clips = table.items.get("Clips")
    if isinstance(clips, Table) and clips.items:
        _read_clip(tool, clips.table(1))
    for key, value in _inputs(table).items():
        if "Value" in value.items and not isinstance(value["Value"], Table):
            tool.inputs[key] = value["Value"]
    return tool


def _read_clip(tool: ToolModel, clip: Table) -> None:
    tool.inputs["Clip"] = str(clip["Filename"])
    tool.files = sequence(Path(tool.inputs["Clip"]))
    last = max(tool.length - 1, 0)
    told = {
        "GlobalIn": "GlobalStart",
        "GlobalOut": "GlobalEnd",
        "ClipTimeStart": "TrimIn",
        "ClipTimeEnd": "TrimOut",
    }
    holds = {"HoldFirstFrame": "ExtendFirst", "HoldLastFrame": "ExtendLast"}
    plain = {"GlobalIn": 0.0, "GlobalOut": last, "ClipTimeStart": 0.0, "ClipTimeEnd": last}
    for name, key in {**told, **holds}.items():
        tool.inputs[name] = float(str(clip.items.get(key, plain.get(name, 0.0))))


def _connect(comp: CompModel, tool: ToolModel, table: Table) -> None:
    for key, value in _inputs(table).items():
        above = comp.named(str(value.items.get("SourceOp", "")))
        if above is not None:
            tool.links[key] = above

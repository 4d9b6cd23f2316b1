"""The tables of Resolve and Fusion are whole, and say what the stubs say."""

from __future__ import annotations

import ast
import importlib.metadata
import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.hosts.lua_table import Table as LuaTable
from tests.hosts.lua_table import read_table
from tests.hosts.surface.table import NUKE, RESOLVE, Table, TableError, load, signature

STUBS = Path(importlib.metadata.distribution("fusionscript-stubs").locate_file("fusionscript-stubs"))  # type: ignore[arg-type]

TOLD = (
    *("clips", "exportSubtype", "flag", "importOptions", "metadataValue", "options", "propertyValue"),
    *("settingName", "subframe_precision"),
)
"""What the documents' words say may be left out, where the stubs' syntax does not."""


def changed(tmp_path: Path, path: str, value: Any) -> list[Path]:
    """Both tables with one place of one of them changed; None takes it away."""
    made = []
    for source in RESOLVE:
        data = json.loads(source.read_text(encoding="utf-8"))
        file, *way, last = path.split("/")
        at = data
        if source.stem == file:
            for step in way:
                at = at[step]
            at[last] = value
            if value is None:
                del at[last]
        made.append(tmp_path / source.name)
        made[-1].write_text(json.dumps(data), encoding="utf-8")
    return made


def test_the_tables_are_whole() -> None:
    assert len(list(load(*RESOLVE).rows())) > 900


def test_nukes_table_is_still_the_one_that_is_read_by_default() -> None:
    assert set(load().classes) == set(load(NUKE).classes) >= {"Node", "Knob"}


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("resolve/classes/Timeline/GetName/source", None, "classes.Timeline.GetName: no source"),
        ("resolve/classes/Timeline/GetName/kind", "guessed", "kind 'guessed'"),
        ("resolve/classes/Timeline/GetCurrentVideoItem/returns", "Clip", "unknown 'Clip'"),
        ("resolve/settings/project/colorScienceMode/type", "Text", "unknown type 'Text'"),
        ("resolve/words/exr_codec/RGBHalf/source", None, "words.exr_codec.RGBHalf: no source"),
        ("fusion/tools/Loader/Clip/type", "Path", "unknown type 'Path'"),
        ("fusion/classes/Timeline", {}, "classes: in two files: Timeline"),
        ("fusion/classes/Tool/SetInput/args", "id, value", "no parameter list"),
    ],
)
def test_a_row_that_is_not_whole_is_refused(tmp_path: Path, path: str, value: Any, says: str) -> None:
    with pytest.raises(TableError) as raised:
        load(*changed(tmp_path, path, value))
    assert says in str(raised.value)


def stub_classes() -> dict[str, dict[str, list[ast.AST]]]:
    """What each class of the stubs defines; overloads are several of one name."""
    found: dict[str, dict[str, list[ast.AST]]] = {}
    for node in ast.parse((STUBS / "fusionscript.pyi").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef):
            rows = found.setdefault(node.name, {})
            for item in node.body:
                if isinstance(item, ast.FunctionDef):
                    rows.setdefault(item.name, []).append(item)
                elif isinstance(item, (ast.AnnAssign, ast.Assign)):
                    target = item.target if isinstance(item, ast.AnnAssign) else item.targets[0]
                    rows.setdefault(target.id, []).append(item)  # type: ignore[attr-defined]
    return found


def from_stubs(table: Table) -> list[tuple[str, str, Any]]:
    return [
        (cls, name, row)
        for cls, rows in table.classes.items()
        for name, row in rows.items()
        if row["source"].startswith("stubs ")
    ]


def test_what_is_said_to_stand_in_the_stubs_stands_there() -> None:
    stubs, wrong, rows = stub_classes(), [], from_stubs(load(*RESOLVE))
    for cls, name, row in rows:
        there = stubs.get(cls, {}).get(name)
        if not there:
            wrong.append(f"{cls}.{name}: not there")
        elif "args" in row and not any(agrees(stub, row["args"]) for stub in there):
            wrong.append(f"{cls}.{name}({row['args']}): no form of the stubs")
    assert wrong == []
    assert len(rows) > 350


def agrees(stub: ast.AST, args: str) -> bool:
    """Whether our parameters are as many as the stub's at most, and as few at least as it must have."""
    if not isinstance(stub, ast.FunctionDef):
        return False
    plain = stub.args.args[1:]
    must = sum("Optional" not in ast.unparse(arg.annotation or arg) for arg in plain) - len(
        stub.args.defaults
    )
    ours = list(signature(args).parameters.values())
    needed = sum(parameter.default is inspect.Parameter.empty or parameter.name in TOLD for parameter in ours)
    return bool(stub.args.vararg) or (len(ours) <= len(plain) and needed >= must)


def test_every_class_of_the_stubs_is_there_but_those_of_fusion() -> None:
    """Fusion's two are empty there; fusion.json has its own."""
    plain = {"Fusion", "FusionComp"}
    with_calls = {name for name, rows in stub_classes().items() if any(map(is_call, rows.values()))}
    assert with_calls - plain <= set(load(*RESOLVE).classes)


def is_call(rows: list[ast.AST]) -> bool:
    return any(isinstance(row, ast.FunctionDef) for row in rows)


def test_the_keys_of_the_render_settings_are_those_of_the_stubs() -> None:
    stubs, table = stub_classes(), load(*RESOLVE)
    ours = {key for key, row in table.settings["render"].items() if "since" not in row}
    assert ours == set(stubs["RenderSettings"])
    assert set(table.settings["append"]) == set(stubs["MediaPoolClipInfo"])
    assert set(table.settings["import"]) == set(stubs["ImportClipInfo"])
    assert set(table.settings["take"]) == set(stubs["TakeInfo"])
    assert set(table.settings["marker"]) == set(stubs["Marker"])


def test_no_call_takes_words() -> None:
    """Resolve's calls know positions alone."""
    for name, row in load(*RESOLVE).rows():
        if row.get("args"):
            for parameter in signature(row["args"]).parameters.values():
                assert parameter.kind is inspect.Parameter.POSITIONAL_ONLY, name


def saved_rows() -> list[tuple[str, str, str]]:
    """Inputs that are said to stand in a saved comp: the tool's class, the input, the file."""
    return [
        (tool, name, row["source"].removeprefix("saved comp anima "))
        for tool, rows in load(*RESOLVE).tools.items()
        for name, row in rows.items()
        if row["source"].startswith("saved comp anima ")
    ]


@pytest.mark.parametrize(("tool", "name", "file"), saved_rows())
def test_an_input_said_to_be_in_a_saved_comp_is_there(
    footage: Callable[[str], Path], tool: str, name: str, file: str
) -> None:
    text = (footage("scripts_fusion_resolve") / "anima" / file).read_text(encoding="utf-8")
    found = set()
    for table in read_table(text).walk():
        inputs = table.items.get("Inputs")
        if table.cls == tool and isinstance(inputs, LuaTable):
            found |= {str(key) for key in inputs.items}
    assert name in found

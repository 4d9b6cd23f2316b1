"""The surface table is whole, and says what its sources say."""

from __future__ import annotations

import ast
import copy
import importlib.metadata
import inspect
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import FOOTAGE
from tests.hosts.nk_reader import Node, read_nk
from tests.hosts.surface.table import NUKE, Table, TableError, load, signature

STUBS = Path(importlib.metadata.distribution("types-nuke").locate_file("nuke-stubs"))  # type: ignore[arg-type]
FOLDERS = {
    "aws-deadline/deadline-cloud-for-nuke": "deadline_cloud",
    "CreativeLyons/NukeSurvivalToolkit_publicRelease": "nst",
    "jedypod/nuke-config": "jedypod",
}
SAVED = [
    pytest.param(name, row, id=name)
    for name, row in load().rows()
    if row["source"].startswith("saved script ") and name.startswith("nodes.")
]


def changed(tmp_path: Path, path: str, value: Any) -> Path:
    """The table with one place changed; None takes it away."""
    data = json.loads(NUKE.read_text(encoding="utf-8"))
    at = data
    *way, last = path.split("/")
    for step in way:
        at = at[step]
    if value is None:
        del at[last]
    else:
        at[last] = value
    file = tmp_path / "changed.json"
    file.write_text(json.dumps(data), encoding="utf-8")
    return file


def test_the_table_is_whole() -> None:
    assert len(list(load().rows())) > 500


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("module/createNode/source", None, "module.createNode: no source"),
        ("module/createNode/kind", "guessed", "kind 'guessed'"),
        ("module/createNode/thread", "render", "thread 'render'"),
        ("module/createNode/returns", "Nodule", "unknown 'Nodule'"),
        ("module/createNode/args", "node, args", "no parameter list"),
        ("nodes/Write/file/type", "Path", "type 'Path'"),
        ("nodes/Write/datatype/default", "8 bit", "not among its values"),
        ("bases/Group", "Noude", "no class Group or Noude"),
        ("env/keys/nc/kind", None, "env.keys.nc: kind None"),
    ],
)
def test_a_row_that_is_not_whole_is_refused(tmp_path: Path, path: str, value: Any, says: str) -> None:
    with pytest.raises(TableError) as raised:
        load(changed(tmp_path, path, value))
    assert says in str(raised.value)


def test_a_row_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "twice.json"
    text = NUKE.read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if '"nodePaste"' in line)
    file.write_text(text.replace(line, f"{line}\n{line}"), encoding="utf-8")
    with pytest.raises(TableError, match="nodePaste: there twice"):
        load(file)


def test_a_method_is_found_in_the_nearest_class() -> None:
    table = load()
    assert table.method("File_Knob", "value") is table.classes["File_Knob"]["value"]
    assert table.method("Root", "setInput") is table.classes["Node"]["setInput"]
    assert table.method("Root", "setRange") is None


def test_signatures_say_what_may_be_named() -> None:
    create = signature("node args='' / inpanel=True")
    assert create.bind("Read", inpanel=False).arguments == {"node": "Read", "inpanel": False}
    with pytest.raises(TypeError):
        create.bind(node="Read")


def stub_names() -> dict[str, dict[str, ast.AST]]:
    """What the stubs define: names of the module under "", those of a class under its name."""
    found: dict[str, dict[str, ast.AST]] = {"": {}}
    for file in STUBS.glob("*.pyi"):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                found[node.name] = {
                    item.name: item for item in node.body if isinstance(item, ast.FunctionDef)
                }
            for name in _names(node):
                found[""].setdefault(name, node)
    return found


def _names(node: ast.stmt) -> list[str]:
    if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
        return [node.name]
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return [node.target.id]
    return []


def test_what_is_said_to_stand_in_the_stubs_stands_there() -> None:
    stubs, missing, seen = stub_names(), [], 0
    for name, row in load().rows():
        if not row["source"].startswith("stubs "):
            continue
        part, *rest = name.split(".")
        where, last = ("", rest[0]) if part == "module" else (rest[0], rest[1])
        there = stubs.get(where, {}).get(last)
        seen += 1
        if there is None:
            missing.append(name)
        elif isinstance(there, ast.FunctionDef) and "args" in row and row["kind"] == "official":
            missing += [f"{name}: {what}" for what in disagreements(there, row["args"], of_class=bool(where))]
    assert missing == []
    assert seen > 200


def disagreements(stub: ast.FunctionDef, args: str, *, of_class: bool) -> list[str]:
    """Where our parameter list asks for more, or allows more, than the stub's does; opaque stubs tell nothing."""
    if stub.args.vararg or stub.decorator_list:
        return []
    plain = [arg.arg for arg in (*stub.args.posonlyargs, *stub.args.args)][1 if of_class else 0 :]
    ours = list(signature(args).parameters.values())
    needed = sum(parameter.default is inspect.Parameter.empty for parameter in ours)
    if len(ours) > len(plain):
        return [f"takes {len(ours)}, the stub {len(plain)}"]
    must = len(plain) - len(stub.args.defaults)
    return [f"needs {needed}, the stub {must}"] if needed < must else []


@pytest.mark.parametrize(("name", "row"), SAVED)
def test_a_knob_said_to_be_in_a_saved_script_is_there(name: str, row: dict[str, Any]) -> None:
    _, cls, knob = name.split(".")
    repository, file = row["source"].removeprefix("saved script ").split(" ")[:2]
    scripts = FOOTAGE / "scripts_nuke"
    if not scripts.is_dir():
        pytest.skip("footage scripts_nuke is not on this machine")
    path = scripts / FOLDERS[repository] / file.rstrip(",;")
    nodes = [node for node in nodes_of(path) if cls in ("*", node.cls)]
    assert any(_has(node, knob) for node in nodes), f"{path.name}: no {cls} with {knob}"


@cache
def nodes_of(path: Path) -> list[Node]:
    return list(read_nk(path.read_text(encoding="utf-8")).walk())


def _has(node: Node, knob: str) -> bool:
    return knob in node.knobs and knob not in node.user_knobs


def test_a_table_can_be_made_of_other_data() -> None:
    data = copy.deepcopy(json.loads(NUKE.read_text(encoding="utf-8")))
    data["nodes"]["Ours"] = {"only": {"type": "Int", "kind": "convention", "source": "this test"}}
    table = Table(data)
    assert table.knob("Ours", "only") is not None
    assert table.knob("Ours", "xpos") is table.nodes["*"]["xpos"]
    assert table.knob("Read", "only") is None

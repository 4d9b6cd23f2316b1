"""PAIStudio.setting, Fusion's macro: the file that ships is what the generator writes, and rebuilds the beauty."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import OpenImageIO as oiio
import pytest

from pai_studio.host_plugins.resolve.fusion import lua, macro
from tests.hosts import test_recombine
from tests.hosts.fusion_eval import Picture, evaluate
from tests.hosts.lua_table import Table, read_table
from tests.hosts.real_lua import evaluated, flat

FRAME = 1002
delivered = test_recombine.delivered


def group(text: str) -> Table:
    whole = read_table(text)
    assert flat(whole) == evaluated(text)
    assert whole["ActiveTool"] == macro.NAME
    return whole.table("Tools").table(macro.NAME)


@pytest.fixture
def fed(delivered: Path) -> Table:
    path = str(delivered).replace("####", "1001")
    return group(macro.setting(macro.Clip(path, 1001, 1002)))


def set_mix(macro_group: Table, label: str, value: float) -> None:
    """As the macro's slider of that label does."""
    (face,) = [
        face
        for face in macro_group.table("Inputs").items.values()
        if isinstance(face, Table) and face["Name"] == label
    ]
    tool = macro_group.table("Tools").table(str(face["SourceOp"]))
    tool.table("Inputs").table(str(face["Source"])).items["Value"] = value


def test_the_file_that_ships_is_what_is_written():
    assert macro.FILE.read_text(encoding="utf-8") == macro.setting()


def test_the_macro_gives_the_delivered_beauty_back(fed: Table):
    made, given = evaluate(fed, FRAME), evaluate(fed, FRAME, "MainOutput2")
    for letter in "rgb":
        ulp = np.spacing(np.abs(given[letter]).astype(np.float16)).astype(np.float32)
        assert np.all(np.abs(made[letter] - given[letter]) <= ulp), letter
    assert np.all(made["a"] == 1)
    assert np.ptp(given["g"]) > 0.2


def layers(fed: Table) -> dict[str, Picture]:
    return {name: evaluate(only(fed, name), FRAME) for name in macro.LAYERS}


def only(fed: Table, tool: str) -> Table:
    """The same group with that tool at its output."""
    output = Table("InstanceOutput", items={"SourceOp": tool, "Source": "Output"})
    return Table(fed.cls, items={**fed.items, "Outputs": Table(items={"MainOutput1": output})})


def test_the_layers_of_the_shot_are_worth_the_test(fed: Table):
    given = layers(fed)
    assert np.abs(given["gain"]["r"] - 1).max() > 0.05
    assert np.ptp(given["foreground"]["a"]) > 0.9
    assert np.ptp(given["shadow"]["g"]) > 0.001
    assert given["wrap"]["g"].max() > 0.01


@pytest.mark.parametrize("label", macro.MIXES.values())
def test_a_mix_at_nought_leaves_its_part_out(fed: Table, label: str):
    given, plain = layers(fed), evaluate(fed, FRAME)
    set_mix(fed, label, 0)
    made = evaluate(fed, FRAME)
    for letter in "rgb":
        light = 1 if label == "Relight" else given["gain"][letter]
        shade = 1 if label == "Shadow" else given["shadow"][letter]
        wrap = 0 if label == "Light wrap" else given["wrap"][letter]
        behind = given["background"][letter] * shade * (1 - given["foreground"]["a"])
        wanted = given["foreground"][letter] * light + behind + wrap
        assert np.allclose(made[letter], wanted, rtol=1e-6, atol=1e-7)
    assert np.abs(made["g"] - plain["g"]).max() > 0.002


def test_every_link_and_control_leads_somewhere():
    tools = group(macro.setting()).table("Tools")
    whole = group(macro.setting())
    for table in whole.walk():
        if "SourceOp" not in table.items:
            continue
        tool = tools.table(str(table["SourceOp"]))
        if table.cls == "InstanceInput":
            assert table["Source"] == "Clip" or table["Source"] in tool.table("Inputs").items
        else:
            assert table["Source"] == "Output"
    faces = whole.table("Inputs").items.values()
    assert [face["Name"] for face in faces if face["Page"] == "Controls"] == list(macro.MIXES.values())
    assert [face["SourceOp"] for face in faces if face["Page"] == "Files"] == list(macro.LAYERS)


def test_every_tool_and_input_has_a_row_with_its_source():
    known = json.loads((Path(__file__).parent / "surface/fusion.json").read_text(encoding="utf-8"))["tools"]
    tools = group(macro.setting()).table("Tools")
    for name in tools.items:
        tool = tools.table(name)
        assert set(tool.table("Inputs").items) <= set(known[tool.cls]), name
    assert "Clip" in known["Loader"]


def test_every_layer_is_read_from_a_channel_that_a_delivery_writes(delivered: Path):
    file = oiio.ImageInput.open(str(delivered).replace("####", "1001"))
    there = set(file.spec().channelnames)
    assert {channel for channels in macro.LAYERS.values() for channel in channels} <= there


NAMES = [
    "C:\\shots\\new\\a b\\x.1001.exr",
    'say "hi"/ünï/x.1001.exr',
    "//server/share/東京/x.1001.exr",
    "/shows/" + "a long folder/" * 20 + "x.1001.exr",
    "a\nb\t]]",
]


@pytest.mark.parametrize("path", NAMES)
def test_any_path_comes_back_as_it_was(path: str):
    loader = group(macro.setting(macro.Clip(path, 86400, 86500))).table("Tools").table("gain")
    clip = loader.table("Clips").table(1)
    assert (clip["Filename"], clip["Length"], clip["TrimOut"], clip["GlobalEnd"]) == (path, 101, 100, 86500)


def test_what_a_setting_cannot_hold_is_refused():
    with pytest.raises(ValueError, match="holds a character"):
        macro.setting(macro.Clip("a\0b", 1, 2))
    with pytest.raises(ValueError, match="nan is no number"):
        lua.written({"a": float("nan")})


def test_any_data_is_written_as_it_is_read():
    data = {
        "end": 1,
        "a.b": [True, False, -0.1, 1e20],
        "made": lua.Made("Fuse.Thing", [{"deep": {"deeper": {"x" * 120: "y"}}}, []]),
        "kept": lua.Made(lua.ORDERED, {"z": 1, "a": 2}),
    }
    text = lua.written(data)
    assert flat(read_table(text)) == evaluated(text)
    read = read_table(text)
    assert list(read.table("kept").items) == ["z", "a"]
    assert read.table("made").table(1).table("deep").table("deeper")["x" * 120] == "y"
    assert not re.search(r"[ \t]$", text, re.MULTILINE)


UNKNOWN = [
    ("wrap", "Depth", "1"),
    ("wrap", "PostMultiplyByAlpha", "1"),
    ("wrap", "GlobalIn", "1000"),
    ("shade", "Blend", "0.5"),
    ("shade", "RedExpression", '"max(r1, 0)"'),
]


@pytest.mark.parametrize(("tool", "key", "value"), UNKNOWN)
def test_what_the_reckoning_does_not_know_it_refuses(fed: Table, tool: str, key: str, value: str):
    spoilt = read_table(f"Input {{ Value = {value} }}")
    fed.table("Tools").table(tool).table("Inputs").items[key] = spoilt
    with pytest.raises(NotImplementedError):
        evaluate(only(fed, tool), FRAME)


def test_a_tool_of_another_kind_is_refused(fed: Table):
    fed.table("Tools").table("wrap").cls = "Saver"
    with pytest.raises(NotImplementedError, match="Saver is not known"):
        evaluate(fed, FRAME)

"""Our node in a Nuke that has no plugin of ours, and the little that its knobs do by themselves."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

import pytest

from pai_studio.host_plugins.nuke import knobs, recombine, write_nk
from pai_studio.host_plugins.nuke.panel import ROWS
from tests.hosts.fakes.nuke_fake import FakeNuke
from tests.hosts.nk_reader import read_nk
from tests.hosts.surface.kinds import Host
from tests.hosts.surface.table import load
from tests.hosts.surface.walk import walk_text, world_of
from tests.hosts.test_nuke_files import HERE

NAME = "PAIStudio1"
BUTTONS = ("render", "refinish", "cancel", "open_panel", "check_versions")


@pytest.fixture
def bare() -> Iterator[FakeNuke]:
    """A Nuke without our plugin, our node pasted into it."""
    with FakeNuke().installed() as fake:
        fake.module.nodePaste(str(HERE / "PAIStudio.nk"))
        yield fake


def node(fake: FakeNuke) -> Any:
    return fake.module.toNode(NAME)


def test_the_pasted_node_is_selected_and_has_its_inputs(bare: FakeNuke):
    assert bare.module.selectedNode().name() == NAME
    assert node(bare).maxInputs() == len(knobs.INPUTS)


@pytest.mark.parametrize("button", BUTTONS)
def test_a_button_without_the_plugin_says_how_to_install_it(bare: FakeNuke, button: str):
    bare.press(NAME, button)
    (said,) = bare.dialogs.taken()
    assert "pai-studio install nuke" in said
    assert "pai_studio_host" in said


def test_a_version_chosen_without_the_plugin_says_so_and_other_knobs_are_silent(bare: FakeNuke):
    bare.set(NAME, "seed", 8)
    bare.set(NAME, "shot", "SH010")
    assert bare.dialogs.taken() == []
    bare.knob(NAME, "version").set_values([knobs.NO_VERSION, "v001"])
    bare.set(NAME, "version", "v001")
    assert len(bare.dialogs.taken()) == 1


def test_use_current_takes_the_frame_of_the_viewer(bare: FakeNuke):
    bare.frame = 1042
    for name in knobs.STILLS:
        bare.press(NAME, f"{name}_now")
        assert node(bare)[f"{name}_frame"].value() == 1042


def test_a_script_keeps_every_knob_without_the_plugin(bare: FakeNuke):
    bare.set(NAME, "caption", 'a "quoted" [word] {brace} $1 \\ back\nwet street, Käthe')
    bare.set(NAME, "pinned", '{"files": "/a/b.####.exr", "frames": [1001, 1002]}')
    saved = read_nk(bare.snippet()).node(NAME)
    assert saved.knobs["caption"] == 'a "quoted" [word] {brace} $1 \\ back\nwet street, Käthe'
    assert saved.knobs["pinned"] == '{"files": "/a/b.####.exr", "frames": [1001, 1002]}'
    assert list(saved.user_knobs) == [row.name for row in ROWS]


def test_every_button_has_an_action():
    tree = ast.parse((HERE / "actions.py").read_text(encoding="utf-8"))
    tables = [
        one
        for one in ast.walk(tree)
        if isinstance(one, ast.AnnAssign) and ast.unparse(one.target) == "_BUTTONS"
    ]
    (table,) = [one.value for one in tables]
    assert isinstance(table, ast.Dict)
    actions = {ast.literal_eval(key) for key in table.keys if key}
    assert actions == {*BUTTONS, "version"}
    for name in actions:
        code = knobs.KNOB_CHANGED if name == "version" else next(row.text for row in ROWS if row.name == name)
        assert f'actions.press(nuke.thisNode(), "{name}")' in code


def test_the_code_of_every_knob_keeps_to_the_table():
    table = load()
    own = {row.name: table.user_knobs[str(row.kind)] for row in ROWS}
    world = world_of(table, HERE.glob("*.py"), own)
    codes = {row.name: row.text for row in ROWS if row.kind == knobs.BUTTON}
    assert len(codes) == len(BUTTONS) + len(knobs.STILLS)
    for name, code in {**codes, "knobChanged": knobs.KNOB_CHANGED}.items():
        assert walk_text(code, name, world, nuke=Host()) == []


def test_the_mixes_of_the_recombination_are_its_knobs(bare: FakeNuke):
    bare.module.nodePaste(str(HERE / "PAIRecombine.nk"))
    made = bare.module.selectedNode()
    assert {name: made[name].value() for name in recombine.MIXES} == dict.fromkeys(recombine.MIXES, 1)
    assert set(write_nk.FILES) == {"PAIStudio.nk", "PAIRecombine.nk"}

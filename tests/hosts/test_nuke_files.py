"""The .nk files that ship: they are what the writer makes, and hold what the design says."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pai_studio.core.shot.document import PASSES, Delivery, EngineChoice, Finish, Plate, Prompt
from pai_studio.host_plugins.nuke import knobs, write_nk
from pai_studio.host_plugins.nuke.graph import NO_FILE, Placed, export_of
from pai_studio.host_plugins.nuke.panel import ROWS
from tests.hosts.nk_reader import CODES, NkError, Node, read_nk
from tests.hosts.surface.table import load

HERE = Path(write_nk.__file__).parent
TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc",)) | st.sampled_from('\n\t\r\\"[]{}$;# ')
)


def studio() -> Node:
    return read_nk((HERE / "PAIStudio.nk").read_text(encoding="utf-8")).nodes[0]


@pytest.mark.parametrize("name", write_nk.FILES)
def test_the_committed_file_is_what_the_writer_makes(name: str):
    made = write_nk.snippet(write_nk.FILES[name]())
    assert (HERE / name).read_bytes().decode("utf-8") == made


def test_every_row_of_the_panel_is_in_the_file_with_its_value():
    node = studio()
    assert list(node.user_knobs) == [row.name for row in ROWS]
    for row in ROWS:
        read = node.user_knobs[row.name]
        assert (read.code, read.label, read.tooltip, read.text) == (
            row.kind,
            row.label,
            row.tooltip,
            row.text,
        )
        assert read.choices == row.choices
        assert read.flags == frozenset(row.flags)
        assert read.range == (row.span or ())
        assert node.knobs.get(row.name) == (None if row.value is None else _saved(row.value))


def _saved(value: knobs.Value) -> str:
    return (
        str(value).lower()
        if isinstance(value, bool)
        else f"{value:g}"
        if isinstance(value, float)
        else str(value)
    )


def test_a_knob_that_an_artist_sees_says_what_it_does():
    silent = (knobs.TAB, knobs.TEXT)
    seen = [row for row in ROWS if row.kind not in silent and knobs.INVISIBLE not in row.flags]
    assert [row.name for row in seen if not row.label or len(row.tooltip) < 12] == []


def test_choices_and_defaults_are_those_of_the_shot_document():
    rows = {row.name: row for row in ROWS}

    def choices(model, key: str) -> set[str]:
        return set(model.model_fields[key].annotation.__args__)

    assert set(rows["plate_alpha"].choices) == choices(Plate, "alpha")
    assert set(rows["screen"].choices) == choices(Plate, "screen")
    assert set(rows["quality"].choices) == choices(EngineChoice, "quality")
    assert set(rows["delivery_type"].choices) == choices(Delivery, "type")
    assert set(rows["delivery_compression"].choices) == choices(Delivery, "compression")
    assert tuple(Prompt.model_fields) == knobs.PROMPTS
    assert tuple(Finish.model_fields) == knobs.FINISHES
    assert ("beauty", *knobs.LAYERS) == PASSES
    for model, names in ((Finish, knobs.FINISHES), (EngineChoice, ("seed", "steps", "quality"))):
        for name in names:
            row = rows[name]
            assert model.model_fields[name].default == (row.choices[0] if row.value is None else row.value)
    assert rows["engine"].choices[0] == EngineChoice().name
    assert rows["delivery_compression"].value == Delivery().compression


def test_each_input_has_a_write_of_its_own_that_is_off():
    node = studio()
    inputs = [child for child in node.children if child.cls == "Input"]
    assert [child.name for child in inputs] == list(knobs.INPUTS)
    assert [int(child.knobs.get("number", 0)) for child in inputs] == list(range(8))
    for source in knobs.INPUTS:
        write = node.child(export_of(source))
        assert write.inputs == [node.child(source)]
        assert {key: write.knobs[key] for key in ("disable", "raw", "autocrop", "file_type")} == {
            "disable": "true",
            "raw": "true",
            "autocrop": "false",
            "file_type": "exr",
        }
    assert node.child("Output1").inputs == [node.child("in_range")]
    assert node.child("in_range").inputs == [node.child("result"), node.child("no_picture")]
    for name in ("result", "no_picture"):
        assert node.child(name).knobs["file"] == NO_FILE
        assert node.child(name).knobs["on_error"] == "error"


def test_the_python_of_every_button_is_python_for_every_supported_nuke():
    buttons = [row for row in ROWS if row.kind == knobs.BUTTON]
    assert len(buttons) == 10
    for code in (*(row.text for row in buttons), knobs.KNOB_CHANGED):
        ast.parse(code, feature_version=(3, 9))


def test_the_reader_knows_every_kind_of_knob_that_we_write():
    assert {row.kind for row in ROWS} <= set(CODES)


@given(TEXT, TEXT, TEXT)
def test_any_text_comes_back_from_a_script(label: str, tooltip: str, code: str):
    row = knobs.Knob(knobs.BUTTON, "press", label, tooltip, text=code, choices=(label, tooltip))
    inside = Placed("StickyNote", "note", {"label": tooltip})
    node = Placed("Group", "Group1", {"label": label, "help": code}, (None,), (row,), (inside,))
    read = read_nk(write_nk.snippet(node)).nodes[0]
    assert (read.knobs["label"], read.knobs["help"]) == (label, code)
    assert read.child("note").knobs["label"] == tooltip
    knob = read.user_knobs["press"]
    assert (knob.label, knob.tooltip, knob.text, knob.choices) == (label, tooltip, code, (label, tooltip))


@given(st.lists(st.lists(st.integers(-1, 11), max_size=4), min_size=1, max_size=12))
def test_any_wiring_comes_back_from_a_script(wires: list[list[int]]):
    """-1, and what is not written yet, is an open input."""
    nodes = tuple(
        Placed("NoOp", f"n{index}", {}, tuple(f"n{at}" if 0 <= at < index else None for at in feeds))
        for index, feeds in enumerate(wires)
    )
    group = read_nk(write_nk.snippet(Placed("Group", "Group1", {}, (None,), inside=nodes))).nodes[0]
    read = {node.name: tuple(above and above.name for above in node.inputs) for node in group.children}
    assert read == {node.name: node.feeds for node in nodes}


@given(st.characters(categories=("Cc", "Cs"), exclude_characters="\n\r\t"))
def test_what_no_script_can_hold_is_refused_and_not_lost(char: str):
    with pytest.raises(ValueError, match="cannot"):
        write_nk.quoted(f"a{char}")


def test_a_script_of_ours_that_is_cut_off_is_refused():
    text = (HERE / "PAIStudio.nk").read_text(encoding="utf-8")
    with pytest.raises(NkError, match="end_group"):
        read_nk(text.removesuffix("end_group\n"))


@pytest.mark.parametrize("name", write_nk.FILES)
def test_every_node_knob_and_value_is_a_sourced_one(name: str):
    table = load()
    for node in read_nk((HERE / name).read_text(encoding="utf-8")).walk():
        assert node.cls in table.nodes
        for row in node.user_knobs.values():
            assert str(row.code) in table.user_knobs
            assert row.flags <= set(table.user_flags)
        for knob, value in node.knobs.items():
            if knob in node.user_knobs:
                continue
            known = table.knob(node.cls, knob)
            assert known, f"{node.cls}.{knob} is in no table"
            assert value in known.get("values", [value]), f"{node.cls}.{knob} {value}"

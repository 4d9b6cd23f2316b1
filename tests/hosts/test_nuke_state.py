"""What counts as a change of a node, and what does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.hosts.fakes.nuke_fake import FakeNuke
from tests.hosts.nuke_scene import FIRST, Scene, scene


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Scene]:
    with scene(tmp_path) as one:
        yield one


CHANGES: dict[str, Callable[[Scene], Any]] = {
    "a setting": lambda one: one.node["seed"].setValue(8),
    "a prompt": lambda one: one.node["caption"].setValue("at night"),
    "the range": lambda one: one.nuke.root()["last_frame"].setValue(1002),
    "an anchor": lambda one: one.node["ref1_frame"].setValue(1002),
    "a framing": lambda one: one.node["ref1_fit"].setValue("fit"),
    "the plate's file": lambda one: one.plate["file"].setValue("/other/plate.%04d.exr"),
    "the exported type": lambda one: one.node["export_type"].setValue("float"),
    "the working space": lambda one: one.nuke.root()["workingSpaceLUT"].setValue("scene_linear"),
    "another config": lambda one: one.nuke.root()["customOCIOConfigPath"].setValue("/show/aces2/config.ocio"),
    "a matte": lambda one: one.node.setInput(1, one.plate),
    "another still": lambda one: one.node.setInput(4, one.still),
    "a node that was put in": lambda one: one.between("Grade"),
    "a disabled node": lambda one: one.grade["disable"].setValue(True),
    "a knob upstream": lambda one: one.grade["multiply"].setValue(2),
}


@pytest.fixture
def graded(made: Scene) -> Scene:
    made.node["frame_source"].setValue("project")
    made.grade = made.between("Grade")
    return made


@pytest.mark.parametrize("change", CHANGES)
def test_these_change_what_would_be_generated(graded: Scene, change: str) -> None:
    before = graded.state()
    CHANGES[change](graded)
    after = graded.state()
    assert after.generation != before.generation
    assert after.finish == before.finish


FINISHING: dict[str, Callable[[Scene], Any]] = {
    "a finishing knob": lambda one: one.node["wrap"].setValue(0.1),
    "a pass": lambda one: one.node["pass_gain"].setValue(False),
    "the delivered type": lambda one: one.node["delivery_type"].setValue("float"),
    "the compression": lambda one: one.node["delivery_compression"].setValue("piz"),
}


@pytest.mark.parametrize("change", FINISHING)
def test_these_change_the_finishing_alone(graded: Scene, change: str) -> None:
    before = graded.state()
    FINISHING[change](graded)
    after = graded.state()
    assert after.finish != before.finish
    assert after.generation == before.generation


NOTHING: dict[str, Callable[[Scene], Any]] = {
    "moving": lambda one: one.grade.setXYpos(500, 900),
    "selecting": lambda one: one.grade.setSelected(True),
    "renaming a node above": lambda one: one.grade.setName("warmer"),
    "renaming our node": lambda one: one.node.setName("background"),
    "a colour": lambda one: one.grade["tile_color"].setValue(0xFF0000FF),
    "a label": lambda one: one.grade["label"].setValue("warm\nit up {really"),
    "a note": lambda one: one.plate["note_font_size"].setValue(40),
    "a stamp": lambda one: one.plate["postage_stamp"].setValue(True),
    "the output": lambda one: one.node["output"].setValue("/other/v001/a_v001.%04d.exr"),
    "the shot's name": lambda one: one.node["shot"].setValue("other"),
    "the current frame": lambda one: one.nuke.frame(1003),
    "a node beside": lambda one: one.nuke.nodes.NoOp(inputs=[one.grade]),
    "where the config lies": lambda one: one.nuke.root()["customOCIOConfigPath"].setValue(
        "/mnt/x/aces/config.ocio"
    ),
    "our own bookkeeping": lambda one: one.node["status"].setValue("anything"),
}


@pytest.mark.parametrize("change", NOTHING)
def test_these_change_nothing(graded: Scene, change: str) -> None:
    before = graded.state()
    NOTHING[change](graded)
    assert graded.state() == before


@pytest.mark.parametrize(
    ("engine", "knobs"),
    [
        ("draft", {"model": "none such", "steps": 4}),
        ("plate", {"model": "x", "quality": "preview"}),
    ],
)
def test_what_an_engine_does_not_look_at_changes_nothing(
    graded: Scene, engine: str, knobs: dict[str, Any]
) -> None:
    graded.node["engine"].setValue(engine)
    before = graded.state()
    for name, value in knobs.items():
        graded.node[name].setValue(value)
    assert graded.state() == before
    graded.node["engine"].setValue("pai")
    assert graded.plug("asked").read(graded.node).document["engine"]["model"] == knobs["model"]


def test_an_expression_of_the_scripts_own_range_follows_that_alone(graded: Scene) -> None:
    graded.plate["first"].setValue(900)
    graded.grade["disable"].setExpression("root.first_frame > 2000")
    before, root = graded.state(), graded.nuke.root()
    root["frame"].setValue(1003)
    assert graded.state() == before
    root["first_frame"].setValue(900)
    assert graded.state() != before


def test_the_renders_of_a_write_above_are_not_counted(made: Scene) -> None:
    write = made.between("Write")
    before = made.state()
    write["version"].setValue(12)
    assert made.state() == before


def test_another_session_finds_the_same(made: Scene, tmp_path: Path) -> None:
    """A script that is saved and opened again, by another Nuke, is the same shot."""
    made.between("Grade")["multiply"].setValue(1.25)
    made.node["caption"].setValue('a "quoted" {brace and\na line')
    before, text = made.state(), made.fake.text()
    other = FakeNuke("terminal", version="16.0v1")
    with other.installed():
        other.spaces = made.fake.spaces
        other.read(text)
        node = other.module.toNode(made.node.name())
        assert made.plug("target").NukeTarget(node).state() == before


def test_inputs_of_a_node_are_told_apart_by_their_order(made: Scene) -> None:
    merge = made.between("Merge2")
    merge.setInput(1, made.still)
    before = made.state()
    merge.setInput(0, made.still)
    merge.setInput(1, made.plate)
    assert made.state() != before


def test_what_is_inside_a_group_counts(made: Scene) -> None:
    group = made.nuke.createNode("Group", "", False)
    with group:
        entry = made.nuke.createNode("Input", "", False)
        grade = made.nuke.createNode("Grade", "", False)
        grade.setInput(0, entry)
        end = made.nuke.createNode("Output", "", False)
        end.setInput(0, grade)
    group.setInput(0, made.plate)
    made.node.setInput(0, group)
    before = made.state()
    grade.setName("inside")
    assert made.state() == before
    grade["multiply"].setValue(3)
    assert made.state() != before


def test_what_feeds_the_group_around_our_node_counts(made: Scene) -> None:
    group = made.nuke.createNode("Group", "", False)
    with group:
        entries = [made.nuke.nodes.Input(number=number) for number in (0, 1)]
        inside = made.plug("node").create()
        inside.setInput(0, entries[1])
        inside.setInput(3, entries[0])
    inside["frame_source"].setValue("project")
    inside["ref1_frame"].setValue(FIRST)
    assert group.setInput(0, made.still)
    assert group.setInput(1, made.plate)
    target = made.plug("target").NukeTarget(inside)
    before = target.state()
    made.still["file"].setValue("/other/still.exr")
    changed = target.state()
    made.plate["file"].setValue("/other/plate.%04d.exr")
    assert len({before, changed, target.state()}) == 3


def test_a_deep_script_is_walked(made: Scene) -> None:
    made.node["frame_source"].setValue("project")
    below = made.node
    for _ in range(1100):
        dot = made.nuke.nodes.Dot()
        below.setInput(0, dot)
        below = dot
    below.setInput(0, made.plate)
    before = made.state()
    made.plate["file"].setValue("/other/plate.%04d.exr")
    assert made.state() != before


def test_a_version_upstream_counts_and_its_bookkeeping_does_not(made: Scene) -> None:
    below = made.plug("node").create()
    below["frame_source"].setValue("project")
    below.setInput(0, made.node)
    below.setInput(3, made.still)
    target = made.plug("target").NukeTarget(below)
    before = target.state()
    made.node["status"].setValue("rendering 40%")
    made.node["job"].setValue("[{}]")
    assert target.state() == before
    made.plug("result").pin(made.node, made.result(2))
    assert target.state() != before


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a 1\nb 2", ["a", "1", "b", "2"]),
        ('a "x y" b {p {q r} s}', ["a", '"x y"', "b", "{p {q r} s}"]),
        ('a "\\"{" b \\{\\ c', ["a", '"\\"{"', "b", "\\{\\ c"]),
        ("a {} b", ["a", "{}", "b"]),
        ("", []),
    ],
)
def test_a_list_is_cut_into_words(made: Scene, text: str, words: list[str]) -> None:
    assert list(made.plug("state").words(text)) == words


def test_an_expression_follows_a_renamed_node(made: Scene) -> None:
    renamed = made.plug("state")._renamed
    assert renamed("{{Blur1.size*2 + Blur10.size}}", {"Blur1": 3}) == "{{#3.size*2 + Blur10.size}}"
    assert renamed("{{soft.size*2 + Blur10.size}}", {"soft": 3}) == "{{#3.size*2 + Blur10.size}}"

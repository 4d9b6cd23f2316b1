"""Our node in a script: made, found, read, and refused in the artist's words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pai_studio.core.shot import document
from pai_studio.host_plugins.host import Fault, Still
from tests.hosts.nuke_scene import FIRST, LAST, Scene, scene


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Scene]:
    with scene(tmp_path) as one:
        yield one


def read(made: Scene) -> Any:
    return made.plug("asked").read(made.node)


def refused(made: Scene) -> Fault:
    with pytest.raises(Fault) as caught:
        read(made)
    return caught.value


def test_a_new_node_knows_its_shot_and_hangs_below_the_selected_node(made: Scene) -> None:
    assert made.node.input(0) == made.plate
    assert made.node["shot"].value() == "SH010_comp"
    assert (made.node["first"].value(), made.node["last"].value()) == (FIRST, LAST)
    assert made.plug("node").is_ours(made.node)
    assert not made.plug("node").is_ours(made.plate)


def test_a_new_node_in_an_unsaved_script_stands_alone(made: Scene) -> None:
    made.nuke.root()["name"].setValue("")
    for other in made.nuke.selectedNodes():
        other.setSelected(False)
    node = made.plug("node").create()
    assert node["shot"].value() == "shot"
    assert node.input(0) is None


@pytest.mark.parametrize(
    ("script", "name"),
    [
        ("/show/SEQ010_SH020_comp_v012.nk", "SEQ010_SH020_comp"),
        ("C:/show/sh 020 (copy).nk", "sh_020_copy"),
        ("/show/Größe_v001_tmp.nk", "Gr_e"),
        ("", "shot"),
        ("/show/v003.nk", "shot"),
    ],
)
def test_a_shot_is_named_after_its_script(made: Scene, script: str, name: str) -> None:
    assert made.plug("node").shot_name(script) == name


def test_our_nodes_are_found_by_name_and_within_groups(made: Scene) -> None:
    node = made.plug("node")
    group = made.nuke.createNode("Group", "", False)
    with group:
        inside = node.create()
    assert node.find() == [made.node, inside]
    assert node.find([made.node.name()]) == [made.node]
    with pytest.raises(
        Fault, match=r"plate: is no PAI-Studio node of this script; it has: PAIStudio1, Group1\.PAIStudio1"
    ):
        node.find(["plate"])


def test_a_node_that_feeds_another_is_rendered_before_it(made: Scene) -> None:
    made.node.setSelected(False)
    above = made.plug("node").create()
    made.between("Grade").setInput(0, above)
    assert made.plug("node").find() == [made.node, above]
    assert made.plug("batch").upstream_first([made.node, above]) == [above, made.node]


def test_a_node_is_below_another_into_and_out_of_groups(made: Scene) -> None:
    node = made.plug("node")
    group = made.nuke.createNode("Group", "", False)
    with group:
        entry = made.nuke.nodes.Input()
        inside = node.create()
        inside.setInput(0, entry)
        made.nuke.nodes.Output(inputs=[inside])
    group.setInput(0, made.node)
    group.setSelected(True)
    last = node.create()
    assert last.input(0) == group
    assert made.plug("batch").upstream_first([last, inside, made.node]) == [made.node, inside, last]
    assert not node.is_below(made.node, inside)


def test_knobs_become_a_document_that_the_shot_reader_takes(made: Scene) -> None:
    made.node["engine"].setValue("draft")
    made.node["caption"].setValue("a man on a pier")
    made.node["pass_gain"].setValue(False)
    made.node["handles"].setValue(2)
    made.plate["first"].setValue(FIRST - 2)
    made.plate["last"].setValue(LAST + 2)
    made.node["frame_source"].setValue("custom")
    made.node.setInput(1, made.still)
    made.node["alpha_invert"].setValue(True)
    asked = read(made)
    assert asked.stills == (Still("ref1", FIRST, "fill"),)
    assert asked.mattes == ("alpha",)
    shot = {**asked.document, "schema": document.SCHEMA}
    shot["plate"] = {**shot["plate"], "files": "p.####.exr", "colorspace": "ACEScg"}
    shot["mattes"] = {"alpha": {**shot["mattes"]["alpha"], "files": "a.####.exr"}}
    shot["references"] = [{"file": "r.exr", "frame": FIRST}]
    whole = document.Shot.model_validate(shot)
    assert whole.name == "SH010_comp"
    assert str(whole.rate) == "24000/1001"
    assert list(whole.all_frames) == list(range(FIRST - 2, LAST + 3))
    assert whole.mattes.alpha.invert
    assert whole.engine.name == "draft"
    assert whole.prompt.caption == "a man on a pier"
    assert "gain" not in whole.delivery.passes
    assert whole.delivery.passes[0] == "beauty"
    files = made.folder / "pai_studio/SH010_comp/v001/SH010_comp_v001.####.exr"
    assert whole.delivery.files == files.as_posix()


def test_a_new_node_asks_for_the_documents_own_defaults(made: Scene) -> None:
    asked = read(made)
    plain = document.Shot.model_validate(
        {
            "schema": document.SCHEMA,
            "name": "a",
            "rate": 24,
            "frames": [1, 2],
            "plate": {"files": "p.####.exr", "colorspace": "ACEScg"},
            "references": [{"file": "r.exr", "frame": 1}],
        }
    ).model_dump(mode="json")
    for part in ("prompt", "engine", "finish"):
        assert asked.document[part] == plain[part]
    for key in ("passes", "compression", "type"):
        assert asked.document["delivery"][key] == plain["delivery"][key]
    for key in ("alpha", "screen", "exposure"):
        assert asked.document["plate"][key] == plain["plate"][key]


@pytest.mark.parametrize(
    ("source", "frames"), [("input", (FIRST, LAST)), ("project", (900, 910)), ("custom", (-5, 7))]
)
def test_the_range_comes_from_where_the_artist_says(
    made: Scene, source: str, frames: tuple[int, int]
) -> None:
    made.nuke.root()["first_frame"].setValue(900)
    made.nuke.root()["last_frame"].setValue(910)
    made.node["first"].setValue(-5)
    made.node["last"].setValue(7)
    made.node["frame_source"].setValue(source)
    assert made.plug("node").frames_of(made.node) == frames


@pytest.mark.parametrize(
    ("knob", "value", "said"),
    [
        ("shot", "a/b", "PAIStudio1: shot: 'a/b' cannot name a shot"),
        ("ref1_frame", 990, "PAIStudio1: ref1 at frame 990 lies outside the frames 1001-1003"),
        ("seed", -1, "PAIStudio1: seed: -1 is not a whole number from 0 to"),
        ("steps", 0, "PAIStudio1: steps: 0 is not a whole number from 1 to 1000"),
        ("handles", -2, "PAIStudio1: handles: -2 is not a whole number from 0 to 10000"),
        ("wrap", 1.5, "PAIStudio1: light wrap: 1.5 is not from 0 to 1"),
        ("exposure", 30.0, "PAIStudio1: exposure: 30 is not from -20 to 20"),
        (
            "output",
            "out/a_v001.%04d.exr",
            "PAIStudio1: output: 'out/a_v001.%04d.exr' is no full path; save the script",
        ),
        ("output", "/out/a_v001.exr", "PAIStudio1: output: holds no frame number"),
        (
            "output",
            r"/out/\[old\]/a_v001.%04d.exr",
            "PAIStudio1: output: '/out/[old]/a_v001.%04d.exr' has one of",
        ),
        ("output", r"/out/\$x/a_v001.%04d.exr", "PAIStudio1: output: '/out/$x/a_v001.%04d.exr' has one of"),
        ("output", "/out/a_v001.%04d.png", "PAIStudio1: output: does not end in .exr"),
    ],
)
def test_a_knob_that_cannot_be_used_is_named_as_the_artist_sees_it(
    made: Scene, knob: str, value: Any, said: str
) -> None:
    made.node[knob].setValue(value)
    fault = refused(made)
    assert str(fault).startswith(said)
    assert fault.hint
    assert fault.code == "INVALID_INPUT"


def test_a_prompt_is_taken_as_it_was_typed(made: Scene) -> None:
    made.node["caption"].setValue("a man [left] with $5\non a pier")
    assert read(made).document["prompt"]["caption"] == "a man [left] with $5\non a pier"


def test_an_anchor_may_lie_in_the_handles(made: Scene) -> None:
    made.node["handles"].setValue(2)
    made.plate["first"].setValue(FIRST - 2)
    made.plate["last"].setValue(LAST + 2)
    made.node["frame_source"].setValue("custom")
    made.node["ref1_frame"].setValue(FIRST - 2)
    assert read(made).stills[0].frame == FIRST - 2


@pytest.mark.parametrize(
    ("knobs", "said"),
    [
        ({"handles": 2}, "PAIStudio1: handles: 999-1005 goes beyond the plate's 1001-1003"),
        (
            {"frame_source": "custom", "first": 1001, "last": 1009},
            "PAIStudio1: frames: 1001-1009 goes beyond the plate's 1001-1003",
        ),
        (
            {"frame_source": "custom", "first": 1002, "last": 1002, "handles": 2},
            "PAIStudio1: handles: 1000-1004 goes beyond the plate's 1001-1003",
        ),
    ],
)
def test_frames_that_nuke_would_only_hold_are_refused(made: Scene, knobs: dict[str, Any], said: str) -> None:
    for name, value in knobs.items():
        made.node[name].setValue(value)
    assert str(refused(made)).startswith(said)
    made.plate["first"].setValue(990)
    made.plate["last"].setValue(1010)
    made.node["frame_source"].setValue("custom")
    assert read(made).notes == ()


def test_a_plate_of_one_frame_may_be_held_and_is_told_of(made: Scene) -> None:
    made.plate["last"].setValue(FIRST)
    assert read(made).notes == ()
    made.node["frame_source"].setValue("project")
    assert read(made).notes == ("the plate has one frame, 1001: Nuke holds it for 1001-1003",)


def test_what_tcl_cannot_work_out_is_told_as_what_it_is(made: Scene) -> None:
    made.node["output"].setValue("/out/sh[010]/a_v001.%04d.exr")
    assert str(refused(made)).startswith(
        "PAIStudio1: output: '/out/sh[010]/a_v001.%04d.exr' has one of [ ] $, which Nuke takes for Tcl"
    )
    made.node["output"].setValue("/out/$shot/a_v001.%04d.exr")
    assert "no such variable" in str(refused(made))


def test_a_range_that_ends_before_it_begins_is_refused(made: Scene) -> None:
    made.node["frame_source"].setValue("custom")
    made.node["last"].setValue(900)
    assert str(refused(made)) == (
        "PAIStudio1: last: 900 comes before the first frame, 1001; give the range in order"
    )


def test_a_plate_and_a_still_are_needed(made: Scene) -> None:
    made.node.setInput(3, None)
    assert str(refused(made)).startswith(
        "PAIStudio1: no background still is connected; connect one to the input 'ref1'"
    )
    made.node.setInput(0, None)
    assert str(refused(made)) == "PAIStudio1: no plate is connected; connect it to the input 'plate'"


def test_an_unsaved_script_is_told_to_be_saved(made: Scene) -> None:
    made.nuke.root()["name"].setValue("")
    assert "save the script first" in str(refused(made))


@pytest.mark.parametrize("padding", ["####", "@@@@", "%04d"])
def test_every_padding_is_understood(made: Scene, padding: str) -> None:
    made.node["output"].setValue(f"/out/v001/a_v001.{padding}.exr")
    assert made.plug("asked").output(made.node) == "/out/v001/a_v001.####.exr"


def test_an_inner_node_that_is_gone_is_named(made: Scene) -> None:
    made.nuke.delete(made.node.node("result"))
    with pytest.raises(Fault, match="its inner node result is missing"):
        made.plug("node").inner(made.node, "result")

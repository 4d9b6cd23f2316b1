"""The pinned version: its record, the Read that shows it, what is offered beside it, and what the status says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hosts.nuke_scene import FIRST, LAST, Scene, nuke_with_plugin, pinned


@pytest.fixture
def made(dest: Path, tmp_path: Path) -> Iterator[Scene]:
    with nuke_with_plugin(dest, tmp_path) as make:
        yield make()


def test_placing_sets_the_read_exactly_and_keeps_the_record(made: Scene) -> None:
    result, given = made.plug("result"), made.result(3)
    result.place(made.node, given)
    read = made.node.node("result")
    assert read["file"].value() == given.files.replace("####", "%04d")
    assert [read[knob].value() for knob in ("first", "last", "origfirst", "origlast")] == [FIRST, LAST] * 2
    assert (read["on_error"].value(), read["raw"].value()) == ("error", True)
    assert pinned(made) == given.record()
    assert result.placed(made.node) == given
    assert made.node["version"].value() == "v003"


def test_a_script_keeps_it_through_saving_and_opening(made: Scene) -> None:
    result, given = made.plug("result"), made.result(3)
    result.place(made.node, given)
    text = made.fake.text()
    made.fake.clear()
    made.fake.read(text)
    node = made.nuke.toNode("PAIStudio1")
    assert result.placed(node) == given
    assert node["version"].value() == "v003"
    assert result.offered(node) == [3]
    assert made.plug("target").NukeTarget(node).state() == given.state


def test_of_two_renders_the_newer_stays(made: Scene) -> None:
    result = made.plug("result")
    assert result.place(made.node, made.result(5))
    assert not result.place(made.node, made.result(4))
    assert pinned(made)["version"] == 5
    assert result.offered(made.node) == [4, 5]
    assert made.node["version"].value() == "v005"


def test_an_earlier_version_comes_back_with_what_it_was_made_from(made: Scene) -> None:
    result, first = made.plug("result"), made.result(1)
    result.place(made.node, first)
    made.node["seed"].setValue(11)
    result.place(made.node, made.result(2))
    made.plug("actions")
    assert result.earlier(made.node, 1) == first
    assert result.earlier(made.node, 9) is None
    result.pin(made.node, first)
    assert result.placed(made.node) == first
    assert result.earlier(made.node, 2).version == 2
    made.node["seed"].setValue(7)
    assert made.plug("status").line(made.node) == "v001, v002 is there"


def test_a_script_keeps_twenty_earlier_records(made: Scene) -> None:
    for version in range(1, 25):
        made.plug("result").place(made.node, made.result(version))
    assert [record["version"] for record in pinned(made)["earlier"]] == list(range(23, 3, -1))


def test_offering_never_swaps(made: Scene) -> None:
    result = made.plug("result")
    result.place(made.node, made.result(2))
    before = made.node["pinned"].getText()
    result.offer(made.node, [1, 3, 4])
    assert result.offered(made.node) == [1, 2, 3, 4]
    assert made.node["version"].value() == "v002"
    assert made.node["pinned"].getText() == before
    assert made.plug("status").line(made.node) == "v002, v004 is there"


def test_without_a_version_nothing_is_shown(made: Scene) -> None:
    status = made.plug("status")
    assert made.plug("result").placed(made.node) is None
    assert status.line(made.node) == "nothing rendered yet"
    made.plug("result").offer(made.node, [])
    assert made.node["version"].value() == "none yet"


def test_without_a_version_those_on_disk_can_be_chosen_and_none_seems_to_be(made: Scene) -> None:
    made.plug("result").offer(made.node, [1, 2])
    assert made.node["version"].values() == ["none yet", "v001", "v002"]
    assert made.node["version"].value() == "none yet"
    made.plug("result").place(made.node, made.result(1))
    assert made.node["version"].values() == ["v001", "v002"]


def test_a_menu_that_a_script_did_not_keep_shows_the_pinned_version_again(made: Scene) -> None:
    made.plug("result").place(made.node, made.result(3))
    made.plug("status").refresh(made.node)
    made.fake.knob("PAIStudio1", "version").set_values(["none yet"])
    made.nuke.modified(False)
    made.plug("status").refresh(made.node)
    assert made.node["version"].value() == "v003"
    assert not made.nuke.modified()


def test_a_version_that_the_farm_is_to_make_waits(made: Scene) -> None:
    result, status = made.plug("result"), made.plug("status")
    given = made.result(4, engine="")
    result.pin(made.node, given, pending=True)
    assert pinned(made) == {**given.record(), "pending": True}
    assert result.placed(made.node) is None
    assert status.line(made.node) == "v004, waits for the farm"
    assert made.node.node("result")["file"].value().endswith("v004/SH010_v004.%04d.exr")
    result.settle(made.node)
    assert result.placed(made.node) == given
    assert status.line(made.node) == "v004"


def test_a_pending_version_is_none_to_go_back_to(made: Scene) -> None:
    result = made.plug("result")
    result.pin(made.node, made.result(1), pending=True)
    result.place(made.node, made.result(2))
    assert "earlier" not in pinned(made)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (("", ""), "v001, what it was made from is not known here"),
        (("other", ""), "v001, stale: inputs changed"),
    ],
)
def test_the_status_says_what_has_changed(made: Scene, state: tuple[str, str], said: str) -> None:
    made.plug("result").place(made.node, made.result(1, state=made.host.State(*state)))
    assert made.plug("status").line(made.node) == said


def test_the_status_follows_what_the_artist_does(made: Scene) -> None:
    status = made.plug("status")
    made.plug("result").place(made.node, made.result(1))
    assert status.line(made.node) == "v001"
    made.node["grain"].setValue(0.5)
    assert status.line(made.node) == "v001, stale: finishing changed (Re-finish)"
    made.node["seed"].setValue(8)
    assert status.line(made.node) == "v001, stale: inputs changed"
    made.node.setInput(0, None)
    assert status.line(made.node) == "v001, cannot be rendered as it is: no plate is connected"


@pytest.mark.parametrize(("shot", "said"), [("a]b", "a)b"), ("a\\b", "a//b")])
def test_the_status_holds_nothing_that_a_label_would_carry_out(made: Scene, shot: str, said: str) -> None:
    made.plug("result").place(made.node, made.result(1))
    made.node["shot"].setValue(shot)
    made.plug("status").refresh(made.node)
    line = f"v001, cannot be rendered as it is: shot: '{said}' cannot name a shot"
    assert made.node["status"].value() == line


def test_a_node_that_lacks_a_knob_says_so_and_troubles_nobody(made: Scene) -> None:
    """Nuke calls us at every change: an error there would be one at every change."""
    made.plug("result").place(made.node, made.result(1))
    del made.fake.knob("PAIStudio1", "grain").node.knobs["grain"]
    made.plug("status").refresh(made.node)
    assert made.node["status"].value() == "cannot be told: knob grain does not exist"


def test_the_status_waits_while_nuke_executes(made: Scene) -> None:
    made.plug("result").place(made.node, made.result(1))
    made.fake.executing = True
    made.plug("status").refresh(made.node)
    assert made.node["status"].value() == "nothing rendered yet"
    made.fake.executing = False
    made.fake.pump(lambda: made.node["status"].value() == "v001")


def test_the_status_costs_neither_undo_nor_a_question_about_saving(made: Scene) -> None:
    made.plug("result").place(made.node, made.result(1))
    made.nuke.modified(False)
    made.plug("status").refresh(made.node)
    assert made.node["status"].value() == "v001"
    assert not made.nuke.modified()
    assert made.fake.undo_off == 0


@pytest.mark.parametrize("text", ["{", "[1]", '{"files": "a"}', "7"])
def test_a_damaged_record_is_said_and_rendered_over(made: Scene, text: str) -> None:
    made.node["pinned"].setValue(text)
    with pytest.raises(made.host.Fault, match="record of its result is damaged"):
        made.plug("result").pin_of(made.node)
    made.plug("status").refresh(made.node)
    assert "damaged" in made.node["status"].value()
    made.plug("result").place(made.node, made.result(1))
    assert made.plug("status").line(made.node) == "v001"


def test_a_record_of_another_machine_has_its_paths_mapped(
    dest: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    rules = tmp_path / "rules.json"
    rules.write_text('{"version": "pai-studio/paths/1", "rules": [{"from": "P:/show", "to": "/mnt/show"}]}')
    monkeypatch.setenv("PAI_PATH_MAP", str(rules))
    with nuke_with_plugin(dest, tmp_path) as make:
        made = make()
        there = made.result(1, files="P:/show/v1/a_v001.####.exr", document="P:/show/exports/a.shot.json")
        made.node["pinned"].setValue(json.dumps(there.record()))
        here = made.plug("result").placed(made.node)
        assert here.files == "/mnt/show/v1/a_v001.####.exr"
        assert here.document == "/mnt/show/exports/a.shot.json"
        assert pinned(made)["files"] == there.files


# The job that a script remembers


def test_a_job_is_followed_by_one_render_at_a_time(made: Scene) -> None:
    target = made.plug("target").NukeTarget
    first, second = target(made.node), target(made.node)
    assert first.kept() is None
    first.keep({"request": "a"})
    assert second.kept() is None
    second.keep({"request": "b"})
    assert (first.kept(), second.kept()) == ({"request": "a"}, {"request": "b"})
    first.keep(None)
    assert json.loads(made.node["job"].getText()) == [{"request": "b"}]
    # It ended without its job: the next render may go on with that.
    second.release()
    third = target(made.node)
    assert third.kept() == {"request": "b"}
    third.keep({"request": "c"})
    assert json.loads(made.node["job"].getText()) == [{"request": "c"}]
    third.keep(None)
    assert made.node["job"].getText() == ""


def test_a_job_that_is_kept_is_worth_saving(made: Scene) -> None:
    made.nuke.modified(False)
    made.plug("target").NukeTarget(made.node).keep({"request": "a"})
    assert made.nuke.modified()


@pytest.mark.parametrize("text", ["{", "7", '["a"]'])
def test_a_damaged_job_is_none(made: Scene, text: str) -> None:
    made.node["job"].setValue(text)
    assert made.plug("target").NukeTarget(made.node).kept() is None

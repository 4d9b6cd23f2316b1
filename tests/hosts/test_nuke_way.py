"""A shot's whole way in Nuke: our node in the strict stand-in, the real sidecar, the real server, real pictures."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

import pai_studio
from pai_studio.server.app import Server
from tests.hosts.nuke_scene import (
    FIRST,
    LAST,
    PATIENCE_S,
    Scene,
    frames_in,
    nuke_with_plugin,
    pinned,
    pixels,
    press,
    status_becomes,
    write_plate,
    write_still,
)


@pytest.fixture
def gui(dest: Path, shipped: Server, shot_folder: Path) -> Iterator[Callable[..., Scene]]:
    """`gui()` starts a Nuke with windows that has our plugin, and a scene in it."""
    with nuke_with_plugin(dest, shot_folder) as make:
        yield make


def test_a_render_in_a_gui_shows_its_progress_and_is_placed(gui: Callable[..., Scene]) -> None:
    one = gui()
    press(one)
    assert one.fake.dialogs.messages == []
    made = pinned(one)
    files = (one.folder / "pai_studio/SH010_comp/v001/SH010_comp_v001.####.exr").as_posix()
    assert (made["files"], made["version"], made["engine"]) == (files, 1, "draft")
    assert frames_in(files) == [1001, 1002, 1003]
    read = one.node.node("result")
    assert read["file"].value() == files.replace("####", "%04d")
    assert [read[k].value() for k in ("first", "last", "origfirst", "origlast")] == [FIRST, LAST] * 2
    assert one.node["version"].value() == "v001"
    assert one.node["status"].value() == "v001"
    assert one.node["job"].getText() == ""
    (task,) = one.fake.tasks
    assert not task.is_open
    assert any("export" in text for text in task.texts)
    assert max(task.progress) > 0
    assert one.fake.undo_off == 0
    # What the node shows is what was delivered, values above 1 with it.
    _, delivered = pixels(files.replace("####", "1002"))
    assert delivered[..., :3].max() > 1.0
    exported = made["document"].rpartition("/")[0]
    assert sorted(p.name for p in Path(exported).glob("*.exr")) == [
        "plate.1001.exr",
        "plate.1002.exr",
        "plate.1003.exr",
        "ref1.1001.exr",
    ]


def test_exports_keep_every_bit_and_the_artists_inner_writes_stay_off(gui: Callable[..., Scene]) -> None:
    one = gui("plate")
    press(one)
    folder = Path(pinned(one)["document"]).parent
    for frame in (1001, 1002, 1003):
        _, given = pixels(one.folder / f"plate.{frame}.exr")
        _, sent = pixels(folder / f"plate.{frame}.exr")
        assert np.array_equal(given, sent)
        assert sent.max() > 10
    writes = [inner for inner in one.node.nodes() if inner.Class() == "Write"]
    assert len(writes) == 8
    assert all(inner["disable"].value() and not inner["file"].value() for inner in writes)


def test_a_later_version_is_offered_and_a_pinned_one_never_swapped(gui: Callable[..., Scene]) -> None:
    one = gui("plate")
    press(one)
    press(one)
    assert pinned(one)["version"] == 2
    # The artist goes back; nothing but the artist goes forward again.
    one.fake.set("PAIStudio1", "version", "v001")
    assert pinned(one)["version"] == 1
    assert "v001" in one.node.node("result")["file"].value()
    status_becomes(one, "v001, v002 is there")
    press_check(one)
    assert pinned(one)["version"] == 1
    assert one.fake.dialogs.taken() == ["PAIStudio1: v001, v002"]
    (one.folder / "pai_studio/SH010_comp/v001/SH010_comp_v001.1002.exr").unlink()
    press_check(one)
    assert one.fake.dialogs.taken() == [
        "PAIStudio1: v002\nnot whole, so not offered: v001\n"
        "v001, which the node shows, is not whole on disk: choose another, or render"
    ]


def press_check(one: Scene) -> None:
    before = len(one.fake.dialogs.messages)
    one.fake.press("PAIStudio1", "check_versions")
    one.fake.pump(lambda: len(one.fake.dialogs.messages) > before, PATIENCE_S)


def test_a_version_that_another_script_made_is_found_and_can_be_pinned(gui: Callable[..., Scene]) -> None:
    one = gui("plate")
    press(one)
    theirs = one.folder / "pai_studio/SH010_comp/v007"
    theirs.mkdir()
    for frame in range(FIRST, LAST + 1):
        ours = one.folder / f"pai_studio/SH010_comp/v001/SH010_comp_v001.{frame}.exr"
        (theirs / f"SH010_comp_v007.{frame}.exr").write_bytes(ours.read_bytes())
    press_check(one)
    assert one.fake.dialogs.taken() == ["PAIStudio1: v001, v007"]
    assert one.node["status"].value() == "v001, v007 is there"
    one.fake.set("PAIStudio1", "version", "v007")
    one.fake.pump(lambda: pinned(one)["version"] == 7, PATIENCE_S)
    status_becomes(one, "v007, what it was made from is not known here")


def test_the_menu_shows_the_pinned_version_where_the_chosen_one_cannot_be_had(
    gui: Callable[..., Scene],
) -> None:
    one = gui("plate")
    press(one)
    one.plug("result").offer(one.node, [1, 9])
    one.fake.set("PAIStudio1", "version", "v009")
    one.fake.pump(lambda: bool(one.fake.dialogs.messages), PATIENCE_S)
    assert "v009 is not whole on disk" in one.fake.dialogs.taken()[0]
    assert one.node["version"].value() == "v001"
    # Nor while it is being looked for, nor where nobody can look.
    sidecar = one.plug("session").sidecar()
    sidecar.close()
    sidecar._command = ["/there/is/no/python"]
    one.fake.set("PAIStudio1", "version", "v009")
    assert one.node["version"].value() == "v001"
    one.fake.pump(lambda: bool(one.fake.dialogs.messages), PATIENCE_S)
    assert "cannot be started" in one.fake.dialogs.taken()[0]
    assert one.node["version"].value() == "v001"


def test_a_node_that_is_deleted_while_versions_are_looked_for_troubles_nobody(
    gui: Callable[..., Scene],
) -> None:
    one = gui("plate")
    one.fake.press("PAIStudio1", "check_versions")
    one.nuke.delete(one.node)
    (looking,) = (thread for thread in threading.enumerate() if thread.name == "PAI-Studio")
    one.fake.pump(looking, PATIENCE_S)
    assert one.fake.dialogs.messages == []


def test_refinishing_generates_nothing_again(gui: Callable[..., Scene]) -> None:
    one = gui()
    press(one)
    one.node["despill"].setValue(0.25)
    status_becomes(one, "v001, stale: finishing changed (Re-finish)")
    rendered = len(one.fake.rendered)
    press(one, "refinish")
    assert one.fake.dialogs.messages == []
    assert pinned(one)["version"] == 2
    assert one.node["status"].value() == "v002"
    assert len(one.fake.rendered) == rendered
    one.node["screen"].setValue("green")
    press(one, "refinish")
    (said,) = one.fake.dialogs.taken()
    assert "the inputs changed since v002" in said
    assert pinned(one)["version"] == 2


@pytest.mark.long
@pytest.mark.parametrize(("first", "last"), [(-1, 1), (1, 3), (99999, 100001)])
def test_frame_numbers_are_exact_wherever_the_range_lies(
    gui: Callable[..., Scene], first: int, last: int
) -> None:
    one = gui("plate")
    write_plate(one.folder, first, last)
    one.node["frame_source"].setValue("custom")
    for knob, frame in (("first", first), ("last", last)):
        one.node[knob].setValue(frame)
        one.plate[knob].setValue(frame)
    one.node["ref1_frame"].setValue(first)
    press(one)
    assert one.fake.dialogs.messages == []
    assert frames_in(pinned(one)["files"]) == list(range(first, last + 1))
    assert pinned(one)["frames"] == [first, last]
    exported = [frame for name, frame in one.fake.rendered if name.endswith("export_plate")]
    assert exported == list(range(first, last + 1))


@pytest.mark.long
def test_overscan_and_pixel_aspect_come_back(gui: Callable[..., Scene]) -> None:
    one = gui("plate")
    facts = {"PixelAspectRatio": 2.0}
    write_plate(one.folder, display=(4, 2, 120, 68), facts=facts)
    write_still(one.folder)
    press(one)
    assert one.fake.dialogs.messages == []
    given, _ = pixels(one.folder / "plate.1002.exr")
    made, _ = pixels(pinned(one)["files"].replace("####", "1002"))
    for size in ("full_width", "full_height", "width", "height"):
        assert getattr(made, size) == getattr(given, size), size
    # Nuke's formats begin at 0: the overscan counts from the display window.
    assert (made.x - made.full_x, made.y - made.full_y) == (-4, -2)
    assert made.get_float_attribute("PixelAspectRatio") == 2.0


def test_the_menu_writes_a_farm_job_and_says_what_this_is(gui: Callable[..., Scene], tmp_path: Path) -> None:
    one = gui("plate")
    one.nuke.scriptSave()
    one.fake.dialogs.answers.append(str(tmp_path))
    one.fake.choose("Nuke/PAI-Studio/Write farm job...")
    (said,) = one.fake.dialogs.taken()
    assert said.startswith("Farm job: ")
    assert (tmp_path / "SH010_comp_v003.openjd/template.json").is_file()
    status_becomes(one, "v001, waits for the farm")
    one.fake.choose("Nuke/PAI-Studio/About")
    one.fake.pump(lambda: one.fake.dialogs.messages != [], PATIENCE_S)
    (said,) = one.fake.dialogs.taken()
    assert pai_studio.__version__ in said
    assert "draft" in said


def test_a_farm_job_renders_the_scripts_own_writes_from_within_a_group_too(
    gui: Callable[..., Scene], tmp_path: Path
) -> None:
    one = gui("plate")
    one.nuke.nodes.Write(inputs=[one.node])
    group = one.nuke.createNode("Group", "", False)
    with group:
        one.nuke.nodes.Write().setName("inside")
        one.nuke.scriptSave()
        one.fake.dialogs.answers.append(str(tmp_path))
        one.fake.choose("Nuke/PAI-Studio/Write farm job...")
    assert "then renders Write1, frames 1001-1003" in one.fake.dialogs.taken()[0]


def test_a_script_that_was_never_saved_makes_no_farm_job(gui: Callable[..., Scene], tmp_path: Path) -> None:
    one = gui("plate")
    one.nuke.root()["name"].setValue("")
    one.fake.dialogs.answers.append(str(tmp_path))
    one.fake.choose("Nuke/PAI-Studio/Write farm job...")
    assert "the script has no name yet; save it first" in one.fake.dialogs.taken()[0]
    assert not list(tmp_path.glob("*.openjd"))


def test_a_version_of_the_farms_is_taken_when_all_its_frames_are_there(gui: Callable[..., Scene]) -> None:
    one = gui("plate")
    folder = one.folder / "pai_studio/SH010_comp/v004"
    files = (folder / "SH010_comp_v004.####.exr").as_posix()
    one.plug("result").pin(one.node, one.result(4, files=files), pending=True)
    folder.mkdir(parents=True)
    for frame in (FIRST, FIRST + 1):
        (folder / f"SH010_comp_v004.{frame}.exr").write_bytes(b"not looked into")
    press_check(one)
    one.fake.dialogs.taken()
    assert one.node["status"].value() == "v004, waits for the farm"
    (folder / f"SH010_comp_v004.{LAST}.exr").write_bytes(b"not looked into")
    press_check(one)
    assert one.fake.dialogs.taken() == ["PAIStudio1: v004"]
    assert one.node["status"].value() == "v004"

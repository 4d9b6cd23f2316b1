"""Documents under other names, and documents that others write, take away or open too."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Qt
from pytestqt.qtbot import QtBot

from pai_studio.core.shot import document
from pai_studio.core.shot.errors import AlreadyThere, PaiError
from pai_studio.core.shot.saving import text_beside
from pai_studio.ui.panel.opening import open_paths
from pai_studio.ui.panel.pictures.sources import plate_of
from pai_studio.ui.panel.shots import ShotList
from pai_studio.ui.panel.state import edits
from pai_studio.ui.panel.state.saving import Saving
from pai_studio.ui.panel.state.shot import ShotState, Status
from pai_studio.ui.panel.state.studio import Studio
from pai_studio.ui.panel.work import Work
from tests.ui.panel.conftest import watched
from tests.ui.panel.files import plate
from tests.ui.panel.shots import a_shot

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def state(studio: Studio, tmp_path: Path) -> ShotState:
    return opened(studio, tmp_path / "SH010.shot.json")


def opened(studio: Studio, path: Path) -> ShotState:
    if not path.is_file():
        shot = a_shot(path.parent, name=path.name.split(".")[0])
        path.write_text(text_beside(shot, path.parent))
    return studio.project.add(open_paths([path]))[0]


def write(state: ShotState, caption: str) -> None:
    state.edit("Type", edits.change(state.shot, "prompt", caption=caption))
    state.saving.now()


def settled(qtbot: QtBot, studio: Studio, state: ShotState) -> None:
    qtbot.waitUntil(lambda: state.saving.kind not in ("waiting", "saving") and studio.work.is_idle)


def looked(qtbot: QtBot, studio: Studio, state: ShotState) -> None:
    studio.watch.look()
    qtbot.waitUntil(lambda: studio.work.is_idle)
    settled(qtbot, studio, state)


def caption(path: Path) -> str:
    return document.load(path, unfinished=True).prompt.caption


# Under another name


def test_a_shot_is_kept_in_another_file_from_then_on_over_what_was_there(
    qtbot: QtBot, studio: Studio, state: ShotState, tmp_path: Path
) -> None:
    other = tmp_path / "other.shot.json"
    other.write_text("{}")
    write(state, "first")
    with qtbot.waitSignal(studio.project.moved):
        studio.project.save_as(state, other)
    assert (state.path, studio.project.name) == (other, "other.shot.json")
    assert studio.memory.recent[0] == other
    write(state, "second")
    settled(qtbot, studio, state)
    assert caption(other) == "second"
    assert caption(tmp_path / "SH010.shot.json") == "first"


def test_the_path_moves_only_when_the_write_has_worked_and_is_tried_again(
    qtbot: QtBot, studio: Studio, state: ShotState, tmp_path: Path
) -> None:
    before, goal = state.path, tmp_path / "folder" / "SH010.shot.json"
    studio.project.save_as(state, goal)
    qtbot.waitUntil(lambda: bool(studio.faults.all))
    (fault,) = studio.faults.all
    assert "SH010 cannot be saved as SH010.shot.json" in fault.line
    assert (state.path, state.saving.error) == (before, None)
    write(state, "still here")
    settled(qtbot, studio, state)
    assert caption(before) == "still here"
    goal.parent.mkdir()
    goal.write_text("what was agreed to be replaced")
    fault.actions[0].call()
    qtbot.waitUntil(lambda: state.path == goal)
    assert caption(goal) == "still here"


def test_what_is_edited_while_it_is_saved_elsewhere_goes_there(
    qtbot: QtBot, studio: Studio, state: ShotState, tmp_path: Path
) -> None:
    goal = tmp_path / "b.shot.json"
    studio.project.save_as(state, goal)
    write(state, "meanwhile")
    qtbot.waitUntil(lambda: state.path == goal)
    state.saving.now()
    settled(qtbot, studio, state)
    assert state.saving.error is None
    assert caption(goal) == "meanwhile"


def test_a_document_that_is_open_here_is_not_saved_over(
    qtbot: QtBot, studio: Studio, state: ShotState, tmp_path: Path
) -> None:
    other = opened(studio, tmp_path / "SH020.shot.json")
    studio.project.look_at(state)
    studio.project.save_as(state, other.path)
    (fault,) = studio.faults.all
    assert "is open here" in fault.line
    assert not state.saving.is_under_way
    fault.actions[0].call()
    assert studio.project.current is other


# Other programs


def test_what_another_program_wrote_while_it_was_being_opened_is_not_overwritten(
    qtbot: QtBot, studio: Studio, tmp_path: Path
) -> None:
    path = tmp_path / "SH010.shot.json"
    path.write_text(text_beside(a_shot(tmp_path), tmp_path))
    read = open_paths([path])
    path.write_text(path.read_text().replace('"seed": 7', '"seed": 8'))
    (state,) = studio.project.add(read)
    write(state, "mine")
    settled(qtbot, studio, state)
    assert isinstance(state.saving.error, AlreadyThere)
    assert document.load(path, unfinished=True).engine.seed == 8


def test_reload_while_a_save_is_under_way_is_no_conflict(
    qtbot: QtBot, studio: Studio, state: ShotState
) -> None:
    for text in ("a", "b"):
        write(state, text)
        state.reload(studio.faults.tell)
        write(state, text * 2)
    settled(qtbot, studio, state)
    assert (state.saving.error, studio.faults.all) == (None, [])
    assert state.shot == document.load(state.path, unfinished=True)
    write(state, "c")
    settled(qtbot, studio, state)
    assert caption(state.path) == "c"


def test_a_change_is_said_in_place_before_anything_is_edited(
    qtbot: QtBot, studio: Studio, state: ShotState
) -> None:
    widget = ShotList(studio)
    qtbot.addWidget(widget)
    widget.show()
    looked(qtbot, studio, state)
    write(state, "mine")
    settled(qtbot, studio, state)
    looked(qtbot, studio, state)
    assert not widget.strip.isVisible(), "our own save is taken for a stranger's"
    state.path.write_text(state.path.read_text().replace('"seed": 7', '"seed": 8'))
    looked(qtbot, studio, state)
    assert widget.strip.line.text().startswith("SH010: was changed by another program")
    assert not state.saving.is_unsaved
    widget.reload_wanted.connect(lambda states: [one.reload(studio.faults.tell) for one in states])
    qtbot.mouseClick(widget.strip.reload, LEFT)
    qtbot.waitUntil(lambda: state.shot.engine.seed == 8)
    assert not widget.strip.isVisible()
    state.undo.undo()
    settled(qtbot, studio, state)
    assert document.load(state.path, unfinished=True).engine.seed == 7


def test_a_document_that_was_deleted_is_said_and_written_anew_only_when_asked(
    qtbot: QtBot, studio: Studio, state: ShotState
) -> None:
    widget = ShotList(studio)
    qtbot.addWidget(widget)
    widget.show()
    looked(qtbot, studio, state)
    state.path.unlink()
    looked(qtbot, studio, state)
    assert "SH010 is not saved: the document was deleted or moved away" in widget.strip.line.text()
    write(state, "mine")
    settled(qtbot, studio, state)
    assert not state.path.exists()
    assert state.saving.copy is not None
    assert caption(state.saving.copy) == "mine"
    qtbot.mouseClick(widget.strip.overwrite, LEFT)
    settled(qtbot, studio, state)
    assert caption(state.path) == "mine"
    assert not widget.strip.isVisible()


def test_a_document_that_comes_back_is_not_said_to_be_saved_before_it_is(
    qtbot: QtBot, studio: Studio, state: ShotState
) -> None:
    """Who closes the window as soon as all is saved would lose what waits."""
    looked(qtbot, studio, state)
    away = state.path.rename(state.path.with_name("away"))
    write(state, "mine")
    settled(qtbot, studio, state)
    assert state.saving.kind == "failed"
    away.rename(state.path)
    said: list[tuple[str, str]] = []
    state.saving.changed.connect(lambda: said.append((state.saving.kind, caption(state.path))))
    studio.watch.look()
    qtbot.waitUntil(lambda: state.saving.kind == "saved")
    assert said[-1] == ("saved", "mine")
    assert ("saved", "") not in said


def test_two_panels_on_one_document_see_each_other_and_lose_nothing(
    qtbot: QtBot, studio: Studio, state: ShotState
) -> None:
    second = Studio()
    broken = watched(second.work)
    theirs = opened(second, state.path)
    write(state, "mine")
    settled(qtbot, studio, state)
    looked(qtbot, second, theirs)
    assert theirs.saving.kind == "overtaken"
    write(theirs, "theirs")
    settled(qtbot, second, theirs)
    assert theirs.saving.kind == "failed"
    assert caption(state.path) == "mine"
    assert theirs.saving.copy is not None
    assert caption(theirs.saving.copy) == "theirs"
    theirs.saving.overwrite(theirs.shot)
    settled(qtbot, second, theirs)
    looked(qtbot, studio, state)
    assert state.saving.kind == "overtaken"
    second.close()
    assert broken == []


def test_a_plate_whose_folder_goes_and_comes_back_is_said_each_time(
    qtbot: QtBot, studio: Studio, tmp_path: Path
) -> None:
    pattern = plate(tmp_path / "plate", range(1001, 1003))
    path = tmp_path / "SH010.shot.json"
    shot = a_shot(tmp_path, frames=[1001, 1002], plate={"files": str(pattern), "colorspace": "ACEScg"})
    path.write_text(text_beside(shot, tmp_path))
    state = opened(studio, path)
    source = plate_of(state.shot)
    looked(qtbot, studio, state)
    away = (tmp_path / "plate").rename(tmp_path / "away")
    studio.pictures.get(source, 1001)
    qtbot.waitUntil(lambda: studio.pictures.fault(source, 1001) is not None)
    looked(qtbot, studio, state)
    qtbot.waitUntil(lambda: state.status == Status.OFFLINE)
    studio.pictures.get(source, 1001)
    qtbot.waitUntil(lambda: studio.pictures.fault(source, 1001) is not None)
    away.rename(tmp_path / "plate")
    looked(qtbot, studio, state)
    qtbot.waitUntil(lambda: state.status == Status.EMPTY)
    assert studio.pictures.fault(source, 1001) is None, "it is not tried again"


def test_a_link_to_a_document_stays_one(qtbot: QtBot, studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    real = tmp_path / "real" / "SH010.shot.json"
    real.write_text(text_beside(a_shot(real.parent), real.parent))
    link = tmp_path / "current.shot.json"
    link.symlink_to(real)
    state = opened(studio, link)
    write(state, "mine")
    settled(qtbot, studio, state)
    assert link.is_symlink()
    assert caption(real) == "mine"
    assert json.loads(real.read_text())["plate"]["files"] == "plate/SH010.####.exr"


# A bug


@pytest.fixture
def faulty(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Work, list[Exception]]]:
    monkeypatch.setenv("PAI_STATE_DIR", str(tmp_path / "state"))
    parent = QObject()
    work = Work(parent)
    yield work, watched(work)
    work.close()


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
def test_a_save_that_breaks_is_said_to_have_failed_and_is_known_as_a_bug(
    qtbot: QtBot, faulty: tuple[Work, list[Exception]], tmp_path: Path
) -> None:
    work, broken = faulty
    saving = Saving(work, tmp_path / "a.shot.json")
    saving.soon(a_shot(tmp_path).model_copy(update={"mattes": 5}))
    saving.now()
    qtbot.waitUntil(lambda: saving.kind == "failed")
    assert isinstance(saving.error, PaiError)
    assert "an error of PAI-Studio itself: AttributeError" in saving.error.what
    qtbot.waitUntil(lambda: [type(one) for one in broken] == [AttributeError])
    saving.soon(a_shot(tmp_path))
    saving.now()
    qtbot.waitUntil(lambda: saving.kind == "saved")

"""Edits that could not be saved, on the next day."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from pai_studio.core.shot import document
from pai_studio.core.shot.saving import text_beside
from pai_studio.ui.panel.opening import open_paths
from pai_studio.ui.panel.state import edits, unsaved
from pai_studio.ui.panel.state.faults import Fault
from pai_studio.ui.panel.state.studio import Studio
from tests.ui.panel.conftest import watched
from tests.ui.panel.shots import a_shot

Day = Callable[[], Studio]


@pytest.fixture
def day(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Day]:
    """Another morning: a panel that knows nothing but the state folder."""
    monkeypatch.setenv("PAI_STATE_DIR", str(tmp_path / "state"))
    days: list[tuple[Studio, list[Exception]]] = []

    def morning() -> Studio:
        if days:
            days[-1][0].close()
        studio = Studio()
        days.append((studio, watched(studio.work)))
        studio.begin()
        return studio

    yield morning
    days[-1][0].close()
    assert [broken for _, broken in days] == [[]] * len(days)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "cut" / "SH010.shot.json"
    path.parent.mkdir()
    path.write_text(
        text_beside(a_shot(path.parent, delivery={"files": "out/v001/a_v001.####.exr"}), path.parent)
    )
    return path


def lose(qtbot: QtBot, studio: Studio, path: Path) -> Path:
    """Edit it while its folder is away, and close; the folder as it is then."""
    (state,) = studio.project.add(open_paths([path]))
    away = path.parent.rename(path.parent.with_name("away"))
    state.edit("Type", edits.change(state.shot, "prompt", caption="last words"))
    state.saving.now()
    qtbot.waitUntil(lambda: state.saving.kind == "failed")
    studio.close()
    return away


def offer(qtbot: QtBot, studio: Studio) -> Fault:
    qtbot.waitUntil(lambda: bool(studio.faults.all))
    (fault,) = studio.faults.all
    assert [one.text for one in fault.actions] == ["Restore", "Discard"]
    return fault


def left() -> list[Path]:
    return sorted(unsaved.new_copy(Path("a")).parent.glob("*"))


def test_a_copy_has_no_path_that_is_wrong_from_where_it_lies(qtbot: QtBot, day: Day, path: Path) -> None:
    lose(qtbot, day(), path)
    copy = next(one for one in left() if one.name.endswith(".shot.json"))
    keys = json.loads(copy.read_text())
    assert keys["delivery"]["files"] == str(path.parent / "out/v001/a_v001.####.exr")
    assert keys["plate"]["files"] == str(path.parent / "plate/SH010.####.exr")


def test_they_are_offered_and_restored_as_one_edit_that_can_be_undone(
    qtbot: QtBot, day: Day, path: Path
) -> None:
    lose(qtbot, day(), path).rename(path.parent)
    before = document.load(path, unfinished=True)
    studio = day()
    fault = offer(qtbot, studio)
    assert "SH010" in fault.line
    assert "its folder is not there" in fault.line
    assert str(path) in fault.detail
    fault.actions[0].call()
    qtbot.waitUntil(lambda: bool(studio.project.shots))
    (state,) = studio.project.shots
    assert state.path == path
    assert state.shot.prompt.caption == "last words"
    assert state.shot.delivery == before.delivery
    qtbot.waitUntil(lambda: state.saving.kind == "saved")
    assert document.load(path, unfinished=True).prompt.caption == "last words"
    assert left() == []
    state.undo.undo()
    assert state.shot == before


def test_a_document_that_is_gone_is_there_again(qtbot: QtBot, day: Day, path: Path) -> None:
    lose(qtbot, day(), path)
    path.parent.mkdir()
    studio = day()
    offer(qtbot, studio).actions[0].call()
    qtbot.waitUntil(path.is_file)
    assert document.load(path, unfinished=True).prompt.caption == "last words"
    qtbot.waitUntil(lambda: left() == [])


def test_what_is_discarded_is_offered_no_more(qtbot: QtBot, day: Day, path: Path) -> None:
    lose(qtbot, day(), path)
    offer(qtbot, day()).actions[1].call()
    qtbot.waitUntil(lambda: left() == [])


def test_they_are_offered_again_with_their_document_and_not_twice(qtbot: QtBot, day: Day, path: Path) -> None:
    lose(qtbot, day(), path).rename(path.parent)
    studio = day()
    fault = offer(qtbot, studio)
    studio.project.add(open_paths([path]))
    qtbot.waitUntil(lambda: studio.work.is_idle)
    assert studio.faults.all == [fault]
    studio.project.close(studio.project.shots)
    studio.faults.clear()
    studio.project.add(open_paths([path]))
    offer(qtbot, studio)


def test_what_was_saved_in_another_way_is_not_offered(qtbot: QtBot, day: Day, path: Path) -> None:
    lose(qtbot, day(), path).rename(path.parent)
    shot = edits.change(document.load(path, unfinished=True), "prompt", caption="last words")
    path.write_text(text_beside(shot, path.parent))
    studio = day()
    qtbot.waitUntil(lambda: studio.work.is_idle)
    assert studio.faults.all == []
    assert left() == []


def test_what_another_panel_has_in_hand_is_not_offered(qtbot: QtBot, day: Day, path: Path) -> None:
    lose(qtbot, day(), path)
    about = next(one for one in left() if one.name.endswith(".about.json"))
    about.write_text(json.dumps(json.loads(about.read_text()) | {"process": os.getppid()}))
    studio = day()
    qtbot.waitUntil(lambda: studio.work.is_idle)
    assert studio.faults.all == []
    assert len(left()) == 2

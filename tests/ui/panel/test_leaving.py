"""Closing the window, and a shot, while something cannot be saved."""

from __future__ import annotations

import gc
import os
import weakref
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMainWindow
from pytestqt.qtbot import QtBot

from pai_studio.core.shot import document
from pai_studio.core.shot.saving import text_beside
from pai_studio.ui.panel.leaving import Leaving
from pai_studio.ui.panel.opening import open_paths
from pai_studio.ui.panel.shots import ShotList
from pai_studio.ui.panel.state import edits
from pai_studio.ui.panel.state.shot import ShotState
from pai_studio.ui.panel.state.studio import Studio
from tests.ui.panel.shots import a_shot

LEFT = Qt.MouseButton.LeftButton


class Frame(QMainWindow):
    """A window that closes as the real one does."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self.asked_for: list[ShotState] = []
        self.leaving = Leaving(self, studio, self.asked_for.append)

    def closeEvent(self, event: object) -> None:  # noqa: N802 - Qt's
        if not self.leaving.may_leave():
            event.ignore()  # type: ignore[attr-defined]


@pytest.fixture
def frame(qtbot: QtBot, studio: Studio) -> Frame:
    frame = Frame(studio)
    qtbot.addWidget(frame)
    frame.show()
    return frame


def opened(studio: Studio, folder: Path, name: str = "SH010") -> ShotState:
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.shot.json"
    path.write_text(text_beside(a_shot(folder, name=name), folder))
    return studio.project.add(open_paths([path]))[0]


def write(state: ShotState, caption: str) -> None:
    state.edit("Type", edits.change(state.shot, "prompt", caption=caption))


def take_away(state: ShotState) -> Path:
    """Its folder is not there any more."""
    away = state.path.parent.with_name("away")
    state.path.parent.rename(away)
    return away


def bring_back(state: ShotState, away: Path) -> None:
    away.rename(state.path.parent)


def test_a_window_closes_at_once_where_everything_is_saved(
    frame: Frame, studio: Studio, tmp_path: Path
) -> None:
    opened(studio, tmp_path / "cut")
    assert frame.close()


def test_a_window_closes_as_soon_as_the_last_edit_is_saved(
    qtbot: QtBot, frame: Frame, studio: Studio, tmp_path: Path
) -> None:
    state = opened(studio, tmp_path / "cut")
    write(state, "last words")
    assert not frame.close()
    qtbot.waitUntil(lambda: not frame.isVisible())
    assert document.load(state.path, unfinished=True).prompt.caption == "last words"
    assert not frame.leaving.dialog.isVisible()


def test_a_last_save_that_fails_is_asked_about_and_tried_again(
    qtbot: QtBot, frame: Frame, studio: Studio, tmp_path: Path
) -> None:
    state = opened(studio, tmp_path / "cut")
    away = take_away(state)
    write(state, "last words")
    assert not frame.close()
    dialog = frame.leaving.dialog
    qtbot.waitUntil(dialog.isVisible)
    assert dialog.head.text() == "SH010 cannot be saved"
    assert "its folder is not there" in dialog.text.text()
    assert "its edits are kept" in dialog.text.text()
    qtbot.mouseClick(dialog.save_as, LEFT)
    assert frame.asked_for == [state]
    bring_back(state, away)
    qtbot.mouseClick(dialog.retry, LEFT)
    qtbot.waitUntil(lambda: not frame.isVisible())
    assert document.load(state.path, unfinished=True).prompt.caption == "last words"


def test_a_window_can_be_closed_without_saving_or_stay(
    qtbot: QtBot, frame: Frame, studio: Studio, tmp_path: Path
) -> None:
    state = opened(studio, tmp_path / "cut")
    take_away(state)
    write(state, "last words")
    frame.close()
    dialog = frame.leaving.dialog
    qtbot.waitUntil(dialog.isVisible)
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    assert frame.isVisible()
    frame.close()
    qtbot.waitUntil(dialog.isVisible)
    qtbot.mouseClick(dialog.without, LEFT)
    assert not frame.isVisible()
    copy = state.saving.copy
    assert copy is not None
    assert document.load(copy, unfinished=True).prompt.caption == "last words"


def test_what_another_program_has_changed_can_be_overwritten_at_the_end(
    qtbot: QtBot, frame: Frame, studio: Studio, tmp_path: Path
) -> None:
    state = opened(studio, tmp_path / "cut")
    state.path.write_text("{}")
    write(state, "mine")
    frame.close()
    dialog = frame.leaving.dialog
    qtbot.waitUntil(dialog.isVisible)
    assert dialog.retry.text() == "Overwrite"
    qtbot.mouseClick(dialog.retry, LEFT)
    qtbot.waitUntil(lambda: not frame.isVisible())
    assert document.load(state.path, unfinished=True).prompt.caption == "mine"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipe stands in for a disk that hangs here")
def test_a_disk_that_hangs_is_shown_and_asked_about_in_time(
    qtbot: QtBot, frame: Frame, studio: Studio, tmp_path: Path
) -> None:
    """Who opens a pipe that nobody writes to waits for ever, as on a disk that has gone."""
    state = opened(studio, tmp_path / "cut")
    for timer, after_ms in (
        (frame.leaving._show, 1),
        (frame.leaving._patience, 100),
        (state.saving._slow, 250),
    ):
        timer.setInterval(after_ms)
    state.path.unlink()
    os.mkfifo(state.path)
    write(state, "last words")
    frame.close()
    dialog = frame.leaving.dialog
    qtbot.waitUntil(lambda: dialog.isVisible() and dialog.head.text() == "Saving SH010")
    assert dialog.busy.isVisible()
    qtbot.waitUntil(lambda: dialog.without.isVisible() and "offered at the next start" in dialog.text.text())
    assert "its disk does not answer" in dialog.text.text()
    copy = state.saving.copy
    assert copy is not None
    assert document.load(copy, unfinished=True).prompt.caption == "last words"
    with state.path.open("w"):  # the disk answers, with nothing
        state.path.unlink()


def test_a_shot_that_cannot_be_saved_is_not_closed_until_somebody_says_so(
    qtbot: QtBot, studio: Studio, tmp_path: Path
) -> None:
    other, state = opened(studio, tmp_path / "other", "SH020"), opened(studio, tmp_path / "cut")
    take_away(state)
    write(state, "last words")
    write(other, "saved")
    studio.project.look_at(other)
    studio.project.close([other, state])
    assert studio.project.shots == [other, state], "closed before it was saved"
    qtbot.waitUntil(lambda: studio.project.shots == [state] and bool(studio.faults.all))
    assert document.load(other.path, unfinished=True).prompt.caption == "saved"
    assert studio.project.current is state
    (fault,) = studio.faults.all
    assert "SH010 is not closed, since it cannot be saved: its folder is not there" in fault.line
    (without,) = fault.actions
    without.call()
    assert studio.project.shots == []


def test_a_closed_shot_leaves_the_memory(qtbot: QtBot, studio: Studio, tmp_path: Path) -> None:
    shots = ShotList(studio)
    qtbot.addWidget(shots)
    state = opened(studio, tmp_path / "cut")
    write(state, "last words")
    known = weakref.ref(state)
    studio.project.close([state])
    path = state.path
    del state

    def is_gone() -> bool:
        gc.collect()
        return known() is None

    qtbot.waitUntil(is_gone)
    assert document.load(path, unfinished=True).prompt.caption == "last words"
    assert studio.project.findChildren(ShotState) == []

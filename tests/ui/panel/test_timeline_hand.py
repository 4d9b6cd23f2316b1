"""Drags, keys and menus of the timeline, as a hand does them."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QKeySequence, QMouseEvent, QShortcut
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from pai_studio.core.shot.frames import FrameRange
from pai_studio.ui.panel.state import edits
from pai_studio.ui.panel.state.shot import ShotState
from pai_studio.ui.panel.state.studio import Studio
from pai_studio.ui.panel.timeline import TimelineView, menu
from tests.ui.panel.shots import a_shot, opened
from tests.ui.panel.timelines import at, frames, shown

LEFT, NONE, SHIFT = (
    Qt.MouseButton.LeftButton,
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
)


@pytest.fixture
def state(studio: Studio, tmp_path: Path) -> ShotState:
    return opened(studio, a_shot(tmp_path, 2), tmp_path)  # at 1001 and 1025


@pytest.fixture
def view(qtbot: QtBot, studio: Studio, state: ShotState) -> TimelineView:
    return shown(qtbot, studio)


def move(view: TimelineView, point: QPoint, keys: Qt.KeyboardModifier = NONE) -> None:
    place = QPointF(point)
    event = QMouseEvent(QMouseEvent.Type.MouseMove, place, place, Qt.MouseButton.NoButton, LEFT, keys)
    QApplication.sendEvent(view.track, event)


def test_a_still_taken_by_its_edge_keeps_its_distance_to_the_mouse(
    qtbot: QtBot, view: TimelineView, state: ShotState
) -> None:
    thumb = view.track.rows.thumbs[1]
    start = QPointF(thumb.right() - 4, thumb.center().y()).toPoint()
    qtbot.mousePress(view.track, LEFT, pos=start)
    move(view, start + QPoint(60, 0))
    assert frames(state) == [1001, 1028]


def test_shift_moves_a_still_finely(qtbot: QtBot, view: TimelineView, state: ShotState) -> None:
    start = view.track.rows.spots[1].toPoint()
    qtbot.mousePress(view.track, LEFT, pos=start)
    move(view, start + QPoint(200, 0), SHIFT)
    assert frames(state) == [1001, 1026]


def test_escape_undoes_no_earlier_edit_when_the_still_has_not_left_its_frame(
    qtbot: QtBot, view: TimelineView, state: ShotState
) -> None:
    state.edit("Rename", state.shot.model_copy(update={"name": "SH020"}))
    start = view.track.rows.spots[1].toPoint()
    qtbot.mousePress(view.track, LEFT, pos=start)
    move(view, start + QPoint(6, 0))
    qtbot.keyClick(view.track, Qt.Key.Key_Escape)
    assert state.shot.name == "SH020"
    assert frames(state) == [1001, 1025]


def test_in_and_out_are_dragged_in_the_ruler_and_do_not_cross(
    qtbot: QtBot, view: TimelineView, state: ShotState
) -> None:
    state.mark(1010, 1030)
    span = view.track.span
    qtbot.mousePress(view.track, LEFT, pos=QPointF(span.x(1010), 8).toPoint())
    move(view, QPointF(span.x(1015), 8).toPoint())
    qtbot.mouseRelease(view.track, LEFT)
    qtbot.mousePress(view.track, LEFT, pos=QPointF(span.x(1031), 8).toPoint())
    move(view, QPointF(span.x(1004), 8).toPoint())
    assert state.marks == FrameRange(1015, 1015)
    assert state.frame == 1001


def test_a_still_outside_the_shot_is_told_and_dragged_back_in(
    qtbot: QtBot, view: TimelineView, state: ShotState
) -> None:
    state.edit("Move", edits.change_reference(state.shot, state.shot.references[1], frame=1300)[0])
    spot = view.track.rows.spots[1]
    assert spot.x() <= view.track.width()
    assert "outside the shot" in view.track._tip(spot)
    qtbot.mousePress(view.track, LEFT, pos=spot.toPoint())
    move(view, spot.toPoint() - QPoint(200, 0))
    assert frames(state) == [1001, 1039]


def test_stills_at_one_frame_can_each_be_taken(view: TimelineView, state: ShotState, tmp_path: Path) -> None:
    state.edit("Add", edits.add_references(state.shot, [str(tmp_path / "c.exr")], [1025]))
    rows = view.track.rows
    assert [rows.hit(spot) for spot in rows.spots] == state.shot.references
    assert [rows.hit(thumb.center()) for thumb in rows.thumbs] == state.shot.references


def test_tab_goes_through_the_stills_and_on(qtbot: QtBot, view: TimelineView, state: ShotState) -> None:
    view.track.setFocus()
    seen = []
    for _ in range(2):
        qtbot.keyClick(view.track, Qt.Key.Key_Tab)
        assert state.selected is not None
        seen.append(state.selected.frame)
    assert seen == [1001, 1025]
    assert "selected: 1.exr at 1025" in view.track.accessibleDescription()
    assert view.track.focusNextPrevChild(False)
    assert state.selected is state.shot.references[0]


def test_delete_removes_the_selected_still(qtbot: QtBot, view: TimelineView, state: ShotState) -> None:
    state.select(state.shot.references[0])
    qtbot.keyClick(view.track, Qt.Key.Key_Delete)
    assert frames(state) == [1025]


def test_plus_and_f_zoom_the_timeline_about_the_playhead(
    qtbot: QtBot, view: TimelineView, state: ShotState
) -> None:
    state.go_to(1020)
    before = view.track.span
    qtbot.keyClick(view.track, Qt.Key.Key_Plus)
    assert view.track.span.frame_px > before.frame_px
    assert view.track.span.middle(1020) == pytest.approx(before.middle(1020), abs=before.frame_px)
    qtbot.keyClick(view.track, Qt.Key.Key_F)
    assert view.track.span == before


def test_the_timelines_own_keys_come_before_the_windows(
    qtbot: QtBot, view: TimelineView, state: ShotState
) -> None:
    heard: list[str] = []
    for key in ("+", "T"):
        QShortcut(QKeySequence(key), view).activated.connect(partial(heard.append, key))
    view.track.setFocus()
    before = view.track.span
    qtbot.keyClick(view.track, Qt.Key.Key_Plus)
    qtbot.keyClick(view.track, Qt.Key.Key_T)
    assert heard == ["T"]
    assert view.track.span != before


def test_another_picture_is_put_in_the_place_of_a_still(state: ShotState) -> None:
    state.edit("Frame", edits.change_reference(state.shot, state.shot.references[1], fit="fit")[0])
    menu.replace(state, state.shot.references[1], "/stills/new.exr")
    assert [(one.file, one.frame, one.fit) for one in state.shot.references[1:]] == [
        ("/stills/new.exr", 1025, "fit")
    ]
    assert state.selected is state.shot.references[1]


def test_the_space_of_a_still_is_chosen_in_its_menu(
    qtbot: QtBot, view: TimelineView, state: ShotState, studio: Studio
) -> None:
    shown = view.track.menu_at(view.track.rows.spots[0].toPoint())
    (spaces,) = [one.menu() for one in shown.actions() if one.text() == "Colour space"]
    qtbot.waitUntil(lambda: len(spaces.actions()) > 5, timeout=20_000)
    (now,) = [one for one in spaces.actions() if one.isChecked()]
    assert now.text() == "The file's own"
    next(one for one in spaces.actions() if one.text() == "ACEScct").trigger()
    assert state.shot.references[0].colorspace == "ACEScct"
    assert state.selected is state.shot.references[0]
    gone = view.track.menu_at(view.track.rows.spots[0].toPoint())
    shiboken6.delete(gone)  # closed before the config has come
    qtbot.waitUntil(lambda: studio.work.is_idle)


def test_the_playhead_alone_is_painted_when_it_moves(view: TimelineView, state: ShotState) -> None:
    view.track.grab()
    layer = view.track._layer
    state.go_to(1030)
    view.track.grab()
    assert layer is not None
    assert view.track._layer is layer
    state.mark(first=1004)
    assert view.track._layer is None


def test_scrubbing_a_stepped_shot_stays_on_its_own_frames(
    qtbot: QtBot, studio: Studio, tmp_path: Path
) -> None:
    state = opened(studio, a_shot(tmp_path, frames=[1001, 1049, 4]), tmp_path)
    view = shown(qtbot, studio)
    qtbot.mouseClick(view.track, LEFT, pos=at(view, 1011, 8))
    assert state.frame == 1009

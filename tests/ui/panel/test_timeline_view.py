from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragMoveEvent, QDropEvent
from pytestqt.qtbot import QtBot

from pai_studio.core.shot.document import Shot
from pai_studio.core.shot.frames import FrameRange
from pai_studio.ui.panel.state.shot import ShotState
from pai_studio.ui.panel.state.studio import Studio
from pai_studio.ui.panel.timeline import TimelineView
from pai_studio.ui.panel.timeline.layout import Span, step_of, typed_frame
from tests.ui.panel.files import picture, plate
from tests.ui.panel.shots import a_shot, opened

SHOT = FrameRange(1001, 1100)
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def shot(tmp_path: Path) -> Shot:
    pattern = plate(tmp_path / "plate", frames=range(1001, 1050), size=(16, 9))
    stills = [picture(tmp_path / f"{n}.png", np.full((9, 16, 3), 0.3 * n, np.float32)) for n in range(1, 3)]
    return a_shot(
        tmp_path,
        plate={"files": str(pattern), "colorspace": "ACEScg"},
        references=[{"file": str(still), "frame": 1010 + 20 * i} for i, still in enumerate(stills)],
    )


@pytest.fixture
def state(studio: Studio, shot: Shot, tmp_path: Path) -> ShotState:
    return opened(studio, shot, tmp_path)


@pytest.fixture
def view(qtbot: QtBot, studio: Studio, state: ShotState) -> TimelineView:
    view = TimelineView(studio)
    qtbot.addWidget(view)
    view.resize(980, 200)
    view.show()
    qtbot.waitExposed(view)
    return view


def spot(view: TimelineView, state: ShotState, index: int) -> QPoint:
    return view.track.rows.spots[index].toPoint()


def at(view: TimelineView, frame: int, y: int) -> QPoint:
    return QPointF(view.track.span.middle(frame), y).toPoint()


def drag(qtbot: QtBot, view: TimelineView, start: QPoint, *ways: QPoint, let_go: bool = True) -> None:
    qtbot.mousePress(view.track, LEFT, pos=start)
    for way in ways:
        qtbot.mouseMove(view.track, way)
    if let_go:
        qtbot.mouseRelease(view.track, LEFT, pos=ways[-1])


def frames(state: ShotState) -> list[int]:
    return [one.frame for one in state.shot.references]


def test_a_still_is_dragged_to_whole_frames_and_undone_as_one(
    qtbot: QtBot, view: TimelineView, state: ShotState
) -> None:
    start = spot(view, state, 0)
    drag(qtbot, view, start, *(at(view, frame, start.y()) for frame in (1012, 1018, 1022)))
    assert frames(state) == [1022, 1030]
    assert state.undo.count() == 1
    assert state.selected is state.shot.references[0]
    state.undo.undo()
    assert frames(state) == [1010, 1030]


def test_a_still_goes_past_another_and_never_out_of_the_shot(
    qtbot: QtBot, view: TimelineView, state: ShotState
) -> None:
    start = spot(view, state, 0)
    drag(qtbot, view, start, at(view, 1025, start.y()), at(view, 1040, start.y()), QPoint(5000, start.y()))
    assert frames(state) == [1030, 1049]
    assert state.selected is not None
    assert state.selected.frame == 1049


def test_escape_takes_a_drag_back(qtbot: QtBot, view: TimelineView, state: ShotState) -> None:
    start = spot(view, state, 1)
    drag(qtbot, view, start, at(view, 1036, start.y()), at(view, 1044, start.y()), let_go=False)
    assert frames(state) == [1010, 1044]
    qtbot.keyClick(view.track, Qt.Key.Key_Escape)
    assert frames(state) == [1010, 1030]


def test_the_playhead_follows_the_hand(qtbot: QtBot, view: TimelineView, state: ShotState) -> None:
    drag(qtbot, view, at(view, 1005, 8), at(view, 1020, 8), at(view, 1033, 8))
    assert state.frame == 1033
    assert state.undo.count() == 0


@pytest.mark.parametrize(
    ("typed", "frame"), [("1020", 1020), ("+7", 1008), ("1001+12*2", 1025), ("9999", 1049)]
)
def test_the_frame_field_takes_arithmetic(
    qtbot: QtBot, view: TimelineView, state: ShotState, typed: str, frame: int
) -> None:
    view.frame_field.setText(typed)
    qtbot.keyClick(view.frame_field, Qt.Key.Key_Return)
    assert state.frame == frame
    assert view.frame_field.text() == str(frame)


def test_a_frame_that_is_none_is_told(
    qtbot: QtBot, view: TimelineView, state: ShotState, studio: Studio
) -> None:
    view.frame_field.setText("1020;")
    qtbot.keyClick(view.frame_field, Qt.Key.Key_Return)
    assert state.frame == 1001
    assert "is no frame" in studio.faults.all[-1].line


def test_the_selected_still_moves_by_keys_and_is_framed_by_return(
    qtbot: QtBot, view: TimelineView, state: ShotState
) -> None:
    state.select(state.shot.references[1])
    for _ in range(3):
        qtbot.keyClick(view.track, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert frames(state) == [1010, 1033]
    with qtbot.waitSignal(view.framing_wanted) as wanted:
        qtbot.keyClick(view.track, Qt.Key.Key_Return)
    assert wanted.args == [state.shot.references[1]]


def test_a_double_click_frames_a_still_or_asks_for_one(
    qtbot: QtBot, view: TimelineView, state: ShotState
) -> None:
    with qtbot.waitSignal(view.framing_wanted):
        qtbot.mouseDClick(view.track, LEFT, pos=spot(view, state, 0))
    with qtbot.waitSignal(view.still_wanted) as wanted:
        qtbot.mouseDClick(view.track, LEFT, pos=at(view, 1045, view.track.height() - 20))
    assert wanted.args == [1045]


def test_the_rate_is_told_and_what_is_seen_of_it_where_that_is_less(
    view: TimelineView, studio: Studio
) -> None:
    player = studio.player
    player.toggle()
    assert view._rate.text() == "23.976 fps"
    for measured, told in ((23.5, "23.976 fps"), (22.13, "22.1 of 23.976 fps")):
        player.measured = measured
        player.changed.emit()
        assert view._rate.text() == told
    player.stop()
    assert view._rate.text() == "23.976 fps"


def test_the_menu_of_a_still_removes_it(view: TimelineView, state: ShotState) -> None:
    menu = view.track.menu_at(spot(view, state, 0))
    next(action for action in menu.actions() if action.text() == "Remove").trigger()
    assert frames(state) == [1030]


def mime(*paths: Path) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def drop(view: TimelineView, data: QMimeData, point: QPoint) -> None:
    action, none = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    view.track.dragMoveEvent(QDragMoveEvent(point, action, data, LEFT, none))
    view.track.dropEvent(QDropEvent(QPointF(point), action, data, LEFT, none))


def test_one_still_is_anchored_where_it_is_dropped_and_several_are_spread(
    view: TimelineView, state: ShotState, tmp_path: Path
) -> None:
    files = [tmp_path / f"{name}.exr" for name in "abc"]
    drop(view, mime(files[0]), at(view, 1023, 150))
    assert frames(state) == [1010, 1023, 1030]
    state.undo.undo()
    drop(view, mime(*files), at(view, 1023, 150))
    assert frames(state) == [1001, 1010, 1025, 1030, 1049]
    state.undo.undo()
    assert frames(state) == [1010, 1030]


def test_what_is_no_picture_is_refused_in_place(view: TimelineView, state: ShotState, tmp_path: Path) -> None:
    before, data = state.shot, mime(tmp_path / "a.txt")  # the event does not keep its data
    event = QDragMoveEvent(
        QPoint(50, 150), Qt.DropAction.CopyAction, data, LEFT, Qt.KeyboardModifier.NoModifier
    )
    view.track.dragMoveEvent(event)
    assert not event.isAccepted()
    assert "no pictures" in view.track._refusal
    drop(view, mime(tmp_path / "a.txt"), QPoint(50, 150))
    assert state.shot == before


def test_the_filmstrip_comes_and_what_is_seen_is_told(
    qtbot: QtBot, view: TimelineView, studio: Studio, state: ShotState
) -> None:
    def is_green() -> bool:
        colour = view.track.grab().toImage().pixelColor(20, int(view.track.rows.film.center().y()))
        return colour.green() > colour.red() + 30

    qtbot.waitUntil(is_green)
    assert studio.converted._last is None  # the viewer's reading ahead is not turned to thumbnails
    assert "playhead at 1001, stills: 1.png at 1010, 2.png at 1030" in view.track.accessibleDescription()


def test_another_shot_is_shown_and_none(
    qtbot: QtBot, view: TimelineView, studio: Studio, tmp_path: Path
) -> None:
    other = opened(studio, a_shot(tmp_path, name="SH020", frames=[1, 9]), tmp_path)
    assert view.track.span.shot == FrameRange(1, 9)
    studio.project.look_at(None)
    view.grab()
    studio.project.look_at(other)
    assert view.frame_field.text() == "1"


# Geometry


@given(st.integers(-5000, 5000), st.integers(0, 3000), st.floats(50, 4000), st.floats(0, 1))
@settings(max_examples=80)
def test_a_frame_is_found_again_at_its_own_place(first: int, length: int, width: float, share: float) -> None:
    shot = FrameRange(first, first + length)
    span = Span.fitting(shot, width).zoomed(7.0, width * share)
    frame = first + round(share * length)
    assert span.frame_at(span.middle(frame)) == frame
    assert span.left >= shot.first - 1e-6
    assert span.left + span.width / span.frame_px <= shot.last + 1 + 1e-6


@given(st.floats(1.1, 8), st.floats(0, 800))
@settings(max_examples=40)
def test_zooming_keeps_the_frame_under_the_mouse(factor: float, x: float) -> None:
    span = Span.fitting(SHOT, 800)
    near = span.zoomed(factor, x)
    assert near.left + x / near.frame_px == pytest.approx(span.left + x / span.frame_px, abs=1e-6)


@given(st.floats(0.01, 10_000))
@settings(max_examples=40)
def test_ticks_stand_at_round_numbers(least: float) -> None:
    step = step_of(least)
    assert step >= least
    assert str(step).rstrip("0") in {"1", "2", "5"}
    assert step == 1 or step / 2.5 < least


@pytest.mark.parametrize("text", ["", "abc", "1+", "1/0", "__import__('os')", "9**9**9", "1" * 50, "True"])
def test_what_is_no_sum_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="frame"):
        typed_frame(text, 1001)


@pytest.mark.parametrize(
    ("text", "frame"), [("-5", 996), ("=-5", -5), ("*2", 2002), (" 1001 + 12 ", 1013), ("(3+4)*2", 14)]
)
def test_sums_of_frames(text: str, frame: int) -> None:
    assert typed_frame(text, 1001) == frame


def test_painting_is_quick(view: TimelineView) -> None:
    view.resize(1920, 220)
    view.track.grab()
    times = []
    for _ in range(9):
        view.track._repaint()
        began = time.perf_counter()
        view.track.grab()
        times.append(time.perf_counter() - began)
    assert min(times) < 0.016  # about 0.003 on a machine that does nothing else


def test_timecode_is_counted_in_ruler_and_field(qtbot: QtBot, view: TimelineView, state: ShotState) -> None:
    qtbot.mouseClick(view._count, LEFT)
    assert view.frame_field.text() == "00:00:41:17"
    view.frame_field.setText("00:00:42:00")
    qtbot.keyClick(view.frame_field, Qt.Key.Key_Return)
    assert state.frame == 1008
    qtbot.mouseClick(view._count, LEFT)
    assert view.frame_field.text() == "1008"

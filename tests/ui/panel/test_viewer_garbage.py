from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from pai_studio.core.shot import shapes
from pai_studio.ui.panel.state.shot import ShotState
from pai_studio.ui.panel.state.studio import Studio
from pai_studio.ui.panel.viewer import Viewer
from pai_studio.ui.panel.viewer.garbage import GarbageMode
from pai_studio.ui.panel.viewer.outlines import Grip, shapes_of
from pai_studio.ui.panel.viewer.polygons import Polygons
from tests.ui.panel.files import plate
from tests.ui.panel.shots import a_shot, opened
from tests.ui.panel.test_viewer import viewing

LEFT = Qt.MouseButton.LeftButton
K = Qt.Key
CORNERS = ((10.0, 8.0), (50.0, 8.0), (50.0, 28.0), (10.0, 28.0))


@pytest.fixture
def state(studio: Studio, tmp_path: Path) -> ShotState:
    plate(tmp_path / "plate", range(1001, 1003))
    return opened(studio, a_shot(tmp_path, frames=[1001, 1011]), tmp_path)


@pytest.fixture
def viewer(qtbot: QtBot, studio: Studio, state: ShotState) -> Iterator[Viewer]:
    with viewing(studio) as viewer:
        qtbot.waitUntil(lambda: not viewer.feed.is_late and not viewer.marks.is_empty, timeout=20_000)
        viewer.draw_garbage()
        yield viewer


def tool(viewer: Viewer) -> Polygons:
    assert isinstance(viewer.mode, GarbageMode)
    return viewer.mode.tool


def place(viewer: Viewer, x: float, y: float):
    """The widget point of a point on pixel edges."""
    return viewer.canvas.sight.point(x - 0.5, y - 0.5).toPoint()


def draw(qtbot: QtBot, viewer: Viewer) -> None:
    for corner in CORNERS:
        qtbot.mouseClick(viewer.canvas, LEFT, pos=place(viewer, *corner))
    qtbot.mouseClick(viewer.canvas, LEFT, pos=place(viewer, *CORNERS[0]))


def drag(qtbot: QtBot, viewer: Viewer, start: tuple[float, float], end: tuple[float, float]) -> None:
    qtbot.mousePress(viewer.canvas, LEFT, pos=place(viewer, *start))
    for share in (0.5, 1.0):
        here = tuple(a + (b - a) * share for a, b in zip(start, end, strict=True))
        qtbot.mouseMove(viewer.canvas, place(viewer, *here))
    qtbot.mouseRelease(viewer.canvas, LEFT, pos=place(viewer, *end))


def near(points: shapes.Points, wanted: tuple[tuple[float, float], ...]) -> bool:
    return all(
        abs(a - b) < 0.1 for p, w in zip(points, wanted, strict=True) for a, b in zip(p, w, strict=True)
    )


def test_clicks_draw_a_polygon_that_a_click_on_its_first_point_closes(
    qtbot: QtBot, viewer: Viewer, state: ShotState
) -> None:
    draw(qtbot, viewer)
    (one,) = shapes_of(state.shot)
    assert list(one.keys) == [1001]
    assert near(one.keys[1001], CORNERS)
    assert state.undo.count() == 1
    state.undo.undo()
    assert shapes_of(state.shot) == []


def test_return_closes_escape_drops_and_then_leaves(qtbot: QtBot, viewer: Viewer, state: ShotState) -> None:
    for corner in CORNERS[:3]:
        qtbot.mouseClick(viewer.canvas, LEFT, pos=place(viewer, *corner))
    qtbot.keyClick(viewer.canvas, Qt.Key.Key_Return)
    assert len(shapes_of(state.shot)) == 1
    qtbot.mouseClick(viewer.canvas, LEFT, pos=place(viewer, 60, 2))
    assert tool(viewer).begun
    qtbot.keyClick(viewer.canvas, Qt.Key.Key_Escape)
    assert not tool(viewer).begun
    qtbot.keyClick(viewer.canvas, Qt.Key.Key_Escape)
    assert viewer.mode is None
    assert len(shapes_of(state.shot)) == 1


def test_a_point_that_is_dragged_is_keyed_at_the_playhead_in_one_edit(
    qtbot: QtBot, viewer: Viewer, state: ShotState
) -> None:
    draw(qtbot, viewer)
    state.go_to(1011)
    drag(qtbot, viewer, CORNERS[2], (58.0, 33.0))
    (one,) = shapes_of(state.shot)
    assert list(one.keys) == [1001, 1011]
    assert near(one.keys[1001], CORNERS)
    assert near(shapes.points_at(one, 1006), (*CORNERS[:2], (54.0, 30.5), CORNERS[3]))
    assert state.undo.count() == 2
    state.undo.undo()
    assert list(shapes_of(state.shot)[0].keys) == [1001]


def test_the_whole_polygon_is_dragged_by_its_inside(qtbot: QtBot, viewer: Viewer, state: ShotState) -> None:
    draw(qtbot, viewer)
    drag(qtbot, viewer, (30.0, 18.0), (33.0, 20.0))
    points = shapes_of(state.shot)[0].keys[1001]
    assert near(points, tuple((x + 3, y + 2) for x, y in CORNERS))


def test_a_double_click_on_an_edge_inserts_and_delete_removes(
    qtbot: QtBot, viewer: Viewer, state: ShotState
) -> None:
    draw(qtbot, viewer)
    qtbot.mouseDClick(viewer.canvas, LEFT, pos=place(viewer, 30, 8))
    points = shapes_of(state.shot)[0].keys[1001]
    assert len(points) == 5
    assert points[1] == pytest.approx((30, 8), abs=0.1)
    for count in (4, 3):
        qtbot.mouseClick(viewer.canvas, LEFT, pos=place(viewer, *shapes_of(state.shot)[0].keys[1001][1]))
        qtbot.keyClick(viewer.canvas, Qt.Key.Key_Delete)
        assert len(shapes_of(state.shot)[0].keys[1001]) == count
    qtbot.keyClick(viewer.canvas, Qt.Key.Key_Delete)
    assert shapes_of(state.shot) == []
    while state.undo.canUndo():
        state.undo.undo()
    assert shapes_of(state.shot) == []


def test_the_bar_shows_keys_sets_them_and_goes_from_one_to_the_next(
    qtbot: QtBot, viewer: Viewer, state: ShotState
) -> None:
    draw(qtbot, viewer)
    assert isinstance(viewer.mode, GarbageMode)
    bar = viewer.mode.bar
    state.go_to(1005)
    assert not bar.key.isChecked()
    qtbot.mouseClick(bar.key, LEFT)
    assert list(shapes_of(state.shot)[0].keys) == [1001, 1005]
    qtbot.mouseClick(bar.before, LEFT)
    assert state.frame == 1001
    assert bar.key.isChecked()
    qtbot.mouseClick(bar.key, LEFT)
    assert list(shapes_of(state.shot)[0].keys) == [1005]
    bar.feather.setValue(4)
    assert shapes_of(state.shot)[0].feather_px == 4


def test_the_last_key_stays_and_it_is_said_why(
    qtbot: QtBot, viewer: Viewer, state: ShotState, studio: Studio
) -> None:
    draw(qtbot, viewer)
    assert isinstance(viewer.mode, GarbageMode)
    qtbot.mouseClick(viewer.mode.bar.key, LEFT)
    assert list(shapes_of(state.shot)[0].keys) == [1001]
    assert "needs one key" in studio.faults.all[-1].line
    assert viewer.mode.bar.key.isChecked()


# By keyboard alone


def press(qtbot: QtBot, viewer: Viewer, *keys: Qt.Key, shift: bool = False) -> None:
    for key in keys:
        held = Qt.KeyboardModifier.ShiftModifier if shift else Qt.KeyboardModifier.NoModifier
        qtbot.keyClick(viewer.canvas, key, held)


def test_arrows_move_a_cross_and_return_sets_points_and_closes(
    qtbot: QtBot, viewer: Viewer, state: ShotState
) -> None:
    right, left, down, enter = K.Key_Right, K.Key_Left, K.Key_Down, K.Key_Return
    press(qtbot, viewer, right, enter)
    assert tool(viewer).begun == [(33.0, 18.0)]  # one beside the middle of 64 x 36
    press(qtbot, viewer, right, shift=True)
    press(qtbot, viewer, enter, down, down, enter)
    press(qtbot, viewer, left, left, left, enter)
    assert isinstance(viewer.mode, GarbageMode)
    assert viewer.mode.bar.text.text().startswith("4 points, cross at 40, 20")
    press(qtbot, viewer, K.Key_Backspace)
    press(qtbot, viewer, right, enter)
    assert tool(viewer).begun == [(33.0, 18.0), (43.0, 18.0), (43.0, 20.0), (41.0, 20.0)]
    press(qtbot, viewer, enter)
    (one,) = shapes_of(state.shot)
    assert len(one.keys[1001]) == 4
    assert state.undo.count() == 1
    press(qtbot, viewer, K.Key_Escape)
    assert viewer.mode is None


def test_tab_goes_through_the_points_and_arrows_nudge_the_chosen_one_in_one_edit(
    qtbot: QtBot, viewer: Viewer, state: ShotState
) -> None:
    draw(qtbot, viewer)
    press(qtbot, viewer, K.Key_Tab, K.Key_Tab)
    assert tool(viewer).selected == Grip(0, 1)
    press(qtbot, viewer, K.Key_Right, K.Key_Up)
    press(qtbot, viewer, K.Key_Down, shift=True)
    (one,) = shapes_of(state.shot)
    assert one.keys[1001][1] == pytest.approx((51.0, 17.0), abs=0.1)
    assert state.undo.count() == 2
    press(qtbot, viewer, K.Key_Backtab)
    press(qtbot, viewer, K.Key_Delete)
    assert len(shapes_of(state.shot)[0].keys[1001]) == 3
    press(qtbot, viewer, K.Key_Tab, K.Key_Tab, K.Key_Tab)
    assert viewer.canvas.hasFocus()
    press(qtbot, viewer, K.Key_Tab)
    assert tool(viewer).selected == Grip(0)
    assert not viewer.canvas.hasFocus()


def test_arrows_are_the_player_s_again_where_nothing_is_drawn(
    qtbot: QtBot, viewer: Viewer, state: ShotState
) -> None:
    draw(qtbot, viewer)
    viewer.draw_garbage()
    before = shapes_of(state.shot)
    press(qtbot, viewer, K.Key_Right, K.Key_Tab)
    assert shapes_of(state.shot) == before

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from pai_studio.core.media.frame import Box
from pai_studio.core.media.geometry import fit_placement
from pai_studio.ui.panel.pictures.shown import Proxy
from pai_studio.ui.panel.state.shot import ShotState
from pai_studio.ui.panel.state.studio import Studio
from pai_studio.ui.panel.viewer import Viewer, placement
from pai_studio.ui.panel.viewer.framing_mode import FramingMode
from pai_studio.ui.panel.viewer.placement import CORNERS, EDGES, INSIDE, Drag, Handle
from tests.ui.panel.files import picture, plate
from tests.ui.panel.shots import a_shot, opened
from tests.ui.panel.test_viewer import viewing

LEFT = Qt.MouseButton.LeftButton
SIZE = (40, 30)
PLATE = Box(0, 0, 64, 36)
places = st.floats(-200, 200, allow_nan=False)
aspects = st.sampled_from([1.0, 2.0, 1.3])


def start(aspect: float = 1.0, angle: float = 0.0) -> np.ndarray:
    return placement.turned(fit_placement(SIZE, PLATE, aspect), (20.0, 15.0), angle, aspect)


# By numbers


@given(places, places, aspects, st.floats(-3, 3))
@settings(max_examples=60)
def test_a_corner_follows_the_hand_along_its_diagonal_and_the_one_across_stays(
    x: float, y: float, aspect: float, angle: float
) -> None:
    before = start(aspect, angle)
    for corner in CORNERS:
        held = placement.mapped(before, placement.on_still(SIZE, corner.x, corner.y))
        across = placement.on_still(SIZE, -corner.x, -corner.y)
        new = Drag(corner, before, SIZE, held, aspect).to((x, y))
        np.testing.assert_allclose(placement.mapped(new, across), placement.mapped(before, across), atol=1e-6)
        # Alike both ways: what was square is square.
        scale = np.linalg.det(new[:2, :2]) / np.linalg.det(before[:2, :2])
        np.testing.assert_allclose(new[:2, :2], before[:2, :2] * np.sqrt(scale), atol=1e-9)


@given(
    places, places, aspects, st.floats(-3, 3), st.sampled_from([*CORNERS, *EDGES, INSIDE, Handle("outside")])
)
@settings(max_examples=80)
def test_a_handle_dragged_away_and_back_leaves_the_placement(
    x: float, y: float, aspect: float, angle: float, handle: Handle
) -> None:
    """There and back again in one gesture, and always a placement that has an inverse."""
    before = start(aspect, angle)
    held = placement.mapped(before, placement.on_still(SIZE, handle.x, handle.y))
    if handle.kind == "outside":
        held = placement.mapped(before, placement.on_still(SIZE, 1.1, 1.1))
    drag = Drag(handle, before, SIZE, held, aspect)
    away = drag.to((x, y))
    assert abs(np.linalg.det(away)) > 1e-6
    np.testing.assert_allclose(np.linalg.inv(away) @ away, np.eye(3), atol=1e-6)
    np.testing.assert_allclose(drag.to(held), before, atol=1e-9)


@given(st.floats(1.2, 3), aspects)
@settings(max_examples=30)
def test_a_corner_on_its_diagonal_lands_under_the_hand(factor: float, aspect: float) -> None:
    before = start(aspect)
    about = placement.mapped(before, placement.on_still(SIZE, -1, -1))
    held = placement.mapped(before, placement.on_still(SIZE, 1, 1))
    hand = tuple(a + (h - a) * factor for a, h in zip(about, held, strict=True))
    new = Drag(Handle("corner", 1, 1), before, SIZE, held, aspect).to(hand)  # type: ignore[arg-type]
    np.testing.assert_allclose(placement.mapped(new, placement.on_still(SIZE, 1, 1)), hand, atol=1e-6)


def test_turning_keeps_the_middle_and_the_shape_as_seen_on_an_anamorphic_plate() -> None:
    before = fit_placement(SIZE, PLATE, 2.0)
    middle = placement.centre(before, SIZE)
    new = placement.turned(before, middle, np.pi / 2, 2.0)
    np.testing.assert_allclose(placement.centre(new, SIZE), middle, atol=1e-9)
    seen = np.diag([2.0, 1.0]) @ new[:2, :2]
    np.testing.assert_allclose(seen @ seen.T, np.eye(2) * np.linalg.det(seen), atol=1e-9)


def test_snapping_puts_edges_and_middles_on_those_of_the_plate_and_lets_go_beyond_its_reach() -> None:
    at = np.array([[1, 0, 0.9], [0, 1, 30.0], [0, 0, 1]], np.float64)
    near = placement.snapped(at, SIZE, PLATE, (2, 2))
    assert min(x for x, _ in placement.outline(near, SIZE)) == pytest.approx(-0.5)
    assert near[1, 2] == 30.0


# By hand


@pytest.fixture
def state(studio: Studio, tmp_path: Path) -> ShotState:
    plate(tmp_path / "plate")
    still = np.zeros((30, 40, 3), np.float32) + np.float32([0.1, 0.2, 0.6])
    picture(tmp_path / "a.exr", still)
    one = {"file": str(tmp_path / "a.exr"), "frame": 1003, "colorspace": "ACEScg"}
    return opened(studio, a_shot(tmp_path, references=[one], frames=[1001, 1005]), tmp_path)


@pytest.fixture
def viewer(qtbot: QtBot, studio: Studio, state: ShotState) -> Iterator[Viewer]:
    with viewing(studio) as viewer:
        viewer.frame_still(state.shot.references[0])
        qtbot.waitUntil(
            lambda: not viewer.feed.is_late and mode(viewer).tool.placement() is not None, timeout=20_000
        )
        yield viewer


def mode(viewer: Viewer) -> FramingMode:
    assert isinstance(viewer.mode, FramingMode)
    return viewer.mode


def where(viewer: Viewer, x: float, y: float) -> QPoint:
    """The widget point at -1..1 of the still's outline."""
    now = mode(viewer).tool.placement()
    assert now is not None
    return viewer.canvas.sight.point(*placement.mapped(now, placement.on_still(SIZE, x, y))).toPoint()


def drag(
    qtbot: QtBot, viewer: Viewer, start: QPoint, *to: QPoint, keys: Qt.KeyboardModifier | None = None
) -> None:
    """Press, go to each place, let go."""
    modifiers = keys or Qt.KeyboardModifier.NoModifier
    from PySide6.QtCore import QEvent, QPointF
    from PySide6.QtGui import QMouseEvent
    from PySide6.QtWidgets import QApplication

    def send(kind: QEvent.Type, at: QPoint, buttons: Qt.MouseButton) -> None:
        place = QPointF(at)
        event = QMouseEvent(kind, place, viewer.canvas.mapToGlobal(place), LEFT, buttons, modifiers)
        QApplication.sendEvent(viewer.canvas, event)

    send(QEvent.Type.MouseButtonPress, start, LEFT)
    for place in to:
        send(QEvent.Type.MouseMove, place, LEFT)
    send(QEvent.Type.MouseButtonRelease, to[-1], Qt.MouseButton.NoButton)


def test_framing_goes_to_the_anchor_and_shows_the_plate(
    viewer: Viewer, state: ShotState, studio: Studio
) -> None:
    assert state.frame == 1003
    assert state.selected is state.shot.references[0]
    assert studio.view.now.shows_plate


def test_framing_stands_back_so_that_handles_are_seen_and_fits_again(viewer: Viewer) -> None:
    corner = where(viewer, 1, 1)
    assert viewer.canvas.rect().contains(corner)
    mode(viewer).end()
    assert viewer.canvas.sight.is_fitted


def test_moving_the_still_writes_its_placement_in_one_edit(
    qtbot: QtBot, viewer: Viewer, state: ShotState
) -> None:
    before = np.array(mode(viewer).tool.placement())
    begin, step = where(viewer, 0, 0), QPoint(30, -20)
    drag(qtbot, viewer, begin, begin + QPoint(5, 5), begin + step)
    assert state.undo.count() == 1
    fit = np.array(state.shot.references[0].fit)
    sight = viewer.canvas.sight
    np.testing.assert_allclose(fit[:2, 2] - before[:2, 2], [30 / sight.across, -20 / sight.zoom], atol=1e-6)
    np.testing.assert_allclose(fit[:2, :2], before[:2, :2])
    state.undo.undo()
    assert state.shot.references[0].fit == "fill"


def test_shift_moves_along_one_axis_and_two_drags_are_two_edits(
    qtbot: QtBot, viewer: Viewer, state: ShotState
) -> None:
    begin = where(viewer, 0, 0)
    drag(qtbot, viewer, begin, begin + QPoint(40, 12), keys=Qt.KeyboardModifier.ShiftModifier)
    first = np.array(state.shot.references[0].fit)
    assert first[1, 2] == pytest.approx(fit_placement(SIZE, PLATE)[1, 2])
    begin = where(viewer, 0, 0)
    drag(qtbot, viewer, begin, begin + QPoint(0, 9))
    assert state.undo.count() == 2


def test_a_corner_scales_about_the_one_across(qtbot: QtBot, viewer: Viewer, state: ShotState) -> None:
    mode(viewer).tool.set_fit("fit")
    fixed = where(viewer, -1, -1)
    begin = where(viewer, 1, 1)
    drag(qtbot, viewer, begin, (begin + fixed) / 2)
    assert state.undo.count() == 2
    fit = np.array(state.shot.references[0].fit)
    assert fit[0, 0] == pytest.approx(fit_placement(SIZE, PLATE, fit="fit")[0, 0] / 2, rel=0.01)
    assert (where(viewer, -1, -1) - fixed).manhattanLength() <= 1


def test_keys_nudge_by_pixels_and_scale_and_escape_leaves(
    qtbot: QtBot, viewer: Viewer, state: ShotState
) -> None:
    before = np.array(mode(viewer).tool.placement())
    qtbot.keyClick(viewer.canvas, Qt.Key.Key_Right)
    qtbot.keyClick(viewer.canvas, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    after = np.array(state.shot.references[0].fit)
    np.testing.assert_allclose(after - before, [[0, 0, 1], [0, 0, -10], [0, 0, 0]], atol=1e-9)
    assert state.frame == 1003
    qtbot.keyClick(viewer.canvas, Qt.Key.Key_Plus)
    assert np.array(state.shot.references[0].fit)[0, 0] == pytest.approx(before[0, 0] * 1.01)
    middle = placement.mapped(mode(viewer).tool.placement(), placement.on_still(SIZE, 0, 0))
    qtbot.keyClick(viewer.canvas, Qt.Key.Key_BraceRight, Qt.KeyboardModifier.ShiftModifier)
    turned = np.array(state.shot.references[0].fit)
    assert np.arctan2(turned[1, 0], turned[0, 0]) == pytest.approx(np.radians(1.0))
    assert placement.mapped(turned, placement.on_still(SIZE, 0, 0)) == pytest.approx(middle)
    qtbot.keyClick(viewer.canvas, Qt.Key.Key_BracketLeft)
    turned = np.array(state.shot.references[0].fit)
    assert np.arctan2(turned[1, 0], turned[0, 0]) == pytest.approx(np.radians(0.9))
    qtbot.keyClick(viewer.canvas, Qt.Key.Key_Escape)
    assert viewer.mode is None


def test_the_buttons_fill_fit_and_reset(qtbot: QtBot, viewer: Viewer, state: ShotState) -> None:
    fill, fit, reset, done = mode(viewer).bar.buttons
    qtbot.keyClick(viewer.canvas, Qt.Key.Key_Right)
    qtbot.mouseClick(fit, LEFT)
    assert state.shot.references[0].fit == "fit"
    qtbot.mouseClick(reset, LEFT)
    assert state.shot.references[0].fit == "fill"
    assert state.undo.count() == 3
    qtbot.mouseClick(fill, LEFT)
    assert state.undo.count() == 3
    qtbot.mouseClick(done, LEFT)
    assert viewer.mode is None


def test_the_still_is_drawn_where_the_matrix_says_and_as_opaque_as_asked(
    qtbot: QtBot, viewer: Viewer
) -> None:
    tool = mode(viewer).tool
    tool.set_fit(((0.5, 0, 20.0), (0, 0.5, 10.0), (0, 0, 1)))
    inside, outside = viewer.canvas.sight.point(30, 15).toPoint(), viewer.canvas.sight.point(50, 30).toPoint()
    bare = viewer.canvas.grab().toImage().pixelColor(outside)
    tool.set_opacity(1.0)
    shown = viewer.canvas.grab().toImage()
    assert shown.pixelColor(inside).blue() > 150
    assert shown.pixelColor(outside) == bare
    tool.set_opacity(0.0)
    assert viewer.canvas.grab().toImage().pixelColor(inside).blue() < 120


def test_away_from_the_anchor_nothing_is_dragged_and_the_bar_says_where_to_go(
    qtbot: QtBot, viewer: Viewer, state: ShotState
) -> None:
    state.go_to(1001)
    begin = where(viewer, 0, 0)
    drag(qtbot, viewer, begin, begin + QPoint(30, 0))
    assert state.undo.count() == 0
    assert "go to frame 1003" in mode(viewer).bar.text.text()


def test_an_unreadable_still_says_so_in_the_bar(
    qtbot: QtBot, viewer: Viewer, state: ShotState, tmp_path: Path
) -> None:
    from pai_studio.ui.panel.state import edits

    state.edit("Add a still", edits.add_references(state.shot, [str(tmp_path / "none.exr")], [1002]))
    viewer.frame_still(state.shot.references[0])
    qtbot.waitUntil(
        lambda: "none.exr" in mode(viewer).bar.text.text() and ":" in mode(viewer).bar.text.text()
    )


def test_a_still_in_an_unknown_space_or_anchored_outside_says_so_in_the_bar(
    qtbot: QtBot, viewer: Viewer, state: ShotState
) -> None:
    from pai_studio.ui.panel.state import edits

    shot, new = edits.change_reference(state.shot, state.shot.references[0], colorspace="ACEScq")
    state.edit("Space", shot)
    qtbot.waitUntil(lambda: "ACEScg" in mode(viewer).bar.text.text())
    shot, _ = edits.change_reference(state.shot, new, colorspace="ACEScg", frame=1044)
    state.edit("Move", shot)
    qtbot.waitUntil(lambda: "outside the shot" in mode(viewer).bar.text.text())


def test_a_failure_of_another_picture_is_not_told_of_the_still(
    qtbot: QtBot, viewer: Viewer, studio: Studio, state: ShotState
) -> None:
    from pai_studio.ui.panel.state import edits

    shot, new = edits.change_reference(state.shot, state.shot.references[0], colorspace="ACEScq")
    state.edit("Space", shot)
    bar = mode(viewer).bar
    qtbot.waitUntil(lambda: "ACEScg" in bar.text.text())
    shot, _ = edits.change_reference(state.shot, new, colorspace="ACEScg")
    state.edit("Space", shot)
    qtbot.waitUntil(lambda: bar.text.text().endswith("at 1003"))
    other = Proxy(np.zeros((2, 2, 4), np.float16), "no such space", PLATE, 1.0, 1)
    with qtbot.waitSignal(studio.converted.failed):
        studio.converted.get(other, viewer.feed.look, state.shot.ocio)
    assert bar.text.text().endswith("at 1003")


def test_removing_the_still_ends_its_framing(viewer: Viewer, state: ShotState) -> None:
    from pai_studio.ui.panel.state import edits

    state.edit("Remove a still", edits.remove_reference(state.shot, state.shot.references[0]))
    assert viewer.mode is None

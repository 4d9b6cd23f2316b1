from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import shiboken6
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QImage, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from pai_studio.core.media.color import ColorConfig
from pai_studio.core.media.display import Look, Screen
from pai_studio.core.media.frame import Box
from pai_studio.core.shot.document import Ocio
from pai_studio.core.shot.frames import FrameRange
from pai_studio.ui.panel.pictures.converted import screen_of
from pai_studio.ui.panel.state import edits
from pai_studio.ui.panel.state.shot import ShotState
from pai_studio.ui.panel.state.studio import Studio
from pai_studio.ui.panel.viewer import Viewer
from pai_studio.ui.panel.viewer.ahead import around
from pai_studio.ui.panel.viewer.sight import Sight
from tests.ui.panel.files import picture, plate
from tests.ui.panel.shots import a_shot, opened

RAMP = np.zeros((36, 64, 3), np.float32) + np.geomspace(0.001, 20, 64, dtype=np.float32)[None, :, None]


@pytest.fixture
def state(studio: Studio, tmp_path: Path) -> ShotState:
    plate(tmp_path / "plate", range(1001, 1004))
    picture(tmp_path / "plate" / "SH010.1002.exr", RAMP)
    return opened(studio, a_shot(tmp_path, frames=[1001, 1005]), tmp_path)


@contextmanager
def viewing(studio: Studio) -> Iterator[Viewer]:
    """A viewer on the screen. It goes here and now: left to the collector, another thread might take it away."""
    viewer = Viewer(studio)
    viewer.resize(900, 600)
    viewer.show()
    yield viewer
    viewer.close()
    shiboken6.delete(viewer)


@pytest.fixture
def viewer(qtbot: QtBot, studio: Studio, state: ShotState) -> Iterator[Viewer]:
    with viewing(studio) as viewer:
        settle(qtbot, viewer)
        yield viewer


def settle(qtbot: QtBot, viewer: Viewer) -> None:
    """Until what is wanted is shown, by the exact view."""

    def is_there() -> bool:
        feed = viewer.feed
        exact = all(
            (ready := feed._studio.converted.get(s.proxy, feed.look, feed.state.shot.ocio)) is not None
            and ready.is_exact
            and s.image is ready.image
            for s in feed.sides
            if s.proxy is not None and feed.state is not None
        )
        return not feed.is_late and (exact or feed.fault is not None)

    qtbot.waitUntil(is_there, timeout=20_000)  # the first view of a process is sampled first


def shown(viewer: Viewer) -> np.ndarray:
    """The canvas as (H, W, 3) bytes."""
    image = viewer.canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width() * 3].reshape(image.height(), image.width(), 3).copy()  # the image goes


def at_pixels(viewer: Viewer, box: Box) -> np.ndarray:
    """What is shown at the middle of each plate pixel."""
    whole, sight = shown(viewer), viewer.canvas.sight
    points = [
        [sight.point(x, y) for x in range(box.x, box.x + box.width)] for y in range(box.y, box.y + box.height)
    ]
    return np.array([[whole[int(p.y()), int(p.x())] for p in row] for row in points])


def expected(pixels: np.ndarray, look: Look | None = None) -> np.ndarray:
    half = np.dstack([pixels, np.ones(pixels.shape[:2])]).astype(np.float16)
    return Screen(ColorConfig.open()).shown(half, "ACEScg", look or Look())[..., :3]


# What is shown


def test_a_ramp_is_shown_as_opencolorio_shows_it(qtbot: QtBot, viewer: Viewer, state: ShotState) -> None:
    state.go_to(1002)
    settle(qtbot, viewer)
    viewer._zoom_to(8.0)
    row = at_pixels(viewer, Box(8, 18, 48, 1))
    assert np.abs(row.astype(int) - expected(RAMP)[18:19, 8:56].astype(int)).max() <= 1
    assert row.max() > 200


def test_exposure_gamma_and_channel_act_on_the_picture(
    qtbot: QtBot, viewer: Viewer, studio: Studio, state: ShotState
) -> None:
    studio.view.set(exposure_stops=1.0, gamma=1.2, channel="G")
    settle(qtbot, viewer)
    pixel = at_pixels(viewer, Box(40, 2, 1, 1))
    green = np.float32([[[0.05, 0.6, 0.08]]])
    want = expected(green, Look(exposure_stops=1.0, gamma=1.2, channel="G"))
    assert np.abs(pixel.astype(int) - want.astype(int)).max() <= 1


def test_the_bars_change_the_view_and_show_it(qtbot: QtBot, viewer: Viewer, studio: Studio) -> None:
    bar = viewer.look_bar
    bar.exposure.setValue(1.5)
    assert studio.view.now.exposure_stops == 1.5
    qtbot.mouseDClick(bar.exposure.lineEdit(), Qt.MouseButton.LeftButton)
    assert studio.view.now.exposure_stops == 0
    qtbot.mouseClick(bar.channels["R"], Qt.MouseButton.LeftButton)
    assert studio.view.now.channel == "R"
    studio.view.set(channel="luminance", gamma=2.0)
    assert bar.channels["luminance"].isChecked()
    assert bar.gamma.value() == 2.0
    assert viewer.source_bar.name.text().startswith("SH010")
    assert viewer.source_bar.space.text() == "ACEScg"
    assert bar.look.text().startswith("ACES")


def test_a_view_is_chosen_from_the_menu_of_its_display(qtbot: QtBot, viewer: Viewer, studio: Studio) -> None:
    menu = viewer.look_bar.look.menu()
    (display,) = [one for one in menu.actions() if one.text() == "sRGB - Display"]
    (raw,) = [one for one in display.menu().actions() if one.text() == "Raw"]
    raw.trigger()
    assert (studio.view.now.display, studio.view.now.view) == ("sRGB - Display", "Raw")
    settle(qtbot, viewer)
    assert at_pixels(viewer, Box(40, 2, 1, 1)).tolist() == [[[13, 153, 20]]]
    assert viewer.look_bar.look.text() == "Raw"


def test_every_control_has_a_name_and_says_what_it_does(viewer: Viewer) -> None:
    from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox

    controls = [
        one
        for bar in (viewer.source_bar, viewer.look_bar)
        for kind in (QAbstractButton, QAbstractSpinBox)
        for one in bar.findChildren(kind)
    ]
    assert len(controls) > 12
    for one in controls:
        assert one.accessibleName(), one
        assert one.toolTip(), one.accessibleName()
    assert "SH010, frame 1001, Plate" in viewer.canvas.accessibleDescription()


def test_a_frame_that_is_not_there_says_so_in_place_and_comes_when_it_does(
    qtbot: QtBot, viewer: Viewer, state: ShotState, tmp_path: Path
) -> None:
    state.go_to(1004)
    qtbot.waitUntil(viewer.card.isVisible)
    assert "SH010.1004.exr: frame 1004 is not there" in viewer.card.line.text()
    viewer.card.copy.click()  # the card has just come: a mouse may find no button at its place yet
    assert "1004" in QGuiApplication.clipboard().text()
    picture(tmp_path / "plate" / "SH010.1004.exr", RAMP)
    viewer.card.retry.click()
    settle(qtbot, viewer)
    assert not viewer.card.isVisible()


def test_the_last_picture_stays_until_the_wanted_one_comes(
    qtbot: QtBot, viewer: Viewer, state: ShotState, studio: Studio
) -> None:
    before = viewer.feed.sides[0].image
    studio.pictures.forget(viewer.feed.sides[0].wanted.source.key)
    state.go_to(1003)
    assert viewer.feed.is_late
    assert viewer.marks.word == "Reading"
    assert viewer.feed.sides[0].image is before
    settle(qtbot, viewer)
    assert viewer.marks.word == ""


def test_files_that_have_changed_are_shown_without_being_asked_for(
    qtbot: QtBot, viewer: Viewer, state: ShotState, studio: Studio, tmp_path: Path
) -> None:
    """A disk that comes back, a shot that is loaded again: the playhead does not move."""
    qtbot.waitUntil(lambda: not viewer.feed._ahead.isActive() and studio.work.is_idle)
    before = viewer.feed.sides[0].image
    picture(tmp_path / "plate" / "SH010.1001.exr", RAMP)
    studio.pictures.forget(viewer.feed.sides[0].wanted.source.key)
    qtbot.waitUntil(lambda: viewer.feed.sides[0].image is not before)
    settle(qtbot, viewer)
    viewer._zoom_to(8.0)
    row = at_pixels(viewer, Box(8, 18, 48, 1))
    assert np.abs(row.astype(int) - expected(RAMP)[18:19, 8:56].astype(int)).max() <= 1


def test_a_space_that_the_config_lacks_is_told_in_place_until_it_is_mended(
    qtbot: QtBot, viewer: Viewer, state: ShotState
) -> None:
    state.edit("Plate", edits.change(state.shot, "plate", colorspace="ACEScq"))
    qtbot.waitUntil(viewer.card.isVisible)
    assert "ACEScg" in viewer.card.line.text()
    state.undo.undo()
    settle(qtbot, viewer)
    assert not viewer.card.isVisible()


def test_somebody_else_s_picture_that_cannot_be_shown_is_not_taken_for_the_plate(
    qtbot: QtBot, viewer: Viewer, studio: Studio, state: ShotState
) -> None:
    from pai_studio.ui.panel.pictures.shown import Proxy

    other = Proxy(np.zeros((2, 2, 4), np.float16), "no such space", Box(0, 0, 2, 2), 1.0, 1)
    with qtbot.waitSignal(studio.converted.failed):
        studio.converted.get(other, viewer.feed.look, state.shot.ocio)
    qtbot.waitUntil(lambda: studio.work.is_idle)
    assert not viewer.card.isVisible()


def test_a_config_that_cannot_be_read_is_told_in_place_and_tried_again(
    qtbot: QtBot, studio: Studio, tmp_path: Path
) -> None:
    plate(tmp_path / "plate", range(1001, 1002))
    config = tmp_path / "show.ocio"
    opened(studio, a_shot(tmp_path, frames=[1001, 1001], ocio={"config": str(config)}), tmp_path)
    with viewing(studio) as viewer:
        qtbot.waitUntil(viewer.card.isVisible)
        assert "show.ocio" in viewer.card.line.text()
        ColorConfig.open().raw.serialize(str(config))
        viewer.card.retry.click()  # by its own call: the card has just come
        settle(qtbot, viewer)
        assert not viewer.card.isVisible()


def test_a_config_that_cannot_be_read_has_one_fault_that_stays(
    qtbot: QtBot, studio: Studio, tmp_path: Path
) -> None:
    """Pictures were converted by it too: what came of that, late, stood there although all was well again."""
    plate(tmp_path / "plate", range(1001, 1002))
    bad = a_shot(tmp_path, frames=[1001, 1001], ocio={"config": str(tmp_path / "show.ocio")})
    with qtbot.assertNotEmitted(studio.converted.failed):
        opened(studio, bad, tmp_path)
        with viewing(studio) as viewer:

            def is_told() -> bool:
                return viewer.card.isVisible() and studio.pictures.is_idle and studio.work.is_idle

            qtbot.waitUntil(is_told)
            studio.view.set(exposure_stops=1.0)
            qtbot.waitUntil(is_told)
            opened(studio, bad.model_copy(update={"name": "another"}), tmp_path)
            qtbot.waitUntil(is_told)


def test_a_config_of_a_shot_that_was_left_is_not_taken(
    qtbot: QtBot, viewer: Viewer, studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Configs are opened in two threads, and the one that was asked for first may come last."""
    right, leaving = viewer.feed.screen, threading.Event()

    def slow(ocio: Ocio) -> Screen:
        if ocio.config:
            assert leaving.wait(10)
        return screen_of(ocio)

    monkeypatch.setattr("pai_studio.ui.panel.viewer.feed.screen_of", slow)
    for name, config in (("left", "missing.ocio"), ("looked_at", "")):
        opened(studio, a_shot(tmp_path, name=name, frames=[1001, 1001], ocio={"config": config}), tmp_path)
    qtbot.waitUntil(lambda: viewer.feed.screen is not None)
    leaving.set()
    qtbot.waitUntil(lambda: studio.work.is_idle)
    assert viewer.feed.screen is right
    assert viewer.feed.fault is None


def test_nothing_can_be_undone_once_the_panel_is_closed(studio: Studio, state: ShotState) -> None:
    """Edits that were left in their stack crashed the process as it ended."""
    state.edit("Type", edits.change(state.shot, "prompt", caption="a shore"))
    studio.project.close([state])
    studio.close()
    assert state.undo.count() == 0


def test_without_a_shot_there_is_nothing_and_nothing_fails(
    qtbot: QtBot, viewer: Viewer, studio: Studio
) -> None:
    studio.project.close(studio.project.shots)
    assert viewer.feed.sides == ()
    assert viewer.canvas.accessibleDescription() == "No shot is open"
    viewer.fit()
    viewer.draw_garbage()
    assert viewer.mode is None


# Where it is looked from


def test_the_wheel_zooms_at_the_cursor_and_keys_fit_and_go_one_to_one(qtbot: QtBot, viewer: Viewer) -> None:
    at = QPointF(200, 150)
    before = viewer.canvas.sight.plate(at)
    wheel = QWheelEvent(
        at,
        viewer.canvas.mapToGlobal(at),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(viewer.canvas, wheel)
    assert viewer.canvas.sight.plate(at) == pytest.approx(before, abs=1 / viewer.canvas.sight.zoom)
    viewer.one_to_one()
    assert viewer.canvas.sight.zoom == 1.0
    assert viewer.look_bar.zoom.text() == "100%"
    viewer.zoom_in()
    assert viewer.canvas.sight.zoom == 2.0
    viewer.zoom_out()
    viewer.zoom_out()
    assert viewer.canvas.sight.zoom == 0.5
    viewer.fit()
    assert viewer.canvas.sight.is_fitted


def test_one_to_one_shows_each_pixel_as_it_is(qtbot: QtBot, viewer: Viewer, state: ShotState) -> None:
    state.go_to(1002)
    viewer.one_to_one()
    settle(qtbot, viewer)
    box = viewer.canvas.sight.device_rect(Box(0, 0, 64, 36)).toRect()
    part = shown(viewer)[box.top() + 10, box.left() + 2 : box.left() + 62]
    assert np.abs(part.astype(int) - expected(RAMP)[10, 2:62].astype(int)).max() <= 1


@pytest.mark.parametrize("aspect", [1.0, 2.0])
@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
def test_a_sight_goes_to_the_widget_and_back(aspect: float, ratio: float) -> None:
    sight = Sight(pixel_aspect=aspect).sized(1500, 900, ratio).zoomed(3.0, QPointF(100, 50))
    for x, y in ((0.0, 0.0), (959.5, 539.5), (1919.0, 12.0)):
        assert sight.plate(sight.point(x, y)) == pytest.approx((x, y))
    one, two = sight.point(0, 0), sight.point(1, 1)
    assert (two.x() - one.x()) == pytest.approx((two.y() - one.y()) * aspect)
    assert (two.y() - one.y()) * ratio == pytest.approx(3.0)
    corner = sight.device_rect(sight.display).topLeft()
    assert corner.x() == int(corner.x())
    assert corner.y() == int(corner.y())


def test_fitting_shows_an_anamorphic_plate_unsqueezed() -> None:
    sight = Sight().on(Box(0, 0, 100, 100), 2.0).sized(400, 400, 1.0)
    frame = sight.frame()
    assert (frame.width(), frame.height()) == (400, 200)


def test_panning_keeps_some_of_the_picture_in_sight() -> None:
    sight = Sight().sized(400, 300, 1.0).zoomed(2.0).panned(QPointF(1e6, -1e6))
    assert sight.frame().intersects(sight.device_rect(Box(0, 0, 1, 1)).adjusted(-400, -300, 400, 300))


@pytest.mark.parametrize(
    ("frame", "backwards", "expected"),
    [
        (1005, False, [1007, 1009, 1001, 1003]),
        (1005, True, [1003, 1001, 1009, 1007]),
        (990, False, [1001, 1003]),
    ],
)
def test_what_is_read_ahead_is_what_playing_comes_to(
    frame: int, backwards: bool, expected: list[int]
) -> None:
    found = list(around(frame, FrameRange(1000, 1010), FrameRange(1001, 1099, 2), backwards=backwards))
    assert found[: len(expected)] == expected


# What is probed


def test_the_probe_reads_the_file_s_own_values(qtbot: QtBot, viewer: Viewer, state: ShotState) -> None:
    state.go_to(1002)
    settle(qtbot, viewer)
    viewer.canvas.hovered.emit(viewer.canvas.sight.point(30, 12))
    found = viewer.inspector.probe.reading
    assert found is not None
    value = float(np.float16(RAMP[12, 30, 0]))
    assert (found.area.x, found.area.y) == (30, 12)
    assert found.own == (value, value, value, 1.0)
    assert found.luminance == pytest.approx(value, rel=1e-5)
    assert found.is_exact
    assert f"R {value:.4f}" in viewer.inspector.line.text()
    assert "~" not in viewer.inspector.line.text()
    viewer.canvas.hovered.emit(None)
    assert "Shift+drag" in viewer.inspector.line.text()


def test_a_proxy_s_values_are_marked_until_the_exact_ones_come(
    qtbot: QtBot, viewer: Viewer, studio: Studio
) -> None:
    studio.view.set(scale=4)
    settle(qtbot, viewer)
    studio.pictures.forget(viewer.feed.sides[0].wanted.source.key)
    viewer.canvas.hovered.emit(viewer.canvas.sight.point(5, 10))
    assert "~" in viewer.inspector.line.text()
    qtbot.waitUntil(lambda: "~" not in viewer.inspector.line.text())
    assert viewer.inspector.probe.reading is not None
    assert viewer.inspector.probe.reading.own[0] == float(np.float16(0.4))


def test_shift_and_drag_gives_the_mean_of_an_area(qtbot: QtBot, viewer: Viewer, state: ShotState) -> None:
    state.go_to(1002)
    settle(qtbot, viewer)
    begin, end = (viewer.canvas.sight.point(*at).toPoint() for at in ((10, 5), (19, 9)))
    canvas, shift = viewer.canvas, Qt.KeyboardModifier.ShiftModifier
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, shift, begin)
    qtbot.mouseMove(canvas, end)
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, shift, end)
    qtbot.waitUntil(
        lambda: viewer.inspector.probe.reading is not None and viewer.inspector.probe.reading.area.width > 1
    )
    found = viewer.inspector.probe.reading
    assert found is not None
    assert found.area == Box(10, 5, 10, 5)
    assert found.own[0] == pytest.approx(float(RAMP[5:10, 10:20].astype(np.float16).mean(dtype=np.float64)))


# What is dropped on it


def test_a_still_that_is_dropped_is_anchored_at_the_playhead(
    viewer: Viewer, state: ShotState, tmp_path: Path
) -> None:
    state.go_to(1002)
    still = picture(tmp_path / "still.png", RAMP)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(still))])
    action, none = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    left = Qt.MouseButton.LeftButton
    QApplication.sendEvent(viewer, QDragEnterEvent(QPoint(50, 50), action, data, left, none))
    assert "1002" in viewer.marks.ghost
    QApplication.sendEvent(viewer, QDropEvent(QPointF(50, 50), action, data, left, none))
    assert [(Path(r.file), r.frame) for r in state.shot.references] == [(still, 1002)]
    assert viewer.marks.ghost == ""
    assert state.undo.count() == 1


def test_what_is_no_still_is_left_to_the_window(viewer: Viewer, tmp_path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "cut.otio"))])
    event = QDragEnterEvent(
        QPoint(5, 5),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(viewer, event)
    assert not event.isAccepted()

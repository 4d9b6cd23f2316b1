"""One sitting at the real window, with the real server and the draft engine, as a person would: by mouse and keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from pai_studio.core.shot import document
from pai_studio.core.shot.saving import text_beside
from pai_studio.server.app import Server
from pai_studio.ui.panel import style
from pai_studio.ui.panel.state.shot import ShotState
from pai_studio.ui.panel.state.studio import Studio
from pai_studio.ui.panel.viewer.framing_mode import FramingMode
from pai_studio.ui.panel.window import Window
from tests.ui.panel.conftest import watched
from tests.ui.panel.files import picture, plate
from tests.ui.panel.shots import a_shot

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier
LONG_MS = 60_000
SIZE = (96, 54)


@pytest.fixture
def shot_file(tmp_path: Path) -> Path:
    """A green plate of nine frames, and its document without a still."""
    pattern = plate(tmp_path / "plate", frames=range(1001, 1010), size=SIZE, colorInteropID="lin_ap1_scene")
    shot = a_shot(
        tmp_path,
        frames=[1001, 1009],
        plate={"files": str(pattern), "colorspace": "ACEScg"},
        engine={"name": "draft"},
    )
    path = tmp_path / "SH010.shot.json"
    path.write_text(text_beside(shot, tmp_path))
    return path


@pytest.fixture
def stills(tmp_path: Path) -> list[Path]:
    noise = np.random.default_rng(5).uniform(0.1, 0.9, (SIZE[1], SIZE[0] + 8, 3)).astype(np.float32)
    return [
        picture(tmp_path / f"still{n}.exr", noise[:, n * 4 : n * 4 + SIZE[0]], colorInteropID="lin_ap1_scene")
        for n in range(3)
    ]


@pytest.fixture
def sit_down(
    qtbot: QtBot, qapp: QApplication, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Callable[[], Window]]:
    """Opens the panel; every exception of a slot or thread fails the test."""
    monkeypatch.setenv("PAI_STATE_DIR", str(tmp_path / "state"))
    opened: list[tuple[Window, list[Exception]]] = []
    style.dress(qapp)

    def open_panel() -> Window:
        studio = Studio()
        broken = watched(studio.work)
        window = Window(studio)
        opened.append((window, broken))
        window.show()
        qtbot.waitExposed(window)
        return window

    yield open_panel
    for window, broken in opened:
        window.close()
        window.studio.close()
        window.deleteLater()
        assert broken == []


def current(window: Window) -> ShotState:
    state = window.studio.project.current
    assert state is not None
    return state


def drop(target: QWidget, files: list[Path], point: QPoint) -> None:
    data, action = QMimeData(), Qt.DropAction.CopyAction
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in files])
    target.dragEnterEvent(QDragEnterEvent(point, action, data, LEFT, NONE))
    target.dragMoveEvent(QDragMoveEvent(point, action, data, LEFT, NONE))
    target.dropEvent(QDropEvent(QPointF(point), action, data, LEFT, NONE))


def open_the_shot(qtbot: QtBot, window: Window, path: Path) -> ShotState:
    window.open([path])
    qtbot.waitUntil(lambda: window.studio.project.current is not None, timeout=LONG_MS)
    return current(window)


def drag_a_still(qtbot: QtBot, window: Window, state: ShotState, index: int, frame: int) -> None:
    track = window.timeline.track
    start = track.rows.spots[index].toPoint()
    goal = QPoint(round(track.span.middle(frame)), start.y())
    qtbot.mousePress(track, LEFT, pos=start)
    for share in (0.3, 0.6, 1.0):
        qtbot.mouseMove(track, start + (goal - start) * share)
    qtbot.mouseRelease(track, LEFT, pos=goal)


def frame_the_middle_still(qtbot: QtBot, window: Window, state: ShotState) -> None:
    """T, some steps to the right, larger, and out again."""
    state.select(state.shot.references[1])
    state.go_to(state.shot.references[1].frame)
    window.actions_by_name["frame_still"].trigger()
    mode = window.viewer.mode
    assert isinstance(mode, FramingMode)
    qtbot.waitUntil(
        lambda: not window.viewer.feed.is_late and mode.tool.placement() is not None, timeout=LONG_MS
    )
    for _ in range(3):
        qtbot.keyClick(window.viewer.canvas, Qt.Key.Key_Right)
    qtbot.keyClick(window.viewer.canvas, Qt.Key.Key_Escape)
    assert window.viewer.mode is None


def type_a_prompt(qtbot: QtBot, window: Window, text: str) -> None:
    field = next(
        one for one in window.form.findChildren(QPlainTextEdit) if "ackground" in one.accessibleName()
    )
    field.setFocus()
    qtbot.keyClicks(field, text)


def render(qtbot: QtBot, window: Window, wanted: str) -> None:
    jobs = window.studio.jobs
    window.actions_by_name["render"].trigger()
    item = jobs.items[-1]
    qtbot.waitUntil(lambda: item.has_ended, timeout=LONG_MS)
    assert item.state == wanted, item.error


def test_a_sitting(
    qtbot: QtBot, shipped: Server, sit_down: Callable[[], Window], shot_file: Path, stills: list[Path]
) -> None:
    window = sit_down()
    state = open_the_shot(qtbot, window, shot_file)

    drop(window.timeline.track, stills, QPoint(40, window.timeline.track.height() - 12))
    assert [one.frame for one in state.shot.references] == [1001, 1005, 1009]

    frame_the_middle_still(qtbot, window, state)
    framed = state.shot.references[1].fit
    assert isinstance(framed, tuple)

    drag_a_still(qtbot, window, state, 1, 1007)
    assert [one.frame for one in state.shot.references] == [1001, 1007, 1009]
    window.actions_by_name["undo"].trigger()
    assert [one.frame for one in state.shot.references] == [1001, 1005, 1009]
    window.actions_by_name["redo"].trigger()
    assert [one.frame for one in state.shot.references] == [1001, 1007, 1009]

    type_a_prompt(qtbot, window, "a shore at noon")
    assert state.shot.prompt.background_content == "a shore at noon"

    # Render, watch, change one's mind, render after all.
    window.actions_by_name["render"].trigger()
    first = window.studio.jobs.items[-1]
    qtbot.waitUntil(lambda: first.state not in ("WAITING", "CHECKING"), timeout=LONG_MS)
    window.actions_by_name["cancel"].trigger()
    qtbot.waitUntil(lambda: first.has_ended, timeout=LONG_MS)
    assert first.state == "CANCELLED"
    render(qtbot, window, "SUCCEEDED")
    qtbot.waitUntil(lambda: len(window.studio.versions.of(state)) == 1, timeout=LONG_MS)
    version = window.studio.versions.of(state)[0]
    assert version.engine == "draft"

    # Look at it: result, wipe, a pass, the layers mixed.
    view = window.studio.view
    window.actions_by_name["toggle"].trigger()
    assert not view.now.shows_plate
    window.actions_by_name["wipe"].trigger()
    assert view.now.compare == "wipe"
    for layer in ("background", "matte", "mix", "beauty"):
        view.set(layer=layer)
        qtbot.waitUntil(
            lambda: all(side.image is not None for side in window.viewer.feed.sides), timeout=LONG_MS
        )
        assert window.viewer.feed.fault is None

    # Go home, come back, find everything.
    left = state.shot
    window.close()
    window.studio.close()
    assert document.load(shot_file) == left
    again = sit_down()
    back = open_the_shot(qtbot, again, shot_file)
    assert back.shot == left
    qtbot.waitUntil(lambda: len(again.studio.versions.of(back)) == 1, timeout=LONG_MS)
    assert [item.state for item in again.studio.jobs.items] == ["CANCELLED", "SUCCEEDED"]
    assert shot_file in again.studio.memory.recent


def test_what_another_program_wrote_is_taken_over_and_saved_on_from_there(
    qtbot: QtBot, sit_down: Callable[[], Window], shot_file: Path, stills: list[Path]
) -> None:
    window = sit_down()
    state = open_the_shot(qtbot, window, shot_file)
    theirs = shot_file.read_text().replace('"seed": 7', '"seed": 8')
    shot_file.write_text(theirs)
    window.commands.add_stills(stills[:1])
    qtbot.waitUntil(lambda: state.saving.kind == "failed")
    window.commands.reload([state])
    qtbot.waitUntil(lambda: state.shot.engine.seed == 8)
    assert state.shot.references == []
    state.undo.undo()
    qtbot.waitUntil(lambda: state.saving.kind == "saved" and len(document.load(shot_file).references) == 1)

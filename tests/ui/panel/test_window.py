"""The window round its parts: its title, its appearance, its size on small screens, what it remembers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QDockWidget,
    QLabel,
    QMainWindow,
    QMenu,
)
from pytestqt.qtbot import QtBot

from pai_studio.ui.panel import style
from pai_studio.ui.panel.appearance import Appearance
from pai_studio.ui.panel.arrangement import to_text
from pai_studio.ui.panel.rows import Elided
from pai_studio.ui.panel.state.project import Opened, OpenedShot
from pai_studio.ui.panel.state.shot import ShotState
from pai_studio.ui.panel.state.studio import Studio
from pai_studio.ui.panel.window import Window
from tests.ui.panel.shots import a_shot


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication, studio: Studio) -> Iterator[Window]:
    style.dress(qapp)
    window = Window(studio)
    yield window
    window.leaving.leave()
    window.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    style.choose_scheme(qapp, "")


def opened(studio: Studio, folder: Path, *names: str) -> list[ShotState]:
    shots = [OpenedShot(a_shot(folder, name=name), folder / f"{name}.shot.json") for name in names]
    return studio.project.add(Opened("reel3.otio", tuple(shots)))


def test_the_title_follows_the_shot_its_name_and_its_saves(
    qtbot: QtBot, window: Window, studio: Studio, tmp_path: Path
) -> None:
    assert window.windowTitle() == "PAI-Studio"
    first, second = opened(studio, tmp_path, "SH010", "SH020")
    assert window.windowTitle() == "SH010[*] - reel3.otio - PAI-Studio"
    assert not window.isWindowModified()
    first.edit("Rename", first.shot.model_copy(update={"name": "SH011"}))
    assert window.windowTitle() == "SH011[*] - reel3.otio - PAI-Studio"
    assert window.isWindowModified()
    first.saving.now()
    qtbot.waitUntil(lambda: not window.isWindowModified())
    studio.project.look_at(second)
    first.edit("Rename", first.shot.model_copy(update={"name": "SH012"}))
    assert window.windowTitle() == "SH020[*] - reel3.otio - PAI-Studio"
    studio.project.close([first, second])
    qtbot.waitUntil(lambda: window.windowTitle() == "PAI-Studio")
    assert not window.isWindowModified()


def test_dark_and_light_are_chosen_in_a_menu_at_once_and_remembered(
    qtbot: QtBot, qapp: QApplication, studio: Studio
) -> None:
    style.dress(qapp)
    view = QMenu()
    menu = Appearance(studio.memory, view).menu
    system, dark, light = menu.actions()
    assert system.isChecked()
    light.trigger()
    assert qapp.palette().window().color() == style.LIGHT.window
    assert studio.memory.get("scheme", "") == "light"
    dark.trigger()
    assert qapp.palette().window().color() == style.DARK.window
    again = Appearance(studio.memory, view).menu
    assert [one.text() for one in again.actions() if one.isChecked()] == ["Dark"]
    system.trigger()
    assert studio.memory.get("scheme", "dark") == ""


def docks(window: Window) -> dict[str, QDockWidget]:
    return {one.objectName(): one for one in window.findChildren(QDockWidget)}


def clipped(window: Window) -> list[str]:
    """What is shown with less room than its words need."""
    found = []
    for kind in (QAbstractButton, QLabel):
        for widget in window.findChildren(kind):
            is_seen = not widget.visibleRegion().isEmpty()
            if is_seen and widget.text() and not isinstance(widget, Elided):
                need = widget.minimumSizeHint()
                if widget.width() < need.width() or widget.height() < need.height():
                    found.append(f"{widget.accessibleName() or widget.text()}: {widget.size()} < {need}")
    return found


def inside(window: Window) -> bool:
    frame_px = 4  # of the platform without a screen, once a window is shown
    room = window.screen().availableGeometry().adjusted(-frame_px, -frame_px, frame_px, frame_px)
    return room.contains(window.geometry())


def test_on_a_small_screen_it_opens_inside_with_all_docks_in_one_pile(
    qtbot: QtBot, window: Window, studio: Studio, tmp_path: Path
) -> None:
    opened(studio, tmp_path, "SH010")
    window.resize(800, 600)
    window.show()
    qtbot.waitExposed(window)
    assert (window.width(), window.height()) == (800, 600)
    assert inside(window)
    assert len(window.tabifiedDockWidgets(docks(window)["Shot"])) == 4
    for dock in docks(window).values():
        dock.raise_()
        QApplication.processEvents()
        assert dock.widget().isVisible()
        assert clipped(window) == []


def test_a_wide_window_has_three_columns_and_each_arrangement_is_remembered(
    qtbot: QtBot, window: Window, studio: Studio
) -> None:
    window.show()
    window.resize(1280, 720)
    area = window.dockWidgetArea
    left, right = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea
    there = docks(window)
    assert window.appearance.menu.menuAction() in window.appearance.parent().actions()
    qtbot.waitUntil(lambda: area(there["Shots"]) == left)
    assert area(there["Shot"]) == right
    assert (window.width(), window.height()) == (1280, 720)
    there["Queue"].hide()
    window.resize(800, 600)
    qtbot.waitUntil(lambda: area(there["Shots"]) == right)
    assert not there["Queue"].isHidden()
    window.resize(1280, 720)
    qtbot.waitUntil(lambda: area(there["Shots"]) == left)
    assert there["Queue"].isHidden()
    window.close()
    again = Window(studio)
    again.resize(1280, 720)
    again.show()
    qtbot.waitUntil(lambda: again.dockWidgetArea(docks(again)["Shots"]) == left)
    assert docks(again)["Queue"].isHidden()
    again.close()
    again.deleteLater()


def test_columns_that_a_narrow_window_has_squeezed_come_back_with_it(
    qtbot: QtBot, window: Window, studio: Studio, tmp_path: Path
) -> None:
    opened(studio, tmp_path, "SH010")
    window.show()
    window.resize(1280, 720)
    shots, area = docks(window)["Shots"], window.dockWidgetArea
    qtbot.waitUntil(lambda: area(shots) == Qt.DockWidgetArea.LeftDockWidgetArea)
    separator = QPoint(shots.geometry().right() + 1, shots.geometry().center().y())
    before = shots.width()
    QTest.mousePress(window, Qt.MouseButton.LeftButton, pos=separator)
    QTest.mouseMove(window, separator + QPoint(20, 0))
    qtbot.waitUntil(lambda: shots.width() == before + 20)
    QTest.mouseRelease(window, Qt.MouseButton.LeftButton, pos=separator + QPoint(20, 0))
    QApplication.processEvents()
    chosen = shots.width()
    assert chosen > before
    for width in (1000, 800):
        window.resize(width, 600)
        QApplication.processEvents()
    qtbot.waitUntil(lambda: area(shots) == Qt.DockWidgetArea.RightDockWidgetArea)
    window.resize(1280, 720)
    qtbot.waitUntil(lambda: area(shots) == Qt.DockWidgetArea.LeftDockWidgetArea)
    qtbot.waitUntil(lambda: shots.width() == chosen, timeout=1000)


def test_a_window_of_a_larger_screen_comes_back_inside_this_one(qtbot: QtBot, studio: Studio) -> None:
    other = QMainWindow()
    other.setGeometry(QRect(2600, 900, 2400, 1300))
    studio.memory.keep(geometry=to_text(other.saveGeometry()))
    window = Window(studio)
    assert inside(window)
    window.show()
    assert inside(window)
    window.deleteLater()

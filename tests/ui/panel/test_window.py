"""The window round its parts: its title, its appearance, its size on small screens, what it remembers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from pai_studio.ui.panel import style
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
    style.choose_scheme(qapp, "")


def opened(studio: Studio, folder: Path, *names: str) -> list[ShotState]:
    shots = [OpenedShot(a_shot(folder, name=name), folder / f"{name}.shot.json") for name in names]
    return studio.project.add(Opened("reel3.otio", tuple(shots)))


def choice(window: Window, text: str) -> QAction:
    return next(one for one in window.appearance.menu.actions() if one.text() == text)


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
    qtbot: QtBot, qapp: QApplication, window: Window, studio: Studio
) -> None:
    assert choice(window, "As the system").isChecked()
    choice(window, "Light").trigger()
    assert window.palette().window().color() == style.LIGHT.window
    assert studio.memory.get("scheme", "") == "light"
    choice(window, "Dark").trigger()
    assert window.palette().window().color() == style.DARK.window
    again = Window(studio)
    assert choice(again, "Dark").isChecked()
    again.deleteLater()
    choice(window, "As the system").trigger()
    assert studio.memory.get("scheme", "dark") == ""

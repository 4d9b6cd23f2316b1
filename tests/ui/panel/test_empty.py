"""The window before anything is open."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from pai_studio.ui.panel.empty import EmptyState
from pai_studio.ui.panel.state.studio import Studio

LEFT = Qt.MouseButton.LeftButton


def shown(qtbot: QtBot, studio: Studio) -> EmptyState:
    widget = EmptyState(studio)
    qtbot.addWidget(widget)
    widget.resize(900, 600)
    widget.show()
    qtbot.waitUntil(lambda: studio.work.is_idle)
    return widget


def test_it_says_what_to_do_and_each_button_asks_for_it(qtbot: QtBot, studio: Studio) -> None:
    widget = shown(qtbot, studio)
    assert widget.title.text().startswith("Drop a shot")
    assert not widget.recent.isVisible()
    for button, signal in (
        (widget.open, widget.open_wanted),
        (widget.folder, widget.folder_wanted),
        (widget.demo, widget.demo_wanted),
    ):
        with qtbot.waitSignal(signal):
            qtbot.mouseClick(button, LEFT)
    assert "Ctrl+O" in widget.open.toolTip()


def test_a_recent_file_is_opened_by_mouse_and_keyboard_unless_it_is_gone(
    qtbot: QtBot, studio: Studio, tmp_path: Path
) -> None:
    there, gone = tmp_path / "reel.otio", tmp_path / "gone.shot.json"
    there.write_text("{}")
    studio.memory.opened(there)
    studio.memory.opened(gone)
    widget = shown(qtbot, studio)
    rows = [widget.model.index(row) for row in range(widget.model.rowCount())]
    assert [row.data() for row in rows] == ["gone.shot.json", "reel.otio"]
    assert "not there any more" in rows[0].data(Qt.ItemDataRole.AccessibleTextRole)
    wanted: list[Path] = []
    widget.recent_wanted.connect(wanted.append)
    for row in rows:
        qtbot.mouseClick(widget.recent.viewport(), LEFT, pos=widget.recent.visualRect(row).center())
    assert wanted == [there]
    widget.recent.setCurrentIndex(rows[1])
    qtbot.keyClick(widget.recent, Qt.Key.Key_Return)
    assert wanted == [there, there]


def test_what_is_opened_meanwhile_comes_to_the_list(qtbot: QtBot, studio: Studio, tmp_path: Path) -> None:
    widget = shown(qtbot, studio)
    studio.memory.opened(tmp_path)
    assert widget.model.rowCount() == 1
    assert widget.recent.isVisible()


@pytest.mark.parametrize("size", [(300, 260), (1900, 1000)])
def test_its_buttons_are_reached_in_every_window(
    qtbot: QtBot, studio: Studio, tmp_path: Path, size: tuple[int, int]
) -> None:
    for number in range(12):
        studio.memory.opened(tmp_path / f"{number}.otio")
    widget = shown(qtbot, studio)
    widget.resize(*size)
    qtbot.waitUntil(lambda: (widget.width(), widget.height()) == size or widget.width() > size[0])
    for button in (widget.open, widget.folder, widget.demo):
        corner = button.mapTo(widget, button.rect().bottomRight())
        assert widget.rect().contains(corner)

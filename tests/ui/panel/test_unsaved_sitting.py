"""The real window on two days: a disk goes while somebody works, the window is closed, the edits are there again."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QToolButton
from pytestqt.qtbot import QtBot

from pai_studio.core.shot import document
from pai_studio.core.shot.saving import text_beside
from pai_studio.ui.panel import style
from pai_studio.ui.panel.faultbar import FaultBar
from pai_studio.ui.panel.state import edits
from pai_studio.ui.panel.state.studio import Studio
from pai_studio.ui.panel.window import Window
from tests.ui.panel.conftest import watched
from tests.ui.panel.shots import a_shot

LEFT = Qt.MouseButton.LeftButton


def test_edits_outlive_a_disk_that_goes_and_the_window_that_is_closed(
    qtbot: QtBot, qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAI_STATE_DIR", str(tmp_path / "state"))
    style.dress(qapp)
    path = tmp_path / "cut" / "SH010_b.shot.json"
    path.parent.mkdir()
    (path.parent / "SH010.shot.json").write_text(text_beside(a_shot(path.parent), path.parent))

    first = Window(Studio())
    broken = watched(first.studio.work)
    first.show()
    first.open([path.with_name("SH010.shot.json")])
    qtbot.waitUntil(lambda: first.studio.project.current is not None)
    (state,) = first.studio.project.shots
    first.studio.project.save_as(state, path)
    qtbot.waitUntil(lambda: path.name in first.windowTitle())
    away = path.parent.rename(tmp_path / "away")
    state.edit("Type", edits.change(state.shot, "prompt", caption="last words"))
    qtbot.waitUntil(lambda: "its folder is not there" in first.shots.strip.line.text())
    assert not first.close()
    dialog = first.leaving.dialog
    qtbot.waitUntil(dialog.without.isVisible)
    qtbot.mouseClick(dialog.without, LEFT)
    assert not first.isVisible()
    first.studio.close()
    away.rename(path.parent)
    assert document.load(path, unfinished=True).prompt.caption == ""

    second = Window(Studio())
    broken_too = watched(second.studio.work)
    second.show()
    bar = second.findChild(FaultBar)
    assert isinstance(bar, FaultBar)
    qtbot.waitUntil(bar.isVisible)
    (restore,) = (one for one in bar.findChildren(QToolButton) if one.text() == "Restore")
    qtbot.mouseClick(restore, LEFT)
    qtbot.waitUntil(lambda: document.load(path, unfinished=True).prompt.caption == "last words")
    assert path.name in second.windowTitle()
    qtbot.waitUntil(second.close)
    second.studio.close()
    for window in (first, second):
        window.deleteLater()
    assert broken + broken_too == []

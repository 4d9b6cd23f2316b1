from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from pai_studio.ui.panel.folding import FoldingBar
from pai_studio.ui.panel.forms import ShotForm
from pai_studio.ui.panel.state.studio import Studio
from pai_studio.ui.panel.timeline import TimelineView
from pai_studio.ui.panel.viewer import Viewer
from tests.ui.panel.files import plate
from tests.ui.panel.shots import a_shot, opened

LEFT = Qt.MouseButton.LeftButton
NARROW = 420


def a_bar(qtbot: QtBot, width: int) -> tuple[FoldingBar, list[QWidget]]:
    bar = FoldingBar()
    qtbot.addWidget(bar)
    controls: list[QWidget] = [
        QLabel("Name"),
        QPushButton("First"),
        QPushButton("Second"),
        QPushButton("Third"),
    ]
    for fold, control in enumerate(controls):
        bar.add(control, fold=fold)
    bar.resize(width, bar.sizeHint().height())
    bar.show()
    return bar, controls


def folded(bar: FoldingBar, controls: list[QWidget]) -> list[bool]:
    return [control.window() is bar.sheet for control in controls]


def test_what_has_no_room_lies_in_the_sheet_and_comes_back(qtbot: QtBot) -> None:
    bar, controls = a_bar(qtbot, 2000)
    assert folded(bar, controls) == [False] * 4
    assert not bar.more.isVisible()
    bar.resize(bar.sizeHint().width() - 1, bar.height())
    assert folded(bar, controls)[-1]
    bar.resize(bar.minimumSizeHint().width(), bar.height())
    assert folded(bar, controls) == [False, True, True, True]
    assert bar.more.isVisible()
    bar.resize(2000, bar.height())
    assert folded(bar, controls) == [False] * 4
    qtbot.waitUntil(lambda: all(control.isVisible() for control in controls))


def test_room_is_asked_for_before_it_is_shown_and_again_when_a_text_grows(qtbot: QtBot) -> None:
    bar = FoldingBar()
    qtbot.addWidget(bar)
    name = QLabel("Name")
    bar.add(name)
    bar.add(QPushButton("First"), fold=1)
    before = bar.minimumSizeHint().width()
    assert bar.sizeHint().width() > name.sizeHint().width() + QPushButton("First").sizeHint().width()
    outer = QWidget()
    qtbot.addWidget(outer)
    QVBoxLayout(outer).addWidget(bar)
    outer.show()
    least = outer.minimumSizeHint().width()
    name.setText("A much longer name")
    qtbot.waitUntil(lambda: outer.minimumSizeHint().width() > least)
    assert bar.minimumSizeHint().width() > before


def test_the_sheet_is_worked_by_keyboard(qtbot: QtBot) -> None:
    bar, controls = a_bar(qtbot, 100)
    clicked: list[bool] = []
    third = controls[3]
    assert isinstance(third, QPushButton)
    third.clicked.connect(lambda: clicked.append(True))
    qtbot.keyClick(bar.more, Qt.Key.Key_Space)
    qtbot.waitUntil(third.isVisible)
    qtbot.keyClick(third, Qt.Key.Key_Space)
    assert clicked
    qtbot.keyClick(bar.sheet, Qt.Key.Key_Escape)
    assert not bar.sheet.isVisible()


def test_a_longer_text_folds_and_a_hidden_control_needs_no_room(qtbot: QtBot) -> None:
    bar, controls = a_bar(qtbot, 2000)
    bar.resize(bar.sizeHint().width(), bar.height())
    name = controls[0]
    assert isinstance(name, QLabel)
    name.setText("NameName")
    qtbot.waitUntil(lambda: folded(bar, controls)[-1])
    controls[2].hide()
    qtbot.waitUntil(lambda: not folded(bar, controls)[-1])


@pytest.mark.parametrize("kind", [Viewer, TimelineView, ShotForm])
def test_everything_fits_into_a_narrow_window(
    qtbot: QtBot, studio: Studio, tmp_path: Path, kind: type[QWidget]
) -> None:
    plate(tmp_path / "plate", range(1001, 1002))
    state = opened(studio, a_shot(tmp_path, stills=2), tmp_path)
    state.select(state.shot.references[0])
    widget = kind(studio)  # type: ignore[call-arg]
    qtbot.addWidget(widget)
    widget.resize(NARROW, 700)
    widget.show()
    assert widget.minimumSizeHint().width() <= NARROW
    assert widget.width() == NARROW
    if isinstance(widget, Viewer):
        widget.draw_garbage()
        assert widget.mode is not None
        assert widget.mode.bar.width() <= NARROW
        widget.mode.end()
    clipped = [
        one
        for one in widget.findChildren(QWidget)
        if one.isVisible()
        and one.window() is widget
        and one.mapTo(widget, one.rect().bottomRight()).x() >= NARROW
    ]
    assert clipped == []

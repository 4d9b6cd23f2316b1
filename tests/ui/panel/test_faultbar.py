from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from pai_studio.core.shot.errors import BadInput
from pai_studio.ui.panel.faultbar import FaultBar
from pai_studio.ui.panel.state.faults import Action, Fault
from pai_studio.ui.panel.state.studio import Studio


def press(qtbot: QtBot, bar: FaultBar, name: str) -> None:
    button = next(one for one in bar.findChildren(QToolButton) if one.accessibleName() == name)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_errors_are_shown_copied_and_dismissed_the_newest_first(qtbot: QtBot, studio: Studio) -> None:
    bar = FaultBar(studio)
    qtbot.addWidget(bar)
    assert bar.isHidden()
    studio.faults.tell(BadInput("cannot be read", where="a.exr", hint="look at it"))
    studio.faults.note("the plate says no rate")
    studio.faults.note("the plate says no rate")
    bar.show()
    assert [one.line for one in studio.faults.all] == [
        "a.exr: cannot be read; look at it",
        "the plate says no rate",
    ]
    press(qtbot, bar, "Copy")
    assert QGuiApplication.clipboard().text() == "a.exr: cannot be read; look at it\nthe plate says no rate"
    press(qtbot, bar, "Dismiss")
    assert bar._line.text() == "a.exr: cannot be read; look at it"
    press(qtbot, bar, "Dismiss")
    assert bar.isHidden()


def test_what_can_be_done_about_a_fault_is_a_button_beside_it_and_takes_it_away(
    qtbot: QtBot, studio: Studio
) -> None:
    bar, done = FaultBar(studio), []
    qtbot.addWidget(bar)
    bar.show()
    studio.faults.note("the plate says no rate")
    actions = tuple(
        Action(text, f"{text} it", lambda text=text: done.append(text)) for text in ("Restore", "Discard")
    )
    studio.faults.add(Fault("edits were kept", "note", actions=actions))
    press(qtbot, bar, "Discard")
    assert done == ["Discard"]
    assert bar._line.text() == "the plate says no rate"
    assert not [one for one in bar.findChildren(QToolButton) if one.text() == "Restore" and one.isVisible()]


def test_a_narrow_bar_leaves_its_line_room(qtbot: QtBot, studio: Studio) -> None:
    bar = FaultBar(studio)
    qtbot.addWidget(bar)
    actions = tuple(Action(text, text, list) for text in ("Restore", "Discard"))
    studio.faults.note("the plate says no rate")
    studio.faults.add(Fault("edits were kept " * 6, "note", actions=actions))
    letter = bar.fontMetrics().averageCharWidth()
    bar.resize(letter * 80, 100)
    bar.show()
    assert bar._line.width() > letter * 70
    bar.resize(letter * 200, 40)
    qtbot.waitUntil(lambda: bar._line.geometry().bottom() >= bar._next.geometry().top())
    assert bar._line.width() > letter * 80


def test_a_message_without_end_leaves_the_window_its_room(qtbot: QtBot, studio: Studio) -> None:
    bar = FaultBar(studio)
    qtbot.addWidget(bar)
    endless = "the plate says no rate " * 100
    studio.faults.note(endless)
    bar.resize(600, 40)
    bar.show()
    assert bar.heightForWidth(600) < bar.fontMetrics().lineSpacing() * 12
    assert bar._line.toolTip() == endless
    press(qtbot, bar, "Copy")
    assert QGuiApplication.clipboard().text() == endless.strip()

"""Somebody at the window: what he does, by mouse and keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from pai_studio.ui.panel import shortcuts
from pai_studio.ui.panel.state.shot import ShotState
from pai_studio.ui.panel.state.versions import Version
from pai_studio.ui.panel.viewer.framing_mode import FramingMode
from pai_studio.ui.panel.window import Window

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier
LONG_MS = 120_000


@dataclass
class Person:
    """Waits as long as it takes, and looks at what the window says."""

    bot: QtBot
    window: Window

    @property
    def state(self) -> ShotState:
        """The shot that is looked at."""
        state = self.window.studio.project.current
        assert state is not None
        return state

    # Hands

    def click(self, widget: QWidget) -> None:
        """In the middle of it; it has to be seen."""
        assert widget.isVisible()
        assert widget.isEnabled()
        self.bot.mouseClick(widget, LEFT)

    def press(self, name: str) -> None:
        """The first key of an action, with the viewer in focus."""
        self.window.activateWindow()
        self.window.viewer.canvas.setFocus()
        self.bot.waitUntil(lambda: QApplication.focusWidget() is self.window.viewer.canvas, timeout=LONG_MS)
        QTest.keySequence(self.window.viewer.canvas, QKeySequence(shortcuts.by_name(name).keys[0]))

    def drag(self, widget: QWidget, start: QPoint, goal: QPoint) -> None:
        """In three steps."""
        self.bot.mousePress(widget, LEFT, pos=start)
        for share in (0.3, 0.6, 1.0):
            self.bot.mouseMove(widget, start + (goal - start) * share)
        self.bot.mouseRelease(widget, LEFT, pos=goal)

    def drop(self, target: QWidget, files: list[Path], point: QPoint) -> None:
        """Files from the system's file manager."""
        assert target.acceptDrops()
        data, action = QMimeData(), Qt.DropAction.CopyAction
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in files])
        for event in (
            QDragEnterEvent(point, action, data, LEFT, NONE),
            QDragMoveEvent(point, action, data, LEFT, NONE),
            QDropEvent(QPointF(point), action, data, LEFT, NONE),
        ):
            QApplication.sendEvent(target, event)
            assert event.isAccepted()

    # Opening and closing

    def open(self, path: Path) -> None:
        """A file, as a second call hands it over."""
        self.window.open([path])
        self.wait_for_a_shot()

    def open_recent(self, path: Path) -> None:
        """From the list on the empty window."""
        rows, model = self.window.empty.recent, self.window.empty.model
        index = next(one for one in map(model.index, range(model.rowCount())) if one.data() == path.name)
        self.bot.waitUntil(lambda: self.window.studio.work.is_idle, timeout=LONG_MS)
        self.bot.mouseClick(rows.viewport(), LEFT, pos=rows.visualRect(index).center())
        self.wait_for_a_shot()

    def wait_for_a_shot(self) -> None:
        """Until one is there."""
        self.bot.waitUntil(lambda: self.window.studio.project.current is not None, timeout=LONG_MS)

    def go_home(self) -> None:
        """Close the window, and the program."""
        self.window.close()
        self.window.studio.close()

    # Stills

    def drop_stills(self, files: list[Path]) -> None:
        """On the timeline."""
        track = self.window.timeline.track
        self.drop(track, files, QPoint(40, track.height() - 12))

    def remove_all_stills(self) -> None:
        """One after another, by keys."""
        while self.state.shot.references:
            self.state.select(self.state.shot.references[0])
            self.press("remove_still")

    def drag_still(self, index: int, frame: int) -> None:
        """To another frame."""
        track = self.window.timeline.track
        start = track.rows.spots[index].toPoint()
        self.drag(track, start, QPoint(round(track.span.middle(frame)), start.y()))

    def frame_the_still(self, index: int) -> None:
        """T, some steps to the right, and out again."""
        self.state.select(self.state.shot.references[index])
        self.state.go_to(self.state.shot.references[index].frame)
        self.press("frame_still")
        viewer = self.window.viewer
        mode = viewer.mode
        assert isinstance(mode, FramingMode)
        self.bot.waitUntil(
            lambda: not viewer.feed.is_late and mode.tool.placement() is not None, timeout=LONG_MS
        )
        for _ in range(3):
            self.bot.keyClick(viewer.canvas, Qt.Key.Key_Right)
        self.bot.keyClick(viewer.canvas, Qt.Key.Key_Escape)
        assert viewer.mode is None

    # The form

    def type_prompt(self, text: str) -> None:
        """Into the field of the background, over what is there."""
        fields = self.window.form.findChildren(QPlainTextEdit)
        field = next(one for one in fields if "ackground" in one.accessibleName())
        field.setFocus()
        self.bot.keySequence(field, QKeySequence.StandardKey.SelectAll)
        self.bot.keyClicks(field, text)

    def choose_engine(self, name: str) -> None:
        """As a person does who has no GPU."""
        boxes = self.window.form.findChildren(QComboBox)
        box = next(one for one in boxes if one.accessibleName().startswith("Engine"))
        self.bot.waitUntil(lambda: box.findText(name) >= 0, timeout=LONG_MS)
        box.setFocus()
        while box.currentText() != name:
            self.bot.keyClick(box, Qt.Key.Key_Down)
        assert self.state.shot.engine.name == name

    # Rendering

    def render_and_cancel(self) -> None:
        """Change one's mind as soon as the server has it."""
        self.press("render")
        item = self.window.studio.jobs.items[-1]
        self.bot.waitUntil(lambda: item.state not in ("WAITING", "CHECKING"), timeout=LONG_MS)
        self.press("cancel")
        self.bot.waitUntil(lambda: item.has_ended, timeout=LONG_MS)
        assert item.state == "CANCELLED", item.error

    def render_and_watch(self) -> None:
        """To its end; the queue says how far it is."""
        jobs = self.window.studio.jobs
        seen: list[int] = []
        self.press("render")
        item = jobs.items[-1]

        def look() -> None:
            seen.append(item.done)

        jobs.progressed.connect(look)
        self.bot.waitUntil(lambda: item.has_ended, timeout=LONG_MS)
        jobs.progressed.disconnect(look)
        assert item.state == "SUCCEEDED", item.error
        assert max(seen, default=0) > 0

    def versions(self) -> Sequence[Version]:
        """What has been rendered of the shot, the newest last, once there is something."""
        versions = self.window.studio.versions
        self.bot.waitUntil(lambda: bool(versions.of(self.state)), timeout=LONG_MS)
        return versions.of(self.state)

    # Looking

    def drag_the_wipe(self, share: float) -> None:
        """The line to a share of the picture's width."""
        assert self.window.studio.view.now.compare == "wipe"
        self.wait_for_pictures()
        viewer = self.window.viewer
        frame = viewer.canvas.sight.frame()
        middle = round(frame.center().y())
        start, goal = viewer.wipe.x(viewer.canvas.sight), frame.left() + frame.width() * share
        self.drag(viewer.canvas, QPoint(round(start), middle), QPoint(round(goal), middle))

    def choose_pass(self, layer: str) -> None:
        """Of the result, from the bar's menu."""
        menu = self.window.viewer.source_bar.layer.menu()
        next(one for one in menu.actions() if one.data() == layer).trigger()
        assert self.window.studio.view.now.layer == layer
        self.wait_for_pictures()

    def wait_for_pictures(self) -> None:
        """Until both sides are there."""
        feed = self.window.viewer.feed
        self.bot.waitUntil(
            lambda: not feed.is_late and all(side.image is not None for side in feed.sides), timeout=LONG_MS
        )
        assert feed.fault is None

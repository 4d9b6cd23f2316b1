"""The window: shots on the left, the viewer above the timeline, forms and queue at the side, messages at the foot."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QDockWidget,
    QMainWindow,
    QSplitter,
    QStackedWidget,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from pai_studio.ui.panel.actions import Actions
from pai_studio.ui.panel.appearance import Appearance
from pai_studio.ui.panel.commands import Commands
from pai_studio.ui.panel.empty import EmptyState
from pai_studio.ui.panel.faultbar import FaultBar
from pai_studio.ui.panel.forms import ShotForm
from pai_studio.ui.panel.history import HistoryView
from pai_studio.ui.panel.leaving import Leaving
from pai_studio.ui.panel.queue import QueueView
from pai_studio.ui.panel.shots import ShotList
from pai_studio.ui.panel.state.studio import Studio
from pai_studio.ui.panel.stills import StillsBin
from pai_studio.ui.panel.timeline import TimelineView
from pai_studio.ui.panel.title import Title
from pai_studio.ui.panel.viewer import Viewer

_LAYOUT_VERSION = 1


class Window(QMainWindow):
    """Everything in it reads the same `Studio`; what concerns two of its parts goes through `Commands`."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self.studio = studio
        self.setAcceptDrops(True)
        self.setDockNestingEnabled(True)
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self.viewer = Viewer(studio, self)
        self.timeline = TimelineView(studio, self)
        self.shots = ShotList(studio, self)
        self.stills = StillsBin(studio, self)
        self.form = ShotForm(studio, self)
        self.queue = QueueView(studio, self)
        self.history = HistoryView(studio, self)
        self.empty = EmptyState(studio, self)
        self.commands = Commands(self)
        self.actions_by_name = Actions(self, self.commands.calls())
        self.commands.bind()
        self.leaving = Leaving(self, studio, self.commands.save_as)
        self._menus = self.actions_by_name.fill(self.menuBar())
        self._menus["View"].addSeparator()
        self.appearance = Appearance(studio.memory, self._menus["View"])
        self._title = Title(self, studio.project)
        self._build()
        self._restore()
        studio.project.current_changed.connect(self._show_current)
        studio.project.shots_changed.connect(self._show_current)
        self._show_current()
        studio.begin()

    def open(self, paths: Sequence[Path]) -> None:
        """Open files and come to the front."""
        if paths:
            self.commands.open_paths(list(paths))
        self.raise_()
        self.activateWindow()

    # How it is built

    def _build(self) -> None:
        self._split = QSplitter(Qt.Orientation.Vertical, self)
        self._split.addWidget(self.viewer)
        self._split.addWidget(self.timeline)
        self._split.setStretchFactor(0, 1)
        self._split.setChildrenCollapsible(False)
        self._pages = QStackedWidget(self)
        self._pages.addWidget(self.empty)
        self._pages.addWidget(self._split)
        centre = QWidget(self)
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._pages, 1)
        column.addWidget(FaultBar(self.studio, centre))
        self.setCentralWidget(centre)
        left, right = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea
        self._dock("Shots", self.shots, left)
        self._dock("Stills", self.stills, left)
        form = self._dock("Shot", self.form, right)
        for name, widget in (("Queue", self.queue), ("Versions", self.history)):
            self.tabifyDockWidget(form, self._dock(name, widget, right))
        for dock in self.findChildren(QDockWidget):
            dock.setTitleBarWidget(QWidget(dock))  # tabs and contents say what it is
        form.raise_()

    def _dock(self, name: str, widget: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
        dock = QDockWidget(name, self)
        dock.setObjectName(name)
        dock.setWidget(widget)
        self.addDockWidget(area, dock)
        self._menus["Window"].addAction(dock.toggleViewAction())
        return dock

    # What it remembers

    def _restore(self) -> None:
        memory = self.studio.memory
        unit = self.fontMetrics().averageCharWidth()
        self.resize(unit * 220, unit * 124)
        self._split.setSizes([unit * 90, unit * 34])
        docks = {one.objectName(): one for one in self.findChildren(QDockWidget)}
        wide = [docks["Shots"], docks["Shot"]]
        self.resizeDocks(wide, [unit * 46, unit * 58], Qt.Orientation.Horizontal)
        self.restoreGeometry(_bytes(memory.get("geometry", "")))
        self.restoreState(_bytes(memory.get("layout", "")), _LAYOUT_VERSION)
        self._split.restoreState(_bytes(memory.get("split", "")))

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's
        """Save what waits and remember the window; what runs at a server goes on."""
        if not self.leaving.may_leave():
            event.ignore()
            return
        self.studio.memory.keep(
            geometry=_text(self.saveGeometry()),
            layout=_text(self.saveState(_LAYOUT_VERSION)),
            split=_text(self._split.saveState()),
        )
        super().closeEvent(event)

    # What is looked at

    def _show_current(self) -> None:
        current = self.studio.project.current
        self._pages.setCurrentWidget(self._split if current is not None else self.empty)

    # What is dropped on it

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's
        """Files and folders of this machine are taken."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's
        """Open what was dropped; stills are for the timeline, the viewer or the bin."""
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        event.acceptProposedAction()
        self.commands.open_paths(paths)


def _text(value: QByteArray) -> str:
    return bytes(value.toBase64().data()).decode("ascii")


def _bytes(text: str) -> QByteArray:
    return QByteArray.fromBase64(text.encode("ascii", "replace"))

"""The window: shots on the left, the viewer above the timeline, forms and queue at the side, messages at the foot."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import (
    QDockWidget,
    QMainWindow,
    QSplitter,
    QStackedWidget,
    QStyle,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from pai_studio.ui.panel.actions import Actions
from pai_studio.ui.panel.appearance import Appearance
from pai_studio.ui.panel.arrangement import Arrangement, from_text, to_text
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
        self.leaving = Leaving(self, studio, self.commands.filing.save_as)
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
            self.commands.filing.open_paths(list(paths))
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
        docks = {
            name: self._dock(name, widget)
            for name, widget in (
                ("Shots", self.shots),
                ("Stills", self.stills),
                ("Shot", self.form),
                ("Queue", self.queue),
                ("Versions", self.history),
            )
        }
        self._arrangement = Arrangement(self, docks, ("Shots", "Stills"), self.studio.memory)

    def _dock(self, name: str, widget: QWidget) -> QDockWidget:
        dock = QDockWidget(name, self)
        dock.setObjectName(name)
        dock.setWidget(widget)
        dock.setTitleBarWidget(QWidget(dock))  # tabs and contents say what it is
        self._menus["Window"].addAction(dock.toggleViewAction())
        return dock

    # What it remembers

    def _restore(self) -> None:
        memory = self.studio.memory
        unit = self.fontMetrics().averageCharWidth()
        self.resize(unit * 220, unit * 124)
        self._split.setSizes([unit * 90, unit * 34])
        self.restoreGeometry(from_text(memory.get("geometry", "")))
        self._keep_inside()
        self._arrangement.fit()
        self._split.restoreState(from_text(memory.get("split", "")))

    def _keep_inside(self) -> None:
        """No larger than the screen, which may be another one than the last time, and all of it there."""
        room = self.screen().availableGeometry()
        title = self.style().pixelMetric(
            QStyle.PixelMetric.PM_TitleBarHeight
        )  # its own is known once it is shown
        self.resize(self.size().boundedTo(room.size() - QSize(0, title)))
        area = self.geometry()
        x = min(max(area.x(), room.left()), room.right() + 1 - area.width())
        y = min(max(area.y(), room.top()), room.bottom() + 1 - area.height())
        self.move(x, y)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's
        """Two columns or three."""
        super().resizeEvent(event)
        self._arrangement.fit_soon()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's
        """Save what waits and remember the window; what runs at a server goes on."""
        if not self.leaving.may_leave():
            event.ignore()
            return
        self.studio.memory.keep(
            geometry=to_text(self.saveGeometry()),
            split=to_text(self._split.saveState()),
            **self._arrangement.kept(),
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
        self.commands.filing.open_paths(paths)

"""The bin of stills: what the shots use and what was put there, to be dragged onto the timeline or the viewer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QModelIndex, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QListView, QMenu, QPushButton, QVBoxLayout, QWidget

from pai_studio.ui.panel import style
from pai_studio.ui.panel.opening import is_still
from pai_studio.ui.panel.shots.thumbs import Thumbs
from pai_studio.ui.panel.state.studio import Studio
from pai_studio.ui.panel.stillmodel import FILE, StillDelegate, StillModel

_EMPTY = "No stills yet.\nDrop pictures of the background here, then drag them onto the timeline."


class StillsBin(QWidget):
    """Remembers from one day to the next what was put in it."""

    still_wanted = Signal(object)
    """A list of Path to be put at the playhead, or spread over the shot."""

    add_wanted = Signal()
    """A file dialog for `add`."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.setAccessibleName("Stills")
        self.model = StillModel(studio, Thumbs(studio, self), self)
        self.view = _Tiles(self)
        self.view.setModel(self.model)
        self.view.setItemDelegate(StillDelegate(self.model, self.view))
        self.view.activated.connect(self._want)
        self.view.dropped.connect(self.take)
        self.view.remove_wanted.connect(self._remove)
        self.view.menu_wanted.connect(lambda at: self.menu().popup(at))
        self.more = QPushButton("Add stills…", self)
        self.more.setAccessibleName("Add stills…")
        self.more.setToolTip("Choose pictures to keep here")
        self.more.clicked.connect(self.add_wanted)
        studio.view.changed.connect(self.view.viewport().update)
        self.setFocusProxy(self.view)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.view, 1)
        foot = QVBoxLayout()
        foot.setContentsMargins(style.grid(2), style.grid(2), style.grid(2), style.grid(2))
        foot.addWidget(self.more, 0, Qt.AlignmentFlag.AlignRight)
        column.addLayout(foot)

    def add(self, paths: Sequence[Path]) -> None:
        """Put pictures into the bin."""
        self.model.add(paths)

    def take(self, paths: Sequence[Path]) -> None:
        """Put what was dropped into the bin; what is no picture is told."""
        stills = [path for path in paths if is_still(path)]
        if stills:
            self.add(stills)
        others = [path.name for path in paths if path not in stills]
        if others:
            self._studio.faults.note(f"no picture, so not put among the stills: {', '.join(others)}")

    @property
    def selected(self) -> list[str]:
        """The selected files, in the order of the bin."""
        rows = sorted(self.view.selectionModel().selectedRows(), key=QModelIndex.row)
        return [row.data(FILE) for row in rows]

    def _want(self, _index: QModelIndex) -> None:
        if self.selected and self._studio.project.current is not None:
            self.still_wanted.emit([Path(one) for one in self.selected])

    def _remove(self) -> None:
        chosen = self.selected
        kept = self.model.kept
        self.model.remove(chosen)
        theirs = [Path(one).name for one in chosen if one not in kept]
        if theirs:
            self._studio.faults.note(f"in use by a shot, remove it on the timeline: {', '.join(theirs)}")

    def _read_again(self) -> None:
        for row in self.view.selectionModel().selectedRows():
            self.model.read_again(row)

    def menu(self) -> QMenu:
        """What can be done with the selected stills."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        has_some, has_shot = bool(self.selected), self._studio.project.current is not None
        put = menu.addAction("Put at the playhead\tReturn", lambda: self._want(QModelIndex()))
        put.setEnabled(has_some and has_shot)
        menu.addAction("Remove from the bin\tDelete", self._remove).setEnabled(has_some)
        menu.addAction("Read again", self._read_again).setEnabled(has_some)
        menu.addSeparator()
        menu.addAction("Add stills…", self.add_wanted.emit)
        return menu


class _Tiles(QListView):
    """Tiles that are dragged out of and dropped into."""

    dropped = Signal(object)
    remove_wanted = Signal()
    menu_wanted = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName("Stills")
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setSpacing(style.grid(1))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setIconSize(QSize(1, 1))
        self.setMouseTracking(True)
        self.setDragEnabled(True)
        self.setAcceptDrops(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragDrop)
        self.setDefaultDropAction(Qt.DropAction.CopyAction)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's
        """Tiles fill the width, whether a scroll bar stands beside them or not."""
        delegate = self.itemDelegate()
        if isinstance(delegate, StillDelegate):
            bar, frame = self.verticalScrollBar().sizeHint().width(), 2 * self.frameWidth()
            delegate.fill(self.width() - bar - frame - self.spacing(), self.spacing())
            self.scheduleDelayedItemsLayout()
        super().resizeEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's
        """Delete takes out of the bin; Return puts at the playhead."""
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.remove_wanted.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.activated.emit(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802 - Qt's
        """At the mouse, or at the current tile for the menu key."""
        at = event.globalPos()
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            at = self.viewport().mapToGlobal(self.visualRect(self.currentIndex()).center())
        self.menu_wanted.emit(at)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's
        """Files of this machine, but not those that are dragged out of here."""
        self._judge(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:  # noqa: N802 - Qt's
        """Anywhere in the bin."""
        self._judge(event)

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's
        """Take them."""
        if self._judge(event):
            self.dropped.emit(
                [Path(one.toLocalFile()) for one in event.mimeData().urls() if one.isLocalFile()]
            )

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's
        """The tiles, or what to do while there is none."""
        super().paintEvent(event)
        if self.model().rowCount() == 0:
            painter = QPainter(self.viewport())
            painter.setPen(style.tokens().dim)
            room = self.viewport().rect().adjusted(style.grid(4), 0, -style.grid(4), 0)
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, _EMPTY)
            painter.end()

    def _judge(self, event: QDropEvent) -> bool:
        is_wanted = event.source() is not self and any(url.isLocalFile() for url in event.mimeData().urls())
        if is_wanted:
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
        else:
            event.ignore()
        return is_wanted

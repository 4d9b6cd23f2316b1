"""The list itself: what a person does to a row, told apart from what merely happens to it."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, QEvent, QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractItemView, QApplication, QListView, QWidget

from pai_studio.ui.panel import style


class ShotView(QListView):
    """A list whose current row is only reported when somebody went there: a filter that hides a row moves nobody."""

    went_to = Signal(QModelIndex)
    entered_on = Signal(QModelIndex)
    """Return or a double click."""

    menu_wanted = Signal(QPoint)
    """Where on the screen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.nothing = ""
        self._typed = QElapsedTimer()
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)  # rows answer to the mouse above them
        self.viewport().setAttribute(
            Qt.WidgetAttribute.WA_OpaquePaintEvent
        )  # what stays is moved, not drawn again
        self.doubleClicked.connect(self.entered_on)

    def event(self, event: QEvent) -> bool:
        """While a name is being typed its letters are no shortcuts."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            is_typing = self._typed.isValid() and not self._typed.hasExpired(
                QApplication.keyboardInputInterval()
            )
            if is_typing and event.text().isprintable() and event.text():
                event.accept()
                return True
        return super().event(event)

    def keyboardSearch(self, search: str) -> None:  # noqa: N802 - Qt's
        """Go to the row whose name begins with what is typed."""
        self._typed.start()
        super().keyboardSearch(search)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's
        """Arrows, pages, Home and End, letters; Return goes on to the viewer."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers() & ~(
            Qt.KeyboardModifier.KeypadModifier
        ):
            if self.currentIndex().isValid():
                self.entered_on.emit(self.currentIndex())
            return
        before = self.currentIndex()
        super().keyPressEvent(event)
        if self.currentIndex() != before:
            self.went_to.emit(self.currentIndex())

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's
        """A click goes to a row; the right button leaves a selection that it is in."""
        super().mousePressEvent(event)
        at = self.indexAt(event.position().toPoint())
        if at.isValid() and event.button() == Qt.MouseButton.LeftButton:
            self.went_to.emit(at)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802 - Qt's
        """At the mouse, or at the current row for the menu key."""
        at = event.globalPos()
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            at = self.viewport().mapToGlobal(self.visualRect(self.currentIndex()).center())
        self.menu_wanted.emit(at)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's
        """The rows, or why there is none."""
        ground = QPainter(self.viewport())
        ground.fillRect(event.rect(), style.tokens().base)
        ground.end()
        super().paintEvent(event)
        model = self.model()
        if self.nothing and (model is None or model.rowCount() == 0):
            painter = QPainter(self.viewport())
            painter.setPen(style.tokens().dim)
            room = self.viewport().rect().adjusted(style.grid(4), 0, -style.grid(4), 0)
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self.nothing)
            painter.end()

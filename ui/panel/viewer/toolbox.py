"""The small bar that floats over the picture while a tool is in hand."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLabel, QWidget

from pai_studio.ui.panel import style


class ModeBar(QWidget):
    """At the foot of the picture, in its middle: a text and controls, beside one another or one above the other."""

    def __init__(self, room: QWidget) -> None:
        super().__init__(room)
        self._room = room
        self.text = QLabel(self)
        self._controls = QHBoxLayout()
        self._controls.setSpacing(style.grid(1.5))
        self._layout = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._layout.setContentsMargins(style.grid(3), style.grid(1.5), style.grid(1.5), style.grid(1.5))
        self._layout.setSpacing(style.grid(1.5))
        self._layout.addWidget(self.text)
        self._layout.addLayout(self._controls)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        room.installEventFilter(self)

    def add(self, control: QWidget) -> None:
        """Put one to the right."""
        self._controls.addWidget(control)

    def place(self) -> None:
        """Where it belongs, as large as it needs."""
        room = self._room.width() - style.grid(4)
        self.text.setWordWrap(False)
        self._layout.setDirection(QBoxLayout.Direction.LeftToRight)
        if self.sizeHint().width() > room:
            self.text.setWordWrap(True)
            self._layout.setDirection(QBoxLayout.Direction.TopToBottom)
            self.resize(room, self._layout.heightForWidth(room))
        else:
            self.resize(self.sizeHint())
        x = (self._room.width() - self.width()) // 2
        self.move(x, self._room.height() - self.height() - style.grid(3))
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's
        """Follow the room's size."""
        if event.type() == QEvent.Type.Resize:
            self.place()
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, N802 - Qt's
        """A quiet ground that any picture can lie beneath."""
        colours = style.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colours.line, 1))
        painter.setBrush(colours.window)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        painter.end()

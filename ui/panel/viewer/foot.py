"""The thin line of values under the picture, and the card that stands in the place of one that cannot be shown."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from pai_studio.core.shot.errors import PaiError
from pai_studio.ui.panel import style
from pai_studio.ui.panel.rows import Elided
from pai_studio.ui.panel.viewer.controls import push
from pai_studio.ui.panel.viewer.probe import Reading


class ProbeLine(Elided):
    """The values under the cursor; a hint while there are none. Where there is no room the tooltip has them all."""

    _HINT = "Shift+drag: mean of an area"
    _TIP = "Scene-linear values in the file's space and the working space; ~ while read from a proxy"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.TextElideMode.ElideRight)
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPointSizeF(style.small_font(self.font()).pointSizeF())
        self.setFont(font)
        self.setProperty("dim", True)
        self.setContentsMargins(style.grid(2), style.grid(0.5), style.grid(2), style.grid(0.5))
        self.show_reading(None)

    def show_reading(self, found: Reading | None) -> None:
        """Another pixel, or none."""
        self.setText(found.text() if found is not None else self._HINT)
        self.setToolTip(f"{self.text()}\n{self._TIP}")


class ErrorCard(QFrame):
    """One line of what is wrong with the picture, to be copied, and a way to try again."""

    def __init__(self, canvas: QWidget, retry: Callable[[], object]) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self.setAutoFillBackground(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self._mark = QFrame(self)
        self._mark.setFixedWidth(style.grid(1))
        self.line = QLabel(self)
        self.line.setWordWrap(True)
        self.line.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.copy = push("Copy", "Copy the message", self._copy, self)
        self.retry = push("Try again", "Read the file again", retry, self)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self._mark)
        column = QVBoxLayout()
        whole.addLayout(column, 1)
        pad = style.grid(4)
        column.setContentsMargins(pad, pad, pad, pad)
        column.setSpacing(style.grid(3))
        column.addWidget(self.line)
        row = QHBoxLayout()
        row.addWidget(self.copy)
        row.addWidget(self.retry)
        row.addStretch(1)
        column.addLayout(row)
        self.hide()

    def show_fault(self, fault: PaiError | None) -> None:
        """Show a line, or go away."""
        self.setVisible(fault is not None)
        if fault is None:
            return
        self.line.setText(str(fault))
        self.line.setAccessibleName(str(fault))
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.Window, style.tokens().raised)
        self.setPalette(palette)
        self._mark.setStyleSheet(f"background: {style.tokens().bad.name()};")
        self.place()

    def place(self) -> None:
        """In the middle of the picture."""
        room = self._canvas
        width = min(room.width() - style.grid(8), self.fontMetrics().averageCharWidth() * 72)
        self.resize(width, self.heightForWidth(width))
        self.move((room.width() - self.width()) // 2, (room.height() - self.height()) // 2)
        self.raise_()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.line.text())

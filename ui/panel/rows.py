"""What lists of the panel share: an empty text in the middle, and a thumbnail that fits its cell."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QListWidget, QWidget

from pai_studio.ui.panel import style


class RowList(QListWidget):
    """A list of row widgets that says what to do while it is empty."""

    def __init__(self, empty_text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._empty_text = empty_text
        self.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.setSpacing(1)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's
        """The rows, or the text."""
        super().paintEvent(event)
        if self.count() == 0:
            painter = QPainter(self.viewport())
            painter.setPen(style.tokens().dim)
            room = self.viewport().rect().adjusted(style.grid(4), 0, -style.grid(4), 0)
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(room, flags, self._empty_text)


class Thumb(QWidget):
    """A picture that covers its place; with a stamp over it, such as PREVIEW."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image: QImage | None = None
        self._stamp = ""
        height = self.fontMetrics().height() * 3
        self.setFixedSize(height * 16 // 9, height)

    def show_picture(self, image: QImage | None, stamp: str = "") -> None:
        """Show it, or nothing."""
        if (image, stamp) != (self._image, self._stamp):
            self._image, self._stamp = image, stamp
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's
        """The picture in the middle of its place, uncut."""
        painter, now = QPainter(self), style.tokens()
        painter.fillRect(self.rect(), now.plate)
        if self._image is None or self._image.isNull():
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        size = self._image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        left, top = (self.width() - size.width()) / 2, (self.height() - size.height()) / 2
        painter.drawImage(QRectF(left, top, size.width(), size.height()), self._image)
        if self._stamp:
            painter.setFont(style.small_font(self.font()))
            width = painter.fontMetrics().horizontalAdvance(self._stamp) + style.grid(2)
            box = QRectF(
                0, self.height() - painter.fontMetrics().height(), width, painter.fontMetrics().height()
            )
            painter.fillRect(box, now.accent)
            painter.setPen(now.on_accent)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self._stamp)

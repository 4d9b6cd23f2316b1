"""What rows of the panel share: an empty text, a line that gives way, a thumbnail that fits its cell."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSignalBlocker, QSize, Qt
from PySide6.QtGui import QColor, QFocusEvent, QFontMetrics, QImage, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QLabel, QListWidget, QListWidgetItem, QSizePolicy, QWidget

from pai_studio.ui.panel import style

_SIGN = 0.5
"""How much of a thumbnail's height its sign takes while there is no picture."""


class RowList(QListWidget):
    """A list of row widgets, each as wide as the list, that says what to do while it is empty."""

    def __init__(self, empty_text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._empty_text = empty_text
        self.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.setSpacing(1)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def put(self, row: QWidget) -> None:
        """One more at the end."""
        holder = QListWidgetItem()
        self.addItem(holder)
        self.setItemWidget(holder, row)
        self._fit(holder)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's
        """Words that are broken otherwise need another height."""
        super().resizeEvent(event)
        for at in range(self.count()):
            self._fit(self.item(at))

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's
        """To come by is not to choose: Qt makes the first row the current one."""
        had_none = self.currentRow() < 0
        with QSignalBlocker(self):
            super().focusInEvent(event)
            if had_none:
                self.setCurrentRow(-1)

    def _fit(self, holder: QListWidgetItem) -> None:
        row = self.itemWidget(holder)
        if row is None:  # a bar that comes with an item changes the width before its row is there
            return
        width = self.viewport().width() - 2 * self.spacing()
        high = row.heightForWidth(width) if row.hasHeightForWidth() else row.sizeHint().height()
        holder.setSizeHint(QSize(0, high))  # the list's own width is what it gets

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's
        """The rows, or the text."""
        super().paintEvent(event)
        if self.count() == 0:
            painter = QPainter(self.viewport())
            painter.setPen(style.tokens().dim)
            room = self.viewport().rect().adjusted(style.grid(4), 0, -style.grid(4), 0)
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(room, flags, self._empty_text)


class Elided(QLabel):
    """A line that gives way: some of it is left out where there is no room, and the tooltip has the whole."""

    def __init__(
        self, parent: QWidget | None = None, mode: Qt.TextElideMode = Qt.TextElideMode.ElideMiddle
    ) -> None:
        super().__init__(parent)
        self._mode = mode
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def setText(self, text: str) -> None:  # noqa: N802 - Qt's
        """Another line."""
        super().setText(text)
        self.setToolTip(text)
        self.setAccessibleName(text)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's
        """A few letters."""
        return QSize(self.fontMetrics().averageCharWidth() * 8, self.fontMetrics().height())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, N802 - Qt's
        """As much of it as there is room for."""
        painter = QPainter(self)
        room = self.contentsRect()
        text = QFontMetrics(self.font()).elidedText(self.text(), self._mode, room.width())
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
        painter.end()


class Thumb(QWidget):
    """A picture in its place, with a stamp over it, such as PREVIEW; the sign of a picture until there is one."""

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
            _paint_sign(painter, QRectF(self.rect()), now.line)
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


def _paint_sign(painter: QPainter, place: QRectF, color: QColor) -> None:
    """The outline of a small landscape in the middle of a place."""
    height = place.height() * _SIGN
    frame = QRectF(0, 0, height * 4 / 3, height)
    frame.moveCenter(place.center())
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(color, max(height / 16, 1.0)))
    painter.drawRoundedRect(frame, height / 8, height / 8)
    painter.drawEllipse(frame.topLeft() + QPointF(height * 0.36, height * 0.32), height * 0.1, height * 0.1)
    hills = [(0.1, 0.86), (0.45, 0.5), (0.72, 0.75), (0.9, 0.58), (1.22, 0.86)]
    painter.drawPolyline([frame.topLeft() + QPointF(x, y) * height for x, y in hills])

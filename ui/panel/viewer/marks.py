"""What is drawn over every picture: its edges, the wipe's line, labels, the area that is probed.

The room around a picture, and what lies over it, is dark in both schemes: a bright surround changes how it is judged.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QMouseEvent, QPainter, QPen

from pai_studio.ui.panel import style
from pai_studio.ui.panel.viewer.sight import Sight
from pai_studio.ui.panel.viewer.tool import BaseTool, is_left

_GRAB_POINTS = 6


class Marks(BaseTool):
    """The display window's edges, labels at the picture's upper corners, a word at its lower left."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.is_empty = True
        self.left = self.right = self.word = ""
        self.area: QRectF | None = None
        """What is probed, in plate points of pixel edges."""

        self.ghost = ""
        """What would be dropped here."""

    def paint(self, painter: QPainter, sight: Sight) -> None:
        """Fine lines, and text on a dark ground."""
        frame = sight.frame()
        colours = style.DARK
        if not self.is_empty:
            painter.setPen(QPen(colours.line, 1 / sight.ratio))
            painter.drawRect(frame)
        if self.area is not None:
            painter.setPen(QPen(colours.accent, 1))
            painter.drawRect(sight.transform().mapRect(self.area))
        shown = frame.intersected(QRectF(0, 0, sight.width / sight.ratio, sight.height / sight.ratio))
        label(painter, shown, self.left, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        label(painter, shown, self.right, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
        label(painter, shown, self.word, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom)
        if self.ghost:
            self._paint_ghost(painter, frame)

    def _paint_ghost(self, painter: QPainter, frame: QRectF) -> None:
        pen = QPen(style.DARK.accent, 2, Qt.PenStyle.DashLine)
        painter.setPen(pen)
        inset = style.grid(2)
        painter.drawRect(frame.adjusted(inset, inset, -inset, -inset))
        label(painter, frame, self.ghost, Qt.AlignmentFlag.AlignCenter)


class Wipe(BaseTool):
    """The line between two pictures: drag it, or anything on it."""

    def __init__(
        self, share: Callable[[], float], moved: Callable[[float], None], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._share, self._moved = share, moved
        self.is_on = False
        self._is_held = False

    def paint(self, painter: QPainter, sight: Sight) -> None:
        """A line as long as the picture is high, with a grip in its middle."""
        if not self.is_on:
            return
        frame, x = sight.frame(), self.x(sight)
        colours = style.DARK
        for colour, width in ((colours.base, 3.0), (colours.accent, 1.0)):
            painter.setPen(QPen(colour, width))
            painter.drawLine(QPointF(x, frame.top()), QPointF(x, frame.bottom()))
        painter.setPen(QPen(colours.base, 1))
        painter.setBrush(colours.accent)
        middle = min(max(frame.center().y(), 0), sight.height / sight.ratio)
        painter.drawEllipse(QPointF(x, middle), style.grid(1.25), style.grid(1.25))

    def press(self, event: QMouseEvent, sight: Sight) -> bool:
        """Take hold of the line."""
        if not (self.is_on and is_left(event) and self._is_near(event.position(), sight)):
            return False
        self._is_held = True
        return True

    def drag(self, event: QMouseEvent, sight: Sight) -> None:
        """The line follows, inside the picture."""
        frame = sight.frame()
        self._moved(min(max((event.position().x() - frame.left()) / frame.width(), 0.0), 1.0))

    def release(self) -> None:
        """Let go."""
        self._is_held = False

    def cursor(self, point: QPointF, sight: Sight) -> Qt.CursorShape | None:
        """It goes to and fro."""
        return Qt.CursorShape.SplitHCursor if self.is_on and self._is_near(point, sight) else None

    def x(self, sight: Sight) -> float:
        """Where the line stands, in widget points."""
        frame = sight.frame()
        return frame.left() + self._share() * frame.width()

    def _is_near(self, point: QPointF, sight: Sight) -> bool:
        return abs(point.x() - self.x(sight)) <= _GRAB_POINTS


def label(painter: QPainter, room: QRectF, text: str, where: Qt.AlignmentFlag) -> None:
    """A line of text in a corner of `room`, which can be read over any picture."""
    if not text:
        return
    painter.save()
    painter.setFont(style.small_font(painter.font()))
    metrics = QFontMetricsF(painter.font())
    pad, gap = style.grid(1), style.grid(2)
    box = QRectF(0, 0, metrics.horizontalAdvance(text) + 2 * pad, metrics.height() + pad)
    inner = room.adjusted(gap, gap, -gap, -gap)
    if where & Qt.AlignmentFlag.AlignHCenter:
        box.moveCenter(inner.center())
    else:
        box.moveTopLeft(inner.topLeft())
        if where & Qt.AlignmentFlag.AlignRight:
            box.moveRight(inner.right())
        if where & Qt.AlignmentFlag.AlignBottom:
            box.moveBottom(inner.bottom())
    ground = QColor(style.DARK.base)
    ground.setAlphaF(0.72)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    painter.drawRoundedRect(box, 2, 2)
    painter.setPen(style.DARK.text)
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
    painter.restore()

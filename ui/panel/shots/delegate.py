"""How a row of the shot list is drawn: thumbnail, name and state, length and stills, and what is wrong."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from pai_studio.ui.panel import style
from pai_studio.ui.panel.pictures.sources import plate_of
from pai_studio.ui.panel.shots import lines
from pai_studio.ui.panel.shots.model import NOTES, STATE
from pai_studio.ui.panel.shots.thumbs import Thumbs
from pai_studio.ui.panel.state.project import ProjectState
from pai_studio.ui.panel.state.shot import ShotState

_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class ShotDelegate(QStyledItemDelegate):
    """Draws from the state alone; asks for pictures and never waits for them."""

    def __init__(self, project: ProjectState, thumbs: Thumbs, parent: QWidget) -> None:
        super().__init__(parent)
        self._project = project
        self._thumbs = thumbs

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:  # noqa: N802 - Qt's
        """Two lines, and a third where something is wrong."""
        state = index.data(STATE)
        metrics, small = _metrics(option.font)
        rows = 1 if state is not None and lines.trouble(state)[0] else 0
        text = metrics.lineSpacing() + (1 + rows) * (small.lineSpacing() + style.grid(0.5))
        return QSize(metrics.averageCharWidth() * 20, max(text, _tile_height(option.font)) + style.grid(3))

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """One row."""
        state = index.data(STATE)
        if not isinstance(state, ShotState):
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._ground(painter, option, is_current=state is self._project.current)
        area = option.rect.adjusted(style.grid(3), style.grid(1.5), -style.grid(2), -style.grid(1.5))
        metrics, small = _metrics(option.font)
        tall = _tile_height(option.font)
        tile = QRect(area.left(), area.top(), round(tall * 16 / 9), tall)
        self._tile(painter, tile, state)
        text = area.adjusted(tile.width() + style.grid(2), 0, 0, 0)
        self._first_line(painter, text, option.font, state)
        text.setTop(text.top() + metrics.lineSpacing() + style.grid(0.5))
        self._second_line(painter, text, option.font, state, index.data(NOTES))
        text.setTop(text.top() + small.lineSpacing() + style.grid(0.5))
        self._trouble(painter, text, option.font, state)
        painter.restore()

    def _ground(self, painter: QPainter, option: QStyleOptionViewItem, *, is_current: bool) -> None:
        now = style.tokens()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, _tint(now.line, 0.5))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(option.rect, _tint(now.line, 0.25))
        if is_current:
            bar = QRect(option.rect.topLeft(), QSize(style.grid(0.75), option.rect.height()))
            painter.fillRect(bar, now.accent)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(now.accent, 1))
            painter.drawRect(QRectF(option.rect).adjusted(0.5, 0.5, -0.5, -0.5))

    def _tile(self, painter: QPainter, tile: QRect, state: ShotState) -> None:
        now = style.tokens()
        painter.fillRect(tile, now.plate)
        shot, source = state.shot, plate_of(state.shot)
        box = tile.size() * painter.device().devicePixelRatioF()
        thumb = self._thumbs.get(source, shot.frames.first, shot.ocio, box)
        if thumb is not None:
            size = QSize(thumb.image.size()).scaled(tile.size(), Qt.AspectRatioMode.KeepAspectRatio)
            placed = QRect(tile.topLeft(), size)
            placed.moveCenter(tile.center())
            painter.drawImage(placed, thumb.image)
        elif self._thumbs.fault(source, shot.frames.first, shot.ocio, box) is not None:
            side = tile.height() / 3
            draw_mark(painter, "cross", QRectF(0, 0, side, side).translated(_middle(tile, side)), now.dim)

    def _first_line(self, painter: QPainter, area: QRect, font: QFont, state: ShotState) -> None:
        now = style.tokens()
        form, name = lines.MARKS[state.status]
        colour = lines.colour_of(name, now)
        metrics, small = _metrics(font)
        line = QRect(area.left(), area.top(), area.width(), metrics.lineSpacing())
        word = state.status.value
        side = small.ascent() * 0.75
        wide = small.horizontalAdvance(word) + round(side) + style.grid(1)
        painter.setFont(style.small_font(font))
        painter.setPen(colour)
        painter.drawText(line, _RIGHT, word)
        at = QPointF(line.right() + 1 - wide, line.center().y() + 0.5 - side / 2)
        draw_mark(painter, form, QRectF(at.x(), at.y(), side, side), colour)
        bold = QFont(font)
        bold.setWeight(QFont.Weight.DemiBold if state is self._project.current else QFont.Weight.Normal)
        room = line.adjusted(0, 0, -wide - style.grid(2), 0)
        dot = style.grid(1.5) if lines.is_saving(state) else 0
        name_text = QFontMetrics(bold).elidedText(
            state.shot.name, Qt.TextElideMode.ElideMiddle, max(room.width() - 2 * dot, 0)
        )
        painter.setFont(bold)
        painter.setPen(now.text)
        painter.drawText(room, _LEFT, name_text)
        if dot:
            x = room.left() + QFontMetrics(bold).horizontalAdvance(name_text) + dot
            draw_mark(painter, "dot", QRectF(x, room.center().y() - dot / 2, dot, dot), now.accent)

    def _second_line(
        self, painter: QPainter, area: QRect, font: QFont, state: ShotState, notes: tuple[str, ...]
    ) -> None:
        now = style.tokens()
        _, small = _metrics(font)
        line = QRect(area.left(), area.top(), area.width(), small.lineSpacing())
        painter.setFont(style.small_font(font))
        said = lines.notes_text(notes)
        if said:
            painter.setPen(now.warn)
            painter.drawText(line, _RIGHT, said)
            line.setRight(line.right() - small.horizontalAdvance(said) - style.grid(2))
        facts = "  ·  ".join(filter(None, (lines.frames_text(state), lines.stills_text(state))))
        painter.setPen(now.dim)
        painter.drawText(line, _LEFT, small.elidedText(facts, Qt.TextElideMode.ElideRight, line.width()))

    def _trouble(self, painter: QPainter, area: QRect, font: QFont, state: ShotState) -> None:
        said, name = lines.trouble(state)
        if not said:
            return
        _, small = _metrics(font)
        line = QRect(area.left(), area.top(), area.width(), small.lineSpacing())
        painter.setFont(style.small_font(font))
        painter.setPen(lines.colour_of(name, style.tokens()))
        painter.drawText(line, _LEFT, small.elidedText(said, Qt.TextElideMode.ElideRight, line.width()))


def draw_mark(painter: QPainter, form: lines.Mark, area: QRectF, colour: QColor) -> None:
    """A small sign in a square."""
    painter.save()
    pen = QPen(colour, max(area.width() / 6, 1.0))
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    inner = area.adjusted(pen.widthF() / 2, pen.widthF() / 2, -pen.widthF() / 2, -pen.widthF() / 2)
    if form in ("ring", "half"):
        painter.drawEllipse(inner)
    if form in ("dot", "half"):
        painter.setBrush(colour)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawPie(area, 90 * 16, -180 * 16) if form == "half" else painter.drawEllipse(inner)
    elif form == "cross":
        painter.drawLine(inner.topLeft(), inner.bottomRight())
        painter.drawLine(inner.topRight(), inner.bottomLeft())
    elif form == "check":
        left, foot = (
            QPointF(inner.left(), inner.center().y()),
            QPointF(inner.center().x() - 1, inner.bottom()),
        )
        painter.drawPolyline(QPolygonF([left, foot, inner.topRight()]))
    elif form == "warn":
        top = QPointF(inner.center().x(), inner.top())
        painter.drawPolygon(QPolygonF([top, inner.bottomRight(), inner.bottomLeft()]))
    painter.restore()


def _tint(colour: QColor, share: float) -> QColor:
    tint = QColor(colour)
    tint.setAlphaF(share)
    return tint


def _metrics(font: QFont) -> tuple[QFontMetrics, QFontMetrics]:
    return QFontMetrics(font), QFontMetrics(style.small_font(font))


def _tile_height(font: QFont) -> int:
    metrics, small = _metrics(font)
    return metrics.lineSpacing() + small.lineSpacing() + style.grid(2)


def _middle(tile: QRect, side: float) -> QPointF:
    centre = QRectF(tile).center()
    return QPointF(centre.x() - side / 2, centre.y() - side / 2)

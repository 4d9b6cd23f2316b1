"""How a row of the shot list is drawn: thumbnail, name and state, length and stills, and what is wrong."""

from __future__ import annotations

from dataclasses import dataclass

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
from pai_studio.ui.panel.style import Tokens

_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_BETWEEN = "  ·  "
_LEGIBLE = 12
"""So many letters of a name are seen before the word for its state is."""

_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True)
class _Letters:
    """The fonts of a row and their measures, made once: a scrolled list paints hundreds of rows a second."""

    plain: QFont
    bold: QFont
    small: QFont
    plain_is: QFontMetrics
    bold_is: QFontMetrics
    small_is: QFontMetrics

    @classmethod
    def of(cls, font: QFont) -> _Letters:
        plain, bold, small = QFont(font), QFont(font), style.small_font(font)
        bold.setWeight(QFont.Weight.DemiBold)
        return cls(plain, bold, small, QFontMetrics(plain), QFontMetrics(bold), QFontMetrics(small))

    @property
    def tile_height(self) -> int:
        return self.plain_is.lineSpacing() + self.small_is.lineSpacing() + style.grid(2)


class ShotDelegate(QStyledItemDelegate):
    """Draws from the state alone; asks for pictures and never waits for them."""

    def __init__(self, project: ProjectState, thumbs: Thumbs, parent: QWidget) -> None:
        super().__init__(parent)
        self._project = project
        self._thumbs = thumbs
        self._letters = _Letters.of(parent.font())

    def _letters_of(self, font: QFont) -> _Letters:
        if font != self._letters.plain:
            self._letters = _Letters.of(font)
        return self._letters

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:  # noqa: N802 - Qt's
        """Two lines, and a third where something is wrong."""
        state = index.data(STATE)
        letters = self._letters_of(option.font)
        rows = 1 if state is not None and lines.trouble(state)[0] else 0
        text = letters.plain_is.lineSpacing() + (1 + rows) * (
            letters.small_is.lineSpacing() + style.grid(0.5)
        )
        return QSize(letters.plain_is.averageCharWidth() * 20, max(text, letters.tile_height) + style.grid(3))

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
        now, letters = style.tokens(), self._letters_of(option.font)
        is_current = state is self._project.current
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        _ground(painter, option, now, is_current=is_current)
        area = option.rect.adjusted(style.grid(3), style.grid(1.5), -style.grid(2), -style.grid(1.5))
        tall = letters.tile_height
        tile = QRect(area.left(), area.top(), round(tall * 16 / 9), tall)
        self._tile(painter, tile, state, now)
        text = area.adjusted(tile.width() + style.grid(2), 0, 0, 0)
        text.setHeight(letters.plain_is.lineSpacing())
        _first_line(painter, text, letters, state, now, is_current=is_current)
        text = QRect(
            text.left(), text.bottom() + 1 + style.grid(0.5), text.width(), letters.small_is.lineSpacing()
        )
        painter.setFont(letters.small)
        _second_line(painter, QRect(text), letters.small_is, state, index.data(NOTES), now=now)
        text.translate(0, text.height() + style.grid(0.5))
        _third_line(painter, text, letters.small_is, state, now)
        painter.restore()

    def _tile(self, painter: QPainter, tile: QRect, state: ShotState, now: Tokens) -> None:
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
            mark = QRectF(0, 0, tile.height() / 3, tile.height() / 3)
            mark.moveCenter(QRectF(tile).center())
            draw_mark(painter, "cross", mark, now.dim)


def _ground(painter: QPainter, option: QStyleOptionViewItem, now: Tokens, *, is_current: bool) -> None:
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


def _first_line(
    painter: QPainter, line: QRect, letters: _Letters, state: ShotState, now: Tokens, *, is_current: bool
) -> None:
    """The name, whether it is being saved, and how it stands."""
    form, name = lines.MARKS[state.status]
    colour, word = lines.colour_of(name, now), state.status.value
    side = letters.small_is.ascent() * 0.75
    font, measures = (letters.bold, letters.bold_is) if is_current else (letters.plain, letters.plain_is)
    wide = letters.small_is.horizontalAdvance(word) + round(side) + style.grid(1)
    if measures.horizontalAdvance(state.shot.name[:_LEGIBLE]) > line.width() - wide - style.grid(2):
        word, wide = "", round(side)  # the mark alone: a name is worth more than a word
    painter.setFont(letters.small)
    painter.setPen(colour)
    painter.drawText(line, _RIGHT, word)
    middle = line.center().y() + 0.5
    draw_mark(painter, form, QRectF(line.right() + 1 - wide, middle - side / 2, side, side), colour)
    dot = style.grid(1.5) if lines.is_saving(state) else 0
    room = max(line.width() - wide - style.grid(2) - 2 * dot, 0)
    text = measures.elidedText(state.shot.name, Qt.TextElideMode.ElideMiddle, room)
    painter.setFont(font)
    painter.setPen(now.text)
    painter.drawText(line, _LEFT, text)
    if dot:
        x = line.left() + measures.horizontalAdvance(text) + dot
        draw_mark(painter, "dot", QRectF(x, middle - dot / 2, dot, dot), now.accent)


def _second_line(
    painter: QPainter,
    line: QRect,
    measures: QFontMetrics,
    state: ShotState,
    notes: tuple[str, ...],
    *,
    now: Tokens,
) -> None:
    """How long, how many stills, and whether something was said when it was opened."""
    said = lines.notes_text(notes)
    if said:
        painter.setPen(now.warn)
        painter.drawText(line, _RIGHT, said)
        line.setRight(line.right() - measures.horizontalAdvance(said) - style.grid(2))
    facts = lines.facts(state)
    while len(facts) > 1 and measures.horizontalAdvance(_BETWEEN.join(facts)) > line.width():
        del facts[-1]
    painter.setPen(now.dim)
    painter.drawText(
        line, _LEFT, measures.elidedText(_BETWEEN.join(facts), Qt.TextElideMode.ElideRight, line.width())
    )


def _third_line(
    painter: QPainter, line: QRect, measures: QFontMetrics, state: ShotState, now: Tokens
) -> None:
    """What is wrong."""
    said, name = lines.trouble(state)
    if said:
        painter.setPen(lines.colour_of(name, now))
        painter.drawText(line, _LEFT, measures.elidedText(said, Qt.TextElideMode.ElideRight, line.width()))


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

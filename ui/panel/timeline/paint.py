"""How the timeline is painted: what seldom changes in one layer, the playhead and what is being dragged over it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QLinearGradient, QPainter, QPen, QPolygonF

from pai_studio.core.plan.reach import trust
from pai_studio.core.shot.document import Reference, Shot
from pai_studio.core.shot.frames import FrameRange
from pai_studio.ui.panel import style
from pai_studio.ui.panel.timeline.fields import Count, shown
from pai_studio.ui.panel.timeline.layout import reach, runs
from pai_studio.ui.panel.timeline.rows import Rows
from pai_studio.ui.panel.timeline.strip import Strip

_REACH_STEPS = 12
_LEAST_TICK_PX = 4
_ADVISED = 3
_EMPTY = "Drop one to three stills here, or press M"
_CENTRE = Qt.AlignmentFlag.AlignCenter


@dataclass(frozen=True)
class Scene:
    """What is painted. `ratio` is device pixels for one of the widget's."""

    rows: Rows
    shot: Shot
    selected: Reference | None
    marks: FrameRange | None
    count: Count
    strip: Strip
    font: QFont
    ratio: float

    def label(self, frame: int) -> str:
        """A frame as it is counted here."""
        return shown(frame, self.shot.rate, self.count)


def layer(painter: QPainter, scene: Scene) -> None:
    """Everything but the playhead and the ghosts."""
    painter.setFont(style.small_font(scene.font))
    _film(painter, scene)
    _ruler(painter, scene)
    _held(painter, scene)
    _lane(painter, scene)
    _marks(painter, scene)


def _ruler(painter: QPainter, scene: Scene) -> None:
    now, row, span = style.tokens(), scene.rows.ruler, scene.rows.span
    painter.fillRect(row, now.window)
    text_px = painter.fontMetrics().horizontalAdvance(scene.label(span.shot.last)) + style.grid(5)
    frames, step = span.ticks(text_px)
    minor = max(step // 5, 1)
    painter.setPen(now.line)
    if span.frame_px * minor >= _LEAST_TICK_PX:
        seen = span.shown()
        first = -(-seen.start // minor) * minor
        xs = [span.x(frame) for frame in range(first, seen.stop, minor)]
        painter.drawLines([QLineF(x, row.bottom() - 4, x, row.bottom()) for x in xs])
    painter.drawLines([QLineF(x, row.bottom() - 9, x, row.bottom()) for x in map(span.x, frames)])
    painter.setPen(now.dim)
    for frame in frames:
        painter.drawText(
            QPointF(span.x(frame) + style.grid(1), row.bottom() - style.grid(2)), scene.label(frame)
        )


def _held(painter: QPainter, scene: Scene) -> None:
    span, bottom = scene.rows.span, scene.rows.ruler.bottom()
    for first, last in runs(scene.strip.held(scene.shot), scene.shot.all_frames.step):
        left, right = span.x(first), span.x(last + 1)
        painter.fillRect(QRectF(left, bottom - 2, max(right - left, 1), 2), style.tokens().good)


def _film(painter: QPainter, scene: Scene) -> None:
    now, span, row = style.tokens(), scene.rows.span, scene.rows.film.adjusted(0, 1, 0, -1)
    painter.fillRect(row, now.plate)
    height_px = row.height() * scene.ratio
    has_any = False
    for frame, left, wide in span.cells(max(row.height() * 16 / 9, 24.0)):
        cell = QRectF(left, row.top(), wide, row.height())
        image = scene.strip.plate(scene.shot, frame, height_px)
        if image is not None:
            has_any = True
            _picture(painter, scene, image, cell)
        painter.fillRect(QRectF(cell.right() - 1, cell.top(), 1, cell.height()), now.base)
    if not has_any:
        _offline(painter, scene, row, height_px)
    own, whole = scene.shot.frames, span.shot
    _shade(painter, scene, row, whole.first, own.first - 1)
    _shade(painter, scene, row, own.last + 1, whole.last)


def _offline(painter: QPainter, scene: Scene, row: QRectF, height_px: float) -> None:
    seen = scene.rows.span.cells(max(row.height() * 16 / 9, 24.0))
    fault = scene.strip.plate_fault(scene.shot, seen[0][0], height_px) if seen else None
    if fault is not None:
        painter.setPen(style.tokens().bad)
        painter.drawText(row, _CENTRE, _elided(painter, fault.what, row.width()))


def _shade(painter: QPainter, scene: Scene, row: QRectF, first: int, last: int) -> None:
    """Frames that are there and yet not meant: handles, and what lies outside the marks."""
    if last >= first:
        colour = QColor(style.tokens().base)
        colour.setAlphaF(0.6)
        left, right = scene.rows.span.x(first), scene.rows.span.x(last + 1)
        painter.fillRect(QRectF(left, row.top(), right - left, row.height()), colour)


def _marks(painter: QPainter, scene: Scene) -> None:
    if scene.marks is None:
        return
    span, film = scene.rows.span, scene.rows.film
    row = QRectF(0, 0, scene.rows.width, film.bottom())
    _shade(painter, scene, row, span.shot.first, scene.marks.first - 1)
    _shade(painter, scene, row, scene.marks.last + 1, span.shot.last)
    painter.setPen(QPen(style.tokens().text, 1))
    painter.setBrush(style.tokens().text)
    for x, inward in ((span.x(scene.marks.first), 6), (span.x(scene.marks.last + 1), -6)):
        painter.drawLine(QPointF(x, 0), QPointF(x, film.bottom()))
        painter.drawPolygon(QPolygonF([QPointF(x, 0), QPointF(x + inward, 0), QPointF(x, 8)]))


def _lane(painter: QPainter, scene: Scene) -> None:
    now, row, stills = style.tokens(), scene.rows.lane, scene.shot.references
    painter.fillRect(row, now.window)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if not stills:
        painter.setPen(now.dim)
        painter.setFont(scene.font)
        painter.drawText(row, _CENTRE, _elided(painter, _EMPTY, row.width()))
        return
    for at, one in enumerate(stills):
        _reach(painter, scene, at, one)
    chosen = [at for at, one in enumerate(stills) if one is scene.selected]
    for at in [*(at for at in range(len(stills)) if at not in chosen), *chosen]:
        _still(painter, scene, at, stills[at])
    if len(stills) > _ADVISED:
        _advise(painter, scene, f"{len(stills)} stills: one to three are advised")


def _advise(painter: QPainter, scene: Scene, text: str) -> None:
    """A line at the foot of the filmstrip."""
    now, film, gap = style.tokens(), scene.rows.film, style.grid(1)
    wide = painter.fontMetrics().horizontalAdvance(text) + 2 * gap
    tall = painter.fontMetrics().height()
    box = QRectF(film.right() - wide - gap, film.bottom() - tall - gap, wide, tall)
    painter.fillRect(box, now.window)
    painter.setPen(now.warn)
    painter.drawText(box, _CENTRE, text)


def _reach(painter: QPainter, scene: Scene, at: int, one: Reference) -> None:
    """A bar from the still to both sides, as strong as the still is trusted there."""
    span = scene.rows.span
    first, last = reach(scene.shot.references, one, span.shot)
    y, left, right = scene.rows.spots[at].y(), span.middle(first), span.middle(last)
    if right <= left:
        return
    fade = QLinearGradient(QPointF(left, y), QPointF(right, y))
    for step in range(_REACH_STEPS + 1):
        share = step / _REACH_STEPS
        colour = QColor(style.tokens().reach)
        colour.setAlphaF(trust(abs(first + share * (last - first) - one.frame)))
        fade.setColorAt(share, colour)
    painter.fillRect(QRectF(left + 1, y - 2, right - left - 2, 4), fade)


def _still(painter: QPainter, scene: Scene, at: int, one: Reference) -> None:
    now, thumb, spot = style.tokens(), scene.rows.thumbs[at], scene.rows.spots[at]
    half, is_outside, is_selected = scene.rows.diamond, scene.rows.is_outside(one), one is scene.selected
    height_px = thumb.height() * scene.ratio
    image = scene.strip.still(scene.shot, one, height_px)
    is_broken = image is None and scene.strip.still_fault(scene.shot, one, height_px) is not None
    painter.fillRect(thumb, now.plate)
    if image is not None:
        _picture(painter, scene, image, thumb)
    elif is_broken:
        painter.setPen(now.bad)
        painter.drawText(thumb, _CENTRE, "unreadable")
    edge = now.bad if is_outside or is_broken else now.accent if is_selected else now.line
    painter.setPen(QPen(edge, 2 if is_selected or is_outside or is_broken else 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(thumb)
    painter.drawLine(QPointF(min(max(spot.x(), thumb.left()), thumb.right()), thumb.bottom()), spot)
    painter.setPen(QPen(now.base, 1))
    painter.setBrush(now.bad if is_outside else now.marker if is_selected else now.reach)
    corners = [(0, -half), (half, 0), (0, half), (-half, 0)]
    painter.drawPolygon(QPolygonF([QPointF(spot.x() + dx, spot.y() + dy) for dx, dy in corners]))
    if is_selected or is_outside:
        painter.setPen(now.bad if is_outside else now.text)
        text = f"{scene.label(one.frame)} is outside the shot" if is_outside else scene.label(one.frame)
        beside(painter, scene.rows, spot, text)


def beside(painter: QPainter, rows: Rows, spot: QPointF, text: str) -> None:
    """A few letters to the right of a diamond; to its left where the timeline ends."""
    wide = painter.fontMetrics().horizontalAdvance(text)
    right = spot.x() + rows.diamond + style.grid(1)
    x = right if right + wide <= rows.width else spot.x() - rows.diamond - style.grid(1) - wide
    box = QRectF(x, spot.y() - rows.diamond, wide, 2 * rows.diamond)
    painter.fillRect(box.adjusted(-2, 0, 2, 0), style.tokens().window)
    painter.drawText(box, _CENTRE, text)


def playhead_box(rows: Rows, font: QFont, frame: int, label: str) -> QRectF:
    """Where the playhead's number is."""
    wide = QFontMetricsF(style.small_font(font)).horizontalAdvance(label) + style.grid(2)
    left = min(max(rows.span.middle(frame) - wide / 2, 0), rows.width - wide)
    return QRectF(left, 0, wide, rows.ruler.height() - 4)


def playhead(painter: QPainter, rows: Rows, font: QFont, frame: int, label: str) -> None:
    """The line through all rows, and its number."""
    now, x = style.tokens(), rows.span.middle(frame)
    painter.setFont(style.small_font(font))
    painter.setPen(QPen(now.accent, 1))
    painter.drawLine(QPointF(x, 0), QPointF(x, rows.height))
    box = playhead_box(rows, font, frame, label)
    painter.fillRect(box, now.accent)
    painter.setPen(now.on_accent)
    painter.drawText(box, _CENTRE, label)


def ghost(painter: QPainter, rows: Rows, frame: int, label: str) -> None:
    """Where a still will be anchored."""
    now, x = style.tokens(), rows.span.middle(frame)
    painter.setPen(QPen(now.marker, 1, Qt.PenStyle.DashLine))
    painter.drawLine(QPointF(x, rows.ruler.bottom()), QPointF(x, rows.height))
    painter.setPen(now.text)
    beside(painter, rows, QPointF(x, rows.lane.bottom() - rows.diamond - 3), label)


def refusal(painter: QPainter, rows: Rows, text: str) -> None:
    """Why what is held over the timeline is not taken, over the stills."""
    painter.fillRect(rows.lane, style.tokens().window)
    painter.setPen(style.tokens().bad)
    painter.drawText(rows.lane, _CENTRE, _elided(painter, text, rows.lane.width()))


def _elided(painter: QPainter, text: str, wide: float) -> str:
    return painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, int(wide) - style.grid(4))


def _picture(painter: QPainter, scene: Scene, image: QImage, target: QRectF) -> None:
    """A picture over a rectangle, on whole device pixels: nothing is scaled here."""
    ratio = scene.ratio
    left, top = round(target.left() * ratio), round(target.top() * ratio)
    right, bottom = round(target.right() * ratio), round(target.bottom() * ratio)
    size = QSize(max(right - left, 1), max(bottom - top, 1))
    pixmap = scene.strip.covering(image, size)
    painter.drawPixmap(
        QRectF(left / ratio, top / ratio, size.width() / ratio, size.height() / ratio),
        pixmap,
        QRectF(0, 0, size.width(), size.height()),
    )

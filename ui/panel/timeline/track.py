"""The painted part of the timeline, and the hand on it: scrub, drag, drop, select."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, QUrl, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QHelpEvent,
    QKeyEvent,
    QLinearGradient,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QMenu, QToolTip, QWidget

from pai_studio.core.plan.reach import trust
from pai_studio.core.shot.document import Reference, Shot
from pai_studio.core.shot.frames import FrameRange
from pai_studio.core.shot.timeline import timecode
from pai_studio.ui.panel import style
from pai_studio.ui.panel.opening import is_still
from pai_studio.ui.panel.state import edits
from pai_studio.ui.panel.state.shot import ShotState
from pai_studio.ui.panel.state.studio import Studio
from pai_studio.ui.panel.timeline.layout import Span
from pai_studio.ui.panel.timeline.strip import Strip

_NOTCH = 120
_DRAG_PX = 4
_REACH_STEPS = 12
_NO_SHOT = FrameRange(1, 1)


class Track(QWidget):
    """Ruler, filmstrip and stills of the current shot."""

    still_wanted = Signal(int)
    framing_wanted = Signal(object)

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._state: ShotState | None = None
        self._strip = Strip(studio, self)
        self._strip.changed.connect(self.update)
        self.span = Span.fitting(_NO_SHOT, 1)
        self.shows_timecode = False
        self._ghosts: list[int] = []
        self._refusal = ""
        self._pressed: tuple[QPointF, Reference | None] | None = None
        self._dragged: Reference | None = None
        self.setAcceptDrops(True)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Timeline")
        studio.project.current_changed.connect(self._follow)
        self._follow()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's
        """Room for the three rows."""
        return QSize(480, self._unit() * 9)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's
        """Below this the rows would lie over one another."""
        return QSize(160, self._unit() * 7)

    # The shot

    def _follow(self) -> None:
        if self._state is not None:
            for signal in (self._state.shot_changed, self._state.marks_changed, self._state.selected_changed):
                signal.disconnect(self._changed)
            self._state.frame_changed.disconnect(self._moved)
        self._state = self._studio.project.current
        if self._state is not None:
            for signal in (self._state.shot_changed, self._state.marks_changed, self._state.selected_changed):
                signal.connect(self._changed)
            self._state.frame_changed.connect(self._moved)
            self.span = Span.fitting(self._state.shot.all_frames, self.width())
        self._changed()

    def _changed(self) -> None:
        if self._state is not None and self.span.shot != self._state.shot.all_frames:
            self.span = Span.fitting(self._state.shot.all_frames, self.width())
        self.setAccessibleDescription(self._told())
        self.update()

    def _moved(self, frame: int) -> None:
        self.span = self.span.showing(frame)
        self.update()

    def _told(self) -> str:
        if self._state is None:
            return "no shot is open"
        shot = self._state.shot
        stills = ", ".join(f"{Path(one.file).name} at {one.frame}" for one in shot.references) or "none"
        return f"{shot.name}, frames {shot.all_frames}, playhead at {self._state.frame}, stills: {stills}"

    # Rows

    def _unit(self) -> int:
        return self.fontMetrics().height()

    @property
    def _ruler(self) -> QRectF:
        return QRectF(0, 0, self.width(), self._unit() * 1.6)

    @property
    def _lane(self) -> QRectF:
        """Where the stills are."""
        height = max(self._unit() * 3.2, (self.height() - self._ruler.height()) * 0.42)
        return QRectF(0, self.height() - height, self.width(), height)

    @property
    def _film(self) -> QRectF:
        top = self._ruler.bottom()
        return QRectF(0, top, self.width(), max(self._lane.top() - top, 1))

    def _spot(self, reference: Reference) -> QPointF:
        """The middle of a still's diamond; several at one frame stand beside one another."""
        assert self._state is not None
        shot = self._state.shot
        same = [one for one in shot.references if one.frame == reference.frame]
        place = next(i for i, one in enumerate(same) if one is reference)
        at = min(max(reference.frame, shot.all_frames.first), shot.all_frames.last)
        x = self.span.middle(at) + (place - (len(same) - 1) / 2) * self._diamond() * 1.6
        edge = self._diamond()
        return QPointF(min(max(x, edge), self.width() - edge), self._lane.bottom() - self._diamond() - 3)

    def _diamond(self) -> float:
        return self._unit() * 0.45

    def _hit(self, point: QPointF) -> Reference | None:
        if self._state is None or not self._lane.contains(point):
            return None
        reach = self._diamond() * 1.3
        found = [
            (abs(self._spot(one).x() - point.x()), one)
            for one in self._state.shot.references
            if self._thumb(one).contains(point) or abs(self._spot(one).x() - point.x()) <= reach
        ]
        return min(found, key=lambda pair: pair[0])[1] if found else None

    def _thumb(self, reference: Reference) -> QRectF:
        """The picture above a still's diamond."""
        lane, spot = self._lane, self._spot(reference)
        height = max(lane.height() - 2 * self._diamond() - 10, 4)
        width = height * 16 / 9
        left = min(max(spot.x() - width / 2, 1), self.width() - width - 1)
        return QRectF(left, lane.top() + 3, width, height)

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's
        """Everything; it takes a few milliseconds."""
        painter = QPainter(self)
        now = style.tokens()
        painter.fillRect(event.rect(), now.base)
        if self._state is None:
            return
        shot = self._state.shot
        self._paint_film(painter, shot)
        self._paint_ruler(painter, shot)
        self._paint_lane(painter, shot)
        self._paint_marks(painter)
        self._paint_playhead(painter)
        self._paint_ghosts(painter)

    def _paint_ruler(self, painter: QPainter, shot: Shot) -> None:
        now, row = style.tokens(), self._ruler
        painter.fillRect(row, now.window)
        painter.setFont(style.small_font(self.font()))
        text_px = painter.fontMetrics().horizontalAdvance(
            self._label(shot, shot.all_frames.last)
        ) + style.grid(5)
        frames, step = self.span.ticks(text_px)
        painter.setPen(now.line)
        minor = max(step // 5, 1) if step >= 5 else 1
        if self.span.frame_px * minor >= 4:
            for frame in range(self.span.shown().start, self.span.shown().stop):
                if frame % minor == 0:
                    x = self.span.x(frame)
                    painter.drawLine(QPointF(x, row.bottom() - 3), QPointF(x, row.bottom()))
        for frame in frames:
            x = self.span.x(frame)
            painter.setPen(now.line)
            painter.drawLine(QPointF(x, row.bottom() - 7), QPointF(x, row.bottom()))
            painter.setPen(now.dim)
            painter.drawText(
                QPointF(x + style.grid(1), row.bottom() - style.grid(2)), self._label(shot, frame)
            )
        painter.setPen(QPen(now.reach, 2))
        for frame in self._strip.held(shot):
            x = self.span.x(frame)
            painter.drawLine(
                QPointF(x, row.bottom() - 1), QPointF(x + max(self.span.frame_px, 1), row.bottom() - 1)
            )

    def _label(self, shot: Shot, frame: int) -> str:
        return timecode(frame, shot.rate) if self.shows_timecode else str(frame)

    def _paint_film(self, painter: QPainter, shot: Shot) -> None:
        now, row = style.tokens(), self._film.adjusted(0, 1, 0, -1)
        painter.fillRect(row, now.plate)
        wide = max(row.height() * 16 / 9, 24.0)
        x = 0.0
        last = None
        while x < self.width():
            frame = self.span.frame_at(x + wide / 2)
            image = self._strip.plate(shot, frame) or last
            cell = QRectF(x, row.top(), wide, row.height())
            if image is not None:
                last = image
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
                painter.drawImage(cell, image, _cover(image.size(), cell))
            painter.setPen(now.base)
            painter.drawLine(cell.topRight(), cell.bottomRight())
            x += wide
        if shot.handles:
            shade = QColor(now.base)
            shade.setAlphaF(0.6)
            span, own = shot.all_frames, shot.frames
            painter.fillRect(self._between(span.first, own.first - 1, row), shade)
            painter.fillRect(self._between(own.last + 1, span.last, row), shade)

    def _between(self, first: int, last: int, row: QRectF) -> QRectF:
        left, right = self.span.x(first), self.span.x(last + 1)
        return QRectF(left, row.top(), right - left, row.height())

    def _paint_lane(self, painter: QPainter, shot: Shot) -> None:
        now, row = style.tokens(), self._lane
        painter.fillRect(row, now.window)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not shot.references and not self._ghosts:
            painter.setPen(now.dim)
            painter.drawText(row, Qt.AlignmentFlag.AlignCenter, "Drop one to three stills here, or press M")
        for one in shot.references:
            self._paint_reach(painter, one, shot)
        for one in shot.references:
            self._paint_still(painter, one, shot)
        if self._refusal:
            painter.setPen(now.bad)
            painter.drawText(row, Qt.AlignmentFlag.AlignCenter, self._refusal)

    def _paint_reach(self, painter: QPainter, one: Reference, shot: Shot) -> None:
        """A bar from the still to both sides, as strong as the still is trusted there; it ends half-way to its
        neighbours, beyond which they lead."""
        anchors = sorted({other.frame for other in shot.references})
        at = anchors.index(one.frame)
        first = (anchors[at - 1] + one.frame) / 2 if at else float(shot.all_frames.first)
        last = (anchors[at + 1] + one.frame) / 2 if at + 1 < len(anchors) else float(shot.all_frames.last)
        y = self._spot(one).y()
        left, right = self.span.middle(first), self.span.middle(last)
        if right <= left:
            return
        fade = QLinearGradient(QPointF(left, y), QPointF(right, y))
        for step in range(_REACH_STEPS + 1):
            share = step / _REACH_STEPS
            colour = QColor(style.tokens().reach)
            colour.setAlphaF(trust(abs(first + share * (last - first) - one.frame)))
            fade.setColorAt(share, colour)
        painter.fillRect(QRectF(left + 1, y - 2, right - left - 2, 4), fade)

    def _paint_still(self, painter: QPainter, one: Reference, shot: Shot) -> None:
        now = style.tokens()
        is_selected = self._state is not None and self._state.selected is one
        thumb, spot, half = self._thumb(one), self._spot(one), self._diamond()
        image = self._strip.still(shot, one)
        painter.fillRect(thumb, now.plate)
        if image is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(thumb, image, _cover(image.size(), thumb))
        is_outside = not shot.all_frames.first <= one.frame <= shot.all_frames.last
        edge = now.bad if is_outside else now.accent if is_selected else now.line
        painter.setPen(QPen(edge, 2 if is_selected or is_outside else 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(thumb)
        painter.setPen(QPen(now.base, 1))
        painter.setBrush(now.bad if is_outside else now.marker if is_selected else now.reach)
        corners = [(0, -half), (half, 0), (0, half), (-half, 0)]
        painter.drawPolygon(QPolygonF([QPointF(spot.x() + dx, spot.y() + dy) for dx, dy in corners]))
        if is_selected or is_outside:
            painter.setFont(style.small_font(self.font()))
            painter.setPen(now.bad if is_outside else now.text)
            painter.drawText(QPointF(spot.x() + half + 3, spot.y() + half), str(one.frame))

    def _paint_marks(self, painter: QPainter) -> None:
        assert self._state is not None
        if not self._state.has_marks:
            return
        marks, span = self._state.marks, self._state.shot.all_frames
        shade = QColor(style.tokens().base)
        shade.setAlphaF(0.55)
        row = QRectF(0, 0, self.width(), self._lane.top())
        painter.fillRect(self._between(span.first, marks.first - 1, row), shade)
        painter.fillRect(self._between(marks.last + 1, span.last, row), shade)
        painter.setPen(QPen(style.tokens().text, 1))
        for x in (self.span.x(marks.first), self.span.x(marks.last + 1)):
            painter.drawLine(QPointF(x, 0), QPointF(x, self._film.bottom()))

    def _paint_playhead(self, painter: QPainter) -> None:
        assert self._state is not None
        now, x = style.tokens(), self.span.middle(self._state.frame)
        painter.setPen(QPen(now.accent, 1))
        painter.drawLine(QPointF(x, 0), QPointF(x, self.height()))
        text = self._label(self._state.shot, self._state.frame)
        painter.setFont(style.small_font(self.font()))
        width = painter.fontMetrics().horizontalAdvance(text) + style.grid(2)
        left = min(max(x - width / 2, 0), self.width() - width)
        box = QRectF(left, 0, width, self._ruler.height() - 4)
        painter.fillRect(box, now.accent)
        painter.setPen(now.on_accent)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_ghosts(self, painter: QPainter) -> None:
        now = style.tokens()
        painter.setFont(style.small_font(self.font()))
        for frame in self._ghosts:
            x = self.span.middle(frame)
            painter.setPen(QPen(now.marker, 1, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(x, self._ruler.bottom()), QPointF(x, self.height()))
            painter.setPen(now.text)
            painter.drawText(QPointF(x + 4, self._lane.top() + self._unit()), str(frame))

    # The hand

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's
        """Take hold of a still, or of the playhead."""
        if self._state is None or event.button() != Qt.MouseButton.LeftButton:
            return
        hit = self._hit(event.position())
        self._pressed = (event.position(), hit)
        self._state.select(hit)
        if hit is None:
            self._scrub(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's
        """Drag what was taken hold of."""
        if self._state is None or self._pressed is None:
            hit = self._hit(event.position())
            self.setCursor(Qt.CursorShape.SizeHorCursor if hit is not None else Qt.CursorShape.ArrowCursor)
            return
        start, hit = self._pressed
        if hit is None:
            self._scrub(event.position().x())
        elif self._dragged is not None or abs(event.position().x() - start.x()) > _DRAG_PX:
            self._drag(self._dragged or hit, self.span.frame_at(event.position().x()))

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:  # noqa: N802 - Qt's
        """The gesture has ended."""
        if self._state is not None:
            self._state.end_gesture()
        self._pressed = self._dragged = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's
        """A still is framed; an empty place asks for one."""
        hit = self._hit(event.position())
        if hit is not None:
            self.framing_wanted.emit(hit)
        elif self._lane.contains(event.position()):
            self.still_wanted.emit(self.span.frame_at(event.position().x()))

    def _scrub(self, x: float) -> None:
        assert self._state is not None
        self._studio.player.stop()
        self._state.go_to(self.span.frame_at(x))

    def _drag(self, reference: Reference, frame: int) -> None:
        assert self._state is not None
        shot, moved = edits.move_reference(self._state.shot, reference, frame)
        self._state.edit("Move a still", shot, merge="move a still")
        self._dragged = next((one for one in self._state.shot.references if one is moved), reference)
        if self._pressed is not None:
            self._pressed = (self._pressed[0], self._dragged)
        self._state.select(self._dragged)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's
        """With Ctrl zoom, else move along."""
        delta = event.angleDelta().y() or event.angleDelta().x()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.span = self.span.zoomed(2 ** (delta / _NOTCH / 2), event.position().x())
        else:
            self.span = self.span.panned(-delta)
        self.update()
        event.accept()

    def fit(self) -> None:
        """The whole shot."""
        self.span = Span.fitting(self.span.shot, self.width())
        self.update()

    def resizeEvent(self, _event: QResizeEvent) -> None:  # noqa: N802 - Qt's
        """The same frames over another width."""
        self.span = self.span.sized(self.width())

    # Keys

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's
        """The selected still by Shift and arrows, Return to frame it; Esc takes a drag back."""
        state = self._state
        if state is None:
            return
        by = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        if event.key() == Qt.Key.Key_Escape and self._dragged is not None:
            state.undo.undo()
            self._pressed = self._dragged = None
        elif by and state.selected is not None and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._drag(state.selected, state.selected.frame + by)
            self._dragged = None
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and state.selected is not None:
            self.framing_wanted.emit(state.selected)
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802 - Qt's
        """What can be done with a still, or where there is none."""
        if self._state is not None:
            self.menu_at(event.pos()).popup(event.globalPos())

    def menu_at(self, point: QPoint) -> QMenu:
        """The menu for a place."""
        state, hit = self._state, self._hit(QPointF(point))
        assert state is not None
        menu = QMenu(self)
        if hit is None:
            frame = self.span.frame_at(point.x())
            menu.addAction(f"Put a still at {frame}…", lambda: self.still_wanted.emit(frame))
            return menu
        state.select(hit)
        menu.addAction(f"Go to {hit.frame}", lambda: state.go_to(hit.frame))
        menu.addAction("Frame it over the plate", lambda: self.framing_wanted.emit(hit))
        menu.addSeparator()
        menu.addAction(
            "Remove", lambda: state.edit("Remove a still", edits.remove_reference(state.shot, hit))
        )
        return menu

    # Drops

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's
        """Pictures are taken, everything else is refused in place."""
        if self._state is None or not event.mimeData().hasUrls():
            return
        event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:  # noqa: N802 - Qt's
        """Show the frames at which they would be anchored."""
        files = _files(event.mimeData().urls())
        stills = [path for path in files if is_still(path)]
        self._refusal = "" if stills else "These are no pictures: a still is EXR, TIFF, PNG, JPEG, DPX or HDR"
        self._ghosts = self._frames(len(stills), event.position().x()) if stills else []
        event.setAccepted(bool(stills))
        self.update()

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:  # noqa: N802 - Qt's
        """Nothing is dropped."""
        self._ghosts, self._refusal = [], ""
        self.update()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's
        """One still where it is dropped; several spread over the shot."""
        stills = [path for path in _files(event.mimeData().urls()) if is_still(path)]
        self._ghosts, self._refusal = [], ""
        if self._state is not None and stills:
            frames = self._frames(len(stills), event.position().x())
            text = "Add a still" if len(stills) == 1 else f"Add {len(stills)} stills"
            self._state.edit(text, edits.add_references(self._state.shot, [str(p) for p in stills], frames))
            event.acceptProposedAction()
        self.update()

    def _frames(self, count: int, x: float) -> list[int]:
        assert self._state is not None
        return [self.span.frame_at(x)] if count == 1 else edits.spread(self._state.shot.all_frames, count)

    def event(self, event: object) -> bool:
        """A tooltip tells of the still under the mouse."""
        if isinstance(event, QHelpEvent):
            hit = self._hit(QPointF(event.pos()))
            QToolTip.showText(
                event.globalPos(), f"{Path(hit.file).name}\nat {hit.frame}" if hit else "", self
            )
            return True
        return super().event(event)  # type: ignore[arg-type]


def _files(urls: list[QUrl]) -> list[Path]:
    return [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]


def _cover(size: QSize, target: QRectF) -> QRectF:
    """The middle part of a picture that fills a rectangle without being squeezed."""
    share = max(target.width() / size.width(), target.height() / size.height())
    width, height = target.width() / share, target.height() / share
    return QRectF((size.width() - width) / 2, (size.height() - height) / 2, width, height)

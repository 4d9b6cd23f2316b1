"""The painted part of the timeline, and the hand on it: scrub, drag, drop, select."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QMenu, QToolTip, QWidget

from pai_studio.core.shot.frames import FrameRange
from pai_studio.ui.panel import style
from pai_studio.ui.panel.state.shot import ShotState
from pai_studio.ui.panel.state.studio import Studio
from pai_studio.ui.panel.timeline import drops, menu, paint
from pai_studio.ui.panel.timeline.drag import MarkDrag, StillDrag, mark_at, move
from pai_studio.ui.panel.timeline.fields import Count, shown
from pai_studio.ui.panel.timeline.layout import Span
from pai_studio.ui.panel.timeline.rows import Rows
from pai_studio.ui.panel.timeline.strip import Strip

_NOTCH = 120
_KEY_ZOOM = 1.5
_NO_SHOT = FrameRange(1, 1)
_OWN_KEYS = (Qt.Key.Key_F, Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus)
_BY_KEYS = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)
_SHIFT, _CONTROL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier


class Track(QWidget):
    """Ruler, filmstrip and stills of the current shot."""

    still_wanted = Signal(int)
    framing_wanted = Signal(object)

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._state: ShotState | None = None
        self._strip = Strip(studio, self)
        self._strip.changed.connect(self._repaint)
        self.span = Span.fitting(_NO_SHOT, 1)
        self.count = Count.FRAMES
        self._layer: QPixmap | None = None
        self._ghosts: list[int] = []
        self._refusal = ""
        self._held: StillDrag | MarkDrag | None = None
        self._scrubs = False
        self._panned_from: float | None = None
        self._shown_frame = 0
        self._shows_focus = False
        self.setAcceptDrops(True)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Timeline")
        studio.project.current_changed.connect(self._follow)
        studio.view.changed.connect(self._repaint)
        self._follow()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's
        """Room for the three rows."""
        return QSize(480, self.fontMetrics().height() * 9)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's
        """Below this the rows would lie over one another."""
        return QSize(160, self.fontMetrics().height() * 7)

    # The shot

    def _follow(self) -> None:
        if self._state is not None:
            for signal in (self._state.shot_changed, self._state.marks_changed, self._state.selected_changed):
                signal.disconnect(self._changed)
            self._state.frame_changed.disconnect(self._moved)
        self._state = self._studio.project.current
        self._held = None
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
        self._repaint()

    def _moved(self, frame: int) -> None:
        span = self.span.showing(frame)
        if span != self.span:
            self.look(span)
        else:
            self.update(self._playhead_area(self._shown_frame))
            self.update(self._playhead_area(frame))
        if not self._studio.player.is_playing:
            self.setAccessibleDescription(self._told())

    def _told(self) -> str:
        if self._state is None:
            return "no shot is open"
        shot, selected = self._state.shot, self._state.selected
        stills = ", ".join(f"{Path(one.file).name} at {one.frame}" for one in shot.references) or "none"
        told = f"{shot.name}, frames {shot.all_frames}, playhead at {self._state.frame}, stills: {stills}"
        return (
            told if selected is None else f"{told}; selected: {Path(selected.file).name} at {selected.frame}"
        )

    # What is seen

    def look(self, span: Span) -> None:
        """Show other frames, or the same ones larger."""
        self.span = span
        self._repaint()

    def fit(self) -> None:
        """The whole shot."""
        self.look(Span.fitting(self.span.shot, self.width()))

    def set_count(self, count: Count) -> None:
        """Frames or timecode."""
        self.count = count
        self._repaint()

    @property
    def rows(self) -> Rows:
        """Where everything is now."""
        stills = tuple(self._state.shot.references) if self._state is not None else ()
        return Rows(self.width(), self.height(), self.fontMetrics().height(), self.span, stills)

    def _repaint(self) -> None:
        self._layer = None
        self.update()

    def _label(self, frame: int) -> str:
        assert self._state is not None
        return shown(frame, self._state.shot.rate, self.count)

    def _playhead_area(self, frame: int) -> QRect:
        rows = self.rows
        box = paint.playhead_box(rows, self.font(), frame, self._label(frame))
        line = QRectF(self.span.middle(frame) - 1, 0, 2, self.height())
        return box.united(line).adjusted(-2, 0, 2, 0).toAlignedRect()

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's
        """What seldom changes comes from its own layer: while playing, only the playhead's place is painted."""
        painter = QPainter(self)
        if self._state is None:
            painter.fillRect(event.rect(), style.tokens().base)
            return
        layer = self._drawn_layer(self._state)
        ratio = layer.devicePixelRatio()
        area = QRectF(event.rect())
        painter.drawPixmap(area, layer, QRectF(area.topLeft() * ratio, area.size() * ratio))
        rows = self.rows
        self._shown_frame = self._state.frame
        paint.playhead(painter, rows, self.font(), self._state.frame, self._label(self._state.frame))
        for frame in self._ghosts:
            paint.ghost(painter, rows, frame, self._label(frame))
        if self._refusal:
            paint.refusal(painter, rows, self._refusal)
        if self._shows_focus:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(style.tokens().accent, 1))
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))

    def _drawn_layer(self, state: ShotState) -> QPixmap:
        ratio = self.devicePixelRatioF()
        size = (QRectF(self.rect()).size() * ratio).toSize()
        if self._layer is None or self._layer.size() != size or self._layer.devicePixelRatio() != ratio:
            self._layer = QPixmap(size)
            self._layer.setDevicePixelRatio(ratio)
            self._layer.fill(style.tokens().base)
            marks = state.marks if state.has_marks else None
            painter = QPainter(self._layer)
            paint.layer(
                painter,
                paint.Scene(
                    self.rows, state.shot, state.selected, marks, self.count, self._strip, self.font(), ratio
                ),
            )
            painter.end()
        return self._layer

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's
        """Dark and light, and another font."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange, QEvent.Type.FontChange):
            self._repaint()

    def resizeEvent(self, _event: QResizeEvent) -> None:  # noqa: N802 - Qt's
        """The same frames over another width."""
        self.look(self.span.sized(self.width()))

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's
        """Shown by a line around it, if the keyboard has brought it here."""
        super().focusInEvent(event)
        self._shows_focus = event.reason() in _BY_KEYS
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's
        """The line goes."""
        super().focusOutEvent(event)
        self._shows_focus = False
        self.update()

    # The hand

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's
        """Take hold of a still, a mark or the playhead; with the middle button, of the timeline itself."""
        state, x = self._state, event.position().x()
        if event.button() == Qt.MouseButton.MiddleButton:
            self._panned_from = x
        if state is None or event.button() != Qt.MouseButton.LeftButton:
            return
        rows = self.rows
        mark = mark_at(state, x, self.span) if rows.ruler.contains(event.position()) else None
        hit = rows.hit(event.position())
        if mark is not None:
            self._held = mark
        elif hit is not None:
            state.select(hit)
            self._held = StillDrag.begin(state, hit, x)
        else:
            state.select(None)
            self._scrubs = True
            self._scrub(x)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's
        """Drag what was taken hold of."""
        x = event.position().x()
        if isinstance(self._held, StillDrag):
            self._held.to(x, self.span, fine=bool(event.modifiers() & _SHIFT))
            self._ghosts = [self._held.reference.frame] if self._held.is_moving else []
        elif self._held is not None:
            self._held.to(x, self.span)
        elif self._scrubs:
            self._scrub(x)
        elif self._panned_from is not None:
            self.look(self.span.panned(self._panned_from - x))
            self._panned_from = x
        elif self._state is not None:
            rows = self.rows
            is_mark = rows.ruler.contains(event.position()) and mark_at(self._state, x, self.span) is not None
            takes = is_mark or rows.hit(event.position()) is not None
            self.setCursor(Qt.CursorShape.SizeHorCursor if takes else Qt.CursorShape.ArrowCursor)

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:  # noqa: N802 - Qt's
        """The gesture has ended."""
        if self._state is not None:
            self._state.end_gesture()
        self._let_go()

    def _let_go(self) -> None:
        self._held = self._panned_from = None
        self._scrubs = False
        self._ghosts = []
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's
        """A still is framed; an empty place asks for one."""
        rows = self.rows
        hit = rows.hit(event.position())
        if hit is not None:
            self.framing_wanted.emit(hit)
        elif self._state is not None and rows.lane.contains(event.position()):
            self.still_wanted.emit(self.span.frame_at(event.position().x()))

    def _scrub(self, x: float) -> None:
        assert self._state is not None
        self._studio.player.stop()
        self._state.go_to(self.span.frame_at(x))

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's
        """With Ctrl zoom, else move along."""
        delta = event.angleDelta().y() or event.angleDelta().x()
        zooms = event.modifiers() & _CONTROL
        span = self.span.zoomed(2 ** (delta / _NOTCH / 2), event.position().x()) if zooms else None
        self.look(span or self.span.panned(-delta))
        event.accept()

    # Keys

    def event(self, event: QEvent) -> bool:
        """Its own keys before the window's, while it has the focus; a tooltip tells of the still under the mouse."""
        if isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self._tip(QPointF(event.pos())), self)
            return True
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            is_plain = not event.modifiers() & (_CONTROL | Qt.KeyboardModifier.AltModifier)
            is_escape = event.key() == Qt.Key.Key_Escape and self._held is not None
            if is_escape or (is_plain and event.key() in _OWN_KEYS):
                event.accept()
                return True
        return super().event(event)

    def _tip(self, point: QPointF) -> str:
        rows = self.rows
        hit = rows.hit(point)
        if hit is None:
            return ""
        where = " (outside the shot: drag it back in)" if rows.is_outside(hit) else ""
        return (
            f"{Path(hit.file).name}\nat {hit.frame}{where}\nDrag to move, with Shift finely; Enter frames it"
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's
        """The selected still by Shift and arrows, Enter to frame it; Esc takes a drag back; F, + and - zoom."""
        state, key = self._state, Qt.Key(event.key())
        if state is None:
            return
        by = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(key, 0) * state.shot.all_frames.step
        if key == Qt.Key.Key_Escape and isinstance(self._held, StillDrag):
            self._held.cancel()
            self._let_go()
        elif by and state.selected is not None and event.modifiers() & _SHIFT:
            move(state, state.selected, self.span.snapped(state.selected.frame + by))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and state.selected is not None:
            self.framing_wanted.emit(state.selected)
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and state.selected is not None:
            menu.remove(state, state.selected)
        elif key == Qt.Key.Key_F:
            self.fit()
        elif key in _OWN_KEYS:
            factor = 1 / _KEY_ZOOM if key == Qt.Key.Key_Minus else _KEY_ZOOM
            self.look(self.span.zoomed(factor, self.span.middle(state.frame)))
        else:
            super().keyPressEvent(event)

    def focusNextPrevChild(self, forward: bool) -> bool:  # noqa: N802 - Qt's
        """Tab goes through the stills before it leaves."""
        state = self._state
        order = sorted(state.shot.references, key=lambda one: one.frame) if state is not None else []
        at = next((i for i, one in enumerate(order) if state is not None and one is state.selected), None)
        start = -1 if forward else len(order)
        after = (start if at is None else at) + (1 if forward else -1)
        if state is None or not 0 <= after < len(order):
            return super().focusNextPrevChild(forward)
        state.select(order[after])
        self.look(self.span.showing(self.span.snapped(order[after].frame)))
        return True

    # Menu and drops

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802 - Qt's
        """What can be done with a still, or where there is none."""
        if self._state is not None:
            self.menu_at(event.pos()).popup(event.globalPos())

    def menu_at(self, point: QPoint) -> QMenu:
        """The menu for a place."""
        state, hit = self._state, self.rows.hit(QPointF(point))
        assert state is not None
        shown_menu = QMenu(self)
        shown_menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if hit is None:
            frame = self.span.frame_at(point.x())
            shown_menu.addAction(f"Put a still at {frame}…", lambda: self.still_wanted.emit(frame))
            return shown_menu
        state.select(hit)
        shown_menu.addAction("Frame it over the plate", lambda: self.framing_wanted.emit(hit))
        menu.fill(shown_menu, state, hit)
        return shown_menu

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's
        """Pictures are taken, everything else is refused in place."""
        if self._state is not None and event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:  # noqa: N802 - Qt's
        """Show the frames at which they would be anchored."""
        count = len(drops.stills_in(event.mimeData()))
        self._refusal = "" if count else drops.REFUSAL
        self._ghosts = drops.frames_for(count, event.position().x(), self.span) if count else []
        event.setAccepted(bool(count))
        self.update()

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:  # noqa: N802 - Qt's
        """Nothing is dropped."""
        self._ghosts, self._refusal = [], ""
        self.update()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's
        """One still where it is dropped; several spread over the shot."""
        stills = drops.stills_in(event.mimeData())
        self._ghosts, self._refusal = [], ""
        if self._state is not None and stills:
            drops.add(self._state, stills, drops.frames_for(len(stills), event.position().x(), self.span))
            event.acceptProposedAction()
        self.update()

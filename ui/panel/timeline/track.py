"""The hand on the timeline: scrub, drag, drop, select."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QMenu, QToolTip, QWidget

from pai_studio.ui.panel.state.studio import Studio
from pai_studio.ui.panel.timeline import drops, menu
from pai_studio.ui.panel.timeline.board import Board
from pai_studio.ui.panel.timeline.drag import MarkDrag, StillDrag, mark_at, move

_NOTCH = 120
_KEY_ZOOM = 1.5
_OWN_KEYS = (Qt.Key.Key_F, Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus)
_SHIFT, _CONTROL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier


class Track(Board):
    """The board with a hand on it."""

    still_wanted = Signal(int)
    framing_wanted = Signal(object)

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        self._held: StillDrag | MarkDrag | None = None
        self._scrubs = False
        self._panned_from: float | None = None
        super().__init__(studio, parent)
        self.setAcceptDrops(True)
        self.setMouseTracking(True)

    def _follow(self) -> None:
        self._held = None
        super()._follow()

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
        menu.fill(shown_menu, self._studio, state, hit)
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

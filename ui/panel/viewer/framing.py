"""Framing a still over the plate at its anchor, by hand: the drawing, the handles, the keys."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPen, QPolygonF, QTransform

from pai_studio.core.media.frame import Box
from pai_studio.core.media.geometry import Matrix, fit_placement
from pai_studio.core.shot.document import Fit, Reference
from pai_studio.ui.panel import style
from pai_studio.ui.panel.state import edits
from pai_studio.ui.panel.state.shot import ShotState
from pai_studio.ui.panel.viewer import placement
from pai_studio.ui.panel.viewer.placement import CORNERS, EDGES, INSIDE, Drag, Handle
from pai_studio.ui.panel.viewer.sight import Sight
from pai_studio.ui.panel.viewer.tool import ARROWS, BaseTool, distance, has, is_left

_K = Qt.Key
_TURNS = {_K.Key_BracketLeft: -1, _K.Key_BraceLeft: -1, _K.Key_BracketRight: 1, _K.Key_BraceRight: 1}
_LARGER = frozenset({_K.Key_Plus, _K.Key_Equal})
_SMALLER = frozenset({_K.Key_Minus, _K.Key_Underscore})
_SCALE_STEP = 1.01
_TURN_STEP_DEGREES = 0.1
_MORE = 10
_SNAP_POINTS = 8
_TURN_ZONE = 6.0
"""How far outside a corner the still is turned, in handle sizes."""


class Framing(BaseTool):
    """Works on the selected reference of a shot; each drag, and each run of keys, is one edit."""

    changed = Signal()
    """The still, its size or its opacity are other ones."""

    left = Signal()
    """Escape was pressed."""

    def __init__(self, state: ShotState, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self.image: QImage | None = None
        """The still as it looks, once it has been read."""

        self._size: tuple[int, int] | None = None
        self._display = Box(0, 0, 1, 1)
        self._aspect = 1.0
        self._drag: Drag | None = None
        self.opacity = 0.6

    # What it is given

    @property
    def reference(self) -> Reference | None:
        """The still that is framed."""
        return self._state.selected

    @property
    def is_here(self) -> bool:
        """Whether the playhead is at the still's anchor: only there does its framing mean anything."""
        return self.reference is not None and self._state.frame == self.reference.frame

    def over(self, display: Box, pixel_aspect: float) -> None:
        """Over a plate of this display window."""
        self._display, self._aspect = display, pixel_aspect

    def show_still(self, image: QImage | None, size: tuple[int, int] | None) -> None:
        """The still as it looks, at whatever scale, and its size in its own pixels; None while it is read."""
        self.image, self._size = image, size
        self.changed.emit()

    def set_opacity(self, opacity: float) -> None:
        """0 hides the still, 1 the plate."""
        self.opacity = min(max(opacity, 0.0), 1.0)
        self.changed.emit()

    def placement(self) -> Matrix | None:
        """Where the still lies now; None until its size is known."""
        if self.reference is None or self._size is None:
            return None
        return fit_placement(self._size, self._display, self._aspect, self.reference.fit)

    # What it changes

    def set_fit(self, fit: Fit) -> None:
        """`fill`, `fit` or a placement, as an edit of its own."""
        self._state.end_gesture()
        self._write(fit, "Frame a still")
        self._state.end_gesture()

    def _place(self, new: Matrix, text: str) -> None:
        self._write(placement.as_fit(new), text)

    def _write(self, fit: Fit, text: str) -> None:
        reference = self.reference
        if reference is not None and fit != reference.fit:
            shot, _ = edits.frame_reference(self._state.shot, reference, fit)
            self._state.edit(text, shot, merge="frame a still")
            self.changed.emit()

    # The hand

    def press(self, event: QMouseEvent, sight: Sight) -> bool:
        """Take hold of a handle."""
        now = self.placement()
        if not is_left(event) or now is None or not self.is_here or self._size is None:
            return False
        handle = self.handle_at(event.position(), sight)
        if handle is None:
            return False
        self._state.end_gesture()
        self._drag = Drag(handle, now, self._size, sight.plate(event.position()), self._aspect)
        return True

    def drag(self, event: QMouseEvent, sight: Sight) -> None:
        """Move, scale or turn."""
        held = self._drag
        if held is None:
            return
        keeps, snaps = (
            has(event, Qt.KeyboardModifier.ShiftModifier),
            has(event, Qt.KeyboardModifier.ControlModifier),
        )
        new = held.to(sight.plate(event.position()), keeps_axis=keeps, snaps=snaps)
        if snaps and held.handle.kind == "inside":
            reach = _SNAP_POINTS * sight.ratio
            new = placement.snapped(new, held.size, self._display, (reach / sight.across, reach / sight.zoom))
        self._place(
            new, {"inside": "Move a still", "outside": "Turn a still"}.get(held.handle.kind, "Scale a still")
        )

    def release(self) -> None:
        """The drag, or the run of keys, is one edit."""
        self._drag = None
        self._state.end_gesture()

    def wants_key(self, event: QKeyEvent) -> bool:
        """Arrows, plus, minus, square brackets, Escape."""
        control = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
        if event.modifiers() & control:
            return False
        key = _K(event.key())
        return key == _K.Key_Escape or (
            self.is_here and (key in ARROWS or key in _LARGER | _SMALLER or key in _TURNS)
        )

    def key(self, event: QKeyEvent, sight: Sight) -> None:  # noqa: ARG002 - steps are the plate's
        """Nudge by a plate pixel, turn by a tenth of a degree, ten times as much with Shift; scale by a hundredth."""
        key, now = _K(event.key()), self.placement()
        if key == _K.Key_Escape:
            self.left.emit()
            return
        if now is None or self._size is None:
            return
        by = _MORE if has(event, Qt.KeyboardModifier.ShiftModifier) else 1
        middle = placement.on_still(self._size, 0, 0)
        if key in ARROWS:
            x, y = ARROWS[key]
            self._place(placement.moved(now, x * by, y * by), "Move a still")
        elif key in _TURNS:
            angle = math.radians(_TURNS[key] * _TURN_STEP_DEGREES * by)
            self._place(
                placement.turned(now, placement.mapped(now, middle), angle, self._aspect), "Turn a still"
            )
        else:
            factor = _SCALE_STEP if key in _LARGER else 1 / _SCALE_STEP
            self._place(placement.scaled(now, middle, factor, factor), "Scale a still")

    # Where things are

    def handle_at(self, point: QPointF, sight: Sight) -> Handle | None:
        """What a widget point takes hold of."""
        points = self._points(sight)
        if points is None:
            return None
        reach = style.grid(2.5)
        for handle in (*CORNERS, *EDGES):
            if distance(points[handle], point) <= reach:
                return handle
        if self._outline(sight).containsPoint(point, Qt.FillRule.OddEvenFill):
            return INSIDE
        near = min(distance(points[corner], point) for corner in CORNERS)
        return Handle("outside") if near <= reach * _TURN_ZONE / 2 else None

    def cursor(self, point: QPointF, sight: Sight) -> Qt.CursorShape | None:
        """What can be done here."""
        handle = self.handle_at(point, sight) if self.is_here else None
        if handle is None:
            return None
        if handle.kind == "corner":
            slash = handle.x * handle.y > 0
            return Qt.CursorShape.SizeFDiagCursor if slash else Qt.CursorShape.SizeBDiagCursor
        if handle.kind == "edge":
            return Qt.CursorShape.SizeHorCursor if handle.x else Qt.CursorShape.SizeVerCursor
        return Qt.CursorShape.SizeAllCursor if handle.kind == "inside" else Qt.CursorShape.CrossCursor

    def _points(self, sight: Sight) -> dict[Handle, QPointF] | None:
        now = self.placement()
        if now is None or self._size is None:
            return None
        size = self._size
        return {
            handle: sight.point(*placement.mapped(now, placement.on_still(size, handle.x, handle.y)))
            for handle in (*CORNERS, *EDGES)
        }

    def _outline(self, sight: Sight) -> QPolygonF:
        now = self.placement()
        if now is None or self._size is None:
            return QPolygonF()
        return QPolygonF([sight.point(*corner) for corner in placement.outline(now, self._size)])

    # The drawing

    def paint(self, painter: QPainter, sight: Sight) -> None:
        """The still half seen, its outline and its handles."""
        now = self.placement()
        if not self.is_here or now is None or self._size is None:
            return
        if self.image is not None:
            painter.save()
            painter.setOpacity(self.opacity)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not sight.is_nearest)
            painter.setTransform(self._from_image(now, self._size) * sight.transform(), True)
            painter.drawImage(QPointF(0, 0), self.image)
            painter.restore()
        self._paint_handles(painter, sight)

    def _from_image(self, now: Matrix, size: tuple[int, int]) -> QTransform:
        """The image's pixel edges, at whatever scale it was read, to plate points."""
        assert self.image is not None
        across, down = size[0] / self.image.width(), size[1] / self.image.height()
        to_still = np.array([[across, 0, -0.5], [0, down, -0.5], [0, 0, 1]], np.float64)
        m = now @ to_still
        return QTransform(*(float(n) for n in m.T.ravel()))

    def _paint_handles(self, painter: QPainter, sight: Sight) -> None:
        colours, points = style.DARK, self._points(sight)
        assert points is not None
        for colour, width in ((colours.base, 3.0), (colours.accent, 1.4)):
            painter.setPen(QPen(colour, width))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPolygon(self._outline(sight))
        painter.setPen(QPen(colours.base, 1))
        painter.setBrush(colours.accent)
        for handle, point in points.items():
            half = style.grid(1.25) if handle.kind == "corner" else style.grid(0.85)
            painter.drawRect(QRectF(point.x() - half, point.y() - half, 2 * half, 2 * half))

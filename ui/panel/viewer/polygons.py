"""Garbage polygons by hand: points are set, dragged, nudged, inserted, removed; a move makes a key at the playhead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter

from pai_studio.core.shot import shapes
from pai_studio.core.shot.errors import BadInput
from pai_studio.core.shot.shapes import Point, Shape
from pai_studio.ui.panel.state.shot import ShotState
from pai_studio.ui.panel.viewer import polygon_paint
from pai_studio.ui.panel.viewer.outlines import (
    GRAB_POINTS,
    Grip,
    Outlines,
    held,
    on_edges,
    shapes_of,
    shown,
    with_shapes,
)
from pai_studio.ui.panel.viewer.sight import Sight
from pai_studio.ui.panel.viewer.tool import ARROWS, BaseTool, distance, has, is_left

_K = Qt.Key
_ENTER = frozenset({_K.Key_Return, _K.Key_Enter})
_TAKE = frozenset({_K.Key_Delete, _K.Key_Backspace})
_CROSS_STEP_POINTS = 4
_MORE = 10


@dataclass(frozen=True)
class _Held:
    grip: Grip
    start: Shape
    begin: Point


class Polygons(BaseTool):
    """Draws and edits the garbage polygons of a shot. `refused` tells why an edit was not made."""

    changed = Signal()
    left = Signal()
    refused = Signal(object)

    def __init__(self, state: ShotState, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self.begun: list[Point] = []
        """The points of a polygon that is not closed yet."""

        self.cross: Point | None = None
        """Where Return sets a point, once an arrow was pressed."""

        self.selected: Grip | None = Grip(0) if shapes_of(state.shot) else None
        self._held: _Held | None = None

    # What it works on

    @property
    def shape(self) -> Shape | None:
        """The selected polygon."""
        drawn = shapes_of(self._state.shot)
        if self.selected is None or self.selected.shape >= len(drawn):
            return None
        return drawn[self.selected.shape]

    def change(self, text: str, call: Callable[[Shape], Shape], *, merge: str = "") -> None:
        """Change the selected polygon, as one edit."""
        drawn, shape = shapes_of(self._state.shot), self.shape
        if shape is None or self.selected is None:
            return
        at = self.selected.shape
        try:
            new = call(shape)
        except BadInput as error:
            self.refused.emit(error)
            return
        self._state.edit(
            text, with_shapes(self._state.shot, [*drawn[:at], new, *drawn[at + 1 :]]), merge=merge
        )
        self.changed.emit()

    def remove(self) -> None:
        """Take the selected point away; the whole polygon where no point is selected, or none can be spared."""
        shape, selected = self.shape, self.selected
        if shape is None or selected is None:
            return
        index = selected.point
        if index is not None and len(shapes.points_at(shape, self._state.frame)) > shapes.MIN_POINTS:
            self.selected = Grip(selected.shape)
            self.change("Remove a point", lambda one: shapes.with_point_removed(one, index))
            return
        drawn = shapes_of(self._state.shot)
        rest = [one for number, one in enumerate(drawn) if number != selected.shape]
        self.selected = Grip(min(selected.shape, len(rest) - 1)) if rest else None
        self._state.edit("Remove a garbage matte", with_shapes(self._state.shot, rest))
        self.changed.emit()

    def close(self) -> None:
        """Make a polygon of the points that were set."""
        if len(self.begun) < shapes.MIN_POINTS:
            return
        drawn = shapes_of(self._state.shot)
        if len(drawn) >= shapes.MAX_SHAPES:
            self.refused.emit(BadInput(f"a shot has {shapes.MAX_SHAPES} polygons at most", hint="remove one"))
            return
        new = Shape(keys={self._state.frame: tuple(self.begun)})
        self.begun, self.selected, self.cross = [], Grip(len(drawn)), None
        self._state.edit("Draw a garbage matte", with_shapes(self._state.shot, [*drawn, new]))
        self.changed.emit()

    def _move_point(self, start: Shape, index: int, by: Point) -> None:
        """A key at the playhead, in the gesture that is under way."""
        frame = self._state.frame
        x, y = shapes.points_at(start, frame)[index]
        to = held(x + by[0], y + by[1])
        self.change(
            "Move a point", lambda _: shapes.with_point_moved(start, frame, index, to), merge="polygon"
        )

    # The mouse

    def press(self, event: QMouseEvent, sight: Sight) -> bool:
        """Take hold of a point or a polygon; where there is none, a point is put down."""
        if not is_left(event):
            return False
        here, self.cross = on_edges(sight, event.position()), None
        if self.begun:
            is_first = distance(shown(sight, self.begun[0]), event.position()) <= GRAB_POINTS
            if is_first and len(self.begun) >= shapes.MIN_POINTS:
                self.close()
            elif len(self.begun) < shapes.MAX_POINTS:
                self.begun.append(here)
            self.changed.emit()
            return True
        grip = self._outlines(sight).grip_at(event.position())
        if grip is None:
            self.begun = [here]
        else:
            self._state.end_gesture()
            self.selected = grip
            self._held = _Held(grip, shapes_of(self._state.shot)[grip.shape], here)
        self.changed.emit()
        return True

    def drag(self, event: QMouseEvent, sight: Sight) -> None:
        """Move the point or the polygon: a key at the playhead."""
        now = self._held
        if now is None:
            return
        x, y = on_edges(sight, event.position())
        dx, dy = x - now.begin[0], y - now.begin[1]
        if now.grip.point is not None:
            self._move_point(now.start, now.grip.point, (dx, dy))
            return
        frame = self._state.frame
        self.change(
            "Move a garbage matte", lambda _: shapes.translated(now.start, frame, dx, dy), merge="polygon"
        )

    def release(self) -> None:
        """The drag, or the run of keys, is one edit."""
        self._held = None
        self._state.end_gesture()

    def double(self, event: QMouseEvent, sight: Sight) -> bool:
        """Close the polygon that is drawn; else put a point into an edge."""
        if self.begun:
            self.close()
            return True
        edge = self._outlines(sight).edge_at(event.position())
        if edge is None:
            return False
        number, index, share = edge
        self.selected = Grip(number)
        self.change("Insert a point", lambda one: shapes.with_point_inserted(one, index, share))
        self.selected = Grip(number, index + 1)
        self.changed.emit()
        return True

    def cursor(self, point: QPointF, sight: Sight) -> Qt.CursorShape | None:
        """A cross draws, arrows move."""
        is_over = not self.begun and self._outlines(sight).grip_at(point) is not None
        return Qt.CursorShape.SizeAllCursor if is_over else Qt.CursorShape.CrossCursor

    # The keyboard

    def wants_key(self, event: QKeyEvent) -> bool:
        """Arrows, with Shift too; Return, Delete, Backspace, Escape."""
        own = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        key = _K(event.key())
        if key in ARROWS:
            return not own & ~Qt.KeyboardModifier.ShiftModifier
        return not own and key in _ENTER | _TAKE | {_K.Key_Escape}

    def key(self, event: QKeyEvent, sight: Sight) -> None:
        """Arrows nudge the chosen point or move the cross; Return sets a point there, a second time it closes."""
        key = _K(event.key())
        if key in ARROWS:
            x, y = ARROWS[key]
            more = _MORE if has(event, Qt.KeyboardModifier.ShiftModifier) else 1
            self._step(x * more, y * more, sight)
        elif key in _ENTER:
            self._enter()
        elif key == _K.Key_Escape and not self.begun:
            self.left.emit()
        elif self.begun:
            self.begun = [] if key == _K.Key_Escape else self.begun[:-1]
        else:
            self.remove()
        self.changed.emit()

    def go_on(self, forward: bool) -> bool:
        """To the next point of all the polygons; False beyond the last one."""
        frame = self._state.frame
        every = [
            Grip(number, index)
            for number, one in enumerate(shapes_of(self._state.shot))
            for index in range(len(shapes.points_at(one, frame)))
        ]
        at = every.index(self.selected) if self.selected in every else -1 if forward else len(every)
        after = at + (1 if forward else -1)
        self._state.end_gesture()
        if self.begun or not 0 <= after < len(every):
            self.selected = Grip(self.selected.shape) if self.selected is not None else None
            self.changed.emit()
            return False
        self.selected, self.cross = every[after], None
        self.changed.emit()
        return True

    def _step(self, x: int, y: int, sight: Sight) -> None:
        index = self.selected.point if self.selected is not None and not self.begun else None
        if index is not None and self.shape is not None:
            self._move_point(self.shape, index, (x, y))
            return
        step = max(round(_CROSS_STEP_POINTS * sight.ratio / sight.zoom), 1)
        start = self.cross or (self.begun[-1] if self.begun else on_edges(sight, _middle(sight)))
        left, top = on_edges(sight, QPointF(0, 0))
        right, bottom = on_edges(sight, _middle(sight) * 2)
        to = round(start[0]) + x * step, round(start[1]) + y * step
        self.cross = held(min(max(to[0], left), right), min(max(to[1], top), bottom))  # it stays in sight

    def _enter(self) -> None:
        """Set a point at the cross; without one, or where a point was set already, the polygon is closed."""
        if self.selected is not None and self.selected.point is not None and not self.begun:
            self.selected = Grip(self.selected.shape)  # let go of, so that arrows move the cross again
        elif self.cross is None or (self.begun and self.cross in (self.begun[0], self.begun[-1])):
            self.close()
        elif len(self.begun) < shapes.MAX_POINTS:
            self.begun.append(self.cross)

    # The drawing

    def paint(self, painter: QPainter, sight: Sight) -> None:
        """What is drawn, what is begun, and the cross."""
        selected = self.selected
        if self.begun and selected is not None:
            selected = Grip(selected.shape)
        polygon_paint.polygons(painter, self._outlines(sight), selected)
        cross = shown(sight, self.cross) if self.cross is not None else None
        if self.begun:
            polygon_paint.begun(painter, [shown(sight, point) for point in self.begun], cross)
        if cross is not None:
            polygon_paint.cross(painter, cross)

    def _outlines(self, sight: Sight) -> Outlines:
        selected = self.selected.shape if self.selected is not None else -1
        return Outlines(shapes_of(self._state.shot), self._state.frame, sight, selected)


def _middle(sight: Sight) -> QPointF:
    """The middle of what is seen, in widget points."""
    return QPointF(sight.width, sight.height) / (2 * sight.ratio)

"""Garbage polygons by hand: points are clicked, dragged, inserted, removed; a drag makes a key at the playhead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPen, QPolygonF

from pai_studio.core.shot import shapes
from pai_studio.core.shot.document import Shot
from pai_studio.core.shot.errors import BadInput
from pai_studio.core.shot.shapes import Point, Shape
from pai_studio.ui.panel import style
from pai_studio.ui.panel.state.shot import ShotState
from pai_studio.ui.panel.viewer.sight import Sight
from pai_studio.ui.panel.viewer.tool import BaseTool, distance, is_left

_GRAB_POINTS = 9.0
_FILL = 0.18


@dataclass(frozen=True)
class Grip:
    """A shape by its number, and one of its points, or the whole of it where `point` is None."""

    shape: int
    point: int | None = None


@dataclass(frozen=True)
class _Held:
    grip: Grip
    start: Shape
    begin: Point


def shapes_of(shot: Shot) -> list[Shape]:
    """The garbage polygons of a shot."""
    return shot.mattes.garbage.shapes


def with_shapes(shot: Shot, drawn: list[Shape]) -> Shot:
    """The shot with other garbage polygons."""
    garbage = shot.mattes.garbage.model_copy(update={"shapes": drawn})
    return shot.model_copy(update={"mattes": shot.mattes.model_copy(update={"garbage": garbage})})


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

        self.selected: Grip | None = Grip(0) if shapes_of(state.shot) else None
        self._held: _Held | None = None
        self._hover: QPointF | None = None

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
        """Make a polygon of the points that were clicked."""
        if len(self.begun) < shapes.MIN_POINTS:
            return
        drawn = shapes_of(self._state.shot)
        if len(drawn) >= shapes.MAX_SHAPES:
            self.refused.emit(BadInput(f"a shot has {shapes.MAX_SHAPES} polygons at most", hint="remove one"))
            return
        new = Shape(keys={self._state.frame: tuple(self.begun)})
        self.begun, self.selected = [], Grip(len(drawn))
        self._state.edit("Draw a garbage matte", with_shapes(self._state.shot, [*drawn, new]))
        self.changed.emit()

    # The hand

    def press(self, event: QMouseEvent, sight: Sight) -> bool:
        """Take hold of a point or a polygon; where there is none, a point is put down."""
        if not is_left(event):
            return False
        here = _on_edges(sight, event.position())
        if self.begun:
            is_first = distance(_shown(sight, self.begun[0]), event.position()) <= _GRAB_POINTS
            if is_first and len(self.begun) >= shapes.MIN_POINTS:
                self.close()
            elif len(self.begun) < shapes.MAX_POINTS:
                self.begun.append(here)
            self.changed.emit()
            return True
        grip = self.grip_at(event.position(), sight)
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
        held = self._held
        if held is None:
            return
        frame, x, y = self._state.frame, *_on_edges(sight, event.position())
        index = held.grip.point
        if index is None:
            dx, dy = x - held.begin[0], y - held.begin[1]
            self.change(
                "Move a garbage matte",
                lambda _: shapes.translated(held.start, frame, dx, dy),
                merge="polygon",
            )
        else:
            was = shapes.points_at(held.start, frame)[index]
            to = was[0] + x - held.begin[0], was[1] + y - held.begin[1]
            self.change(
                "Move a point",
                lambda _: shapes.with_point_moved(held.start, frame, index, to),
                merge="polygon",
            )

    def release(self) -> None:
        """The drag is one edit."""
        if self._held is not None:
            self._held = None
            self._state.end_gesture()

    def double(self, event: QMouseEvent, sight: Sight) -> bool:
        """Close the polygon that is drawn; else put a point into an edge."""
        if self.begun:
            self.close()
            return True
        edge = self.edge_at(event.position(), sight)
        if edge is None:
            return False
        number, index, share = edge
        self.selected = Grip(number)
        self.change("Insert a point", lambda one: shapes.with_point_inserted(one, index, share))
        self.selected = Grip(number, index + 1)
        self.changed.emit()
        return True

    def wants_key(self, event: QKeyEvent) -> bool:
        """Delete, Return, Escape."""
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        return plain and Qt.Key(event.key()) in {
            Qt.Key.Key_Delete,
            Qt.Key.Key_Backspace,
            Qt.Key.Key_Return,
            Qt.Key.Key_Enter,
            Qt.Key.Key_Escape,
        }

    def key(self, event: QKeyEvent) -> None:
        """Return closes; Delete takes away; Escape drops what was begun, then leaves."""
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.close()
        elif key == Qt.Key.Key_Escape and not self.begun:
            self.left.emit()
        elif self.begun:
            self.begun = [] if key == Qt.Key.Key_Escape else self.begun[:-1]
            self.changed.emit()
        else:
            self.remove()

    # Where things are

    def grip_at(self, point: QPointF, sight: Sight) -> Grip | None:
        """The point, else the polygon or its edge, under a widget point; of the selected one first."""
        outlines = self._outlines(sight)
        for number in self._order(len(outlines)):
            for index, corner in enumerate(outlines[number]):
                if distance(corner, point) <= _GRAB_POINTS:
                    return Grip(number, index)
        for number in self._order(len(outlines)):
            if QPolygonF(outlines[number]).containsPoint(point, Qt.FillRule.WindingFill):
                return Grip(number)
        edge = self.edge_at(point, sight)
        return Grip(edge[0]) if edge is not None else None

    def edge_at(self, point: QPointF, sight: Sight) -> tuple[int, int, float] | None:
        """The polygon, the edge and the share of the way along it, where a widget point is near one."""
        for number, corners in enumerate(self._outlines(sight)):
            for index, one in enumerate(corners):
                share, away = _beside(point, one, corners[(index + 1) % len(corners)])
                if away <= _GRAB_POINTS and 0 < share < 1:
                    return number, index, share
        return None

    def cursor(self, point: QPointF, sight: Sight) -> Qt.CursorShape | None:
        """A cross draws, arrows move."""
        is_over = not self.begun and self.grip_at(point, sight) is not None
        return Qt.CursorShape.SizeAllCursor if is_over else Qt.CursorShape.CrossCursor

    def _order(self, count: int) -> list[int]:
        first = self.selected.shape if self.selected is not None else -1
        return sorted(range(count), key=lambda number: number != first)

    def _outlines(self, sight: Sight) -> list[list[QPointF]]:
        frame = self._state.frame
        return [
            [_shown(sight, point) for point in shapes.points_at(one, frame)]
            for one in shapes_of(self._state.shot)
        ]

    # The drawing

    def paint(self, painter: QPainter, sight: Sight) -> None:
        """Every polygon, filled thinly; the points of the selected one, hollow between keys."""
        colours = style.DARK
        for number, (one, corners) in enumerate(
            zip(shapes_of(self._state.shot), self._outlines(sight), strict=True)
        ):
            is_selected = self.selected is not None and self.selected.shape == number
            fill = QColor(colours.bad)
            fill.setAlphaF(_FILL)
            painter.setBrush(fill)
            painter.setPen(QPen(colours.accent if is_selected else colours.bad, 1.4))
            painter.drawPolygon(QPolygonF(corners), Qt.FillRule.WindingFill)
            if is_selected:
                self._paint_points(painter, corners, is_key=self._state.frame in one.keys)
        if self.begun:
            corners = [_shown(sight, point) for point in self.begun]
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(colours.accent, 1.4, Qt.PenStyle.DashLine))
            painter.drawPolyline(QPolygonF(corners))
            self._paint_points(painter, corners, is_key=True)

    def _paint_points(self, painter: QPainter, corners: list[QPointF], *, is_key: bool) -> None:
        colours, half = style.DARK, style.grid(0.9)
        chosen = self.selected.point if self.selected is not None and not self.begun else None
        for index, corner in enumerate(corners):
            painter.setPen(QPen(colours.base if is_key else colours.accent, 1.2))
            painter.setBrush(colours.text if index == chosen else colours.accent if is_key else colours.base)
            painter.drawRect(QRectF(corner.x() - half, corner.y() - half, 2 * half, 2 * half))


def _on_edges(sight: Sight, point: QPointF) -> Point:
    """A widget point in the shapes' coordinates, which count from a pixel's edge and not from its centre."""
    x, y = sight.plate(point)
    far = shapes.FAR_PX
    return min(max(x + 0.5, -far), far), min(max(y + 0.5, -far), far)


def _shown(sight: Sight, point: Point) -> QPointF:
    return sight.point(point[0] - 0.5, point[1] - 0.5)


def _beside(point: QPointF, one: QPointF, other: QPointF) -> tuple[float, float]:
    """How far along an edge a point lies, and how far from it."""
    along, to = other - one, point - one
    length2 = max(QPointF.dotProduct(along, along), 1e-9)
    share = QPointF.dotProduct(to, along) / length2
    return share, distance(point, one + along * share)

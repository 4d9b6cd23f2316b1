"""Where garbage polygons lie on the screen, and what of them is under a point."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPolygonF

from pai_studio.core.shot import shapes
from pai_studio.core.shot.document import Shot
from pai_studio.core.shot.shapes import Point, Shape
from pai_studio.ui.panel.viewer.sight import Sight
from pai_studio.ui.panel.viewer.tool import distance

GRAB_POINTS = 9.0


@dataclass(frozen=True)
class Grip:
    """A shape by its number, and one of its points, or the whole of it where `point` is None."""

    shape: int
    point: int | None = None


def shapes_of(shot: Shot) -> list[Shape]:
    """The garbage polygons of a shot."""
    return shot.mattes.garbage.shapes


def with_shapes(shot: Shot, drawn: list[Shape]) -> Shot:
    """The shot with other garbage polygons."""
    garbage = shot.mattes.garbage.model_copy(update={"shapes": drawn})
    return shot.model_copy(update={"mattes": shot.mattes.model_copy(update={"garbage": garbage})})


@dataclass(frozen=True)
class Outlines:
    """The polygons of a shot at a frame, in widget points. Of several at a place the selected one comes first."""

    drawn: list[Shape]
    frame: int
    sight: Sight
    selected: int = -1

    @cached_property
    def corners(self) -> list[list[QPointF]]:
        """The points of each."""
        return [
            [shown(self.sight, point) for point in shapes.points_at(one, self.frame)] for one in self.drawn
        ]

    def grip_at(self, point: QPointF) -> Grip | None:
        """The point, else the polygon or its edge, under a widget point."""
        order = sorted(range(len(self.corners)), key=lambda number: number != self.selected)
        for number in order:
            for index, corner in enumerate(self.corners[number]):
                if distance(corner, point) <= GRAB_POINTS:
                    return Grip(number, index)
        for number in order:
            if QPolygonF(self.corners[number]).containsPoint(point, Qt.FillRule.WindingFill):
                return Grip(number)
        edge = self.edge_at(point)
        return Grip(edge[0]) if edge is not None else None

    def edge_at(self, point: QPointF) -> tuple[int, int, float] | None:
        """The polygon, the edge and the share of the way along it, where a widget point is near one."""
        for number, corners in enumerate(self.corners):
            for index, one in enumerate(corners):
                share, away = _beside(point, one, corners[(index + 1) % len(corners)])
                if away <= GRAB_POINTS and 0 < share < 1:
                    return number, index, share
        return None


def on_edges(sight: Sight, point: QPointF) -> Point:
    """A widget point in the shapes' coordinates, which count from a pixel's edge and not from its centre."""
    x, y = sight.plate(point)
    return held(x + 0.5, y + 0.5)


def held(x: float, y: float) -> Point:
    """A place as near as a point may lie."""
    far = shapes.FAR_PX
    return min(max(x, -far), far), min(max(y, -far), far)


def shown(sight: Sight, point: Point) -> QPointF:
    """The widget point of a shape's point."""
    return sight.point(point[0] - 0.5, point[1] - 0.5)


def _beside(point: QPointF, one: QPointF, other: QPointF) -> tuple[float, float]:
    """How far along an edge a point lies, and how far from it."""
    along, to = other - one, point - one
    length2 = max(QPointF.dotProduct(along, along), 1e-9)
    share = QPointF.dotProduct(to, along) / length2
    return share, distance(point, one + along * share)

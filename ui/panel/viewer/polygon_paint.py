"""How garbage polygons are drawn over the picture."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from pai_studio.ui.panel import style
from pai_studio.ui.panel.viewer.outlines import Grip, Outlines

_FILL = 0.18


def polygons(painter: QPainter, outlines: Outlines, selected: Grip | None) -> None:
    """Every polygon, filled thinly; the points of the selected one, hollow between keys."""
    colours = style.DARK
    for number, (one, corners) in enumerate(zip(outlines.drawn, outlines.corners, strict=True)):
        is_selected = selected is not None and selected.shape == number
        fill = QColor(colours.bad)
        fill.setAlphaF(_FILL)
        painter.setBrush(fill)
        painter.setPen(QPen(colours.accent if is_selected else colours.bad, 1.4))
        painter.drawPolygon(QPolygonF(corners), Qt.FillRule.WindingFill)
        if is_selected and selected is not None:
            points(painter, corners, chosen=selected.point, is_key=outlines.frame in one.keys)


def begun(painter: QPainter, corners: Sequence[QPointF], cross: QPointF | None) -> None:
    """A polygon that is not closed yet, on to where the keyboard's cross stands."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(style.DARK.accent, 1.4, Qt.PenStyle.DashLine))
    painter.drawPolyline(QPolygonF([*corners, *([cross] if cross is not None else [])]))
    points(painter, corners, chosen=None, is_key=True)


def points(painter: QPainter, corners: Sequence[QPointF], *, chosen: int | None, is_key: bool) -> None:
    """A square for each; the chosen one is bright."""
    colours, half = style.DARK, style.grid(0.9)
    for index, corner in enumerate(corners):
        painter.setPen(QPen(colours.base if is_key else colours.accent, 1.2))
        painter.setBrush(colours.text if index == chosen else colours.accent if is_key else colours.base)
        painter.drawRect(QRectF(corner.x() - half, corner.y() - half, 2 * half, 2 * half))


def cross(painter: QPainter, at: QPointF) -> None:
    """Where the next point goes by keyboard: bright on dark, open in its middle."""
    near, far = style.grid(1), style.grid(4)
    arms = [
        QLineF(at + QPointF(x * near, y * near), at + QPointF(x * far, y * far))
        for x, y in ((1, 0), (-1, 0), (0, 1), (0, -1))
    ]
    for colour, width in ((style.DARK.base, 3.5), (style.DARK.text, 1.4)):
        painter.setPen(QPen(colour, width))
        painter.drawLines(arms)

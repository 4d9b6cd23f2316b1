"""What is pointed at in the picture: a pixel under the mouse, or the mean of an area that was dragged."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPointF, QRectF

from pai_studio.core.media.frame import Box
from pai_studio.ui.panel.state.studio import Studio
from pai_studio.ui.panel.viewer.canvas import Canvas
from pai_studio.ui.panel.viewer.feed import Feed, Side
from pai_studio.ui.panel.viewer.foot import ProbeLine
from pai_studio.ui.panel.viewer.marks import Marks, Wipe
from pai_studio.ui.panel.viewer.probe import Probe


class Inspector(QObject):
    """Hands what is pointed at to the probe, and what that reads to the line under the picture."""

    def __init__(self, studio: Studio, feed: Feed, canvas: Canvas, marks: Marks, wipe: Wipe) -> None:
        super().__init__(canvas)
        self._feed, self._canvas, self._marks, self._wipe = feed, canvas, marks, wipe
        self.probe = Probe(studio, self)
        self.line = ProbeLine()
        self._area: Box | None = None
        self._under: QPointF | None = None
        canvas.hovered.connect(self._hover)
        canvas.area_dragged.connect(self._drag_area)
        self.probe.changed.connect(self._show_reading)

    def refresh(self) -> None:
        """Another picture lies under the mouse."""
        screen = self._feed.screen
        self.probe.set_config(screen.config if screen is not None else None)
        if self._under is not None and self._marks.area is None:
            self._hover(self._under)

    def _hover(self, point: QPointF | None) -> None:
        self._under = point
        if self._area is not None:
            return
        if point is not None:
            self._marks.area = None
        pixel = self._canvas.sight.pixel(point) if point is not None else None
        side = self._side_at(point) if point is not None else None
        self._probe(side, Box(*pixel, 1, 1) if pixel is not None else None)

    def _drag_area(self, area: QRectF, has_ended: bool) -> None:
        sight = self._canvas.sight
        left, top = sight.plate(area.topLeft())
        right, bottom = sight.plate(area.bottomRight())
        x, y = round(left), round(top)
        self._area = Box(x, y, max(round(right) - x + 1, 1), max(round(bottom) - y + 1, 1))
        self._marks.area = QRectF(x - 0.5, y - 0.5, self._area.width, self._area.height)
        self._probe(self._side_at(area.center()), self._area)
        if has_ended:
            self._area = None

    def _side_at(self, point: QPointF) -> Side | None:
        sides = self._feed.sides
        is_right = len(sides) == 2 and point.x() > self._wipe.x(self._canvas.sight)
        return sides[1 if is_right else 0] if sides else None

    def _probe(self, side: Side | None, area: Box | None) -> None:
        state = self._feed.state
        if side is None or state is None:
            self.probe.look_at(None, 0, None, None)
        else:
            self.probe.look_at(side.wanted, state.frame, side.proxy, area)

    def _show_reading(self) -> None:
        self.line.show_reading(self.probe.reading)

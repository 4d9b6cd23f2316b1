"""Where the rows of the timeline and the stills in them are, in device-independent pixels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from PySide6.QtCore import QPointF, QRectF

from pai_studio.core.shot.document import Reference
from pai_studio.ui.panel.timeline.layout import Span, spread_out

_RULER_UNITS = 1.6
_LEAST_LANE_UNITS = 3.2
_LANE_SHARE = 0.42
_DIAMOND_UNITS = 0.45
_GAP_PX = 2.0


@dataclass(frozen=True)
class Rows:
    """Ruler above filmstrip above stills. `unit` is the height of a line of text."""

    width: float
    height: float
    unit: float
    span: Span
    references: tuple[Reference, ...]

    @cached_property
    def ruler(self) -> QRectF:
        """Numbers and ticks."""
        return QRectF(0, 0, self.width, self.unit * _RULER_UNITS)

    @cached_property
    def lane(self) -> QRectF:
        """Where the stills are."""
        height = max(self.unit * _LEAST_LANE_UNITS, (self.height - self.ruler.height()) * _LANE_SHARE)
        return QRectF(0, self.height - height, self.width, height)

    @cached_property
    def film(self) -> QRectF:
        """The plate."""
        top = self.ruler.bottom()
        return QRectF(0, top, self.width, max(self.lane.top() - top, 1))

    @property
    def diamond(self) -> float:
        """Half of a diamond's width."""
        return self.unit * _DIAMOND_UNITS

    @cached_property
    def spots(self) -> list[QPointF]:
        """The middles of the diamonds; several at one frame stand beside one another, those outside at the edge."""
        y = self.lane.bottom() - self.diamond - 3
        frames = [one.frame for one in self.references]
        found = []
        for place, frame in enumerate(frames):
            held = min(max(frame, self.span.shot.first), self.span.shot.last)
            beside = frames[:place].count(frame) - (frames.count(frame) - 1) / 2
            x = self.span.middle(held) + beside * self.diamond * 1.6
            if held != frame or self.span.is_fitted:
                x = min(max(x, self.diamond), self.width - self.diamond)
            found.append(QPointF(x, y))
        return found

    @cached_property
    def thumbs(self) -> list[QRectF]:
        """The pictures above the diamonds; none covers another while there is room."""
        top = self.lane.top() + 3
        height = max(self.lane.height() - 2 * self.diamond - 10, 4)
        wide = height * 16 / 9
        order = sorted(range(len(self.spots)), key=lambda at: self.spots[at].x())
        seen = [at for at in order if -wide < self.spots[at].x() < self.width + wide]
        middles = spread_out([self.spots[at].x() for at in seen], wide + _GAP_PX, 0, self.width)
        at_x = dict(zip(seen, middles, strict=True))
        return [
            QRectF(at_x.get(at, spot.x()) - wide / 2, top, wide, height) for at, spot in enumerate(self.spots)
        ]

    def is_outside(self, reference: Reference) -> bool:
        """Whether an anchor is none of the shot's frames."""
        return not self.span.shot.first <= reference.frame <= self.span.shot.last

    def hit(self, point: QPointF) -> Reference | None:
        """The still under a point: its diamond, or its picture."""
        if not self.lane.contains(point):
            return None
        of_diamonds = [
            (abs(spot.x() - point.x()), at)
            for at, spot in enumerate(self.spots)
            if point.y() > spot.y() - self.diamond * 1.3 and abs(spot.x() - point.x()) <= self.diamond * 1.3
        ]
        of_thumbs = [
            (abs(thumb.center().x() - point.x()), at)
            for at, thumb in enumerate(self.thumbs)
            if thumb.contains(point)
        ]
        found = of_diamonds or of_thumbs
        return self.references[min(found)[1]] if found else None

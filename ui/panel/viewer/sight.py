"""Which part of the plate is seen, and how large: between plate pixels and the points of a widget.

Plate points are pixel centres at whole numbers, as in `core.media.geometry`; a pixel covers half a unit on each side.
Widget points are Qt's device-independent ones. Zoom counts device pixels for one plate pixel, so that 1 is 1:1 on a
screen of any scaling.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QTransform

from pai_studio.core.media.frame import Box

LEAST_ZOOM, MOST_ZOOM = 1 / 64, 128.0
NEAREST_ABOVE = 2.0
"""Above this zoom every pixel is shown as a square."""

_HD = Box(0, 0, 1920, 1080)
_STEPS = tuple(2.0**n for n in range(-6, 8))


@dataclass(frozen=True, slots=True)
class Sight:
    """What a widget of `width` x `height` device pixels shows of a display window.

    `ratio` is the screen's device pixels a point. `centre` is the plate point in the middle of the widget; where
    `is_fitted`, zoom and centre follow the widget's size.
    """

    display: Box = _HD
    pixel_aspect: float = 1.0
    width: int = 1
    height: int = 1
    ratio: float = 1.0
    zoom: float = 1.0
    centre: tuple[float, float] = (959.5, 539.5)
    is_fitted: bool = True
    share: float = 1.0
    """How much of the widget a fitted picture takes."""

    # Where things are

    @property
    def across(self) -> float:
        """Device pixels that a plate pixel is wide: the picture is shown unsqueezed."""
        return self.zoom * self.pixel_aspect

    @property
    def is_nearest(self) -> bool:
        """Whether pixels are shown as squares."""
        return self.zoom > NEAREST_ABOVE

    @property
    def _origin(self) -> tuple[int, int]:
        """The device pixel of the display window's top left corner: whole, so that 1:1 is exact."""
        x = self.width / 2 + (self.display.x - 0.5 - self.centre[0]) * self.across
        y = self.height / 2 + (self.display.y - 0.5 - self.centre[1]) * self.zoom
        return round(x), round(y)

    def transform(self) -> QTransform:
        """Plate points to widget points."""
        left, top = self._origin
        dx = left - (self.display.x - 0.5) * self.across
        dy = top - (self.display.y - 0.5) * self.zoom
        return QTransform(
            self.across / self.ratio, 0, 0, self.zoom / self.ratio, dx / self.ratio, dy / self.ratio
        )

    def point(self, x: float, y: float) -> QPointF:
        """The widget point of a plate point."""
        return self.transform().map(QPointF(x, y))

    def plate(self, point: QPointF) -> tuple[float, float]:
        """The plate point under a widget point."""
        found = self.transform().inverted()[0].map(point)
        return found.x(), found.y()

    def pixel(self, point: QPointF) -> tuple[int, int] | None:
        """The plate pixel under a widget point; None outside the display window."""
        x, y = (int(value // 1) for value in (c + 0.5 for c in self.plate(point)))
        box = self.display
        inside = box.x <= x < box.x + box.width and box.y <= y < box.y + box.height
        return (x, y) if inside else None

    def frame(self) -> QRectF:
        """The display window's outline in widget points."""
        box = self.display
        return self.transform().mapRect(QRectF(box.x - 0.5, box.y - 0.5, box.width, box.height))

    def device_rect(self, box: Box) -> QRectF:
        """Where the pixels of a window lie, in device pixels of the widget."""
        left, top = self._origin
        x, y = left + (box.x - self.display.x) * self.across, top + (box.y - self.display.y) * self.zoom
        return QRectF(x, y, box.width * self.across, box.height * self.zoom)

    # How it changes

    def on(self, display: Box, pixel_aspect: float) -> Sight:
        """Of another picture; one of the same window keeps the place looked at."""
        if (display, pixel_aspect) == (self.display, self.pixel_aspect):
            return self
        if self.is_fitted:
            return replace(self, display=display, pixel_aspect=pixel_aspect).fitted()
        old = self.display
        share_x, share_y = (self.centre[0] - old.x) / old.width, (self.centre[1] - old.y) / old.height
        centre = (display.x + share_x * display.width, display.y + share_y * display.height)
        return replace(self, display=display, pixel_aspect=pixel_aspect, centre=centre)

    def sized(self, width: int, height: int, ratio: float) -> Sight:
        """In a widget of another size."""
        new = replace(self, width=max(width, 1), height=max(height, 1), ratio=ratio)
        return new.fitted() if self.is_fitted else new

    def fitted(self) -> Sight:
        """The whole display window, as large as it goes."""
        box = self.display
        zoom = min(self.width / (box.width * self.pixel_aspect), self.height / box.height)
        centre = (box.x + (box.width - 1) / 2, box.y + (box.height - 1) / 2)
        return replace(self, zoom=max(zoom * self.share, 1e-3), centre=centre, is_fitted=True)

    def set_back(self, share: float) -> Sight:
        """With room around a fitted picture; one that is looked at closely stays as it is."""
        new = replace(self, share=share)
        return new.fitted() if self.is_fitted else new

    def zoomed(self, zoom: float, at: QPointF | None = None) -> Sight:
        """At another zoom; the plate point under `at`, else the middle, stays where it is."""
        zoom = min(max(zoom, LEAST_ZOOM), MOST_ZOOM)
        x, y = self.plate(at) if at is not None else self.centre
        keep = self.zoom / zoom
        centre = (x + (self.centre[0] - x) * keep, y + (self.centre[1] - y) * keep)
        return replace(self, zoom=zoom, centre=centre, is_fitted=False)

    def stepped(self, by: int, at: QPointF | None = None) -> Sight:
        """The next power of two up or down."""
        beyond = [z for z in _STEPS if (z > self.zoom * 1.001 if by > 0 else z < self.zoom * 0.999)]
        return self.zoomed((beyond[0] if by > 0 else beyond[-1]) if beyond else self.zoom, at)

    def panned(self, by: QPointF) -> Sight:
        """Moved by widget points; some of the picture always stays in sight."""
        box = self.display
        x = self.centre[0] - by.x() * self.ratio / self.across
        y = self.centre[1] - by.y() * self.ratio / self.zoom
        centre = (min(max(x, box.x), box.x + box.width - 1), min(max(y, box.y), box.y + box.height - 1))
        return replace(self, centre=centre, is_fitted=False)

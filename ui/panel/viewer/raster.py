"""Pictures painted by the CPU, from images that were converted elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from pai_studio.core.media.frame import Box
from pai_studio.ui.panel import style
from pai_studio.ui.panel.viewer.sight import Sight


@dataclass(frozen=True)
class Painted:
    """An image that covers a display window, whatever scale it was read at."""

    image: QImage
    display: Box


class RasterSurface(QWidget):
    """One picture, or two with a line between them."""

    is_gpu = False
    painted = Signal()
    """What was given last is on the screen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sight = Sight()
        self._pictures: Sequence[Painted] = ()
        self._wipe = 1.0

    def look_from(self, sight: Sight) -> None:
        """Draw from another place."""
        self._sight = sight
        self.update()

    def show_pictures(self, pictures: Sequence[Painted], wipe: float) -> None:
        """Draw these; of two, the first up to `wipe` of the width and the second from there on."""
        self._pictures, self._wipe = pictures, wipe
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, N802 - Qt's
        """The room, and the pictures in device pixels."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), style.DARK.base)
        painter.scale(1 / self._sight.ratio, 1 / self._sight.ratio)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not self._sight.is_nearest)
        if len(self._pictures) == 1:
            self._draw(painter, self._pictures[0])
        elif self._pictures:
            left, right = self._pictures
            self._draw(painter, left, until=self._wipe)
            self._draw(painter, right, since=self._wipe)
        painter.end()
        self.painted.emit()

    def _draw(self, painter: QPainter, one: Painted, *, since: float = 0.0, until: float = 1.0) -> None:
        target = self._sight.device_rect(one.display)
        frame = self._sight.device_rect(self._sight.display)
        cut = QRectF(
            frame.left() + since * frame.width(), 0, (until - since) * frame.width(), self._sight.height
        )
        is_part = (since, until) != (0.0, 1.0)
        painter.setClipRect(cut if is_part else QRectF(0, 0, self._sight.width, self._sight.height))
        painter.drawImage(target, one.image, QRectF(one.image.rect()))

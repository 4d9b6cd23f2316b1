"""Thumbnails for the timeline: the plate's frames and the stills, small, from memory or as soon as they are read."""

from __future__ import annotations

from collections import OrderedDict

from PySide6.QtCore import QObject, QPoint, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QPixmap

from pai_studio.core.shot.document import Reference, Shot
from pai_studio.core.shot.errors import PaiError
from pai_studio.ui.panel.pictures.sources import plate_of, still_of
from pai_studio.ui.panel.shots.thumbs import Thumbs
from pai_studio.ui.panel.state.studio import Studio

_SHOWN_SCALES = (1, 2, 4)
_TOGETHER_MS = 60
_MOST_KEPT = 300
_ROUNDED_PX = 32


class Strip(QObject):
    """Never waits: what is not here yet is None, and `changed` tells when it is, once for many that come together.

    Made apart from the viewer's pictures, so that looking at the timeline holds up nothing there.
    """

    changed = Signal()

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._thumbs = Thumbs(studio, self)
        self._kept: OrderedDict[tuple[str, int], QImage] = OrderedDict()
        self._drawn: OrderedDict[tuple[int, int, int], QPixmap] = OrderedDict()
        self._keys: set[str] = set()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_TOGETHER_MS)
        self._soon.timeout.connect(self.changed)
        self._thumbs.changed.connect(self._come)
        studio.pictures.arrived.connect(self._come)

    def plate(self, shot: Shot, frame: int, height_px: float) -> QImage | None:
        """A frame of the plate, or the nearest one that is here until it comes. `height_px` is in device pixels."""
        source = plate_of(shot)
        self._keys.add(source.key)
        key = source.key, frame
        thumb = self._thumbs.get(source, frame, shot.ocio, _box(height_px))
        if thumb is not None:
            self._kept[key] = thumb.image
            self._kept.move_to_end(key)
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
            return thumb.image
        near = min(
            (one for one in self._kept if one[0] == source.key), key=lambda o: abs(o[1] - frame), default=None
        )
        return self._kept[near] if near is not None else None

    def plate_fault(self, shot: Shot, frame: int, height_px: float) -> PaiError | None:
        """Why a frame of the plate cannot be shown."""
        return self._thumbs.fault(plate_of(shot), frame, shot.ocio, _box(height_px))

    def still(self, shot: Shot, reference: Reference, height_px: float) -> QImage | None:
        """A reference."""
        thumb = self._thumbs.get(still_of(reference, shot.ocio), 0, shot.ocio, _box(height_px))
        return thumb.image if thumb is not None else None

    def still_fault(self, shot: Shot, reference: Reference, height_px: float) -> PaiError | None:
        """Why a reference cannot be shown."""
        return self._thumbs.fault(still_of(reference, shot.ocio), 0, shot.ocio, _box(height_px))

    def covering(self, image: QImage, size: QSize) -> QPixmap:
        """The middle part of a picture over `size` device pixels: scaled once, not at each repaint."""
        key = image.cacheKey(), size.width(), size.height()
        found = self._drawn.get(key)
        if found is None:
            smooth = Qt.TransformationMode.SmoothTransformation
            large = image.scaled(size, Qt.AspectRatioMode.KeepAspectRatioByExpanding, smooth)
            area = QRect(QPoint(0, 0), size)
            area.moveCenter(large.rect().center())
            self._drawn[key] = found = QPixmap.fromImage(large.copy(area))
            while len(self._drawn) > _MOST_KEPT:
                self._drawn.popitem(last=False)
        self._drawn.move_to_end(key)
        return found

    def held(self, shot: Shot) -> set[int]:
        """The frames that are in memory at any size that the viewer may ask for."""
        source = plate_of(shot)
        self._keys.add(source.key)
        return set().union(*(self._studio.pictures.held(source, scale) for scale in _SHOWN_SCALES))

    def _come(self, key: str, frame: int | None = None) -> None:
        """A thumbnail has come, or (with a frame) a picture for the viewer, which the bar of held frames shows."""
        if (frame is None or key in self._keys) and not self._soon.isActive():
            self._soon.start()


def _box(height_px: float) -> QSize:
    """Room for a picture of this height, however wide; in steps, so that a dragged splitter reads few of them anew."""
    tall = -(-round(height_px) // _ROUNDED_PX) * _ROUNDED_PX
    return QSize(tall * 4, tall)

"""Thumbnails for the timeline: the plate's frames and the stills, small, from memory or as soon as they are read."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from pai_studio.core.media.display import Look
from pai_studio.core.shot.document import Reference, Shot
from pai_studio.ui.panel.pictures.shown import PictureSource
from pai_studio.ui.panel.pictures.sources import plate_of, still_of
from pai_studio.ui.panel.state.studio import Studio

_SCALE = 8
_LOOK = Look()


class Strip(QObject):
    """Never waits: what is not here yet is None, and `changed` tells when it is."""

    changed = Signal()

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        studio.pictures.arrived.connect(self._came)
        studio.converted.arrived.connect(self.changed)
        self._keys: set[str] = set()

    def plate(self, shot: Shot, frame: int) -> QImage | None:
        """A frame of the plate."""
        return self._image(plate_of(shot), frame, shot)

    def still(self, shot: Shot, reference: Reference) -> QImage | None:
        """A reference."""
        return self._image(still_of(reference), 0, shot)

    def held(self, shot: Shot) -> set[int]:
        """The frames that are in memory at any size that the viewer may ask for."""
        source = plate_of(shot)
        return set().union(*(self._studio.pictures.held(source, scale) for scale in (1, 2, 4)))

    def _image(self, source: PictureSource, frame: int, shot: Shot) -> QImage | None:
        self._keys.add(source.key)
        proxy = self._studio.pictures.get(source, frame, _SCALE)
        if proxy is None:
            return None
        ready = self._studio.converted.get(proxy, _LOOK, shot.ocio, fast=True)
        return ready.image if ready is not None else None

    def _came(self, key: str, _frame: int) -> None:
        if key in self._keys:
            self.changed.emit()

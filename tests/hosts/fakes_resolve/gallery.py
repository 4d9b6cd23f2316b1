"""The gallery: stills that are exported only while its panel is open, and never as EXR."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.hosts.fakes_resolve import pictures
from tests.hosts.fakes_resolve.guard import Face
from tests.hosts.fakes_resolve.model import TimelineModel, unique
from tests.hosts.fakes_resolve.rendering import picture
from tests.hosts.fakes_resolve.settings import Settings

DOTTED = ("jpg", "png", "tif", "bmp")


@dataclass(eq=False)
class Album:
    """Stills under a name."""

    name: str
    stills: list[StillModel] = field(default_factory=list)


@dataclass(eq=False)
class StillModel:
    """A still: a frame of a timeline as it looked."""

    pixels: Any
    label: str = ""
    id: str = field(default_factory=unique)


class GalleryModel:
    """Grabs stills for a session."""

    def __init__(self, session: Any) -> None:
        self._session = session

    def album(self) -> Album:
        """The one that is open; made at the first question."""
        project = self._session.project
        if project.album is None:
            project.album = Album("Stills 1")
            project.albums.append(project.album)
        found: Album = project.album
        return found

    def grab(self, timeline: TimelineModel, frame: int) -> Any:
        """A still of what the viewer shows; None off the colour page."""
        if self._session.page != "color" or timeline.top(frame) is None:
            return None
        settings = Settings(self._session, self._session.project, timeline).in_force()
        still = StillModel(picture(timeline, frame, settings, self._session.traps))
        self.album().stills.append(still)
        return self._session.face("GalleryStill", still)


class Gallery(Face):
    """The gallery of the project."""

    _kind = "Gallery"

    def GetCurrentStillAlbum(self) -> Any:
        return self._session.face("GalleryStillAlbum", self._session.gallery.album())

    def GetGalleryStillAlbums(self) -> list[Any]:
        self._session.gallery.album()
        return [self._session.face("GalleryStillAlbum", one) for one in self._model.albums]

    def SetCurrentStillAlbum(self, galleryStillAlbum: Any) -> bool:
        self._model.album = galleryStillAlbum._model
        return True

    def GetAlbumName(self, galleryStillAlbum: Any) -> str:
        return str(galleryStillAlbum._model.name)


class GalleryStillAlbum(Face):
    """An album."""

    _kind = "GalleryStillAlbum"

    def GetStills(self) -> list[Any]:
        return [self._session.face("GalleryStill", still) for still in self._model.stills]

    def GetLabel(self, galleryStill: Any) -> str:
        return str(galleryStill._model.label)

    def SetLabel(self, galleryStill: Any, label: str) -> bool:
        galleryStill._model.label = label
        return True

    def DeleteStills(self, galleryStills: list[Any]) -> bool:
        for still in galleryStills:
            self._model.stills.remove(still._model)
        return bool(galleryStills)

    def ExportStills(self, galleryStills: list[Any], folderPath: str, filePrefix: str, format: str) -> bool:  # noqa: A002
        """Writes `PREFIX_1.1.1.png` and a grade beside it; False unless the panel is open."""
        fits = format in self._session.surface.words("still_format") and Path(folderPath).is_dir()
        if not self._session.traps.gallery_open or not fits or self._session.page != "color":
            return False
        for index, still in enumerate(galleryStills, 1):
            name = f"{filePrefix}_{index}.1.1"
            if format in DOTTED:
                pictures.write_still(Path(folderPath, f"{name}.{format}"), still._model.pixels)
            Path(folderPath, f"{name}.drx").write_text("<grade/>", encoding="utf-8")
        return bool(galleryStills)


class GalleryStill(Face):
    """A still; it has no calls of its own."""

    _kind = "GalleryStill"

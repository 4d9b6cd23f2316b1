"""Small pictures for lists: read as proxies, shown through the viewer's display and view, made away from the window."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QImage

from pai_studio.core.media.display import Look
from pai_studio.core.shot.document import Ocio
from pai_studio.core.shot.errors import PaiError
from pai_studio.ui.panel.pictures.converted import screen_of
from pai_studio.ui.panel.pictures.shown import PictureSource, Proxy
from pai_studio.ui.panel.state.studio import Studio

_SCALES = (8, 4, 2, 1)
_AT_ONCE = 2
"""The viewer reads by the same threads: a list that is scrolled leaves it room."""

_MOST_WAITING = 64
_MOST_HELD = 1000


@dataclass(frozen=True, slots=True)
class Thumb:
    """A small picture, and what the file said when it was read. `size` is in the file's own pixels."""

    image: QImage
    size: tuple[int, int]
    space: str


_Key = tuple[str, int, int, str, str, str]


@dataclass(slots=True)
class _Job:
    source: PictureSource
    frame: int
    ocio: Ocio
    box: QSize
    look: Look
    scale: int = _SCALES[0]
    is_read: bool = False


class Thumbs(QObject):
    """Lives in the window's thread. What was looked at last is made first; what was scrolled past is dropped."""

    changed = Signal(str)
    """The key of a source whose thumbnail has come, or cannot come."""

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._held: OrderedDict[_Key, Thumb] = OrderedDict()
        self._faults: dict[_Key, tuple[PaiError, _Job]] = {}
        self._waiting: OrderedDict[_Key, _Job] = OrderedDict()
        self._reading: dict[_Key, _Job] = {}
        studio.pictures.arrived.connect(self._arrived)
        studio.pictures.failed.connect(self._failed)
        studio.pictures.forgotten.connect(self._forget)

    def get(self, source: PictureSource, frame: int, ocio: Ocio, box: QSize) -> Thumb | None:
        """The picture, at most as large as `box` in device pixels, if it is there; else None, and it is made soon."""
        key, look = self._key(source, frame, ocio, box)
        found = self._held.get(key)
        if found is not None:
            self._held.move_to_end(key)
        elif key not in self._reading and not self._is_hopeless(key):
            self._waiting[key] = _Job(source, frame, ocio, QSize(box), look)
            self._waiting.move_to_end(key)
            while len(self._waiting) > _MOST_WAITING:
                self._waiting.popitem(last=False)
            self._read_on()
        return found

    def fault(self, source: PictureSource, frame: int, ocio: Ocio, box: QSize) -> PaiError | None:
        """Why there is none."""
        found = self._faults.get(self._key(source, frame, ocio, box)[0])
        return found[0] if found is not None else None

    def _forget(self, source_key: str) -> None:
        """The files have changed: what was made of them is old, also what is being made."""
        known: tuple[dict[_Key, Any], ...] = (self._held, self._faults, self._reading)
        for kept in known:
            for key in [one for one in kept if one[0] == source_key]:
                del kept[key]
        self.changed.emit(source_key)
        self._read_on()

    def _is_hopeless(self, key: _Key) -> bool:
        """Whether it has failed; a read that somebody has told the cache to try again is tried here, too."""
        if key not in self._faults:
            return False
        error, job = self._faults[key]
        if job.is_read or self._studio.pictures.fault(job.source, job.frame, job.scale) is error:
            return True
        del self._faults[key]
        return False

    def _key(self, source: PictureSource, frame: int, ocio: Ocio, box: QSize) -> tuple[_Key, Look]:
        view = self._studio.view.now
        look = Look(view.display, view.view)
        at = 0 if source.frames is None else frame
        return (source.key, at, box.height(), look.display, look.view, ocio.model_dump_json()), look

    def _read_on(self) -> None:
        while self._waiting and len(self._reading) < _AT_ONCE:
            key, job = self._waiting.popitem(last=True)
            self._reading[key] = job
            self._read(key, job)

    def _read(self, key: _Key, job: _Job) -> None:
        pictures = self._studio.pictures
        read = pictures.get(job.source, job.frame, job.scale)
        fault = pictures.fault(job.source, job.frame, job.scale)
        if fault is not None:
            self._give_up(key, job, fault)
        elif read is not None and (finer := _finer(read, job)) is not None:
            job.scale = finer
            self._read(key, job)
        elif read is not None and not job.is_read:
            job.is_read = True
            self._studio.work.run(
                lambda: _made(read, job),
                done=lambda made: self._take(key, job, made),
                failed=lambda error: self._give_up(key, job, error),
            )

    def _arrived(self, source_key: str, frame: int) -> None:
        for key, job in list(self._reading.items()):
            if key[:2] == (source_key, frame):
                self._read(key, job)

    def _failed(self, source_key: str, frame: int, _error: PaiError) -> None:
        self._arrived(source_key, frame)

    def _take(self, key: _Key, job: _Job, made: Thumb) -> None:
        if self._reading.get(key) is not job:  # forgotten meanwhile
            return
        self._held[key] = made
        while len(self._held) > _MOST_HELD:
            self._held.popitem(last=False)
        self._end(key)

    def _give_up(self, key: _Key, job: _Job, error: PaiError) -> None:
        if self._reading.get(key) is not job:
            return
        self._faults[key] = error, job
        self._end(key)

    def _end(self, key: _Key) -> None:
        self._reading.pop(key, None)
        self.changed.emit(key[0])
        self._read_on()


def _finer(read: Proxy, job: _Job) -> int | None:
    """The scale that a small picture is to be read at instead; None where this one will do."""
    height, width = read.pixels.shape[:2]
    if job.scale == 1 or width >= job.box.width() or height >= job.box.height():
        return None
    full = read.display.width, read.display.height
    return next(
        (s for s in _SCALES if full[0] // s >= job.box.width() or full[1] // s >= job.box.height()), 1
    )


def _made(read: Proxy, job: _Job) -> Thumb:
    shown = screen_of(job.ocio).shown(read.pixels, read.space, job.look, fast=True)
    height, width, _ = shown.shape
    image = QImage(shown.data, width, height, width * 4, QImage.Format.Format_RGBX8888)
    size = QSize(max(round(width * read.pixel_aspect), 1), height)
    size.scale(job.box, Qt.AspectRatioMode.KeepAspectRatio)
    small = image.scaled(
        size.expandedTo(QSize(1, 1)),
        Qt.AspectRatioMode.IgnoreAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )
    return Thumb(small.copy(), (read.display.width, read.display.height), read.space)

"""A plate's files: an EXR or other image sequence, or a movie, judged whole before the first frame is decoded."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np

from pai_studio.core.media.color import ColorConfig
from pai_studio.core.media.exr import read_header, read_layer
from pai_studio.core.media.exr_layers import find_layer
from pai_studio.core.media.frame import Box, Image
from pai_studio.core.media.limits import Limits
from pai_studio.core.media.pictures import kind_of, look, read_picture, rgb_of
from pai_studio.core.media.readahead import read_ahead
from pai_studio.core.media.still import space_of_exr
from pai_studio.core.media.video import MovieReader
from pai_studio.core.shot.document import Shot
from pai_studio.core.shot.errors import BadInput, MissingFrames
from pai_studio.core.shot.frames import FramePattern, FrameRange, ranges_text
from pai_studio.core.shot.inputs import is_movie


@dataclass(frozen=True)
class Format:
    """What all frames of a plate share."""

    display: Box
    pixel_aspect: float
    has_alpha: bool


class Plate(Protocol):
    """Frames in the plate's own space and values; the picture's channels are `prefix` + R, G, B and, where given, A."""

    format: Format
    prefix: str
    notes: list[str]
    threads: int
    """Threads that may read at once."""

    def read(self, number: int, *, others: bool) -> Image:
        """One frame; with `others`, every other channel that can be carried through."""
        ...

    def session(self) -> Plate:
        """The same plate for reading on in another thread."""
        ...

    def close(self) -> None:
        """Let go of open files."""
        ...


def open_plate(shot: Shot, frames: FrameRange, config: ColorConfig, limits: Limits, threads: int) -> Plate:
    """The shot's plate, every frame of it looked at. Raises MissingFrames, BadInput or UnreadableImage."""
    if is_movie(shot.plate.files):
        return MoviePlate(shot, frames, limits)
    return SequencePlate(shot, frames, config, limits, threads)


class SequencePlate:
    """A file a frame."""

    def __init__(
        self, shot: Shot, frames: FrameRange, config: ColorConfig, limits: Limits, threads: int
    ) -> None:
        self._pattern = FramePattern(shot.plate.files)
        self._layer = shot.plate.layer
        self._space = shot.plate.colorspace
        self._limits = limits
        self.threads = threads
        self.notes: list[str] = []
        if len(frames) > 1 and not self._pattern.has_padding:
            hint = "write its frame number as ####, or give one frame"
            raise BadInput(f"is one picture for {len(frames)} frames", where=shot.plate.files, hint=hint)
        paths = self._pattern.require(frames)
        self._is_exr = kind_of(paths[0]) == "openexr"
        self.prefix = f"{self._layer}." if self._is_exr and self._layer != "rgba" else ""
        self.format = self._common_format(frames, paths)
        if self._is_exr:
            self._note_header(paths[0], config)

    def read(self, number: int, *, others: bool) -> Image:
        """One frame; with `others`, every other channel that can be carried through."""
        path = self._pattern.path(number)
        if self._is_exr:
            header = read_header(path, self._limits)
            layer = find_layer(header, self._layer)
            return read_layer(header, layer, prefix=self.prefix, others=others, colorspace=self._space)
        return _as_rgb(read_picture(path, self._space, self._limits))

    def session(self) -> SequencePlate:
        """Itself: every read opens its own file."""
        return self

    def close(self) -> None:
        """Nothing stays open."""

    def _common_format(self, frames: Iterable[int], paths: list[Path]) -> Format:
        found: dict[Format, list[int]] = {}
        jobs: Iterator[Callable[[], Format]] = (partial(self._format_of, path) for path in paths)
        for number, facts in zip(frames, read_ahead(jobs, 16, self.threads), strict=True):
            found.setdefault(facts, []).append(number)
        if len(found) > 1:
            each = "; ".join(f"{_say(facts)} in {ranges_text(numbers)}" for facts, numbers in found.items())
            hint = "all frames need one size, pixel aspect and layer"
            raise BadInput(f"frames differ: {each[:300]}", where=self._pattern.text, hint=hint)
        return next(iter(found))

    def _format_of(self, path: Path) -> Format:
        if not self._is_exr:
            facts = look(path, self._limits)
            return Format(facts.window, facts.pixel_aspect, "A" in facts.channels)
        layer = find_layer(read_header(path, self._limits), self._layer)
        part = layer.part
        canvas = part.display_window.union(part.data_window)
        self._limits.check(str(path), canvas.width, canvas.height, 4)
        return Format(part.display_window, part.pixel_aspect, layer.alpha is not None)

    def _note_header(self, path: Path, config: ColorConfig) -> None:
        header = read_header(path, self._limits)
        part = find_layer(header, self._layer).part
        own = space_of_exr(part.attributes, config)
        if own and own != config.require(self._space):
            self.notes.append(f"{path.name} says it is {own!r}; the shot's {self._space!r} is used")
        whole = [name for name, kind in part.channels.items() if kind == "uint"]
        if whole:
            self.notes.append(f"integer channels are not carried through: {', '.join(whole)}")
        if len(header.parts) > 1:
            say = ", ".join(other.name or str(other.index) for other in header.parts if other is not part)
            self.notes.append(f"of {path.name} only part {part.name!r} is carried through, not {say}")


class MoviePlate:
    """A movie whose first picture is frame `plate.start`, or the range's first."""

    threads = 1

    def __init__(self, shot: Shot, frames: FrameRange, limits: Limits) -> None:
        self.prefix = ""
        self.notes: list[str] = []
        self._shot, self._frames, self._limits = shot, frames, limits
        self._movie = MovieReader(shot.plate.files, limits)
        self._lock = threading.Lock()
        start = shot.plate.start
        self._first = frames.first if start is None else start
        absent = [number for number in frames if not 0 <= number - self._first < self._movie.count]
        if absent:
            last = self._first + self._movie.count - 1
            say = f"{len(absent)} of {len(frames)} frames are missing ({ranges_text(absent)[:120]})"
            raise MissingFrames(say, where=shot.plate.files, hint=f"the movie holds {self._first}-{last}")
        width, height = self._movie.size
        self.format = Format(Box(0, 0, width, height), 1.0, has_alpha=False)
        if self._movie.rate != shot.rate:
            say = f"the movie runs at {float(self._movie.rate):.3f}, the shot at {float(shot.rate):.3f} frames/s"
            self.notes.append(f"{say}; its pictures are taken one for one")

    def read(self, number: int, *, others: bool) -> Image:  # noqa: ARG002 - a movie has no other channels
        """One picture; a movie has no other channels."""
        window = self.format.display
        with self._lock:
            pixels = self._movie.read(number - self._first)
        kinds = ("uint8",) * 3
        return Image(pixels, ("R", "G", "B"), self._shot.plate.colorspace, window, window, file_types=kinds)

    def session(self) -> MoviePlate:
        """Another reader, so that one that runs ahead is not sent back and forth."""
        return MoviePlate(self._shot, self._frames, self._limits)

    def close(self) -> None:
        """Close the movie."""
        self._movie.close()


def _as_rgb(image: Image) -> Image:
    """The picture as R, G, B and, where it has one, A."""
    planes = rgb_of(image)
    names: tuple[str, ...] = ("R", "G", "B")
    kind = image.file_types[:1]
    if "A" in image.channels:
        planes = np.dstack([planes, image.pixels[..., image.channels.index("A")]])
        names = (*names, "A")
    return Image(
        planes,
        names,
        image.colorspace,
        image.data_window,
        image.display_window,
        image.pixel_aspect,
        image.metadata,
        kind * len(names),
    )


def _say(facts: Format) -> str:
    box = facts.display
    text = f"{box.width}x{box.height}" + (f" at {box.x},{box.y}" if (box.x, box.y) != (0, 0) else "")
    aspect = f", pixel aspect {facts.pixel_aspect:g}" if facts.pixel_aspect != 1 else ""
    return text + aspect + ("" if facts.has_alpha else ", no alpha")

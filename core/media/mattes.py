"""Mattes from files and from drawn shapes: alpha, garbage and core, laid over the plate's canvas."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from pai_studio.core.media.exr import on_box, read_header, read_plane
from pai_studio.core.media.frame import Array, Box, Image
from pai_studio.core.media.limits import Limits
from pai_studio.core.media.pictures import kind_of, look, read_picture
from pai_studio.core.media.raster import drawn
from pai_studio.core.media.repairs import Repairs, clean_pixels
from pai_studio.core.shot.document import DrawnMatte, Matte
from pai_studio.core.shot.errors import BadInput
from pai_studio.core.shot.frames import FramePattern, FrameRange
from pai_studio.core.shot.inputs import is_movie
from pai_studio.core.shot.shapes import Shape


class GivenMatte:
    """One of a shot's mattes: its file's, its shapes', or the larger of both; `key` names it (`mattes.garbage`)."""

    def __init__(self, key: str, matte: Matte, frames: FrameRange, display: Box, limits: Limits) -> None:
        self.key = key
        self._files = MatteFiles(key, matte, frames, display, limits) if matte.files else None
        self._shapes: Sequence[Shape] = matte.shapes if isinstance(matte, DrawnMatte) else ()
        self.note = self._files.note if self._files else ""

    @classmethod
    def of(
        cls, key: str, matte: Matte, frames: FrameRange, display: Box, limits: Limits
    ) -> GivenMatte | None:
        """The matte, or None where there are neither files nor shapes. Raises as `MatteFiles` does."""
        found = cls(key, matte, frames, display, limits)
        return found if found._files or found._shapes else None

    def over(self, number: int, canvas: Box, pixel_aspect: float) -> tuple[Array, Repairs]:
        """(H, W) in 0..1 over `canvas`, and what was replaced in the file."""
        if self._files is None:
            return drawn(self._shapes, number, canvas, pixel_aspect), Repairs()
        matte, repairs = self._files.over(number, canvas)
        if self._shapes:
            matte = np.maximum(matte, drawn(self._shapes, number, canvas, pixel_aspect))
        return matte, repairs


class MatteFiles:
    """One of a shot's mattes, a file a frame or one for all; `key` names it in errors (`mattes.alpha`)."""

    def __init__(self, key: str, matte: Matte, frames: FrameRange, display: Box, limits: Limits) -> None:
        self.key = key
        self._matte = matte
        self._limits = limits
        self._display = display
        self._pattern = FramePattern(matte.files)
        if is_movie(matte.files):
            raise BadInput("mattes are read from image files, not movies", where=f"{key} {matte.files}")
        paths = self._pattern.require(frames, where=f"{key} {matte.files}")
        for path in dict.fromkeys(paths):
            self._check_size(path)
        self.note = self._named_otherwise(paths[0])

    def over(self, number: int, canvas: Box) -> tuple[Array, Repairs]:
        """(H, W) in 0..1 over `canvas`, and what was replaced in it.

        Beyond what the matte knows, its edge is repeated.
        """
        plane, window, repairs = self._picked(self._read(number) if self._pattern.has_padding else self._one)
        # An EXR's matte is 0 between its data window and its display window; beyond both nothing is known.
        known = self._display.union(window)
        whole = on_box(plane, window, known)
        if self._matte.invert:
            whole = 1 - whole
        rows = np.clip(np.arange(canvas.y, canvas.y + canvas.height) - known.y, 0, known.height - 1)
        columns = np.clip(np.arange(canvas.x, canvas.x + canvas.width) - known.x, 0, known.width - 1)
        over = whole if known == canvas else np.ascontiguousarray(whole[np.ix_(rows, columns)])
        return over, repairs

    @cached_property
    def _one(self) -> tuple[Image, str]:
        return self._read(0)

    def _read(self, number: int) -> tuple[Image, str]:
        return self._of_file(self._pattern.path(number))

    def _of_file(self, path: Path) -> tuple[Image, str]:
        if kind_of(path) == "openexr":
            return read_plane(path, self._matte.channel, self._limits)
        image = read_picture(path, "", self._limits)
        return image, self._channel_of(image.channels, path)

    def _channel_of(self, channels: tuple[str, ...], path: Path) -> str:
        wanted = self._matte.channel
        for name in channels:
            if name.lower() == wanted.lower():
                return name
        if len(channels) == 1:
            return channels[0]
        hint = f"name one of {', '.join(channels)} as {self.key}.channel"
        raise BadInput(f"has no channel {wanted!r}", where=f"{self.key} {path}", hint=hint)

    def _picked(self, read: tuple[Image, str]) -> tuple[Array, Box, Repairs]:
        """The channel in 0..1 and where it lies on the plate: the corners of both display windows are one."""
        image, name = read
        plane, repairs = clean_pixels(image.pixels[..., image.channels.index(name)])
        own, data = image.display_window, image.data_window
        x, y = data.x - own.x + self._display.x, data.y - own.y + self._display.y
        return np.clip(plane, 0.0, 1.0), Box(x, y, data.width, data.height), repairs

    def _check_size(self, path: Path) -> None:
        if kind_of(path) == "openexr":
            part = read_header(path, self._limits).parts[0]
            window = part.display_window
            whole = window.union(part.data_window)
            self._limits.check(str(path), whole.width, whole.height)
        else:
            window = look(path, self._limits).window
        if window.shape != self._display.shape:
            say = f"is {window.width}x{window.height}, the plate {self._display.width}x{self._display.height}"
            raise BadInput(say, where=f"{self.key} {path}", hint="write it at the plate's size")

    def _named_otherwise(self, path: Path) -> str:
        _, name = self._of_file(path)
        if name.lower() == self._matte.channel.lower():
            return ""
        return f"{self.key}: {path.name} holds only {name!r}, taken for {self._matte.channel!r}"

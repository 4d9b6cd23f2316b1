"""The plate of a shot, a pass of a version, a still: each read at the size that is shown. Making one reads nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from pai_studio.core.media import pictures
from pai_studio.core.media.color import ColorConfig
from pai_studio.core.media.exr import on_box, read_layer, read_plane
from pai_studio.core.media.exr_header import read_header
from pai_studio.core.media.exr_layers import find_layer
from pai_studio.core.media.frame import Array, Box, Image
from pai_studio.core.media.pictures import kind_of, read_picture
from pai_studio.core.media.repairs import HALF_MAX, clean_pixels
from pai_studio.core.media.still import require_space_of_exr, require_space_of_picture, upright
from pai_studio.core.shot.document import Ocio, Reference, Shot
from pai_studio.core.shot.errors import MissingFrames
from pai_studio.core.shot.frames import FramePattern, FrameRange
from pai_studio.core.shot.inputs import is_movie
from pai_studio.core.shot.naming import pass_pattern
from pai_studio.ui.panel.pictures.converted import screen_of
from pai_studio.ui.panel.pictures.movies import read_movie
from pai_studio.ui.panel.pictures.shown import PictureSource, Proxy

PLANES = ("matte", "shadow", "rebuilt", "confidence")
"""Passes of one plane, shown grey."""

DATA = (*PLANES, "gain")
"""Passes that no display transform may touch."""


@dataclass(frozen=True)
class Files:
    """A sequence of pictures, or one picture for every frame where the pattern has no number."""

    pattern: str
    space: str
    layer: str = "rgba"
    frames: FrameRange | None = None

    @property
    def key(self) -> str:
        """What tells it from others."""
        return f"{self.pattern}|{self.layer}|{self.space}"

    def read(self, frame: int, scale: int) -> Proxy:
        """One picture. Raises MissingFrames, UnreadableImage, BadInput."""
        path = FramePattern(self.pattern).path(frame)
        if not path.is_file():
            raise MissingFrames(f"frame {frame} is not there", where=str(path), hint="check the files")
        if kind_of(path) != "openexr":
            return proxy(_rgb_image(read_picture(path, self.space)), self.space, scale)
        header = read_header(path)
        image = read_layer(header, find_layer(header, self.layer), colorspace=self.space)
        return proxy(image, self.space, scale)


@dataclass(frozen=True)
class Plane:
    """A pass of one channel, shown grey: `channel` is its whole name, such as `matte.A`."""

    pattern: str
    channel: str
    frames: FrameRange | None = None

    @property
    def key(self) -> str:
        """What tells it from others."""
        return f"{self.pattern}|{self.channel}|"

    def read(self, frame: int, scale: int) -> Proxy:
        """One picture. Raises MissingFrames, UnreadableImage."""
        path = FramePattern(self.pattern).path(frame)
        if not path.is_file():
            raise MissingFrames(f"frame {frame} is not there", where=str(path), hint="check the files")
        image, _name = read_plane(path, self.channel)
        grey = np.repeat(image.pixels[..., :1], 3, axis=2)
        shown = Image(grey, ("R", "G", "B"), "", image.data_window, image.display_window, image.pixel_aspect)
        return proxy(shown, "", scale)


@dataclass(frozen=True)
class Movie:
    """A movie whose first picture is frame `start`."""

    path: str
    space: str
    start: int
    frames: FrameRange | None = None

    @property
    def key(self) -> str:
        """What tells it from others."""
        return f"{self.path}|{self.start}|{self.space}"

    def read(self, frame: int, scale: int) -> Proxy:
        """One picture. Raises MissingFrames, UnreadableImage."""
        pixels = read_movie(self.path, frame - self.start)
        window = Box(0, 0, pixels.shape[1], pixels.shape[0])
        return proxy(Image(pixels, ("R", "G", "B"), self.space, window, window), self.space, scale)


@dataclass(frozen=True)
class Still:
    """A reference, upright, the same at every frame. Without a space it has the file's own, by the shot's config."""

    file: str
    space: str = ""
    ocio: Ocio | None = None
    frames: None = None

    @property
    def key(self) -> str:
        """What tells it from others."""
        config = "" if self.space or self.ocio is None else self.ocio.config
        return f"{self.file}|{config}|{self.space}"

    def read(self, frame: int, scale: int) -> Proxy:  # noqa: ARG002 - a still is the same at every frame
        """The picture. Raises UnreadableImage, or BadInput where its space is not known."""
        path = Path(self.file)
        if kind_of(path) != "openexr":
            facts = pictures.look(path)
            space = self.space or require_space_of_picture(facts, self._config())
            image = read_picture(path, space)
            rgb = upright(pictures.rgb_of(image), facts)
            window = Box(0, 0, rgb.shape[1], rgb.shape[0])
            return proxy(Image(rgb, ("R", "G", "B"), space, window, window), space, scale)
        header = read_header(path)
        layer = find_layer(header, "rgba")
        space = self.space or require_space_of_exr(path, layer.part.attributes, self._config())
        return proxy(read_layer(header, layer, colorspace=space), space, scale)

    def _config(self) -> ColorConfig:
        return screen_of(self.ocio or Ocio()).config


def plate_of(shot: Shot) -> PictureSource:
    """The plate of a shot."""
    plate, frames = shot.plate, shot.all_frames
    if is_movie(plate.files):
        start = frames.first if plate.start is None else plate.start
        return Movie(plate.files, plate.colorspace, start, frames)
    return Files(plate.files, plate.colorspace, plate.layer, frames)


def still_of(reference: Reference, ocio: Ocio) -> Still:
    """A reference's picture, by the shot's colour config."""
    return Still(reference.file, reference.colorspace, ocio)


def pass_of(
    pattern: str, name: str, frames: FrameRange, *, layout: str, space: str, working: str
) -> PictureSource:
    """A pass of a delivered version: `space` is the beauty's, `working` the one of the layers."""
    files = pass_pattern(pattern, name) if layout == "files" else pattern
    if name in PLANES:
        return Plane(files, "A" if layout == "files" else f"{name}.A", frames)
    own = space if name == "beauty" else "" if name in DATA else working
    layer = "rgba" if layout == "files" or name == "beauty" else name
    return Files(files, own, layer, frames)


def proxy(image: Image, space: str, scale: int) -> Proxy:
    """A decoded picture over its display window at 1/`scale`, each pixel the mean of those that it stands for."""
    whole = on_box(image.pixels[..., :4], image.data_window, image.display_window)
    halves = _halves(_smaller(clean_pixels(whole)[0], scale))
    return Proxy(halves, space, image.display_window, image.pixel_aspect, scale)


def reduced(finer: Proxy, scale: int) -> Proxy:
    """The same picture at a coarser scale, a multiple of its own."""
    pixels = _smaller(finer.pixels.astype(np.float32), scale // finer.scale)
    return Proxy(_halves(pixels), finer.space, finer.display, finer.pixel_aspect, scale)


def _smaller(pixels: Array, by: int) -> Array:
    if by == 1:
        return pixels
    size = max(pixels.shape[1] // by, 1), max(pixels.shape[0] // by, 1)
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.float32)


def _halves(pixels: Array) -> npt.NDArray[np.float16]:
    """As RGBA halves; opaque where there is no alpha."""
    halves = np.ones((*pixels.shape[:2], 4), np.float16)
    halves[..., : pixels.shape[2]] = np.clip(pixels, -HALF_MAX, HALF_MAX)
    return halves


def _rgb_image(image: Image) -> Image:
    """The picture as R, G, B and, where it has one, A."""
    planes: Array = pictures.rgb_of(image)
    if "A" in image.channels:
        alpha = image.pixels[..., image.channels.index("A"), None]
        planes = np.concatenate([planes, alpha], axis=2)
    names = ("R", "G", "B", "A")[: planes.shape[2]]
    return Image(planes, names, image.colorspace, image.data_window, image.display_window, image.pixel_aspect)

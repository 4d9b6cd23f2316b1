"""Pictures as the fake's nodes pass them on, and EXR files through OpenImageIO.

Channels bear Nuke's names (`rgba.red`, `depth.Z`). Metadata bear Nuke's keys: `exr/NAME` for what a file's header
says, `input/...` for what a Read tells of its file.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio

_NUKE_NAMES = {"R": "rgba.red", "G": "rgba.green", "B": "rgba.blue", "A": "rgba.alpha"}
_PARTS = {"R": "red", "G": "green", "B": "blue", "A": "alpha"}
_EXR_PARTS = {part: letter for letter, part in _PARTS.items()}
_HEADER = {
    "smpte:TimeCode": "timeCode",
    "smpte:KeyCode": "keyCode",
    "FramesPerSecond": "framesPerSecond",
    "Copyright": "owner",
    "DateTime": "capDate",
    "ImageDescription": "comments",
}
"""OpenImageIO's own names of standard EXR attributes."""

_STRUCTURE = ("PixelAspectRatio", "compression", "screenWindowCenter", "screenWindowWidth", "name", "type")


@dataclass(frozen=True)
class Attribute:
    """One header attribute with the type that OpenImageIO gives it."""

    value: Any
    type: Any


@dataclass(frozen=True)
class Picture:
    """Planes of one frame over its data window."""

    planes: dict[str, np.ndarray]
    data: tuple[int, int, int, int]
    """x, y, width, height of the data window, y down from the top of the format."""

    format: tuple[int, int, float]
    """Width, height and pixel aspect of the display window."""

    metadata: dict[str, Attribute] = field(default_factory=dict)

    def only(self, names: list[str]) -> Picture:
        """With these channels alone, those that it has."""
        return replace(self, planes={name: self.planes[name] for name in names if name in self.planes})


def black(form: tuple[int, int, float]) -> Picture:
    """Nothing: no channel, an empty format."""
    return Picture({}, (0, 0, form[0], form[1]), form)


def plane(picture: Picture, name: str, data: tuple[int, int, int, int]) -> np.ndarray:
    """A channel over another data window, black outside its own and where there is none."""
    x, y, width, height = data
    out = np.zeros((height, width), np.float32)
    if name in picture.planes:
        px, py, pw, ph = picture.data
        left, top = max(x, px), max(y, py)
        right, bottom = min(x + width, px + pw), min(y + height, py + ph)
        if right > left and bottom > top:
            source = picture.planes[name][top - py : bottom - py, left - px : right - px]
            out[top - y : bottom - y, left - x : right - x] = source
    return out


def union(a: tuple[int, int, int, int], b: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """The smallest data window that holds both."""
    left, top = min(a[0], b[0]), min(a[1], b[1])
    right, bottom = max(a[0] + a[2], b[0] + b[2]), max(a[1] + a[3], b[1] + b[3])
    return left, top, right - left, bottom - top


def read_exr(path: Path) -> Picture:
    """Read a file, all its parts. Raises RuntimeError."""
    file = oiio.ImageInput.open(str(path))
    if file is None:
        raise RuntimeError(f"{path}: {oiio.geterror()}")
    try:
        first = file.spec()
        metadata = {f"exr/{name}": value for name, value in _attributes(first).items()}
        planes: dict[str, np.ndarray] = {}
        part = 0
        while file.seek_subimage(part, 0):
            spec = file.spec()
            if (spec.x, spec.y, spec.width, spec.height) != (first.x, first.y, first.width, first.height):
                raise RuntimeError(f"{path}: the fake reads no parts of different size")
            pixels = file.read_image(part, 0, 0, spec.nchannels, oiio.FLOAT)
            for index, name in enumerate(spec.channelnames):
                if _nuke_name(name) in planes:
                    raise RuntimeError(
                        f"{path}: the fake does not name layers after parts: {name} is there twice"
                    )
                planes[_nuke_name(name)] = np.ascontiguousarray(pixels[..., index])
            part += 1
    finally:
        file.close()
    data = (first.x - first.full_x, first.y - first.full_y, first.width, first.height)
    aspect = float(first.get_float_attribute("PixelAspectRatio", 1.0))
    return Picture(planes, data, (first.full_width, first.full_height, aspect), metadata)


def _attributes(spec: Any) -> dict[str, Attribute]:
    return {
        _HEADER.get(item.name, item.name): Attribute(item.value, item.type)
        for item in spec.extra_attribs
        if item.name not in _STRUCTURE and not item.name.startswith(("oiio:", "openexr:"))
    }


def write_exr(
    path: Path, picture: Picture, kind: str, compression: str, header: dict[str, Attribute]
) -> None:
    """Write a file. Raises RuntimeError."""
    names = list(picture.planes)
    x, y, width, height = picture.data
    spec = oiio.ImageSpec(width, height, len(names), kind)
    spec.channelnames = tuple(_exr_name(name) for name in names)
    spec.x, spec.y = x, y
    spec.full_x = spec.full_y = 0
    spec.full_width, spec.full_height = picture.format[:2]
    for key, item in header.items():
        spec.attribute(key, item.type, item.value)
    spec.attribute("PixelAspectRatio", picture.format[2])
    spec.attribute("compression", compression)
    file = oiio.ImageOutput.create(str(path))
    pixels = np.stack([picture.planes[name] for name in names], axis=-1)
    if file is None or not file.open(str(path), spec) or not file.write_image(np.ascontiguousarray(pixels)):
        raise RuntimeError(f"{path}: {file.geterror() if file else oiio.geterror()}")
    if not file.close():
        raise RuntimeError(f"{path}: {file.geterror()}")


def _nuke_name(name: str) -> str:
    if name in _NUKE_NAMES:
        return _NUKE_NAMES[name]
    layer, _, part = name.rpartition(".")
    return f"{layer}.{_PARTS.get(part, part)}" if layer else f"other.{name}"


def _exr_name(name: str) -> str:
    layer, _, part = name.partition(".")
    letter = _EXR_PARTS.get(part, part)
    return letter if layer == "rgba" else f"{layer}.{letter}"

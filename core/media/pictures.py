"""JPEG, PNG, TIFF, DPX, Cineon and Radiance files, as their own values. EXR has `exr`.

The decoder is chosen by the file's first bytes and only these are ever reached; a file that its decoder complains of
is refused, also where that decoder would have filled the rest with grey.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio

from pai_studio.core.media.frame import Array, Box, Image
from pai_studio.core.media.limits import LIMITS, Limits
from pai_studio.core.media.metadata import metadata_of
from pai_studio.core.shot.errors import OutOfResources, UnreadableImage

_MAGIC = {
    b"\x76\x2f\x31\x01": "openexr",
    b"\x89PNG": "png",
    b"\xff\xd8\xff": "jpeg",
    b"II*\0": "tiff",
    b"MM\0*": "tiff",
    b"II+\0": "tiff",
    b"MM\0+": "tiff",
    b"SDPX": "dpx",
    b"XPDS": "dpx",
    b"\x80\x2a\x5f\xd7": "cineon",
    b"\xd7\x5f\x2a\x80": "cineon",
    b"#?": "hdr",
}
_SUFFIXES = {
    "openexr": (".exr", ".sxr", ".mxr"),
    "png": (".png",),
    "jpeg": (".jpg", ".jpeg", ".jpe"),
    "tiff": (".tif", ".tiff"),
    "dpx": (".dpx",),
    "cineon": (".cin",),
    "hdr": (".hdr", ".rgbe"),
}
_KNOWN = "EXR, JPEG, PNG, TIFF, DPX, Cineon and Radiance HDR"
# A DPX or Cineon header is full of fields that nobody filled in; these few are worth carrying into an EXR.
_KEPT = frozenset(
    {
        "smpte:TimeCode",
        "FramesPerSecond",
        "DateTime",
        "Artist",
        "Copyright",
        "ImageDescription",
        "Make",
        "Model",
    }
)


@dataclass(frozen=True)
class Look:
    """What a file says of itself before it is decoded; `metadata` holds those of its `attributes` worth keeping."""

    path: Path
    kind: str
    width: int
    height: int
    channels: tuple[str, ...]
    file_type: str
    pixel_aspect: float
    attributes: dict[str, Any]
    metadata: dict[str, Any]

    @property
    def window(self) -> Box:
        """Its display window; such a file has no other."""
        return Box(0, 0, self.width, self.height)


def kind_of(path: Path) -> str:
    """The format by the file's first bytes. Raises UnreadableImage for one that we do not read."""
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as error:
        raise UnreadableImage(f"cannot be opened ({error.strerror})", where=str(path)) from None
    for magic, kind in _MAGIC.items():
        if start.startswith(magic):
            return kind
    raise UnreadableImage("is of no format that is read here", where=str(path), hint=f"use {_KNOWN}")


def look(path: Path | str, limits: Limits = LIMITS) -> Look:
    """Judge a file by its header. Raises UnreadableImage for a damaged, interlaced or oversized one."""
    path = Path(path)
    source, kind = _opened(path)
    try:
        return _judged(path, kind, source.spec(), limits)
    finally:
        source.close()


def read_picture(path: Path | str, colorspace: str = "", limits: Limits = LIMITS) -> Image:
    """The file's first picture, (H, W, C) float32: integers as 0..1, alpha never multiplied in.

    Raises as `look`, and OutOfResources where there is not the memory for it.
    """
    path = Path(path)
    source, kind = _opened(path)
    try:
        facts = _judged(path, kind, source.spec(), limits)
        try:
            pixels = source.read_image(0, 0, 0, len(facts.channels), "float")
        except MemoryError:
            say = f"needs more memory than there is ({facts.width}x{facts.height})"
            raise OutOfResources(say, where=str(path)) from None
        fault = source.geterror()
        if pixels is None or fault:
            raise _unreadable(path, fault)
    finally:
        source.close()
    return Image(
        pixels=pixels,
        channels=facts.channels,
        colorspace=colorspace,
        data_window=facts.window,
        display_window=facts.window,
        pixel_aspect=facts.pixel_aspect,
        metadata=facts.metadata,
        file_types=(facts.file_type,) * len(facts.channels),
    )


def rgb_of(image: Image) -> Array:
    """The picture's (H, W, 3), grey in all three; contiguous."""
    if {"R", "G", "B"} <= set(image.channels):
        places = [image.channels.index(name) for name in ("R", "G", "B")]
        if places == list(range(image.pixels.shape[2])):
            return image.pixels
        return np.ascontiguousarray(image.pixels[..., places])
    return np.repeat(image.pixels[..., :1], 3, axis=2)


def _opened(path: Path) -> tuple[oiio.ImageInput, str]:
    kind = kind_of(path)
    if path.suffix.lower() not in _SUFFIXES[kind]:
        hint = f"rename it to {path.stem}{_SUFFIXES[kind][0]}"
        raise UnreadableImage(f"is a {kind} file by another name", where=str(path), hint=hint)
    asked = oiio.ImageSpec()
    # Otherwise PNG and TIFF come with alpha multiplied in, whatever the document says.
    asked.attribute("oiio:UnassociatedAlpha", 1)
    source = oiio.ImageInput.open(str(path), asked)
    if source is None:
        raise _unreadable(path, oiio.geterror())
    return source, kind


def _judged(path: Path, kind: str, spec: oiio.ImageSpec, limits: Limits) -> Look:
    limits.check(str(path), spec.width, spec.height, spec.nchannels)
    attributes: dict[str, Any] = {item.name: item.value for item in spec.extra_attribs}
    if attributes.get("dpx:Interlace") == 1:
        raise UnreadableImage("is interlaced", where=str(path), hint="deinterlace it first")
    if kind == "cineon":
        _check_cineon_size(path, spec)
    aspect = float(attributes.get("PixelAspectRatio", 1.0))
    return Look(
        path=path,
        kind=kind,
        width=spec.width,
        height=spec.height,
        channels=tuple(spec.channelnames),
        file_type=str(spec.format),
        pixel_aspect=aspect if 1e-3 < aspect < 1e3 else 1.0,
        attributes=attributes,
        metadata={name: value for name, value in metadata_of(spec).items() if name in _KEPT},
    )


def _check_cineon_size(path: Path, spec: oiio.ImageSpec) -> None:
    """A cut Cineon file reads without complaint, so its size is compared with its header's (10 bit: 3 in 4 bytes)."""
    with path.open("rb") as file:
        head = file.read(8)
    order = ">" if head[0] == 0x80 else "<"
    (start,) = struct.unpack(f"{order}I", head[4:8])
    samples = spec.width * spec.height * spec.nchannels
    bits = spec.get_int_attribute("oiio:BitsPerSample", 8)
    needed = start + (samples // 3 * 4 if bits == 10 else samples * bits // 8)
    if path.stat().st_size < needed:
        raise _unreadable(path, f"it has {path.stat().st_size} bytes of {needed}")


def _unreadable(path: Path, why: str) -> UnreadableImage:
    lines = why.replace(f'"{path}"', "").replace(str(path), "").strip().splitlines()
    reason = lines[0].strip()[:160] if lines else "no reason given"
    say = f"cannot be read ({reason})"
    return UnreadableImage(say, where=str(path), hint="the file is damaged; write it again")

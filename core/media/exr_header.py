"""The header of an EXR, read in Python before any decoder sees the file.

A decoder may spend seconds or gigabytes on a header that lies (a hundred thousand channels take OpenImageIO 16 s), so
sizes, channel counts and kinds are judged here first. Layout: "OpenEXR File Layout", openexr.com.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from pai_studio.core.media.frame import Box
from pai_studio.core.media.limits import LIMITS, Limits
from pai_studio.core.shot.errors import UnreadableImage

_MAGIC = b"\x76\x2f\x31\x01"
_DEEP, _MULTIPART = 0x800, 0x1000
_MAX_HEADER_BYTES = 64 << 20
_MAX_ATTRIBUTES = 10_000
_MAX_PARTS = 1_000
_TYPES = {0: "uint", 1: "half", 2: "float"}
_FIXED = {
    "int": "<i",
    "float": "<f",
    "double": "<d",
    "rational": "<iI",
    "chromaticities": "<8f",
    "v2i": "<2i",
    "v2f": "<2f",
}


@dataclass(frozen=True)
class Part:
    """One part of an EXR: its channels with their types (`half`, `float`, `uint`), windows and simple attributes."""

    index: int
    channels: dict[str, str]
    data_window: Box
    display_window: Box
    pixel_aspect: float
    name: str = ""
    view: str = ""
    views: tuple[str, ...] = ()
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Header:
    """What an EXR says of itself. `views` are all its views, the default one first."""

    path: Path
    parts: tuple[Part, ...]

    @property
    def views(self) -> tuple[str, ...]:
        """The views of a stereo or multi-view file, none for a plain one."""
        named = [view for part in self.parts for view in (part.views or (part.view,)) if view]
        return tuple(dict.fromkeys(named))


def read_header(path: Path | str, limits: Limits = LIMITS) -> Header:
    """Read and judge an EXR's header; no pixel is touched.

    Raises UnreadableImage, naming the file, for a damaged, deep or luminance/chroma file and one over the limits.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            return Header(path, tuple(_parts(_Bytes(file, str(path)), limits)))
    except OSError as error:
        raise UnreadableImage(f"cannot be opened ({error.strerror})", where=str(path)) from None


class _Bytes:
    """Reads forward, never beyond what a header may hold."""

    def __init__(self, file: BinaryIO, where: str) -> None:
        self._file = file
        self._left = _MAX_HEADER_BYTES
        self.where = where

    def take(self, count: int) -> bytes:
        if not 0 <= count <= self._left:
            raise self.damaged("an attribute of impossible size")
        self._left -= count
        data = self._file.read(count)
        if len(data) != count:
            raise self.damaged("it ends within its header")
        return data

    def text(self) -> str:
        """A name of at most 255 bytes."""
        name = bytearray()
        while (byte := self.take(1)) != b"\0":
            name += byte
            if len(name) > 255:
                raise self.damaged("a name without an end")
        return name.decode("utf-8", "replace")

    def damaged(self, why: str) -> UnreadableImage:
        return UnreadableImage(f"is no sound EXR ({why})", where=self.where, hint="write it again")


def _parts(data: _Bytes, limits: Limits) -> Iterator[Part]:
    if data.take(4) != _MAGIC:
        raise data.damaged("it does not begin as one")
    (version,) = struct.unpack("<I", data.take(4))
    if version & 0xFF != 2:
        raise data.damaged(f"format version {version & 0xFF}")
    if version & _DEEP:
        raise _deep(data.where)
    for index in range(_MAX_PARTS):
        raw = _attributes(data)
        if not raw and index:
            return
        yield _part(index, raw, data, limits)
        if not version & _MULTIPART:
            return
    raise data.damaged("parts without an end")


def _deep(where: str) -> UnreadableImage:
    return UnreadableImage("is a deep EXR", where=where, hint="flatten it first (DeepToImage in Nuke)")


def _attributes(data: _Bytes) -> dict[str, tuple[str, bytes]]:
    found: dict[str, tuple[str, bytes]] = {}
    for _ in range(_MAX_ATTRIBUTES):
        name = data.text()
        if not name:
            return found
        kind = data.text()
        (size,) = struct.unpack("<i", data.take(4))
        found[name] = kind, data.take(size)
    raise data.damaged("attributes without an end")


def _part(index: int, raw: dict[str, tuple[str, bytes]], data: _Bytes, limits: Limits) -> Part:
    simple = {
        name: value for name, (kind, body) in raw.items() if (value := _decoded(kind, body)) is not None
    }
    if str(simple.get("type", "")).startswith("deep"):
        raise _deep(data.where)
    if "channels" not in raw:
        raise data.damaged("it has no channels")
    channels = _channels(raw["channels"][1], data, limits)
    window, display = (_box(raw, name, data) for name in ("dataWindow", "displayWindow"))
    limits.check(data.where, window.width, window.height, len(channels))
    limits.check(data.where, display.width, display.height)
    aspect = simple.get("pixelAspectRatio", 1.0)
    views = simple.get("multiView", ())
    return Part(
        index,
        channels,
        window,
        display,
        aspect if isinstance(aspect, float) and 1e-3 < aspect < 1e3 else 1.0,
        str(simple.get("name", "")),
        str(simple.get("view", "")),
        views if isinstance(views, tuple) else (),
        simple,
    )


def _box(raw: dict[str, tuple[str, bytes]], name: str, data: _Bytes) -> Box:
    kind, body = raw.get(name, ("", b""))
    if kind != "box2i" or len(body) != 16:
        raise data.damaged(f"it has no {name}")
    left, top, right, bottom = struct.unpack("<4i", body)
    return Box(left, top, right - left + 1, bottom - top + 1)


def _channels(body: bytes, data: _Bytes, limits: Limits) -> dict[str, str]:
    channels: dict[str, str] = {}
    subsampled: list[str] = []
    at = 0
    while at < len(body) and body[at]:
        end = body.find(b"\0", at)
        if end < 0 or end + 17 > len(body):
            raise data.damaged("its channel list is cut")
        name = body[at:end].decode("utf-8", "replace")
        kind, _, across, down = struct.unpack_from("<iB3xii", body, end + 1)
        if kind not in _TYPES:
            raise data.damaged(f"channel {name!r} is of no known type")
        channels[name] = _TYPES[kind]
        if (across, down) != (1, 1):
            subsampled.append(name)
        at = end + 17
        if len(channels) > limits.max_channels:
            say = f"claims more than {limits.max_channels} channels"
            raise UnreadableImage(say, where=data.where, hint="raise the limits if the file is sound")
    if not channels:
        raise data.damaged("it has no channels")
    if subsampled:
        say = f"is a luminance/chroma EXR (channels {', '.join(subsampled[:4])} are subsampled)"
        raise UnreadableImage(say, where=data.where, hint="write it as RGB")
    return channels


def _decoded(kind: str, body: bytes) -> Any:
    """The value of an attribute of a simple type, else None."""
    if kind == "string":
        return body.decode("utf-8", "replace")
    if kind == "stringvector":
        return _strings(body)
    if kind in _FIXED and len(body) == struct.calcsize(_FIXED[kind]):
        values = struct.unpack(_FIXED[kind], body)
        return values[0] if len(values) == 1 else values
    return None


def _strings(body: bytes) -> tuple[str, ...]:
    found, at = [], 0
    while at + 4 <= len(body):
        (size,) = struct.unpack_from("<i", body, at)
        if not 0 <= size <= len(body) - at - 4:
            break
        found.append(body[at + 4 : at + 4 + size].decode("utf-8", "replace"))
        at += 4 + size
    return tuple(found)

"""The header of an EXR file, as far as a host's export has to be looked at: channels, compression, which attributes.

After the layout of the OpenEXR file format (openexr.com, "OpenEXR File Layout"). Single-part files.
Standard library, Python 3.9: this file runs inside the host.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

MAGIC = 20000630
TYPES = ("uint", "half", "float")
COMPRESSIONS = ("none", "rle", "zips", "zip", "piz", "pxr24", "b44", "b44a", "dwaa", "dwab")
_LARGEST = 1 << 24
"""Bytes of an attribute beyond which a header is taken for damaged."""


@dataclass(frozen=True)
class Header:
    """What a header says."""

    channels: dict[str, str]
    """Pixel type by channel name."""

    compression: str
    attributes: dict[str, str]
    """Type of every attribute by its name."""

    windows: dict[str, tuple[int, ...]]
    """`dataWindow` and `displayWindow`: left, top, right, bottom, all included."""


def read_header(path: Path) -> Header:
    """Read a file's header. Raises OSError, and ValueError for a file that is no single-part EXR."""
    with path.open("rb") as file:
        magic, version = struct.unpack("<iI", _exactly(file, 8))
        if magic != MAGIC or version & 0x1000:
            raise ValueError(f"{path.name} is no single-part EXR file")
        found = {}
        while True:
            name = _text(file)
            if not name:
                break
            kind = _text(file)
            (size,) = struct.unpack("<i", _exactly(file, 4))
            if not 0 <= size <= _LARGEST:
                raise ValueError(f"{path.name}: the header is damaged at {name!r}")
            found[name] = (kind, _exactly(file, size))
    missing = {"channels", "compression", "dataWindow", "displayWindow"} - set(found)
    if missing:
        raise ValueError(f"{path.name}: the header lacks {', '.join(sorted(missing))}")
    return Header(
        channels=_channels(found["channels"][1]),
        compression=COMPRESSIONS[found["compression"][1][0]],
        attributes={name: kind for name, (kind, _) in found.items()},
        windows={name: struct.unpack("<4i", found[name][1]) for name in ("dataWindow", "displayWindow")},
    )


def _channels(data: bytes) -> dict[str, str]:
    found = {}
    while data[0]:
        name, _, rest = data.partition(b"\0")
        (kind,) = struct.unpack_from("<i", rest)
        found[name.decode("utf-8", "replace")] = TYPES[kind]
        data = rest[16:]
    return found


def _text(file: BinaryIO) -> str:
    found = bytearray()
    while True:
        byte = _exactly(file, 1)
        if byte == b"\0":
            return found.decode("utf-8", "replace")
        found += byte


def _exactly(file: BinaryIO, size: int) -> bytes:
    data = file.read(size)
    if len(data) != size:
        raise ValueError("the file ends inside its header")
    return data

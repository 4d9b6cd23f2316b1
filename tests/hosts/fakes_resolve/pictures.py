"""Real EXR files: what clips are made of, and what renders write."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import OpenImageIO as oiio

COMPRESSIONS = {"": "none", "ZIP": "zip", "PIZ": "piz", "RLE": "rle", "DWAA": "dwaa", "DWAB": "dwab"}


def read(path: Path) -> np.ndarray:
    """A file's pixels, height by width by channels, float32. Raises OSError."""
    file = oiio.ImageInput.open(str(path))
    if file is None:
        raise OSError(f"{path}: {oiio.geterror()}")
    try:
        spec = file.spec()
        return np.asarray(file.read_image(0, 0, 0, spec.nchannels, oiio.FLOAT), np.float32)
    finally:
        file.close()


def size(path: Path) -> tuple[int, int]:
    """A file's width and height. Raises OSError."""
    file = oiio.ImageInput.open(str(path))
    if file is None:
        raise OSError(f"{path}: {oiio.geterror()}")
    try:
        return file.spec().width, file.spec().height
    finally:
        file.close()


def write_exr(path: Path, pixels: np.ndarray, codec: str, timecode: str = "", rate: float = 24) -> None:
    """Write RGB or RGBA by a codec's id, such as RGBHalfZIP, with a timecode where there is one. Raises OSError."""
    kind = "half" if codec.startswith("RGBHalf") else "float"
    height, width, count = pixels.shape
    spec = oiio.ImageSpec(width, height, count, kind)
    spec.channelnames = ("R", "G", "B", "A")[:count]
    spec.attribute("compression", COMPRESSIONS[codec.removeprefix("RGBHalf").removeprefix("RGBFloat")])
    if timecode:
        spec.attribute("smpte:TimeCode", "timecode", (smpte(timecode), 0))
    spec.attribute("framesPerSecond", "rational", exact(rate))
    _write(path, spec, pixels)


def smpte(timecode: str) -> int:
    """A timecode as SMPTE 12M counts it, two digits a byte; bit 6 of the frames says that numbers are dropped."""
    return int(re.sub("[:;]", "", timecode), 16) | (1 << 6 if ";" in timecode else 0)


def exact(rate: float) -> tuple[int, int]:
    """Frames per second as a fraction: 24000/1001 for 23.976."""
    whole = round(rate)
    return (whole, 1) if rate == whole else (whole * 1000, 1001)


def counted(path: Path) -> tuple[int, Fraction]:
    """The timecode and the rate that a file's header tells; 0 for no timecode."""
    file = oiio.ImageInput.open(str(path))
    try:
        spec = file.spec()
        told = spec.getattribute("smpte:TimeCode") or (0, 0)
        return int(told[0]), Fraction(*spec.getattribute("framesPerSecond"))
    finally:
        file.close()


def write_still(path: Path, pixels: np.ndarray) -> None:
    """Write RGB as eight bits a channel, cut at 1. Raises OSError."""
    height, width, _ = pixels.shape
    _write(path, oiio.ImageSpec(width, height, 3, "uint8"), np.clip(pixels[..., :3], 0, 1))


def _write(path: Path, spec: oiio.ImageSpec, pixels: np.ndarray) -> None:
    file = oiio.ImageOutput.create(str(path))
    if file is None or not file.open(str(path), spec):
        raise OSError(f"{path}: {file.geterror() if file else oiio.geterror()}")
    written = file.write_image(np.ascontiguousarray(pixels, np.float32))
    if not file.close() or not written:
        raise OSError(f"{path}: {file.geterror()}")


def resized(pixels: np.ndarray, width: int, height: int) -> np.ndarray:
    """To another size, the nearest pixel each."""
    if pixels.shape[:2] == (height, width):
        return pixels
    rows = np.arange(height) * pixels.shape[0] // height
    columns = np.arange(width) * pixels.shape[1] // width
    return pixels[rows[:, None], columns[None, :]]

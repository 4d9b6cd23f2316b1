"""Real EXR files: what clips are made of, and what renders write."""

from __future__ import annotations

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


def write_exr(path: Path, pixels: np.ndarray, codec: str) -> None:
    """Write RGB or RGBA by a codec's id, such as RGBHalfZIP. Raises OSError."""
    kind = "half" if codec.startswith("RGBHalf") else "float"
    height, width, count = pixels.shape
    spec = oiio.ImageSpec(width, height, count, kind)
    spec.channelnames = ("R", "G", "B", "A")[:count]
    spec.attribute("compression", COMPRESSIONS[codec.removeprefix("RGBHalf").removeprefix("RGBFloat")])
    _write(path, spec, pixels)


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

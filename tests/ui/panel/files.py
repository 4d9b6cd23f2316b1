"""Small pictures on disk for the tests of the panel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio


def picture(path: Path, pixels: np.ndarray, **attributes: Any) -> Path:
    """An EXR, PNG or whatever the suffix says, of (H, W, C) float32 pixels."""
    path.parent.mkdir(parents=True, exist_ok=True)
    height, width, channels = pixels.shape
    spec = oiio.ImageSpec(width, height, channels, "half" if path.suffix == ".exr" else "uint8")
    for name, value in attributes.items():
        spec.attribute(name, *value) if isinstance(value, tuple) else spec.attribute(name, value)
    out = oiio.ImageOutput.create(str(path))
    assert out.open(str(path), spec), oiio.geterror()
    assert out.write_image(pixels.astype(np.float32)), out.geterror()
    out.close()
    return path


def plate(
    folder: Path, frames: range = range(1001, 1006), size: tuple[int, int] = (64, 36), **attributes: Any
) -> Path:
    """A green plate with a grey square that goes to the right; the pattern of its files."""
    width, height = size
    for number in frames:
        pixels = np.zeros((height, width, 3), np.float32) + np.float32([0.05, 0.6, 0.08])
        x = 4 + (number - frames.start) * 2
        pixels[height // 4 : height * 3 // 4, x : x + width // 4] = 0.4
        picture(folder / f"SH010.{number:04d}.exr", pixels, **attributes)
    return folder / "SH010.####.exr"

"""Values that no file may hold: NaN, Inf, and what is beyond half. They are replaced and counted.

NaN becomes 0, +-Inf becomes +-65504, and what a half channel cannot hold is clamped to +-65504. Negatives are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pai_studio.core.media.frame import Array, Image

HALF_MAX = 65504.0


@dataclass(frozen=True)
class Repairs:
    """How many values could not be kept: `nan` became 0, `inf` and `clamped` (beyond half) became +-65504."""

    nan: int = 0
    inf: int = 0
    clamped: int = 0

    def __add__(self, other: Repairs) -> Repairs:
        return Repairs(self.nan + other.nan, self.inf + other.inf, self.clamped + other.clamped)

    def __bool__(self) -> bool:
        return bool(self.nan or self.inf or self.clamped)


def clean(image: Image) -> tuple[Image, Repairs]:
    """The image without NaN (now 0) and Inf (now +-65504), and how many there were; the same object if none."""
    pixels, repairs = clean_pixels(image.pixels)
    return (replace(image, pixels=pixels) if repairs else image), repairs


def clean_pixels(pixels: Array) -> tuple[Array, Repairs]:
    """As `clean`, of an array of any shape."""
    if np.isfinite(pixels).all():
        return pixels, Repairs()
    repairs = Repairs(nan=int(np.isnan(pixels).sum()), inf=int(np.isinf(pixels).sum()))
    return np.nan_to_num(pixels, nan=0.0, posinf=HALF_MAX, neginf=-HALF_MAX), repairs


def clamp_halves(pixels: Array, types: Sequence[str], *, owned: bool) -> tuple[Array, Repairs]:
    """(H, W, C) finite pixels with channels of type `half` within +-65504; changed in place only where `owned`."""
    half = [index for index, kind in enumerate(types) if kind == "half"]
    if not pixels.size or not half or max(-pixels.min(), pixels.max()) <= HALF_MAX:
        return pixels, Repairs()
    count = int((np.abs(pixels[..., half]) > HALF_MAX).sum())
    if count:
        pixels = pixels if owned else pixels.copy()
        pixels[..., half] = np.clip(pixels[..., half], -HALF_MAX, HALF_MAX)
    return pixels, Repairs(clamped=count)

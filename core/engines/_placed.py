"""A still as it lies over the plate: at the plate's density, and read at any places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pai_studio.core.media.frame import Array, Box, Still
from pai_studio.core.motion.homography import Matrix, Size, scaling, translation
from pai_studio.core.motion.resample import CUBIC, MIRROR, NEAREST, reduced, sample

_HDR_ABOVE = 2.0
_FINE = 0.75
_SPARE = 1.1


@dataclass(frozen=True)
class Placed:
    """A still at about the plate's density, and where its pixels lie on the plate at its anchor.

    Plate coordinates start at the display window's corner.
    """

    rgb: Array
    to_plate: Matrix
    frame: int
    logarithmic: Array | None
    """The still through log(1 + x) where it holds lamps, which would ring when resampled in linear light."""

    @property
    def size(self) -> Size:
        """(w, h)."""
        return self.rgb.shape[1], self.rgb.shape[0]

    def read(self, at: Array) -> Array:
        """The still at (H, W, 2) places, mirrored beyond its border; exact where every place is a pixel's centre."""
        whole = np.rint(at)
        if np.abs(at - whole).max() < 2e-3:
            return sample(self.rgb, whole, NEAREST, MIRROR)
        if self.logarithmic is not None:
            stored = sample(self.logarithmic, at, CUBIC, MIRROR)
            return np.asarray(np.sign(stored) * np.expm1(np.abs(stored)), np.float32)
        moved = sample(self.rgb, at, CUBIC, MIRROR)
        return np.asarray(np.maximum(moved, np.minimum(self.rgb.min(), 0), out=moved), np.float32)


def place(still: Still, display: Box) -> Placed:
    """Bring a still to the plate's density, filtered, so that moving it by a camera neither aliases nor blurs.

    Each axis for itself: over an anamorphic plate a still is finer along the one than along the other.
    """
    to_plate = translation(-display.x, -display.y) @ still.placement
    rgb = still.rgb
    h, w = rgb.shape[:2]
    across, down = (min(1.0, d * _SPARE) if d < _FINE else 1.0 for d in densities(to_plate, (w, h)))
    small = (max(1, round(w * across)), max(1, round(h * down)))
    if small != (w, h):
        rgb = reduced(rgb, small)
        to_plate = to_plate @ scaling(w / small[0], h / small[1])
    logarithmic = np.sign(rgb) * np.log1p(np.abs(rgb)) if rgb.max() > _HDR_ABOVE else None
    return Placed(np.ascontiguousarray(rgb), to_plate, still.frame, logarithmic)


def densities(motion: Matrix, size: Size) -> tuple[float, float]:
    """How many pixels of its goal one pixel of a picture of `size` spans, along x and along y, at its middle."""
    middle = np.array([(size[0] - 1) / 2, (size[1] - 1) / 2, 1.0])
    x, y, w = motion @ middle
    slopes = (motion[:2, :2] - np.outer([x / w, y / w], motion[2, :2])) / w
    across, down = np.linalg.norm(slopes, axis=0)
    return float(across), float(down)

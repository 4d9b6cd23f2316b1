"""How the light of one still differs from another's of the same place: exposure, white, and a lens's fall-off."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import cv2
import numpy as np

from pai_studio.core.media.frame import Array
from pai_studio.core.motion.flow import spread
from pai_studio.core.motion.homography import Size
from pai_studio.core.motion.resample import reduced, sample

_DARK = 1e-3
_MOST_STOPS = 2.0
_MOST_UNEVEN_STOPS = 1.0
_MOST_SPREAD_STOPS = 0.5
_CELLS = (16, 9)
_CELL_PX = 8
_FULL_CELL = 0.25


@dataclass(frozen=True)
class Look:
    """What brings a still to another's light, in stops: `gain` (3,) as a whole, `stops` (9, 16, 3) over the still."""

    gain: Array
    stops: Array

    def then(self, further: Look) -> Look:
        """From here by way of another still: as even as the further way is, which lies elsewhere on the still."""
        return Look(self.gain + further.gain, self.stops + further.gain)

    def at(self, places: Array, size: Size) -> Array:
        """The stops (H, W, 3) at places (H, W, 2) of the still, whose size is (w, h)."""
        cells = np.array([self.stops.shape[1] / size[0], self.stops.shape[0] / size[1]], np.float32)
        return sample(
            self.stops, np.asarray((places + np.float32(0.5)) * cells - np.float32(0.5), np.float32)
        )


def gain_between(one: Array, other: Array, both: np.ndarray) -> Array | None:
    """The stops (3,) from one picture to another, by the median; None where they do not show the same."""
    usable = _usable(one, other, both)
    if usable.mean() < 0.01:
        return None
    stops = np.log2(other[usable] / one[usable])
    middle = np.median(stops, axis=0)
    if np.median(np.abs(stops - middle), axis=0).max() > _MOST_SPREAD_STOPS:
        return None
    return np.asarray(np.clip(middle, -_MOST_STOPS, _MOST_STOPS), np.float32)


def look_between(one: Array, other: Array, both: np.ndarray, gain: Array) -> Look:
    """The look from one picture to another that has been laid over it, about a gain that is known.

    Each cell of a coarse raster has its median of what both show; beyond, what is beside goes on.
    """
    size = (_CELLS[0] * _CELL_PX, _CELLS[1] * _CELL_PX)
    a, b, seen = reduced(one, size), reduced(other, size), reduced(both.astype(np.float32), size) > 0.99
    usable = _usable(a, b, seen)
    stops = np.log2(np.maximum(b, _DARK) / np.maximum(a, _DARK)) - gain
    cells = _celled(np.where(usable[..., None], stops, np.nan))
    share = _celled(usable[..., None].astype(np.float32)).mean(axis=(2, 3))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a cell that nothing is known of
        middle = np.nan_to_num(np.nanmedian(cells, axis=2))
    known = (share > _FULL_CELL).astype(np.float32)
    if not known.any():
        return Look(gain, np.broadcast_to(gain, (*known.shape, 3)).astype(np.float32))
    uneven = spread(np.clip(middle, -_MOST_UNEVEN_STOPS, _MOST_UNEVEN_STOPS).astype(np.float32), known)
    uneven = np.asarray(cv2.GaussianBlur(uneven, (0, 0), 0.8), np.float32)
    return Look(gain, uneven + gain)


def _usable(one: Array, other: Array, both: np.ndarray) -> np.ndarray:
    return np.asarray(both & (one.min(axis=2) > _DARK) & (other.min(axis=2) > _DARK))


def _celled(picture: Array) -> Array:
    """A picture (H, W, C) in its cells, (9, 16, 64, C)."""
    columns, rows = _CELLS
    split = picture.reshape(rows, _CELL_PX, columns, _CELL_PX, -1).transpose(0, 2, 1, 3, 4)
    return split.reshape(rows, columns, _CELL_PX * _CELL_PX, -1)

"""Cutting a picture into overlapping tiles, and the weights that lay them together again without a seam."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

OVERLAP = 0.25
"""The least part of a tile that its neighbour shows as well: what a codec sees beyond a tile's edge is missing there,
so that the tiles differ the most where the weights have faded."""


@dataclass(frozen=True)
class Tiles:
    """Tiles of one `size` along an axis of `length` latent pixels, the first at 0 and the last up to the end."""

    length: int
    size: int
    starts: tuple[int, ...]

    def spans(self, scale: int = 1) -> list[slice]:
        """What each tile covers, with `scale` pixels to a latent pixel."""
        return [slice(start * scale, (start + self.size) * scale) for start in self.starts]

    def weights(self, scale: int = 1) -> npt.NDArray[np.float32]:
        """How much of every pixel each tile tells, (tiles, size * scale); over a pixel's tiles they sum to 1.

        Inside an overlap the weight goes over from one tile to the next as half a cosine.
        """
        told = np.ones((len(self.starts), self.size * scale))
        for tile, (start, after) in enumerate(pairwise(self.starts)):
            shared = (start + self.size - after) * scale
            rise = 0.5 - 0.5 * np.cos(np.pi * (np.arange(shared) + 0.5) / shared)
            told[tile, -shared:] *= 1 - rise
            told[tile + 1, :shared] *= rise
        return told.astype(np.float32)


def cut(length: int, most: int | None) -> Tiles:
    """The fewest tiles of `most` latent pixels or less, equally large; one for everything where `most` is None."""
    if most is None or length <= most:
        return Tiles(length, length, (0,))
    overlap = math.ceil(most * OVERLAP)
    count = math.ceil((length - overlap) / (most - overlap))
    size = math.ceil((length + (count - 1) * overlap) / count)
    starts = tuple(round(tile * (length - size) / (count - 1)) for tile in range(count))
    return Tiles(length, size, starts)

"""Cutting a picture into overlapping tiles, and the weights that lay them together again without a seam.

A tile is wrong near its edges, where the codec does not see what lies beyond. So an overlap is three parts: the outer
third of each tile is looked at and thrown away, and in the middle third one tile fades into the next.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

LEAST = 8
"""Latent pixels of a tile: a smaller one would be overlap only."""
_SHARED, _SHARED_LEAST = 0.25, 4
"""What neighbours share: a quarter of a tile, but no fewer latent pixels than an edge is felt across."""
_LOST = 1 / 3


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
        """How much of every pixel each tile tells, (tiles, size * scale); over a pixel's tiles they sum to 1."""
        told = np.ones((len(self.starts), self.size * scale))
        for tile, (start, after) in enumerate(pairwise(self.starts)):
            shared = (start + self.size - after) * scale
            way = ((np.arange(shared) + 0.5) / shared - _LOST) / (1 - 2 * _LOST)
            rise = 0.5 - 0.5 * np.cos(np.pi * np.clip(way, 0, 1))
            told[tile, -shared:] *= 1 - rise
            told[tile + 1, :shared] *= rise
        return told.astype(np.float32)


def cut(length: int, most: int | None) -> Tiles:
    """The fewest tiles of `most` latent pixels or less, equally large; one for everything where `most` is None.

    Raises ValueError where `most` is below `LEAST`.
    """
    if most is None or length <= most:
        return Tiles(length, length, (0,))
    if most < LEAST:
        raise ValueError(f"a tile has at least {LEAST} latent pixels, not {most}")
    shared = max(math.ceil(most * _SHARED), _SHARED_LEAST)
    count = math.ceil((length - shared) / (most - shared))
    size = math.ceil((length + (count - 1) * shared) / count)
    return Tiles(length, size, tuple(round(tile * (length - size) / (count - 1)) for tile in range(count)))

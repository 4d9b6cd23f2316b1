"""How a set's conditions are shared out among its clips."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")


def dealt(kinds: Sequence[T], count: int, rng: np.random.Generator) -> list[T]:
    """`count` cards of packs of all kinds, each pack shuffled: any two kinds differ by at most one in number."""
    cards: list[T] = []
    while len(cards) < count:
        cards += [kinds[int(k)] for k in rng.permutation(len(kinds))]
    return cards[:count]

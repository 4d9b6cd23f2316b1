"""How a set's conditions are shared out among its clips."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")


def dealt(kinds: Sequence[T], count: int, rng: np.random.Generator) -> list[T]:
    """`count` cards of packs of all kinds, each pack shuffled: any two kinds differ by at most one in number."""
    cards: list[T] = []
    while len(cards) < count:
        cards += [kinds[int(k)] for k in rng.permutation(len(kinds))]
    return cards[:count]


def dealt_within(kinds: Sequence[T], groups: Sequence[Hashable], rng: np.random.Generator) -> list[T]:
    """A card for each of `groups`; the members of each group have packs of their own, in their order."""
    packs = {group: iter(dealt(kinds, groups.count(group), rng)) for group in dict.fromkeys(groups)}
    return [next(packs[group]) for group in groups]

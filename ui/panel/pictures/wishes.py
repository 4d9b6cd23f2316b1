"""What is to be read before anybody asks for it, and how much of that there is room for."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, zip_longest

from pai_studio.ui.panel.pictures.shown import PictureSource

Key = tuple[str, int, int]
"""A source's key, a frame (0 for a still), a scale."""

_MOST = 4
"""Wishes that are kept: two pictures that are compared, a strip of small ones, one more."""

_TOGETHER_S = 0.5
"""Wishes that were made within this time are of one moment: the two sides of a wipe."""

_PROBES = 4
"""Frames of a source that may be read before it is known how large they are."""


def key_of(source: PictureSource, frame: int, scale: int) -> Key:
    """What a picture is kept by."""
    return source.key, 0 if source.frames is None else frame, scale


@dataclass(frozen=True)
class _Wish:
    source: PictureSource
    frames: tuple[int, ...]
    scale: int
    made_at_s: float


class Wishes:
    """The last few of them. Those of one moment take turns, older ones come after."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._wishes: OrderedDict[tuple[str, int], _Wish] = OrderedDict()

    def put(self, source: PictureSource, frames: Iterable[int], scale: int) -> None:
        """These frames, the first first; takes the place of what was wished of this source at this scale."""
        self._wishes.pop((source.key, scale), None)
        self._wishes[source.key, scale] = _Wish(source, tuple(frames), scale, self._clock())
        while len(self._wishes) > _MOST:
            self._wishes.popitem(last=False)

    def plan(self, limit_bytes: int, sizes: Mapping[tuple[str, int], int]) -> dict[Key, PictureSource]:
        """As many as fit together, in order. `sizes` has the bytes of a picture by source and scale, where known."""
        planned: dict[Key, PictureSource] = {}
        probes: dict[tuple[str, int], int] = {}
        room = limit_bytes
        for wish, frame in self._in_turn():
            kind = wish.source.key, wish.scale
            size = sizes.get(kind)
            if size is None:
                probes[kind] = probes.get(kind, 0) + 1
                if probes[kind] > _PROBES:
                    continue
            room -= size or 0
            if room < 0:
                break
            planned[key_of(wish.source, frame, wish.scale)] = wish.source
        return planned

    def _in_turn(self) -> Iterator[tuple[_Wish, int]]:
        wishes = list(reversed(self._wishes.values()))
        newest = wishes[0].made_at_s if wishes else 0.0
        now = [one for one in wishes if newest - one.made_at_s < _TOGETHER_S]
        for turn in zip_longest(*(one.frames for one in now)):
            yield from ((one, frame) for one, frame in zip(now, turn, strict=True) if frame is not None)
        yield from chain.from_iterable(((one, frame) for frame in one.frames) for one in wishes[len(now) :])

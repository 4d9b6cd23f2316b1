"""What finishing starts from, frame after frame: from the store where it is, else from the engine.

Finishing looks `reach` frames to each side, at a shot's ends at as many in all. So frames are made and stored ahead of
the one that is handed out; what their neighbours look at is kept, at the model's size, and less of it once they are no
longer `close`; each frame's plate and generation are read again when its turn comes. However far finishing looks, no
plate waits.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Executor, Future
from contextlib import closing
from dataclasses import dataclass
from functools import partial

from pai_studio.core.delivery.generations import GenerationStore, quantised
from pai_studio.core.engines.base import Engine
from pai_studio.core.finish.finisher import Finisher
from pai_studio.core.finish.seen import Far, Seen
from pai_studio.core.media.frame import Generated, Image, PlateFrame
from pai_studio.core.media.source import FileSource
from pai_studio.core.report import Report
from pai_studio.core.shot.errors import BadInput
from pai_studio.core.shot.frames import ranges_text

_BEING_SEEN = 2
"""Frames being stored and looked at beside the engine."""


@dataclass(frozen=True)
class Loaded:
    """What was made of a frame, and what was seen of those around it, as `Finisher.finish` takes them."""

    made: Generated
    near: dict[int, Seen]
    far: dict[int, Far]


@dataclass(frozen=True)
class Ready:
    """A frame to finish: its plate, and how to get what was made of it and what was seen of the frames around."""

    plate: PlateFrame
    image: Image
    load: Callable[[], Loaded]
    """May be called in any thread, once. It waits for the frames around, and stores what is not stored yet."""


@dataclass(frozen=True)
class Making:
    """One render's generations: asked of the engine, which has to be prepared, or only of the store."""

    engine: Engine
    source: FileSource
    store: GenerationStore
    finisher: Finisher

    def absent(self, numbers: Iterable[int]) -> list[int]:
        """What those frames need and the store lacks. Raises UnreadableImage for a damaged generation."""
        return [n for n in self._needed(numbers) if not self.store.has(n)]

    def _needed(self, numbers: Iterable[int]) -> list[int]:
        """Those frames and all that finishing looks at beside them, in order."""
        return sorted({one for number in numbers for one in self._around(number, self.finisher.reach)})

    def frames(
        self, numbers: list[int], pool: Executor, heard: Report, *, is_stored: bool
    ) -> Generator[Ready]:
        """Those frames in their order; `is_stored` tells that the store has all that they need."""
        engine = None if is_stored else partial(self._from_engine, heard=heard)
        if self.finisher.reach:
            return self._among_others(numbers, pool, engine or self._from_store)
        return self._alone(numbers, engine or self._from_store)

    def _around(self, number: int, reach: int) -> range:
        """So many frames on each side, and at the shot's ends as many in all: what follows from them then stands."""
        frames = self.source.frames
        index = (number - frames.first) // frames.step
        first = max(0, min(index - reach, len(frames) - 2 * reach - 1))
        last = min(len(frames) - 1, max(index + reach, 2 * reach))
        return range(frames.first + first * frames.step, frames.first + last * frames.step + 1, frames.step)

    def _alone(self, numbers: list[int], making: _Making) -> Generator[Ready]:
        """Frames that look at no other: their plates go to the engine and on to finishing."""
        images: deque[Image] = deque()

        def plates(pairs: Iterator[tuple[PlateFrame, Image]]) -> Iterator[PlateFrame]:
            for frame, image in pairs:
                images.append(image)
                yield frame

        with closing(self.source.stream_pairs(numbers)) as pairs, closing(making(plates(pairs))) as made:
            for frame, generated in made:
                yield Ready(frame, images.popleft(), partial(self._by_itself, frame, generated))

    def _by_itself(self, frame: PlateFrame, made: Generated | None) -> Loaded:
        stored = self._stored(frame, made)
        seen = self.finisher.see(frame, stored)
        return Loaded(stored, {} if seen is None else {frame.number: seen}, {})

    def _among_others(self, numbers: list[int], pool: Executor, making: _Making) -> Generator[Ready]:
        """Frames that look at those around them."""
        seen: dict[int, Future[Seen | None]] = {}
        passed: dict[int, Far] = {}
        busy: deque[Future[Seen | None]] = deque()
        with (
            closing(self.source.stream_pairs(numbers)) as pairs,
            closing(self.source.stream(self._needed(numbers))) as plates,
            closing(making(plates)) as made,
        ):
            for number in numbers:
                around, close = (self._around(number, n) for n in (self.finisher.reach, self.finisher.close))
                passed |= _kept(seen, before=close[0])
                passed = {n: one for n, one in passed.items() if n >= around[0]}
                while around[-1] not in seen:
                    ahead, future = self._next_seen(made, pool)
                    seen[ahead] = future
                    busy.append(future)
                    if len(busy) > _BEING_SEEN:
                        busy.popleft().result()
                waiting: dict[int, Far | Future[Seen | None]] = {**passed, **seen}
                beyond = {n: one for n, one in waiting.items() if n in around and n not in close}
                yield Ready(*next(pairs), partial(self._read, number, [seen[n] for n in close], beyond))

    def _next_seen(
        self, made: Iterator[tuple[PlateFrame, Generated | None]], pool: Executor
    ) -> tuple[int, Future[Seen | None]]:
        """The next frame being looked at, by its number; its plate is held until that is done, and no longer."""
        frame, generated = next(made)
        return frame.number, pool.submit(self._see, frame, generated)

    def _see(self, frame: PlateFrame, made: Generated | None) -> Seen | None:
        return self.finisher.see(frame, self._stored(frame, made))

    def _read(
        self, number: int, close: list[Future[Seen | None]], beyond: dict[int, Far | Future[Seen | None]]
    ) -> Loaded:
        near = {seen.number: seen for future in close if (seen := future.result()) is not None}
        far = {n: kept for n, one in beyond.items() if (kept := _far(one)) is not None}
        return Loaded(self.store.read(number), near, far)

    def _stored(self, frame: PlateFrame, made: Generated | None) -> Generated:
        """What is stored of a frame: what was there before, else what was made."""
        if made is None or self.store.has(frame.number):
            return self.store.read(frame.number)
        made = quantised(made)
        self.store.write(made, frame.canvas)
        return made

    def _from_engine(
        self, plates: Iterator[PlateFrame], heard: Report
    ) -> Generator[tuple[PlateFrame, Generated | None]]:
        """The engine's frames with the plates that they came from; an engine may look a few frames ahead."""
        ahead: deque[PlateFrame] = deque()

        def fed() -> Iterator[PlateFrame]:
            for frame in plates:
                ahead.append(frame)
                yield frame

        for made in self.engine.generate(fed(), heard):
            frame = ahead.popleft()
            assert made.number == frame.number, "an engine must keep the order of the frames"
            yield frame, made

    @staticmethod
    def _from_store(plates: Iterator[PlateFrame]) -> Generator[tuple[PlateFrame, Generated | None]]:
        """Plates whose generations are on disk; none is held till the next is asked for."""
        yield from map(_without_generation, plates)


def _without_generation(frame: PlateFrame) -> tuple[PlateFrame, None]:
    return frame, None


def _kept(seen: dict[int, Future[Seen | None]], before: int) -> dict[int, Far]:
    """Takes frames out of `seen` that none to come is close to, and gives what is kept of them."""
    left = [n for n in seen if n < before]
    return {n: kept for n in left if (kept := _far(seen.pop(n))) is not None}


def _far(one: Far | Future[Seen | None]) -> Far | None:
    if isinstance(one, Far):
        return one
    seen = one.result()
    return None if seen is None else seen.far()


def not_stored(absent: list[int], asked: list[int]) -> BadInput:
    """Why nothing can be finished again: names the frames that were never made."""
    those = f"frame{'s' if len(absent) > 1 else ''} {ranges_text(absent)[:120]}"
    beside = ", which finishing looks at beside those asked for" if not set(absent) & set(asked) else ""
    return BadInput(
        f"no generation is stored for {those}{beside}",
        hint="render the shot once; refinishing starts from what that has stored",
    )


_Making = Callable[[Iterator[PlateFrame]], Generator[tuple[PlateFrame, Generated | None]]]
"""How frames are made of their plates; None where what was made is stored."""

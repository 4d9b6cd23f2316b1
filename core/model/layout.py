"""The one sequence that the transformer sees: which tokens there are, and where in time and space each stands.

    [N noisy | N foreground | one latent frame for each reference | history]

Temporal positional-encoding cloning is here: a reference's tokens take the temporal position of the video frame that
it anchors, so that rotary attention, which sees only differences of positions, finds it at no distance from that frame.
Positions are explicit 64-bit numbers and no grid, so that a fraction of a latent, a negative place and an anchor
outside the window are as good as any. Types are told apart by embeddings of their own, since cloned positions collide;
how far a segment is noised is told by its modulation row.

Legend of shapes: S tokens, N latent frames of the window, (h, w) tokens of one latent frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from pai_studio.core.model.clock import Clock

Floats = npt.NDArray[np.float64]
Turns = npt.NDArray[np.float32]
Cloning = Literal["frame", "latent", "none"]
"""Where a reference stands in time: at its frame; at the latent that holds it, as in the paper; or, to measure what
cloning is worth, behind the video, where nothing tells what it anchors."""


class Kind(IntEnum):
    """What a segment holds; the value is its row of type embeddings."""

    NOISY = 0
    FOREGROUND = 1
    REFERENCE = 2
    HISTORY = 3


class Row(IntEnum):
    """The modulation rows: one for each level of noise in the sequence, and never one for each token."""

    TIMESTEP = 0
    CLEAN = 1
    HISTORY = 2


_ROWS = {
    Kind.NOISY: Row.TIMESTEP,
    Kind.FOREGROUND: Row.CLEAN,
    Kind.REFERENCE: Row.CLEAN,
    Kind.HISTORY: Row.HISTORY,
}


@dataclass(frozen=True)
class Window:
    """`count` latent frames of a shot from its latent `first` on, with `history` clean ones before them.

    A pass over a thinned shot has `step` frames from one latent to the next; only a codec of stride 1 can have one.
    """

    first: int
    count: int
    history: int = 0
    step: int = 1

    def __post_init__(self) -> None:
        if (
            min(self.count, self.step) < 1
            or self.first < 0
            or not 0 <= self.history * self.step <= self.first
        ):
            raise ValueError(f"no window of a shot: {self}")

    @property
    def times(self) -> Floats:
        """(count,) where its latents stand in time, counted from its first."""
        return np.arange(self.count, dtype=np.float64) * self.step

    @property
    def history_times(self) -> Floats:
        """(history,) where the latents before it stand: below 0."""
        return np.arange(-self.history, 0, dtype=np.float64) * self.step


@dataclass(frozen=True)
class Segment:
    """Tokens of one kind on a grid: `times` (n,), `rows` (h,) and `columns` (w,), n the frames of the segment."""

    kind: Kind
    times: Floats
    rows: Floats
    columns: Floats

    @property
    def shape(self) -> tuple[int, int, int]:
        """Frames, rows and columns of tokens."""
        return len(self.times), len(self.rows), len(self.columns)

    @property
    def tokens(self) -> int:
        """How many tokens it has."""
        return int(np.prod(self.shape))

    @property
    def row(self) -> Row:
        """The modulation row of all its tokens."""
        return _ROWS[self.kind]

    def positions(self) -> Floats:
        """The (t, row, column) of every token, (tokens, 3), time slowest."""
        return np.stack(np.meshgrid(self.times, self.rows, self.columns, indexing="ij"), -1).reshape(-1, 3)


@dataclass(frozen=True)
class Layout:
    """The segments of a sequence, kind after kind; every reference is a segment of its own.

    Raises ValueError for another order: the transformer puts its tokens together kind by kind.
    """

    segments: tuple[Segment, ...]

    def __post_init__(self) -> None:
        kinds = [segment.kind for segment in self.segments]
        if kinds != sorted(kinds):
            raise ValueError(f"segments stand in the order of their kinds, not {[k.name for k in kinds]}")

    @cached_property
    def positions(self) -> Floats:
        """(S, 3): time in latents of the window, row and column in tokens."""
        return np.concatenate([segment.positions() for segment in self.segments])

    @cached_property
    def types(self) -> npt.NDArray[np.int64]:
        """(S,): the type embedding of each token."""
        return self._repeated([segment.kind for segment in self.segments])

    @cached_property
    def rows(self) -> npt.NDArray[np.int64]:
        """(S,): the modulation row of each token."""
        return self._repeated([segment.row for segment in self.segments])

    @property
    def tokens(self) -> int:
        """S."""
        return sum(segment.tokens for segment in self.segments)

    def only(self, kinds: Sequence[Kind]) -> Layout:
        """The segments of some kinds alone; asked again it gives the same object, which has its angles by then."""
        wanted = frozenset(kinds)
        if wanted not in self._parts:
            kept = tuple(segment for segment in self.segments if segment.kind in wanted)
            self._parts[wanted] = Layout(kept)
        return self._parts[wanted]

    def turns(self, head_dim: int) -> tuple[Turns, Turns]:
        """`rotary` of all tokens in float32, (S, head_dim) each: computed once, as every step of a window asks."""
        if head_dim not in self._turns:
            cos, sin = rotary(self.positions, head_dim)
            self._turns[head_dim] = cos.astype(np.float32), sin.astype(np.float32)
        return self._turns[head_dim]

    @cached_property
    def _parts(self) -> dict[frozenset[Kind], Layout]:
        return {}

    @cached_property
    def _turns(self) -> dict[int, tuple[Turns, Turns]]:
        return {}

    def spans(self, kind: Kind) -> list[slice]:
        """Where the segments of a kind lie in the sequence."""
        ends = np.cumsum([segment.tokens for segment in self.segments])
        return [
            slice(int(end) - segment.tokens, int(end))
            for end, segment in zip(ends, self.segments, strict=True)
            if segment.kind is kind
        ]

    def _repeated(self, values: Sequence[int]) -> npt.NDArray[np.int64]:
        return np.repeat(np.array(values, np.int64), [segment.tokens for segment in self.segments])


def lay_out(
    window: Window,
    grid: tuple[int, int],
    anchors: Sequence[float],
    clock: Clock,
    *,
    cloning: Cloning = "frame",
    reach: float | None = None,
    half_foreground: bool = False,
    keyframes: Sequence[float] = (),
) -> Layout:
    """The sequence of one window of a shot.

    `grid` is (h, w); `anchors` are pixel frames counted from the shot's first, and may lie outside the window. `reach`
    is the greatest distance in latents, beyond either end of the window, that the model was trained for: an anchor
    farther away is brought to it, on its own side. With `half_foreground` each token of the foreground stands for two
    by two of the grid, at their middle; `grid` must then be even.

    Raises ValueError for an odd grid that is to be halved.
    """
    height, width = grid
    if half_foreground and (height % 2 or width % 2):
        raise ValueError(f"a foreground at half resolution needs an even grid, not {height} x {width}")
    whole = np.arange(height, dtype=np.float64), np.arange(width, dtype=np.float64)
    if window.step > 1 and clock.stride > 1:
        raise ValueError(f"a shot of {clock.stride} frames a latent cannot be thinned by {window.step}")
    own = window.times
    halves = tuple(_halved(axis) for axis in whole) if half_foreground else whole
    segments = [Segment(Kind.NOISY, own, *whole), Segment(Kind.FOREGROUND, own, *halves)]
    places = reference_times(window, anchors, clock, cloning, reach)
    segments += [Segment(Kind.REFERENCE, np.array([place]), *whole) for place in places]
    if window.history:
        segments.append(Segment(Kind.HISTORY, window.history_times, *whole))
    made = (clock.position(frame) - window.first for frame in keyframes)
    segments += [Segment(Kind.HISTORY, np.array([time]), *whole) for time in made]
    return Layout(tuple(segments))


def reference_times(
    window: Window, anchors: Sequence[float], clock: Clock, cloning: Cloning, reach: float | None = None
) -> list[float]:
    """The temporal position of each reference, in latents of the window."""
    if cloning == "none":
        return [float((window.count + index) * window.step) for index in range(len(anchors))]
    place = clock.position if cloning == "frame" else clock.latent
    times = [place(anchor) - window.first for anchor in anchors]
    if reach is None:
        return times
    return [float(np.clip(time, -reach, window.times[-1] + reach)) for time in times]


def rotary(positions: Floats, head_dim: int, theta: float = 10_000.0) -> tuple[Floats, Floats]:
    """The cosines and sines, (S, head_dim) each, by which rotary attention turns tokens at `positions` (S, 3).

    A head's channels are split as in Wan: a sixth of the pairs, rounded down, for rows, as many for columns, the rest
    for time. Pair i of an axis with d channels turns by position * theta^(-2i/d) (Su et al., 2021); both channels of
    a pair stand side by side and have the same angle.

    Raises ValueError for an odd number of channels.
    """
    if head_dim % 2:
        raise ValueError(f"rotary attention turns pairs of channels; {head_dim} is odd")
    angles = np.concatenate(
        [
            positions[:, axis, None] * theta ** (-np.arange(0, channels, 2, dtype=np.float64) / channels)
            for axis, channels in enumerate(axis_channels(head_dim))
        ],
        axis=1,
    )
    return np.repeat(np.cos(angles), 2, axis=1), np.repeat(np.sin(angles), 2, axis=1)


def axis_channels(head_dim: int) -> tuple[int, int, int]:
    """How many channels of a head tell time, rows and columns."""
    side = 2 * (head_dim // 6)
    return head_dim - 2 * side, side, side


def _halved(axis: Floats) -> Floats:
    return (axis[::2] + axis[1::2]) / 2

"""How a shot is cut into the windows that a model makes at once, the same whichever of its frames are asked for.

Windows count in latents of the whole shot. The first has nothing behind it; every further one is given the last few
latents of the one before it, clean, as its history. A model that has learned to may first pass over a thinned shot,
whose frames then stand in every window as keyframes, so that windows far apart agree on what they have in common.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Span:
    """The `count` latents from `first` on, to be made at once, with the `history` finished ones before them.

    `ahead` more are made behind them and thrown away: with nothing after them a window's last latents are its worst,
    and it is there that the next one begins.
    """

    first: int
    count: int
    history: int = 0
    ahead: int = 0

    @property
    def stop(self) -> int:
        """The latent after the last one that it makes."""
        return self.first + self.count

    @property
    def made(self) -> range:
        """The latents that it makes."""
        return range(self.first, self.stop)

    @property
    def sampled(self) -> range:
        """The latents that are sampled for it, those ahead among them."""
        return range(self.first, self.stop + self.ahead)

    @property
    def behind(self) -> range:
        """The latents of its history."""
        return range(self.first - self.history, self.first)


@dataclass(frozen=True, slots=True)
class Passes:
    """All that is made of a shot, in order: the pass over its keyframes, if there is one, and the one over all."""

    keyframes: tuple[int, ...]
    """The frames of the first pass; none where one window holds the shot, or the model makes none."""

    thinned: tuple[Span, ...]
    """The first pass's windows, which count in keyframes: keyframe k stands at k times the step."""

    whole: tuple[Span, ...]
    """The windows over every latent."""

    step: int = 1
    """How far apart keyframes stand."""


def windows(latents: int, most: int, history: int) -> list[Span]:
    """The windows of a shot, none of more than `most` new latents, as few as can be and nearly equally long.

    A short last one would see less of the shot's motion than the others, and cost nearly as much. History is beyond
    `most`, and as long as `history` wherever there is so much before a window.

    Raises ValueError for a shot or a window without a latent, and for a negative history.
    """
    if latents < 1 or most < 1 or history < 0:
        raise ValueError(f"no windows of at most {most} latents after {history} over {latents}")
    parts = -(-latents // most)
    edges = [-(-latents * part // parts) for part in range(parts + 1)]
    return [Span(first, stop - first, min(history, first)) for first, stop in pairwise(edges)]


def covering(spans: Sequence[Span], latent: int) -> int:
    """The index of the window that makes a latent; the ones before it have to be made first.

    Raises ValueError for a latent that no window makes.
    """
    found = bisect_right([span.first for span in spans], latent) - 1
    if found < 0 or latent not in spans[found].made:
        raise ValueError(f"no window makes latent {latent}")
    return found


def keyframes(frames: int, step: int) -> list[int]:
    """The frames, counted from 0, of a shot that is thinned to every `step`-th: its first and its last among them.

    Where the last is no multiple of the step it stands for the next one, as a shot's last frame is held wherever a
    model wants more frames than there are.

    Raises ValueError for a shot without a frame, and for a step below 1.
    """
    if frames < 1 or step < 1:
        raise ValueError(f"no keyframes every {step} of {frames} frames")
    return [*range(0, frames - 1, step), frames - 1]


def passes(latents: int, most: int, history: int, keyframe_step: int = 0, ahead: int = 0) -> Passes:
    """The windows of a shot; with a `keyframe_step` above 0, those over its keyframes first where it has several.

    No window samples more than `most` latents; where there are several, each samples `ahead` more than it makes, as
    far as the shot goes. A latent must hold one frame where there are keyframes. Raises ValueError as `windows` does.
    """
    several = latents > most
    spans = windows(latents, max(1, most - ahead) if several else most, history)
    whole = tuple(replace(span, ahead=min(ahead, latents - span.stop)) for span in spans)
    if keyframe_step < 1 or len(whole) == 1:
        return Passes((), (), whole)
    thinned = keyframes(latents, keyframe_step)
    return Passes(tuple(thinned), tuple(windows(len(thinned), most, history)), whole, keyframe_step)


def told(span: Span, thinned: Sequence[int]) -> list[int]:
    """The keyframes that a window is given: those that it makes anew, and the nearest one on either side.

    One that its history holds is left out: what was made there is what has to go on.
    """
    first, stop = bisect_left(thinned, span.first), bisect_left(thinned, span.sampled.stop)
    near = list(thinned[max(first - 1, 0) : stop + 1])
    return [frame for frame in near if frame >= span.first or frame not in span.behind]

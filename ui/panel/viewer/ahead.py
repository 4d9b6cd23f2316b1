"""Which frames are read before somebody comes to them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from pai_studio.core.shot.frames import FrameRange

_NEAR = 3
"""So many frames on either side are read as large as they are seen, where memory does not hold the whole shot."""


def around(frame: int, marks: FrameRange, shot: FrameRange, *, backwards: bool = False) -> Iterator[int]:
    """The shot's frames inside the marks as playing comes to them: on to the end, then from the beginning."""
    first = marks.first + (shot.first - marks.first) % shot.step
    frames = range(first, marks.last + 1, shot.step)
    if backwards:
        frames = frames[::-1]
    at = frames.index(frame) + 1 if frame in frames else 0
    return chain(frames[at:], frames[:at])


def beside(frame: int, shot: FrameRange) -> list[int]:
    """A frame and those that a few steps to either side come to, the nearest first."""
    steps = sorted(range(-_NEAR, _NEAR + 1), key=abs)
    frames = (frame + by * shot.step for by in steps)
    return [one for one in frames if shot.first <= one <= shot.last]

"""How a shot is cut into the clips that VACE makes at once.

VACE's codec is causal only within a clip: a clip's first latent holds one frame, every further one four, so that a clip
has 4k + 1 frames. One clip goes on from another by showing its last frames again, as frames to be kept.
"""

from __future__ import annotations

from dataclasses import dataclass

from pai_studio.core.model.clock import Clock
from pai_studio.core.plan.windows import windows

CLOCK = Clock(4)


@dataclass(frozen=True, slots=True)
class Clip:
    """The `count` frames from `first` on, counted from the shot's first, of which the first `kept` exist already.

    The last clip may go beyond the shot's end: the last frame is held there.
    """

    first: int
    count: int
    kept: int = 0

    @property
    def stop(self) -> int:
        """The frame after its last one."""
        return self.first + self.count

    @property
    def made(self) -> range:
        """The frames that it makes."""
        return range(self.first + self.kept, self.stop)

    @property
    def latents(self) -> int:
        """How many latents it has."""
        return CLOCK.latents(self.count)


def clips(frames: int, most: int, history: int) -> list[Clip]:
    """The clips of a shot, none of more than `most` latents, nearly equally long, each frame made by one of them.

    Every clip after the first begins with the last `4 history + 1` frames of the one before it, or as many as there
    are.
    """
    latents = CLOCK.latents(frames)
    if latents <= most:
        return [Clip(0, CLOCK.padded(frames))]
    # What is kept takes part of a clip: `history` latents, and the first one, which holds a single frame.
    found = []
    for span in windows(latents, max(1, most - history - 1), history):
        begin = CLOCK.frames_of(span.first).start
        end = CLOCK.frames_of(span.stop - 1).stop
        first = max(0, begin - CLOCK.stride * span.history - 1)
        found.append(Clip(first, end - first, begin - first))
    return found

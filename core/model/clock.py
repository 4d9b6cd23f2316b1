"""How a video codec counts time: pixel frames on one side, latent frames on the other."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Clock:
    """A causal codec: latent 0 holds frame 0 alone, every other one the next `stride` frames.

    With a stride of 1 latents are frames. Frames are counted from the shot's first: a shot is one causal stream, and
    only its first latent is a first-frame latent.
    """

    stride: int

    def __post_init__(self) -> None:
        if self.stride < 1:
            raise ValueError(f"a latent holds at least one frame, not {self.stride}")

    def latents(self, frames: int) -> int:
        """How many latents hold the first `frames` frames."""
        return 1 + math.ceil((frames - 1) / self.stride)

    def padded(self, frames: int) -> int:
        """How many frames these latents hold: a shot's last frame is held up to here, and trimmed afterwards."""
        return 1 + self.stride * (self.latents(frames) - 1)

    def frames_of(self, latent: int) -> range:
        """The frames that a latent holds."""
        if latent == 0:
            return range(1)
        return range(1 + self.stride * (latent - 1), 1 + self.stride * latent)

    def latent(self, frame: float) -> float:
        """The latent that holds a frame: the paper's integer clone. Before the shot it goes on as after frame 0."""
        return math.copysign(math.ceil(abs(frame) / self.stride), frame)

    def position(self, frame: float) -> float:
        """Where a frame stands among the latents: the middle of what a latent holds is that latent's own number.

        `(p + (s - 1) / 2) / s`, but 0 for frame 0, which has a latent to itself; before the shot as after frame 0.
        """
        if frame == 0:
            return 0.0
        return math.copysign((abs(frame) + (self.stride - 1) / 2) / self.stride, frame)

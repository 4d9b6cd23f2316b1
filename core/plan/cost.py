"""What a shot asks of a machine, estimated before anything is read."""

from __future__ import annotations

from dataclasses import dataclass

_PIXEL_BYTES = 4 * 3
_FRAME_PICTURES = 14
"""RGB pictures of plate size that one frame holds at its peak: plate, layers, a moved still or two, scratch."""
_STILL_PICTURES = 2
_BASE_MB = 250.0
_LOOK_S_PER_MPX = 0.16
_MAKE_S_PER_MPX = 0.55
_PAIR_S = 0.5


@dataclass(frozen=True, slots=True)
class Cost:
    """Peak memory of the worker in MB (10^6 bytes) and the engine's time on one core in seconds."""

    memory_mb: float
    time_s: float


def draft_cost(size: tuple[int, int], frames: int, references: int) -> Cost:
    """The draft engine's cost for a plate of `size` (width, height); memory does not depend on `frames`.

    The look over the shot works at a bounded size, so that above one megapixel only the reading of it grows.
    """
    pixels = size[0] * size[1]
    mpx = pixels / 1e6
    pictures = _FRAME_PICTURES + _STILL_PICTURES * references
    seconds = frames * (_LOOK_S_PER_MPX * min(mpx, 1.0) + _MAKE_S_PER_MPX * mpx) + _PAIR_S * max(
        references - 1, 0
    )
    return Cost(_BASE_MB + pictures * pixels * _PIXEL_BYTES / 1e6, seconds)

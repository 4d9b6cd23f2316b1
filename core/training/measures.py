"""What the experiments measure: where in time a still comes, how near the background is, and what seams show.

Pictures are (3, H, W) or (3, n, H, W) in -1..1; `where` is (H, W) and true on the background.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

_UNIQUE = 1.02
_PEAK = 2.0  # from -1 to 1


def errors(frames: Tensor, still: Tensor, where: Tensor) -> Tensor:
    """The mean squared error (n,) of each frame's background to a still's, codes 0..1."""
    return ((frames - still[:, None]) / _PEAK).square()[:, :, where].mean(dim=(0, 2))


def anchor_offset(frames: Tensor, truth: Tensor, still: Tensor, anchor: int, where: Tensor) -> int | None:
    """`argmin_t MSE_bg(frame_t, still) - anchor`, in frames of the window.

    None where the truth's own curve has not its only minimum at the anchor: every other frame must be 2% worse.
    """
    own = errors(truth, still, where)
    others = torch.cat([own[:anchor], own[anchor + 1 :]])
    if not len(others) or float(others.min()) <= float(own[anchor]) * _UNIQUE + 1e-9:
        return None
    return int(errors(frames, still, where).argmin()) - anchor


def psnr_db(squared_error: float) -> float:
    """Of a mean squared error of codes 0..1."""
    return -10 * math.log10(max(squared_error, 1e-12))


@dataclass(frozen=True)
class Seams:
    """What happens where a window begins, over what happens inside: 1 is a seam that nothing tells from the rest.

    `change`: mean |x_t - x_{t-1}|, each over the truth's own. `jump`: mean |e_t - e_{t-1}|, e the difference from the
    truth: what moves that should not. The first forgives what the second does not.
    """

    change: float
    jump: float
    interior_jump: float
    """In code values 0..1."""
    seams: int
    frames: int


class SeamMeter:
    """Takes a shot frame by frame, and keeps only the last."""

    def __init__(self, where: Tensor) -> None:
        self._where = where
        self._last: tuple[Tensor, Tensor] | None = None
        # Of seams and of the interior: frames, then the sums of the change, the truth's change, and the jump.
        self._sums = torch.zeros(2, 4, dtype=torch.float64)
        self._frames = 0

    def add(self, frame: Tensor, truth: Tensor, *, seam: bool) -> None:
        """The next frame; whether it is the first of a window."""
        self._frames += 1
        now = frame[:, self._where], truth[:, self._where]
        if self._last is not None:
            moved, own = now[0] - self._last[0], now[1] - self._last[1]
            means = [float(part.abs().mean()) / _PEAK for part in (moved, own, moved - own)]
            self._sums[0 if seam else 1] += torch.tensor([1.0, *means])
        self._last = now

    def found(self) -> Seams:
        """Raises ValueError before there has been both a seam and something between seams."""
        if not self._sums[:, 0].min():
            raise ValueError("seams are held against the frames between them, and there are not both")
        seams, interior = self._sums[:, 1:] / self._sums[:, :1]
        return Seams(
            change=float((seams[0] / seams[1]) / (interior[0] / interior[1])),
            jump=float(seams[2] / interior[2]),
            interior_jump=float(interior[2]),
            seams=int(self._sums[0, 0]),
            frames=self._frames,
        )

"""What the experiments measure: where in time a still comes, how near the background is, and what seams show.

Pictures are (3, H, W) or (3, n, H, W) in -1..1; `where` is (H, W) and true on the background.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from pai_studio.core.evaluation.aggregate import figure

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
class Shot:
    """One shot that was looked at: which film, from where on, with its one still at which frame.

    `offset` is `anchor_offset`; `background_error` the mean squared error of its background, codes 0..1.
    """

    film: int
    start: int
    anchor: int
    offset: int | None
    background_error: float


def summary(shots: Sequence[Shot], anchors: Sequence[int], seed: int) -> dict[str, Any]:
    """Over the shots with a still at one of `anchors`; intervals are over shots, whose anchors are averaged first."""
    chosen = [shot for shot in shots if shot.anchor in anchors]
    offsets = [shot.offset for shot in chosen if shot.offset is not None]
    error = sum(shot.background_error for shot in chosen) / len(chosen)
    return {
        "offset_frames": figure(_by_shot(chosen, "offset"), seed),
        "on_time": sum(offset == 0 for offset in offsets) / len(offsets) if offsets else None,
        "defined": len(offsets),
        "shots": len(chosen),
        "background_psnr_db": round(psnr_db(error), 3),
    }


def gains(one: Sequence[Shot], two: Sequence[Shot], seed: int) -> dict[str, Any]:
    """What the first run gains over the second, shot by shot: how much less it is off, and its background's dB."""
    offsets = [b - a for a, b in zip(_by_shot(one, "offset"), _by_shot(two, "offset"), strict=True)]
    decibels = [
        psnr_db(a) - psnr_db(b) for a, b in zip(_by_shot(one, "error"), _by_shot(two, "error"), strict=True)
    ]
    return {
        "offset_frames": figure(offsets, seed),
        "background_psnr_db": figure(decibels, seed),
        "better_in": sum(value > 0 for value in decibels),
    }


@dataclass(frozen=True)
class Seams:
    """What happens where a window begins, over what happens inside: 1 is a seam that nothing tells from the rest.

    `change`: mean |x_t - x_{t-1}|, each over the truth's own. `unrest`: mean |x_t - W(x_{t-1})|, where W moves a frame
    as the camera truly moved, less the truth's own: background that slips, morphs or changes its colour. The first is
    what an eye sees of seams, but slips to and fro cancel in it; in the second they do not.
    """

    change: float
    unrest: float
    interior_unrest: float
    """In code values 0..1."""
    seams: int
    frames: int


class SeamMeter:
    """Takes a shot frame by frame, and keeps only the last. Its background moves by `speed_px` columns a frame."""

    def __init__(self, where: Tensor, speed_px: float) -> None:
        self._where, self._speed = where, speed_px
        self._steady = where & (_moved(where[None].float(), speed_px)[0] == 1)
        self._last: tuple[Tensor, Tensor] | None = None
        # Of seams and of the interior: frames, then the sums of the change, the truth's own, and the unrest.
        self._sums = torch.zeros(2, 4, dtype=torch.float64)
        self._frames = 0

    def add(self, frame: Tensor, truth: Tensor, *, seam: bool) -> None:
        """The next frame; whether it is the first of a window."""
        self._frames += 1
        if self._last is not None:
            pairs = list(zip((frame, truth), self._last, strict=True))
            change = [_mean(now - before, self._where) for now, before in pairs]
            warp = [_mean(now - _moved(before, self._speed), self._steady) for now, before in pairs]
            self._sums[0 if seam else 1] += torch.tensor([1.0, *change, warp[0] - warp[1]])
        self._last = frame, truth

    def found(self) -> Seams:
        """Raises ValueError before there has been both a seam and something between seams."""
        if not self._sums[:, 0].min():
            raise ValueError("seams are held against the frames between them, and there are not both")
        seams, interior = self._sums[:, 1:] / self._sums[:, :1]
        return Seams(
            change=float((seams[0] / seams[1]) / (interior[0] / interior[1])),
            unrest=float(seams[2] / interior[2]),
            interior_unrest=float(interior[2]),
            seams=int(self._sums[0, 0]),
            frames=self._frames,
        )


def _moved(picture: Tensor, speed_px: float) -> Tensor:
    """What is `speed_px` columns to the right of each pixel, linearly between two; 0 where the picture ends."""
    width = picture.shape[-1]
    at = torch.arange(width) + speed_px
    low = at.floor().long()
    share = at - low
    padded = torch.nn.functional.pad(picture, (1, 1))

    def column(index: Tensor) -> Tensor:
        return padded[..., (index + 1).clamp(0, width + 1)]

    return column(low) * (1 - share) + column(low + 1) * share


def _mean(difference: Tensor, where: Tensor) -> float:
    return float(difference[:, where].abs().mean()) / _PEAK


def _by_shot(shots: Sequence[Shot], what: str) -> list[float]:
    """The mean over its anchors of each shot's size of offset, or background error; shots without one are left out."""
    groups: dict[tuple[int, int], list[float]] = {}
    for shot in shots:
        value = shot.background_error if what == "error" else shot.offset
        if value is not None:
            groups.setdefault((shot.film, shot.start), []).append(abs(value))
    return [sum(values) / len(values) for _, values in sorted(groups.items())]

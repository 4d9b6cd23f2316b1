"""The screen's colour at a subject's edge as a loss: what a mean of all likely pictures gets wrong by nature.

How far a channel stands above the others is convex, so the mean of likely colours has less of it than they have in the
mean: a model that is taught by its error alone takes green and blue from edges that are green or blue in truth.
"""

from __future__ import annotations

import torch
from torch import Tensor

_REACH_PX = 5
_GAMMA = 2.2
_SCREENS = (1, 2)
"""Green and blue: the model is not told which of them the screen was."""


def spill(predicted: Tensor, clean: Tensor, matte: Tensor) -> Tensor:
    """How far the mean excess at the edge is off, in linear light, of each sample (B,), meaned over both screens.

    Pictures are (B, 3, N, H, W) in display codes -1..1, the matte (B, 1, N, H, W) in 0..1. The excess is
    `max(s - max(o1, o2), 0)`, as the benchmark's spill has it, pooled over the window before it is compared; 0 where a
    window has no edge.
    """
    band = _band(matte)
    area = band.flatten(1).sum(1).clamp_min(1.0)
    off = torch.zeros_like(area)
    for screen in _SCREENS:
        difference = _excess(predicted, screen) - _excess(clean, screen)
        off = off + ((difference * band).flatten(1).sum(1) / area).abs()
    return off / len(_SCREENS)


def _excess(picture: Tensor, screen: int) -> Tensor:
    linear = (picture / 2 + 0.5).clamp(1e-4, 1).pow(_GAMMA)
    others = torch.maximum(*(linear[:, channel] for channel in range(3) if channel != screen))
    return (linear[:, screen] - others).clamp_min(0)[:, None]


def _band(matte: Tensor) -> Tensor:
    """1 around an edge and 0 far from it."""
    size, pad = (1, 2 * _REACH_PX + 1, 2 * _REACH_PX + 1), (0, _REACH_PX, _REACH_PX)
    grown = torch.nn.functional.max_pool3d(matte, size, 1, pad)
    return grown + torch.nn.functional.max_pool3d(-matte, size, 1, pad)

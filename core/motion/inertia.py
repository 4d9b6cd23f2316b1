"""What is expected of a camera before anything is seen of it: it has mass, so it goes on as it goes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import diags, kron, lil_matrix, vstack

from pai_studio.core.motion.pose import PARAMETERS

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

_UNSTEADY = np.array([1e-3, 1e-3, 1e-3, 5e-4, 5e-4, 5e-4, 1e-3])
"""How much each parameter's speed changes from frame to frame: by the shake of a hand, and by the way it is carried."""

_LEVEL = np.array([1.0, 1.0, 1.0, 0.05, 0.05, 0.05, 0.5])
"""How far each parameter gets in a shot."""

_OFF_THE_WAY = 5.0
_NONE = 1e-6


@dataclass(frozen=True)
class Pace:
    """Two frames that follow on one another among the anchors, and how much of the way between them is gone, 0..1."""

    start: int
    end: int
    progress: Callable[[float], float]


def inertia(nodes: Whole, paces: Sequence[Pace], *, zooms: bool, travels: bool) -> Any:
    """Sparse rows (M, 7 N) that are 0 for a camera which goes on at its speed, stays near, and starts at 0.

    Each row is in sigmas. `nodes` (N,) are the frames whose parameters they take, frame by frame. Without `zooms` or
    `travels` those parameters are held at 0.
    """
    n = len(nodes)
    unsteady, level = _UNSTEADY.copy(), _LEVEL.copy()
    if not zooms:
        unsteady[6] = level[6] = _NONE
    if not travels:
        unsteady[3:6] = level[3:6] = _NONE
    gaps = np.diff(nodes).astype(float)
    weight = 1 / np.sqrt((gaps[:-1] + gaps[1:]) / 2)
    slopes = diags([-1 / gaps, 1 / gaps], [0, 1], shape=(n - 1, n))
    bends = diags(weight) @ diags([-1.0, 1.0], [0, 1], shape=(n - 2, n - 1)) @ slopes
    holds = diags(np.concatenate([[1 / _NONE], np.full(n - 1, 1 / np.sqrt(n))]))
    is_turn = np.arange(PARAMETERS) < 3
    turns, travel = np.where(is_turn, 1 / unsteady, 0), np.where(is_turn, 0, 1 / unsteady)
    off = _off_the_way(bends.tocsr(), nodes, paces)
    return vstack(
        [kron(bends, diags(turns)), kron(off, diags(travel)), kron(holds, diags(1 / level))]
    ).tocsr()


def _off_the_way(bends: Any, nodes: Whole, paces: Sequence[Pace]) -> Any:
    """Bends (N - 2, N) of the way itself, but between anchors of how far it lies off their even way."""
    place = {frame: k for k, frame in enumerate(nodes.tolist())}
    off = lil_matrix(bends)
    for pace in paces:
        a, b = place[pace.start], place[pace.end]
        share = _eased(pace, nodes[a : b + 1])
        within = bends[a : b - 1, a : b + 1]
        off[a : b - 1, a] -= (within @ (1 - share))[:, None]
        off[a : b - 1, b] -= (within @ share)[:, None]
        off[a : b - 1] *= _OFF_THE_WAY
    return off.tocsr()


def _eased(pace: Pace, at: Whole) -> Floats:
    """The progress at frames (n,) without the shake of a hand: the cubic from 0 to 1 that is nearest to it."""
    time = (at - pace.start) / (pace.end - pace.start)
    bulge = time * (1 - time)
    basis = np.stack([bulge, bulge * time], axis=1)
    progress = np.array([pace.progress(float(frame)) for frame in at])
    return np.asarray(time + basis @ np.linalg.lstsq(basis, progress - time, rcond=None)[0])

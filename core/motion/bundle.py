"""The camera of a shot from what is seen of it: a plane's track, and points that several stills share.

Bundle adjustment (Triggs et al., "Bundle adjustment: a modern synthesis", 2000) with a prior for a camera that has
mass: it may shake, but it is carried or rolls. The screen's plane and the focal length are found with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, diags, hstack, vstack
from scipy.sparse.linalg import spsolve
from scipy.spatial.transform import Rotation

from pai_studio.core.motion.homography import Matrix, Points, Size, apply, corners
from pai_studio.core.motion.inertia import Pace, inertia
from pai_studio.core.motion.observed import Sight, see
from pai_studio.core.motion.pose import PARAMETERS, Lens, Poses

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

_ROUNDS = 20
_FIXED_ROUNDS = 4
_TRIES = 6
_GLOBAL = 3
_STIFF = 1e3
_SETTLED = 1e-3
_LENS = np.array([np.log(1.15), 0.0, 0.0])
_LENS_SPREAD = np.array([0.15, 0.08, 0.08])
_NEAR, _NEAR_SPREAD = 0.35, 0.6
_MATCH_PX = 0.7
_FIRST_SCALE, _OUTLIER = 12.0, 3.0


@dataclass(frozen=True)
class PlaneMotion:
    """The screen's motion (3x3, pixels) from one frame to another, good to `sigma_px` at the picture's corners."""

    base: int
    frame: int
    motion: Matrix
    sigma_px: float


@dataclass(frozen=True)
class Shared:
    """Points that the stills of two frames share, (N, 2) plate pixels each; some of them may be wrong."""

    one: int
    other: int
    here: Points
    there: Points


@dataclass(frozen=True)
class State:
    """Everything unknown: `lens` (3,) the log of the focal length and the screen's slopes, frames (N, 7), nearness."""

    lens: Floats
    frames: Floats
    near: Floats

    @property
    def flat(self) -> Floats:
        """All of it in a row."""
        return np.concatenate([self.lens, self.frames.ravel(), self.near])

    def moved(self, step: Floats) -> State:
        """With `step` added; a frame's rotation is turned on by its part."""
        end = _GLOBAL + self.frames.size
        change = step[_GLOBAL:end].reshape(self.frames.shape)
        frames = self.frames + change
        turn = Rotation.from_rotvec(change[:, :3]) * Rotation.from_rotvec(self.frames[:, :3])
        frames[:, :3] = turn.as_rotvec()
        return State(self.lens + step[:_GLOBAL], frames, self.near + step[end:])


@dataclass(frozen=True)
class Known:
    """All that was seen of a camera, and how evenly it goes between anchors."""

    planes: Sequence[PlaneMotion]
    shared: Sequence[Shared]
    paces: Sequence[Pace] = ()


@dataclass(frozen=True)
class Guess:
    """What a camera is taken to do: whether it zooms, and leaves its place; how noisy the planes' motions are.

    `noise` is their variance over the one that they are good to; where the `usual` lens and a frontal screen are taken
    for granted, too much of it cannot bend them.
    """

    zooms: bool = False
    travels: bool = True
    noise: float = 1.0
    usual: bool = False


class Bundle:
    """One shot's planes and shared points over the frames `nodes`, which need not follow on one another."""

    def __init__(self, size: Size, nodes: Sequence[int], known: Known, guess: Guess) -> None:
        self._size = size
        self._nodes = np.array(nodes)
        self.guess = guess
        planes, shared = known.planes, known.shared
        place = {frame: k for k, frame in enumerate(nodes)}
        self._base = np.array([place[s.base] for s in planes], np.int64)
        self._frame = np.array([place[s.frame] for s in planes], np.int64)
        at = corners(size)
        self._grid = np.concatenate([at, (at + np.roll(at, 1, axis=0)) / 2, at.mean(axis=0, keepdims=True)])
        self._seen = np.array([apply(s.motion, self._grid) for s in planes]).reshape(-1, len(self._grid), 2)
        # Eight numbers tell a homography: more points of it are no further evidence.
        spread = np.sqrt(len(self._grid) / 4 * guess.noise)
        self._sigma = np.array([s.sigma_px for s in planes])[:, None, None] * spread
        self._one = np.repeat([place[s.one] for s in shared], [len(s.here) for s in shared]).astype(np.int64)
        self._other = np.repeat([place[s.other] for s in shared], [len(s.here) for s in shared]).astype(
            np.int64
        )
        self._here = np.concatenate([np.zeros((0, 2)), *(s.here for s in shared)])
        self._there = np.concatenate([np.zeros((0, 2)), *(s.there for s in shared)])
        self._match_px = _MATCH_PX * max(1.0, size[0] / 1000)
        self._unknowns = _GLOBAL + PARAMETERS * len(nodes) + len(self._one)
        self.sightings = len(planes)
        prior = inertia(self._nodes, known.paces, zooms=guess.zooms, travels=guess.travels)
        self._prior = hstack([csr_matrix((prior.shape[0], _GLOBAL)), prior]).tocsr()

    def start(self) -> State:
        """A camera that stands still."""
        return State(_LENS.copy(), np.zeros((len(self._nodes), PARAMETERS)), np.full(len(self._one), _NEAR))

    def solve(self, state: State, rounds: int = _ROUNDS, *, narrow: bool = False) -> tuple[State, float]:
        """Levenberg and Marquardt's descent from `state`: what it comes to, and its cost.

        The points' outliers fade out as Geman and McClure weigh them, at a scale that narrows from round to round
        (or is `narrow` from the first on, where the state is nearly right).
        """
        damping, scale = 1e-3, 1.0 if narrow else _FIRST_SCALE
        for turn in range(rounds):
            stiff = _STIFF if turn < _FIXED_ROUNDS and not narrow else 1.0
            state, damping, gained = self._descended(state, damping, scale, stiff)
            if scale == 1.0 and stiff == 1.0 and gained < _SETTLED:
                break
            scale = max(1.0, scale * 0.6)
        return state, self._cost(state, 1.0, 1.0)

    def _descended(
        self, state: State, damping: float, scale: float, stiff: float
    ) -> tuple[State, float, float]:
        """One step down, the damping after it, and the share of the cost that is gained, 0 at the bottom."""
        matrix, gradient = self._normal(state, scale, stiff)
        now = self._cost(state, scale, stiff)
        for _ in range(_TRIES):
            tried = state.moved(self._step(matrix, gradient, damping))
            cost = self._cost(tried, scale, stiff)
            if cost < now:
                return tried, max(damping * 0.2, 1e-7), 1 - cost / now
            damping = max(damping * 10, 1e-3)
        return state, damping, 0.0

    def _step(self, matrix: Any, gradient: Floats, damping: float) -> Floats:
        """The damped step, (unknowns,). No two points are tied to each other, so that they drop out of the system.

        (The reduced camera system of Triggs et al., section 6: its size is that of the frames, however many points.)
        """
        split = self._unknowns - len(self._one)
        damped = (matrix + diags(damping * matrix.diagonal())).tocsr()
        cameras, ties = damped[:split, :split], damped[:split, split:]
        points = damped.diagonal()[split:]
        carried = ties @ diags(1 / points)
        goal = gradient[:split] - carried @ gradient[split:]
        step = spsolve((cameras - carried @ ties.T).tocsc(), goal)
        return np.concatenate([step, (gradient[split:] - ties.T @ step) / points])

    def agreeing(self, state: State) -> float:
        """The share (0..1) of the shared points that are where they ought to be; 1 where there are none."""
        error = self._point_errors(self._points_seen(state))
        return float((error < (2 * _OUTLIER) ** 2).mean()) if len(error) else 1.0

    def noise(self, state: State) -> float:
        """The variance of the planes' motions about what they ought to be, over the one that they are good to."""
        if not self.sightings:
            return 0.0
        left = (self._planes_seen(state).landed - self._seen) / self._sigma
        return float(np.square(left).sum() / (8 * self.sightings) * self.guess.noise)

    def poses(self, state: State) -> Poses:
        """The poses of every frame from the first node to the last; between nodes in straight lines."""
        numbers = np.arange(self._nodes[0], self._nodes[-1] + 1)
        frames = np.stack([np.interp(numbers, self._nodes, row) for row in state.frames.T], axis=1)
        plane = np.array([*state.lens[1:], 1.0])
        return Poses(Lens(self._size, float(state.lens[0])), int(self._nodes[0]), frames, plane)

    def _linear(self, state: State, stiff: float) -> tuple[Floats, Any]:
        """What the priors leave, and how it changes with the unknowns."""
        known = (_STIFF if self.guess.usual else stiff) / _LENS_SPREAD
        count = len(self._one)
        path = self._prior @ state.flat[: self._prior.shape[1]]
        left = [path, (state.lens - _LENS) * known, (state.near - _NEAR) / _NEAR_SPREAD]
        start = self._unknowns - count
        matrix = vstack([
            hstack([self._prior, csr_matrix((len(path), count))]),
            csr_matrix((known, (range(3), range(3))), shape=(3, self._unknowns)),
            csr_matrix((np.full(count, 1 / _NEAR_SPREAD), (range(count), start + np.arange(count))),
                       shape=(count, self._unknowns)),
        ])  # fmt: skip
        return np.concatenate(left), matrix.tocsr()

    def _planes_seen(self, state: State) -> Sight:
        lens = Lens(self._size, float(state.lens[0]))
        at = np.broadcast_to(self._grid, self._seen.shape)
        frames = state.frames[self._base], state.frames[self._frame]
        return see(lens, state.lens[1:], at, frames, np.zeros(at.shape[:2]))

    def _points_seen(self, state: State) -> Sight:
        lens = Lens(self._size, float(state.lens[0]))
        frames = state.frames[self._one], state.frames[self._other]
        return see(lens, None, self._here[:, None], frames, state.near[:, None])

    def _point_errors(self, sight: Sight) -> Floats:
        """Squared errors (N,) of the shared points in sigmas."""
        return np.asarray(np.square((sight.landed[:, 0] - self._there) / self._match_px).sum(axis=1))

    def _cost(self, state: State, scale: float, stiff: float) -> float:
        left, _ = self._linear(state, stiff)
        total = float(left @ left)
        total += float(np.square((self._planes_seen(state).landed - self._seen) / self._sigma).sum())
        error, limit = self._point_errors(self._points_seen(state)), (scale * _OUTLIER) ** 2
        return total + float((limit * error / (limit + error)).sum())

    def _normal(self, state: State, scale: float, stiff: float) -> tuple[Any, Floats]:
        """The normal equations at a state: the matrix, and the downward gradient."""
        planes, points = self._planes_seen(state), self._points_seen(state)
        weight = 1 / (1 + self._point_errors(points) / (scale * _OUTLIER) ** 2)
        blocks = [
            self._linear(state, stiff),
            self._rows(planes, self._seen, 1 / self._sigma, (self._base, self._frame)),
            self._rows(
                points,
                self._there[:, None],
                (weight / self._match_px)[:, None, None],
                (self._one, self._other),
                points.near,
            ),
        ]
        rows = vstack([block for _, block in blocks]).tocsr()
        return (rows.T @ rows).tocsc(), -(rows.T @ np.concatenate([block for block, _ in blocks]))

    def _rows(
        self,
        sight: Sight,
        goal: Points,
        weight: Floats,
        frames: tuple[Whole, Whole],
        near: Floats | None = None,
    ) -> tuple[Floats, Any]:
        """What is left of a sight, in rows, and its sparse Jacobian."""
        left = ((sight.landed - goal) * weight).ravel()
        count = len(sight.landed)
        parts = [(sight.lens, np.zeros(count, np.int64))]
        parts += [
            (slope, _GLOBAL + index * PARAMETERS)
            for slope, index in zip((sight.one, sight.other), frames, strict=True)
        ]
        if near is not None:
            parts.append((near, self._unknowns - count + np.arange(count)))
        rows, columns, values = [], [], []
        for slope, first in parts:
            where = first[:, None, None, None] + np.arange(slope.shape[-1])
            row = np.arange(left.size).reshape(*sight.landed.shape, 1)
            values.append((slope * weight[..., None]).ravel())
            columns.append(np.broadcast_to(where, slope.shape).ravel())
            rows.append(np.broadcast_to(row, slope.shape).ravel())
        index = (np.concatenate(rows), np.concatenate(columns))
        return left, csr_matrix((np.concatenate(values), index), shape=(left.size, self._unknowns))

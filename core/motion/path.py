"""The way of a camera from one anchor on, by its poses, made to meet what is known at the other end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pai_studio.core.motion.homography import (
    Matrix,
    Points,
    Size,
    apply,
    corners,
    exponential,
    inverse,
    logarithm,
)
from pai_studio.core.motion.pose import Poses

FAR = 0.3
"""Nearness of a place that nothing tells the distance of: it lies well behind the screen."""

_EYE, _RISE = 0.2, 0.03
"""How high over its floor a camera is held, in distances of the screen, and how much it looks downward."""

_PLANE_SPREAD = 0.5
_LEAST_WAY = 0.004

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True)
class View:
    """How a reference's pixels x, at its anchor, move to a frame: to `motion` @ ((x, y, 1) + r * `epipole`).

    `r` is the nearness over that of the plane whose homography `motion` is; it is not told apart from mere motion
    where `epipole` is None. `share` is how much of the way to the neighbouring reference has been gone, 0..1.
    """

    motion: Matrix
    epipole: Vector | None
    share: float
    floor: Vector | None = None
    """The nearness floor @ (x, y, 1) that a floor would have there, which nothing but experience tells."""


class Path:
    """How pixels at the anchor `start` move: x at `frame` ~ motion(frame) @ (x, y, 1) + r * epipole(frame).

    `r` is the nearness of what is seen there over that of one plane, in which `motion` is the homography. Between
    two anchors that plane is the one of `motion` to the `end`, which both are corrected to meet; else it is far away.
    """

    def __init__(
        self, poses: Poses, start: int, end: int | None = None, motion: Matrix | None = None
    ) -> None:
        self._poses, self._start, self._end = poses, start, end
        if end is None or motion is None:
            self._plane = np.array([0.0, 0.0, FAR])
            self._rest = np.zeros((3, 3))
            return
        matrix, epipole = poses.seen(start, end)
        self._plane = _plane(matrix, epipole, motion, poses.lens.size)
        self._rest = logarithm(motion @ inverse(matrix + np.outer(epipole, self._plane)))

    def motion(self, frame: float) -> Matrix:
        """The plane's homography from the start to a frame."""
        matrix, epipole = self._poses.seen(self._start, frame)
        return np.asarray(self._made_up(frame) @ (matrix + np.outer(epipole, self._plane)))

    def epipole(self, frame: float) -> Vector:
        """Where the start's camera is seen, (3,) homogeneous pixels, as long as the way that lies between."""
        return np.asarray(self._made_up(frame) @ self._poses.seen(self._start, frame)[1])

    @property
    def floor(self) -> Vector:
        """The nearness (3,) that a floor would have at the start's pixels: floor @ (x, y, 1)."""
        rays = inverse(self._poses.lens.matrix(float(self._poses.at(self._start)[6])))
        return np.asarray((rays[1] + _RISE * rays[2]) / _EYE)

    def share(self, frame: float) -> float:
        """How much of the way to the end the camera has gone, 0..1; in time where it hardly leaves its place."""
        if self._end is None:
            return 0.0
        goal = self._poses.travelled(self._start, self._end)
        gone = self._poses.travelled(self._start, frame)
        in_time = (frame - self._start) / (self._end - self._start)
        share = (gone @ goal + _LEAST_WAY**2 * in_time) / (goal @ goal + _LEAST_WAY**2)
        return float(np.clip(share, 0, 1))

    def _made_up(self, frame: float) -> Matrix:
        return exponential(self.share(frame) * self._rest)


def _plane(matrix: Matrix, epipole: Vector, motion: Matrix, size: Size) -> Vector:
    """The plane (3,) by which `matrix + epipole plane^T` comes nearest to `motion`, far away where that tells little.

    It gives the nearness of the pixel (x, y) as plane @ (x, y, 1).
    """
    at = corners(size)
    points: Points = np.concatenate([at, (at + np.roll(at, 1, axis=0)) / 2, at.mean(axis=0, keepdims=True)])
    homogeneous = np.concatenate([points, np.ones((len(points), 1))], axis=1)
    goal = apply(motion, points)
    seen = homogeneous @ matrix.T
    rows = (epipole[:2] - goal * epipole[2]) / seen[:, 2:]
    left = goal - seen[:, :2] / seen[:, 2:]
    system = [(rows[:, c, None] * homogeneous) for c in (0, 1)] + [homogeneous / _PLANE_SPREAD]
    target = [left[:, 0], left[:, 1], np.zeros(len(points))]
    return np.asarray(np.linalg.lstsq(np.concatenate(system), np.concatenate(target), rcond=None)[0])

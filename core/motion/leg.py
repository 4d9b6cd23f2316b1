"""The way between two neighbouring anchors of a shot: where it leads, how evenly, and what a track tells of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import numpy.typing as npt
from scipy.interpolate import PchipInterpolator

from pai_studio.core.motion.homography import Matrix, Size, corners, exponential, inverse, logarithm
from pai_studio.core.motion.path import Path
from pai_studio.core.motion.pose import Poses
from pai_studio.core.motion.track import Track

_MIN_TRAVEL = 0.01


@dataclass(frozen=True)
class Leg:
    """`motion` maps the points of the anchor `start` to those of `end`; `progress` is the share gone at a frame."""

    start: int
    end: int
    motion: Matrix
    track: Track
    progress: Callable[[float], float]
    paths: tuple[Path, Path] | None = None
    """The way from its start and from its end by the camera's poses, where they are known."""

    @classmethod
    def along(
        cls, ends: tuple[int, int], motion: Matrix, track: Track, size: Size, speed: PchipInterpolator | None
    ) -> Leg:
        """A leg that goes as the track does, and where it is broken at `speed` (travelled at a frame), else evenly."""
        start, end = ends
        known = track.known(start, end)
        if known == 0:
            progress = _in_time(ends, speed)
        elif track.relative(start, end) is None:
            progress = _in_gaps(ends, track, known)
        else:
            progress = _of_track(ends, track, size)
        return cls(start, end, motion, track, progress)

    def posed(self, poses: Poses) -> Leg:
        """The same leg by the camera's poses."""
        there = Path(poses, self.start, self.end, self.motion)
        return replace(self, paths=(there, Path(poses, self.end, self.start, inverse(self.motion))))

    def path(self, anchor: int) -> Path | None:
        """The way from one of its two anchors by the camera's poses."""
        return None if self.paths is None else self.paths[0 if anchor == self.start else 1]

    def moved(self, near: int, frame: float) -> Matrix:
        """From one of its anchors to a frame on it.

        Without poses, what the track leaves over is made up by the progress.
        """
        path = self.path(near)
        if path is not None:
            return path.motion(frame)
        rest = logarithm(self.motion @ inverse(self.track.bridged(self.start, self.end)))
        from_start = exponential(self.progress(frame) * rest) @ self.track.bridged(self.start, frame)
        return from_start if near == self.start else from_start @ inverse(self.motion)


def _in_gaps(ends: tuple[int, int], track: Track, known: float) -> Callable[[float], float]:
    start, end = ends
    whole = (end - start) * (1 - known)

    def progress(frame: float) -> float:
        frame = float(np.clip(frame, start, end))
        return (frame - start) * (1 - track.known(start, frame)) / whole

    return progress


def _in_time(ends: tuple[int, int], speed: PchipInterpolator | None) -> Callable[[float], float]:
    start, end = ends
    if speed is None:
        return lambda frame: float(np.clip((frame - start) / (end - start), 0, 1))
    low, high = float(speed(start)), float(speed(end))
    return lambda frame: float((speed(np.clip(frame, start, end)) - low) / (high - low))


def _of_track(ends: tuple[int, int], track: Track, size: Size) -> Callable[[float], float]:
    """The tracked share of the way, since what parallax adds goes with the camera's place and not with time.

    Motions are compared by their generators: halfway through a zoom the corners have gone less than half their way.
    """
    start, end = ends
    goal = _speeds(track.bridged(start, end), size)
    if np.abs(goal).mean() < _MIN_TRAVEL * size[0]:
        return _in_time(ends, None)

    @cache
    def progress(frame: float) -> float:
        so_far = _speeds(track.bridged(start, float(np.clip(frame, start, end))), size)
        return float(np.clip(so_far @ goal / (goal @ goal), 0, 1))

    return progress


def _speeds(motion: Matrix, size: Size) -> npt.NDArray[np.float64]:
    """How fast the corners set out, (8,), in a motion of constant speed that arrives after one unit of time."""
    at = np.concatenate([corners(size), np.ones((4, 1))], axis=1)
    moved = at @ logarithm(motion).T
    return np.asarray(moved[:, :2] - at[:, :2] * moved[:, 2:]).ravel()

"""The camera of a shot: from the screen's track where there is one, else from the references, else held.

References that are related to each other, by registration or by a track that joins their anchors, share a world;
a world knows how the picture moves from any of its anchors to any frame. Between two worlds nothing is known.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.interpolate import PchipInterpolator

from pai_studio.core.motion.homography import (
    Fit,
    Matrix,
    Size,
    corner_shift,
    exponential,
    inverse,
    logarithm,
)
from pai_studio.core.motion.track import Track

Source = Literal["tracked", "interpolated", "held"]

_STILL_PX = 0.35
_MIN_TRAVEL = 0.01


@dataclass(frozen=True)
class Span:
    """Frames `first`..`last` whose camera comes from one source; `detail` says how well it is borne out."""

    first: int
    last: int
    source: Source
    detail: str


@dataclass(frozen=True)
class _Leg:
    """The way between two neighbouring anchors of a world: `motion` maps the first's points to the second's."""

    start: int
    end: int
    motion: Matrix
    progress: Callable[[float], float]
    generator: Matrix


class Camera:
    """How the background moves: `motion(reference, frame)` in plate pixels, and where that knowledge comes from.

    `anchors` are the references' frames; `links[i, j]` (i < j) maps reference i's points, placed over the plate at
    its anchor, to reference j's at its own. `size` is the plate's.
    """

    def __init__(
        self, anchors: Sequence[int], links: Mapping[tuple[int, int], Fit], track: Track, size: Size
    ) -> None:
        self._anchors = list(anchors)
        self._links = links
        self._track = track
        self._size = size
        self._world = self._worlds()
        self._legs = {world: self._solve(world) for world in set(self._world)}

    def related(self, one: int, other: int) -> bool:
        """Whether two references are known to see the same place."""
        return self._world[one] == self._world[other]

    def motion(self, reference: int, frame: float) -> Matrix:
        """Maps plate pixels at the reference's anchor to plate pixels at `frame`; exactly the identity there."""
        anchor = self._anchors[reference]
        if frame == anchor:
            return np.eye(3)
        legs = self._legs[self._world[reference]]
        matrix = self._pose(legs, anchor, frame)
        return np.eye(3) if self._is_still(matrix) else matrix

    def between(self, one: int, other: int) -> Matrix:
        """Maps one reference's points at its anchor to another's at its own; only for related references."""
        return self.motion(one, self._anchors[other])

    def progress(self, one: int, other: int, frame: float) -> float:
        """How much of the way from one neighbouring anchor to the other the camera has gone at `frame`, 0..1."""
        a, b = self._anchors[one], self._anchors[other]
        for leg in self._legs[self._world[one]]:
            if {leg.start, leg.end} == {a, b} and a != b:
                gone = leg.progress(frame)
                return gone if leg.start == a else 1 - gone
        return float(np.clip((frame - a) / (b - a), 0, 1)) if a != b else 0.0

    def source(self, frame: int) -> tuple[Source, str]:
        """Where the camera of one frame comes from, and how well that is borne out."""
        if frame in self._anchors:
            neighbours = [s for f in (frame + 1, frame - 1) if (s := self._source_off_anchor(f))[0] != "held"]
            return neighbours[0] if neighbours else ("held", "the anchor itself")
        return self._source_off_anchor(frame)

    def spans(self, frames: Sequence[int]) -> list[Span]:
        """The shot cut into spans of one source each."""
        found: list[Span] = []
        for frame in frames:
            source, detail = self.source(frame)
            if found and (found[-1].source, found[-1].detail) == (source, detail):
                found[-1] = Span(found[-1].first, frame, source, detail)
            else:
                found.append(Span(frame, frame, source, detail))
        return found

    def _is_still(self, matrix: Matrix) -> bool:
        """A shift below what tracking can tell is none: a locked-off plate is never resampled."""
        return bool(np.abs(corner_shift(matrix, self._size)).max() < _STILL_PX)

    def _worlds(self) -> list[int]:
        world = list(range(len(self._anchors)))
        for i in range(len(world)):
            for j in range(i + 1, len(world)):
                same = self._anchors[i] == self._anchors[j]
                if (
                    same
                    or (i, j) in self._links
                    or self._track.relative(self._anchors[i], self._anchors[j]) is not None
                ):
                    world = [world[i] if w == world[j] else w for w in world]
        return world

    def _solve(self, world: int) -> list[_Leg]:
        """The legs between the world's anchors, in time, with one smooth speed through all that are not tracked."""
        members = [k for k, w in enumerate(self._world) if w == world]
        stops = sorted({self._anchors[k] for k in members})
        motions = [self._measured(a, b, members) for a, b in itertools.pairwise(stops)]
        lengths = [float(np.abs(corner_shift(m, self._size)).mean()) for m in motions]
        travelled = np.concatenate([[0.0], np.cumsum(np.maximum(lengths, 1e-6))])
        speed = PchipInterpolator(stops, travelled) if len(stops) > 2 else None
        return [self._leg(stops[n], stops[n + 1], motions[n], speed) for n in range(len(motions))]

    def _measured(self, start: int, end: int, members: list[int]) -> Matrix:
        """The motion from one anchor to the next: registered, by way of others, or tracked."""
        firsts = [k for k in members if self._anchors[k] == start]
        lasts = [k for k in members if self._anchors[k] == end]
        direct = [
            (f.inliers.sum(), m)
            for i in firsts
            for j in lasts
            if (found := self._link(i, j))
            for f, m in [found]
        ]
        if direct:
            return max(direct, key=lambda pair: pair[0])[1]
        tracked = self._track.relative(start, end)
        if tracked is not None:
            return tracked
        return self._by_way_of_others(firsts, lasts, members)

    def _link(self, i: int, j: int) -> tuple[Fit, Matrix] | None:
        if (i, j) in self._links:
            return self._links[i, j], self._links[i, j].matrix
        if (j, i) in self._links:
            return self._links[j, i], inverse(self._links[j, i].matrix)
        return None

    def _by_way_of_others(self, firsts: list[int], lasts: list[int], members: list[int]) -> Matrix:
        """The fewest steps that lead from one anchor's references to another's, through links, tracks and anchors."""
        reached: dict[int, Matrix] = {k: np.eye(3) for k in firsts}
        while not any(k in reached for k in lasts):
            steps = {}
            for i, so_far in reached.items():
                for j in set(members) - set(reached):
                    step = self._step(i, j)
                    if step is not None:
                        steps[j] = step @ so_far
            reached |= steps
        return next(reached[k] for k in lasts if k in reached)

    def _step(self, i: int, j: int) -> Matrix | None:
        if self._anchors[i] == self._anchors[j]:
            return np.eye(3)
        found = self._link(i, j)
        return found[1] if found else self._track.relative(self._anchors[i], self._anchors[j])

    def _leg(self, start: int, end: int, motion: Matrix, speed: PchipInterpolator | None) -> _Leg:
        """A leg goes as the track does; what the track leaves over is made up where it is broken, else on the way."""
        tracked = self._track.bridged(start, end)
        known = self._track.known(start, end)
        if known == 0:
            progress = self._progress_in_time(start, end, speed)
        elif self._track.relative(start, end) is None:
            progress = self._progress_in_gaps(start, end, known)
        else:
            progress = self._progress_of_track(start, end, tracked)
        return _Leg(start, end, motion, progress, logarithm(motion @ inverse(tracked)))

    def _progress_in_gaps(self, start: int, end: int, known: float) -> Callable[[float], float]:
        whole = (end - start) * (1 - known)

        def progress(frame: float) -> float:
            frame = float(np.clip(frame, start, end))
            return (frame - start) * (1 - self._track.known(start, frame)) / whole

        return progress

    @staticmethod
    def _progress_in_time(start: int, end: int, speed: PchipInterpolator | None) -> Callable[[float], float]:
        if speed is None:
            return lambda frame: float(np.clip((frame - start) / (end - start), 0, 1))
        low, high = float(speed(start)), float(speed(end))
        return lambda frame: float((speed(np.clip(frame, start, end)) - low) / (high - low))

    def _progress_of_track(self, start: int, end: int, whole: Matrix) -> Callable[[float], float]:
        """The tracked share of the way, since what parallax adds goes with the camera's place and not with time."""
        goal = corner_shift(whole, self._size).ravel()
        if np.abs(goal).mean() < _MIN_TRAVEL * self._size[0]:
            return self._progress_in_time(start, end, None)

        def progress(frame: float) -> float:
            so_far = self._track.bridged(start, float(np.clip(frame, start, end)))
            return float(np.clip(corner_shift(so_far, self._size).ravel() @ goal / (goal @ goal), 0, 1))

        return progress

    def _pose(self, legs: list[_Leg], anchor: int, frame: float) -> Matrix:
        """The motion from one anchor of a world to any frame, leg by leg."""
        pose = np.eye(3)
        at = anchor
        ahead = frame > anchor
        for leg in legs if ahead else reversed(legs):
            near, far = (leg.start, leg.end) if ahead else (leg.end, leg.start)
            if near != at:
                continue
            if min(near, far) <= frame <= max(near, far):
                return self._along(leg, near, frame) @ pose
            pose = (leg.motion if ahead else inverse(leg.motion)) @ pose
            at = far
        beyond = self._track.relative(at, self._track.nearest(at, frame))
        return pose if beyond is None else beyond @ pose

    def _along(self, leg: _Leg, near: int, frame: float) -> Matrix:
        """From one end of a leg to a frame on it."""
        from_start = exponential(leg.progress(frame) * leg.generator) @ self._track.bridged(leg.start, frame)
        return from_start if near == leg.start else from_start @ inverse(leg.motion)

    def _source_off_anchor(self, frame: int) -> tuple[Source, str]:
        for legs in self._legs.values():
            for leg in legs:
                if leg.start <= frame <= leg.end:
                    return self._leg_source(leg, frame)
        ends = [a for a in self._anchors if self._track.relative(a, frame) is not None]
        if ends:
            return "tracked", self._track_text(frame)
        return "held", "no track, and no related references on both sides"

    def _leg_source(self, leg: _Leg, frame: int) -> tuple[Source, str]:
        pairs = [
            found[0]
            for i, a in enumerate(self._anchors)
            for j, b in enumerate(self._anchors)
            if (a, b) == (leg.start, leg.end) and (found := self._link(i, j))
        ]
        registered = ""
        if pairs:
            best = max(pairs, key=lambda fit: fit.inliers.sum())
            registered = (
                f"references registered by {int(best.inliers.sum())} matches, {best.residual_px:.2f} px"
            )
        if self._track.stretch_at(frame) is not None:
            return "tracked", "; ".join(filter(None, (self._track_text(frame), registered)))
        return "interpolated", registered or "registered by way of other references"

    def _track_text(self, frame: float) -> str:
        stretch = self._track.stretch_at(frame)
        if stretch is None:
            return ""
        return (
            f"{len(stretch.frames)} frames of track, {int(np.median(stretch.inliers))} features, "
            f"{float(np.median(stretch.residuals_px)):.2f} px"
        )

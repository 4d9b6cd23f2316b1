"""The camera of a shot: from the screen's track where there is one, else from the references, else held.

References that are related to each other, by registration or by a track that joins their anchors, share a world;
a world knows how the picture moves from any of its anchors to any frame. Between two worlds nothing is known.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.interpolate import PchipInterpolator

from pai_studio.core.motion.bundle import Shared
from pai_studio.core.motion.homography import Fit, Matrix, Points, Size, corner_shift, inverse
from pai_studio.core.motion.leg import Leg
from pai_studio.core.motion.path import Path, View
from pai_studio.core.motion.pose import Poses
from pai_studio.core.motion.solve import Evidence, shared_points, solve
from pai_studio.core.motion.track import Track

Source = Literal["tracked", "interpolated", "held"]

_STILL_PX = 0.35
_NEAREST = 2.0


@dataclass(frozen=True)
class Span:
    """Frames `first`..`last` whose camera comes from one source; `detail` says how well it is borne out."""

    first: int
    last: int
    source: Source
    detail: str


class Camera:
    """How the background moves: `motion(reference, frame)` in plate pixels, and where that knowledge comes from.

    `anchors` are the references' frames; `links[i, j]` (i < j) maps reference i's points, placed over the plate at
    its anchor, to reference j's at its own. `size` is the plate's. `points[i, j]` are places that both references
    show, in the same coordinates; with them, or with a track, the camera's poses are looked for.
    """

    def __init__(
        self,
        anchors: Sequence[int],
        links: Mapping[tuple[int, int], Fit],
        track: Track,
        size: Size,
        points: Mapping[tuple[int, int], tuple[Points, Points]] | None = None,
    ) -> None:
        self._anchors = list(anchors)
        self._links = links
        self._track = track
        self._size = size
        self._world = self._worlds()
        self._legs = {world: self._solve(world) for world in set(self._world)}
        self._poses: dict[int, Poses] = {}
        if points is not None:
            self._find_poses(shared_points(points, self._anchors))

    def related(self, one: int, other: int) -> bool:
        """Whether two references are known to see the same place."""
        return self._world[one] == self._world[other]

    def motion(self, reference: int, frame: float) -> Matrix:
        """Maps plate pixels at the reference's anchor to plate pixels at `frame`; exactly the identity there."""
        anchor = self._anchors[reference]
        if frame == anchor:
            return np.eye(3)
        matrix = self._pose(self._world[reference], anchor, frame)
        return np.eye(3) if self._is_still(matrix) else matrix

    def view(self, one: int, other: int, frame: float) -> View:
        """How reference `one` moves to a frame, told with `other`, which is anchored next to it."""
        a, b = self._anchors[one], self._anchors[other]
        if frame == a:
            return View(np.eye(3), None, 0.0)
        for leg in self._legs[self._world[one]]:
            if {leg.start, leg.end} == {a, b} and (path := leg.path(a)) is not None:
                motion, epipole = path.motion(frame), path.epipole(frame)
                nearest = motion + np.outer(epipole, [0, 0, _NEAREST])
                if self._is_still(motion) and self._is_still(nearest):
                    return View(np.eye(3), None, path.share(frame))
                return View(motion, epipole, path.share(frame))
        beyond = (frame - a) * (b - a) < 0
        return View(self.motion(one, frame), None, 0.0 if beyond else self.progress(one, other, frame))

    def alone(self, reference: int, frame: float) -> View:
        """How a reference moves to a frame when no other one tells how near its things are."""
        poses = self._poses.get(self._world[reference])
        anchor = self._anchors[reference]
        if poses is None or frame == anchor or self.neighbours(reference, frame):
            return View(self.motion(reference, frame), None, 0.0)
        path = Path(poses, anchor)
        return View(path.motion(frame), path.epipole(frame), 0.0, path.floor)

    def neighbours(self, reference: int, frame: float) -> list[int]:
        """The references anchored next to one of the same world, those on the frame's side first."""
        anchor = self._anchors[reference]
        members = [k for k, w in enumerate(self._world) if w == self._world[reference]]
        later = min((self._anchors[k] for k in members if self._anchors[k] > anchor), default=None)
        earlier = max((self._anchors[k] for k in members if self._anchors[k] < anchor), default=None)
        order = (later, earlier) if frame >= anchor else (earlier, later)
        return [k for stop in order for k in members if self._anchors[k] == stop]

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

    def _find_poses(self, shared: list[Shared]) -> None:
        """Solve each world's camera by what its stills and the tracks between them show, where one explains it."""
        for world, legs in self._legs.items():
            stops = sorted({a for a, w in zip(self._anchors, self._world, strict=True) if w == world})
            stretches = [
                s for s in self._track.stretches if s.frames[0] <= stops[-1] and s.frames[-1] >= stops[0]
            ]
            within = [s for s in shared if s.one in stops and s.other in stops]
            motions, paces = [leg.motion for leg in legs], [leg.progress for leg in legs]
            poses = solve(Evidence(self._size, stretches, within, stops, motions, paces))
            if poses is not None:
                self._poses[world] = poses
                self._legs[world] = [leg.posed(poses) for leg in legs]

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

    def _solve(self, world: int) -> list[Leg]:
        """The legs between the world's anchors, in time, with one smooth speed through all that are not tracked."""
        members = [k for k, w in enumerate(self._world) if w == world]
        stops = sorted({self._anchors[k] for k in members})
        motions = [self._measured(a, b, members) for a, b in itertools.pairwise(stops)]
        lengths = [float(np.abs(corner_shift(m, self._size)).mean()) for m in motions]
        travelled = np.concatenate([[0.0], np.cumsum(np.maximum(lengths, 1e-6))])
        speed = PchipInterpolator(stops, travelled) if len(stops) > 2 else None
        return [
            Leg.along(ends, motion, self._track, self._size, speed)
            for ends, motion in zip(itertools.pairwise(stops), motions, strict=True)
        ]

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

    def _pose(self, world: int, anchor: int, frame: float) -> Matrix:
        """The motion from one anchor of a world to any frame, leg by leg."""
        legs = self._legs[world]
        pose = np.eye(3)
        at = anchor
        ahead = frame > anchor
        for leg in legs if ahead else reversed(legs):
            near, far = (leg.start, leg.end) if ahead else (leg.end, leg.start)
            if near != at:
                continue
            if min(near, far) <= frame <= max(near, far):
                return leg.moved(near, frame) @ pose
            pose = (leg.motion if ahead else inverse(leg.motion)) @ pose
            at = far
        beyond = self._beyond(world, at, frame)
        return pose if beyond is None else beyond @ pose

    def _beyond(self, world: int, at: int, frame: float) -> Matrix | None:
        """From a world's first or last anchor outward: by the poses, at the distance that its place has there."""
        if world not in self._poses:
            return self._track.relative(at, self._track.nearest(at, frame))
        for leg in self._legs[world]:
            if at in (leg.start, leg.end) and (path := leg.path(at)) is not None:
                return path.motion(frame)
        return Path(self._poses[world], at).motion(frame)

    def _source_off_anchor(self, frame: int) -> tuple[Source, str]:
        for legs in self._legs.values():
            for leg in legs:
                if leg.start <= frame <= leg.end:
                    return self._leg_source(leg, frame)
        ends = [a for a in self._anchors if self._track.relative(a, frame) is not None]
        if ends:
            return "tracked", self._track_text(frame)
        return "held", "no track, and no related references on both sides"

    def _leg_source(self, leg: Leg, frame: int) -> tuple[Source, str]:
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

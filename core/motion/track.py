"""The screen's motion through a shot, gathered frame by frame while only one key picture is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from pai_studio.core.motion.features import MIN_INLIERS, Gray, Key, Mask, follow, keyed
from pai_studio.core.motion.homography import Fit, Matrix, Size, corner_shift, inverse, power, scaling

_MAX_GAP = 8
_MIN_PERSISTING = 0.5
_MIN_PERSISTED = 2
_MOST = 0.4
_NEW_KEY_BELOW = 0.6
_NEW_KEY_SHIFT = 0.2
_MOST_DOUBT = 0.095


@dataclass
class Stretch:
    """Frames over which the motion is known without a break: each one's pose maps the first frame's points to it."""

    frames: list[int] = field(default_factory=list)
    poses: list[Matrix] = field(default_factory=list)
    inliers: list[int] = field(default_factory=list)
    residuals_px: list[float] = field(default_factory=list)
    grain_px: float = 1.0
    """How many plate pixels one pixel of the pictures is that were followed."""

    @property
    def doubts(self) -> npt.NDArray[np.float64]:
        """How far each motion errs by what its features leave: their residual over the root of their number."""
        residuals, inliers = np.array(self.residuals_px), np.maximum(np.array(self.inliers), 1)
        return np.asarray(residuals / np.sqrt(inliers) / self.grain_px)

    def pose(self, frame: float) -> Matrix:
        """The pose at a frame, between two known ones at a constant speed; ValueError outside."""
        if not self.frames[0] <= frame <= self.frames[-1]:
            raise ValueError(f"frame {frame} lies outside {self.frames[0]}..{self.frames[-1]}")
        after = int(np.searchsorted(self.frames, frame))
        if self.frames[after] == frame:
            return self.poses[after]
        a, b = self.frames[after - 1], self.frames[after]
        step = self.poses[after] @ inverse(self.poses[after - 1])
        return power(step, (frame - a) / (b - a)) @ self.poses[after - 1]


@dataclass
class Track:
    """Every stretch of a shot, in plate pixels."""

    stretches: list[Stretch] = field(default_factory=list)

    def stretch_at(self, frame: float) -> Stretch | None:
        """The stretch that a frame lies in."""
        return next((s for s in self.stretches if s.frames[0] <= frame <= s.frames[-1]), None)

    def relative(self, start: float, frame: float) -> Matrix | None:
        """The motion from one frame's points to another's, None where the track is broken between them."""
        found = self.stretch_at(start)
        if found is None or found is not self.stretch_at(frame):
            return None
        return found.pose(frame) @ inverse(found.pose(start))

    def covered(self, frames: Sequence[int]) -> float:
        """The share (0..1) of the shot's length over which the motion is known."""
        return self.known(frames[0], frames[-1]) if len(frames) > 1 else 0.0

    @property
    def doubt_px(self) -> float:
        """How far its motions usually err in plate pixels; infinite where there are none."""
        doubts = [s.doubts * s.grain_px for s in self.stretches]
        return float(np.median(np.concatenate(doubts))) if doubts else float("inf")

    def believed(self) -> Track:
        """The stretches that enough agrees with to be more than noise that followed itself."""
        return Track([s for s in self.stretches if np.median(s.doubts) < _MOST_DOUBT])

    def bridged(self, start: float, frame: float) -> Matrix:
        """The motion from a frame to a later one as far as it is known, as if the camera stood still in the gaps."""
        motion = np.eye(3)
        for stretch, low, high in self._overlaps(start, frame):
            motion = stretch.pose(high) @ inverse(stretch.pose(low)) @ motion
        return motion

    def known(self, start: float, frame: float) -> float:
        """The share (0..1) of the time between two frames over which the motion is known."""
        return sum(high - low for _, low, high in self._overlaps(start, frame)) / max(frame - start, 1e-9)

    def _overlaps(self, start: float, frame: float) -> list[tuple[Stretch, float, float]]:
        spans = [(s, max(start, s.frames[0]), min(frame, s.frames[-1])) for s in self.stretches]
        return [span for span in spans if span[2] > span[1]]

    def nearest(self, start: float, frame: float) -> float:
        """The frame nearest to `frame` that is joined to `start`; `start` itself where nothing is."""
        found = self.stretch_at(start)
        return start if found is None else float(np.clip(frame, found.frames[0], found.frames[-1]))


class ScreenTracker:
    """Follows a screen from frame to frame against key pictures, so that errors add up only from key to key.

    Give it every frame in order with `add`; `finish` returns the track in plate pixels. `size` is the plate's,
    the pictures given may be smaller.
    """

    def __init__(self, size: Size) -> None:
        self._size = size
        self._small: Size = size
        self._key: Key | None = None
        self._key_pose: Matrix = np.eye(3)
        self._key_inliers = 0
        self._motion: Matrix = np.eye(3)
        self._step: Matrix = np.eye(3)
        self._last: tuple[Gray, Mask] | None = None
        self._agreed: Mask | None = None
        self._persisted = 0
        self._key_at = 1
        self._gap = 0
        self._stretch = Stretch()
        self._track = Track()

    def add(self, number: int, gray: Gray, free: Mask) -> None:
        """Take one frame: its picture from `features.gray8`, and where nothing but screen or set is seen."""
        self._small = (gray.shape[1], gray.shape[0])
        if self._key is None:
            self._begin(number, gray, free)
        elif (found := self._found(gray, free)) is not None:
            self._accept(number, gray, free, found)
        else:
            self._gap += 1
            if self._gap > _MAX_GAP:
                self._end()
                self._begin(number, gray, free)
        if self._gap == 0:
            self._last = (gray, free)

    def _found(self, gray: Gray, free: Mask) -> Fit | None:
        """The motion from the key: at the same speed as before, else from rest, else by way of the last frame."""
        if self._key is None or self._last is None:
            return None
        for guess in (self._step @ self._motion, self._motion):
            found = follow(self._key, gray, free, guess)
            if found is not None and self._persists(found):
                return found
        if not self._proved:
            return None
        key = keyed(*self._last)
        found = follow(key, gray, free, np.eye(3))
        if found is not None:
            self._change_key(key)
        return found

    @property
    def _proved(self) -> bool:
        """Whether the key's corners are no noise: the same ones agree again and again, or most of them at once."""
        if self._key is None or self._agreed is None:
            return False
        return self._persisted >= _MIN_PERSISTED or self._agreed.sum() > _MOST * len(self._agreed)

    def _persists(self, found: Fit) -> bool:
        """Whether much the same features agree as before: in noise other ones do each time."""
        if self._agreed is None:
            return True
        both = (self._agreed & found.inliers).sum()
        return bool(both >= _MIN_PERSISTING * min(self._agreed.sum(), found.inliers.sum()))

    def _accept(self, number: int, gray: Gray, free: Mask, found: Fit) -> None:
        self._step = np.eye(3) if self._gap else found.matrix @ inverse(self._motion)
        self._gap = 0
        self._motion = found.matrix
        if self._agreed is not None:
            self._persisted += 1
        self._agreed = found.inliers
        count = int(found.inliers.sum())
        self._record(number, found.matrix @ self._key_pose, count, found.residual_px)
        self._key_inliers = max(self._key_inliers, count)
        shift = np.linalg.norm(corner_shift(found.matrix, self._small), axis=1).max()
        if not self._proved:
            return
        if shift > _NEW_KEY_SHIFT * self._small[0] or count < _NEW_KEY_BELOW * self._key_inliers:
            key = keyed(gray, free)
            if len(key.points) >= count:
                self._change_key(key)

    def _change_key(self, key: Key) -> None:
        """Measure from the last accepted frame on."""
        self._key, self._key_pose = key, self._motion @ self._key_pose
        self._motion, self._key_inliers, self._agreed = np.eye(3), 0, None
        self._key_at, self._persisted = len(self._stretch.frames), 0

    def finish(self) -> Track:
        """The whole track; a stretch that noise could have made is left out."""
        self._end()
        return self._track

    def _begin(self, number: int, gray: Gray, free: Mask) -> None:
        key = keyed(gray, free)
        if len(key.points) < MIN_INLIERS:
            return
        self._key, self._key_pose, self._motion, self._step = key, np.eye(3), np.eye(3), np.eye(3)
        self._gap, self._key_inliers, self._agreed = 0, 0, None
        self._key_at, self._persisted = 1, 0
        self._record(number, np.eye(3), 0, 0.0)

    def _record(self, number: int, pose: Matrix, count: int, residual_px: float) -> None:
        up = scaling(self._size[0] / self._small[0], self._size[1] / self._small[1])
        self._stretch.frames.append(number)
        self._stretch.poses.append(up @ pose @ inverse(up))
        self._stretch.inliers.append(count)
        self._stretch.residuals_px.append(residual_px * self._size[0] / self._small[0])

    def _end(self) -> None:
        kept = len(self._stretch.frames) if self._proved else self._key_at
        if kept > 1:
            self._stretch.inliers[0] = self._stretch.inliers[1]
            s = self._stretch
            grain = max(1.0, self._size[0] / self._small[0])
            s = Stretch(s.frames[:kept], s.poses[:kept], s.inliers[:kept], s.residuals_px[:kept], grain)
            self._track.stretches.append(s)
        self._stretch, self._key_at = Stretch(), 1
        self._key = None

"""The motion of one or two backgrounds, followed from the same corners, so that the motions can be compared."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from pai_studio.core.evaluation.judged import Matrix
from pai_studio.core.evaluation.measures.view import Mask
from pai_studio.core.motion.features import MIN_INLIERS, Gray, Key, Sighting, agreed, keyed, keyed_at, sight
from pai_studio.core.motion.homography import Fit, Size, corner_shift, inverse, scaling

_NEW_KEY_BELOW = 0.6
_NEW_KEY_SHIFT = 0.2


@dataclass
class Poses:
    """Where a background is at each frame, within stretches over which it was never lost."""

    size: Size
    small: Size
    """The full picture's and the reduced copies', whose pixels the poses are in."""

    found: dict[int, tuple[int, Matrix]] = field(default_factory=dict)
    """Each frame's stretch, and the homography from the stretch's first frame."""

    def between(self, start: int, frame: int) -> Matrix | None:
        """The homography from one frame's full pixels to another's, None where the two are not joined."""
        if start not in self.found or frame not in self.found or self.found[start][0] != self.found[frame][0]:
            return None
        up = scaling(self.size[0] / self.small[0], self.size[1] / self.small[1])
        motion = self.found[frame][1] @ inverse(self.found[start][1])
        return np.asarray(up @ motion @ inverse(up), np.float64)


class _Ground:
    """One background against its key picture."""

    def __init__(self, size: Size, small: Size) -> None:
        self.poses = Poses(size, small)
        self.key: Key | None = None
        self._stretch = 0
        self._key_pose: Matrix = np.eye(3)
        self._motion: Matrix = np.eye(3)
        self._step: Matrix = np.eye(3)

    def measure_from(self, number: int, key: Key) -> None:
        """Take frame `number` as the new key; the stretch goes on if this background was followed up to there."""
        if number in self.poses.found:
            self._key_pose = self.poses.found[number][1]
        else:
            self._stretch += 1
            self._key_pose = np.eye(3)
        self.key, self._motion = key, np.eye(3)
        self.poses.found[number] = (self._stretch, self._key_pose)

    def look(self, gray: Gray, free: Mask, among: Mask | None = None) -> tuple[Fit, Sighting] | None:
        """What its corners, or those of `among`, agree on since the key; looked for at the speed so far, or at rest."""
        assert self.key is not None
        for guess in (self._step @ self._motion, self._motion):
            seen = sight(self.key, gray, free, guess)
            if among is not None:
                seen = Sighting(seen.landed, seen.good & among)
            found = agreed(self.key, seen, (gray.shape[1], gray.shape[0]))
            if found is not None:
                return found, seen
        return None

    def again(self, seen: Sighting, among: Mask, size: Size) -> Fit | None:
        """What those corners of a sighting agree on that another background was asked for."""
        return None if self.key is None else agreed(self.key, Sighting(seen.landed, among), size)

    def accept(self, number: int, found: Fit | None) -> None:
        """Record a frame; None where this background is lost."""
        if found is None:
            self._step = np.eye(3)
            return
        self._step = found.matrix @ inverse(self._motion)
        self._motion = found.matrix
        self.poses.found[number] = (self._stretch, found.matrix @ self._key_pose)

    def shift_px(self, size: Size) -> float:
        """The farthest that a corner has moved since the key."""
        return float(np.linalg.norm(corner_shift(self._motion, size), axis=1).max())


class Followed:
    """Follows one or two backgrounds frame by frame against key pictures; the first leads, the other answers for it.

    Shi-Tomasi corners of the leader's key picture are looked for by pyramidal Lucas-Kanade and agree by MAGSAC++. The
    other is asked for the corners that agreed, and both motions are fitted to those that both show: of several planes
    in depth the two follow the same one. A new key is taken when corners run out or have gone far, so that errors add
    up only from key to key.
    """

    def __init__(self, size: Size) -> None:
        self._size = size
        self._grounds: list[_Ground] = []
        self._last: tuple[int, list[Gray], Mask] | None = None
        self._most = 0

    @property
    def poses(self) -> list[Poses]:
        """What was found so far, in the order in which the pictures are given."""
        return [ground.poses for ground in self._grounds]

    def add(self, number: int, grays: list[Gray], free: Mask) -> None:
        """Take one frame: reduced pictures (`features.gray8`), the leader's first, and where the background shows."""
        small = (free.shape[1], free.shape[0])
        if not self._grounds:
            self._grounds = [_Ground(self._size, small) for _ in grays]
        if self._grounds[0].key is None:
            self._begin(number, grays, free)
            return
        led = self._lead(grays, free)
        if led is None:
            return
        self._accept(number, grays, free, led)
        count = int(led[0].inliers.sum())
        self._most = max(self._most, count)
        if (
            count < _NEW_KEY_BELOW * self._most
            or self._grounds[0].shift_px(small) > _NEW_KEY_SHIFT * small[0]
        ):
            self._begin(number, grays, free)

    def _lead(self, grays: list[Gray], free: Mask) -> tuple[Fit, Sighting] | None:
        """The leader's motion from the key, else by way of the last frame on which it was seen."""
        found = self._grounds[0].look(grays[0], free)
        if found is None and self._last is not None:
            self._begin(*self._last)
            found = self._grounds[0].look(grays[0], free)
        return found

    def _accept(self, number: int, grays: list[Gray], free: Mask, led: tuple[Fit, Sighting]) -> None:
        leader, fit = self._grounds[0], led[0]
        for ground, gray in zip(self._grounds[1:], grays[1:], strict=True):
            answer = ground.look(gray, free, fit.inliers)
            ground.accept(number, answer[0] if answer else None)
            if answer:
                fit = leader.again(led[1], answer[1].good, (gray.shape[1], gray.shape[0])) or fit
        leader.accept(number, fit)
        self._last = (number, grays, free)

    def _begin(self, number: int, grays: list[Gray], free: Mask) -> None:
        """Take a frame as the key of all, if the leader has corners there; who is not seen there starts anew."""
        key = keyed(grays[0], free)
        if len(key.points) < MIN_INLIERS:
            return
        for ground, gray in zip(self._grounds, grays, strict=True):
            ground.measure_from(number, key if gray is grays[0] else keyed_at(gray, key.points))
        self._most = 0

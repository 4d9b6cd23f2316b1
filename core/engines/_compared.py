"""What the stills of one place tell of one another: how their light differs, and what is near and far in them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import cv2
import numpy as np

from pai_studio.core.engines._look import Look, gain_between, look_between
from pai_studio.core.engines._parallax import Parallax
from pai_studio.core.engines._placed import Placed, densities
from pai_studio.core.media.frame import Array
from pai_studio.core.motion.camera import Camera
from pai_studio.core.motion.features import gray8, middle_of
from pai_studio.core.motion.flow import agreement, dense, grid, spread
from pai_studio.core.motion.homography import Matrix, inverse, scaling
from pai_studio.core.motion.path import Vector
from pai_studio.core.motion.resample import reduced, sample

_FLOW_WIDTH_PX = 640
_LEAST_SIDE_PX = 16
_LEAST_SHARED = 0.02
_MUCH_COARSER = 1.3


class Compared:
    """`parallax[i, j]` and `looks[i, j]` of still i towards still j, where both are known to see the same.

    A look is also told by way of another still that sees some of both.
    """

    def __init__(self, placed: Sequence[Placed], camera: Camera, *, parallax: bool) -> None:
        self._placed = placed
        self._camera = camera
        self.parallax: dict[tuple[int, int], Parallax] = {}
        self.looks: dict[tuple[int, int], Look] = {}
        anchors = sorted({p.frame for p in placed})
        for i, j in self._related_pairs():
            adjacent = anchors.index(placed[j].frame) == anchors.index(placed[i].frame) + 1
            self._compare(i, j, parallax=parallax and adjacent)
        self._measured = list(self.looks)
        self._look_by_way_of_others()

    @property
    def gains(self) -> dict[tuple[int, int], list[float]]:
        """The exposure and white of one still over another's where both see the same, for the notes."""
        return {
            pair: [round(float(g), 4) for g in 2 ** self.looks[pair].gain]
            for pair in self._measured
            if pair[0] < pair[1]
        }

    def _related_pairs(self) -> list[tuple[int, int]]:
        """Pairs of different frames that see the same place, the earlier one first."""
        order = sorted(range(len(self._placed)), key=lambda k: self._placed[k].frame)
        pairs = itertools.combinations(order, 2)
        frames = [p.frame for p in self._placed]
        return [(i, j) for i, j in pairs if self._camera.related(i, j) and frames[i] != frames[j]]

    def _compare(self, i: int, j: int, *, parallax: bool) -> None:
        """Measure two stills against each other where both see the same."""
        between = self._camera.between(i, j)
        there, back = self._seen_from(i, j, between), self._seen_from(j, i, inverse(between))
        if there is None or back is None:
            return
        gain = gain_between(there[0], there[1], there[2])
        stops = np.zeros(3, np.float32) if gain is None else gain
        moved = np.zeros((1, 1, 2), np.float32), np.zeros((1, 1, 2), np.float32)
        if parallax:
            flows = _flow(there[0], there[1] / 2**stops), _flow(back[0], back[1] * 2**stops)
            low_to_low = inverse(back[3]) @ between @ there[3]
            sure = agreement(flows[0], flows[1], low_to_low, there[2])
            sure_back = agreement(flows[1], flows[0], inverse(low_to_low), back[2])
            moved = spread(flows[0], sure), spread(flows[1], sure_back)
            self.parallax[i, j] = Parallax.of_flow(moved[0], there[3], self._whole_way(i, j))
            self.parallax[j, i] = Parallax.of_flow(moved[1], back[3], self._whole_way(j, i))
        if gain is not None:
            self.looks[i, j] = look_between(there[0], _laid(there[1], moved[0]), there[2], gain)
            self.looks[j, i] = look_between(back[0], _laid(back[1], moved[1]), back[2], -gain)

    def _look_by_way_of_others(self) -> None:
        """A pan's first still and its last share no pixel, but either shares some with those between."""
        for i, j in self._related_pairs():
            for one, other in ((i, j), (j, i)):
                ways = [k for a, k in self._measured if a == one and (k, other) in self._measured]
                if (one, other) not in self.looks and ways:
                    middle = min(ways, key=lambda k: abs(self._placed[k].frame - self._placed[one].frame))
                    self.looks[one, other] = self.looks[one, middle].then(self.looks[middle, other])

    def _whole_way(self, i: int, j: int) -> Vector | None:
        """The epipole in still i of the way to still j, None where it is not known."""
        view = self._camera.view(i, j, self._placed[j].frame)
        return None if view.epipole is None else inverse(view.motion) @ view.epipole

    def _seen_from(self, i: int, j: int, between: Matrix) -> tuple[Array, Array, np.ndarray, Matrix] | None:
        """Still i reduced, still j brought to its raster, where both are seen, and the raster's place on the plate.

        None where they share too little, or are too small for it to be seen.
        """
        one, other = self._placed[i], self._placed[j]
        w, h = one.size
        scale = min(1.0, _FLOW_WIDTH_PX / w)
        size = (round(w * scale), round(h * scale))
        if min(size) < _LEAST_SIDE_PX:
            return None
        small = reduced(one.rgb, size)
        to_plate = one.to_plate @ scaling(w / size[0], h / size[1])
        back = inverse(other.to_plate) @ between @ to_plate
        coarser = max(1.0, float(np.sqrt(np.prod(densities(back, size)))))
        source = other.rgb
        if coarser >= _MUCH_COARSER:
            source = np.asarray(cv2.GaussianBlur(other.rgb, (0, 0), 0.4 * coarser), np.float32)
        at = grid(back, size)
        ow, oh = other.size
        both = (at[..., 0] >= 0) & (at[..., 1] >= 0) & (at[..., 0] <= ow - 1) & (at[..., 1] <= oh - 1)
        if both.mean() < _LEAST_SHARED:
            return None
        return small, sample(source, at), both, to_plate


def _flow(one: Array, other: Array) -> Array:
    middle = middle_of(one)
    return dense(gray8(one, middle), gray8(other, middle), finest=0)


def _laid(other: Array, moved: Array) -> Array:
    """A picture by what its flow says, (h, w, 2) or the same everywhere."""
    return sample(other, np.asarray(grid(np.eye(3), (other.shape[1], other.shape[0])) + moved, np.float32))

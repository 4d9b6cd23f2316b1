"""The background of any frame from a few stills: each moved to the frame's camera, then blended.

Plate coordinates here start at the display window's corner. Every still is moved by the camera's homography and,
between two stills that see the same place, by its share of the parallax that is left between them.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from pai_studio.core.engines._look import Look, gain_between, look_between
from pai_studio.core.engines._parallax import Parallax
from pai_studio.core.media.frame import Array, Box, Still
from pai_studio.core.motion.camera import Camera
from pai_studio.core.motion.features import gray8, middle_of
from pai_studio.core.motion.flow import agreement, dense, grid, spread, unmoved
from pai_studio.core.motion.homography import Matrix, Size, inverse, scaling, translation
from pai_studio.core.motion.path import Vector
from pai_studio.core.motion.resample import CUBIC, MIRROR, NEAREST, enlarged, from_grid, reduced, sample
from pai_studio.core.plan.reach import Service, serving, trust

_FLOW_WIDTH_PX = 640
_MAP_STEP_PX = 4
_FEATHER = 0.08
_FEATHER_FRAMES = 6.0
_MIRROR = 0.06
_DISSOLVE_FRAMES = 12.0
_HDR_ABOVE = 2.0
_LEAST = 1e-12
"""Weight of a still that has none, so that it serves where it is alone and is lost in rounding elsewhere."""


@dataclass(frozen=True)
class Backdrop:
    """One frame's background (H, W, 3) and how far it is borne out by the stills, (H, W) in 0..1."""

    rgb: Array
    confidence: Array


@dataclass(frozen=True)
class _Placed:
    """A still at about the plate's density, and where its pixels lie on the plate at its anchor."""

    rgb: Array
    to_plate: Matrix
    frame: int
    logarithmic: Array | None
    """The still through log(1 + x) where it holds lamps, which would ring when resampled in linear light."""

    def read(self, at: Array) -> Array:
        """The still at (H, W, 2) places, mirrored beyond its border; exact where every place is a pixel's centre."""
        whole = np.rint(at)
        if np.abs(at - whole).max() < 2e-3:
            return sample(self.rgb, whole, NEAREST, MIRROR)
        if self.logarithmic is not None:
            stored = sample(self.logarithmic, at, CUBIC, MIRROR)
            return np.asarray(np.sign(stored) * np.expm1(np.abs(stored)), np.float32)
        moved = sample(self.rgb, at, CUBIC, MIRROR)
        return np.asarray(np.maximum(moved, np.minimum(self.rgb.min(), 0), out=moved), np.float32)


@dataclass(frozen=True)
class _Moved:
    """A still moved to a frame: light (H, W, 3), and its signed distance inside its border in still pixels."""

    rgb: Array
    inset_px: Array
    size: Size


def place(still: Still, display: Box) -> _Placed:
    """Bring a still to the plate's density, filtered, so that moving it by a camera neither aliases nor blurs."""
    to_plate = translation(-display.x, -display.y) @ still.placement
    rgb = still.rgb
    h, w = rgb.shape[:2]
    density = _density(to_plate, (w, h))
    if density < 0.75:
        small = (max(1, round(w * density * 1.1)), max(1, round(h * density * 1.1)))
        rgb = reduced(rgb, small)
        to_plate = to_plate @ scaling(w / small[0], h / small[1])
    logarithmic = np.sign(rgb) * np.log1p(np.abs(rgb)) if rgb.max() > _HDR_ABOVE else None
    return _Placed(np.ascontiguousarray(rgb), to_plate, still.frame, logarithmic)


def _density(to_plate: Matrix, size: Size) -> float:
    """Plate pixels per still pixel at the still's middle."""
    middle = np.array([(size[0] - 1) / 2, (size[1] - 1) / 2, 1.0])
    w = float(to_plate[2] @ middle)
    return float(np.sqrt(abs(np.linalg.det(to_plate) / w**3)))


class BackgroundBuilder:
    """Makes the background of any frame from stills and a camera; what it keeps does not grow with the frames."""

    def __init__(self, stills: Sequence[Still], camera: Camera, display: Box, *, parallax: bool) -> None:
        self._placed = [place(still, display) for still in stills]
        self._camera = camera
        self._display = display
        self._parallax: dict[tuple[int, int], Parallax] = {}
        self._looks: dict[tuple[int, int], Look] = {}
        anchors = sorted({p.frame for p in self._placed})
        for i, j in self._related_pairs():
            adjacent = anchors.index(self._placed[j].frame) == anchors.index(self._placed[i].frame) + 1
            self._compare(i, j, parallax=parallax and adjacent)

    @property
    def gains(self) -> dict[tuple[int, int], list[float]]:
        """The exposure and white of one still over another's where both see the same, for the notes."""
        return {
            pair: [round(float(g), 4) for g in 2**look.gain]
            for pair, look in self._looks.items()
            if pair[0] < pair[1]
        }

    def make(self, number: int, canvas: Box) -> Backdrop:
        """The background over `canvas` at a frame. At an anchor it is the placed still itself."""
        x, y = canvas.x - self._display.x, canvas.y - self._display.y
        here = Box(x, y, canvas.width, canvas.height)
        services = serving([p.frame for p in self._placed], number)
        active = [s for s in services if s.weight > 0]
        moved = {s.index: self._move(s, active, number, here) for s in active}
        weights = self._weights(active, moved)
        covered = np.any([m.inset_px >= 0 for m in moved.values()], axis=0)
        for service in services[len(active) :]:
            if covered.all():
                break
            extra = self._move(service, active, number, here)
            moved[service.index] = extra
            weights[service.index] = np.where(covered, 0, _feathered(extra, 1.0)).astype(np.float32)
            covered |= extra.inset_px >= 0
        return self._blend(services, moved, weights, covered)

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
            self._parallax[i, j] = Parallax.of_flow(moved[0], there[3], self._whole_way(i, j))
            self._parallax[j, i] = Parallax.of_flow(moved[1], back[3], self._whole_way(j, i))
        if gain is not None:
            self._looks[i, j] = look_between(there[0], _laid(there[1], moved[0]), there[2], gain)
            self._looks[j, i] = look_between(back[0], _laid(back[1], moved[1]), back[2], -gain)

    def _whole_way(self, i: int, j: int) -> Vector | None:
        """The epipole in still i of the way to still j, None where it is not known."""
        view = self._camera.view(i, j, self._placed[j].frame)
        return None if view.epipole is None else inverse(view.motion) @ view.epipole

    def _seen_from(self, i: int, j: int, between: Matrix) -> tuple[Array, Array, np.ndarray, Matrix] | None:
        """Still i reduced, still j brought to its raster, where both are seen, and the raster's place on the plate."""
        one, other = self._placed[i], self._placed[j]
        h, w = one.rgb.shape[:2]
        scale = min(1.0, _FLOW_WIDTH_PX / w)
        size = (max(2, round(w * scale)), max(2, round(h * scale)))
        small = reduced(one.rgb, size)
        to_plate = one.to_plate @ scaling(w / size[0], h / size[1])
        back = inverse(other.to_plate) @ between @ to_plate
        coarser = max(1.0, 1 / _density(inverse(back), size[::1]))
        source = (
            other.rgb
            if coarser < 1.3
            else np.asarray(cv2.GaussianBlur(other.rgb, (0, 0), 0.4 * coarser), np.float32)
        )
        at = grid(back, size)
        oh, ow = other.rgb.shape[:2]
        both = (at[..., 0] >= 0) & (at[..., 1] >= 0) & (at[..., 0] <= ow - 1) & (at[..., 1] <= oh - 1)
        if both.mean() < 0.02:
            return None
        return small, sample(source, at), both, to_plate

    def _move(self, service: Service, active: list[Service], number: int, here: Box) -> _Moved:
        """One still at a frame's camera, in the look that all stills share there."""
        placed = self._placed[service.index]
        at = self._places(service.index, number, here)
        h, w = placed.rgb.shape[:2]
        inset = np.minimum(
            np.minimum(at[..., 0], w - 1 - at[..., 0]), np.minimum(at[..., 1], h - 1 - at[..., 1])
        ) + np.float32(0.505)
        rgb = placed.read(at)
        stops = self._look(service, active, at)
        return _Moved(rgb if stops is None else rgb * stops, inset, (w, h))

    def _places(self, i: int, number: int, here: Box) -> Array:
        """Where in still i each pixel of the canvas lies, (H, W, 2), computed on a grid and interpolated."""
        step = _MAP_STEP_PX
        columns, rows = here.width // step + 2, here.height // step + 2
        other = next((j for j in self._camera.neighbours(i, number) if (i, j) in self._parallax), None)
        if other is None:
            view = self._camera.alone(i, number)
            back = inverse(view.motion @ self._placed[i].to_plate)
            at = grid(back, (columns, rows), (here.x, here.y), step)
            if view.epipole is not None and view.floor is not None:
                h, w = self._placed[i].rgb.shape[:2]
                parallax = Parallax.of_floor((w, h), self._placed[i].to_plate, view.floor)
                at = unmoved(at, parallax.displaced(inverse(view.motion) @ view.epipole, 0.0), 1.0)
        else:
            view, parallax = self._camera.view(i, other, number), self._parallax[i, other]
            at = grid(inverse(view.motion @ parallax.to_plate), (columns, rows), (here.x, here.y), step)
            if number != self._placed[i].frame:
                epipole = None if view.epipole is None else inverse(view.motion) @ view.epipole
                at = unmoved(at, parallax.displaced(epipole, view.share), 1.0)
            to_still = inverse(self._placed[i].to_plate) @ parallax.to_plate
            at = at * to_still[[0, 1], [0, 1]].astype(np.float32) + to_still[:2, 2].astype(np.float32)
        full = from_grid(at, step, (here.width, here.height))
        h, w = self._placed[i].rgb.shape[:2]
        return np.clip(full, (-w, -h), (2 * w, 2 * h)).astype(np.float32)

    def _look(self, service: Service, active: list[Service], at: Array) -> Array | None:
        """The gain (H, W, 3) that brings a still to the frame's look, which goes from still to still steadily."""
        others = [o for o in active if (service.index, o.index) in self._looks and o.weight > 0]
        if not others:
            return None
        h, w = self._placed[service.index].rgb.shape[:2]
        coarse = np.ascontiguousarray(at[::_MAP_STEP_PX, ::_MAP_STEP_PX])
        stops = sum(
            self._looks[service.index, o.index].at(coarse, (w, h)) * np.float32(o.weight) for o in others
        )
        return from_grid(np.exp2(stops), _MAP_STEP_PX, (at.shape[1], at.shape[0]))

    def _weights(self, active: list[Service], moved: dict[int, _Moved]) -> dict[int, Array]:
        """Each active still's weight at each pixel: nearness in time, inside its border, and one where they differ."""
        feather = min(1.0, min(s.distance_frames for s in active) / _FEATHER_FRAMES)
        weights = {s.index: _feathered(moved[s.index], feather) for s in active}
        near = {s.index: self._nearness(s, active) for s in active}
        if len({self._placed[s.index].frame for s in active}) == 2:
            contrast = _difference([moved[s.index].rgb for s in active])
            sharp = 1 + 5 * contrast
            return {k: weights[k] * np.float32(near[k]) ** sharp for k in weights}
        return {k: weights[k] * np.float32(near[k]) for k in weights}

    def _nearness(self, service: Service, active: list[Service]) -> float:
        """The share in time; between stills that are not related, a dissolve of a few frames in the middle."""
        strangers = [o for o in active if not self._camera.related(service.index, o.index)]
        if not strangers:
            return service.weight
        span = service.distance_frames + strangers[0].distance_frames
        slope = max(2.0, span / _DISSOLVE_FRAMES)
        return float(np.clip(0.5 + (service.weight - 0.5) * slope, 0, 1))

    @staticmethod
    def _blend(
        services: list[Service], moved: dict[int, _Moved], weights: dict[int, Array], covered: np.ndarray
    ) -> Backdrop:
        used = [s for s in services if s.index in moved]
        if len(used) == 1 and covered.all():
            only = moved[used[0].index]
            trusted = np.full(covered.shape, trust(used[0].distance_frames), np.float32)
            return Backdrop(only.rgb, trusted)
        total = np.zeros(covered.shape, np.float32)
        rgb = np.zeros((*covered.shape, 3), np.float32)
        confidence = np.zeros(covered.shape, np.float32)
        for service in used:
            part = moved[service.index]
            inside = part.inset_px >= 0
            outside = 1 / (1 + np.minimum(part.inset_px, 0) ** 2)
            weight = np.where(covered, (weights[service.index] + _LEAST) * inside, outside).astype(np.float32)
            total += weight
            rgb += part.rgb * weight[..., None]
            np.maximum(confidence, inside * np.float32(trust(service.distance_frames)), out=confidence)
        rgb /= total[..., None]
        return Backdrop(rgb if covered.all() else _filled(rgb, covered), confidence)


def _feathered(moved: _Moved, feather: float) -> Array:
    """A still's coverage: 1 inside, falling to 0 at its border over `feather` of the usual width."""
    width = max(1.0, feather * _FEATHER * min(moved.size))
    return np.asarray(np.clip(moved.inset_px / np.float32(width), 0, 1) ** 2, np.float32)


def _difference(pair: list[Array]) -> Array:
    """How much two pictures of the same place differ, (H, W) in 0..1, seen a few pixels wide."""
    h, w = pair[0].shape[:2]
    small = (max(1, w // 4), max(1, h // 4))
    seen = [reduced(p, small) for p in pair]
    middle = np.float32(middle_of(seen[0]))
    one, other = (np.maximum(p, 0) / (np.maximum(p, 0) + middle) for p in seen)
    apart = cv2.blur(np.abs(one - other).max(axis=2), (5, 5))
    return np.asarray(enlarged(np.clip(apart * 8, 0, 1), (w, h)), np.float32)


def _flow(one: Array, other: Array) -> Array:
    middle = middle_of(one)
    return dense(gray8(one, middle), gray8(other, middle), finest=0)


def _laid(other: Array, moved: Array) -> Array:
    """A picture by what its flow says, (h, w, 2) or the same everywhere."""
    return sample(other, np.asarray(grid(np.eye(3), (other.shape[1], other.shape[0])) + moved, np.float32))


def _filled(rgb: Array, covered: np.ndarray) -> Array:
    """What no still covers: the mirrored picture beside the border, going over into a smooth continuation."""
    h, w = covered.shape
    size = (max(2, w // 4), max(2, h // 4))
    weight = reduced(covered.astype(np.float32), size)
    weight = np.where(weight > 0.99, 1, 0).astype(np.float32)
    smooth = spread(reduced(rgb, size), weight)
    smooth = enlarged(smooth, (w, h))
    away = cv2.distanceTransform((~covered).astype(np.uint8), cv2.DIST_L2, 5)
    mix = np.clip(away / (_MIRROR * w), 0, 1)
    mix = (mix * mix * (3 - 2 * mix))[..., None]
    return np.where(covered[..., None], rgb, rgb * (1 - mix) + smooth * mix).astype(np.float32)

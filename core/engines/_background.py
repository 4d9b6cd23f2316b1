"""The background of any frame from a few stills: each moved to the frame's camera, then blended.

Plate coordinates here start at the display window's corner. Every still is moved by the camera's homography and,
between two stills that see the same place, by its share of the parallax that is left between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from pai_studio.core.engines._compared import Compared
from pai_studio.core.engines._parallax import Parallax
from pai_studio.core.engines._placed import place
from pai_studio.core.media.frame import Array, Box, Still
from pai_studio.core.motion.camera import Camera
from pai_studio.core.motion.features import middle_of
from pai_studio.core.motion.flow import grid, spread, unmoved
from pai_studio.core.motion.homography import Size, inverse
from pai_studio.core.motion.path import View
from pai_studio.core.motion.resample import enlarged, from_grid, reduced
from pai_studio.core.plan.reach import Service, serving, trust

_MAP_STEP_PX = 4
_FEATHER = 0.08
_FEATHER_FRAMES = 6.0
_MIRROR = 0.06
_DISSOLVE_FRAMES = 12.0
_LEAST = 1e-12
"""Weight of a still that has none, so that it serves where it is alone and is lost in rounding elsewhere."""


@dataclass(frozen=True)
class Backdrop:
    """One frame's background (H, W, 3) and how far it is borne out by the stills, (H, W) in 0..1."""

    rgb: Array
    confidence: Array


@dataclass(frozen=True)
class _Moved:
    """A still moved to a frame: light (H, W, 3), and its signed distance inside its border in still pixels."""

    rgb: Array
    inset_px: Array
    size: Size


class BackgroundBuilder:
    """Makes the background of any frame from stills and a camera; what it keeps does not grow with the frames."""

    def __init__(self, stills: Sequence[Still], camera: Camera, display: Box, *, parallax: bool) -> None:
        self._placed = [place(still, display) for still in stills]
        self._camera = camera
        self._display = display
        self._compared = Compared(self._placed, camera, parallax=parallax)
        self._floors: dict[int, Parallax] = {}

    @property
    def gains(self) -> dict[tuple[int, int], list[float]]:
        """The exposure and white of one still over another's where both see the same, for the notes."""
        return self._compared.gains

    def make(self, number: int, canvas: Box) -> Backdrop:
        """The background over `canvas` at a frame. At an anchor it is the placed still itself."""
        x, y = canvas.x - self._display.x, canvas.y - self._display.y
        here = Box(x, y, canvas.width, canvas.height)
        services = serving([p.frame for p in self._placed], number)
        active = [s for s in services if s.weight > 0]
        moved = {s.index: self._move(s, active, number, here) for s in active}
        weights = self._weights(active, moved)
        covered = np.any([m.inset_px >= 0 for m in moved.values()], axis=0)
        band_px = _feather(active) * _FEATHER * min(here.width, here.height)
        for service in services[len(active) :]:
            if covered.all():
                break
            extra = self._move(service, active, number, here)
            moved[service.index] = extra
            weights[service.index] = _beside(covered, band_px) * _feathered(extra, 1.0)
            covered |= extra.inset_px >= 0
        return self._blend(services, moved, weights, covered)

    def _move(self, service: Service, active: list[Service], number: int, here: Box) -> _Moved:
        """One still at a frame's camera, in the look that all stills share there."""
        placed = self._placed[service.index]
        at = self._places(service.index, number, here)
        w, h = placed.size
        inset = np.minimum(
            np.minimum(at[..., 0], w - 1 - at[..., 0]), np.minimum(at[..., 1], h - 1 - at[..., 1])
        ) + np.float32(0.505)
        rgb = placed.read(at)
        stops = self._look(service, active, at)
        return _Moved(rgb if stops is None else rgb * stops, inset, (w, h))

    def _places(self, i: int, number: int, here: Box) -> Array:
        """Where in still i each pixel of the canvas lies, (H, W, 2), computed on a grid and interpolated."""
        step, placed = _MAP_STEP_PX, self._placed[i]
        columns, rows = here.width // step + 2, here.height // step + 2
        view, parallax = self._parted(i, number)
        raster = placed.to_plate if parallax is None else parallax.to_plate
        at = grid(inverse(view.motion @ raster), (columns, rows), (here.x, here.y), step)
        if parallax is not None:
            if number != placed.frame:
                epipole = None if view.epipole is None else inverse(view.motion) @ view.epipole
                at = unmoved(at, parallax.displaced(epipole, view.share), 1.0)
            to_still = inverse(placed.to_plate) @ raster
            at = at * to_still[[0, 1], [0, 1]].astype(np.float32) + to_still[:2, 2].astype(np.float32)
        full = from_grid(at, step, (here.width, here.height))
        w, h = placed.size
        return np.clip(full, (-w, -h), (2 * w, 2 * h)).astype(np.float32)

    def _parted(self, i: int, number: int) -> tuple[View, Parallax | None]:
        """How still i moves to a frame, and what moves beside that: by its neighbour's flow, else a floor."""
        known = self._compared.parallax
        other = next((j for j in self._camera.neighbours(i, number) if (i, j) in known), None)
        if other is not None:
            return self._camera.view(i, other, number), known[i, other]
        view = self._camera.alone(i, number)
        if view.floor is None:
            return view, None
        if i not in self._floors:
            placed = self._placed[i]
            self._floors[i] = Parallax.of_floor(placed.size, placed.to_plate, view.floor)
        return view, self._floors[i]

    def _look(self, service: Service, active: list[Service], at: Array) -> Array | None:
        """The gain (H, W, 3) that brings a still to the frame's look, which goes from still to still steadily."""
        looks = self._compared.looks
        others = [o for o in active if (service.index, o.index) in looks]
        if not others:
            return None
        size = self._placed[service.index].size
        coarse = np.ascontiguousarray(at[::_MAP_STEP_PX, ::_MAP_STEP_PX])
        stops = sum(looks[service.index, o.index].at(coarse, size) * np.float32(o.weight) for o in others)
        return from_grid(np.exp2(stops), _MAP_STEP_PX, (at.shape[1], at.shape[0]))

    def _weights(self, active: list[Service], moved: dict[int, _Moved]) -> dict[int, Array]:
        """Each active still's weight at each pixel: nearness in time, inside its border, and one where they differ."""
        feather = _feather(active)
        weights = {s.index: _feathered(moved[s.index], feather) for s in active}
        near = {s.index: self._nearness(s, active) for s in active}
        pictures = {self._placed[s.index].frame: moved[s.index].rgb for s in active}
        if len(pictures) == 2:
            contrast = _difference(*pictures.values())
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


def _feather(active: list[Service]) -> float:
    """How soft borders are, 0..1: hard at an anchor, whose still is delivered as it is."""
    return min(1.0, min(s.distance_frames for s in active) / _FEATHER_FRAMES)


def _beside(covered: np.ndarray, band_px: float) -> Array:
    """1 where nothing covers, falling to 0 within what is covered, over a band no wider than twice the gap.

    So a gap that opens at the frame's edge brings its band with it and does not make it pop up.
    """
    gap_px = float(cv2.distanceTransform((~covered).astype(np.uint8), cv2.DIST_L2, 5).max())
    band_px = min(band_px, 2 * gap_px)
    if band_px < 1:
        return (~covered).astype(np.float32)
    away_px = cv2.distanceTransform(covered.astype(np.uint8), cv2.DIST_L2, 5)
    return np.asarray(np.clip(1 - away_px / np.float32(band_px), 0, 1), np.float32)


def _feathered(moved: _Moved, feather: float) -> Array:
    """A still's coverage: 1 inside, falling to 0 at its border over `feather` of the usual width."""
    width = max(1.0, feather * _FEATHER * min(moved.size))
    return np.asarray(np.clip(moved.inset_px / np.float32(width), 0, 1) ** 2, np.float32)


def _difference(one: Array, other: Array) -> Array:
    """How much two pictures of the same place differ, (H, W) in 0..1, seen a few pixels wide."""
    h, w = one.shape[:2]
    small = (max(1, w // 4), max(1, h // 4))
    seen = [reduced(one, small), reduced(other, small)]
    middle = np.float32(middle_of(seen[0]))
    tones = [np.maximum(p, 0) / (np.maximum(p, 0) + middle) for p in seen]
    apart = cv2.blur(np.abs(tones[0] - tones[1]).max(axis=2), (5, 5))
    return np.asarray(enlarged(np.clip(apart * 8, 0, 1), (w, h)), np.float32)


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

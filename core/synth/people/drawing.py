"""Draws a person's sub-frames and gathers their samples into pixels, light by light."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.camera import Camera, Matrix
from pai_studio.core.synth.paint import raster
from pai_studio.core.synth.paint.noise import blur, lookup
from pai_studio.core.synth.paint.raster import SUPERSAMPLE, Drawn, Window
from pai_studio.core.synth.people.body import Skin
from pai_studio.core.synth.people.cloth import Cloth
from pai_studio.core.synth.people.hair import Strands
from pai_studio.core.synth.people.shading import Lighting, Response, lit_hair, lit_surface
from pai_studio.core.synth.people.skeleton import HEAD
from pai_studio.core.synth.places.light import Light

_SHADOW_CELL_M = 0.016


@dataclass(frozen=True)
class Bent:
    """The person at one moment: world points and normals, and the hair's strands."""

    points: Array
    normals: Array
    strands: Strands


@dataclass(frozen=True)
class Moment:
    """One sub-frame: the person, the camera that sees them, and the share of the shot."""

    bent: Bent
    camera: Camera
    share: float


@dataclass(frozen=True)
class Sun:
    """A far light: its direction, and the place whose houses stand before it (None: nothing does)."""

    to_sun: Matrix
    place: Light | None


@dataclass(frozen=True)
class Samples:
    """What one sub-frame's samples show: the pixel of each in the window, and how it answers to light."""

    pixel: npt.NDArray[np.int64]
    response: Response


class Drawing:
    """A person's surfaces, to be drawn under lights whose colours are not known yet."""

    def __init__(self, skin: Skin, cloth: Cloth, lights: Lighting, light: Light, suns: list[Sun]) -> None:
        self.skin, self.cloth, self.lights, self.light, self.suns = skin, cloth, lights, light, suns
        self.head = np.flatnonzero(skin.weights[:, HEAD] > 0.9)

    def samples(self, window: Window, moments: list[Moment]) -> Iterator[Samples]:
        """The samples of every sub-frame, skin and hair in turn."""
        middle = moments[len(moments) // 2].bent
        shades = [_Shade(middle, sun, self.skin.triangles) for sun in self.suns]
        seen = np.stack([shade.of(middle.points, middle.normals, 0.022) for shade in shades], axis=1)
        strand = np.stack([shade.of(middle.strands.middles, None, 0.055) for shade in shades], axis=1)
        for number, moment in enumerate(moments):
            jitter = ((number + 0.5) / len(moments) - 0.5, ((number * 5 + 2) % 8 + 0.5) / 8 - 0.5)
            drawn = self._drawn(window, moment, jitter)
            width = window.width * SUPERSAMPLE
            for at, response in (
                (drawn.skin_at, self._skin(drawn, moment, seen)),
                (drawn.strand_at, self._hair(drawn, moment, strand)),
            ):
                pixel = (at // width) // SUPERSAMPLE * window.width + (at % width) // SUPERSAMPLE
                yield Samples(pixel, response)

    def _drawn(self, window: Window, moment: Moment, jitter: tuple[float, float]) -> Drawn:
        camera, strands = moment.camera, moment.bent.strands
        seen = camera.project(moment.bent.points).astype(np.float32)
        at = window.samples(seen[:, :2], jitter)
        ends = camera.project(strands.points.reshape(-1, 3)).astype(np.float32)
        # Strands lie on the scalp: a hair's breadth nearer, so that they are drawn over it.
        depth = ends[:, 2].reshape(-1, 2).mean(axis=1) - np.float32(0.004)
        lines = raster.Lines(window.samples(ends[:, :2], jitter).reshape(-1, 2, 2), depth)
        return raster.draw(window, at, seen[:, 2], self.skin.triangles, lines)

    def _lamps(self, share: float, points: Array, normals: Array) -> Array:
        still = self.light.lamps_at(points, normals)
        return still + self.light.moving_at(share, points, normals) if self.light.moving else still

    def _skin(self, drawn: Drawn, moment: Moment, suns: Array) -> Response:
        bent, skin = moment.bent, self.skin
        lamps = self._lamps(moment.share, bent.points, bent.normals)
        values = [
            bent.points,
            bent.normals,
            skin.points,
            lamps,
            skin.open_share[:, None],
            suns,
            skin.materials,
        ]
        at = raster.interpolate(np.concatenate(values, axis=1), skin.triangles, drawn)
        last = 13 + suns.shape[1]
        surface = self.cloth.surface(at[:, 6:9], at[:, 3:6], at[:, last:], skin.kinds)
        return lit_surface(
            self.lights,
            surface,
            at[:, 0:3],
            _view(moment.camera, at[:, 0:3]),
            open_share=at[:, 12:13].clip(0, 1),
            suns=at[:, 13:last].clip(0, 1),
            lamps=at[:, 9:12],
        )

    def _hair(self, drawn: Drawn, moment: Moment, suns: Array) -> Response:
        strands, segment = moment.bent.strands, drawn.segment
        points = strands.middles[segment]
        # One place for all hair: lamps are farther away than a head is wide.
        centre = moment.bent.points[self.head].mean(axis=0, keepdims=True)
        return lit_hair(
            self.lights,
            strands,
            segment,
            view=_view(moment.camera, points),
            suns=suns[segment],
            lamps=self._lamps(moment.share, centre, strands.outward[segment]),
        )


def _view(camera: Camera, points: Array) -> Array:
    view = camera.position.astype(np.float32) - points
    return np.asarray(view / np.sqrt(np.einsum("ij,ij->i", view, view))[:, None], np.float32)


class Gathered:
    """Sums of samples in a window's pixels; `mean` divides by all samples that a pixel has, so that pictures come out
    premultiplied."""

    def __init__(self, window: Window, subframes: int, channels: int) -> None:
        self.window = window
        self.total = np.zeros((channels, window.height * window.width))
        self.count = subframes * SUPERSAMPLE * SUPERSAMPLE

    def add(self, first: int, pixel: npt.NDArray[np.int64], values: Array) -> None:
        """Add (n, C) values to channels from `first` on."""
        size = self.total.shape[1]
        for channel, column in enumerate(values.T, start=first):
            self.total[channel] += np.bincount(pixel, weights=column, minlength=size)

    def mean(self) -> Array:
        """The pictures (h, w, channels)."""
        shape = (len(self.total), self.window.height, self.window.width)
        return np.ascontiguousarray((self.total / self.count).reshape(shape).transpose(1, 2, 0), np.float32)


class _Shade:
    """The shadow that a person throws on themselves under one sun, and that of the houses before it."""

    def __init__(self, bent: Bent, sun: Sun, triangles: npt.NDArray[np.int32]) -> None:
        self.sun = sun
        side = np.cross(sun.to_sun, [0, 0, 1.0] if abs(sun.to_sun[2]) < 0.99 else [0, 1.0, 0])
        side /= np.linalg.norm(side)
        self.axes = np.stack([side, np.cross(side, sun.to_sun), -sun.to_sun]).astype(np.float32)
        seen = bent.points @ self.axes.T
        self.low = seen.min(axis=0)
        cells = self._cells(seen)
        extent = cells.max(axis=0)[:2] + 3
        lit = (bent.normals[triangles[:, 0]] @ sun.to_sun.astype(np.float32)) > -0.2
        shape = (int(extent[1]), int(extent[0]))
        self.depths = raster.depth_map(cells[:, :2], cells[:, 2], triangles[lit], shape)
        self.rise, self.lets = self._houses(bent.points)

    def _cells(self, seen: Array) -> Array:
        """Points along the axes as cell coordinates (N, 2) and depth in metres."""
        off = seen - self.low
        off[:, :2] = off[:, :2] / np.float32(_SHADOW_CELL_M) + 2
        return np.asarray(off, np.float32)

    def _houses(self, points: Array) -> tuple[Array, Array]:
        """How much the place lets through, by height."""
        middles = points[::61].astype(np.float64)
        order = np.argsort(middles[:, 2])
        if self.sun.place is None:
            return middles[order, 2], np.ones(len(order), np.float32)
        lets = self.sun.place.sunlit(middles)[order]
        return middles[order, 2], blur(lets[:, None], 4)[:, 0]

    def of(self, points: Array, normals: Array | None, bias_m: float) -> Array:
        """The share of the sun (N,) that points see."""
        if not len(points):
            return np.zeros(0, np.float32)
        pushed = points if normals is None else points + normals * np.float32(0.02)
        cells = self._cells(pushed @ self.axes.T)
        clear = np.zeros(len(points), np.float32)
        for dx, dy in ((-0.6, -0.4), (0.6, -0.6), (0.4, 0.6), (-0.4, 0.5), (0, 0)):
            found = lookup(
                self.depths,
                cells[:, 0] + dx,
                cells[:, 1] + dy,
                nearest=True,
                border=cv2.BORDER_CONSTANT,
                outside=1e6,
            )[:, 0]
            clear += np.clip((found - cells[:, 2] + np.float32(bias_m)) / 0.012, 0, 1)
        lets = np.interp(points[:, 2], self.rise, self.lets)
        return np.asarray(clear / 5 * lets, np.float32)

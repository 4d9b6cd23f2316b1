"""The light of a place: a sun behind buildings, the sky, the ground's bounce, and lamps.

Irradiances are given over pi, so that a matt surface's radiance is its albedo times what is computed here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.camera import Floats, Matrix
from pai_studio.core.synth.paint.noise import lookup

_SUN_SAMPLES = 9


def toward(azimuth: float, elevation: float) -> Matrix:
    """The unit vector (3,) at an azimuth, right of ahead, and an elevation, in radians."""
    return np.array(
        [np.sin(azimuth) * np.cos(elevation), np.cos(azimuth) * np.cos(elevation), np.sin(elevation)]
    )


@dataclass(frozen=True)
class Lamp:
    """A small warm light at `position`; `power` (3,) is the radiance it gives a white wall one metre away."""

    position: Matrix
    power: Array


@dataclass(frozen=True)
class MovingLamp:
    """A lamp that wanders or flickers: `positions` (N, 3) and `powers` (N, 3) at even steps of the shot."""

    positions: Matrix
    powers: Array

    def at(self, share: float) -> Lamp:
        """The lamp at `share`, linear between the steps, held beyond the ends."""
        steps = np.linspace(0, 1, len(self.positions))
        position, power = (
            np.array([np.interp(share, steps, part[:, axis]) for axis in range(3)])
            for part in (self.positions, self.powers)
        )
        return Lamp(position, power.astype(np.float32))


@dataclass(frozen=True)
class Canopy:
    """Leaves or slats between the sun and everything: on the plane z = `height_m`, the share that passes.

    `share` (n, n) comes again every `extent_m`.
    """

    height_m: float
    share: Array
    extent_m: float

    def passes(self, points: Floats, to_sun: Matrix) -> Array:
        """The share of the sun that reaches each of (N, 3) points below the canopy."""
        rise = np.clip(self.height_m - points[:, 2], 0, None) / to_sun[2]
        scale = self.share.shape[0] / self.extent_m
        u, v = ((points[:, axis] + rise * to_sun[axis]) * scale for axis in (0, 1))
        return lookup(self.share, u.astype(np.float32), v.astype(np.float32))[:, 0]


@dataclass(frozen=True)
class Light:
    """All that lights a place. `to_sun` is a unit vector; `blockers` are boxes (N, 2, 3): low and high corners."""

    to_sun: Matrix
    sun: Array
    sky: Array
    glow: Array
    bounce: Array
    behind: Array
    haze: Array
    lamps: tuple[Lamp, ...]
    blockers: Matrix
    sun_width: float = 0.02
    moving: tuple[MovingLamp, ...] = ()
    canopy: Canopy | None = None

    def sunlit(self, points: Floats) -> Array:
        """The share of the sun's disc that each of (N, 3) points sees, in 0..1."""
        side = np.cross(self.to_sun, [0, 0, 1.0])
        side /= np.linalg.norm(side)
        rise = np.cross(side, self.to_sun)
        seen = np.zeros(len(points), np.float32)
        boxes = _in_the_way(points, self.to_sun, self.blockers, 60 * self.sun_width)
        for sample in range(_SUN_SAMPLES):
            radius = self.sun_width * np.sqrt((sample + 0.5) / _SUN_SAMPLES)
            angle = sample * 2.399963  # the golden angle: an even spiral over the disc
            ray = self.to_sun + radius * (np.cos(angle) * side + np.sin(angle) * rise)
            seen += ~_hits(points, ray, boxes)
        seen /= np.float32(_SUN_SAMPLES)
        if self.canopy is not None:
            seen *= self.canopy.passes(points, self.to_sun)
        return seen

    def ambient(self, normals: Array) -> Array:
        """Sky, ground, the open sky down the street and the sunlit street behind the camera, for (..., 3) normals."""
        up = (0.5 + 0.5 * normals[..., 2:3]).astype(np.float32)
        ahead = np.clip(0.5 + 0.5 * normals[..., 1:2], 0, 1).astype(np.float32) ** 2
        back = np.clip(-normals[..., 1:2], 0, 1).astype(np.float32)
        return np.asarray(
            self.sky * up + self.bounce * (1 - up) + self.glow * ahead + self.behind * back, np.float32
        )

    def lamps_at(self, points: Array, normals: Array) -> Array:
        """What the lamps give at (..., 3) points with unit normals; one point may stand for all normals."""
        return light_of(self.lamps, points, normals)

    def moving_at(self, share: float, points: Array, normals: Array) -> Array:
        """What the moving lamps give at `share` of the shot, as `lamps_at` has it."""
        return light_of(tuple(lamp.at(share) for lamp in self.moving), points, normals)


def light_of(lamps: tuple[Lamp, ...], points: Array, normals: Array) -> Array:
    """What lamps give at (..., 3) points with unit normals; one point may stand for all normals."""
    total = np.zeros(normals.shape, np.float32)
    place = [np.ascontiguousarray(points[..., axis], np.float32) for axis in range(3)]
    facing = [np.ascontiguousarray(normals[..., axis], np.float32) for axis in range(3)]
    for lamp in lamps:
        x, y, z = (np.float32(lamp.position[axis]) - place[axis] for axis in range(3))
        square = x * x + y * y + z * z
        cosine = (x * facing[0] + y * facing[1] + z * facing[2]) / np.sqrt(square + np.float32(1e-6))
        # A lamp has a size: light wraps a little around edges and does not grow without bound beside it.
        strength = np.clip(cosine * np.float32(0.8) + np.float32(0.2), 0, None) / (square + np.float32(0.08))
        for channel in range(3):
            total[..., channel] += np.float32(lamp.power[channel]) * strength
    return total


def _in_the_way(points: Floats, ray: Matrix, boxes: Matrix, spread_m: float) -> Matrix:
    """Those of the boxes that a ray within `spread_m` of `ray` can meet from any of the points.

    A ray from a cloud of points meets a box only where the ray from its middle meets the box grown by the cloud.
    """
    if not len(boxes) or not len(points):
        return boxes
    low, high = points.min(axis=0), points.max(axis=0)
    middle, half = (low + high) / 2, (high - low) / 2 + spread_m
    t = np.stack([boxes[:, 0] - half - middle, boxes[:, 1] + half - middle]) / ray
    enter, leave = t.min(axis=0).max(axis=-1), t.max(axis=0).min(axis=-1)
    return np.asarray(boxes[leave > np.maximum(enter, 0)])


def _hits(points: Floats, ray: Matrix, boxes: Matrix) -> npt.NDArray[np.bool_]:
    """Whether a ray from each point meets any box (the slab test); the start itself does not count."""
    columns = [np.ascontiguousarray(points[:, axis], np.float32) for axis in range(3)]
    hit = np.zeros(len(points), bool)
    for low, high in boxes:
        enter, leave = np.float32(-1e9), np.float32(1e9)
        for axis in range(3):
            t = [(edge[axis] - columns[axis]) * np.float32(1 / ray[axis]) for edge in (low, high)]
            near, far = (t[0], t[1]) if ray[axis] > 0 else (t[1], t[0])
            enter, leave = np.maximum(enter, near), np.minimum(leave, far)
        hit |= (leave > np.maximum(enter, np.float32(0.02))) & (enter > np.float32(-1e-3))
    return hit

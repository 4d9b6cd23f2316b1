"""The shadows that the subject throws on a floor, drawn on the floor's own map and seen through the camera."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.camera import Camera, Floats, Matrix
from pai_studio.core.synth.paint import raster
from pai_studio.core.synth.paint.noise import LUMA, blur, smooth
from pai_studio.core.synth.places.light import Light, light_of

_CELL_M = 0.025
_HALF_M = 5.0
_COARSE = 80  # cells along one edge where light is asked for
_LAMPS, _WEAK = 3, 0.06  # how many lamps throw shadows, and what share of the light is worth one


@dataclass(frozen=True)
class FloorMap:
    """A square of floor, 10 m wide, around the point at which the subject stands."""

    stand: Matrix

    @property
    def side(self) -> int:
        """Its cells along one edge."""
        return round(2 * _HALF_M / _CELL_M)

    def cells(self, points: Array) -> Array:
        """Floor points (N, 2) in metres as cell coordinates."""
        low = (self.stand[:2] - _HALF_M).astype(np.float32)
        return np.asarray((points - low) / np.float32(_CELL_M) - 0.5, np.float32)

    def thrown(self, points: Array, triangles: npt.NDArray[np.int32], toward: Matrix) -> Array:
        """The silhouette (side, side) of world points on the floor, under light from `toward`."""
        slope = (toward[:2] / toward[2]).astype(np.float32)
        return raster.silhouette(
            self.cells(points[:, :2] - points[:, 2:3] * slope), triangles, (self.side, self.side)
        )

    def thrown_from(self, points: Array, triangles: npt.NDArray[np.int32], lamp: Matrix) -> Array:
        """The silhouette (side, side) of world points on the floor, under a lamp at a place (3,)."""
        at = lamp.astype(np.float32)
        # What stands as high as the lamp throws its shadow as far as the map reaches, and no farther.
        rise = np.minimum(points[:, 2:3], np.float32(0.94) * at[2])
        on_floor = at[:2] + (points[:, :2] - at[:2]) * (at[2] / (at[2] - rise))
        return raster.silhouette(self.cells(on_floor), triangles, (self.side, self.side))

    def points(self) -> Array:
        """Floor points (_COARSE squared, 3) spread over the map, row by row."""
        low = self.stand[:2] - _HALF_M
        axis = (np.arange(_COARSE) + 0.5) * 2 * _HALF_M / _COARSE
        x, y = np.meshgrid(low[0] + axis, low[1] + axis)
        return np.stack([x.ravel(), y.ravel(), np.full(x.size, 0.02)], axis=1).astype(np.float32)

    def contact(self, points: Array, triangles: npt.NDArray[np.int32]) -> Array:
        """How much of the sky the person hides from the floor beneath and beside them, 0..1: nearly all of it under a
        sole, less beside a shoe, a little below the whole body."""
        straight, height = np.array([0, 0, 1.0]), points[triangles[:, 0], 2]
        sole = self.thrown(points, triangles[height < 0.05], straight)
        near = self.thrown(points, triangles[height < 0.20], straight)
        whole = self.thrown(points, triangles, straight)
        return np.asarray(
            np.clip(
                0.45 * blur(sole, 0.020 / _CELL_M)
                + 0.50 * blur(near, 0.055 / _CELL_M)
                + 0.34 * blur(whole, 0.24 / _CELL_M),
                0,
                1,
            ),
            np.float32,
        )

    def away_from(self, feet: Floats) -> Array:
        """Distance in metres of every cell from `feet` (2,), (side, side)."""
        low = self.stand[:2] - _HALF_M
        axis = (np.arange(self.side) + 0.5) * _CELL_M
        return np.asarray(
            np.hypot(low[0] + axis[None, :] - feet[0], low[1] + axis[:, None] - feet[1]), np.float32
        )

    def to_pixel(self, camera: Camera) -> Matrix:
        """The 3x3 from cells to a camera's pixels."""
        corner = np.array([*(self.stand[:2] - _HALF_M + 0.5 * _CELL_M), 0.0])
        return camera.plane_to_pixel(corner, np.array([_CELL_M, 0, 0]), np.array([0, _CELL_M, 0]))

    def on_picture(self, share: Array, camera: Camera) -> Array:
        """A map of shares (side, side) as the camera sees it on the floor, (H, W); 0 outside the map."""
        seen = cv2.warpPerspective(
            share,
            self.to_pixel(camera),
            camera.size,
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=0,
        )
        return np.asarray(seen, np.float32)


def sun_share(floor: FloorMap, light: Light) -> Array:
    """The sun's share of the floor's luminance (side, side); 0 where houses stand before the sun."""
    lit = light.sunlit(floor.points()).reshape(_COARSE, _COARSE)
    up = np.array([[0, 0, 1]], np.float32)
    at = (floor.stand + np.array([0, 0, 0.01]))[None].astype(np.float32)
    direct = float(light.sun @ LUMA) * float(light.to_sun[2])
    soft = float(((light.ambient(up) + light.lamps_at(at, up)) @ LUMA)[0])
    fine = cv2.resize(lit, (floor.side, floor.side), interpolation=cv2.INTER_LINEAR)
    return np.asarray(fine * (direct / (direct + soft)), np.float32)


def place_shadow(
    floor: FloorMap,
    points: Array,
    triangles: npt.NDArray[np.int32],
    light: Light,
    sun: Array,
    *,
    share: float,
) -> Array:
    """What the subject leaves of the place's light on the floor, (side, side): sharp at the feet, soft far away.

    `sun` (side, side) is the sun's share of the floor's light, `share` where in the shot moving lamps are.
    """
    mask = floor.thrown(points, triangles, light.to_sun)
    low = points[points[:, 2] < 0.25]
    away = floor.away_from(low[:, :2].mean(axis=0) if len(low) else floor.stand[:2])
    sharp, soft, softest = blur(mask, 0.6), blur(mask, 0.03 / _CELL_M), blur(mask, 0.08 / _CELL_M)
    mask = sharp + (soft - sharp) * smooth(away, 0.2, 1.6)
    mask = mask + (softest - mask) * smooth(away, 1.2, 4.0)
    hidden = sun * mask + _lamps_hidden(floor, points, triangles, light, share)
    return np.asarray((1 - hidden.clip(0, 1)) * (1 - 0.75 * floor.contact(points, triangles)), np.float32)


def _lamps_hidden(
    floor: FloorMap, points: Array, triangles: npt.NDArray[np.int32], light: Light, share: float
) -> Array:
    """The share of the floor's light that the person keeps from it by standing before the lamps, (side, side)."""
    cells = floor.points()
    up = np.array([[0, 0, 1]], np.float32)
    lamps = (*light.lamps, *(lamp.at(share) for lamp in light.moving))
    given = [(light_of((lamp,), cells, np.broadcast_to(up, cells.shape)) @ LUMA) for lamp in lamps]
    hidden = np.zeros((floor.side, floor.side), np.float32)
    if not given:
        return hidden
    soft = float((light.ambient(up) @ LUMA)[0]) + np.sum(given, axis=0)
    strengths = [float(np.max(part / soft)) for part in given]
    for number in np.argsort(strengths)[::-1][:_LAMPS]:
        lamp = lamps[number]
        if strengths[number] < _WEAK or lamp.position[2] < 0.3:
            continue
        thrown = blur(floor.thrown_from(points, triangles, lamp.position), 0.05 / _CELL_M)
        part = (given[number] / soft).reshape(_COARSE, _COARSE).astype(np.float32)
        hidden += thrown * cv2.resize(part, (floor.side, floor.side), interpolation=cv2.INTER_LINEAR)
    return hidden


def stage_shadow(
    floor: FloorMap, points: Array, triangles: npt.NDArray[np.int32], directions: Array
) -> Array:
    """What the subject leaves of the set's light on the screen floor: two soft shadows and the contact."""
    left = np.ones((floor.side, floor.side), np.float32)
    for direction, strength, width_m in zip(directions[:2], (0.30, 0.18), (0.10, 0.16), strict=True):
        high = np.array([direction[0], direction[1], max(float(direction[2]), 0.1) * 2.2])
        left *= 1 - strength * blur(floor.thrown(points, triangles, high), width_m / _CELL_M)
    return np.asarray(left * (1 - 0.65 * floor.contact(points, triangles)), np.float32)

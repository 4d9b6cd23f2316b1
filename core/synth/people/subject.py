"""The person in a shot: bent, drawn with motion blur, and lit twice: by the stage and by the place."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.camera import Camera, Matrix
from pai_studio.core.synth.paint import raster
from pai_studio.core.synth.paint.noise import blur, lookup
from pai_studio.core.synth.paint.raster import SUPERSAMPLE, Drawn, Window
from pai_studio.core.synth.people import body
from pai_studio.core.synth.people.cloth import Cloth
from pai_studio.core.synth.people.hair import Hair, Strands
from pai_studio.core.synth.people.pose import Walk, skinned
from pai_studio.core.synth.places.light import Light

_SHUTTER = 0.5
_SUBFRAMES = 3
_SHADOW_CELL_M = 0.016


@dataclass(frozen=True)
class Pictured:
    """The subject over a window of the frame, premultiplied: (h, w, 3) under the stage's light without and with the
    screen's spill, and under the place's; `matte` (h, w)."""

    window: Window
    matte: Array
    stage: Array
    spill: Array
    place: Array


@dataclass(frozen=True)
class Bent:
    """The person at one moment: world points and normals, and the hair's strands."""

    points: Array
    normals: Array
    strands: Strands


@dataclass(frozen=True)
class StageLight:
    """The soft neutral light of the set: directions (L, 3), powers (L, 3), a base, and the screen's bounce (3,)."""

    directions: Array
    powers: Array
    base: Array
    bounce: Array


class Subject:
    """A person, made once from a look and a walk, under the lights of a place and of a stage.

    `detail` is the picture's width over 1280 pixels.
    """

    def __init__(
        self, look: body.Look, walk: Walk, lights: tuple[Light, StageLight], detail: float, seed: int
    ) -> None:
        self.look, self.walk, self.subframes = look, walk, _SUBFRAMES
        self.light, self.stage = lights
        self.skin = body.make_skin(look, float(np.clip(0.020 / detail, 0.020, 0.036)))
        self.hair = Hair(look, np.random.default_rng([seed, 5]), int(np.clip(1000 * detail, 250, 1000)))
        self.cloth = Cloth(look, np.random.default_rng([seed, 6]))

    def bent(self, share: float) -> Bent:
        """The person at `share` of the shot (a little before 0 and after 1 too)."""
        bones = self.walk.bones(share)
        points, normals = skinned(self.skin, bones)
        return Bent(
            points, normals, self.hair.strands(bones[body.HEAD], share * self.walk.seconds, self.walk)
        )

    def pictured(self, camera: Camera, share: float, frame_share: float) -> Pictured | None:
        """The frame at `share`, of which it lasts `frame_share`; None when the person is out of the picture."""
        moments = [
            self.bent(share + frame_share * _SHUTTER * ((k + 0.5) / self.subframes - 0.5))
            for k in range(self.subframes)
        ]
        points = np.concatenate(
            [m.points for m in moments] + [m.strands.points.reshape(-1, 3) for m in moments]
        )
        window = raster.window_of(camera.project(points)[:, :2], camera.size, 3)
        if window is None:
            return None
        sun = self._sun_share(moments[len(moments) // 2])
        shape = (window.height * SUPERSAMPLE * window.width * SUPERSAMPLE, 10)
        total = np.zeros(shape, np.float32)
        for number, moment in enumerate(moments):
            jitter = ((number + 0.5) / self.subframes - 0.5, ((number * 5 + 2) % 8 + 0.5) / 8 - 0.5)
            drawn = self._drawn(window, camera, moment, jitter)
            total[drawn.skin_at] += self._lit_skin(self._values(moment, sun, drawn), camera)
            total[drawn.strand_at] += self._lit_hair(drawn, moment.strands, camera, sun)
        picture = total.reshape(window.height * SUPERSAMPLE, window.width * SUPERSAMPLE, 10)
        small = np.concatenate(
            [
                cv2.resize(
                    np.ascontiguousarray(picture[..., a:b]),
                    (window.width, window.height),
                    interpolation=cv2.INTER_AREA,
                ).reshape(window.height, window.width, b - a)
                for a, b in ((0, 3), (3, 6), (6, 9), (9, 10))
            ],
            axis=-1,
        )
        small /= np.float32(self.subframes)
        return Pictured(window, small[..., 9].clip(0, 1), small[..., 0:3], small[..., 3:6], small[..., 6:9])

    def _drawn(self, window: Window, camera: Camera, moment: Bent, jitter: tuple[float, float]) -> Drawn:
        seen = camera.project(moment.points).astype(np.float32)
        at = window.samples(seen[:, :2], jitter)
        ends = camera.project(moment.strands.points.reshape(-1, 3)).astype(np.float32)
        # Strands lie on the scalp: a hair's breadth nearer, so that they are drawn over it.
        depth = ends[:, 2].reshape(-1, 2).mean(axis=1) - np.float32(0.004)
        lines = raster.Lines(window.samples(ends[:, :2], jitter).reshape(-1, 2, 2), depth)
        return raster.draw(window, at, seen[:, 2], self.skin.triangles, lines)

    def _values(self, moment: Bent, sun: Array, drawn: Drawn) -> Array:
        """What `_lit_skin` needs at each drawn sample, interpolated from the vertices, (n, 20)."""
        lamps = self.light.lamps_at(moment.points, moment.normals)
        shares = np.stack([self.skin.open_share, sun], axis=1)
        values = [moment.points, moment.normals, self.skin.points, shares, self.skin.materials, lamps]
        return raster.interpolate(np.concatenate(values, axis=1), self.skin.triangles, drawn)

    def _lit_skin(self, values: Array, camera: Camera) -> Array:
        points, normals, rest = values[:, 0:3], values[:, 3:6], values[:, 6:9]
        open_share, sun = values[:, 9:10].clip(0, 1), values[:, 10:11].clip(0, 1)
        albedo, normals, sheen = self.cloth.surface(rest, normals, values[:, 11:17])
        view = camera.position.astype(np.float32) - points
        view /= np.linalg.norm(view, axis=1, keepdims=True)
        facing = np.clip(np.sum(normals * view, axis=1, keepdims=True), 0, 1)
        stage, spill = self._stage_light(points, normals, facing, open_share)
        place = self._place_light(normals, open_share, sun, values[:, 17:20])
        gloss = sheen * (1 - facing) ** 3
        sun_sheen = (
            gloss * sun * np.clip(normals @ self.light.to_sun.astype(np.float32) + 0.35, 0, 1)[:, None]
        )
        out = [
            albedo * stage + gloss * 0.12,
            (albedo * 0.8 + 0.05) * spill,
            albedo * place + sun_sheen * self.light.sun * 0.5 + gloss * self.light.sky * 0.5,
            np.ones((len(points), 1), np.float32),
        ]
        return np.asarray(np.concatenate(out, axis=1), np.float32)

    def _stage_light(
        self, points: Array, normals: Array, facing: Array, open_share: Array
    ) -> tuple[Array, Array]:
        """The set's neutral light, and the screen's coloured bounce from the floor and the wall behind."""
        wrap = np.clip(normals @ self.stage.directions.T * 0.8 + 0.2, 0, None)
        light = (wrap @ self.stage.powers + self.stage.base) * open_share
        height = np.clip(points[:, 2:3], 0, None)
        floor = (0.5 - 0.5 * normals[:, 2:3]) * np.exp(-height / 0.8) * 0.42
        wall = np.clip(0.25 + 0.75 * normals[:, 1:2], 0, None) * 0.30 + (1 - facing) ** 4 * 0.30
        return light, self.stage.bounce * (floor + wall) * open_share

    def _place_light(self, normals: Array, open_share: Array, sun: Array, lamps: Array) -> Array:
        to_sun = self.light.to_sun.astype(np.float32)
        direct = np.clip(normals @ to_sun * 0.97 + 0.03, 0, None)[:, None] * sun
        soft = self.light.ambient(normals) * open_share + lamps * (0.4 + 0.6 * open_share)
        return np.asarray(direct * self.light.sun + soft, np.float32)

    def _lit_hair(self, drawn: Drawn, strands: Strands, camera: Camera, sun: Array) -> Array:
        """Kajiya and Kay's strand: diffuse by the angle to it, a highlight along it, light through its edge."""
        segment = drawn.segment
        tangent, points = strands.tangents[segment], strands.middles[segment]
        color = strands.colors[segment]
        view = camera.position.astype(np.float32) - points
        view /= np.linalg.norm(view, axis=1, keepdims=True)
        outward = strands.outward[segment]

        def strand(to_light: Array, through: float) -> tuple[Array, Array]:
            along = np.clip(np.sum(tangent * to_light, axis=1, keepdims=True), -1, 1)
            sine = np.sqrt(1 - along * along)
            see = np.clip(np.sum(tangent * view, axis=1, keepdims=True), -1, 1)
            shine = np.clip(along * see + sine * np.sqrt(1 - see * see), 0, 1) ** 28
            side = np.clip(np.sum(outward * to_light, axis=1, keepdims=True) * 0.7 + 0.3 + through, 0, 1)
            return sine * side, shine * side

        stage = np.zeros_like(points) + self.stage.base * color
        for direction, power in zip(self.stage.directions, self.stage.powers, strict=True):
            diffuse, shine = strand(direction, 0)
            stage += power * (color * diffuse * 0.8 + 0.07 * shine)
        diffuse, shine = strand(self.light.to_sun.astype(np.float32), 0.25)
        lit = float(sun[self.skin.points[:, 2] > 1.55].mean())
        place = lit * self.light.sun * (color * diffuse * 0.9 + (0.10 + 0.5 * color) * shine)
        place = place + color * (
            self.light.ambient(outward) * 0.85
            + self.light.lamps_at(points.mean(axis=0, keepdims=True), outward)
        )
        spill = self.stage.bounce * (0.10 + 0.22 * np.clip(outward[:, 1:2], 0, 1)) * (color + 0.04)
        return np.asarray(
            np.concatenate([stage, spill, place, np.ones((len(points), 1), np.float32)], axis=1), np.float32
        )

    def _sun_share(self, moment: Bent) -> Array:
        """The sun that each vertex sees (V,): what the place lets through, less the body's own shadow."""
        at, depth, shape = _sun_plane(moment.points, self.light.to_sun)
        depths = raster.depth_map(at, depth, self.skin.triangles, shape)
        clear = np.zeros(len(at), np.float32)
        pushed, pushed_depth, _ = _sun_plane(
            moment.points + moment.normals * np.float32(0.02), self.light.to_sun, moment.points
        )
        for dx, dy in ((-0.6, -0.4), (0.6, -0.6), (0.4, 0.6), (-0.4, 0.5), (0, 0)):
            found = lookup(
                depths,
                pushed[:, 0] + dx,
                pushed[:, 1] + dy,
                nearest=True,
                border=cv2.BORDER_CONSTANT,
                outside=1e6,
            )[:, 0]
            clear += np.clip((found - pushed_depth + 0.022) / 0.012, 0, 1)
        middles = moment.points[::61].astype(np.float64)
        lets = self.light.sunlit(middles)
        height = np.clip(moment.points[:, 2], 0, 2)
        order = np.argsort(middles[:, 2])
        place = np.interp(height, middles[order, 2], blur(lets[order][:, None], 4)[:, 0])
        return np.asarray(clear / 5 * place, np.float32)


def _sun_plane(
    points: Array, to_sun: Matrix, frame: Array | None = None
) -> tuple[Array, Array, tuple[int, int]]:
    """Points as the sun sees them: cell coordinates (N, 2), depth in metres, and the map's shape."""
    side = np.cross(to_sun, [0, 0, 1.0])
    side /= np.linalg.norm(side)
    axes = np.stack([side, np.cross(side, to_sun), -to_sun]).astype(np.float32)
    low = ((points if frame is None else frame) @ axes.T).min(axis=0)
    high = ((points if frame is None else frame) @ axes.T).max(axis=0)
    seen = points @ axes.T
    cells = (seen[:, :2] - low[:2]) / np.float32(_SHADOW_CELL_M) + 2
    extent = (high[:2] - low[:2]) / _SHADOW_CELL_M + 5
    return cells, seen[:, 2] - low[2], (int(extent[1]), int(extent[0]))

"""Raises a place piece by piece: painted surfaces are lit where they hang and kept as quads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.camera import Matrix
from pai_studio.core.synth.paint.canvas import Canvas
from pai_studio.core.synth.paint.noise import smooth
from pai_studio.core.synth.paint.texture import Quad, Texture
from pai_studio.core.synth.places.light import Light
from pai_studio.core.synth.places.moods import Mood
from pai_studio.core.synth.places.place import Floor, Glowing, Place
from pai_studio.core.synth.places.site import Site
from pai_studio.core.synth.places.sky import Sky

UP = np.array([0, 0, 1.0])
RIGHT = np.array([1.0, 0, 0])
AWAY = np.array([0, 1.0, 0])
_THIN_PX = 1.2
_LIT_WITHIN_M = 26.0  # farther surfaces need no albedo for moving lamps

Band = tuple[float, float, float, float]
"""A piece of floor: from y, to y, half its width, and the finest texels a metre at 1280 pixels."""

Where = tuple[float, float, float, float, float]
"""A piece of floor: x of its left edge, y of its near one, width and length in metres, texels a metre."""

Ground = Callable[[Where], tuple[Canvas, Array | None]]
"""Paints a piece of floor, and its wetness (h, w), None if dry."""


class Builder:
    """Collects quads while a place is laid out; `detail` is the picture's width in pixels over 1280."""

    def __init__(
        self, rng: np.random.Generator, light: Light, mood: Mood, detail: float, focal_px: float
    ) -> None:
        self.rng, self.light, self.mood, self.detail, self.focal_px = rng, light, mood, detail, focal_px
        self.quads: list[Quad] = []

    def texels_per_m(self, distance_m: float) -> float:
        """Texels a metre that match the picture's pixels at that distance, within limits of memory."""
        return float(np.clip(1.15 * self.focal_px / max(distance_m, 1.0), 4, 130 * self.detail))

    def hang(
        self,
        canvas: Canvas,
        origin: Matrix,
        u: Matrix,
        up: Matrix,
        order: float,
        *,
        haze: float = 1.0,
        glossy: float = 0.0,
    ) -> Quad:
        """Light a canvas at its lower left `origin` with unit directions, and keep it."""
        across, rise = u * canvas.width_m, up * canvas.height_m
        radiance = canvas.lit(origin, across, rise, self.light, glossy)
        near = float(origin[1]) < _LIT_WITHIN_M
        albedo = Texture(_cut_out(canvas.albedo, canvas.alpha)) if self.light.moving and near else None
        quad = Quad(
            origin + rise,
            across,
            -rise,
            Texture(_cut_out(radiance, canvas.alpha)),
            order,
            haze,
            albedo,
        )
        self.quads.append(quad)
        return quad

    def stand(
        self,
        canvas: Canvas,
        x: float,
        y: float,
        z: float = 0.0,
        *,
        order: float | None = None,
        haze: float = 1.0,
    ) -> Quad:
        """A surface that faces the camera, its middle at `x`, its foot at `z`."""
        origin = np.array([x - canvas.width_m / 2, y, z])
        return self.hang(canvas, origin, RIGHT, UP, y if order is None else order, haze=haze)

    def side(self, canvas: Canvas, corner: tuple[float, float, float], facing: int, order: float) -> Quad:
        """A wall along y from its near lower `corner` on; it faces -x or +x as `facing` says."""
        x, near, z = corner
        if facing > 0:
            return self.hang(canvas, np.array([x, near, z]), AWAY, UP, order)
        return self.hang(canvas, np.array([x, near + canvas.width_m, z]), -AWAY, UP, order)

    def shine(self, glow: Array, origin: Matrix, u_axis: Matrix, up_axis: Matrix, order: float) -> None:
        """Light in the air, (h, w, 3) radiance on a parallelogram in metres: it adds and hides nothing."""
        clear = np.concatenate([glow, np.zeros_like(glow[..., :1])], axis=-1)
        self.quads.append(Quad(origin + up_axis, u_axis, -up_axis, Texture(clear), order, 0.0))

    def box(
        self, low: Matrix, high: Matrix, paint: Callable[[float, float, float], Canvas], eye_m: float = 1.7
    ) -> None:
        """A box whose visible faces `paint(width, height, texels a metre)` paints."""
        x0, y0, z0 = (float(v) for v in low)
        x1, y1, z1 = (float(v) for v in high)
        density = self.texels_per_m(y0)
        self.stand(paint(x1 - x0, z1 - z0, density), (x0 + x1) / 2, y0, z0)
        # How many pixels its side and its upper or lower face are across; thinner ones are nothing to see.
        lateral, rise = (
            self.focal_px * (y1 - y0) * gap / y0**2 for gap in (min(abs(x0), abs(x1)), abs(z1 - eye_m))
        )
        if x0 * x1 > 0 and lateral > _THIN_PX:
            face = paint(y1 - y0, z1 - z0, density)
            self.side(face, (x0 if x0 > 0 else x1, y0, z0), -1 if x0 > 0 else 1, y0 + 0.01)
        if z1 < eye_m and rise > _THIN_PX:
            self.hang(paint(x1 - x0, y1 - y0, density), np.array([x0, y0, z1]), RIGHT, AWAY, y0 + 0.02)
        elif z0 > eye_m:
            self.hang(paint(x1 - x0, y1 - y0, density), np.array([x0, y1, z0]), RIGHT, -AWAY, y0 + 0.02)

    def last_glowing(self) -> Quad:
        """Take back what was hung last, as what shines of a lamp: that lamp is too close to light it."""
        return replace(self.quads.pop(), albedo=None)

    def ground_shadow(
        self, x: float, near: float, half_m: float, length_m: float, strength: float = 0.8
    ) -> None:
        """The dark under something that stands from y = `near` on, soft around its foot."""
        rim = 0.3
        across = np.linspace(-1, 1, 48, dtype=np.float32) * np.float32(half_m + rim)
        along = np.linspace(-rim, length_m + rim, 48, dtype=np.float32)[::-1]
        inside_x = smooth(np.abs(across), half_m + rim, half_m - rim * 0.8)
        inside_y = smooth(np.minimum(along, length_m - along), -rim, rim * 0.8)
        alpha = np.float32(strength) * inside_x[None, :] * inside_y[:, None]
        shade = np.concatenate([np.zeros((48, 48, 3), np.float32), alpha[..., None]], axis=-1)
        origin = np.array([x - half_m - rim, near + length_m + rim, 0.004])
        sides = np.array([2 * (half_m + rim), 0, 0]), np.array([0, -length_m - 2 * rim, 0])
        self.quads.append(Quad(origin, *sides, Texture(shade), near + length_m + 0.5))

    def floors(self, ground: Ground, bands: tuple[Band, ...]) -> tuple[Floor, ...]:
        """A floor in pieces, given nearest first, coarser as it recedes; far ones reach under near ones."""
        floors = []
        for start, end, half, finest in reversed(bands):
            density = max(min(6.0, finest), finest * self.detail)
            canvas, wet = ground((-half, start, 2 * half, end - start, density))
            self.hang(canvas, np.array([-half, start, 0.0]), RIGHT, AWAY, end)
            floors.append(Floor(self.quads.pop(), None if wet is None else wetness(canvas, wet)))
        return tuple(floors)

    def place(
        self,
        site: Site,
        sky: Sky,
        floors: tuple[Floor, ...],
        *,
        far: Matrix,
        haze_per_m: float,
        glowing: tuple[Glowing, ...] = (),
    ) -> Place:
        """All that was raised here, as a place."""
        quads, (kind, hour) = tuple(self.quads), (site.kind, site.hour)
        return Place(self.light, sky, floors, quads, site.stand, far, haze_per_m, glowing, kind, hour)


def piece_of_floor(where: Where, base: Array) -> tuple[Canvas, Array, Array]:
    """The canvas of a piece of floor in one colour (3,), and where its texels lie: x (1, w) and y (h, 1) in metres."""
    left, start, width, length, density = where
    floor = Canvas(width, length, density, base)
    s, t = floor.grid()
    return floor, s + np.float32(left), t + np.float32(start)


def wetness(canvas: Canvas, wet: Array) -> Texture:
    """What a wet floor mirrors with: its wetness (h, w) in 0..1 and the slopes of its relief."""
    dy, dx = np.gradient(canvas.relief * np.float32(0.5 * canvas.per_m))
    slopes = [slope.clip(-0.5, 0.5) + np.float32(0.5) for slope in (dx, dy)]
    return Texture(np.stack([wet, *slopes], axis=-1))


def free(stand: Matrix, x: float, half_m: float, y: float) -> bool:
    """Whether something at (x, y) that reaches `half_m` to each side leaves the view to the subject open.

    The subject plays from where it stands toward the middle, and the camera moves within 1.5 m.
    """
    if y > stand[1] + 1.6:
        return True
    near_side = x * stand[0] > 0
    slope, least = (0.19, 0.5) if near_side else (0.13, 0.35)
    return abs(x) - half_m > least + slope * y


def _cut_out(colors: Array, alpha: Array | None) -> Array:
    if alpha is None:
        return colors
    return np.concatenate([colors * alpha[..., None], alpha[..., None]], axis=-1)

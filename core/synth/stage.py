"""The set on which the subject is filmed: a lit screen behind and underfoot, with creases and tracking markers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.camera import Camera, Matrix
from pai_studio.core.synth.paint.noise import fbm, own, smooth
from pai_studio.core.synth.paint.texture import Quad, Texture, see
from pai_studio.core.synth.people.shading import StageLight
from pai_studio.core.synth.screens import (
    HEIGHT_M,
    SCREENS,
    WIDTH_M,
    Cloth,
    draw_cloth,
    patched,
    seam_row,
    stick_markers,
    wall_light,
)

_BEHIND_M = 2.7
_KEY = 1.4  # the set's light on the screen


@dataclass(frozen=True)
class Stage:
    """The wall and the floor as lit quads; `markers` (N, 3) are the markers' centres on the wall."""

    wall: Quad
    floor: Quad
    light: StageLight
    markers: Matrix
    cloth: Cloth

    def seen(self, camera: Camera) -> tuple[Array, Array]:
        """The (H, W, 3) screen without the subject, and where it is floor (H, W)."""
        width, height = camera.size
        picture = np.zeros((height, width, 3), np.float32)
        floor = np.zeros((height, width), np.float32)
        for quad in (self.wall, self.floor):
            found = see(quad, camera)
            if found is None:
                continue
            below = picture[found.part]
            below += found.rgb - below * found.alpha[..., None]
            if quad is self.floor:
                floor[found.part] = found.alpha
        return picture, floor


def build_stage(
    screen: str, stand: Matrix, markers: bool, texels_per_m: float, rng: np.random.Generator
) -> Stage:
    """A set around `stand`, drawn from `rng`; `screen` is `green` or `blue`.

    Markers change nothing but where they stick.
    """
    paint = SCREENS[screen]
    wall_y = float(stand[1]) + _BEHIND_M
    cloth = draw_cloth(own(rng))
    lamps = own(rng)
    level = _KEY * float(np.exp2(lamps.uniform(-0.35, 0.2)))
    light = wall_light(cloth, texels_per_m, level, own(rng))
    wall = paint * light[..., None]
    patched(wall, cloth)
    tape = own(rng)
    centres = stick_markers(wall, light, screen, cloth, tape) if markers else np.zeros((0, 2))
    left = -WIDTH_M / 2
    wall_quad = Quad(
        np.array([left, wall_y, HEIGHT_M]),
        np.array([WIDTH_M, 0, 0]),
        np.array([0, 0, -HEIGHT_M]),
        Texture(wall),
        wall_y,
    )
    floor = _Floor(wall_y, texels_per_m * 0.9, level, cloth, light)
    placed = np.stack([centres[:, 0] + left, np.full(len(centres), wall_y), centres[:, 1]], axis=1)
    return Stage(
        wall_quad, floor.quad(paint, own(rng)), _lamps(lamps, paint, level), markers=placed, cloth=cloth
    )


def _lamps(rng: np.random.Generator, paint: Array, level: float) -> StageLight:
    """Key, fill and top light on the subject, their sides, levels and warmth drawn; and what the screen throws back."""
    turn = rng.choice([-1.0, 1.0])
    aside = rng.uniform(0.75, 1.2)
    directions = np.array(
        [[-0.55 * turn * aside, -0.62, 0.56], [0.75 * turn, -0.5, 0.35], [0.0, 0.25, 0.97]], np.float32
    )
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    key = float(np.exp2(rng.uniform(-0.35, 0.35)))
    fill = float(rng.uniform(0.45, 1.15))
    warmth = np.float32(rng.uniform(-0.06, 0.06))
    tint = np.array([1 + warmth, 1, 1 - warmth], np.float32) * np.array([1.0, 0.99, 0.97], np.float32)
    powers = np.array([[0.85], [0.40 * fill], [0.45]], np.float32) * np.float32(key) * tint
    return StageLight(
        directions, powers, 0.24 * np.float32(key) * tint, paint * np.float32(1.3 * level / _KEY)
    )


@dataclass(frozen=True)
class _Floor:
    """The screen's cloth on the floor, which goes on from the wall's in a bow."""

    wall_y: float
    texels_per_m: float
    level: float
    cloth: Cloth
    wall: Array

    def quad(self, paint: Array, rng: np.random.Generator) -> Quad:
        """The floor in front of the wall, lit."""
        near = 0.4
        depth = self.wall_y - near
        shape = (round(depth * self.texels_per_m), round(WIDTH_M * self.texels_per_m))
        s = np.linspace(-WIDTH_M / 2, WIDTH_M / 2, shape[1], dtype=np.float32)[None, :]
        y = np.linspace(self.wall_y, near, shape[0], dtype=np.float32)[:, None]
        off = (s - np.float32(self.cloth.hot_m)) / np.float32(3.4)
        light = 0.94 - self.cloth.falloff * off**2 / (1 + off**2) * 1.3 - 0.02 * np.clip(4 - y, 0, None)
        scuffs = smooth(fbm(shape, (depth * 3, WIDTH_M), 0.55, rng, 6, persistence=0.6), 0.35, 0.9)
        dirt = 0.022 * fbm(shape, (depth, WIDTH_M), 0.9, rng, 5, persistence=0.6) - 0.05 * scuffs
        light = light * np.float32(self.level) * (1 + dirt * np.float32(self.cloth.wrinkles / 0.03))
        light = np.clip(light, 0.1, None)
        light = light + (seam_row(self.wall, shape[1]) - light) * np.exp(-(self.wall_y - y) / np.float32(0.5))
        return Quad(
            np.array([-WIDTH_M / 2, self.wall_y, 0.0]),
            np.array([WIDTH_M, 0, 0]),
            np.array([0, -depth, 0]),
            Texture(paint * light[..., None].astype(np.float32)),
            0.0,
        )

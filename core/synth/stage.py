"""The set on which the subject is filmed: a lit screen behind and underfoot, with creases and tracking markers."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.camera import Camera, Matrix
from pai_studio.core.synth.paint.noise import color, fbm, smooth
from pai_studio.core.synth.paint.texture import Quad, Texture, see
from pai_studio.core.synth.people.subject import StageLight

_WIDTH_M, _HEIGHT_M = 17.0, 7.0
_BEHIND_M = 2.7
_KEY = 1.4  # the set's light on the screen
SCREENS = {"green": color("1c9a3a"), "blue": color("1b3fb8")}
_MARKER = {"green": color("7fd67a"), "blue": color("7fa4ee")}


@dataclass(frozen=True)
class Stage:
    """The wall and the floor as lit quads; `markers` (N, 3) are the crosses' centres on the wall."""

    wall: Quad
    floor: Quad
    light: StageLight
    markers: Matrix

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
    """A set around `stand`; `screen` is `green` or `blue`."""
    paint = SCREENS[screen]
    wall_y = float(stand[1]) + _BEHIND_M
    hot = rng.uniform(-1.5, 1.5)
    falloff = float(rng.uniform(0.10, 0.2))
    wall_light = _wall_light(texels_per_m, hot, falloff, rng)
    wall = paint * wall_light[..., None]
    centres = _markers(rng) if markers else np.zeros((0, 2))
    for s, z in centres:
        _cross(wall, float(s), float(z), texels_per_m, hue=_MARKER[screen], light=wall_light)
    left = -_WIDTH_M / 2
    wall_quad = Quad(
        np.array([left, wall_y, _HEIGHT_M]),
        np.array([_WIDTH_M, 0, 0]),
        np.array([0, 0, -_HEIGHT_M]),
        Texture(wall),
        wall_y,
    )
    floor_quad = _floor(paint, wall_y, texels_per_m, hot=hot, falloff=falloff, seam=wall_light[-1], rng=rng)
    turn = rng.choice([-1.0, 1.0])
    directions = np.array(
        [[-0.55 * turn, -0.62, 0.56], [0.75 * turn, -0.5, 0.35], [0.0, 0.25, 0.97]], np.float32
    )
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    powers = np.array([[0.85], [0.40], [0.45]], np.float32) * np.array([1.0, 0.99, 0.97], np.float32)
    light = StageLight(directions, powers, np.full(3, 0.24, np.float32), paint * np.float32(1.3))
    placed = np.stack([centres[:, 0] + left, np.full(len(centres), wall_y), centres[:, 1]], axis=1)
    return Stage(wall_quad, floor_quad, light, placed)


def _wall_light(texels_per_m: float, hot: float, falloff: float, rng: np.random.Generator) -> Array:
    """The wall's light: brightest between the lamps, dim toward its edges, with creases in the cloth."""
    shape = (round(_HEIGHT_M * texels_per_m), round(_WIDTH_M * texels_per_m))
    s = np.linspace(-_WIDTH_M / 2, _WIDTH_M / 2, shape[1], dtype=np.float32)[None, :]
    z = np.linspace(_HEIGHT_M, 0, shape[0], dtype=np.float32)[:, None]
    light = (
        1.02
        - falloff * ((s - hot) / 3.2) ** 2 / (1 + ((s - hot) / 3.2) ** 2) * 1.6
        - falloff * 0.8 * ((z - 2.2) / 3) ** 2
    )
    creases = fbm(shape, (_HEIGHT_M * 0.28, _WIDTH_M), 0.7, rng, 5, persistence=0.55)
    light = light * (
        1 + 0.030 * creases + 0.012 * fbm(shape, (_HEIGHT_M, _WIDTH_M), 0.05, rng, 3, persistence=0.8)
    )
    cove = 1 - 0.10 * np.exp(-z / 0.35)
    return np.asarray(np.clip(light * cove, 0.25, None) * _KEY, np.float32)


def _floor(
    paint: Array,
    wall_y: float,
    texels_per_m: float,
    *,
    hot: float,
    falloff: float,
    seam: Array,
    rng: np.random.Generator,
) -> Quad:
    near = 0.4
    depth = wall_y - near
    density = texels_per_m * 0.9
    shape = (round(depth * density), round(_WIDTH_M * density))
    s = np.linspace(-_WIDTH_M / 2, _WIDTH_M / 2, shape[1], dtype=np.float32)[None, :]
    y = np.linspace(wall_y, near, shape[0], dtype=np.float32)[:, None]
    light = (
        0.94
        - falloff * ((s - hot) / 3.4) ** 2 / (1 + ((s - hot) / 3.4) ** 2) * 1.3
        - 0.02 * np.clip(4 - y, 0, None)
    )
    light = light * _KEY
    scuffs = smooth(fbm(shape, (depth * 3, _WIDTH_M), 0.55, rng, 6, persistence=0.6), 0.35, 0.9)
    light = light * (1 + 0.022 * fbm(shape, (depth, _WIDTH_M), 0.9, rng, 5, persistence=0.6) - 0.05 * scuffs)
    at_wall = cv2.resize(seam[None, :], (shape[1], 1), interpolation=cv2.INTER_AREA)
    light = light + (at_wall - light) * np.exp(-(wall_y - y) / np.float32(0.5))
    radiance = paint * light[..., None].astype(np.float32)
    return Quad(
        np.array([-_WIDTH_M / 2, wall_y, 0.0]),
        np.array([_WIDTH_M, 0, 0]),
        np.array([0, -depth, 0]),
        Texture(radiance),
        0.0,
    )


def _markers(rng: np.random.Generator) -> Matrix:
    """Centres (N, 2) of crosses on the wall, in rows that a careful hand has taped."""
    s = np.arange(0.5, _WIDTH_M, 0.95)
    z = np.array([0.55, 1.5, 2.45, 3.4, 4.35])
    grid = np.stack(np.meshgrid(s, z), axis=-1)
    grid[1::2, :, 0] += 0.47
    return np.asarray(grid.reshape(-1, 2) + rng.normal(0, 0.02, (grid.size // 2, 2)))


def _cross(wall: Array, s: float, z: float, density: float, *, hue: Array, light: Array) -> None:
    """Paint one cross of tape, 16 cm across, 2.4 cm wide."""
    reach, half = 0.10, 0.012
    rows = slice(max(0, int((_HEIGHT_M - z - reach) * density)), int((_HEIGHT_M - z + reach) * density) + 1)
    columns = slice(max(0, int((s - reach) * density)), int((s + reach) * density) + 1)
    height, width = wall.shape[:2]
    y = _HEIGHT_M - (np.arange(height)[rows] + 0.5) / density - z
    x = (np.arange(width)[columns] + 0.5) / density - s
    cover_x = (
        np.clip((half - np.abs(x)) * density + 0.5, 0, 1)[None, :]
        * np.clip((0.08 - np.abs(y)) * density + 0.5, 0, 1)[:, None]
    )
    cover_y = (
        np.clip((half - np.abs(y)) * density + 0.5, 0, 1)[:, None]
        * np.clip((0.08 - np.abs(x)) * density + 0.5, 0, 1)[None, :]
    )
    cover = np.maximum(cover_x, cover_y)[..., None].astype(np.float32)
    part = wall[rows, columns]
    part += (hue * light[rows, columns][..., None] - part) * cover

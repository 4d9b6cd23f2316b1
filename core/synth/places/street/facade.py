"""Old-town house fronts: plaster, brick, stone, ivy and age."""

from __future__ import annotations

import numpy as np

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.paint.canvas import Canvas
from pai_studio.core.synth.paint.noise import blur, color, hashed, smooth
from pai_studio.core.synth.places.street.openings import Opening, Style, door, shop_window, window

PLASTERS = (
    "c98a56",
    "b9623f",
    "d9b27c",
    "cfa98a",
    "a9b3a2",
    "c4705a",
    "d8c3a0",
    "b58f62",
    "9fb0b8",
    "c77f49",
)
SHUTTERS = ("2f5d50", "41597a", "6b3b2a", "3c6e71", "7a5c3a", "5a6b3f", "284b63")


GROUND_FLOOR_M = 3.3
STOREY_M = 3.0


def house_front(
    width_m: float, height_m: float, texels_per_m: float, style: Style, rng: np.random.Generator
) -> Canvas:
    """A painted house front, its relief in metres; the light comes later."""
    wall = Canvas(width_m, height_m, texels_per_m, style.plaster)
    _plaster(wall, rng)
    _bricks_showing(wall, rng)
    for level in np.arange(GROUND_FLOOR_M, height_m - 0.5, STOREY_M):
        _band(wall, float(level), style)
    _corner_stones(wall, style, rng)
    _plinth(wall, rng)
    pitch = width_m / max(1, round(width_m / rng.uniform(2.1, 2.7)))
    centres = np.arange(pitch / 2, width_m, pitch)
    window_w, window_h = rng.uniform(0.85, 1.05), rng.uniform(1.45, 1.7)
    for level in np.arange(GROUND_FLOOR_M, height_m - window_h - 0.9, STOREY_M):
        for s in centres:
            window(wall, Opening(float(s), float(level) + 0.85, window_w, window_h), style, rng)
    for s in centres:
        kind = rng.random()
        if kind < 0.38:
            door(wall, float(s), style, rng)
        elif kind < 0.72 and pitch > 2.0:
            shop_window(wall, float(s), min(pitch * 0.74, 1.9), style, rng)
        else:
            window(wall, Opening(float(s), 1.25, window_w, window_h * 0.95, window_w * 0.42), style, rng)
    if rng.random() < 0.6:
        _ivy(wall, rng)
    _grime(wall, rng)
    return wall


def plain_wall(
    width_m: float, height_m: float, texels_per_m: float, style: Style, rng: np.random.Generator
) -> Canvas:
    """A house's blind side or a garden wall: plaster over stone, worn."""
    wall = Canvas(width_m, height_m, texels_per_m, style.plaster * 0.9)
    _plaster(wall, rng)
    _bricks_showing(wall, rng)
    _corner_stones(wall, style, rng)
    _plinth(wall, rng)
    if height_m > 2 and rng.random() < 0.7:
        _ivy(wall, rng)
    _grime(wall, rng)
    return wall


def _plaster(wall: Canvas, rng: np.random.Generator) -> None:
    patches = wall.noise(1.6, rng, 5, 0.6)
    fine = wall.noise(0.12, rng, 4, 0.7)
    wall.albedo *= (1 + 0.17 * patches + 0.10 * fine)[..., None].clip(0.3, 1.6)
    faded = smooth(patches, 0.25, 0.8)[..., None] * np.float32(0.4)
    wall.albedo += (wall.albedo.mean(axis=-1, keepdims=True) * 1.12 - wall.albedo) * faded
    wall.relief += 0.0035 * fine + 0.006 * patches
    cracks = np.abs(wall.noise(0.9, rng, 5, 0.62))
    line = smooth(cracks, 0.018, 0.0)
    wall.albedo *= 1 - 0.45 * line[..., None]
    wall.relief -= 0.006 * line


def _bricks_showing(wall: Canvas, rng: np.random.Generator) -> None:
    """Where plaster has fallen: courses of brick a little deeper than it."""
    bare = smooth(wall.noise(1.9, rng, 6, 0.55), 0.52, 0.58)
    if not bare.any():
        return
    s, z = wall.grid()
    row = np.floor(z / 0.075)
    shifted = s + 0.115 * (row % 2)
    column = np.floor(shifted / 0.23)
    edge = np.minimum(_to_edge(shifted, 0.23), _to_edge(z, 0.075))
    stone = smooth(edge, 0.003, 0.010)
    tone = hashed((row * 977 + column).astype(np.int64), 3)[..., None]
    brick = (
        color("94604a") * (0.5 + 0.6 * tone) * stone[..., None]
        + color("b7a48c") * (1 - stone[..., None]) * 0.7
    )
    wall.albedo += (brick - wall.albedo) * bare[..., None]
    wall.relief += (0.008 * stone - 0.022) * bare


def _to_edge(x: Array, period: float) -> Array:
    """The distance to the nearest joint of a pattern that repeats every `period` metres."""
    phase = x - np.floor(x / np.float32(period)) * np.float32(period)
    return np.asarray(np.minimum(phase, np.float32(period) - phase), np.float32)


def _plinth(wall: Canvas, rng: np.random.Generator) -> None:
    """Blocks of stone along the foot of the wall."""
    top = float(rng.uniform(0.55, 0.8))
    part, cover = wall.box(0, 0, wall.width_m, top)
    s, z = wall.grid()
    s, z = s[:, part[1]], z[part[0]]
    row = np.floor(z / 0.34)
    shifted = s + 0.31 * (row % 2) + 0.1 * row
    tone = hashed((row * 577 + np.floor(shifted / 0.62)).astype(np.int64), 5)
    joint = smooth(np.minimum(_to_edge(shifted, 0.62), _to_edge(z, 0.34)), 0.004, 0.016)
    grain = 1 + 0.22 * wall.noise(0.06, rng, 3, 0.8)[part]
    stone = color("8d857a") * (0.55 + 0.5 * tone * grain)[..., None] * (0.4 + 0.6 * joint[..., None])
    wall.albedo[part] += (stone - wall.albedo[part]) * cover[..., None]
    relief = 0.02 + 0.022 * joint + 0.006 * grain
    wall.relief[part] += (relief - wall.relief[part]) * cover
    wall.rect(0, top, wall.width_m, top + 0.07, albedo=color("a49a8a"), relief=0.06, keep=0.3)


def _band(wall: Canvas, level: float, style: Style) -> None:
    wall.rect(0, level - 0.16, wall.width_m, level + 0.02, albedo=style.trim, relief=0.05, keep=0.25)
    wall.rect(0, level + 0.02, wall.width_m, level + 0.07, albedo=style.trim * 1.05, relief=0.085, keep=0.25)


def _corner_stones(wall: Canvas, style: Style, rng: np.random.Generator) -> None:
    height, long = 0.36, True
    for z in np.arange(0.6, wall.height_m, height):
        width = 0.5 if long else 0.32
        tone = style.trim * float(rng.uniform(0.72, 1.0))
        for s0, s1 in ((0.0, width), (wall.width_m - width, wall.width_m)):
            wall.rect(
                s0, float(z) + 0.012, s1, float(z) + height - 0.012, albedo=tone, relief=0.028, keep=0.35
            )
        long = not long


def _ivy(wall: Canvas, rng: np.random.Generator) -> None:
    """Ivy climbing from the ground, thick at one side: leaves of many greens over their own shadow."""
    s, z = wall.grid()
    side = float(rng.choice([0.0, wall.width_m]))
    reach = rng.uniform(0.9, 1.8) * (1.1 + 0.5 * wall.noise(1.4, rng, 4))
    top = rng.uniform(3.5, 7.0) * (1 + 0.4 * wall.noise(0.8, rng, 4))
    body = smooth(reach - np.abs(s - side), -0.05, 0.12) * smooth(top - z, -0.05, 0.2)
    clump = wall.noise(0.16, rng, 3, 0.7)
    leaves = smooth(body * (1 + 0.5 * clump), 0.46, 0.56)
    tone = wall.noise(0.05, rng, 2, 0.8)
    green = color("4c6b2c") * np.clip(0.75 + 0.5 * tone + 0.4 * clump, 0.12, 2)[..., None]
    autumn = smooth(wall.noise(0.7, rng, 3), 0.25, 0.6)[..., None]
    green = green + (
        color("b0552a") * np.clip(0.8 + 0.6 * tone, 0.1, 2)[..., None] - green
    ) * autumn * np.float32(0.7)
    shadow = blur(leaves, 0.05 * wall.per_m)
    wall.albedo *= 1 - 0.5 * shadow[..., None]
    wall.albedo += (green - wall.albedo) * leaves[..., None]
    wall.emission *= 1 - leaves[..., None]
    wall.relief += leaves * (0.06 + 0.05 * tone + 0.05 * clump - np.minimum(wall.relief, 0))


def _grime(wall: Canvas, rng: np.random.Generator) -> None:
    """Dirt splashed up from the street and washed down from the eaves."""
    _, z = wall.grid()
    reach = 0.35 + 0.3 * wall.noise(0.8, rng, 4)
    low = np.exp(-z / np.maximum(reach, 0.08))
    high = np.exp(-(wall.height_m - z) / np.maximum(2.2 * reach, 0.08))
    wall.albedo *= (1 - 0.5 * low - 0.35 * high)[..., None]

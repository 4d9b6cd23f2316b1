"""A street's floor: cobbles laid in arcs, flagstones along the walls, puddles after rain."""

from __future__ import annotations

import numpy as np

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.camera import Floats
from pai_studio.core.synth.paint.canvas import Canvas
from pai_studio.core.synth.paint.noise import color, fbm, hashed, smooth

_PAVEMENT_M = 0.95
_COBBLE_M = 0.115


def street_floor(
    left_m: float, right_m: float, *, start_m: float, length_m: float, texels_per_m: float, seed: int
) -> tuple[Canvas, Array]:
    """The floor from x = `left_m` to `right_m`, and its wetness (h, w) in 0..1.

    `start_m` is where it begins along the street, so that pieces of different fineness continue one another.
    """
    floor = Canvas(right_m - left_m, length_m, texels_per_m, color("6f675e"))
    s, t = floor.grid()
    x, y = s + np.float32(left_m), t + np.float32(start_m)
    relief, tone = _cobbles(x, y)
    slab_relief, slab_tone = _flagstones(x, y)
    edge = np.minimum(x - np.float32(left_m), np.float32(right_m) - x)
    slabs = smooth(edge + 0 * y, _PAVEMENT_M + 0.01, _PAVEMENT_M - 0.01)
    kerb = smooth(np.abs(edge - np.float32(_PAVEMENT_M)), 0.075, 0.06)
    relief += (slab_relief - relief) * slabs
    tone += (slab_tone - tone) * slabs
    relief += (np.float32(0.03) - relief) * kerb
    tone += (np.float32(1.1) - tone) * kerb
    large = _noise(floor, start_m, 1.7, 4, seed)
    fine = floor.noise(0.05, np.random.default_rng(seed + 1), 3, 0.8)
    warm = color("8a7860") + (color("5d6068") - color("8a7860")) * smooth(large, -0.5, 0.5)[..., None]
    floor.albedo[:] = warm * (tone * (1 + 0.16 * fine + 0.12 * large))[..., None].clip(0.05, None)
    moss = smooth(_noise(floor, start_m, 0.9, 4, seed + 2) - 20 * relief, 0.25, 0.6)[..., None]
    floor.albedo += (color("4a5230") * 0.6 - floor.albedo) * moss * np.float32(0.6)
    by_wall = np.exp(-edge / np.float32(0.22)) * 0.55
    floor.albedo *= 1 - by_wall[..., None]
    hollow = _noise(floor, start_m, 2.6, 4, seed + 3) - 22 * (relief - 0.012) * (1 - 0.4 * slabs)
    puddle = smooth(hollow, 0.52, 0.74)
    damp = smooth(hollow, -0.7, 0.6)
    wetness = np.asarray(np.maximum(puddle, 0.30 * damp), np.float32)
    floor.albedo *= (1 - 0.5 * damp - 0.2 * puddle)[..., None]
    floor.relief[:] = relief * (1 - 0.97 * puddle) + 0.0012 * fine * (1 - puddle)
    return floor, wetness


def _noise(floor: Canvas, start_m: float, cell_m: float, octaves: int, seed: int) -> Array:
    """Noise over the whole street, of which a piece takes its own part, so that pieces meet without a seam."""
    whole_m = 64.0
    rows = round(whole_m / floor.step_z)
    tall = fbm((rows, floor.shape[1]), (whole_m, floor.width_m), cell_m, np.random.default_rng(seed), octaves)
    first = round((whole_m - (start_m + 4.0) - floor.height_m) / floor.step_z)
    return tall[first : first + floor.shape[0]]


def _cobbles(x: Array, y: Array) -> tuple[Array, Array]:
    """Relief in metres and tone of stones laid in fans: rows bent into arcs, widths and heights uneven."""
    fan = np.float32(1.35)
    swing = np.abs(((x / fan) % 1) - np.float32(0.5)) * 2
    bent = y - np.float32(0.34) * (1 - swing * swing)
    row = np.floor(bent / np.float32(_COBBLE_M))
    key = row.astype(np.int64)
    shifted = x + hashed(key, 11) * np.float32(_COBBLE_M)
    width = np.float32(_COBBLE_M) * (np.float32(0.92) + 0.3 * hashed(key, 12))
    column = np.floor(shifted / width)
    stone = (key * 4099 + column.astype(np.int64)).astype(np.int64)
    u = shifted / width - column - np.float32(0.5)
    v = bent / np.float32(_COBBLE_M) - row - np.float32(0.5)
    lean, size = hashed(stone, 13), hashed(stone, 14)
    inset = np.float32(0.37) + 0.08 * size
    distance = np.sqrt((u / inset) ** 4 + (v / inset) ** 4) ** np.float32(0.5)
    crown = smooth(distance, 1.15, 0.62)
    dome = np.sqrt(np.clip(1 - 0.55 * np.clip(distance, 0, 1.2) ** 2, 0, None))
    relief = crown * dome * (0.019 + 0.008 * lean) + 0.006 * crown * u * (lean - 0.5)
    tone = (0.30 + crown * (0.45 + 0.62 * hashed(stone, 15)) * (0.75 + 0.25 * dome)).astype(np.float32)
    return np.asarray(relief, np.float32), tone


def _flagstones(x: Array, y: Array) -> tuple[Array, Array]:
    row = np.floor(y / np.float32(0.62))
    shifted = x + 0.37 * hashed(row.astype(np.int64), 21)
    column = np.floor(shifted / np.float32(0.78))
    key = (row * 733 + column).astype(np.int64)
    edge = np.minimum(0.62 * _phase(y, 0.62), 0.78 * _phase(shifted, 0.78))
    slab = smooth(edge, 0.006, 0.022)
    relief = slab * (0.028 + 0.006 * hashed(key, 22))
    return np.asarray(relief, np.float32), np.asarray(0.3 + slab * (0.7 + 0.4 * hashed(key, 23)), np.float32)


def _phase(x: Floats, period: float) -> Array:
    share = x / np.float32(period)
    share = share - np.floor(share)
    return np.asarray(np.minimum(share, 1 - share), np.float32)

"""Open ground: rippled or cracked desert, shingle, wet sand, the sea."""

from __future__ import annotations

import numpy as np

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.paint.canvas import Canvas
from pai_studio.core.synth.paint.noise import anchored, color, hashed, smooth
from pai_studio.core.synth.places.builder import Where, piece_of_floor


def desert_floor(where: Where, hue: Array, kind: str, seed: int) -> tuple[Canvas, Array | None]:
    """Sand in ripples (`sand`), gravel (`gravel`) or clay in cracked plates (`clay`)."""
    floor, x, y = piece_of_floor(where, hue)
    large = anchored(x, y, 3.0, seed, 5, persistence=0.55)
    fine = anchored(x, y, 0.04, seed + 1, 3, persistence=0.85)
    floor.albedo *= (1 + 0.10 * large + 0.12 * fine)[..., None].clip(0.3, None)
    floor.relief[:] = 0.035 * large + 0.0015 * fine
    pebble_relief, pebble_tone = _pebbles(x, y, 0.62 if kind == "gravel" else 0.14)
    if kind == "sand":
        bend = anchored(x, y, 1.6, seed + 2, 3)
        # Ripples finer than two texels would only shimmer.
        fade = np.float32(np.clip((0.11 * floor.per_m - 2) / 3, 0, 1))
        wave = (y + 0.35 * x + 0.20 * bend) * np.float32(2 * np.pi / 0.11)
        ripple = np.sin(wave + 0.6 * np.sin(wave)) * (0.6 + 0.4 * large)
        floor.relief += 0.006 * fade * ripple
        floor.albedo *= (1 + 0.05 * fade * ripple)[..., None]
    elif kind == "clay":
        cracks = _plates(x, y, seed)
        floor.albedo *= (1 - 0.6 * cracks)[..., None]
        floor.relief -= 0.02 * cracks
    floor.albedo *= pebble_tone[..., None]
    floor.relief += pebble_relief
    return floor, None


def _pebbles(x: Array, y: Array, share: float) -> tuple[Array, Array]:
    """Stones of three sizes on a `share` of the ground: relief in metres, tone."""
    shape = np.broadcast_shapes(x.shape, y.shape)
    relief, tone = np.zeros(shape, np.float32), np.ones(shape, np.float32)
    for layer, size in enumerate((0.035, 0.07, 0.16)):
        turn = 0.4 + 1.3 * layer
        c, d = np.float32(np.cos(turn)), np.float32(np.sin(turn))
        u, v = (x * c + y * d) / np.float32(size), (y * c - x * d) / np.float32(size)
        row = np.floor(v)
        u = u + hashed(row.astype(np.int64) + layer * 977, 60)
        column = np.floor(u)
        key = (row * 7919 + column + layer * 104729).astype(np.int64)
        first, second = hashed(key, 61), hashed(key, 62)
        off_u, off_v = u - column - 0.35 - 0.3 * first, v - row - 0.35 - 0.3 * second
        radius = 0.16 + 0.16 * hashed(key, 63)
        away = np.sqrt((off_u / radius) ** 2 + (off_v / (radius * (0.7 + 0.4 * first))) ** 2)
        present = hashed(key, 64) < share * (1.0, 0.6, 0.22)[layer]
        dome = np.sqrt(np.clip(1 - away * away, 0, 1)) * present
        relief = np.maximum(relief, (size * 0.28 * dome).astype(np.float32))
        stone = 0.7 + 0.6 * second
        tone = np.where((away < 1) & present, stone, tone * (1 - 0.25 * present * smooth(away, 1.5, 1.0)))
    return relief, np.asarray(tone, np.float32)


def _plates(x: Array, y: Array, seed: int) -> Array:
    """Cracks between plates of dried clay: where the two nearest of scattered points are equally far."""
    size = np.float32(0.34)
    u, v = x / size + 0 * y, y / size + 0 * x
    column, row = np.floor(u), np.floor(v)
    nearest, second = np.full(u.shape, 9.0, np.float32), np.full(u.shape, 9.0, np.float32)
    for i in (-1, 0, 1):
        for j in (-1, 0, 1):
            key = ((row + j) * 7919 + column + i + seed % 997).astype(np.int64)
            du = column + i + 0.15 + 0.7 * hashed(key, 71) - u
            dv = row + j + 0.15 + 0.7 * hashed(key, 72) - v
            away = np.sqrt(du * du + dv * dv)
            second = np.minimum(second, np.maximum(nearest, away))
            nearest = np.minimum(nearest, away)
    return smooth(np.asarray(second - nearest, np.float32), 0.11, 0.03)


def shore_floor(where: Where, hue: Array, sea_m: float, sea: Array, seed: int) -> tuple[Canvas, Array | None]:
    """Sand or shingle that grows wet toward the sea, which begins at y = `sea_m` with a hem of foam."""
    floor, x, y = piece_of_floor(where, hue)
    large = anchored(x, y, 3.4, seed, 5, persistence=0.55)
    fine = anchored(x, y, 0.05, seed + 1, 3, persistence=0.85)
    pebble_relief, pebble_tone = _pebbles(x, y, 0.10 + 0.5 * float(seed % 3 == 0))
    line = sea_m + 0.05 * x + 1.1 * anchored(x, 0 * y + np.float32(3.3), 6.0, seed + 2, 4)
    out = y - line + 0.5 * large
    water = smooth(out, -0.1, 0.25)
    wet = smooth(out, -4.5, -0.2)
    pools = smooth(anchored(x, y, 2.2, seed + 3, 4) + 0.25 * wet, 0.42, 0.56)
    floor.albedo *= ((1 + 0.12 * large + 0.12 * fine) * pebble_tone)[..., None].clip(0.2, None)
    floor.albedo *= (1 - 0.45 * np.maximum(wet, pools))[..., None]
    depth = smooth(out, 0.0, 16.0)[..., None]
    deep = sea * (1 - 0.65 * depth)
    floor.albedo += (deep * (1 + 0.15 * large)[..., None] - floor.albedo) * water[..., None]
    lace = smooth(np.abs(anchored(x, y, 0.7, seed + 4, 5, persistence=0.65)), 0.16, 0.05)
    swell = (out + 0.6 * anchored(x, y, 5.0, seed + 5, 3)) / np.float32(5.5)
    crest = (
        smooth(np.abs(swell - np.round(swell)), 0.10, 0.0) * np.exp(-np.clip(out, 0, None) / 14) * (out > 1.0)
    )
    hem = np.exp(-((out / 0.55) ** 2)) + np.exp(-(((out - 1.5) / 0.5) ** 2)) * 0.7
    foam = np.clip((hem + 0.9 * crest) * (0.35 + lace) * (0.7 + 0.6 * large), 0, 1)
    floor.albedo += (color("e8ecec") - floor.albedo) * (0.85 * foam)[..., None]
    chop = anchored(x, y * np.float32(1.8), 0.9, seed + 6, 4, persistence=0.62)
    dry = (0.03 * large + pebble_relief + 0.0015 * fine) * (1 - np.maximum(water, pools))
    floor.relief[:] = dry + water * (0.045 * chop + 0.02 * crest)
    wetness = np.maximum(np.maximum(0.55 * wet, 0.95 * pools), 0.9 * water) * (1 - 0.8 * foam)
    return floor, np.asarray(wetness.clip(0, 1), np.float32)

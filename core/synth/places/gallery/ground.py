"""A gallery's floors: parquet, marble and terrazzo."""

from __future__ import annotations

import numpy as np

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.paint.canvas import Canvas
from pai_studio.core.synth.paint.noise import anchored, color, hashed, smooth
from pai_studio.core.synth.places.builder import Where, piece_of_floor


def gallery_floor(
    where: Where, kind: str, stone: Array, *, gloss: float, seed: int
) -> tuple[Canvas, Array | None]:
    """Herringbone parquet, marble tiles or terrazzo, polished as far as `gloss` says."""
    floor, x, y = piece_of_floor(where, color("a08a6a"))
    large = anchored(x, y, 1.8, seed, 4)
    fine = anchored(x, y, 0.06, seed + 1, 3, persistence=0.8)
    if kind == "parquet":
        joint = _parquet(floor, x, y, fine, seed)
    elif kind == "marble":
        joint = _marble(floor, x, y, stone, seed)
    else:
        joint = _terrazzo(floor, x, y, stone)
    floor.albedo *= (0.96 + 0.08 * large)[..., None]
    floor.relief[:] = -0.0012 * joint + 0.0002 * fine
    return floor, np.asarray((gloss * (1 + 0.25 * large) * (1 - 0.6 * joint)).clip(0, 1), np.float32)


def _parquet(floor: Canvas, x: Array, y: Array, fine: Array, seed: int) -> Array:
    """Boards laid in herringbone, each of its own tone; returns the joints."""
    wide, c = np.float32(0.11), np.float32(np.sqrt(0.5))
    u, v = (x + y) * c / wide, (y - x) * c / wide
    k, m = np.floor(u), np.floor(v)
    # Six cells of a row lie along u, six along v, shifted by one from row to row.
    along = np.mod(k - m, 12) < 6
    key = np.where(along, m * 1013 + np.floor((k - m) / 12), k * 2027 + np.floor((m - k + 5) / 12) + 50021)
    tone = hashed(key.astype(np.int64) + seed % 1000, 41)
    edge = np.where(along, np.abs(v - m - 0.5), np.abs(u - k - 0.5))
    joint = smooth(np.asarray(edge, np.float32), 0.45, 0.49)
    oak = color(("a57a4a", "8a5f3a", "5f4230", "c2a06c")[seed % 4])
    floor.albedo[:] = oak * ((0.62 + 0.6 * tone + 0.10 * fine) * (1 - 0.5 * joint))[..., None]
    return joint


def _marble(floor: Canvas, x: Array, y: Array, stone: Array, seed: int) -> Array:
    """Two stones in a chequer, veined."""
    side = np.float32(0.9 if seed % 2 else 0.6)
    k, m = np.floor(x / side), np.floor(y / side)
    dark = np.mod(k + m, 2)
    veins = smooth(np.abs(anchored(x, y, 0.9, seed + 5, 6, persistence=0.62)), 0.05, 0.0)
    joint = smooth(np.maximum(np.abs(x / side - k - 0.5), np.abs(y / side - m - 0.5)), 0.493, 0.498)
    second = stone * np.float32(0.35) if seed % 3 else stone * np.float32(0.8)
    laid = color("d9d5cc") * (1 - dark[..., None]) + second * dark[..., None]
    tone = 0.93 + 0.12 * hashed((k * 577 + m).astype(np.int64), 43) + (0.5 * dark - 0.25) * veins
    floor.albedo[:] = laid * (tone * (1 - 0.4 * joint))[..., None]
    return joint


def _terrazzo(floor: Canvas, x: Array, y: Array, stone: Array) -> Array:
    """Chips of stone in cement, ground flat, with brass strips."""
    floor.albedo[:] = color("b9b4aa")
    for layer, cell in enumerate((0.05, 0.03, 0.02)):
        u, v = x / np.float32(cell) + layer * 0.3, y / np.float32(cell) + layer * 0.7
        k, m = np.floor(u), np.floor(v)
        key = (k * 7919 + m + layer * 99991).astype(np.int64)
        off = np.hypot(u - k - 0.3 - 0.4 * hashed(key, 51), (v - m - 0.3 - 0.4 * hashed(key, 52)) * 1.4)
        chip = smooth(off, 0.34, 0.28)[..., None] * (hashed(key, 53) < 0.55)[..., None]
        hues = np.stack([stone, color("e8e2d6"), color("5a5650"), color("a8705a")])
        floor.albedo += (
            (hues[(hashed(key, 54) * 3.99).astype(np.int64)] - floor.albedo) * chip * np.float32(0.8)
        )
    strip = np.minimum(np.abs((x / 1.5) % 1 - 0.5), np.abs((y / 1.5) % 1 - 0.5)) * np.float32(1.5)
    joint = smooth(strip, 0.008, 0.004)
    floor.albedo += (color("8a6d3a") - floor.albedo) * joint[..., None]
    return joint

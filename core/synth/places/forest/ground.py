"""A wood's floor: trodden earth, fallen leaves, needles and moss."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.camera import Floats
from pai_studio.core.synth.paint.canvas import Canvas
from pai_studio.core.synth.paint.noise import anchored, color, hashed, smooth
from pai_studio.core.synth.places.builder import Where, piece_of_floor

_LITTER = {
    "summer": ("6b5232", "8a6b3e", "4f3d26", "7c7440"),
    "spring": ("6b5232", "7d6a3c", "4f3d26", "86904a"),
    "autumn": ("b5641e", "c98a2b", "8f3f1c", "6b4a28"),
    "fir": ("5f3f28", "744c2e", "4a3324", "3f4a28"),
}
_LEAF_M = 0.062


@dataclass(frozen=True)
class Path:
    """A winding path: where its middle starts, how it drifts per metre, half its width."""

    start_m: float
    drift: float
    half_m: float
    seed: int

    def at(self, y: float) -> float:
        """Its middle's x at y."""
        return float(self.along(np.array([y]))[0])

    def along(self, y: Floats) -> Array:
        """Its middle's x at each y."""
        phase = (self.seed % 97) / 97 * 6.283
        swing = np.sin(y * 0.21 + phase) - np.sin(6.0 * 0.21 + phase)
        return np.asarray(self.start_m + self.drift * (y - 6.0) + 0.6 * swing, np.float32)


def wood_floor(where: Where, path: Path, season: str, seed: int) -> tuple[Canvas, Array | None]:
    """The floor over (left, start, width, length, texels a metre): leaves that overlap, a path worn into them."""
    floor, x, y = piece_of_floor(where, color("5a4a34"))
    large = anchored(x, y, 2.3, seed, 4)
    rough = anchored(x, y, 0.35, seed + 1, 5, persistence=0.6)
    off = np.abs(x - path.along(y)) + 0.22 * rough
    worn = smooth(off, path.half_m + 0.12, path.half_m - 0.3)
    hues = np.stack([color(code) for code in _LITTER[season]])
    tone, relief, pick = _litter(x, y)
    cover = smooth(1.1 - 0.85 * worn + 0.5 * rough + 0.35 * large, 0.30, 0.55)
    earth = color("6a543a") * (0.85 + 0.30 * rough + 0.12 * large)[..., None]
    leaf = hues[pick] * (0.35 + 0.8 * tone)[..., None]
    floor.albedo[:] = earth + (leaf - earth) * cover[..., None]
    moss = smooth(anchored(x, y, 1.1, seed + 2, 4) + 0.3 * large - 1.2 * worn, 0.28, 0.5)
    blades = anchored(x, y, 0.05, seed + 3, 2, persistence=0.8)
    green = color("5f7a2c" if season != "fir" else "4f6a30") * (0.75 + 0.5 * blades)[..., None]
    floor.albedo += (green - floor.albedo) * (0.85 * moss)[..., None]
    floor.albedo *= (1 + 0.12 * large)[..., None].clip(0.3, None)
    litter = relief * cover * (1 - moss)
    floor.relief[:] = 0.03 * rough + litter + 0.02 * moss * (1 + 0.5 * blades) - 0.03 * worn
    return floor, None


def _litter(x: Array, y: Array) -> tuple[Array, Array, npt.NDArray[np.int64]]:
    """Fallen leaves in three layers of jittered cells: tone, relief in metres and which hue (h, w) whole numbers."""
    shape = np.broadcast_shapes(x.shape, y.shape)
    tone: Array = np.full(shape, 0.15, np.float32)
    relief: Array = np.zeros(shape, np.float32)
    pick: npt.NDArray[np.int64] = np.zeros(shape, np.int64)
    for layer in range(3):
        size = np.float32(_LEAF_M * (1.25 - 0.12 * layer))
        # Each layer's cells are turned, and every row of them pushed along: no rows may show.
        c, d = np.float32(np.cos(0.5 + 2.1 * layer)), np.float32(np.sin(0.5 + 2.1 * layer))
        u, v = (x * c + y * d) / size, (y * c - x * d) / size
        row = np.floor(v)
        u = u + hashed(row.astype(np.int64) + layer * 4099, 30)
        column = np.floor(u)
        key = (row * 7919 + column + layer * 104729).astype(np.int64)
        first, second, third = hashed(key, 31), hashed(key, 32), hashed(key, 33)
        du, dv = u - column - 0.3 - 0.4 * first, v - row - 0.3 - 0.4 * second
        turn = third * np.float32(6.283)
        along, across = du * np.cos(turn) + dv * np.sin(turn), dv * np.cos(turn) - du * np.sin(turn)
        shape_at = np.sqrt((along / 0.62) ** 2 + (across / 0.36) ** 2)
        on = shape_at < 1
        vein = 1 - 0.25 * (np.abs(across) < 0.035)
        tone = np.where(on, (0.45 + 0.6 * first) * vein, tone)
        curl = 0.006 * (1 + second * (along * along - 0.3)) + 0.004 * layer
        relief = np.where(on, curl, relief)
        pick = np.where(on, (key * 2654435761 >> 7) & 3, pick)
    return np.asarray(tone, np.float32), np.asarray(relief, np.float32), pick

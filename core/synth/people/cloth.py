"""What the person's surface is made of: cloth with weave, seams and folds, a face, boots."""

from __future__ import annotations

import cv2
import numpy as np

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.camera import Floats
from pai_studio.core.synth.paint.noise import color, fbm, lookup, smooth
from pai_studio.core.synth.people import body

_SHEEN = np.array([0.10, 0.05, 0.06, 0.16, 0.10, 0.16], np.float32)
_BUMP = np.array([0.9, 0.55, 0.04, 0.25, 0.9, 0.8], np.float32)


class Cloth:
    """Albedo, bumped normals and sheen of points given where they lie in the rest pose."""

    def __init__(self, look: body.Look, rng: np.random.Generator) -> None:
        self.look = look
        shape, extent = (512, 512), (2.0, 2.0)
        folds = fbm(shape, extent, 0.20, rng, 3, persistence=0.45)
        folds = np.asarray(cv2.resize(folds, (512, 1024))[:512], np.float32)  # folds run up and down
        slope = np.stack([np.gradient(folds, axis=1), -np.gradient(folds, axis=0)], axis=-1) * np.float32(
            256 * 0.022
        )
        self.slope = np.asarray(slope, np.float32)
        self.tone = np.asarray(0.5 * fbm(shape, extent, 0.05, rng, 4, persistence=0.75), np.float32)

    def surface(self, rest: Array, normals: Array, distances: Array) -> tuple[Array, Array, Array]:
        """Albedo (n, 3), bumped unit normals (n, 3) and sheen (n, 1); `distances` (n, 6) are those to each material."""
        material = np.argmin(distances + np.array([0.002, 0, 0.001, 0, 0.004, -0.004], np.float32), axis=1)
        x, y, z = rest[:, 0], rest[:, 1], rest[:, 2]
        u, v = x + 0.75 * y + 1, 1.9 - z
        slope = lookup(self.slope, u * 256, v * 256) * _BUMP[material][:, None]
        tone = lookup(self.tone, u * 435, v * 435)
        across = np.stack([-normals[:, 1], normals[:, 0], np.zeros_like(x)], axis=1)
        across /= np.linalg.norm(across, axis=1, keepdims=True) + np.float32(1e-6)
        bumped = normals - across * slope[:, :1] - np.cross(normals, across) * slope[:, 1:]
        bumped /= np.linalg.norm(bumped, axis=1, keepdims=True)
        albedo = self.look.colors[material] * (1 + 0.30 * tone)
        for kind, paint in (
            (body.COAT, self._coat),
            (body.SKIN, self._face),
            (body.SCARF, self._scarf),
        ):
            part = material == kind
            if part.any():
                albedo[part] = paint(albedo[part], x[part], y[part], z[part])
        boots = material == body.BOOTS
        albedo[boots] = self._boots(albedo[boots], z[boots])
        return np.clip(albedo, 0.004, 0.95), np.asarray(bumped, np.float32), _SHEEN[material][:, None]

    def _coat(self, base: Array, x: Array, y: Array, z: Array) -> Array:
        """A plaid, a buttoned front, pockets, a belt, hem and cuffs."""
        around = np.arctan2(x, -y)
        lines = np.maximum(smooth(_wave(around, 0.42), 0.10, 0.05), smooth(_wave(z, 0.105), 0.10, 0.05))
        broad = 0.5 * (
            smooth(_wave(around + 0.2, 0.42), 0.22, 0.18) + smooth(_wave(z + 0.05, 0.105), 0.22, 0.18)
        )
        arm = smooth(np.abs(x), 0.185, 0.20) * (z > 0.95)
        plaid = (1 - 0.7 * arm)[:, None]
        out = base * (1 - 0.30 * broad[:, None] * plaid) + self.look.plaid * lines[:, None] * plaid * 0.55
        front = (y < 0) & (np.abs(x) < 0.19)
        shade = smooth(np.abs(x - 0.012), 0.007, 0.003) * front
        belt = smooth(np.abs(z - 1.045), 0.030, 0.026) * (1 - arm)
        hem = smooth(z, self.look.skirt_m + 0.030, self.look.skirt_m + 0.026)
        pocket = smooth(np.abs(z - 0.90), 0.014, 0.010) * (np.abs(np.abs(x) - 0.10) < 0.055) * front
        cuff = smooth(np.abs(x), 0.475, 0.485)
        for share, factor in ((shade, 0.35), (belt, 0.22), (hem, 0.5), (pocket, 0.45), (cuff, 0.4)):
            out *= 1 - (1 - factor) * share[:, None]
        button = smooth(np.hypot(x + 0.012, _wave(z - 0.02, 0.098) * 0.098), 0.0125, 0.0095) * front
        out += (color("d8b25a") - out) * button[:, None]
        buckle = smooth(np.maximum(np.abs(x) / 0.035, np.abs(z - 1.045) / 0.026), 1.02, 0.92) * front
        return np.asarray(out + (color("cfa24a") - out) * buckle[:, None], np.float32)

    def _face(self, base: Array, x: Array, y: Array, z: Array) -> Array:
        out = base.copy()
        front = y < -0.03
        side = np.abs(x)
        blush = np.exp(-(((side - 0.045) / 0.022) ** 2 + ((z - 1.585) / 0.018) ** 2)) * front
        lips = smooth(np.hypot(x / 0.025, (z - 1.555) / 0.0085), 1.1, 0.8) * front
        eye = smooth(np.hypot((side - 0.034) / 0.0165, (z - 1.623) / 0.0075), 1.1, 0.8) * front
        white = smooth(np.hypot((side - 0.034) / 0.018, (z - 1.621) / 0.010), 1.1, 0.85) * front
        brow = (
            smooth(np.hypot((side - 0.036) / 0.022, (z - 1.645 + 0.3 * (side - 0.036)) / 0.0045), 1.1, 0.8)
            * front
        )
        for share, hue, amount in (
            (blush, "d8705a", 0.35),
            (white, "d8cfc4", 0.4),
            (eye, "231814", 0.8),
            (brow, "3a281c", 0.5),
            (lips, "a84a44", 0.55),
        ):
            out += (color(hue) - out) * (share * amount)[:, None]
        return out

    def _scarf(self, base: Array, x: Array, y: Array, z: Array) -> Array:
        knit = 0.86 + 0.18 * np.cos(z * np.float32(2 * np.pi / 0.011)) * np.cos(
            (x + y) * np.float32(2 * np.pi / 0.016)
        )
        stripe = smooth(_wave(z, 0.052), 0.30, 0.26) * (z < 1.36)
        out = base * knit[:, None]
        return np.asarray(out + (color("efe2c4") - out) * (stripe * 0.85)[:, None], np.float32)

    def _boots(self, base: Array, z: Array) -> Array:
        sole = smooth(z, 0.022, 0.018)
        strap = smooth(np.abs(z - 0.27), 0.016, 0.012) + smooth(np.abs(z - 0.13), 0.012, 0.009)
        return np.asarray(base * (1 - 0.6 * sole - 0.45 * strap)[:, None], np.float32)


def _wave(x: Floats, period: float) -> Array:
    """The distance to the nearest line of a pattern, in periods (0..0.5)."""
    phase = x / np.float32(period)
    return np.asarray(np.abs(phase - np.round(phase)), np.float32)

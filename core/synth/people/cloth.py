"""What the person's surface is made of: woven and printed cloth with folds, skin, leather, wood."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.camera import Floats
from pai_studio.core.synth.paint.noise import color, fbm, lookup, smooth
from pai_studio.core.synth.people import face, looks
from pai_studio.core.synth.people.looks import Look, Pattern

#                   skin  top   bottom legs  shoes hair  extra prop  metal
_SHEEN = np.array([0.05, 0.10, 0.07, 0.05, 0.06, 0.12, 0.14, 0.05, 0.03], np.float32)
_GLOSS = np.array([0.05, 0.01, 0.01, 0.02, 0.14, 0.05, 0.01, 0.06, 0.16], np.float32)
_BUMP = np.array([0.05, 1.0, 0.8, 0.25, 0.2, 0.9, 0.8, 0.15, 0.05], np.float32)
_TONE = np.array([0.10, 0.24, 0.26, 0.16, 0.20, 0.35, 0.26, 0.14, 0.2], np.float32)
_PRIORITY = np.array([0.002, 0.0, 0.001, 0.001, 0, 0.002, -0.004, -0.004, -0.004], np.float32)


@dataclass(frozen=True)
class Surface:
    """Samples' albedo (n, 3), bumped unit normals (n, 3), sheen at grazing angles and gloss (n,)."""

    albedo: Array
    normals: Array
    sheen: Array
    gloss: Array


class Cloth:
    """Surfaces of points given where they lie in the rest pose."""

    def __init__(self, look: Look, rng: np.random.Generator) -> None:
        self.look = look
        shape, extent = (512, 512), (2.0, 2.0)
        folds = fbm(shape, extent, 0.20, rng, 3, persistence=0.45)
        folds = np.asarray(cv2.resize(folds, (512, 1024))[:512], np.float32)  # folds run up and down
        slope = np.stack([np.gradient(folds, axis=1), -np.gradient(folds, axis=0)], axis=-1)
        tone = 0.5 * fbm(shape, extent, 0.05, rng, 4, persistence=0.75)
        blots = fbm(shape, extent, 0.16, rng, 2, persistence=0.5)
        self.maps = np.ascontiguousarray(np.dstack([slope * (256 * 0.022), tone, blots]), np.float32)
        self.shoulder = float(look.build.joint("shoulder")[0])

    def surface(self, rest: Array, normals: Array, distances: Array, kinds: npt.NDArray[np.int64]) -> Surface:
        """The surface at (n, 3) rest points; `distances` (n, M) are those to the materials `kinds` (M,)."""
        material = kinds[np.argmin(distances + _PRIORITY[kinds], axis=1)]
        x, y, z = rest[:, 0], rest[:, 1], rest[:, 2]
        maps = lookup(self.maps, (x + 0.75 * y + 1) * 256, (1.9 - z) * 256)
        slope = maps[:, :2] * _BUMP[material][:, None]
        tone = maps[:, 2] * _TONE[material]
        flat = np.sqrt(normals[:, 0] ** 2 + normals[:, 1] ** 2) + np.float32(1e-6)
        ax, ay = -normals[:, 1] / flat, normals[:, 0] / flat
        # The normal leans along the surface's two directions: across (ax, ay, 0) and normal x across.
        up_x, up_y = -normals[:, 2] * ay, normals[:, 2] * ax
        up_z = normals[:, 0] * ay - normals[:, 1] * ax
        s, t = slope[:, 0], slope[:, 1]
        bumped = normals - np.stack([s * ax + t * up_x, s * ay + t * up_y, t * up_z], axis=1)
        bumped /= np.sqrt(np.einsum("ij,ij->i", bumped, bumped))[:, None]
        albedo = self.look.colors[material] * (1 + tone)[:, None]
        self._paint(albedo, material, rest, maps[:, 3])
        return Surface(
            albedo.clip(0.003, 0.95).astype(np.float32),
            bumped.astype(np.float32),
            _SHEEN[material],
            _GLOSS[material],
        )

    def _paint(self, albedo: Array, material: npt.NDArray[np.int64], rest: Array, blots: Array) -> None:
        for kind, paint in (
            (looks.TOP, self._top),
            (looks.BOTTOM, self._bottom),
            (looks.SKIN, self._skin),
            (looks.EXTRA, self._extra),
            (looks.SHOES, self._shoes),
            (looks.PROP, self._prop),
        ):
            at = np.flatnonzero(material == kind)
            if len(at):
                x, y, z = rest[at].T
                paint(part := albedo[at], x, y, z, blots[at])
                albedo[at] = part

    def _woven(self, base: Array, pattern: Pattern, place: tuple[Array, Array, Array], blots: Array) -> None:
        """Lay a pattern over (n, 3) colours: around the trunk and along its height, or along an arm."""
        x, y, z = place
        arm = (np.abs(x) > self.shoulder + 0.012) & (z > 0.95)
        u = np.where(arm, y, np.arctan2(x, -y) * np.float32(0.155))
        v = np.where(arm, (np.abs(x) - z) * np.float32(0.7071), z)
        share = _SHARES[pattern.kind](u, v, pattern.period_m, blots) if pattern.kind != "plain" else None
        if share is not None:
            base += (pattern.color - base) * share[:, None]

    def _top(self, base: Array, x: Array, y: Array, z: Array, blots: Array) -> None:
        look, front = self.look, (y < 0.0) & (np.abs(x) < 0.20)
        self._woven(base, look.top, (x, y, z), blots)
        kind = look.outfit.kind
        if kind == "coat":
            self._coat_details(base, x, z, front)
        elif kind in ("suit", "jacket"):
            self._jacket_details(base, x, z, front)
        elif kind == "hoodie":
            pocket = _band(z, 1.00, 0.075) * smooth(np.abs(x), 0.118, 0.112) * front
            edge = pocket * np.maximum(smooth(np.abs(x), 0.10, 0.112), smooth(np.abs(z - 1.0), 0.066, 0.073))
            cords = _band(np.abs(x), 0.032, 0.0045) * _band(z, 1.33, 0.07) * front
            _darken(base, edge, 0.55)
            base += (np.float32(0.75) - base) * cords[:, None]
            _darken(base, smooth(z, look.outfit.hem_m + 0.05, look.outfit.hem_m + 0.046), 0.75)
        else:
            _darken(base, _band(np.hypot(x, z - 1.47), 0.082, 0.006) * front, 0.7)
        if kind == "shirt":
            _darken(base, _band(x, 0.0, 0.016) * front, 0.85)
            buttons = smooth(np.hypot(x, _wave(z - 0.02, 0.085) * 0.085), 0.0085, 0.006) * front
            base += (np.float32(0.7) - base) * buttons[:, None]
        if "belt" in look.extras and kind != "coat":
            _darken(base, _band(z, 1.045, 0.02) * (np.abs(x) < 0.25), 0.2)

    def _coat_details(self, base: Array, x: Array, z: Array, front: npt.NDArray[np.bool_]) -> None:
        """A buttoned front, pockets, a belt, hem and cuffs."""
        hem = self.look.outfit.skirt_m or self.look.outfit.hem_m
        trunk = np.abs(x) < self.shoulder + 0.02
        for share, factor in (
            (smooth(np.abs(x - 0.012), 0.007, 0.003) * front, 0.35),
            (_band(z, 1.045, 0.028) * trunk, 0.22),
            (smooth(z, hem + 0.030, hem + 0.026), 0.6),
            (_band(z, 0.90, 0.012) * (np.abs(np.abs(x) - 0.10) < 0.055) * front, 0.45),
        ):
            _darken(base, share, factor)
        button = smooth(np.hypot(x + 0.012, _wave(z - 0.02, 0.098) * 0.098), 0.0125, 0.0095) * front
        base += (color("d8b25a") * 0.6 - base) * button[:, None]
        buckle = smooth(np.maximum(np.abs(x) / 0.035, np.abs(z - 1.045) / 0.026), 1.02, 0.92) * front
        base += (color("cfa24a") - base) * buckle[:, None]

    def _jacket_details(self, base: Array, x: Array, z: Array, front: npt.NDArray[np.bool_]) -> None:
        """An opening down to a button, lapels beside it, the shirt and perhaps a tie within, pockets."""
        low = 1.06 if self.look.outfit.kind == "suit" else 0.86
        wide = 0.012 + 0.075 * np.clip((z - low) / (1.44 - low), 0, 1)
        within = smooth(np.abs(x) - wide, 0.003, -0.003) * front * (z > low)
        lapel = smooth(np.abs(x) - wide - 0.05 * np.clip((z - low) / 0.25, 0, 1), 0.003, -0.003) * front
        _darken(base, lapel * (z > low), 0.82)
        _darken(
            base,
            _band(np.abs(x) - wide, 0.05 * np.clip((z - low) / 0.25, 0, 1), 0.004) * front * (z > low),
            0.5,
        )
        _darken(base, smooth(np.abs(x - 0.010), 0.006, 0.003) * front * (z <= low), 0.4)
        _darken(base, _band(z, 0.955, 0.010) * (np.abs(np.abs(x) - 0.115) < 0.05) * front, 0.5)
        base += (self.look.inner - base) * within[:, None]
        if "tie" in self.look.extras:
            tie = smooth(np.abs(x) - (0.014 + 0.05 * np.clip(1.42 - z, 0, 0.4) * 0.5), 0.003, -0.003) * within
            base += (self.look.colors[looks.EXTRA] - base) * tie[:, None]

    def _bottom(self, base: Array, x: Array, y: Array, z: Array, blots: Array) -> None:
        self._woven(base, self.look.bottom, (x, y, z), blots)
        if self.look.outfit.skirt_m is None:
            seam = smooth(np.abs(y - 0.005), 0.006, 0.003) * (z < 0.85)
            _darken(base, seam, 0.75)
            fade = np.exp(-(((z - 0.68) / 0.16) ** 2)) * (y < 0)
            base *= (1 + 0.22 * fade)[:, None]

    def _skin(self, base: Array, x: Array, y: Array, z: Array, _: Array) -> None:
        head = np.flatnonzero(z > 1.5)
        if len(head):
            part = base[head]
            face.paint(part, x[head], y[head], z[head], self.look)
            base[head] = part
        hand = np.abs(x) > self.shoulder + 0.40
        base[hand] *= np.array([1.06, 0.94, 0.90], np.float32)
        fingers = hand & (_wave(y + 0.004, 0.017) < 0.10) & (np.abs(x) > self.shoulder + 0.44)
        base[fingers] *= np.float32(0.66)

    def _extra(self, base: Array, x: Array, y: Array, z: Array, _: Array) -> None:
        if "scarf" in self.look.extras or "beanie" in self.look.extras:
            knit = np.cos(z * np.float32(2 * np.pi / 0.011)) * np.cos((x + y) * np.float32(2 * np.pi / 0.016))
            base *= (0.88 + 0.16 * knit)[:, None]
        if "scarf" in self.look.extras:
            stripe = smooth(_wave(z, 0.052), 0.30, 0.26) * (z < 1.36)
            base += (self.look.top.color - base) * (stripe * 0.85)[:, None]
        if "hat" in self.look.extras:
            _darken(base, _band(z, 1.70, 0.018) * (np.hypot(x, y) < 0.12), 0.3)

    def _shoes(self, base: Array, x: Array, y: Array, z: Array, _: Array) -> None:
        _darken(base, smooth(z, 0.022, 0.018), 0.45)
        if self.look.outfit.boots_m > 0.2:
            _darken(base, _band(z, 0.27, 0.014) + _band(z, 0.13, 0.011), 0.55)
        elif self.look.outfit.boots_m == 0:
            laces = smooth(_wave(y, 0.016), 0.2, 0.12) * (z > 0.055) * (y < -0.03) * (np.abs(x) < 0.2)
            base += (np.float32(0.6) - base) * (0.5 * laces)[:, None]

    def _prop(self, base: Array, x: Array, y: Array, z: Array, _: Array) -> None:
        if self.look.prop == "guitar":
            u, v = x + 0.04, z - 1.09
            hole = smooth(np.hypot(u - 0.03, v - 0.01), 0.047, 0.043) * (y < -0.1)
            _darken(base, hole, 0.06)
            _darken(base, _band(np.hypot(u - 0.03, v - 0.01), 0.052, 0.004) * (y < -0.1), 0.4)
        elif self.look.prop == "umbrella":
            rib = smooth(_wave(np.arctan2(y - y.mean(), x - x.mean()), 2 * np.pi / 8), 0.035, 0.02)
            _darken(base, rib, 0.7)


def _band(x: Floats, middle: Floats | float, half: float) -> Array:
    """1 within `half` of `middle`, with a narrow soft edge."""
    return smooth(np.asarray(np.abs(x - middle), np.float32), half + 0.002, half - 0.002)


def _darken(base: Array, share: Array, factor: float) -> None:
    base *= (1 - (1 - factor) * np.clip(share, 0, 1))[:, None]


def _wave(x: Floats, period: float) -> Array:
    """The distance to the nearest line of a pattern, in periods (0..0.5)."""
    phase = x / np.float32(period)
    return np.asarray(np.abs(phase - np.round(phase)), np.float32)


def _plaid(u: Array, v: Array, p: float, _: Array) -> Array:
    lines = np.maximum(smooth(_wave(u, p), 0.09, 0.05), smooth(_wave(v, p), 0.09, 0.05))
    broad = smooth(_wave(u + 0.5 * p, p), 0.24, 0.2) + smooth(_wave(v + 0.5 * p, p), 0.24, 0.2)
    return np.asarray((0.55 * lines + 0.20 * broad).clip(0, 1), np.float32)


def _stripes(_: Array, v: Array, p: float, __: Array) -> Array:
    return smooth(_wave(v, p), 0.27, 0.23)


def _pinstripes(u: Array, _: Array, p: float, __: Array) -> Array:
    return np.asarray(0.7 * smooth(_wave(u, p), 0.10, 0.05), np.float32)


def _dots(u: Array, v: Array, p: float, _: Array) -> Array:
    row = np.round(v / np.float32(p))
    return smooth(np.hypot(_wave(u + 0.5 * p * (row % 2), p), _wave(v, p)), 0.30, 0.24)


def _check(u: Array, v: Array, p: float, _: Array) -> Array:
    one, other = smooth(_wave(u, p), 0.27, 0.23), smooth(_wave(v, p), 0.27, 0.23)
    return np.asarray(one + other - 2 * one * other, np.float32)


def _print(_: Array, __: Array, ___: float, blots: Array) -> Array:
    return np.asarray(smooth(blots, 0.10, 0.16) - 0.6 * smooth(blots, 0.34, 0.40), np.float32)


_SHARES = {
    "plaid": _plaid, "stripes": _stripes, "pinstripes": _pinstripes, "dots": _dots, "check": _check, "print": _print,
}  # fmt: skip
PATTERNS = ("plain", *_SHARES)

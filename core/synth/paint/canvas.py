"""A wall to paint on, in metres: colour, relief and own light; then lit, with the relief's shading and shadows."""

from __future__ import annotations

import cv2
import numpy as np

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.camera import Matrix
from pai_studio.core.synth.paint.noise import blur, fbm
from pai_studio.core.synth.places.light import Light

_LIGHT_TEXELS_PER_M = 9.0


class Canvas:
    """A surface of `width_m` by `height_m`; s runs right from its left edge, z up from its lower edge."""

    def __init__(self, width_m: float, height_m: float, texels_per_m: float, base: Array) -> None:
        self.width_m, self.height_m = width_m, height_m
        self.shape = (max(2, round(height_m * texels_per_m)), max(2, round(width_m * texels_per_m)))
        self.per_m = texels_per_m
        self.albedo = np.empty((*self.shape, 3), np.float32)
        self.albedo[:] = base
        self.relief = np.zeros(self.shape, np.float32)
        self.emission = np.zeros((*self.shape, 3), np.float32)
        self.alpha: Array | None = None
        # A texel's own size in metres, from the rounded shape.
        self.step_s, self.step_z = width_m / self.shape[1], height_m / self.shape[0]

    def grid(self) -> tuple[Array, Array]:
        """s of every column (1, w) and z of every row (h, 1)."""
        s = (np.arange(self.shape[1], dtype=np.float32) + 0.5) * np.float32(self.step_s)
        z = np.float32(self.height_m) - (np.arange(self.shape[0], dtype=np.float32) + 0.5) * np.float32(
            self.step_z
        )
        return s[None, :], z[:, None]

    def noise(
        self, cell_m: float, rng: np.random.Generator, octaves: int = 5, persistence: float = 0.5
    ) -> Array:
        """`fbm` over the whole canvas."""
        return fbm(self.shape, (self.height_m, self.width_m), cell_m, rng, octaves, persistence=persistence)

    def box(
        self, s0: float, z0: float, s1: float, z1: float, arch: float = 0.0
    ) -> tuple[tuple[slice, slice], Array]:
        """Where a rectangle lies and how much it covers each texel; `arch` rounds its top by that height."""
        s, z = self.grid()
        columns = np.flatnonzero((s[0] > s0 - self.step_s) & (s[0] < s1 + self.step_s))
        rows = np.flatnonzero((z[:, 0] > z0 - self.step_z) & (z[:, 0] < z1 + self.step_z))
        if not len(columns) or not len(rows):
            return (slice(0, 0), slice(0, 0)), np.zeros((0, 0), np.float32)
        part = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
        s, z = s[:, part[1]], z[part[0]]
        top = np.full_like(s, z1)
        if arch > 0:
            share = np.clip(np.abs(s - (s0 + s1) / 2) / ((s1 - s0) / 2), 0, 1)
            top = (z1 - arch + arch * np.sqrt(1 - share * share)).astype(np.float32)
        across = np.clip(np.minimum(s - s0, s1 - s) / self.step_s + 0.5, 0, 1)
        along = np.clip(np.minimum(z - z0, top - z) / self.step_z + 0.5, 0, 1)
        return part, np.asarray(across * along, np.float32)

    def rect(
        self,
        s0: float,
        z0: float,
        s1: float,
        z1: float,
        *,
        albedo: Array | None = None,
        relief: float | None = None,
        emission: Array | None = None,
        arch: float = 0.0,
        keep: float = 0.0,
    ) -> None:
        """Paint a rectangle; `keep` leaves that share of the colour beneath, so that stains show through."""
        part, cover = self.box(s0, z0, s1, z1, arch)
        if not cover.size:
            return
        for name, value in (("albedo", albedo), ("emission", emission)):
            if value is not None:
                layer = getattr(self, name)[part]
                share = cover[..., None] * np.float32(1 - keep if name == "albedo" else 1)
                layer += (value - layer) * share
        if relief is not None:
            layer = self.relief[part]
            layer += (np.float32(relief) - layer) * cover

    def lit(
        self, origin: Matrix, u_axis: Matrix, up_axis: Matrix, light: Light, glossy: float = 0.0
    ) -> Array:
        """The (h, w, 3) radiance where the canvas hangs at `origin` (its lower left), lit with its relief's shadows."""
        u, up = u_axis / np.linalg.norm(u_axis), up_axis / np.linalg.norm(up_axis)
        normal = np.cross(u, up)
        sun_share, lamps, ambient = self._light_map(origin, u_axis, up_axis, normal, light)
        toward = np.array([light.to_sun @ u, light.to_sun @ up, light.to_sun @ normal], np.float32)
        slope_s = _slope(self.relief, 1) / np.float32(self.step_s)
        slope_z = -_slope(self.relief, 0) / np.float32(self.step_z)
        length = np.sqrt(1 + slope_s * slope_s + slope_z * slope_z)
        facing = np.clip((toward[2] - slope_s * toward[0] - slope_z * toward[1]) / length, 0, None)
        cavity = np.exp(-9 * np.clip(blur(self.relief, 0.07 * self.per_m) - self.relief, 0, 0.2))
        hollow = (cavity * (0.75 + 0.25 / length))[..., None]
        direct = facing * sun_share * self._relief_shadow(toward)
        skyward = np.clip(1 + 0.45 * (-slope_z / length) * (1 - abs(normal[2])), 0.4, 1.5)[..., None]
        light_total = direct[..., None] * light.sun + (ambient * skyward + lamps) * hollow
        return np.asarray(self.albedo * light_total * np.float32(1 + glossy) + self.emission, np.float32)

    def _light_map(
        self, origin: Matrix, u_axis: Matrix, up_axis: Matrix, normal: Matrix, light: Light
    ) -> tuple[Array, Array, Array]:
        """Sun's share (h, w), lamps and ambient (h, w, 3), computed coarsely and stretched."""
        density = min(_LIGHT_TEXELS_PER_M, max(3.0, self.per_m / 2))
        coarse = [
            max(2, min(n, round(m * density)))
            for n, m in zip(self.shape, (self.height_m, self.width_m), strict=True)
        ]
        a = (np.arange(coarse[1]) + 0.5) / coarse[1]
        b = 1 - (np.arange(coarse[0]) + 0.5) / coarse[0]
        points = origin + a[None, :, None] * u_axis + b[:, None, None] * up_axis + normal * 0.03
        flat = points.reshape(-1, 3)
        facing = float(light.to_sun @ normal)
        sun = light.sunlit(flat) if facing > -0.3 else np.zeros(len(flat), np.float32)
        normals = np.broadcast_to(normal.astype(np.float32), points.shape)
        lamps = light.lamps_at(points.astype(np.float32), normals)
        ambient = light.ambient(normals) * _openness(points, normal)[..., None]
        size = self.shape[::-1]
        stretched = [
            cv2.resize(np.asarray(part, np.float32), size, interpolation=cv2.INTER_LINEAR)
            for part in (sun.reshape(coarse), lamps, ambient)
        ]
        sun_map, lamp_map, ambient_map = (np.asarray(part, np.float32) for part in stretched)
        return sun_map, lamp_map, ambient_map

    def _relief_shadow(self, toward: Array) -> Array:
        """The sun's share that the relief's own shadows leave, marching toward the sun over the height field."""
        across = float(np.hypot(toward[0], toward[1]))
        if toward[2] <= 0.02 or across < 1e-3 or not np.ptp(self.relief):
            return np.ones(self.shape, np.float32)
        open_share = np.ones(self.shape, np.float32)
        rise_per_m = float(toward[2]) / across
        for distance in (0.012, 0.025, 0.045, 0.08, 0.13, 0.2, 0.3):
            dx = float(toward[0]) / across * distance / self.step_s
            dy = -float(toward[1]) / across * distance / self.step_z
            shift = np.array([[1, 0, dx], [0, 1, dy]], np.float32)
            flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
            ahead = cv2.warpAffine(
                self.relief, shift, self.shape[::-1], flags=flags, borderMode=cv2.BORDER_REPLICATE
            )
            over = ahead - self.relief - np.float32(distance * rise_per_m)
            open_share = np.minimum(open_share, np.clip(1 - over / np.float32(0.006 + 0.15 * distance), 0, 1))
        return open_share


def _slope(relief: Array, axis: int) -> Array:
    """The relief's central difference per texel, held where it would tip the normal past 70 degrees."""
    found = np.zeros_like(relief)
    middle = [slice(None), slice(None)]
    middle[axis] = slice(1, -1)
    after, before = list(middle), list(middle)
    after[axis], before[axis] = slice(2, None), slice(None, -2)
    found[tuple(middle)] = (relief[tuple(after)] - relief[tuple(before)]) * np.float32(0.5)
    return found


def _openness(points: Matrix, normal: Matrix) -> Array:
    """How much sky a point sees: walls darken toward the ground, the ground toward nothing."""
    if abs(normal[2]) > 0.7:
        return np.ones(points.shape[:-1], np.float32)
    height = np.clip(points[..., 2], 0, None)
    return np.asarray(
        (0.62 + 0.38 * (1 - np.exp(-height / 2.2))) * (1 - 0.45 * np.exp(-height / 0.25)), np.float32
    )

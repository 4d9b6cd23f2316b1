"""Textured planes, seen through a camera without aliasing or shimmer.

A texture is a pyramid of half-sized levels. A lookup blends two levels and averages several taps along the longer
axis of a pixel's footprint, so that floors and walls seen at a slant stay sharp across and calm along.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.camera import Camera, Matrix

_NEAR_M = 0.15
_MOST_TAPS = 6


class Texture:
    """An (h, w, C) picture and its smaller levels; with alpha the colours are premultiplied."""

    def __init__(self, pixels: Array) -> None:
        self.levels = [np.ascontiguousarray(pixels, np.float32)]
        while min(self.levels[-1].shape[:2]) > 1:
            height, width = self.levels[-1].shape[:2]
            half = (max(1, width // 2), max(1, height // 2))
            smaller = cv2.resize(self.levels[-1], half, interpolation=cv2.INTER_AREA)
            self.levels.append(np.asarray(smaller.reshape(half[1], half[0], -1), np.float32))

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) of the finest level."""
        height, width = self.levels[0].shape[:2]
        return height, width

    @property
    def channels(self) -> int:
        """3, or 4 where the last is alpha."""
        return int(self.levels[0].shape[2])

    def plan(self, lod: Array) -> list[tuple[int, tuple[slice, slice], Array]]:
        """For (h, w) levels of detail: which levels are blended, over which part, with which weights."""
        lod = np.clip(lod, 0, len(self.levels) - 1)
        rows, columns = (lod.min(axis=1), lod.max(axis=1)), (lod.min(axis=0), lod.max(axis=0))
        used = []
        for level in range(int(rows[0].min()), int(np.ceil(rows[1].max())) + 1):
            ys = np.flatnonzero((rows[1] > level - 1) & (rows[0] < level + 1))
            xs = np.flatnonzero((columns[1] > level - 1) & (columns[0] < level + 1))
            part = np.s_[ys[0] : ys[-1] + 1, xs[0] : xs[-1] + 1]
            used.append((level, part, np.clip(1 - np.abs(lod[part] - np.float32(level)), 0, 1)[..., None]))
        return used

    def lookup(self, u: Array, v: Array, plan: list[tuple[int, tuple[slice, slice], Array]]) -> Array:
        """Trilinear lookup at texel coordinates `u`, `v` (h, w) of the finest level; the result is (h, w, C)."""
        out = np.zeros((*u.shape, self.channels), np.float32)
        for level, part, weight in plan:
            picture = self.levels[level]
            scale = (picture.shape[1] / self.shape[1], picture.shape[0] / self.shape[0])
            x = (u[part] + np.float32(0.5)) * np.float32(scale[0]) - np.float32(0.5)
            y = (v[part] + np.float32(0.5)) * np.float32(scale[1]) - np.float32(0.5)
            found = cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            out[part] += found.reshape(*x.shape, -1) * weight
        return out


@dataclass(frozen=True)
class Quad:
    """A textured parallelogram: texel rows run along `v_axis`, columns along `u_axis`, both in metres.

    `order` sorts what is painted: the larger is farther away. `haze` scales the mist in front of it.
    """

    origin: Matrix
    u_axis: Matrix
    v_axis: Matrix
    texture: Texture
    order: float
    haze: float = 1.0
    normal: Matrix = field(init=False)

    def __post_init__(self) -> None:
        across = np.cross(self.u_axis, self.v_axis)
        object.__setattr__(self, "normal", across / np.linalg.norm(across))


@dataclass(frozen=True)
class Seen:
    """A quad's picture over a part of the frame: premultiplied (h, w, 3), coverage (h, w) and depth in metres."""

    part: tuple[slice, slice]
    rgb: Array
    alpha: Array
    depth_m: Array


def bounds(quad: Quad, camera: Camera) -> tuple[int, int, int, int] | None:
    """The pixel rectangle that holds the quad in front of the camera: x0, y0, x1, y1 (past the end)."""
    o, u, v = quad.origin, quad.u_axis, quad.v_axis
    corners = (np.stack([o, o + u, o + u + v, o + v]) - camera.position) @ camera.rotation.T
    kept = []
    for here, there in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if here[2] >= _NEAR_M:
            kept.append(here)
        if (here[2] >= _NEAR_M) != (there[2] >= _NEAR_M):
            kept.append(here + (there - here) * (_NEAR_M - here[2]) / (there[2] - here[2]))
    if not kept:
        return None
    pixels = np.stack(kept) @ camera.intrinsics.T
    pixels = pixels[:, :2] / pixels[:, 2:]
    x0, y0 = np.maximum(np.floor(pixels.min(axis=0)) - 1, 0).astype(int)
    x1, y1 = np.minimum(np.ceil(pixels.max(axis=0)) + 2, camera.size).astype(int)
    return (x0, y0, x1, y1) if x1 > x0 and y1 > y0 else None


def see(quad: Quad, camera: Camera) -> Seen | None:
    """Look at a quad; None when it is out of the picture. Its edges are covered by pixel area."""
    box = bounds(quad, camera)
    if box is None:
        return None
    x0, y0, x1, y1 = box
    height, width = quad.texture.shape
    to_pixel = camera.plane_to_pixel(quad.origin, quad.u_axis, quad.v_axis)
    if abs(np.linalg.det(to_pixel)) < 1e-9:
        return None
    back = np.linalg.inv(to_pixel)
    # Texel coordinates are whole at texel centres. The third row of `back` is one over the depth.
    back[0] = back[0] * width - 0.5 * back[2]
    back[1] = back[1] * height - 0.5 * back[2]
    m = back.astype(np.float32)
    x = np.arange(x0, x1, dtype=np.float32)[None, :]
    y = np.arange(y0, y1, dtype=np.float32)[:, None]
    w = m[2, 0] * x + (m[2, 1] * y + m[2, 2])
    front = w > np.float32(1e-5)
    inverse = 1 / np.where(front, w, 1)
    u = (m[0, 0] * x + (m[0, 1] * y + m[0, 2])) * inverse
    v = (m[1, 0] * x + (m[1, 1] * y + m[1, 2])) * inverse
    ux, uy = (m[0, 0] - u * m[2, 0]) * inverse, (m[0, 1] - u * m[2, 1]) * inverse
    vx, vy = (m[1, 0] - v * m[2, 0]) * inverse, (m[1, 1] - v * m[2, 1]) * inverse
    inside_u = np.minimum(u + np.float32(0.5), np.float32(width - 0.5) - u) / (
        np.hypot(ux, uy) + np.float32(1e-9)
    )
    inside_v = np.minimum(v + np.float32(0.5), np.float32(height - 0.5) - v) / (
        np.hypot(vx, vy) + np.float32(1e-9)
    )
    # Opaque quads reach half a pixel farther: where two meet at an edge, nothing bright may shine through.
    reach = np.float32(0.5 if quad.texture.channels == 4 else 1.0)
    coverage = np.clip(inside_u + reach, 0, 1) * np.clip(inside_v + reach, 0, 1) * front
    if not coverage.any():
        return None
    ys, xs = np.flatnonzero(coverage.any(axis=1)), np.flatnonzero(coverage.any(axis=0))
    cut = np.s_[ys[0] : ys[-1] + 1, xs[0] : xs[-1] + 1]
    slopes = tuple(slope[cut] for slope in (ux, uy, vx, vy))
    found = _filtered(quad.texture, u[cut], v[cut], slopes, coverage[cut] > 0)
    coverage = coverage[cut]
    alpha = coverage if quad.texture.channels == 3 else coverage * found[..., 3]
    part = (slice(y0 + ys[0], y0 + ys[-1] + 1), slice(x0 + xs[0], x0 + xs[-1] + 1))
    return Seen(part, found[..., :3] * coverage[..., None], alpha, np.asarray(inverse[cut], np.float32))


def _filtered(
    texture: Texture, u: Array, v: Array, slopes: tuple[Array, ...], used: npt.NDArray[np.bool_]
) -> Array:
    ux, uy, vx, vy = slopes
    along_x, along_y = np.hypot(ux, vx), np.hypot(uy, vy)
    long_x = float(along_x[used].mean()) > float(along_y[used].mean())
    major, minor = (along_x, along_y) if long_x else (along_y, along_x)
    du, dv = (ux, vx) if long_x else (uy, vy)
    stretch = float(np.percentile((major / np.maximum(minor, 1))[used][::7], 90)) if used.any() else 1.0
    stretch = float(np.clip(stretch, 1, _MOST_TAPS))
    taps = int(np.ceil(stretch))
    # By the stretch, not by the whole number of taps: sharpness must not jump when one more tap is taken.
    width = np.maximum(np.maximum(minor, major / np.float32(stretch)), np.float32(1))
    lod = np.where(used, np.log2(width), 0)
    if (~used).any():
        lod[~used] = lod[used].min()
    plan = texture.plan(lod)
    if taps == 1:
        return texture.lookup(u, v, plan)
    total = np.zeros((*u.shape, texture.channels), np.float32)
    for tap in range(taps):
        step = np.float32((tap + 0.5) / taps - 0.5)
        total += texture.lookup(u + du * step, v + dv * step, plan)
    return np.asarray(total / np.float32(taps), np.float32)

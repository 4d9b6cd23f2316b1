"""Textured planes, seen through a camera without aliasing or shimmer.

A texture is a pyramid of half-sized levels. A lookup blends two levels and averages several taps along the longer
axis of a pixel's footprint, so that floors and walls seen at a slant stay sharp across and calm along.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.camera import Camera, Matrix
from pai_studio.core.synth.paint.footprint import LEAST_INVERSE, Box, Samples, View, footprint, grid, linear

_NEAR_M = 0.15


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

    def average(self, at: Samples) -> Array:
        """The mean of trilinear lookups along each pixel's footprint, (h, w, C)."""
        u, v, step, taps = at.u, at.v, at.step, at.taps
        out = np.zeros((*u.shape, self.channels), np.float32)
        for level, part, weight in self._plan(at.lod):
            picture = self.levels[level]
            scale_u, scale_v = (
                np.float32(n / m) for n, m in zip(picture.shape[1::-1], self.shape[::-1], strict=True)
            )
            x = u[part] * scale_u + np.float32(0.5) * (scale_u - 1)
            y = v[part] * scale_v + np.float32(0.5) * (scale_v - 1)
            if taps == 1:
                found = cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            else:
                found = self._along(picture, (x, y), (step[0][part] * scale_u, step[1][part] * scale_v), taps)
            out[part] += found.reshape(*x.shape, -1) * weight[..., None]
        return out

    @staticmethod
    def _along(picture: Array, at: tuple[Array, Array], step: tuple[Array, Array], taps: int) -> Array:
        total = np.zeros((*at[0].shape, picture.shape[2]), np.float32)
        for tap in range(taps):
            share = np.float32((tap + 0.5) / taps - 0.5)
            x, y = at[0] + step[0] * share, at[1] + step[1] * share
            found = cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            total += found.reshape(total.shape)
        return np.asarray(total * np.float32(1 / taps), np.float32)

    def _plan(self, lod: Array) -> list[tuple[int, tuple[slice, slice], Array]]:
        """For (h, w) levels of detail: which levels are blended, over which part, with which weights (h, w)."""
        lod = np.clip(lod, 0, len(self.levels) - 1)
        rows, columns = (lod.min(axis=1), lod.max(axis=1)), (lod.min(axis=0), lod.max(axis=0))
        used = []
        for level in range(int(rows[0].min()), int(np.ceil(rows[1].max())) + 1):
            ys = np.flatnonzero((rows[1] > level - 1) & (rows[0] < level + 1))
            xs = np.flatnonzero((columns[1] > level - 1) & (columns[0] < level + 1))
            if not len(ys) or not len(xs):
                continue  # at a grazing view the levels may jump from one pixel to the next
            part = np.s_[ys[0] : ys[-1] + 1, xs[0] : xs[-1] + 1]
            used.append((level, part, np.clip(1 - np.abs(lod[part] - np.float32(level)), 0, 1)))
        return used


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
    albedo: Texture | None = None
    """What it gives back of light that is added later, such as a moving lamp's; None: nothing."""

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
    view: View
    inside: Array
    """How much the quad's outline covers each pixel (h, w), whatever its texture's alpha."""

    samples: Samples

    def through(self, texture: Texture) -> Array:
        """Another texture laid on the same quad, (h, w, C) over the same part, times `inside`."""
        same = texture.shape == self.samples.shape
        found = texture.average(self.samples if same else _samples(texture.shape, self.view))
        return np.asarray(found * self.inside[..., None], np.float32)


def bounds(quad: Quad, camera: Camera) -> Box | None:
    """The pixel rectangle that holds the quad in front of the camera: x0, y0, x1, y1 (past the end)."""
    o, u, v = quad.origin, quad.u_axis, quad.v_axis
    corners = (np.stack([o, o + u, o + u + v, o + v]) - camera.position) @ camera.rotation.T
    kept = list(corners) if corners[:, 2].min() >= _NEAR_M else []
    for here, there in () if kept else zip(corners, np.roll(corners, -1, axis=0), strict=True):
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


def see(quad: Quad, camera: Camera, left: Array | None = None) -> Seen | None:
    """Look at a quad; None when it is out of the picture. Its edges are covered by pixel area.

    Where `left` (H, W) is 0, nearer things hide it; rows and columns that are hidden throughout are left out.
    """
    box = bounds(quad, camera)
    if box is None:
        return None
    to_pixel = camera.plane_to_pixel(quad.origin, quad.u_axis, quad.v_axis)
    if abs(np.linalg.det(to_pixel)) < 1e-9:
        return None
    back: Matrix = np.asarray(np.linalg.inv(to_pixel), np.float64)
    shown = box if left is None else _open(box, left)
    if shown is None:
        return None
    coverage = _coverage(edges(back, 0.5 if quad.texture.channels == 4 else 1.0), back[2], shown)
    ys, xs = np.flatnonzero(coverage.any(axis=1)), np.flatnonzero(coverage.any(axis=0))
    if not len(ys):
        return None
    coverage = coverage[ys[0] : ys[-1] + 1, xs[0] : xs[-1] + 1]
    x0, y0 = shown[:2]
    shown = (x0 + int(xs[0]), y0 + int(ys[0]), x0 + int(xs[-1]) + 1, y0 + int(ys[-1]) + 1)
    view = View(back, box, shown)
    samples = _samples(quad.texture.shape, view)
    found = quad.texture.average(samples)
    alpha = coverage if quad.texture.channels == 3 else coverage * found[..., 3]
    depth = np.reciprocal(np.maximum(grid(back[2], shown), np.float32(LEAST_INVERSE)))
    part = (slice(shown[1], shown[3]), slice(shown[0], shown[2]))
    return Seen(part, found[..., :3] * coverage[..., None], alpha, depth, view, coverage, samples)


def _samples(shape: tuple[int, int], view: View) -> Samples:
    """Where the pixels of `view.shown` take their values from in a texture of `shape`."""
    back = view.texels(shape)
    depth = np.reciprocal(np.maximum(grid(back[2], view.shown), np.float32(LEAST_INVERSE)))
    u, v = grid(back[0], view.shown), grid(back[1], view.shown)
    u *= depth
    v *= depth
    step, taps, lod = footprint(back, edges(view.back, 0.5), view)
    return Samples(shape, u, v, step, taps, lod)


def _open(box: Box, left: Array) -> Box | None:
    """The part of `box` outside which nothing of it can be seen any more."""
    x0, y0, x1, y1 = box
    seen = left[y0:y1, x0:x1] > 0
    ys, xs = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    if not len(ys):
        return None
    return x0 + int(xs[0]), y0 + int(ys[0]), x0 + int(xs[-1]) + 1, y0 + int(ys[-1]) + 1


def edges(back: Matrix, reach_px: float) -> Matrix:
    """The quad's four edges (4, 3): their product with (x, y, 1) is the distance in pixels inside, plus `reach_px`.

    An edge is where a or b, quotients of two linear forms, are 0 or 1: a line in the picture. Opaque quads reach half
    a pixel farther than others: where two meet at an edge, nothing bright may shine through.
    """
    lines = np.stack([back[0], back[2] - back[0], back[1], back[2] - back[1]])
    lines /= np.hypot(lines[:, 0], lines[:, 1])[:, None] + 1e-12
    lines[:, 2] += reach_px
    return np.asarray(lines)


def _coverage(edges: Matrix, inverse: Matrix, box: Box) -> Array:
    cover = np.ones((1, 1), np.float32)
    for near, far in (edges[:2], edges[2:]):
        inside = np.minimum(grid(near, box), grid(far, box))
        cover = np.multiply(np.clip(inside, 0, 1, out=inside), cover, out=inside)
    corners = linear(inverse, np.array([box[0], box[2] - 1]), np.array([box[1], box[3] - 1]))
    if corners.min() <= LEAST_INVERSE:
        cover *= grid(inverse, box) > np.float32(LEAST_INVERSE)
    return cover

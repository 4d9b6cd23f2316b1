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
from pai_studio.core.synth.camera import Camera, Floats, Matrix

_NEAR_M = 0.15
_MOST_TAPS = 6
_LEAST_INVERSE = 1e-5  # one over the depth of what still counts as before the camera

Box = tuple[int, int, int, int]
"""A rectangle of pixels: x0, y0, x1, y1 (past the end)."""


@dataclass(frozen=True)
class Samples:
    """How pixels lie on a texture of `shape`, in texels of its finest level, all (h, w).

    Where their middles are, u and v; the step (du, dv) along a pixel's longer axis, and how many taps are taken along
    it; the levels of detail.
    """

    shape: tuple[int, int]
    u: Array
    v: Array
    step: tuple[Array, Array]
    taps: int
    lod: Array


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


@dataclass(frozen=True)
class View:
    """How pixels look at a quad: `back` takes (x, y, 1) to (a w, b w, w), a and b in 0..1, w one over the depth.

    `box` holds the quad, `shown` is what is asked for of it.
    """

    back: Matrix
    box: Box
    shown: Box

    def texels(self, shape: tuple[int, int]) -> Matrix:
        """`back` in texels of a texture of `shape`, which are whole at texel centres."""
        height, width = shape
        return np.stack(
            [
                self.back[0] * width - 0.5 * self.back[2],
                self.back[1] * height - 0.5 * self.back[2],
                self.back[2],
            ]
        )


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
    depth = np.reciprocal(np.maximum(_grid(back[2], shown), np.float32(_LEAST_INVERSE)))
    part = (slice(shown[1], shown[3]), slice(shown[0], shown[2]))
    return Seen(part, found[..., :3] * coverage[..., None], alpha, depth, view, coverage, samples)


def _samples(shape: tuple[int, int], view: View) -> Samples:
    """Where the pixels of `view.shown` take their values from in a texture of `shape`."""
    back = view.texels(shape)
    depth = np.reciprocal(np.maximum(_grid(back[2], view.shown), np.float32(_LEAST_INVERSE)))
    u, v = _grid(back[0], view.shown), _grid(back[1], view.shown)
    u *= depth
    v *= depth
    step, taps, lod = _footprint(back, edges(view.back, 0.5), view)
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


def _linear(form: Matrix, xs: Floats, ys: Floats) -> Array:
    """a x + b y + c over the grid of columns `xs` and rows `ys`."""
    across, down = (form[0] * xs + form[2]).astype(np.float32), (form[1] * ys).astype(np.float32)
    return np.asarray(across[None, :] + down[:, None], np.float32)


def _grid(form: Matrix, box: Box) -> Array:
    return _linear(form, np.arange(box[0], box[2], dtype=float), np.arange(box[1], box[3], dtype=float))


def _coverage(edges: Matrix, inverse: Matrix, box: Box) -> Array:
    cover = np.ones((1, 1), np.float32)
    for near, far in (edges[:2], edges[2:]):
        inside = np.minimum(_grid(near, box), _grid(far, box))
        cover = np.multiply(np.clip(inside, 0, 1, out=inside), cover, out=inside)
    corners = _linear(inverse, np.array([box[0], box[2] - 1]), np.array([box[1], box[3] - 1]))
    if corners.min() <= _LEAST_INVERSE:
        cover *= _grid(inverse, box) > np.float32(_LEAST_INVERSE)
    return cover


def _footprint(back: Matrix, edges: Matrix, view: View) -> tuple[tuple[Array, Array], int, Array]:
    """The step, taps and levels of detail over `view.shown`; the taps follow from the whole of `view.box`.

    They change slowly, so they are found at every fourth pixel and stretched.
    """
    x0, y0, x1, y1 = view.box
    stride = 4 if min(x1 - x0, y1 - y0) >= 24 else 1
    coarse = max(stride, (x1 - x0) // 48, (y1 - y0) // 48)
    whole = _slopes(back, edges, view.box, coarse)
    long_x = float(whole.along_x[whole.used].mean()) > float(whole.along_y[whole.used].mean())
    major, minor = whole.ordered(long_x)
    ratios = np.sort((major / np.maximum(minor, 1))[whole.used])
    stretch = min(max(float(ratios[int(0.9 * (len(ratios) - 1))]), 1.0), float(_MOST_TAPS))
    here = whole if coarse == stride and view.shown == view.box else _slopes(back, edges, view.shown, stride)
    major, minor = here.ordered(long_x)
    # By the stretch, not by the whole number of taps: sharpness must not jump when one more tap is taken.
    lod = np.log2(np.maximum(np.maximum(minor, major / np.float32(stretch)), np.float32(1)))
    lod = np.clip(lod, lod[here.used].min(), lod[here.used].max())
    taps = int(np.ceil(stretch))
    size = (view.shown[2] - view.shown[0], view.shown[3] - view.shown[1])
    steps = () if taps == 1 else here.step(long_x)
    level, *step = (_stretched(part, stride, size) for part in (lod, *steps))
    return (step[0], step[1]) if step else (level, level), taps, level


@dataclass(frozen=True)
class _Slopes:
    """Texels per pixel (du/dx, du/dy, dv/dx, dv/dy) on a grid, and which of its points lie on or by the quad."""

    parts: tuple[Array, Array, Array, Array]
    along_x: Array
    along_y: Array
    used: npt.NDArray[np.bool_]

    def ordered(self, long_x: bool) -> tuple[Array, Array]:
        return (self.along_x, self.along_y) if long_x else (self.along_y, self.along_x)

    def step(self, long_x: bool) -> tuple[Array, Array]:
        return (self.parts[0], self.parts[2]) if long_x else (self.parts[1], self.parts[3])


def _slopes(back: Matrix, edges: Matrix, box: Box, stride: int) -> _Slopes:
    """Slopes at the middles of cells of `stride` pixels that cover `box`."""
    xs, ys = (
        low + (stride - 1) / 2 + stride * np.arange(-(-(high - low) // stride))
        for low, high in ((box[0], box[2]), (box[1], box[3]))
    )
    w = _linear(back[2], xs, ys)
    inside = np.minimum.reduce([_linear(edge, xs, ys) for edge in edges])
    used = (w > np.float32(_LEAST_INVERSE)) & (inside > -0.5 * stride)
    if not used.any():
        used = inside >= inside.max()
    depth = np.reciprocal(np.maximum(w, np.float32(_LEAST_INVERSE)))
    m = back.astype(np.float32)
    u, v = _linear(back[0], xs, ys) * depth, _linear(back[1], xs, ys) * depth
    ux, uy = (m[0, 0] - u * m[2, 0]) * depth, (m[0, 1] - u * m[2, 1]) * depth
    vx, vy = (m[1, 0] - v * m[2, 0]) * depth, (m[1, 1] - v * m[2, 1]) * depth
    return _Slopes((ux, uy, vx, vy), np.hypot(ux, vx), np.hypot(uy, vy), used)


def _stretched(grid: Array, stride: int, size: tuple[int, int]) -> Array:
    """A grid of cells of `stride` pixels as pixels, of which the first `size` (width, height) are kept."""
    if stride == 1:
        return grid
    whole = (grid.shape[1] * stride, grid.shape[0] * stride)
    return np.asarray(cv2.resize(grid, whole, interpolation=cv2.INTER_LINEAR), np.float32)[
        : size[1], : size[0]
    ]

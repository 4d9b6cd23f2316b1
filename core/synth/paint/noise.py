"""Colours, smooth steps and the noises that every surface is painted with.

Noises are laid on grids counted in metres, not in pixels, so that a surface looks the same at any resolution.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.camera import Floats

# Linear Rec.709 (D65) to ACEScg (AP1, D60), Bradford-adapted; the rows sum to 1.
_REC709_TO_ACESCG = np.array(
    [[0.613097, 0.339523, 0.047380], [0.070194, 0.916354, 0.013452], [0.020616, 0.109570, 0.869814]],
    np.float32,
)
_LATTICE = 64  # cells after which `anchored` comes again
LUMA = np.array([0.27222872, 0.67408177, 0.05368952], np.float32)
"""Luminance weights of ACEScg (the Y row of AP1 to XYZ)."""


def color(hex_srgb: str, gain: float = 1.0) -> Array:
    """An sRGB colour such as `"c8643c"` as (3,) linear ACEScg, times `gain`."""
    code = np.array([int(hex_srgb[i : i + 2], 16) for i in (0, 2, 4)], np.float32) / 255
    linear = np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)
    return np.asarray(_REC709_TO_ACESCG @ linear.astype(np.float32) * gain, np.float32)


def smooth(x: Floats, low: float | Floats, high: float | Floats) -> Array:
    """0 below `low`, 1 above `high`, with a cubic between them (falling when `low` > `high`)."""
    t = np.clip((x - np.asarray(low, np.float32)) / np.asarray(high - low, np.float32), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def own(rng: np.random.Generator) -> np.random.Generator:
    """A generator of its own for one part: however much it draws, what comes after it stays as it is.

    So a place looks the same at every resolution, although fine things are left out of small pictures.
    """
    return np.random.default_rng(int(rng.integers(2**63)))


def value_noise(
    shape: tuple[int, int], size_m: tuple[float, float], cell_m: float, rng: np.random.Generator
) -> Array:
    """Smooth noise of mean 0 and about unit range, (h, w) texels over `size_m` (height, width) metres."""
    cells = [max(2, int(np.ceil(extent / cell_m)) + 1) for extent in size_m]
    grid = rng.uniform(-1, 1, cells).astype(np.float32)
    return np.asarray(cv2.resize(grid, shape[::-1], interpolation=cv2.INTER_CUBIC), np.float32)


def fbm(
    shape: tuple[int, int],
    size_m: tuple[float, float],
    cell_m: float,
    rng: np.random.Generator,
    octaves: int = 5,
    *,
    persistence: float = 0.5,
) -> Array:
    """Octaves of `value_noise`, each half the cell of the last; those finer than a texel are left out.

    Coarse octaves are summed on coarse grids and stretched together, which costs little more than the finest alone.
    """
    texel_m = size_m[0] / shape[0]
    rng = own(rng)
    total: Array | None = None
    for octave in range(octaves):
        cell = cell_m / 2**octave
        if octave and cell < texel_m:
            break
        grid = [min(n, max(2, round(6 * extent / cell))) for n, extent in zip(shape, size_m, strict=True)]
        here = persistence**octave * value_noise((grid[0], grid[1]), size_m, cell, rng)
        total = here if total is None else _stretched(total, (grid[0], grid[1])) + here
    assert total is not None
    return _stretched(total, shape)


def anchored(
    x: Array, y: Array, cell_m: float, seed: int, octaves: int = 5, *, persistence: float = 0.5
) -> Array:
    """Like `fbm`, but of where a texel lies: pieces of one plane that meet, however fine each, continue one another.

    `x` (1, w) and `y` (h, 1) are evenly spaced, in metres; the pattern comes again every 64 cells.
    """
    shape = (y.shape[0], x.shape[1])
    steps = [float(axis.flat[-1] - axis.flat[0]) / max(axis.size - 1, 1) for axis in (y, x)]
    total: Array | None = None
    for octave in range(octaves):
        cell = cell_m / 2**octave
        if octave and cell < min(abs(step) for step in steps):
            break
        grid = [min(n, max(2, round(6 * abs(step) * n / cell))) for n, step in zip(shape, steps, strict=True)]
        down, across = (
            ((axis.flat[0] - step / 2 + (np.arange(count) + 0.5) * step * axis.size / count) / cell)
            % _LATTICE
            for axis, step, count in zip((y, x), steps, grid, strict=True)
        )
        lattice = (
            np.random.default_rng([seed, octave]).uniform(-1, 1, (_LATTICE, _LATTICE)).astype(np.float32)
        )
        maps = [np.ascontiguousarray(np.broadcast_to(m, grid), np.float32) for m in (across, down[:, None])]
        found = cv2.remap(lattice, maps[0], maps[1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_WRAP)
        here = np.asarray(found, np.float32) * np.float32(persistence**octave)
        total = here if total is None else _stretched(total, (grid[0], grid[1])) + here
    assert total is not None
    return _stretched(total, shape)


def _stretched(picture: Array, shape: tuple[int, int]) -> Array:
    if picture.shape == shape:
        return picture
    return np.asarray(cv2.resize(picture, shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def blur(image: Array, sigma_px: float) -> Array:
    """Gaussian blur with mirrored borders; a sigma below a fifth of a pixel does nothing."""
    if sigma_px < 0.2:
        return image
    return np.asarray(
        cv2.GaussianBlur(image, (0, 0), float(sigma_px), borderType=cv2.BORDER_REFLECT_101), np.float32
    )


def hashed(index: npt.NDArray[np.int64], salt: int) -> Array:
    """A repeatable number in 0..1 for every whole number (the finaliser of MurmurHash3, 32 bits)."""
    h = (index.astype(np.uint64) * np.uint64(2654435761) + np.uint64(salt * 40503 + 1)) & np.uint64(
        0xFFFFFFFF
    )
    h ^= h >> np.uint64(16)
    h = (h * np.uint64(0x85EBCA6B)) & np.uint64(0xFFFFFFFF)
    h ^= h >> np.uint64(13)
    h = (h * np.uint64(0xC2B2AE35)) & np.uint64(0xFFFFFFFF)
    h ^= h >> np.uint64(16)
    return (h.astype(np.float64) / 2.0**32).astype(np.float32)


def lookup(
    picture: Array,
    u: Array,
    v: Array,
    *,
    nearest: bool = False,
    border: int = cv2.BORDER_WRAP,
    outside: float = 0,
) -> Array:
    """The picture's values (N, C) at N points; OpenCV's maps may not be longer than 32767, so they are folded."""
    rows = max(1, -(-len(u) // 1024))
    maps = np.zeros((2, rows * 1024), np.float32)
    maps[0, : len(u)], maps[1, : len(v)] = u, v
    x, y = maps.reshape(2, rows, 1024)
    how = cv2.INTER_NEAREST if nearest else cv2.INTER_LINEAR
    found = cv2.remap(picture, x, y, how, borderMode=border, borderValue=outside)
    return np.asarray(found.reshape(rows * 1024, -1)[: len(u)], np.float32)

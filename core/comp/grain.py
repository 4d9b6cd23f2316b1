"""Grain: the plate's noise measured, and the same noise laid on a background that lacks it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from pai_studio.core.comp.filters import as_f32
from pai_studio.core.media.frame import Array

_BLOCK = 8
_BINS = 12
_FAR = 3
_LEAST = 0.7
"""Pixels this far apart share next to no grain any more; more than is left of it by this would be texture."""
_TILE, _TILES = 32, 150
"""The side of the tiles that tell the spectrum, and how many of the flattest are looked at."""
_SQUARES = 40
"""Of a block's squared differences so many are independent, where pixels are."""
_EVEN = 3.0
"""No block of a tile without edges varies by more than this over what noise is expected there."""
_LONG = 2
"""Waves that lie in a tile at most so often."""
_TAPS, _WHITE = 9, 0.02
"""The side of the kernel that draws grain; one whose other taps are all below this share of its middle does nothing."""


@dataclass(frozen=True)
class Grain:
    """Noise of variance `floor + slope * level` per channel ((3,) each).

    `kernel` (k, k), of energy 1, draws its spectrum out of white noise; channels are correlated as by `mix` (3, 3),
    lower triangular with rows of length 1.
    """

    floor: Array
    slope: Array
    kernel: Array
    mix: Array

    @classmethod
    def white(cls, floor: Array, slope: Array) -> Grain:
        """Noise whose pixels and channels know nothing of one another."""
        return cls(floor, slope, np.ones((1, 1), np.float32), np.eye(3, dtype=np.float32))

    @property
    def correlation(self) -> float:
        """How far a pixel's noise is that of the pixel beside it, -1..1."""
        return self._correlation(1)

    def _correlation(self, step: int) -> float:
        padded = np.pad(self.kernel, ((0, 0), (step, step)))
        return float((padded * np.roll(padded, step, axis=1)).sum())

    def _shared(self) -> float:
        """By how much fewer independent pixels there are than pixels: the sum of squared autocorrelations."""
        side = 2 * self.kernel.shape[0]
        power = np.abs(np.fft.fft2(self.kernel, (side, side))) ** 2
        return float((power**2).mean() / power.mean() ** 2)

    def variance(self, rgb: Array) -> Array:
        """(H, W, 3) of the noise at each pixel of (H, W, 3)."""
        return as_f32(self.floor + self.slope * np.maximum(rgb, 0))


def _block_means(values: Array) -> Array:
    """Means over blocks of `_BLOCK` pixels, (h, w, C)."""
    height, width = (n // _BLOCK * _BLOCK for n in values.shape[:2])
    size = (width // _BLOCK, height // _BLOCK)
    return as_f32(cv2.resize(values[:height, :width], size, interpolation=cv2.INTER_AREA))


def _half_square_steps(rgb: Array, step: int) -> Array:
    """Half the squared difference to the pixel `step` to the right: in the mean, variance less covariance."""
    difference = rgb[:, step:] - rgb[:, :-step]
    return 0.5 * difference * difference


def measure(rgb: Array) -> Grain:
    """The noise of a picture (H, W, 3), from its flattest blocks at every level.

    Signal only ever adds to a block's variance, so the low quantile over many blocks of one level is the noise.
    """
    none = Grain.white(np.zeros(3, np.float32), np.zeros(3, np.float32))
    if min(rgb.shape[:2]) < 4 * _BLOCK:
        return none
    level = _block_means(rgb[:, :-_FAR])
    far = _block_means(_half_square_steps(rgb, _FAR))
    filmed = far.max(axis=2) > 1e-12  # what a data window or a key leaves empty has no noise to tell of
    if not filmed.any():
        return none
    fits = [_fit(level[filmed][:, c], far[filmed][:, c]) for c in range(3)]
    floor, slope = np.array(fits, np.float32).T
    found = Grain.white(floor, slope)
    expected = np.maximum(found.variance(level), 1e-12)
    across = np.where(filmed[..., None], far / expected, np.inf)
    down = _block_means(_half_square_steps(rgb.swapaxes(0, 1), _FAR)).swapaxes(0, 1)
    height, width = (min(sides) for sides in zip(far.shape[:2], down.shape[:2], strict=True))
    part = (slice(height), slice(width))
    tiles = _flattest(rgb, np.maximum(across[part], down[part] / expected[part]))
    if not len(tiles):
        return found
    kernel, mix = _spectrum(tiles), _mix(tiles)
    shaped = Grain(floor, slope, kernel, mix)
    # What pixels so far apart still share was not in their differences; and what is shared leaves fewer to count.
    missed = 1 / np.clip(1 - shaped._correlation(_FAR), _LEAST, 1)
    missed = np.float32(missed * _quartile(_SQUARES) / _quartile(_SQUARES / shaped._shared()))
    return Grain(floor * missed, slope * missed, kernel, mix)


def _flattest(rgb: Array, excess: Array) -> Array:
    """Tiles (n, t, t, 3) of a picture where its blocks vary least over their expected noise, flattened by a plane."""
    side = _TILE // _BLOCK
    height, width = (n // side for n in excess.shape[:2])
    if not height or not width:
        return np.zeros((0, _TILE, _TILE, 3), np.float32)
    worst = excess[: height * side, : width * side].max(axis=2)
    worst = worst.reshape(height, side, width, side).max(axis=(1, 3)).ravel()
    chosen = np.argsort(worst, kind="stable")[: min(_TILES, max(1, len(worst) // 8))]
    chosen = chosen[worst[chosen] < _EVEN]
    rows, columns = chosen // width * _TILE, chosen % width * _TILE
    tiles = [rgb[y : y + _TILE, x : x + _TILE] for y, x in zip(rows, columns, strict=True)]
    if not tiles:
        return np.zeros((0, _TILE, _TILE, 3), np.float32)
    ramp = (np.arange(_TILE, dtype=np.float32) - (_TILE - 1) / 2) / np.sqrt(_TILE * (_TILE**2 - 1) / 12)
    flat = np.stack(tiles) - np.mean(tiles, axis=(1, 2), keepdims=True)
    for along in (ramp[:, None, None], ramp[None, :, None]):
        flat = flat - along * (flat * along).sum(axis=(1, 2), keepdims=True) / _TILE
    return as_f32(flat / np.maximum(flat.std(axis=(1, 2), keepdims=True), 1e-9))


def _spectrum(tiles: Array) -> Array:
    """The kernel that gives white noise the mean spectrum of some tiles, symmetric, of energy 1."""
    power = (np.abs(np.fft.fft2(tiles, axes=(1, 2))) ** 2).mean(axis=(0, 3))
    wave = np.fft.fftfreq(_TILE, 1 / _TILE)
    radius = np.hypot(wave[:, None], wave)
    # The longest waves are as like shading as grain: they count as those next to them.
    power[radius <= _LONG] = power[(radius > _LONG) & (radius <= 2 * _LONG)].mean()
    whole = np.fft.fftshift(np.fft.ifft2(np.sqrt(power)).real)
    part = slice((_TILE - _TAPS + 1) // 2, (_TILE + _TAPS + 1) // 2)
    kernel = whole[part, part]
    kernel = np.where(np.abs(kernel) < _WHITE * kernel.max(), 0, kernel)
    return as_f32(kernel / np.sqrt((kernel**2).sum()))


def _mix(tiles: Array) -> Array:
    """The triangle that correlates three white noises as the tiles' channels are."""
    values = tiles.reshape(-1, 3)
    matrix = values.T @ values / len(values)
    scale = np.sqrt(np.diag(matrix))
    matrix = 0.999 * matrix / np.outer(scale, scale) + 0.001 * np.eye(3)
    return as_f32(np.linalg.cholesky(matrix / matrix[0, 0]))


def _quartile(count: float) -> float:
    """The lower quartile of a mean of `count` independent squares, in shares of it (Wilson and Hilferty, 1931)."""
    spread = 2 / (9 * max(count, 4.0))
    return float((1 - spread - 0.6745 * np.sqrt(spread)) ** 3)


def _fit(level: Array, variance: Array) -> tuple[float, float]:
    """Floor and slope, neither negative, through the low quantiles of the variance over level."""
    edges = np.quantile(level, np.linspace(0, 1, _BINS + 1))
    points = []
    for low, high in pairwise(edges):
        inside = (
            (level >= low) & (level <= high) & (variance > 1e-12)
        )  # a clipped block has no noise to tell of
        if inside.sum() >= 8:
            points.append((max(float(level[inside].mean()), 0.0), float(np.quantile(variance[inside], 0.25))))
    if not points:
        return 0.0, 0.0
    x, y = np.array(points).T
    # Every bin holds at least its noise; the line through the lower half of the residuals ignores texture.
    scale = 1 / np.maximum(y, y.max() * 1e-3 + 1e-12)
    for _ in range(3):
        design = np.stack([scale, scale * x], 1)
        floor, slope = np.linalg.lstsq(design, scale * y, rcond=None)[0]
        if slope < 0:
            floor, slope = np.average(y, weights=scale**2), 0.0
        elif floor < 0:
            floor, slope = 0.0, float((scale**2 * x * y).sum() / max((scale**2 * x * x).sum(), 1e-12))
        scale = np.where(y > 1.5 * (floor + slope * x), scale * 0.2, scale)
    return float(floor) / _quartile(_SQUARES), float(slope) / _quartile(_SQUARES)


def synthesize(level: Array, wanted: Grain, present: Grain | None, seed: int, frame: int) -> Array:
    """Noise (H, W, 3) for a picture `level` (H, W, 3), with what is `present` already counted off.

    Depends on nothing but its arguments: the same `seed` and `frame` number give the same grain.
    """
    variance = wanted.variance(level)
    if present is not None:
        variance = np.maximum(variance - present.variance(level), 0)
    if not variance.any():
        return np.zeros(level.shape, np.float32)
    generator = np.random.Generator(np.random.Philox(key=[seed, frame & 0xFFFFFFFF]))
    noise = generator.standard_normal(level.shape, np.float32)
    if np.abs(wanted.mix - np.eye(3)).max() > _WHITE:
        noise = as_f32(cv2.transform(noise, wanted.mix))
    if np.count_nonzero(wanted.kernel) > 1:
        noise = as_f32(cv2.filter2D(noise, -1, wanted.kernel, borderType=cv2.BORDER_REFLECT))
    return as_f32(noise * np.sqrt(variance))

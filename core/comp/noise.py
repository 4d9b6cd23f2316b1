"""A plate's noise, measured: how strong it is at each level of light, how coarse, and what its channels share.

Its flattest tiles tell it, for texture only ever adds to a tile's variance.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pai_studio.core.comp.filters import as_f32
from pai_studio.core.comp.grain import Grain
from pai_studio.core.media.frame import Array

_TILE, _WIDE = 16, 32
"""The sides of the tiles that tell how strong grain is at each level of light, and of those that tell its spectrum."""
_BINS, _FEWEST = 12, 16
"""Levels of light, in equal steps of its root, as shot noise goes; fewer tiles tell nothing of one."""
_FLAT, _EVEN = 0.1, 2.0
"""That share of a level's tiles is flat, and so is what varies by no more than this over the least flat of them. Tiles
of a codec's noise differ by so much; of mere noise by a fifth."""
_TEXTURE, _LITTLE = 1.5, 0.2
"""A level that varies by more than the first over the fit is texture, and counts the second."""
_ROUNDS = 8
_SEEN = 300
"""So many tiles of a picture tell its spectrum."""
_RINGS = _WIDE // 2 + 1
_KEPT = 0.998
"""The energy of the kernel that is kept: its outer taps are nothing."""
_NOTHING = 1e-12
"""No picture has so little variance where a file holds one that is not clipped."""

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


def measure(pictures: Iterable[Array]) -> Grain:
    """The noise of some frames (H, W, 3) of one camera, scene-linear; none where they are too small to tell."""
    return together(one for rgb in pictures if (one := told(rgb)) is not None)


def together(samples: Iterable[Told]) -> Grain:
    """The noise that some frames of one camera tell; none where there is no sample."""
    known = list(samples)
    if not known:
        return Grain.white(np.zeros(3, np.float32), np.zeros(3, np.float32))
    level, variance = (np.concatenate([getattr(one, key) for one in known]) for key in ("level", "variance"))
    floor, slope = _fit([_points(level[:, c], variance[:, c]) for c in range(3)])
    seen = [one.waves for one in known if one.waves is not None]
    if not seen:
        return Grain.white(as_f32(floor), as_f32(slope))
    waves = _Waves.together(seen)
    power, shared = waves.of_noise()
    # What small tiles have told is less than there is, by long waves, and more, by the shading that they have.
    share = power.sum() / waves.power.sum() * waves.count / waves.narrow
    return Grain(as_f32(share * floor), as_f32(share * slope), _kernel(power), _mix(shared))


@dataclass(frozen=True)
class _Waves:
    """Sums over `count` flat tiles, each channel of each with a variance of 1.

    `shared` (3, 3, s, s) is the power of the waves that two channels share, each with itself too; `narrow` the variance
    that is left in smaller tiles.
    """

    shared: Floats
    narrow: float
    count: int

    @classmethod
    def of(cls, tiles: Array) -> _Waves:
        """The waves in some tiles (n, s, s, 3)."""
        flat = _flattened(tiles)[1]
        small = flat.reshape(-1, 2, _TILE, 2, _TILE, 3).swapaxes(2, 3)
        whole = np.maximum((flat**2).mean(axis=(1, 2)), _NOTHING)
        narrow = _variance(_flattened(small)[1]).mean(axis=(1, 2)) / whole
        waves = np.fft.fft2(flat / np.sqrt(whole)[:, None, None], axes=(1, 2))
        shared = np.einsum("nyxa,nyxb->abyx", waves, waves.conj()).real
        return cls(shared, float(narrow.mean(axis=1).sum()), len(tiles))

    @classmethod
    def together(cls, some: Sequence[_Waves]) -> _Waves:
        """The sums over all of them."""
        shared = np.sum([one.shared for one in some], axis=0)
        return cls(shared, sum(one.narrow for one in some), sum(one.count for one in some))

    @property
    def power(self) -> Floats:
        """The waves' power (s, s), the mean of the channels."""
        return np.asarray(np.einsum("aayx->yx", self.shared) / 3)

    def of_noise(self) -> tuple[Floats, Floats]:
        """The power (s, s) without what shading adds to long waves, and what two channels share of it (3, 3).

        Channels share shading whole, and so more of long waves than they share of their noise.
        """
        ring = _ring()
        both = (self.shared.sum(axis=(0, 1)) - 3 * self.power) / 6
        power, cross = (np.bincount(ring.ravel(), one.ravel()) for one in (self.power, both))
        shared = cross / np.maximum(power, _NOTHING)
        noise = 1 - np.clip(shared - np.median(shared[_RINGS // 2 :]), 0, 1)[ring]
        found = self.power * noise
        found[ring <= 1] = found[ring == 2].mean()  # tiles that were flattened have lost the longest
        return found, (self.shared * noise).sum(axis=(2, 3))


@dataclass(frozen=True)
class Told:
    """What a picture tells: `level` and `variance` (n, 3) of its tiles, and the waves of its flat ones."""

    level: Floats
    variance: Floats
    waves: _Waves | None


def told(rgb: Array) -> Told | None:
    """What a picture (H, W, 3) tells of its noise; None where it is too small, or empty."""
    high, wide = (side // _WIDE for side in rgb.shape[:2])
    if not high or not wide:
        return None
    part = np.nan_to_num(rgb[: high * _WIDE, : wide * _WIDE], nan=0.0, posinf=0.0, neginf=0.0)
    tiles = _tiles(part, _TILE)
    means, flat = _flattened(tiles)
    variance = np.where(_clipped(tiles, part), 0, _variance(flat)).reshape(-1, 3).astype(np.float64)
    level = means.reshape(-1, 3).astype(np.float64)
    if not (variance > _NOTHING).any():
        return None
    floor, slope = _fit([_points(level[:, c], variance[:, c]) for c in range(3)])
    over = np.where(variance > _NOTHING, variance / np.maximum(floor + slope * level, _NOTHING), np.inf)
    worst = over.mean(axis=1).reshape(high, 2, wide, 2).max(axis=(1, 3))
    chosen = np.argwhere(worst <= _EVEN * np.quantile(worst, _FLAT, method="lower"))
    if not np.isfinite(worst[tuple(chosen.T)]).all():
        return Told(level, variance, None)
    chosen = chosen[np.linspace(0, len(chosen) - 1, min(len(chosen), _SEEN)).astype(int)]
    whole = _tiles(part, _WIDE)
    return Told(level, variance, _Waves.of(whole[chosen[:, 0], chosen[:, 1]]))


def _tiles(rgb: Array, side: int) -> Array:
    """A picture of whole tiles as (h, w, side, side, 3)."""
    high, wide = (length // side for length in rgb.shape[:2])
    return rgb.reshape(high, side, wide, side, 3).swapaxes(1, 2)


def _flattened(tiles: Array) -> tuple[Array, Array]:
    """The means (..., 3) of tiles (..., s, s, 3), and the tiles less a plane."""
    side = tiles.shape[-2]
    ramp = as_f32((np.arange(side) - (side - 1) / 2) / np.sqrt(side * (side**2 - 1) / 12))
    means = tiles.mean(axis=(-3, -2), keepdims=True)
    flat = tiles - means
    for along in (ramp[:, None, None], ramp[None, :, None]):
        flat -= along * (flat * along).sum(axis=(-3, -2), keepdims=True) / side
    return as_f32(means[..., 0, 0, :]), as_f32(flat)


def _variance(flat: Array) -> Array:
    """(..., 3) of tiles (..., s, s, 3) that have lost a plane."""
    return as_f32((flat**2).sum(axis=(-3, -2)) / (flat.shape[-2] ** 2 - 3))


def _clipped(tiles: Array, rgb: Array) -> Mask:
    """Which channels of which tiles (h, w, 3) reach an end of the picture's range: noise may be cut off there."""
    low, high = rgb.min(axis=(0, 1)), rgb.max(axis=(0, 1))
    return np.asarray((tiles.min(axis=(2, 3)) <= low) | (tiles.max(axis=(2, 3)) >= high))


def _points(level: Floats, variance: Floats) -> Floats:
    """A channel's noise at each level of light that flat tiles have: rows of (level, variance, weight)."""
    filmed = variance > _NOTHING
    if not filmed.any():
        return np.zeros((0, 3))
    level, variance = level[filmed], variance[filmed]
    root = np.sqrt(np.maximum(level, 0))
    low, high = np.quantile(root, [0.005, 0.995])
    bins = max(1, min(_BINS, len(level) // (2 * _FEWEST)))
    which = np.clip((root - low) / max(high - low, 1e-9) * bins, 0, bins - 1).astype(int)
    points = []
    for number in range(bins):
        here, among = level[which == number], variance[which == number]
        if len(among) >= _FEWEST:
            flat = among <= _EVEN * np.quantile(among, _FLAT)
            weight = flat.mean() ** 2 * np.sqrt(len(among))
            points.append((here[flat].mean(), among[flat].mean(), weight))
    return np.array(points, np.float64).reshape(-1, 3)


def _fit(channels: list[Floats]) -> tuple[Floats, Floats]:
    """Floor and slope (3,), neither negative, through all channels' points: one line, and a factor for each channel.

    A screen shows each channel at one level alone; together they tell a line.
    """
    factors = np.ones(3)
    of = np.concatenate([np.full(len(points), c) for c, points in enumerate(channels)])
    level, variance, weight = np.concatenate(channels).T
    floor = slope = 0.0
    texture = np.zeros(len(of), bool)
    for _ in range(_ROUNDS if len(of) else 0):
        scale = weight * np.where(texture, _LITTLE, 1) / variance
        floor, slope = _line(factors[of], factors[of] * level, variance, scale)
        over = variance / np.maximum(floor + slope * level, _NOTHING)
        for c in set(of):
            factors[c] = _quantile(over[of == c], weight[of == c])
        texture = over > _TEXTURE * factors[of]
    return factors * floor, factors * slope


def _quantile(values: Floats, weights: Floats) -> float:
    """The value that a quarter of the weight is not above: most levels of a channel may be texture."""
    order = np.argsort(values, kind="stable")
    return float(values[order][np.searchsorted(np.cumsum(weights[order]), weights.sum() / 4)])


def _line(one: Floats, level: Floats, variance: Floats, scale: Floats) -> tuple[float, float]:
    """Least squares for `one * floor + level * slope`, neither negative."""
    both = np.stack([scale * one, scale * level], axis=1)
    floor, slope = np.linalg.lstsq(both, scale * variance, rcond=None)[0]
    if slope < 0 or floor < 0:
        alone = both[:, 0 if slope < 0 else 1]
        only = float(alone @ (scale * variance) / max(float(alone @ alone), _NOTHING))
        return (only, 0.0) if slope < 0 else (0.0, only)
    return float(floor), float(slope)


def _ring() -> npt.NDArray[np.int64]:
    """How often (s, s) a wave lies in a tile, rounded up; the corners count as the last ring."""
    wave = np.fft.fftfreq(_WIDE, 1 / _WIDE)
    return np.asarray(np.minimum(np.ceil(np.hypot(wave[:, None], wave)), _RINGS), np.int64)


def _kernel(power: Floats) -> Array:
    """The least kernel, of energy 1, that gives white noise a spectrum (s, s), symmetric."""
    whole = np.fft.fftshift(np.fft.ifft2(np.sqrt(power)).real)[1:, 1:]
    middle = _WIDE // 2 - 1
    parts = (
        whole[middle - reach : middle + reach + 1, middle - reach : middle + reach + 1]
        for reach in range(_WIDE // 2)
    )
    kernel = next(part for part in parts if (part**2).sum() >= _KEPT * (whole**2).sum())
    return as_f32(kernel / np.sqrt((kernel**2).sum()))


def _mix(shared: Floats) -> Array:
    """The triangle that correlates three white noises as channels are that share (3, 3) of their power."""
    scale = np.sqrt(np.maximum(np.diag(shared), _NOTHING))
    matrix = 0.999 * shared / np.outer(scale, scale) + 0.001 * np.eye(3)
    return as_f32(np.linalg.cholesky(matrix / matrix[0, 0]))

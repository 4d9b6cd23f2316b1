"""How near finishing comes to a film's truth: the place behind the subject, its shadow, its grain and its softness.

Places are judged against what the model meant: the truth in full detail, where the model put it (`Simulated.meant`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from pai_studio.core.comp.filters import as_f32, blur
from pai_studio.core.comp.space import luminance
from pai_studio.core.media.frame import Array, Layers
from pai_studio.core.motion.resample import sample
from tests.core.finish.measures import SOLID, Mask, codes, psnr_db
from tests.core.finish.simulated import Simulated, covered
from tests.core.finish.simulated_film import lamp_of

Floats = npt.NDArray[np.float64]
_FREE = 0.01
_SLIDE_PX = 20
_SHADED = 0.97
_LEVELS = 8


def over_bicubic_db(got: Layers, made: Simulated) -> float:
    """How much nearer the place is to what was meant than the same generation brought up by a cubic.

    Where the subject is not, and the nearest still reaches. The shadow belongs to both.
    """
    number = got.number
    truth, model = made.truths[number], made.made[number].model
    assert model is not None
    wanted = made.meant(number, truth.background * truth.shadow[..., None])
    ours = got.background * got.shadow[..., None]
    cubic = np.maximum(model.frame.to_plate(model.composite), 0)
    where = _free(made, number) & covered((wanted.shape[1], wanted.shape[0]))
    return psnr_db(ours, wanted, where) - psnr_db(cubic, wanted, where)


def _free(made: Simulated, number: int) -> Mask:
    """Where neither the subject nor what the model made of it is seen."""
    truth = made.truths[number]
    both = np.maximum(truth.matte, made.meant(number, truth.matte))
    reach = np.ones((15, 15), np.uint8)
    return np.asarray(cv2.dilate(as_f32(both > _FREE), reach) == 0)


def ghost(got: Layers, made: Simulated) -> float:
    """How opaque the generated subject still is in the place that sliding it by 20 pixels uncovers; 0 is no ghost.

    The place is explained by the subject as the model made it, by the place as it is, and by what a smooth fill may
    be (the place blurred, and a ramp): least squares, in codes. The share of the first is the ghost.
    """
    number = got.number
    truth, model = made.truths[number], made.made[number].model
    assert model is not None
    subject = codes(np.maximum(model.frame.to_plate(model.composite), 0))
    place = codes(np.maximum(made.meant(number, truth.background), 0))
    found = codes(got.background)
    rows, columns = np.mgrid[: place.shape[0], : place.shape[1]].astype(np.float32)
    smooth = [blur(place, place.shape[1] / 40), *(np.stack([ramp] * 3, axis=2) for ramp in (rows, columns))]
    worst = 0.0
    for step in (-_SLIDE_PX, _SLIDE_PX):
        uncovered = (truth.matte > 0.5) & (np.roll(truth.matte, step, axis=1) < _FREE)
        if uncovered.any():
            known = [picture[uncovered].ravel() for picture in (subject, place, *smooth)]
            basis = np.stack([*known, np.ones_like(known[0])], axis=1).astype(np.float64)
            shares = np.linalg.lstsq(basis, found[uncovered].ravel().astype(np.float64), rcond=None)[0]
            worst = max(worst, abs(float(shares[0])))
    return worst


def lamp_light(got: Layers, made: Simulated) -> float:
    """The light that is left of a film's lamp: the median of its disc."""
    truth = made.truths[got.number]
    disc = made.meant(got.number, lamp_of((truth.matte.shape[1], truth.matte.shape[0]))) > 0.99
    return float(np.median(got.background.max(axis=2)[disc & (truth.matte < _FREE)]))


def shadow_correlation(got: Layers, made: Simulated) -> float:
    """The correlation of `shadow` with the truth's about where that has one, beside the subject; 0 if it is even."""
    truth = made.truths[got.number]
    wanted = made.meant(got.number, truth.shadow)
    about = cv2.dilate(as_f32(wanted < _SHADED), np.ones((1 + wanted.shape[1] // 20,) * 2, np.uint8)) > 0
    where = about & (truth.matte < 0.5)
    one, other = got.shadow[where].astype(np.float64), wanted[where].astype(np.float64)
    return float(np.corrcoef(one, other)[0, 1]) if one.std() > 1e-6 else 0.0


@dataclass(frozen=True)
class GrainLike:
    """The laid grain's standard deviation over the plate's: by level of light, and by band of frequency."""

    by_level: Floats
    by_band: Floats

    @property
    def worst(self) -> float:
        """The largest relative difference of any."""
        return float(np.abs(np.concatenate([self.by_level, self.by_band]) - 1).max())


def grain_like(grain: Array, level: Array, noise: Array, clean: Array, where: Mask) -> GrainLike:
    """Compare `grain` (H, W, 3), laid on `level`, with a plate's `noise` on its `clean` picture.

    `where` is flat ground of the plate, so that what a codec does to edges is not taken for noise.
    """
    at, variance = _by_level(noise, clean, np.broadcast_to(where[..., None], noise.shape))
    ours_at, ours = _by_level(grain, level, (level >= at[0]) & (level <= at[-1]))
    ratios = np.sqrt(ours / np.interp(ours_at, at, variance))
    one, other = _bands(grain, np.ones(where.shape, bool)), _bands(noise, where)
    return GrainLike(ratios, np.sqrt(one / other))


def _by_level(noise: Array, level: Array, where: Mask) -> tuple[Floats, Floats]:
    """Mean levels in order, and the noise's variance at each: of all channels together, in equal parts."""
    levels, squares = level[where], noise[where] ** 2
    parts = np.array_split(np.argsort(levels, kind="stable"), _LEVELS)
    return tuple(np.array([values[part].mean() for part in parts]) for values in (levels, squares))


def _bands(noise: Array, where: Mask, side: int = 32, count: int = 4) -> Floats:
    """The share of the power of a noise (H, W, 3) in each of `count` bands of frequency, over tiles within `where`."""
    wave = np.fft.fftfreq(side)
    band = np.minimum((np.hypot(wave[:, None], wave) / 0.5 * count).astype(int), count)
    total = np.zeros(count + 1)
    for top in range(0, noise.shape[0] - side + 1, side):
        for left in range(0, noise.shape[1] - side + 1, side):
            tile = noise[top : top + side, left : left + side]
            if where[top : top + side, left : left + side].all():
                for channel in range(3):
                    power = np.abs(np.fft.fft2(tile[..., channel] - tile[..., channel].mean())) ** 2
                    total += np.bincount(band.ravel(), power.ravel(), count + 1) / max(power.sum(), 1e-30)
    return np.asarray(total[:count] / total.sum())


def edge_width_px(picture: Array, like: Array, where: Mask, most: int = 400) -> float:
    """The median width, from 10% to 90%, of the strongest edges of `like` as `picture` shows them.

    Both are (H, W, 3); edges are found in `like`, so that two pictures of one place are measured on the same ones.
    """
    plain = luminance(codes(np.maximum(like, 0)))
    dx, dy = (as_f32(cv2.Sobel(plain, cv2.CV_32F, *order, ksize=3)) for order in ((1, 0), (0, 1)))
    steep = np.hypot(dx, dy) * where
    peak = (steep == cv2.dilate(steep, np.ones((9, 9), np.uint8))) & (steep > 0.2)
    rows, columns = np.nonzero(peak)
    chosen = np.argsort(-steep[rows, columns], kind="stable")[:most]
    rows, columns = rows[chosen], columns[chosen]
    across = np.arange(-10, 10.01, 0.125, dtype=np.float32)
    x, y = (d[rows, columns] / steep[rows, columns] for d in (dx, dy))
    at = np.stack([columns[:, None] + across * x[:, None], rows[:, None] + across * y[:, None]], axis=2)
    profiles = sample(luminance(codes(np.maximum(picture, 0))), as_f32(at))
    widths = [width for profile in profiles if (width := _rise(profile)) is not None]
    return float(np.median(widths)) * 0.125


def _rise(profile: Array) -> float | None:
    """Samples from 10% to 90% of the rise around the middle, out to where it ends; None where it is no clear edge."""
    middle = len(profile) // 2
    slope = np.diff(profile)
    before, after = np.flatnonzero(slope[:middle] <= 0), np.flatnonzero(slope[middle:] <= 0)
    low = int(before[-1]) + 1 if before.size else 0
    high = middle + int(after[0]) if after.size else len(slope)
    height = profile[high] - profile[low]
    if height < 0.08:
        return None
    share = (profile[low : high + 1] - profile[low]) / height
    at = np.interp([0.1, 0.9], share, np.arange(len(share)))
    return float(at[1] - at[0])


def border_ratio(got: Mapping[int, Layers], borders: Sequence[int]) -> float:
    """The larger of `border_ratios`."""
    return max(border_ratios(got, borders))


def border_ratios(got: Mapping[int, Layers], borders: Sequence[int]) -> tuple[float, float]:
    """How much more a still shot changes into the frames `borders`, where windows begin, than elsewhere.

    Of the place, and of the subject's light.
    """
    place, light = {}, {}
    for before, number in pairwise(sorted(got)):
        one, other = got[before], got[number]
        free, solid = (one.matte < _FREE) & (other.matte < _FREE), (one.matte > SOLID) & (other.matte > SOLID)
        change = codes(other.background * other.shadow[..., None]) - codes(
            one.background * one.shadow[..., None]
        )
        place[number] = float(np.abs(change[free]).mean())
        light[number] = float(np.abs(np.log(other.gain / one.gain))[solid].mean())
    return _ratio(place, borders), _ratio(light, borders)


def _ratio(changes: Mapping[int, float], borders: Sequence[int]) -> float:
    at = np.mean([changes[n] for n in borders])
    return float(at / np.mean([change for n, change in changes.items() if n not in borders]))

"""The screen behind the subject: which primary it has, its colour, and how it would look without the subject.

Dominance is judged in linear Rec.709. `axis_of` is the colour difference that everything else is built on: the
screen's primary above the mean of the other two, which is zero for neutral colours and linear in light, so that it
mixes as the matte does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from pai_studio.core.comp.filters import as_f32, blur, downscale, fill, upscale
from pai_studio.core.comp.shading import shading
from pai_studio.core.comp.space import to_rec709, to_working
from pai_studio.core.media.frame import Array, Screen

_SMALL_PX = 320
"""Longest side of the pictures that a screen is looked for in."""
_MIN_SHARE = 0.05
"""A screen covers at least this share of the frames that are looked at."""
_MIN_SATURATION = 0.25
"""The least (primary - mean of the others) / primary of a screen."""
_BINS = 67
_CHROMA = (-1.0, 1.0)
"""The others over the primary: a saturated ACEScg green lies far outside Rec.709."""
_NEAR = 0.14
"""How far from the screen's chroma, in ratios to its primary, a pixel still is screen."""
_FLAT = 0.08
"""The largest mean contrast between neighbours, relative to the level, of a painted or fabric screen."""
_FIT_PX = 320
_FREE = 0.05
"""A given matte below this covers nothing: keyed ones keep some noise over the screen."""
_LEVEL = 0.2
"""Screen in shadow changes by less than this share within three pixels of the fit's picture."""

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class ScreenEstimate:
    """A screen as the whole shot shows it.

    `color` is (3,), working space. `channel` is 1 for green, 2 for blue. `noise` is the standard deviation of the
    colour difference on clean screen, as a share of the screen's own.
    """

    color: Array
    channel: int
    noise: float

    @property
    def rec709(self) -> Array:
        """The colour in linear Rec.709, (3,)."""
        return to_rec709(self.color.reshape(1, 1, 3)).reshape(3)


def axis_of(rec709: Array, channel: int) -> Array:
    """The colour difference (H, W) of (H, W, 3): the screen's primary above the mean of the other two."""
    weights = np.full((1, 3), -0.5, np.float32)
    weights[0, channel] = 1
    return as_f32(cv2.transform(rec709, weights)).reshape(rec709.shape[:2])


def limit_of(rec709: Array, channel: int) -> Array:
    """The screen's primary (H, W) above the *larger* of the other two: the stricter difference."""
    first, second = (c for c in range(3) if c != channel)
    return rec709[..., channel] - np.maximum(rec709[..., first], rec709[..., second])


def purity_of(rec709: Array, channel: int) -> Array:
    """Saturation towards the primary (H, W): 1 with nothing of the others, 0 or less where one of them leads."""
    first, second = (c for c in range(3) if c != channel)
    primary, larger = rec709[..., channel], np.maximum(rec709[..., first], rec709[..., second])
    return as_f32((primary - larger) / np.maximum(np.maximum(primary, larger), 1e-4))


def _chroma(rec709: Array, channel: int) -> tuple[Array, Array]:
    """The other two primaries over the screen's, each (H, W)."""
    first, second = (c for c in range(3) if c != channel)
    primary = np.maximum(rec709[..., channel], 1e-6)
    return as_f32(rec709[..., first] / primary), as_f32(rec709[..., second] / primary)


def _dominated(rec709: Array, channel: int) -> Mask:
    """Where the primary stands above both others, saturated, and not in the dark."""
    primary = rec709[..., channel]
    floor = 0.04 * float(np.percentile(rec709.max(-1), 95))
    saturated = axis_of(rec709, channel) > _MIN_SATURATION * primary
    return saturated & (limit_of(rec709, channel) > 0.02 * primary) & (primary > floor)


def _border_weight(shape: tuple[int, int]) -> Array:
    """More for pixels near the picture's border, where a screen is and a subject's clothes mostly are not."""
    weight = np.ones(shape, np.float32)
    edge_y, edge_x = max(1, shape[0] // 8), max(1, shape[1] // 8)
    weight[:edge_y], weight[:, :edge_x], weight[:, -edge_x:] = 3, 3, 3
    return weight / float(weight.mean())


def _find(frames: list[Array], channel: int) -> tuple[float, Array]:
    """The best cluster of one primary in small Rec.709 frames: its share and (3,) colour."""
    pixels, weights = [], []
    for frame in frames:
        mask = _dominated(frame, channel)
        pixels.append(frame[mask])
        weights.append(_border_weight(frame.shape[:2])[mask])
    samples, weight = np.concatenate(pixels), np.concatenate(weights)
    area = sum(frame.shape[0] * frame.shape[1] for frame in frames)
    if samples.shape[0] < _MIN_SHARE * area:
        return 0.0, np.zeros(3, np.float32)
    across, along = _chroma(samples[None], channel)
    counts, *edges = np.histogram2d(across[0], along[0], _BINS, [_CHROMA, _CHROMA], weights=weight)
    counts = cv2.GaussianBlur(counts, (0, 0), 1.2)
    at = np.unravel_index(int(counts.argmax()), counts.shape)
    mode = [float(edge[i] + edge[i + 1]) / 2 for edge, i in zip(edges, at, strict=True)]
    near = np.hypot(across[0] - mode[0], along[0] - mode[1]) < _NEAR
    share = float(weight[near].sum() / area)
    if share < _MIN_SHARE:
        return 0.0, np.zeros(3, np.float32)
    return share, np.median(samples[near], 0).astype(np.float32)


def _is_screen(rec709: Array, color: Array, channel: int) -> Mask:
    """Where (H, W, 3) has the screen's chroma at a plausible brightness."""
    across, along = _chroma(rec709, channel)
    want_across, want_along = _chroma(color.reshape(1, 1, 3), channel)
    near = (across - want_across) ** 2 + (along - want_along) ** 2 < _NEAR**2
    level = rec709[..., channel] / max(float(color[channel]), 1e-6)
    return near & (level > 0.25) & (level < 4)


def _contrast(frames: list[Array], color: Array, channel: int) -> float:
    """Median contrast between neighbours inside the cluster: foliage has much, a screen little."""
    found = []
    for frame in frames:
        mask = _is_screen(frame, color, channel)
        both = mask[:, 1:] & mask[:, :-1]
        primary = frame[..., channel]
        step = np.abs(primary[:, 1:] - primary[:, :-1]) / np.maximum(primary[:, 1:] + primary[:, :-1], 1e-6)
        found.append(step[both])
    steps = np.concatenate(found)
    return float(np.median(steps)) * 2 if steps.size else np.inf


def _deviation(rgb: Array, estimate: ScreenEstimate) -> float:
    """How far clean screen departs from its smooth fit, as a sigma of the colour difference over the screen's.

    The larger of grain (a median deviation) and of what codecs and cloth do to few pixels (a third of the deviation
    that one in fifty exceeds).
    """
    rec709 = to_rec709(rgb)
    mask = cv2.erode(
        _is_screen(rec709, estimate.rec709, estimate.channel).astype(np.uint8), np.ones((9, 9), np.uint8)
    )
    own = axis_of(to_rec709(clean_screen(rgb, estimate).color), estimate.channel)
    off = np.abs(axis_of(rec709, estimate.channel) / np.maximum(own, 1e-6) - 1)[mask > 0]
    if off.size < 16:
        return 0.0
    return float(max(1.4826 * np.median(off), np.quantile(off, 0.98) / 3))


def estimate_screen(rgbs: list[Array], prefer: str = "auto") -> ScreenEstimate | None:
    """Find the shot's screen in a few frames (each (H, W, 3), working space); None where there is no screen.

    `prefer` is `auto`, `green` or `blue`; with a named one only that primary is looked for.
    """
    small = []
    for rgb in rgbs:
        whole = np.nan_to_num(rgb, nan=0.0, posinf=0.0, neginf=0.0)
        small.append(to_rec709(downscale(whole, max(1, max(rgb.shape[:2]) // _SMALL_PX))))
    channels = {"auto": (1, 2), "green": (1,), "blue": (2,)}[prefer]
    found = []
    for channel in channels:
        share, color = _find(small, channel)
        if share > 0 and _contrast(small, color, channel) < _FLAT:
            found.append((share, channel, color))
    if not found:
        return None
    _, channel, color = max(found, key=lambda entry: entry[0])
    estimate = ScreenEstimate(to_working(color.reshape(1, 1, 3)).reshape(3), channel, 0.0)
    finite = [np.nan_to_num(rgb, nan=0.0, posinf=0.0, neginf=0.0) for rgb in rgbs[:3]]
    return replace(estimate, noise=float(np.median([_deviation(rgb, estimate) for rgb in finite])))


def clean_screen(rgb: Array, estimate: ScreenEstimate, subject: Array | None = None) -> Screen:
    """The screen (H, W, 3) as it would look without the subject: smooth, and as uneven as it is.

    Fitted to pixels that are screen for certain, away from every edge, and filled in behind the subject.
    `subject` (H, W, 0..1) is a given matte: nothing under it counts as screen.
    """
    factor = max(1, max(rgb.shape[:2]) // _FIT_PX)
    rec709 = to_rec709(rgb)
    sure = _is_screen(rec709, estimate.rec709, estimate.channel)
    if subject is not None:
        sure &= subject < _FREE
    sure_px = cv2.erode(sure.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(np.float32)
    weight = downscale(sure_px, factor)
    sums = downscale(rgb * sure_px[..., None], factor)
    means = as_f32(sums / np.maximum(weight, 1e-3)[..., None])
    known = np.where(weight > 0.2, weight, 0).astype(np.float32)
    if known.max() == 0:
        return Screen(np.broadcast_to(estimate.color, rgb.shape).astype(np.float32), estimate.channel)
    axis = axis_of(to_rec709(means), estimate.channel)
    sigma_px = max(known.shape) / 160
    level = _is_level(axis, known)
    for _ in range(2):
        # Mixed pixels and markers lie off the smooth fit: they leave it and it is fitted again. Shadows are level.
        fitted = _smooth(means, known, sigma_px * 2)
        ratio = axis / np.maximum(axis_of(to_rec709(fitted), estimate.channel), 1e-6)
        kept = as_f32(np.where(((ratio > 0.88) | (level & (ratio > 0.3))) & (ratio < 1.15), known, 0))
        if kept.sum() < 0.3 * known.sum():
            break
        known = kept
    color = upscale(_smooth(means, known, sigma_px), rgb.shape[:2])
    shade = shading(rec709, to_rec709(color), estimate.channel, estimate.noise, subject)
    return Screen(color * shade[..., None], estimate.channel)


def _is_level(axis: Array, known: Array) -> Mask:
    """Where a fully known neighbourhood's colour difference changes slowly: lit or shaded screen, but no edge."""
    near = np.ones((3, 3), np.uint8)
    mean = as_f32(cv2.blur(axis * known, (3, 3))) / np.maximum(as_f32(cv2.blur(known, (3, 3))), 1e-3)
    change = as_f32(cv2.dilate(mean, near)) - as_f32(cv2.erode(mean, near))
    whole = as_f32(cv2.erode(known, near)) > 0.95
    return np.asarray((change < _LEVEL * mean) & whole)


def _smooth(means: Array, known: Array, sigma_px: float) -> Array:
    """The known samples blurred by `sigma_px`, gaps filled from far."""
    wide = fill(means, known)
    near = blur(known, sigma_px)
    local = blur(as_f32(means * known[..., None]), sigma_px) / np.maximum(near, 1e-6)[..., None]
    trust = np.clip(near / 0.15, 0, 1)[..., None]
    return blur(as_f32(trust * local + (1 - trust) * wide), sigma_px / 2)

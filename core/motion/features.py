"""Features of pictures: tracks of a screen through a shot, and the registration of one still to another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from pai_studio.core.media.frame import Array
from pai_studio.core.motion.homography import Fit, Matrix, Points, Size, apply, fit
from pai_studio.core.motion.resample import reduced, sample

_cv: Any = cv2
Gray = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

_BRIGHT = np.array([0.27, 0.67, 0.06], np.float32)
MAX_CORNERS = 400
MIN_INLIERS = 8
_WINDOW = 21
_MIN_LIKENESS = 0.6
_MIN_AGREEING = 0.5
_MIN_SPREAD = 0.05
_TRACK_THRESHOLD_PX = 1.5

_MATCH_WIDTH_PX = 1000
_MATCH_RATIO = 0.8
_MATCH_THRESHOLD_PX = 3.0
_MATCH_MIN_INLIERS = 24


def gray8(rgb: Array, middle: float | None = None) -> Gray:
    """Brightness in stops around `middle` (the picture's median if None) as (H, W) uint8, 42 steps a stop.

    So an exposure between two pictures is a mere offset, and a marker that is 10% darker than its screen shows.
    """
    bright = rgb @ _BRIGHT
    if middle is None:
        middle = middle_of(rgb)
    stops = np.log2(np.maximum(bright, 0.0) / np.float32(middle) + np.float32(0.06))
    return np.asarray(np.clip(128 + 42 * stops, 0, 255), np.uint8)


def relief8(rgb: Array, free: Mask) -> Gray:
    """The faint unevenness of a screen, stretched to (H, W) uint8: creases and dirt without the slow fall of light.

    It is scaled by its own median deviation, so that half of it lies within 20 steps, be it texture or mere noise.
    """
    weight = free.astype(np.float32)
    stops = np.log2(np.maximum(rgb @ _BRIGHT, 0) + np.float32(1e-3)) * weight
    wide = (max(3, rgb.shape[1] // 12), max(3, rgb.shape[1] // 12))
    slow = np.asarray(cv2.blur(stops, wide)) / np.maximum(np.asarray(cv2.blur(weight, wide)), 1e-3)
    fast = np.asarray(cv2.GaussianBlur((stops - slow) * weight, (0, 0), 0.8))
    usual = float(np.median(np.abs(fast[free]))) if free.any() else 0.0
    return np.asarray(np.clip(128 + fast * (20 / max(usual, 1e-5)), 0, 255), np.uint8)


def middle_of(rgb: Array, where: Mask | None = None) -> float:
    """The median brightness of a picture, or of a part of it, above zero."""
    chosen = rgb[where] if where is not None and where.any() else rgb[::4, ::4].reshape(-1, 3)
    return max(float(np.median(chosen @ _BRIGHT)), 1e-4)


@dataclass(frozen=True)
class Key:
    """A picture whose corners are looked for in others: its smoothed gray, its detail, its corners (N, 2)."""

    gray: Gray
    detail: Array
    points: npt.NDArray[np.float32]


def keyed(gray: Gray, free: Mask) -> Key:
    """Find corners where `free` is True; `points` may be empty."""
    smooth = _smooth(gray)
    found = cv2.goodFeaturesToTrack(
        smooth, MAX_CORNERS, 0.005, max(gray.shape[1] / 160, 5.0), mask=free.astype(np.uint8), blockSize=5
    )
    points = np.zeros((0, 2), np.float32) if found is None else found.reshape(-1, 2).astype(np.float32)
    return Key(smooth, _detail(smooth), points)


def keyed_at(gray: Gray, points: npt.NDArray[np.float32]) -> Key:
    """A key of places (N, 2) that are given, such as those of another picture's corners."""
    smooth = _smooth(gray)
    return Key(smooth, _detail(smooth), points)


def follow(key: Key, gray: Gray, free: Mask, guess: Matrix) -> Fit | None:
    """The motion of the key's corners to another picture of the same size, near `guess`; None where there is none."""
    return agreed(key, sight(key, gray, free, guess), (gray.shape[1], gray.shape[0]))


@dataclass(frozen=True)
class Sighting:
    """Where each of a key's corners is in another picture, (N, 2), and which of them really are seen there, (N,)."""

    landed: Points
    good: Mask


def sight(key: Key, gray: Gray, free: Mask, guess: Matrix) -> Sighting:
    """Look for the key's corners in another picture of the same size, near `guess`.

    The other picture is brought to the key by the guess, so that what pyramidal Lucas-Kanade has left to find is
    small. A corner counts when it comes back to where it set out, lands on free ground, and looks there as it did:
    noise meets the first by chance but never the last.
    """
    if len(key.points) == 0:
        return Sighting(np.zeros((0, 2)), np.zeros(0, bool))
    size = (gray.shape[1], gray.shape[0])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    warped = cv2.warpPerspective(_smooth(gray), guess, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    brought = np.asarray(warped, np.uint8)
    there, found = _flow_points(key.gray, brought, key.points)
    back, returned = _flow_points(brought, key.gray, there)
    likeness = _likeness(key.detail, _detail(brought), key.points, there)
    landed = apply(guess, there.astype(np.float64))
    good = found & returned & (np.linalg.norm(back - key.points, axis=1) < 0.7) & (likeness > _MIN_LIKENESS)
    return Sighting(landed, good & _on(free, landed))


def agreed(key: Key, seen: Sighting, size: Size) -> Fit | None:
    """The motion that the sighted corners agree on; None where too few do. Its inliers are a mask of all corners."""
    if seen.good.sum() < MIN_INLIERS:
        return None
    src = key.points[seen.good].astype(np.float64)
    result = fit(src, seen.landed[seen.good], size, _TRACK_THRESHOLD_PX)
    if result is None or not _bears(result, src, size):
        return None
    inliers = np.zeros(len(key.points), bool)
    inliers[np.flatnonzero(seen.good)[result.inliers]] = True
    return Fit(result.matrix, inliers, result.residual_px)


def _bears(result: Fit, src: Points, size: Size) -> bool:
    """Whether enough corners, spread widely enough in both directions, agree."""
    count = int(result.inliers.sum())
    if count < MIN_INLIERS or count < _MIN_AGREEING * len(src):
        return False
    spread = np.sqrt(np.maximum(np.linalg.eigvalsh(np.cov(src[result.inliers].T)), 0))
    return bool(spread.min() > _MIN_SPREAD * size[1])


def _flow_points(
    one: Gray, other: Gray, points: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 30, 0.01)
    moved, status, _ = _cv.calcOpticalFlowPyrLK(
        one, other, points.reshape(-1, 1, 2), None, winSize=(_WINDOW, _WINDOW), maxLevel=3, criteria=stop
    )
    return moved.reshape(-1, 2), status.ravel().astype(bool)


def _smooth(gray: Gray) -> Gray:
    """Noise taken down, corners kept."""
    return np.asarray(cv2.GaussianBlur(gray, (0, 0), 1.2), np.uint8)


def _detail(gray: Gray) -> Array:
    """What is left of a picture without its slow shading, which would make any two patches of a screen alike."""
    values = gray.astype(np.float32)
    return np.asarray(values - cv2.blur(values, (_WINDOW, _WINDOW)), np.float32)


def _likeness(
    one: Array, other: Array, at: npt.NDArray[np.float32], there: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """Normalised correlation of 15x15 patches around corresponding points, (N,) in -1..1."""
    a, b = _patches(one, at), _patches(other, there)
    a, b = a - a.mean(axis=1, keepdims=True), b - b.mean(axis=1, keepdims=True)
    norm = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    return np.asarray((a * b).sum(axis=1) / np.maximum(norm, 1e-6), np.float32)


def _patches(picture: Array, points: npt.NDArray[np.float32]) -> Array:
    dy, dx = np.mgrid[-7:8, -7:8].astype(np.float32)
    x, y = points[:, :1] + dx.ravel(), points[:, 1:] + dy.ravel()
    return sample(picture, np.stack([x, y], axis=-1))


def _on(free: Mask, points: Points) -> Mask:
    h, w = free.shape
    near = np.rint(np.nan_to_num(points, posinf=-1)).astype(np.int64)
    inside = (near >= 0).all(axis=1) & (near[:, 0] < w) & (near[:, 1] < h)
    found = np.zeros(len(points), bool)
    found[inside] = free[near[inside, 1], near[inside, 0]]
    return found


@dataclass(frozen=True)
class Described:
    """A still's features: places in its own pixels (N, 2) and their descriptors."""

    points: Points
    descriptors: Array
    size: Size


def describe(rgb: Array) -> Described:
    """SIFT features (Lowe, 2004) of a still, taken at a reduced size where it is large."""
    size = (rgb.shape[1], rgb.shape[0])
    scale = min(1.0, _MATCH_WIDTH_PX / max(size))
    small = (
        rgb
        if scale == 1.0
        else reduced(rgb, (max(1, round(size[0] * scale)), max(1, round(size[1] * scale))))
    )
    found, descriptors = _cv.SIFT_create(4000, contrastThreshold=0.02).detectAndCompute(gray8(small), None)
    if descriptors is None or len(found) == 0:
        return Described(np.zeros((0, 2)), np.zeros((0, 128), np.float32), size)
    factor = np.array([size[0] / small.shape[1], size[1] / small.shape[0]])
    points = (np.array([f.pt for f in found], np.float64) + 0.5) * factor - 0.5
    root = np.sqrt(descriptors / np.maximum(descriptors.sum(axis=1, keepdims=True), 1e-6))
    return Described(points, root.astype(np.float32), size)


def matched(one: Described, other: Described) -> tuple[Points, Points]:
    """What two stills share: places (N, 2) in the one and in the other; some are wrong.

    Matches are the mutual nearest that are clearly nearer than the second nearest; the square root of the
    descriptors makes the distance Hellinger's (Arandjelovic and Zisserman, 2012).
    """
    if min(len(one.points), len(other.points)) < _MATCH_MIN_INLIERS:
        return np.zeros((0, 2)), np.zeros((0, 2))
    likeness = one.descriptors @ other.descriptors.T
    best = likeness.argmax(axis=1)
    rows = np.arange(len(best))
    top = likeness[rows, best].copy()
    likeness[rows, best] = -1
    second = likeness.max(axis=1)
    likeness[rows, best] = top
    mutual = likeness.argmax(axis=0)[best] == rows
    clear = np.sqrt(np.maximum(2 - 2 * top, 0)) < _MATCH_RATIO * np.sqrt(np.maximum(2 - 2 * second, 1e-9))
    chosen = np.flatnonzero(mutual & clear)
    return one.points[chosen], other.points[best[chosen]]


def registered(here: Points, there: Points, size: Size) -> Fit | None:
    """The homography that most matches agree on, into a still of `size`; None where too few do."""
    threshold = _MATCH_THRESHOLD_PX * max(1.0, max(size) / _MATCH_WIDTH_PX)
    result = fit(here, there, size, threshold)
    if result is None or result.inliers.sum() < max(_MATCH_MIN_INLIERS, 0.25 * len(here)):
        return None
    return result


def register(one: Described, other: Described) -> Fit | None:
    """The homography from one still's pixels to the other's, None where too little of them agrees."""
    return registered(*matched(one, other), other.size)

"""Mattes as bad tools make them, and the plates that are cut with them.

The mask faults of the paper's robustness figure: a matte too small or too large, holes, a part of the body missing
for a run of frames, occluders, an edge that jitters; the plate is then composited with the faulty matte, so that its
edges are mixed with green as real ones are. And the errors of a bad key, which spoil the given matte alone: soft
noise in the subject, and residue of the screen.

Everything follows from the fault's seed, kind and strength, the shot's share and the frame's number; holes and missing
parts ride with the body.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.camera import Camera
from pai_studio.core.synth.paint import raster
from pai_studio.core.synth.paint.noise import LUMA, blur, smooth, value_noise

_HOLES = 5
_BOXES = 3
_FINE = 3


@dataclass(frozen=True)
class Setting:
    """What faults need of a frame: the skin at rest and now (V, 3), its triangles, the camera, and the screen."""

    rest: Array
    points: Array
    triangles: npt.NDArray[np.int32]
    camera: Camera
    screen: Array

    @property
    def unit_px(self) -> float:
        """A length that errors scale with: a pixel of a person 150 pixels high, but never too small to be seen."""
        rows = self.camera.project(self.points[:: max(1, len(self.points) // 200)])[:, 1]
        return max(0.35, float(np.ptp(rows)) / 150)


@dataclass(frozen=True)
class Fault:
    """One kind of fault at a strength of about 0.5 (slight) to 2 (gross)."""

    kind: str
    strength: float
    seed: int

    @property
    def in_plate(self) -> bool:
        """Whether the plate was cut with the faulty matte; an error of the key spoils only the matte."""
        return self.kind in MASK_FAULTS

    def spoiled(self, matte: Array, at: Setting, share: float, index: int) -> Array:
        """The faulty matte (H, W) in 0..1 at `share` of the shot, its frame `index`."""
        found = _KINDS[self.kind](self, matte, at, share, index)
        return np.asarray(np.clip(found, 0, 1), np.float32)

    def rng(self, *stream: int) -> np.random.Generator:
        """A generator for one part of the fault."""
        return np.random.default_rng([self.seed, 12, _ORDER[self.kind], *stream])


def draw_fault(seed: int, kind: str) -> Fault:
    """The fault of this seed; `any` draws the kind too. Raises KeyError for a kind that is not in `FAULTS`."""
    rng = np.random.default_rng([seed, 12])
    drawn = str(rng.choice(FAULTS))
    kind = drawn if kind == "any" else kind
    _KINDS[kind]
    return Fault(kind, float(np.exp2(rng.uniform(-0.8, 0.8))), seed)


def cut(foreground: Array, matte: Array, faulty: Array) -> Array:
    """a' F (H, W, 3): the premultiplied `foreground` of `matte`, cut with a `faulty` matte instead.

    Where the faulty matte is larger, the subject's colours are carried outward, as its surroundings in a film would
    be taken along.
    """
    sure = smooth(matte, 0.02, 0.3)
    straight = foreground / np.maximum(matte, 1e-3)[..., None]
    filled, weight = straight * sure[..., None], sure
    total, known = filled, weight
    sigma = foreground.shape[1] / 250
    for _ in range(4):
        near = blur(weight, sigma)
        spread = blur(np.asarray(filled, np.float32), sigma)
        open_share = (1 - np.clip(known, 0, 1)) * smooth(near, 0, 0.02)
        total = total + spread / np.maximum(near, 1e-4)[..., None] * open_share[..., None]
        known = known + open_share
        sigma *= 2
    outward = total / np.maximum(known, 1e-3)[..., None]
    exact = np.minimum(faulty, matte) / np.maximum(matte, 1e-6)
    return np.asarray(
        foreground * exact[..., None] + outward * np.clip(faulty - matte, 0, None)[..., None], np.float32
    )


def missing(matte: Array, faulty: Array) -> Array:
    """What has to be made anew (H, W): how much less of the subject the faulty matte holds."""
    return np.asarray(np.clip(matte - faulty, 0, 1), np.float32)


def _distance(matte: Array) -> Array:
    """Signed distance in pixels from the matte's edge, at thrice the size; positive inside."""
    size = (matte.shape[1] * _FINE, matte.shape[0] * _FINE)
    inside = np.asarray(cv2.resize(matte, size, interpolation=cv2.INTER_LINEAR) > 0.5, np.uint8)
    within, beyond = (cv2.distanceTransform(mask, cv2.DIST_L2, 5) for mask in (inside, 1 - inside))
    return np.asarray((within - beyond) / np.float32(_FINE), np.float32)


def _grown(distance: Array, by_px: float) -> Array:
    """The matte of an edge `by_px` pixels outside that which `_distance` measured, a pixel soft."""
    size = (distance.shape[1] // _FINE, distance.shape[0] // _FINE)
    edge = np.clip(distance + np.float32(by_px + 0.5), 0, 1)
    return np.asarray(cv2.resize(edge, size, interpolation=cv2.INTER_AREA), np.float32)


def _erode(fault: Fault, matte: Array, at: Setting, share: float, index: int) -> Array:
    del share, index
    return np.minimum(matte, _grown(_distance(matte), -2.2 * fault.strength * at.unit_px))


def _dilate(fault: Fault, matte: Array, at: Setting, share: float, index: int) -> Array:
    del share, index
    return np.maximum(matte, _grown(_distance(matte), 2.6 * fault.strength * at.unit_px))


def _jitter(fault: Fault, matte: Array, at: Setting, share: float, index: int) -> Array:
    """Every frame's edge lies elsewhere, all around and in places: a segmenter without memory."""
    del share
    rng = fault.rng(index)
    px = at.unit_px * fault.strength
    whole = rng.normal(0, 1.0) * px
    uneven = value_noise(matte.shape, (9.0, 16.0), 1.2, rng)
    distance = _distance(matte)
    small, large = (_grown(distance, float(whole + side * 2.2 * px)) for side in (-1, 1))
    mixed = small + (large - small) * smooth(uneven, -0.6, 0.6)
    shift = np.array([[1, 0, rng.normal(0, 0.7) * px], [0, 1, rng.normal(0, 0.7) * px]], np.float32)
    return np.asarray(cv2.warpAffine(mixed, shift, matte.shape[::-1], flags=cv2.INTER_LINEAR), np.float32)


def _holes(fault: Fault, matte: Array, at: Setting, share: float, index: int) -> Array:
    """Ragged holes that ride on the skin and breathe a little."""
    del index
    rng = fault.rng()
    vertices = rng.integers(0, len(at.points), _HOLES)
    radii_m = rng.uniform(0.05, 0.13, _HOLES) * np.sqrt(fault.strength)
    beat = rng.uniform(0, 1, _HOLES)
    ragged = value_noise(matte.shape, (9.0, 16.0), 0.35, rng)
    y, x = np.mgrid[: matte.shape[0], : matte.shape[1]].astype(np.float32)
    left = np.ones(matte.shape, np.float32)
    seen = at.camera.project(at.points[vertices])
    for (u, v, depth), radius_m, phase in zip(seen, radii_m, beat, strict=True):
        breath = 1 + 0.25 * np.sin(2 * np.pi * (1.5 * share + phase))
        radius = radius_m * breath * at.camera.intrinsics[0, 0] / max(depth, 0.3)
        away = np.hypot(x - np.float32(u), y - np.float32(v)) / np.float32(radius) + 0.45 * ragged
        left *= smooth(away, 0.9, 0.9 + 2.0 / max(radius, 1.0))
    return matte * left


def _missing(fault: Fault, matte: Array, at: Setting, share: float, index: int) -> Array:
    """A part of the body, all skin within a distance of one of its points at rest, is gone for a run of the shot."""
    del index
    rng = fault.rng()
    long = float(np.clip(rng.uniform(0.3, 0.6) * fault.strength**0.5, 0.25, 0.9))
    start = float(rng.uniform(0, 1 - long))
    # Of a few points of the skin the one farthest from the body's axis: limbs and heads rather than trunks.
    picks = at.rest[rng.integers(0, len(at.rest), 4)]
    middle = at.rest.mean(axis=0)
    chosen = picks[int(np.linalg.norm((picks - middle) * [1.6, 1, 1], axis=1).argmax())]
    reach = float(rng.uniform(0.20, 0.32)) * fault.strength**0.5
    if not start <= share <= start + long:
        return matte
    near = np.linalg.norm(at.rest - chosen, axis=1) < reach
    part = at.triangles[near[at.triangles].any(axis=1)]
    if not len(part):
        return matte
    seen = at.camera.project(at.points)[:, :2].astype(np.float32)
    # The part is no closed surface: what it shows of its inside covers it as well.
    gone = raster.silhouette(seen, np.concatenate([part, part[:, ::-1]]), matte.shape)
    wide = max(3, 2 * round(3 * at.unit_px) + 1)
    gone = np.asarray(
        cv2.dilate(gone, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (wide, wide))), np.float32
    )
    return matte * (1 - np.clip(blur(gone, 0.7 * at.unit_px), 0, 1))


def _occluder(fault: Fault, matte: Array, at: Setting, share: float, index: int) -> Array:
    """Rectangles, leaning or not, that stand or slide before the subject: taken for something in front of it."""
    del index
    rng = fault.rng()
    seen = at.camera.project(at.points[:: max(1, len(at.points) // 60)])[:, :2]
    tall = float(np.ptp(seen[:, 1]))
    y, x = np.mgrid[: matte.shape[0], : matte.shape[1]].astype(np.float32)
    left = np.ones(matte.shape, np.float32)
    low, high = seen.min(axis=0), seen.max(axis=0)
    for _ in range(int(rng.integers(1, _BOXES + 1))):
        # In the picture as it is at the moment: an occluder that follows its subject tears at the same place.
        place, slide = rng.uniform(0.15, 0.85, 2), rng.uniform(-0.35, 0.35, 2)
        half = rng.uniform(0.04, 0.11, 2) * tall * np.sqrt(fault.strength)
        lean = rng.choice([0.0, rng.uniform(-0.6, 0.6)])
        u, v = low + (high - low) * (place + slide * (share - 0.5))
        across = (x - np.float32(u)) * np.cos(lean) + (y - np.float32(v)) * np.sin(lean)
        along = (y - np.float32(v)) * np.cos(lean) - (x - np.float32(u)) * np.sin(lean)
        inside = np.minimum(half[0] - np.abs(across), half[1] - np.abs(along))
        left *= 1 - np.clip(inside + 0.5, 0, 1).astype(np.float32)
    return matte * left


def _soft_noise(fault: Fault, matte: Array, at: Setting, share: float, index: int) -> Array:
    """The subject half keyed in soft patches that drift, and grain in its edge."""
    still, new = fault.rng(), fault.rng(index)
    patches = value_noise(matte.shape, (9.0, 16.0), 1.3, still) + 0.6 * value_noise(
        matte.shape, (9.0, 16.0), 0.5, still
    )
    drift = np.array([[1, 0, 40 * at.unit_px * share], [0, 1, 12 * at.unit_px * share]], np.float32)
    patches = np.asarray(
        cv2.warpAffine(patches, drift, matte.shape[::-1], borderMode=cv2.BORDER_REFLECT), np.float32
    )
    thin = 0.45 * fault.strength * smooth(patches, 0.1, 0.8)
    grain = 0.06 * fault.strength * new.standard_normal(matte.shape, np.float32)
    return np.asarray(matte * (1 - np.clip(thin, 0, 0.9)) + grain * smooth(matte, 0.02, 0.2), np.float32)


def _residue(fault: Fault, matte: Array, at: Setting, share: float, index: int) -> Array:
    """Screen that a key of one flat colour leaves: what is darker, brighter or a marker, and grain."""
    del share
    level = at.screen @ LUMA
    off = np.abs(np.log2(np.maximum(level, 1e-4) / max(float(np.median(level)), 1e-4)))
    left = smooth(np.asarray(off, np.float32), 0.04, 0.9)
    grain = 0.02 * np.abs(fault.rng(index).standard_normal(matte.shape, np.float32))
    return np.maximum(matte, fault.strength * (left + grain))


_Kind = Callable[[Fault, Array, Setting, float, int], Array]
_MASK: Mapping[str, _Kind] = {
    "erode": _erode,
    "dilate": _dilate,
    "holes": _holes,
    "missing": _missing,
    "occluder": _occluder,
    "jitter": _jitter,
}
_KEY: Mapping[str, _Kind] = {"soft-noise": _soft_noise, "residue": _residue}
_KINDS: Mapping[str, _Kind] = {**_MASK, **_KEY}
MASK_FAULTS, KEY_ERRORS = tuple(_MASK), tuple(_KEY)
FAULTS = tuple(_KINDS)
"""What `draw_fault` knows by name."""
_ORDER = {kind: number for number, kind in enumerate(FAULTS)}

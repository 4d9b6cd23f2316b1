"""What a model made of its subject where the given matte has none: limbs that a key has lost, holes that it has cut.

There the composite shows neither the place, which the registered stills tell, nor the place in the subject's shadow;
and it is joined to the subject. All is decided at the model's size. Pictures are (h, w, 3), planes (h, w).
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from pai_studio.core.comp.filters import as_f32, blur, fill
from pai_studio.core.finish import holes
from pai_studio.core.finish.codes import coded
from pai_studio.core.finish.seen import Seen
from pai_studio.core.finish.stills import Laid
from pai_studio.core.media.frame import Array

_AROUND = 0.04
"""The light that a still needs is that of so wide surroundings, in picture widths."""
_SMOOTH_PX = 1.2
_STRANGE = (0.25, 0.5)
"""Differences of light (base e) from the place: below the first it is the place, above the second it is not."""
_SHADE = 1.2
"""A shadow takes no more light than this (base e), four fifths of it."""
_DETAIL_PX, _TOLD = 3.0, 9.0
"""Structure is compared within such a sigma; what of a place's contrast is lost counts so many times, squared."""
_BACKED = (0.1, 0.3)
"""How far stills must agree around a pixel for what they say of it to count."""
_THIN = 0.0024
"""Half the width, in picture widths, of what may still be the subject's own smeared edge."""
_BESIDE = 0.009
"""A part begins so near to the given subject, in picture widths: what lies between is its smeared edge."""
_UNSURE = 0.006
"""A part's border is looked for within this of where windows have found it, in picture widths."""
_SOFT_PX, _ROUNDS = 0.8, 2
_RING, _AGREED = (0.004, 0.016), 0.1
"""In a ring between these distances of a part, in picture widths, the stills agree by this much on the mean."""
_FEET, _FLAT = 0.12, 0.2
"""The share of a subject's height that its feet take, and the height over the width of what lies on a floor."""
_LEAST, _LEAST_PX = 0.0005, 40
"""A part smaller than this share of the picture, or of so few pixels, is none."""
_MOST = 1.0
"""Nor is one of more than this many times the given subject's area: then something else is wrong."""


def missing(seen: Seen, laid: Sequence[Laid]) -> Array:
    """How far (h, w), 0..1, a pixel is a part of the subject that `seen.covered` lacks; 0 where no still can tell."""
    none = np.zeros(seen.covered.shape, np.float32)
    if not laid or not (seen.covered > 0.5).any():
        return none
    strange, backed = _strangeness(seen, laid)
    weak, strong = (strange * backed > bar for bar in (_STRANGE[0], sum(_STRANGE) / 2))
    parts = _joined(_thick(weak & (seen.covered < 0.95)), strong, seen.covered)
    agreement = np.max([one.agreement for one in laid], axis=0)
    parts = _surrounded(parts, as_f32(agreement * holes.free(seen.covered, holes.CLOSE)), seen.covered)
    if not parts.any():
        return none
    code = coded(seen.composite, seen.white)
    cut = _cut(_bridged(parts, seen.covered), code, seen.covered)
    return as_f32(cv2.GaussianBlur(cut, (0, 0), _SOFT_PX) * (1 - seen.covered))


def _strangeness(seen: Seen, laid: Sequence[Laid]) -> tuple[Array, Array]:
    """How far (base e) a picture is from what the stills say of the place, and how far they are to be believed."""
    code = coded(seen.composite, seen.white)
    free = holes.free(seen.covered, holes.CLOSE)
    px = _AROUND * code.shape[1]
    strange = np.full(free.shape, np.inf, np.float32)
    belief = np.zeros_like(free)
    for one in laid:
        difference = as_f32(code - one.softened)
        difference = difference - _averaged(difference, as_f32(one.agreement * free), px)
        unlike = _unlike(difference, code, one.softened, free)
        same = as_f32(free * (unlike < _STRANGE[0]))
        around = _averaged(one.agreement[..., None], same, px)[..., 0]
        low, high = _BACKED
        backed = as_f32(np.clip((around - low) / (high - low), 0, 1) * one.reach)
        strange = np.where(backed > 0, np.minimum(strange, unlike), strange)
        belief = np.maximum(belief, backed)
    return as_f32(np.where(np.isfinite(strange), strange, 0)), belief


def _unlike(difference: Array, code: Array, place: Array, free: Array) -> Array:
    """How far (h, w) codes are from a still's, `difference` (h, w, 3) being what is left of it in the same light.

    Another tint, more light, or another structure is another thing; what is only darker, unless by very much, may be
    a shadow, which has a pass of its own.
    """
    bright = difference.mean(axis=2)
    tint = difference - bright[..., None]
    deep = np.maximum(-bright - _SHADE, 0)
    squared = (tint * tint).sum(axis=2) + np.maximum(bright, 0) ** 2 + deep * deep

    def local(values: Array, sigma_px: float) -> Array:
        known = np.maximum(blur(free, sigma_px), 0.02)
        return as_f32(blur(as_f32(values * free), sigma_px) / known)

    mine, other = (as_f32(one.mean(axis=2)) for one in (code, place))
    mine, other = (as_f32(one - local(one, _DETAIL_PX)) for one in (mine, other))
    own, its, both = (local(as_f32(x), _DETAIL_PX) for x in (mine * mine, other * other, mine * other))
    lost = np.maximum(its, 0) * (both < 0.5 * np.sqrt(np.maximum(own * its, 0)))
    return as_f32(np.sqrt(np.maximum(local(as_f32(squared), _SMOOTH_PX), 0) + _TOLD * lost) * free)


def _averaged(values: Array, weight: Array, sigma_px: float) -> Array:
    known = blur(weight, sigma_px)
    sums = blur(as_f32(values * weight[..., None]), sigma_px).reshape(values.shape)
    return fill(as_f32(sums / np.maximum(known, 1e-6)[..., None]), as_f32(np.clip(known / 0.2, 0, 1)))


def _thick(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint8]:
    thin = _round(_THIN, mask.shape[1])
    return np.asarray(cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, thin), np.uint8)


def _feet(covered: Array) -> int:
    """The row below which a subject has its feet, or what it stands on."""
    rows = np.flatnonzero((covered > 0.5).any(axis=1))
    return int(rows[-1] - _FEET * (rows[-1] - rows[0]))


def _surrounded(parts: npt.NDArray[np.bool_], agreement: Array, covered: Array) -> npt.NDArray[np.bool_]:
    """The components around which the stills agree with the place: elsewhere it may be they that are wrong."""
    count, labels = cv2.connectedComponents(parts.astype(np.uint8), connectivity=8)
    inner, outer = (_round(reach, covered.shape[1]) for reach in _RING)
    shown = holes.free(covered, holes.CLOSE) > 0.5
    kept = np.zeros(count, bool)
    for label in range(1, count):
        part = (labels == label).astype(np.uint8)
        ring = (cv2.dilate(part, outer) > 0) & (cv2.dilate(part, inner) == 0) & shown
        # What the subject encloses is its own.
        kept[label] = ring.sum() < part.sum() / 4 or float(agreement[ring].mean()) > _AGREED
    return np.asarray(kept[labels])


def _bridged(parts: npt.NDArray[np.bool_], covered: Array) -> npt.NDArray[np.uint8]:
    """Parts (h, w) with the gap between them and the given subject, whose smeared edge tells nothing."""
    near = _round(_BESIDE, covered.shape[1], 6)
    both = (parts | (covered > 0.5)).astype(np.uint8)
    closed = cv2.morphologyEx(both, cv2.MORPH_CLOSE, near) > 0
    return np.asarray(parts | (closed & (cv2.dilate(parts.astype(np.uint8), near) > 0)), np.uint8)


def _cut(parts: npt.NDArray[np.uint8], code: Array, covered: Array) -> Array:
    """Parts (h, w) with their border where the picture's own colours part (GrabCut; Rother et al., 2004)."""
    band = _round(_UNSURE, covered.shape[1])
    wide = cv2.dilate(parts, band)
    marks = np.where(wide > 0, np.where(parts > 0, cv2.GC_PR_FGD, cv2.GC_PR_BGD), cv2.GC_BGD).astype(np.uint8)
    marks[(cv2.erode(parts, band) > 0) | (covered > 0.5)] = cv2.GC_FGD
    # What is far away has colours of its own, and no say.
    x, y, width, height = cv2.boundingRect(cv2.dilate(parts, _round(5 * _UNSURE, covered.shape[1])))
    here = (slice(y, y + height), slice(x, x + width))
    marks = np.ascontiguousarray(marks[here])
    low, high = float(code[here].min()), float(code[here].max())
    seen = np.ascontiguousarray((code[here] - low) / max(high - low, 1e-6) * 255).astype(np.uint8)
    colors = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(0)  # its clusters begin at random places
    cv2.grabCut(seen, marks, (0, 0, 0, 0), *colors, _ROUNDS, cv2.GC_INIT_WITH_MASK)
    found = np.zeros(covered.shape, np.float32)
    found[here] = (marks == cv2.GC_FGD) | (marks == cv2.GC_PR_FGD)
    return found * (wide > 0)


def _round(reach: float, width: int, least_px: int = 2) -> npt.NDArray[np.uint8]:
    px = max(least_px, round(reach * width))
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * px + 1,) * 2), np.uint8)


def _joined(
    mask: npt.NDArray[np.uint8], strong: npt.NDArray[np.bool_], covered: Array
) -> npt.NDArray[np.bool_]:
    """The components of a mask that touch the given subject, are strange enough, and are of a part's size."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    feet = _feet(covered)
    tops, heights, widths = (stats[:, k] for k in (cv2.CC_STAT_TOP, cv2.CC_STAT_HEIGHT, cv2.CC_STAT_WIDTH))
    beside = cv2.dilate((covered > 0.5).astype(np.uint8), _round(_BESIDE, mask.shape[1], 6)) > 0
    area = stats[:, cv2.CC_STAT_AREA]
    subject = float((covered > 0.5).sum())
    kept = (area > max(_LEAST * mask.size, _LEAST_PX)) & (area < _MOST * subject)
    # What lies flat before somebody's feet is their shadow.
    kept &= (tops < feet) | (heights > _FLAT * widths)
    for found in (beside, strong):
        has = np.zeros(len(area), bool)
        has[np.unique(labels[found])] = True
        kept &= has
    kept[0] = False
    return np.asarray(kept[labels])

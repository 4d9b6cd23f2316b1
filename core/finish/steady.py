"""The gain steadied over time: each frame's with those of the frames around, carried along the subject's own motion.

A model's codec begins anew at its keyframes, and so does its noise: there a gain jumps by a tenth where the subject is
dark. Averaged over the frames around, a step is spread over all of them; real changes of light are not, for frames
whose light is another have no say. What is near is carried along the subject's motion; what is farther counts only
where the subject has stood still. Pictures are (h, w, 3) at the model's size.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import cv2
import numpy as np

from pai_studio.core.comp.filters import as_f32, blur
from pai_studio.core.finish.gain import Light
from pai_studio.core.finish.seen import SMALLER, Far, Seen
from pai_studio.core.media.frame import Array
from pai_studio.core.motion import flow
from pai_studio.core.motion.features import Gray
from pai_studio.core.motion.resample import LINEAR, sample

CLOSE, REACH = 6, 20
"""Frames on each side that are carried along the subject's motion, and that are looked at where it stands."""
_SAME, _NARROW = 0.15, 0.75
"""Where a neighbour's guide differs by the first (base e), within a sigma of the second, it is something else."""
_STILL, _AROUND = 0.06, 0.015
"""A codec's noise changes a guide by 0.05 at most (measured, in averages); what differs by more within a sigma of the
second, in picture widths, moves. Motion that explains less than this is noise, too."""
_MOVES = 0.01
"""Where less than this share of the subject moves, nothing does."""
_LEAST = 1e-3
"""What a frame's own gain weighs where nothing tells it."""
_OTHER_LIGHT, _WIDE = 0.15, 0.03
"""A gain that differs by this much (base e) within a sigma of the second, in picture widths, is another light. With
0.08 a keyframe's noise on the frame's own gain changes what its neighbours weigh: 0.6% from one frame to the next."""
_NONE: Mapping[int, Far] = MappingProxyType({})


def steadied(near: Mapping[int, Seen], number: int, far: Mapping[int, Far] = _NONE) -> Light:
    """The light on frame `number`, by all that is `near`, it too, and `far`; its own where they disagree."""
    here = near[number]
    own = here.light
    sums, total = own.log * (own.known + _LEAST), own.known + _LEAST
    for other in (one for n, one in sorted(near.items()) if n != number):
        log, weight = _carried(here, other)
        sums, total = sums + log * weight, total + weight
    for _, kept in sorted(far.items()):
        weight = kept.light.known * _at_size(as_f32(_stood(here, kept) * _agreed(here, kept.light)), here)
        sums, total = sums + kept.light.log * weight, total + weight
    return Light(as_f32(sums / total), as_f32(own.known), own.shift_px)


def _carried(here: Seen, other: Seen) -> tuple[Array, Array]:
    """A neighbour's logarithms (h, w, 3) as they lie in this frame, and what they weigh (h, w, 3)."""
    stays = blur(np.abs(other.guide - here.guide), _NARROW)
    log, known, differs = other.light.log, other.light.known, stays
    if _moves(here, stays):
        way = flow.dense(_gray(here.guide), _gray(other.guide), 0)
        height, width = stays.shape
        there = sample(other.guide, flow.grid(np.eye(3), (width, height)) + way, LINEAR)
        left = blur(np.abs(there - here.guide), _NARROW)
        goes = blur(as_f32(np.clip((stays - left) / _STILL - 1, 0, 1)), 2.0)
        differs = stays + goes * (left - stays)
        at = _places(here) + SMALLER * _at_size(way * goes[..., None], here)
        log, known = (sample(as_f32(plane), at, LINEAR) for plane in (log, known))
    alike = as_f32(np.exp(-((differs / _SAME) ** 2)))
    return log, known * _at_size(alike[..., None] * _agreed(here, Light(log, known, 0.0)), here)


def _moves(here: Seen, stays: Array) -> bool:
    """Whether the subject moves where a guide differs by `stays` (h/2, w/2)."""
    subject = _small(here.covered, stays) > 0.5
    return bool(np.count_nonzero(subject & (stays > _STILL)) > _MOVES * np.count_nonzero(subject))


def _stood(here: Seen, other: Far) -> Array:
    """How far (h/2, w/2, 1) the subject and all around it is where it is here."""
    differs = blur(np.abs(other.guide - here.guide), _AROUND * here.guide.shape[1])
    return as_f32(np.exp(-((differs / _STILL) ** 4)))[..., None]


def _agreed(here: Seen, light: Light) -> Array:
    """How far (h/2, w/2, 3) a light is this frame's, in wide averages."""
    guide = here.guide
    both = _small(light.known, guide) * _small(here.light.known, guide)
    wide = _WIDE * guide.shape[1]
    differs = blur(as_f32((_small(light.log, guide) - _small(here.light.log, guide)) * both), wide)
    return as_f32(np.exp(-((differs / np.maximum(blur(as_f32(both), wide), 1e-3) / _OTHER_LIGHT) ** 2)))


def _small(plane: Array, guide: Array) -> Array:
    """(h, w[, 3]) at a guide's size."""
    return as_f32(cv2.resize(plane, guide.shape[::-1], interpolation=cv2.INTER_AREA))


def _at_size(plane: Array, here: Seen) -> Array:
    """(h/2, w/2[, n]) at the picture's size, with as many channels."""
    height, width = here.covered.shape
    found = as_f32(cv2.resize(plane, (width, height), interpolation=cv2.INTER_LINEAR))
    return found if found.ndim == 3 else found[..., None]


def _places(here: Seen) -> Array:
    height, width = here.covered.shape
    return flow.grid(np.eye(3), (width, height))


def _gray(guide: Array) -> Gray:
    return np.asarray(np.clip((guide + 4) * (255 / 7), 0, 255).astype(np.uint8))

"""The gain steadied over time: each frame's with its neighbours', carried along the subject's own motion.

A model's codec begins anew at its keyframes, and so does its noise. Averaged over `REACH` frames on each side a step
from one frame to the next is spread over all of them; real changes of light are not, for frames whose light is
another have no say. Pictures are (h, w, 3) at the model's size.
"""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from pai_studio.core.comp.filters import as_f32, blur
from pai_studio.core.finish.codes import coded
from pai_studio.core.finish.gain import Light
from pai_studio.core.finish.seen import Seen
from pai_studio.core.media.frame import Array
from pai_studio.core.motion import flow
from pai_studio.core.motion.features import Gray
from pai_studio.core.motion.resample import LINEAR, sample

REACH = 6
"""Frames on each side: a step is spread over thirteen."""
_LUMA = np.array([0.3, 0.6, 0.1], np.float32)
_SMALLER = 2
"""Motion is looked for at a size so many times smaller: a gain is smooth."""
_SAME = 0.15
"""Where a neighbour's conditioning differs by this much (base e) after its motion, it is something else."""
_LEAST = 1e-3
"""What a frame's own gain weighs where nothing tells it."""
_OTHER_LIGHT, _WIDE = 0.15, 0.03
"""A gain that differs by this much (base e) within a sigma of the second, in picture widths, is another light."""


def steadied(near: Mapping[int, Seen], number: int) -> Light:
    """The light on frame `number`, by all that is `near`; its own where they disagree."""
    here = near[number]
    own = here.light
    sums, total = own.log * (own.known + _LEAST), own.known + _LEAST
    mine = _guide(here)
    for other in sorted(set(near) - {number}):
        log, weight = _carried(here, near[other], mine)
        sums, total = sums + log * weight, total + weight
    return Light(as_f32(sums / total), own.known, own.shift_px)


def _carried(here: Seen, other: Seen, mine: Array) -> tuple[Array, Array]:
    """A neighbour's logarithms (h, w, 3) as they lie in this frame, and what they weigh (h, w, 3)."""
    height, width = here.covered.shape
    theirs = _guide(other)
    way = flow.dense(_gray(mine), _gray(theirs), 0)
    large = _SMALLER * cv2.resize(way, (width, height), interpolation=cv2.INTER_LINEAR)
    at = flow.grid(np.eye(3), (width, height)) + large
    log, known = (sample(plane, at, LINEAR) for plane in (other.light.log, other.light.known))
    there = sample(theirs, flow.grid(np.eye(3), (mine.shape[1], mine.shape[0])) + way, LINEAR)
    alike = np.exp(-((blur(np.abs(there - mine), 1.0) / _SAME) ** 2))
    alike = cv2.resize(as_f32(alike), (width, height), interpolation=cv2.INTER_LINEAR)
    both = as_f32(known * here.light.known)
    wide = _WIDE * width
    differs = blur(as_f32((log - here.light.log) * both), wide) / np.maximum(blur(both, wide), 1e-3)
    return log, as_f32(known * (alike[..., None] * np.exp(-((differs / _OTHER_LIGHT) ** 2))))


def _guide(seen: Seen) -> Array:
    """The logarithm of a conditioning's brightness, smaller."""
    y = as_f32(coded(seen.picture.conditioning, seen.picture.white) @ _LUMA)
    height, width = y.shape
    size = (-(-width // _SMALLER), -(-height // _SMALLER))
    return np.asarray(cv2.resize(y, size, interpolation=cv2.INTER_AREA), np.float32)


def _gray(guide: Array) -> Gray:
    return np.asarray(np.clip((guide + 4) * (255 / 7), 0, 255).astype(np.uint8))

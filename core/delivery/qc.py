"""Quality control: what a supervisor wants to know before opening a frame.

One small record a frame, gathered as frames are finished; the summary names the frames to look at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from pai_studio.core.media.frame import Array, Layers
from pai_studio.core.media.repairs import HALF_MAX, Repairs

LOW_CONFIDENCE = 0.25
"""A frame whose mean background confidence is below this is named."""

MOST_SHIFT_PX = 2.0
"""A frame whose model picture lies further beside the plate is named: only low frequencies of its light were taken."""

_OUTLIER_SIGMAS = 6.0


@dataclass(frozen=True)
class FrameQc:
    """Facts of one frame. `luminance` is log2 of the background's mean, None where none of it is seen.

    `clipped` counts pixels of the beauty that a half cannot hold, in light or as delivered; `replaced` counts the NaN
    and Inf that came in and were replaced. `rebuilt` is the share of the picture that a model made anew of the subject,
    `shift_px` how far its picture lay beside the plate's, in its own pixels; None where no model made it.
    """

    number: int
    clipped: int
    confidence: float
    matte_coverage: float
    luminance: float | None
    overscan: bool
    replaced: int = 0
    rebuilt: float = 0.0
    shift_px: float | None = None


def measure(layers: Layers, delivered: Array, *, repairs: Repairs, overscan: bool, weights: Array) -> FrameQc:
    """The record of one finished frame, whose beauty is delivered as `delivered` (H, W, 3).

    `repairs` counts what was replaced in its files; `weights` (3,) are the working space's luminance weights.
    """
    seen = 1.0 - layers.matte
    seen_px = float(seen.sum())
    confidence, luminance = 1.0, None
    if seen_px >= 1:
        confidence = round(float((layers.confidence * seen).sum()) / seen_px, 4)
        mean = float(((layers.background @ weights) * seen).sum()) / seen_px
        luminance = round(float(np.log2(max(mean, 1e-6))), 4)
    return FrameQc(
        number=layers.number,
        clipped=max(_beyond_half(layers.beauty), _beyond_half(delivered)),
        confidence=confidence,
        matte_coverage=round(float(layers.matte.mean()), 4),
        luminance=luminance,
        overscan=overscan,
        replaced=repairs.nan + repairs.inf,
        rebuilt=round(float(layers.rebuilt.mean()), 6),
        shift_px=None if layers.shift_px is None else round(layers.shift_px, 2),
    )


def _beyond_half(rgb: Array) -> int:
    """How many pixels (H, W, 3) reach the end of half, or are no numbers."""
    if rgb.min() > -HALF_MAX and rgb.max() < HALF_MAX:  # false for NaN
        return 0
    return int((~(np.abs(rgb) < HALF_MAX)).any(axis=2).sum())


def summary(frames: Sequence[FrameQc]) -> dict[str, Any]:
    """Name the frames to look at, and keep every record beside that."""
    return {
        "frames": len(frames),
        "clipped": [f.number for f in frames if f.clipped],
        "replaced": [f.number for f in frames if f.replaced],
        "low_confidence": [f.number for f in frames if f.confidence < LOW_CONFIDENCE],
        "flicker": flicker_outliers(frames),
        "rebuilt": [f.number for f in frames if f.rebuilt],
        "misregistered": [f.number for f in frames if (f.shift_px or 0) > MOST_SHIFT_PX],
        "overscan": [f.number for f in frames if f.overscan],
        "records": [asdict(f) for f in frames],
    }


def registration(frames: Sequence[FrameQc]) -> dict[str, Any]:
    """How well a model's pictures fitted the plate, over all frames, for the provenance."""
    shifts = [frame.shift_px for frame in frames if frame.shift_px is not None]
    return {
        "rebuilt": round(float(np.mean([frame.rebuilt for frame in frames])), 6) if frames else 0.0,
        "shift_px": {"mean": round(float(np.mean(shifts)), 2), "max": max(shifts)} if shifts else None,
    }


def flicker_outliers(frames: Sequence[FrameQc]) -> list[int]:
    """Frames that jump away from both neighbours in background luminance.

    The second difference of log2 luminance, against its own median absolute deviation (1.4826 MAD is one
    standard deviation of a normal distribution), with a floor of 1/25 stop so that a
    still shot names none.
    """
    frames = [frame for frame in frames if frame.luminance is not None]
    if len(frames) < 5:
        return []
    light = np.array([f.luminance for f in frames], np.float64)
    jump = np.abs(light[1:-1] - (light[:-2] + light[2:]) / 2)
    sigma = 1.4826 * float(np.median(np.abs(jump - np.median(jump))))
    limit = max(_OUTLIER_SIGMAS * sigma + float(np.median(jump)), 0.04)
    return [frame.number for frame, far in zip(frames[1:-1], jump > limit, strict=True) if far]

"""Quality control: what a supervisor wants to know before opening a frame.

One small record a frame, gathered as frames are finished; the summary names the frames to look at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from pai_studio.core.media.frame import Array, Layers

LOW_CONFIDENCE = 0.25
"""A frame whose mean background confidence is below this is named."""

_OUTLIER_SIGMAS = 6.0
_HALF_MAX = 65504.0


@dataclass(frozen=True)
class FrameQc:
    """Facts of one frame. `clipped` counts pixels; `luminance` is log2 of the background's mean."""

    number: int
    clipped: int
    confidence: float
    matte_coverage: float
    luminance: float
    overscan: bool


def measure(layers: Layers, *, overscan: bool, weights: Array) -> FrameQc:
    """The record of one finished frame; `weights` (3,) are the working space's luminance weights."""
    peak = layers.beauty.max(axis=2)
    seen = 1.0 - layers.matte
    luminance = layers.background @ weights
    mean = float((luminance * seen).sum() / max(float(seen.sum()), 1.0))
    return FrameQc(
        number=layers.number,
        clipped=int((peak >= _HALF_MAX).sum()),
        confidence=round(float((layers.confidence * seen).sum() / max(float(seen.sum()), 1.0)), 4),
        matte_coverage=round(float(layers.matte.mean()), 4),
        luminance=round(float(np.log2(max(mean, 1e-6))), 4),
        overscan=overscan,
    )


def summary(frames: Sequence[FrameQc]) -> dict[str, Any]:
    """Name the frames to look at, and keep every record beside that."""
    return {
        "frames": len(frames),
        "clipped": [f.number for f in frames if f.clipped],
        "low_confidence": [f.number for f in frames if f.confidence < LOW_CONFIDENCE],
        "flicker": flicker_outliers(frames),
        "overscan": [f.number for f in frames if f.overscan],
        "records": [asdict(f) for f in frames],
    }


def flicker_outliers(frames: Sequence[FrameQc]) -> list[int]:
    """Frames that jump away from both neighbours in background luminance.

    The second difference of log2 luminance, against its own median absolute deviation (1.4826 MAD is one
    standard deviation of a normal distribution), with a floor of 1/50 stop so that a still shot names none.
    """
    if len(frames) < 5:
        return []
    light = np.array([f.luminance for f in frames])
    jump = np.abs(light[1:-1] - (light[:-2] + light[2:]) / 2)
    sigma = 1.4826 * float(np.median(np.abs(jump - np.median(jump))))
    limit = max(_OUTLIER_SIGMAS * sigma + float(np.median(jump)), 0.02)
    return [frame.number for frame, far in zip(frames[1:-1], jump > limit, strict=True) if far]

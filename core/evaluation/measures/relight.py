"""Whether the subject stands in the new place's light: how much nearer to the truth, its colours, its rim."""

from __future__ import annotations

import cv2
import numpy as np

from pai_studio.core.evaluation.judged import Facts
from pai_studio.core.evaluation.measures.base import Measure, Metric, Value
from pai_studio.core.evaluation.measures.pixels import PooledError
from pai_studio.core.evaluation.measures.structure import PooledMean
from pai_studio.core.evaluation.measures.view import MARGIN, Mask, View, foreground_mask
from pai_studio.core.media.frame import Array

_RIM = 0.015
"""How far, in picture widths, a halo's band reaches into the subject from where only the subject shows."""

_SRGB_XYZ = np.array(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]], np.float32
)
_XYZ_OVER_WHITE = _SRGB_XYZ / _SRGB_XYZ.sum(axis=1, keepdims=True)

_DARK = 0.01
"""Luminance below which a ratio is noise."""


class RelightGain(Measure):
    """`PSNR(result, truth) - PSNR(source over the truth's background, truth)` in the subject, pooled over the clip.

    What the relight won over leaving the subject in the light of the studio; below 0 it did harm.
    """

    metrics = (
        Metric(
            "relight_gain_db",
            "Relight gain",
            unit="dB",
            better="higher",
            digits=2,
            needs_truth=True,
            definition=(
                "PSNR of the result less that of the plate's subject over the true background, not relit, "
                "both against the truth and weighted by its matte"
            ),
            source="own",
        ),
    )

    def __init__(self, facts: Facts) -> None:  # noqa: ARG002 - every measure is made alike
        self._result, self._unlit = PooledError(), PooledError()

    def add(self, view: View) -> None:
        """Take in one frame."""
        frame = view.frame
        if view.wanted is None or frame.background is None:
            return
        unlit = frame.source + frame.background * (1 - frame.matte[..., None])
        self._result.add(view.shown, view.wanted, view.presence)
        self._unlit.add(view.facts.config.srgb(np.asarray(unlit, np.float32)), view.wanted, view.presence)

    def values(self) -> dict[str, Value]:
        """In dB; None without the true background."""
        result, unlit = self._result.psnr_db, self._unlit.psnr_db
        return {"relight_gain_db": None if result is None or unlit is None else result - unlit}


class ColourDistance(Measure):
    """How far the subject's colours are from the truth's: `|[mean, sigma](result) - [mean, sigma](truth)|` in CIE Lab.

    The Euclidean distance of six numbers a frame (means and standard deviations of L*, a*, b*, D65, of what only the
    subject shows), averaged over the frames. The statistics are those of Reinhard et al. (2001), in CIE 1976 L*a*b*.
    """

    metrics = (
        Metric(
            "lab_distance",
            "Colour distance",
            unit="Lab",
            better="lower",
            digits=2,
            needs_truth=True,
            definition=(
                "Euclidean distance of the means and standard deviations of L*a*b* in the eroded subject "
                "from the truth's, averaged over the frames"
            ),
            source="CIE 1976 L*a*b*; statistics after Reinhard et al., 2001",
        ),
    )

    def __init__(self, facts: Facts) -> None:  # noqa: ARG002 - every measure is made alike
        self._distances: list[float] = []

    def add(self, view: View) -> None:
        """Take in one frame."""
        if view.wanted is None or not view.inside.any():
            return
        apart = _statistics(view.shown[view.inside]) - _statistics(view.wanted[view.inside])
        self._distances.append(float(np.linalg.norm(apart)))

    def values(self) -> dict[str, Value]:
        """None where no frame shows the subject alone."""
        return {"lab_distance": float(np.mean(self._distances)) if self._distances else None}


def _statistics(shown: Array) -> Array:
    """Means and standard deviations (6,) of the L*a*b* of sRGB values (N, 3)."""
    lab = cie_lab(shown)
    return np.concatenate([lab.mean(axis=0, dtype=np.float64), lab.std(axis=0, dtype=np.float64)])


def cie_lab(shown: Array) -> Array:
    """CIE 1976 L*a*b* (N, 3) of sRGB values (N, 3), for D65: CIE 15:2004, with IEC 61966-2-1's curve and matrix.

    OpenCV's is a table that is 0.15 of L* off in the middle greys.
    """
    linear = np.where(shown <= 0.04045, shown / 12.92, ((shown + 0.055) / 1.055) ** 2.4)
    share = np.asarray(linear, np.float32) @ _XYZ_OVER_WHITE.T
    bent = np.where(share > (6 / 29) ** 3, np.cbrt(share), share / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = bent[:, 0], bent[:, 1], bent[:, 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1)


class Halo(Measure):
    """A rim that is lit otherwise than the rest: `mean_rim |e - e0| - mean_interior |e - e0|`, in stops.

    `e = log2(result / truth)` of luminance, of local means (sigma 0.4% of the width) that only the subject enters; e0
    is the interior's mean e, so that an exposure that is wrong all over is no halo. The rim reaches 1.5% of the width
    into what only the subject shows. The source cancels in the ratio of gains `(result / source) / (truth / source)`.
    Where the interior is off by more than the rim there is no halo: 0, or noise in the interior would look like merit.
    """

    metrics = (
        Metric(
            "halo",
            "Halo",
            unit="stops",
            better="lower",
            digits=3,
            needs_truth=True,
            definition=(
                "mean |log2 gain error| within 1.5% of the width of the subject's edge less that of its "
                "interior, each about the interior's mean; below 0 counts as 0"
            ),
            source="own",
        ),
    )

    def __init__(self, facts: Facts) -> None:
        self._weights = facts.config.luminance_weights
        self._rim, self._interior = PooledMean(), PooledMean()

    def add(self, view: View) -> None:
        """Take in one frame."""
        if view.frame.truth is None:
            return
        depth = cv2.distanceTransform(foreground_mask(view.frame.matte).astype(np.uint8), cv2.DIST_L2, 5)
        interior = view.inside & (np.asarray(depth) > _RIM * depth.shape[1])
        rim = view.inside & ~interior
        if not interior.any() or not rim.any():
            return
        error = _log_gain(view.frame.result @ self._weights, view.frame.truth @ self._weights, view.inside)
        error = np.abs(error - error[interior].mean())
        self._rim.add(error[rim])
        self._interior.add(error[interior])

    def values(self) -> dict[str, Value]:
        """None where no frame has an interior and a rim."""
        rim, interior = self._rim.mean, self._interior.mean
        return {"halo": None if rim is None or interior is None else max(0.0, rim - interior)}


def _log_gain(result: Array, truth: Array, where: Mask) -> Array:
    """log2 (H, W) of the ratio of local means over `where` of two luminances."""
    sigma = max(1.0, MARGIN * where.shape[1])
    weight = where.astype(np.float32)
    share = np.maximum(np.asarray(cv2.GaussianBlur(weight, (0, 0), sigma)), 1e-6)
    means = [
        np.maximum(np.asarray(cv2.GaussianBlur(plane * weight, (0, 0), sigma)) / share, _DARK)
        for plane in (result, truth)
    ]
    return np.asarray(np.log2(means[0] / means[1]), np.float32)

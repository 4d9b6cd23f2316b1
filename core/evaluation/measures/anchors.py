"""How well a result keeps to its references: where in time they come, and how near they are there."""

from __future__ import annotations

import cv2
import numpy as np

from pai_studio.core.comp.filters import fill
from pai_studio.core.evaluation.judged import Facts
from pai_studio.core.evaluation.measures.base import Measure, Metric, Value
from pai_studio.core.evaluation.measures.pixels import PooledError
from pai_studio.core.evaluation.measures.view import Mask, View, small
from pai_studio.core.media.frame import Array
from pai_studio.core.motion.features import describe, register
from pai_studio.core.motion.homography import inverse, scaling

_UNIQUE = 1.02
_SHOWN = 10**-4.5


class AnchorOffsets(Measure):
    """For every reference k the frame whose background is nearest to it, less the frame that it anchors.

    `argmin_t MSE_bg(result_t, I_k) - p_k`, on sRGB values of reduced copies; undefined (None) unless the truth's own
    curve has its only minimum at the anchor (the error of every other frame is at least 2% higher). A
    reference that its anchor shows to within 45 dB is on time, whatever comes as near elsewhere: a background that is
    held shows it in every frame.
    """

    metrics = (
        Metric(
            "anchor_offset_frames",
            "Anchors off by",
            unit="frames",
            better="zero",
            digits=0,
            needs_truth=True,
            definition=(
                "for each reference k: argmin_t MSE_bg(result_t, I_k) - p_k; undefined unless the truth's "
                "own curve has its only minimum at the anchor p_k; 0 where p_k itself shows I_k to within 45 dB"
            ),
            source="own",
        ),
    )

    def __init__(self, facts: Facts) -> None:
        self._references = {
            frame: small(facts.config.srgb(rgb)) for frame, rgb in sorted(facts.references.items())
        }
        self._results: dict[int, list[tuple[float, int]]] = {anchor: [] for anchor in self._references}
        self._truths: dict[int, list[tuple[float, int]]] = {anchor: [] for anchor in self._references}

    def add(self, view: View) -> None:
        """Take in one frame."""
        if view.small_wanted is None:
            return
        where = view.small_behind
        result, truth = view.small_shown[where], view.small_wanted[where]
        for anchor, reference in self._references.items():
            seen = reference[where]
            self._results[anchor].append((_mse(result, seen), view.number))
            self._truths[anchor].append((_mse(truth, seen), view.number))

    def values(self) -> dict[str, Value]:
        """The offsets in the order of the anchors."""
        return {"anchor_offset_frames": [self._of(anchor) for anchor in self._references]}

    def _of(self, anchor: int) -> int | None:
        truth = sorted(self._truths[anchor])
        if not truth or truth[0][1] != anchor or not np.isfinite(truth[0][0]):
            return None
        if len(truth) > 1 and truth[1][0] < truth[0][0] * _UNIQUE + 1e-9:
            return None
        if any(frame == anchor and error < _SHOWN for error, frame in self._results[anchor]):
            return 0
        return min(self._results[anchor])[1] - anchor


def _mse(one: Array, other: Array) -> float:
    """The mean squared error of (N, 3) values; infinite where there are none."""
    return float(np.square(one - other).mean(dtype=np.float64)) if one.size else float("inf")


class AnchorLikeness(Measure):
    """PSNR of the result's background at each anchor against the reference itself, pooled over the anchors.

    Raw: as they lie over one another. Aligned: after the homography from the reference to the result that their
    features agree on, where that lowers the error at all; so a reference that is kept but sits elsewhere, or at another
    scale, is told from one that was not kept. What the homography brings from outside the reference is left out.
    """

    metrics = (
        Metric(
            "anchor_psnr_db",
            "Reference PSNR",
            unit="dB",
            better="higher",
            digits=2,
            needs_truth=False,
            definition=(
                "PSNR of the result's background at each anchor against its reference, on sRGB values, "
                "pooled over the anchors"
            ),
            source="PSNR; IEC 61966-2-1",
        ),
        Metric(
            "anchor_aligned_psnr_db",
            "Reference PSNR, aligned",
            unit="dB",
            better="higher",
            digits=2,
            needs_truth=False,
            definition=(
                "the same after the homography from the reference to the result by SIFT features, where that"
                " is nearer"
            ),
            source="Lowe, 2004; Barath et al., 2020 (MAGSAC++)",
        ),
    )

    def __init__(self, facts: Facts) -> None:
        self._references = facts.references
        self._raw, self._aligned = PooledError(), PooledError()

    def add(self, view: View) -> None:
        """Take in one frame; only anchors matter."""
        if view.number not in self._references or not view.behind.any():
            return
        reference = self._references[view.number]
        raw, aligned = PooledError(), PooledError()
        known = np.ones(view.behind.shape, bool)
        _compare(raw, view, reference, known)
        _compare(aligned, view, *_brought(reference, view))
        if not aligned.weight or aligned.total / aligned.weight > raw.total / raw.weight:
            aligned = raw
        for pooled, found in ((self._raw, raw), (self._aligned, aligned)):
            pooled.total += found.total
            pooled.weight += found.weight

    def values(self) -> dict[str, Value]:
        """In dB; None where no anchor shows any background."""
        return {"anchor_psnr_db": self._raw.psnr_db, "anchor_aligned_psnr_db": self._aligned.psnr_db}


def _compare(error: PooledError, view: View, reference: Array, known: Mask) -> None:
    error.add(view.shown, view.facts.config.srgb(reference), (view.behind & known).astype(np.float32))


def _brought(reference: Array, view: View) -> tuple[Array, Mask]:
    """The reference as it lies under the result's background, and where it reaches; nowhere if too little agrees."""
    height, width = view.behind.shape
    result = small(view.frame.result)
    plain = fill(result, view.small_behind.astype(np.float32))
    found = register(describe(small(reference)), describe(plain))
    if found is None:
        return reference, np.zeros((height, width), bool)
    up = scaling(width / result.shape[1], height / result.shape[0])
    motion = up @ found.matrix @ inverse(up)
    moved = cv2.warpPerspective(reference, motion, (width, height), flags=cv2.INTER_LINEAR)
    reach = cv2.warpPerspective(np.ones((height, width), np.float32), motion, (width, height))
    return np.asarray(moved, np.float32), np.asarray(reach) > 0.999

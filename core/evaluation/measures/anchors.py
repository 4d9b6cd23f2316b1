"""How well a result keeps to its references: where in time they come, and how near they are there."""

from __future__ import annotations

import numpy as np

from pai_studio.core.evaluation.judged import Facts
from pai_studio.core.evaluation.measures.base import Measure, Metric, Value
from pai_studio.core.evaluation.measures.view import Mask, View, small
from pai_studio.core.media.frame import Array

_UNIQUE = 1.02


class AnchorOffsets(Measure):
    """For every reference k the frame whose background is nearest to it, less the frame that it anchors.

    `argmin_t MSE_bg(result_t, I_k) - p_k`, on sRGB values of reduced copies; undefined (None) unless the truth's own
    curve has its only minimum at the anchor (the next frame's error is at least 2% higher).
    """

    metrics = (
        Metric(
            "anchor_offset_frames",
            "Anchors off by",
            "frames",
            "zero",
            0,
            True,
            "for each reference k: argmin_t MSE_bg(result_t, I_k) - p_k; undefined unless the truth's own curve has "
            "its only minimum at the anchor p_k",
            "own",
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
        for anchor, reference in self._references.items():
            error = _masked_mse(view.small_shown, reference, view.small_behind)
            self._results[anchor].append((error, view.number))
            error = _masked_mse(view.small_wanted, reference, view.small_behind)
            self._truths[anchor].append((error, view.number))

    def values(self) -> dict[str, Value]:
        """The offsets in the order of the anchors."""
        return {"anchor_offset_frames": [self._of(anchor) for anchor in self._references]}

    def _of(self, anchor: int) -> int | None:
        truth = sorted(self._truths[anchor])
        if not truth or truth[0][1] != anchor or not np.isfinite(truth[0][0]):
            return None
        if len(truth) > 1 and truth[1][0] < truth[0][0] * _UNIQUE + 1e-9:
            return None
        return min(self._results[anchor])[1] - anchor


def _masked_mse(one: Array, other: Array, where: Mask) -> float:
    """The mean squared error where asked; infinite where nothing is."""
    return float(np.square(one[where] - other[where]).mean(dtype=np.float64)) if where.any() else float("inf")

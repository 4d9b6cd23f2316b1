"""Structural similarity inside a mask, which nothing outside the mask can change."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from pai_studio.core.evaluation.judged import Facts
from pai_studio.core.evaluation.measures.base import Measure, Metric, Value
from pai_studio.core.evaluation.measures.view import Mask, View
from pai_studio.core.media.frame import Array

_SIGMA_PX, _WINDOW_PX = 1.5, 11
_C1, _C2 = 0.01**2, 0.03**2


def similarity(one: Array, other: Array, where: Mask) -> Array:
    """SSIM (N,) of two luma planes (H, W) in 0..1 at the N pixels of `where`, with windows that stop at the mask.

    `(2 m1 m2 + C1)(2 s12 + C2) / ((m1^2 + m2^2 + C1)(s1^2 + s2^2 + C2))`, C1 = .01^2, C2 = .03^2, over a Gaussian
    window of 11x11 pixels, sigma 1.5 (Wang, Bovik, Sheikh and Simoncelli, 2004). The window's weights outside the
    mask are 0 and the rest is normalised (normalised convolution; Knutsson and Westin, 1993).
    """
    weight = where.astype(np.float32)
    share = np.maximum(_window(weight), 1e-6)

    def mean(values: Array) -> Array:
        return np.asarray(_window(values * weight) / share, np.float32)

    mean_1, mean_2 = mean(one), mean(other)
    var_1 = np.maximum(mean(one * one) - mean_1**2, 0)
    var_2 = np.maximum(mean(other * other) - mean_2**2, 0)
    both = mean(one * other) - mean_1 * mean_2
    alike = (2 * mean_1 * mean_2 + _C1) * (2 * both + _C2)
    return np.asarray((alike / ((mean_1**2 + mean_2**2 + _C1) * (var_1 + var_2 + _C2)))[where], np.float32)


def _window(values: Array) -> Array:
    size = (_WINDOW_PX, _WINDOW_PX)
    return np.asarray(cv2.GaussianBlur(values, size, _SIGMA_PX, borderType=cv2.BORDER_CONSTANT), np.float32)


@dataclass
class PooledMean:
    """The mean of values that come frame by frame."""

    total: float = 0.0
    count: int = 0

    def add(self, values: Array) -> None:
        """Take in (N,) values; N may be 0."""
        self.total += float(np.sum(values, dtype=np.float64))
        self.count += values.size

    @property
    def mean(self) -> float | None:
        """None where nothing came."""
        return self.total / self.count if self.count else None


class BackgroundStructure(Measure):
    """SSIM of the background's luma, averaged over all pixels where only the background shows, of all frames."""

    metrics = (
        Metric(
            "background_ssim",
            "Background SSIM",
            unit="",
            better="higher",
            digits=3,
            needs_truth=True,
            definition=(
                "SSIM of sRGB luma over an 11x11 Gaussian window (sigma 1.5) that stops at the mask, "
                "averaged where only the background shows"
            ),
            source="Wang, Bovik, Sheikh and Simoncelli, 2004",
        ),
    )

    def __init__(self, facts: Facts) -> None:  # noqa: ARG002 - every measure is made alike
        self._found = PooledMean()

    def add(self, view: View) -> None:
        """Take in one frame."""
        if view.wanted_luma is not None and view.behind.any():
            self._found.add(similarity(view.shown_luma, view.wanted_luma, view.behind))

    def values(self) -> dict[str, Value]:
        """1 where nothing differs; None without a background."""
        return {"background_ssim": self._found.mean}

"""How far pixels are from the truth's: PSNR of the background, the subject and what was rebuilt; highlights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pai_studio.core.evaluation.judged import Facts
from pai_studio.core.evaluation.measures.base import Measure, Metric, Value
from pai_studio.core.evaluation.measures.view import View
from pai_studio.core.media.frame import Array

_PSNR = "10 log10(1 / MSE) of sRGB-encoded values, peak 1, squared errors pooled over the frames, 100 at most"


@dataclass
class PooledError:
    """Weighted squared errors of sRGB values, summed over frames: a mean of decibels would let exact frames decide."""

    total: float = 0.0
    weight: float = 0.0

    def add(self, result: Array, truth: Array, weight: Array) -> None:
        """`result` and `truth` are (H, W, 3) sRGB values, `weight` is (H, W)."""
        apart = result - truth
        error = np.einsum("hwc,hwc->hw", apart, apart) / 3
        self.total += float(np.sum(error * weight, dtype=np.float64))
        self.weight += float(np.sum(weight, dtype=np.float64))

    @property
    def psnr_db(self) -> float | None:
        """10 log10(1 / MSE); None without a pixel, 100 at most (equal pictures)."""
        if self.weight == 0:
            return None
        return float(min(100.0, -10 * np.log10(max(self.total / self.weight, 1e-12))))


def _psnr(key: str, label: str, where: str) -> Metric:
    return Metric(
        key,
        label,
        unit="dB",
        better="higher",
        digits=2,
        needs_truth=True,
        definition=f"{_PSNR}; {where}",
        source="PSNR; IEC 61966-2-1",
    )


class PixelError(Measure):
    """PSNR of the background alone, of the subject by its matte, and of what had to be rebuilt.

    `PSNR = 10 log10(1 / MSE)` with `MSE = sum w (result - truth)^2 / sum w` over all pixels of all frames, on
    sRGB-encoded values (IEC 61966-2-1) clipped to 0..1. The weight is 1 where only the background shows; the matte;
    and the plane `rebuilt`.
    """

    metrics = (
        _psnr("background_psnr_db", "Background PSNR", "where only the background shows"),
        _psnr("foreground_psnr_db", "Subject PSNR", "pixels weigh as much as the truth's matte"),
        _psnr(
            "rebuilt_psnr_db",
            "Rebuilt PSNR",
            "where the subject was missing from the plate and had to be made anew",
        ),
    )

    def __init__(self, facts: Facts) -> None:  # noqa: ARG002 - every measure is made alike
        self._background, self._foreground, self._rebuilt = PooledError(), PooledError(), PooledError()

    def add(self, view: View) -> None:
        """Take in one frame."""
        if view.wanted is None:
            return
        self._background.add(view.shown, view.wanted, view.behind.astype(np.float32))
        self._foreground.add(view.shown, view.wanted, view.presence)
        if view.frame.rebuilt is not None:
            self._rebuilt.add(view.shown, view.wanted, view.frame.rebuilt * view.counted)

    def values(self) -> dict[str, Value]:
        """The PSNRs in dB."""
        return {
            "background_psnr_db": self._background.psnr_db,
            "foreground_psnr_db": self._foreground.psnr_db,
            "rebuilt_psnr_db": self._rebuilt.psnr_db,
        }


class Highlights(Measure):
    """The background's mean `|log2(result / truth)|` of luminance, in stops, where the truth's luminance is above 1.

    sRGB values clip there and see nothing of it.
    """

    metrics = (
        Metric(
            "background_highlight_stops",
            "Highlights off by",
            unit="stops",
            better="lower",
            digits=2,
            needs_truth=True,
            definition=(
                "mean |log2(result / truth)| of the background's luminance where the truth's is above 1"
            ),
            source="own",
        ),
    )

    def __init__(self, facts: Facts) -> None:
        self._weights = facts.config.luminance_weights
        self._total, self._count = 0.0, 0

    def add(self, view: View) -> None:
        """Take in one frame."""
        if view.frame.truth is None:
            return
        result, truth = view.frame.result @ self._weights, view.frame.truth @ self._weights
        bright = view.behind & (truth > 1)
        stops = np.abs(np.log2(np.maximum(result[bright], 1e-3)) - np.log2(truth[bright]))
        self._total += float(np.sum(stops, dtype=np.float64))
        self._count += int(bright.sum())

    def values(self) -> dict[str, Value]:
        """None where nothing is above 1."""
        return {"background_highlight_stops": self._total / self._count if self._count else None}

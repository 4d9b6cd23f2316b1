"""How good a result is against the truth, without any learned weights: accumulators that take one frame at a time.

All pictures are (H, W, 3) in the config's working space, mattes (H, W) in 0..1 and always the truth's. PSNR is taken on
sRGB-encoded values with peak 1, from squared errors pooled over the frames: a mean of decibels would let exact anchor
frames decide.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from pai_studio.core.media.color import ColorConfig
from pai_studio.core.media.frame import Array

_MARGIN = 0.004
"""How far, in picture widths, the background keeps from the subject and the band reaches around its edge."""

_OFFSET_WIDTH_PX = 480
_UNIQUE = 1.02
_SCREEN_CHANNEL = {"green": 1, "blue": 2}


def _ring(matte: Array) -> npt.NDArray[np.uint8]:
    reach = max(1, round(_MARGIN * matte.shape[1]))
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1)).astype(np.uint8)


def background_mask(matte: Array) -> npt.NDArray[np.bool_]:
    """Where only the background shows: the subject's matte is 0 there and within 0.4% of the width around."""
    return np.asarray(cv2.dilate(np.asarray(matte > 0, np.uint8), _ring(matte)) == 0)


def edge_band(matte: Array) -> npt.NDArray[np.bool_]:
    """The band around the matte's boundary: 0.4% of the width to either side of the soft edge."""
    outer = cv2.dilate(np.asarray(matte > 0, np.uint8), _ring(matte)) > 0
    inner = cv2.erode(np.asarray(matte >= 0.999, np.uint8), _ring(matte)) > 0
    return np.asarray(outer & ~inner)


@dataclass
class PooledError:
    """Weighted squared errors of sRGB values, summed over frames."""

    total: float = 0.0
    weight: float = 0.0

    def add(self, result: Array, truth: Array, weight: Array) -> None:
        """`result` and `truth` are (H, W, 3) sRGB values, `weight` is (H, W)."""
        error = np.square(result - truth).mean(axis=-1)
        self.total += float(np.sum(error * weight, dtype=np.float64))
        self.weight += float(np.sum(weight, dtype=np.float64))

    @property
    def psnr_db(self) -> float | None:
        """10 log10(1 / MSE); None without a pixel, 100 at most (equal pictures)."""
        if self.weight == 0:
            return None
        return float(min(100.0, -10 * np.log10(max(self.total / self.weight, 1e-12))))


@dataclass
class HighlightError:
    """The mean |log2(result / truth)| of luminance, in stops, where the truth's luminance is above 1."""

    total: float = 0.0
    count: int = 0

    def add(self, result: Array, truth: Array, where: npt.NDArray[np.bool_]) -> None:
        """`result` and `truth` are (H, W) luminances."""
        bright = where & (truth > 1)
        stops = np.abs(np.log2(np.maximum(result[bright], 1e-3)) - np.log2(truth[bright]))
        self.total += float(np.sum(stops, dtype=np.float64))
        self.count += int(bright.sum())

    @property
    def stops(self) -> float | None:
        """None where nothing is above 1."""
        return self.total / self.count if self.count else None


@dataclass
class AnchorOffsets:
    """For every reference k the frame whose background is nearest to it, less the frame that it anchors.

    `argmin_t MSE_bg(result_t, I_k) - p_k`; undefined (None) unless the truth's own curve has its only minimum at the
    anchor (the next frame's error is at least 2% higher). `references` maps anchor frames to sRGB pictures.
    """

    references: Mapping[int, Array]
    results: dict[int, list[tuple[float, int]]] = field(default_factory=dict)
    truths: dict[int, list[tuple[float, int]]] = field(default_factory=dict)

    def add(self, number: int, result: Array, truth: Array, matte: Array) -> None:
        """Add frame `number`; pictures are sRGB values."""
        where = background_mask(matte)
        for anchor, reference in self.references.items():
            self.results.setdefault(anchor, []).append((_masked_mse(result, reference, where), number))
            self.truths.setdefault(anchor, []).append((_masked_mse(truth, reference, where), number))

    def value(self) -> list[int | None]:
        """The offsets in the order of the anchors."""
        return [self._of(anchor) for anchor in sorted(self.references)]

    def _of(self, anchor: int) -> int | None:
        truth = sorted(self.truths.get(anchor, []))
        if not truth or truth[0][1] != anchor or not np.isfinite(truth[0][0]):
            return None
        if len(truth) > 1 and truth[1][0] < truth[0][0] * _UNIQUE + 1e-9:
            return None
        return min(self.results[anchor])[1] - anchor


def _masked_mse(one: Array, other: Array, where: npt.NDArray[np.bool_]) -> float:
    """The mean squared error where asked; infinite where nothing is."""
    return float(np.square(one[where] - other[where]).mean(dtype=np.float64)) if where.any() else float("inf")


class ClipMetrics:
    """All metrics of one clip against its truth. `screen` names the channel that spill is looked for in."""

    def __init__(self, config: ColorConfig, references: Mapping[int, Array], screen: str = "green") -> None:
        self._config = config
        self._channel = _SCREEN_CHANNEL.get(screen, 1)
        self._background, self._foreground = PooledError(), PooledError()
        self._highlights = HighlightError()
        self._spill_result, self._spill_truth, self._spill_count = 0.0, 0.0, 0
        self._anchors = AnchorOffsets({frame: _small(config.srgb(rgb)) for frame, rgb in references.items()})

    def add(self, number: int, result: Array, truth: Array, matte: Array) -> None:
        """Add one frame: the composite that is judged, the true composite, the true matte."""
        shown, wanted = self._config.srgb(result), self._config.srgb(truth)
        behind = background_mask(matte)
        self._background.add(shown, wanted, behind.astype(np.float32))
        self._foreground.add(shown, wanted, matte)
        weights = self._config.luminance_weights
        self._highlights.add(result @ weights, truth @ weights, behind)
        self._add_spill(result, truth, edge_band(matte))
        self._anchors.add(number, _small(shown), _small(wanted), _small(matte))

    def _add_spill(self, result: Array, truth: Array, band: npt.NDArray[np.bool_]) -> None:
        if band.any():
            self._spill_result += float(self._excess(result[band]).sum(dtype=np.float64))
            self._spill_truth += float(self._excess(truth[band]).sum(dtype=np.float64))
            self._spill_count += int(band.sum())

    def _excess(self, pixels: Array) -> Array:
        """How far the screen's own channel stands above the larger of the others, in linear Rec.709, (N,)."""
        target = self._config.linear_rec709 or self._config.require("lin_rec709")
        rec709 = self._config.convert(pixels[None], self._config.working, target)[0]
        others = [c for c in range(3) if c != self._channel]
        return np.asarray(np.maximum(rec709[:, self._channel] - rec709[:, others].max(axis=1), 0), np.float32)

    @property
    def background_psnr_db(self) -> float | None:
        """PSNR where only the background shows."""
        return self._background.psnr_db

    @property
    def foreground_psnr_db(self) -> float | None:
        """PSNR of the subject: pixels weigh as much as the truth's matte, so soft edges count for what they hold."""
        return self._foreground.psnr_db

    @property
    def background_highlight_stops(self) -> float | None:
        """The background's mean error in stops above 1, which sRGB values cannot see."""
        return self._highlights.stops

    @property
    def spill(self) -> float | None:
        """The screen's colour left in the band around the edge, less the truth's; 0 is right, negative is overdone."""
        return (self._spill_result - self._spill_truth) / self._spill_count if self._spill_count else None

    @property
    def anchor_offset_frames(self) -> list[int | None]:
        """One offset a reference, in frames; None where it is not defined."""
        return self._anchors.value()

    def to_json(self) -> dict[str, object]:
        """The metrics by their names, rounded for reading."""

        def brief(value: float | None, digits: int) -> float | None:
            return None if value is None else round(value, digits)

        return {
            "background_psnr_db": brief(self.background_psnr_db, 3),
            "foreground_psnr_db": brief(self.foreground_psnr_db, 3),
            "spill": brief(self.spill, 6),
            "anchor_offset_frames": self.anchor_offset_frames,
            "background_highlight_stops": brief(self.background_highlight_stops, 4),
        }


def _small(picture: Array) -> Array:
    """The picture at most 480 pixels wide: enough to tell frames apart."""
    height, width = picture.shape[:2]
    if width <= _OFFSET_WIDTH_PX:
        return picture
    size = (_OFFSET_WIDTH_PX, max(1, round(height * _OFFSET_WIDTH_PX / width)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)

"""What the subject's edge gives away: the screen's colour, and a boundary that is softer or harder than it was."""

from __future__ import annotations

import cv2
import numpy as np

from pai_studio.core.evaluation.judged import Facts
from pai_studio.core.evaluation.measures.base import Measure, Metric, Value
from pai_studio.core.evaluation.measures.structure import PooledMean
from pai_studio.core.evaluation.measures.view import View
from pai_studio.core.media.color import ColorConfig
from pai_studio.core.media.frame import Array
from pai_studio.core.motion.resample import sample

_SCREEN_CHANNEL = {"green": 1, "blue": 2}
_REACH_PX = 6
_ALONG_PX = 9
_SHORTEST_PX = 2 * _ALONG_PX


class Spill(Measure):
    """The screen's colour in a band around the edge: `mean max(s - max(o1, o2), 0)`, less the truth's.

    In linear Rec.709, s the screen's own channel and o1, o2 the others; 0 is right, negative is overdone. The band
    reaches into the background, so one that is wrong there and coloured like the screen counts too: engines whose
    backgrounds differ are not told apart by their despill alone. Without a truth the plate's despilled foreground
    stands in for it and pixels weigh as much as their matte, so that what shines through from a green background
    counts little.
    """

    metrics = (
        Metric(
            "spill",
            "Spill",
            unit="linear",
            better="zero",
            digits=4,
            needs_truth=False,
            definition=(
                "mean max(s - max(o1, o2), 0) in a band around the matte's edge, s the screen's channel in "
                "linear Rec.709, less the truth's (without a truth: less the source's, weighted by the "
                "matte); negative is overdone; a wrong background within the band enters too"
            ),
            source="own; ITU-R BT.709 primaries",
        ),
    )

    def __init__(self, facts: Facts) -> None:
        self._channel = _SCREEN_CHANNEL.get(facts.screen, 1)
        self._total, self._weight = 0.0, 0.0

    def add(self, view: View) -> None:
        """Take in one frame."""
        band, config = view.band, view.facts.config
        result = self._excess(view.frame.result[band], config)
        if view.frame.truth is not None:
            right, weight = self._excess(view.frame.truth[band], config), np.ones(result.shape, np.float32)
        else:
            weight = view.frame.matte[band]
            straight = view.frame.source[band] / np.maximum(weight, 1e-3)[:, None]
            right = self._excess(np.asarray(straight, np.float32), config)
        self._total += float(np.sum((result - right) * weight, dtype=np.float64))
        self._weight += float(np.sum(weight, dtype=np.float64))

    def values(self) -> dict[str, Value]:
        """In linear light; None without an edge."""
        return {"spill": self._total / self._weight if self._weight else None}

    def _excess(self, pixels: Array, config: ColorConfig) -> Array:
        """The screen's channel above the larger of the others (N,) of (N, 3) in the working space, not below 0."""
        target = config.linear_rec709 or config.require("lin_rec709")
        rgb = config.convert(np.ascontiguousarray(pixels[None]), config.working, target)[0]
        others = np.delete(rgb, self._channel, axis=1).max(axis=1)
        return np.asarray(np.maximum(rgb[:, self._channel] - others, 0), np.float32)


class EdgeProfile(Measure):
    """How the picture changes across the subject's edge: `mean |d result/dn - d truth/dn|` of luma, code values a
    pixel.

    The profile is read at every pixel of the contour where the truth's matte is a half, along its normal, from 6 pixels
    outside to 6 inside; its derivative is averaged over 9 pixels of the contour, which takes noise down. A boundary
    that is softer, harder or elsewhere differs; so does one against a wrong background.
    """

    metrics = (
        Metric(
            "edge_profile",
            "Edge profile",
            unit="code value/px",
            better="lower",
            digits=4,
            needs_truth=True,
            definition=(
                "L1 distance of the luma gradient along the normals of the matte's contour, 6 px to either "
                "side, from the truth's"
            ),
            source="own",
        ),
    )

    def __init__(self, facts: Facts) -> None:  # noqa: ARG002 - every measure is made alike
        self._found = PooledMean()

    def add(self, view: View) -> None:
        """Take in one frame."""
        if view.wanted_luma is None:
            return
        difference = view.shown_luma - view.wanted_luma
        for places in _profiles(view.frame.matte):
            steps = np.diff(sample(difference, places), axis=1)
            smooth = np.asarray(cv2.blur(steps, (1, _ALONG_PX), borderType=cv2.BORDER_REFLECT))
            counts = sample(view.counted.astype(np.float32), places).min(axis=1) > 0
            self._found.add(np.abs(smooth[counts]))

    def values(self) -> dict[str, Value]:
        """None without an edge."""
        return {"edge_profile": self._found.mean}


def _profiles(matte: Array) -> list[Array]:
    """Places (N, 13, 2) across each contour of a matte, along it and from outside to inside, all in the picture."""
    soft = np.asarray(cv2.GaussianBlur(matte, (0, 0), 2.0), np.float32)
    slope = np.stack([cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1)], axis=-1)
    contours, _ = cv2.findContours(np.asarray(matte >= 0.5, np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    far = np.array([matte.shape[1] - 1, matte.shape[0] - 1])
    found = []
    for contour in contours:
        at = contour[:, 0, :]
        normal = slope[at[:, 1], at[:, 0]]
        length = np.linalg.norm(normal, axis=1)
        kept = (length > 1e-3) & (at >= _REACH_PX).all(axis=1) & (at <= far - _REACH_PX).all(axis=1)
        if kept.sum() >= _SHORTEST_PX:
            unit = normal[kept] / length[kept, None]
            reach = np.arange(-_REACH_PX, _REACH_PX + 1, dtype=np.float32)
            found.append(np.asarray(at[kept][:, None] + reach[:, None] * unit[:, None], np.float32))
    return found

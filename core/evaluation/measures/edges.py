"""What the subject's edge gives away: the screen's colour, and a boundary that is softer or harder than it was."""

from __future__ import annotations

import numpy as np

from pai_studio.core.evaluation.judged import Facts
from pai_studio.core.evaluation.measures.base import Measure, Metric, Value
from pai_studio.core.evaluation.measures.view import View
from pai_studio.core.media.color import ColorConfig
from pai_studio.core.media.frame import Array

_SCREEN_CHANNEL = {"green": 1, "blue": 2}


class Spill(Measure):
    """The screen's colour in a band around the edge: `mean max(s - max(o1, o2), 0)`, less the truth's.

    In linear Rec.709, s the screen's own channel and o1, o2 the others; 0 is right, negative is overdone. Without a
    truth the plate's despilled foreground stands in for it and pixels weigh as much as their matte, so that what shines
    through from a green background counts little.
    """

    metrics = (
        Metric(
            "spill",
            "Spill",
            "linear",
            "zero",
            4,
            False,
            "mean max(s - max(o1, o2), 0) in a band around the matte's edge, s the screen's channel in linear Rec.709, "
            "less the truth's (without a truth: less the source's, weighted by the matte); negative is overdone",
            "own; ITU-R BT.709 primaries",
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
        return np.maximum(rgb[:, self._channel] - np.delete(rgb, self._channel, axis=1).max(axis=1), 0)

"""How good a result is, without any learned weights: the face of all metrics.

`METRICS` names them in the order of a report; `ClipMetrics` takes the frames of one clip and gives one value each. What
each one is stands with its measure, under `measures`.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from pai_studio.core.evaluation.judged import Facts, Judged
from pai_studio.core.evaluation.measures.anchors import AnchorLikeness, AnchorOffsets
from pai_studio.core.evaluation.measures.base import Measure, Metric, Value
from pai_studio.core.evaluation.measures.edges import EdgeProfile, Spill
from pai_studio.core.evaluation.measures.identity import Identity
from pai_studio.core.evaluation.measures.motion import Camera, FlowError
from pai_studio.core.evaluation.measures.persistence import Persistence
from pai_studio.core.evaluation.measures.pixels import Highlights, PixelError
from pai_studio.core.evaluation.measures.relight import ColourDistance, Halo, RelightGain
from pai_studio.core.evaluation.measures.steadiness import Flicker, RegionalFlicker
from pai_studio.core.evaluation.measures.structure import BackgroundStructure
from pai_studio.core.evaluation.measures.view import View
from pai_studio.core.shot.errors import BadInput

__all__ = ["METRICS", "ClipMetrics", "Metric", "Value"]

_MEASURES: tuple[type[Measure], ...] = (
    PixelError,
    BackgroundStructure,
    Highlights,
    RelightGain,
    ColourDistance,
    Halo,
    Identity,
    Spill,
    EdgeProfile,
    AnchorOffsets,
    AnchorLikeness,
    Camera,
    FlowError,
    Persistence,
    Flicker,
    RegionalFlicker,
)

METRICS: tuple[Metric, ...] = tuple(metric for measure in _MEASURES for metric in measure.metrics)
"""Every metric, in the order of a report."""


class ClipMetrics:
    """The metrics of one clip, all of them or those named by `only`. Memory does not grow with full pictures."""

    def __init__(self, facts: Facts, only: Collection[str] | None = None) -> None:
        self._facts = facts
        self._keys = [m.key for m in METRICS if only is None or m.key in only]
        unknown = set(only or ()) - set(self._keys)
        if unknown:
            raise KeyError(f"no such metric: {', '.join(sorted(unknown))}")
        chosen = [m for m in _MEASURES if any(metric.key in self._keys for metric in m.metrics)]
        self._measures = [measure(facts) for measure in chosen]
        self._last: View | None = None

    def add(self, frame: Judged) -> None:
        """Take in one frame; frames come in ascending order, and some may be missing.

        Raises BadInput where the result is not finite: no number could stand for it.
        """
        if self._last is not None and frame.number <= self._last.number:
            raise ValueError(f"frame {frame.number} comes after frame {self._last.number}")
        if not np.isfinite(frame.result).all():
            raise BadInput(f"frame {frame.number} of the result holds NaN or infinite values")
        view = View(self._facts, frame, self._last)
        for measure in self._measures:
            measure.add(view)
        view.before = None
        self._last = view

    def values(self) -> dict[str, Value]:
        """The values so far by `Metric.key`, in the order of `METRICS`; None where one is not defined."""
        found = {key: value for measure in self._measures for key, value in measure.values().items()}
        return {key: found[key] for key in self._keys}

"""A `report.json` as the page reads it: engines and metrics in their order, figures, pairs, groups, clips."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pai_studio.core.evaluation.aggregate import gain_of, single
from pai_studio.core.evaluation.contestants import NAIVE
from pai_studio.core.evaluation.metrics import METRICS, Metric

MAIN = (
    "background_psnr_db",
    "foreground_psnr_db",
    "relight_gain_db",
    "spill",
    "identity",
    "anchor_offset_frames",
    "flicker",
    "camera_error",
)
"""The metrics that stand first, and in small tables alone, where all would be too many."""

RIVAL = NAIVE[1]
"""The composite that an engine is held against first: the one a hasty artist would make."""


@dataclass(frozen=True)
class Figure:
    """A mean over clips with its 95% interval; all None where it is not defined for any clip."""

    mean: float | None = None
    low: float | None = None
    high: float | None = None
    clips: int = 0

    @classmethod
    def of(cls, found: Mapping[str, Any] | None) -> Figure:
        """From `{"mean", "ci95", "n"}`, of which all may be missing or null."""
        found = found or {}
        low, high = found.get("ci95") or (None, None)
        return cls(_finite(found.get("mean")), _finite(low), _finite(high), found.get("n") or 0)


@dataclass(frozen=True)
class Difference:
    """How an engine differs from another in one metric, clip by clip, and how sure that is."""

    metric: Metric
    figure: Figure
    wins: int | None
    worst: tuple[str, float] | None
    """The clip in which the engine does worst against the other, and the difference there."""

    clips: Sequence[float]
    """The difference in each clip in which both have a value."""

    @property
    def verdict(self) -> int:
        """1 where the interval lies on the better side of 0, -1 on the worse side; 0 where it does not keep clear of 0,
        or where the difference does not show in the digits that are printed.
        """
        mean, low, high = self.figure.mean, self.figure.low, self.figure.high
        if mean is None or low is None or high is None or low <= 0 <= high:
            return 0
        if round(mean, self.metric.mean_digits) == 0:
            return 0
        return 1 if gain_of(self.metric)(low) > 0 else -1


def difference(metric: Metric, told: Mapping[str, Any], clips: Sequence[float] = ()) -> Difference:
    """One as a report tells it."""
    worst = told.get("worst")
    shown = (worst["clip"], worst["value"]) if worst else None
    return Difference(metric, Figure.of(told), told.get("wins"), shown, clips)


@dataclass(frozen=True)
class Pair:
    """An engine against another."""

    engine: str
    against: str
    differences: Sequence[Difference]

    def of(self, key: str) -> Difference | None:
        """The difference in one metric."""
        return next((d for d in self.differences if d.metric.key == key), None)


class Reading:
    """One report. Raises KeyError where a key is missing that every report has."""

    def __init__(self, report: Mapping[str, Any]) -> None:
        self.report = report
        self.name: str = report["set"]
        self.kind: str = report.get("type") or "restore"
        self.clips: Sequence[Mapping[str, Any]] = report.get("per_clip") or []
        self.failures: Sequence[Mapping[str, Any]] = report["failures"]
        self.engines = sorted(report["engines"], key=_rank)

    @cached_property
    def metrics(self) -> list[Metric]:
        """What was measured, in the order of `METRICS`; what we do not know comes last, under its key."""
        found = dict.fromkeys(key for values in self.report["engines"].values() for key in values)
        known = [metric for metric in METRICS if metric.key in found]
        names = {metric.key for metric in known}
        return known + [_unknown(key) for key in found if key not in names]

    @cached_property
    def main(self) -> list[Metric]:
        """The metrics that stand first and in the small tables; all where none of `MAIN` was measured."""
        return [metric for metric in self.metrics if metric.key in MAIN] or self.metrics

    @cached_property
    def others(self) -> list[Metric]:
        """Those that are not among `main`."""
        return [metric for metric in self.metrics if metric not in self.main]

    def figure(self, engine: str, key: str) -> Figure:
        """An engine's figure over the whole set."""
        return Figure.of(self.report["engines"][engine].get(key))

    def judged(self, engine: str, key: str) -> Figure:
        """What a learned judge says of an engine over the whole set."""
        return Figure.of((self.judges or {"engines": {}})["engines"].get(engine, {}).get(key))

    def best(self, metric: Metric, figures: Mapping[str, Figure]) -> set[str]:
        """The engines with the best mean as it is printed; none where there is nothing to choose from.

        Only means over as many clips as any: one that leaves out a clip, which may be a hard one, is another quantity.
        """
        most = max((figure.clips for figure in figures.values()), default=0)
        means = {name: f.mean for name, f in figures.items() if f.mean is not None and f.clips == most}
        if len(means) < 2:
            return set()
        sizes = {name: abs(mean) if metric.better == "zero" else mean for name, mean in means.items()}
        gains = {name: gain_of(metric)(round(size, metric.mean_digits)) for name, size in sizes.items()}
        top = max(gains.values())
        winners = {name for name, gain in gains.items() if gain == top}
        return winners if len(winners) < len(means) else set()

    @cached_property
    def pairs(self) -> list[Pair]:
        """Each comparison, those against the moved still first."""
        found = sorted(self.report.get("pairs") or [], key=lambda pair: pair["against"] != RIVAL)
        return [Pair(pair["engine"], pair["against"], [*self._differences(pair)]) for pair in found]

    def _differences(self, pair: Mapping[str, Any]) -> list[Difference]:
        return [
            difference(
                metric,
                pair["metrics"][metric.key],
                self._by_clip(metric, pair["engine"], pair["against"]),
            )
            for metric in self.metrics
            if metric.key in pair["metrics"]
        ]

    def _by_clip(self, metric: Metric, engine: str, against: str) -> list[float]:
        found = []
        for clip in self.clips:
            one, other = (
                single(metric, clip["engines"].get(name, {}).get(metric.key)) for name in (engine, against)
            )
            if one is not None and other is not None:
                found.append(one - other)
        return found

    @property
    def groups(self) -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
        """By what the clips were parted, each part's engines with their figures."""
        return self.report.get("groups") or {}

    @property
    def changes(self) -> Mapping[str, Any] | None:
        """How this report differs from an earlier one; None where it was compared with none."""
        return self.report.get("changes")

    @property
    def moved(self) -> Sequence[Mapping[str, Any]]:
        """The figures that moved: `{"engine", "metric", "before", "after", "difference", "ci95", "verdict"}` each."""
        return (self.changes or {}).get("moved") or []

    @property
    def judges(self) -> Mapping[str, Any] | None:
        """What learned judges say of the set: who was `asked`, and `engines` with their figures; None without one."""
        return self.report.get("judges")

    @property
    def judge_keys(self) -> list[str]:
        """The names of the learned judges' values."""
        return [key for judge in (self.judges or {"asked": []})["asked"] for key in judge["keys"]]

    @property
    def command(self) -> str:
        """What makes this report again."""
        told = self.report.get("command")
        if told:
            return str(told)
        return f"pai-studio evaluate --set {self.name} --engines {','.join(self.engines)} --out report"


def _rank(engine: str) -> int:
    """The naive composites come first, as in the tables of papers; the rest in the report's order."""
    return NAIVE.index(engine) if engine in NAIVE else len(NAIVE)


def _finite(value: Any) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None


def _unknown(key: str) -> Metric:
    return Metric(key, key, "", "higher", 3, False, "not a metric of this version", "")

"""Every contestant against the baseline, as the page reads it: over all clips, and over the parts that decide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pai_studio.core.evaluation.metrics import Metric
from pai_studio.core.evaluation.page import words
from pai_studio.core.evaluation.page.reading import Difference, Reading, difference

_ALL, _WHOLE = "all", "all clips"


@dataclass(frozen=True)
class Cell:
    """A difference in words, what stands below it, and its verdict: 1 better, -1 worse, 0 neither for sure."""

    text: str
    small: Sequence[str]
    verdict: int


@dataclass(frozen=True)
class Column:
    """Some of the clips: how they are called, and by engine and metric the differences over them."""

    label: str
    differences: Mapping[str, Mapping[str, Difference]]

    def cell(self, engine: str, metric: Metric) -> Cell:
        """How an engine differs from the baseline over these clips, and over how many where they are fewer."""
        found = self.differences.get(engine, {}).get(metric.key)
        if found is None:
            return Cell(words.DASH, (), 0)
        digits = metric.mean_digits
        small = words.interval(found.figure, digits, signed=True), words.fewer(found.figure, self._most)
        text = words.number(found.figure.mean, digits, signed=True)
        verdict = found.verdict if found.figure.clips > 1 else 0  # one clip tells nothing for sure
        return Cell(text, [part for part in small if part], verdict)

    @property
    def _most(self) -> int:
        """Over how many clips any figure is."""
        every = (d.figure.clips for found in self.differences.values() for d in found.values())
        return max(every, default=0)


@dataclass(frozen=True)
class Baseline:
    """What is held against what, in which metrics, over which clips."""

    against: str
    engines: Sequence[str]
    metrics: Sequence[Metric]
    columns: Sequence[Column]


def baseline_of(reading: Reading) -> Baseline | None:
    """What a report says of it; None where it says nothing."""
    told = reading.report.get("baseline")
    if not told:
        return None
    columns = [Column(label, _differences(reading, pairs)) for label, pairs in _parts(told)]
    first = columns[0].differences
    engines = [name for name in reading.engines if name in first]
    known = {key for found in first.values() for key in found}
    return Baseline(told["against"], engines, [m for m in reading.metrics if m.key in known], columns)


def _parts(told: Mapping[str, Any]) -> Iterator[tuple[str, Sequence[Mapping[str, Any]]]]:
    yield _WHOLE, told[_ALL]
    for part in sorted(told.get("references", {}), key=words.natural):
        yield words.counted(int(part), "reference"), told["references"][part]
    for part, pairs in sorted(told.get("markers", {}).items()):
        yield f"{part} markers", pairs


def _differences(reading: Reading, pairs: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Difference]]:
    return {
        pair["engine"]: {
            metric.key: difference(metric, pair["metrics"][metric.key])
            for metric in reading.metrics
            if metric.key in pair["metrics"]
        }
        for pair in pairs
    }

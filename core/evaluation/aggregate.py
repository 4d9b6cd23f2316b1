"""From one value a clip to what is said of a set: means, how sure they are, and engine against engine.

Intervals are percentile bootstrap intervals over clips (Efron and Tibshirani, An Introduction to the Bootstrap, 1993,
chapter 13): 95% of the means of `RESAMPLES` draws of as many clips, with replacement. Each clip is its own control in a
difference, so differences are taken clip by clip before they are drawn from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from pai_studio.core.evaluation.metrics import METRICS, Metric, Value

RESAMPLES = 10_000
_BLOCK = 4_000_000  # numbers drawn at once
_DIGITS = 6
GROUPS = ("references", "markers", "move", "place", "mood", "light", "moving_light", "fault", "screen")
"""The tags that a report groups by."""

BASELINE = "draft"
"""What every other contestant is held against: it needs no model."""

DECIDING = (
    "relight_gain_db",
    "rebuilt_psnr_db",
    "background_psnr_db",
    "spill",
    "anchor_offset_frames",
    "anchor_psnr_db",
    "flicker",
)
"""The metrics in which it is. What differs in relight gain differs in the subject's PSNR as much: both are of the same
less one number that is the clip's.
"""

_PARTED = ("references", "markers")
"""The tags by which it is."""

_BOOLEAN_PARTS = {True: "with", False: "without"}

Values = npt.NDArray[np.float64]
ClipValues = Mapping[str, Mapping[str, Value]]
"""By engine, by metric."""


def single(metric: Metric, value: Value) -> float | None:
    """A clip's value as one number: the mean of a list's defined ones, and its size alone where 0 is right."""
    found = [v for v in (value if isinstance(value, list) else [value]) if v is not None]
    if not found:
        return None
    return float(np.mean([abs(v) if metric.better == "zero" else v for v in found]))


def resampled_means(values: Sequence[float], seed: int) -> Values:
    """The means of `RESAMPLES` draws with replacement, (RESAMPLES,); the draws follow from the seed and the count."""
    numbers = np.asarray(values, np.float64)
    rng = np.random.default_rng([seed, 0xB007, len(numbers)])
    per_block = max(1, _BLOCK // len(numbers))
    blocks = [
        numbers[rng.integers(0, len(numbers), (min(per_block, RESAMPLES - done), len(numbers)))].mean(axis=1)
        for done in range(0, RESAMPLES, per_block)
    ]
    return np.concatenate(blocks)


def interval(means: Values) -> list[float]:
    """The middle 95% of resampled means."""
    low, high = np.percentile(means, (2.5, 97.5))
    return [_brief(float(low)), _brief(float(high))]


def figure(values: Sequence[float], seed: int) -> dict[str, Any]:
    """`{"mean", "ci95", "n"}` of values; of one the interval is a point, of none all is null."""
    if not values:
        return {"mean": None, "ci95": [None, None], "n": 0}
    mean = _brief(float(np.mean(values)))
    return {"mean": mean, "ci95": interval(resampled_means(values, seed)), "n": len(values)}


def engine_figures(
    clips: Sequence[ClipValues], engines: Sequence[str], seed: int, *, metrics: Sequence[Metric] = METRICS
) -> dict[str, Any]:
    """By engine and metric the figure over the clips in which it has a value."""
    return {
        name: {metric.key: figure(_defined(clips, name, metric), seed) for metric in metrics}
        for name in engines
    }


def groups(
    tags: Sequence[Mapping[str, Any]],
    clips: Sequence[ClipValues],
    engines: Sequence[str],
    seed: int,
    *,
    metrics: Sequence[Metric] = METRICS,
) -> dict[str, Any]:
    """By tag and its value the figures of those clips; tags that all clips lack or share are left out."""
    return {
        tag: {
            part: engine_figures([clips[place] for place in places], engines, seed, metrics=metrics)
            for part, places in parts.items()
        }
        for tag in GROUPS
        if len(parts := _parts(tags, tag)) > 1
    }


def baseline(
    tags: Sequence[Mapping[str, Any]],
    names: Sequence[str],
    clips: Sequence[ClipValues],
    engines: Sequence[str],
    seed: int,
) -> dict[str, Any] | None:
    """Every contestant against `BASELINE`, clip by clip, over all clips and by `references` and `markers`.

    None where there is nothing to hold, or nothing to hold it against.
    """
    others = [name for name in engines if name != BASELINE]
    if not others or len(others) == len(engines):
        return None
    metrics = [metric for metric in METRICS if metric.key in DECIDING]

    def pairs(places: Sequence[int]) -> list[dict[str, Any]]:
        chosen = [names[place] for place in places], [clips[place] for place in places]
        return [pair(*chosen, name, BASELINE, seed, metrics=metrics) for name in others]

    parted = {tag: parts for tag in _PARTED if len(parts := _parts(tags, tag)) > 1}
    return {
        "against": BASELINE,
        "all": pairs(range(len(clips))),
        **{tag: {part: pairs(places) for part, places in parts.items()} for tag, parts in parted.items()},
    }


def _parts(tags: Sequence[Mapping[str, Any]], tag: str) -> dict[str, list[int]]:
    """By the value of a tag, in words, the places of the clips that have it."""
    parts: dict[str, list[int]] = {}
    for place, told in enumerate(tags):
        if tag in told:
            parts.setdefault(_part(told[tag]), []).append(place)
    return {part: parts[part] for part in sorted(parts)}


def pair(
    names: Sequence[str],
    clips: Sequence[ClipValues],
    engine: str,
    against: str,
    seed: int,
    *,
    metrics: Sequence[Metric] = METRICS,
) -> dict[str, Any]:
    """How `engine` differs from `against`, metric by metric, over the clips in which both have a value.

    Differences are `engine` less `against`, of sizes where 0 is right; `worst` is the clip where the difference is
    least in favour of `engine`.
    """
    found = {}
    for metric in metrics:
        differences = {
            name: one - other
            for name, values in zip(names, clips, strict=True)
            if (one := single(metric, values.get(engine, {}).get(metric.key))) is not None
            and (other := single(metric, values.get(against, {}).get(metric.key))) is not None
        }
        found[metric.key] = figure(list(differences.values()), seed) | _standing(metric, differences)
    return {"engine": engine, "against": against, "metrics": found}


def gain_of(metric: Metric) -> Callable[[float], float]:
    """What makes a difference of `single` values positive where it is for the better."""
    return (lambda value: value) if metric.better == "higher" else (lambda value: -value)


def _standing(metric: Metric, differences: Mapping[str, float]) -> dict[str, Any]:
    if not differences:
        return {"wins": 0, "worst": None}
    gain = gain_of(metric)
    worst = min(differences, key=lambda name: (gain(differences[name]), name))
    return {
        "wins": sum(gain(value) > 0 for value in differences.values()),
        "worst": {"clip": worst, "value": _brief(differences[worst])},
    }


def _defined(clips: Sequence[ClipValues], engine: str, metric: Metric) -> list[float]:
    found = (single(metric, values.get(engine, {}).get(metric.key)) for values in clips)
    return [value for value in found if value is not None]


def _part(value: Any) -> str:
    return _BOOLEAN_PARTS[value] if isinstance(value, bool) else str(value)


def _brief(value: float) -> float:
    return round(value, _DIGITS)

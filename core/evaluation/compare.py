"""What moved between two reports, beyond what chance would do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pai_studio.core.evaluation.aggregate import gain_of, interval, resampled_means, single
from pai_studio.core.evaluation.metrics import METRICS, Metric
from pai_studio.core.evaluation.sets.base import BenchmarkSet
from pai_studio.core.shot.errors import BadInput

_FEWEST, _FEW = 2, 8


def require_same_set(
    earlier: Mapping[str, Any], found: BenchmarkSet, at_model: Mapping[str, Any] | None = None
) -> None:
    """Raise BadInput where the earlier report is of another set: a difference of means would tell of the sets.

    So it would of the sizes, where one was judged at a model's; `at_model` is what this report will say of it.
    """
    before, now = (
        (r[0], r[1]) for r in ((earlier.get("set"), earlier.get("type")), (found.name, found.kind))
    )
    if before != now:
        say = f"is of the set {before[0]} ({before[1]}), this one is of {now[0]} ({now[1]})"
        raise BadInput(say, where="--compare", hint="name a report of the same set")
    if earlier.get("at_model") != at_model:
        say, hint = (
            "was judged at another size",
            "name a report with the same --at-model, or without as this one",
        )
        raise BadInput(say, where="--compare", hint=hint)


def changes(report: Mapping[str, Any], earlier: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """The `changes` of a report against an earlier one.

    Clips of one name whose inputs are the same are compared pair by pair; where there are fewer than two of them the
    means are compared as of two different samples, and each entry says which it was. A metric has moved where the 95%
    interval of its difference keeps clear of 0, and the difference shows in the digits that are printed.
    Raises BadInput where the earlier report is none.
    """
    try:
        before, now = _clips(earlier), _clips(report)
        same = [name for name in now if name in before and now[name]["inputs"] == before[name]["inputs"]]
        paired = len(same) >= _FEWEST
        engines = [name for name in report["engines"] if name in earlier["engines"]]
        sides = _Sides(before, now, same if paired else None, seed)
        moved = [
            entry
            for engine in engines
            for metric in METRICS
            if (entry := sides.moved(engine, metric)) is not None
        ]
        return {
            "set": earlier["set"],
            "paired": paired,
            "note": "; ".join([_note(before, now, same, paired=paired), *_apart(report, earlier)]),
            "clips": {
                "came": [name for name in now if name not in before],
                "went": [name for name in before if name not in now],
                "changed": [name for name in now if name in before and name not in same],
            },
            "engines": {
                "came": [name for name in report["engines"] if name not in engines],
                "went": [name for name in earlier["engines"] if name not in engines],
                "versions": _versions(report, earlier),
            },
            "moved": moved,
        }
    except (KeyError, TypeError, AttributeError) as error:
        hint = "name the report.json of an earlier `pai-studio evaluate`"
        raise BadInput(f"is no benchmark report ({error!r})", where="--compare", hint=hint) from None


def _clips(report: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {clip["clip"]: clip for clip in report["per_clip"]}


@dataclass(frozen=True)
class _Sides:
    """The clips of both reports; `same` are those that can be compared pair by pair, None where that is nothing."""

    before: Mapping[str, Mapping[str, Any]]
    now: Mapping[str, Mapping[str, Any]]
    same: Sequence[str] | None
    seed: int

    def moved(self, engine: str, metric: Metric) -> dict[str, Any] | None:
        """How one metric of one engine has moved; None where it has not, or where nobody can tell."""
        old, new = self._values(engine, metric, self.before), self._values(engine, metric, self.now)
        if self.same is not None:
            both = [name for name in new if name in old]
            old, new = {name: old[name] for name in both}, {name: new[name] for name in both}
        if len(old) < _FEWEST or len(new) < _FEWEST:
            return None
        if self.same is not None:
            means = resampled_means([new[name] - old[name] for name in new], self.seed)
        else:
            means = resampled_means([*new.values()], self.seed) - resampled_means(
                [*old.values()], self.seed + 1
            )
        low, high = interval(means)
        first, last = float(np.mean([*old.values()])), float(np.mean([*new.values()]))
        difference = last - first
        if low <= 0 <= high or abs(difference) < 0.5 * 10**-metric.mean_digits:
            return None
        return {
            "engine": engine,
            "metric": metric.key,
            "before": round(first, 6),
            "after": round(last, 6),
            "difference": round(difference, 6),
            "ci95": [low, high],
            "n": len(new),
            "verdict": "better" if gain_of(metric)(difference) > 0 else "worse",
        }

    def _values(
        self, engine: str, metric: Metric, clips: Mapping[str, Mapping[str, Any]]
    ) -> dict[str, float]:
        names = clips if self.same is None else self.same
        found = {
            name: single(metric, clips[name]["engines"].get(engine, {}).get(metric.key)) for name in names
        }
        return {name: value for name, value in found.items() if value is not None}


def _versions(report: Mapping[str, Any], earlier: Mapping[str, Any]) -> dict[str, list[str]]:
    """Engines whose version has changed, `[before, now]`."""
    now, before = report["versions"]["engines"], earlier["versions"]["engines"]
    return {name: [before[name], now[name]] for name in now if name in before and before[name] != now[name]}


def _apart(report: Mapping[str, Any], earlier: Mapping[str, Any]) -> list[str]:
    """What else the two reports do not share, where that may move figures by itself, and whether chance may."""
    found = []
    if min(len(told["per_clip"]) for told in (earlier, report)) < _FEW:
        found.append(f"with fewer than {_FEW} clips chance alone keeps many an interval clear of 0")
    for key, name in (("size", "picture size"), ("seed", "seed")):
        then, now = (told.get(key) for told in (earlier, report))
        if then != now:
            found.append(f"{name} {_told(then)} then and {_told(now)} now")
    if earlier["versions"].get("code") != report["versions"].get("code"):
        found.append("the code that renders and measures has changed in between")
    return found


def _told(value: Any) -> str:
    return "x".join(map(str, value)) if isinstance(value, list) else "mixed" if value is None else str(value)


def _note(before: Mapping[str, Any], now: Mapping[str, Any], same: Sequence[str], *, paired: bool) -> str:
    if paired and len(same) == len(before) == len(now):
        return f"the same {len(same)} clips, compared clip by clip"
    if paired:
        counts = f"{len(before)} then and {len(now)} now"
        return f"compared clip by clip over the {len(same)} clips that are the same, of {counts}"
    which = "only one clip is the same" if same else "other clips"
    return f"{which}: the means are compared as of two samples, which tells less"

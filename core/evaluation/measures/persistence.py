"""Whether things that are there stay there: the truth's features, looked for in the result."""

from __future__ import annotations

import numpy as np

from pai_studio.core.evaluation.judged import Facts
from pai_studio.core.evaluation.measures.base import Measure, Metric, Value
from pai_studio.core.evaluation.measures.view import Flow, Mask, View
from pai_studio.core.motion.features import Key, agreed, keyed, sight
from pai_studio.core.motion.homography import Matrix, apply

_REACH = 0.02
"""How far, in picture widths, a feature may be from where the result's background as a whole puts it."""


class Persistence(Measure):
    """The share of the truth's tracked background features that are found again in the result at the same frame.

    A feature is a Shi-Tomasi corner of the truth's background that its own flow follows from the frame before. It is
    found where pyramidal Lucas-Kanade leads there and back again to the same place (0.7 px), the surroundings are alike
    (normalised correlation of 15x15 pixels above 0.6, so that exposure and tints do not matter), and it lies within 2%
    of the width of where the homography that most features agree on puts it: a background that is whole but displaced
    is the camera's fault, not a loss. `near` and `far` are the shares over the frames up to half, and beyond half, of
    the greatest distance to an anchor: what is made up decays with it.
    """

    metrics = (
        Metric(
            "persistence",
            "Persistence",
            unit="share",
            better="higher",
            digits=3,
            needs_truth=True,
            definition=(
                "share of the truth's tracked background features found again in the result at the same frame"
            ),
            source="own; Shi and Tomasi, 1994; Lucas and Kanade, 1981",
        ),
        Metric(
            "persistence_near",
            "Persistence near anchors",
            unit="share",
            better="higher",
            digits=3,
            needs_truth=True,
            definition="the same over the frames up to half the greatest distance to the nearest anchor",
            source="own",
        ),
        Metric(
            "persistence_far",
            "Persistence far from anchors",
            unit="share",
            better="higher",
            digits=3,
            needs_truth=True,
            definition="the same over the frames beyond half that distance",
            source="own",
        ),
    )

    def __init__(self, facts: Facts) -> None:
        self._anchors = sorted(facts.references)
        self._found: dict[int, tuple[int, int]] = {}
        self._guess: Matrix = np.eye(3)

    def add(self, view: View) -> None:
        """Take in one frame."""
        if view.ground_wanted is None or view.flow_wanted is None:
            return
        key = _tracked(keyed(view.ground_wanted, view.small_behind), view.flow_wanted)
        size = (view.ground_shown.shape[1], view.ground_shown.shape[0])
        seen = sight(key, view.ground_shown, np.ones(size[::-1], bool), self._guess)
        fit = agreed(key, seen, size)
        self._guess = np.eye(3) if fit is None else fit.matrix
        expected = apply(self._guess, key.points.astype(np.float64))
        near = np.linalg.norm(seen.landed - expected, axis=1) <= _REACH * size[0]
        self._found[view.number] = (int((seen.good & near).sum()), len(key.points))

    def values(self) -> dict[str, Value]:
        """None where the truth has no features; near and far also where every frame is as far."""
        distances = {
            number: min(abs(number - anchor) for anchor in self._anchors) if self._anchors else 0
            for number in self._found
        }
        half = max(distances.values(), default=0) / 2
        return {
            "persistence": self._share(list(distances)),
            "persistence_near": self._share([n for n, d in distances.items() if d <= half]) if half else None,
            "persistence_far": self._share([n for n, d in distances.items() if d > half]),
        }

    def _share(self, numbers: list[int]) -> float | None:
        found, asked = (sum(self._found[number][k] for number in numbers) for k in (0, 1))
        return found / asked if asked else None


def _tracked(key: Key, flow: Flow) -> Key:
    """The corners that the flow follows from the frame before."""
    at = np.rint(key.points).astype(np.int64)
    kept: Mask = flow.trusted[at[:, 1], at[:, 0]]
    return Key(key.gray, key.detail, key.points[kept])

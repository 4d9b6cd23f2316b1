"""What changes from frame to frame that should not: flicker of pixels and of regions, and jumps at window seams."""

from __future__ import annotations

import numpy as np

from pai_studio.core.evaluation.judged import Facts
from pai_studio.core.evaluation.measures.base import Measure, Metric, Value
from pai_studio.core.evaluation.measures.view import Flow, Mask, View
from pai_studio.core.media.frame import Array
from pai_studio.core.motion.flow import grid
from pai_studio.core.motion.resample import sample


class Flicker(Measure):
    """The warp error between neighbouring frames: `mean |x_t - W(x_{t-1})|` of sRGB values, less the truth's own.

    W brings the frame before to this one by DIS flow; only what the flow back bears out counts, so occlusions do not
    (Lai et al., 2018). Each is warped by its own flow, not both by the truth's: a background that stands still where it
    should move is the camera's fault and no flicker. Without a truth nothing is taken off.
    At the frames that begin a window of the engine, less the same at all other frames, it is the seams' difference.
    """

    metrics = (
        Metric(
            "flicker",
            "Flicker",
            unit="code value",
            better="zero",
            digits=4,
            needs_truth=False,
            definition=(
                "mean |x_t - W(x_{t-1})| of sRGB values, W by DIS flow where it is borne out both ways, less"
                " the truth's own"
            ),
            source="after Lai et al., 2018; Kroeger et al., 2016 (DIS)",
        ),
        Metric(
            "seam",
            "Window seams",
            unit="code value",
            better="zero",
            digits=4,
            needs_truth=False,
            definition=(
                "the same at the frames that begin a new window of the engine, less that of all other frames"
            ),
            source="own",
        ),
    )

    def __init__(self, facts: Facts) -> None:
        self._seams = set(facts.seams)
        self._found: dict[int, float] = {}

    def add(self, view: View) -> None:
        """Take in one frame."""
        before, flow, right = view.before, view.flow_shown, view.flow_wanted
        if before is None or flow is None:
            return
        error = _warp_error(view.small_shown, before.small_shown, flow, view.small_counted)
        if right is not None and view.small_wanted is not None and before.small_wanted is not None:
            own = _warp_error(view.small_wanted, before.small_wanted, right, view.small_counted)
            error = None if error is None or own is None else error - own
        if error is not None:
            self._found[view.number] = error

    def values(self) -> dict[str, Value]:
        """None without neighbouring frames; seams also without a seam among them, or nothing but seams."""
        seams = [error for number, error in self._found.items() if number in self._seams]
        others = [error for number, error in self._found.items() if number not in self._seams]
        return {
            "flicker": float(np.mean([*seams, *others])) if self._found else None,
            "seam": float(np.mean(seams) - np.mean(others)) if seams and others else None,
        }


def _warp_error(now: Array, before: Array, flow: Flow, counted: Mask) -> float | None:
    """The mean absolute difference where the flow is trusted; None where it is nowhere."""
    where = flow.trusted & counted
    if not where.any():
        return None
    brought = sample(before, flow.back + grid(np.eye(3), (now.shape[1], now.shape[0])))
    return float(np.abs(now[where] - brought[where]).mean(dtype=np.float64))


class RegionalFlicker(Measure):
    """Restless brightness of subject or background: `rms_t h(x_t)`, less the truth's own; of the two, the greater.

    x_t is the region's mean sRGB luma and h its high-pass `(2 x_t - x_{t-1} - x_{t+1}) / 4`, which is 1 at alternate
    frames and 0 for steady drift. It sees the whole breathe where single pixels hide it.
    """

    metrics = (
        Metric(
            "regional_flicker",
            "Regional flicker",
            unit="code value",
            better="zero",
            digits=4,
            needs_truth=False,
            definition=(
                "root mean square over time of (2 x_t - x_{t-1} - x_{t+1}) / 4, x the mean sRGB luma of "
                "the subject and of the background, less the truth's own; the greater of the two"
            ),
            source="own",
        ),
    )

    def __init__(self, facts: Facts) -> None:  # noqa: ARG002 - every measure is made alike
        self._result: list[dict[int, float]] = [{}, {}]
        self._truth: list[dict[int, float]] = [{}, {}]

    def add(self, view: View) -> None:
        """Take in one frame."""
        for region, where in enumerate((view.inside, view.behind)):
            if where.any():
                self._result[region][view.number] = float(view.shown_luma[where].mean(dtype=np.float64))
                if view.wanted_luma is not None:
                    self._truth[region][view.number] = float(view.wanted_luma[where].mean(dtype=np.float64))

    def values(self) -> dict[str, Value]:
        """None without three neighbouring frames."""
        found = []
        for result, truth in zip(self._result, self._truth, strict=True):
            restless, own = _restless(result), _restless(truth)
            if restless is not None:
                found.append(restless - (own or 0.0))
        return {"regional_flicker": max(found) if found else None}


def _restless(levels: dict[int, float]) -> float | None:
    """The root mean square of the high-passed levels, over the frames that have both neighbours."""
    inner = [n for n in levels if n - 1 in levels and n + 1 in levels]
    if not inner:
        return None
    return float(
        np.sqrt(np.mean([((2 * levels[n] - levels[n - 1] - levels[n + 1]) / 4) ** 2 for n in inner]))
    )

"""Which references serve a frame, and how far each is trusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

HORIZON_FRAMES = 96.0
"""Distance in time at which a reference is trusted half."""


@dataclass(frozen=True, slots=True)
class Service:
    """One reference's part in a frame: its index, its weight among the nearest, its distance in frames."""

    index: int
    weight: float
    distance_frames: float


def serving(anchors: Sequence[int], frame: float) -> list[Service]:
    """The references that serve `frame`, the heaviest first; anchors need no order.

    The nearest one on each side shares the weight 1 by nearness in time; at an anchor its own references alone
    have weight. All others follow with weight 0, the nearest first: they serve where the heavier ones see nothing.
    """
    before = max((a for a in anchors if a <= frame), default=None)
    after = min((a for a in anchors if a >= frame), default=None)
    left, right = (after, after) if before is None else (before, before if after is None else after)
    share = (
        (frame - left) / (right - left) if left is not None and right is not None and right > left else 0.0
    )
    weights = {left: 1.0 - share} | ({right: share} if right != left else {})
    at_anchor = {anchor: sum(a == anchor for a in anchors) for anchor in weights}
    found = [
        Service(index, weights.get(anchor, 0.0) / at_anchor.get(anchor, 1), abs(frame - anchor))
        for index, anchor in enumerate(anchors)
    ]
    return sorted(found, key=lambda s: (-s.weight, s.distance_frames, s.index))


def trust(distance_frames: float) -> float:
    """How far a reference is believed at a distance in time: 1 at its anchor, a half at `HORIZON_FRAMES`."""
    return 1.0 / (1.0 + (distance_frames / HORIZON_FRAMES) ** 2)


def nearest(anchors: Sequence[float], first: int, last: int, most: int) -> list[int]:
    """The at most `most` references nearest to the frames `first` to `last`, by index, in the shot's order.

    Those inside are at no distance; of equally near ones the earlier in the order is taken. With two or more, the
    nearest one on each side of the span's middle is among them: five stills just behind a window would else keep out
    the only one that tells what comes.

    Raises ValueError for a span that ends before it begins, and for fewer than one.
    """
    if last < first or most < 1:
        raise ValueError(f"no {most} references nearest to frames {first} to {last}")
    order = sorted(
        range(len(anchors)), key=lambda index: max(first - anchors[index], anchors[index] - last, 0)
    )
    if most == 1:
        return order[:1]
    early = next((index for index in order if 2 * anchors[index] <= first + last), None)
    late = next((index for index in order if 2 * anchors[index] >= first + last), None)
    kept = {index for index in (early, late) if index is not None}
    others = [index for index in order if index not in kept]
    return sorted([*kept, *others[: max(most - len(kept), 0)]])

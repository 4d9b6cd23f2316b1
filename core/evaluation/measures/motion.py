"""Whether the background moves as the plate's camera did: homographies by features, and dense flow."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from pai_studio.core.evaluation.judged import Facts, Matrix
from pai_studio.core.evaluation.measures.base import Measure, Metric, Value
from pai_studio.core.evaluation.measures.follow import Followed, Poses
from pai_studio.core.evaluation.measures.view import Mask, View
from pai_studio.core.media.frame import Array
from pai_studio.core.motion.features import Gray
from pai_studio.core.motion.homography import Size, corner_error

_STILL = 0.002
"""A camera that moves the corners by less than this share of the diagonal gives no ratio."""

_TEXTURE_STEPS = 3.0
_MOVING_PX, _STILL_PX = 0.5, 0.1
"""Reduced pixels a frame: the truth's direction is asked from the first on; below the second a result stands still."""

_CLEARANCE = 0.02
"""How far, in picture widths, flow is looked at from the subject, whose own flow spreads over its edge."""


class Camera(Measure):
    """The homography H_t from the nearest anchor to each frame, followed on the background, against the true one.

    `error = mean_c |H_out c - H_gt c| / diagonal` over the four corners c; anchors are the frames of the references, or
    the first frame. H_gt is followed on the truth's background and H_out on the result's, from the same corners, so
    that parallax, which no homography can follow, takes both alike; where the truth cannot be followed H_gt is the
    camera's own. A frame counts as found when it is joined to its anchor. One that is not, where the truth's was,
    counts as one that stood still: a background that falls apart between its anchors has no camera, and not a perfect
    one.

    Against the plate, whose motion was tracked on its screen: `ratio = ln(sum |H_out c - c| / sum |H_plate c - c|)` and
    the same corner error. A background that was only interpolated between references has an error here. The screen
    stands nearer than the background: of a camera that travels, a part of the error is parallax.
    """

    metrics = (
        Metric(
            "camera_error",
            "Camera error",
            unit="of the diagonal",
            better="lower",
            digits=4,
            needs_truth=True,
            definition=(
                "mean |H_out c - H_gt c| / diagonal over the four corners c, H the background's homography "
                "from the nearest anchor by features and RANSAC, averaged over the frames; where H_gt was found "
                "and H_out was not, H_out is that of a camera that stands still"
            ),
            source="own; Shi and Tomasi, 1994; Barath et al., 2020 (MAGSAC++)",
        ),
        Metric(
            "camera_found",
            "Camera found",
            unit="share",
            better="higher",
            digits=2,
            needs_truth=False,
            definition=(
                "share of the frames whose background's motion from the nearest anchor could be found in the"
                " result, of those where it is known"
            ),
            source="own",
        ),
        Metric(
            "motion_ratio",
            "Motion over the plate's",
            unit="ln",
            better="zero",
            digits=3,
            needs_truth=False,
            definition=(
                "ln(sum |H_out c - c| / sum |H_plate c - c|) over corners and frames; below 0 moves too "
                "little"
            ),
            source="own",
        ),
        Metric(
            "motion_residual",
            "Motion off the plate's",
            unit="of the diagonal",
            better="lower",
            digits=4,
            needs_truth=False,
            definition="mean |H_out c - H_plate c| / diagonal, H_plate as tracked on the screen",
            source="own",
        ),
    )

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._followed: Followed | None = None
        self._size: Size = (0, 0)
        self._numbers: list[int] = []

    def add(self, view: View) -> None:
        """Take in one frame."""
        if self._followed is None:
            self._size = (view.frame.matte.shape[1], view.frame.matte.shape[0])
            self._followed = Followed(self._size)
        self._numbers.append(view.number)
        grounds = (
            [view.ground_shown] if view.ground_wanted is None else [view.ground_wanted, view.ground_shown]
        )
        self._followed.add(view.number, grounds, view.small_behind)

    def values(self) -> dict[str, Value]:
        """None where nothing could be followed, or there is nothing to compare with."""
        if self._followed is None:
            return dict.fromkeys((metric.key for metric in self.metrics), None)
        pairs = self._pairs()
        motions = [_joined(poses, pairs) for poses in self._followed.poses]
        found, plate = motions[-1], _relative(self._facts.plate_camera or {}, pairs)
        seen = motions[0] if len(motions) > 1 else {}
        lost = {pair: np.eye(3) for pair in seen if pair not in found}
        true = _relative(self._facts.camera or {}, pairs) | seen
        asked = set(true) or set(pairs)
        return {
            "camera_error": self._error(found | lost, true),
            "camera_found": len(asked & set(found)) / len(asked) if asked else None,
            "motion_ratio": self._ratio(found, plate),
            "motion_residual": self._error(found, plate),
        }

    def _pairs(self) -> list[tuple[int, int]]:
        """Every frame with the anchor that it is measured from, anchors left out."""
        anchors = [f for f in sorted(self._facts.references) if f in self._numbers] or self._numbers[:1]
        nearest = [(min(anchors, key=lambda a: (abs(a - f), a)), f) for f in self._numbers]
        return [(anchor, frame) for anchor, frame in nearest if anchor != frame]

    def _error(
        self, found: Mapping[tuple[int, int], Matrix], right: Mapping[tuple[int, int], Matrix]
    ) -> float | None:
        both = [pair for pair in found if pair in right]
        diagonal = float(np.hypot(*self._size))
        return (
            float(np.mean([corner_error(found[p], right[p], self._size) for p in both])) / diagonal
            if both
            else None
        )

    def _ratio(
        self, found: Mapping[tuple[int, int], Matrix], plate: Mapping[tuple[int, int], Matrix]
    ) -> float | None:
        both = [pair for pair in found if pair in plate]
        still = np.eye(3)
        moved = sum(corner_error(found[p], still, self._size) for p in both)
        asked = sum(corner_error(plate[p], still, self._size) for p in both)
        least = _STILL * float(np.hypot(*self._size))
        if not both or asked < least * len(both):
            return None
        return float(np.log(max(moved, 1e-3 * asked) / asked))


def _joined(poses: Poses, pairs: list[tuple[int, int]]) -> dict[tuple[int, int], Matrix]:
    """What was followed of the motion between pairs of frames."""
    motions = {pair: poses.between(*pair) for pair in pairs}
    return {pair: motion for pair, motion in motions.items() if motion is not None}


def _relative(camera: Mapping[int, Matrix], pairs: list[tuple[int, int]]) -> dict[tuple[int, int], Matrix]:
    """The motion between pairs of frames, given each one's from a common frame."""
    known = [(anchor, frame) for anchor, frame in pairs if anchor in camera and frame in camera]
    return {(a, f): np.asarray(camera[f] @ np.linalg.inv(camera[a])) for a, f in known}


class FlowError(Measure):
    """Dense flow of the background between neighbouring frames against the truth's: its end points and its directions.

    `epe = mean |f_out - f_gt|` in pixels of the full picture; `cosine = sum |f_gt| cos(f_out, f_gt) / sum |f_gt|` where
    the truth moves by half a reduced pixel or more, 0 for what stands still. DIS flow (Kroeger et al., 2016), looked at
    where the truth has texture and its flow is borne out both ways; frames without a neighbour do not enter.
    """

    metrics = (
        Metric(
            "flow_epe",
            "Flow error",
            unit="px",
            better="lower",
            digits=2,
            needs_truth=True,
            definition=(
                "mean end-point error of the background's flow between neighbouring frames, DIS flow of the "
                "result against DIS flow of the truth, in pixels of the full picture"
            ),
            source="Kroeger et al., 2016 (DIS); Baker et al., 2011 (end-point error)",
        ),
        Metric(
            "flow_cosine",
            "Flow direction",
            unit="",
            better="higher",
            digits=3,
            needs_truth=True,
            definition="cosine between the two flows, weighted by the truth's speed",
            source="own",
        ),
    )

    def __init__(self, facts: Facts) -> None:  # noqa: ARG002 - every measure is made alike
        self._error, self._count = 0.0, 0
        self._along, self._speed = 0.0, 0.0

    def add(self, view: View) -> None:
        """Take in one frame."""
        out, right = view.flow_shown, view.flow_wanted
        if out is None or right is None or view.gray_wanted is None:
            return
        distance = cv2.distanceTransform(view.small_behind.astype(np.uint8), cv2.DIST_L2, 3)
        clear = np.asarray(distance) > _CLEARANCE * distance.shape[1]
        where = clear & right.trusted & _textured(view.gray_wanted)
        found, wanted = out.back[where], right.back[where]
        up = view.frame.matte.shape[1] / view.small_behind.shape[1]
        self._error += float(_length(found - wanted).sum(dtype=np.float64)) * up
        self._count += len(found)
        self._add_direction(found, wanted)

    def _add_direction(self, found: Array, wanted: Array) -> None:
        speed, other = _length(wanted), _length(found)
        cosine = np.where(
            other >= _STILL_PX, (found * wanted).sum(axis=1) / np.maximum(speed * other, 1e-6), 0
        )
        weight = np.where(speed >= _MOVING_PX, speed, 0)
        self._along += float(np.sum(weight * cosine, dtype=np.float64))
        self._speed += float(np.sum(weight, dtype=np.float64))

    def values(self) -> dict[str, Value]:
        """None without neighbours or texture; the direction also where nothing moves."""
        return {
            "flow_epe": self._error / self._count if self._count else None,
            "flow_cosine": self._along / self._speed if self._speed else None,
        }


def _length(vectors: Array) -> Array:
    return np.hypot(vectors[:, 0], vectors[:, 1])


def _textured(gray: Gray) -> Mask:
    """Where a picture has something to hold on to: 3 of 42 steps a stop of standard deviation in 9x9 pixels."""
    values = gray.astype(np.float32)
    mean, square = cv2.blur(values, (9, 9)), cv2.blur(values * values, (9, 9))
    return np.asarray(square - mean * mean > _TEXTURE_STEPS**2)

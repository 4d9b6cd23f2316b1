"""A camera's move in words: the sentences that prompts use, and which of them a track of the screen tells of.

A flat screen does not tell everything. It shows a turn from a way sideways by its keystone, and a hand by its shake; it
does not show whether a camera draws nearer or a lens grows longer, which `Told.also` says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from pai_studio.core.motion.homography import Matrix, Size, inverse
from pai_studio.core.motion.track import Stretch, Track

CAMERAS = {
    "static": "locked off",
    "pan": "a pan from a tripod",
    "tilt": "a tilt from a tripod",
    "roll": "a roll about the lens's axis",
    "zoom": "a zoom from a tripod",
    "dolly": "a dolly",
    "truck": "a truck sideways",
    "crane": "a crane that keeps its aim",
    "orbit": "an orbit around the subject",
    "dolly-zoom": "a dolly zoom that keeps the subject's size",
    "handheld": "hand-held",
    "gimbal": "a floating dolly with a slow pan",
}
"""What a prompt says of each kind of move: the words that models are trained with."""

_ALSO = {
    "zoom": "on a flat screen a dolly and a dolly zoom look the same",
    "gimbal": "on a flat screen steady hands look the same",
    "orbit": "a truck that keeps its aim looks the same",
}
_STILL = 0.003
"""Of the picture's width: what moves less is locked off."""

_SHAKEN, _SHAKEN_SHARE = 4e-4, 0.012
"""The root mean square of a shake, of the picture's width, over a track's own noise; and its least share of the way."""

_HELD, _HELD_SHARE, _STRAIGHT = 4.5e-3, 0.13, 0.4
"""The same from where on it is a hand's and no gimbal's, and how straight a way must be that a gimbal goes."""

_SLOW_HZ = 0.35
"""A move on rails or a tripod is smooth below this; a hand is not."""

_NEAR_FOCAL, _FAR_FOCAL = 0.6, 3.6
"""Focal lengths in picture widths between which a keystone is that of a turn from a tripod: 21 to 130 mm."""

_LEAST_SHARE = 0.5
"""Of the shot: where less is known, no word is given."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Told:
    """A kind of move, its sentence, and what looks the same from where it was seen."""

    kind: str
    sentence: str
    also: str = ""


def tell(track: Track, frames: Sequence[int], size: Size, rate: Fraction) -> Told | None:
    """How the camera moved, by the longest stretch of a track in plate pixels; None where too little is known."""
    if not track.stretches:
        return None
    stretch = max(track.stretches, key=lambda one: one.frames[-1] - one.frames[0])
    known = stretch.frames[-1] - stretch.frames[0]
    if len(stretch.frames) < 6 or known < _LEAST_SHARE * (frames[-1] - frames[0]):
        return None
    kind = _kind(stretch, size, float(rate))
    return Told(kind, CAMERAS[kind], _ALSO.get(kind, ""))


def _kind(stretch: Stretch, size: Size, rate: float) -> str:
    moves = [_unit(pose @ inverse(stretch.poses[0]), size) for pose in stretch.poses]
    ways = np.array([_ways(move) for move in moves])
    if np.abs(ways - ways.mean(axis=0)).max() < _STILL:
        return "static"
    seconds = (np.array(stretch.frames) - stretch.frames[0]) / rate
    smooth = _smooth(seconds, ways)
    shake = float(np.sqrt(((ways - smooth) ** 2).sum(axis=1).mean()))
    spans = np.ptp(smooth, axis=0)
    if shake > _SHAKEN and shake > _SHAKEN_SHARE * spans.max():
        is_held = (
            max(shake / _HELD, shake / spans.max() / _HELD_SHARE) > 1 or _straightness(smooth) < _STRAIGHT
        )
        return "handheld" if is_held else "gimbal"
    most = int(spans.argmax())
    if most >= 2:
        return ("zoom", "roll")[most - 2]
    low, high = int(smooth[:, most].argmin()), int(smooth[:, most].argmax())
    return _turn_or_way(moves[high] @ inverse(moves[low]), most)


def _unit(move: Matrix, size: Size) -> Matrix:
    """The same homography in picture widths around the picture's middle."""
    scale = np.array([[size[0], 0, (size[0] - 1) / 2], [0, size[0], (size[1] - 1) / 2], [0, 0, 1.0]])
    moved = inverse(scale) @ move @ scale
    return np.asarray(moved / moved[2, 2])


def _ways(move: Matrix) -> Floats:
    """How far the middle goes right and down, and how far zoom and roll take the picture's edge, in widths."""
    shift = move[:2, 2]
    turn = move[:2, :2] - np.outer(shift, move[2, :2])
    grown = np.log(max(float(np.linalg.det(turn)), 1e-9)) / 2
    rolled = np.arctan2(turn[1, 0] - turn[0, 1], turn[0, 0] + turn[1, 1])
    return np.array([*shift, grown / 2, rolled / 2])


def _smooth(seconds: Floats, ways: Floats) -> Floats:
    """What of some ways (n, 4) is slow: a cubic and the cosines below the frequency that parts rails from hands."""
    time = seconds / seconds[-1]
    waves = range(1, int(2 * _SLOW_HZ * seconds[-1]) + 1)
    basis = np.stack([time**k for k in range(4)] + [np.cos(np.pi * k * time) for k in waves], axis=1)
    return np.asarray(basis @ np.linalg.lstsq(basis, ways, rcond=None)[0])


def _straightness(ways: Floats) -> float:
    """The share 0..1 of its whole path by which the middle of the picture has got away from where it began."""
    path = np.linalg.norm(np.diff(ways[:, :2], axis=0), axis=1).sum()
    return float(np.linalg.norm(ways[-1, :2] - ways[0, :2]) / max(path, 1e-9))


def _turn_or_way(move: Matrix, axis: int) -> str:
    """A turn on the spot, or a way of the camera: by the focal length that its keystone would mean."""
    move = move / move[2, 2]
    shift, keystone = float(move[axis, 2]), float(move[2, axis])
    squared = -shift / keystone if keystone else np.inf
    if _NEAR_FOCAL**2 <= squared <= _FAR_FOCAL**2:
        return ("pan", "tilt")[axis]
    if 0 < squared < _NEAR_FOCAL**2:
        return ("orbit", "crane")[axis]
    return ("truck", "crane")[axis]

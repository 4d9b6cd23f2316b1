"""How a camera moves through a shot: kinds of move, each drawn from a seed.

A lens is drawn before the place is built, which has to be detailed enough for it; the move is drawn after, since it is
framed on where the subject stands. Focal lengths are in picture widths: 36 mm of a full frame are 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from pai_studio.core.synth.camera import Camera, Matrix, looking, turned

_FULL_FRAME_MM = 36.0
_EYE_M = 1.38
_TALL_M = 1.8
ROTATIONS = ("static", "pan", "tilt", "roll", "zoom")
"""The kinds that keep the camera's position to the last bit, so that a panorama can be their place."""


@dataclass(frozen=True)
class Lens:
    """Focal lengths over the picture's width, at the beginning and at the end of the shot."""

    first: float
    last: float

    @property
    def longest(self) -> float:
        """What a place has to be detailed enough for."""
        return max(self.first, self.last)

    @property
    def millimetres(self) -> tuple[int, int]:
        """As on a full-frame camera, 36 mm wide."""
        return round(self.first * _FULL_FRAME_MM), round(self.last * _FULL_FRAME_MM)


@dataclass(frozen=True)
class CameraMove:
    """One move; every part of it is a smooth function of the shot's share 0..1."""

    kind: str
    lens: Lens
    start: Matrix
    travel: Matrix
    angles: Matrix
    """(2, 3): yaw, pitch and roll in degrees at the beginning and at the end, on top of `target`."""

    seconds: float
    target: Matrix | None = None
    """A point that stays in view where it was."""

    pivot: Matrix | None = None
    """A point whose vertical axis the camera circles by `arc_deg`, `start` being the arc's middle."""

    arc_deg: float = 0.0
    held: Matrix | None = None
    """A point that the camera draws near to or away from as the lens widens, so that its size stays."""

    tremor: Matrix = field(default_factory=lambda: np.zeros((6, 4, 2)))
    """(6, 4, 2): for three positions and three angles, four waves of (frequency_hz, phase)."""

    shake: float = 0.0

    def at(self, share: float, size: tuple[int, int]) -> Camera:
        """The camera at `share` of the shot, for pictures of `size` (width, height)."""
        ease = share * share * (3 - 2 * share) * 0.6 + share * 0.4
        focal = self.lens.first * (self.lens.last / self.lens.first) ** ease
        wobble = self._wobble(share * self.seconds)
        position = self._path(ease, focal) + wobble[:3] * 0.006
        steady = min(1.0, 1.2 / focal)  # nobody holds a long lens as loosely as a short one
        angles = self.angles[0] + (self.angles[1] - self.angles[0]) * ease
        angles = angles + wobble[3:] * np.array([0.16, 0.16, 0.08]) * steady
        if self.target is not None:
            angles[:2] += looking(position, self.target)
        width, height = size
        f = focal * width
        intrinsics = np.array([[f, 0, (width - 1) / 2], [0, f, (height - 1) / 2], [0, 0, 1.0]])
        return Camera(intrinsics, turned(*angles), position, size)

    def _path(self, ease: float, focal: float) -> Matrix:
        if self.held is not None:
            return np.asarray(self.held + (self.start - self.held) * (focal / self.lens.first))
        if self.pivot is None:
            return np.asarray(self.start + self.travel * ease)
        a = np.radians(self.arc_deg) * (ease - 0.5)
        turn = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
        return np.asarray(self.pivot + turn @ (self.start - self.pivot))

    def _wobble(self, time_s: float) -> Matrix:
        weights = np.array([1.0, 0.6, 0.35, 0.2])
        waves = np.sin(2 * np.pi * (self.tremor[..., 0] * time_s + self.tremor[..., 1]))
        return np.asarray(waves @ weights * self.shake)


@dataclass(frozen=True)
class _Shot:
    """What a kind of move is drawn from; `view_m` is the (width, height) seen where the subject stands."""

    rng: np.random.Generator
    lens: Lens
    seconds: float
    stand: Matrix
    view_m: Matrix
    base: CameraMove
    side: float

    def amount(self, per_s: tuple[float, float], least: float, most: float) -> float:
        """A length or angle that grows with the shot's time at a drawn speed, within bounds."""
        return float(np.clip(self.rng.uniform(*per_s) * self.seconds, least, max(least, most)))

    def along(self, travel: Matrix) -> CameraMove:
        """On rails, halfway at the base's place."""
        return replace(self.base, start=self.base.start - travel / 2, travel=travel)

    def swung(self, axis: int, degrees: float) -> CameraMove:
        """Turned about a still point by `degrees` in all, halfway at the base's framing."""
        angles = self.base.angles.copy()
        angles[:, axis] += np.array([-0.5, 0.5]) * degrees * self.side
        return replace(self.base, angles=angles)


def draw_kind(rng: np.random.Generator, kinds: tuple[str, ...] | None = None) -> str:
    """One of `kinds` (of all of `KINDS` by default)."""
    return str(rng.choice(kinds or KINDS))


def draw_lens(rng: np.random.Generator, kind: str, seconds: float) -> Lens:
    """A lens for a kind of move: about 24 to 85 mm, wide or longer, and a second focal length where it zooms.

    Raises KeyError for a kind that is not in `KINDS`.
    """
    _MOVES[kind]
    if kind == "gimbal":
        focal = float(rng.uniform(1.04, 1.14))
        return Lens(focal, focal)
    low, high = ((24, 40), (40, 58), (58, 85))[int(rng.choice(3, p=(0.5, 0.28, 0.22)))]
    focal = float(rng.uniform(low, high)) / _FULL_FRAME_MM
    if kind not in ("zoom", "dolly-zoom"):
        return Lens(focal, focal)
    most = 1.9 if kind == "zoom" else 1.3
    ratio = float(np.clip(np.exp(rng.uniform(0.25, 0.5) * seconds), 1.14, most))
    wide = min(focal, 85 / _FULL_FRAME_MM / ratio)
    ends = (wide, wide * ratio)
    return Lens(*(ends if rng.random() < 0.6 else ends[::-1]))


def make_move(
    rng: np.random.Generator, kind: str, lens: Lens, *, seconds: float, stand: Matrix, aspect: float
) -> CameraMove:
    """A camera move of `kind` near (0, 0, 1.4), framed on a person who stands at `stand` (3,), 5 to 7 m ahead.

    `aspect` is the picture's width over its height. How far it goes grows with `seconds`, at speeds that a crew would
    use. Raises KeyError for a kind that is not in `KINDS`.
    """
    side = float(rng.choice([-1.0, 1.0]))
    view = float(stand[1]) / lens.first * np.array([1.0, 1 / aspect])
    start = np.array([rng.uniform(-0.15, 0.15), rng.uniform(-0.1, 0.1), _EYE_M + rng.uniform(-0.1, 0.12)])
    aim = _framed(rng, stand, float(view[0]), float(stand[1]) / lens.longest / aspect)
    angles = np.zeros((2, 3))
    angles[:, :2] = looking(start, aim)
    base = CameraMove(kind, lens, start, np.zeros(3), angles, seconds)
    return _MOVES[kind](_Shot(rng, lens, seconds, stand, view, base, side))


def _framed(rng: np.random.Generator, stand: Matrix, width_m: float, height_m: float) -> Matrix:
    """The point to aim at: the whole person where the view is high enough, else down from the head; off centre."""
    off = min(abs(float(stand[0])), 0.2 * width_m) * rng.uniform(0.5, 1)
    if height_m > 2.2:
        z = min(float(rng.uniform(0.9, 1.3)), height_m / 2 - 0.12)
    else:
        z = _TALL_M + height_m * (rng.uniform(0.07, 0.13) - 0.5)
    return np.array([stand[0] - np.sign(stand[0]) * off, stand[1], z])


def _gimbal(shot: _Shot) -> CameraMove:
    """A dolly and pan with a hand's tremor."""
    rng, side = shot.rng, shot.side
    travel = np.array([side * rng.uniform(0.18, 0.38), rng.uniform(0.1, 0.5), rng.uniform(-0.05, 0.08)])
    yaw, pitch = side * rng.uniform(1.6, 3.2), rng.uniform(-2.2, -1.2)
    first = (yaw, pitch - rng.uniform(-0.7, 0.7), 0)
    angles = np.array([first, (-yaw * rng.uniform(0.5, 0.9), pitch, 0)])
    start = np.array([0.0, 0.0, _EYE_M]) - travel / 2
    moved = replace(shot.base, start=start, travel=travel, angles=angles)
    return _trembling(moved, rng, rng.uniform(0.6, 1.2))


def _handheld(shot: _Shot) -> CameraMove:
    drift = shot.rng.uniform((-0.12, -0.1, -0.04), (0.12, 0.25, 0.04))
    return _trembling(shot.along(drift), shot.rng, shot.rng.uniform(2.0, 3.6))


def _trembling(move: CameraMove, rng: np.random.Generator, shake: float) -> CameraMove:
    bands = ((0.25, 0.5), (0.7, 1.1), (1.4, 2.0), (2.4, 3.4))
    frequencies = np.stack([rng.uniform(a, b, 6) for a, b in bands], axis=1)
    tremor = np.stack([frequencies, rng.uniform(0, 1, (6, 4))], axis=-1)
    return replace(move, tremor=tremor, shake=float(shake))


def _pan(shot: _Shot) -> CameraMove:
    width = 2 * np.degrees(np.arctan(0.5 / shot.lens.first))
    return shot.swung(0, shot.amount((0.14, 0.30), 0.10, 0.45) * width)


def _tilt(shot: _Shot) -> CameraMove:
    height = 2 * np.degrees(np.arctan(0.5 / shot.lens.first * shot.view_m[1] / shot.view_m[0]))
    return shot.swung(1, shot.amount((0.16, 0.32), 0.12, 0.40) * height)


def _roll(shot: _Shot) -> CameraMove:
    return shot.swung(2, shot.amount((5, 10), 4, 16))


def _dolly(shot: _Shot) -> CameraMove:
    return shot.along(np.array([0, shot.side * shot.amount((0.4, 0.9), 0.35, 1.8), 0]))


def _truck(shot: _Shot) -> CameraMove:
    most = min(1.8, 0.4 * float(shot.view_m[0]))
    return shot.along(np.array([shot.side * shot.amount((0.35, 0.8), 0.3, most), 0, 0]))


def _crane(shot: _Shot) -> CameraMove:
    rise = shot.side * shot.amount((0.35, 0.8), 0.35, 1.7)
    moved = shot.along(np.array([0, 0, rise]))
    ahead = shot.base.start + turned(*shot.base.angles[0])[2] * float(shot.stand[1])
    return replace(moved, target=ahead, angles=np.zeros((2, 3)))


def _orbit(shot: _Shot) -> CameraMove:
    arc = shot.side * shot.amount((6, 12), 4.5, 22)
    pivot = np.array([*shot.stand[:2], shot.base.start[2]])
    # The subject keeps its place in the picture: the base's angles, less what looking at it takes.
    angles = shot.base.angles.copy()
    angles[:, :2] -= looking(shot.base.start, pivot)
    return replace(shot.base, pivot=pivot, arc_deg=arc, target=pivot, angles=angles)


def _dolly_zoom(shot: _Shot) -> CameraMove:
    ratio = shot.lens.last / shot.lens.first
    held = np.array([*shot.stand[:2], shot.base.start[2]])
    middle = shot.base.start - held
    return replace(shot.base, held=held, start=held + middle * 2 / (1 + ratio))


_MOVES: Mapping[str, Callable[[_Shot], CameraMove]] = {
    "static": lambda shot: shot.base,
    "pan": _pan,
    "tilt": _tilt,
    "roll": _roll,
    "zoom": lambda shot: shot.base,
    "dolly": _dolly,
    "truck": _truck,
    "crane": _crane,
    "orbit": _orbit,
    "dolly-zoom": _dolly_zoom,
    "handheld": _handheld,
    "gimbal": _gimbal,
}
KINDS = tuple(_MOVES)
"""What `make_move` knows by name."""

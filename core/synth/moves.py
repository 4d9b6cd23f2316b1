"""How a camera moves through a shot: kinds of move, each drawn from a seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pai_studio.core.synth.camera import Camera, Matrix, turned

KINDS = ("dolly",)
"""What `make_move` knows by name."""


@dataclass(frozen=True)
class CameraMove:
    """A dolly and pan with a hand's tremor; every part is a smooth function of the shot's share 0..1."""

    start: Matrix
    travel: Matrix
    angles: Matrix
    """(2, 2): yaw and pitch in degrees at the beginning and at the end."""

    focal: float
    """Focal length over the picture's width."""

    tremor: Matrix
    """(6, 4, 2): for three positions and three angles, four waves of (frequency_hz, phase)."""

    shake: float
    seconds: float

    def at(self, share: float, size: tuple[int, int]) -> Camera:
        """The camera at `share` of the shot, for pictures of `size` (width, height)."""
        ease = share * share * (3 - 2 * share) * 0.6 + share * 0.4
        wobble = self._wobble(share * self.seconds)
        position = self.start + self.travel * ease + wobble[:3] * 0.006
        yaw, pitch = self.angles[0] + (self.angles[1] - self.angles[0]) * ease + wobble[3:5] * 0.16
        turn = turned(yaw, pitch, wobble[5] * 0.08)
        width, height = size
        f = self.focal * width
        intrinsics = np.array([[f, 0, (width - 1) / 2], [0, f, (height - 1) / 2], [0, 0, 1.0]])
        return Camera(intrinsics, turn, position, size)

    def _wobble(self, time_s: float) -> Matrix:
        weights = np.array([1.0, 0.6, 0.35, 0.2])
        waves = np.sin(2 * np.pi * (self.tremor[..., 0] * time_s + self.tremor[..., 1]))
        return np.asarray(waves @ weights * self.shake)


def make_move(
    rng: np.random.Generator, seconds: float, eye: tuple[float, float, float], kind: str | None = None
) -> CameraMove:
    """A camera move of a kind (a random one where none is named), starting near `eye` and looking along +y."""
    del kind
    side = rng.choice([-1.0, 1.0])
    travel = np.array([side * rng.uniform(0.18, 0.38), rng.uniform(0.1, 0.5), rng.uniform(-0.05, 0.08)])
    start = np.array(eye) - travel * [0.5, 0.5, 0.5]
    yaw = side * rng.uniform(1.6, 3.2)
    pitch = rng.uniform(-2.2, -1.2)
    angles = np.array([[yaw, pitch - rng.uniform(-0.7, 0.7)], [-yaw * rng.uniform(0.5, 0.9), pitch]])
    frequencies = np.stack(
        [rng.uniform(a, b, 6) for a, b in ((0.25, 0.5), (0.7, 1.1), (1.4, 2.0), (2.4, 3.4))], axis=1
    )
    tremor = np.stack([frequencies, rng.uniform(0, 1, (6, 4))], axis=-1)
    return CameraMove(start, travel, angles, rng.uniform(1.04, 1.14), tremor, rng.uniform(0.6, 1.2), seconds)

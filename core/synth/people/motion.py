"""How a person moves: where they stand or walk, and what their arms do meanwhile, as bones' transforms.

A motion is made of two parts that know nothing of each other: a footing (walking, standing, turning around, dancing),
which moves the body with feet that stay where they are planted, and gestures, which lay the arms over it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.camera import Matrix
from pai_studio.core.synth.people.gestures import Gesture, relaxed
from pai_studio.core.synth.people.skeleton import Build, Foot, Posture, bones_of, rotation, settled

FOOTINGS = ("walk", "stand", "turn", "dance")

_BALL_Y, _HEEL_Y = -0.105, 0.055
"""Where a foot rolls, ahead of and behind its ankle's own y."""


@dataclass(frozen=True)
class Motion:
    """A person's play in a shot. At share 0.5 they are at `middle`, facing `heading_deg` (0 faces the camera, positive
    turns to their own left)."""

    footing: str
    gesture: Gesture
    build: Build
    middle: Matrix
    heading_deg: float
    seconds: float
    phase: float
    pace: float
    """Walking: metres a second. Turning: turns in the shot (signed). Dancing and standing: beats a second."""

    def bones(self, share: float) -> Array:
        """The bones' world transforms (BONES, 3, 4) of rest points, at `share` of the shot."""
        time = share * self.seconds
        make = {"walk": self._walk, "stand": self._stand, "turn": self._turn, "dance": self._dance}
        posture, turn_deg = make[self.footing](time)
        posture = self.gesture.over(posture, time, self.build)
        whole = self._placed(turn_deg)
        return (whole @ bones_of(settled(posture, self.build), self.build))[:, :3].astype(np.float32)

    def _placed(self, turn_deg: float) -> Matrix:
        place = np.eye(4)
        place[:3, :3] = rotation("z", self.heading_deg + turn_deg) * self.build.scale
        place[:3, 3] = self.middle
        return place

    @property
    def stride_m(self) -> float:
        """One step's length of a person of 1.74 m: longer when faster."""
        return 0.40 + 0.22 * min(self.pace / self.build.scale, 1.3)

    def _walk(self, time: float) -> tuple[Posture, float]:
        """A walk along the heading whose planted foot rolls from the heel over the ball, and does not slide."""
        stride = self.stride_m
        gone = self.pace / self.build.scale * (time - 0.5 * self.seconds)
        cycle = gone / (2 * stride) + self.phase
        start = self.phase * 2 * stride
        wave = 2 * np.pi * cycle
        feet = {side: _step(side, cycle, stride, start, self.build) for side in (1, -1)}
        height = 0.925 + 0.014 * np.cos(2 * wave + 0.4)
        sway = 0.018 * np.sin(wave + 0.6)
        arms = {
            side: relaxed(side, -20 * np.sin(wave) * side, 24 + 8 * np.sin(wave * side)) for side in (1, -1)
        }
        posture = Posture(
            np.array([sway, -gone, height]),
            (6 * np.sin(wave), 2.0, 1.6 * np.sin(wave)),
            (-11 * np.sin(wave), 2.0, -1.2 * np.sin(wave)),
            (5 * np.sin(wave) + 9 * np.sin(0.9 * time + 7 * self.phase), -2 + 2 * np.sin(wave * 2), 0.0),
            arms,
            feet,
        )
        return posture, 0.0

    def _stand(self, time: float) -> tuple[Posture, float]:
        """Planted feet, the weight going from one leg to the other, a breath, a wandering look."""
        slow = 2 * np.pi * self.pace
        lean = np.sin(slow * time + 6.28 * self.phase) + 0.35 * np.sin(2.3 * slow * time + 11 * self.phase)
        breath = np.sin(2 * np.pi * 0.27 * time + self.phase)
        look = 11 * np.sin(1.1 * time + 9 * self.phase) + 5 * np.sin(2.9 * time + 3 * self.phase)
        feet = {side: _planted(side, self.build, 0.012, 9.0) for side in (1, -1)}
        arms = {side: relaxed(side, 2 * lean * side, 14 + 2 * breath) for side in (1, -1)}
        posture = Posture(
            np.array([0.045 * lean, 0.008 * np.sin(0.7 * slow * time), 0.945 - 0.012 * lean * lean]),
            (3 * lean, 1.0, -3.4 * lean),
            (4 * np.sin(0.8 * time + 5 * self.phase), 1.5 + 0.8 * breath, 2.6 * lean),
            (look, 1 + 3 * np.sin(1.7 * time + self.phase), -1.5 * lean),
            arms,
            feet,
        )
        return posture, 0.0

    def _turn(self, time: float) -> tuple[Posture, float]:
        """A turn around on the spot, in steps: each foot stands until it is lifted to its next place."""
        share = time / self.seconds
        whole = 360 * self.pace
        steps = 2 * round(float(np.clip(abs(whole) / 45, 2, max(2.0, 2.4 * self.seconds))))
        facing = whole * (share - 0.5)
        feet = {}
        for side in (1, -1):
            turned, lift = _stepped(share * steps, int(side * self.pace < 0))
            at = whole * (turned / steps - 0.5)
            feet[side] = _turned_foot(side, self.build, at - facing, 0.055 * lift)
        beat = np.cos(2 * np.pi * share * steps / 2)
        arms = {side: relaxed(side, 9 * beat * side, 22, 16 + 3 * beat * side) for side in (1, -1)}
        posture = Posture(
            np.array([0.022 * beat, 0.0, 0.925]),
            (0.0, 1.5, -2.0 * beat),
            (5 * np.sign(whole), 1.5, 1.6 * beat),
            (14 * np.sign(whole) * (1 - 0.5 * share), 0.0, 0.0),
            arms,
            feet,
        )
        return posture, facing

    def _dance(self, time: float) -> tuple[Posture, float]:
        """Hips and knees to a beat over planted feet."""
        beat = 2 * np.pi * (self.pace * time + self.phase)
        feet = {side: _planted(side, self.build, 0.075, 16.0) for side in (1, -1)}
        sway = np.sin(beat)
        arms = {side: relaxed(side, 12 * sway * side, 46, 24) for side in (1, -1)}
        posture = Posture(
            np.array([0.070 * sway, 0.025 * np.cos(2 * beat), 0.905 - 0.020 * np.cos(2 * beat)]),
            (10 * np.sin(beat + 0.5), 3.0, -7 * sway),
            (-13 * np.sin(beat + 0.2), 2 + 2 * np.cos(2 * beat), 8 * sway),
            (10 * np.sin(0.5 * beat), 2 * np.cos(2 * beat), 5 * np.sin(beat - 0.5)),
            arms,
            feet,
            knees_deg=8.0,
        )
        return posture, 0.0


def _smooth(x: float) -> float:
    x = float(np.clip(x, 0, 1))
    return x * x * x * (x * (6 * x - 15) + 10)


def _rolled(ankle: Matrix, pitch_deg: float, pivot_y: float) -> Matrix:
    """Where the ankle goes when the foot turns by `pitch_deg` about a line of its sole."""
    arm = np.array([0, -pivot_y, ankle[2]])
    return np.asarray(ankle + rotation("x", pitch_deg) @ arm - arm)


def _step(side: int, cycle: float, stride: float, start: float, build: Build) -> Foot:
    phase = cycle + (0 if side > 0 else 0.5)
    number = float(np.floor(phase))
    within = phase - number
    stance = 0.61
    planted = 2 * stride * (number + stance / 2) - (0 if side > 0 else stride) - start
    swing = max(0.0, (within - stance) / (1 - stance))
    # It is lifted a little before it goes ahead.
    ahead = planted + 2 * stride * _smooth((swing - 0.05) / 0.95)
    rest = build.joint("ankle", side)
    ankle = np.array([rest[0] * 0.88, rest[1] - ahead, rest[2]])
    heel_off, strike = 30.0, -13.0
    if within < 0.09:
        pitch = strike * (1 - _smooth(within / 0.09))
        return Foot(_rolled(ankle, pitch, _HEEL_Y), 5.0, pitch)
    if within < stance:
        pitch = heel_off * _smooth((within - 0.36) / (stance - 0.36) * 0.80) / _smooth(0.80)
        return Foot(_rolled(ankle, pitch, _BALL_Y), 5.0, pitch)
    pitch = heel_off + (strike - heel_off) * _smooth(swing)
    ankle = _rolled(ankle, pitch, _BALL_Y if pitch > 0 else _HEEL_Y)
    ankle = ankle + np.array([0, 0, 0.055 * np.sin(np.pi * swing) ** 1.3])
    return Foot(ankle, 5.0, pitch)


def _planted(side: int, build: Build, apart_m: float, yaw_deg: float) -> Foot:
    rest = build.joint("ankle", side)
    return Foot(np.array([rest[0] + side * apart_m, rest[1], rest[2]]), yaw_deg)


def _stepped(progress: float, offset: int) -> tuple[float, float]:
    """How far a foot that moves in every second step has come, and how high it is lifted (0..1)."""
    pair = np.floor((progress - offset) / 2)
    within = float(np.clip(progress - offset - 2 * pair, 0, 1))
    return float(2 * pair + 2 * _smooth(within) + offset), float(np.sin(np.pi * within) ** 2)


def _turned_foot(side: int, build: Build, yaw_deg: float, lift: float) -> Foot:
    """A foot of the standing place turned by `yaw_deg` about the body's middle."""
    foot = _planted(side, build, 0.02, 8.0)
    at = rotation("z", yaw_deg) @ foot.ankle + np.array([0, 0, lift])
    return replace(foot, ankle=at, yaw_deg=foot.yaw_deg + side * yaw_deg)

"""The bones: where joints lie in the rest pose of a build, and how limbs are made to reach.

Metres; z up, facing -y, arms held away from the body. Joints are those of a person of 1.74 m; `Build.scale` makes the
whole person smaller or larger.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from pai_studio.core.synth.camera import Matrix

PELVIS, CHEST, HEAD, UPPER_ARM, FOREARM, HAND, THIGH, SHIN, FOOT = 0, 1, 2, 3, 5, 7, 9, 11, 13
"""Bones; of the limbs the left one (the person's own left, +x), the right one is the next number."""

BONES = 15

REACH = 0.985
"""The share of a limb's length up to which it reaches a goal exactly."""

_REST = {
    "pelvis": (0, 0, 0.95), "waist": (0, 0, 1.08), "neck": (0, 0.012, 1.46),
    "shoulder": (0.172, 0.004, 1.395), "elbow": (0.36, 0.014, 1.185), "wrist": (0.535, -0.016, 1.01),
    "hip": (0.085, 0, 0.92), "knee": (0.098, -0.012, 0.50),
    "ankle": (0.104, 0.020, 0.085), "toe": (0.118, -0.135, 0.035),
}  # fmt: skip
_MIRROR = np.array([-1.0, 1, 1])


@dataclass(frozen=True)
class Build:
    """What a body is like: its size over 1.74 m, and factors of about 1 (bust and belly 0..1)."""

    scale: float = 1.0
    shoulders: float = 1.0
    hips: float = 1.0
    mass: float = 1.0
    """How thick trunk and limbs are."""

    head: float = 1.0
    bust: float = 0.0
    belly: float = 0.0

    def joint(self, name: str, side: int = 1) -> Matrix:
        """A joint's rest position; `side` 1 is the person's left (+x), -1 the right."""
        at = np.array(_REST[name], float)
        if name in ("shoulder", "elbow", "wrist"):
            at[0] += 0.172 * (self.shoulders - 1)
        if name in ("hip", "knee", "ankle", "toe"):
            at[0] += 0.085 * (self.hips - 1) * (1.0 if name == "hip" else 0.6)
        return np.asarray(at * (_MIRROR if side < 0 else 1))


def rotation(axis: str, degrees: float) -> Matrix:
    """The turn about x, y or z by `degrees`, right-handed."""
    a = np.radians(degrees)
    c, s = np.cos(a), np.sin(a)
    return {
        "x": np.array([[1, 0, 0], [0, c, -s], [0, s, c]]),
        "y": np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]),
        "z": np.array([[c, -s, 0], [s, c, 0], [0, 0, 1.0]]),
    }[axis]


def about(turn: Matrix, rest: Matrix, now: Matrix) -> Matrix:
    """The (4, 4) transform that turns about the rest point and puts it at `now`."""
    out = np.eye(4)
    out[:3, :3] = turn
    out[:3, 3] = now - turn @ rest
    return out


def apply(move: Matrix, point: Matrix) -> Matrix:
    """A point (3,) under a (4, 4) transform."""
    return np.asarray(move[:3, :3] @ point + move[:3, 3])


def unit(vector: Matrix) -> Matrix:
    """The vector at length 1."""
    return np.asarray(vector / np.sqrt(float(vector @ vector)))


def aligned(rest_axis: Matrix, now_axis: Matrix, carrier: Matrix, rest: Matrix, now: Matrix) -> Matrix:
    """Turn a bone from its rest direction to a new one by the shortest way, as its carrier turns.

    The turn that takes unit a to unit b is I + [v] + [v]^2 / (1 + a.b) with v = a x b (Rodrigues' formula).
    """
    a, b = carrier @ unit(rest_axis), unit(now_axis)
    (ax, ay, az), (bx, by, bz), dot = a.tolist(), b.tolist(), float(a @ b)
    x, y, z = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
    skew = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    turn = np.eye(3) + skew + skew @ skew / max(1 + dot, 1e-6)
    return about(turn @ carrier, rest, now)


def bend(start: Matrix, goal: Matrix, lengths: tuple[float, float], toward: Matrix) -> tuple[Matrix, Matrix]:
    """The middle joint and the end of two bones that reach from `start` for `goal`, the middle pushed `toward`.

    The law of cosines; a goal out of reach is reached for as far as the bones allow, eased so that a limb never
    snaps straight.
    """
    upper, lower = lengths
    reach = goal - start
    wanted = float(np.linalg.norm(reach))
    length = float(np.clip(_eased(wanted, upper + lower), abs(upper - lower) + 0.02, upper + lower))
    along = reach / max(wanted, 1e-9)
    side = toward - along * float(along @ toward)
    side = side / max(float(np.linalg.norm(side)), 1e-6)
    cosine = (upper**2 + length**2 - lower**2) / (2 * upper * length)
    middle = start + along * upper * cosine + side * upper * np.sqrt(max(0.0, 1 - cosine**2))
    return np.asarray(middle), np.asarray(start + along * length)


def _eased(wanted: float, most: float) -> float:
    """The length itself up to 98.5% of the limb, then ever less of it, never all."""
    knee = REACH * most
    if wanted <= knee:
        return wanted
    room = 0.012 * most
    return knee + room * float(1 - np.exp(-(wanted - knee) / room))


@dataclass(frozen=True)
class Arm:
    """Unit directions of upper arm, forearm and hand in the chest's frame."""

    upper: Matrix
    fore: Matrix
    hand: Matrix

    def toward(self, other: Arm, share: float) -> Arm:
        """Between this arm and another; `share` 1 is the other."""
        pairs = ((self.upper, other.upper), (self.fore, other.fore), (self.hand, other.hand))
        return Arm(*(unit(a + (b - a) * share + 1e-9) for a, b in pairs))


def swung(side: int, out_deg: float, forward_deg: float, bend_deg: float, inward_deg: float = 0.0) -> Arm:
    """An arm by its angles: away from the body, forward, the elbow's bend, and how far the forearm turns inward."""

    def direction(out: float, forward: float) -> Matrix:
        down = rotation("y", -side * out) @ np.array([0, 0, -1.0])
        return np.asarray(rotation("x", -forward) @ down)

    fore = direction(out_deg - inward_deg, forward_deg + bend_deg)
    return Arm(direction(out_deg, forward_deg), fore, fore)


def reached(build: Build, side: int, wrist: Matrix, elbow_toward: Matrix, hand: Matrix | None = None) -> Arm:
    """An arm whose wrist is at a place of the chest's rest frame."""
    shoulder, elbow, end = (build.joint(n, side) for n in ("shoulder", "elbow", "wrist"))
    lengths = float(np.linalg.norm(elbow - shoulder)), float(np.linalg.norm(end - elbow))
    middle, tip = bend(shoulder, wrist, lengths, elbow_toward)
    fore = unit(tip - middle)
    return Arm(unit(middle - shoulder), fore, fore if hand is None else unit(hand))


@dataclass(frozen=True)
class Foot:
    """Where an ankle is, how far the foot is turned outward from ahead, and how far its heel is lifted (degrees)."""

    ankle: Matrix
    yaw_deg: float = 0.0
    pitch_deg: float = 0.0


@dataclass(frozen=True)
class Posture:
    """A whole body at a moment, in the body's own frame (facing -y, floor at 0), for a person of 1.74 m.

    Angles are (yaw, pitch, roll) in degrees: turned to the own left, bent forward, tilted to the own left. Those of
    chest and head add to what carries them. `arms` and `feet` go by side, 1 left and -1 right.
    """

    pelvis_at: Matrix
    pelvis: tuple[float, float, float]
    chest: tuple[float, float, float]
    head: tuple[float, float, float]
    arms: Mapping[int, Arm]
    feet: Mapping[int, Foot]
    knees_deg: float = 0.0
    """How far the knees point outward."""


def _turned(angles: tuple[float, float, float]) -> Matrix:
    yaw, pitch, roll = angles
    return np.asarray(rotation("z", yaw) @ rotation("x", pitch) @ rotation("y", roll))


def bones_of(posture: Posture, build: Build) -> Matrix:
    """The bones' transforms (BONES, 4, 4) of rest points in the body's own frame."""
    moves = np.tile(np.eye(4), (BONES, 1, 1))
    pelvis = about(_turned(posture.pelvis), build.joint("pelvis"), posture.pelvis_at)
    waist, neck = build.joint("waist"), build.joint("neck")
    chest = about(pelvis[:3, :3] @ _turned(posture.chest), waist, apply(pelvis, waist))
    moves[PELVIS], moves[CHEST] = pelvis, chest
    moves[HEAD] = about(chest[:3, :3] @ _turned(posture.head), neck, apply(chest, neck))
    for side in (1, -1):
        _place_arm(moves, posture.arms[side], side, chest, build)
        _place_leg(moves, posture, side, pelvis, build)
    return moves


def _place_arm(moves: Matrix, arm: Arm, side: int, chest: Matrix, build: Build) -> None:
    left, turn = int(side < 0), chest[:3, :3]
    shoulder, elbow, wrist = (build.joint(n, side) for n in ("shoulder", "elbow", "wrist"))
    # The collar bone lifts the shoulder with a raised arm and draws it forward with one held ahead.
    lift = float(np.clip(arm.upper[2] + 0.35, 0, 1.2))
    at = apply(chest, shoulder) + turn @ np.array([-side * 0.018 * lift, 0.012 * arm.upper[1], 0.034 * lift])
    upper = aligned(elbow - shoulder, turn @ arm.upper, turn, shoulder, at)
    fore = aligned(wrist - elbow, turn @ arm.fore, upper[:3, :3], elbow, apply(upper, elbow))
    hand = aligned(wrist - elbow, turn @ arm.hand, fore[:3, :3], wrist, apply(fore, wrist))
    moves[UPPER_ARM + left], moves[FOREARM + left], moves[HAND + left] = upper, fore, hand


def _place_leg(moves: Matrix, posture: Posture, side: int, pelvis: Matrix, build: Build) -> None:
    """Thigh, shin and foot that reach the ankle, the knee bending forward."""
    foot, left = posture.feet[side], int(side < 0)
    rest = {n: build.joint(n, side) for n in ("hip", "knee", "ankle")}
    hip = apply(pelvis, rest["hip"])
    lengths = (
        float(np.linalg.norm(rest["knee"] - rest["hip"])),
        float(np.linalg.norm(rest["ankle"] - rest["knee"])),
    )
    facing = rotation("z", 0.5 * (posture.pelvis[0] + foot.yaw_deg * side) + posture.knees_deg * side)
    knee, ankle = bend(hip, foot.ankle, lengths, facing @ np.array([0, -1.0, 0]))
    thigh = aligned(rest["knee"] - rest["hip"], knee - hip, pelvis[:3, :3], rest["hip"], hip)
    shin = aligned(rest["ankle"] - rest["knee"], ankle - knee, thigh[:3, :3], rest["knee"], knee)
    turn = rotation("z", side * foot.yaw_deg) @ rotation("x", foot.pitch_deg)
    moves[THIGH + left], moves[SHIN + left] = thigh, shin
    moves[FOOT + left] = about(turn, rest["ankle"], ankle)


def settled(posture: Posture, build: Build) -> Posture:
    """The posture with its pelvis lowered, smoothly, until both legs reach their feet exactly."""
    at = posture.pelvis_at
    pelvis = about(_turned(posture.pelvis), build.joint("pelvis"), at)
    height = float(at[2])
    for side in (1, -1):
        hip, knee, ankle = (build.joint(n, side) for n in ("hip", "knee", "ankle"))
        longest = REACH * float(np.linalg.norm(knee - hip) + np.linalg.norm(ankle - knee))
        off = apply(pelvis, hip) - posture.feet[side].ankle
        across = min(float(np.hypot(off[0], off[1])), 0.95 * longest)
        allowed = float(np.sqrt(longest**2 - across**2)) - float(off[2]) + float(at[2])
        height = _softly_least(height, allowed)
    return replace(posture, pelvis_at=np.array([at[0], at[1], height]))


def _softly_least(a: float, b: float) -> float:
    """At most the lesser of two numbers; smooth where they meet, over 1.2 cm."""
    width = 0.012
    mix = float(np.clip(0.5 + 0.5 * (a - b) / width, 0, 1))
    return a + (b - a) * mix - width * mix * (1 - mix)

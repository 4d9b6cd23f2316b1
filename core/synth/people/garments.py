"""The capsules that a person is made of: the body, and the clothes, hair and hat upon it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.camera import Matrix
from pai_studio.core.synth.people import looks
from pai_studio.core.synth.people.looks import Look
from pai_studio.core.synth.people.skeleton import (
    CHEST,
    FOOT,
    FOREARM,
    HAND,
    HEAD,
    PELVIS,
    SHIN,
    THIGH,
    UPPER_ARM,
)


@dataclass(frozen=True)
class Capsule:
    """A tapered capsule from `a` to `b`; `flat` below 1 makes it thinner front to back.

    `cut` (normal, offset) takes away where `normal . p > offset`.
    """

    a: Matrix
    b: Matrix
    radius_a: float
    radius_b: float
    bone: int
    material: int
    flat: float = 1.0
    cut: tuple[Matrix, float] | None = None
    skirt: bool = False

    def distance(self, points: Array) -> Array:
        """Signed distance (near the surface; a little short where flattened) of (N, 3) points."""
        scale = np.array([1, 1 / self.flat, 1], np.float32)
        p = (points - self.a.astype(np.float32)) * scale
        axis = ((self.b - self.a) * scale).astype(np.float32)
        t = np.clip(p @ axis / max(float(axis @ axis), 1e-9), 0, 1)
        off = p - t[:, None] * axis
        found = np.sqrt(np.einsum("ij,ij->i", off, off)) - (
            self.radius_a + (self.radius_b - self.radius_a) * t
        )
        if self.cut is not None:
            normal, offset = self.cut
            found = np.maximum(found, points @ normal.astype(np.float32) - np.float32(offset))
        return np.asarray(found, np.float32)


def _v(x: float, y: float, z: float) -> Matrix:
    return np.array([x, y, z], float)


def _above(z: float) -> tuple[Matrix, float]:
    """The cut that keeps what lies above a height."""
    return _v(0, 0, -1), -z


def capsules(look: Look) -> list[Capsule]:
    """The person's parts in the rest pose."""
    parts = [*_trunk(look), *_head(look), *_extras(look)]
    if look.outfit.skirt_m is not None:
        parts += _skirt(look, look.outfit.skirt_m)
    for side in (1, -1):
        parts += [*_arm(look, side), *_leg(look, side)]
    return parts


def _trunk(look: Look) -> list[Capsule]:
    b, o, top = look.build, look.outfit, looks.TOP
    m, s, h = b.mass, b.shoulders, b.hips
    off = o.loose
    waist = (0.130 + 0.09 * (s - h)) * m + off + 0.030 * b.belly
    wide = 0.115 * s
    parts = [
        Capsule(_v(0, 0.004, 1.30), _v(0, 0.006, 1.18), 0.147 * m + off, 0.137 * m + off, CHEST, top, 0.76),
        Capsule(_v(0, 0.004, 1.17), _v(0, 0.004, 1.05), waist + 0.008, waist, CHEST, top, 0.80),
        Capsule(_v(-wide, 0.008, 1.388), _v(wide, 0.008, 1.388), 0.058 + off, 0.058 + off, CHEST, top, 0.95),
        Capsule(_v(-0.055 * h, 0.006, 0.955), _v(0.055 * h, 0.006, 0.955), 0.108 * m, 0.108 * m, PELVIS,
                top if look.skirt_is_top else looks.BOTTOM, 0.88),
        Capsule(_v(0, 0.012, 1.40), _v(0, 0.006, 1.53), 0.052 * (0.6 + 0.4 * m), 0.049, HEAD, looks.SKIN),
    ]  # fmt: skip
    if b.bust > 0:
        parts += [
            Capsule(_v(x, -0.060, 1.285), _v(x, -0.066, 1.265), 0.062 * b.bust, 0.066 * b.bust, CHEST, top)
            for x in (0.068, -0.068)
        ]
    if b.belly > 0:
        parts.append(Capsule(_v(0, -0.055 * b.belly, 1.12), _v(0, -0.06 * b.belly, 1.05),
                             0.095 * m, 0.098 * m, CHEST, top))  # fmt: skip
    if o.hem_m < 1.0:
        wide_m = 0.112 * m + off + 0.006
        parts.append(
            Capsule(
                _v(-0.050 * h, 0.006, 0.99),
                _v(0.050 * h, 0.006, 0.99),
                wide_m,
                wide_m,
                PELVIS,
                top,
                0.88,
                _above(o.hem_m),
            )
        )
        parts.append(
            Capsule(
                _v(-0.050 * h, 0.006, 0.90),
                _v(0.050 * h, 0.006, 0.90),
                wide_m + 0.004,
                wide_m + 0.004,
                PELVIS,
                top,
                0.88,
                _above(o.hem_m),
            )
        )
    return parts


def _head(look: Look) -> list[Capsule]:
    skin, hair, k = looks.SKIN, looks.HAIR, look.build.head
    jaw = 1.0 + 0.10 * (look.build.shoulders - 1) / 0.1
    parts = [
        Capsule(_v(0, 0.006, 1.645), _v(0, -0.012, 1.590), 0.084 * k, 0.070 * k, HEAD, skin, 1.14),
        Capsule(_v(0, -0.046, 1.552), _v(0, -0.053, 1.545), 0.041 * jaw, 0.038 * jaw, HEAD, skin),
        Capsule(_v(0, -0.088, 1.622), _v(0, -0.099, 1.595), 0.009, 0.0135, HEAD, skin),
    ]
    parts += [
        Capsule(_v(x, 0.008, 1.620), _v(x * 1.02, 0.010, 1.592), 0.018, 0.013, HEAD, skin)
        for x in (0.074, -0.074)
    ]
    style, up = look.hair, look.hair.volume_m
    if style.kind != "bald":
        back = 0.060 if style.kind in ("bob", "long", "ponytail") else 0.035
        parts.append(
            Capsule(_v(0, 0.032, 1.660), _v(0, 0.046, 1.655 - back), 0.091 * k + up, 0.084 * k + up, HEAD, hair,
                    1.03, (_v(0, -0.80, -0.60), 0.042 - 0.60 * 1.655 - 0.9 * up * 0.3))
        )  # fmt: skip
    if style.kind == "bun":
        parts.append(Capsule(_v(0, 0.105, 1.735), _v(0, 0.112, 1.742), 0.046, 0.046, HEAD, hair))
    return parts


def _skirt(look: Look, hem: float) -> list[Capsule]:
    b = look.build
    material = looks.TOP if look.skirt_is_top else looks.BOTTOM
    wide = {"coat": 0.245, "dress": 0.265}.get(look.outfit.kind, 0.24) - 0.16 * (hem - 0.45)
    waist = 0.125 * b.mass + look.outfit.loose
    low = Capsule(_v(0, 0.006, 1.03), _v(0, 0.012, hem - 0.02), waist, wide * (0.6 + 0.4 * b.hips), PELVIS,
                  material, 0.84, _above(hem), skirt=True)  # fmt: skip
    return [low]


def _arm(look: Look, side: int) -> list[Capsule]:
    b, o, left = look.build, look.outfit, int(side < 0)
    shoulder, elbow, wrist = (b.joint(n, side) for n in ("shoulder", "elbow", "wrist"))
    m, off = 0.35 + 0.65 * b.mass, o.loose
    along = (wrist - elbow) / np.linalg.norm(wrist - elbow)
    down = np.array([0, -1.0, 0])
    palm, tip = wrist + along * 0.075, wrist + along * 0.165
    thumb = wrist + along * 0.085 + down * 0.047
    skin = looks.SKIN
    parts = [
        Capsule(shoulder, elbow, 0.049 * m, 0.037 * m, UPPER_ARM + left, skin),
        Capsule(elbow, elbow + (wrist - elbow) * 0.35, 0.038 * m, 0.040 * m, FOREARM + left, skin),
        Capsule(elbow + (wrist - elbow) * 0.35, wrist, 0.040 * m, 0.027 * m, FOREARM + left, skin),
        Capsule(wrist + along * 0.015, palm, 0.030, 0.036, HAND + left, skin, 1.0),
        Capsule(palm, tip, 0.032, 0.020, HAND + left, skin),
        Capsule(wrist + along * 0.03 + down * 0.012, thumb, 0.016, 0.012, HAND + left, skin),
    ]
    if o.sleeve > 0:
        whole = o.sleeve >= 0.6
        share = 1.0 if whole else o.sleeve / 0.6
        end = shoulder + (elbow - shoulder) * share
        axis = (elbow - shoulder) / np.linalg.norm(elbow - shoulder)
        cut = None if whole else (axis, float(axis @ end))
        flare = 0.0 if whole else 0.012
        parts.append(
            Capsule(shoulder, end + axis * (0 if whole else 0.03), 0.057 * m + off, 0.044 * m + off + flare,
                    UPPER_ARM + left, looks.TOP, cut=cut)
        )  # fmt: skip
        if whole:
            end = elbow + (wrist - elbow) * min(1.0, (o.sleeve - 0.6) / 0.4)
            parts.append(
                Capsule(elbow, end + along * 0.03, 0.044 * m + off, 0.035 * m + off, FOREARM + left, looks.TOP,
                        cut=(along, float(along @ end)))
            )  # fmt: skip
    else:
        parts.append(Capsule(shoulder * [0.8, 1, 1.004], shoulder * [0.9, 1, 1.0], 0.05, 0.05, CHEST, skin))
    return parts


def _leg(look: Look, side: int) -> list[Capsule]:
    b, o, left = look.build, look.outfit, int(side < 0)
    hip, knee, ankle, toe = (b.joint(n, side) for n in ("hip", "knee", "ankle", "toe"))
    m = 0.25 + 0.75 * b.mass
    calf = knee + (ankle - knee) * 0.32 + np.array([0, 0.014, 0])
    skin = looks.SKIN
    parts = [
        Capsule(hip, knee, 0.076 * m, 0.049 * m, THIGH + left, skin),
        Capsule(knee, calf, 0.047 * m, 0.050 * m, SHIN + left, skin),
        Capsule(calf, ankle, 0.050 * m, 0.031 * m, SHIN + left, skin),
        *_shoe(look, ankle, toe, left),
    ]
    cloth = looks.LEGS if o.skirt_m is not None else looks.BOTTOM
    over = 0.004 if o.skirt_m is not None else 0.011
    if o.legs_m < 0.9:
        cut = _above(max(o.legs_m, knee[2])) if o.legs_m > knee[2] else None
        flare = 0.014 if o.legs_m > knee[2] else 0.0
        parts.append(
            Capsule(hip, knee, 0.078 * m + over, 0.050 * m + over + flare, THIGH + left, cloth, cut=cut)
        )
    if o.legs_m < knee[2]:
        end = ankle + np.array([0, 0.004, 0])
        parts.append(Capsule(knee, calf, 0.050 * m + over, 0.052 * m + over + 0.4 * o.flare_m, SHIN + left, cloth,
                             cut=_above(o.legs_m)))  # fmt: skip
        parts.append(Capsule(calf, end, 0.052 * m + over + 0.4 * o.flare_m, 0.036 * m + over + o.flare_m,
                             SHIN + left, cloth, cut=_above(o.legs_m)))  # fmt: skip
    return parts


def _shoe(look: Look, ankle: Matrix, toe: Matrix, left: int) -> list[Capsule]:
    shoes, sole = looks.SHOES, _above(0.0)
    back = ankle + np.array([0, 0.030, -0.047])
    ball = ankle + (toe - ankle) * [1, 0.68, 1] + np.array([0, 0, -0.002])
    parts = [
        Capsule(back, ball, 0.040, 0.043, FOOT + left, shoes, cut=sole),
        Capsule(ball, toe + np.array([0, -0.004, -0.006]), 0.043, 0.031, FOOT + left, shoes, cut=sole),
        Capsule(ankle + np.array([0, 0.004, -0.01]), ankle + np.array([0, -0.06, -0.035]), 0.038, 0.034,
                FOOT + left, shoes, cut=sole),
    ]  # fmt: skip
    high = look.outfit.boots_m
    if high > 0:
        top = ankle + np.array([0, 0.012, high + 0.03 - ankle[2]])
        wide, cut = 0.066 if high > 0.2 else 0.057, (_v(0, 0, 1), high)
        parts.append(Capsule(top, ankle, wide, 0.052, SHIN + left, shoes, cut=cut))
    return parts


def _extras(look: Look) -> list[Capsule]:
    parts, extra, k, up = [], looks.EXTRA, look.build.head, min(look.hair.volume_m, 0.02)
    if "scarf" in look.extras:
        parts += [
            Capsule(_v(0, -0.004, 1.445), _v(0, 0.004, 1.468), 0.098, 0.086, CHEST, extra, 0.94),
            Capsule(_v(0.05, -0.120, 1.42), _v(0.075, -0.140, 1.16), 0.034, 0.044, CHEST, extra, 0.6),
        ]
    if "hood" in look.extras:
        parts += [
            Capsule(_v(-0.07, 0.078, 1.455), _v(0.07, 0.078, 1.455), 0.056, 0.056, CHEST, looks.TOP, 0.9),
            Capsule(_v(0, 0.092, 1.45), _v(0, 0.105, 1.36), 0.066, 0.045, CHEST, looks.TOP, 0.8),
        ]
    if "collar" in look.extras:
        parts.append(Capsule(_v(0, 0.016, 1.448), _v(0, 0.016, 1.458), 0.078, 0.074, CHEST, looks.TOP, 0.95))
    if {"beanie", "cap", "hat"} & set(look.extras):
        high = 0.020 if "beanie" in look.extras else 0.004
        parts.append(Capsule(_v(0, 0.016, 1.668), _v(0, 0.020, 1.682 + high), (0.098 + up) * k, (0.090 + up) * k,
                             HEAD, extra, 1.12, (_v(0, -0.24, -0.97), -0.97 * 1.668)))  # fmt: skip
    return parts

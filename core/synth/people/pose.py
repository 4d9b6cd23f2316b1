"""How the person moves: a slow walk with planted feet, a turning head and a gesturing arm, as bones' transforms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.camera import Matrix
from pai_studio.core.synth.people import body

_STRIDE_M = 0.56
_ANKLE_M = float(body.JOINTS["ankle"][2])


@dataclass(frozen=True)
class Walk:
    """A walk along `heading_deg` (0 faces the camera, positive turns to the person's left).

    At share .5 of the shot it passes `middle`.
    """

    middle: Matrix
    heading_deg: float
    speed_m_s: float
    phase: float
    gesture: int
    """Which arm is raised in greeting: 1 left, -1 right."""

    gesture_at: float
    scale: float
    seconds: float

    def bones(self, share: float) -> Array:
        """The thirteen bones' world transforms (13, 3, 4) of rest points, at `share` of the shot."""
        step = self.speed_m_s / self.scale
        # Forty strides ahead, so that the cycle's number is never negative.
        cycle = (step * (share - 0.5) * self.seconds / _STRIDE_M + 40) / 2 + self.phase
        start = (40 + 2 * self.phase) * _STRIDE_M
        moves = _upper_body(cycle, share, self)
        moves.update(_legs(cycle, moves[body.PELVIS]))
        return self._placed(moves, start)

    def _placed(self, moves: dict[int, Matrix], start: float) -> Array:
        """From a body walking along -y to where it is in the world."""
        turn = np.eye(4)
        a = np.radians(self.heading_deg)
        turn[:2, :2] = [[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]]
        place = np.eye(4)
        place[:3, 3] = self.middle
        size = np.diag([self.scale, self.scale, self.scale, 1.0])
        back = np.eye(4)
        back[1, 3] = start
        whole = place @ turn @ size @ back
        return np.stack([(whole @ moves[b])[:3] for b in range(13)]).astype(np.float32)


def _rotation(axis: str, degrees: float) -> Matrix:
    a = np.radians(degrees)
    c, s = np.cos(a), np.sin(a)
    return {
        "x": np.array([[1, 0, 0], [0, c, -s], [0, s, c]]),
        "y": np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]),
        "z": np.array([[c, -s, 0], [s, c, 0], [0, 0, 1.0]]),
    }[axis]


def _about(turn: Matrix, rest: Matrix, now: Matrix) -> Matrix:
    """The transform that turns about the rest point and puts it at `now`."""
    out = np.eye(4)
    out[:3, :3] = turn
    out[:3, 3] = now - turn @ rest
    return out


def _apply(move: Matrix, point: Matrix) -> Matrix:
    return np.asarray(move[:3, :3] @ point + move[:3, 3])


def _upper_body(cycle: float, share: float, walk: Walk) -> dict[int, Matrix]:
    wave = 2 * np.pi * cycle
    gone = cycle * 2 * _STRIDE_M
    sway = 0.018 * np.sin(wave + 0.6)
    height = body.JOINTS["pelvis"][2] - 0.030 + 0.014 * np.cos(2 * wave + 0.4)
    pelvis = _about(
        _rotation("z", 6 * np.sin(wave)) @ _rotation("x", 2),
        body.JOINTS["pelvis"],
        np.array([sway, -gone, height]),
    )
    lift = _raise(share, walk)
    twist = -9 * np.sin(wave) + 10 * lift * walk.gesture
    chest = _about(
        pelvis[:3, :3] @ _rotation("z", twist) @ _rotation("x", 3),
        body.JOINTS["waist"],
        _apply(pelvis, body.JOINTS["waist"]),
    )
    look = -twist + 26 * np.sin(2 * np.pi * (0.55 * share + walk.phase)) + 14 * lift * walk.gesture
    head = _about(
        chest[:3, :3] @ _rotation("z", look) @ _rotation("x", -4 + 3 * np.sin(wave * 2)),
        body.JOINTS["neck"],
        _apply(chest, body.JOINTS["neck"]),
    )
    moves = {body.PELVIS: pelvis, body.CHEST: chest, body.HEAD: head}
    for side in (1, -1):
        raised = lift if side == walk.gesture else 0.0
        moves.update(_arm(side, wave, raised, share, chest))
    return moves


def _raise(share: float, walk: Walk) -> float:
    """How far the greeting arm is up, 0..1: it rises and sinks once."""
    away = abs(share - walk.gesture_at) / 0.42
    return float(np.cos(np.clip(away, 0, 1) * np.pi / 2) ** 2)


def _arm(side: int, wave: float, raised: float, share: float, chest: Matrix) -> dict[int, Matrix]:
    swing = -24 * np.sin(wave) * side * (1 - raised)
    upper_down = _direction(side, 13 + 62 * raised, swing + 40 * raised)
    bend = 22 + 10 * np.sin(wave * side) + 78 * raised + 16 * raised * np.sin(2 * np.pi * 1.6 * share * 2)
    fore_down = _direction(side, 8 + 118 * raised, swing + bend * (1 - 0.25 * raised))
    shoulder, elbow, wrist = (body.joint(n, side) for n in ("shoulder", "elbow", "wrist"))
    left = int(side < 0)
    upper = _aligned(
        elbow - shoulder, chest[:3, :3] @ upper_down, chest[:3, :3], shoulder, _apply(chest, shoulder)
    )
    fore = _aligned(wrist - elbow, chest[:3, :3] @ fore_down, chest[:3, :3], elbow, _apply(upper, elbow))
    return {body.UPPER_ARM + left: upper, body.FOREARM + left: fore}


def _direction(side: int, outward_deg: float, forward_deg: float) -> Matrix:
    """A limb's direction from straight down, turned outward and then forward."""
    out = _rotation("y", -side * outward_deg) @ np.array([0, 0, -1.0])
    return np.asarray(_rotation("x", -forward_deg) @ out)


def _aligned(rest_axis: Matrix, now_axis: Matrix, carrier: Matrix, rest: Matrix, now: Matrix) -> Matrix:
    """Turn a bone from its rest direction to a new one by the shortest way, as its carrier turns."""
    a = carrier @ (rest_axis / np.linalg.norm(rest_axis))
    b = now_axis / np.linalg.norm(now_axis)
    cross, dot = np.cross(a, b), float(a @ b)
    skew = np.array([[0, -cross[2], cross[1]], [cross[2], 0, -cross[0]], [-cross[1], cross[0], 0]])
    turn = np.eye(3) + skew + skew @ skew / max(1 + dot, 1e-6)
    return _about(turn @ carrier, rest, now)


def _legs(cycle: float, pelvis: Matrix) -> dict[int, Matrix]:
    moves = {}
    for side in (1, -1):
        phase = cycle + (0 if side > 0 else 0.5)
        number = float(np.floor(phase))
        within = phase - number
        stance = 0.60
        planted = 2 * _STRIDE_M * (number + stance / 2) - (0 if side > 0 else _STRIDE_M)
        swing = float(np.clip((within - stance) / (1 - stance), 0, 1))
        ease = swing * swing * (3 - 2 * swing)
        ahead = planted + 2 * _STRIDE_M * ease
        lift = 0.085 * np.sin(np.pi * swing) ** 1.5
        off = float(np.clip((within - 0.45) / 0.15, 0, 1))
        push = 26 * off * (1 - ease) - (14 * float(np.sin(np.pi * ease)) if swing > 0.5 else 0)
        heel = _ANKLE_M + lift + 0.10 * float(np.sin(np.radians(max(push, 0.0))))
        ankle = np.array([side * 0.092, -ahead, heel])
        moves.update(_leg(side, pelvis, ankle, push))
    return moves


def _leg(side: int, pelvis: Matrix, ankle: Matrix, pitch_deg: float) -> dict[int, Matrix]:
    """Thigh, shin and foot that reach the ankle, the knee bending forward (two-bone inverse kinematics)."""
    rest = {n: body.joint(n, side) for n in ("hip", "knee", "ankle")}
    hip = _apply(pelvis, rest["hip"])
    upper, lower = np.linalg.norm(rest["knee"] - rest["hip"]), np.linalg.norm(rest["ankle"] - rest["knee"])
    reach = ankle - hip
    length = float(np.clip(np.linalg.norm(reach), 0.2, upper + lower - 1e-3))
    along = reach / np.linalg.norm(reach)
    forward = np.array([0, -1.0, 0]) - along * -along[1]
    forward /= np.linalg.norm(forward)
    cosine = (upper**2 + length**2 - lower**2) / (2 * upper * length)
    knee = hip + along * upper * cosine + forward * upper * np.sqrt(max(0.0, 1 - float(cosine) ** 2))
    foot_at = hip + along * length
    left = int(side < 0)
    thigh = _aligned(rest["knee"] - rest["hip"], knee - hip, pelvis[:3, :3], rest["hip"], hip)
    shin = _aligned(rest["ankle"] - rest["knee"], foot_at - knee, thigh[:3, :3], rest["knee"], knee)
    foot = _about(_rotation("z", side * 5) @ _rotation("x", pitch_deg), rest["ankle"], foot_at)
    return {body.THIGH + left: thigh, body.SHIN + left: shin, body.FOOT + left: foot}


def skinned(skin: body.Skin, bones: Array) -> tuple[Array, Array]:
    """The skin's points and unit normals (V, 3) in the world, each moved by its bones' weighted transforms."""
    blended = np.einsum("vb,bij->vij", skin.weights, bones, optimize=True)
    points = np.einsum("vij,vj->vi", blended[:, :, :3], skin.points) + blended[:, :, 3]
    normals = np.einsum("vij,vj->vi", blended[:, :, :3], skin.normals)
    return points, normals / (np.linalg.norm(normals, axis=1, keepdims=True) + np.float32(1e-9))

"""What arms do: relaxed, talking, waving, on the hips, dancing, swung in haste, or holding something."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from pai_studio.core.synth.camera import Matrix
from pai_studio.core.synth.people.skeleton import Arm, Build, Posture, reached, swung, unit


def relaxed(side: int, forward_deg: float, bend_deg: float, out_deg: float = 10.5) -> Arm:
    """A hanging arm, a little bent, its hand turned toward the thigh."""
    return swung(side, out_deg, forward_deg, bend_deg, inward_deg=7.0)


@dataclass(frozen=True)
class Gesture:
    """What the arms do from `begin_s` on, until `end_s`; `side` names the arm that leads (1 left, -1 right).

    `hold` names what is in the other hand, if anything: `umbrella`, `strap` or `guitar` (both hands).
    """

    kind: str
    side: int
    begin_s: float
    end_s: float
    phase: float
    size: float = 1.0
    hold: str | None = None

    def over(self, posture: Posture, time: float, build: Build) -> Posture:
        """The posture with its arms (and for some kinds its trunk and head) moved."""
        arms = dict(posture.arms)
        amount = _ramp(time, self.begin_s, self.end_s)
        for side, arm in GESTURES[self.kind](self, time, build).items():
            arms[side] = arms[side].toward(arm, amount)
        if self.hold is not None:
            arms.update(HOLDS[self.hold](self, time, build))
        lean = {"wave": 2.5, "swing": 7.0, "talk": 1.5}.get(self.kind, 0.0) * amount * self.side
        yaw, pitch, roll = posture.chest
        chest = (yaw - 1.6 * lean, pitch, roll + 0.8 * lean)
        return replace(posture, arms=arms, chest=chest)


def _ramp(time: float, begin: float, end: float) -> float:
    """0 before `begin` and after `end`, 1 between, over 0.55 s each."""
    share = float(np.clip(min(time - begin, end - time) / 0.55 + 0.5, 0, 1))
    return share * share * (3 - 2 * share)


def _none(_: Gesture, __: float, ___: Build) -> dict[int, Arm]:
    return {}


def _talk(g: Gesture, time: float, build: Build) -> dict[int, Arm]:
    """Both hands before the chest, each on its own slow path, the leading one larger."""
    found = {}
    for side in (1, -1):
        big = g.size * (1.0 if side == g.side else 0.6)
        p = g.phase * 9 + (0 if side > 0 else 2.1)
        out = 0.10 + 0.10 * big * (1 + np.sin(2.6 * time + p))
        rise = 1.14 + 0.09 * big * np.sin(3.7 * time + 1.3 * p)
        fore = -0.30 - 0.06 * big * np.sin(3.1 * time + 2 * p)
        hand = np.array(
            [side * (0.25 - 0.5 * np.sin(2.6 * time + p + 0.8)), -0.8, 0.35 * np.sin(3.7 * time + p)]
        )
        wrist = np.array([side * (out + 0.06), fore, rise])
        found[side] = reached(build, side, wrist, np.array([side * 0.75, 0.45, -0.8]), hand)
    return found


def _wave(g: Gesture, time: float, _: Build) -> dict[int, Arm]:
    """The upper arm out and up, the forearm and then the hand going to and fro."""
    beat = 2 * np.pi * 1.55 * time + 6 * g.phase
    side = g.side
    upper = unit(np.array([side * 0.90, -0.22, 0.10 + 0.25 * (g.size - 1) + 0.05 * np.sin(beat)]))
    fore = unit(np.array([side * (0.12 + 0.42 * np.sin(beat)), -0.30, 1.0]))
    hand = unit(np.array([side * (0.12 + 0.75 * np.sin(beat - 0.5)), -0.25, 1.0]))
    return {side: Arm(upper, fore, hand)}


def _hips(g: Gesture, time: float, build: Build) -> dict[int, Arm]:
    """Hands on the hips, elbows out: two holes that show what is behind."""
    found = {}
    shift = 0.006 * np.sin(1.2 * time + 6 * g.phase)
    for side in (1, -1):
        if g.size < 0.9 and side != g.side:
            continue
        wrist = np.array([side * (0.160 + 0.040 * build.mass * build.hips), -0.020, 1.03 + shift])
        hand = np.array([-side * 0.30, -0.62, -0.72])
        found[side] = reached(build, side, wrist, np.array([side * 1.0, 0.42, -0.05]), hand)
    return found


def _dance(g: Gesture, time: float, build: Build) -> dict[int, Arm]:
    """Arms that circle out and over the head, one after the other."""
    found = {}
    for side in (1, -1):
        a = 2 * np.pi * 0.55 * g.size * time + 6 * g.phase + (0 if side == g.side else 2.2)
        wrist = np.array(
            [side * (0.36 + 0.17 * np.cos(a)), -0.20 - 0.13 * np.sin(2 * a), 1.44 + 0.30 * np.sin(a)]
        )
        hand = np.array([side * (0.4 + 0.6 * np.cos(a + 0.9)), -0.3, 0.9 * np.sin(a + 0.7)])
        found[side] = reached(build, side, wrist, np.array([side * 1.0, 0.30, -0.35]), hand)
    return found


def _swing(g: Gesture, time: float, _: Build) -> dict[int, Arm]:
    """A throw: drawn back slowly, then forward within a fifth of a second, again and again."""
    period = 1.15
    within = ((time + g.phase * period) / period) % 1.0
    quick = 0.17
    share = within / quick if within < quick else 1 - (within - quick) / (1 - quick)
    ease = share * share * (3 - 2 * share)
    back = swung(g.side, 28, -38, 42)
    ahead = swung(g.side, 34, 138, 8)
    middle = swung(g.side, 42, 50, 18)
    first = back.toward(middle, min(2 * ease, 1.0))
    return {g.side: first.toward(ahead, max(2 * ease - 1, 0.0))}


def _umbrella(g: Gesture, time: float, build: Build) -> dict[int, Arm]:
    wrist = np.array([-g.side * 0.255, -0.19, 1.15 + 0.006 * np.sin(2.2 * time)])
    hand = np.array([g.side * 0.55, -0.75, 0.10])
    return {-g.side: reached(build, -g.side, wrist, np.array([-g.side * 0.7, 0.4, -1.0]), hand)}


def _strap(g: Gesture, time: float, build: Build) -> dict[int, Arm]:
    wrist = np.array([-g.side * 0.10, -0.17, 1.20 + 0.004 * np.sin(1.9 * time)])
    hand = np.array([g.side * 0.25, 0.0, 1.0])
    return {-g.side: reached(build, -g.side, wrist, np.array([-g.side * 0.9, 0.3, -0.8]), hand)}


def _guitar(g: Gesture, time: float, build: Build) -> dict[int, Arm]:
    """The left hand on the neck, the right one strumming over the body."""
    strum = np.sin(2 * np.pi * 1.9 * time + 6 * g.phase)
    slide = 0.05 * np.sin(0.9 * time + 4 * g.phase)
    neck = np.array([0.47 + slide, -0.26, 1.245 + 0.35 * slide])
    over = np.array([-0.075, -0.225, 1.10 + 0.050 * strum])
    return {
        1: reached(build, 1, neck, np.array([0.55, 0.1, -1.0]), np.array([-0.3, -0.45, 0.75])),
        -1: reached(
            build, -1, over, np.array([-1.0, 0.35, -0.1]), np.array([0.75, -0.15, -0.5 + 0.3 * strum])
        ),
    }


Moves = Callable[[Gesture, float, Build], dict[int, Arm]]
GESTURES: dict[str, Moves] = {
    "none": _none, "talk": _talk, "wave": _wave, "hips": _hips, "dance": _dance, "swing": _swing,
}  # fmt: skip
HOLDS: dict[str, Moves] = {"umbrella": _umbrella, "strap": _strap, "guitar": _guitar}


def grip(hold: str, build: Build, side: int) -> Matrix:
    """Where the hand `side` holds a thing, in the chest's rest frame at time 0, (3,)."""
    gesture = Gesture("none", -side, 0, 1, 0.0, hold=hold)
    arm = HOLDS[hold](gesture, 0.0, build)[side]
    shoulder, elbow, wrist = (build.joint(n, side) for n in ("shoulder", "elbow", "wrist"))
    end = shoulder + arm.upper * np.linalg.norm(elbow - shoulder) + arm.fore * np.linalg.norm(wrist - elbow)
    return np.asarray(end + arm.hand * 0.075)

"""Who plays in a shot, and what: a look and a motion drawn from a seed."""

from __future__ import annotations

import numpy as np

from pai_studio.core.synth.camera import Matrix
from pai_studio.core.synth.people.gestures import Gesture
from pai_studio.core.synth.people.looks import Look
from pai_studio.core.synth.people.motion import Motion
from pai_studio.core.synth.people.shading import StageLight
from pai_studio.core.synth.people.subject import Subject
from pai_studio.core.synth.people.wardrobe import draw_look
from pai_studio.core.synth.places.light import Light

PLAYS = {
    # play: (footing, gesture, odds)
    "walk toward": ("walk", "none", 1.2),
    "walk across": ("walk", "none", 1.0),
    "walk and wave": ("walk", "wave", 0.9),
    "talk": ("stand", "talk", 1.5),
    "turn around": ("turn", "none", 1.0),
    "wave": ("stand", "wave", 0.9),
    "hands on hips": ("stand", "hips", 1.2),
    "dance": ("dance", "dance", 1.1),
    "swing": ("stand", "swing", 0.9),
    "stand": ("stand", "none", 0.25),
}
"""What people do in shots."""

_FARTHEST_M = 3.2  # what a walk covers in a shot at most


def cast(
    seed: int, stand: Matrix, seconds: float, lights: tuple[Light, StageLight], detail: float
) -> Subject:
    """The person of this seed, who plays around `stand` for `seconds`, lit by a place and by a stage.

    `detail` is the person's size in the picture over that of a normal lens at 1280 pixels.
    """
    look, motion = draw(seed, stand, seconds)
    return Subject(look, motion, lights, detail, seed)


def draw(seed: int, stand: Matrix, seconds: float, play: str | None = None) -> tuple[Look, Motion]:
    """The look and the motion of this seed; `play`, a key of `PLAYS`, replaces the drawn one."""
    look = draw_look(np.random.default_rng([seed, 3]))
    rng = np.random.default_rng([seed, 4])
    odds = np.array([odd for *_, odd in PLAYS.values()])
    drawn = list(PLAYS)[int(rng.choice(len(PLAYS), p=odds / odds.sum()))]
    return look, _motion(play or drawn, look, stand, seconds, rng)


def play_of(motion: Motion) -> str:
    """The play, of those in `PLAYS`, that a motion belongs to."""
    for play, (footing, gesture, _) in PLAYS.items():
        if (footing, gesture) == (motion.footing, motion.gesture.kind):
            if play == "walk toward" and abs(motion.heading_deg) > 45:
                continue
            return play
    raise ValueError(f"no play has {motion.footing} with {motion.gesture.kind}")


def _motion(play: str, look: Look, stand: Matrix, seconds: float, rng: np.random.Generator) -> Motion:
    footing, gesture, _ = PLAYS[play]
    inward = -float(np.sign(stand[0])) or 1.0
    turned = {
        "walk toward": rng.uniform(-12, 22) * inward,
        "walk across": rng.uniform(58, 95) * inward * float(rng.choice([-1.0, 1.0], p=[0.25, 0.75])),
        "walk and wave": rng.uniform(10, 44) * inward,
    }.get(play, rng.uniform(-34, 34))
    speed = min(float(rng.uniform(0.65, 1.25)), max(0.30, _FARTHEST_M / seconds))
    pace = {
        "walk": speed,
        "turn": float(rng.choice([-1, 1])) * min(float(rng.uniform(0.4, 1.0)), 0.40 * seconds),
        "dance": float(rng.uniform(0.75, 1.15)),
        "stand": float(rng.uniform(0.12, 0.24)),
    }[footing]
    side = int(rng.choice([-1, 1]))
    begin, end = _when(play, seconds, rng)
    hold = {"umbrella": "umbrella", "guitar": "guitar"}.get(look.prop or "")
    if look.prop == "bag" and gesture != "dance" and rng.random() < 0.4:
        hold = "strap"
    if hold is not None:
        # The free arm is the one that gestures.
        side = look.prop_side
        if gesture == "hips":
            gesture = "none" if hold == "guitar" else "hips"
    size = (
        float(rng.uniform(0.75, 1.25)) if gesture != "hips" else float(rng.choice([0.5, 1.0], p=[0.25, 0.75]))
    )
    arms = Gesture(gesture, side, begin, end, float(rng.uniform(0, 1)), size, hold)
    phase = float(rng.uniform(0, 1))
    return Motion(footing, arms, look.build, stand.copy(), float(turned), seconds, phase, pace)


def _when(play: str, seconds: float, rng: np.random.Generator) -> tuple[float, float]:
    """When the gesture begins and ends: some last all the shot, a wave rises and may sink again."""
    if play in ("dance", "swing", "hands on hips") or seconds < 1.2:
        return -2.0, seconds + 2.0
    begin = float(rng.uniform(-0.6, 0.30 * seconds))
    end = begin + max(1.4, float(rng.uniform(0.6, 1.3)) * seconds)
    return begin, end

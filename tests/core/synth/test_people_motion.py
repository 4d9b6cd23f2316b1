"""How people move: every play is smooth, stands on the floor, and keeps planted feet where they are."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from pai_studio.core.synth.people.cast import PLAYS, draw, play_of
from pai_studio.core.synth.people.skeleton import FOOT, HAND, HEAD, REACH, SHIN, THIGH, Build, bend

_STAND = np.array([0.6, 6.0, 0.0])
_SECONDS = 2.0


def _motion(play, seed=3):
    return draw(seed, _STAND, _SECONDS, play)[1]


def _sole(motion, bones, side):
    """The lowest of a foot's heel, ball and toe, and the foot's middle, in the world."""
    left = int(side < 0)
    rest = motion.build.joint("ankle", side)
    marks = np.array([[rest[0], y, 0.0, 1] for y in (0.055, -0.105)])
    return marks @ bones[FOOT + left].T


@pytest.mark.parametrize("play", list(PLAYS))
@pytest.mark.parametrize("seed", [3])
def test_feet_stand_on_the_floor_and_a_planted_one_does_not_slide(play, seed):
    motion = _motion(play, seed)
    shares = np.linspace(-0.02, 1.02, 105)
    soles = np.array(
        [[_sole(motion, bones, side) for side in (1, -1)] for bones in map(motion.bones, shares)]
    )

    heights = soles[..., 2]
    assert heights.min() > -0.012
    assert heights.min(axis=(1, 2)).max() < 0.012  # some part of a foot is always down
    for foot, mark in itertools.product((0, 1), (0, 1)):
        low = heights[:, foot, mark] < 0.002
        both = low[1:] & low[:-1]
        moved = np.linalg.norm(np.diff(soles[:, foot, mark, :2], axis=0), axis=1)
        assert moved[both].max(initial=0) < 0.006, (foot, mark)
        assert both.any()


@pytest.mark.parametrize("play", list(PLAYS))
def test_nothing_jumps(play):
    """Halving the time step about halves the largest move: a jump would stay."""
    motion = _motion(play)
    rest = np.array([[0, 0, 1.6, 1], [0.6, -0.02, 0.95, 1], [-0.6, -0.02, 0.95, 1], [0.1, 0, 0.5, 1]])
    bones = np.array([motion.bones(s)[[HEAD, HAND, HAND + 1, SHIN]] for s in np.linspace(0, 1, 193)])
    at = np.einsum("tbij,bj->tbi", bones, rest)
    coarse, fine = (np.linalg.norm(np.diff(at[::step], axis=0), axis=-1).max() for step in (2, 1))
    assert coarse < 12.0 * _SECONDS / 96  # metres a second
    assert fine < 0.62 * coarse


@pytest.mark.parametrize("play", list(PLAYS))
def test_limbs_keep_their_lengths(play):
    motion = _motion(play, 5)
    for share in (0.0, 0.31, 0.77):
        bones = motion.bones(share)
        for bone, other, joint in ((THIGH, SHIN, "knee"), (SHIN, FOOT, "ankle"), (5, HAND, "wrist")):
            for side in (1, -1):
                at = np.append(motion.build.joint(joint, side), 1)
                left = int(side < 0)
                assert np.allclose(bones[bone + left] @ at, bones[other + left] @ at, atol=2e-3)


def test_a_quick_swing_is_quick_and_a_turn_turns():
    swing = _motion("swing")
    hand = HAND + int(swing.gesture.side < 0)
    tip = np.append(swing.build.joint("wrist", swing.gesture.side), 1)
    at = np.array([swing.bones(s)[hand] @ tip for s in np.linspace(0, 1, 97)])
    assert np.linalg.norm(np.diff(at, axis=0), axis=1).max() * 96 / _SECONDS > 4

    turn = _motion("turn around")
    first, last = (turn.bones(s)[HEAD][:, 1] for s in (0.0, 1.0))
    assert first @ last < 0.9


def test_plays_are_drawn_from_the_seed_and_repeat():
    drawn = [draw(seed, _STAND, _SECONDS)[1] for seed in range(40)]
    assert len({play_of(motion) for motion in drawn}) >= 7
    again = draw(7, _STAND, _SECONDS)[1]
    assert np.array_equal(again.bones(0.3), drawn[7].bones(0.3))


def test_two_bones_reach_exactly_until_they_are_nearly_straight():
    start, toward = np.zeros(3), np.array([0, -1.0, 0])
    for length in (0.3, 0.6, REACH * 0.8):
        goal = np.array([0.0, 0.1, -1.0]) / np.hypot(0.1, 1.0) * length
        middle, end = bend(start, goal, (0.42, 0.38), toward)
        assert np.allclose(end, goal)
        assert np.isclose(np.linalg.norm(middle), 0.42)
        assert np.isclose(np.linalg.norm(end - middle), 0.38)
    middle, end = bend(start, np.array([0, 0, -5.0]), (0.42, 0.38), toward)
    assert 0.78 < np.linalg.norm(end) < 0.8


def test_builds_mirror_left_and_right():
    build = Build(shoulders=1.1, hips=0.9)
    for name in ("shoulder", "elbow", "hip", "ankle"):
        assert np.allclose(build.joint(name, 1) * [-1, 1, 1], build.joint(name, -1))

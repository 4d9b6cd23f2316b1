"""The words for a camera's move, from the homographies of a flat screen behind the subject."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import numpy as np
import pytest

from pai_studio.core.motion.told import CAMERAS, Told, tell
from pai_studio.core.motion.track import Stretch, Track
from pai_studio.core.synth.moves import KINDS, draw_lens, make_move

SIZE = (960, 540)
LOOKS_LIKE = {"dolly": "zoom", "dolly-zoom": "zoom"}


def told(kind: str, seed: int, seconds: float = 4.0, noise_px: float = 0.1) -> Told | None:
    """What is said of a drawn move past a screen that stands 1 to 3 m behind the subject."""
    rng = np.random.default_rng(seed)
    count = int(seconds * 24)
    stand = np.array([rng.uniform(-0.5, 0.5), rng.uniform(5, 7), 0.0])
    lens = draw_lens(rng, kind, seconds)
    move = make_move(rng, kind, lens, seconds=seconds, stand=stand, aspect=SIZE[0] / SIZE[1])
    screen = np.array([0, stand[1] + rng.uniform(1, 3), 0]), np.array([1.0, 0, 0]), np.array([0, 0, 1.0])
    seen = [move.at(k / (count - 1), SIZE).plane_to_pixel(*screen) for k in range(count)]
    poses = [np.eye(3)]
    for one in seen[1:]:
        noise = np.eye(3)
        noise[:2, 2] = rng.normal(0, noise_px, 2)
        poses.append(noise @ one @ np.linalg.inv(seen[0]))
    return tell(Track([Stretch(list(range(count)), poses)]), range(count), SIZE, Fraction(24))


def test_every_kind_of_move_has_its_sentence():
    assert set(CAMERAS) == set(KINDS)


@pytest.mark.parametrize("kind", ["static", "pan", "tilt", "roll", "zoom", "truck", "handheld"])
def test_what_a_flat_screen_tells_is_told(kind):
    for seed in range(4):
        found = told(kind, seed)
        assert found is not None
        assert (found.kind, found.sentence) == (kind, CAMERAS[kind])


def test_what_looks_the_same_on_a_flat_screen_is_said_to():
    found = told("dolly", 1)
    assert found is not None
    assert found.kind == "zoom"
    assert "a dolly" in found.also


def test_of_half_a_shot_nothing_is_said():
    poses = [np.array([[1.0, 0, 9.0 * k], [0, 1, 0], [0, 0, 1]]) for k in range(10)]
    track = Track([Stretch(list(range(10)), poses)])
    assert tell(track, range(10), SIZE, Fraction(24)) is not None
    assert tell(track, range(40), SIZE, Fraction(24)) is None
    assert tell(Track(), range(10), SIZE, Fraction(24)) is None


@pytest.mark.long
def test_most_moves_are_told_right():
    """Of 30 a kind: all that a flat screen can tell; orbits and cranes with long lenses look like turns."""
    least = {"gimbal": 26, "crane": 14, "orbit": 14, "dolly-zoom": 24, "handheld": 28}
    for kind in KINDS:
        kinds = Counter(found.kind for seed in range(30) if (found := told(kind, seed)) is not None)
        assert kinds[LOOKS_LIKE.get(kind, kind)] >= least.get(kind, 30), (kind, kinds)

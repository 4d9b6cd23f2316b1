"""What the subject hides, taken from the frames around that show it."""

from __future__ import annotations

import numpy as np

from pai_studio.core.finish.uncovered import Elsewhere, uncovered
from pai_studio.core.motion.flow import grid

H, W = 24, 32
HERE = 2 * grid(np.eye(3), (W // 2, H // 2)) + np.float32(0.5)


def elsewhere(code, shown):
    """A frame of one colour that shows the place in some columns (w/2), lighter than the frame that asks by 0.1."""
    free = np.zeros((H // 2, W // 2), np.float32)
    free[:, shown] = 1
    nowhere = np.zeros((H, W), np.float32)
    more = np.full((H // 2, W // 2, 3), 0.1, np.float32)
    return Elsewhere(np.full((H, W, 3), code, np.float32), nowhere, free, HERE, more)


def test_the_nearest_that_shows_it_gives_it_in_the_frames_own_light():
    free = np.ones((H, W), np.float32)
    free[:, 8:24] = 0
    code, known = uncovered(free, [elsewhere(-1.0, slice(8, 16)), elsewhere(-2.0, slice(0, 16))])
    assert np.allclose(code[:, 20:23], -1.1, atol=0.15)
    assert np.allclose(code[:, 9:14], -2.1, atol=1e-3)
    assert (known[:, 9:23] > 0.99).all()
    assert (known[:, :8] == 0).all()


def test_the_last_of_twelve_gives_it_as_well_as_the_first():
    free = np.zeros((H, W), np.float32)
    around = [elsewhere(-1.0, slice(0, 4)) for _ in range(12)]
    code, known = uncovered(free, [*around, elsewhere(-2.0, slice(8, 16))])
    assert np.allclose(code[:, 20:], -2.1, atol=1e-3)
    assert (known[:, 20:] == 1).all()
    assert (known[:, 10:14] < 0.3).all()


def test_what_no_frame_shows_stays_unknown():
    nothing = uncovered(np.zeros((H, W), np.float32), [])
    assert not nothing[0].any()
    assert not nothing[1].any()

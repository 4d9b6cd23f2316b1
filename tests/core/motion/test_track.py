from __future__ import annotations

import numpy as np
import pytest

from pai_studio.core.motion.features import gray8, relief8
from pai_studio.core.motion.homography import corner_error, translation
from pai_studio.core.motion.track import ScreenTracker, Stretch, Track

SIZE = (480, 270)


def tracked(pictures, subject=None, relief=False):
    tracker = ScreenTracker(SIZE)
    for number, rgb in enumerate(pictures):
        free = np.ones(rgb.shape[:2], bool)
        if subject is not None:
            rgb[subject(number)] = np.random.default_rng(number).uniform(0, 0.5, 3)
            free[subject(number)] = False
        tracker.add(1001 + number, relief8(rgb, free) if relief else gray8(rgb, 0.3), free)
    return tracker.finish()


@pytest.mark.parametrize(("kind", "relief", "limit_px"), [("marked", False, 0.6), ("creased", True, 1.0)])
def test_shake_is_recovered_from_markers_and_from_creases(filmed, hand, kind, relief, limit_px):
    motions = hand(14)
    track = tracked(filmed(kind, motions), relief=relief)
    assert track.covered(range(1001, 1015)) == 1
    for number, truth in enumerate(motions):
        found = track.relative(1001, 1001 + number)
        assert corner_error(found, truth, SIZE) < limit_px


def test_a_subject_that_walks_through_does_not_matter(filmed, hand):
    motions = hand(12, pan_px=20)
    track = tracked(filmed("marked", motions), lambda n: np.s_[60:, 30 * n : 30 * n + 120])
    assert corner_error(track.relative(1001, 1012), motions[-1], SIZE) < 1.5


def test_a_pan_over_more_than_the_screen_shows_is_followed_from_key_to_key(filmed, hand):
    motions = hand(14, pan_px=-190, tremor_px=1)
    track = tracked(filmed("marked", motions))
    assert corner_error(track.relative(1001, 1014), motions[-1], SIZE) < 2.5


@pytest.mark.parametrize("relief", [False, True])
@pytest.mark.parametrize("noise", [0.002, 0.02, 0.06])
def test_a_plain_screen_is_never_tracked(filmed, hand, relief, noise):
    assert tracked(filmed("plain", hand(14), noise), relief=relief).stretches == []


def test_markers_that_come_late_are_tracked_from_there_on(filmed, hand):
    plain, marked = hand(10), hand(10)
    track = tracked([*filmed("plain", plain), *filmed("marked", marked)])
    assert len(track.stretches) == 1
    assert track.stretches[0].frames[0] >= 1010
    assert track.stretches[0].frames[-1] == 1020


def test_a_screen_that_is_lost_after_a_change_of_key_ends_the_track_there(filmed, hand):
    motions = hand(14, pan_px=-190, tremor_px=1)
    black = [np.zeros((SIZE[1], SIZE[0], 3), np.float32)] * 12
    track = tracked([*filmed("marked", motions), *black])
    assert [stretch.frames[-1] for stretch in track.stretches] == [1014]


def test_what_is_kept_does_not_grow_with_pictures(filmed, hand):
    motions = hand(4)
    sizes = []
    for repeats in (1, 5):
        tracker = ScreenTracker(SIZE)
        pictures = list(filmed("marked", motions))
        for number in range(4 * repeats):
            tracker.add(number, gray8(pictures[number % 4], 0.3), np.ones(SIZE[::-1], bool))
        kept = [a for a in _arrays(vars(tracker)) if a.size > 1000]
        sizes.append(sum(a.nbytes for a in kept))
    assert sizes[0] == sizes[1]


def _arrays(values):
    found = []
    for value in values.values() if isinstance(values, dict) else values:
        if isinstance(value, np.ndarray):
            found.append(value)
        elif isinstance(value, list | tuple):
            found += _arrays(value)
        elif hasattr(value, "__dict__"):
            found += _arrays(vars(value))
    return found


def test_a_track_between_frames_and_over_a_gap():
    one = Stretch([1, 3], [np.eye(3), translation(4, 0)], [9, 9], [0.1, 0.1])
    other = Stretch([5, 6], [np.eye(3), translation(0, 2)], [9, 9], [0.1, 0.1])
    track = Track([one, other])
    assert corner_error(track.relative(1, 2), translation(2, 0), SIZE) < 1e-6
    assert track.relative(1, 6) is None
    assert corner_error(track.bridged(1, 6), translation(4, 2), SIZE) < 1e-6
    assert track.known(1, 6) == pytest.approx(3 / 5)
    assert track.nearest(1, 6) == 3
    with pytest.raises(ValueError, match="outside"):
        one.pose(4)

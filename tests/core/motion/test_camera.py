from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pai_studio.core.motion.camera import Camera
from pai_studio.core.motion.homography import Fit, corner_error, power, translation
from pai_studio.core.motion.track import Stretch, Track

SIZE = (320, 180)


def link(matrix):
    return Fit(np.asarray(matrix, float), np.ones(50, bool), 0.3)


def stretch(frames, poses):
    return Stretch(list(frames), list(poses), [30] * len(poses), [0.1] * len(poses))


@settings(max_examples=30, deadline=None)
@given(st.floats(-80, 80), st.floats(-60, 60), st.integers(3, 30))
def test_interpolation_meets_both_anchors_and_goes_steadily(dx, dy, length):
    camera = Camera([0, length], {(0, 1): link(translation(dx, dy))}, Track(), SIZE)
    assert np.array_equal(camera.motion(0, 0), np.eye(3))
    assert np.array_equal(camera.motion(1, length), np.eye(3))
    limit = 0.6  # below what counts as motion, the camera is held still
    assert corner_error(camera.motion(0, length), translation(dx, dy), SIZE) < limit
    share = (length // 2) / length
    assert corner_error(camera.motion(0, length // 2), translation(dx * share, dy * share), SIZE) < limit
    there = camera.motion(0, length // 2)
    assert corner_error(camera.motion(1, length // 2) @ translation(dx, dy), there, SIZE) < 2 * limit


def test_three_anchors_are_met_with_one_smooth_speed():
    links = {(0, 1): link(translation(10, 0)), (1, 2): link(translation(50, 0))}
    camera = Camera([0, 10, 20], links, Track(), SIZE)
    x = np.array([camera.motion(0, f)[0, 2] / camera.motion(0, f)[2, 2] for f in range(21)])
    assert x[10] == pytest.approx(10, abs=0.01)
    assert x[20] == pytest.approx(60, abs=0.01)
    speed = np.diff(x)
    assert (speed > -0.01).all()
    assert np.abs(np.diff(speed)).max() < 1.5
    assert camera.source(5)[0] == "interpolated"


def test_a_track_gives_the_shake_and_the_references_the_anchors():
    rng = np.random.default_rng(0)
    screen = [translation(2 * t + s, s) for t, s in enumerate(rng.normal(0, 1, 11))]
    screen[0] = np.eye(3)
    camera = Camera(
        [0, 10], {(0, 1): link(screen[10] @ translation(-6, 3))}, Track([stretch(range(11), screen)]), SIZE
    )
    assert corner_error(camera.motion(0, 10), screen[10] @ translation(-6, 3), SIZE) < 1e-6
    kept = np.array([camera.motion(0, f)[0, 2] for f in range(11)]) - np.array([m[0, 2] for m in screen])
    progress = np.array([camera.progress(0, 1, f) for f in range(11)])
    assert np.abs(kept + 6 * progress).max() < 0.1
    assert camera.source(5)[0] == "tracked"
    assert "50 matches" in camera.source(5)[1]


def test_a_broken_track_makes_up_the_rest_in_its_gap():
    first = stretch(range(5), [translation(t, 0) for t in range(5)])
    last = stretch(range(8, 11), [translation(t, 0) for t in range(3)])
    camera = Camera([0, 10], {(0, 1): link(translation(10, 0))}, Track([first, last]), SIZE)
    assert [round(camera.motion(0, f)[0, 2], 3) for f in (3, 4, 6, 8, 10)] == [3, 4, 6, 8, 10]
    assert [s.source for s in camera.spans(range(11))] == ["tracked", "interpolated", "tracked"]


def test_outside_the_anchors_the_track_leads_and_then_the_camera_is_held():
    track = Track([stretch(range(4, 9), [translation(3 * t, 0) for t in range(5)])])
    camera = Camera([5], {}, track, SIZE)
    assert corner_error(camera.motion(0, 8), translation(9, 0), SIZE) < 1e-9
    assert corner_error(camera.motion(0, 20), translation(9, 0), SIZE) < 1e-9
    assert corner_error(camera.motion(0, 0), translation(-3, 0), SIZE) < 1e-9
    spans = [(s.first, s.last, s.source) for s in camera.spans(range(12))]
    assert spans == [(0, 3, "held"), (4, 8, "tracked"), (9, 11, "held")]


def test_without_track_or_registration_all_is_held():
    camera = Camera([0, 10], {}, Track(), SIZE)
    assert not camera.related(0, 1)
    assert all(np.array_equal(camera.motion(k, f), np.eye(3)) for k in (0, 1) for f in range(11))
    assert {s.source for s in camera.spans(range(11))} == {"held"}


def test_references_are_related_by_way_of_others():
    links = {(0, 2): link(translation(8, 0)), (1, 2): link(translation(3, 0))}
    camera = Camera([0, 5, 10], links, Track(), SIZE)
    assert camera.related(0, 1)
    assert corner_error(camera.motion(0, 5), translation(5, 0), SIZE) < 1e-6


def test_a_motion_below_what_can_be_told_is_none():
    track = Track([stretch(range(5), [np.eye(3)] + [translation(0.1, -0.1)] * 4)])
    camera = Camera([0], {}, track, SIZE)
    assert np.array_equal(camera.motion(0, 3), np.eye(3))


def test_two_references_at_one_frame_share_its_camera():
    camera = Camera([5, 5, 10], {(0, 2): link(power(translation(10, 0), 1))}, Track(), SIZE)
    assert camera.related(1, 2)
    assert corner_error(camera.motion(1, 10), camera.motion(0, 10), SIZE) < 1e-9


def turned(yaw, zoom=0.0):
    """A camera of focal length 350 that turns about itself and zooms."""
    c, s = np.cos(yaw), np.sin(yaw)
    lens = np.array([[350, 0, 159.5], [0, 350, 89.5], [0, 0, 1.0]])
    wider = lens @ np.diag([1 / 350, 1 / 350, 1]) @ np.diag([350 * np.exp(zoom), 350 * np.exp(zoom), 1])
    wider[:2, 2] = lens[:2, 2]
    return wider @ np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]) @ np.linalg.inv(lens)


def pan(frames=13, most=0.12):
    poses = [turned(most * t / (frames - 1)) for t in range(frames)]
    rng = np.random.default_rng(0)
    here = rng.uniform((90, 10), (310, 170), (60, 2))
    there = np.concatenate([here, np.ones((60, 1))], axis=1) @ poses[-1].T
    return poses, {(0, 1): (here, there[:, :2] / there[:, 2:])}


def test_with_points_the_camera_has_poses_and_keeps_its_anchors():
    poses, points = pan()
    known = {(0, 1): link(poses[-1])}
    camera = Camera([0, 12], known, Track([stretch(range(13), poses)]), SIZE, points)
    for frame in (0, 3, 6, 12):
        view = camera.view(0, 1, frame)
        assert corner_error(view.motion, poses[frame], SIZE) < 0.5
        assert corner_error(camera.motion(0, frame), poses[frame], SIZE) < 0.5
    assert view.share == pytest.approx(1)
    assert np.abs(camera.view(0, 1, 6).epipole).max() < 3
    assert camera.neighbours(0, 5) == [1]
    assert corner_error(camera.view(1, 0, 12).motion, np.eye(3), SIZE) < 1e-9


def test_a_reference_alone_goes_as_far_things_do_and_with_others_it_is_not_alone():
    poses, points = pan()
    track = Track([stretch(range(13), poses)])
    alone = Camera([0], {}, track, SIZE, {})
    view = alone.alone(0, 12)
    assert view.floor is not None
    assert corner_error(view.motion, poses[12], SIZE) < 2
    assert alone.neighbours(0, 5) == []
    together = Camera([0, 12], {(0, 1): link(poses[-1])}, track, SIZE, points)
    assert together.alone(0, 12).floor is None


def test_halfway_through_a_zoom_is_half_its_logarithm():
    poses = [turned(0.0, 0.6 * t / 10) for t in range(11)]
    camera = Camera([0, 10], {(0, 1): link(poses[-1])}, Track([stretch(range(11), poses)]), SIZE)
    assert camera.progress(0, 1, 5) == pytest.approx(0.5, abs=1e-6)
    assert camera.progress(1, 0, 5) == pytest.approx(0.5, abs=1e-6)

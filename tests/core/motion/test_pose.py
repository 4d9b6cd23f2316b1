from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pai_studio.core.motion.homography import apply, inverse
from pai_studio.core.motion.observed import see
from pai_studio.core.motion.path import FAR, Path
from pai_studio.core.motion.pose import Lens, Poses, turned

SIZE = (320, 180)
small = st.floats(-0.2, 0.2)


def poses(frames):
    return Poses(Lens(SIZE, 0.1), 10, np.asarray(frames, float), np.array([0, 0, 1.0]))


def projected(poses_, frame, points):
    row = poses_.at(frame)
    return poses_.lens.pixels((points - row[3:6]) @ turned(row[:3]).T, np.asarray(row[6]))


@settings(max_examples=25, deadline=None)
@given(st.lists(small, min_size=7, max_size=7), st.lists(small, min_size=7, max_size=7))
def test_pixels_of_a_nearness_go_where_their_points_are_seen(one, other):
    camera = poses([one, other])
    points = np.array([[0.1, -0.1, 3.0], [-0.6, 0.2, 5.0], [0.5, 0.3, 2.0]])
    row = camera.at(10)
    depth = ((points - row[3:6]) @ turned(row[:3]).T)[:, 2]
    matrix, epipole = camera.seen(10, 11)
    start = np.concatenate([projected(camera, 10, points), np.ones((3, 1))], axis=1)
    moved = start @ matrix.T + epipole / depth[:, None]
    assert moved[:, :2] / moved[:, 2:] == pytest.approx(projected(camera, 11, points), abs=1e-6)


def test_a_camera_that_stays_parts_nothing_and_one_between_frames_is_halfway():
    camera = poses([np.zeros(7), [0, 0.1, 0, 0.2, 0, 0, 0], [0, 0.2, 0, 0.2, 0, 0, 0.3]])
    assert camera.seen(11, 12)[1] == pytest.approx(np.zeros(3))
    assert camera.at(10.5) == pytest.approx([0, 0.05, 0, 0.1, 0, 0, 0])
    assert camera.at(99) == pytest.approx(camera.frames[-1])
    assert camera.last == 12


@settings(max_examples=15, deadline=None)
@given(st.lists(small, min_size=7, max_size=7), st.lists(small, min_size=7, max_size=7), st.booleans())
def test_slopes_are_the_differences(one, other, on_screen):
    rows = np.array([one]), np.array([other])
    at, near = np.array([[[40.0, 60.0], [250.0, 120.0]]]), np.array([[0.4, 0.9]])
    slopes = np.array([0.1, -0.2]) if on_screen else None

    def landed(log_focal, slopes, rows, near):
        return see(Lens(SIZE, log_focal), slopes, at, rows, near).landed

    def stepped(row, k):
        step = np.zeros((1, 7))
        step[0, k] = 1e-6
        if k > 2:
            return row + step
        turn = turned(step[:, :3]) @ turned(row[:, :3])
        # Back to a vector: the turn is far below half a round.
        angle = np.arccos((np.trace(turn[0]) - 1) / 2)
        odd = np.array(
            [turn[0, 2, 1] - turn[0, 1, 2], turn[0, 0, 2] - turn[0, 2, 0], turn[0, 1, 0] - turn[0, 0, 1]]
        )
        return np.concatenate([(odd / (2 * np.sinc(angle / np.pi)))[None], row[:, 3:]], axis=1)

    sight = see(Lens(SIZE, 0.1), slopes, at, rows, near)
    base = sight.landed
    assert (landed(0.1 + 1e-6, slopes, rows, near) - base) / 1e-6 == pytest.approx(
        sight.lens[..., 0], abs=0.02
    )
    for k in range(7):
        of_one = (landed(0.1, slopes, (stepped(rows[0], k), rows[1]), near) - base) / 1e-6
        of_other = (landed(0.1, slopes, (rows[0], stepped(rows[1], k)), near) - base) / 1e-6
        assert of_one == pytest.approx(sight.one[..., k], rel=1e-2, abs=0.05)
        assert of_other == pytest.approx(sight.other[..., k], rel=1e-2, abs=0.05)
    if on_screen:
        tilted = landed(0.1, slopes + np.array([0, 1e-6]), rows, near)
        assert (tilted - base) / 1e-6 == pytest.approx(sight.lens[..., 2], rel=1e-2, abs=0.02)
    else:
        nearer = landed(0.1, slopes, rows, near + 1e-6)
        assert (nearer - base) / 1e-6 == pytest.approx(sight.near[..., 0], rel=1e-2, abs=0.02)


def test_a_path_meets_what_is_known_at_its_end_and_starts_from_rest():
    frames = [[0, 0.01 * t, 0, 0.02 * t, 0, 0.005 * t, 0] for t in range(5)]
    camera = poses(frames)
    matrix, epipole = camera.seen(10, 14)
    shift = np.array([[1, 0, 2.0], [0, 1, -1.0], [0, 0, 1]])
    known = shift @ (matrix + np.outer(epipole, [1e-4, 0, 0.2]))
    path = Path(camera, 10, 14, known)
    at = np.array([[10.0, 20], [300, 30], [160, 170]])
    assert apply(path.motion(14), at) == pytest.approx(apply(known, at), abs=1e-6)
    assert path.motion(10) == pytest.approx(np.eye(3), abs=1e-9)
    assert path.epipole(10) == pytest.approx(np.zeros(3), abs=1e-9)
    shares = [path.share(f) for f in range(10, 15)]
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert shares[-1] == 1


def test_a_path_that_leads_nowhere_known_shows_what_is_far_and_a_floor_below():
    camera = poses([np.zeros(7), [0, 0, 0, 0.1, 0, 0, 0]])
    path = Path(camera, 10)
    focal = float(camera.lens.focal(np.asarray(0.0)))
    middle = np.array([[159.5, 89.5]])
    assert apply(path.motion(11), middle) - middle == pytest.approx(
        np.array([[-0.1 * focal * FAR, 0]]), abs=1e-6
    )
    below = path.floor @ [160, 170, 1]
    assert below > path.floor @ [160, 100, 1] > 0
    assert np.isfinite(inverse(path.motion(11))).all()

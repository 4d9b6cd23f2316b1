"""A camera of which all is known, seen by a screen's track and by points that stills share."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace

import cv2
import numpy as np
import pytest

from pai_studio.core.motion.bundle import Shared
from pai_studio.core.motion.homography import corner_error, inverse
from pai_studio.core.motion.leg import Leg
from pai_studio.core.motion.pose import Lens, Poses, turned
from pai_studio.core.motion.solve import Evidence, shared_points, solve
from pai_studio.core.motion.track import Stretch, Track

SIZE = (480, 270)
FRAMES = 13
FOCAL = 1.05


def camera(travel=(0.0, 0, 0), turn=(0.0, 0, 0), zoom=0.0, tremor=0.001, seed=0):
    """Rows of parameters: an eased way, turn and zoom, and a hand's tremor in the turn."""
    share = np.linspace(0, 1, FRAMES)[:, None]
    ease = share**2 * (3 - 2 * share)
    shake = cv2.GaussianBlur(np.random.default_rng(seed).standard_normal((FRAMES, 3)), (1, 5), 1.0) * tremor
    rows = np.concatenate([ease * turn + shake - shake[0], ease * travel, ease * zoom], axis=1)
    return Poses(Lens(SIZE, float(np.log(FOCAL))), 0, rows, np.array([0.0, 0.05, 1.0]))


def tracked(truth, noise_px=0.03, seed=1):
    """The screen's homographies from the first frame on, a little wrong."""
    rng = np.random.default_rng(seed)
    found = []
    rays = inverse(truth.lens.matrix(truth.frames[0, 6]))
    for frame in range(FRAMES):
        matrix, epipole = truth.seen(0, frame)
        shift = np.eye(3)
        shift[:2, 2] = rng.normal(0, noise_px, 2)
        found.append(shift @ (matrix + np.outer(epipole, truth.plane @ rays)))
    return Stretch(list(range(FRAMES)), found, [30] * FRAMES, [0.2] * FRAMES)


def shared(truth, one, other, count=80, wrong=8):
    """Points between 0.6 and 8 screen's distances away that both frames show, `wrong` of them mistaken."""
    rng = np.random.default_rng(2)
    here = rng.uniform((20, 20), np.array(SIZE) - 20, (count, 2))
    matrix, epipole = truth.seen(one, other)
    there = np.concatenate([here, np.ones((count, 1))], axis=1) @ matrix.T
    there += epipole / rng.uniform(0.6, 8, (count, 1))
    landed = there[:, :2] / there[:, 2:] + rng.normal(0, 0.2, (count, 2))
    landed[:wrong] += rng.uniform(-60, 60, (wrong, 2))
    return Shared(one, other, here, landed)


def evidence(truth, anchors=(0, 12), stretch=None):
    pairs = [shared(truth, a, b) for a, b in itertools.pairwise(anchors)]
    motions = [truth.seen(a, b)[0] for a, b in itertools.pairwise(anchors)]
    stretch = stretch or tracked(truth)
    ends = itertools.pairwise(anchors)
    legs = [Leg.along(e, m, Track([stretch]), SIZE, None) for e, m in zip(ends, motions, strict=True)]
    return Evidence(SIZE, [stretch], pairs, anchors, motions, [leg.progress for leg in legs])


def far_error_px(found, truth):
    return max(corner_error(found.seen(0, f)[0], truth.seen(0, f)[0], SIZE) for f in range(FRAMES))


def test_a_trembling_truck_is_told_from_its_turns():
    truth = camera(travel=(0.1, 0, 0.02), turn=(0, 0.03, 0))
    found = solve(evidence(truth))
    assert far_error_px(found, truth) < 5
    gone = found.frames[-1, 3:6] / np.linalg.norm(found.frames[-1, 3:6])
    assert gone @ (truth.frames[-1, 3:6] / np.linalg.norm(truth.frames[-1, 3:6])) > 0.99
    assert np.exp(found.lens.log_focal) == pytest.approx(FOCAL, rel=0.2)


def test_a_zoom_is_no_way_forward():
    truth = camera(zoom=0.35)
    found = solve(evidence(truth))
    assert found.frames[-1, 6] == pytest.approx(0.35, abs=0.02)
    assert np.abs(found.frames[:, 3:6]).max() < 0.03


def test_a_pan_has_no_way_and_no_zoom():
    truth = camera(turn=(0, 0.15, 0))
    found = solve(evidence(truth))
    assert far_error_px(found, truth) < 1
    assert np.abs(found.frames[:, 3:6]).max() < 0.01
    assert np.abs(found.frames[:, 6]).max() < 1e-3


def test_with_one_still_the_screens_foreshortening_tells_a_truck_from_a_pan():
    truck = camera(travel=(0.12, 0, 0), tremor=0.001)
    alone = Evidence(SIZE, [tracked(truck, noise_px=0.01)], [], [0], [])
    assert far_error_px(solve(alone), truck) < 4
    screen_px = corner_error(alone.stretches[0].poses[-1], truck.seen(0, 12)[0], SIZE)
    assert screen_px > 8 * far_error_px(solve(alone), truck)
    pan = camera(turn=(0, 0.1, 0), tremor=0.001)
    found = solve(Evidence(SIZE, [tracked(pan, noise_px=0.01)], [], [0], []))
    assert far_error_px(found, pan) < 1.5


def test_noise_alone_is_a_camera_that_never_moved():
    truth = camera(tremor=0.0)
    found = solve(evidence(truth, stretch=tracked(truth, noise_px=0.1)))
    assert not found.frames.any()


def test_a_track_that_no_camera_explains_tells_none():
    truth = camera(travel=(0.1, 0, 0))
    wild = tracked(truth)
    rng = np.random.default_rng(3)
    for pose in wild.poses[1:]:
        pose[:2] += rng.normal(0, 1, (2, 3)) * [0.05, 0.05, 8]
    assert solve(evidence(truth, stretch=wild)) is None
    assert solve(Evidence(SIZE, [wild], [], [0], [])) is None


def test_a_gap_and_keys_apart_are_bridged():
    truth = camera(travel=(0.08, 0, 0.03), tremor=0.001)
    whole = tracked(truth)
    base = inverse(whole.poses[8])
    later = Stretch([8, 9, 10, 11, 12], [p @ base for p in whole.poses[8:]], [30] * 5, [0.2] * 5)
    first = Stretch([0, 1, 2, 3, 4], whole.poses[:5], [30] * 5, [0.2] * 5)
    known = evidence(truth)
    found = solve(replace(known, stretches=[first, later]))
    assert far_error_px(found, truth) < 3


def test_few_matches_and_matches_of_one_frame_tell_nothing():
    points = {(0, 1): (np.zeros((5, 2)), np.zeros((5, 2))), (0, 2): (np.zeros((40, 2)), np.zeros((40, 2)))}
    assert shared_points(points, [0, 4, 0]) == []
    assert len(shared_points(points, [0, 4, 8])) == 1


def test_a_stretch_that_few_features_bear_out_is_not_believed():
    good = tracked(camera())
    lost = Stretch(good.frames, good.poses, [12] * FRAMES, [0.7] * FRAMES)
    assert Track([good, lost]).believed().stretches == [good]
    assert Track([lost]).doubt_px > Track([good]).doubt_px
    assert Track().doubt_px == float("inf")
    assert turned(np.zeros(3)) == pytest.approx(np.eye(3))


@pytest.mark.long
def test_the_work_does_not_grow_with_the_square_of_the_stills():
    """Twelve stills in one shot are 66 pairs: the camera is found in seconds, and goes the right way."""
    truth = camera(travel=(0.1, 0, 0.02), turn=(0, 0.03, 0))
    anchors = tuple(range(12))
    known = evidence(truth, anchors)
    pairs = [shared(truth, a, b, count=160) for a, b in itertools.combinations(anchors, 2)]
    started = time.process_time()
    found = solve(replace(known, shared=pairs))
    assert time.process_time() - started < 20
    gone = found.frames[-1, 3:6] / np.linalg.norm(found.frames[-1, 3:6])
    assert gone @ (truth.frames[-1, 3:6] / np.linalg.norm(truth.frames[-1, 3:6])) > 0.97

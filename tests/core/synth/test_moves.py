"""Camera moves: smooth, within the zone, framed on the person, and each kind true to its name."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pai_studio.core.synth.moves import KINDS, ROTATIONS, draw_kind, draw_lens, make_move

SIZE = (320, 180)
SEEDS = st.integers(0, 5000)
LENGTHS = st.sampled_from([0.7, 2.0, 6.0])
STAND = np.array([-0.9, 6.1, 0.0])


def _move(kind, seed, seconds=2.0, stand=STAND):
    rng = np.random.default_rng(seed)
    return make_move(
        rng, kind, draw_lens(rng, kind, seconds), seconds=seconds, stand=stand, aspect=SIZE[0] / SIZE[1]
    )


def _cameras(move, count=17):
    return [move.at(share, SIZE) for share in np.linspace(0, 1, count)]


def _corners(camera):
    """Where a box of 8 m depth is seen: what every change of the camera changes."""
    box = np.array([[x, y, z] for x in (-1.5, 1.5) for y in (4.0, 12.0) for z in (0.3, 2.8)])
    return camera.project(box)[:, :2]


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(KINDS), SEEDS, LENGTHS, st.floats(-1, 1), st.floats(5, 7))
def test_every_move_stays_in_its_zone_and_sees_the_person(kind, seed, seconds, x, y):
    stand = np.array([x, y, 0.0])
    for camera in _cameras(_move(kind, seed, seconds, stand), 9):
        assert np.linalg.norm(camera.position - [0, 0, 1.4]) < 1.5
        seen = camera.project(stand + np.array([[0, 0, 1.0], [0, 0, 1.5]]))
        assert ((seen[:, 0] > 0) & (seen[:, 0] < SIZE[0])).all()
        assert ((seen[:, 1] > 0) & (seen[:, 1] < SIZE[1])).any()


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(KINDS), SEEDS, LENGTHS)
def test_every_move_is_smooth(kind, seed, seconds):
    """Steps a fourth as long change a fourth as fast: second differences fall with the step's square."""
    move = _move(kind, seed, seconds)
    corners = np.array([_corners(c) for c in _cameras(move, 4 * round(24 * seconds) + 1)])
    coarse, fine = (np.abs(np.diff(corners[::step], n=2, axis=0)).max() for step in (4, 1))
    assert fine < coarse / 8 + 1e-9
    assert coarse < 5


@settings(max_examples=50, deadline=None)
@given(st.sampled_from([k for k in KINDS if k != "static"]), SEEDS)
def test_every_other_move_can_be_seen(kind, seed):
    corners = np.stack([_corners(c) for c in _cameras(_move(kind, seed))])
    assert np.ptp(corners, axis=0).max() > 0.012 * SIZE[0]
    assert kind == "handheld" or np.abs(corners[-1] - corners[0]).max() > 0.012 * SIZE[0]


@settings(max_examples=50, deadline=None)
@given(SEEDS)
def test_static_is_exactly_static(seed):
    cameras = _cameras(_move("static", seed))
    for one, other in itertools.pairwise(cameras):
        assert np.array_equal(one.position, other.position)
        assert np.array_equal(one.rotation, other.rotation)
        assert np.array_equal(one.intrinsics, other.intrinsics)


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(ROTATIONS), SEEDS)
def test_rotations_and_zooms_keep_the_position(kind, seed):
    cameras = _cameras(_move(kind, seed))
    assert all(np.array_equal(c.position, cameras[0].position) for c in cameras)
    turns = any(not np.array_equal(c.rotation, cameras[0].rotation) for c in cameras)
    zooms = any(not np.array_equal(c.intrinsics, cameras[0].intrinsics) for c in cameras)
    assert (turns, zooms) == (kind in ("pan", "tilt", "roll"), kind == "zoom")


@settings(max_examples=50, deadline=None)
@given(SEEDS)
def test_a_zoom_is_monotone_and_its_lens_names_the_longest(seed):
    move = _move("zoom", seed)
    focals = np.array([c.intrinsics[0, 0] for c in _cameras(move)]) / SIZE[0]
    steps = np.diff(focals)
    assert (steps > 0).all() or (steps < 0).all()
    assert np.isclose(focals.max(), move.lens.longest)


@settings(max_examples=50, deadline=None)
@given(SEEDS)
def test_an_orbit_keeps_its_distance_and_the_subject_in_place(seed):
    cameras = _cameras(_move("orbit", seed))
    away = [np.linalg.norm((c.position - STAND)[:2]) for c in cameras]
    assert np.ptp(away) < 1e-9
    assert np.ptp([c.position[2] for c in cameras]) == 0
    chest = np.array([[*STAND[:2], cameras[0].position[2]]])
    at = np.array([c.project(chest)[0, :2] for c in cameras])
    assert np.ptp(at, axis=0).max() < 1e-6
    assert np.linalg.norm(cameras[0].position - cameras[-1].position) > 0.4


@settings(max_examples=50, deadline=None)
@given(SEEDS)
def test_a_dolly_zoom_keeps_the_subjects_size(seed):
    heights = []
    for camera in _cameras(_move("dolly-zoom", seed)):
        head, hip = camera.project(STAND + np.array([[0, 0, 1.7], [0, 0, 0.9]]))[:, 1]
        heights.append(hip - head)
    assert np.ptp(heights) < 0.06 * np.mean(heights)


@pytest.mark.parametrize(("kind", "axis"), [("truck", 0), ("dolly", 1), ("crane", 2)])
def test_rails_run_along_one_axis(kind, axis):
    for seed in range(20):
        first, last = (_move(kind, seed).at(share, SIZE).position for share in (0.0, 1.0))
        gone = np.abs(last - first)
        assert gone[axis] > 0.2
        assert np.delete(gone, axis).max() < 1e-12


def test_lenses_run_from_24_to_85_mm_and_seeds_draw_every_kind():
    lenses = [draw_lens(np.random.default_rng(s), k, 2.0).millimetres for s in range(80) for k in KINDS]
    ends = np.array(lenses).ravel()
    assert ends.min() == 24
    assert 80 <= ends.max() <= 85
    assert {draw_kind(np.random.default_rng([s, 8])) for s in range(200)} == set(KINDS)


def test_an_unknown_kind_is_refused():
    with pytest.raises(KeyError):
        draw_lens(np.random.default_rng(0), "whip", 2.0)

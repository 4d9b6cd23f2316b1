from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pai_studio.core.motion.homography import (
    apply,
    corner_error,
    corners,
    exponential,
    fit,
    inverse,
    logarithm,
    power,
    sane,
    scaling,
    translation,
)

SIZE = (320, 180)


def camera(pan, tilt, roll, zoom):
    """The homography of a camera that turns by degrees and zooms."""
    a, b, c = np.radians([pan, tilt, roll])
    turn = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    turn = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]]) @ turn
    turn = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]]) @ turn
    k = np.array([[300, 0, 159.5], [0, 300, 89.5], [0, 0, 1.0]])
    return np.diag([zoom, zoom, 1]) @ k @ turn @ np.linalg.inv(k)


cameras = st.builds(camera, *[st.floats(-12, 12)] * 3, st.floats(0.8, 1.25))


def matches(matrix, rng, count=60):
    src = rng.uniform([0, 0], SIZE, (count, 2))
    return src, apply(matrix, src)


@settings(max_examples=25, deadline=None)
@given(cameras)
def test_fit_recovers_an_exact_homography(matrix):
    src, dst = matches(matrix, np.random.default_rng(0))
    found = fit(src, dst, SIZE, 1.0)
    assert found is not None
    assert corner_error(found.matrix, matrix, SIZE) < 0.1  # the lean towards a similarity
    assert found.inliers.all()


def test_fit_ignores_a_third_of_wild_matches():
    matrix = camera(5, -3, 2, 1.1)
    rng = np.random.default_rng(1)
    src, dst = matches(matrix, rng)
    dst = dst + rng.normal(0, 0.2, dst.shape)
    dst[:20] = rng.uniform([0, 0], SIZE, (20, 2))
    found = fit(src, dst, SIZE, 1.5)
    assert found is not None
    assert corner_error(found.matrix, matrix, SIZE) < 1.0
    assert found.inliers[:20].sum() <= 2


def test_bunched_matches_cannot_bend_the_far_corner():
    rng = np.random.default_rng(2)
    src = rng.uniform([10, 10], [60, 50], (12, 2))
    dst = src + np.array([3.0, 1.0]) + rng.normal(0, 0.3, src.shape)
    found = fit(src, dst, SIZE, 1.5)
    assert found is not None
    assert corner_error(found.matrix, translation(3, 1), SIZE) < 8


def test_fit_says_none_for_too_little_and_for_a_mirror_image():
    src = np.random.default_rng(3).uniform([0, 0], SIZE, (40, 2))
    assert fit(src[:3], src[:3], SIZE, 1.0) is None
    assert fit(src, src * [-1, 1], SIZE, 1.0) is None


@settings(max_examples=25, deadline=None)
@given(cameras)
def test_power_starts_at_rest_ends_at_the_motion_and_adds_up(matrix):
    assert corner_error(power(matrix, 0.0), np.eye(3), SIZE) < 1e-6
    assert corner_error(power(matrix, 1.0), matrix, SIZE) < 1e-6
    halves = power(matrix, 0.5) @ power(matrix, 0.5)
    assert corner_error(halves, matrix, SIZE) < 1e-5


def test_half_a_pan_is_a_pan_by_half_the_angle():
    assert corner_error(power(camera(10, 0, 0, 1), 0.5), camera(5, 0, 0, 1), SIZE) < 1e-6


def test_exponential_undoes_logarithm():
    matrix = camera(4, 3, -2, 0.9)
    assert corner_error(exponential(logarithm(matrix)), matrix, SIZE) < 1e-8
    with pytest.raises(ValueError, match="no real logarithm"):
        logarithm(np.diag([-1.0, -2.0, 1.0]))


def test_scaling_keeps_edges_on_edges():
    up = scaling(4, 4)
    assert np.allclose(apply(up, np.array([[-0.5, -0.5], [79.5, 44.5]])), [[-0.5, -0.5], [319.5, 179.5]])
    assert np.allclose(up @ inverse(up), np.eye(3))


def test_what_lies_behind_the_camera_is_not_sane():
    assert sane(np.eye(3), SIZE)
    assert not sane(np.diag([-1.0, 1.0, 1.0]), SIZE)
    assert not sane(np.array([[1, 0, 0], [0, 1, 0], [-1 / 100, 0, 1.0]]), SIZE)
    assert not np.isfinite(apply(np.array([[1, 0, 0], [0, 1, 0], [-1 / 100, 0, 1.0]]), corners(SIZE))).all()


@pytest.mark.parametrize(
    ("degrees", "possible"), [(0, True), (60, True), (-60, True), (150, False), (180, False)]
)
def test_no_camera_turns_a_picture_upside_down(degrees, possible):
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    assert sane(np.array([[c, -s, 20], [s, c, -5], [0, 0, 1]]), (320, 180)) is possible

"""What a place's pictures lead one to expect of its light."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pai_studio.core.comp.prior import expected_gain, gain_of, statistics
from pai_studio.core.comp.space import luminance


def a_place(feet=0.3, sky=1.0, tint=(1.0, 1.0, 1.0), seed=0):
    """A sky over a floor, textured."""
    rng = np.random.default_rng(seed)
    level = np.where(np.arange(108)[:, None] < 60, sky, feet) * np.exp(0.2 * rng.standard_normal((108, 192)))
    return (level[..., None] * np.array(tint)).astype(np.float32)


def bright(gain):
    return float(luminance(gain.reshape(1, 1, 3))[0, 0])


def test_the_floor_at_the_feet_counts_and_a_bright_sky_does_not():
    plain, sky, floor = (
        bright(expected_gain([a_place(*levels)])) for levels in ((0.03, 0.1), (0.03, 1), (0.1, 0.1))
    )
    assert abs(np.log(sky / plain)) < 0.5
    assert np.log(floor / plain) > 0.35


def test_the_darker_the_place_the_darker_the_subject():
    gains = [bright(expected_gain([a_place(feet, 2 * feet)])) for feet in (0.02, 0.05, 0.1, 0.2)]
    assert gains == sorted(gains)
    assert gains[0] < 0.4
    assert gains[-1] < 1.1


def test_a_place_as_bright_as_a_set_leaves_the_subject_alone():
    assert np.allclose(expected_gain([a_place(0.55, 0.55)]), 1, atol=0.12)


def test_what_is_nearly_right_is_left_alone():
    for level in (0.2, 0.35, 0.8):
        assert bright(expected_gain([a_place(level, level)])) == pytest.approx(1, abs=0.06)
    assert np.allclose(gain_of(-0.5, np.zeros(2)), 1)
    assert np.allclose(gain_of(3.0, np.zeros(2)), 1)


def test_a_tint_does_not_brighten():
    rng = np.random.default_rng(5)
    for tint in rng.uniform(-1, 1, (20, 2)):
        assert bright(gain_of(0.0, tint)) < 1.1


def test_warm_places_warm():
    plain, warm = (expected_gain([a_place(tint=tint)]) for tint in ((1, 1, 1), (1.3, 1.0, 0.6)))
    assert warm[0] / warm[2] > 1.2 * plain[0] / plain[2]


def test_the_order_of_stills_and_their_size_change_nothing():
    one, two = a_place(seed=1), a_place(0.1, seed=2)
    assert np.allclose(expected_gain([one, two]), expected_gain([two, one]), rtol=1e-5)
    double = np.repeat(np.repeat(one, 2, 0), 2, 1)
    assert np.allclose(expected_gain([double]), expected_gain([one]), rtol=0.03)


@settings(max_examples=40, deadline=None)
@given(st.floats(-9, 9), st.floats(-3, 3), st.floats(-3, 3), st.floats(0, 1))
def test_gains_are_bounded_and_grow_with_the_level(level, red, blue, more):
    tint = np.array([red, blue])
    low, high = gain_of(level, tint), gain_of(level + more, tint)
    assert low.min() > 0.12
    assert high.max() < 1.4
    assert (high >= low - 1e-6).all()


@pytest.mark.parametrize("value", [0.0, -1.0, 1e6])
def test_black_negative_and_blinding_pictures_have_statistics(value):
    level, chroma = statistics([np.full((20, 30, 3), value, np.float32)])
    assert np.isfinite(level).all()
    assert np.isfinite(chroma).all()

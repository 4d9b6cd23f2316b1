"""The layers' laws: the formula, the exact ends, the controls, and every kind of plate."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pai_studio.core.finish.layers import beauty, half
from pai_studio.core.media.frame import Box, Generated, PlateFrame, Screen
from pai_studio.core.shot.document import Finish
from tests.core.finish.alone import finish

H, W = 24, 40
BOX = Box(-3, 2, W, H)
SCREEN = Screen(np.array([0.2, 0.45, 0.15], np.float32), 1)
OFF = Finish(despill=0, gain_mix=0, wrap=0, shadow=0, grain=0)
LIGHT = arrays(np.float32, (H, W, 3), elements=st.floats(-0.125, 500, width=32))
SHARE = arrays(np.float32, (H, W), elements=st.floats(0, 1, width=32))


def plate(rgb, **how):
    return PlateFrame(1001, rgb, BOX, BOX, **how)


def some(seed=0):
    rng = np.random.default_rng(seed)
    rgb = rng.random((H, W, 3), np.float32)
    matte = np.zeros((H, W), np.float32)
    matte[6:20, 10:30] = 1
    matte[6, 10:30] = 0.5
    return rgb, matte, rng.random((H, W, 3), np.float32)


@settings(max_examples=30, deadline=None)
@given(
    st.tuples(LIGHT, LIGHT), st.tuples(SHARE, SHARE), st.floats(0.375, 3), st.sampled_from([Finish(), OFF])
)
def test_beauty_is_the_formula_of_the_delivered_passes(pictures, shares, factor, controls):
    (rgb, behind), (matte, shade) = pictures, shares
    gain = np.full((H, W, 3), factor, np.float32)
    made = Generated(1001, matte, behind, gain, shade, None, None, SCREEN)
    got = finish(plate(rgb), made, controls, 7)
    for name, values in got.passes().items():
        assert np.isfinite(values).all(), name
        assert values.dtype == np.float32
        if name != "beauty":
            assert np.array_equal(values, values.astype(np.float16).astype(np.float32)), name
    f = {name: values.astype(np.float64) for name, values in got.passes().items()}
    exact = (
        f["foreground"] * f["gain"]
        + f["background"] * (f["shadow"] * (1 - f["matte"]))[..., None]
        + f["wrap"]
    )
    ulp = np.spacing(np.clip(np.abs(exact), 6.2e-5, 65000).astype(np.float16)).astype(np.float64)
    assert (np.abs(got.beauty - exact) <= 0.5 * ulp).all()


def test_engine_that_leaves_the_plate_gives_it_back_bit_for_bit():
    rgb, matte, _ = some()
    rgb[0, 0] = [1e6, -3.0, 1 / 3]
    got = finish(plate(rgb), Generated(1001, matte, None), Finish(), 7)
    assert np.array_equal(got.beauty, rgb)
    assert np.isfinite(got.foreground).all()


@pytest.mark.parametrize("controls", [OFF, Finish(despill=0, gain_mix=0, wrap=0)])
def test_solid_foreground_is_the_plate(controls):
    rgb, matte, behind = some()
    got = finish(plate(rgb), Generated(1001, matte, behind, screen=SCREEN), controls, 7)
    solid = matte == 1
    assert np.array_equal(got.foreground[solid], half(rgb)[solid])
    assert np.array_equal(got.beauty[solid], half(rgb)[solid])
    assert (got.foreground[matte == 0] == 0).all()


def test_background_stands_alone_where_the_matte_is_0():
    rgb, matte, behind = some()
    got = finish(plate(rgb), Generated(1001, matte, behind, screen=SCREEN), OFF, 7)
    assert np.array_equal(got.beauty[matte == 0], half(behind)[matte == 0])


def test_keyed_plates_are_only_multiplied():
    rgb, matte, behind = some()
    green = rgb * 0 + np.array([0.1, 0.6, 0.1], np.float32)
    straight = finish(plate(green, keyed=True, alpha=matte), Generated(1001, matte, behind), Finish(), 7)
    assert np.array_equal(straight.foreground, half(green * matte[..., None]))
    over = green * matte[..., None]
    multiplied = finish(
        plate(over, keyed=True, alpha=matte, premultiplied=True), Generated(1001, matte, behind), Finish(), 7
    )
    assert np.array_equal(multiplied.foreground, straight.foreground)


def test_garbage_reaches_a_premultiplied_foreground():
    rgb, matte, behind = some()
    kept = matte.copy()
    kept[:, :20] = 0
    made = Generated(1001, kept, behind)
    got = finish(plate(rgb * matte[..., None], keyed=True, alpha=matte, premultiplied=True), made, OFF, 7)
    assert (got.foreground[:, :20] == 0).all()
    assert np.array_equal(got.foreground[:, 20:], half(rgb * matte[..., None])[:, 20:])


def test_light_without_alpha_adds_itself_and_is_never_amplified():
    rgb, alpha, behind = some()
    garbage = np.zeros((H, W), np.float32)
    garbage[:3] = 1
    matte = alpha * (1 - garbage)
    matte[22] = 1  # a core matte over nothing
    how = {"alpha": alpha, "premultiplied": True, "keyed": True, "garbage": garbage}
    got = finish(plate(rgb, **how), Generated(1001, matte, behind), OFF, 7)
    assert np.array_equal(got.foreground[3:6], half(rgb)[3:6])
    assert (got.foreground[:3] == 0).all()
    assert np.array_equal(got.foreground[22], half(rgb)[22])


def test_outside_the_file_there_is_no_subject():
    rgb, matte, behind = some()
    inside = np.ones((H, W), bool)
    inside[:, 25:] = False
    got = finish(plate(rgb, inside=inside), Generated(1001, matte, behind, screen=SCREEN), Finish(), 7)
    assert (got.matte[:, 25:] == 0).all()
    assert (got.foreground[:, 25:] == 0).all()


def test_controls_scale_their_pass():
    rgb, matte, behind = some()
    gain, shade = np.full((H, W, 3), 2.0, np.float32), np.full((H, W), 0.5, np.float32)
    made = Generated(1001, matte, behind, gain, shade, None, None, SCREEN)
    full = finish(plate(rgb), made, Finish(wrap=1), 7)
    mid = finish(plate(rgb), made, Finish(gain_mix=0.5, shadow=0.5, wrap=0), 7)
    none = finish(plate(rgb), made, OFF, 7)
    assert (full.gain == 2).all()
    assert np.allclose(mid.gain, np.sqrt(2), rtol=1e-3)
    assert (none.gain == 1).all()
    assert ((full.shadow == 0.5).all(), (mid.shadow == 0.75).all(), (none.shadow == 1).all()) == (
        True,
        True,
        True,
    )
    assert full.wrap.max() > 0
    assert (mid.wrap == 0).all()


def test_gain_is_1_where_the_subject_was_rebuilt():
    rgb, matte, behind = some()
    rebuilt = np.zeros((H, W), np.float32)
    rebuilt[10:12, 12:15] = 1
    made = Generated(1001, matte, behind, np.full((H, W, 3), 1.7, np.float32), rebuilt=rebuilt)
    got = finish(plate(rgb), made, Finish(), 7)
    assert (got.gain[rebuilt == 1] == 1).all()
    assert (got.gain[rebuilt == 0] > 1.6).all()


def test_grain_comes_with_the_plates_noise_and_depends_on_the_frame():
    rng = np.random.default_rng(1)
    noisy = (0.3 + 0.02 * rng.standard_normal((96, 160, 3))).astype(np.float32)
    box, behind = Box(0, 0, 160, 96), np.full((96, 160, 3), 0.3, np.float32)

    def background(number, amount, seed=7):
        made = Generated(number, np.zeros((96, 160), np.float32), behind)
        return finish(PlateFrame(number, noisy, box, box), made, Finish(grain=amount), seed).background

    assert abs(background(1, 1.0).std() / 0.02 - 1) < 0.25
    assert np.array_equal(background(1, 1.0), background(1, 1.0))
    assert not np.array_equal(background(1, 1.0), background(2, 1.0))
    assert np.array_equal(background(1, 0.0), half(behind))
    assert abs(background(1, 0.5).std() / background(1, 1.0).std() - 0.5) < 0.02


def test_damage_and_overflow_never_leave():
    rgb, matte, behind = some()
    rgb[3, 3], rgb[12, 20], behind[1, 1], behind[2, 2] = np.nan, np.inf, np.nan, 1e30
    matte[5, 5] = np.nan
    gain = np.ones((H, W, 3), np.float32)
    gain[8, 8] = np.nan
    for background in (behind, None):
        got = finish(plate(rgb), Generated(1001, matte, background, gain, screen=SCREEN), Finish(), 7)
        assert all(np.isfinite(values).all() for values in got.passes().values())


def test_formula_takes_light_above_1():
    one = np.ones((2, 2, 3), np.float32)
    lamp = beauty(
        foreground=0 * one,
        gain=one,
        background=30 * one,
        shadow=one[..., 0],
        matte=0 * one[..., 0],
        wrap=0 * one,
    )
    assert (lamp == 30).all()

"""From a model's pictures to layers: its place without the subject, its light on the plate's own pixels."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pai_studio.core.delivery.generations import GenerationStore, quantised
from pai_studio.core.finish.layers import beauty
from pai_studio.core.media.frame import Box, Generated, ModelPicture, PlateFrame, Screen
from pai_studio.core.media.geometry import ModelFrame
from pai_studio.core.shot.document import Finish
from tests.core.finish.alone import finish

H, W = 96, 160
DISPLAY = Box(-3, 2, W, H)
SCREEN = Screen(np.array([0.1, 0.4, 0.09], np.float32), 1)
PLAIN = Finish(despill=0, wrap=0, grain=0)
HALF = 2.0**-10


def soft_disc(x=70.0, y=50.0, radius=24.0):
    rows, columns = np.mgrid[:H, :W]
    return np.clip(radius - np.hypot(columns - x, rows - y), 0, 1).astype(np.float32)


def a_coat(seed=3):
    """A subject (H, W, 3) of smooth colours without any green cast, brighter than near-black."""
    rng = np.random.default_rng(seed)
    grey = cv2.resize(
        rng.uniform(0.05, 0.6, (6, 10)).astype(np.float32), (W, H), interpolation=cv2.INTER_CUBIC
    )
    return np.maximum(grey, 0.03)[..., None] * np.float32([1.2, 1.0, 0.8])


def a_place():
    """A ramp (H, W, 3) with a lamp of 12 in the upper right."""
    rows, columns = np.mgrid[:H, :W].astype(np.float32)
    place = np.stack([0.1 + columns / W, 0.2 + rows / H, 0.6 - 0.3 * columns / W], 2).astype(np.float32)
    place[8:16, 130:138] = 12
    return place


def over(subject, place, matte):
    return (matte[..., None] * subject + (1 - matte[..., None]) * place).astype(np.float32)


def generated(plate, matte, composite, *, limit=(W, H), white=16.0):
    """What an engine would give that saw the plate and made `composite` (H, W, 3), over the display window."""
    frame = ModelFrame.fitting(plate.display, plate.pixel_aspect, limit, 8)
    window = plate.display.slices_in(plate.canvas)
    picture = ModelPicture(frame.to_model(composite), frame.to_model(plate.rgb[window]), frame, white)
    return Generated(plate.number, matte, None, screen=SCREEN, model=picture)


def a_plate(subject, matte):
    return PlateFrame(1001, over(subject, SCREEN.color, matte), DISPLAY, DISPLAY)


@pytest.mark.parametrize("limit", [(W, H), (80, 48)])
def test_the_same_picture_twice_is_a_gain_of_exactly_1(limit):
    matte = soft_disc()
    plate = a_plate(a_coat(), matte)
    made = generated(plate, matte, plate.rgb, limit=limit)
    got = finish(plate, made, PLAIN, 7)
    assert (got.gain == 1).all()
    assert (got.shadow == 1).all()
    assert (got.rebuilt == 0).all()


@settings(max_examples=8, deadline=None)
@given(st.tuples(*[st.floats(0.2, 6)] * 3), st.sampled_from([(W, H), (80, 48)]))
def test_a_constant_light_comes_back_whatever_stands_behind(light, limit):
    """The place is far brighter than the subject, the screen far greener: neither enters."""
    matte, coat = soft_disc(), a_coat()
    plate = a_plate(coat, matte)
    relit = over(coat * np.float32(light), np.full((H, W, 3), 12, np.float32), matte)
    got = finish(plate, generated(plate, matte, relit, limit=limit), PLAIN, 7)
    assert np.allclose(
        got.gain[matte > 0], np.broadcast_to(np.float32(light), (H, W, 3))[matte > 0], rtol=0.03
    )


def test_beyond_its_limits_a_light_is_cut():
    matte = soft_disc()
    plate = a_plate(np.full((H, W, 3), 0.4, np.float32), matte)
    for factor, limit in ((30.0, 8.0), (0.01, 0.125)):
        relit = over(np.full((H, W, 3), 0.4 * factor, np.float32), a_place(), matte)
        got = finish(plate, generated(plate, matte, relit, white=64.0), PLAIN, 7)
        assert np.allclose(got.gain[matte == 1], limit, rtol=HALF)


def test_light_from_one_side_stays_on_that_side():
    matte, coat = soft_disc(), a_coat()
    light = np.linspace(0.5, 2, W, dtype=np.float32)[None, :, None]
    plate = a_plate(coat, matte)
    got = finish(plate, generated(plate, matte, over(coat * light, a_place(), matte)), PLAIN, 7)
    solid = soft_disc(radius=20) == 1
    error = np.abs(got.gain / np.broadcast_to(light, (H, W, 3)) - 1)[solid]
    assert error.max() < 0.06
    subject = matte == 1
    assert np.abs(np.diff(np.log(got.gain), axis=1))[subject[:, 1:]].max() < 0.1  # smooth


def test_black_and_clipped_pixels_do_not_tell_the_light():
    """A model's error of 0.006 is a factor of 3 in a black stripe, and a lamp that is clipped in both tells nothing."""
    matte, coat = soft_disc(), a_coat()
    coat[:, 60:66], coat[44:56, 76:84] = 0.002, 16
    plate = a_plate(coat, matte)
    relit = 1.5 * coat + np.where(coat < 0.01, np.float32(0.006), 0)
    relit = np.minimum(relit, 16)
    got = finish(plate, generated(plate, matte, over(relit, a_place(), matte)), PLAIN, 7)
    assert np.allclose(got.gain[matte > 0], 1.5, rtol=0.01)


def test_one_dark_channel_takes_the_light_of_its_surroundings():
    matte, coat = soft_disc(), a_coat()
    coat[40:60, 60:80, 2] = 0.001
    light = np.float32([1.4, 1.2, 0.5])
    plate = a_plate(coat, matte)
    got = finish(plate, generated(plate, matte, over(coat * light, a_place(), matte)), PLAIN, 7)
    assert np.allclose(got.gain[matte > 0], np.broadcast_to(light, (H, W, 3))[matte > 0], rtol=0.02)


def test_a_shot_without_a_subject_has_no_gain_and_the_models_place():
    matte, place = np.zeros((H, W), np.float32), a_place()
    plate = a_plate(a_coat(), matte)
    got = finish(plate, generated(plate, matte, place), PLAIN, 7)
    assert (got.gain == 1).all()
    assert np.allclose(got.beauty, place, rtol=HALF)
    assert got.background.max() == 12
    assert got.confidence.min() == 1


def test_the_despill_and_the_models_own_do_not_add_up():
    """The plate's spill is gone in the model's picture: the finished subject is as green as that, not less."""
    matte, coat = soft_disc(), np.full((H, W, 3), 0.3, np.float32)
    spilled = coat + np.float32(0.25) * SCREEN.color
    plate = a_plate(spilled, matte)
    made = generated(plate, matte, over(coat, a_place(), matte))
    solid = soft_disc(radius=20) == 1
    foregrounds = []
    for despill in (0.0, 0.5, 1.0):
        got = finish(plate, made, Finish(despill=despill, wrap=0, grain=0), 7)
        assert np.allclose(got.beauty[solid], 0.3, rtol=0.02)
        foregrounds.append(np.median(got.foreground[solid][:, 1]))
    assert foregrounds[0] == pytest.approx(0.4, rel=0.01)  # spill there was
    assert foregrounds[0] > foregrounds[1] + 0.02 > foregrounds[2] + 0.04


@pytest.mark.parametrize("limit", [(W, H), (80, 48)])
def test_the_models_place_comes_back_away_from_the_subject(limit):
    matte, place = soft_disc(), a_place()
    plate = a_plate(a_coat(), matte)
    got = finish(plate, generated(plate, matte, over(a_coat(4) * 3, place, matte), limit=limit), PLAIN, 7)
    away = soft_disc(radius=38) == 0
    ramp = away.copy()
    ramp[:24, 120:148] = False  # the lamp's surroundings, where a smaller picture cannot follow
    assert np.allclose(got.background[ramp], place[ramp], atol=0.01)
    assert got.confidence[ramp].min() > 0.99
    if limit == (W, H):
        assert np.array_equal(got.background[away], place[away].astype(np.float16))


@pytest.mark.parametrize("limit", [(W, H), (80, 48)])
def test_sliding_the_subject_uncovers_no_ghost(limit):
    """The subject is of a red that the place does not have; its fringe is smeared, as models do."""
    matte = soft_disc()
    place = np.broadcast_to(np.float32([0.05, 0.5, 0.45]), (H, W, 3))
    red = np.broadcast_to(np.float32([4.0, 0.02, 0.02]), (H, W, 3))
    plate = a_plate(a_coat(), matte)
    smeared = over(red, place, cv2.GaussianBlur(matte, (0, 0), 0.7))
    got = finish(plate, generated(plate, matte, smeared, limit=limit), PLAIN, 7)
    assert np.abs(got.background - place).max() < 0.01
    slid = np.roll(matte, 20, axis=1)
    again = beauty(
        foreground=np.zeros_like(got.foreground), gain=got.gain, background=got.background, shadow=got.shadow,
        matte=slid, wrap=got.wrap,
    )  # fmt: skip
    assert again[..., 0].max() < 0.06


def test_what_is_filled_in_is_smooth_and_trusted_less_the_deeper_it_lies():
    matte = soft_disc()
    plate = a_plate(a_coat(), matte)
    got = finish(plate, generated(plate, matte, over(a_coat(4) * 3, a_place(), matte)), PLAIN, 7)
    middle, border, outside = got.confidence[50, 70], got.confidence[50, 92], got.confidence[50, 110]
    assert middle < border < outside == 1
    assert middle < 0.25
    hole = soft_disc(radius=28) > 0
    steps = np.abs(np.diff(got.background, axis=1)).max(axis=2)[hole[:, 1:]]
    assert steps.max() < 0.12
    assert np.abs(got.background - a_place())[hole].max() < 0.25


def test_light_at_the_models_white_is_kept_but_not_believed():
    matte, place = soft_disc(), a_place()
    place[8:16, 130:138] = 16
    plate = a_plate(a_coat(), matte)
    got = finish(plate, generated(plate, matte, over(a_coat(4), place, matte)), PLAIN, 7)
    assert (got.beauty[9:15, 131:137] == 16).all()
    assert (got.confidence[9:15, 131:137] == 0.5).all()


def test_beyond_the_display_window_the_edge_goes_on_without_trust():
    matte, coat, place = soft_disc(), a_coat(), a_place()
    small = a_plate(coat, matte)
    wide = Box(DISPLAY.x - 9, DISPLAY.y - 4, W + 15, H + 7)
    rows, columns = DISPLAY.slices_in(wide)
    around = ((4, 3), (9, 6))
    plate = PlateFrame(1001, np.pad(small.rgb, (*around, (0, 0)), mode="edge"), wide, DISPLAY)
    over_wide = np.pad(matte, around, mode="edge")
    made = generated(plate, over_wide, over(coat * 1.5, place, matte))
    got, inner = (
        finish(plate, made, PLAIN, 7),
        finish(small, dataclasses.replace(made, matte=matte), PLAIN, 7),
    )
    assert np.array_equal(got.background[rows, columns], inner.background)
    assert np.array_equal(got.gain[rows, columns], inner.gain)
    assert np.array_equal(got.background, np.pad(inner.background, (*around, (0, 0)), mode="edge"))
    outside = np.ones(wide.shape, bool)
    outside[rows, columns] = False
    assert (got.confidence[outside] == 0).all()


def test_a_squeezed_plate_lies_under_its_own_pixels():
    """A pixel aspect of 2 on a model's grid that needs padding: the subject's light lands on the subject."""
    matte, coat = soft_disc(), a_coat()
    plate = dataclasses.replace(a_plate(coat, matte), pixel_aspect=2.0)
    made = generated(plate, matte, over(coat * 2, a_place(), matte), limit=(200, 200))
    assert made.model.frame.width != W
    got = finish(plate, made, PLAIN, 7)
    assert np.allclose(got.gain[matte > 0], 2, rtol=0.01)
    ramp = soft_disc(radius=40) == 0
    ramp[:26, 116:150] = False
    assert np.allclose(got.background[ramp], a_place()[ramp], atol=0.02)


def test_layers_that_the_engine_made_itself_stay():
    matte = soft_disc()
    plate = a_plate(a_coat(), matte)
    made = generated(plate, matte, over(a_coat() * 2, a_place(), matte))
    own = np.full((H, W, 3), 0.25, np.float32)
    both = finish(plate, dataclasses.replace(made, background=own), PLAIN, 7)
    assert (both.background == 0.25).all()
    assert np.allclose(both.gain[matte > 0], 2, rtol=0.01)
    gained = finish(plate, dataclasses.replace(made, gain=own), PLAIN, 7)
    assert (gained.gain == 0.25).all()
    assert gained.background.max() == 12


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([(W, H), (80, 48), (160, 24)]))
def test_the_formula_holds_for_any_picture_that_a_model_makes(seed, limit):
    rng = np.random.default_rng(seed)
    matte = cv2.GaussianBlur((rng.random((H, W)) > 0.7).astype(np.float32), (0, 0), 3)
    matte = np.clip(3 * matte - 0.6, 0, 1)
    plate = a_plate(a_coat(seed % 7), matte)
    composite = rng.uniform(-1, 16, (H, W, 3)).astype(np.float32)
    got = finish(plate, generated(plate, matte, composite, limit=limit), Finish(), 7)
    assert all(np.isfinite(values).all() for values in got.passes().values())
    assert got.gain.min() >= 1 / 8 * (1 - HALF)
    assert got.gain.max() <= 8 * (1 + HALF)
    f = {name: values.astype(np.float64) for name, values in got.passes().items()}
    exact = (
        f["foreground"] * f["gain"]
        + f["background"] * (f["shadow"] * (1 - f["matte"]))[..., None]
        + f["wrap"]
    )
    assert np.allclose(got.beauty, exact, rtol=1e-6, atol=1e-6)


def test_finishing_from_disk_is_finishing(tmp_path: Path):
    matte = soft_disc()
    plate = a_plate(a_coat(), matte)
    made = quantised(generated(plate, matte, over(a_coat() * 1.7, a_place(), matte), limit=(80, 48)))
    store = GenerationStore(tmp_path, "key")
    store.write(made, plate.canvas)
    first, again = finish(plate, made, Finish(), 7), finish(plate, store.read(1001), Finish(), 7)
    for name, values in first.passes().items():
        assert np.array_equal(values, again.passes()[name]), name
    other = finish(plate, store.read(1001), Finish(gain_mix=0), 7)
    assert (other.gain == 1).all()

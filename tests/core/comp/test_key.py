"""The keyer against plates whose matte is known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pai_studio.core.comp.key import clean_screen, estimate_screen, key
from pai_studio.core.comp.space import to_working

BLACK, WHITE = np.zeros((90, 160), np.float32), np.ones((90, 160), np.float32)


def far_inside(alpha, px=6):
    return cv2.erode(alpha.astype(np.float32), np.ones((2 * px + 1,) * 2)) >= 1


def far_outside(alpha, px=6):
    return cv2.dilate(alpha, np.ones((2 * px + 1,) * 2)) <= 0


@pytest.mark.parametrize(("screen", "channel"), [("green", 1), ("blue", 2), ("yellow-green", 1)])
@pytest.mark.parametrize("seed", [0, 1])
def test_known_matte_is_found(constructed, edges, screen, channel, seed):
    made = constructed(screen, seed=seed)
    estimate = estimate_screen([made.plate])
    assert estimate is not None
    assert estimate.channel == channel
    found = key(made.plate, estimate).matte
    off = found - made.alpha
    assert np.abs(off)[edges(made.alpha)].mean() < 0.045
    assert abs(off[edges(made.alpha)].mean()) < 0.025
    assert (found[far_inside(made.alpha)] == 1).all()
    assert (found[far_outside(made.alpha)] == 0).all()


def test_translucent_stays_translucent(constructed):
    made = constructed("green", noise=0.0)
    found = key(made.plate, estimate_screen([made.plate])).matte
    half = (made.alpha > 0.3) & (made.alpha < 0.7)
    assert half.sum() > 500
    assert ((found[half] > 0) & (found[half] < 1)).mean() > 0.95
    assert np.corrcoef(found[half], made.alpha[half])[0, 1] > 0.8


def test_uneven_screen_is_followed(constructed):
    made = constructed("green", uneven=0.45, noise=0.004)
    estimate = estimate_screen([made.plate])
    keyed = key(made.plate, estimate)
    away = far_outside(made.alpha)
    assert np.abs(keyed.screen.color / made.screen - 1)[away].mean() < 0.02
    assert (keyed.matte[away] == 0).mean() > 0.999


def test_heavy_noise_leaves_clean_ends(constructed):
    made = constructed("green", noise=0.02)
    found = key(made.plate, estimate_screen([made.plate])).matte
    assert (found[far_inside(made.alpha)] == 1).mean() > 0.995
    assert (found[far_outside(made.alpha)] == 0).mean() > 0.999


def test_markers_go_and_hair_stays(constructed, edges):
    bare, made = constructed("green"), constructed("green", markers=True)
    estimate = estimate_screen([made.plate])
    found = key(made.plate, estimate).matte
    alone = made.marked & far_outside(made.alpha, 8)
    assert alone.sum() > 50
    assert found[alone].max() == 0
    hair = edges(made.alpha) & ~cv2.dilate(made.marked.astype(np.uint8), np.ones((9, 9))).astype(bool)
    assert np.abs(found - key(bare.plate, estimate).matte)[hair].mean() < 0.005


def test_garbage_goes_and_core_stays(constructed):
    made = constructed("green")
    garbage, core = np.zeros_like(made.alpha), np.zeros_like(made.alpha)
    garbage[:, :60], core[:40, 300:340] = 1, 1
    core[:10, :10] = 1
    found = key(made.plate, estimate_screen([made.plate]), garbage, core).matte
    assert (found[:, :60] == 0).all()
    assert (found[:40, 300:340] == 1).all()


def test_the_shots_screen_is_named_when_asked(constructed):
    made = constructed("green")
    assert estimate_screen([made.plate], "green").channel == 1
    assert estimate_screen([made.plate], "blue") is None


def test_foliage_and_grey_are_no_screen():
    rng = np.random.default_rng(3)
    leaves = np.array([0.08, 0.16, 0.04], np.float32) * rng.uniform(0.3, 1.7, (180, 320, 1)).astype(
        np.float32
    )
    assert estimate_screen([to_working(leaves)]) is None
    assert estimate_screen([np.full((90, 160, 3), 0.2, np.float32)]) is None


def test_damaged_samples_do_not_spread(constructed):
    made = constructed("green")
    plate = made.plate.copy()
    plate[100, 200], plate[5, 5] = np.nan, np.inf
    found = key(plate, estimate_screen([plate]))
    assert np.isfinite(found.matte).all()
    assert np.isfinite(found.screen.color).all()


def test_wholly_covered_screen_falls_back_to_the_shots(constructed):
    estimate = estimate_screen([constructed("green").plate])
    covered = np.full((90, 160, 3), 0.2, np.float32)
    assert np.allclose(clean_screen(covered, estimate).color, estimate.color)
    assert (key(covered, estimate).matte == 1).all()


@settings(max_examples=25, deadline=None)
@given(arrays(np.float32, (24, 40, 3), elements=st.floats(-2, 40, width=32)))
def test_any_picture_gives_a_matte_between_0_and_1(pixels):
    wall = np.tile(to_working(np.array([[[0.04, 0.42, 0.09]]], np.float32)), (24, 40, 1))
    matte = key(pixels, estimate_screen([wall])).matte
    assert matte.dtype == np.float32
    assert matte.min() >= 0
    assert matte.max() <= 1


def test_matte_does_not_chatter(constructed, edges):
    """The same picture under fresh noise: little of it may move the matte."""
    still = constructed("green", noise=0.0)
    estimate = estimate_screen([constructed("green", noise=0.005).plate])
    mattes = []
    for take in range(4):
        noise = 0.005 * np.random.default_rng(take).standard_normal(still.plate.shape)
        mattes.append(key((still.plate + noise).astype(np.float32), estimate).matte)
    wobble = np.std(mattes, axis=0)
    assert wobble[edges(still.alpha)].mean() < 0.008
    assert wobble[~edges(still.alpha, 6)].max() == 0


def test_screen_of_a_real_wall_and_hair_of_real_people(footage):
    path = footage("gs_still_two_people") / "greenscreen.jpg"
    code = cv2.imread(str(path))[..., ::-1].astype(np.float32) / 255
    light = np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4).astype(np.float32)
    plate = to_working(light)
    estimate = estimate_screen([plate])
    assert estimate is not None
    assert estimate.channel == 1
    found = key(plate, estimate).matte
    assert (found[:30, :] == 0).all(), "the wall above the heads"
    assert (found[300:360, 320:400] == 1).all(), "the black sweater"
    assert (found[180:200, 350:375] == 1).all(), "his cheek"
    wisps = found[170:205, 230:260]
    assert ((wisps > 0.05) & (wisps < 0.95)).mean() > 0.15, "her hair is translucent"


def test_screen_outside_rec709_is_found():
    """A saturated ACEScg green has negative red and blue in Rec.709."""
    plate = np.full((120, 200, 3), (0.05, 0.6, 0.05), np.float32)
    plate[40:, 80:120] = 0.2
    found = key(plate, estimate_screen([plate])).matte
    assert (found[50:, 85:115] == 1).all()
    assert (found[:30] == 0).all()

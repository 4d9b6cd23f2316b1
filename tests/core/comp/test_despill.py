"""The foreground against plates whose foreground is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pai_studio.core.comp.despill import foreground, suppress_spill
from pai_studio.core.comp.key import estimate_screen, key
from pai_studio.core.comp.space import to_rec709, to_working
from pai_studio.core.media.frame import Screen

GREEN = Screen(to_working(np.array([[[0.04, 0.42, 0.09]]], np.float32))[0, 0], 1)
BLUE = Screen(to_working(np.array([[[0.03, 0.09, 0.5]]], np.float32))[0, 0], 2)


def over(lifted, matte, behind):
    return lifted + (1 - matte)[..., None] * behind


@pytest.mark.parametrize(
    ("screen", "least"), [("green", (34, 5)), ("blue", (32.5, 1.5)), ("yellow-green", (32, 3))]
)
def test_composite_comes_near_the_truth(constructed, edges, srgb_psnr, screen, least):
    least_db, ahead_db = least
    made = constructed(screen, seed=1, noise=0.003)
    keyed = key(made.plate, estimate_screen([made.plate]))
    new = np.array([0.3, 0.22, 0.15], np.float32)
    found = over(foreground(made.plate, keyed.matte, keyed.screen, 1.0, False), keyed.matte, new)
    truth = over(made.alpha[..., None] * made.subject, made.alpha, new)
    band = edges(made.alpha)
    assert srgb_psnr(found, truth, band) > least_db
    untouched = over(made.plate * keyed.matte[..., None], keyed.matte, new)
    assert srgb_psnr(found, truth, band) > srgb_psnr(untouched, truth, band) + ahead_db


@pytest.mark.parametrize(("screen", "channel"), [("green", 1), ("blue", 2)])
def test_no_fringe_of_the_screen_is_left(constructed, edges, screen, channel):
    made = constructed(screen, seed=2, spill=0.08)
    keyed = key(made.plate, estimate_screen([made.plate]))
    lifted = to_rec709(foreground(made.plate, keyed.matte, keyed.screen, 1.0, False))
    others = [c for c in range(3) if c != channel]
    spill = lifted[..., channel] - lifted[..., others].max(-1)
    assert spill[edges(made.alpha)].mean() < 0.002
    assert np.quantile(spill[edges(made.alpha)], 0.99) < 0.02


def test_spill_goes_and_light_stays(constructed, srgb_psnr):
    made = constructed("green", spill=0.3, noise=0.0)
    solid = made.alpha == 1
    before, after = made.plate, suppress_spill(made.plate, GREEN, 1.0)
    assert srgb_psnr(after, made.subject, solid) > srgb_psnr(before, made.subject, solid) + 5


@pytest.mark.parametrize("screen", [GREEN, BLUE])
def test_skin_and_greys_stay_exactly(screen):
    tones = [[0.45, 0.27, 0.18], [0.1, 0.06, 0.04], [0.18, 0.18, 0.18], [0.9, 0.9, 0.9], [0.0, 0.0, 0.0]]
    picture = to_working(np.array([tones], np.float32))
    assert np.array_equal(suppress_spill(picture, screen, 1.0), picture)
    whole = np.ones(picture.shape[:2], np.float32)
    assert np.array_equal(foreground(picture, whole, screen, 1.0, False), picture)


@settings(max_examples=40, deadline=None)
@given(
    arrays(np.float32, (12, 16, 3), elements=st.floats(-1, 60, width=32)),
    arrays(np.float32, (12, 16), elements=st.sampled_from([0.0, 0.25, 0.5, 1.0])),
    st.sampled_from([GREEN, BLUE, None]),
)
def test_amount_0_is_the_plate_where_solid_and_nothing_where_empty(pixels, matte, screen):
    lifted = foreground(pixels, matte, screen, 0.0, False)
    assert np.array_equal(lifted[matte == 1], pixels[matte == 1])
    assert (lifted[matte == 0] == 0).all()
    assert np.isfinite(lifted).all()


def test_premultiplied_plate_is_its_own_foreground():
    rng = np.random.default_rng(0)
    picture = rng.random((20, 30, 3), np.float32)
    assert foreground(picture, rng.random((20, 30), np.float32), None, 1.0, True) is picture


def test_without_a_screen_the_surroundings_are_taken_out(edges, constructed, srgb_psnr):
    made = constructed("green")
    room = to_working(np.full((*made.alpha.shape, 3), (0.25, 0.2, 0.3), np.float32))
    plate = made.alpha[..., None] * made.subject + (1 - made.alpha)[..., None] * room
    lifted = foreground(plate.astype(np.float32), made.alpha, None, 1.0, False)
    assert srgb_psnr(lifted, made.alpha[..., None] * made.subject, edges(made.alpha)) > 32


def test_amount_scales(constructed):
    made = constructed("green", spill=0.3)
    levels = [
        to_rec709(suppress_spill(made.plate, GREEN, a))[made.alpha == 1][:, 1].mean() for a in (0, 0.5, 1)
    ]
    assert levels[0] > levels[1] > levels[2]


def test_noise_is_no_spill():
    """Dark cloth in the screen's light: with the light gone, no more noise is left than there was."""
    cloth, light = np.array([0.01, 0.012, 0.014], np.float32), np.float32(0.06)
    noise = np.random.default_rng(4).normal(0, 0.002, (64, 96, 3)).astype(np.float32)
    after = to_rec709(suppress_spill(cloth + light * GREEN.color + noise, GREEN, 1.0))
    assert np.abs(after.mean((0, 1)) - to_rec709(cloth[None, None])[0, 0]).max() < 0.004
    assert np.all(after.std((0, 1)) < 1.1 * to_rec709(noise).std((0, 1)))
    assert after[..., 1].std() < to_rec709(noise)[..., 1].std()


def test_a_seam_of_spill_stays_a_seam():
    """What differs from its neighbourhood by more than noise does is taken for itself."""
    picture = np.broadcast_to(np.float32([0.2, 0.2, 0.2]), (32, 48, 3)).copy()
    picture[:, 20:22] += 0.3 * GREEN.color
    after = suppress_spill(picture, GREEN, 1.0)
    assert np.array_equal(after[:, :20], picture[:, :20])
    assert np.abs(to_rec709(after)[:, 20:22, 1] - to_rec709(after)[:, 20:22, 0]).max() < 0.02

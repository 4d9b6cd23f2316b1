"""Relight, wrap and shadow: what moves light around the subject."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pai_studio.core.comp.key import estimate_screen, key
from pai_studio.core.comp.prior import expected_gain
from pai_studio.core.comp.relight import GAIN_LIMITS, gain, scene_light, subject_light
from pai_studio.core.comp.shadow import shadow
from pai_studio.core.comp.wrap import light_wrap
from pai_studio.core.media.frame import Screen

TALL, WIDE = 108, 192


def disc(at=(96, 60), radius=30.0):
    y, x = np.mgrid[0:TALL, 0:WIDE]
    return np.clip(radius - np.hypot(x - at[0], y - at[1]), 0, 1).astype(np.float32)


def textured(seed, level, tint=(1.0, 1.0, 1.0)):
    rng = np.random.default_rng(seed)
    grey = level * np.exp(0.5 * rng.standard_normal((TALL, WIDE, 1)))
    return (grey * np.array(tint)).astype(np.float32)


def relit(subject, matte, background):
    """The gain of a shot of this one frame."""
    return gain(matte, background, expected_gain([background]), subject_light([subject], [matte]))


@settings(max_examples=30, deadline=None)
@given(st.floats(1e-4, 300), st.floats(1e-4, 300), st.floats(0.05, 20), st.integers(0, 50))
def test_gain_is_bounded_and_smooth(level, behind, tint, seed):
    matte = disc()
    subject = textured(seed, level) * matte[..., None]
    factors = relit(subject, matte, textured(seed + 1, behind, (tint, 1, 1 / tint)))
    assert factors.shape == (TALL, WIDE, 3)
    assert factors.min() >= GAIN_LIMITS[0] - 1e-6
    assert factors.max() <= GAIN_LIMITS[1] + 1e-6
    assert np.abs(np.diff(factors, axis=1)).max() < 0.1 * factors.max()


def test_gain_goes_towards_a_warm_and_a_dark_scene():
    matte = disc()
    subject = textured(0, 0.18) * matte[..., None]
    same = relit(subject, matte, textured(1, 0.18))
    warm = relit(subject, matte, textured(1, 0.18, (1.3, 1.0, 0.6)))
    dark = relit(subject, matte, textured(1, 0.03))
    assert (warm[..., 0] / warm[..., 2]).mean() > 1.15 * (same[..., 0] / same[..., 2]).mean()
    assert dark.mean() < 0.9 * same.mean()


def test_gain_follows_the_side_that_is_lit():
    matte = disc()
    background = textured(2, 0.2) * np.linspace(0.3, 2.5, WIDE, dtype=np.float32)[None, :, None]
    factors = relit(0.2 * matte[..., None] * np.ones(3, np.float32), matte, background)
    assert factors[60, 120].mean() > 1.05 * factors[60, 72].mean()


def test_gain_does_not_flicker():
    """The subject jitters and the background is noisy; the shot's light is measured once."""
    scene = expected_gain([textured(9, 0.3, (1.2, 1, 0.8))])
    lit = subject_light([textured(0, 0.2) * disc()[..., None]], [disc()])
    means = []
    for frame in range(12):
        rng = np.random.default_rng(frame)
        matte = disc((96 + rng.uniform(-2, 2), 60 + rng.uniform(-2, 2)))
        background = textured(9, 0.3, (1.2, 1, 0.8)) + 0.01 * rng.standard_normal((TALL, WIDE, 3)).astype(
            np.float32
        )
        means.append(gain(matte, background, scene, lit)[60, 96])
    assert np.ptp(means, axis=0).max() < 0.01


def test_clipped_and_black_samples_do_not_count():
    plain = textured(4, 0.2, (1.2, 1, 0.7))
    spoilt = plain.copy()
    spoilt[:20], spoilt[20:40] = 60000.0, 0.0
    a, b = scene_light([plain]), scene_light([spoilt])
    assert abs(a.level / b.level - 1) < 0.05
    assert np.allclose(a.tint, b.tint, rtol=0.05)


@settings(max_examples=30, deadline=None)
@given(st.floats(0, 1), st.integers(0, 20))
def test_wrap_is_light_of_the_background_inside_the_matte_only(strength, seed):
    matte, background = disc(), textured(seed, 0.5)
    added = light_wrap(background, matte, strength, 0.1 * matte[..., None] * np.ones(3, np.float32))
    assert (added[matte == 0] == 0).all()
    assert added.min() >= 0
    assert added.max() <= background.max()
    if strength == 0:
        assert (added == 0).all()
    assert (added[52:68, 88:104] < 1e-4).all(), "the middle of the subject"


def test_wrap_vanishes_against_a_bright_subject():
    matte, background = disc(), np.ones((TALL, WIDE, 3), np.float32)
    dark, bright = (
        light_wrap(background, matte, 1.0, level * background * matte[..., None]) for level in (0.02, 20)
    )
    assert bright.sum() < 0.1 * dark.sum()


def test_wrap_makes_no_edge_at_the_picture_border():
    matte = np.ones((TALL, WIDE), np.float32)
    assert light_wrap(np.ones((TALL, WIDE, 3), np.float32), matte, 1.0).max() == 0


def screen_with(dark):
    y, x = np.mgrid[-1 : 1 : TALL * 1j, -1 : 1 : WIDE * 1j]
    level = (1 + 0.2 * x - 0.15 * y * y) * (1 - dark)
    return Screen((level[..., None] * np.array([0.2, 0.5, 0.15])).astype(np.float32), 1)


def test_even_screen_casts_no_shadow():
    assert (shadow(disc(), screen_with(0.0)) == 1).all()
    assert (shadow(np.zeros((TALL, WIDE), np.float32), screen_with(0.3)) == 1).all()


def test_shadow_at_the_feet_is_found_and_far_darkness_is_not():
    y, x = np.mgrid[0:TALL, 0:WIDE]
    feet = 0.5 * np.exp(-(((x - 100) / 22) ** 2 + ((y - 92) / 6) ** 2) / 2)
    found = shadow(disc(), screen_with(feet))
    assert found[92, 100] < 0.75
    assert found.min() >= 0.3 - 1e-5
    assert (found[:20] == 1).all()
    corner = 0.5 * np.exp(-(((x - 10) / 6) ** 2 + ((y - 8) / 5) ** 2) / 2)
    assert shadow(disc((140, 70), 20), screen_with(corner))[8, 10] == 1


@pytest.mark.parametrize("screen", ["green", "blue"])
def test_keyed_plate_without_a_shadow_stays_light(constructed, screen):
    made = constructed(screen, uneven=0.1)
    keyed = key(made.plate, estimate_screen([made.plate]))
    assert shadow(keyed.matte, keyed.screen).min() > 0.95

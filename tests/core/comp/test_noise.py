"""A plate's noise, measured on pictures whose noise is known."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import cv2
import numpy as np
import pytest

from pai_studio.core.comp.grain import synthesize
from pai_studio.core.comp.noise import measure
from pai_studio.core.synth.capture.codec import recorded
from tests.core.comp.noisy import noisy

ROWS = np.mgrid[0:352, 0:640].astype(np.float32)[0][..., None]


def off(found, floor=2e-6, slope=4e-5, at=(0.1, 0.2, 0.5)):
    """The largest relative error of a channel's sigma at some levels."""
    level = np.repeat(np.array(at, np.float32)[:, None, None], 3, axis=2)
    return float(np.abs(np.sqrt(found.variance(level) / (floor + slope * level)) - 1).max())


def bands(noise):
    """The standard deviation in four bands of frequency."""
    power = (np.abs(np.fft.fft2(noise[:352, :640, 1].reshape(11, 32, 20, 32).swapaxes(1, 2))) ** 2).mean(
        (0, 1)
    )
    wave = np.hypot(*np.meshgrid(np.fft.fftfreq(32), np.fft.fftfreq(32)))
    edges = (0.02, 0.1, 0.2, 0.3, 0.4)
    rings = (power[(wave > a) & (wave <= b)].mean() for a, b in pairwise(edges))
    return np.sqrt(np.fromiter(rings, float)) / noise.std()


def screened(sigma=0.004, shading=0.0, seed=3, size=(352, 640)):
    """A screen, unevenly lit and wrinkled by `shading`, behind a subject that is texture all over."""
    rng = np.random.default_rng(seed)
    light = 1 + shading * cv2.GaussianBlur(rng.standard_normal(size, np.float32), (0, 0), 2.5)[..., None]
    clean = np.float32([0.06, 0.3, 0.1]) * light * np.ones((*size, 1), np.float32)
    clean[60:300, 200:400] = 0.3 * np.exp(0.5 * rng.standard_normal((240, 200, 1), np.float32))
    noise = sigma * np.sqrt(clean / 0.3) * rng.standard_normal(clean.shape, np.float32)
    return clean, (clean + noise).astype(np.float32)


def test_noise_is_measured_at_its_level():
    assert off(measure([noisy()[1]])) < 0.05


def test_a_few_frames_tell_more_than_one():
    """Half of the second is empty, and the first has a subject all over: together they are one camera's."""
    textured, empty = screened()[1], screened(seed=4)[1]
    textured[:, :500] = screened()[0][60:300, 200:400].mean() * np.random.default_rng(8).random((352, 500, 3))
    empty[:200] = 0
    assert off(measure([textured, empty]), 0, 0.004**2 / 0.3, (0.06, 0.1, 0.3)) < 0.1


def test_edges_are_no_noise():
    picture = noisy()[1]
    picture[100:200, 100:300] = [0.9, 0.1, 0.3]
    picture[::40] *= 0.5
    assert off(measure([picture])) < 0.1


def test_a_subject_that_is_texture_all_over_adds_none():
    assert off(measure([screened()[1]]), 0, 0.004**2 / 0.3, (0.06, 0.1, 0.3)) < 0.05


def test_where_light_is_clipped_noise_is_cut_off_and_tells_none():
    clean, _ = noisy()
    noise = np.random.default_rng(2).standard_normal(clean.shape, np.float32)
    picture = np.minimum(2 * clean + np.sqrt(2e-6 + 8e-5 * clean) * noise, 1.0)
    assert (picture == 1).mean() > 0.05
    assert off(measure([picture])) < 0.1


def test_a_wrinkled_screen_is_no_coarse_grain():
    clean, picture = screened(shading=0.02)
    made = synthesize(clean, measure([picture]), 7, 1001)
    true = (picture - clean)[:, 420:]
    assert np.abs(bands(np.tile(made[:, 420:], (1, 3, 1))) / bands(np.tile(true, (1, 3, 1))) - 1).max() < 0.1


@pytest.mark.parametrize("blur_px", [0.6, 0.9])
def test_coarse_grain_is_made_as_coarse(blur_px):
    clean, picture = noisy(blur=blur_px)
    made = synthesize(clean.astype(np.float32), measure([picture]), 7, 1001)
    true = picture - clean
    assert np.abs(bands(made)[:3] / bands(true)[:3] - 1).max() < 0.1
    assert made.std() == pytest.approx(true.std(), rel=0.1)


def test_grain_that_a_codec_has_eaten_at_is_measured_as_it_is_left():
    """Its strength differs from block to block, long waves are left, and channels share what they did not."""
    clean, picture = screened(sigma=0.02)
    left = next(iter(recorded([picture], 18, Fraction(24))))
    made = synthesize(clean, measure([left]), 7, 1001)
    screen = np.s_[:, 420:]
    theirs = (left - next(iter(recorded([clean], 1, Fraction(24)))))[screen]
    assert made[screen].std() == pytest.approx(theirs.std(), rel=0.15)
    ours, theirs = (np.corrcoef(one.reshape(-1, 3).T)[0, 1:] for one in (made[screen], theirs))
    assert theirs.min() > 0.4
    assert np.abs(ours - theirs).max() < 0.2


def test_channels_share_their_grain_as_the_plates_do():
    clean, picture = noisy()
    shared = np.random.default_rng(5).standard_normal(clean.shape[:2]).astype(np.float32)
    picture = (clean + 0.6 * (picture - clean) + 0.003 * shared[..., None]).astype(np.float32)
    made = synthesize(clean.astype(np.float32), measure([picture]), 7, 1001)
    true = picture - clean
    ours, theirs = (np.corrcoef(n.reshape(-1, 3).T)[0, 1:] for n in (made, true))
    assert theirs.min() > 0.2
    assert np.abs(ours - theirs).max() < 0.1


def test_what_the_file_does_not_hold_has_no_say():
    picture = noisy(blur=0.8)[1]
    whole = measure([picture])
    picture[:180] = 0
    half = measure([picture])
    level = np.float32([[[0.3, 0.3, 0.3]]])
    assert np.allclose(half.variance(level), whole.variance(level), rtol=0.3)
    assert half.kernel.shape == pytest.approx(whole.kernel.shape, abs=2)


@pytest.mark.parametrize(
    "pictures",
    [[], [np.random.default_rng(0).random((9, 9, 3), np.float32)], [np.zeros((64, 64, 3), np.float32)]],
)
def test_where_nothing_tells_there_is_none(pictures):
    found = measure(pictures)
    assert not found.floor.any()
    assert not found.slope.any()


def test_a_clean_picture_has_next_to_none():
    clean, _ = noisy()
    assert np.sqrt(measure([clean.astype(np.float32)]).variance(clean)).max() < 1e-3

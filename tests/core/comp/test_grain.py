from __future__ import annotations

import cv2
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pai_studio.core.comp.grain import Grain, measure, synthesize

FLAT = Grain.white(np.full(3, 1e-4, np.float32), np.zeros(3, np.float32))


def noisy(seed=0, floor=2e-6, slope=4e-5, blur=0.0, size=(360, 640)):
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0 : size[0], 0 : size[1]].astype(np.float32)
    clean = np.stack(
        [0.2 + 0.15 * np.sin(x / 90), 0.5 + 0.3 * np.cos(y / 80), 0.1 + 0.05 * np.sin(x / 50)], -1
    )
    noise = rng.standard_normal(clean.shape).astype(np.float32)
    if blur:
        noise = cv2.GaussianBlur(noise, (0, 0), blur)
        noise /= noise.std()
    return clean, (clean + noise * np.sqrt(floor + slope * clean)).astype(np.float32)


def test_noise_is_measured_at_its_level():
    clean, picture = noisy()
    found = np.sqrt(measure(picture).variance(clean))
    true = np.sqrt(2e-6 + 4e-5 * clean)
    assert np.abs(found.mean((0, 1)) / true.mean((0, 1)) - 1).max() < 0.2


def test_what_the_file_does_not_hold_has_no_say():
    clean, picture = noisy(blur=0.8)
    whole = measure(picture)
    picture[:180] = 0
    half = measure(picture)
    assert abs(half.correlation - whole.correlation) < 0.05
    ratio = np.sqrt(half.variance(clean).mean() / whole.variance(clean).mean())
    assert 0.85 < ratio < 1.15


def test_edges_are_no_noise():
    clean, picture = noisy()
    picture[100:200, 100:300] = [0.9, 0.1, 0.3]
    picture[::40] *= 0.5
    assert (
        np.abs(np.sqrt(measure(picture).variance(clean)).mean() / np.sqrt(2e-6 + 4e-5 * clean).mean() - 1)
        < 0.3
    )


def test_clean_picture_has_none():
    clean, _ = noisy()
    assert np.sqrt(measure(clean.astype(np.float32)).variance(clean)).max() < 2e-3
    assert not synthesize(
        clean.astype(np.float32), measure(np.zeros((64, 64, 3), np.float32)), None, 7, 1
    ).any()


def test_tiny_pictures_have_none():
    assert not measure(np.random.default_rng(0).random((9, 9, 3), np.float32)).floor.any()


def test_coarse_grain_is_made_as_coarse():
    clean, picture = noisy(blur=0.9)
    grain = measure(picture)
    made = synthesize(clean.astype(np.float32), grain, None, 7, 1001)
    true = picture - clean

    def bands(n):
        power = (
            np.abs(np.fft.fft2(n[:352, :640, 1].reshape(11, 32, 20, 32).swapaxes(1, 2))).mean(axis=(0, 1))
            ** 2
        )
        wave = np.hypot(*np.meshgrid(np.fft.fftfreq(32), np.fft.fftfreq(32)))
        return (
            np.array([power[(wave > low) & (wave <= low + 0.1)].mean() for low in (0.1, 0.2, 0.3)]) / n.var()
        )

    assert np.abs(np.sqrt(bands(made) / bands(true)) - 1).max() < 0.15
    assert abs(made.std() / true.std() - 1) < 0.15


def test_channels_share_their_grain_as_the_plates_do():
    clean, picture = noisy()
    shared = np.random.default_rng(5).standard_normal(clean.shape[:2]).astype(np.float32)
    picture = (clean + 0.6 * (picture - clean) + 0.003 * shared[..., None]).astype(np.float32)
    made = synthesize(clean.astype(np.float32), measure(picture), None, 7, 1001)
    true = picture - clean
    ours, theirs = (np.corrcoef(n.reshape(-1, 3).T)[0, 1:] for n in (made, true))
    assert theirs.min() > 0.2
    assert np.abs(ours - theirs).max() < 0.1


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31 - 1), st.integers(-(10**6), 10**6))
def test_same_seed_and_frame_give_the_same_grain(seed, frame):
    level = np.full((24, 32, 3), 0.2, np.float32)
    first = synthesize(level, FLAT, None, seed, frame)
    assert np.array_equal(first, synthesize(level, FLAT, None, seed, frame))
    assert not np.array_equal(first, synthesize(level, FLAT, None, seed, frame + 1))
    assert not np.array_equal(first, synthesize(level, FLAT, None, seed + 1, frame))


def test_mean_is_zero_and_what_is_there_counts():
    level = np.full((300, 400, 3), 0.2, np.float32)
    assert abs(synthesize(level, FLAT, None, 7, 5).mean()) < 1e-4
    assert abs(synthesize(level, FLAT, None, 7, 5).std() / 1e-2 - 1) < 0.02
    assert not synthesize(level, FLAT, FLAT, 7, 5).any()

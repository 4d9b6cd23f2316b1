"""Grain that is laid: the same for the same frame, and as strong as it is wanted."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pai_studio.core.comp.grain import Grain, synthesize

FLAT = Grain.white(np.full(3, 1e-4, np.float32), np.zeros(3, np.float32))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31 - 1), st.integers(-(10**6), 10**6))
def test_same_seed_and_frame_give_the_same_grain(seed, frame):
    level = np.full((24, 32, 3), 0.2, np.float32)
    first = synthesize(level, FLAT, seed, frame)
    assert np.array_equal(first, synthesize(level, FLAT, seed, frame))
    assert not np.array_equal(first, synthesize(level, FLAT, seed, frame + 1))
    assert not np.array_equal(first, synthesize(level, FLAT, seed + 1, frame))


def test_its_mean_is_zero_and_its_strength_follows_the_light():
    level = np.full((300, 400, 3), 0.2, np.float32)
    assert abs(synthesize(level, FLAT, 7, 5).mean()) < 1e-4
    assert abs(synthesize(level, FLAT, 7, 5).std() / 1e-2 - 1) < 0.02
    shot = Grain.white(np.zeros(3, np.float32), np.float32([1e-4, 4e-4, 0]))
    laid = synthesize(level, shot, 7, 5)
    assert abs(laid[..., 1].std() / laid[..., 0].std() - 2) < 0.02
    assert not laid[..., 2].any()


def test_a_kernel_makes_it_coarse_and_a_mix_gray():
    kernel = np.outer([0.25, 0.5, 0.25], [0.25, 0.5, 0.25]).astype(np.float32)
    kernel /= np.sqrt((kernel**2).sum())
    mix = np.float32([[1, 0, 0], [1, 0, 0], [0, 0, 1]])
    laid = synthesize(np.ones((200, 300, 3), np.float32), Grain(FLAT.floor, FLAT.slope, kernel, mix), 7, 5)
    assert abs(laid.std() / 1e-2 - 1) < 0.03
    beside = np.corrcoef(laid[:, 1:, 0].ravel(), laid[:, :-1, 0].ravel())[0, 1]
    assert abs(beside - 2 / 3) < 0.03
    assert np.allclose(laid[..., 0], laid[..., 1])
    assert abs(np.corrcoef(laid[..., 0].ravel(), laid[..., 2].ravel())[0, 1]) < 0.05


def test_without_any_nothing_is_laid():
    none = Grain.white(np.zeros(3, np.float32), np.zeros(3, np.float32))
    assert not synthesize(np.ones((8, 8, 3), np.float32), none, 7, 1).any()

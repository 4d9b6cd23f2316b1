from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pai_studio.core.comp.filters import blur, fill, guided


@settings(max_examples=30, deadline=None)
@given(st.integers(3, 70), st.integers(3, 70), st.floats(0.125, 9, width=32), st.integers(0, 99))
def test_filling_a_constant_gives_the_constant(height, width, value, seed):
    weight = (np.random.default_rng(seed).random((height, width)) > 0.7).astype(np.float32)
    weight[height // 2, width // 2] = 1
    filled = fill(np.full((height, width, 3), value, np.float32), weight)
    assert np.allclose(filled, value, rtol=1e-3)


def test_fill_keeps_what_it_knows_and_bridges_the_gap():
    ramp = np.tile(np.linspace(0, 1, 64, dtype=np.float32), (32, 1))
    weight = np.ones_like(ramp)
    weight[:, 24:40] = 0
    filled = fill(ramp, weight)
    assert np.abs(filled - ramp)[:, 8:16].max() < 0.05
    assert np.abs(filled - ramp).max() < 0.2


def test_fill_of_nothing_is_zero():
    assert (fill(np.ones((8, 9, 3), np.float32), np.zeros((8, 9), np.float32)) == 0).all()


def test_blur_at_reduced_size_is_near_the_full_one():
    picture = np.zeros((120, 200), np.float32)
    picture[40:80, 60:140] = 1
    y, x = np.mgrid[-60:61, -60:61]
    kernel = np.exp(-(x**2 + y**2) / (2 * 12.0**2))
    smooth = blur(picture, 12.0)
    assert abs(float(smooth.sum()) - float(picture.sum())) < 0.01 * picture.sum()
    expected = float((np.pad(picture, 60)[60:181, 100:221] * kernel).sum() / kernel.sum())
    assert abs(float(smooth[60, 100]) - expected) < 0.01


def test_guide_sharpens_where_it_explains_and_else_keeps_away():
    edge = np.zeros((40, 40), np.float32)
    edge[:, 20:] = 1
    soft = np.clip((np.arange(40, dtype=np.float32) - 17) / 6, 0, 1)[None].repeat(40, 0)
    assert np.abs(guided(edge, soft, 1, 0.02) - edge)[5:-5].mean() < np.abs(soft - edge)[5:-5].mean()
    flat = np.full((40, 40), 0.3, np.float32)
    assert np.array_equal(guided(flat, soft, 1, 0.02), soft)

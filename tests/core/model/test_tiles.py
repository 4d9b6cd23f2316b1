"""Tiles along an axis, as laws."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pai_studio.core.model.tiles import LEAST, cut

lengths, sizes = st.integers(1, 300), st.integers(LEAST, 64)


@given(lengths, sizes)
def test_tiles_cover_the_axis_and_share_a_quarter_and_no_less_than_four(length, most):
    tiles = cut(length, most)
    spans = tiles.spans()
    assert tiles.size <= most
    assert (spans[0].start, spans[-1].stop) == (0, length)
    for one, after in pairwise(spans):
        assert one.stop - after.start >= max(4, most / 4)


@given(lengths, sizes, st.integers(1, 8))
def test_the_weights_of_a_pixel_sum_to_one(length, most, scale):
    tiles = cut(length, most)
    total = np.zeros(length * scale, np.float32)
    for span, weight in zip(tiles.spans(scale), tiles.weights(scale), strict=True):
        assert (weight >= 0).all()
        total[span] += weight
    assert np.allclose(total, 1, atol=1e-6)


@given(lengths, sizes)
def test_a_tile_tells_nothing_at_its_edges_inside_the_picture(length, most):
    tiles = cut(length, most)
    weights = tiles.weights(4)
    assert (weights[1:, :4] == 0).all()
    assert (weights[:-1, -4:] == 0).all()
    assert weights[0, 0] == weights[-1, -1] == 1


@given(lengths, sizes)
def test_no_fewer_tiles_would_do(length, most):
    tiles = cut(length, most)
    shared = max(4, math.ceil(most / 4))
    if len(tiles.starts) > 1:
        assert (len(tiles.starts) - 1) * (most - shared) + shared < length


def test_what_fits_is_one_tile():
    assert cut(40, 40).starts == cut(400, None).starts == (0,)
    assert cut(41, 40).size < 30


def test_tiles_that_would_be_overlap_only_are_refused():
    with pytest.raises(ValueError, match="at least 8"):
        cut(20, 7)

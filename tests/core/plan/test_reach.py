from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pai_studio.core.plan.reach import HORIZON_FRAMES, serving, trust


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(-50, 50), min_size=1, max_size=6), st.integers(-80, 80))
def test_every_reference_is_named_once_and_weights_add_to_one(anchors, frame):
    found = serving(anchors, frame)
    assert sorted(s.index for s in found) == list(range(len(anchors)))
    assert sum(s.weight for s in found) == pytest.approx(1)
    assert [s.weight for s in found] == sorted((s.weight for s in found), reverse=True)


def test_nearness_shares_the_weight_between_the_two_around_a_frame():
    found = serving([1001, 1041, 1021], 1026)
    assert [(s.index, s.weight) for s in found] == [(2, 0.75), (1, 0.25), (0, 0.0)]


def test_an_anchor_and_what_lies_outside_belong_to_one_reference():
    assert [(s.index, s.weight) for s in serving([1, 9], 9)] == [(1, 1.0), (0, 0.0)]
    assert [(s.index, s.weight) for s in serving([1, 9], 30)] == [(1, 1.0), (0, 0.0)]
    assert {s.weight for s in serving([4, 4], 4)} == {0.5}


def test_trust_falls_from_one_to_a_half_at_the_horizon():
    assert trust(0) == 1
    assert trust(HORIZON_FRAMES) == pytest.approx(0.5)
    assert trust(10) > trust(20)

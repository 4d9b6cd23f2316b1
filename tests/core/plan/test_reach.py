from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pai_studio.core.plan.reach import HORIZON_FRAMES, nearest, serving, trust


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


CHOICES = st.tuples(
    st.lists(st.integers(-60, 60), max_size=9), st.integers(-40, 40), st.integers(0, 30), st.integers(1, 6)
)


@settings(max_examples=300, deadline=None)
@given(CHOICES)
def test_no_reference_left_out_is_nearer_than_one_taken_except_for_each_side_s_nearest(choice):
    anchors, first, length, most = choice
    last = first + length

    def away(index):
        return min(abs(anchors[index] - frame) for frame in range(first, last + 1))

    taken = nearest(anchors, first, last, most)
    assert taken == sorted(set(taken))
    assert len(taken) == min(most, len(anchors))
    left_out = set(range(len(anchors))) - set(taken)
    for side in (
        [i for i in taken if 2 * anchors[i] <= first + last],
        [i for i in taken if 2 * anchors[i] >= first + last],
    ):
        spared = min(side, key=away, default=None)
        assert all(away(i) <= away(o) for o in left_out for i in side if i != spared)


@settings(max_examples=300, deadline=None)
@given(CHOICES.filter(lambda choice: choice[3] >= 2))
def test_no_side_that_has_references_goes_without(choice):
    anchors, first, length, most = choice
    middle = first + length / 2
    taken = [anchors[index] for index in nearest(anchors, first, first + length, most)]
    assert any(a <= middle for a in taken) == any(a <= middle for a in anchors)
    assert any(a >= middle for a in taken) == any(a >= middle for a in anchors)


def test_all_are_taken_where_there_is_room_and_one_is_simply_the_nearest():
    assert nearest([96, 1, 48], 10, 20, 5) == [0, 1, 2]
    assert nearest([96, 1, 48], 10, 20, 1) == [1]


def test_a_lone_reference_behind_the_window_is_kept_beside_many_before_it():
    assert nearest([1, 2, 3, 4, 5, 90], 10, 20, 3) == [3, 4, 5]


def test_references_inside_come_before_those_outside():
    assert nearest([0, 12, 18, 40], 10, 20, 2) == [1, 2]


@pytest.mark.parametrize("wrong", [(5, 4, 1), (4, 5, 0)])
def test_references_nearest_to_nothing_are_refused(wrong):
    with pytest.raises(ValueError, match="no "):
        nearest([1], *wrong)

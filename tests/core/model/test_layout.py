"""Where tokens stand: temporal positional-encoding cloning as laws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pai_studio.core.model.clock import Clock
from pai_studio.core.model.layout import (
    Kind,
    Layout,
    Row,
    Window,
    axis_channels,
    lay_out,
    reference_times,
    rotary,
)

FOUR, ONE = Clock(4), Clock(1)
GRID = (4, 6)
strides = st.sampled_from([1, 2, 4, 8])
anchors = st.lists(st.integers(0, 200), min_size=1, max_size=5)


def turned(vector, position, head_dim=24):
    """A vector as rotary attention turns it at a position."""
    cos, sin = rotary(np.array([position], np.float64), head_dim)
    pairs = vector.reshape(-1, 2)
    swapped = np.stack([-pairs[:, 1], pairs[:, 0]], axis=1).ravel()
    return vector * cos[0] + swapped * sin[0]


@given(strides, st.integers(1, 400))
def test_every_frame_is_held_by_the_latent_that_the_clone_names(stride, frame):
    clock = Clock(stride)
    assert frame in clock.frames_of(int(clock.latent(frame)))
    assert 0 in clock.frames_of(0)


@given(strides, st.integers(0, 100))
def test_a_latent_stands_in_the_middle_of_its_frames(stride, latent):
    clock = Clock(stride)
    assert np.mean([clock.position(frame) for frame in clock.frames_of(latent)]) == pytest.approx(latent)


@given(strides, st.integers(-300, 300))
def test_time_goes_one_way_through_the_beginning_of_the_shot(stride, frame):
    clock = Clock(stride)
    assert clock.position(frame) < clock.position(frame + 1)
    assert clock.latent(frame) <= clock.latent(frame + 1)
    assert clock.position(-frame) == -clock.position(frame)


@given(strides, st.integers(1, 400))
def test_padding_adds_less_than_a_latent(stride, frames):
    clock = Clock(stride)
    assert 0 <= clock.padded(frames) - frames < stride
    assert clock.latents(clock.padded(frames)) == clock.latents(frames)
    assert sum(len(clock.frames_of(k)) for k in range(clock.latents(frames))) == clock.padded(frames)


def test_the_papers_anchors_sit_at_its_latents():
    assert [FOUR.latent(frame) for frame in (0, 40, 80)] == [0, 10, 20]
    assert FOUR.latents(81) == 21


@given(strides, st.integers(1, 300), st.sampled_from(["frame", "latent"]), st.integers(0, 5))
def test_one_stride_later_is_one_latent_later(stride, anchor, cloning, first):
    window = Window(first, 10)
    here, there = reference_times(window, [anchor, anchor + stride], Clock(stride), cloning)
    assert there - here == pytest.approx(1, abs=1e-12)


def test_four_frames_share_a_latent_and_no_two_a_place():
    frames = range(1, 5)
    assert len(set(reference_times(Window(0, 3), frames, FOUR, "latent"))) == 1
    assert reference_times(Window(0, 3), frames, FOUR, "frame") == [0.625, 0.875, 1.125, 1.375]
    assert reference_times(Window(0, 9), range(9), ONE, "frame") == list(range(9))


@given(st.lists(st.integers(0, 80), min_size=2, max_size=5, unique=True), st.randoms())
def test_references_take_their_places_along_when_their_order_changes(frames, random):
    shuffled = list(frames)
    random.shuffle(shuffled)
    window = Window(0, 21)
    for cloning in ("frame", "latent"):
        places = dict(zip(frames, reference_times(window, frames, FOUR, cloning), strict=True))
        again = dict(zip(shuffled, reference_times(window, shuffled, FOUR, cloning), strict=True))
        assert places == again
    uncloned = reference_times(window, frames, FOUR, "none")
    assert uncloned == list(range(21, 21 + len(frames)))


def test_two_references_at_one_anchor_are_two_segments_at_one_place():
    layout = lay_out(Window(0, 3), GRID, [5, 5], FOUR)
    one, two = (layout.positions[span] for span in layout.spans(Kind.REFERENCE))
    assert np.array_equal(one, two)
    assert layout.tokens == lay_out(Window(0, 3), GRID, [5], FOUR).tokens + 24


@given(st.floats(-400, 400), st.floats(0, 30), st.integers(0, 50))
def test_a_far_anchor_stays_on_its_side_within_reach(anchor, reach, first):
    window = Window(first, 7)
    (free,) = reference_times(window, [anchor], FOUR, "frame")
    (held,) = reference_times(window, [anchor], FOUR, "frame", reach)
    assert -reach <= held <= 6 + reach
    assert held == free or abs(held - 3) < abs(free - 3)
    assert (held < 0) == (free < 0) or reach == 0


def test_the_sequence_is_noise_then_plate_then_references_then_history():
    layout = lay_out(Window(6, 3, history=2), GRID, [20, 30], FOUR)
    assert [segment.kind for segment in layout.segments] == [
        Kind.NOISY, Kind.FOREGROUND, Kind.REFERENCE, Kind.REFERENCE, Kind.HISTORY,
    ]  # fmt: skip
    assert layout.positions.shape == (layout.tokens, 3)
    assert layout.tokens == 24 * (3 + 3 + 2 + 2)
    (noisy,), (plate,), (history,) = (
        layout.spans(kind) for kind in (Kind.NOISY, Kind.FOREGROUND, Kind.HISTORY)
    )
    assert np.array_equal(layout.positions[noisy], layout.positions[plate])
    assert sorted(set(layout.positions[history][:, 0])) == [-2, -1]
    assert set(layout.rows[noisy]) == {Row.TIMESTEP}
    assert set(layout.rows[history]) == {Row.HISTORY}
    assert set(layout.rows[plate]) == {Row.CLEAN}
    for kind in Kind:
        for span in layout.spans(kind):
            assert set(layout.types[span]) == {kind}


def test_segments_in_another_order_are_refused():
    segments = lay_out(Window(6, 3, history=2), GRID, [20], FOUR).segments
    with pytest.raises(ValueError, match="order of their kinds"):
        Layout(segments[::-1])


def test_a_later_window_counts_from_its_own_first_latent():
    (early,) = reference_times(Window(0, 5), [30], FOUR, "frame")
    (late,) = reference_times(Window(6, 5, 2), [30], FOUR, "frame")
    assert early - late == 6


def test_what_every_step_asks_for_is_computed_once_and_is_what_was_computed(monkeypatch):
    layout = lay_out(Window(6, 3, history=2), GRID, [20, 3.5], FOUR)
    noisy = layout.only([Kind.NOISY])
    (span,) = layout.spans(Kind.NOISY)
    assert layout.only([Kind.NOISY]) is noisy
    assert layout.only([Kind.FOREGROUND]) is not noisy
    assert np.array_equal(noisy.positions, layout.positions[span])
    for part, exact in zip(layout.turns(24), rotary(layout.positions, 24), strict=True):
        assert part.dtype == np.float32
        assert np.array_equal(part, exact.astype(np.float32))
    monkeypatch.setattr("pai_studio.core.model.layout.rotary", None)
    assert layout.turns(24)[0] is layout.turns(24)[0]


def test_half_a_foreground_stands_between_the_tokens_that_it_covers():
    layout = lay_out(Window(0, 2), GRID, [], FOUR, half_foreground=True)
    (noisy,), (plate,) = layout.spans(Kind.NOISY), layout.spans(Kind.FOREGROUND)
    assert 4 * len(layout.positions[plate]) == len(layout.positions[noisy])
    assert layout.positions[plate][0].tolist() == [0, 0.5, 0.5]
    assert layout.positions[plate][-1].tolist() == [1, 2.5, 4.5]
    with pytest.raises(ValueError, match="even grid"):
        lay_out(Window(0, 2), (3, 6), [], FOUR, half_foreground=True)


@given(st.floats(-40, 40), st.floats(-40, 40), st.floats(-100, 100))
def test_attention_sees_differences_of_positions_alone(here, there, shift):
    rng = np.random.default_rng(0)
    query, key = rng.standard_normal((2, 24))
    seen = turned(query, (here, 1, 2)) @ turned(key, (there, 3, 5))
    moved = turned(query, (here + shift, 1, 2)) @ turned(key, (there + shift, 3, 5))
    assert moved == pytest.approx(seen, abs=1e-9)


def test_a_cloned_reference_is_seen_as_its_own_frame_is():
    rng = np.random.default_rng(1)
    key = rng.standard_normal(24)
    (place,) = reference_times(Window(0, 21), [37], ONE, "frame")
    assert np.array_equal(turned(key, (place, 2, 3)), turned(key, (37, 2, 3)))


@pytest.mark.parametrize(("head_dim", "split"), [(128, (44, 42, 42)), (64, (24, 20, 20)), (24, (8, 8, 8))])
def test_a_heads_channels_are_split_as_in_wan(head_dim, split):
    assert axis_channels(head_dim) == split
    cos, sin = rotary(np.zeros((5, 3)), head_dim)
    assert cos.shape == sin.shape == (5, head_dim)


@pytest.mark.parametrize(
    "wrong", [{"first": -1, "count": 3}, {"first": 0, "count": 0}, {"first": 1, "count": 3, "history": 2}]
)
def test_windows_that_no_shot_has_are_refused(wrong):
    with pytest.raises(ValueError, match="no window of a shot"):
        Window(**wrong)


def test_odd_heads_and_empty_latents_are_refused():
    with pytest.raises(ValueError, match="odd"):
        rotary(np.zeros((1, 3)), 25)
    with pytest.raises(ValueError, match="at least one frame"):
        Clock(0)

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pai_studio.core.plan.windows import Passes, Span, covering, keyframes, passes, told, windows

SHOTS = st.tuples(st.integers(1, 400), st.integers(1, 60), st.integers(0, 5))


@given(SHOTS)
def test_every_latent_is_made_exactly_once_and_in_order(shot):
    assert [latent for span in windows(*shot) for latent in span.made] == list(range(shot[0]))


@given(SHOTS)
def test_no_window_is_above_the_most_and_none_is_much_shorter_than_another(shot):
    counts = [span.count for span in windows(*shot)]
    assert max(counts) <= shot[1]
    assert max(counts) - min(counts) <= 1
    assert len(counts) == 1 or (len(counts) - 1) * shot[1] < shot[0]


@given(SHOTS)
def test_history_lies_in_the_shot_and_is_whole_wherever_it_can_be(shot):
    found = windows(*shot)
    assert found[0].history == 0
    for span in found:
        assert span.history == min(shot[2], span.first)
        assert len(span.behind) == span.history
        assert all(0 <= latent < span.first for latent in span.behind)


@given(SHOTS, st.data())
def test_a_latent_is_found_in_the_window_that_makes_it(shot, data):
    found = windows(*shot)
    latent = data.draw(st.integers(0, shot[0] - 1))
    assert latent in found[covering(found, latent)].made
    for outside in (-1, shot[0]):
        with pytest.raises(ValueError, match="no window"):
            covering(found, outside)


@given(st.integers(1, 400), st.integers(1, 20))
def test_keyframes_hold_the_first_and_the_last_frame_and_stand_a_step_apart(frames, step):
    found = keyframes(frames, step)
    assert (found[0], found[-1]) == (0, frames - 1)
    assert [frame for frame in found[:-1] if frame % step] == []
    gaps = [after - before for before, after in pairwise(found)]
    assert all(gap == step for gap in gaps[:-1])
    assert all(1 <= gap <= step for gap in gaps[-1:])
    assert len(found) == 1 + -(-(frames - 1) // step)


@given(SHOTS, st.integers(0, 12))
def test_keyframes_are_made_only_for_a_shot_of_several_windows(shot, step):
    latents, most, _ = shot
    found = passes(*shot, step)
    assert list(found.whole) == windows(*shot)
    if step == 0 or latents <= most:
        assert (found.keyframes, found.thinned) == ((), ())
    else:
        assert list(found.keyframes) == keyframes(latents, step)
        assert [k for span in found.thinned for k in span.made] == list(range(len(found.keyframes)))


@given(SHOTS, st.integers(1, 12))
def test_every_frame_between_two_keyframes_is_made_with_something_certain_on_both_sides(shot, step):
    found = passes(*shot, step)
    if not found.keyframes:
        return
    for span in found.whole:
        given_frames = told(span, found.keyframes)
        assert given_frames == sorted(set(given_frames) & set(found.keyframes))
        assert not set(given_frames) & set(span.behind)
        known = set(given_frames) | set(span.behind)
        assert set(span.made) & set(found.keyframes) <= known
        assert min(known) <= span.first
        assert max(known) >= span.stop - 1


@given(st.integers(1, 60), st.integers(2, 13), st.integers(0, 4), st.integers(0, 5))
def test_windows_look_ahead_within_the_shot_and_within_what_they_may_sample(latents, most, history, ahead):
    found = passes(latents, most, history, ahead=ahead).whole
    assert [latent for span in found for latent in span.made] == list(range(latents))
    if latents <= most:
        assert len(found) == 1
    for span in found:
        assert list(span.sampled)[: span.count] == list(span.made)
        assert span.ahead == min(ahead, latents - span.stop)
        assert len(span.sampled) <= max(most, 1 + ahead)


def test_the_demo_s_shot_is_two_windows_of_the_video_model():
    assert windows(13, 7, 2) == [Span(0, 7), Span(7, 6, 2)]


def test_the_small_model_passes_over_thirteen_keyframes_before_four_windows():
    found = passes(49, 13, 2, 4)
    assert found == Passes(
        keyframes=tuple(range(0, 49, 4)),
        thinned=(Span(0, 13),),
        whole=(Span(0, 13), Span(13, 12, 2), Span(25, 12, 2), Span(37, 12, 2)),
        step=4,
    )
    assert told(found.whole[1], found.keyframes) == [16, 20, 24, 28]
    assert told(found.whole[3], found.keyframes) == [40, 44, 48]
    assert told(Span(13, 12), found.keyframes) == [12, 16, 20, 24, 28]


@pytest.mark.parametrize("wrong", [(0, 5, 1), (5, 0, 1), (5, 5, -1)])
def test_windows_over_nothing_are_refused(wrong):
    with pytest.raises(ValueError, match="no windows"):
        windows(*wrong)


@pytest.mark.parametrize("wrong", [(0, 4), (5, 0)])
def test_keyframes_of_nothing_are_refused(wrong):
    with pytest.raises(ValueError, match="no keyframes"):
        keyframes(*wrong)

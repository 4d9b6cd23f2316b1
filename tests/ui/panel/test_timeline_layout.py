"""The geometry of the timeline, and how frames are counted there."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pai_studio.core.shot.frames import FrameRange
from pai_studio.ui.panel.timeline.fields import Count, counts, shown, typed
from pai_studio.ui.panel.timeline.layout import Span, runs, spread_out

NTSC = Fraction(30000, 1001)


@given(st.lists(st.floats(-50, 1050), max_size=8).map(sorted), st.floats(5, 200))
@settings(max_examples=80)
def test_pictures_stand_apart_in_order_and_inside(middles: list[float], wide: float) -> None:
    placed = spread_out(middles, wide, 0, 1000)
    assert len(placed) == len(middles)
    assert all(wide / 2 - 1e-6 <= one <= 1000 - wide / 2 + 1e-6 for one in placed)
    apart = min(wide, (1000 - wide) / max(len(placed) - 1, 1))
    assert all(b - a >= apart - 1e-6 for a, b in pairwise(placed))


def test_pictures_with_room_stay_where_they_belong() -> None:
    assert spread_out([100, 300, 310], 50, 0, 1000) == [100, 280, 330]


@given(st.integers(0, 2000), st.integers(1, 5), st.floats(100, 3000), st.floats(1, 20), st.floats(30, 300))
@settings(max_examples=80)
def test_the_filmstrip_has_no_gaps_and_shows_frames_of_the_shot(
    length: int, step: int, width: float, zoom: float, wide: float
) -> None:
    shot = FrameRange(1001, 1001 + length, step)
    span = Span.fitting(shot, width).zoomed(zoom, width / 3)
    cells = span.cells(wide)
    assert all(frame in shot for frame, _, _ in cells)
    assert cells[0][1] <= 1e-6
    assert sum(cells[-1][1:]) >= width - 1e-6
    for (_, left, cell), (_, after, _) in pairwise(cells):
        assert left + cell == pytest.approx(after, abs=1e-6)


@given(st.sets(st.integers(0, 60)))
@settings(max_examples=40)
def test_runs_are_the_same_frames(frames: set[int]) -> None:
    found = runs(frames)
    assert {frame for first, last in found for frame in range(first, last + 1)} == frames
    assert all(b[0] - a[1] > 1 for a, b in pairwise(found))


@given(st.integers(0, 24 * 108_000), st.sampled_from(list(Count)))
@settings(max_examples=80)
def test_a_frame_is_typed_back_as_it_is_shown(frame: int, count: Count) -> None:
    assert typed(shown(frame, NTSC, count), 0, NTSC, count) == frame


def test_timecode_counts_as_the_rate_does() -> None:
    assert shown(1001, Fraction(24000, 1001), Count.TIMECODE) == "00:00:41:17"
    assert shown(1800, NTSC, Count.DROP) == "00:01:00;02"
    assert Count.DROP not in counts(Fraction(24000, 1001))
    assert Count.DROP in counts(NTSC)

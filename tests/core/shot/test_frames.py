from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pai_studio.core.shot.errors import BadInput, MissingFrames
from pai_studio.core.shot.frames import FramePattern, FrameRange, parse_rate, ranges_text

FRAMES = st.integers(-99_999, 99_999)


@given(FRAMES, st.integers(0, 500), st.integers(1, 9))
def test_a_range_holds_exactly_what_it_counts(first: int, span: int, step: int) -> None:
    frames = FrameRange(first, first + span, step)
    listed = list(frames)
    assert len(listed) == len(frames)
    assert all(frame in frames for frame in listed)
    assert listed[0] == first
    assert listed[-1] <= frames.last < listed[-1] + step
    assert FrameRange.parse(str(frames)) == frames


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1001-1049", (1001, 1049, 1)),
        ("-10--5", (-10, -5, 1)),
        ("7", (7, 7, 1)),
        ("-4", (-4, -4, 1)),
        (" 1-9x2 ", (1, 9, 2)),
    ],
)
def test_ranges_are_read_as_people_write_them(text: str, expected: tuple[int, int, int]) -> None:
    assert FrameRange.parse(text) == FrameRange(*expected)


@pytest.mark.parametrize("text", ["", "a-b", "9-1", "1-9x0", "1:9"])
def test_a_bad_range_says_how_to_write_it(text: str) -> None:
    with pytest.raises(BadInput, match="1001-1049"):
        FrameRange.parse(text)


@given(
    FRAMES,
    st.sampled_from(["p.####.exr", "p.%04d.exr", "p.@@@@.exr", "p_%d.exr", "p ####.exr", "p########.exr"]),
)
def test_a_file_name_gives_back_its_frame(frame: int, text: str) -> None:
    pattern = FramePattern(text)
    assert pattern.frame_of(pattern.path(frame).name) == frame


def test_padding_is_that_of_printf() -> None:
    for text in ("a.####.exr", "a.@@@@.exr", "a.%04d.exr"):
        pattern = FramePattern(text)
        assert [pattern.path(n).name for n in (1, -5, 123456)] == ["a.0001.exr", "a.-005.exr", "a.123456.exr"]


def test_a_name_in_another_padding_is_not_of_the_pattern() -> None:
    assert FramePattern("a.####.exr").frame_of("a.01001.exr") is None
    assert FramePattern("a.####.exr").frame_of("b.1001.exr") is None


def test_missing_frames_are_named_with_what_is_there(tmp_path) -> None:
    for frame in (1001, 1002, 1004):
        (tmp_path / f"p.{frame}.exr").touch()
    with pytest.raises(MissingFrames) as caught:
        FramePattern(str(tmp_path / "p.####.exr")).require(FrameRange(1001, 1005))
    assert "2 of 5 frames are missing (1003, 1005)" in str(caught.value)
    assert "holds 1001-1002, 1004" in str(caught.value)


def test_wrong_padding_is_told_as_such(tmp_path) -> None:
    (tmp_path / "p.001001.exr").touch()
    with pytest.raises(MissingFrames, match="padded to 6 digits, the pattern to 4"):
        FramePattern(str(tmp_path / "p.####.exr")).require(FrameRange(1001, 1001))


@pytest.mark.parametrize("text", ["a.##.%04d.exr", "a.exr"])
def test_a_pattern_holds_one_number(text: str) -> None:
    with pytest.raises(BadInput, match="####"):
        FramePattern(text).frame_of("a.1.exr")


@pytest.mark.parametrize(
    ("value", "rate"),
    [
        ("24000/1001", Fraction(24000, 1001)),
        (24, Fraction(24)),
        ("23.976", Fraction(24000, 1001)),
        (29.97, Fraction(30000, 1001)),
        ("23.98", Fraction(24000, 1001)),
        ("12.5", Fraction(25, 2)),
    ],
)
def test_rates_are_exact(value: str | float, rate: Fraction) -> None:
    assert parse_rate(value) == rate


@pytest.mark.parametrize("value", ["0", "-24", "fast", "24/0", "24.3"])
def test_what_is_no_rate_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="frame rate"):
        parse_rate(value)


def test_frames_are_named_briefly() -> None:
    assert ranges_text([3, 1, 2, 7]) == "1-3, 7"

"""Placement and the model's frame: centres stay where they are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pai_studio.core.media.frame import Box
from pai_studio.core.media.geometry import ModelFrame, fit_placement, to_canvas

sides = st.integers(8, 5000)
displays = st.builds(Box, st.integers(-500, 500), st.integers(-500, 500), sides, sides)
aspects = st.sampled_from([1.0, 2.0, 1.33, 0.5])


def edges(placement: np.ndarray, size: tuple[int, int]) -> tuple[float, float, float, float]:
    """Where a still's outer edges fall: left, right, top, bottom, in plate pixels."""
    first = placement @ [-0.5, -0.5, 1]
    last = placement @ [size[0] - 0.5, size[1] - 0.5, 1]
    return first[0] + 0.5, last[0] + 0.5, first[1] + 0.5, last[1] + 0.5


@given(size=st.tuples(sides, sides), display=displays, aspect=aspects)
def test_fill_covers_and_fit_shows_all(size: tuple[int, int], display: Box, aspect: float) -> None:
    ends = display.x, display.x + display.width, display.y, display.y + display.height
    slack = 1e-6 * max(*size, display.width, display.height)
    left, right, top, bottom = edges(fit_placement(size, display, aspect, "fill"), size)
    assert left <= ends[0] + slack
    assert right >= ends[1] - slack
    assert top <= ends[2] + slack
    assert bottom >= ends[3] - slack
    inner = edges(fit_placement(size, display, aspect, "fit"), size)
    assert inner[0] >= ends[0] - slack
    assert inner[1] <= ends[1] + slack
    assert inner[2] >= ends[2] - slack
    assert inner[3] <= ends[3] + slack
    for placed in ((left, right, top, bottom), inner):
        assert placed[0] + placed[1] == pytest.approx(ends[0] + ends[1], abs=1e-6)
        assert placed[2] + placed[3] == pytest.approx(ends[2] + ends[3], abs=1e-6)


def test_a_still_of_the_plates_size_is_not_moved() -> None:
    assert np.array_equal(fit_placement((1920, 1080), Box(0, 0, 1920, 1080)), np.eye(3))


def test_anamorphic_plate_gets_a_squeezed_still() -> None:
    placement = fit_placement((2000, 1000), Box(10, 20, 1000, 1000), 2.0, "fill")
    assert placement[0, 0] == pytest.approx(0.5)
    assert placement[1, 1] == pytest.approx(1.0)


def test_a_given_placement_is_taken_as_it_is() -> None:
    given_rows = ((1.0, 0.1, 5.0), (0.0, 2.0, 7.0), (0.0, 0.0, 1.0))
    assert np.array_equal(fit_placement((3, 3), Box(0, 0, 9, 9), 2.0, given_rows), np.array(given_rows))
    assert (to_canvas(np.array(given_rows), Box(-4, 2, 9, 9)) @ [0, 0, 1]).tolist() == [9.0, 5.0, 1.0]


def blob(shape: tuple[int, int], x: float, y: float, wide: float, high: float) -> np.ndarray:
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    return np.exp(-0.5 * (((columns - x) / wide) ** 2 + ((rows - y) / high) ** 2)).astype(np.float32)


def centre(picture: np.ndarray) -> tuple[float, float]:
    rows, columns = np.mgrid[: picture.shape[0], : picture.shape[1]]
    weights = picture.astype(np.float64)
    return float((columns * weights).sum() / weights.sum()), float((rows * weights).sum() / weights.sum())


@settings(max_examples=25, deadline=None)
@given(
    size=st.tuples(st.integers(160, 400), st.integers(160, 300)),
    aspect=aspects,
    limit=st.tuples(st.integers(96, 500), st.integers(96, 500)),
    grid=st.sampled_from([8, 16, 32]),
    place=st.tuples(st.floats(0.45, 0.55), st.floats(0.45, 0.55)),
)
def test_there_and_back_within_a_twentieth_pixel(
    size: tuple[int, int], aspect: float, limit: tuple[int, int], grid: int, place: tuple[float, float]
) -> None:
    display = Box(-7, 13, *size)
    frame = ModelFrame.fitting(display, aspect, limit, grid)
    assert frame.width % grid == frame.height % grid == 0
    assert frame.matrix[0, 0] == pytest.approx(frame.matrix[1, 1] * aspect)
    spread = 9.0 / min(1.0, frame.matrix[0, 0], frame.matrix[1, 1]) ** 0.5
    picture = blob(display.shape, place[0] * size[0], place[1] * size[1], spread, spread)
    there = frame.to_model(picture)
    assert there.shape == (frame.height, frame.width)
    back = frame.to_plate(there)
    assert back.shape == display.shape
    assert centre(back) == pytest.approx(centre(picture), abs=0.05)


def test_padding_never_crops_or_stretches() -> None:
    frame = ModelFrame.fitting(Box(0, 0, 1920, 1080), 1.0, (832, 480), 32)
    assert (frame.width, frame.height) == (832, 480)
    corners = frame.matrix @ np.array([[-0.5, 1919.5], [-0.5, 1079.5], [1, 1]])
    assert corners[:2].min() >= -0.5 - 1e-9
    assert corners[0].max() <= 831.5 + 1e-9
    assert corners[1].max() <= 479.5 + 1e-9
    assert frame.inner.x >= 0
    assert frame.inner.height == 468


@pytest.mark.parametrize(
    ("size", "aspect", "area_px", "grid", "found"),
    [
        ((512, 288), 1.0, 11664, 16, (144, 80)),
        ((1920, 1080), 1.0, 832 * 480, 16, (832, 464)),
        ((1440, 1080), 4 / 3, 832 * 480, 16, (832, 464)),
        ((64, 36), 1.0, 832 * 480, 16, (64, 48)),
    ],
)
def test_a_frame_of_an_area_has_the_plates_shape_and_is_never_larger_than_it(
    size, aspect, area_px, grid, found
):
    frame = ModelFrame.of_area(Box(0, 0, *size), aspect, area_px, grid)

    assert (frame.width, frame.height) == found
    assert frame.width % grid == frame.height % grid == 0


@given(
    size=st.tuples(st.integers(400, 4000), st.integers(400, 4000)),
    aspect=st.sampled_from([1.0, 4 / 3, 2.0]),
    area_px=st.integers(30_000, 1_000_000),
    grid=st.sampled_from([1, 16, 32]),
)
def test_the_area_for_a_size_that_plates_are_seen_at_shows_them_at_it(size, aspect, area_px, grid):
    display = Box(0, 0, *size)
    seen = ModelFrame.of_area(display, aspect, area_px, grid)
    area = ModelFrame.area_for((seen.width, seen.height), size[0] * aspect / size[1])
    again = ModelFrame.of_area(display, aspect, area, grid)
    assert (again.width, again.height) == (seen.width, seen.height)


def test_small_plates_are_not_blown_up() -> None:
    frame = ModelFrame.fitting(Box(0, 0, 320, 192), 1.0, (832, 480), 32)
    assert (frame.width, frame.height) == (320, 192)
    picture = np.random.default_rng(2).random((192, 320, 3), np.float32)
    assert np.array_equal(frame.to_plate(frame.to_model(picture)), picture)

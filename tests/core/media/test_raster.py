"""Polygons as coverage, against areas and soft edges that are known exactly."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.special import erf

from pai_studio.core.media.frame import Box
from pai_studio.core.media.raster import coverage, drawn
from pai_studio.core.shot.shapes import Point, Points, Shape, translated

CANVAS = Box(-3, 2, 20, 12)
FAR = 100_000.0
places = st.tuples(st.floats(-12, 26, width=32), st.floats(-8, 24, width=32))


def area(points: list[Point] | Points) -> float:
    x, y = np.asarray(points, np.float64).reshape(-1, 2).T
    return float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y) / 2)


def cut(points: list[Point], axis: int, at: float, sign: int) -> list[Point]:
    """The part of a convex polygon on one side of a line along a pixel's edge."""
    kept: list[Point] = []
    for begin, end in zip(points, [*points[1:], *points[:1]], strict=True):
        here, there = sign * (begin[axis] - at), sign * (end[axis] - at)
        if here >= 0:
            kept.append(begin)
        if (here > 0 > there) or (here < 0 < there):
            share = here / (here - there)
            kept.append((begin[0] + share * (end[0] - begin[0]), begin[1] + share * (end[1] - begin[1])))
    return kept


def share_of_pixel(points: Points, x: int, y: int) -> float:
    left = cut(cut(list(points), 0, x, 1), 0, x + 1, -1)
    return abs(area(cut(cut(left, 1, y, 1), 1, y + 1, -1)))


def star(seed: int, count: int, centre: Point, radius: float) -> Points:
    rng = np.random.default_rng(seed)
    angles, radii = np.sort(rng.random(count)) * 2 * np.pi, radius * rng.uniform(0.4, 1, count)
    return tuple(
        (float(centre[0] + r * math.cos(a)), float(centre[1] + r * math.sin(a)))
        for r, a in zip(radii, angles, strict=True)
    )


def half_plane(through: Point, angle: float) -> tuple[Points, Point]:
    """A polygon that is all that lies left of a line, and the line's normal."""
    nx, ny = math.cos(angle), math.sin(angle)
    ends = [(s * ny - d * nx, d * -ny - s * nx) for s, d in ((FAR, 0), (FAR, FAR), (-FAR, FAR), (-FAR, 0))]
    return tuple((through[0] + x, through[1] + y) for x, y in ends), (nx, ny)


def test_a_point_lies_on_a_pixels_edge_and_its_centre_half_a_pixel_on() -> None:
    pixel = coverage(((5, 4), (6, 4), (6, 5), (5, 5)), CANVAS)
    assert pixel[4 - CANVAS.y, 5 - CANVAS.x] == pixel.sum() == 1
    part = coverage(((5.25, 4), (6.5, 4), (6.5, 4.5), (5.25, 4.5)), CANVAS)
    assert part[2, 8:10].tolist() == [0.375, 0.25]
    assert part.sum() == 0.625


@settings(max_examples=25, deadline=None)
@given(st.tuples(places, places, places))
def test_every_pixel_holds_its_exact_share_of_a_triangle(points: Points) -> None:
    assume(abs(area(points)) > 0.01)
    rows = range(CANVAS.y, CANVAS.y + CANVAS.height)
    columns = range(CANVAS.x, CANVAS.x + CANVAS.width)
    exact = [[share_of_pixel(points, x, y) for x in columns] for y in rows]
    assert np.abs(coverage(points, CANVAS) - np.array(exact)).max() < 2e-4
    assert np.array_equal(coverage(points[::-1], CANVAS), coverage(points, CANVAS))


@pytest.mark.parametrize("count", [3, 7, 60, 500])
def test_the_area_of_a_polygon_is_kept(count: int) -> None:
    points = star(count, count, (150.3, 99.1), 90)
    found = coverage(points, Box(40, 0, 220, 200)).sum(dtype=np.float64)
    assert found == pytest.approx(abs(area(points)), rel=2e-3 if count == 500 else 1e-5)


@settings(max_examples=40, deadline=None)
@given(st.lists(places, min_size=3, max_size=9), st.integers(-9, 9), st.integers(-9, 9))
def test_a_smaller_canvas_clips_and_changes_nothing(points: list[Point], dx: int, dy: int) -> None:
    around = Box(-30, -30, 80, 80)
    part = Box(CANVAS.x + dx, CANVAS.y + dy, CANVAS.width, CANVAS.height)
    whole, clipped = coverage(tuple(points), around), coverage(tuple(points), part)
    assert np.abs(clipped - whole[part.slices_in(around)]).max() < 1e-4


def test_what_lies_outside_or_is_flat_covers_nothing_and_what_lies_around_covers_all() -> None:
    around = ((-1e6, -1e6), (1e6, -1e6), (1e6, 1e6), (-1e6, 1e6))
    assert (coverage(around, CANVAS) == 1).all()
    shapes = [((30, 0), (40, 0), (40, 9)), ((-40, 0), (-30, 0), (-30, 9)), ((0, 50), (9, 50), (9, 60))]
    flat = [((0, 0), (9, 9), (0, 0)), ((5, 5), (5, 5), (5, 5)), ((0, 6), (9, 6), (4, 6))]
    for points in (*shapes, *flat):
        assert not coverage(points, CANVAS).any()
        assert not drawn([Shape(keys={1: points}, feather_px=2)], 1, CANVAS).any()


def test_what_the_outline_winds_round_is_inside_however_often() -> None:
    box = Box(0, 0, 100, 100)
    tips = [(50 + 45 * math.sin(a), 50 - 45 * math.cos(a)) for a in np.arange(5) * 4 * math.pi / 5]
    assert (coverage(tuple(tips), box)[45:55, 45:55] == 1).all()
    eight = coverage(((10, 10), (90, 90), (90, 10), (10, 90)), box)
    assert eight[50, 15] == eight[50, 85] == 1
    assert eight[15, 50] == eight[85, 50] == 0


@pytest.mark.parametrize("feather", [8.0, 15.0, 33.0, 200.0])
@pytest.mark.parametrize("aspect", [1.0, 2.0])
def test_a_feather_falls_as_a_gaussian_half_on_the_outline(feather: float, aspect: float) -> None:
    canvas = Box(-40, 30, 360, 280)
    through = (140.3, 160.7)
    points, (nx, ny) = half_plane(through, 0.4)
    found = drawn([Shape(keys={1: points}, feather_px=feather)], 1, canvas, aspect)
    x, y = np.arange(360) - 39.5 - through[0], np.arange(280)[:, None] + 30.5 - through[1]
    away = (x * nx + y * ny) / (feather / 4 * math.hypot(nx / aspect, ny))
    exact = 0.5 - 0.5 * erf(away / math.sqrt(2))
    assert np.abs(found - exact).max() < (0.014 if feather < 9 else 0.005)  # a pixel's mean is not its middle


def test_a_feather_leaves_the_inside_whole_and_ends_a_feather_away() -> None:
    canvas = Box(0, 0, 200, 160)
    square = Shape(keys={1: ((60, 50), (140, 50), (140, 110), (60, 110))}, feather_px=12)
    found = drawn([square], 1, canvas)
    assert (found[63:97, 73:127] == 1).all()
    assert found[80, 59] == pytest.approx(0.5, abs=0.07)
    inside = np.zeros(found.shape, bool)
    inside[37:123, 47:153] = True
    assert not found[~inside].any()
    assert found[50:110, 60:140].mean() > 0.9
    squeezed = drawn([square], 1, canvas, 2.0)
    assert not squeezed[:, :53].any()
    assert squeezed[38:42, 100].all()


def test_a_soft_outline_is_the_same_over_every_canvas() -> None:
    shape = Shape(keys={1: star(3, 9, (60, 40), 45)}, feather_px=70)
    whole = drawn([shape], 1, Box(-31, -23, 200, 150))
    part = drawn([shape], 1, Box(-6, 5, 90, 47))
    assert np.abs(part - whole[28:75, 25:115]).max() < 1e-5


def test_shapes_join_by_the_larger_and_move_with_their_keys() -> None:
    square = ((0, 4), (4, 4), (4, 8), (0, 8))
    moving = translated(Shape(keys={10: square}), 20, 5.0, 0.0)
    soft = Shape(keys={10: ((3, 4), (9, 4), (9, 8), (3, 8))}, feather_px=3)
    for frame, left in ((7, 0), (10, 0), (14, 2), (30, 5)):
        alone = coverage(tuple((x + left, y) for x, y in square), CANVAS)
        assert np.array_equal(drawn([moving], frame, CANVAS), alone)
        both = drawn([moving, soft], frame, CANVAS)
        assert np.array_equal(both, np.maximum(alone, drawn([soft], frame, CANVAS)))


@pytest.mark.long
def test_one_polygon_at_4k_takes_less_than_30_ms() -> None:
    canvas = Box(0, 0, 4096, 2160)
    shape = Shape(keys={1: ((1, 1), (2000, -40), (4095, 3), (4000, 2159), (2100, 2000), (7, 2150))})
    took = []
    for _ in range(7):
        began = time.perf_counter()
        drawn([shape], 1, canvas)
        took.append(time.perf_counter() - began)
    assert min(took) < 0.030

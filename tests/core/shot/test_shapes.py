"""Drawn shapes: what a document takes, how they move between keys, and that no edit moves what it should not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pai_studio.core.shot import document
from pai_studio.core.shot.errors import BadInput
from pai_studio.core.shot.shapes import (
    MAX_KEYS,
    MAX_POINTS,
    MAX_SHAPES,
    Points,
    Shape,
    points_at,
    translated,
    with_key,
    with_point_inserted,
    with_point_moved,
    with_point_removed,
    without_key,
)

TRIANGLE = [[0, 0], [8, 0], [8, 4.5]]
MOVED = [[10, 0], [18, 0], [28, 4.5]]


def parse(shapes: Any, matte: str = "garbage") -> document.Shot:
    shot = {
        "schema": "pai-studio/shot/1",
        "name": "SH010",
        "rate": 24,
        "frames": [1001, 1049],
        "plate": {"files": "plate/SH010.####.exr", "colorspace": "ACEScg"},
        "references": [{"file": "refs/a.exr", "frame": 1001}],
        "mattes": {matte: {"shapes": shapes}},
    }
    return document.parse(json.dumps(shot), where="a.shot.json")


@st.composite
def shapes(draw: st.DrawFn) -> Shape:
    count = draw(st.integers(3, 8))
    place = st.floats(-5000, 5000, width=32)
    points = st.lists(st.tuples(place, place), min_size=count, max_size=count)
    keys = draw(st.dictionaries(st.integers(-50, 50), points, min_size=1, max_size=5))
    return Shape(name="rig", feather_px=draw(st.floats(0, 50)), keys=keys)


def near(points: Points) -> Any:
    return [pytest.approx(point, abs=1e-6) for point in points]


@pytest.mark.parametrize("matte", ["garbage", "core"])
def test_a_shape_comes_back_from_its_document_in_the_order_of_its_keys(matte: str) -> None:
    shot = parse([{"name": "rig", "feather_px": 2, "keys": {"1020": MOVED, "-4": TRIANGLE}}], matte)
    (shape,) = getattr(shot.mattes, matte).shapes
    assert list(shape.keys) == [-4, 1020]
    assert shape.keys[-4] == ((0.0, 0.0), (8.0, 0.0), (8.0, 4.5))
    assert document.parse(shot.to_json()) == shot


@pytest.mark.parametrize(
    ("shape", "says"),
    [
        ({"keys": {}}, 'keys: has 0 keys; give 1 to 10000 keys as "1001"'),
        ({"keys": [TRIANGLE]}, "keys: is no object; give 1 to"),
        ({"keys": {str(n): TRIANGLE for n in range(MAX_KEYS + 1)}}, "keys: has 10001 keys; give 1 to 10000"),
        ({"keys": {"1001.5": TRIANGLE}}, "keys: '1001.5' is no frame number; write each key"),
        ({"keys": {"01": TRIANGLE}}, "keys: '01' is no frame number"),
        ({"keys": {"1001": TRIANGLE[:2]}}, "keys: 1001 has 2 points; give 3 to 500"),
        ({"keys": {"1001": [[0, 0]] * (MAX_POINTS + 1)}}, "keys: 1001 has 501 points; give 3 to 500"),
        ({"keys": {"1001": 7}}, "keys: 1001 has no list of points; give 3"),
        (
            {"keys": {"1020": [*TRIANGLE, [0, 9]], "1001": TRIANGLE}},
            "keys: 1020 has 4 points, 1001 has 3; give every key of a shape the same points",
        ),
        ({"keys": {"1001": [[0, 0], [1, 0], [float("nan"), 1]]}}, "keys: point 2 of 1001 is no place near"),
        ({"keys": {"1001": [[0, 0], [1, 0], [10**400, 1]]}}, "keys: point 2 of 1001 .*from -1000000 to"),
        ({"keys": {"1001": [[0, 0], [1, 0], [1]]}}, r"keys: point 2 of 1001 .*write it as \[x, y\]"),
        ({"keys": {"1001": [[0, 0], [1, 0], [True, 1]]}}, "keys: point 2 of 1001"),
        ({"feather_px": -1, "keys": {"1001": TRIANGLE}}, "feather_px: must be greater than or equal to 0"),
        (
            {"feather": 1, "keys": {"1001": TRIANGLE}},
            "feather: is not a known key; did you mean 'feather_px'",
        ),
        ({"name": "rig"}, "keys: is missing"),
    ],
)
def test_a_fault_names_the_shape_and_the_remedy(shape: dict[str, Any], says: str) -> None:
    with pytest.raises(BadInput, match=rf"^a.shot.json: mattes.garbage.shapes\[1\].{says}"):
        parse([{"keys": {"1001": TRIANGLE}}, shape])


def test_shapes_are_counted_and_none_is_drawn_for_alpha() -> None:
    with pytest.raises(BadInput, match=r"mattes\.garbage\.shapes: must have at most 100"):
        parse([{"keys": {"1001": TRIANGLE}}] * (MAX_SHAPES + 1))
    with pytest.raises(BadInput, match=r"mattes\.alpha\.shapes: is not a known key"):
        parse([{"keys": {"1001": TRIANGLE}}], "alpha")


def test_points_go_straight_from_key_to_key_and_hold_outside() -> None:
    shape = Shape(keys={1001: TRIANGLE, 1011: MOVED})
    assert points_at(shape, 1001) == points_at(shape, -7) == shape.keys[1001]
    assert points_at(shape, 1011) == points_at(shape, 9999) == shape.keys[1011]
    assert points_at(shape, 1006) == ((5.0, 0.0), (13.0, 0.0), (18.0, 4.5))
    assert points_at(shape, 1003)[0] == pytest.approx((2.0, 0.0))


@settings(max_examples=60, deadline=None)
@given(shapes(), st.integers(-60, 60), st.integers(0, 7), st.floats(0, 1))
def test_an_edit_changes_that_alone_which_it_names(
    shape: Shape, frame: int, index: int, share: float
) -> None:
    count = len(points_at(shape, frame))
    index %= count
    here = points_at(shape, frame)

    moved = with_point_moved(shape, frame, index, (1.5, -2.5))
    assert points_at(moved, frame) == (*here[:index], (1.5, -2.5), *here[index + 1 :])
    assert {n: points for n, points in moved.keys.items() if n != frame} == {
        n: points for n, points in shape.keys.items() if n != frame
    }
    assert points_at(translated(shape, frame, 3.0, -4.0), frame) == tuple((x + 3.0, y - 4.0) for x, y in here)

    keyed = with_key(shape, frame)
    assert frame in keyed.keys
    assert list(keyed.keys) == sorted(keyed.keys)
    longer = with_point_inserted(shape, index, share)
    for number in range(-60, 61, 7):
        assert list(points_at(keyed, number)) == near(points_at(shape, number))
        before, after = points_at(shape, number), points_at(longer, number)
        assert (*after[: index + 1], *after[index + 2 :]) == before
        begin, end, new = before[index], before[(index + 1) % count], after[index + 1]
        between = tuple(a + (b - a) * share for a, b in zip(begin, end, strict=True))
        assert new == pytest.approx(between, abs=1e-6)

    if frame not in shape.keys:
        assert without_key(keyed, frame) == shape
    assert with_point_removed(longer, index + 1) == shape
    for result in (moved, keyed, longer):
        assert Shape.model_validate(json.loads(result.model_dump_json())) == result


def test_a_point_that_is_thrown_far_away_stays_in_reach_of_the_document() -> None:
    shape = with_point_moved(Shape(keys={1: TRIANGLE}), 1, 0, (-1e9, 3.0))
    assert points_at(shape, 1)[0] == (-1e6, 3.0)
    assert Shape.model_validate(translated(shape, 5, 1e8, 1e8).model_dump()).keys[5][0] == (1e6, 1e6)


def test_edits_that_would_leave_no_shape_or_too_large_a_one_are_refused() -> None:
    shape = Shape(keys={1001: TRIANGLE})
    with pytest.raises(BadInput, match="needs 3 points; remove the whole shape"):
        with_point_removed(shape, 0)
    with pytest.raises(BadInput, match="needs one key; remove the whole shape"):
        without_key(shape, 1001)
    with pytest.raises(KeyError):
        without_key(shape, 1002)
    with pytest.raises(IndexError):
        with_point_moved(shape, 1001, 3, (0, 0))
    with pytest.raises(BadInput, match="has 500 points already"):
        with_point_inserted(Shape(keys={1: [(0.0, float(n)) for n in range(MAX_POINTS)]}), 0)
    full = Shape(keys=dict.fromkeys(range(MAX_KEYS), TRIANGLE))
    with pytest.raises(BadInput, match="has 10000 keys already"):
        with_key(full, -1)
    assert with_key(full, 5) == full

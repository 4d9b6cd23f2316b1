"""Polygons drawn over the plate and keyed over time, and every edit of one as a function to the next.

Points are (x, y) in the plate's pixel coordinates, those of its windows, on pixel edges: the pixel at column x and row
y covers x to x + 1 and y to y + 1, its centre is (x + 0.5, y + 0.5); y grows downwards. The outline is closed. What it
winds round at least once is inside (non-zero winding). Between two keys every point goes straight on; before the first
key and after the last one the shape holds still.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from pai_studio.core.shot.errors import BadInput

Point = tuple[float, float]
Points = tuple[Point, ...]

MIN_POINTS = 3
MAX_POINTS = 500
MAX_KEYS = 10_000
MAX_SHAPES = 100
MAX_FEATHER_PX = 1000.0
FAR_PX = 1_000_000.0
"""How far from the plate's origin a point may lie; edits hold it there."""

_FRAME = re.compile(r"0|-?[1-9][0-9]{0,8}")


def _refusal(say: str, hint: str) -> PydanticCustomError:
    return PydanticCustomError("shape", "{say}", {"say": say, "hint": hint})


def _read_frame(key: Any) -> int:
    if not _FRAME.fullmatch(str(key)) or isinstance(key, bool):
        raise _refusal(f"{key!r} is no frame number", 'write each key as "1001": [[x, y], ...]')
    return int(key)


def _is_point(value: Any) -> bool:
    if not isinstance(value, list | tuple) or len(value) != 2:
        return False
    numbers = all(isinstance(n, int | float) and not isinstance(n, bool) for n in value)
    return numbers and all(-FAR_PX <= n <= FAR_PX for n in value)


def _read_points(frame: int, value: Any) -> Points:
    if not isinstance(value, list | tuple) or not MIN_POINTS <= len(value) <= MAX_POINTS:
        count = f"{len(value)} points" if isinstance(value, list | tuple) else "no list of points"
        raise _refusal(f"{frame} has {count}", f"give {MIN_POINTS} to {MAX_POINTS} points as [x, y]")
    for index, point in enumerate(value):
        if not _is_point(point):
            say = f"point {index} of {frame} is no place near the plate"
            raise _refusal(say, f"write it as [x, y], each from -{FAR_PX:.0f} to {FAR_PX:.0f}")
    return tuple((float(x), float(y)) for x, y in value)


def _read_keys(value: Any) -> dict[int, Points]:
    if not isinstance(value, Mapping) or not 1 <= len(value) <= MAX_KEYS:
        count = f"has {len(value)} keys" if isinstance(value, Mapping) else "is no object"
        raise _refusal(count, f'give 1 to {MAX_KEYS} keys as "1001": [[x, y], ...]')
    keys = {frame: _read_points(frame, points) for frame, points in _by_frame(value)}
    first = next(iter(keys))
    for frame, points in keys.items():
        if len(points) != len(keys[first]):
            say = f"{frame} has {len(points)} points, {first} has {len(keys[first])}"
            raise _refusal(say, "give every key of a shape the same points")
    return keys


def _by_frame(value: Mapping[Any, Any]) -> list[tuple[int, Any]]:
    return sorted(((_read_frame(key), points) for key, points in value.items()), key=lambda pair: pair[0])


Keys = Annotated[
    dict[int, Points],
    BeforeValidator(_read_keys, json_schema_input_type=dict[str, list[tuple[float, float]]]),
]


class Shape(BaseModel):
    """A closed polygon with the same points in every key; the keys lie in the order of their frames."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: str = Field("", max_length=128)
    feather_px: float = Field(
        0.0,
        ge=0,
        le=MAX_FEATHER_PX,
        description="softness of the outline in rows of pixels, half inside, half outside",
    )
    keys: Keys = Field(description="the points [x, y] at frames, by number")


def points_at(shape: Shape, frame: int) -> Points:
    """The points as they stand at a frame."""
    if frame in shape.keys:
        return shape.keys[frame]
    frames = list(shape.keys)
    after = bisect_right(frames, frame)
    if after in {0, len(frames)}:
        return shape.keys[frames[min(after, len(frames) - 1)]]
    begin, end = frames[after - 1], frames[after]
    share = (frame - begin) / (end - begin)
    pairs = zip(shape.keys[begin], shape.keys[end], strict=True)
    return tuple(_between(a, b, share) for a, b in pairs)


def with_point_moved(shape: Shape, frame: int, index: int, xy: Point) -> Shape:
    """One point put at `xy` at a frame, which becomes a key. Raises IndexError where there is no such point."""
    points = list(points_at(shape, frame))
    points[index] = xy
    return _keyed(shape, frame, tuple(points))


def translated(shape: Shape, frame: int, dx: float, dy: float) -> Shape:
    """All points moved at a frame, which becomes a key."""
    return _keyed(shape, frame, tuple((x + dx, y + dy) for x, y in points_at(shape, frame)))


def with_point_inserted(shape: Shape, index: int, share: float = 0.5) -> Shape:
    """A point more in every key, behind point `index`, that share of the way to the next one: the outline stays.

    Raises BadInput where the shape has as many as it may have.
    """
    if _count(shape) >= MAX_POINTS:
        raise BadInput(f"the shape has {MAX_POINTS} points already", hint="draw a second shape")

    def longer(points: Points) -> Points:
        new = _between(points[index], points[(index + 1) % len(points)], share)
        return (*points[: index + 1], new, *points[index + 1 :])

    return _in_all_keys(shape, longer)


def with_point_removed(shape: Shape, index: int) -> Shape:
    """A point less in every key. Raises BadInput where only three are left."""
    if _count(shape) <= MIN_POINTS:
        raise BadInput(f"a shape needs {MIN_POINTS} points", hint="remove the whole shape")
    return _in_all_keys(shape, lambda points: (*points[:index], *points[index + 1 :]))


def with_key(shape: Shape, frame: int) -> Shape:
    """A key at a frame, with the points as they stand there: nothing moves."""
    return _keyed(shape, frame, points_at(shape, frame))


def without_key(shape: Shape, frame: int) -> Shape:
    """One key less; KeyError where there is none. Raises BadInput for the last one."""
    if len(shape.keys) == 1 and frame in shape.keys:
        raise BadInput("a shape needs one key", hint="remove the whole shape")
    keys = dict(shape.keys)
    del keys[frame]
    return shape.model_copy(update={"keys": keys})


def _between(a: Point, b: Point, share: float) -> Point:
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share


def _count(shape: Shape) -> int:
    return len(next(iter(shape.keys.values())))


def _keyed(shape: Shape, frame: int, points: Points) -> Shape:
    if frame not in shape.keys and len(shape.keys) >= MAX_KEYS:
        raise BadInput(f"the shape has {MAX_KEYS} keys already", hint="remove some, or draw a second shape")
    held = tuple((_held(x), _held(y)) for x, y in points)
    keys = dict(sorted({**shape.keys, frame: held}.items()))
    return shape.model_copy(update={"keys": keys})


def _held(place: float) -> float:
    return min(max(place, -FAR_PX), FAR_PX)


def _in_all_keys(shape: Shape, change: Callable[[Points], Points]) -> Shape:
    return shape.model_copy(update={"keys": {frame: change(points) for frame, points in shape.keys.items()}})

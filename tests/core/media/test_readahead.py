"""Read-ahead keeps order, bounds and exceptions, and closes."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from pai_studio.core.media.readahead import read_ahead


def test_results_come_in_order() -> None:
    gate = threading.Event()

    def first() -> int:
        gate.wait(10)
        return 0

    def second() -> int:
        gate.set()
        return 1

    assert list(read_ahead([first, second, lambda: 2], depth=3, threads=2)) == [0, 1, 2]


def test_no_more_than_depth_are_begun() -> None:
    begun: list[int] = []

    def job(number: int) -> Callable[[], int]:
        begun.append(number)
        return lambda: number

    results = read_ahead((job(n) for n in range(100)), depth=4, threads=2)
    assert next(results) == 0
    assert len(begun) == 4
    assert next(results) == 1
    assert len(begun) == 5
    results.close()
    assert len(begun) == 5


def test_an_exception_comes_in_its_place() -> None:
    def broken() -> int:
        raise KeyError("frame 2")

    results = read_ahead([lambda: 1, broken, lambda: 3], depth=3, threads=2)
    assert next(results) == 1
    with pytest.raises(KeyError, match="frame 2"):
        next(results)


def test_stopping_early_leaves_no_thread() -> None:
    before = threading.active_count()
    results = read_ahead([lambda: 1] * 50, depth=8, threads=2)
    next(results)
    results.close()
    assert threading.active_count() == before


def test_depth_and_threads_must_be_positive() -> None:
    with pytest.raises(ValueError, match="1 or more"):
        list(read_ahead([lambda: 1], depth=0, threads=1))

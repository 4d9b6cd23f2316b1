"""Work done ahead in the background, handed over in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def read_ahead(jobs: Iterable[Callable[[], T]], depth: int, threads: int) -> Iterator[T]:
    """The results of `jobs` in their order, with at most `depth` of them begun or waiting at once.

    A job's exception is raised in its place. When the consumer stops early, jobs not begun are dropped and those
    that run are waited for.
    """
    if depth < 1 or threads < 1:
        raise ValueError("depth and threads must be 1 or more")
    waiting: deque[Future[T]] = deque()
    pool = ThreadPoolExecutor(min(threads, depth), thread_name_prefix="read-ahead")
    source = iter(jobs)
    try:
        for job in source:
            waiting.append(pool.submit(job))
            if len(waiting) >= depth:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)

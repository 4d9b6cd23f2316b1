"""A version that is under way, and what a target says of itself when it begins.

Standard library, Python 3.9: this file runs inside the host.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass

from .host import Asked, Colour, Record, Result, State


@dataclass(frozen=True)
class Job:
    """A version that is under way; a target keeps it as plain data, so that another session can go on with it."""

    request: str
    mode: str
    document: str
    folder: str
    version: int
    generation: str
    finish: str

    @classmethod
    def of(cls, record: Record | None) -> Job | None:
        """The job that a target has kept; None where it has none, or one of another form."""
        try:
            return cls(**record) if record else None
        except TypeError:
            return None

    @property
    def state(self) -> State:
        """What the target was like when the version was begun."""
        return State(self.generation, self.finish)


@dataclass(frozen=True)
class Look:
    """All that a target says of itself, from one visit to the main thread."""

    asked: Asked
    colour: Colour
    state: State
    placed: Result | None
    kept: Job | None


class _Followed:
    """The requests that this process follows: a second press of the button must not follow the first one's job."""

    def __init__(self) -> None:
        self._requests: set[str] = set()
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def __call__(self, request: str) -> Iterator[None]:
        with self._lock:
            self._requests.add(request)
        try:
            yield
        finally:
            with self._lock:
                self._requests.discard(request)

    def __contains__(self, request: str) -> bool:
        with self._lock:
            return request in self._requests


followed = _Followed()

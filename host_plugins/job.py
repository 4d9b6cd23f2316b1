"""A version that is under way, and what a target says of itself when it begins.

Standard library, Python 3.9: this file runs inside the host.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from .host import Asked, Colour, Record, Result, State

FILE = "job.json"


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
    delivery: str
    """Digest of where it is delivered, and how."""

    @classmethod
    def of(cls, record: Record | None) -> Job | None:
        """The job that a target has kept; None where it has none, or one of another form."""
        if not record:
            return None
        try:
            return cls(**{**record, "version": int(record["version"])})
        except (KeyError, TypeError, ValueError):
            return None

    def write(self) -> None:
        """Leave the job in its export folder too, for a farm's next try at the same version."""
        (Path(self.folder) / FILE).write_text(json.dumps(asdict(self)) + "\n", encoding="utf-8")

    @classmethod
    def left_in(cls, folder: Path) -> Job | None:
        """The job that was left in an export folder, wherever that lies now."""
        try:
            job = cls.of(json.loads((folder / FILE).read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError):
            return None
        if job is None:
            return None
        return replace(job, folder=str(folder), document=str(folder / Path(job.document).name))

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


def delivery_of(asked: Asked) -> str:
    """The digest of what an artist asks of the delivery."""
    text = json.dumps(asked.document["delivery"], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


followed = _Followed()

"""How long work tells of itself and learns that it should stop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Progress:
    """One step of long work: `done` of `total` in a named phase, at a frame where there is one."""

    phase: str
    done: int = 0
    total: int = 0
    frame: int | None = None
    message: str = ""
    preview: bytes = b""
    """A small JPEG of what is being made, where there is one to look at; a server passes on at most 64 KiB."""


class Report(Protocol):
    """Receives progress; raises `Cancelled` when the work has been asked to stop.

    Called at least once a frame, so that a cancel takes no longer than one frame's work.
    """

    def __call__(self, progress: Progress, /) -> None:
        """Hear one step."""
        ...


def silent(progress: Progress, /) -> None:
    """A report that nobody hears."""

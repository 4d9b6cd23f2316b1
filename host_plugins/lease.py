"""A sign of life in an export folder: somebody, on this machine or another, follows that version's job now.

Each follower touches a file of its own there, which names nobody. Its age is reckoned by the disk's own clock, since
those of two machines differ. Standard library, Python 3.9: this file runs inside the host.
"""

from __future__ import annotations

import contextlib
import time
import uuid
from pathlib import Path

BEAT_S = 15.0
DEAD_S = 120.0
"""After this long without a sign a follower counts as gone: its host has crashed."""

_KIND = "alive-"


class Lease:
    """Held in a `with` while a job is followed; `beat` is called often, and touches the file now and then.

    A disk that takes no sign is no reason to stop a render, so nothing is raised here.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / f"{_KIND}{uuid.uuid4().hex}"
        self._next_s = float("-inf")

    def __enter__(self) -> Lease:
        self.beat()
        return self

    def __exit__(self, *_raised: object) -> None:
        with contextlib.suppress(OSError):
            self._file.unlink()

    def beat(self) -> None:
        """Say that the job is followed still."""
        if time.monotonic() < self._next_s:
            return
        self._next_s = time.monotonic() + BEAT_S
        with contextlib.suppress(OSError):
            self._file.write_text("", encoding="ascii")


def is_held(folder: Path) -> bool:
    """Whether somebody follows the job of an export folder; one that is gone is held by nobody."""
    try:
        held = [path.stat().st_mtime for path in folder.glob(f"{_KIND}*")]
        return bool(held) and _now_s(folder) - max(held) < DEAD_S
    except OSError:  # it goes away while we look
        return False


def _now_s(folder: Path) -> float:
    """The time by the clock of the folder's disk, in the seconds of a file's date."""
    probe = folder / f"look-{uuid.uuid4().hex}"
    probe.touch()
    try:
        return probe.stat().st_mtime
    finally:
        probe.unlink()

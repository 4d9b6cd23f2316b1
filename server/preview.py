"""Previews on their way: small enough for a line, and only the newest of each job remembered.

A preview is worth looking at once. None is ever written to the database, which would grow by them.
"""

from __future__ import annotations

import base64
from collections import OrderedDict

from pai_studio.core.log import logger

_LOG = logger(__name__)
MAX_BYTES = 64 * 1024
"""The largest preview that is passed on."""

_JOBS = 64
"""How many jobs' previews are remembered: at most 4 MiB."""


def to_text(picture: bytes) -> str:
    """A preview for a worker's line; empty for none, and for one that is too large, which the log tells."""
    if len(picture) > MAX_BYTES:
        _LOG.warning("a preview of %d bytes is left out: at most %d are passed on", len(picture), MAX_BYTES)
        return ""
    return base64.b64encode(picture).decode("ascii")


def from_text(text: str) -> bytes:
    """The inverse of `to_text`."""
    return base64.b64decode(text)


class Previews:
    """The newest preview of each of the jobs that showed one last. Used under its owner's lock."""

    def __init__(self) -> None:
        self._newest: OrderedDict[str, tuple[int, bytes]] = OrderedDict()

    def keep(self, job_id: str, seq: int, picture: bytes) -> None:
        """Remember a job's preview in place of its last one."""
        self._newest[job_id] = (seq, picture)
        self._newest.move_to_end(job_id)
        while len(self._newest) > _JOBS:
            self._newest.popitem(last=False)

    def at(self, job_id: str, seq: int) -> bytes:
        """What the event of that number showed; empty when it showed nothing, or a newer one has come since."""
        kept, picture = self._newest.get(job_id, (seq, b""))
        return picture if kept == seq else b""

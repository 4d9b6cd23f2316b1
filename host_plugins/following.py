"""Listens to one render until its end: shows how it goes, and passes on the wish to stop.

Standard library, Python 3.9: this file runs inside the host.
"""

from __future__ import annotations

import time
from typing import Callable

from .bridge import Call
from .host import Fault, Progress, Record
from .progress import Story

_LOOK_S = 0.1
_STOP_S = 20.0


class Following:
    """One render that the sidecar is asked for; `beat` is called a few times a second while it is followed."""

    def __init__(self, call: Call, progress: Progress, beat: Callable[[], None]) -> None:
        self._call, self._progress, self._beat = call, progress, beat
        self._story = Story()
        self._stopped_at: float | None = None
        self.is_at_server = False
        """Whether the server has the job: it then goes on whatever happens here."""

    def answer(self) -> Record:
        """Wait for the end. Raises Fault; a terminal's Ctrl+C is a cancel, a second one ends the waiting."""
        while not self._has_ended():
            pass
        return self._call.answer()

    def _has_ended(self) -> bool:
        """Listen; False where Ctrl+C broke in."""
        try:
            for event in self._call.events(_LOOK_S):
                self._hear(event)
        except KeyboardInterrupt:
            if self._stopped_at is not None:
                raise
            self._stop()
            return False
        return True

    def _hear(self, event: Record | None) -> None:
        self._beat()
        if event is not None:
            self.is_at_server = self.is_at_server or bool(event.get("job"))
            self._progress.show(*self._story.hear(event))
        if self._stopped_at is None:
            if self._progress.is_cancelled():
                self._stop()
        elif time.monotonic() - self._stopped_at > _STOP_S:
            raise Fault("the render was cancelled", hint="the job may go on at the server", code="CANCELLED")

    def _stop(self) -> None:
        self._stopped_at = time.monotonic()
        self._progress.show(0.0, "stopping")
        self._call.cancel()

"""A job's events as progress on the console."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pai_studio.ui.cli.console import Console

if TYPE_CHECKING:
    from pai_studio.server.api.types import JobEvent

_MIB = 1 << 20


class Follower:
    """Call it with each event; it shows phase, frames, ETA, and every message once."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def __call__(self, event: JobEvent) -> None:
        """Show one event."""
        if event.message:
            self._console.line(event.message)
        if event.state == "UPLOADING":
            self._console.progress(
                "upload", event.done // _MIB, max(event.total // _MIB, 1), eta_s=event.eta_s, note="MiB"
            )
        elif event.state == "RUNNING" and event.phase and not event.output:
            note = "" if event.frame is None else f"frame {event.frame}"
            self._console.progress(event.phase, event.done, event.total, eta_s=event.eta_s, note=note)

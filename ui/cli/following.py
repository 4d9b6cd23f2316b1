"""A job's events as progress on the console, and its newest preview as a file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from pai_studio.core.shot.errors import BadInput
from pai_studio.ui.cli.console import Console

if TYPE_CHECKING:
    from pai_studio.server.api.types import JobEvent

_MIB = 1 << 20


class PreviewFile:
    """A file that always holds the newest preview, whole; a viewer that looks at it again sees the work grow.

    Raises BadInput at once when nothing can be written there.
    """

    def __init__(self, path: Path, console: Console) -> None:
        self._path, self._console = path.absolute(), console
        self._works = True
        self.count = 0
        """How many previews have come."""

        folder = self._path.parent
        if self._path.is_dir() or not (folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)):
            raise BadInput(
                "no preview can be written here", where=str(path), hint="name a file in a folder of yours"
            )

    def show(self, picture: bytes) -> None:
        """Put a preview in the place of the last one. A disk that fails is told once: the job is worth more."""
        self.count += 1
        temp = self._path.with_name(f".{self._path.name}.{os.getpid()}.part")
        try:
            temp.write_bytes(picture)
            temp.replace(self._path)
        except OSError as error:
            if self._works:
                self._console.line(f"the preview cannot be written ({error.strerror}): {self._path}")
            self._works = False
            temp.unlink(missing_ok=True)


class Follower:
    """Call it with each event; it shows phase, frames, ETA, and every message once."""

    def __init__(self, console: Console, preview: PreviewFile | None = None) -> None:
        self._console, self._preview = console, preview

    def __call__(self, event: JobEvent) -> None:
        """Show one event."""
        if event.preview and self._preview is not None:
            self._preview.show(event.preview)
        if event.message:
            self._console.line(event.message)
        if event.state == "UPLOADING":
            self._console.progress(
                "upload", event.done // _MIB, max(event.total // _MIB, 1), eta_s=event.eta_s, note="MiB"
            )
        elif event.state == "RUNNING" and event.phase and not event.output:
            note = "" if event.frame is None else f"frame {event.frame}"
            self._console.progress(event.phase, event.done, event.total, eta_s=event.eta_s, note=note)

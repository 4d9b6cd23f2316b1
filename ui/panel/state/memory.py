"""What the panel remembers of a person from one day to the next: window, recent files, appearance, last folder."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from pai_studio.core import config
from pai_studio.core.log import logger
from pai_studio.core.media.files import write_file
from pai_studio.core.shot.errors import PaiError
from pai_studio.ui.panel.work import Work

_LOG = logger(__name__)
_MOST_RECENT = 12
_PATIENCE_S = 1.0
"""How long the first window waits for its size. A disk that answers later is told of by `changed`."""


class Memory(QObject):
    """A small JSON file in the state folder. One that cannot be read is as good as none: no loss worth an error."""

    changed = Signal()

    def __init__(self, work: Work, parent: QObject | None = None, *, patience_s: float = _PATIENCE_S) -> None:
        super().__init__(parent)
        self._work = work
        self._path = config.state_dir() / "panel" / "memory.json"
        self._kept: dict[str, Any] = {}
        self._found: dict[str, Any] | None = None
        self._is_read = threading.Event()
        self._is_taken = False
        work.run(self._read, lambda _nothing: self._take(), lane="disk")
        if self._is_read.wait(patience_s):
            self._take()

    def get(self, key: str, default: Any = None) -> Any:
        """What is remembered under a key; the default too where it is of another kind than the default."""
        value = self._kept.get(key, default)
        return value if default is None or isinstance(value, type(default)) else default

    def keep(self, **values: Any) -> None:
        """Remember; written by the disk's thread."""
        if all(self._kept.get(key) == value for key, value in values.items()):
            return
        self._kept = {**self._kept, **values}
        if self._is_taken:  # else what is not read yet would be lost
            self._write()
        self.changed.emit()

    @property
    def recent(self) -> list[Path]:
        """What was opened last, the newest first."""
        return [Path(one) for one in self.get("recent", []) if isinstance(one, str)]

    def opened(self, path: Path) -> None:
        """Put a file or folder at the head of the recent ones."""
        text = str(path.absolute())
        others = [str(one) for one in self.recent if str(one) != text]
        self.keep(recent=[text, *others][:_MOST_RECENT], folder=str(path.absolute().parent))

    def _read(self) -> None:
        """In the disk's thread."""
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            found = {}
        self._found = found if isinstance(found, dict) else {}
        self._is_read.set()

    def _take(self) -> None:
        if self._is_taken or self._found is None:
            return
        self._is_taken = True
        asked, self._kept = self._kept, {**self._found, **self._kept}
        if asked:
            self._write()
        self.changed.emit()

    def _write(self) -> None:
        content = json.dumps(self._kept, indent=1).encode()
        self._work.run(lambda: write_file(self._path, content), failed=_shrug, lane="disk")


def _shrug(error: PaiError) -> None:
    _LOG.warning("the panel's window will not be remembered: %s", error)

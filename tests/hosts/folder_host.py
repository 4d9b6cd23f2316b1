"""A real, plain host: a folder of EXR files is the script, and rendering a source means copying its frames."""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pai_studio.host_plugins.host import (
    Asked,
    Colour,
    Fault,
    Record,
    Result,
    State,
    Still,
    T,
    cancelled,
    result_of,
)
from pai_studio.host_plugins.paths import Sequenced


def quiet(_text: str) -> None:
    """Nobody listens."""


class FolderProgress:
    """A bar that remembers what it has shown."""

    def __init__(self, on_show: Callable[[str], None]) -> None:
        self.shown: list[tuple[float, str]] = []
        self.is_open, self._on_show = True, on_show
        self._cancelled = threading.Event()

    def show(self, share: float, text: str) -> None:
        assert 0.0 <= share <= 1.0
        assert self.is_open
        self.shown.append((share, text))
        self._on_show(text)

    def cancel(self) -> None:
        self._cancelled.set()

    def is_cancelled(self) -> bool:
        return self._cancelled.is_set()

    def close(self) -> None:
        self.is_open = False


class FolderHost:
    """Does "main thread" work one piece at a time, in whichever thread asks; `on_show` hears each line of a bar."""

    name, version = "folder", "1"

    def __init__(self) -> None:
        self._main = threading.Lock()
        self.bars: list[FolderProgress] = []
        self.said: list[str] = []
        self.on_show: Callable[[str], None] = quiet

    def on_main(self, call: Callable[[], T]) -> T:
        assert self._main.acquire(timeout=30), "the main thread is called from itself"
        try:
            return call()
        finally:
            self._main.release()

    def is_on_main(self) -> bool:
        return self._main.locked()

    def progress(self, title: str) -> FolderProgress:
        assert title
        self.bars.append(FolderProgress(self._heard))
        return self.bars[-1]

    def _heard(self, text: str) -> None:
        self.on_show(text)

    def tell(self, text: str) -> None:
        self.said.append(text)

    def warn(self, fault: Fault) -> None:
        self.said.append(str(fault))

    @property
    def lines(self) -> list[str]:
        """Every line that a bar has shown."""
        return [text for bar in self.bars for _, text in bar.shown]


@dataclass
class FolderTarget:
    """One thing to render: sources are sequences, settings are a document, what is kept lies in one JSON file."""

    host: FolderHost
    label: str
    sources: dict[str, str]
    """Pattern of each input."""

    document: Record
    stills: tuple[Still, ...]
    kept_in: Path
    mattes: tuple[str, ...] = ()
    space: str = "ACEScg"
    lost: set[int] = field(default_factory=set)
    """Frames that this host fails to write."""

    extra: set[int] = field(default_factory=set)
    """Frames that it writes unasked."""

    stop_at: str = ""
    """The input at whose export the user presses the host's own cancel."""

    exported: list[str] = field(default_factory=list)

    def asked(self) -> Asked:
        self._on_main()
        return Asked(json.loads(json.dumps(self.document)), self.stills, self.mattes)

    def colour(self) -> Colour:
        self._on_main()
        return Colour(self.space)

    def state(self) -> State:
        self._on_main()
        settings = {key: value for key, value in self.document.items() if key not in ("finish", "delivery")}
        anchors = [(still.name, still.frame, still.fit) for still in self.stills]
        return State(_digest([settings, anchors, self.mattes, self.space]), _digest(self.document["finish"]))

    def export(self, source: str, files: str, first: int, last: int) -> None:
        self._on_main()
        if source == self.stop_at:
            raise cancelled("the export was cancelled")
        self.exported.append(source)
        there, here = Sequenced.of(self.sources[source]), Sequenced.of(files)
        for frame in {*range(first, last + 1), *self.extra} - self.lost:
            taken = frame if Path(there.path(frame)).exists() else first
            shutil.copyfile(there.path(taken), here.path(frame))

    def place(self, result: Result) -> None:
        self._on_main()
        self._write(placed=result.record())

    def placed(self) -> Result | None:
        self._on_main()
        record = self._read().get("placed")
        return result_of(record) if record else None

    def keep(self, job: Record | None) -> None:
        self._on_main()
        self._write(job=job)

    def kept(self) -> Record | None:
        self._on_main()
        return self._read().get("job")

    def _on_main(self) -> None:
        assert self.host.is_on_main(), "a target is asked beside the main thread"

    def _read(self) -> dict[str, Any]:
        return json.loads(self.kept_in.read_text()) if self.kept_in.exists() else {}

    def _write(self, **keys: Any) -> None:
        self.kept_in.write_text(json.dumps({**self._read(), **keys}))


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()

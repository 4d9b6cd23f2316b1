"""The renders that are under way: each in a thread of its own, heard of in the window's."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

from PySide6.QtCore import QObject, QTimer, Signal

from pai_studio.core.shot.errors import Cancelled
from pai_studio.ui.panel.state.copies import Promises
from pai_studio.ui.panel.work import Work
from pai_studio.ui.rendering import Rendering

_TOLD_MS = 100
"""How often the window hears of a render at most: an engine may tell of every frame of every step."""

_LET_GO_S = 3.0
"""How long a render that was cancelled may take to end before nobody waits for it any more."""

Mode = Literal["render", "refinish"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a render's thread is told; the item itself belongs to the window's thread."""

    id: str
    copy: Path
    mode: Mode
    request: str
    job: str = ""
    resume: bool = False
    is_at_server: bool = False
    """Whether an earlier session may have made a job of it, `job` where that was heard of."""

    taken: frozenset[str] = frozenset()
    """The patterns that other items of the queue deliver."""


class _Run:
    """One thread, and what it has told since the window looked last."""

    def __init__(self, *, is_render: bool, on_workers: Callable[[int], None] | None = None) -> None:
        self.rendering = Rendering(self._tell, self._show, on_workers)
        self.is_render = is_render
        self.is_over = threading.Event()
        self._lock = threading.Lock()
        self._event: dict[str, Any] = {}
        self._preview = b""

    def take(self) -> tuple[dict[str, Any], bytes]:
        """What was told, as one event, and the newest preview; empty where nothing was."""
        with self._lock:
            told, self._event, self._preview = (self._event, self._preview), {}, b""
        return told

    def _tell(self, event: dict[str, Any]) -> None:
        with self._lock:
            self._event.update(event)

    def _show(self, picture: bytes) -> None:
        with self._lock:
            self._preview = picture


class Runs(QObject):
    """Lives in the window's thread, where its signals come; each render has a daemon thread. What runs at the server
    outlives the panel."""

    heard = Signal(object)
    """What renders have told since the last time: by the id, its events as one and its newest preview."""

    placed = Signal(str, str)
    """The id of a render, and the pattern that it delivers."""

    ended = Signal(str, object)
    """The id of a render, and its answer or the exception that ended it."""

    room_changed = Signal()
    """The server has told how many it renders at once."""

    def __init__(self, work: Work, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._work = work
        self._promises = Promises()
        self._running: dict[str, _Run] = {}
        self._most = 1
        self._timer = QTimer(self, interval=_TOLD_MS)
        self._timer.timeout.connect(self._hear)

    def __contains__(self, key: str) -> bool:
        return key in self._running

    @property
    def has_room(self) -> bool:
        """Whether the server would begin one more at once: one, until it has told how many it renders."""
        return self._renders < self._most

    @property
    def _renders(self) -> int:
        return sum(run.is_render for run in self._running.values())

    def start(self, asked: Asked) -> None:
        """Render, or go on with what was rendered in an earlier session."""
        if not self._renders:
            self._most = 1  # another server may answer by now
        run = _Run(is_render=True, on_workers=partial(self._count, asked.id))
        self._begin(asked.id, run, lambda: self._rendered(asked, run))

    def withdraw(self, asked: Asked) -> None:
        """Stop at the server what an earlier session has asked for. It ends as one that was cancelled."""
        run = _Run(is_render=False)
        job = asked.copy, asked.mode, asked.request, asked.job
        self._begin(asked.id, run, lambda: run.rendering.withdraw(*job))

    def cancel(self, key: str) -> None:
        """Stop one. Neither the window nor, for long, its item waits for a server that does not answer."""
        threading.Thread(
            target=self._cancel, args=(key, self._running[key]), name="panel-cancel", daemon=True
        ).start()

    def close(self) -> None:
        """Hear no more. Nothing is waited for: what the server does, it goes on doing."""
        self._timer.stop()

    def _begin(self, key: str, run: _Run, call: Callable[[], Any]) -> None:
        self._running[key] = run
        threading.Thread(
            target=self._run, args=(key, run, call), name=f"panel-render-{key}", daemon=True
        ).start()
        self._timer.start()

    # In the threads

    def _run(self, key: str, run: _Run, call: Callable[[], Any]) -> None:
        outcome: Any
        try:
            outcome = call()
        except Exception as error:  # noqa: BLE001 - handed over whole
            outcome = error
        self._promises.end(run)
        run.is_over.set()
        self._come(key, run, outcome)

    def _rendered(self, asked: Asked, run: _Run) -> dict[str, Any]:
        files = self._promises.give(run, asked.copy, keep=asked.resume, taken=asked.taken)
        self._work.here(partial(self._place, asked.id, run, files))
        try:
            return run.rendering.run(
                asked.copy,
                asked.mode,
                asked.request,
                resume=asked.resume,
                on_deaf=partial(self._come, asked.id, run),
            )
        except Cancelled:
            if asked.is_at_server and not run.rendering.job:  # stopped before it was heard of again
                run.rendering.withdraw(asked.copy, asked.mode, asked.request, asked.job)
            raise

    def _cancel(self, key: str, run: _Run) -> None:
        run.rendering.cancel()
        if not run.is_over.wait(_LET_GO_S):
            hint = "nothing has answered yet; it stops as soon as something does"
            self._come(key, run, Cancelled("the render was cancelled", hint=hint))

    def _come(self, key: str, run: _Run, outcome: Any) -> None:
        self._work.here(partial(self._take, key, run, outcome))

    def _count(self, key: str, workers: int) -> None:
        self._work.here(partial(self._take_count, key, workers))

    # Back in the window's

    def _place(self, key: str, run: _Run, files: str) -> None:
        if self._running.get(key) is run:
            self.placed.emit(key, files)

    def _take_count(self, key: str, workers: int) -> None:
        if key in self._running:
            self._most = max(workers, 1)
            self.room_changed.emit()

    def _take(self, key: str, run: _Run, outcome: Any) -> None:
        self._hear()
        if self._running.get(key) is not run:  # it was given up, and may run anew
            return
        del self._running[key]
        if not self._running:
            self._timer.stop()
        self.ended.emit(key, outcome)

    def _hear(self) -> None:
        told = {key: run.take() for key, run in self._running.items()}
        news = {key: one for key, one in told.items() if any(one)}
        if news:
            self.heard.emit(news)

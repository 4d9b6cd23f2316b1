"""The queue of renders: each with the document as it was when it was asked for, run one after another at the server."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from PySide6.QtCore import QObject, QTimer, Signal

from pai_studio.core import config
from pai_studio.core.log import logger
from pai_studio.core.media.files import write_file
from pai_studio.core.shot import document, naming
from pai_studio.core.shot.document import Shot
from pai_studio.core.shot.errors import Cancelled, PaiError
from pai_studio.ui.panel.state.faults import Faults
from pai_studio.ui.panel.state.job_store import Item, JobStore, plain
from pai_studio.ui.panel.state.shot import ShotState
from pai_studio.ui.panel.work import Work
from pai_studio.ui.rendering import Rendering

_LOG = logger(__name__)
_TOLD_MS = 100
"""How often the window hears of a render at most: an engine may tell of every frame of every step."""

Mode = Literal["render", "refinish"]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a render's thread is told; the item itself belongs to the window's thread."""

    id: str
    copy: Path
    mode: Mode
    request: str
    resume: bool


class JobsState(QObject):
    """Lives in the window's thread; each render has a daemon thread. What runs at the server outlives the panel."""

    changed = Signal()
    """Items have come, gone, moved or changed their state."""

    progressed = Signal()
    """Something of a running one is new."""

    ended = Signal(object)
    """An item that has succeeded, failed or was cancelled."""

    def __init__(self, work: Work, faults: Faults, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._work, self._faults = work, faults
        self._store = JobStore(config.state_dir() / "panel" / "jobs")
        self.items: list[Item] = []
        self.most_at_once = 1
        self._running: dict[str, Rendering] = {}
        self._events: dict[str, dict[str, Any]] = {}
        self._previews: dict[str, bytes] = {}
        self._events_lock = threading.Lock()
        self._timer = QTimer(self, interval=_TOLD_MS)
        self._timer.timeout.connect(self._hear)
        self._load()

    # What is asked for

    def add(self, states: Sequence[ShotState], mode: Mode = "render") -> list[Item]:
        """Put shots into the queue, each as it is now, at its next version."""
        added = []
        for state in states:
            state.saving.now()
            item = Item(state.shot.name, str(state.path.absolute()), mode)
            self.items.append(item)
            added.append(item)
            copy, shot, folder = self._store.copy_of(item), state.shot, state.path.absolute().parent
            self._work.run(
                lambda c=copy, s=shot, f=folder: _write_copy(c, s, f),  # type: ignore[misc]
                done=lambda _nothing: self._next(),
                failed=lambda error, one=item: self._fail(one, error),  # type: ignore[misc]
                lane="disk",
            )
        self._keep()
        return added

    def cancel(self, item: Item) -> None:
        """Stop one; the window does not wait for the server to hear of it."""
        rendering = self._running.get(item.id)
        if rendering is None:
            if not item.has_ended:
                self._end(item, "CANCELLED")
            return
        item.message = "cancelling"
        self.changed.emit()
        threading.Thread(target=rendering.cancel, name="panel-cancel", daemon=True).start()

    def cancel_of(self, path: Path) -> None:
        """Stop everything that is under way of a document."""
        for item in self.of(path):
            if not item.has_ended:
                self.cancel(item)

    def retry(self, item: Item) -> None:
        """Ask once more for what has failed or was cancelled, with the same copy of the document."""
        if item.has_ended and item.state != "SUCCEEDED":
            item.state, item.error, item.message, item.ended_s = "WAITING", "", "", None
            item.request, item.job, item.done, item.total = "", "", 0, 0
            item.files = ""
            self._keep()
            self._next()

    def move(self, item: Item, to: int) -> None:
        """Put a waiting one at another place in the queue."""
        if item.is_waiting:
            others = [one for one in self.items if one is not item]
            self.items = [*others[:to], item, *others[to:]]
            self._keep()

    def clear_ended(self) -> None:
        """Take what has ended off the list; the pictures stay."""
        self.items = [one for one in self.items if not one.has_ended]
        self._keep()

    def of(self, path: Path) -> list[Item]:
        """The items of a document, the oldest first."""
        return [one for one in self.items if one.document == str(path.absolute())]

    def close(self) -> None:
        """Let another panel go on with the queue. Nothing is waited for: what the server does, it goes on doing."""
        self._timer.stop()
        self._store.release()

    # How it runs

    def _load(self) -> None:
        if not self._store.take():
            self._faults.note(
                "another panel runs the queue: renders that are asked for here wait for it to close"
            )
            return
        there, fault = self._store.load()
        self.items = [*there, *self.items]
        if fault:
            self._faults.tell(fault)
        QTimer.singleShot(0, self, self._next)

    def _next(self) -> None:
        """Begin what may begin: what was under way when the panel closed goes on first."""
        if not self._store.is_ours:
            self._load()
            return
        waiting = sorted((one for one in self.items if not one.has_ended), key=lambda one: one.is_waiting)
        for item in waiting:
            if len(self._running) >= self.most_at_once:
                return
            if item.id not in self._running and self._store.copy_of(item).is_file():
                self._begin(item)

    def _begin(self, item: Item) -> None:
        resume = bool(item.request and item.files)
        item.request = item.request or str(uuid.uuid4())
        item.state = "CHECKING"
        rendering = Rendering(
            lambda event, key=item.id: self._tell(key, event),  # type: ignore[misc]
            lambda picture, key=item.id: self._show(key, picture),  # type: ignore[misc]
        )
        self._running[item.id] = rendering
        asked = _Asked(item.id, self._store.copy_of(item), item.mode, item.request, resume)
        threading.Thread(
            target=self._render, args=(asked, rendering), name=f"panel-render-{item.id}", daemon=True
        ).start()
        self._timer.start()
        self._keep()

    def _render(self, asked: _Asked, rendering: Rendering) -> None:
        """In its own thread."""
        key = asked.id
        try:
            files = _with_version(asked.copy, keep=asked.resume)
            self._work.here(lambda: self._know(key, rendering, files))
            answer = rendering.run(
                asked.copy,
                asked.mode,
                asked.request,
                resume=asked.resume,
                on_deaf=lambda error: self._come(key, rendering, None, error),
            )
            self._come(key, rendering, answer, None)
        except Exception as error:  # noqa: BLE001 - handed over whole
            self._come(key, rendering, None, error)

    def _come(
        self, key: str, rendering: Rendering, answer: dict[str, Any] | None, error: Exception | None
    ) -> None:
        self._work.here(lambda: self._take(key, rendering, answer, error))

    def _take(
        self, key: str, rendering: Rendering, answer: dict[str, Any] | None, error: Exception | None
    ) -> None:
        self._hear()
        item = self._running_item(key)
        if item is None or self._running[key] is not rendering:  # it was given up, and may run anew
            return
        del self._running[key]
        if answer is not None:
            item.files, item.notes, item.job = answer["files"], answer["notes"], answer["job"]
            self._end(item, "SUCCEEDED")
        elif isinstance(error, Cancelled):
            item.message = error.hint
            self._end(item, "CANCELLED")
        elif isinstance(error, PaiError | OSError):
            self._fail(item, error)
        else:
            _LOG.error("a render of the panel failed", exc_info=error)
            self._fail(item, f"an error of PAI-Studio itself: {type(error).__name__}: {error}")
            self._work.broken.emit(error)

    def _fail(self, item: Item, error: PaiError | OSError | str) -> None:
        item.error = str(error)
        self._faults.tell(f"{item.shot}: {error}")
        self._end(item, "FAILED")

    def _end(self, item: Item, state: Literal["SUCCEEDED", "FAILED", "CANCELLED"]) -> None:
        item.state, item.ended_s, item.eta_s = state, time.time(), None
        item.preview = b""
        if not self._running:
            self._timer.stop()
        self._keep()
        self.ended.emit(item)
        self._next()

    def _know(self, key: str, rendering: Rendering, files: str) -> None:
        item = self._running_item(key)
        if item is not None and self._running[key] is rendering:
            item.files = files
            self._keep()

    def _running_item(self, key: str) -> Item | None:
        return next((one for one in self.items if one.id == key and key in self._running), None)

    # What is heard of it

    def _tell(self, key: str, event: dict[str, Any]) -> None:
        """From the render's thread: kept until the window looks next."""
        with self._events_lock:
            self._events.setdefault(key, {}).update(event)

    def _show(self, key: str, picture: bytes) -> None:
        with self._events_lock:
            self._previews[key] = picture

    def _hear(self) -> None:
        with self._events_lock:
            events, self._events = self._events, {}
            previews, self._previews = self._previews, {}
        is_other = False
        for key in {*events, *previews}:
            item = self._running_item(key)
            if item is not None:
                is_other |= _note(item, events.get(key, {}))
                item.preview = previews.get(key, item.preview)
        if is_other:
            self._keep()
        elif events or previews:
            self.progressed.emit()

    def _keep(self) -> None:
        """The queue to disk, and the word that it has changed."""
        if self._store.is_ours:
            items = plain(self.items)
            self._work.run(lambda: self._store.save(items), failed=self._faults.tell, lane="disk")
        self.changed.emit()


def _note(item: Item, event: dict[str, Any]) -> bool:
    """Write what is new into an item; whether its state is another one."""
    before = item.state
    state = event.get("state", before)
    item.state = (
        "AWAY"
        if state == "WAITING"
        else state
        if state not in ("SUCCEEDED", "FAILED", "CANCELLED")
        else before
    )
    if item.state != before:  # what was counted before, bytes perhaps, is no progress of this
        item.phase, item.done, item.total, item.frame, item.eta_s = "", 0, 0, None, None
    for name in ("phase", "done", "total", "frame", "eta_s", "message", "job"):
        if name in event:
            setattr(item, name, event[name])
    return item.state != before


def _write_copy(copy: Path, shot: Shot, folder: Path) -> None:
    """The document as it is, with absolute paths, also the one of its delivery."""
    whole = str((folder / shot.delivery_files).absolute())
    delivery = shot.delivery.model_copy(update={"files": whole})
    write_file(copy, shot.model_copy(update={"delivery": delivery}).to_json().encode())


def _with_version(copy: Path, *, keep: bool) -> str:
    """The pattern that a copy delivers; raised to the next free version unless it is gone on with.

    Raises BadInput for a document that cannot be rendered.
    """
    shot = document.load(copy)
    if keep or naming.version_of(shot.delivery_files) is None:
        return shot.delivery_files
    base, placed = naming.based(shot, copy.parent)
    free = naming.next_free(base, placed.delivery_files)
    raised = naming.delivered_as(placed, str(base / free))
    write_file(copy, raised.to_json().encode())
    return raised.delivery_files

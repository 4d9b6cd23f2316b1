"""The queue of renders: each with the document as it was when it was asked for, in the order in which they begin."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

from PySide6.QtCore import QObject, QTimer, Signal

from pai_studio.core import config
from pai_studio.core.log import logger
from pai_studio.core.shot.errors import Cancelled, PaiError
from pai_studio.ui.panel.state.copies import write_copy
from pai_studio.ui.panel.state.faults import Faults
from pai_studio.ui.panel.state.job_store import Item, JobStore, Kept, plain
from pai_studio.ui.panel.state.runs import Asked, Mode, Runs
from pai_studio.ui.panel.state.shot import ShotState
from pai_studio.ui.panel.work import Work

__all__ = ["JobsState", "Mode"]
_LOG = logger(__name__)
_LOOK_MS = 2000
"""How often a panel that does not run the queue looks whether it may."""


class JobsState(QObject):
    """Lives in the window's thread; the disk is the `disk` lane's, the server the runs'."""

    changed = Signal()
    """Items have come, gone, moved or changed their state, or another panel runs the queue now."""

    progressed = Signal()
    """Something of a running one is new."""

    ended = Signal(object)
    """An item that has succeeded, failed or was cancelled."""

    def __init__(self, work: Work, faults: Faults, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._work, self._faults = work, faults
        self._store = JobStore(config.state_dir() / "panel" / "jobs")
        self._runs = Runs(work, self)
        self._runs.heard.connect(self._hear)
        self._runs.placed.connect(self._know)
        self._runs.ended.connect(self._take)
        self._runs.room_changed.connect(self._next)
        self.items: list[Item] = []
        self.runs_elsewhere = False
        """Whether another panel runs the queue: what is asked for here waits for that to close."""

        self._is_ours = self._is_looking = False
        self._store_fault = ""
        self._copying: set[str] = set()
        self._look_again = QTimer(self, interval=_LOOK_MS)
        self._look_again.timeout.connect(self._look)
        self._look()

    # What is asked for

    def add(self, states: Sequence[ShotState], mode: Mode = "render") -> list[Item]:
        """Put shots into the queue, each as it is now, at its next version."""
        added = []
        for state in states:
            state.saving.now()
            path = state.path.absolute()
            item = Item(state.shot.name, str(path), mode)
            self._copying.add(item.id)
            self._work.run(
                partial(write_copy, self._store.copy_of(item), state.shot, path.parent),
                done=partial(self._copied, item),
                failed=partial(self._not_copied, item),
                lane="disk",
            )
            added.append(item)
        self.items += added
        self._keep()
        return added

    def cancel(self, item: Item) -> None:
        """Stop one; the window does not wait for the server to hear of it."""
        if item.has_ended or item.is_cancelling:
            return
        if item.id not in self._runs and not item.is_asked:
            self._end(item, "CANCELLED")
            return
        item.is_cancelling = True
        self._keep()
        if item.id in self._runs:
            self._runs.cancel(item.id)
        else:
            self._runs.withdraw(self._asked(item))

    def cancel_of(self, path: Path) -> None:
        """Stop everything that is under way of a document."""
        for item in self.of(path):
            self.cancel(item)

    def retry(self, item: Item) -> None:
        """Ask once more for what has failed or was cancelled, with the same copy of the document."""
        if item.has_ended and item.state != "SUCCEEDED":
            item.start_over()
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
        """Let another panel go on with the queue, once its last save is on disk."""
        self._look_again.stop()
        self._runs.close()
        self._is_ours = False
        self._work.run(self._store.release, lane="disk")

    # Whose the queue is

    def _look(self) -> None:
        if not self._is_looking:
            self._is_looking = True
            self._work.run(self._store.take_over, self._take_over, self._no_store, lane="disk")

    def _take_over(self, kept: Kept | None) -> None:
        self._is_looking = False
        if kept is None:
            self._wait_for_another_panel()
            return
        self._look_again.stop()
        self._is_ours, self.runs_elsewhere = True, False
        self.items = [*kept.items, *self.items]
        if kept.fault:
            self._faults.tell(kept.fault)
        for item in kept.items:
            if item.is_cancelling and not item.has_ended:
                self._runs.withdraw(self._asked(item))
        self._keep()
        self._next()

    def _wait_for_another_panel(self) -> None:
        self._look_again.start()
        if not self.runs_elsewhere:
            self.runs_elsewhere = True
            self._faults.note(
                "another panel runs the queue: renders that are asked for here wait for it to close"
            )
            self.changed.emit()

    def _no_store(self, error: PaiError) -> None:
        self._is_looking = False
        self._look_again.start()
        if str(error) != self._store_fault:
            self._store_fault = str(error)
            self._faults.tell(error)

    # How it runs

    def _next(self) -> None:
        """Begin what may begin: what was under way when the panel closed goes on first."""
        waiting = sorted((one for one in self.items if not one.has_ended), key=lambda one: one.is_waiting)
        for item in waiting:
            if not self._is_ours or not self._runs.has_room:
                return
            if item.id not in self._runs and item.id not in self._copying:
                self._begin(item)

    def _begin(self, item: Item) -> None:
        asked = self._asked(item)
        item.state, item.request = "CHECKING", asked.request
        self._runs.start(asked)
        self._keep()

    def _asked(self, item: Item) -> Asked:
        others = (one.files for one in self.items if one is not item and not one.has_ended and one.files)
        return Asked(
            item.id,
            self._store.copy_of(item),
            item.mode,
            item.request or str(uuid.uuid4()),
            item.job,
            resume=bool(item.request and item.files),
            is_at_server=item.is_asked,
            taken=frozenset(others),
        )

    def _copied(self, item: Item, _nothing: None) -> None:
        self._copying.discard(item.id)
        self._next()

    def _not_copied(self, item: Item, error: PaiError) -> None:
        self._copying.discard(item.id)
        if not item.has_ended:
            self._fail(item, error)

    def _take(self, key: str, outcome: dict[str, Any] | Exception) -> None:
        item = self._item(key)
        if isinstance(outcome, dict):
            item.files, item.notes, item.job = outcome["files"], outcome["notes"], outcome["job"]
            self._end(item, "SUCCEEDED")
        elif isinstance(outcome, Cancelled):
            self._end(item, "CANCELLED", outcome.hint)
        elif isinstance(outcome, PaiError | OSError):
            self._fail(item, outcome)
        else:
            _LOG.error("a render of the panel failed", exc_info=outcome)
            self._fail(item, f"an error of PAI-Studio itself: {type(outcome).__name__}: {outcome}")
            self._work.broken.emit(outcome)

    def _fail(self, item: Item, error: PaiError | OSError | str) -> None:
        item.error = str(error)
        self._faults.tell(f"{item.shot}: {error}")
        self._end(item, "FAILED")

    def _end(self, item: Item, state: Literal["SUCCEEDED", "FAILED", "CANCELLED"], message: str = "") -> None:
        item.end(state, message)
        self._keep()
        self.ended.emit(item)
        self._next()

    def _know(self, key: str, files: str) -> None:
        self._item(key).files = files
        self._keep()

    def _item(self, key: str) -> Item:
        return next(one for one in self.items if one.id == key)

    def _hear(self, news: dict[str, tuple[dict[str, Any], bytes]]) -> None:
        is_other = False
        for key, (event, preview) in news.items():
            item = self._item(key)
            is_other |= item.hear(event)
            item.preview = preview or item.preview
        if is_other:
            self._keep()
        else:
            self.progressed.emit()

    def _keep(self) -> None:
        """The queue to disk, and the word that it has changed."""
        if self._is_ours:
            save = partial(self._store.save, plain(self.items))
            self._work.run(save, failed=self._faults.tell, lane="disk")
        self.changed.emit()

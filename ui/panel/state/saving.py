"""Every edit is on disk a moment later, whole; a document that somebody else has changed is not overwritten."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from PySide6.QtCore import QObject, QTimer, Signal

from pai_studio.core.log import logger
from pai_studio.core.shot import document
from pai_studio.core.shot.document import Shot
from pai_studio.core.shot.errors import AlreadyThere, NotFound, PaiError
from pai_studio.ui.panel.state import unsaved
from pai_studio.ui.panel.state.documents import changed_elsewhere, digest_on_disk, write_document
from pai_studio.ui.panel.work import Lane, Work

_LOG = logger(__name__)
_PAUSE_MS = 400
"""How long nothing is edited before it is written: a drag is one save."""

_SLOW_MS = 5000
"""A save that takes longer is told of."""

SaveKind = Literal["saved", "waiting", "saving", "failed", "overtaken"]
"""`overtaken`: another program has changed the file, and nothing of ours is unsaved."""


class Saving(QObject):
    """Keeps one document. `kind` tells what is under way, `error` what is wrong until a save has worked."""

    changed = Signal()

    moved = Signal()
    """The document has another path."""

    def __init__(self, work: Work, path: Path, digest: str = "", parent: QObject | None = None) -> None:
        """`digest` is that of the bytes that the shot was read from; empty where there is no document yet."""
        super().__init__(parent)
        self.path = path
        self.kind: SaveKind = "saved"
        self.error: PaiError | None = None
        self.copy: Path | None = None
        """Where the edits lie that could not be saved."""

        self.count = 0
        """How many saves have begun: who has looked at the disk meanwhile may have seen one of them."""

        self._work = work
        self._waits: Shot | None = None
        self._newest: Shot | None = None
        self._under_way = 0
        self._known: dict[Path, str] = {path: digest}
        """The digests that may be replaced. Only the disk's one thread changes them, in the order of the saves."""

        self._copied: Shot | None = None
        self._slow_error: PaiError | None = None
        self._timer = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._timer.timeout.connect(self.now)
        self._slow = QTimer(self, singleShot=True, interval=_SLOW_MS)
        self._slow.timeout.connect(self._tell_it_is_slow)

    @property
    def is_unsaved(self) -> bool:
        """Whether something would be lost with the window."""
        return self.kind in ("waiting", "saving", "failed")

    @property
    def is_under_way(self) -> bool:
        """Whether the disk has been asked and has not answered yet."""
        return self._under_way > 0

    # What is asked for

    def soon(self, shot: Shot) -> None:
        """Save this, unless something newer comes first."""
        self._waits = self._newest = shot
        self._timer.start()
        self._become("waiting", self.error)

    def now(self) -> None:
        """Save at once what waits or has failed: somebody renders, asks again, or closes the window."""
        self._timer.stop()
        if self._waits is not None:
            shot, path = self._waits, self.path
            self._waits = None
            self._run(lambda: self._write(shot, path), self._saved, lambda error: self._failed(shot, error))

    def again(self) -> None:
        """Try once more by itself where that may help: a disk that was full, a folder that was away."""
        if self.kind == "failed" and not isinstance(self.error, AlreadyThere | NotFound):
            self.now()

    def overwrite(self, shot: Shot) -> None:
        """Save over what is on disk now, or where nothing is any more: asked for."""
        path = self.path

        def agreed() -> None:
            self._known[path] = digest_on_disk(path)  # stays agreed to if the write fails
            self._write(shot, path)

        self._timer.stop()
        self._waits, self._newest = None, shot
        self._run(agreed, self._saved, lambda error: self._failed(shot, error))

    def move_to(self, path: Path, shot: Shot, failed: Callable[[PaiError], None]) -> None:
        """Save as another file, and from then on there. What is there was agreed to be replaced.

        Where that fails the document stays where it was, and `failed` is told.
        """

        def write() -> None:
            self._known[path] = write_document(shot, path, digest_on_disk(path))

        self._newest = shot
        self._run(write, lambda: self._moved(path, shot), lambda error: self._stayed(error, failed))

    def reload(self, done: Callable[[Shot], None], failed: Callable[[PaiError], None]) -> None:
        """Load what is on disk, after what is under way: the next save may replace it, and nothing older waits."""
        path = self.path

        def read() -> Shot:
            shot, self._known[path] = document.load_known(path, unfinished=True)
            return shot

        def take(shot: Shot) -> None:
            self.count += 1
            self._timer.stop()
            self._waits, self._newest = None, shot
            self._settle(None)
            self._ask(self._drop_copy)
            done(shot)

        self._ask(read, take, failed)

    def adopt(self, copy: Path) -> None:
        """This copy is of what is saved next: it goes when that has worked."""
        self.copy = copy

    def stop(self) -> None:
        """Save nothing more by itself: the shot is closed."""
        self._timer.stop()
        self._slow.stop()
        self._waits = None

    def saw(self, digest: str, shot: Shot) -> None:
        """What somebody found on disk while no save was under way; empty where nothing is there."""
        known = self._known[self.path]
        if digest == known:
            if isinstance(self.error, AlreadyThere | NotFound):  # it is as it was
                self._settle(None)
                if self._waits is not None:
                    self.now()
        elif self.kind != "saved":
            return
        elif digest:
            self._become("overtaken", changed_elsewhere(self.path))
        else:
            self.soon(shot)
            self.now()  # fails, which keeps a copy

    # How it goes

    def _run(
        self, call: Callable[[], Any], done: Callable[[], None], failed: Callable[[PaiError], None]
    ) -> None:
        self._under_way += 1
        self.count += 1
        if not self._slow.isActive():
            self._slow.start()
        self._become("saving", self.error)
        self._ask(self._told(call), lambda _nothing: done(), failed)

    def _ask(
        self,
        call: Callable[[], Any],
        done: Callable[[Any], None] | None = None,
        failed: Callable[[PaiError], None] | None = None,
        lane: Lane = "disk",
    ) -> None:
        """Work that keeps this and its shot, which may be closed meanwhile, until it is done."""
        owner = self.parent()

        def then(value: Any) -> None:
            if done is not None:
                done(value)
            _ = owner

        self._work.run(call, then, failed, lane=lane)

    def _told(self, call: Callable[[], Any]) -> Callable[[], None]:
        """The call with every exception as a PaiError: what fails otherwise would be said to go on for ever."""

        def told() -> None:
            try:
                call()
            except PaiError:
                raise
            except Exception as error:
                _LOG.exception("a save failed")
                bug = error
                self._work.here(lambda: self._work.broken.emit(bug))
                raise PaiError(f"an error of PAI-Studio itself: {type(error).__name__}: {error}") from error

        return told

    def _write(self, shot: Shot, path: Path) -> None:
        try:
            self._known[path] = write_document(shot, path, self._known[path])
        except Exception as error:
            self._keep_copy(shot, path, error)
            raise
        self._drop_copy()

    def _saved(self) -> None:
        self._under_way -= 1
        self._settle(None)

    def _failed(self, shot: Shot, error: PaiError) -> None:
        self._under_way -= 1
        if not self._under_way:  # else something newer is on its way to the disk
            self._waits = self._newest or shot
        self._settle(error)

    def _moved(self, path: Path, shot: Shot) -> None:
        self._under_way -= 1
        self.path, self._waits = path, None
        self._timer.stop()
        if self._newest is not shot:  # edited meanwhile
            self._waits = self._newest
            self._timer.start()
        self._settle(None)
        self._ask(self._drop_copy)
        self.moved.emit()

    def _stayed(self, error: PaiError, failed: Callable[[PaiError], None]) -> None:
        self._under_way -= 1
        self._settle(None if self.error is self._slow_error else self.error)
        failed(error)

    def _settle(self, error: PaiError | None) -> None:
        if not self._under_way:
            self._slow.stop()
        if self._under_way:
            kind: SaveKind = "saving"
        elif self._timer.isActive() or (error is None and self._waits is not None):
            kind = "waiting"
        elif error is not None:
            kind = "overtaken" if self._waits is None else "failed"
        else:
            kind = "saved"
        self._become(kind, error)

    def _become(self, kind: SaveKind, error: PaiError | None) -> None:
        self.kind, self.error = kind, error
        self.changed.emit()

    # The copy

    def _keep_copy(self, shot: Shot, path: Path, error: Exception) -> None:
        """The edits where they can be found again: the window may be closed next."""
        if shot is self._copied and self.copy is not None:
            return
        copy = self.copy or unsaved.new_copy(path)
        try:
            unsaved.keep(copy, shot, path, error.what if isinstance(error, PaiError) else str(error))
        except (PaiError, OSError, ValueError) as second:
            self.copy = None
            if isinstance(error, PaiError):
                why = second.what if isinstance(second, PaiError) else str(second)
                error.hint = f"{error.hint}; nor can a copy be kept: {why}".lstrip("; ")
        else:
            self.copy, self._copied = copy, shot

    def _drop_copy(self) -> None:
        copy, self.copy, self._copied = self.copy, None, None
        if copy is not None:
            unsaved.drop(copy)

    def _tell_it_is_slow(self) -> None:
        """Its disk hangs, and its lane with it: the copy goes by another."""
        shot, path = self._newest, self.path
        error = PaiError("its disk does not answer", where=str(path), hint="wait for it")
        self._slow_error = error
        self._become(self.kind, error)
        if shot is not None:
            self._ask(
                lambda: self._keep_copy(shot, path, error), lambda _nothing: self.changed.emit(), lane="look"
            )

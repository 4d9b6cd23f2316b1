"""Every edit is on disk a moment later, whole; a document that somebody else has changed is not overwritten."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, QTimer, Signal

from pai_studio.core import config
from pai_studio.core.media.files import write_file
from pai_studio.core.shot.document import Shot
from pai_studio.core.shot.errors import AlreadyThere, PaiError
from pai_studio.core.shot.saving import text_beside
from pai_studio.ui.panel.work import Work

_PAUSE_MS = 400
"""How long nothing is edited before it is written: a drag is one save."""

SaveKind = Literal["saved", "waiting", "saving", "failed"]


class Saving(QObject):
    """Keeps one document. `kind` and `error` tell how that stands."""

    changed = Signal()

    def __init__(self, work: Work, path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.path = path
        self.kind: SaveKind = "saved"
        self.error: PaiError | None = None
        self._work = work
        self._shot: Shot | None = None
        self._known = digest_on_disk(path)
        self._under_way = 0
        self._timer = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._timer.timeout.connect(self.now)

    def soon(self, shot: Shot) -> None:
        """Save this, unless something newer comes first."""
        self._shot = shot
        self._become("waiting")
        self._timer.start()

    def now(self) -> None:
        """Save at once what waits: somebody renders, or the window closes."""
        self._timer.stop()
        if self._shot is not None:
            self._start(self._shot)

    def overwrite(self, shot: Shot) -> None:
        """Save over what somebody else has written: asked for."""
        self._start(shot, is_agreed=True)

    def take_over(self, digest: str) -> None:
        """What is on disk was loaded: the next save may replace it, and nothing older waits any more."""
        self._timer.stop()
        self._shot, self._known = None, digest
        self._become("saved")

    def move_to(self, path: Path, shot: Shot) -> None:
        """Save as another file from now on. What is there was agreed to be replaced."""
        self.path = path
        self._start(shot, is_agreed=True)

    def _start(self, shot: Shot, *, is_agreed: bool = False) -> None:
        self._shot = None
        self._under_way += 1
        self._become("saving")
        path = self.path
        self._work.run(
            lambda: self._write(shot, path, is_agreed),
            done=lambda _nothing: self._saved(),
            failed=lambda error: self._failed(shot, error),
            lane="disk",
        )

    def _write(self, shot: Shot, path: Path, is_agreed: bool) -> None:
        """In the disk's one thread, so that two saves in a row know of one another."""
        try:
            self._known = write_document(shot, path, None if is_agreed else self._known)
        except PaiError as error:
            raise _with_copy(error, shot, path) from None

    def _saved(self) -> None:
        self._under_way -= 1
        if self._shot is None and not self._under_way:
            self._become("saved")

    def _failed(self, shot: Shot, error: PaiError) -> None:
        self._under_way -= 1
        if not self._under_way:  # else something newer is on its way to the disk
            self._shot = self._shot or shot
        self._become("failed", error)

    def _become(self, kind: SaveKind, error: PaiError | None = None) -> None:
        self.kind, self.error = kind, error
        self.changed.emit()


def digest_on_disk(path: Path) -> str:
    """The digest of a document on disk; empty where there is none to be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def write_document(shot: Shot, path: Path, known: str | None) -> str:
    """Write a shot whole and give its digest. `known` is the digest that may be replaced; None replaces any.

    Raises AlreadyThere where another program has changed the file, and what `write_file` raises.
    """
    if known is not None and digest_on_disk(path) not in ("", known):
        hint = "save this one under another name, or load that one"
        raise AlreadyThere("was changed by another program", where=str(path), hint=hint)
    content = text_beside(shot, path.parent).encode()
    write_file(path, content)
    return hashlib.sha256(content).hexdigest()


def _with_copy(error: PaiError, shot: Shot, path: Path) -> PaiError:
    """The error of a save that failed, and where the edits lie instead: the window may be closed next."""
    name = hashlib.sha256(str(path.absolute()).encode()).hexdigest()[:8]
    copy = config.state_dir() / "panel" / "unsaved" / f"{shot.name}-{name}.shot.json"
    try:
        write_file(copy, text_beside(shot, copy.parent).encode())
    except PaiError as second:
        return type(error)(
            error.what, where=error.where, hint=f"{error.hint}; nor is a copy kept ({second.what})"
        )
    return type(error)(
        error.what, where=error.where, hint=f"{error.hint}; what was edited is kept in {copy}".lstrip("; ")
    )

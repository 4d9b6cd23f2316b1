"""Looks again and again at what is open: documents that others change or take away, disks that go and come back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from pai_studio.core.shot.errors import PaiError
from pai_studio.ui.panel.state.documents import digest_on_disk
from pai_studio.ui.panel.state.project import ProjectState
from pai_studio.ui.panel.state.shot import ShotState, Status
from pai_studio.ui.panel.work import Work

_EVERY_MS = 2000

Stamp = tuple[int, ...]
"""What tells one state of a file or folder from the next; empty where it is not there."""


@dataclass(frozen=True, slots=True)
class _Asked:
    document: Path
    folders: tuple[Path, ...]
    before: Stamp | None


@dataclass(frozen=True, slots=True)
class _Seen:
    document: Stamp
    digest: str | None
    """None where the document is as it was, or cannot be read."""

    folders: tuple[Stamp, ...]


class Watch(QObject):
    """By looking and not by being told: a disk of the network tells nothing. A few small calls each time."""

    files_changed = Signal(object, bool)
    """A ShotState in whose folders of plate and stills files have come or gone; whether a whole folder has."""

    def __init__(self, work: Work, project: ProjectState, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._work, self._project = work, project
        self._stamps: dict[ShotState, Stamp] = {}
        self._folders: dict[ShotState, tuple[tuple[Path, ...], tuple[Stamp, ...]]] = {}
        self._is_looking = False
        self._timer = QTimer(self, interval=_EVERY_MS)
        self._timer.timeout.connect(self.look)

    def begin(self) -> None:
        """Look from now on."""
        self._timer.start()

    def stop(self) -> None:
        """Look no more."""
        self._timer.stop()

    def look(self) -> None:
        """Look once; not before the last look has come back."""
        shots = self._project.shots
        for state in shots:
            state.saving.again()
        if self._is_looking or not shots:
            return
        self._is_looking = True
        asked = [_Asked(state.path, _folders(state), self._known(state)) for state in shots]
        counts = [-1 if state.saving.is_under_way else state.saving.count for state in shots]
        self._work.run(lambda: [_look(one) for one in asked], partial(self._take, shots, asked, counts))

    def _known(self, state: ShotState) -> Stamp | None:
        """What the document was like when it was looked at last; None to read it in any case."""
        return None if state.saving.error is not None else self._stamps.get(state)

    def _take(
        self, shots: list[ShotState], asked: list[_Asked], counts: list[int], seen: list[_Seen]
    ) -> None:
        self._is_looking = False
        there = self._project.shots
        self._stamps = {state: stamp for state, stamp in self._stamps.items() if state in there}
        self._folders = {state: known for state, known in self._folders.items() if state in there}
        for state, one, count, found in zip(shots, asked, counts, seen, strict=True):
            if state not in there:
                continue
            if count == state.saving.count and one.document == state.path:  # else it may be our own save
                self._stamps[state] = found.document
                if found.digest is not None:
                    state.saving.saw(found.digest, state.shot)
            self._compare(state, one.folders, found.folders)

    def _compare(self, state: ShotState, folders: tuple[Path, ...], now: tuple[Stamp, ...]) -> None:
        known = self._folders.get(state)
        self._folders[state] = folders, now
        if known is None or known[0] != folders:  # whether they were there before is not known
            if state.status == Status.OFFLINE and all(now):
                self.files_changed.emit(state, True)
        elif known[1] != now:
            self.files_changed.emit(state, [bool(one) for one in known[1]] != [bool(one) for one in now])


def _folders(state: ShotState) -> tuple[Path, ...]:
    """Where its plate and stills lie."""
    files: Iterable[str] = (state.shot.plate.files, *(one.file for one in state.shot.references))
    return tuple(sorted({Path(file).parent for file in files}))


def _look(asked: _Asked) -> _Seen:
    """In a thread."""
    stamp, digest = _stamp(asked.document), None
    if stamp != asked.before:
        try:
            digest = digest_on_disk(asked.document)
        except PaiError:  # told by the next save, if there is one
            digest = None
    return _Seen(stamp, digest, tuple(map(_stamp, asked.folders)))


def _stamp(path: Path) -> Stamp:
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_size, found.st_ino

"""The shots that are open, and which of them is looked at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from pai_studio.core.shot.document import Shot
from pai_studio.core.shot.errors import PaiError
from pai_studio.ui.panel.state.faults import Action, Fault
from pai_studio.ui.panel.state.saving import Saving
from pai_studio.ui.panel.state.shot import ShotState
from pai_studio.ui.panel.work import Work


@dataclass(frozen=True)
class OpenedShot:
    """A shot as it was found: its document (absolute paths), where it lies or will lie, and what to say of it."""

    shot: Shot
    path: Path
    digest: str = ""
    """SHA-256 of the bytes that it was read from; empty where no document is on disk yet, which the first edit writes.
    """

    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Opened:
    """What came of opening a file or a folder."""

    name: str
    shots: tuple[OpenedShot, ...]
    notes: tuple[str, ...] = ()
    """What was kept otherwise than in the source, or could not be kept at all: each is shown."""

    timeline: Path | None = None


@dataclass
class _Held:
    state: ShotState
    notes: tuple[str, ...] = field(default=())


class ProjectState(QObject):
    """The open shots in the order of the cut."""

    shots_changed = Signal()
    current_changed = Signal()

    saving_changed = Signal()
    """Of one of the shots."""

    moved = Signal(object)
    """A ShotState whose document has another path."""

    told = Signal(object)
    """A Fault about a document."""

    def __init__(self, work: Work, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._work = work
        self._held: list[_Held] = []
        self._going: list[ShotState] = []
        self._current: ShotState | None = None
        self.name = ""

    @property
    def shots(self) -> list[ShotState]:
        """The shots, in order."""
        return [held.state for held in self._held]

    @property
    def current(self) -> ShotState | None:
        """The one in the viewer and on the timeline."""
        return self._current

    def notes_of(self, state: ShotState) -> tuple[str, ...]:
        """What was said of a shot when it was opened."""
        return next((held.notes for held in self._held if held.state is state), ())

    def at(self, path: Path) -> ShotState | None:
        """The open shot whose document is this file."""
        wanted = path.absolute()
        return next((state for state in self.shots if state.path.absolute() == wanted), None)

    # Coming and going

    def add(self, opened: Opened) -> list[ShotState]:
        """Take shots in and look at the first of them; one that is open already is looked at and not opened twice."""
        there = {held.state.path.absolute(): held.state for held in self._held}
        added = []
        for one in opened.shots:
            state = there.get(one.path.absolute())
            if state is None:
                state = ShotState(one.shot, one.path, self._work, parent=self, digest=one.digest)
                state.saving.moved.connect(self._has_moved)
                state.saving.changed.connect(self._let_go_of_the_saved)
                state.saving.changed.connect(self.saving_changed)
                self._held.append(_Held(state, one.notes))
            elif state in self._going:
                self._going.remove(state)
            added.append(state)
        self.name = opened.name
        self.shots_changed.emit()
        if added:
            self.look_at(added[0])
        return added

    def close(self, states: Iterable[ShotState]) -> None:
        """Let shots go, each as soon as it is saved. One that cannot be saved stays, and that is told."""
        wanted = [state for state in states if state not in self._going]
        for state in wanted:
            state.saving.now()
        self._going += wanted
        self._let_go_of_the_saved()

    def close_unsaved(self, states: Iterable[ShotState]) -> None:
        """Let shots go as they are: asked for. Their edits are in their copies, where there are any."""
        self._let_go(list(states))

    def _let_go_of_the_saved(self) -> None:
        failed = [state for state in self._going if state.saving.kind == "failed"]
        self._going = [state for state in self._going if state not in failed]
        for state in failed:
            self._stays(state)
        self._let_go([state for state in self._going if not state.saving.is_unsaved])

    def _stays(self, state: ShotState) -> None:
        error = state.saving.error
        line = f"{state.shot.name} is not closed, since it cannot be saved: {error.what if error else ''}"
        without = Action("Close without saving", "Let its edits go", lambda: self.close_unsaved([state]))
        self.told.emit(Fault(line, actions=(without,)))
        self.look_at(state)

    def _let_go(self, going: list[ShotState]) -> None:
        there = self.shots
        going = [state for state in going if state in there]
        self._going = [state for state in self._going if state not in going]
        if not going:
            return
        self._held = [held for held in self._held if held.state not in going]
        self.shots_changed.emit()
        if self._current in going:
            at = min(there.index(self._current), len(self._held) - 1) if self._current else 0
            self.look_at(self._held[at].state if self._held else None)
        for state in going:
            state.saving.stop()
        self._work.here(partial(_set_free, going))  # one of them may be the one that is telling this

    # Where the documents are

    def save_as(self, state: ShotState, path: Path) -> None:
        """Keep a shot in another file from now on, over what is there. Refused where that is open here, too."""
        other = self.at(path)
        if other is state:
            state.saving.overwrite(state.shot)
        elif other is not None:
            line = f"{state.shot.name} cannot be saved as {path.name}: that is open here; close it first"
            look = Action("Show", f"Go to {other.shot.name}", lambda: self.look_at(other))
            self.told.emit(Fault(line, actions=(look,)))
        else:
            state.saving.move_to(path, state.shot, lambda error: self._could_not_move(state, path, error))

    def _could_not_move(self, state: ShotState, path: Path, error: PaiError) -> None:
        line = f"{state.shot.name} cannot be saved as {path.name}: {error}"
        retry = Action("Retry", "Save it there again", lambda: self.save_as(state, path))
        self.told.emit(Fault(line, actions=(retry,)))

    def _has_moved(self) -> None:
        saving = self.sender()
        state = saving.parent() if isinstance(saving, Saving) else None
        if isinstance(state, ShotState):
            if len(self._held) == 1:
                self.name = state.path.name
            self.moved.emit(state)
            self.shots_changed.emit()

    # What is looked at

    def look_at(self, state: ShotState | None) -> None:
        """Make a shot the current one."""
        if state is not self._current:
            self._current = state
            self.current_changed.emit()

    def step(self, by: int) -> None:
        """The next or the previous shot."""
        shots = self.shots
        if self._current is not None and shots:
            at = min(max(shots.index(self._current) + by, 0), len(shots) - 1)
            self.look_at(shots[at])


def _set_free(states: list[ShotState]) -> None:
    """Each ends with the last that knows it."""
    for state in states:
        state.undo.clear()  # an edit and its shot know one another
        state.setParent(None)

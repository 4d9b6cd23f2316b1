"""The shots that are open, and which of them is looked at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from pai_studio.core.shot.document import Shot
from pai_studio.ui.panel.state.shot import ShotState
from pai_studio.ui.panel.work import Work


@dataclass(frozen=True)
class OpenedShot:
    """A shot as it was found: its document (absolute paths), where it lies or will lie, and what to say of it."""

    shot: Shot
    path: Path
    is_new: bool = False
    """No document is on disk yet; it is written at the first edit."""

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

    def __init__(self, work: Work, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._work = work
        self._held: list[_Held] = []
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

    def add(self, opened: Opened) -> list[ShotState]:
        """Take shots in and look at the first of them; one that is open already is looked at and not opened twice."""
        there = {held.state.path.absolute(): held.state for held in self._held}
        added = []
        for one in opened.shots:
            state = there.get(one.path.absolute())
            if state is None:
                state = ShotState(one.shot, one.path, self._work, parent=self, is_new=one.is_new)
                self._held.append(_Held(state, one.notes))
            added.append(state)
        self.name = opened.name
        self.shots_changed.emit()
        if added:
            self.look_at(added[0])
        return added

    def close(self, states: Iterable[ShotState]) -> None:
        """Let shots go; what waits to be saved is saved."""
        going = list(states)
        order = self.shots
        for state in going:
            state.saving.now()
        self._held = [held for held in self._held if held.state not in going]
        self.shots_changed.emit()
        if self._current in going:
            at = min(order.index(self._current), len(self._held) - 1) if self._current else 0
            self.look_at(self._held[at].state if self._held else None)

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

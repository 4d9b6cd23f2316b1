"""One shot in somebody's hands: its document with undo, the playhead, the marks, what is selected, how it stands."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from pai_studio.core.shot.document import Reference, Shot
from pai_studio.core.shot.errors import PaiError
from pai_studio.core.shot.frames import FrameRange
from pai_studio.ui.panel.state.saving import Saving
from pai_studio.ui.panel.work import Work


class Status(StrEnum):
    """What a shot is to somebody who looks down the list."""

    EMPTY = "needs a still"
    OFFLINE = "offline"
    FAULTY = "needs a look"
    READY = "ready"
    QUEUED = "queued"
    RENDERING = "rendering"
    DONE = "done"
    STALE = "changed since"
    FAILED = "failed"


def is_note(problem: str) -> bool:
    """Whether something that was found in a shot is worth a look, and hinders nothing."""
    return problem.startswith("note: ")


class ShotState(QObject):
    """Lives in the window's thread. The document itself never changes: an edit replaces it.

    `path` is where the document is, or will be as soon as something is edited.
    """

    shot_changed = Signal()
    frame_changed = Signal(int)
    marks_changed = Signal()
    selected_changed = Signal()
    status_changed = Signal()

    def __init__(
        self, shot: Shot, path: Path, work: Work, *, parent: QObject | None = None, digest: str = ""
    ) -> None:
        """`digest` is that of the bytes that the shot was read from; empty where there is no document yet."""
        super().__init__(parent)
        self._shot = shot
        self.undo = QUndoStack(self)
        self.saving = Saving(work, path, digest, self)
        self._gesture = 0
        self._frame = shot.frames.first
        self._marks: tuple[int, int] | None = None
        self._selected: Reference | None = None
        self._status = Status.EMPTY
        self.problems: tuple[str, ...] = ()

    # The document

    @property
    def shot(self) -> Shot:
        """The document as it stands, with absolute input paths."""
        return self._shot

    @property
    def path(self) -> Path:
        """The document's file."""
        return self.saving.path

    def edit(self, text: str, shot: Shot, *, merge: str = "") -> None:
        """Replace the document; `text` says it in the undo menu.

        Edits with the same `merge` in one gesture (a drag, a run of keys) are undone as one.
        """
        if shot == self._shot:
            return
        key = f"{merge}/{self._gesture}" if merge else ""
        self.undo.push(_Edit(self, text, self._shot, shot, key))

    def end_gesture(self) -> None:
        """The next edit is undone apart from the ones before it: the mouse was let go, a field was left."""
        self._gesture += 1

    def reload(self, failed: Callable[[PaiError], None]) -> None:
        """The document as it is on disk, as an edit that can be undone."""
        self.saving.reload(lambda shot: self.edit("Reload", shot), failed)

    def _set(self, shot: Shot) -> None:
        before, self._shot = self._shot, shot
        self.saving.soon(shot)
        self._keep_selected(before)
        self.shot_changed.emit()
        self.go_to(self._frame)

    # Where one looks

    @property
    def frame(self) -> int:
        """The playhead."""
        return self._frame

    def go_to(self, frame: int) -> None:
        """Move the playhead, inside the shot with its handles."""
        span = self._shot.all_frames
        held = min(max(frame, span.first), span.last)
        if held != self._frame:
            self._frame = held
            self.frame_changed.emit(held)

    @property
    def marks(self) -> FrameRange:
        """In and out, both included: the whole shot where none are set. Playback loops over them."""
        span = self._shot.all_frames
        first, last = self._marks or (span.first, span.last)
        first = min(max(first, span.first), span.last)
        return FrameRange(first, min(max(last, first), span.last))

    @property
    def has_marks(self) -> bool:
        """Whether somebody has set them."""
        return self._marks is not None

    def mark(self, first: int | None = None, last: int | None = None) -> None:
        """Set in, out or both; the other one gives way rather than cross."""
        old = self.marks
        new_first = old.first if first is None else first
        new_last = old.last if last is None else last
        if new_first > new_last:
            new_first, new_last = (new_first, new_first) if last is None else (new_last, new_last)
        self._marks = (new_first, new_last)
        self.marks_changed.emit()

    def clear_marks(self) -> None:
        """Back to the whole shot."""
        self._marks = None
        self.marks_changed.emit()

    # What is selected

    @property
    def selected(self) -> Reference | None:
        """The reference that framing, Delete and the form are about."""
        return self._selected

    def select(self, reference: Reference | None) -> None:
        """Select one of the document's references, or none."""
        if reference is not self._selected:
            self._selected = reference
            self.selected_changed.emit()

    def _keep_selected(self, before: Shot) -> None:
        """A changed reference stays selected: it has the place, or the file, of the one before."""
        old = self._selected
        if old is None or any(one is old for one in self._shot.references):
            return
        gone = [one for one in before.references if not any(one is now for now in self._shot.references)]
        new = [one for one in self._shot.references if not any(one is was for was in before.references)]
        self.select(new[gone.index(old)] if len(gone) == len(new) and old in gone else None)

    # How it stands

    @property
    def status(self) -> Status:
        """For the shot list."""
        return self._status

    def stand(self, status: Status, problems: tuple[str, ...] = ()) -> None:
        """Said by whoever looks at files, jobs and versions."""
        if (status, problems) != (self._status, self.problems):
            self._status, self.problems = status, problems
            self.status_changed.emit()


class _Edit(QUndoCommand):
    """From one document to the next."""

    def __init__(self, state: ShotState, text: str, before: Shot, after: Shot, merge: str) -> None:
        super().__init__(text)
        self._state, self._before, self._after, self._merge = state, before, after, merge

    def id(self) -> int:
        return hash(self._merge) & 0x7FFFFFFF if self._merge else -1

    def mergeWith(self, other: QUndoCommand) -> bool:  # noqa: N802 - Qt's
        if not isinstance(other, _Edit) or other._merge != self._merge:
            return False
        self._after = other._after
        self.setObsolete(self._before == self._after)
        return True

    def redo(self) -> None:
        self._state._set(self._after)

    def undo(self) -> None:
        self._state._set(self._before)

"""Edits of an earlier day that could not be saved: offered at the start, and when their document is opened again."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject

from pai_studio.core.shot import document
from pai_studio.core.shot.errors import PaiError
from pai_studio.ui.panel.state import unsaved
from pai_studio.ui.panel.state.faults import Action, Fault, Faults
from pai_studio.ui.panel.state.project import Opened, OpenedShot, ProjectState
from pai_studio.ui.panel.state.unsaved import Kept
from pai_studio.ui.panel.work import Work


class Restoring(QObject):
    """Looks at the copies once it has begun, and whenever shots are opened."""

    def __init__(
        self, work: Work, project: ProjectState, faults: Faults, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._work, self._project, self._faults = work, project, faults
        self._offered: dict[Path, Fault] = {}
        self._open: frozenset[Path] = frozenset()

    def begin(self) -> None:
        """Offer what there is."""
        self._project.shots_changed.connect(self._follow)
        self._open = self._documents()
        self._work.run(unsaved.found, self._offer_all, lane="disk")

    def _documents(self) -> frozenset[Path]:
        return frozenset(state.path.absolute() for state in self._project.shots)

    def _follow(self) -> None:
        before, self._open = self._open, self._documents()
        new = self._open - before
        if new:
            self._work.run(unsaved.found, lambda there: self._offer_again(there, new), lane="disk")

    def _offer_all(self, there: list[Kept]) -> None:
        own = {state.saving.copy for state in self._project.shots}
        for kept in there:
            shown = self._offered.get(kept.copy)
            if kept.copy not in own and not (shown and any(one is shown for one in self._faults.all)):
                self._offer(kept)

    def _offer_again(self, there: list[Kept], documents: frozenset[Path]) -> None:
        self._offer_all([kept for kept in there if kept.document in documents])

    def _offer(self, kept: Kept) -> None:
        when = time.strftime("%d %B, %H:%M", time.localtime(kept.when_s))
        line = f"Edits of {kept.shot.name} of {when} could not be saved: {kept.why}. They were kept"
        restore = Action(
            "Restore",
            f"Put them into {kept.document}, as one edit that can be undone",
            partial(self._restore, kept),
        )
        discard = Action("Discard", "Let them go for good", partial(self._discard, kept))
        fault = Fault(line, "note", f"{kept.document}\n{kept.copy}", (restore, discard))
        self._offered[kept.copy] = fault
        self._faults.add(fault)

    def _discard(self, kept: Kept) -> None:
        self._work.run(lambda: unsaved.drop(kept.copy), failed=self._faults.tell, lane="disk")

    def _restore(self, kept: Kept) -> None:
        def cannot(error: PaiError) -> None:
            self._faults.tell(error)
            self._offer(kept)

        self._work.run(lambda: _opened(kept), partial(self._take, kept), cannot, lane="disk")

    def _take(self, kept: Kept, opened: OpenedShot) -> None:
        """Its saving takes the copy away once it has worked."""
        (state,) = self._project.add(Opened(kept.document.name, (opened,)))
        state.saving.adopt(kept.copy)
        if state.shot == kept.shot:  # of a document that is gone
            state.saving.soon(kept.shot)
        else:
            state.edit("Restore what could not be saved", kept.shot)


def _opened(kept: Kept) -> OpenedShot:
    """The document as it is now, or the copy in its place where it is gone. Raises BadInput for one that is damaged."""
    if not kept.document.is_file():
        return OpenedShot(kept.shot, kept.document)
    shot, digest = document.load_known(kept.document, unfinished=True)
    return OpenedShot(shot, kept.document, digest)

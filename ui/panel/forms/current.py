"""Whichever shot is current, as one object: the form's parts read and edit it without following the project."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Signal
from shiboken6 import isValid

from pai_studio.core.shot.document import Shot
from pai_studio.core.shot.errors import PaiError
from pai_studio.ui.panel.state.shot import ShotState
from pai_studio.ui.panel.state.studio import Studio
from pai_studio.ui.panel.work import Lane

Change = Callable[[Shot], Shot]


class Current(QObject):
    """Tells of the current shot, and when another one takes its place."""

    replaced = Signal()
    """Another shot, or none: whatever somebody has begun to type belongs to the one before."""

    shot_changed = Signal()
    selected_changed = Signal()
    status_changed = Signal()

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.studio = studio
        self.state: ShotState | None = None
        studio.project.current_changed.connect(self._follow)
        self._follow()

    @property
    def shot(self) -> Shot | None:
        """The document as it stands."""
        return None if self.state is None else self.state.shot

    def edit(self, text: str, change: Change, *, merge: str = "") -> None:
        """Change the document. Raises what `change` raises for a value that the document does not take."""
        if self.state is not None:
            self.state.edit(text, change(self.state.shot), merge=merge)

    def run(
        self,
        call: Callable[[], Any],
        done: Callable[[Any], None],
        failed: Callable[[PaiError], None] | None = None,
        *,
        lane: Lane = "look",
    ) -> None:
        """Call away from the window, as `Work.run`; what comes after the form has gone is dropped."""

        def if_there(then: Callable[[Any], None]) -> Callable[[Any], None]:
            return lambda value: then(value) if isValid(self) else None

        self.studio.work.run(call, if_there(done), if_there(failed) if failed else None, lane=lane)

    def end_gesture(self) -> None:
        """A field was left, a slider let go."""
        if self.state is not None:
            self.state.end_gesture()

    def _follow(self) -> None:
        before, self.state = self.state, self.studio.project.current
        for state, connects in ((before, False), (self.state, True)):
            for name in ("shot_changed", "selected_changed", "status_changed"):
                if state is not None:
                    own, its = getattr(self, name), getattr(state, name)
                    its.connect(own) if connects else its.disconnect(own)
        self.replaced.emit()

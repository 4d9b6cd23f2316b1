"""What went wrong, for the bar at the window's foot: one line each, which can be copied and dismissed."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import Literal

from PySide6.QtCore import QObject, Signal

from pai_studio.core.shot.errors import PaiError

_numbers = count(1)
_MOST = 200


@dataclass(frozen=True, slots=True)
class Fault:
    """One line, and what may follow it when it is copied."""

    line: str
    kind: Literal["error", "note"] = "error"
    detail: str = ""
    number: int = field(default_factory=lambda: next(_numbers))


class Faults(QObject):
    """The faults that nobody has dismissed yet, the newest last."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.all: list[Fault] = []

    def tell(self, error: PaiError | str, *, detail: str = "") -> None:
        """Show an error. The same line twice in a row is shown once."""
        self._add(Fault(str(error), "error", detail))

    def note(self, line: str) -> None:
        """Show what is no error and yet worth knowing."""
        self._add(Fault(line, "note"))

    def dismiss(self, fault: Fault) -> None:
        """Take one away."""
        self.all = [one for one in self.all if one is not fault]
        self.changed.emit()

    def clear(self) -> None:
        """Take all away."""
        self.all = []
        self.changed.emit()

    def _add(self, fault: Fault) -> None:
        if not self.all or self.all[-1].line != fault.line:
            self.all = [*self.all, fault][-_MOST:]
            self.changed.emit()

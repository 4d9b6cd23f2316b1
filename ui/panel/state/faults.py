"""What went wrong, for the bar at the window's foot: one line each, which can be copied and dismissed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Literal

from PySide6.QtCore import QObject, Signal

from pai_studio.core.shot.errors import PaiError
from pai_studio.ui.panel.state.wording import in_words

_numbers = count(1)
_MOST = 200


@dataclass(frozen=True, slots=True)
class Action:
    """What can be done about a fault, as a button beside its line."""

    text: str
    tip: str
    call: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Fault:
    """One line, what may follow it when it is copied, and what can be done about it."""

    line: str
    kind: Literal["error", "note"] = "error"
    detail: str = ""
    actions: tuple[Action, ...] = ()
    number: int = field(default_factory=lambda: next(_numbers))


class Faults(QObject):
    """The faults that nobody has dismissed yet, the newest last."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.all: list[Fault] = []

    def tell(self, error: PaiError | str, *, detail: str = "") -> None:
        """Show an error. The same line twice in a row is shown once."""
        self.add(Fault(str(error), "error", detail))

    def note(self, line: str) -> None:
        """Show what is no error and yet worth knowing."""
        self.add(Fault(line, "note"))

    def add(self, fault: Fault) -> None:
        """Show any fault, in the words of the form; what it was called before follows when it is copied."""
        line = in_words(fault.line)
        if line != fault.line:
            fault = replace(fault, line=line, detail=f"{fault.line}\n{fault.detail}".strip())
        if not self.all or self.all[-1].line != fault.line:
            self.all = [*self.all, fault][-_MOST:]
            self.changed.emit()

    def dismiss(self, fault: Fault) -> None:
        """Take one away."""
        self.all = [one for one in self.all if one is not fault]
        self.changed.emit()

    def clear(self) -> None:
        """Take all away."""
        self.all = []
        self.changed.emit()

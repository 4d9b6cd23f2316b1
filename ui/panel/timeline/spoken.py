"""What an assistive tool is told of each still on the timeline, which is painted and has no widget of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleEvent
from PySide6.QtWidgets import QWidget

from pai_studio.core.shot.document import Reference
from pai_studio.ui.panel.timeline.layout import reach
from pai_studio.ui.panel.timeline.rows import Rows


class Spoken:
    """A widget over each still: nothing is drawn, no mouse and no key comes to it, it only has a name and a place.

    A tool reads the board's children in the order of time; the one that is selected is announced.
    """

    def __init__(self, board: QWidget) -> None:
        self._board = board
        self._told: Reference | None = None
        self.stills: list[QWidget] = []

    def show(self, rows: Rows, selected: Reference | None, label: Callable[[int], str]) -> None:
        """Follow the stills; `label` is a frame as it is counted on the board."""
        while len(self.stills) > len(rows.references):
            gone = self.stills.pop()
            gone.setParent(None)
            gone.deleteLater()
        while len(self.stills) < len(rows.references):
            self.stills.append(self._new())
        for still, one, thumb in zip(self.stills, rows.references, rows.thumbs, strict=True):
            still.setGeometry(thumb.toRect() & self._board.rect())
            still.setAccessibleName(told(rows, one, label))
            still.setAccessibleDescription("Selected" if one is selected else "")
        if selected is not self._told:
            self._told = selected
            self._announce(rows)

    def _announce(self, rows: Rows) -> None:
        at = next((i for i, one in enumerate(rows.references) if one is self._told), None)
        if at is not None and self._board.hasFocus():
            event = QAccessibleEvent(self.stills[at], QAccessible.Event.Focus)
            QAccessible.updateAccessibility(event)

    def _new(self) -> QWidget:
        new = QWidget(self._board)
        new.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        new.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        new.show()
        return new


def told(rows: Rows, one: Reference, label: Callable[[int], str]) -> str:
    """Its name, its anchor, and from where to where it leads."""
    name = f"Still {Path(one.file).name} at {label(one.frame)}"
    if rows.is_outside(one):
        return f"{name}, outside the shot"
    first, last = reach(rows.references, one, rows.span.shot)
    return f"{name}, leads from {label(round(first))} to {label(round(last))}"

"""Where the docks are: three columns in a wide window, two in a narrow one; each as it was left."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

from PySide6.QtCore import QByteArray, QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QDockWidget, QMainWindow

from pai_studio.ui.panel.state.memory import Memory

Width = Literal["wide", "narrow"]
_KEYS: dict[Width, str] = {"wide": "layout", "narrow": "layout_narrow"}
_VERSION = 1
_NARROW_CHARACTERS = 165
_LEFT, _RIGHT = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea
_ACROSS = Qt.Orientation.Horizontal


class Arrangement(QObject):
    """Follows the window's width. `docks` are by name; `aside` stand at the left if there is room."""

    def __init__(
        self, window: QMainWindow, docks: dict[str, QDockWidget], aside: tuple[str, ...], memory: Memory
    ) -> None:
        super().__init__(window)
        self._window, self._docks, self._aside, self._memory = window, docks, aside, memory
        self._unit = window.fontMetrics().averageCharWidth()
        self._states: dict[Width, QByteArray] = {}
        self._width: Width | None = None
        self._is_dragged = False
        self._columns: dict[Qt.DockWidgetArea, int] = {}
        """How wide the columns of a wide window were made: Qt squeezes them with it, and gives nothing back."""

        self._soon = QTimer(self, singleShot=True, interval=0)  # not amid Qt's own laying out
        self._soon.timeout.connect(self.fit)
        window.installEventFilter(self)

    def fit_soon(self) -> None:
        """The window has another size."""
        self._soon.start()

    def fit(self) -> None:
        """Arrange for the window's width."""
        width: Width = "narrow" if self._window.width() < self._unit * _NARROW_CHARACTERS else "wide"
        if width != self._width:
            if self._width is not None:
                self._states[self._width] = self._window.saveState(_VERSION)
            self._width = width
            (self._in_two if width == "narrow" else self._in_three)()
            kept = self._states.get(width) or from_text(self._memory.get(_KEYS[width], ""))
            self._window.restoreState(kept, _VERSION)
        if width == "wide":
            self._give_back()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's
        """A separator, which no widget covers, was dragged: the columns are as somebody wants them."""
        if isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseButtonPress:
            self._is_dragged = self._window.childAt(event.position().toPoint()) is None
        elif event.type() == QEvent.Type.MouseButtonRelease and self._is_dragged:
            QTimer.singleShot(0, self, self._keep)  # once it is where it was let go
        return super().eventFilter(watched, event)

    def _keep(self) -> None:
        if self._width == "wide":
            self._columns = {area: dock.width() for area, dock in self._seen().items()}

    def _give_back(self) -> None:
        seen = self._seen()
        for area, dock in seen.items():
            self._columns.setdefault(area, dock.width())
        squeezed = [area for area, dock in seen.items() if dock.width() < self._columns[area]]
        if squeezed:
            widths = [self._columns[area] for area in squeezed]
            self._window.resizeDocks([seen[area] for area in squeezed], widths, _ACROSS)

    def _seen(self) -> dict[Qt.DockWidgetArea, QDockWidget]:
        """Of each column a dock that is in front."""
        docks = [
            one for one in self._docks.values() if not one.isFloating() and not one.visibleRegion().isEmpty()
        ]
        found = {self._window.dockWidgetArea(one): one for one in docks}
        return {area: one for area, one in found.items() if area in (_LEFT, _RIGHT)}

    def kept(self) -> dict[str, str]:
        """What to remember of it."""
        if self._width is not None:
            self._states[self._width] = self._window.saveState(_VERSION)
        return {_KEYS[width]: to_text(state) for width, state in self._states.items()}

    def _in_three(self) -> None:
        for name in self._aside:
            self._window.addDockWidget(_LEFT, self._docks[name])
        others = [dock for name, dock in self._docks.items() if name not in self._aside]
        self._pile(others)
        others[0].raise_()
        first = self._docks[self._aside[0]]
        self._window.resizeDocks([first, others[0]], [self._unit * 46, self._unit * 58], _ACROSS)

    def _in_two(self) -> None:
        self._pile(list(self._docks.values()))
        first = next(dock for name, dock in self._docks.items() if name not in self._aside)
        first.raise_()
        self._window.resizeDocks([first], [self._unit * 54], _ACROSS)

    def _pile(self, docks: list[QDockWidget]) -> None:
        self._window.addDockWidget(_RIGHT, docks[0])
        for before, dock in pairwise(docks):
            self._window.tabifyDockWidget(before, dock)


def to_text(value: QByteArray) -> str:
    """For the memory's file."""
    return bytes(value.toBase64().data()).decode("ascii")


def from_text(text: str) -> QByteArray:
    """What `to_text` has made; empty for anything else."""
    return QByteArray.fromBase64(text.encode("ascii", "replace"))

"""Where the docks are: three columns in a wide window, two in a narrow one; each as it was left."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

from PySide6.QtCore import QByteArray, QObject, Qt, QTimer
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
        self._soon = QTimer(self, singleShot=True, interval=0)  # not amid Qt's own laying out
        self._soon.timeout.connect(self.fit)

    def fit_soon(self) -> None:
        """The window has another size."""
        self._soon.start()

    def fit(self) -> None:
        """Arrange for the window's width."""
        width: Width = "narrow" if self._window.width() < self._unit * _NARROW_CHARACTERS else "wide"
        if width == self._width:
            return
        if self._width is not None:
            self._states[self._width] = self._window.saveState(_VERSION)
        self._width = width
        (self._in_two if width == "narrow" else self._in_three)()
        kept = self._states.get(width) or from_text(self._memory.get(_KEYS[width], ""))
        self._window.restoreState(kept, _VERSION)

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

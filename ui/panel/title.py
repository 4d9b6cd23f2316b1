"""The window's title: the shot that is looked at, what it came from, and a mark while something is not saved."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from pai_studio.ui.panel.state.project import ProjectState

_PROGRAM = "PAI-Studio"


class Title(QObject):
    """Follows the current shot, its name, its file and its saves."""

    def __init__(self, window: QWidget, project: ProjectState) -> None:
        super().__init__(window)
        self._window, self._project = window, project
        project.current_changed.connect(self._show)
        project.shots_changed.connect(self._show)
        project.saving_changed.connect(self._show)  # each edit, a new name too, begins a save
        self._show()

    def _show(self) -> None:
        state = self._project.current
        if state is None:
            self._window.setWindowTitle(_PROGRAM)
            self._window.setWindowModified(False)
            return
        shown = state.shot.name.replace("[*]", "[*][*]")  # Qt's own mark, doubled to be a text
        self._window.setWindowTitle(f"{shown}[*] - {self._project.name} - {_PROGRAM}")
        self._window.setWindowModified(any(one.saving.is_unsaved for one in self._project.shots))

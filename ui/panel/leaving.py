"""Closing the window: what waits is saved first, and what cannot be saved is asked about."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from pai_studio.core.shot.errors import AlreadyThere, NotFound
from pai_studio.ui.panel import style
from pai_studio.ui.panel.state.shot import ShotState
from pai_studio.ui.panel.state.studio import Studio

_SEEN_MS = 300
"""A save that is quicker is not shown."""

_PATIENCE_MS = 5000
_WIDTH_CHARACTERS = 64
_MOST_LINES = 6


class Leaving(QObject):
    """Keeps the window open until every shot is saved, or somebody says that it need not be."""

    def __init__(self, window: QWidget, studio: Studio, save_as: Callable[[ShotState], object]) -> None:
        super().__init__(window)
        self._window, self._studio, self._project, self._save_as = window, studio, studio.project, save_as
        self._is_agreed = False
        self._is_waiting = False
        self.dialog = LeaveDialog(window)
        self.dialog.retry.clicked.connect(self._retry)
        self.dialog.save_as.clicked.connect(self._save_elsewhere)
        self.dialog.without.clicked.connect(self.leave)
        self.dialog.rejected.connect(self._end)
        self._show = QTimer(self, singleShot=True, interval=_SEEN_MS)
        self._show.timeout.connect(self.dialog.open)
        self._patience = QTimer(self, singleShot=True, interval=_PATIENCE_MS)
        self._patience.timeout.connect(self._ask)
        self._project.saving_changed.connect(self._look)

    def may_leave(self) -> bool:
        """Whether the window may close now. Where it may not, it closes itself as soon as all is saved."""
        if self._is_agreed or self._studio.is_closed or not self._unsaved():
            return True
        if not self._is_waiting:
            self._retry()
        return not self._is_waiting

    def leave(self) -> None:
        """Close without what cannot be saved; its copies are offered at the next start."""
        self._end()
        self._is_agreed = True
        self._window.close()

    def _retry(self) -> None:
        self._is_waiting = True
        unsaved = self._unsaved()
        are_all_taken = self.dialog.isVisible() and all(map(_is_taken, unsaved))
        self.dialog.show_saving(unsaved)
        self._patience.start()
        if not self.dialog.isVisible():
            self._show.start()
        for state in unsaved:
            if are_all_taken:  # the button was Overwrite
                state.saving.overwrite(state.shot)
            else:
                state.saving.now()

    def _save_elsewhere(self) -> None:
        self._save_as(self.dialog.states[0])

    def _look(self) -> None:
        """Something has been saved, or not."""
        if not self._is_waiting:
            return
        unsaved = self._unsaved()
        if not unsaved:
            self.leave()
        elif self.dialog.is_asking or all(state.saving.kind == "failed" for state in unsaved):
            self._ask()

    def _ask(self) -> None:
        self._show.stop()
        self._patience.stop()
        self.dialog.show_failed(self._unsaved())
        self.dialog.open()

    def _end(self) -> None:
        self._is_waiting = False
        self._show.stop()
        self._patience.stop()
        self.dialog.hide()

    def _unsaved(self) -> list[ShotState]:
        return [state for state in self._project.shots if state.saving.is_unsaved]


class LeaveDialog(QDialog):
    """Saving, or what could not be saved and what can be done about it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Closing")
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.states: list[ShotState] = []
        self.head = QLabel(self)
        font = self.head.font()
        font.setBold(True)
        self.head.setFont(font)
        self.text = QLabel(self)
        self.text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        for label in (self.head, self.text):
            label.setWordWrap(True)
            label.setMinimumWidth(self.fontMetrics().averageCharWidth() * _WIDTH_CHARACTERS)
        self.busy = QProgressBar(self)
        self.busy.setRange(0, 0)
        self.busy.setTextVisible(False)
        self.busy.setAccessibleName("Saving")
        self.retry = self._button("Retry", "Save again to the same files")
        self.save_as = self._button("Save as…", "Save the first of them under another name")
        self.without = self._button(
            "Close without saving", "Close now; what is kept is offered at the next start"
        )
        self.cancel = self._button("Cancel", "Stay in the panel (Esc)")
        self.cancel.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.setSpacing(style.grid(2))
        buttons.addWidget(self.without)
        buttons.addStretch(1)
        for button in (self.cancel, self.save_as, self.retry):
            buttons.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(style.grid(5), style.grid(5), style.grid(5), style.grid(4))
        column.setSpacing(style.grid(3))
        for widget in (self.head, self.text, self.busy):
            column.addWidget(widget)
        column.addSpacing(style.grid(2))
        column.addLayout(buttons)

    @property
    def is_asking(self) -> bool:
        """Whether it says what could not be saved."""
        return self.isVisible() and not self.retry.isHidden()

    def show_saving(self, states: list[ShotState]) -> None:
        """Under way."""
        self.states = states
        self.head.setText(f"Saving {_names(states)}")
        self.text.setText("The window closes as soon as that is done.")
        self._arrange(is_saving=True)

    def show_failed(self, states: list[ShotState]) -> None:
        """What is wrong with each."""
        self.states = states
        self.head.setText(f"{_names(states)} cannot be saved")
        said = [_line(state) for state in states]
        more = [f"And {len(said) - _MOST_LINES} more."] if len(said) > _MOST_LINES else []
        self.text.setText("\n\n".join(said[:_MOST_LINES] + more))
        are_all_taken = all(map(_is_taken, states))
        self.retry.setText("Overwrite" if are_all_taken else "Retry")
        self.retry.setAccessibleName(self.retry.text())
        is_new = not self.is_asking
        self._arrange(is_saving=False)
        if is_new:  # Return overwrites nobody's work
            (self.save_as if are_all_taken else self.retry).setFocus()

    def _arrange(self, *, is_saving: bool) -> None:
        self.busy.setVisible(is_saving)
        for button in (self.retry, self.save_as, self.without):
            button.setVisible(not is_saving)
        self.text.setAccessibleName(f"{self.head.text()}. {self.text.text()}")
        self.adjustSize()

    def _button(self, text: str, tip: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setToolTip(tip)
        button.setAccessibleName(text)
        return button


def _is_taken(state: ShotState) -> bool:
    """Whether another program has written to the document, or taken it away: to try again does not help."""
    return isinstance(state.saving.error, AlreadyThere | NotFound)


def _names(states: list[ShotState]) -> str:
    return states[0].shot.name if len(states) == 1 else f"{len(states)} shots"


def _line(state: ShotState) -> str:
    """What is wrong with one, and what becomes of its edits."""
    error, copy = state.saving.error, state.saving.copy
    what = f"{error.what} ({state.path})" if error is not None else f"{state.path} is still being written"
    kept = "its edits are kept, and offered at the next start" if copy else "its edits are kept nowhere else"
    return f"{state.shot.name}: {what}; {kept}."

"""A save that failed, said below the list, with what can be done about it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from pai_studio.core.shot.errors import AlreadyThere, NotFound
from pai_studio.ui.panel import style
from pai_studio.ui.panel.state.project import ProjectState
from pai_studio.ui.panel.state.shot import ShotState


class SaveStrip(QFrame):
    """About the current shot if its save has failed, else about the first of those that did; hidden where none did."""

    save_as_wanted = Signal(object)
    """A ShotState."""

    reload_wanted = Signal(object)
    """A list of ShotState."""

    def __init__(self, project: ProjectState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._project = project
        self._state: ShotState | None = None
        self.setAccessibleName("A shot that could not be saved")
        self._mark = QFrame(self)
        self._mark.setFixedWidth(style.grid(1))
        self.line = QLabel(self)
        self.line.setWordWrap(True)
        self.line.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.retry = self._button("Retry", "Save again to the same file", self._retry)
        self.overwrite = self._button(
            "Overwrite", "Save over what the other program has written", self._overwrite
        )
        self.save_as = self._button("Save as…", "Save under another name from now on", self._save_as)
        self.reload = self._button(
            "Reload", "Let go of the edits here and load what the other program has written", self._reload
        )
        buttons = QHBoxLayout()
        buttons.setSpacing(style.grid(1))
        for button in (self.retry, self.save_as, self.overwrite, self.reload):
            buttons.addWidget(button)
        buttons.addStretch(1)
        column = QVBoxLayout()
        column.setContentsMargins(style.grid(2), style.grid(2), style.grid(2), style.grid(2))
        column.setSpacing(style.grid(2))
        column.addWidget(self.line)
        column.addLayout(buttons)
        across = QHBoxLayout(self)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(0)
        across.addWidget(self._mark)
        across.addLayout(column, 1)
        self.show_failed()

    def show_failed(self) -> None:
        """Look again whether a save has failed."""
        failed = [one for one in self._project.shots if one.saving.error is not None]
        current = self._project.current
        self._state = current if current in failed else failed[0] if failed else None
        self.setVisible(self._state is not None)
        if self._state is None:
            return
        error = self._state.saving.error
        more = f" ({len(failed) - 1} more)" if len(failed) > 1 else ""
        assert error is not None
        copy = self._state.saving.copy
        kept = "" if copy is None else ". A copy of the edits is kept"
        self.line.setText(f"{_head(self._state)}: {error.what}; {error.hint}{kept}{more}")
        self.line.setToolTip(str(error) if copy is None else f"{error}\nThe copy: {copy}")
        self.line.setAccessibleName(self.line.text())
        is_changed, is_gone = isinstance(error, AlreadyThere), isinstance(error, NotFound)
        self.retry.setVisible(not (is_changed or is_gone))
        self.overwrite.setVisible(is_changed or is_gone)
        self.overwrite.setText("Save again" if is_gone else "Overwrite")
        self.overwrite.setAccessibleName(self.overwrite.text())
        tip = "Write it anew where it was" if is_gone else "Save over what the other program has written"
        self.overwrite.setToolTip(tip)
        self.reload.setVisible(is_changed)
        now = style.tokens()
        colour = now.warn if self._state.saving.kind == "overtaken" else now.bad
        self._mark.setStyleSheet(f"background: {colour.name()};")

    def _button(self, text: str, tip: str, call: object) -> QPushButton:
        button = QPushButton(text, self)
        button.setToolTip(tip)
        button.setAccessibleName(text)
        button.clicked.connect(call)
        return button

    def _retry(self) -> None:
        state = self._state
        if state is not None:
            state.saving.now()

    def _overwrite(self) -> None:
        if self._state is not None:
            self._state.saving.overwrite(self._state.shot)

    def _save_as(self) -> None:
        if self._state is not None:
            self.save_as_wanted.emit(self._state)

    def _reload(self) -> None:
        if self._state is not None:
            self.reload_wanted.emit([self._state])


def _head(state: ShotState) -> str:
    """Whether anything of ours is unsaved."""
    return state.shot.name if state.saving.kind == "overtaken" else f"{state.shot.name} is not saved"

"""One value of the document as a control: it shows what is so, asks for changes, and says in place what is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from pai_studio.core.shot.document import Shot
from pai_studio.core.shot.errors import BadInput
from pai_studio.ui.panel import style
from pai_studio.ui.panel.forms.current import Current

_UNREAD = object()
Tone = Literal["dim", "warn", "bad"]


@dataclass(frozen=True)
class Key:
    """A value of the document: what it is called, how it is read and written; `text` says an edit in the undo menu."""

    label: str
    read: Callable[[Shot], Any]
    write: Callable[[Shot, Any], Shot]
    tip: str = ""

    @property
    def text(self) -> str:
        """For the undo menu."""
        return f"Change {self.label[:1].lower()}{self.label[1:]}"


class Field(QWidget):
    """What all fields have: the label that stands beside it, the line under it, and the way to the document."""

    def __init__(self, current: Current, key: Key, control: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.current, self.key, self.control = current, key, control
        self._value: Any = _UNREAD
        self._fault = ""
        self._hint: tuple[str, Tone] = "", "dim"
        self.label = QLabel(key.label)
        self.label.setBuddy(control)
        self.note = small_note(self)
        control.setAccessibleName(key.label)
        control.setToolTip(key.tip)
        self.label.setToolTip(key.tip)
        control.installEventFilter(self)
        self.setFocusProxy(control)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(style.grid(0.5))
        self._row = QHBoxLayout()
        self._row.setSpacing(style.grid(1))
        self._row.addWidget(control, 1)
        self._column.addLayout(self._row)
        self._column.addWidget(self.note)
        current.replaced.connect(self._start_anew)
        current.shot_changed.connect(self.refresh)

    def put_beside(self, button: QWidget) -> None:
        """Something small that acts on the field, at its right."""
        self._row.addWidget(button)

    def display(self, value: Any) -> None:
        """Show a value; the field's own signals stay silent."""
        raise NotImplementedError

    def refresh(self) -> None:
        """Show the document's value where it is another one than was shown or typed last."""
        shot = self.current.shot
        self.setEnabled(shot is not None)
        if shot is None:
            return
        value = self.key.read(shot)
        if self._value is _UNREAD or value != self._value:
            self._value = value
            self.accept()
            self.display(value)

    def show_again(self) -> None:
        """Back to what the document says; what was typed and not taken is gone."""
        self._value = _UNREAD
        self.refresh()

    def commit(self, value: Any, *, merge: bool = False) -> bool:
        """Write a value into the document; a refused one is said under the field, and False given."""
        before, self._value = self._value, value
        try:
            self.current.edit(
                self.key.text,
                lambda shot: self.key.write(shot, value),
                merge=f"{self.key.label}/{id(self)}" if merge else "",
            )
        except BadInput as error:
            self._value = before
            self.refuse(without_key(error))
            return False
        self.accept()
        return True

    def refuse(self, why: str) -> None:
        """Say under the field why its value was not taken; until another one is, or it is given up."""
        self._fault = f"{why[:1].upper()}{why[1:]}"
        self._show_note()

    def accept(self) -> None:
        """Nothing is refused any more."""
        self._fault = ""
        self._show_note()

    def say(self, text: str, tone: Tone = "dim") -> None:
        """A line under the field that stands while nothing is refused; none for an empty text."""
        self._hint = text, tone
        self._show_note()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's
        """Light and dark have reds of their own."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._show_note()

    def _show_note(self) -> None:
        fault: tuple[str, Tone] = self._fault, "bad"
        text, tone = fault if self._fault else self._hint
        show_note(self.note, text, tone)
        self.control.setAccessibleDescription(text)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's
        """Undo is the document's; Escape gives up what was typed; leaving ends the gesture."""
        if event.type() == QEvent.Type.FocusOut:
            self.current.end_gesture()
        elif isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            state = self.current.state
            if state is not None and event.matches(QKeySequence.StandardKey.Undo):
                state.undo.undo()
                return True
            if state is not None and event.matches(QKeySequence.StandardKey.Redo):
                state.undo.redo()
                return True
            if event.key() == Qt.Key.Key_Escape and self._fault:
                self.show_again()
                return True
        return super().eventFilter(watched, event)

    def _start_anew(self) -> None:
        self.show_again()


class TextField(Field):
    """One line, written as it is typed."""

    def __init__(self, current: Current, key: Key, *, hint: str = "", parent: QWidget | None = None) -> None:
        self.line = QLineEdit()
        self.line.setPlaceholderText(hint)
        super().__init__(current, key, self.line, parent)
        self.line.textEdited.connect(self._typed)
        self.refresh()

    def display(self, value: Any) -> None:
        """Show a text."""
        self.line.setText(str(value))
        self.line.setCursorPosition(0)  # its beginning is seen

    def _typed(self, text: str) -> None:
        self.commit(text, merge=True)


class ProseField(Field):
    """Some lines, as many as there are up to six, written as they are typed."""

    _LEAST, _MOST = 2, 6

    def __init__(self, current: Current, key: Key, *, hint: str = "", parent: QWidget | None = None) -> None:
        self.area = QPlainTextEdit()
        self.area.setTabChangesFocus(True)
        self.area.setUndoRedoEnabled(False)
        self.area.setPlaceholderText(hint)
        self.area.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        super().__init__(current, key, self.area, parent)
        self.area.textChanged.connect(self._typed)
        self.area.document().documentLayout().documentSizeChanged.connect(self._fit)
        self.refresh()
        self._fit()

    def display(self, value: Any) -> None:
        """Show a text."""
        self.area.blockSignals(True)
        self.area.setPlainText(str(value))
        self.area.blockSignals(False)
        self._fit()

    def _typed(self) -> None:
        self.commit(self.area.toPlainText(), merge=True)

    def _fit(self) -> None:
        lines = min(max(round(self.area.document().size().height()), self._LEAST), self._MOST)
        frame = 2 * self.area.frameWidth() + 2 * round(self.area.document().documentMargin())
        self.area.setFixedHeight(self.area.fontMetrics().lineSpacing() * lines + frame + style.grid(2))


class NumberField(Field):
    """A number that takes arithmetic, written when it is done; Up and Down step it, with Shift by ten times as much."""

    def __init__(
        self,
        current: Current,
        key: Key,
        parse: Callable[[str, Any], Any],
        *,
        text: Callable[[Any], str] = str,
        step: float = 1,
        parent: QWidget | None = None,
    ) -> None:
        self.line = QLineEdit()
        self._parse, self._text, self._step = parse, text, step
        super().__init__(current, key, self.line, parent)
        self.line.editingFinished.connect(self._done)
        self.refresh()

    def display(self, value: Any) -> None:
        """Show a number."""
        self.line.setText(self._text(value))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's
        """Up and Down step the number."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            sign = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}.get(Qt.Key(event.key()))
            if sign is not None and self.current.shot is not None:
                more = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
                value = self.key.read(self.current.shot)
                if self.commit(type(value)(round(value + sign * more * self._step, 6)), merge=True):
                    self.display(self._value)
                return True
        return super().eventFilter(watched, event)

    def _done(self) -> None:
        shot = self.current.shot
        if shot is None or self.line.text() == self._text(self.key.read(shot)):
            self.accept()
            return
        try:
            value = self._parse(self.line.text(), self.key.read(shot))
        except ValueError as error:
            self.refuse(str(error))
            return
        if self.commit(value):
            self.display(self._value)


def small_note(parent: QWidget) -> QLabel:
    """A line of small, dim text that wraps; hidden until it says something."""
    note = QLabel(parent)
    note.setWordWrap(True)
    note.setProperty("dim", True)
    note.setFont(style.small_font(note.font()))
    note.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    note.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    note.hide()
    return note


def show_note(note: QLabel, text: str, tone: Tone = "dim") -> None:
    """Let a line say something in one of the panel's colours, or nothing."""
    colour = f"color: {getattr(style.tokens(), tone).name()};"
    if note.styleSheet() != colour:
        note.setStyleSheet(colour)
    note.setText(text)
    note.setVisible(bool(text))


def without_key(error: BadInput) -> str:
    """What is wrong and what to do, without the key that the field already stands for."""
    what = error.what.split(": ", 1)[-1]
    return f"{what} ({error.hint})" if error.hint else what

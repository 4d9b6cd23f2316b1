"""Fields of values that are chosen: from a list, from the config's colour spaces, several at once, or yes and no."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPen, QWheelEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QCompleter, QGridLayout, QLineEdit, QSizePolicy, QWidget

from pai_studio.ui.panel import style
from pai_studio.ui.panel.forms.current import Current
from pai_studio.ui.panel.forms.fields import Field, Key

Choices = Sequence[tuple[Any, str]]


class CalmCombo(QComboBox):
    """A combo box that lets the wheel scroll the form unless it has the focus."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's
        """The style sheet leaves the arrow out; it is drawn in the text's own colour."""
        super().paintEvent(event)
        half = self.fontMetrics().xHeight() / 2
        middle = QPointF(self.width() - style.grid(3), self.height() / 2)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.PlaceholderText), 1.4))
        left, right = middle + QPointF(-half, -half / 2), middle + QPointF(half, -half / 2)
        painter.drawPolyline([left, middle + QPointF(0, half / 2), right])
        painter.end()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's
        """Change nothing that nobody has picked up."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class ChoiceField(Field):
    """One of a few values."""

    def __init__(
        self, current: Current, key: Key, choices: Choices, *, parent: QWidget | None = None
    ) -> None:
        self.combo = CalmCombo()
        super().__init__(current, key, self.combo, parent)
        self.offer(choices)
        self.combo.activated.connect(self._chosen)
        self.refresh()

    def offer(self, choices: Choices) -> None:
        """Other values to choose from; the document's own stays shown even where it is none of them."""
        self.combo.clear()
        for value, text in choices:
            self.combo.addItem(text, value)
        if self.current.shot is not None:
            self.display(self.key.read(self.current.shot))

    def display(self, value: Any) -> None:
        """Show a value, by its own name where it is not among the choices."""
        at = self.combo.findData(value)
        if at < 0:
            self.combo.addItem(str(value), value)
            at = self.combo.count() - 1
        self.combo.setCurrentIndex(at)

    def _chosen(self, at: int) -> None:
        if not self.commit(self.combo.itemData(at)):
            self.combo.setCurrentIndex(self.combo.findData(self._value))


class SearchField(Field):
    """One of many names, such as colour spaces, found by typing any part of it.

    `empty` says what an empty text stands for; `parse` and `text` are for values that are no texts.
    """

    def __init__(
        self,
        current: Current,
        key: Key,
        *,
        empty: str = "",
        parse: Callable[[str], Any] = str,
        text: Callable[[Any], str] = str,
    ) -> None:
        self.combo = CalmCombo()
        self.combo.setEditable(True)
        self.combo.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self._empty, self._parse, self._text = empty, parse, text
        self._is_known: Callable[[str], bool] | None = None
        super().__init__(current, key, self.combo)
        self.line = QLineEdit()
        self.line.setStyleSheet(
            "border: none; padding: 0; background: transparent;"
        )  # the combo's is around it
        self.combo.setLineEdit(self.line)
        self.line.setPlaceholderText(empty)
        self.line.setAccessibleName(key.label)
        self.line.installEventFilter(self)
        self.line.editingFinished.connect(self._typed)
        self.combo.activated.connect(self._chosen)
        self.offer(())
        self.refresh()

    def offer(self, names: Sequence[str], is_known: Callable[[str], bool] | None = None) -> None:
        """The names there are, and how others (aliases, roles) are known; without that any name is taken."""
        shown = self.line.text()
        self._names, self._is_known = tuple(names), is_known
        self.combo.clear()
        self.combo.addItems([*([self._empty] if self._empty else []), *names])
        completer = QCompleter(list(names), self.combo)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.activated.connect(self._take)
        self.combo.setCompleter(completer)
        self.combo.setEditText(shown)

    def display(self, value: Any) -> None:
        """Show a name as the document has it."""
        text = self._text(value)
        self.combo.setCurrentIndex(self.combo.findText(text) if text else -1)
        self.combo.setEditText(text)
        self.line.setCursorPosition(0)

    def _chosen(self, at: int) -> None:
        self._take("" if self._empty and at == 0 else self.combo.itemText(at))

    def _typed(self) -> None:
        if not self.combo.view().isVisible():
            self._take(self.line.text())

    def _take(self, text: str) -> None:
        name = "" if text == self._empty else text.strip()
        shot = self.current.shot
        if shot is None or name == self._text(self.key.read(shot)):
            self.accept()
            return
        if self._is_known is not None and name and not self._is_known(name):
            near = next((one for one in self._names if name.lower() in one.lower()), "")
            self.refuse(f"the config has no {name!r}" + (f"; did you mean {near!r}?" if near else ""))
            return
        try:
            value = self._parse(name)
        except ValueError as error:
            self.refuse(str(error))
            return
        if self.commit(value):
            self.display(value)


class CheckField(Field):
    """Yes or no."""

    def __init__(self, current: Current, key: Key, *, text: str = "", parent: QWidget | None = None) -> None:
        self.box = QCheckBox(text)
        super().__init__(current, key, self.box, parent)
        self.box.clicked.connect(self._clicked)
        self.refresh()

    def display(self, value: Any) -> None:
        """Show a truth."""
        self.box.setChecked(bool(value))

    def _clicked(self, checked: bool) -> None:
        self.commit(checked)


class ChecksField(Field):
    """Some of a few values, in their fixed order; the document refuses none at all."""

    _COLUMNS = 2

    def __init__(
        self, current: Current, key: Key, choices: Choices, *, parent: QWidget | None = None
    ) -> None:
        grid = QWidget()
        rows = QGridLayout(grid)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(style.grid(1))
        self.boxes: dict[Any, QCheckBox] = {}
        for at, (value, text) in enumerate(choices):
            box = QCheckBox(text)
            box.setAccessibleName(f"{key.label}: {text}")
            rows.addWidget(box, at // self._COLUMNS, at % self._COLUMNS)
            self.boxes[value] = box
        super().__init__(current, key, grid, parent)
        for box in self.boxes.values():
            box.clicked.connect(self._clicked)
        self.setFocusProxy(next(iter(self.boxes.values())))
        self.refresh()

    def display(self, value: Any) -> None:
        """Show which are chosen."""
        for name, box in self.boxes.items():
            box.setChecked(name in value)

    def _clicked(self) -> None:
        chosen = [value for value, box in self.boxes.items() if box.isChecked()]
        if not self.commit(chosen) and self.current.shot is not None:
            self.display(self.key.read(self.current.shot))

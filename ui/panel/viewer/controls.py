"""The small controls of the viewer's bars."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QDoubleSpinBox, QMenu, QToolButton, QWidget

from pai_studio.ui.panel import style
from pai_studio.ui.panel.shortcuts import by_name

_MOST_LETTERS = 22


def tip(text: str, shortcut: str = "") -> str:
    """A tooltip, with the keys of an action where it has some."""
    keys = by_name(shortcut).shown if shortcut else ""
    return f"{text} ({keys})" if keys else text


class Choice(QToolButton):
    """A button that shows what is chosen and opens a menu of what can be."""

    def __init__(self, name: str, hint: str, chosen: Callable[[str], None], parent: QWidget) -> None:
        super().__init__(parent)
        self._chosen = chosen
        self._name = name
        self._menu = QMenu(self)
        self._group = QActionGroup(self)
        self._options: list[tuple[str, str, str]] = []
        self._hint = hint
        self.value = ""
        self.setMenu(self._menu)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setToolTip(hint)
        self._menu.triggered.connect(self._choose)

    def offer(self, options: Iterable[tuple[str, str]], value: str, text: str = "") -> None:
        """What can be chosen, as (value, text), and what is; `text` is what the button says instead of the option's."""
        self._offer([("", key, words) for key, words in options], value, text)

    def offer_groups(self, groups: Iterable[tuple[str, str, str]], value: str, text: str) -> None:
        """As `offer`, with each (group, value, text) in the menu of its group."""
        self._offer(list(groups), value, text)

    def _offer(self, options: list[tuple[str, str, str]], value: str, text: str) -> None:
        if options != self._options:
            self._options = options
            self._fill()
        self.value = value
        for action in self._group.actions():
            action.setChecked(action.data() == value)
        whole = text or next((words for _, key, words in options if key == value), value)
        most = self.fontMetrics().averageCharWidth() * _MOST_LETTERS
        self.setText(self.fontMetrics().elidedText(whole, Qt.TextElideMode.ElideRight, most))
        self.setAccessibleName(f"{self._name}: {whole}")
        self.setToolTip(f"{self._hint}: {whole}" if whole != self.text() else self._hint)

    def _fill(self) -> None:
        for menu in self._menu.findChildren(QMenu):
            menu.deleteLater()
        self._group.deleteLater()
        self._menu.clear()
        self._group = QActionGroup(self)
        menus = {"": self._menu}
        for group, value, text in self._options:
            if group not in menus:
                menus[group] = self._menu.addMenu(group)
            action = QAction(text, self._menu)
            action.setData(value)
            action.setCheckable(True)
            self._group.addAction(action)
            menus[group].addAction(action)

    def _choose(self, action: QAction) -> None:
        self._chosen(action.data())


class Number(QDoubleSpinBox):
    """A number that goes back to where it began by a double click."""

    def __init__(
        self, name: str, parent: QWidget, *, span: tuple[float, float], start: float, step: float, hint: str
    ) -> None:
        super().__init__(parent)
        self._start = start
        self.setRange(*span)
        self.setSingleStep(step)
        self.setDecimals(2)
        self.setValue(start)
        # Qt gives the inner line no width where a sheet meets NoButtons: the buttons are there, without an extent.
        self.setStyleSheet(
            "QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { width: 0; border: none; }"
        )
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setKeyboardTracking(False)
        self.setAccessibleName(name)
        self.setToolTip(f"{hint}. Double click: back to {start:g}")
        self.setFixedWidth(self.fontMetrics().horizontalAdvance("EV -00.00") + 2 * style.grid(3))
        self.lineEdit().installEventFilter(self)

    def show_value(self, value: float) -> None:
        """Show a value that came from elsewhere."""
        self.blockSignals(True)
        self.setValue(value)
        self.blockSignals(False)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's
        """A double click resets."""
        if event.type() == QEvent.Type.MouseButtonDblClick and watched is self.lineEdit():
            self.setValue(self._start)
            return True
        return super().eventFilter(watched, event)


def toggle(text: str, name: str, hint: str, parent: QWidget) -> QToolButton:
    """A checkable button."""
    button = QToolButton(parent)
    button.setText(text)
    button.setCheckable(True)
    button.setAccessibleName(name)
    button.setToolTip(hint)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return button


def push(text: str, hint: str, clicked: Callable[[], object], parent: QWidget) -> QToolButton:
    """A plain button."""
    button = QToolButton(parent)
    button.setText(text)
    button.setAccessibleName(text)
    button.setToolTip(hint)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    button.clicked.connect(clicked)
    return button

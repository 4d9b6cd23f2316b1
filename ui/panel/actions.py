"""The window's actions, made from the table of shortcuts, and who gets a key that two could use."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QMenu,
    QMenuBar,
    QPlainTextEdit,
    QTabBar,
    QTextEdit,
    QWidget,
)

from pai_studio.ui.panel.shortcuts import ALL, Group, Shortcut

_K = Qt.Key
_MOVES = frozenset({_K.Key_Left, _K.Key_Right, _K.Key_Up, _K.Key_Down, _K.Key_Home, _K.Key_End})
_PAGES = frozenset({_K.Key_PageUp, _K.Key_PageDown})
_TEXT = (QLineEdit, QPlainTextEdit, QTextEdit, QAbstractSpinBox)
_OWN_KEYS: tuple[tuple[tuple[type[QWidget], ...], frozenset[Qt.Key]], ...] = (
    ((QAbstractSlider,), _MOVES | _PAGES),
    ((QAbstractItemView, QComboBox), _MOVES | _PAGES | {_K.Key_Space}),
    ((QTabBar,), frozenset({_K.Key_Left, _K.Key_Right, _K.Key_Home, _K.Key_End})),
    ((QAbstractButton,), frozenset({_K.Key_Space})),
)
"""The keys by which a focused control is worked: somebody without a mouse needs them more than the player does."""


class Actions(QObject):
    """One QAction for each shortcut; `calls` has what to do by name, for every one of them."""

    def __init__(self, window: QWidget, calls: Mapping[str, Callable[[], object]]) -> None:
        super().__init__(window)
        unknown = {one.name for one in ALL} ^ set(calls)
        assert not unknown, f"no such actions, or nothing to do: {sorted(unknown)}"
        self._calls = dict(calls)
        self._all = {one.name: self._made(one, window) for one in ALL}
        application = QApplication.instance()
        if application is not None:
            application.installEventFilter(self)

    def __getitem__(self, name: str) -> QAction:
        return self._all[name]

    def fill(self, bar: QMenuBar) -> dict[Group, QMenu]:
        """Put every action into the menu of its group."""
        menus: dict[Group, QMenu] = {}
        for one in ALL:
            if one.group not in menus:
                menus[one.group] = bar.addMenu(f"&{one.group}")
            menus[one.group].addAction(self._all[one.name])
        return menus

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's
        """Leave a key to the field or control that has the focus, where it is one that it needs."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            widget = QApplication.focusWidget()
            if widget is not None and belongs_to(widget, event):
                event.accept()
        return super().eventFilter(watched, event)

    def _made(self, one: Shortcut, window: QWidget) -> QAction:
        action = QAction(one.text, window)
        action.setObjectName(one.name)
        action.setShortcuts([QKeySequence(key) for key in one.keys])
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.setToolTip(one.tip or one.text)
        action.setStatusTip(one.tip)
        action.triggered.connect(self._trigger)
        window.addAction(action)
        return action

    def _trigger(self) -> None:
        self._calls[self.sender().objectName()]()


def belongs_to(widget: QWidget, event: QKeyEvent) -> bool:
    """Whether a key is the focused widget's own and no shortcut."""
    is_plain = not event.modifiers() & (
        Qt.KeyboardModifier.ControlModifier
        | Qt.KeyboardModifier.AltModifier
        | Qt.KeyboardModifier.MetaModifier
    )
    if not is_plain:
        return False
    key = Qt.Key(event.key())
    if isinstance(widget, _TEXT):
        return bool(event.text().isprintable() and event.text()) or key in _MOVES or key == _K.Key_Delete
    return any(isinstance(widget, kinds) and key in keys for kinds, keys in _OWN_KEYS)

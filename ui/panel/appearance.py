"""Dark, light, or as the system is: chosen in the View menu, applied at once, remembered."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QApplication, QMenu

from pai_studio.ui.panel import style
from pai_studio.ui.panel.state.memory import Memory

KEY = "scheme"
_CHOICES = (
    ("", "As the system", "Dark or light as the system says; dark where it says nothing"),
    ("dark", "Dark", "Whatever the system says"),
    ("light", "Light", "Whatever the system says"),
)


class Appearance(QObject):
    """A menu of three."""

    def __init__(self, memory: Memory, menu: QMenu) -> None:
        super().__init__(menu)
        self._memory = memory
        self.menu = menu.addMenu("Appearance")
        self.menu.setToolTipsVisible(True)
        self._group = QActionGroup(self)
        chosen = memory.get(KEY, "")
        for name, text, tip in _CHOICES:
            action = self.menu.addAction(text)
            action.setData(name)
            action.setCheckable(True)
            action.setChecked(name == chosen)
            action.setToolTip(tip)
            self._group.addAction(action)
        self._group.triggered.connect(self._choose)

    def _choose(self, action: QAction) -> None:
        application = QApplication.instance()
        if isinstance(application, QApplication):
            style.choose_scheme(application, action.data())
        self._memory.keep(**{KEY: action.data()})

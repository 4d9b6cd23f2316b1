"""The sheet on `?`: every shortcut, by group, and a field to find one."""

from __future__ import annotations

from itertools import groupby

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from pai_studio.ui.panel import style
from pai_studio.ui.panel.shortcuts import ALL, Shortcut


class ShortcutSheet(QDialog):
    """Closes on Esc."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Shortcuts")
        self._find = QLineEdit(self)
        self._find.setPlaceholderText("Find a shortcut")
        self._find.setAccessibleName("Find a shortcut")
        self._find.setClearButtonEnabled(True)
        self._rows: list[tuple[Shortcut, tuple[QLabel, QLabel]]] = []
        self._heads: dict[str, QLabel] = {}
        self._scroll = scroll = QScrollArea(self)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._shown = self._list()
        scroll.setWidget(self._shown)
        layout = QVBoxLayout(self)
        layout.addWidget(self._find)
        layout.addWidget(scroll, 1)
        self._find.textChanged.connect(self.narrow)
        unit = self.fontMetrics().averageCharWidth()
        self.resize(unit * 64, unit * 80)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's
        """As wide as the longest row, which is known once it is dressed."""
        super().showEvent(event)
        bar, frame = self._scroll.verticalScrollBar().sizeHint().width(), 2 * self._scroll.frameWidth()
        self._scroll.setMinimumWidth(self._shown.sizeHint().width() + bar + frame)

    def narrow(self, text: str) -> None:
        """Show what has a text in its name or keys."""
        wanted = text.casefold().split()
        shown: set[str] = set()
        for one, labels in self._rows:
            words = f"{one.group} {one.text} {one.shown}".casefold()
            is_shown = all(word in words for word in wanted)
            for label in labels:
                label.setVisible(is_shown)
            shown |= {one.group} if is_shown else set()
        for group, head in self._heads.items():
            head.setVisible(group in shown)

    def _list(self) -> QWidget:
        inner = QWidget(self)
        grid = QGridLayout(inner)
        grid.setColumnStretch(0, 1)
        grid.setHorizontalSpacing(style.grid(6))
        grid.setVerticalSpacing(style.grid(1))
        row = 0
        for group, members in groupby(ALL, key=lambda one: one.group):
            head = QLabel(group, inner)
            head.setProperty("dim", True)
            head.setContentsMargins(0, style.grid(3), 0, 0)
            grid.addWidget(head, row, 0, 1, 2)
            self._heads[group] = head
            for one in members:
                row += 1
                text, keys = QLabel(one.text.rstrip("…"), inner), QLabel(one.shown, inner)
                grid.addWidget(text, row, 0)
                grid.addWidget(keys, row, 1, Qt.AlignmentFlag.AlignRight)
                self._rows.append((one, (text, keys)))
            row += 1
        grid.setRowStretch(row, 1)
        return inner

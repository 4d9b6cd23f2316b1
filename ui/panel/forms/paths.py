"""A file of the document: shown short, changed by a dialog or by dropping one on it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QWidget

from pai_studio.core.shot.errors import PaiError
from pai_studio.ui.panel import style
from pai_studio.ui.panel.forms.current import Current
from pai_studio.ui.panel.forms.fields import Field, Key
from pai_studio.ui.panel.opening import pattern_of


class FileField(Field):
    """A file, or with `is_range` the numbered pictures that one of them belongs to."""

    def __init__(
        self,
        current: Current,
        key: Key,
        suffixes: Sequence[str],
        *,
        is_range: bool = False,
        can_be_none: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        self._suffixes, self._is_range = tuple(suffixes), is_range
        row = QWidget()
        self.path = _ElidedPath()
        self.change = QPushButton("Change…")
        across = QHBoxLayout(row)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(style.grid(1))
        across.addWidget(self.path, 1)
        across.addWidget(self.change)
        self.clear = QToolButton()
        self.clear.setText("✕")
        self.clear.setVisible(can_be_none)
        across.addWidget(self.clear)
        super().__init__(current, key, row, parent)
        self.change.setAccessibleName(f"{key.label}: change")
        self.change.setToolTip(f"{key.tip}\nA file may be dropped here as well")
        self.clear.setAccessibleName(f"{key.label}: none")
        self.clear.setToolTip("Take it away")
        self.label.setBuddy(self.change)
        self.setFocusProxy(self.change)
        self.setAcceptDrops(True)
        self.change.clicked.connect(self.ask)
        self.clear.clicked.connect(self._clear)
        self.refresh()

    def display(self, value: Any) -> None:
        """Show a path by its end."""
        self.path.show_path(str(value))
        self.clear.setEnabled(bool(value))

    def take(self, path: Path) -> None:
        """Another file, or another range by one of its pictures. What is behind it is looked at by others."""
        try:
            text = pattern_of(path) if self._is_range else str(path)
        except PaiError as error:
            self.refuse(str(error))
            return
        if self.commit(text):
            self.display(text)

    def ask(self) -> None:
        """A file dialog."""
        shown = " ".join(f"*{suffix}" for suffix in self._suffixes)
        folder = str(Path(self._value).parent) if self._value else ""
        file, _ = QFileDialog.getOpenFileName(
            self, self.key.label, folder, f"{self.key.label} ({shown});;All files (*)"
        )
        if file:
            self.take(Path(file))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's
        """One file of a kind that fits."""
        if self._dropped(event) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's
        """Take it."""
        path = self._dropped(event)
        if path is not None:
            event.acceptProposedAction()
            self.take(path)

    def _dropped(self, event: QDropEvent) -> Path | None:
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        return paths[0] if paths and paths[0].suffix.lower() in self._suffixes else None

    def _clear(self) -> None:
        if self.commit(""):
            self.display("")


class _ElidedPath(QLabel):
    """A path whose beginning gives way, as its end tells more."""

    def __init__(self) -> None:
        super().__init__()
        self._path = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setMinimumWidth(style.grid(8))

    def show_path(self, path: str) -> None:
        """Show it whole in the tooltip."""
        self._path = path
        self.setToolTip(path)
        self.setAccessibleName(path or "none")
        self._elide()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's
        """Make it fit again."""
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        self.setProperty("dim", not self._path)
        text = "/".join(Path(self._path).parts[-2:]) if self._path else "none"
        self.setText(self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideLeft, max(self.width(), 1)))

"""The window before anything is open: what may be dropped, what may be opened, and what was opened last."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QListView,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from pai_studio.ui.panel import shortcuts, style
from pai_studio.ui.panel.state.studio import Studio

Index = QModelIndex | QPersistentModelIndex
PATH = int(Qt.ItemDataRole.UserRole)
_WIDTH_CHARACTERS = 92
_GONE = "not there any more"


class RecentModel(QAbstractListModel):
    """What was opened last; what is gone cannot be opened. Whether it is, is looked at away from the window."""

    def __init__(self, studio: Studio, parent: QWidget) -> None:
        super().__init__(parent)
        self._studio = studio
        self._paths: list[Path] = []
        self._gone: frozenset[Path] = frozenset()
        studio.memory.changed.connect(self.look)
        self.look()

    def look(self) -> None:
        """Take the recent files, and find out which are there."""
        paths = self._studio.memory.recent
        if paths != self._paths:
            self.beginResetModel()
            self._paths = paths
            self.endResetModel()
        self._studio.work.run(lambda: frozenset(path for path in paths if not path.exists()), self._looked)

    def rowCount(self, parent: Index | None = None) -> int:  # noqa: N802 - Qt's
        """The recent files."""
        return 0 if parent is not None and parent.isValid() else len(self._paths)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """What is gone is grey."""
        is_there = index.isValid() and self._paths[index.row()] not in self._gone
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable if is_there else Qt.ItemFlag(0)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The name, the path, and both for a screen reader."""
        if not index.isValid():
            return None
        path = self._paths[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return path.name
        if role == PATH:
            return path
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{path}, {_GONE}" if path in self._gone else str(path)
        return None

    def _looked(self, gone: frozenset[Path]) -> None:
        if gone != self._gone and self._paths:
            self._gone = gone
            self.dataChanged.emit(self.index(0), self.index(len(self._paths) - 1))


class EmptyState(QWidget):
    """Says what to do. Drops go to the window, which takes them everywhere."""

    open_wanted = Signal()
    folder_wanted = Signal()
    demo_wanted = Signal()
    demo_cancelled = Signal()
    recent_wanted = Signal(object)
    """A Path."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Nothing is open")
        self.title = QLabel("Drop a shot, a folder of EXR ranges, a movie or a timeline here", self)
        font = self.title.font()
        font.setPointSizeF(font.pointSizeF() * 1.4)
        self.title.setFont(font)
        self.hint = QLabel("A timeline is OTIO, EDL, FCP XML or AAF; a shot is a .shot.json document.", self)
        for label in (self.title, self.hint):
            label.setWordWrap(True)
        self.hint.setProperty("dim", True)
        self.open = self._button("Open…", shortcuts.by_name("open").tip, "open")
        self.open.setProperty("primary", True)
        self.folder = self._button("Open folder…", shortcuts.by_name("open_folder").tip, "open_folder")
        self.demo = self._button("Try the demo shot", "")
        self.open.clicked.connect(self.open_wanted)
        self.folder.clicked.connect(self.folder_wanted)
        self.demo.clicked.connect(self._demo_clicked)
        self.filming = QLabel(self)
        self.filming.setProperty("dim", True)
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Filming the demo shot")
        self.show_demo(is_under_way=False)
        self.model = RecentModel(studio, self)
        self.recent = _Rows(self)
        self.recent.setAccessibleName("Recent files")
        self.recent.setModel(self.model)
        self.recent.setItemDelegate(_Row(self.recent))
        self.recent.setMouseTracking(True)
        self.recent.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.recent.clicked.connect(self._want)
        self.recent.activated.connect(self._want)
        self.heading = QLabel("Recent", self)
        self.heading.setProperty("dim", True)
        self.model.modelReset.connect(self._fit)
        self._lay_out()
        self._fit()

    def show_demo(self, *, is_under_way: bool, share: float | None = None) -> None:
        """How far the demo is filmed; the button then cancels it."""
        self._is_filming = is_under_way
        text = "Cancel the demo" if is_under_way else "Try the demo shot"
        tip = "Stop filming it" if is_under_way else "Make a green-screen shot with its stills, and open it"
        self.demo.setText(text)
        self.demo.setAccessibleName(text)
        self.demo.setToolTip(tip)
        done = f": {share:.0%}" if share is not None else ", about half a minute"
        self.filming.setText(f"Filming the demo shot{done}")
        self.bar.setRange(0, 0 if share is None else 100)
        self.bar.setValue(round((share or 0) * 100))
        for widget in (self.filming, self.bar):
            widget.setVisible(is_under_way)

    def _demo_clicked(self) -> None:
        (self.demo_cancelled if self._is_filming else self.demo_wanted).emit()

    def _button(self, text: str, tip: str, key: str = "") -> QPushButton:
        button = QPushButton(text, self)
        button.setAccessibleName(text)
        button.setToolTip(f"{tip} ({shortcuts.by_name(key).shown})" if key else tip)
        return button

    def _lay_out(self) -> None:
        self._column = QFrame(self)
        inner = QVBoxLayout(self._column)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(style.grid(2))
        inner.addWidget(self.title)
        inner.addWidget(self.hint)
        buttons = QHBoxLayout()
        buttons.setContentsMargins(0, style.grid(3), 0, style.grid(5))
        buttons.setSpacing(style.grid(2))
        for button in (self.open, self.folder, self.demo):
            buttons.addWidget(button)
        buttons.addStretch(1)
        inner.addLayout(buttons)
        inner.addWidget(self.filming)
        inner.addWidget(self.bar)
        inner.addWidget(self.heading)
        inner.addWidget(self.recent)
        most = self.fontMetrics().averageCharWidth() * _WIDTH_CHARACTERS
        self._column.setMaximumWidth(most)  # a line's length that is read with ease
        across = QHBoxLayout()
        across.setContentsMargins(style.grid(4), 0, style.grid(4), 0)
        across.addStretch(1)
        across.addWidget(self._column, most)
        across.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addStretch(2)
        self.recent.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        outer.addLayout(across)
        outer.addStretch(3)

    def _fit(self) -> None:
        """As tall as its rows are; absent without any."""
        count = self.model.rowCount()
        self.heading.setVisible(count > 0)
        self.recent.setVisible(count > 0)
        self.recent.updateGeometry()

    def _want(self, index: QModelIndex) -> None:
        if index.flags() & Qt.ItemFlag.ItemIsEnabled:
            self.recent_wanted.emit(index.data(PATH))


class _Rows(QListView):
    """A list that asks for as much room as its rows take."""

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's
        """All rows; fewer where the window is small."""
        count = self.model().rowCount()
        return QSize(super().sizeHint().width(), self.sizeHintForRow(0) * count if count else 0)


class _Row(QStyledItemDelegate):
    """A name, and dim beside it where it is."""

    def sizeHint(self, option: QStyleOptionViewItem, _index: Index) -> QSize:  # noqa: N802 - Qt's
        """One line with air."""
        metrics = QFontMetrics(option.font)
        return QSize(metrics.averageCharWidth() * 20, metrics.lineSpacing() + style.grid(2.5))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """One row."""
        now, path = style.tokens(), index.data(PATH)
        is_there = bool(index.flags() & Qt.ItemFlag.ItemIsEnabled)
        is_over = bool(option.state & (QStyle.StateFlag.State_MouseOver | QStyle.StateFlag.State_Selected))
        painter.save()
        if is_over and is_there:
            painter.fillRect(option.rect, now.raised)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(now.accent, 1))
            painter.drawRect(option.rect.adjusted(0, 0, -1, -1))
        area = option.rect.adjusted(style.grid(2), 0, -style.grid(2), 0)
        metrics = QFontMetrics(option.font)
        name = metrics.elidedText(path.name, Qt.TextElideMode.ElideMiddle, area.width() * 2 // 3)
        faint = QColor(now.dim)
        faint.setAlphaF(0.7)
        painter.setPen(now.text if is_there else faint)
        side = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(area, side | Qt.AlignmentFlag.AlignLeft, name)
        room = QRect(area)
        room.setLeft(area.left() + metrics.horizontalAdvance(name) + style.grid(4))
        beside = str(path.parent) if is_there else _GONE
        shown = QFontMetrics(style.small_font(option.font))
        painter.setFont(style.small_font(option.font))
        painter.setPen(now.dim if is_there else faint)
        text = shown.elidedText(beside, Qt.TextElideMode.ElideMiddle, room.width())
        painter.drawText(room, side | Qt.AlignmentFlag.AlignRight, text)
        painter.restore()

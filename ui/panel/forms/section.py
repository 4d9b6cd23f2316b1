"""A part of the form that folds away: a header, and rows of a label and a field below it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QLineEdit,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from pai_studio.ui.panel import style
from pai_studio.ui.panel.forms.fields import Field
from pai_studio.ui.panel.state.memory import Memory

_LONGEST_LABEL = "Camera's motion"
"""The labels of all sections are as wide, so that fields stand in one line down the form."""


class Section(QWidget):
    """Titled rows; whether they are folded is remembered."""

    def __init__(
        self, title: str, memory: Memory, *, is_open: bool = True, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._folded_key, self._memory = f"folded_{title.lower()}", memory
        self.header = QToolButton()
        self.header.setText(title)
        self.header.setProperty("flat", True)
        self.header.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.header.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.header.setAccessibleName(title)
        self.header.setToolTip("Fold or unfold")
        font = self.header.font()
        font.setBold(True)
        self.header.setFont(font)
        self.body = QWidget()
        self.rows = QGridLayout(self.body)
        self.rows.setContentsMargins(style.grid(3), style.grid(1), style.grid(3), style.grid(3))
        self.rows.setHorizontalSpacing(style.grid(2))
        self.rows.setVerticalSpacing(style.grid(2))
        self.rows.setColumnMinimumWidth(0, self.fontMetrics().horizontalAdvance(_LONGEST_LABEL))
        self.rows.setColumnStretch(1, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(self.body)
        self.header.clicked.connect(self._fold)
        self._unfold(not memory.get(self._folded_key, not is_open))

    @property
    def is_open(self) -> bool:
        """Whether its rows are shown."""
        return not self.body.isHidden()

    def add(self, field: Field) -> None:
        """A field beside its label."""
        at = self.rows.rowCount()
        top = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop
        field.label.setProperty("dim", True)
        if isinstance(field.control, QLineEdit | QComboBox):  # on one line with its text
            field.control.ensurePolished()
            field.label.setMinimumHeight(field.control.sizeHint().height())
        else:
            field.label.setContentsMargins(0, style.grid(1), 0, 0)
        self.rows.addWidget(field.label, at, 0, top)
        self.rows.addWidget(field, at, 1)

    def add_wide(self, widget: QWidget) -> None:
        """Something over both columns; a field's label stands above it."""
        if isinstance(widget, Field):
            widget.label.setProperty("dim", True)
            self.rows.addWidget(widget.label, self.rows.rowCount(), 0, 1, 2)
        self.rows.addWidget(widget, self.rows.rowCount(), 0, 1, 2)

    def add_beside(self, widget: QWidget) -> None:
        """Something in the fields' column, without a label."""
        self.rows.addWidget(widget, self.rows.rowCount(), 1)

    def _fold(self) -> None:
        self._unfold(not self.is_open)
        self._memory.keep(**{self._folded_key: not self.is_open})

    def _unfold(self, is_open: bool) -> None:
        self.body.setVisible(is_open)
        self.header.setArrowType(Qt.ArrowType.DownArrow if is_open else Qt.ArrowType.RightArrow)
        self.header.setAccessibleDescription("unfolded" if is_open else "folded")

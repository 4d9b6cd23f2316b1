"""Shares from 0 to 1 as a slider with a field beside it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSlider, QWidget

from pai_studio.ui.panel import style
from pai_studio.ui.panel.forms import numbers
from pai_studio.ui.panel.forms.current import Current
from pai_studio.ui.panel.forms.fields import Field, Key

_STEPS = 100


class CalmSlider(QSlider):
    """A slider that lets the wheel scroll the form unless it has the focus, and tells of a double click."""

    reset_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setRange(0, _STEPS)
        self.setPageStep(_STEPS // 10)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's
        """Change nothing that nobody has picked up."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's
        """Back to the default."""
        self.reset_wanted.emit()
        event.accept()


class ShareField(Field):
    """A share; a double click on the slider brings back `default`."""

    def __init__(self, current: Current, key: Key, default: float, *, parent: QWidget | None = None) -> None:
        row = QWidget()
        self.slider, self.line = CalmSlider(), QLineEdit()
        self.line.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.line.setFixedWidth(self.line.fontMetrics().horizontalAdvance("0.000") + style.grid(5))
        self._default = default
        across = QHBoxLayout(row)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(style.grid(2))
        across.addWidget(self.slider, 1)
        across.addWidget(self.line)
        super().__init__(current, key, row, parent)
        for control, name in ((self.slider, key.label), (self.line, f"{key.label}, as a number")):
            control.setAccessibleName(name)
            control.setToolTip(f"{key.tip}\nDouble-click the slider for {default:g}")
            control.installEventFilter(self)
        self.label.setBuddy(self.slider)
        self.setFocusProxy(self.slider)
        self.slider.valueChanged.connect(self._slid)
        self.slider.sliderReleased.connect(current.end_gesture)
        self.slider.reset_wanted.connect(self.reset)
        self.line.editingFinished.connect(self._typed)
        self.refresh()

    def display(self, value: Any) -> None:
        """Show a share."""
        self.slider.blockSignals(True)
        self.slider.setValue(round(float(value) * _STEPS))
        self.slider.blockSignals(False)
        self.line.setText(f"{float(value):.2f}")

    def reset(self) -> None:
        """The default again."""
        self.current.end_gesture()
        if self.commit(self._default):
            self.display(self._default)

    def _slid(self, steps: int) -> None:
        if self.commit(steps / _STEPS, merge=True):
            self.line.setText(f"{steps / _STEPS:.2f}")

    def _typed(self) -> None:
        shot = self.current.shot
        if shot is None or self.line.text() == f"{self.key.read(shot):.2f}":
            self.accept()
            return
        try:
            value = numbers.number(self.line.text(), self.key.read(shot))
        except ValueError as error:
            self.refuse(str(error))
            return
        if self.commit(value):
            self.display(value)

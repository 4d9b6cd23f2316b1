"""The bar at the window's foot: the newest thing that went wrong, how many more there are, copy and dismiss."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from pai_studio.ui.panel import style
from pai_studio.ui.panel.state.faults import Fault
from pai_studio.ui.panel.state.studio import Studio

_WIDE_CHARACTERS = 120
_LONGEST = 400
"""Letters of a message that are shown: the whole is in its tooltip, and copied."""


class FaultBar(QFrame):
    """Hidden while nothing is wrong. What it says can be selected, copied, and read by a screen reader."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._faults = studio.faults
        self.setAccessibleName("Messages")
        self._mark = QFrame(self)
        self._mark.setFixedWidth(style.grid(1))
        self._line = QLabel(self)
        self._line.setWordWrap(True)
        self._line.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._line.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self._more = QLabel(self)
        self._more.setProperty("dim", True)
        self._does = [self._button("", "", call) for call in (self._do_first, self._do_second)]
        self._copy = self._button("Copy", "Copy every message to the clipboard", self._copy_all)
        self._next = self._button("Dismiss", "Take this message away and show the one before", self._dismiss)
        self._all = self._button("Dismiss all", "Take every message away", self._faults.clear)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, style.grid(1), style.grid(2), style.grid(1))
        layout.setSpacing(style.grid(2))
        self._both = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._both.setSpacing(style.grid(2))
        buttons = QHBoxLayout()
        buttons.setSpacing(style.grid(2))
        for widget in (*self._does, self._more, self._copy, self._next, self._all):
            buttons.addWidget(widget)
        buttons.addStretch(1)
        self._both.addWidget(self._line, 1)
        self._both.addLayout(buttons)
        layout.addWidget(self._mark)
        layout.addLayout(self._both, 1)
        self._faults.changed.connect(self._show)
        self._show()

    def _button(self, text: str, tip: str, call: object) -> QToolButton:
        button = QToolButton(self)
        button.setText(text)
        button.setToolTip(tip)
        button.setAccessibleName(text)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        button.clicked.connect(call)
        return button

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's
        """The buttons go below the line where they would leave it too little room."""
        is_narrow = self.width() < self.fontMetrics().averageCharWidth() * _WIDE_CHARACTERS
        way = QBoxLayout.Direction.TopToBottom if is_narrow else QBoxLayout.Direction.LeftToRight
        self._both.setDirection(way)
        super().resizeEvent(event)

    @property
    def _newest(self) -> Fault | None:
        return self._faults.all[-1] if self._faults.all else None

    def _show(self) -> None:
        fault = self._newest
        self.setVisible(fault is not None)
        if fault is None:
            return
        now = style.tokens()
        colour = now.bad if fault.kind == "error" else now.warn
        self._mark.setStyleSheet(f"background: {colour.name()};")
        is_long = len(fault.line) > _LONGEST
        self._line.setText(f"{fault.line[:_LONGEST]}…" if is_long else fault.line)
        self._line.setToolTip(fault.line if is_long else "")
        self._line.setAccessibleName(fault.line)
        for at, button in enumerate(self._does):
            button.setVisible(at < len(fault.actions))
            if at < len(fault.actions):
                button.setText(fault.actions[at].text)
                button.setAccessibleName(fault.actions[at].text)
                button.setToolTip(fault.actions[at].tip)
        others = len(self._faults.all) - 1
        self._more.setText(f"{others} more" if others else "")
        self._more.setVisible(bool(others))
        self._all.setVisible(bool(others))

    def _do_first(self) -> None:
        self._do(0)

    def _do_second(self) -> None:
        self._do(1)

    def _do(self, at: int) -> None:
        """What is done about a fault takes it away."""
        fault = self._newest
        if fault is not None and at < len(fault.actions):
            self._faults.dismiss(fault)
            fault.actions[at].call()

    def _copy_all(self) -> None:
        texts = [f"{one.line}\n{one.detail}".strip() for one in self._faults.all]
        QGuiApplication.clipboard().setText("\n".join(texts))

    def _dismiss(self) -> None:
        if self._newest is not None:
            self._faults.dismiss(self._newest)

"""The buttons that start a render, and why they cannot."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from pai_studio.ui.panel import shortcuts, style
from pai_studio.ui.panel.forms.current import Current
from pai_studio.ui.panel.forms.fields import small_note
from pai_studio.ui.panel.state.shot import ShotState, Status
from pai_studio.ui.panel.state.versions import refinish_fault

_REASONS = {
    Status.EMPTY: "Put a still where the background must be: drop one on the timeline, or press M.",
    Status.OFFLINE: "Files are missing.",
    Status.FAULTY: "Something in the shot has to be mended.",
}
_MOST_PROBLEMS = 3


class Foot(QWidget):
    """Stays below the form while that scrolls."""

    render_wanted = Signal(str)
    """`render` or `refinish`."""

    def __init__(self, current: Current, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._current = current
        self.render_ = QPushButton("Render")
        self.render_.setProperty("primary", True)
        self.refinish = QPushButton("Re-finish")
        for button, name in ((self.render_, "render"), (self.refinish, "refinish")):
            button.setToolTip(_tip(name))
            button.setAccessibleName(shortcuts.by_name(name).text)
        self.reason = small_note(self)
        across = QHBoxLayout()
        across.setSpacing(style.grid(2))
        across.addWidget(self.render_, 2)
        across.addWidget(self.refinish, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(style.grid(3), style.grid(2), style.grid(3), style.grid(3))
        column.setSpacing(style.grid(1))
        column.addWidget(self.reason)
        column.addLayout(across)
        self.render_.clicked.connect(self.want_render)
        self.refinish.clicked.connect(self.want_refinish)
        for signal in (current.replaced, current.status_changed, current.shot_changed):
            signal.connect(self._show)
        current.studio.versions.changed.connect(self._show)
        self._show()

    def want_render(self) -> None:
        """Ask for a render, where the shot is ready for one."""
        if self.render_.isEnabled():
            self.render_wanted.emit("render")

    def want_refinish(self) -> None:
        """Ask for new finishing."""
        if self.refinish.isEnabled():
            self.render_wanted.emit("refinish")

    def _show(self) -> None:
        state = self._current.state
        why = reason(state)
        self.render_.setEnabled(not why)
        missing = refinish_fault(state.shot, self._current.studio.versions.of(state)) if state else ""
        self.refinish.setEnabled(not why and not missing)
        self.refinish.setToolTip(missing or _tip("refinish"))
        self.reason.setText(why)
        self.reason.setVisible(bool(why))


def _tip(name: str) -> str:
    one = shortcuts.by_name(name)
    return f"{one.tip or one.text} ({one.shown})"


def reason(state: ShotState | None) -> str:
    """Why a shot cannot be rendered now; empty where it can."""
    if state is None:
        return "Open a shot first."
    if state.status not in _REASONS:
        return ""
    if state.status is Status.EMPTY and state.shot.references:
        return ""  # a still has come; whoever looks at files has not said so yet
    found = state.problems[:_MOST_PROBLEMS]
    more = len(state.problems) - len(found)
    lines = [*found, *([f"and {more} more"] if more else [])]
    return "\n".join(lines) if lines else _REASONS[state.status]

"""A tool that takes nothing: what the tools of the viewer are made from."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter

from pai_studio.ui.panel.viewer.sight import Sight

ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
"""Where each one goes, x to the right and y down."""


class BaseTool(QObject):
    """See `canvas.Tool`; each tool overrides what it is about."""

    def paint(self, painter: QPainter, sight: Sight) -> None:
        """Draw nothing."""

    def press(self, event: QMouseEvent, sight: Sight) -> bool:  # noqa: ARG002
        """Leave it to others."""
        return False

    def drag(self, event: QMouseEvent, sight: Sight) -> None:
        """Nothing is held."""

    def release(self) -> None:
        """Nothing is held."""

    def double(self, event: QMouseEvent, sight: Sight) -> bool:  # noqa: ARG002
        """Leave it to others."""
        return False

    def wants_key(self, event: QKeyEvent) -> bool:  # noqa: ARG002
        """No key."""
        return False

    def key(self, event: QKeyEvent, sight: Sight) -> None:
        """None was wanted."""

    def go_on(self, forward: bool) -> bool:  # noqa: ARG002
        """Tab goes on to the next control."""
        return False

    def cursor(self, point: QPointF, sight: Sight) -> Qt.CursorShape | None:  # noqa: ARG002
        """Leave it to others."""
        return None


def is_left(event: QMouseEvent) -> bool:
    """Whether the left button has gone down."""
    return event.button() == Qt.MouseButton.LeftButton


def has(event: QMouseEvent | QKeyEvent, modifier: Qt.KeyboardModifier) -> bool:
    """Whether a modifier is held."""
    return bool(event.modifiers() & modifier)


def distance(one: QPointF, other: QPointF) -> float:
    """In widget points, along the longer axis."""
    return max(abs(one.x() - other.x()), abs(one.y() - other.y()))

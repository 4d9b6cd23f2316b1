"""The surface of the viewer: a picture, what is drawn over it, and the hand on mouse and keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from pai_studio.core.media.frame import Box
from pai_studio.ui.panel import style
from pai_studio.ui.panel.viewer.sight import Sight

_NOTCH = 120
_WHEEL_STEP = 2**0.25


class Tool(Protocol):
    """Something that is drawn over the picture and may take hold of mouse and keys.

    The calls of the hand return whether the tool has taken them; who takes a press gets what follows.
    """

    def paint(self, painter: QPainter, sight: Sight) -> None:
        """Draw, in widget points."""

    def press(self, event: QMouseEvent, sight: Sight) -> bool:
        """A button has gone down."""

    def drag(self, event: QMouseEvent, sight: Sight) -> None:
        """The mouse moves with the button down."""

    def release(self) -> None:
        """The button is up: the gesture has ended."""

    def double(self, event: QMouseEvent, sight: Sight) -> bool:
        """A double click."""

    def wants_key(self, event: QKeyEvent) -> bool:
        """Whether a key is the tool's own: it is no shortcut of the window's then."""

    def key(self, event: QKeyEvent, sight: Sight) -> None:
        """A key that it wanted."""

    def go_on(self, forward: bool) -> bool:
        """Tab, or with Shift backwards: whether there was something in it to go on to."""

    def cursor(self, point: QPointF, sight: Sight) -> Qt.CursorShape | None:
        """What the mouse looks like at a widget point; None leaves it to others."""


class PictureSurface(Protocol):
    """A widget that draws pictures at a place: by the GPU, or by painting images."""

    def look_from(self, sight: Sight) -> None:
        """Draw from another place."""


class Canvas(QWidget):
    """Holds the sight and hands what comes to the tools; what no tool takes, pans, zooms and probes."""

    sight_changed = Signal()
    hovered = Signal(object)
    """A widget point; None when the mouse has left."""

    area_dragged = Signal(QRectF, bool)
    """Shift+drag, in widget points; True when it has ended."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sight = Sight()
        self.has_key_focus = False
        self._tools: list[Tool] = []
        self._holder: Tool | None = None
        self._hand: QPointF | None = None
        self._area: QPointF | None = None
        self._surface: QWidget | None = None
        self._over = _Overlay(self)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        unit = self.fontMetrics().averageCharWidth()
        self.setMinimumSize(unit * 30, unit * 17)

    # What it holds

    def put_under(self, surface: QWidget) -> None:
        """Draw pictures with this widget from now on."""
        if self._surface is not None:
            self._surface.deleteLater()
        self._surface = surface
        surface.setParent(self)
        surface.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        surface.setGeometry(self.rect())
        surface.lower()
        surface.show()

    def add_tool(self, tool: Tool) -> None:
        """Hand things to this tool before all others."""
        self._tools.insert(0, tool)
        self.refresh()

    def remove_tool(self, tool: Tool) -> None:
        """Hand it nothing more."""
        self._tools = [one for one in self._tools if one is not tool]
        if self._holder is tool:
            self._holder = None
        self.refresh()

    @property
    def tools(self) -> Sequence[Tool]:
        """The tools, the first in hand first."""
        return self._tools

    def refresh(self) -> None:
        """Draw what lies over the picture anew."""
        self._over.update()

    # Where it looks from

    def show_window(self, display: Box, pixel_aspect: float) -> None:
        """A picture of this display window is shown from now on."""
        self.look_from(self.sight.on(display, pixel_aspect))

    def look_from(self, sight: Sight) -> None:
        """Look from another place."""
        if sight != self.sight:
            self.sight = sight
            if self._surface is not None:
                self._surface.look_from(sight)  # type: ignore[attr-defined] # PictureSurface
            self.refresh()
            self.sight_changed.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's
        """Fit again, or keep the middle."""
        super().resizeEvent(event)
        self._over.setGeometry(self.rect())
        if self._surface is not None:
            self._surface.setGeometry(self.rect())
        self._measure()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's
        """Another screen may have another scaling, another scheme other colours."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.DevicePixelRatioChange):
            self._measure()
            self.refresh()

    def _measure(self) -> None:
        ratio = self.devicePixelRatioF()
        self.look_from(self.sight.sized(round(self.width() * ratio), round(self.height() * ratio), ratio))

    # The hand

    def event(self, event: QEvent) -> bool:
        """Keep a key that a tool needs from being a shortcut."""
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.ShortcutOverride
            and self._is_own(event)
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's
        """To the tools."""
        taker = next((tool for tool in self._tools if tool.wants_key(event)), None)
        if taker is None:
            super().keyPressEvent(event)
            return
        taker.key(event, self.sight)
        self.refresh()

    def focusNextPrevChild(self, forward: bool) -> bool:  # noqa: N802 - Qt's
        """Tab goes through what a tool has before it leaves."""
        has_gone = any(tool.go_on(forward) for tool in self._tools)
        self.refresh()
        return has_gone or super().focusNextPrevChild(forward)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's
        """Pan with the middle button or Alt; Shift+drag probes an area; the rest is the tools'."""
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        is_left = event.button() == Qt.MouseButton.LeftButton
        is_pan = event.button() == Qt.MouseButton.MiddleButton
        is_pan |= is_left and bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        if is_pan:
            self._hand = event.position()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            return
        for tool in self._tools:
            if tool.press(event, self.sight):
                self._holder = tool
                self.refresh()
                return
        if is_left and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._area = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's
        """Go on with what was begun."""
        here = event.position()
        if self._hand is not None:
            self.look_from(self.sight.panned(here - self._hand))
            self._hand = here
        elif self._holder is not None:
            self._holder.drag(event, self.sight)
            self.refresh()
        elif self._area is not None:
            self.area_dragged.emit(QRectF(self._area, here).normalized(), False)
        else:
            self._choose_cursor(here)
        self.hovered.emit(here)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's
        """End what was begun."""
        if self._holder is not None:
            self._holder.release()
        elif self._area is not None and self._hand is None:
            self.area_dragged.emit(QRectF(self._area, event.position()).normalized(), True)
        self._hand = self._holder = self._area = None
        self._choose_cursor(event.position())
        self.refresh()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's
        """To the tools; else as a press."""
        if not any(tool.double(event, self.sight) for tool in self._tools):
            self.mousePressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's
        """Zoom at the cursor."""
        notches = event.angleDelta().y() / _NOTCH
        if notches:
            self.look_from(self.sight.zoomed(self.sight.zoom * _WHEEL_STEP**notches, event.position()))
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's
        """There is nothing under the mouse."""
        super().leaveEvent(event)
        self.hovered.emit(None)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's
        """Show the focus."""
        super().focusInEvent(event)
        reasons = Qt.FocusReason
        self.has_key_focus = event.reason() in (reasons.TabFocusReason, reasons.BacktabFocusReason)
        self.refresh()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's
        """The keys' gesture has ended; the focus is elsewhere."""
        super().focusOutEvent(event)
        self.has_key_focus = False
        for tool in self._tools:
            tool.release()
        self.refresh()

    def _is_own(self, event: QKeyEvent) -> bool:
        return any(tool.wants_key(event) for tool in self._tools)

    def _choose_cursor(self, point: QPointF) -> None:
        shapes = (tool.cursor(point, self.sight) for tool in self._tools)
        self.setCursor(next((shape for shape in shapes if shape is not None), Qt.CursorShape.ArrowCursor))


class _Overlay(QWidget):
    """Draws the tools over the picture, and a line around a focus that came by key."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, N802 - Qt's
        """Every tool, the one in hand last."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for tool in reversed(self._canvas.tools):
            painter.save()
            tool.paint(painter, self._canvas.sight)
            painter.restore()
        if self._canvas.has_key_focus:
            painter.setPen(QPen(style.DARK.accent, 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        painter.end()

"""The time in which garbage mattes are drawn: the tool is in hand, its bar tells of keys."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QWidget

from pai_studio.core.shot import shapes
from pai_studio.ui.panel.state.shot import ShotState
from pai_studio.ui.panel.state.studio import Studio
from pai_studio.ui.panel.viewer.controls import Number, push
from pai_studio.ui.panel.viewer.outlines import shapes_of
from pai_studio.ui.panel.viewer.polygons import Polygons
from pai_studio.ui.panel.viewer.toolbox import ModeBar

_KEYS = (
    "By mouse: click points, drag them, double click an edge to insert one.\n"
    "By keyboard: arrows move a cross, Return sets a point there, and again closes; Backspace takes one back.\n"
    "Tab goes through the points and arrows nudge one, ten times as far with Shift; Delete removes; Esc leaves."
)


class GarbageMode(QObject):
    """Begins with what is drawn already and ends with Escape or `end`."""

    ended = Signal()
    changed = Signal()

    def __init__(self, studio: Studio, state: ShotState, room: QWidget) -> None:
        super().__init__(room)
        self._state = state
        studio.view.set(shows_plate=True, compare="none")
        self.tool = Polygons(state, self)
        self.bar = GarbageBar(self.tool, state, room)
        self.bar.done.connect(self.end)
        self.tool.left.connect(self.end)
        self.tool.changed.connect(self.changed)
        self.tool.changed.connect(self.bar.refresh)
        self.tool.refused.connect(studio.faults.tell)
        state.frame_changed.connect(self.bar.refresh)
        state.shot_changed.connect(self.bar.refresh)

    def end(self) -> None:
        """Leave; what was drawn stays, what was begun is dropped."""
        self._state.frame_changed.disconnect(self.bar.refresh)
        self._state.shot_changed.disconnect(self.bar.refresh)
        self._state.end_gesture()
        self.bar.hide()
        self.bar.deleteLater()
        self.ended.emit()


class GarbageBar(ModeBar):
    """What is selected, its keys, its softness; remove, done."""

    done = Signal()

    def __init__(self, tool: Polygons, state: ShotState, room: QWidget) -> None:
        super().__init__(room)
        self._tool, self._state = tool, state
        self.text.setToolTip(_KEYS)
        self.before = push("<", "Go to the key before", self._to_key_before, self)
        self.key = push("Key", "Set a key at the playhead, or take it away", self._toggle_key, self)
        self.after = push(">", "Go to the next key", self._to_key_after, self)
        self.key.setCheckable(True)
        self.before.setAccessibleName("Key before")
        self.after.setAccessibleName("Next key")
        self.feather = Number(
            "Softness in pixels",
            self,
            span=(0, 1000),
            start=0.0,
            step=1.0,
            hint="Softness of the outline in pixels",
        )
        self.feather.setPrefix("Soft ")
        self.feather.valueChanged.connect(self._soften)
        self.removed = push("Remove", "Remove the point or the polygon (Delete)", tool.remove, self)
        self.closing = push("Done", "Leave drawing (Esc)", self.done.emit, self)
        for widget in (self.before, self.key, self.after, self.feather, self.removed, self.closing):
            self.add(widget)
        self.refresh()
        self.show()

    def refresh(self) -> None:
        """Show what is selected."""
        shape, drawn = self._tool.shape, shapes_of(self._state.shot)
        for widget in (self.before, self.key, self.after, self.feather, self.removed):
            widget.setVisible(shape is not None and not self._tool.begun)
        if self._tool.begun:
            is_enough = len(self._tool.begun) >= shapes.MIN_POINTS
            how = "Return again, or a click on the first, closes" if is_enough else "three make a polygon"
            self.text.setText(f"{_counted(self._tool)}; {how}")
        elif self._tool.cross is not None:
            self.text.setText(f"Return sets a point at {_place(self._tool)}")
        elif shape is None or self._tool.selected is None:
            self.text.setText("Click around what the model must not see, or go there by arrows")
        else:
            keys = (
                ", ".join(str(one) for one in shape.keys)
                if len(shape.keys) <= 3
                else f"{len(shape.keys)} keys"
            )
            self.text.setText(f"Polygon {self._tool.selected.shape + 1} of {len(drawn)}, keys {keys}")
            self.key.setChecked(self._state.frame in shape.keys)
            self.feather.show_value(shape.feather_px)
        self.place()

    def _toggle_key(self) -> None:
        shape, frame = self._tool.shape, self._state.frame
        if shape is not None and frame in shape.keys:
            self._tool.change("Remove a key", lambda one: shapes.without_key(one, frame))
        else:
            self._tool.change("Set a key", lambda one: shapes.with_key(one, frame))
        self.refresh()

    def _soften(self, value: float) -> None:
        self._tool.change("Soften a garbage matte", lambda one: one.model_copy(update={"feather_px": value}))

    def _to_key_before(self) -> None:
        self._go([frame for frame in reversed(self._keys()) if frame < self._state.frame])

    def _to_key_after(self) -> None:
        self._go([frame for frame in self._keys() if frame > self._state.frame])

    def _keys(self) -> list[int]:
        return list(self._tool.shape.keys) if self._tool.shape is not None else []

    def _go(self, frames: list[int]) -> None:
        if frames:
            self._state.go_to(frames[0])
        self._room.setFocus(Qt.FocusReason.OtherFocusReason)


def _counted(tool: Polygons) -> str:
    points = f"{len(tool.begun)} point{'s' if len(tool.begun) > 1 else ''}"
    return f"{points}, cross at {_place(tool)}" if tool.cross is not None else points


def _place(tool: Polygons) -> str:
    assert tool.cross is not None
    return f"{tool.cross[0]:.0f}, {tool.cross[1]:.0f}"

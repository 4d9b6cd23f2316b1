"""The time in which a still is framed: its picture is fetched, the tool is in hand, its bar is shown."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QSlider, QWidget

from pai_studio.core.media.display import Look
from pai_studio.core.media.frame import Box
from pai_studio.core.shot.document import Reference
from pai_studio.core.shot.errors import PaiError
from pai_studio.core.shot.frames import FrameRange
from pai_studio.ui.panel.pictures.shown import Proxy
from pai_studio.ui.panel.pictures.sources import still_of
from pai_studio.ui.panel.state.shot import ShotState
from pai_studio.ui.panel.state.studio import Studio
from pai_studio.ui.panel.viewer.controls import push
from pai_studio.ui.panel.viewer.framing import Framing
from pai_studio.ui.panel.viewer.toolbox import ModeBar

_SCALE_MOST = 4


class FramingMode(QObject):
    """Begins with a reference and ends with Escape, with `end`, or when the reference is gone."""

    ended = Signal()
    changed = Signal()

    def __init__(self, studio: Studio, state: ShotState, reference: Reference, room: QWidget) -> None:
        super().__init__(room)
        self._studio, self._state = studio, state
        self._file, self._before = reference.file, reference.fit
        self._look = Look()
        self._scale = 1
        self._proxy: Proxy | None = None
        state.select(reference)
        state.go_to(reference.frame)
        studio.view.set(shows_plate=True, compare="none")
        self.tool = Framing(state, self)
        self.bar = FramingBar(self.tool, room)
        self.bar.reset_wanted.connect(self._reset)
        self.bar.done.connect(self.end)
        self.tool.left.connect(self.end)
        self.tool.changed.connect(self.changed)
        studio.pictures.arrived.connect(self._arrived)
        studio.pictures.failed.connect(self._arrived)
        studio.converted.arrived.connect(self.refresh)
        studio.converted.failed.connect(self._not_converted)
        state.selected_changed.connect(self._selected)
        state.shot_changed.connect(self.refresh)
        state.frame_changed.connect(self._moved)

    def over(self, display: Box, pixel_aspect: float, look: Look, scale: int) -> None:
        """Over a plate of this window, seen through this look at this scale."""
        self.tool.over(display, pixel_aspect)
        self._look, self._scale = look, min(scale, _SCALE_MOST)
        self.refresh()

    def refresh(self) -> None:
        """Ask for the still's picture anew."""
        reference = self._state.selected
        if reference is None:
            return
        source = still_of(reference, self._state.shot.ocio)
        pictures = self._studio.pictures
        proxy = pictures.get(source, 0, self._scale) or pictures.nearest(source, 0, self._scale)
        span = self._state.shot.all_frames
        self.bar.show_still(reference, self._state.frame, span, pictures.fault(source, 0, self._scale))
        self._proxy = proxy
        if proxy is None:
            self.tool.show_still(None, None)
            return
        ready = self._studio.converted.get(proxy, self._look, self._state.shot.ocio, fast=True)
        size = proxy.display.width, proxy.display.height
        self.tool.show_still(ready.image if ready is not None else self.tool.image, size)

    def end(self) -> None:
        """Leave; what was framed stays."""
        self._studio.pictures.arrived.disconnect(self._arrived)
        self._studio.pictures.failed.disconnect(self._arrived)
        self._studio.converted.arrived.disconnect(self.refresh)
        self._studio.converted.failed.disconnect(self._not_converted)
        self._state.selected_changed.disconnect(self._selected)
        self._state.shot_changed.disconnect(self.refresh)
        self._state.frame_changed.disconnect(self._moved)
        self._state.end_gesture()
        self.bar.hide()
        self.bar.deleteLater()
        self.ended.emit()

    def _not_converted(self, proxy: Proxy, _look: Look, error: PaiError) -> None:
        """It may be the plate, of which the viewer itself tells."""
        if proxy is self._proxy:
            self.bar.show_fault(error)

    def _arrived(self, _key: str, _frame: int, _error: object = None) -> None:
        self.refresh()

    def _moved(self, _frame: int) -> None:
        self.refresh()

    def _selected(self) -> None:
        """Another reference is framed from now on; with none there is nothing to frame."""
        reference = self._state.selected
        if reference is None:
            self.end()
            return
        if reference.file != self._file:  # else the same one, framed
            self._file, self._before = reference.file, reference.fit
            self.tool.show_still(None, None)
        self.refresh()

    def _reset(self) -> None:
        self.tool.set_fit(self._before)


class FramingBar(ModeBar):
    """The still's name and anchor, its opacity, fill, fit, reset, done."""

    reset_wanted = Signal()
    done = Signal()

    def __init__(self, tool: Framing, room: QWidget) -> None:
        super().__init__(room)
        self._tool = tool
        self.opacity = QSlider(Qt.Orientation.Horizontal, self)
        self.opacity.setRange(0, 100)
        self.opacity.setValue(round(tool.opacity * 100))
        self.opacity.setFixedWidth(self.fontMetrics().averageCharWidth() * 14)
        self.opacity.setAccessibleName("Opacity of the still")
        self.opacity.setToolTip("How much of the still is seen over the plate")
        self.opacity.valueChanged.connect(self._fade)
        self.add(self.opacity)
        self.buttons = [
            push("Fill", "Cover the plate with the still", self._fill, self),
            push("Fit", "Show all of the still", self._fit, self),
            push("Reset", "As it was when framing began", self.reset_wanted.emit, self),
            push("Done", "Leave framing (Esc)", self.done.emit, self),
        ]
        for button in self.buttons:
            self.add(button)
        self.show()

    def show_fault(self, fault: PaiError) -> None:
        """Why it cannot be framed."""
        self.text.setText(str(fault))
        self.text.setToolTip(str(fault))
        self.place()

    def show_still(self, reference: Reference, frame: int, span: FrameRange, fault: PaiError | None) -> None:
        """Which still it is, or why it cannot be framed here."""
        name = Path(reference.file).name
        if fault is not None:
            self.show_fault(fault)
            return
        if not span.first <= reference.frame <= span.last:
            text = f"{name} is anchored at {reference.frame}, outside the shot: move it on the timeline"
        elif frame != reference.frame:
            text = f"{name} is framed at its anchor: go to frame {reference.frame}"
        else:
            text = f"{name} at {reference.frame}"
        self.text.setText(text)
        self.text.setToolTip(
            "Drag inside to move, corners to scale, beside a corner to turn; Shift one axis, Ctrl snaps.\n"
            "By keyboard: arrows move, + and - scale, [ and ] turn, ten times as far with Shift; Esc leaves."
        )
        self.place()

    def _fade(self, percent: int) -> None:
        self._tool.set_opacity(percent / 100)

    def _fill(self) -> None:
        self._tool.set_fit("fill")

    def _fit(self) -> None:
        self._tool.set_fit("fit")

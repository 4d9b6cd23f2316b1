"""The timeline with its bar: transport, frame field, rate."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QToolButton, QVBoxLayout, QWidget

from pai_studio.ui.panel import style
from pai_studio.ui.panel.state.shot import ShotState
from pai_studio.ui.panel.state.studio import Studio
from pai_studio.ui.panel.timeline.layout import typed_frame
from pai_studio.ui.panel.timeline.track import Track


class TimelineView(QWidget):
    """One shot in time."""

    still_wanted = Signal(int)
    framing_wanted = Signal(object)

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._state: ShotState | None = None
        self.track = Track(studio, self)
        self.track.still_wanted.connect(self.still_wanted)
        self.track.framing_wanted.connect(self.framing_wanted)
        self.frame_field = QLineEdit(self)
        self.frame_field.setAccessibleName("Frame")
        self.frame_field.setToolTip("The playhead: type a frame, or +20, -5, 1001+12")
        self.frame_field.setFixedWidth(self.fontMetrics().averageCharWidth() * 14)
        self.frame_field.returnPressed.connect(self._go)
        self._play = self._button("▶", "Play or stop (Space)", studio.player.toggle)
        self._rate = QLabel(self)
        self._rate.setProperty("dim", True)
        self._range = QLabel(self)
        self._range.setProperty("dim", True)
        self._time = self._button("TC", "Frames or timecode", self._toggle_timecode)
        self._time.setCheckable(True)
        bar = QHBoxLayout()
        bar.setContentsMargins(style.grid(2), style.grid(1), style.grid(2), style.grid(1))
        bar.setSpacing(style.grid(2))
        for widget in (
            self._button("◀", "Play backwards; again is faster (J)", studio.player.backwards),
            self._play,
            self.frame_field,
            self._range,
        ):
            bar.addWidget(widget)
        bar.addStretch(1)
        for widget in (self._rate, self._time, self._button("Fit", "See the whole shot", self.track.fit)):
            bar.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addWidget(self.track, 1)
        studio.player.changed.connect(self._show)
        studio.project.current_changed.connect(self._follow)
        self._follow()

    def _button(self, text: str, tip: str, call: object) -> QToolButton:
        button = QToolButton(self)
        button.setText(text)
        button.setToolTip(tip)
        button.setAccessibleName(tip.partition(" (")[0])
        button.setProperty("flat", True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(call)
        return button

    def _follow(self) -> None:
        if self._state is not None:
            self._state.frame_changed.disconnect(self._show)
            self._state.shot_changed.disconnect(self._show)
        self._state = self._studio.project.current
        if self._state is not None:
            self._state.frame_changed.connect(self._show)
            self._state.shot_changed.connect(self._show)
        self._show()

    def _show(self, *_: object) -> None:
        state, player = self._state, self._studio.player
        self._play.setText("❚❚" if player.is_playing else "▶")
        if state is None:
            return
        if not self.frame_field.hasFocus() or player.is_playing:
            self.frame_field.setText(str(state.frame))
        span = state.shot.all_frames
        self._range.setText(f"{span.first}-{span.last}")
        rate = f"{float(state.shot.rate):.6g} fps"
        shown = f", {player.measured:.1f} shown" if player.measured is not None else ""
        speed = f"  {player.speed:+d}x" if abs(player.speed) > 1 else ""
        self._rate.setText(rate + shown + speed)

    def _go(self) -> None:
        if self._state is None:
            return
        try:
            self._state.go_to(typed_frame(self.frame_field.text(), self._state.frame))
        except ValueError as error:
            self._studio.faults.tell(str(error))
        self.frame_field.setText(str(self._state.frame))
        self.frame_field.selectAll()

    def _toggle_timecode(self) -> None:
        self.track.shows_timecode = not self.track.shows_timecode
        self.track.update()

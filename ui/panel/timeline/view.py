"""The timeline with its bar: transport, frame field, rate."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QLineEdit, QToolButton, QVBoxLayout, QWidget

from pai_studio.ui.panel import style
from pai_studio.ui.panel.folding import FoldingBar
from pai_studio.ui.panel.state.shot import ShotState
from pai_studio.ui.panel.state.studio import Studio
from pai_studio.ui.panel.timeline.fields import Count, counts, shown, typed
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
        self.frame_field.setToolTip("The playhead: type a frame, +20, -5, 1001+12 or a timecode")
        self.frame_field.setFixedWidth(self.fontMetrics().horizontalAdvance("00:00:00:00") + style.grid(6))
        self.frame_field.returnPressed.connect(self._go)
        self._play = self._button("▶", "Play or stop (Space)", studio.player.toggle)
        self._rate = QLabel(self)
        self._rate.setProperty("dim", True)
        self._range = QLabel(self)
        self._range.setProperty("dim", True)
        self._count = self._button(
            Count.FRAMES, "Count in frames, timecode, or drop-frame timecode", self._next_count
        )
        self.bar = FoldingBar(self)
        self.bar.add(self._button("◀", "Play backwards; again is faster (J)", studio.player.backwards))
        self.bar.add(self._play)
        self.bar.add(self.frame_field)
        self.bar.add(self._range, "The shot", fold=3)
        self.bar.add(QWidget(self), stretch=1)
        self.bar.add(self._rate)
        self.bar.add(self._count, "Counted in", fold=1)
        self.bar.add(self._button("Fit", "See the whole shot (F on the timeline)", self.track.fit), fold=2)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
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
            self.frame_field.setText(self._label(state, state.frame))
        if self.track.count not in counts(state.shot.rate):
            self._set_count(Count.FRAMES)
        span = state.shot.all_frames
        self._range.setText(f"{self._label(state, span.first)} - {self._label(state, span.last)}")
        speed = f"  {player.speed:+d}x" if abs(player.speed) > 1 else ""
        self._rate.setText(self._told_rate(state) + speed)

    def _told_rate(self, state: ShotState) -> str:
        """The shot's rate; with what is really seen of it where that is less."""
        player = self._studio.player
        if player.is_behind:
            return f"{player.measured:.1f} of {player.wanted:.6g} fps"
        return f"{float(state.shot.rate):.6g} fps"

    def _go(self) -> None:
        if self._state is None:
            return
        state, count = self._state, self.track.count
        try:
            state.go_to(typed(self.frame_field.text(), state.frame, state.shot.rate, count))
        except ValueError as error:
            self._studio.faults.tell(str(error))
        self.frame_field.setText(self._label(state, state.frame))
        self.frame_field.selectAll()

    def _label(self, state: ShotState, frame: int) -> str:
        return shown(frame, state.shot.rate, self.track.count)

    def _next_count(self) -> None:
        if self._state is not None:
            offered = counts(self._state.shot.rate)
            self._set_count(offered[(offered.index(self.track.count) + 1) % len(offered)])

    def _set_count(self, count: Count) -> None:
        self.track.set_count(count)
        self._count.setText(count)
        self._show()

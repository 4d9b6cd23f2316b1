"""Playback by the clock: a frame that comes too late is left out, so that picture and time never drift apart."""

from __future__ import annotations

import time
from collections.abc import Callable
from fractions import Fraction

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from pai_studio.core.shot.frames import FrameRange
from pai_studio.ui.panel.state.project import ProjectState
from pai_studio.ui.panel.state.shot import ShotState

_FASTEST = 8
_TICKS_A_FRAME = 3
_MEASURED_S = 2.0
_TOLD_S = 0.5
_KEEPS_UP = 0.95


class Player(QObject):
    """Plays the current shot in a loop over its marks. `clock` gives seconds that never go back."""

    changed = Signal()
    """It has begun, ended, turned or changed its speed; or the measured rate has."""

    def __init__(
        self,
        project: ProjectState,
        parent: QObject | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(parent)
        self._project = project
        self._clock = clock
        self.speed = 0
        """Times the shot's rate; negative is backwards, 0 stopped."""

        self.measured: float | None = None
        """Frames a second that were really painted, over the last two seconds."""

        self._state: ShotState | None = None
        self._began_at_s = 0.0
        self._began_frame = 0
        self._went_to = 0
        self._marks = FrameRange(0, 0)
        self._paints: list[float] = []
        self._painted: int | None = None
        self._told_at_s = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.tick)
        project.current_changed.connect(self.stop)

    @property
    def is_playing(self) -> bool:
        """Whether it plays."""
        return self.speed != 0

    @property
    def wanted(self) -> float:
        """Frames a second that are to be seen at this speed."""
        return float(self._state.shot.rate) * abs(self.speed) if self._state is not None else 0.0

    @property
    def is_behind(self) -> bool:
        """Whether clearly fewer frames are seen than there should be."""
        return self.measured is not None and self.measured < self.wanted * _KEEPS_UP

    def painted(self, frame: int) -> None:
        """Told by whoever draws: the very picture of this frame is on the screen."""
        if self.is_playing and frame != self._painted:
            self._painted = frame
            self._measure(self._clock(), is_new=True)

    def toggle(self) -> None:
        """Play forwards, or stop."""
        self.stop() if self.is_playing else self._play(1)

    def forwards(self) -> None:
        """Play; again is faster, up to eight times."""
        self._play(min(self.speed * 2, _FASTEST) if self.speed > 0 else 1)

    def backwards(self) -> None:
        """Play backwards; again is faster, up to eight times."""
        self._play(max(self.speed * 2, -_FASTEST) if self.speed < 0 else -1)

    def stop(self) -> None:
        """Stay where it is."""
        self._timer.stop()
        if self.speed:
            self.speed = 0
            self.measured = None
            self.changed.emit()

    def loop_between_stills(self) -> None:
        """Mark the frames between the stills around the playhead, and play them; again takes the marks away."""
        state = self._project.current
        if state is None:
            return
        anchors = sorted({one.frame for one in state.shot.references})
        first = max((one for one in anchors if one <= state.frame), default=state.shot.all_frames.first)
        last = min((one for one in anchors if one > state.frame), default=state.shot.all_frames.last)
        if state.has_marks and state.marks == FrameRange(first, last):
            state.clear_marks()
            return
        state.mark(first, last)
        if not self.is_playing:
            self._play(1)

    def tick(self) -> None:
        """Go to the frame of this moment."""
        state = self._state
        if state is None or not self.is_playing:
            return
        if state.frame != self._went_to or state.marks != self._marks:
            self._begin(state)  # somebody has moved the playhead or the marks: go on from there
        gone = Fraction(self._clock() - self._began_at_s) * state.shot.rate * self.speed
        step = state.shot.all_frames.step
        frame = looped(self._began_frame + int(gone) * step, state.marks, step)
        if frame != state.frame:
            state.go_to(frame)
        self._went_to = state.frame
        now = self._clock()
        if now - max([self._told_at_s, *self._paints[-1:]]) >= _TOLD_S:
            self._measure(now)  # nothing has been painted for a while

    def _play(self, speed: int) -> None:
        state = self._project.current
        if state is None:
            return
        self.speed, self._state = speed, state
        self._begin(state)
        self._paints, self._painted, self.measured = [], None, None
        self._told_at_s = self._began_at_s
        self._timer.start(max(int(1000 / (float(state.shot.rate) * _TICKS_A_FRAME)), 1))
        self.changed.emit()

    def _begin(self, state: ShotState) -> None:
        """Count from here and now."""
        self._began_at_s, self._began_frame = self._clock(), state.frame
        self._went_to, self._marks = state.frame, state.marks

    def _measure(self, now: float, *, is_new: bool = False) -> None:
        """Count the pictures since the first of the last two seconds; told now and then, as numbers are read."""
        kept = [one for one in self._paints if now - one < _MEASURED_S]
        self._paints = [*kept, now] if is_new else kept
        if now - self._told_at_s < _TOLD_S:
            return
        self._told_at_s = now
        since = self._paints[0] if len(self._paints) > 1 else now - _TOLD_S
        rate = max(len(self._paints) - 1, 0) / max(now - since, 1e-6)
        if self.measured is None or abs(rate - self.measured) > 0.1:
            self.measured = rate
            self.changed.emit()


def looped(frame: int, marks: FrameRange, step: int = 1) -> int:
    """Where a frame beyond the marks comes in again at the other end, in whole steps from the first one."""
    length = (marks.last - marks.first) // step + 1
    return marks.first + (frame - marks.first) // step % length * step

"""The timeline as it is looked at: which shot, which frames of it, and the painting."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QFocusEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QWidget

from pai_studio.core.shot.frames import FrameRange
from pai_studio.ui.panel import style
from pai_studio.ui.panel.state.shot import ShotState
from pai_studio.ui.panel.state.studio import Studio
from pai_studio.ui.panel.timeline import paint
from pai_studio.ui.panel.timeline.fields import Count, shown
from pai_studio.ui.panel.timeline.layout import Span
from pai_studio.ui.panel.timeline.rows import Rows
from pai_studio.ui.panel.timeline.spoken import Spoken
from pai_studio.ui.panel.timeline.strip import Strip

_NO_SHOT = FrameRange(1, 1)
_BY_KEYS = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)


class Board(QWidget):
    """Ruler, filmstrip and stills of the current shot, to be looked at."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._state: ShotState | None = None
        self._strip = Strip(studio, self)
        self._strip.changed.connect(self._repaint)
        self.span = Span.fitting(_NO_SHOT, 1)
        self.count = Count.FRAMES
        self.spoken = Spoken(self)
        self._layer: QPixmap | None = None
        self._ghosts: list[int] = []
        self._refusal = ""
        self._shown_frame = 0
        self._shows_focus = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Timeline")
        studio.project.current_changed.connect(self._follow)
        studio.view.changed.connect(self._repaint)
        self._follow()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's
        """Room for the three rows."""
        return QSize(480, self.fontMetrics().height() * 9)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's
        """Below this the rows would lie over one another."""
        return QSize(160, self.fontMetrics().height() * 7)

    # The shot

    def _follow(self) -> None:
        if self._state is not None:
            for signal in (self._state.shot_changed, self._state.marks_changed, self._state.selected_changed):
                signal.disconnect(self._changed)
            self._state.frame_changed.disconnect(self._moved)
        self._state = self._studio.project.current
        if self._state is not None:
            for signal in (self._state.shot_changed, self._state.marks_changed, self._state.selected_changed):
                signal.connect(self._changed)
            self._state.frame_changed.connect(self._moved)
            self.span = Span.fitting(self._state.shot.all_frames, self.width())
        self._changed()

    def _changed(self) -> None:
        if self._state is not None and self.span.shot != self._state.shot.all_frames:
            self.span = Span.fitting(self._state.shot.all_frames, self.width())
        self.setAccessibleDescription(self._told())
        self._restate()
        self._repaint()

    def _moved(self, frame: int) -> None:
        span = self.span.showing(frame)
        if span != self.span:
            self.look(span)
        else:
            self.update(self._playhead_area(self._shown_frame))
            self.update(self._playhead_area(frame))
        if not self._studio.player.is_playing:
            self.setAccessibleDescription(self._told())

    def _told(self) -> str:
        if self._state is None:
            return "no shot is open"
        shot, selected = self._state.shot, self._state.selected
        stills = ", ".join(f"{Path(one.file).name} at {one.frame}" for one in shot.references) or "none"
        told = f"{shot.name}, frames {shot.all_frames}, playhead at {self._state.frame}, stills: {stills}"
        return (
            told if selected is None else f"{told}; selected: {Path(selected.file).name} at {selected.frame}"
        )

    # What is seen

    def look(self, span: Span) -> None:
        """Show other frames, or the same ones larger."""
        self.span = span
        self._restate()
        self._repaint()

    def fit(self) -> None:
        """The whole shot."""
        self.look(Span.fitting(self.span.shot, self.width()))

    def set_count(self, count: Count) -> None:
        """Frames or timecode."""
        self.count = count
        self._restate()
        self._repaint()

    @property
    def rows(self) -> Rows:
        """Where everything is now."""
        stills = tuple(self._state.shot.references) if self._state is not None else ()
        return Rows(self.width(), self.height(), self.fontMetrics().height(), self.span, stills)

    def _restate(self) -> None:
        """Tell assistive tools what is where now."""
        if self._state is None:
            self.spoken.show(self.rows, None, str)
        else:
            self.spoken.show(self.rows, self._state.selected, self._label)

    def _repaint(self) -> None:
        self._layer = None
        self.update()

    def _label(self, frame: int) -> str:
        assert self._state is not None
        return shown(frame, self._state.shot.rate, self.count)

    def _playhead_area(self, frame: int) -> QRect:
        rows = self.rows
        box = paint.playhead_box(rows, self.font(), frame, self._label(frame))
        line = QRectF(self.span.middle(frame) - 1, 0, 2, self.height())
        return box.united(line).adjusted(-2, 0, 2, 0).toAlignedRect()

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's
        """What seldom changes comes from its own layer: while playing, only the playhead's place is painted."""
        painter = QPainter(self)
        if self._state is None:
            painter.fillRect(event.rect(), style.tokens().base)
            return
        layer = self._drawn_layer(self._state)
        ratio = layer.devicePixelRatio()
        area = QRectF(event.rect())
        painter.drawPixmap(area, layer, QRectF(area.topLeft() * ratio, area.size() * ratio))
        rows = self.rows
        self._shown_frame = self._state.frame
        paint.playhead(painter, rows, self.font(), self._state.frame, self._label(self._state.frame))
        for frame in self._ghosts:
            paint.ghost(painter, rows, frame, self._label(frame))
        if self._refusal:
            paint.refusal(painter, rows, self._refusal)
        if self._shows_focus:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(style.tokens().accent, 1))
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))

    def _drawn_layer(self, state: ShotState) -> QPixmap:
        ratio = self.devicePixelRatioF()
        size = (QRectF(self.rect()).size() * ratio).toSize()
        if self._layer is None or self._layer.size() != size or self._layer.devicePixelRatio() != ratio:
            self._layer = QPixmap(size)
            self._layer.setDevicePixelRatio(ratio)
            self._layer.fill(style.tokens().base)
            marks = state.marks if state.has_marks else None
            painter = QPainter(self._layer)
            paint.layer(
                painter,
                paint.Scene(
                    self.rows, state.shot, state.selected, marks, self.count, self._strip, self.font(), ratio
                ),
            )
            painter.end()
        return self._layer

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's
        """Dark and light, and another font."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange, QEvent.Type.FontChange):
            self._repaint()

    def resizeEvent(self, _event: QResizeEvent) -> None:  # noqa: N802 - Qt's
        """The same frames over another width."""
        self.look(self.span.sized(self.width()))

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's
        """Shown by a line around it, if the keyboard has brought it here."""
        super().focusInEvent(event)
        self._shows_focus = event.reason() in _BY_KEYS
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's
        """The line goes."""
        super().focusOutEvent(event)
        self._shows_focus = False
        self.update()

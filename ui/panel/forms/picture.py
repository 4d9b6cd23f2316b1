"""The selected still as it looks, small, with its size and its space."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QHBoxLayout, QWidget

from pai_studio.ui.panel import style
from pai_studio.ui.panel.forms.current import Current
from pai_studio.ui.panel.forms.fields import show_note, small_note
from pai_studio.ui.panel.pictures.sources import still_of
from pai_studio.ui.panel.rows import Thumb
from pai_studio.ui.panel.shots.thumbs import Thumbs


class StillPicture(QWidget):
    """Comes as soon as it is read; why it cannot be read stands beside it."""

    def __init__(self, current: Current, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._current = current
        self._thumbs = Thumbs(current.studio, self)
        self.thumb = Thumb(self)
        self.note = small_note(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(style.grid(2))
        row.addWidget(self.thumb)
        row.addWidget(self.note, 1)
        for signal in (current.selected_changed, current.shot_changed, current.replaced):
            signal.connect(self.refresh)
        self._thumbs.changed.connect(self.refresh)
        current.studio.view.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show what is selected now."""
        state = self._current.state
        selected = state.selected if state is not None else None
        if state is None or selected is None:
            self.thumb.show_picture(None)
            return
        ocio, ratio = state.shot.ocio, self.devicePixelRatioF()
        box = QSize(round(self.thumb.width() * ratio), round(self.thumb.height() * ratio))
        source = still_of(selected, ocio)
        found, fault = self._thumbs.get(source, 0, ocio, box), self._thumbs.fault(source, 0, ocio, box)
        self.thumb.show_picture(found.image if found is not None else None)
        if fault is not None:
            show_note(self.note, f"{fault.what[:1].upper()}{fault.what[1:]}", "bad")
        elif found is not None:
            show_note(self.note, f"{found.size[0]} x {found.size[1]}\n{found.space or 'data'}")
        else:
            show_note(self.note, "Reading")
        self.thumb.setAccessibleName(f"The still: {self.note.text()}")

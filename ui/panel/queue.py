"""The queue of renders: how far each is, what it makes, cancel and retry."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QImage, QKeyEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from pai_studio.ui.panel import style
from pai_studio.ui.panel.pictures.sources import plate_of
from pai_studio.ui.panel.rows import Elided, RowList, Thumb
from pai_studio.ui.panel.shots.thumbs import Thumbs
from pai_studio.ui.panel.state.job_store import Item
from pai_studio.ui.panel.state.studio import Studio
from pai_studio.ui.panel.state.wording import in_words

_WORDS = {
    "WAITING": "waits here",
    "CHECKING": "looking at the files",
    "CONNECTING": "connecting",
    "UPLOADING": "sending",
    "AWAY": "the server does not answer",
    "QUEUED": "queued at the server",
    "RUNNING": "rendering",
    "SUCCEEDED": "done",
    "FAILED": "failed",
    "CANCELLED": "cancelled",
}

_EXPLAINED = ("CHECKING", "CANCELLED")
"""States whose message says more than they do."""


class QueueView(QWidget):
    """One row for each render, in the order in which they run."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio, self._jobs = studio, studio.jobs
        self.setAccessibleName("Queue")
        self._list = RowList("Nothing is rendered. Ctrl+Return renders the shot that you look at.", self)
        self._list.setAccessibleName("Renders")
        self._list.setSelectionMode(RowList.SelectionMode.SingleSelection)
        self._clear = QToolButton(self)
        self._clear.setText("Clear finished")
        self._clear.setToolTip("Take what has ended off this list; its pictures stay")
        self._clear.clicked.connect(self._jobs.clear_ended)
        self._says = QLabel(self)
        self._says.setProperty("dim", True)
        foot = QHBoxLayout()
        foot.setContentsMargins(style.grid(2), style.grid(1), style.grid(2), style.grid(1))
        foot.addWidget(self._says, 1)
        foot.addWidget(self._clear)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._list, 1)
        column.addLayout(foot)
        self._rows: dict[str, QueueRow] = {}
        self._jobs.changed.connect(self._build)
        self._jobs.progressed.connect(self._refresh)
        self._thumbs = Thumbs(studio, self)
        self._thumbs.changed.connect(self._paint)
        studio.project.shots_changed.connect(self._paint)
        studio.view.changed.connect(self._paint)
        self._build()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's
        """Alt+Up and Alt+Down move a waiting render, Delete cancels one."""
        item = self._selected()
        by = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()), 0)
        if item is not None and by and event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self._jobs.move(item, max(self._jobs.items.index(item) + by, 0))
        elif item is not None and event.key() == Qt.Key.Key_Delete and not item.has_ended:
            self._jobs.cancel(item)
        else:
            super().keyPressEvent(event)

    def _selected(self) -> Item | None:
        at = self._list.currentRow()
        return self._jobs.items[at] if 0 <= at < len(self._jobs.items) else None

    def _build(self) -> None:
        """Rows in the order of the queue; the selected one stays selected, and a new one is seen."""
        order = [item.id for item in self._jobs.items]
        if order != list(self._rows):
            before, seen = set(self._rows), self._list.verticalScrollBar().value()
            at = self._list.currentRow()
            chosen = list(self._rows)[at] if 0 <= at < len(self._rows) else ""
            self._list.clear()
            self._rows = {}
            for item in self._jobs.items:
                row = QueueRow(item, self)
                self._list.put(row)
                self._rows[item.id] = row
            if chosen in order:
                self._list.setCurrentRow(order.index(chosen))
            self._list.doItemsLayout()
            self._list.verticalScrollBar().setValue(seen)
            if new := [at for at, key in enumerate(order) if key not in before]:
                self._list.scrollToItem(self._list.item(new[0]))
        self._refresh()
        self._paint()

    def _paint(self) -> None:
        """The plates' thumbnails, as the viewer would show them; of shots that are not open nothing is read."""
        opened = {str(state.path.absolute()): state.shot for state in self._studio.project.shots}
        for row in self._rows.values():
            shot = opened.get(row.document)
            if shot is not None:
                box = row.thumb.size() * row.devicePixelRatio()
                made = self._thumbs.get(plate_of(shot), shot.frames.first, shot.ocio, box)
                row.show_plate(made.image if made is not None else None)

    def _refresh(self) -> None:
        items = self._jobs.items
        is_held = self._jobs.runs_elsewhere
        for item in items:
            self._rows[item.id].show_item(item, is_held=is_held)
        running = sum(not one.has_ended and not one.is_waiting for one in items)
        waiting = sum(one.is_waiting for one in items)
        self._says.setText(_summary(running, waiting, is_held=is_held))
        self._clear.setEnabled(any(one.has_ended for one in items))

    def cancel(self, key: str) -> None:
        """For a row's button."""
        self._jobs.cancel(next(one for one in self._jobs.items if one.id == key))

    def retry(self, key: str) -> None:
        """For a row's button."""
        self._jobs.retry(next(one for one in self._jobs.items if one.id == key))


class QueueRow(QWidget):
    """Thumbnail, name, how far it is, and what can be done."""

    def __init__(self, item: Item, view: QueueView) -> None:
        super().__init__(view)
        self._item, self._view = item, view
        self._preview = b""
        self._plate: QImage | None = None
        self.thumb = Thumb(self)
        self.name = Elided(self)
        self.line = Elided(self, Qt.TextElideMode.ElideRight)
        self.line.setProperty("dim", True)
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        kept = self.bar.sizePolicy()
        kept.setRetainSizeWhenHidden(True)  # a row is as high before and after as while it runs
        self.bar.setSizePolicy(kept)
        self.cancel = self._button("Cancel", "Stop this render (Delete)")
        self.cancel.clicked.connect(self._cancel)
        self.retry = self._button("Retry", "Render it once more, as it was asked for")
        self.retry.clicked.connect(self._retry)
        self.copy = self._button("Copy error", "Copy the message")
        self.copy.clicked.connect(self._copy)
        self.name.setMinimumHeight(self.cancel.sizeHint().height())  # also where no button is shown
        words = QVBoxLayout()
        words.setSpacing(style.grid(0.5))
        head = QHBoxLayout()
        head.addWidget(self.name, 1)
        for button in (self.copy, self.retry, self.cancel):
            head.addWidget(button)
        words.addLayout(head)
        for widget in (self.line, self.bar):
            words.addWidget(widget)
        words.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(style.grid(2), style.grid(1.5), style.grid(2), style.grid(1.5))
        row.setSpacing(style.grid(2))
        row.addWidget(self.thumb)
        row.addLayout(words, 1)
        self.show_item(item)

    @property
    def document(self) -> str:
        """The artist's document."""
        return self._item.document

    def show_item(self, item: Item, *, is_held: bool = False) -> None:
        """Say how it is now; `is_held` while another panel runs the queue."""
        self._item = item
        mode = "" if item.mode == "render" else ", re-finish"
        version = f"  {_version(item.files)}" if item.files else ""
        self.name.setText(f"{item.shot}{version}{mode}")
        line = "waits for the other panel to close" if is_held and item.is_waiting else line_of(item)
        self.line.setText(line)
        self.line.setToolTip(item.error or line)
        self.setAccessibleName(f"{item.shot}{version}: {line}")
        is_open = not item.has_ended and not item.is_waiting
        self.bar.setVisible(is_open)
        self.bar.setRange(0, item.total if is_open else 1)
        self.bar.setValue(item.done)
        self.cancel.setVisible(not item.has_ended)
        self.cancel.setEnabled(not item.is_cancelling)
        self.retry.setVisible(item.state in ("FAILED", "CANCELLED"))
        self.copy.setVisible(bool(item.error))
        if item.preview != self._preview:
            self._preview = item.preview
            self._show_picture()

    def show_plate(self, image: QImage | None) -> None:
        """The shot's own picture, for as long as there is none of what is being made."""
        self._plate = image
        if not self._preview:
            self._show_picture()

    def _show_picture(self) -> None:
        if self._preview:
            self.thumb.show_picture(QImage.fromData(self._preview), "PREVIEW")
        else:
            self.thumb.show_picture(self._plate)

    def _button(self, text: str, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setText(text)
        button.setToolTip(tip)
        button.setAccessibleName(text)
        return button

    def _cancel(self) -> None:
        self._view.cancel(self._item.id)

    def _retry(self) -> None:
        self._view.retry(self._item.id)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._item.error)


def _summary(running: int, waiting: int, *, is_held: bool) -> str:
    """How many there are, and who else runs them; empty where there are none."""
    if is_held:
        return (
            f"{waiting} waiting: another panel runs the queue" if waiting else "Another panel runs the queue"
        )
    return f"{running} under way, {waiting} waiting" if running or waiting else ""


def line_of(item: Item) -> str:
    """Where a render is, in one line: phase, frames, time left."""
    if item.error:
        return f"failed: {in_words(item.error)}"
    if item.is_cancelling:
        return "cancelling"
    words = _WORDS[item.state]
    if item.state == "UPLOADING" and item.total:
        return f"{words}: {item.done / 1e6:.0f} of {item.total / 1e6:.0f} MB"
    if item.state != "RUNNING":
        return f"{words}: {item.message}" if item.message and item.state in _EXPLAINED else words
    parts = [item.phase or words]
    if item.total:
        parts.append(f"{item.done} of {item.total}")
    if item.frame is not None:
        parts.append(f"frame {item.frame}")
    if item.eta_s is not None:
        parts.append(f"{time_text(item.eta_s)} left")
    return ", ".join(parts)


def time_text(seconds: float) -> str:
    """`45 s`, `3 min`, `2 h 10 min`."""
    if seconds < 90:
        return f"{max(round(seconds), 1)} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"


def _version(files: str) -> str:
    from pai_studio.core.shot.naming import version_of

    version = version_of(files)
    return f"v{version:03d}" if version is not None else ""

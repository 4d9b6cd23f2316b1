"""The versions of the shot that is looked at: what each was made with, see it, take its settings back."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QImage
from PySide6.QtWidgets import QHBoxLayout, QLabel, QListWidgetItem, QToolButton, QVBoxLayout, QWidget

from pai_studio.core.media.display import Look
from pai_studio.ui.panel import style
from pai_studio.ui.panel.pictures.sources import pass_of
from pai_studio.ui.panel.rows import Elided, RowList, Thumb
from pai_studio.ui.panel.state.shot import ShotState
from pai_studio.ui.panel.state.studio import Studio
from pai_studio.ui.panel.state.versions import Version, changes, gaps_text, restored

_SCALE = 8
_LOOK = Look()


class HistoryView(QWidget):
    """Newest first. A click shows a version in the viewer, a double click restores its settings."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._state: ShotState | None = None
        self.setAccessibleName("Versions")
        self._list = RowList("No version yet. Each render becomes one, and none is ever overwritten.", self)
        self._list.setAccessibleName("Versions of this shot")
        self._list.currentRowChanged.connect(self._show_version)
        self._list.itemDoubleClicked.connect(self._restore_row)
        self._restore = self._button(
            "Restore settings", "Prompt, stills, engine and finishing of this version"
        )
        self._restore.clicked.connect(self.restore)
        self._folder = self._button("Show in folder", "Open the folder of its frames")
        self._folder.clicked.connect(self._open_folder)
        refresh = self._button("Look again", "Look for versions on disk")
        refresh.clicked.connect(self._refresh)
        foot = QHBoxLayout()
        foot.setContentsMargins(style.grid(2), style.grid(1), style.grid(2), style.grid(1))
        foot.setSpacing(style.grid(1))
        for button in (self._restore, self._folder):
            foot.addWidget(button)
        foot.addStretch(1)
        foot.addWidget(refresh)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._list, 1)
        column.addLayout(foot)
        self._rows: list[VersionRow] = []
        studio.versions.changed.connect(self._build)
        studio.project.current_changed.connect(self._follow)
        studio.pictures.arrived.connect(self._picture_came)
        studio.converted.arrived.connect(self._paint)
        self._follow()

    @property
    def versions(self) -> list[Version]:
        """What is listed, the newest first."""
        return list(reversed(self._studio.versions.of(self._studio.project.current)))

    def restore(self) -> None:
        """Take the selected version's settings back, as one edit."""
        state, version = self._state, self._chosen()
        if state is None or version is None:
            return
        if not version.shot:
            self._studio.faults.note(
                f"{version.label} does not tell what it was made with: its provenance is not there"
            )
            return
        state.edit(f"Restore {version.label}", restored(state.shot, version))

    def _button(self, text: str, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setText(text)
        button.setToolTip(tip)
        button.setAccessibleName(text)
        return button

    def _follow(self) -> None:
        if self._state is not None:
            self._state.shot_changed.disconnect(self._tell_changes)
        self._state = self._studio.project.current
        if self._state is not None:
            self._state.shot_changed.connect(self._tell_changes)
        self._build()

    def _build(self) -> None:
        versions = self.versions
        if [row.version for row in self._rows] != versions:
            chosen = self._chosen()
            self._list.blockSignals(True)
            self._list.clear()
            self._rows = []
            for version in versions:
                row = VersionRow(version, self)
                self._list.put(row)
                self._rows.append(row)
            if chosen is not None:
                numbers = [one.number for one in versions]
                self._list.setCurrentRow(numbers.index(chosen.number) if chosen.number in numbers else -1)
            self._list.blockSignals(False)
        self._tell_changes()
        self._paint()

    def _tell_changes(self) -> None:
        for at, row in enumerate(self._rows):
            changed = changes(self._state.shot, row.version) if self._state is not None and at == 0 else []
            row.tell(changed)
        has_one = self._chosen() is not None
        self._restore.setEnabled(has_one)
        self._folder.setEnabled(has_one)

    def _paint(self) -> None:
        for row in self._rows:
            if row.image is None:
                row.show_picture(self._image(row.version))

    def _image(self, version: Version) -> QImage | None:
        """The middle frame's beauty, small; None until it is read."""
        state = self._state
        if state is None:
            return None
        layout = version.delivery.layout
        source = pass_of(
            version.pattern,
            "beauty",
            version.frames,
            layout=layout,
            space=version.space,
            working="scene_linear",
        )
        middle = (version.frames.first + version.frames.last) // 2
        proxy = self._studio.pictures.get(source, middle, _SCALE)
        ready = (
            self._studio.converted.get(proxy, _LOOK, state.shot.ocio, fast=True)
            if proxy is not None
            else None
        )
        return ready.image if ready is not None else None

    def _picture_came(self, key: str, _frame: int) -> None:
        if any(key.startswith(row.version.pattern) and row.image is None for row in self._rows):
            self._paint()

    def _chosen(self) -> Version | None:
        at = self._list.currentRow()
        return self._rows[at].version if 0 <= at < len(self._rows) else None

    def _show_version(self, _row: int) -> None:
        version = self._chosen()
        if version is not None:
            self._studio.view.set(version=version.pattern, shows_plate=False)
        self._tell_changes()

    def _restore_row(self, _item: QListWidgetItem) -> None:
        self.restore()

    def _open_folder(self) -> None:
        version = self._chosen()
        if version is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(version.pattern).rpartition("/")[0]))

    def _refresh(self) -> None:
        self._studio.versions.refresh()


class VersionRow(QWidget):
    """Thumbnail, number, engine, date, and what is worth a look."""

    def __init__(self, version: Version, parent: QWidget) -> None:
        super().__init__(parent)
        self.version = version
        self.image: QImage | None = None
        self._thumb = Thumb(self)
        self._name = Elided(self, Qt.TextElideMode.ElideRight)
        self._line = Elided(self, Qt.TextElideMode.ElideRight)
        self._line.setProperty("dim", True)
        self._look = QLabel(self)
        self._look.setWordWrap(True)
        words = QVBoxLayout()
        words.setSpacing(style.grid(0.5))
        for widget in (self._name, self._line, self._look):
            words.addWidget(widget)
        words.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(style.grid(2), style.grid(1.5), style.grid(2), style.grid(1.5))
        row.setSpacing(style.grid(2))
        row.addWidget(self._thumb, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        made = datetime.fromtimestamp(version.made_at_s).strftime("%d %b %H:%M")
        unknown = "engine not told" if version.is_whole else "unfinished"
        parts = [version.engine or unknown, str(version.frames), made]
        self._line.setText("  ".join(parts))
        said = [text for text in (gaps_text(version), *version.findings) if text]
        self._look.setText("\n".join(said[:3]))
        self._look.setToolTip("\n".join(said))
        self._look.setVisible(bool(said))
        self.tell([])

    def tell(self, changed: list[str]) -> None:
        """Whether the document is still what this version was made of."""
        stale = f"  changed since: {', '.join(changed)}" if changed else ""
        self._name.setText(f"{self.version.label}{stale}")
        self.setAccessibleName(f"{self.version.label}{stale}, {self._line.text()}")

    def show_picture(self, image: QImage | None) -> None:
        """The thumbnail, once it is there."""
        self.image = image
        self._thumb.show_picture(image)

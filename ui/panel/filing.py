"""What comes into the window and goes out of it: opening, the demo, reloading, saving elsewhere, closing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog

from pai_studio.core.shot import timeline
from pai_studio.core.shot.inputs import MOVIES
from pai_studio.ui.panel.demo import DemoFilm
from pai_studio.ui.panel.opening import DOCUMENT, PICTURES, is_still, open_paths
from pai_studio.ui.panel.state.project import Opened
from pai_studio.ui.panel.state.shot import ShotState

if TYPE_CHECKING:
    from pai_studio.ui.panel.window import Window


class Filing(QObject):
    """Asks by the system's dialogs; looks at disks away from the window."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self._studio = window.studio
        self.demo = DemoFilm(self._studio.work, self)
        application = QCoreApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self.demo.close)

    def bind(self) -> None:
        """Let the parts ask."""
        shots, empty = self._window.shots, self._window.empty
        shots.open_wanted.connect(self.open_paths)
        shots.folder_wanted.connect(self.show_folder)
        shots.save_as_wanted.connect(self.save_as)
        shots.reload_wanted.connect(self.reload)
        shots.close_wanted.connect(self._studio.project.close)
        empty.open_wanted.connect(self.ask_files)
        empty.folder_wanted.connect(self.ask_folder)
        empty.recent_wanted.connect(self._open_one)
        empty.demo_wanted.connect(self.demo.start)
        empty.demo_cancelled.connect(self.demo.cancel)
        self.demo.changed.connect(self._show_demo)
        self.demo.filmed.connect(self._open_one)
        self.demo.failed.connect(self._studio.faults.tell)

    # Opening

    def open_paths(self, paths: Iterable[Path]) -> None:
        """Open files and folders; while a shot is open, pictures are stills for it."""
        wanted = list(paths)
        if self._studio.project.current is not None and wanted and all(map(is_still, wanted)):
            self._studio.work.run(
                lambda: all(path.is_file() for path in wanted),
                done=partial(self._place_or_open, wanted),
            )
        else:
            self._open(wanted)

    def _place_or_open(self, wanted: list[Path], are_files: bool) -> None:
        if are_files and self._studio.project.current is not None:
            self._window.commands.stills.add(wanted)
        else:
            self._open(wanted)

    def _open(self, wanted: Sequence[Path]) -> None:
        self._studio.work.run(
            lambda: open_paths(wanted),
            done=lambda opened: self._take_in(opened, wanted),
            failed=self._studio.faults.tell,
        )

    def _take_in(self, opened: Opened, paths: Sequence[Path]) -> None:
        """What they hold that could not be kept is told."""
        self._studio.project.add(opened)
        for path in paths:
            self._studio.memory.opened(path)
        for note in opened.notes:
            self._studio.faults.note(note)

    def _open_one(self, path: Path) -> None:
        self._open([path])

    def _show_demo(self) -> None:
        self._window.empty.show_demo(is_under_way=self.demo.is_under_way, share=self.demo.share)

    def ask_files(self) -> None:
        """A file dialog for anything that can be opened."""
        shown = " ".join(
            f"*{suffix}" for suffix in (DOCUMENT, *timeline.SUFFIXES, *sorted(MOVIES | PICTURES))
        )
        kinds = f"Shots, timelines, movies, pictures ({shown});;All files (*)"
        files, _ = QFileDialog.getOpenFileNames(self._window, "Open", self._folder(), kinds)
        if files:
            self.open_paths([Path(one) for one in files])

    def ask_folder(self) -> None:
        """A dialog for a folder."""
        folder = QFileDialog.getExistingDirectory(self._window, "Open a folder", self._folder())
        if folder:
            self.open_paths([Path(folder)])

    def ask_pictures(self, title: str) -> list[Path]:
        """A file dialog for stills; empty where none is chosen."""
        shown = " ".join(f"*{suffix}" for suffix in sorted(PICTURES))
        kinds = f"Pictures ({shown});;All files (*)"
        files, _ = QFileDialog.getOpenFileNames(self._window, title, self._folder(), kinds)
        return [Path(one) for one in files]

    def _folder(self) -> str:
        return str(self._studio.memory.get("folder", "") or Path.home())

    # Documents

    def show_folder(self, state: ShotState) -> None:
        """The folder of a shot's document, in the system's file manager."""
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(state.path.parent)))

    def reload(self, states: Iterable[ShotState]) -> None:
        """Documents as they are on disk, each as an edit that can be undone."""
        for state in states:
            state.reload(self._studio.faults.tell)

    def save_as(self, state: ShotState | None = None) -> None:
        """The document of a shot, the current one unless told, in another place from now on."""
        state = state or self._studio.project.current
        if state is None:
            return
        kinds = f"Shot documents (*{DOCUMENT})"
        file, _ = QFileDialog.getSaveFileName(self._window, "Save the shot as", str(state.path), kinds)
        if file:
            path = Path(file if file.endswith(DOCUMENT) else f"{file}{DOCUMENT}")
            self._studio.project.save_as(state, path)

    def close_shot(self) -> None:
        """Let the current shot go."""
        state = self._studio.project.current
        if state is not None:
            self._studio.project.close([state])

"""What the window's actions do: everything that concerns more than one part of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog

from pai_studio.core.shot import timeline
from pai_studio.core.shot.inputs import MOVIES
from pai_studio.ui.panel.demo import DemoFilm
from pai_studio.ui.panel.opening import DOCUMENT, PICTURES, is_still, open_paths
from pai_studio.ui.panel.shortcutsheet import ShortcutSheet
from pai_studio.ui.panel.state import edits
from pai_studio.ui.panel.state.jobs import Mode
from pai_studio.ui.panel.state.project import Opened
from pai_studio.ui.panel.state.shot import ShotState, Status

if TYPE_CHECKING:
    from pai_studio.ui.panel.window import Window

_EXPOSURE_STEP = 1 / 3


class Commands(QObject):
    """Knows the window's parts; each part knows the state alone."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self._studio = window.studio
        self._sheet: ShortcutSheet | None = None
        self._demo = DemoFilm(self._studio.work, self)
        application = QCoreApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self._demo.close)

    def calls(self) -> dict[str, Callable[[], object]]:
        """What to do by the name of the shortcut."""
        window, view, player = self._window, self._studio.view, self._studio.player
        viewer = window.viewer
        channels = {
            f"channel_{word}": (lambda channel=channel: view.set(channel=channel))
            for word, channel in (
                ("rgb", "rgb"),
                ("red", "R"),
                ("green", "G"),
                ("blue", "B"),
                ("alpha", "A"),
                ("luminance", "luminance"),
            )
        }
        return {
            "open": self.ask_files,
            "open_folder": self.ask_folder,
            "save_as": self.save_as,
            "close_shot": self.close_shot,
            "quit": window.close,
            "undo": lambda: self._with_shot(lambda state: state.undo.undo()),
            "redo": lambda: self._with_shot(lambda state: state.undo.redo()),
            "play": player.toggle,
            "forwards": player.forwards,
            "backwards": player.backwards,
            "stop": player.stop,
            "next_frame": lambda: self._step(1),
            "previous_frame": lambda: self._step(-1),
            "first_frame": lambda: self._with_shot(lambda state: state.go_to(state.shot.all_frames.first)),
            "last_frame": lambda: self._with_shot(lambda state: state.go_to(state.shot.all_frames.last)),
            "mark_in": lambda: self._with_shot(lambda state: state.mark(first=state.frame)),
            "mark_out": lambda: self._with_shot(lambda state: state.mark(last=state.frame)),
            "clear_marks": lambda: self._with_shot(ShotState.clear_marks),
            "next_shot": lambda: self._studio.project.step(1),
            "previous_shot": lambda: self._studio.project.step(-1),
            "add_still": lambda: self._with_shot(lambda state: self.ask_still(state.frame)),
            "remove_still": self.remove_still,
            "next_still": lambda: self._go_to_still(1),
            "previous_still": lambda: self._go_to_still(-1),
            "loop_stills": player.loop_between_stills,
            "frame_still": self.frame_still,
            "garbage": viewer.draw_garbage,
            "toggle": lambda: view.set(shows_plate=not view.now.shows_plate),
            "wipe": lambda: self._compare("wipe"),
            "difference": lambda: self._compare("difference"),
            "fit": viewer.fit,
            "one_to_one": viewer.one_to_one,
            "zoom_in": viewer.zoom_in,
            "zoom_out": viewer.zoom_out,
            "exposure_up": lambda: view.set(exposure_stops=view.now.exposure_stops + _EXPOSURE_STEP),
            "exposure_down": lambda: view.set(exposure_stops=view.now.exposure_stops - _EXPOSURE_STEP),
            "reset_view": lambda: view.set(exposure_stops=0.0, gamma=1.0),
            "render": lambda: self.render("render"),
            "refinish": lambda: self.render("refinish"),
            "render_all": self.render_all,
            "cancel": self.cancel,
            "full_screen": self._full_screen,
            "shortcuts": self.show_shortcuts,
            **channels,
        }

    def bind(self) -> None:
        """Let the parts ask."""
        window = self._window
        window.shots.open_wanted.connect(self.open_paths)
        window.shots.render_wanted.connect(self.render_these)
        window.shots.viewer_wanted.connect(window.viewer.canvas.setFocus)
        window.shots.folder_wanted.connect(self.show_folder)
        window.shots.save_as_wanted.connect(self.save_as)
        window.shots.reload_wanted.connect(self.reload)
        window.shots.close_wanted.connect(self._studio.project.close)
        window.empty.open_wanted.connect(self.ask_files)
        window.empty.folder_wanted.connect(self.ask_folder)
        window.empty.demo_wanted.connect(self._demo.start)
        window.empty.demo_cancelled.connect(self._demo.cancel)
        self._demo.changed.connect(self._show_demo)
        self._demo.filmed.connect(self._open_one)
        self._demo.failed.connect(self._studio.faults.tell)
        window.empty.recent_wanted.connect(self._open_one)
        window.stills.still_wanted.connect(self.add_stills)
        window.stills.add_wanted.connect(self.ask_stills)
        window.timeline.still_wanted.connect(self.ask_still)
        window.timeline.framing_wanted.connect(window.viewer.frame_still)
        window.form.render_wanted.connect(self.render)

    # Opening and closing

    def open_paths(self, paths: Iterable[Path]) -> None:
        """Open files and folders, away from the window; what they hold that could not be kept is told."""
        wanted = list(paths)
        if (
            wanted
            and all(path.is_file() and is_still(path) for path in wanted)
            and self._studio.project.current
        ):
            self.add_stills(wanted)
            return
        self._studio.work.run(
            lambda: open_paths(wanted),
            done=lambda opened: self._take_in(opened, wanted),
            failed=self._studio.faults.tell,
        )

    def _take_in(self, opened: Opened, paths: list[Path]) -> None:
        self._studio.project.add(opened)
        for path in paths:
            self._studio.memory.opened(path)
        for note in opened.notes:
            self._studio.faults.note(note)

    def ask_files(self) -> None:
        """A file dialog for anything that can be opened."""
        shown = " ".join(
            f"*{suffix}" for suffix in (DOCUMENT, *timeline.SUFFIXES, *sorted(MOVIES | PICTURES))
        )
        files, _ = QFileDialog.getOpenFileNames(
            self._window,
            "Open",
            self._folder(),
            f"Shots, timelines, movies, pictures ({shown});;All files (*)",
        )
        if files:
            self.open_paths([Path(one) for one in files])

    def _open_one(self, path: Path) -> None:
        self.open_paths([path])

    def _show_demo(self) -> None:
        self._window.empty.show_demo(is_under_way=self._demo.is_under_way, share=self._demo.share)

    def ask_folder(self) -> None:
        """A dialog for a folder."""
        folder = QFileDialog.getExistingDirectory(self._window, "Open a folder", self._folder())
        if folder:
            self.open_paths([Path(folder)])

    def show_folder(self, state: ShotState) -> None:
        """The folder of a shot's document, in the system's file manager."""
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(state.path.parent)))

    def reload(self, states: Iterable[ShotState]) -> None:
        """Documents as they are on disk, each as an edit that can be undone."""
        for state in states:
            state.reload(self._studio.faults.tell)

    def save_as(self, state: ShotState | None = None) -> None:
        """The shot's document in another place from now on."""
        state = state or self._studio.project.current
        if state is None:
            return
        file, _ = QFileDialog.getSaveFileName(
            self._window, "Save the shot as", str(state.path), f"Shot documents (*{DOCUMENT})"
        )
        if file:
            path = Path(file if file.endswith(DOCUMENT) else f"{file}{DOCUMENT}")
            self._studio.project.save_as(state, path)

    def close_shot(self) -> None:
        """Let the current shot go."""
        state = self._studio.project.current
        if state is not None:
            self._studio.project.close([state])

    # Stills

    def ask_still(self, frame: int) -> None:
        """A file dialog for a still at a frame."""
        files = self._pictures(f"Stills from frame {frame} on")
        if files:
            self.add_stills(files, frame)

    def _pictures(self, title: str) -> list[Path]:
        shown = " ".join(f"*{suffix}" for suffix in sorted(PICTURES))
        files, _ = QFileDialog.getOpenFileNames(
            self._window, title, self._folder(), f"Pictures ({shown});;All files (*)"
        )
        return [Path(one) for one in files]

    def ask_stills(self) -> None:
        """A file dialog for the bin."""
        files = self._pictures("Stills for the bin")
        if files:
            self._window.stills.add(files)

    def add_stills(self, files: list[Path], frame: int | None = None) -> None:
        """One still at a frame, the playhead's unless told; several spread over the shot."""
        state = self._studio.project.current
        if state is None:
            return
        span = state.shot.all_frames
        frames = (
            [state.frame if frame is None else frame] if len(files) == 1 else edits.spread(span, len(files))
        )
        text = "Add a still" if len(files) == 1 else f"Add {len(files)} stills"
        state.edit(text, edits.add_references(state.shot, [str(one) for one in files], frames))

    def remove_still(self) -> None:
        """Take the selected one away."""
        state = self._studio.project.current
        if state is not None and state.selected is not None:
            state.edit("Remove a still", edits.remove_reference(state.shot, state.selected))

    def frame_still(self) -> None:
        """Frame the selected still, or the one nearest to the playhead."""
        state = self._studio.project.current
        if state is None or not state.shot.references:
            return
        nearest = min(state.shot.references, key=lambda one: abs(one.frame - state.frame))
        self._window.viewer.frame_still(state.selected or nearest)

    # Rendering

    def render(self, mode: Mode) -> None:
        """Render the current shot."""
        state = self._studio.project.current
        if state is not None:
            self.render_these([state], mode)

    def render_these(self, states: list[ShotState], mode: Mode) -> None:
        """Put shots into the queue, each as it is now."""
        self._studio.jobs.add(states, mode)

    def render_all(self) -> None:
        """Every shot that is ready, or has changed since it was rendered."""
        ready = [one for one in self._studio.project.shots if one.status in (Status.READY, Status.STALE)]
        if ready:
            self.render_these(ready, "render")
        else:
            self._studio.faults.note("no shot is ready: each needs a still, and files that are there")

    def cancel(self) -> None:
        """Cancel what is under way of the current shot."""
        state = self._studio.project.current
        if state is not None:
            self._studio.jobs.cancel_of(state.path)

    # The rest

    def show_shortcuts(self) -> None:
        """The sheet on `?`."""
        self._sheet = self._sheet or ShortcutSheet(self._window)
        self._sheet.show()
        self._sheet.raise_()

    def _full_screen(self) -> None:
        window = self._window
        window.showNormal() if window.isFullScreen() else window.showFullScreen()

    def _compare(self, how: str) -> None:
        view = self._studio.view
        view.set(compare="none" if view.now.compare == how else how)

    def _step(self, by: int) -> None:
        self._studio.player.stop()
        self._with_shot(lambda state: state.go_to(state.frame + by * state.shot.all_frames.step))

    def _go_to_still(self, by: int) -> None:
        state = self._studio.project.current
        if state is None:
            return
        frames = sorted({one.frame for one in state.shot.references})
        beyond = [one for one in frames if (one - state.frame) * by > 0]
        if beyond:
            frame = min(beyond, key=lambda one: abs(one - state.frame))
            state.go_to(frame)
            state.select(next(one for one in state.shot.references if one.frame == frame))

    def _with_shot(self, call: Callable[[ShotState], object]) -> None:
        state = self._studio.project.current
        if state is not None:
            call(state)

    def _folder(self) -> str:
        return str(self._studio.memory.get("folder", "") or Path.home())

"""What the window's actions do: everything that concerns more than one part of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject

from pai_studio.ui.panel.filing import Filing
from pai_studio.ui.panel.placing import Placing
from pai_studio.ui.panel.shortcutsheet import ShortcutSheet
from pai_studio.ui.panel.state.jobs import Mode
from pai_studio.ui.panel.state.shot import ShotState, Status
from pai_studio.ui.panel.state.versions import refinish_fault
from pai_studio.ui.panel.state.view import Channel

if TYPE_CHECKING:
    from pai_studio.ui.panel.window import Window

Call = Callable[[], object]
_EXPOSURE_STEP = 1 / 3
_CHANNELS: dict[str, Channel] = {
    "channel_rgb": "rgb",
    "channel_red": "R",
    "channel_green": "G",
    "channel_blue": "B",
    "channel_alpha": "A",
    "channel_luminance": "luminance",
}


class Commands(QObject):
    """Knows the window's parts; each part knows the state alone."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self._studio = window.studio
        self._sheet: ShortcutSheet | None = None
        self.filing = Filing(window)
        self.stills = Placing(window)

    def calls(self) -> dict[str, Call]:
        """What to do by the name of the shortcut."""
        return {
            **self._filing(),
            **self._playing(),
            **self._placing(),
            **self._viewing(),
            **self._rendering(),
            "full_screen": self._full_screen,
            "shortcuts": self.show_shortcuts,
        }

    def bind(self) -> None:
        """Let the parts ask."""
        window = self._window
        self.filing.bind()
        self.stills.bind()
        window.shots.render_wanted.connect(self.render_these)
        window.shots.viewer_wanted.connect(window.viewer.canvas.setFocus)
        window.form.render_wanted.connect(self.render)

    # By group

    def _filing(self) -> dict[str, Call]:
        return {
            "open": self.filing.ask_files,
            "open_folder": self.filing.ask_folder,
            "save_as": self.filing.save_as,
            "close_shot": self.filing.close_shot,
            "quit": self._window.close,
            "undo": lambda: self._with_shot(lambda state: state.undo.undo()),
            "redo": lambda: self._with_shot(lambda state: state.undo.redo()),
        }

    def _playing(self) -> dict[str, Call]:
        player, project = self._studio.player, self._studio.project
        return {
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
            "next_shot": lambda: project.step(1),
            "previous_shot": lambda: project.step(-1),
        }

    def _placing(self) -> dict[str, Call]:
        return {
            "add_still": self.stills.ask_at_the_playhead,
            "remove_still": self.stills.remove,
            "next_still": lambda: self.stills.go(1),
            "previous_still": lambda: self.stills.go(-1),
            "loop_stills": self._studio.player.loop_between_stills,
            "frame_still": self.stills.frame,
            "garbage": self._window.viewer.draw_garbage,
        }

    def _viewing(self) -> dict[str, Call]:
        view, viewer = self._studio.view, self._window.viewer
        return {
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
            **{name: self._channel(channel) for name, channel in _CHANNELS.items()},
        }

    def _rendering(self) -> dict[str, Call]:
        return {
            "render": lambda: self.render("render"),
            "refinish": lambda: self.render("refinish"),
            "render_all": self.render_all,
            "cancel": lambda: self._with_shot(lambda state: self._studio.jobs.cancel_of(state.path)),
        }

    # Rendering

    def render(self, mode: Mode) -> None:
        """Render the current shot."""
        self._with_shot(lambda state: self.render_these([state], mode))

    def render_these(self, states: list[ShotState], mode: Mode) -> None:
        """Put shots into the queue, each as it is now; one that cannot be re-finished is told of instead."""
        able = states if mode == "render" else [one for one in states if self._has_generation(one)]
        if able:
            self._studio.jobs.add(able, mode)

    def _has_generation(self, state: ShotState) -> bool:
        fault = refinish_fault(state.shot, self._studio.versions.of(state))
        if fault:
            self._studio.faults.note(f"{state.shot.name}: {fault}")
        return not fault

    def render_all(self) -> None:
        """Every shot that is ready, or has changed since it was rendered."""
        ready = [one for one in self._studio.project.shots if one.status in (Status.READY, Status.STALE)]
        if ready:
            self.render_these(ready, "render")
        else:
            self._studio.faults.note("no shot is ready: each needs a still, and files that are there")

    # The rest

    def show_shortcuts(self) -> None:
        """The sheet on `?`."""
        self._sheet = self._sheet or ShortcutSheet(self._window)
        self._sheet.show()
        self._sheet.raise_()

    def _full_screen(self) -> None:
        window = self._window
        window.showNormal() if window.isFullScreen() else window.showFullScreen()

    def _channel(self, channel: Channel) -> Call:
        return lambda: self._studio.view.set(channel=channel)

    def _compare(self, how: Literal["wipe", "difference"]) -> None:
        view = self._studio.view
        view.set(compare="none" if view.now.compare == how else how)

    def _step(self, by: int) -> None:
        self._studio.player.stop()
        self._with_shot(lambda state: state.go_to(state.frame + by * state.shot.all_frames.step))

    def _with_shot(self, call: Callable[[ShotState], object]) -> None:
        state = self._studio.project.current
        if state is not None:
            call(state)

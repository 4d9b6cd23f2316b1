"""What is done with the stills of the current shot from menus, keys and drops."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from pai_studio.ui.panel.state import edits
from pai_studio.ui.panel.state.shot import ShotState

if TYPE_CHECKING:
    from pai_studio.ui.panel.window import Window


class Placing(QObject):
    """Does nothing while no shot is open."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self._studio = window.studio

    def bind(self) -> None:
        """Let the parts ask."""
        window = self._window
        window.stills.still_wanted.connect(self.add)
        window.stills.add_wanted.connect(self.ask_for_the_bin)
        window.timeline.still_wanted.connect(self.ask)
        window.timeline.framing_wanted.connect(window.viewer.frame_still)

    @property
    def _state(self) -> ShotState | None:
        return self._studio.project.current

    def ask(self, frame: int) -> None:
        """A file dialog for a still at a frame."""
        files = self._window.commands.filing.ask_pictures(f"Stills from frame {frame} on")
        if files:
            self.add(files, frame)

    def ask_at_the_playhead(self) -> None:
        """The same at the frame that is looked at."""
        if self._state is not None:
            self.ask(self._state.frame)

    def ask_for_the_bin(self) -> None:
        """A file dialog for the bin."""
        files = self._window.commands.filing.ask_pictures("Stills for the bin")
        if files:
            self._window.stills.add(files)

    def add(self, files: list[Path], frame: int | None = None) -> None:
        """One still at a frame, the playhead's unless told; several spread over the shot."""
        state = self._state
        if state is None:
            return
        for path in files:
            if not _can_be_written(path):
                shown = str(path).encode(errors="replace").decode()
                self._studio.faults.tell(
                    f"{shown}: its name is no UTF-8, which a document cannot hold; rename it"
                )
                return
        one_frame = [state.frame if frame is None else frame]
        frames = one_frame if len(files) == 1 else edits.spread(state.shot.all_frames, len(files))
        text = "Add a still" if len(files) == 1 else f"Add {len(files)} stills"
        state.edit(text, edits.add_references(state.shot, [str(one) for one in files], frames))

    def remove(self) -> None:
        """Take the selected one away."""
        state = self._state
        if state is not None and state.selected is not None:
            state.edit("Remove a still", edits.remove_reference(state.shot, state.selected))

    def frame(self) -> None:
        """Frame the selected still, or the one nearest to the playhead."""
        state = self._state
        if state is not None and state.shot.references:
            nearest = min(state.shot.references, key=lambda one: abs(one.frame - state.frame))
            self._window.viewer.frame_still(state.selected or nearest)

    def go(self, by: int) -> None:
        """To the next still in a direction, and select it."""
        state = self._state
        if state is None:
            return
        beyond = [one for one in state.shot.references if (one.frame - state.frame) * by > 0]
        if beyond:
            nearest = min(beyond, key=lambda one: abs(one.frame - state.frame))
            state.go_to(nearest.frame)
            state.select(nearest)


def _can_be_written(path: Path) -> bool:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True

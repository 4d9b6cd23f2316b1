"""The menu of a place on the timeline."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget
from shiboken6 import isValid

from pai_studio.core.shot.document import Reference
from pai_studio.ui.panel.opening import PICTURES
from pai_studio.ui.panel.pictures.converted import screen_of
from pai_studio.ui.panel.state import edits
from pai_studio.ui.panel.state.shot import ShotState
from pai_studio.ui.panel.state.studio import Studio

_OWN = "The file's own"


def fill(menu: QMenu, studio: Studio, state: ShotState, still: Reference) -> None:
    """What can be done with a still, beside framing it."""
    menu.addAction(f"Go to {still.frame}", lambda: state.go_to(still.frame))
    menu.addAction("Replace file…", lambda: _ask_file(menu.parentWidget(), state, still))
    _offer_spaces(menu.addMenu("Colour space"), studio, state, still)
    menu.addAction("Show in folder", lambda: show_folder(still))
    menu.addSeparator()
    menu.addAction("Remove", lambda: remove(state, still))


def remove(state: ShotState, still: Reference) -> None:
    """Take a still away."""
    state.edit("Remove a still", edits.remove_reference(state.shot, still))


def set_space(state: ShotState, still: Reference, space: str) -> None:
    """The space of a still's file; empty: what the file says itself."""
    _change(state, still, "Change colour space", colorspace=space)


def replace(state: ShotState, still: Reference, file: str) -> None:
    """Another picture at the same frame, framed in the same way."""
    _change(state, still, "Replace a still", file=file)


def _change(state: ShotState, still: Reference, text: str, **changed: Any) -> None:
    shot, new = edits.change_reference(state.shot, still, **changed)
    state.edit(text, shot)
    state.select(next((one for one in state.shot.references if one is new), None))


def _offer_spaces(menu: QMenu, studio: Studio, state: ShotState, still: Reference) -> None:
    """The spaces of the shot's config, once it is open: the first time takes a while."""
    ocio = state.shot.ocio
    menu.addAction("Reading the config").setEnabled(False)

    def fill_in(names: Sequence[str]) -> None:
        if not isValid(menu):  # closed meanwhile
            return
        menu.clear()
        for name in ("", *names):
            action = menu.addAction(name or _OWN, partial(set_space, state, still, name))
            action.setCheckable(True)
            action.setChecked(name == still.colorspace)

    studio.work.run(lambda: screen_of(ocio).config.spaces, done=fill_in, failed=studio.faults.tell)


def show_folder(still: Reference) -> None:
    """Where the file lies, in the system's file manager."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(still.file).parent)))


def _ask_file(parent: QWidget | None, state: ShotState, still: Reference) -> None:
    shown = " ".join(f"*{suffix}" for suffix in sorted(PICTURES))
    file, _ = QFileDialog.getOpenFileName(
        parent,
        f"The still at {still.frame}",
        str(Path(still.file).parent),
        f"Pictures ({shown});;All files (*)",
    )
    if file:
        replace(state, still, file)

"""The menu of a place on the timeline."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from pai_studio.core.shot.document import Reference
from pai_studio.ui.panel.opening import PICTURES
from pai_studio.ui.panel.state import edits
from pai_studio.ui.panel.state.shot import ShotState


def fill(menu: QMenu, state: ShotState, still: Reference) -> None:
    """What can be done with a still, beside framing it."""
    menu.addAction(f"Go to {still.frame}", lambda: state.go_to(still.frame))
    menu.addAction("Replace file…", lambda: _ask_file(menu.parentWidget(), state, still))
    menu.addAction("Show in folder", lambda: show_folder(still))
    menu.addSeparator()
    menu.addAction("Remove", lambda: remove(state, still))


def remove(state: ShotState, still: Reference) -> None:
    """Take a still away."""
    state.edit("Remove a still", edits.remove_reference(state.shot, still))


def replace(state: ShotState, still: Reference, file: str) -> None:
    """Another picture at the same frame, framed in the same way."""
    shot, new = edits.change_reference(state.shot, still, file=file)
    state.edit("Replace a still", shot)
    state.select(next((one for one in state.shot.references if one is new), None))


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

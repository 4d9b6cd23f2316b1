"""A timeline in the hands of a test."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF
from pytestqt.qtbot import QtBot

from pai_studio.ui.panel.state.shot import ShotState
from pai_studio.ui.panel.state.studio import Studio
from pai_studio.ui.panel.timeline import TimelineView


def shown(qtbot: QtBot, studio: Studio) -> TimelineView:
    """The timeline of the current shot, on the screen; 20 pixels a frame for 49 frames."""
    view = TimelineView(studio)
    qtbot.addWidget(view)
    view.resize(980, 200)
    view.show()
    qtbot.waitExposed(view)
    return view


def at(view: TimelineView, frame: int, y: float) -> QPoint:
    """The middle of a frame."""
    return QPointF(view.track.span.middle(frame), y).toPoint()


def frames(state: ShotState) -> list[int]:
    """Where the stills are anchored."""
    return [one.frame for one in state.shot.references]

"""What an assistive tool finds on the timeline, asked through Qt's own interface."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QAccessible
from pytestqt.qtbot import QtBot

from pai_studio.ui.panel.state import edits
from pai_studio.ui.panel.state.shot import ShotState
from pai_studio.ui.panel.state.studio import Studio
from pai_studio.ui.panel.timeline import TimelineView
from tests.ui.panel.shots import a_shot, opened


@pytest.fixture
def state(studio: Studio, tmp_path: Path) -> ShotState:
    return opened(studio, a_shot(tmp_path, stills=3), tmp_path)


@pytest.fixture
def view(qtbot: QtBot, studio: Studio, state: ShotState) -> TimelineView:
    view = TimelineView(studio)
    qtbot.addWidget(view)
    view.resize(900, 200)
    view.show()
    return view


def heard(view: TimelineView) -> list[tuple[str, str]]:
    track = QAccessible.queryAccessibleInterface(view.track)
    children = [track.child(at) for at in range(track.childCount())]
    kinds = QAccessible.Text
    return [(one.text(kinds.Name), one.text(kinds.Description)) for one in children]


def test_each_still_is_told_with_its_anchor_and_its_reach(view: TimelineView, state: ShotState) -> None:
    assert [name for name, _ in heard(view)] == [
        "Still 0.exr at 1001, leads from 1001 to 1013",
        "Still 1.exr at 1025, leads from 1013 to 1037",
        "Still 2.exr at 1049, leads from 1037 to 1049",
    ]
    state.select(state.shot.references[1])
    assert [said for _, said in heard(view)] == ["", "Selected", ""]


def test_what_is_told_follows_every_edit_and_lies_where_it_is_painted(
    view: TimelineView, state: ShotState
) -> None:
    shot, _ = edits.change_reference(state.shot, state.shot.references[0], frame=990)
    state.edit("Move", shot)
    assert heard(view)[0][0] == "Still 0.exr at 990, outside the shot"
    state.edit("Remove", edits.remove_reference(state.shot, state.shot.references[0]))
    assert len(heard(view)) == 2
    state.undo.undo()
    assert len(heard(view)) == 3
    view.resize(700, 200)
    assert [one.geometry() for one in view.track.spoken.stills] == [
        one.toRect() & view.track.rect() for one in view.track.rows.thumbs
    ]
    view._next_count()
    assert "at 00:00:" in heard(view)[1][0]


def test_the_mouse_goes_through_to_the_timeline(qtbot: QtBot, view: TimelineView, state: ShotState) -> None:
    place = view.track.rows.thumbs[1].center().toPoint()
    assert view.track.childAt(place) is None
    assert view.track.spoken.stills[1].geometry().intersects(QRect(place, place))
    qtbot.mouseClick(view.track, Qt.MouseButton.LeftButton, pos=place)
    assert state.selected is state.shot.references[1]


def test_the_selected_still_is_announced(qtbot: QtBot, view: TimelineView, state: ShotState) -> None:
    view.track.setFocus()
    qtbot.keyClick(view.track, Qt.Key.Key_Tab)
    assert heard(view)[0][1] == "Selected"

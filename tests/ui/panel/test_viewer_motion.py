"""What the viewer shows while something moves, where memory does not hold the whole shot."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from pai_studio.core.shot.frames import FrameRange
from pai_studio.ui.panel.state.shot import ShotState
from pai_studio.ui.panel.state.studio import Studio
from pai_studio.ui.panel.viewer import Viewer
from pai_studio.ui.panel.viewer.ahead import beside
from tests.ui.panel.files import plate
from tests.ui.panel.shots import a_shot, opened
from tests.ui.panel.test_viewer import settle, viewing

FRAME_BYTES = 64 * 36 * 8


@pytest.fixture
def state(studio: Studio, tmp_path: Path) -> ShotState:
    plate(tmp_path / "plate", range(1001, 1006))
    studio.pictures.set_limit(3 * FRAME_BYTES)
    return opened(studio, a_shot(tmp_path, frames=[1001, 1005]), tmp_path)


@pytest.fixture
def viewer(qtbot: QtBot, studio: Studio, state: ShotState) -> Iterator[Viewer]:
    with viewing(studio) as viewer:
        settle(qtbot, viewer)
        yield viewer


def scale_of(viewer: Viewer) -> int:
    (side,) = viewer.feed.sides
    assert side.proxy is not None
    return side.proxy.scale


def test_what_plays_is_as_small_as_memory_asks_and_whole_when_it_stands(
    qtbot: QtBot, viewer: Viewer, studio: Studio, state: ShotState
) -> None:
    assert scale_of(viewer) == 1
    source = viewer.feed.sides[0].wanted.source
    qtbot.waitUntil(lambda: len(studio.pictures.held(source, 2)) == 5)
    studio.player.toggle()
    qtbot.waitUntil(lambda: state.frame > 1001 and scale_of(viewer) == 2)
    assert viewer.feed.scale == 2
    studio.player.stop()
    settle(qtbot, viewer)
    qtbot.waitUntil(lambda: scale_of(viewer) == 1)
    qtbot.waitUntil(lambda: len(studio.pictures.held(source, 2)) == 5)


def test_a_chosen_size_is_kept_in_play(
    qtbot: QtBot, viewer: Viewer, studio: Studio, state: ShotState
) -> None:
    studio.view.set(scale=1)
    state.go_to(1004)
    assert viewer.feed.scale == 1


def test_frames_are_read_ahead_while_it_plays(
    qtbot: QtBot, viewer: Viewer, studio: Studio, state: ShotState
) -> None:
    source = viewer.feed.sides[0].wanted.source
    qtbot.waitUntil(lambda: studio.pictures.is_idle)
    studio.player.toggle()
    qtbot.waitUntil(lambda: state.frame > 1001)
    studio.pictures.forget(source.key)
    studio.pictures.prefetch(source, [], 2)
    qtbot.waitUntil(lambda: len(studio.pictures.held(source, 2)) == 5)
    assert studio.player.is_playing


def test_the_player_counts_what_is_painted(
    qtbot: QtBot, viewer: Viewer, studio: Studio, state: ShotState
) -> None:
    player = studio.player
    player.toggle()
    qtbot.waitUntil(lambda: player._painted is not None and player._painted > 1002)
    player._painted = None
    viewer.feed.sides[0].is_late = True
    viewer.surface.repaint()
    assert player._painted is None


def test_the_nearest_frames_come_first() -> None:
    assert beside(1004, FrameRange(1001, 1010)) == [1004, 1003, 1005, 1002, 1006, 1001, 1007]
    assert beside(1001, FrameRange(1001, 1007, 2)) == [1001, 1003, 1005, 1007]

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from pai_studio.core.shot.frames import FrameRange
from pai_studio.ui.panel.state import edits
from pai_studio.ui.panel.state.player import Player, looped
from pai_studio.ui.panel.state.shot import ShotState
from pai_studio.ui.panel.state.studio import Studio
from tests.ui.panel.shots import a_shot, opened


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def state(studio: Studio, tmp_path: Path) -> ShotState:
    return opened(studio, a_shot(tmp_path, stills=2), tmp_path)


@pytest.fixture
def player(studio: Studio, state: ShotState, clock: Clock) -> Player:
    return Player(studio.project, studio, clock=clock)


def at(player: Player, clock: Clock, seconds: float) -> None:
    clock.now += seconds
    player.tick()


def test_late_frames_are_left_out_and_time_does_not_drift(
    player: Player, state: ShotState, clock: Clock
) -> None:
    player.toggle()
    at(player, clock, 0.5)
    assert state.frame == 1001 + int(Fraction(24000, 1001) / 2)
    for _ in range(1000):
        at(player, clock, 0.0101)
    gone = Fraction(clock.now - 1000) * Fraction(24000, 1001)
    assert state.frame == looped(1001 + int(gone), FrameRange(1001, 1049))


def test_a_repeated_key_is_faster_and_the_other_one_turns(
    player: Player, state: ShotState, clock: Clock
) -> None:
    speeds = []
    for key in (player.forwards,) * 5 + (player.backwards,) * 2 + (player.stop, player.toggle, player.toggle):
        key()
        speeds.append(player.speed)
    assert speeds == [1, 2, 4, 8, 8, -1, -2, 0, 1, 0]
    state.go_to(1020)
    player.backwards()
    at(player, clock, 0.9 / 24)
    assert state.frame == 1020
    at(player, clock, 1 / 24)
    assert state.frame == 1019


def test_it_goes_on_from_where_somebody_puts_the_playhead(
    player: Player, state: ShotState, clock: Clock
) -> None:
    player.toggle()
    at(player, clock, 0.2)
    state.go_to(1040)
    at(player, clock, 0.0)
    assert state.frame == 1040
    at(player, clock, 0.1)
    assert state.frame == 1042


def test_marks_are_looped_and_so_is_what_lies_between_two_stills(
    player: Player, state: ShotState, clock: Clock
) -> None:
    state.go_to(1010)
    player.loop_between_stills()
    assert (state.marks, player.speed) == (FrameRange(1001, 1025), 1)
    at(player, clock, 16 / 23.976)
    assert state.frame in (1001, 1002)
    player.loop_between_stills()
    assert not state.has_marks
    state.edit("No stills", edits.with_references(state.shot, []))
    player.loop_between_stills()
    assert state.marks == FrameRange(1001, 1049)


def test_marks_that_are_set_while_it_plays_do_not_make_it_jump(
    player: Player, state: ShotState, clock: Clock
) -> None:
    player.toggle()
    at(player, clock, 7.1)
    before = state.frame
    state.mark(1003)
    at(player, clock, 0.01)
    assert state.frame == before
    at(player, clock, 1 / 23.976)
    assert state.frame == before + 1


def test_a_shot_of_every_second_frame_plays_only_these(studio: Studio, clock: Clock, tmp_path: Path) -> None:
    state = opened(studio, a_shot(tmp_path, frames=[1001, 1049, 2]), tmp_path)
    player = Player(studio.project, studio, clock=clock)
    player.toggle()
    seen = set()
    for _ in range(200):
        at(player, clock, 0.03)
        seen.add(state.frame)
    assert seen == set(range(1001, 1050, 2))


def test_another_shot_stops_it(player: Player, studio: Studio, qtbot: QtBot) -> None:
    player.toggle()
    studio.project.look_at(None)
    assert not player.is_playing
    player.toggle()
    assert not player.is_playing


def test_what_was_painted_is_counted_and_not_what_was_gone_to(
    player: Player, state: ShotState, clock: Clock
) -> None:
    player.toggle()
    for _ in range(60):
        at(player, clock, 1 / 30)
        player.painted(state.frame)
        player.painted(state.frame)  # the same picture again
    assert player.measured == pytest.approx(24, rel=0.05)
    assert not player.is_behind
    for turn in range(99):
        at(player, clock, 1 / 30)
        if turn % 3 == 0:
            player.painted(state.frame)
    assert player.measured == pytest.approx(10, rel=0.05)
    assert player.is_behind
    for _ in range(90):
        at(player, clock, 1 / 30)
    assert player.measured == 0
    assert (player.wanted, player.is_behind) == (pytest.approx(23.976, abs=1e-3), True)
    player.stop()
    assert not player.is_behind


@given(st.integers(-10_000, 10_000), st.integers(-100, 100), st.integers(0, 50))
@settings(max_examples=50)
def test_looping_stays_inside_and_keeps_the_step(frame: int, first: int, length: int) -> None:
    marks = FrameRange(first, first + length)
    here, then = looped(frame, marks), looped(frame + 1, marks)
    assert here in marks
    assert then in (here + 1, marks.first)

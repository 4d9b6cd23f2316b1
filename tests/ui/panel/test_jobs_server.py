"""A server that hangs, dies or answers late holds up neither the window nor anything in it but its own render."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from pai_studio.server.app import Server
from pai_studio.ui.panel.history import HistoryView
from pai_studio.ui.panel.queue import QueueView
from pai_studio.ui.panel.state.job_store import Item
from pai_studio.ui.panel.state.shot import ShotState
from pai_studio.ui.panel.state.studio import Studio
from pai_studio.ui.panel.window import Window
from tests.hosts.conftest import TOKEN, Gate
from tests.ui.panel.lines import Line, Pulse
from tests.ui.panel.queued import (
    LONG_MS,
    ended,
    gated_fixture,  # noqa: F401
    one_by_one_fixture,  # noqa: F401
    shot_fixture,  # noqa: F401
    states_fixture,  # noqa: F401
)

MOST_S = 0.25
"""How long the window may be held up."""

LATE_S = 1.0
VERY_LONG_MS = 120_000


@pytest.fixture
def line(served: Server) -> Iterator[Line]:
    """Between the panel and its server."""
    made = Line(served.address)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PAI_SERVER", made.address)
        yield made
    made.close()


@pytest.fixture
def pulse(qtbot: QtBot, studio: Studio) -> Pulse:
    """Of a window with the queue and the versions."""
    for view in (QueueView(studio), HistoryView(studio)):
        qtbot.addWidget(view)
        view.show()
    return Pulse()


@pytest.fixture
def rendering(qtbot: QtBot, studio: Studio, gated: Callable[..., ShotState], line: Line) -> Item:
    """A render that is under way, over that line."""
    item = studio.jobs.add([gated()])[0]
    qtbot.waitUntil(lambda: item.state == "RUNNING", timeout=LONG_MS)
    return item


def turn(qtbot: QtBot, pulse: Pulse, beats: int = 30) -> None:
    """Let the loop go round."""
    until = pulse.beats + beats
    qtbot.waitUntil(lambda: pulse.beats > until)


def test_a_server_that_never_answers_holds_up_nothing(
    qtbot: QtBot, line: Line, studio: Studio, pulse: Pulse, states: Callable[..., ShotState]
) -> None:
    line.hang()
    item = studio.jobs.add([states()])[0]
    qtbot.waitUntil(lambda: item.state == "CONNECTING", timeout=LONG_MS)
    turn(qtbot, pulse)
    studio.jobs.cancel(item)
    assert item.is_cancelling
    turn(qtbot, pulse)
    studio.close()
    assert pulse.look() < MOST_S


def test_a_server_that_falls_silent_in_a_render_holds_up_nothing_and_may_go_on(
    qtbot: QtBot, line: Line, pulse: Pulse, rendering: Item, gate: Gate
) -> None:
    line.hang()
    gate.let(1001, 1002, 1003)
    turn(qtbot, pulse)
    assert rendering.state == "RUNNING"
    line.flow()
    assert ended(qtbot, rendering) == ["SUCCEEDED"]
    assert pulse.look() < MOST_S


@pytest.mark.long
def test_a_line_that_breaks_in_a_render_holds_up_nothing_and_is_taken_up_again(
    qtbot: QtBot, line: Line, pulse: Pulse, rendering: Item, gate: Gate
) -> None:
    line.die()
    qtbot.waitUntil(lambda: rendering.state == "AWAY", timeout=LONG_MS)
    turn(qtbot, pulse)
    line.come_back()
    gate.let(1001, 1002, 1003)
    assert ended(qtbot, rendering) == ["SUCCEEDED"]
    assert pulse.look() < MOST_S


def test_a_late_server_holds_up_nothing(
    qtbot: QtBot, line: Line, studio: Studio, pulse: Pulse, states: Callable[..., ShotState]
) -> None:
    line.delay_s = 0.015
    item = studio.jobs.add([states()])[0]
    assert ended(qtbot, item) == ["SUCCEEDED"], item.error
    assert pulse.look() < MOST_S


@pytest.mark.long
def test_answers_that_come_seconds_late_come_all_the_same(
    qtbot: QtBot, line: Line, studio: Studio, pulse: Pulse, states: Callable[..., ShotState]
) -> None:
    line.delay_s = LATE_S
    item = studio.jobs.add([states()])[0]
    qtbot.waitUntil(lambda: item.has_ended, timeout=VERY_LONG_MS)
    assert item.state == "SUCCEEDED", item.error
    assert pulse.look() < MOST_S


@pytest.mark.long
def test_a_cancelled_render_ends_here_though_the_server_hangs(
    qtbot: QtBot, line: Line, studio: Studio, pulse: Pulse, gated: Callable[..., ShotState]
) -> None:
    silent, running = studio.jobs.add([gated("A"), gated("B")])
    qtbot.waitUntil(lambda: bool(running.job), timeout=LONG_MS)
    line.hang()
    late = studio.jobs.add([gated("C")])[0]
    for item in (silent, running):
        studio.jobs.cancel(item)
    assert ended(qtbot, silent, running) == ["CANCELLED"] * 2
    assert "could not be told" in running.message
    qtbot.waitUntil(lambda: late.state == "CONNECTING", timeout=LONG_MS)
    studio.jobs.cancel(late)
    assert ended(qtbot, late) == ["CANCELLED"]
    assert "nothing has answered yet" in late.message
    assert pulse.look() < MOST_S


SERVE = """
import sys
from pathlib import Path
from pai_studio.server.app import run
from tests.hosts.conftest import settings
run(settings(Path(sys.argv[1]), listen=sys.argv[2]), lambda address: print(address, flush=True))
"""


def serve(folder: Path, listen: str) -> tuple[subprocess.Popen[str], str]:
    """A server as a process of its own, and its address."""
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(folder), listen],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([os.environ["PYTHONPATH"], *sys.path])},
    )
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


@pytest.mark.usefixtures("surroundings")
@pytest.mark.long
def test_the_whole_window_lives_on_while_its_server_is_killed_in_a_render(
    qtbot: QtBot, studio: Studio, gated: Callable[..., ShotState], gate: Gate, tmp_path: Path
) -> None:
    window = Window(studio)
    qtbot.addWidget(window)
    window.show()
    process, address = serve(tmp_path / "server", "127.0.0.1:0")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PAI_SERVER", address)
        patch.setenv("PAI_TOKEN", TOKEN)
        patch.setenv("PAI_PATIENCE_S", "2")
        state = gated()
        qtbot.waitUntil(lambda: studio.work.is_idle, timeout=LONG_MS)
        item = studio.jobs.add([state])[0]
        qtbot.waitUntil(lambda: item.state == "RUNNING", timeout=LONG_MS)
        pulse = Pulse()
        process.kill()
        process.communicate()
        qtbot.waitUntil(lambda: item.state == "AWAY", timeout=LONG_MS)
        assert ended(qtbot, item) == ["FAILED"]
        assert address in item.error
        assert pulse.look() < MOST_S
        process, _ = serve(tmp_path / "server", address)  # which waits for it here
        pulse = Pulse()
        gate.let(1001, 1002, 1003)
        studio.jobs.retry(item)
        assert ended(qtbot, item) == ["SUCCEEDED"], item.error
    assert pulse.look() < MOST_S
    process.terminate()
    process.communicate()

"""Who runs the queue: one panel of a user, and the next one as soon as that has gone, however it went."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from pai_studio.core import config
from pai_studio.server.app import Server
from pai_studio.ui.panel.queue import QueueView
from pai_studio.ui.panel.state import jobs
from pai_studio.ui.panel.state.file_lock import FileLock
from pai_studio.ui.panel.state.shot import ShotState
from pai_studio.ui.panel.state.studio import Studio
from tests.ui.panel.conftest import watched
from tests.ui.panel.queued import LONG_MS, shot_fixture, states_fixture  # noqa: F401
from tests.ui.panel.shots import opened

Holder = Callable[[Path], subprocess.Popen[str]]
HOLDER = """
import sys
from pathlib import Path
from pai_studio.ui.panel.state.file_lock import FileLock
lock = FileLock(Path(sys.argv[1]))
assert lock.take()
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[Holder]:
    """Another process that holds a lock until it is killed."""
    made: list[subprocess.Popen[str]] = []

    def hold(path: Path) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", HOLDER, str(path)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        made.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        return process

    yield hold
    for one in made:
        one.kill()
        one.communicate()


def test_a_lock_is_free_at_once_when_its_holder_was_killed(holder: Holder, tmp_path: Path) -> None:
    path = tmp_path / "deep" / "lock"
    process = holder(path)
    lock = FileLock(path)
    assert not lock.take()
    process.kill()
    process.wait()
    assert lock.take()
    assert not FileLock(path).take()  # nor for another one in this very process
    lock.release()
    assert FileLock(path).take()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Panels that look for the lock more often than they do."""
    monkeypatch.setattr(jobs, "_LOOK_MS", 20)


def test_what_a_second_panel_queues_runs_by_itself_when_the_first_has_gone(
    qtbot: QtBot, served: Server, quick: None, studio: Studio, states: Callable[..., ShotState]
) -> None:
    qtbot.waitUntil(lambda: studio.jobs._is_ours)
    second = Studio()
    broken = watched(second.work)
    view = QueueView(second)
    qtbot.addWidget(view)
    qtbot.waitUntil(lambda: second.jobs.runs_elsewhere)
    assert "another panel runs the queue" in second.faults.all[-1].line
    state = states("A")
    item = second.jobs.add([opened(second, state.shot, state.path.parent)])[0]
    assert view._rows[item.id].line.text() == "waits for the other panel to close"
    assert view._says.text() == "1 waiting: another panel runs the queue"
    other = studio.jobs.add([states("B")])[0]  # the first one saves its own queue over it
    qtbot.waitUntil(lambda: other.has_ended, timeout=LONG_MS)
    assert item.is_waiting
    studio.close()
    qtbot.waitUntil(lambda: item.has_ended, timeout=LONG_MS)
    assert item.state == "SUCCEEDED", item.error
    assert [one.shot for one in second.jobs.items] == ["B", "A"]
    second.close()
    assert broken == []


def test_a_panel_that_was_killed_leaves_its_queue_to_the_next(
    qtbot: QtBot,
    quick: None,
    holder: Holder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PAI_STATE_DIR", str(tmp_path))
    process = holder(config.state_dir() / "panel" / "jobs" / "queue.lock")
    studio = Studio()
    broken = watched(studio.work)
    qtbot.waitUntil(lambda: studio.jobs.runs_elsewhere)
    process.kill()
    qtbot.waitUntil(lambda: studio.jobs._is_ours)
    assert not studio.jobs.runs_elsewhere
    studio.close()
    assert broken == []


def test_the_queue_is_let_go_of_after_its_last_save(
    qtbot: QtBot, studio: Studio, states: Callable[..., ShotState]
) -> None:
    qtbot.waitUntil(lambda: studio.jobs._is_ours)
    folder = config.state_dir() / "panel" / "jobs"
    lock, disk = FileLock(folder / "queue.lock"), threading.Event()
    studio.work.run(disk.wait, lane="disk")
    studio.jobs.add([states(f"S{number}") for number in range(3)])
    studio.jobs.close()
    assert not lock.take()  # the save waits for the disk
    disk.set()
    studio.work.close()
    assert lock.take()
    assert (folder / "queue.json").read_text().count('"shot"') == 3


def test_a_state_folder_that_cannot_be_written_is_told_once(
    qtbot: QtBot, quick: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "panel").write_text("a file is in the way")
    monkeypatch.setenv("PAI_STATE_DIR", str(tmp_path))
    studio = Studio()
    looks = []
    studio.jobs._look_again.timeout.connect(lambda: looks.append(1))
    qtbot.waitUntil(lambda: len(looks) > 2)
    assert sum("queue.lock" in one.line for one in studio.faults.all) == 1
    studio.close()

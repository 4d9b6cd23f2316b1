"""The queue against a real server, whose engine does what a caption asks for; and against servers that misbehave."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from pai_studio.server.api.client import Client
from pai_studio.server.app import Server
from pai_studio.ui.panel.state import edits
from pai_studio.ui.panel.state.job_store import Item, JobStore, plain
from pai_studio.ui.panel.state.jobs import _note
from pai_studio.ui.panel.state.shot import ShotState
from pai_studio.ui.panel.state.studio import Studio
from tests.hosts.conftest import TOKEN, Gate
from tests.server.conftest import until
from tests.ui.panel.conftest import watched
from tests.ui.panel.files import plate
from tests.ui.panel.shots import a_shot, opened

LONG_MS = 20_000


@pytest.fixture
def shot(tmp_path: Path) -> Callable[..., Any]:
    """`shot("SH010", gate=...)`: three frames and a still on disk, with wishes for the engine."""

    def make(name: str = "SH010", **wishes: Any) -> Any:
        folder = tmp_path / name
        pattern = plate(folder, frames=range(1001, 1004), size=(8, 4), colorInteropID="lin_ap1_scene")
        still = folder / "SH010.1001.exr"
        made = a_shot(
            folder,
            name=name,
            frames=[1001, 1003],
            plate={"files": str(pattern), "colorspace": "ACEScg"},
            references=[{"file": str(still), "frame": 1001, "colorspace": "ACEScg"}],
        )
        return edits.change(made, "prompt", caption=json.dumps(wishes))

    return make


@pytest.fixture
def states(studio: Studio, shot: Callable[..., Any], tmp_path: Path) -> Callable[..., ShotState]:
    return lambda name="SH010", **wishes: opened(studio, shot(name, **wishes), tmp_path / name)


def ended(qtbot: QtBot, *items: Item) -> list[str]:
    qtbot.waitUntil(lambda: all(item.has_ended for item in items), timeout=LONG_MS)
    return [item.state for item in items]


def test_a_render_comes_back_as_a_version_and_the_next_one_as_the_next(
    qtbot: QtBot, served: Server, studio: Studio, states: Callable[..., ShotState], tmp_path: Path
) -> None:
    state = states(show={"1002": 700})
    first = studio.jobs.add([state])[0]
    state.edit("Type", edits.change(state.shot, "prompt", caption="no JSON: the copy is what is rendered"))
    assert ended(qtbot, first) == ["SUCCEEDED"], first.error
    assert first.files == str(tmp_path / "SH010" / "SH010" / "v001" / "SH010_v001.####.exr")
    assert sorted(path.name for path in Path(first.files).parent.glob("*.exr")) == [
        f"SH010_v001.{n}.exr" for n in (1001, 1002, 1003)
    ]
    studio.jobs.retry(first)  # has succeeded: nothing to try again
    state.undo.undo()
    second = studio.jobs.add([state])[0]
    assert ended(qtbot, second) == ["SUCCEEDED"], second.error
    assert "SH010_v002" in second.files


def test_waiting_ones_can_be_moved_and_run_in_that_order(
    qtbot: QtBot, served: Server, studio: Studio, states: Callable[..., ShotState], gate: Gate
) -> None:
    order: list[str] = []
    studio.jobs.ended.connect(lambda item: order.append(item.shot))
    items = studio.jobs.add([states("A", gate=str(gate.folder)), states("B"), states("C")])
    qtbot.waitUntil(lambda: items[0].state == "RUNNING", timeout=LONG_MS)
    assert [one.state for one in items[1:]] == ["WAITING", "WAITING"]
    studio.jobs.move(items[2], 1)
    studio.jobs.move(items[0], 2)  # runs: stays
    gate.let(1001, 1002, 1003)
    assert ended(qtbot, *items) == ["SUCCEEDED"] * 3
    assert order == ["A", "C", "B"]
    studio.jobs.clear_ended()
    assert studio.jobs.items == []


def test_a_cancel_stops_the_job_at_the_server_and_a_retry_does_it_after_all(
    qtbot: QtBot, served: Server, studio: Studio, states: Callable[..., ShotState], gate: Gate
) -> None:
    state = states(gate=str(gate.folder))
    running, waiting = studio.jobs.add([state, state])
    qtbot.waitUntil(lambda: bool(running.job), timeout=LONG_MS)
    job = running.job
    studio.jobs.cancel_of(state.path)
    assert waiting.state == "CANCELLED"
    assert ended(qtbot, running) == ["CANCELLED"]
    with Client(served.address, TOKEN) as client:
        until(lambda: client.job(job).state == "CANCELLED")
    gate.let(1001, 1002, 1003)
    studio.jobs.retry(running)
    assert ended(qtbot, running) == ["SUCCEEDED"], running.error


def test_what_fails_says_why_and_the_next_one_goes_on(
    qtbot: QtBot, served: Server, studio: Studio, states: Callable[..., ShotState], tmp_path: Path
) -> None:
    broken, sound = states("A"), states("B")
    (tmp_path / "A" / "SH010.1002.exr").unlink()
    items = studio.jobs.add([broken, sound])
    assert ended(qtbot, *items) == ["FAILED", "SUCCEEDED"]
    assert "1002" in items[0].error
    assert studio.faults.all[-1].line.startswith("A: ")


def test_a_closed_panel_s_render_is_gone_on_with_by_the_next_one(
    qtbot: QtBot, served: Server, studio: Studio, states: Callable[..., ShotState], gate: Gate
) -> None:
    items = studio.jobs.add([states("A", gate=str(gate.folder)), states("B")])
    qtbot.waitUntil(lambda: bool(items[0].job), timeout=LONG_MS)
    studio.close()
    again = Studio()
    broken = watched(again.work)
    assert [one.shot for one in again.jobs.items] == ["A", "B"]
    gate.let(1001, 1002, 1003)
    assert ended(qtbot, *again.jobs.items) == ["SUCCEEDED"] * 2, [one.error for one in again.jobs.items]
    assert again.jobs.items[0].job == items[0].job
    again.close()
    assert broken == []


@pytest.fixture
def silent(surroundings: pytest.MonkeyPatch) -> Iterator[None]:
    """A server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener, pytest.MonkeyPatch.context() as patch:
        patch.setenv("PAI_SERVER", f"127.0.0.1:{listener.getsockname()[1]}")
        patch.setenv("PAI_TOKEN", TOKEN)
        yield


def test_a_server_that_never_answers_does_not_hold_up_the_window(
    qtbot: QtBot, silent: None, studio: Studio, states: Callable[..., ShotState]
) -> None:
    item = studio.jobs.add([states()])[0]
    qtbot.waitUntil(lambda: item.state == "CONNECTING", timeout=LONG_MS)
    studio.jobs.cancel(item)
    assert item.message == "cancelling"
    studio.close()  # at once: this test's time limit is the proof


def test_a_queue_that_cannot_be_read_is_set_aside(studio: Studio, tmp_path: Path) -> None:
    store = JobStore(tmp_path / "jobs")
    assert store.take()
    store.save(plain([Item("A", "/a.shot.json", state="RUNNING", preview=b"x")]))
    assert [one.shot for one in store.load()[0]] == ["A"]
    (tmp_path / "jobs" / "queue.json").write_text('{"items": [{"shot": 5, "no": 1}]}')
    found, said = store.load()
    assert found == []
    assert "cannot be read" in said
    assert len(list((tmp_path / "jobs").glob("*.broken.json"))) == 1


def test_one_panel_runs_a_queue_until_it_has_gone(tmp_path: Path) -> None:
    first, second = JobStore(tmp_path), JobStore(tmp_path)
    assert first.take()
    assert not second.take()
    first.release()
    assert second.take()
    (tmp_path / "lock").write_text("999999999")  # of one that was killed
    assert JobStore(tmp_path).take()


def test_what_a_second_panel_queues_runs_when_the_first_has_gone(
    qtbot: QtBot, served: Server, studio: Studio, states: Callable[..., ShotState], tmp_path: Path
) -> None:
    second = Studio()
    broken = watched(second.work)
    assert "another panel runs the queue" in second.faults.all[-1].line
    state = opened(second, states("A").shot, tmp_path / "A")
    item = second.jobs.add([state])[0]
    studio.jobs.add([states("B")])  # the first one saves its own queue over it
    qtbot.waitUntil(lambda: all(one.has_ended for one in studio.jobs.items), timeout=LONG_MS)
    studio.close()
    second.jobs._next()
    assert ended(qtbot, item) == ["SUCCEEDED"], item.error
    second.close()
    assert broken == []


def test_a_shot_without_a_still_fails_in_the_queue_with_what_to_do(
    qtbot: QtBot, served: Server, studio: Studio, tmp_path: Path
) -> None:
    state = opened(studio, a_shot(tmp_path), tmp_path)
    item = studio.jobs.add([state])[0]
    assert ended(qtbot, item) == ["FAILED"]
    assert "references: there is none" in item.error


def test_bytes_that_were_sent_are_no_frames() -> None:
    item = Item("SH010", "/a", state="UPLOADING", phase="upload", done=26_712_216, total=26_712_216)
    assert _note(item, {"state": "RUNNING"})
    assert (item.phase, item.done, item.total) == ("", 0, 0)
    _note(item, {"state": "RUNNING", "phase": "check", "done": 3, "total": 35})
    assert not _note(item, {"state": "RUNNING", "frame": 1003})
    assert (item.phase, item.done, item.total, item.frame) == ("check", 3, 35, 1003)

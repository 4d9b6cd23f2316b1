"""The queue against a real server, whose engine does what a caption asks for; and against servers that misbehave."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from pai_studio.core import config
from pai_studio.server.api.client import Client
from pai_studio.server.app import Server
from pai_studio.ui.panel.state import edits
from pai_studio.ui.panel.state.job_store import Item, JobStore, Kept, plain
from pai_studio.ui.panel.state.shot import ShotState
from pai_studio.ui.panel.state.studio import Studio
from tests.hosts.conftest import TOKEN, Gate
from tests.server.conftest import until
from tests.ui.panel.conftest import watched
from tests.ui.panel.queued import (
    LONG_MS,
    ended,
    gated_fixture,  # noqa: F401
    one_by_one_fixture,  # noqa: F401
    shot_fixture,  # noqa: F401
    states_fixture,  # noqa: F401
)
from tests.ui.panel.shots import a_shot, opened


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
    qtbot: QtBot, one_by_one: Server, studio: Studio, states: Callable[..., ShotState], gate: Gate
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
    qtbot: QtBot, one_by_one: Server, studio: Studio, states: Callable[..., ShotState], gate: Gate
) -> None:
    state = states(gate=str(gate.folder))
    running, waiting = studio.jobs.add([state, state])
    qtbot.waitUntil(lambda: bool(running.job), timeout=LONG_MS)
    job = running.job
    studio.jobs.cancel_of(state.path)
    assert waiting.state == "CANCELLED"
    assert ended(qtbot, running) == ["CANCELLED"]
    with Client(one_by_one.address, TOKEN) as client:
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
    qtbot.waitUntil(lambda: [one.shot for one in again.jobs.items] == ["A", "B"])
    gate.let(1001, 1002, 1003)
    assert ended(qtbot, *again.jobs.items) == ["SUCCEEDED"] * 2, [one.error for one in again.jobs.items]
    assert again.jobs.items[0].job == items[0].job
    again.close()
    assert broken == []


def test_a_queue_that_cannot_be_read_is_set_aside(tmp_path: Path) -> None:
    store = JobStore(tmp_path / "jobs")
    assert store.take_over() == Kept()
    store.save(plain([Item("A", "/a.shot.json", state="RUNNING", preview=b"x")]))
    kept = store.take_over()
    assert kept is not None
    assert [one.shot for one in kept.items] == ["A"]
    (tmp_path / "jobs" / "queue.json").write_text('{"items": [{"shot": 5, "no": 1}]}')
    broken = store.take_over()
    assert broken is not None
    assert broken.items == ()
    assert "cannot be read" in broken.fault
    assert len(list((tmp_path / "jobs").glob("*.broken.json"))) == 1


def test_a_shot_without_a_still_fails_in_the_queue_with_what_to_do(
    qtbot: QtBot, served: Server, studio: Studio, tmp_path: Path
) -> None:
    state = opened(studio, a_shot(tmp_path), tmp_path)
    item = studio.jobs.add([state])[0]
    assert ended(qtbot, item) == ["FAILED"]
    assert "references: there is none" in item.error


def test_bytes_that_were_sent_are_no_frames() -> None:
    item = Item("SH010", "/a", state="UPLOADING", phase="upload", done=26_712_216, total=26_712_216)
    assert item.hear({"state": "RUNNING"})
    assert (item.phase, item.done, item.total) == ("", 0, 0)
    item.hear({"state": "RUNNING", "phase": "check", "done": 3, "total": 35})
    assert not item.hear({"state": "RUNNING", "frame": 1003})
    assert (item.phase, item.done, item.total, item.frame) == ("check", 3, 35, 1003)


def test_as_many_run_at_once_as_the_server_has_workers_and_each_becomes_its_own_version(
    qtbot: QtBot, served: Server, studio: Studio, states: Callable[..., ShotState], gate: Gate
) -> None:
    state = states(gate=str(gate.folder))
    items = studio.jobs.add([state, state, state])
    qtbot.waitUntil(
        lambda: [one.state for one in items] == ["RUNNING", "RUNNING", "WAITING"], timeout=LONG_MS
    )
    gate.let(1001, 1002, 1003)
    assert ended(qtbot, *items) == ["SUCCEEDED"] * 3, [one.error for one in items]
    assert [Path(one.files).parent.name for one in items] == ["v001", "v002", "v003"]


def test_what_was_queued_before_the_queue_has_been_read_joins_what_was_there(
    qtbot: QtBot, studio: Studio, states: Callable[..., ShotState]
) -> None:
    studio.close()
    folder = config.state_dir() / "panel" / "jobs"
    JobStore(folder).save(plain([Item("OLD", "/old.shot.json", state="FAILED", ended_s=time.time())]))
    again = Studio()
    broken = watched(again.work)
    path = states("NEW").path
    assert again.jobs.items == []  # nothing was read in the window's thread
    item = again.jobs.add([opened(again, a_shot(path.parent), path.parent)])[0]
    qtbot.waitUntil(lambda: [one.shot for one in again.jobs.items] == ["OLD", item.shot])
    again.close()
    assert broken == []
    assert [one["shot"] for one in json.loads((folder / "queue.json").read_text())["items"]] == [
        "OLD",
        item.shot,
    ]


def test_an_item_whose_copy_is_gone_says_so_and_holds_up_nothing(
    qtbot: QtBot, served: Server, studio: Studio, states: Callable[..., ShotState]
) -> None:
    studio.close()
    lost = Item("LOST", "/lost.shot.json")
    JobStore(config.state_dir() / "panel" / "jobs").save(plain([lost]))
    again = Studio()
    broken = watched(again.work)
    qtbot.waitUntil(lambda: [one.state for one in again.jobs.items] == ["FAILED"], timeout=LONG_MS)
    assert "the queue's copy of the document is gone; take it off the list" in again.jobs.items[0].error
    again.close()
    assert broken == []


@pytest.mark.parametrize("how", ["waits", "unheard", "begun"])
def test_a_cancelled_render_of_the_last_session_is_stopped_at_the_server(
    qtbot: QtBot, one_by_one: Server, studio: Studio, gated: Callable[..., ShotState], how: str
) -> None:
    """While it waits for its turn, also where the panel was killed before it had heard of the job; or has begun."""
    first, second = studio.jobs.add([gated("A"), gated("B")])
    qtbot.waitUntil(lambda: bool(first.job), timeout=LONG_MS)
    studio.close()
    store = JobStore(config.state_dir() / "panel" / "jobs")
    kept = replace(first, job="") if how == "unheard" else first
    earlier = replace(second, state="QUEUED", request=str(uuid.uuid4()), files="/promised_v001.####.exr")
    kept.state = "UPLOADING"
    store.save(plain([kept] if how == "begun" else [earlier, kept]))
    again = Studio()
    broken = watched(again.work)
    qtbot.waitUntil(lambda: bool(again.jobs.items))
    item = again.jobs.items[-1]
    assert (item.id in again.jobs._runs) == (how == "begun")
    again.jobs.cancel(item)
    assert ended(qtbot, item) == ["CANCELLED"]
    assert item.message == ""
    with Client(one_by_one.address, TOKEN) as client:
        until(lambda: client.job(first_job(client, "A")).state == "CANCELLED")
    again.close()
    assert broken == []


def first_job(client: Client, shot_name: str) -> str:
    return next(one.name for one in client.jobs() if one.shot_name == shot_name)


def test_a_panel_that_closes_while_it_cancels_does_so_at_its_next_start(
    qtbot: QtBot, one_by_one: Server, studio: Studio, gated: Callable[..., ShotState]
) -> None:
    item = studio.jobs.add([gated()])[0]
    qtbot.waitUntil(lambda: bool(item.job), timeout=LONG_MS)
    studio.close()
    JobStore(config.state_dir() / "panel" / "jobs").save(plain([replace(item, is_cancelling=True)]))
    again = Studio()
    broken = watched(again.work)
    qtbot.waitUntil(lambda: [one.state for one in again.jobs.items] == ["CANCELLED"], timeout=LONG_MS)
    with Client(one_by_one.address, TOKEN) as client:
        until(lambda: client.job(item.job).state == "CANCELLED")
    again.close()
    assert broken == []


def test_nothing_is_left_of_a_cancel_that_came_too_late() -> None:
    item = Item("A", "/a", state="RUNNING", is_cancelling=True, message="writing", eta_s=3.0, preview=b"x")
    item.end("SUCCEEDED")
    assert (item.is_cancelling, item.message, item.eta_s, item.preview) == (False, "", None, b"")

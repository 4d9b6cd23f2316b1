"""Workers that die, hang, disobey or fail: the server lives, jobs go on or end with a typed error."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

import pytest

from pai_studio.core.shot.errors import Cancelled, EngineFailed, OutOfResources
from pai_studio.server.pool import Worker, WorkerDied


def _gone(pid: int) -> bool:
    """Whether a process has ended (a zombie that its parent has yet to reap has)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def _messages(client, name):
    return [event.message for event in client.watch(name)]


def _all_is_heard(client, name, clock, until):
    """Wait till the server has taken in the last that a worker says before frame 1002.

    What it took in after a jump of the clock would count as of then, and nothing would ever be late.
    """

    def is_heard():
        clock.now += 0.21  # progress is told at intervals
        return client.job(name).done == 1

    until(is_heard)


@pytest.mark.parametrize("how", ["kill", "exit"])
def test_a_worker_that_dies_is_replaced_and_the_job_resumes_with_its_frames(client, shot, tmp_path, how):
    document = shot(die={"1003": how})
    rendered = client.render(document)
    assert len(rendered.files) == 5
    assert any("trying once more" in message for message in _messages(client, rendered.job.name))
    made = (tmp_path / "data/generations/made-S").read_text().split()
    assert made == ["1001", "1002", "1003", "1004"]  # none twice
    assert not list((tmp_path / "data/jobs").iterdir())


def test_a_worker_that_dies_twice_fails_the_job_and_not_the_next(client, shot, tmp_path):
    with pytest.raises(EngineFailed, match=r"SIGKILL.*twice"):
        client.render(shot(die={"1003": "kill"}, always=True))
    assert len(client.render(shot("T")).files) == 5
    assert not list((tmp_path / "data/jobs").iterdir())


def test_a_worker_that_is_frozen_is_replaced_by_the_clock(start, connected, shot, clock, until):
    server = start(clock=clock, heartbeat_s=30.0)
    client = connected(server)
    name = client.submit(shot(die={"1002": "freeze"})).name
    pid = _frozen_child(until)
    _all_is_heard(client, name, clock, until)
    clock.now += 31
    messages = _messages(client, name)
    assert any("no sign of life for 30 s" in message for message in messages)
    assert client.job(name).state == "SUCCEEDED"
    assert _gone(pid)


def test_a_worker_that_beats_but_does_nothing_is_replaced_by_the_clock(start, connected, shot, clock, until):
    server = start(clock=clock, heartbeat_s=1e9, stall_s=600.0)
    client = connected(server)
    name = client.submit(shot(die={"1002": "hang"})).name
    until((server.settings.data_dir / "generations/died-S-1002").exists)
    _all_is_heard(client, name, clock, until)
    clock.now += 601
    messages = _messages(client, name)
    assert any("no progress for 600 s" in message for message in messages)
    assert client.job(name).state == "SUCCEEDED"


def test_a_worker_whose_library_holds_the_interpreter_computes_and_is_not_frozen(
    start, connected, shot, clock, until
):
    server = start(clock=clock, heartbeat_s=30.0, stall_s=600.0)
    client = connected(server)
    name = client.submit(shot(die={"1002": "hold"})).name
    until((server.settings.data_dir / "generations/died-S-1002").exists)
    _all_is_heard(client, name, clock, until)
    clock.now += 601  # far beyond both limits: what it died of says which of them counted
    messages = _messages(client, name)
    assert any("no progress for 600 s" in message for message in messages)
    assert not any("no sign of life" in message for message in messages)
    assert client.job(name).state == "SUCCEEDED"


def test_a_stall_limit_of_zero_never_takes_a_worker_for_hung(clock):
    for stall_s in (600.0, 0.0):
        worker = Worker("fake_render:render", heartbeat_s=1e9, stall_s=stall_s, grace_s=1.0, clock=clock)
        worker.wait_ready(60.0, lambda: False)
        clock.now += 1e6
        with pytest.raises(WorkerDied, match="no progress") if stall_s else contextlib.nullcontext():
            assert worker.next() is None
        worker.kill()


def _frozen_child(until):
    def find():
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if fields[0] == "T" and int(fields[1]) == os.getpid():
                return int(stat.parent.name)
        return None

    return until(find)


def test_a_deaf_worker_is_killed_with_its_children_within_the_grace(  # noqa: PLR0917
    start, connected, shot, gate, until, tmp_path
):
    client = connected(start(grace_s=0.4))
    pids = tmp_path / "pids"
    name = client.submit(shot(gate=str(gate()), deaf=str(pids))).name
    until((tmp_path / "gate/1001.reached").exists)
    worker, child = map(int, pids.read_text().split())
    client.cancel(name)
    assert [event.state for event in client.watch(name)][-1] == "CANCELLED"
    until(lambda: _gone(worker) and _gone(child))


def test_cancel_in_every_state(client, shot, gate, until, tmp_path):
    running = client.submit(shot("A", gate=str(gate(1001)))).name
    queued = client.submit(shot("B")).name
    until((tmp_path / "gate/1002.reached").exists)
    assert client.cancel(queued).state == "CANCELLED"
    client.cancel(running)
    assert [event.state for event in client.watch(running)][-1] == "CANCELLED"
    assert client.cancel(running).state == "CANCELLED"
    done = client.render(shot("C")).job.name
    assert client.cancel(done).state == "SUCCEEDED"
    assert client.job(queued).state == "CANCELLED"
    assert not list((tmp_path / "data/jobs").iterdir())
    assert not list((tmp_path / "data").rglob("*.tmp"))


def test_cancel_leaves_the_worker_warm(client, shot, gate, until, tmp_path):
    name = client.submit(shot("A", gate=str(gate()))).name
    until((tmp_path / "gate/1001.reached").exists)
    before = _children()
    client.cancel(name)
    list(client.watch(name))
    client.render(shot("B"))
    assert before
    assert _children() == before


def _children() -> set[int]:
    found: set[int] = set()
    for one in Path(f"/proc/{os.getpid()}/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # a thread that has ended meanwhile
            found |= {int(pid) for pid in (one / "children").read_text().split()}
    return found


@pytest.mark.parametrize(
    ("how", "kind", "say"),
    [
        ("oom", OutOfResources, "out of memory"),
        ("device", OutOfResources, "out of memory"),
        ("full", OutOfResources, "disk is full"),
        ("raise", EngineFailed, "no kernel"),
    ],
)
def test_an_engine_s_own_fault_ends_its_job_with_a_typed_error(client, shot, how, kind, say):
    with pytest.raises(kind, match=say):
        client.render(shot(die={"1002": how}))
    assert len(client.render(shot("T")).files) == 5


def test_an_engine_that_does_not_load_is_said(start, connected, shot):
    client = connected(start(render="no_such_module:render"))
    with pytest.raises(EngineFailed, match="does not load"):
        client.render(shot())


def test_a_worker_ends_with_its_server(settings, shot, gate, until, tmp_path):
    import subprocess
    import sys

    from pai_studio.server.api.client import Client

    code = (
        "from pathlib import Path; from pai_studio.server.app import run;"
        "from pai_studio.server.settings import ServerSettings as S;"
        f"run(S(data_dir=Path({str(tmp_path / 'data')!r}), token={'t' * 20!r}, render='fake_render:render'))"
    )
    server = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    address = server.stdout.readline().split()[-1]
    with Client(address, "t" * 20) as client:
        name = client.submit(shot(gate=str(gate(1001, 1002)))).name
        until((tmp_path / "gate/1003.reached").exists)
        until(lambda: len(client.outputs(name)) == 2)  # a frame the server has not heard of is made again
        listed = subprocess.check_output(["ps", "-o", "pid=", "--ppid", str(server.pid)], text=True).split()
        server.send_signal(signal.SIGKILL)
        server.wait()
    server.stdout.close()
    assert listed
    until(lambda: all(_gone(int(pid)) for pid in listed))
    # The same data folder again: the acknowledged job is there, and goes on with the frames it had.
    gate(1003, 1004)
    from pai_studio.server.app import Server

    again = Server(settings())
    with Client(again.start(), settings().token) as client:
        assert [event.state for event in client.watch(name)][-1] == "SUCCEEDED"
        assert len(client.fetch(name, tmp_path / "fetched")) == 5
    again.stop()
    assert (tmp_path / "data/generations/made-S").read_text().split() == ["1001", "1002", "1003", "1004"]


def test_a_graceful_stop_puts_the_job_back_and_a_restart_goes_on(  # noqa: PLR0917
    start, connected, shot, gate, until, tmp_path
):
    server = start()
    client = connected(server)
    name = client.submit(shot(gate=str(gate(1001)))).name
    waiting = client.submit(shot("T")).name
    until((tmp_path / "gate/1002.reached").exists)
    server.stop()
    gate(1002, 1003, 1004)
    client = connected(start())
    events = list(client.watch(name))
    assert "put off: the server stops" in [event.message for event in events]
    assert events[-1].state == "SUCCEEDED"
    assert [event.state for event in client.watch(waiting)][-1] == "SUCCEEDED"
    assert (tmp_path / "data/generations/made-S").read_text().split() == ["1001", "1002", "1003", "1004"]


def test_a_client_follows_over_a_restart_of_the_server(start, connected, shot, gate, until, tmp_path):  # noqa: PLR0917
    first = start()
    client = connected(first)
    name = client.submit(shot(gate=str(gate(1001)))).name
    stream = client.watch(name)
    seen = [next(stream)]
    until((tmp_path / "gate/1002.reached").exists)
    first.stop()
    start(listen=first.address)
    gate(1002, 1003, 1004)
    seen += stream
    assert [event.seq for event in seen] == list(range(1, len(seen) + 1))
    assert seen[-1].state == "SUCCEEDED"


def test_a_watcher_that_vanishes_harms_nobody_and_events_replay(client, shot, gate, until, tmp_path):
    name = client.submit(shot(gate=str(gate(1001)))).name
    stream = client.watch(name)
    first = next(stream)
    stream.close()
    gate(1002, 1003, 1004)
    rest = list(client.watch(name, after=first.seq))
    assert [event.seq for event in rest] == list(range(first.seq + 1, first.seq + 1 + len(rest)))
    assert rest[-1].state == "SUCCEEDED"
    assert list(client.watch(name, after=rest[-1].seq)) == []


def test_a_job_cancelled_by_another_client_is_said(client, shot, gate):
    def on_event(event):
        if event.phase == "frames":
            (job,) = client.jobs()
            client.cancel(job.name)

    with pytest.raises(Cancelled):
        client.render(shot(gate=str(gate())), on_event=on_event)

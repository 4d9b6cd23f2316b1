"""Pace, store and small helpers, on their own."""

from __future__ import annotations

import sqlite3

import pytest

from pai_studio.core.shot.document import Shot
from pai_studio.core.shot.errors import AlreadyThere, BadInput
from pai_studio.server.api import studio_pb2 as pb
from pai_studio.server.api.inputs import gathered, named_inputs, source_folders
from pai_studio.server.run import Pace
from pai_studio.server.store import Store

SPEC = pb.JobSpec(shot=b"{}", mode=pb.RENDER)


def said(done, phase="frames", frame=None):
    return {"phase": phase, "done": done, "total": 10, "frame": frame, "message": ""}


def test_the_eta_follows_the_phase_s_own_rate(clock):
    pace = Pace(clock)
    first = pace.offer(said(0))
    assert first is not None
    assert not first.HasField("eta_s")
    clock.now += 4
    assert pace.offer(said(2)).eta_s == pytest.approx(16)
    clock.now += 100
    other = pace.offer(said(5, "write"))
    assert not other.HasField("eta_s")  # what was done before the phase began tells nothing
    clock.now += 1
    assert pace.offer(said(6, "write")).eta_s == pytest.approx(4)
    clock.now += 1
    assert pace.offer(said(3)).eta_s == pytest.approx((4 + 100 + 1 + 1) / 3 * 7)  # phases may alternate


def test_quick_progress_is_thinned_but_the_last_is_not_lost(clock):
    pace = Pace(clock)
    assert pace.offer(said(0)) is not None
    assert [pace.offer(said(n)) for n in range(1, 5)] == [None] * 4
    assert pace.due() is None
    clock.now += 0.2
    assert pace.due().done == 4
    assert pace.due() is None
    assert pace.offer(said(0, "write")) is not None  # a new phase is told at once


def test_a_store_outlives_its_process(tmp_path):
    path = tmp_path / "db"
    store = Store(path)
    job, is_new = store.create("r1", SPEC, "S", 10)
    assert is_new
    # As after SIGKILL: nothing is closed.
    again = Store(path)
    assert again.job(job.name).state == pb.QUEUED
    assert again.create("r1", SPEC, "S", 10)[0].name == job.name
    with pytest.raises(AlreadyThere):
        again.create("r1", pb.JobSpec(shot=b"other"), "S", 10)
    claim = again.claim()
    assert claim.spec == SPEC
    assert again.claim() is None
    final = Store(path)
    assert final.recover() == 1
    assert [event.message for event in final.events(job.name, 0)][-1] == "the server was restarted"


def test_a_cancel_that_a_dead_server_left_is_honoured(tmp_path):
    store = Store(tmp_path / "db")
    name = store.create("r1", SPEC, "S", 10)[0].name
    store.claim()
    store.ask_cancel(name)
    assert Store(tmp_path / "db").recover() == 0
    assert store.job(name).state == pb.CANCELLED


def test_the_database_is_durable_and_of_a_known_version(tmp_path):
    store = Store(tmp_path / "db")
    assert store._db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert store._db.execute("PRAGMA synchronous").fetchone()[0] == 2
    other = sqlite3.connect(tmp_path / "db")
    other.execute("PRAGMA user_version = 99")
    with pytest.raises(BadInput, match="newer"):
        Store(tmp_path / "db")


def test_an_output_made_again_the_same_is_one_event(tmp_path):
    store = Store(tmp_path / "db")
    name = store.create("r1", SPEC, "S", 10)[0].name
    job_id = store.claim().id
    for digest in ("a", "a", "b"):
        store.output(job_id, pb.Output(path="x", digest=digest, size=1, frame=-5))
    assert [event.output.digest for event in store.events(name, 0) if event.HasField("output")] == ["a", "b"]
    ((output,), _) = store.outputs(name, 0, "")
    assert (output.digest, output.frame) == ("b", -5)


def test_gathered_files_get_short_names_that_cannot_collide(tmp_path):
    for path in ("a/S.1001.exr", "b/S.1001.exr", "c/x.exr", "d/x.exr"):
        (tmp_path / path).parent.mkdir()
        (tmp_path / path).write_bytes(path.encode())
    shot = Shot.model_validate(
        {
            "schema": "pai-studio/shot/1",
            "name": "S",
            "rate": 24,
            "frames": [1001, 1001],
            "plate": {"files": "a/S.####.exr", "colorspace": "ACEScg"},
            "mattes": {"alpha": {"files": "b/S.####.exr"}},
            "references": [{"file": "c/x.exr", "frame": 1001}, {"file": "d/x.exr", "frame": 1001}],
        }
    ).with_paths_from(tmp_path)
    moved, files = gathered(shot)
    assert [text for _, text, _ in named_inputs(moved)] == [
        "plate/S.####.exr",
        "mattes/alpha/S.####.exr",
        "references/0/x.exr",
        "references/1/x.exr",
    ]
    assert {one.path: one.source.read_text() for one in files} == {
        "plate/S.1001.exr": "a/S.1001.exr",
        "mattes/alpha/S.1001.exr": "b/S.1001.exr",
        "references/0/x.exr": "c/x.exr",
        "references/1/x.exr": "d/x.exr",
    }
    assert source_folders(shot)["references/1"] == str(tmp_path / "d")

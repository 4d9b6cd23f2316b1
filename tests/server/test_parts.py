"""Pace, store and small helpers, on their own."""

from __future__ import annotations

import logging
import sqlite3

import pytest

from pai_studio.core.shot.document import Shot
from pai_studio.core.shot.errors import AlreadyThere, BadInput
from pai_studio.server.api import studio_pb2 as pb
from pai_studio.server.api.inputs import gathered, named_inputs, source_folders
from pai_studio.server.preview import MAX_BYTES, Previews, from_text, to_text
from pai_studio.server.run import Pace
from pai_studio.server.store import Store
from pai_studio.ui.cli.main import main

SPEC = pb.JobSpec(shot=b"{}", mode=pb.RENDER)


def said(done, phase="frames", *, total=10, message="", preview=b""):
    counts = {"phase": phase, "done": done, "total": total, "frame": None}
    return counts | {"message": message, "preview": to_text(preview)}


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


def test_work_whose_phases_take_turns_lasts_as_long_as_the_slowest(clock):
    pace = Pace(clock)
    pace.offer(said(0, "sample", total=60))
    for step in range(1, 21):
        clock.now += 3
        told = pace.offer(said(step, "sample", total=60))
    assert told.eta_s == pytest.approx(120)
    pace.offer(said(1, total=39))
    for frame in range(2, 14):  # a window's frames come in a burst, which says nothing of the next window
        clock.now += 0.2
        told = pace.offer(said(frame, total=39))
    assert (told.phase, told.done) == ("frames", 13)
    assert told.eta_s == pytest.approx(120 - 2.4)


def test_a_phase_that_was_left_early_holds_up_no_later_one(clock):
    pace = Pace(clock)
    pace.offer(said(0, "check"))
    clock.now += 1
    pace.offer(said(1, "check"))  # 9 s to go, but it ends here
    pace.offer(said(0))
    clock.now += 20
    assert pace.offer(said(5)).eta_s == pytest.approx(20)


def test_a_message_is_told_at_once_and_once(clock):
    pace = Pace(clock)
    assert pace.offer(said(1)) is not None
    assert pace.offer(said(2)) is None
    assert pace.offer(said(0, "frames", total=0, message="window 1")).message == "window 1"
    assert pace.offer(said(3, message="window 1")) is None
    clock.now += 0.2
    assert pace.due().message == ""
    assert pace.offer(said(4, message="window 2")).message == "window 2"


def test_previews_come_five_times_a_second_at_most_and_the_newest_wins(clock):
    pace = Pace(clock)
    assert pace.offer(said(1, preview=b"a")).preview == b"a"
    for step, picture in ((2, b"b"), (3, b"c")):  # a step that can be looked at is told, its picture waits
        told = pace.offer(said(step, preview=picture))
        assert (told.done, told.preview) == (step, b"")
    assert pace.offer(said(4)) is None
    clock.now += 0.2
    told = pace.due()
    assert (told.done, told.preview) == (4, b"c")
    spoken = pace.offer(said(5, message="hear", preview=b"d"))
    assert (spoken.message, spoken.preview) == ("hear", b"")  # what is said does not wait, what is shown does
    assert pace.due() is None
    clock.now += 0.2
    told = pace.due()
    assert (told.done, told.message, told.preview) == (5, "", b"d")
    assert pace.offer(said(6, preview=b"e")).preview == b""
    assert pace.last().preview == b"e"
    assert pace.last() is None


def test_a_preview_that_is_too_large_is_left_out_and_logged(caplog, monkeypatch):
    monkeypatch.setattr(logging.getLogger("pai_studio"), "propagate", True)
    assert from_text(to_text(bytes(MAX_BYTES))) == bytes(MAX_BYTES)
    assert not caplog.records
    assert to_text(bytes(MAX_BYTES + 1)) == ""
    assert f"a preview of {MAX_BYTES + 1} bytes is left out" in caplog.text


def test_only_the_newest_preview_is_kept_and_none_in_the_database(tmp_path):
    store = Store(tmp_path / "db")
    names = [store.create(request, SPEC, "S", 10)[0].name for request in ("r1", "r2")]
    first, second = store.claim().id, store.claim().id
    for done in range(5):
        store.progress(first, pb.JobEvent(phase="sample", done=done, preview=b"first %d" % done))
    store.progress(first, pb.JobEvent(phase="sample", done=5))
    store.progress(second, pb.JobEvent(phase="sample", preview=b"second"))
    shown = [(event.done, event.preview) for event in store.events(names[0], 2)]
    assert shown == [(0, b""), (1, b""), (2, b""), (3, b""), (4, b"first 4"), (5, b"")]
    assert [event.preview for event in store.events(names[1], 2)] == [b"second"]
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"sample" in stored
    assert b"first" not in stored


def test_the_previews_of_many_jobs_take_bounded_room():
    previews = Previews()
    for job in range(100):
        previews.keep(str(job), 1, b"seen")
    assert [bool(previews.at(str(job), 1)) for job in range(100)] == [False] * 36 + [True] * 64


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


def test_serve_hands_its_flags_to_the_server(tmp_path, monkeypatch, capsys):
    got = []
    monkeypatch.setattr("pai_studio.server.app.run", lambda settings: got.append(settings) or 0)
    folders = ["--data-dir", str(tmp_path), "--models-dir", str(tmp_path / "models")]
    monkeypatch.setenv("PAI_STALL_S", "7200")
    assert main(["serve", *folders, "--device", "cuda:1"]) == 0
    (settings,) = got
    assert (settings.models_dir, settings.device, settings.stall_s) == (tmp_path / "models", "cuda:1", 7200)
    assert main(["serve", *folders, "--device", "gpu"]) == 2
    assert "--device: device: 'gpu' is none; one of auto, cpu, cuda, cuda:N, mps" in capsys.readouterr().err
    assert len(got) == 1

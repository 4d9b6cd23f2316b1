"""The whole way of one shot over a real server, and the shape of what comes back."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

from pai_studio.core.shot.document import load
from pai_studio.core.shot.errors import (
    AlreadyThere,
    BadInput,
    Cancelled,
    EngineFailed,
    MissingFrames,
    NotFound,
)
from pai_studio.core.shot.frames import FrameRange
from pai_studio.server.api.client import Client


def test_every_file_comes_back_where_the_delivery_says(client, shot, picture):
    document = shot()
    events = []
    rendered = client.render(document, on_event=events.append)
    folder = document.parent
    frames = [folder / f"out/v001/S.{n}.exr" for n in range(1001, 1005)]
    assert rendered.files == [*frames, folder / "out/v001/qc.json"]
    for number in range(1001, 1005):
        plate = (folder / f"plate/S.{number}.exr").read_bytes()
        assert (folder / f"out/v001/S.{number}.exr").read_bytes() == picture(plate, number)
    assert rendered.job.state == "SUCCEEDED"
    assert rendered.qc == {"frames": 4}
    uploads = [event for event in events if event.state == "UPLOADING"]
    assert uploads[-1].done == uploads[-1].total > 0
    seqs = [event.seq for event in events if event.state != "UPLOADING"]
    assert seqs == list(range(1, len(seqs) + 1))
    assert not list(folder.rglob("*.part"))


def test_files_go_where_out_says_and_outputs_come_while_later_frames_render(client, shot, gate, tmp_path):
    document = shot(gate=str(gate(1001)))
    seen = []

    def on_event(event):
        if event.output and event.output.frame == 1001:
            seen.append(event)
            gate(1002, 1003, 1004)

    rendered = client.render(document, out=tmp_path / "elsewhere", on_event=on_event)
    assert len(seen) == 1
    assert rendered.files[0] == tmp_path / "elsewhere/out/v001/S.1001.exr"


def test_an_absolute_delivery_lands_there(client, shot, tmp_path):
    loaded = load(shot())
    files = str(tmp_path / "share/v007/S.####.exr")
    moved = loaded.model_copy(update={"delivery": loaded.delivery.model_copy(update={"files": files})})
    assert client.render(moved).files[0] == tmp_path / "share/v007/S.1001.exr"


def test_a_version_on_disk_is_never_replaced_unless_told_to(client, shot):
    document = shot()
    first = client.render(document).files
    before = first[0].stat().st_ino
    with pytest.raises(AlreadyThere, match="--new-version"):
        client.render(document)
    assert first[0].stat().st_ino == before
    client.render(document, overwrite=True)
    assert first[0].stat().st_ino != before


def test_resume_keeps_frames_that_are_there_and_refuses_those_of_another_render(client, shot):
    document = shot()
    files = client.render(document).files
    kept = files[0].stat().st_ino
    files[1].unlink()
    assert client.render(document, resume=True).files == files
    assert files[0].stat().st_ino == kept
    files[2].write_bytes(b"another picture")
    with pytest.raises(AlreadyThere, match="another render"):
        client.render(document, resume=True)
    assert files[2].read_bytes() == b"another picture"


def test_a_sub_range_and_refinish_reach_the_engine(client, shot):
    document = shot()
    rendered = client.render(document, frames=FrameRange(1002, 1003), mode="refinish")
    assert [path.name for path in rendered.files] == ["S.1002.exr", "S.1003.exr", "qc.json"]
    assert json.loads(rendered.files[-1].read_text()) == {"frames": [1002, 1003], "mode": "refinish"}
    assert client.job(rendered.job.name).mode == "refinish"
    with pytest.raises(BadInput, match="frames 1002-1009 do not all lie"):
        client.submit(document, frames=FrameRange(1002, 1009))


def test_the_worker_sees_no_token(client, shot, monkeypatch):
    monkeypatch.setenv("PAI_TOKEN", "do-not-pass-this-on")
    assert "PAI_TOKEN" not in client.render(shot()).provenance["environment"]


def test_the_worker_keeps_to_the_server_s_limits(start, connected, shot):
    assert connected(start(max_pixels=1234)).render(shot()).provenance["max_pixels"] == 1234


def test_the_engine_is_told_where_models_lie_and_what_they_compute_on(start, connected, shot, tmp_path):
    client = connected(start(models_dir=tmp_path / "models", device="cuda:1"))
    assert client.render(shot()).provenance["models"] == [str(tmp_path / "models"), "cuda:1"]


def test_previews_are_seen_as_they_come_and_the_newest_by_who_comes_later(client, shot, gate):
    sizes = {"1001": 100, "1002": 65536, "1003": 65537}  # the last one is too large
    name = client.submit(shot(gate=str(gate()), show=sizes)).name
    seen = []
    for event in client.watch(name):
        if event.preview:
            seen.append(event)
            gate(int(event.preview.lstrip(b".")))
        if len(seen) == 2:
            gate(1003, 1004)
    assert [len(event.preview) for event in seen] == [100, 65536]
    assert client.job(name).state == "SUCCEEDED"
    again = [event for event in client.watch(name) if event.preview]
    assert again == seen[1:]


def test_missing_frames_are_named_before_anything_is_sent(client, shot):
    document = shot()
    (document.parent / "plate/S.1003.exr").unlink()
    with pytest.raises(MissingFrames, match="1003"):
        client.render(document)
    assert list(client.jobs()) == []


def test_jobs_are_listed_in_pages_newest_first(client, shot):
    document = shot(frames=(1, 1))
    names = [client.submit(document).name for _ in range(3)]
    assert [job.name for job in client.jobs()] == names[::-1]
    from pai_studio.server.api import studio_pb2 as pb

    page = client._connection.call("ListJobs", pb.ListJobsRequest(page_size=2))
    rest = client._connection.call(
        "ListJobs", pb.ListJobsRequest(page_size=2, page_token=page.next_page_token)
    )
    assert [job.name for job in [*page.jobs, *rest.jobs]] == names[::-1]
    assert rest.next_page_token == ""
    with pytest.raises(BadInput, match="page_token"):
        client._connection.call("ListJobs", pb.ListJobsRequest(page_token="x"))
    with pytest.raises(NotFound):
        client.job("jobs/none")


def test_fetch_brings_a_finished_job_again(client, shot, tmp_path):
    name = client.submit(shot()).name
    assert [event.state for event in client.watch(name)][-1] == "SUCCEEDED"
    files = client.fetch(name, tmp_path / "again")
    assert [path.name for path in files][:2] == ["S.1001.exr", "S.1002.exr"]
    assert client.fetch(name, tmp_path / "again") == files


def test_ctrl_c_cancels_the_job(client, shot, gate, until):
    document = shot(gate=str(gate()))

    def on_event(event):
        if event.state == "RUNNING" and event.phase == "frames":
            raise KeyboardInterrupt

    with pytest.raises(Cancelled):
        client.render(document, on_event=on_event)
    (job,) = client.jobs()
    until(lambda: client.job(job.name).state == "CANCELLED")


def test_ctrl_c_does_not_wait_for_a_server_that_is_gone(start, connected, shot, gate):
    server = start()
    client = connected(server)

    def on_event(event):
        if event.phase == "frames":
            server.stop()
            raise KeyboardInterrupt

    began = time.monotonic()
    with pytest.raises(Cancelled, match="could not be told"):
        client.render(shot(gate=str(gate())), on_event=on_event)
    assert time.monotonic() - began < 20  # a patient call would take a minute


def test_a_folder_that_cannot_be_written_is_said_before_anything_is_sent(client, shot, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(BadInput, match="file: nothing can be written here"):
        client.render(shot(), out=tmp_path / "file")
    assert client.jobs() == []


def test_a_job_whose_files_cannot_be_placed_is_cancelled(client, shot, gate, until, tmp_path):
    document = shot(gate=str(gate(1001)))

    def on_event(event):
        if event.phase == "frames":  # the folder goes away while the job runs
            (tmp_path / "away/out").mkdir(parents=True, exist_ok=True)
            (tmp_path / "away/out/v001").touch()

    with pytest.raises(BadInput, match="cannot be written"):
        client.render(document, out=tmp_path / "away", on_event=on_event)
    (job,) = client.jobs()
    until(lambda: client.job(job.name).state == "CANCELLED")


def test_serve_as_a_process_prints_its_address_and_stops_on_sigterm(settings, shot, tmp_path):
    code = (
        "import sys; from pathlib import Path; from pai_studio.server.app import run;"
        "from pai_studio.server.settings import ServerSettings as S;"
        f"sys.exit(run(S(data_dir=Path({str(tmp_path / 'data')!r}), token={'t' * 20!r}, render='fake_render:render')))"
    )
    server = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    line = server.stdout.readline()
    assert line.startswith("listening on 127.0.0.1:")
    with Client(line.split()[-1], "t" * 20) as client:
        client.render(shot(frames=(1, 2)))
    server.send_signal(signal.SIGTERM)
    assert server.wait(10) == 0
    server.stdout.close()


def test_the_front_and_the_client_load_no_pictures_and_no_torch():
    code = (
        "import sys; import pai_studio.server.api.client, pai_studio.server.local;"
        "print([m for m in ('torch', 'numpy', 'cv2', 'OpenImageIO', 'PyOpenColorIO') if m in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
    code = "import sys; import pai_studio.server.app; print('torch' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "False"


def test_a_shared_shot_sends_no_bytes(start, connected, shot, tmp_path):
    server = start(roots=(tmp_path / "shots",))
    client = connected(server)
    rendered = client.render(shot(), shared=True)
    assert len(rendered.files) == 5
    spool = tmp_path / "data/spool"
    uploaded = {path.name for path in spool.glob("??/*")} - {
        output.digest for output in client.outputs(rendered.job.name)
    }
    assert uploaded == set()


def test_the_same_request_twice_is_one_job_another_body_is_refused(client, shot):
    document, request_id = shot(), str(uuid.uuid4())
    first = client.submit(document, request_id=request_id)
    assert client.submit(document, request_id=request_id).name == first.name
    with pytest.raises(AlreadyThere, match="another job"):
        client.submit(document, request_id=request_id, frames=FrameRange(1001, 1002))
    assert len(list(client.jobs())) == 1
    with pytest.raises(BadInput, match="UUID"):
        client.submit(document, request_id="mine")


def test_one_data_folder_has_one_server(start, settings):
    from pai_studio.server.app import Server

    start()
    with pytest.raises(BadInput, match="another server"):
        Server(settings()).start()


def test_paths_of_the_server_do_not_reach_the_client(client, shot, tmp_path):
    document = shot(die={"1002": "raise"})
    with pytest.raises(Exception, match="RuntimeError") as caught:
        client.render(document)
    assert str(tmp_path / "data") not in str(caught.value)


@pytest.mark.parametrize(
    ("of", "place"),
    [("model", "models_dir/small/a.safetensors"), ("built-in", "built_in/tiny/a.safetensors")],
)
def test_a_model_s_file_is_named_by_where_its_kind_lies(client, shot, of, place):
    with pytest.raises(EngineFailed) as caught:
        client.render(shot(die={"1002": of}))
    assert caught.value.what == f"no weights in {place}"
    assert caught.value.where == place.partition("/")[0]


def test_errors_name_the_client_s_own_files(client, shot, tmp_path):
    document = shot(die={"1002": "damaged"})
    with pytest.raises(BadInput) as caught:
        client.render(document)
    assert caught.value.code == "UNREADABLE_IMAGE"
    assert caught.value.where == f"{document.parent}/plate/S.1002.exr (frame 1002)"
    assert str(tmp_path / "data") not in str(caught.value)


def test_paths_in_documents_are_taken_from_their_folder(client, shot, monkeypatch, tmp_path):
    document = shot()
    monkeypatch.chdir(document.parent)
    assert client.render(Path(document.name)).files[0] == document.parent / "out/v001/S.1001.exr"

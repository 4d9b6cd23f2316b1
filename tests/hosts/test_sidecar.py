"""The sidecar as a process, beside a real server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

import pai_studio
from pai_studio.core.shot.errors import NotFound
from pai_studio.host_plugins.bridge import Bridge, Call
from pai_studio.host_plugins.host import Fault
from pai_studio.host_plugins.record import Installed
from pai_studio.server import local
from pai_studio.server.api.client import Client
from pai_studio.server.app import Server
from pai_studio.ui.sidecar import requests
from tests.hosts.conftest import Gate, settings
from tests.server.conftest import until

Exported = Callable[..., dict[str, Any]]


def begin(sidecar: Bridge, export: dict[str, Any], request: str = "", **keys: Any) -> Call:
    asked = {"document": export["document"], "mode": "render", "resume": False, **keys}
    return sidecar.begin("render", request=request or str(uuid.uuid4()), **asked)


def fault(call: Call) -> Fault:
    with pytest.raises(Fault) as caught:
        call.answer()
    return caught.value


def heard_until(call: Call, **wanted: Any) -> dict[str, Any]:
    """Listen until an event has these values; give that one."""
    for event in call.events():
        if event.items() >= wanted.items():
            return event
    raise AssertionError(f"{wanted} never came; {call.answer()}")


def test_it_tells_of_the_server(sidecar: Bridge, served: Server) -> None:
    said = sidecar.ask("server")
    assert said["address"] == served.address
    assert said["version"] == pai_studio.__version__
    assert "draft" in said["engines"]
    assert said["workers"] == 2


def test_a_render_comes_back_with_all_that_a_host_needs(
    sidecar: Bridge, exported: Exported, tmp_path: Path
) -> None:
    export = exported(qc={"flicker": [1002, 1003], "notes": ["plate: has a crop"]})
    call = begin(sidecar, export)
    events = list(call.events())
    answer = call.answer()
    assert answer["files"] == export["files"]
    assert answer["files"] == str(tmp_path / "out put/SH010/v001/SH010_v001.####.exr")
    assert (answer["version"], answer["first"], answer["last"]) == (1, 1001, 1003)
    assert (answer["space"], answer["engine"]) == ("ACEScg", "fake")
    assert answer["passes"][0] == "beauty"
    assert answer["notes"] == ["look at: light jumps in 1002-1003", "note: plate: has a crop"]
    assert answer["job"].startswith("jobs/")
    states = list(dict.fromkeys(event["state"] for event in events))
    assert states == ["CHECKING", "CONNECTING", "UPLOADING", "QUEUED", "RUNNING", "SUCCEEDED"]
    running = [event for event in events if event["state"] == "RUNNING" and event.get("phase") == "frames"]
    assert {"done", "total", "frame", "job"} <= running[0].keys()
    assert all(Path(answer["files"].replace("####", str(n))).is_file() for n in (1001, 1002, 1003))
    assert sidecar.ask("versions", files=export["files"]) == {
        "versions": [{"version": 1, "files": export["files"], "first": 1001, "last": 1003, "missing": []}]
    }


def test_two_renders_at_once_share_one_sidecar(sidecar: Bridge, exported: Exported, gate: Gate) -> None:
    wishes = {"gate": str(gate.folder)}
    calls = [begin(sidecar, exported(**wishes)), begin(sidecar, exported(**wishes))]
    for call in calls:
        heard_until(call, state="RUNNING", phase="frames")
    gate.let(1001, 1002, 1003)
    assert [call.answer()["version"] for call in calls] == [1, 2]


def test_older_exports_go_when_the_next_version_is_there(sidecar: Bridge, exported: Exported) -> None:
    first, second = exported(), exported()
    begin(sidecar, first).answer()
    assert Path(first["folder"]).is_dir()
    begin(sidecar, second).answer()
    assert not Path(first["folder"]).exists()
    assert Path(second["folder"]).is_dir()


def test_faults_of_files_come_before_anything_is_sent(
    sidecar: Bridge, exported: Exported, client: Client
) -> None:
    before = len(client.jobs())
    export = exported()
    picture = Path(export["folder"], "plate.1002.exr")
    picture.write_bytes(b"no picture")
    found = fault(begin(sidecar, export))
    assert found.code == "UNREADABLE_IMAGE"
    assert "plate.1002.exr" in str(found)
    picture.unlink()
    assert fault(begin(sidecar, export)).code == "MISSING_FRAMES"
    assert len(client.jobs()) == before


def test_a_cancel_while_it_runs_stops_the_job(
    sidecar: Bridge, exported: Exported, gate: Gate, client: Client
) -> None:
    call = begin(sidecar, exported(gate=str(gate.folder)))
    name = heard_until(call, state="RUNNING", phase="frames")["job"]
    call.cancel()
    assert fault(call).code == "CANCELLED"
    until(lambda: client.job(name).state == "CANCELLED")


@pytest.mark.parametrize("state", ["CHECKING", "UPLOADING"])
def test_a_cancel_before_there_is_a_job_makes_none(
    sidecar: Bridge, exported: Exported, client: Client, state: str
) -> None:
    export = exported(f"SH_{state}")
    with Path(export["folder"], "plate.1002.exr").open("ab") as plate:
        plate.write(os.urandom(32 << 20))
    call = begin(sidecar, export)
    heard_until(call, state=state)
    call.cancel()
    assert fault(call).code == "CANCELLED"
    assert [job for job in client.jobs() if job.shot_name == f"SH_{state}"] == []


def test_a_cancel_of_what_has_ended_does_nothing(sidecar: Bridge) -> None:
    assert sidecar.ask("cancel", of=99999) == {}


def test_the_same_request_is_followed_again(
    sidecar: Bridge, exported: Exported, gate: Gate, client: Client
) -> None:
    """A second sidecar goes on with what a first one, whose host has died, had begun."""
    export, request = exported(gate=str(gate.folder)), str(uuid.uuid4())
    first = Bridge(Installed(pai_studio.__version__, sys.executable))
    call = begin(first, export, request)
    name = heard_until(call, state="RUNNING", phase="frames")["job"]
    first.close()
    assert "was closed" in str(fault(call))
    gate.let(1001, 1002, 1003)
    answer = begin(sidecar, export, request, resume=True).answer()
    assert answer["job"] == name
    assert client.job(name).state == "SUCCEEDED"


def test_a_server_that_goes_away_is_told_early_and_can_be_gone_on_with(
    surroundings: pytest.MonkeyPatch, exported: Exported, gate: Gate, tmp_path: Path
) -> None:
    export, request = exported(gate=str(gate.folder)), str(uuid.uuid4())
    server = Server(settings(tmp_path / "data"))
    server.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PAI_SERVER", server.address)
        patch.setenv("PAI_PATIENCE_S", "1")
        own = Bridge(Installed(pai_studio.__version__, sys.executable))
        call = begin(own, export, request)
        name = heard_until(call, state="RUNNING", phase="frames")["job"]
        server.stop()
        assert "the server does not answer" in heard_until(call, state="WAITING")["message"]
        assert fault(call).code == "UNAVAILABLE"
        again = Server(settings(tmp_path / "data", listen=server.address))
        again.start()
        gate.let(1001, 1002, 1003)
        assert begin(own, export, request, resume=True).answer()["job"] == name
        own.close()
        again.stop()


def test_a_cancel_is_answered_when_the_server_is_gone(
    surroundings: pytest.MonkeyPatch, exported: Exported, gate: Gate, tmp_path: Path
) -> None:
    export = exported(gate=str(gate.folder))
    server = Server(settings(tmp_path / "data"))
    server.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PAI_SERVER", server.address)
        own = Bridge(Installed(pai_studio.__version__, sys.executable))
        call = begin(own, export)
        heard_until(call, state="RUNNING", phase="frames")
        server.stop()
        heard_until(call, state="WAITING")
        call.cancel()
        found = fault(call)
        assert found.code == "CANCELLED"
        assert "goes on with it" in found.hint
        own.close()


@pytest.mark.parametrize(
    ("do", "keys", "code", "say"),
    [
        ("reserve", {"files": "out/beauty.####.exr"}, "INVALID_INPUT", "absolute"),
        ("reserve", {}, "INVALID_INPUT", "names no files"),
        ("release", {"folder": "/"}, "PERMISSION_DENIED", "no export folder"),
        ("render", {"document": "/nowhere/S.shot.json"}, "INVALID_INPUT", "names no request"),
        ("render", {"document": "/no/S.shot.json", "request": "1"}, "INVALID_INPUT", "no such shot document"),
        ("dance", {}, "FAILED", "knows no 'dance'"),
    ],
)
def test_every_fault_says_what_and_what_next(
    sidecar: Bridge, do: str, keys: dict[str, Any], code: str, say: str
) -> None:
    with pytest.raises(Fault) as caught:
        sidecar.ask(do, **keys)
    assert caught.value.code == code
    assert say.partition(";")[0] in str(caught.value)


def test_a_panel_that_does_not_open_is_told_with_its_own_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PAI_STATE_DIR", str(tmp_path))
    with pytest.raises(NotFound, match=r"does not open.*there is no screen"):
        requests.panel({"do": "panel", "document": "/a/S.shot.json"})


def test_a_fault_that_nobody_foresaw_is_answered_and_logged(sidecar: Bridge, tmp_path: Path) -> None:
    with pytest.raises(Fault, match="ValueError"):
        sidecar.ask("reserve", files=f"{tmp_path}/a\0b/v001/S_v001.####.exr")
    log = Path(os.environ["PAI_STATE_DIR"], "sidecar.log").read_text()
    assert "embedded null" in log
    assert "Traceback" in log


SIDECAR = ["-m", "pai_studio.ui.sidecar"]


def run(text: str, lines: int, arguments: Sequence[str] = SIDECAR) -> tuple[list[dict[str, Any]], str, int]:
    """A bare sidecar: the first lines that it says to a text, its log, and its exit code."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([sys.executable, *arguments], text=True, **pipes) as one:
        one.stdin.write(text)
        one.stdin.flush()
        said = [json.loads(one.stdout.readline()) for _ in range(lines)]
        rest, log = one.communicate(timeout=20)
        assert rest == ""
        return said, log, one.returncode


def test_the_end_of_the_input_ends_it_at_once_and_the_job_goes_on(
    served: Server, exported: Exported, gate: Gate, client: Client
) -> None:
    export = exported(gate=str(gate.folder))
    asked = {"id": 1, "do": "render", "document": export["document"], "request": str(uuid.uuid4())}
    command = [sys.executable, "-m", "pai_studio.ui.sidecar"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as one:
        one.stdin.write(json.dumps(asked).encode() + b"\n")
        one.stdin.flush()
        lines = map(json.loads, one.stdout)
        assert "hello" in next(lines)
        name = next(line["event"]["job"] for line in lines if line["event"]["state"] == "RUNNING")
        one.stdin.close()
        assert one.wait(5) == 0
    gate.let(1001, 1002, 1003)
    until(lambda: client.job(name).state == "SUCCEEDED")


def test_nonsense_from_the_plugin_ends_it(served: Server) -> None:
    (hello,), log, code = run("hello?\n", 1)
    assert hello == {"hello": {"protocol": 1, "version": pai_studio.__version__}}
    assert "this is no request" in log
    assert code == 2


def test_a_person_without_a_server_gets_their_own(
    surroundings: pytest.MonkeyPatch, exported: Exported, tmp_path: Path
) -> None:
    """The real engine in the local server, which the sidecar starts."""
    export = exported()
    document = Path(export["document"])
    shot = json.loads(document.read_text())
    shot["engine"] = {"name": "plate"}
    document.write_text(json.dumps(shot))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PAI_STATE_DIR", str(tmp_path / "state"))
        for name in ("PAI_SERVER", "PAI_TOKEN"):
            patch.delenv(name)
        own = Bridge(Installed(pai_studio.__version__, sys.executable))
        try:
            answer = begin(own, export).answer()
        finally:
            own.close()
            local.stop_local()
    assert answer["engine"] == "plate"
    assert "beauty" in answer["passes"]
    assert delivered(answer) == [1001, 1002, 1003]


def delivered(answer: dict[str, Any]) -> list[int]:
    folder = Path(answer["files"]).parent
    return sorted(int(path.suffixes[-2][1:]) for path in folder.glob("*.exr"))


def test_what_a_library_prints_does_not_get_between_messages(served: Server) -> None:
    code = (
        "import os; from pai_studio.ui.sidecar import __main__ as m, loop;"
        "loop.REQUESTS['server'] = lambda asked: (print('python'), os.write(1, b'native\\n'), {})[-1];"
        "os._exit(m.main())"
    )
    said, log, _ = run('{"id": 1, "do": "server"}\n', 2, ["-u", "-c", code])
    assert said[1] == {"id": 1, "ok": {}}
    assert "native" in log
    assert "python" in log

"""This user's own server: one however many ask, private, replaced when old, gone when idle."""

from __future__ import annotations

import json
import logging
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import pai_studio
from pai_studio.core.shot.errors import Unreachable, VersionMismatch
from pai_studio.server import local
from pai_studio.server.api.client import connect

ASK = "from pai_studio.server.local import ensure_local; print(*ensure_local())"


@pytest.fixture(autouse=True)
def _swept(monkeypatch):
    monkeypatch.setenv("PAI_LOCAL_RENDER", "fake_render:render")
    yield
    local.stop_local()
    assert local.running() is None


def _pid(tmp_path: Path) -> int | None:
    path = tmp_path / "state/server.json"
    return json.loads(path.read_text())["pid"] if path.exists() else None


def test_two_processes_that_race_find_one_private_server(tmp_path, shot):
    asking = [
        subprocess.Popen([sys.executable, "-c", ASK], stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    answers = {process.communicate(timeout=60)[0] for process in asking}
    assert len(answers) == 1
    address, token = answers.pop().split()
    assert local.ensure_local() == (address, token)
    state = tmp_path / "state"
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    assert stat.S_IMODE((state / "token").stat().st_mode) == 0o600
    assert stat.S_IMODE((state / "server.json").stat().st_mode) == 0o600
    with connect() as client:
        assert client.address == address
        assert len(client.render(shot(frames=(1, 2))).files) == 3


def test_stale_files_are_seen_through_and_old_servers_replaced(tmp_path, monkeypatch):
    first = local.ensure_local()
    pid = _pid(tmp_path)
    monkeypatch.setattr(pai_studio, "__version__", "0.2.0")  # what starts anew still says its own version
    second = local.ensure_local()
    assert second[1] != first[1]
    assert _pid(tmp_path) != pid
    monkeypatch.undo()
    monkeypatch.setenv("PAI_STATE_DIR", str(tmp_path / "state"))
    os.kill(_pid(tmp_path), signal.SIGKILL)
    local._wait_for_end(_pid(tmp_path))
    third = local.ensure_local()
    assert third[1] != second[1]
    assert local.ensure_local() == third


def test_the_user_s_settings_hold_from_the_next_time_it_is_idle(tmp_path, monkeypatch, shot, gate, caplog):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PAI_MODELS_DIR", "models")
    with connect() as client:
        assert client.render(shot("A", frames=(1, 1))).provenance["models"] == [
            str(tmp_path / "models"),
            "auto",
        ]
        first = client.address
        name = client.submit(shot("B", frames=(1, 1), gate=str(gate()))).name
        monkeypatch.setenv("PAI_DEVICE", "cpu")
        monkeypatch.setattr(logging.getLogger("pai_studio"), "propagate", True)
        assert local.ensure_local()[0] == first
        assert "busy and keeps its own settings of: device" in caplog.text
        gate(1)
        assert [event.state for event in client.watch(name)][-1] == "SUCCEEDED"
    with connect() as client:
        assert client.address != first
        assert client.render(shot("C", frames=(1, 1))).provenance["models"] == [
            str(tmp_path / "models"),
            "cpu",
        ]


def test_a_busy_server_of_another_version_is_kept_or_refused():
    info = local.ServerInfo("0.1.0", "v1", (), 0, 0, 1, active_jobs=2, shared_paths=False)
    found = local.Local("127.0.0.1:1", 1, "token", info)
    assert local._replaced(found) is found
    far = local.Local("127.0.0.1:1", 1, "token", local.ServerInfo(**{**vars(info), "version": "7.0.0"}))
    with pytest.raises(VersionMismatch, match="busy"):
        local._replaced(far)


def test_a_server_that_is_only_slow_is_not_locked_out_of(tmp_path, monkeypatch):
    first = local.ensure_local()
    pid = _pid(tmp_path)
    os.kill(pid, signal.SIGSTOP)
    try:
        with monkeypatch.context() as hurried:
            hurried.setattr(local, "_ANSWER_S", 0.3)
            with pytest.raises(Unreachable, match="another server uses this data folder"):
                local.ensure_local()
    finally:
        os.kill(pid, signal.SIGCONT)
    assert local.ensure_local() == first


def test_where_there_is_no_local_server_one_has_to_be_named(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(Unreachable, match="set PAI_SERVER"):
        connect()


def test_it_ends_when_idle(tmp_path, monkeypatch):
    monkeypatch.setenv("PAI_LOCAL_IDLE_S", "0")
    local.ensure_local()
    local._wait_for_end(_pid(tmp_path))
    with pytest.raises(Unreachable):
        connect(json.loads((tmp_path / "state/server.json").read_text())["address"], "a-token-0123456789")


def test_a_server_that_cannot_start_says_why(tmp_path, start):
    (tmp_path / "state").mkdir()
    start(data_dir=tmp_path / "state/server")  # somebody else's lock
    with pytest.raises(Unreachable, match="another server uses this data folder"):
        local.ensure_local()

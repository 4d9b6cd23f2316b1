"""The panel as a host starts it, through the sidecar: apart from both, with a log that stays small."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pai_studio.core.shot.errors import PaiError
from pai_studio.ui.panel import app
from pai_studio.ui.sidecar import panel
from tests.ui.panel.test_app import environment

START = "import sys; from pai_studio.ui.sidecar import panel; print(panel.start(sys.argv[1]), flush=True); "


def sidecar(tmp_path: Path, then: str = "") -> subprocess.Popen[str]:
    """A process that opens the panel with a file that is not there, says its number, and goes on with `then`."""
    return subprocess.Popen(
        [sys.executable, "-c", START + then, str(tmp_path / "none.shot.json")],
        env=environment(tmp_path / "state"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def is_there(pid: int) -> bool:
    """Also one that has ended and that nobody has asked about since."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no sessions of this kind")
def test_it_outlives_who_started_it_and_has_its_log(tmp_path: Path) -> None:
    starter = sidecar(tmp_path)
    said, _ = starter.communicate(timeout=60)
    assert starter.returncode == 0
    pid = int(said)
    try:
        assert os.getsid(pid) == pid
        (log,) = (tmp_path / "state/panel/logs").glob("*.log")
        assert "the panel is open" in log.read_text()
    finally:
        os.kill(pid, signal.SIGTERM)


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no zombies")
def test_a_panel_that_is_closed_leaves_no_zombie(tmp_path: Path) -> None:
    starter = sidecar(tmp_path, "sys.stdin.readline()")
    assert starter.stdout is not None
    pid = int(starter.stdout.readline())
    os.kill(pid, signal.SIGTERM)
    until = time.monotonic() + 30
    while is_there(pid):
        assert time.monotonic() < until, "it is still listed"
    assert starter.poll() is None
    starter.communicate("\n", timeout=20)


def test_the_newest_logs_stay_and_each_panel_has_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAI_STATE_DIR", str(tmp_path))
    made = [panel._new_log() for _ in range(12)]
    assert len(set(made)) == 12
    assert made[-1].exists()
    assert len(list((tmp_path / "panel/logs").iterdir())) == 8


def test_a_state_folder_that_cannot_be_written_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PAI_STATE_DIR", str(tmp_path / "file"))
    with pytest.raises(PaiError, match=r"file: the panel's log cannot be written .*PAI_STATE_DIR"):
        panel.start("/a/S.shot.json")


def test_a_log_that_is_long_begins_anew(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    told = tmp_path / "a.log"
    with told.open("ab", buffering=0) as file:
        file.write(b"x" * 100)
        app.shorten(file.fileno(), 100)
        assert told.stat().st_size == 100
        app.shorten(file.fileno(), 99)
        file.write(b"on")
    assert told.read_bytes() == b"on"
    assert "over 99 bytes long and begins anew" in caplog.text

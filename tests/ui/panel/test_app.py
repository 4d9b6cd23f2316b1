"""The panel as a process: one window a user, files handed over, a polite end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pai_studio.core.shot.saving import text_beside
from pai_studio.ui.panel import IS_OPEN
from tests.ui.panel.shots import a_shot

PANEL = [sys.executable, "-m", "pai_studio.ui.cli.main", "panel"]


def environment(state: Path, **more: str) -> dict[str, str]:
    return {**os.environ, "PAI_STATE_DIR": str(state), "QT_QPA_PLATFORM": "offscreen", **more}


def start(state: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*PANEL, *arguments],
        env=environment(state),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_second_call_hands_its_files_to_the_window_that_is_open(tmp_path: Path) -> None:
    document = tmp_path / "SH010.shot.json"
    document.write_text(text_beside(a_shot(tmp_path, stills=1), tmp_path))
    first = start(tmp_path / "state")
    try:
        assert first.stdout is not None
        assert first.stdout.readline().strip() == IS_OPEN
        second = start(tmp_path / "state", str(document))
        said, wrong = second.communicate(timeout=60)
        assert (said.strip(), second.returncode) == (IS_OPEN, 0), wrong
    finally:
        first.send_signal(signal.SIGTERM)
        said, wrong = first.communicate(timeout=60)
    assert first.returncode == 0, wrong
    assert str(document) in (tmp_path / "state" / "panel" / "memory.json").read_text()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there always is a screen")
def test_without_a_screen_it_is_one_line(tmp_path: Path) -> None:
    bare = {
        k: v
        for k, v in environment(tmp_path).items()
        if k not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    }
    done = subprocess.run(PANEL, env=bare, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    assert "there is no screen here" in done.stderr
    assert "Traceback" not in done.stderr

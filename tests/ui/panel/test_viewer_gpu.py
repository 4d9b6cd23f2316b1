"""The GPU's picture against OpenColorIO's own values, in a process of its own that has a display."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest


@pytest.fixture
def display() -> Iterator[str]:
    """A display: the one that is there, else one of Xvfb's."""
    if os.environ.get("DISPLAY"):
        yield os.environ["DISPLAY"]
        return
    if shutil.which("Xvfb") is None:
        pytest.skip("no display and no Xvfb here")
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1280x1024x24", "-nolisten", "tcp"],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    with os.fdopen(reading) as told:
        number = told.readline().strip()
    if not number:
        pytest.skip("Xvfb does not start here")
    yield f":{number}"
    server.terminate()
    server.wait(10)


@pytest.mark.long  # a process and a display of its own
def test_the_gpu_shows_what_opencolorio_computes(display: str) -> None:
    environment = {**os.environ, "DISPLAY": display, "PAI_PANEL_GL": "1", "QT_QPA_PLATFORM": "xcb"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.ui.panel.gpu_pictures"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.strip().splitlines()[-1])
    if "skip" in told:
        pytest.skip(told["skip"])
    assert told["gpu"]
    assert told["broken"] == []
    assert told["found"].pop("path") == "CPU"
    assert all(apart <= 2 for apart in told["found"].values()), told["found"]
    assert "destroy" not in done.stderr

"""The real window on a real X screen: what runs without a screen in the quick tests runs there once more."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.ui.panel import xvfb

ROOT = Path(__file__).resolve().parents[3]
HERE = "tests/ui/panel"
PERSON = [f"{HERE}/test_person.py"]
WINDOW = [
    f"{HERE}/test_{name}.py" for name in ("framing", "timeline_view", "viewer", "viewer_compare", "stills")
]
LOOKS = {
    "a desk": ("1920x1080", "1", [*PERSON, *WINDOW]),
    "a laptop": ("1280x720", "1", PERSON),
    "enlarged": ("3840x2160", "2", PERSON),
    "a laptop enlarged": ("2560x1440", "2", PERSON),
}
BROKEN = """
from PySide6.QtCore import QTimer
from pai_studio.ui.panel.state.studio import Studio
from tests.ui.panel.conftest import studio

def test_nothing(qtbot, studio: Studio) -> None:
    assert studio.project.current is None

def test_slot(qtbot, studio: Studio) -> None:
    QTimer.singleShot(0, lambda: 1 / 0)
    qtbot.wait(50)

def test_lane(qtbot, studio: Studio) -> None:
    studio.work.run(lambda: 1 / 0)
    qtbot.waitUntil(lambda: studio.work.is_idle)

def test_thread(qtbot, studio: Studio) -> None:
    import threading
    thread = threading.Thread(target=lambda: 1 / 0)
    thread.start()
    thread.join()
"""


@pytest.fixture(scope="module", autouse=True)
def _has_a_screen() -> None:
    if why := xvfb.missing():
        pytest.skip(why)


def run(display: str, scale: str, files: list[str]) -> subprocess.CompletedProcess[str]:
    """Tests in a process of their own: Qt takes its screen once."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-c",
        "pyproject.toml",
        "--rootdir",
        ".",
        "-p",
        "no:cacheprovider",
    ]
    return subprocess.run(
        [*command, "-rA", "--timeout", "900", *files],
        cwd=ROOT,
        env=xvfb.on_screen(display, scale),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.long
@pytest.mark.parametrize("look", LOOKS)
def test_a_person_works_at_the_window_on_a_real_screen(look: str) -> None:
    size, scale, files = LOOKS[look]
    with xvfb.screen(size) as display:
        done = run(display, scale, files)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "PASSED tests/ui/panel/test_person.py::test_a_sitting_at_the_demo_shot" in done.stdout
    assert "SKIPPED" not in done.stdout


@pytest.mark.long
def test_an_error_in_a_slot_a_lane_or_a_thread_fails_there(tmp_path: Path) -> None:
    file = tmp_path / "test_breaks.py"
    file.write_text(BROKEN)
    with xvfb.screen("640x480") as display:
        done = run(display, "1", [str(file)])
    lines = [line.split() for line in done.stdout.splitlines() if "::test_" in line]
    ends = {words[1].split("::")[1]: words[0] for words in lines}
    assert ends == {
        "test_nothing": "PASSED",
        "test_slot": "FAILED",
        "test_lane": "ERROR",
        "test_thread": "FAILED",
    }

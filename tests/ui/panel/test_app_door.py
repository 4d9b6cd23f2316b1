"""Later calls and the window that is open: heard, refused, not answered, never cut off."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtNetwork import QLocalSocket
from PySide6.QtWidgets import QToolButton
from pytestqt.exceptions import capture_exceptions
from pytestqt.qtbot import QtBot

from pai_studio.core.shot.errors import Unreachable
from pai_studio.ui.panel import door
from pai_studio.ui.panel.bugs import Bugs
from pai_studio.ui.panel.door import Listener
from pai_studio.ui.panel.faultbar import FaultBar
from pai_studio.ui.panel.state.studio import Studio
from tests.ui.panel.test_app import PANEL, environment


@pytest.fixture
def opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], tuple[Listener, list[Path]]]]:
    """Opens this user's door; what comes through it is in the list."""
    monkeypatch.setenv("PAI_STATE_DIR", str(tmp_path))
    there: list[Listener] = []

    def open_door() -> tuple[Listener, list[Path]]:
        files: list[Path] = []
        there.append(Listener(door.name(), files.extend))
        return there[-1], files

    yield open_door
    for one in there:
        one.close()


def call(text: str) -> str:
    """What the window says to a line."""
    socket = QLocalSocket()
    socket.connectToServer(door.name())
    assert socket.waitForConnected(2000)
    socket.write(text.encode() + b"\n")
    said = b""
    for _ in range(100):
        QGuiApplication.processEvents()
        if socket.waitForReadyRead(20):
            said = bytes(socket.readLine().data())
            break
    return said.decode().strip()


def test_files_are_handed_over_and_an_empty_call_is_one_too(
    qtbot: QtBot, opened: Callable, tmp_path: Path
) -> None:
    listener, files = opened()
    assert listener.error == ""
    assert call(json.dumps({"open": [str(tmp_path / "a")]})) == "ok"
    assert call('{"open": []}') == "ok"
    assert files == [tmp_path / "a"]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('{"open": 5}', "no list of files"),
        ('{"open": "/a"}', "no list of files"),
        ('{"open": [5]}', "no list of files"),
        ("[]", "no list of files"),
        ("{}", "no list of files"),
        ('{"open": ["a.otio"]}', "no absolute path"),
        ("nonsense", "Expecting value"),
    ],
)
def test_a_call_that_is_none_is_refused_with_the_reason_and_harms_nothing(
    qtbot: QtBot, opened: Callable, line: str, why: str
) -> None:
    _listener, files = opened()
    assert why in call(line)
    assert call('{"open": ["/a"]}') == "ok"
    assert files == [Path("/a")]


def test_nobody_there_is_no_error(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAI_STATE_DIR", str(tmp_path))
    assert not door.hand_over(door.name(), [])


def test_a_window_that_hangs_is_said_and_keeps_its_door(qtbot: QtBot, opened: Callable) -> None:
    _listener, files = opened()  # whose loop does not run while this thread waits
    with pytest.raises(Unreachable, match=r"does not answer.*--apart"):
        door.hand_over(door.name(), [Path("/a")], within_ms=50)
    assert call('{"open": ["/b"]}') == "ok"
    assert files[-1] == Path("/b")


def test_what_the_window_refuses_is_said_to_the_caller(
    qtbot: QtBot, opened: Callable, tmp_path: Path
) -> None:
    opened()
    code = (
        "from pathlib import Path; from pai_studio.ui.panel import door\n"
        "door.hand_over(door.name(), [Path('a.otio')])"
    )
    caller = subprocess.Popen(
        [sys.executable, "-c", code], env=environment(tmp_path), stderr=subprocess.PIPE, text=True
    )
    qtbot.waitUntil(lambda: caller.poll() is not None, timeout=20_000)
    said = caller.communicate()[1].splitlines()[-1]
    assert said.endswith("the open window does not take these files; a.otio is no absolute path")


def test_the_door_of_a_window_that_was_killed_is_taken_over_and_a_living_one_is_not(
    qtbot: QtBot, opened: Callable, tmp_path: Path
) -> None:
    code = (
        "from PySide6.QtCore import QCoreApplication; from pai_studio.ui.panel import door; import os\n"
        "app = QCoreApplication([]); here = door.Listener(door.name(), print); assert not here.error\n"
        "os.kill(os.getpid(), 9)"
    )
    killed = subprocess.run([sys.executable, "-c", code], env=environment(tmp_path), check=False)
    assert killed.returncode == -9
    first, files = opened()
    assert first.error == ""
    second, _none = opened()
    assert "at the same moment" in second.error
    assert call('{"open": ["/a"]}') == "ok"
    assert files == [Path("/a")]


def test_an_unforeseen_error_of_a_slot_or_thread_is_in_the_bar_to_be_copied(
    qtbot: QtBot, studio: Studio, caplog: pytest.LogCaptureFixture
) -> None:
    bar = FaultBar(studio)
    qtbot.addWidget(bar)
    timer = QTimer()
    timer.timeout.connect(lambda: {}["slot"])
    with capture_exceptions():  # pytest-qt's own hook is put back at its end
        bugs = Bugs(studio)
        try:
            timer.start(1)
            qtbot.waitUntil(lambda: len(studio.faults.all) == 1)
            timer.stop()
            thread = threading.Thread(target=lambda: {}["thread"])
            thread.start()
            thread.join()
            qtbot.waitUntil(lambda: len(studio.faults.all) == 2)
        finally:
            bugs.close()
    assert [one.line.split(": ", 1)[1] for one in studio.faults.all] == [
        "KeyError: 'slot'",
        "KeyError: 'thread'",
    ]
    copy = next(one for one in bar.findChildren(QToolButton) if one.accessibleName() == "Copy")
    copy.click()
    assert QGuiApplication.clipboard().text().count("Traceback") == 2
    assert caplog.text.count("an error of the panel itself") == 2


@pytest.mark.long
def test_a_process_says_that_the_window_hangs(tmp_path: Path) -> None:
    code = (
        "from PySide6.QtCore import QCoreApplication; from pai_studio.ui.panel import door\n"
        "app = QCoreApplication([]); here = door.Listener(door.name(), print)\n"
        "print('open', flush=True); input()"
    )
    hung = subprocess.Popen(
        [sys.executable, "-c", code], env=environment(tmp_path), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert hung.stdout is not None
        assert hung.stdout.readline().strip() == b"open"
        done = subprocess.run(PANEL, env=environment(tmp_path), capture_output=True, text=True, check=False)
    finally:
        hung.communicate(b"\n", timeout=20)
    assert done.returncode == 3
    assert "the open window does not answer" in done.stderr
    assert "Traceback" not in done.stderr

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from pai_studio.ui.panel.state.memory import Memory
from pai_studio.ui.panel.work import Work


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAI_STATE_DIR", str(tmp_path / "state"))


def test_what_is_kept_is_there_the_next_day(qtbot: QtBot, work: Work, tmp_path: Path) -> None:
    memory = Memory(work)
    memory.keep(scheme="light")
    for name in ("a", "b", "a"):
        memory.opened(tmp_path / name)
    qtbot.waitUntil(lambda: work.is_idle)
    again = Memory(work)
    assert again.get("scheme", "") == "light"
    assert again.recent == [tmp_path / "a", tmp_path / "b"]
    assert again.get("folder", "") == str(tmp_path)


def test_a_broken_memory_is_as_good_as_none(work: Work, tmp_path: Path) -> None:
    path = tmp_path / "state" / "panel" / "memory.json"
    path.parent.mkdir(parents=True)
    path.write_text('{"recent": 5, "scheme": ["x"]')
    assert Memory(work).recent == []
    path.write_text('{"recent": [5, "/a"], "scheme": ["x"]}')
    assert Memory(work).recent == [Path("/a")]
    assert Memory(work).get("scheme", "dark") == "dark"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipe stands in for a disk that hangs here")
def test_a_disk_that_answers_late_holds_up_nobody_and_loses_nothing(
    qtbot: QtBot, work: Work, tmp_path: Path
) -> None:
    """Who reads a pipe that nobody writes to waits, as for a disk that hangs."""
    path = tmp_path / "state" / "panel" / "memory.json"
    path.parent.mkdir(parents=True)
    os.mkfifo(path)
    memory = Memory(work, patience_s=0.01)
    assert memory.get("scheme", "dark") == "dark"
    memory.keep(folder="/shots")
    with qtbot.waitSignal(memory.changed), path.open("w") as file:
        file.write('{"scheme": "light", "folder": "/old"}')
    assert (memory.get("scheme", "dark"), memory.get("folder", "")) == ("light", "/shots")
    qtbot.waitUntil(lambda: work.is_idle)
    assert json.loads(path.read_text()) == {"scheme": "light", "folder": "/shots"}

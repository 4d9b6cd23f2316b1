from __future__ import annotations

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

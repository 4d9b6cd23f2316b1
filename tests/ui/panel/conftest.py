"""Every test of the panel fails on an exception in a slot (pytest-qt) or in a thread of the panel."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from pai_studio.ui.panel.state.studio import Studio
from pai_studio.ui.panel.work import Work
from tests.hosts import conftest as hosts

surroundings = hosts.surroundings
served = hosts.served
gate = hosts.gate
shipped = hosts.shipped

if not os.environ.get("DISPLAY"):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@pytest.fixture(scope="module", autouse=True)
def _collected_here() -> Iterator[None]:
    """Widgets that a test leaves behind end in the tests' thread: a server's threads, too, would collect them."""
    was_on = gc.isenabled()
    gc.disable()
    gc.freeze()  # what is there already is not looked through again at each test's end, which took half a second
    yield
    gc.collect()
    gc.unfreeze()
    if was_on:
        gc.enable()


def watched(work: Work) -> list[Exception]:
    """The list into which a `Work` puts what nobody has expected."""
    broken: list[Exception] = []
    work.broken.connect(broken.append)
    return broken


@pytest.fixture
def work(qtbot: QtBot) -> Iterator[Work]:
    parent = QObject()
    work = Work(parent)
    broken = watched(work)
    yield work
    work.close()
    assert broken == []


@pytest.fixture
def studio(
    qtbot: QtBot, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Studio]:
    """A whole state of its own, with a state folder of its own."""
    monkeypatch.setenv("PAI_STATE_DIR", str(tmp_path_factory.mktemp("state")))
    studio = Studio()
    broken = watched(studio.work)
    yield studio
    studio.close()
    gc.collect()
    assert broken == []

"""Shots that can be rendered, and a server for them: for the tests of the queue."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from pai_studio.server.app import Server
from pai_studio.ui.panel.state import edits
from pai_studio.ui.panel.state.job_store import Item
from pai_studio.ui.panel.state.shot import ShotState
from pai_studio.ui.panel.state.studio import Studio
from tests.hosts.conftest import TOKEN, Gate, settings
from tests.ui.panel.files import plate
from tests.ui.panel.shots import a_shot, opened

LONG_MS = 20_000


@pytest.fixture(name="shot")
def shot_fixture(tmp_path: Path) -> Callable[..., Any]:
    """`shot("SH010", gate=...)`: three frames and a still on disk, with wishes for the engine."""

    def make(name: str = "SH010", **wishes: Any) -> Any:
        folder = tmp_path / name
        pattern = plate(folder, frames=range(1001, 1004), size=(8, 4), colorInteropID="lin_ap1_scene")
        still = folder / "SH010.1001.exr"
        made = a_shot(
            folder,
            name=name,
            frames=[1001, 1003],
            plate={"files": str(pattern), "colorspace": "ACEScg"},
            references=[{"file": str(still), "frame": 1001, "colorspace": "ACEScg"}],
        )
        return edits.change(made, "prompt", caption=json.dumps(wishes))

    return make


@pytest.fixture(name="states")
def states_fixture(studio: Studio, shot: Callable[..., Any], tmp_path: Path) -> Callable[..., ShotState]:
    return lambda name="SH010", **wishes: opened(studio, shot(name, **wishes), tmp_path / name)


@pytest.fixture(name="one_by_one")
def one_by_one_fixture(
    surroundings: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A server that renders one at a time."""
    server = Server(settings(tmp_path_factory.mktemp("one"), workers=1))
    server.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PAI_SERVER", server.address)
        patch.setenv("PAI_TOKEN", TOKEN)
        yield server
    server.stop()


@pytest.fixture(name="gated")
def gated_fixture(states: Callable[..., ShotState], gate: Gate) -> Callable[[str], ShotState]:
    """Shots whose renders wait at the server until the gate lets them go."""
    return lambda name="SH010": states(name, gate=str(gate.folder))


def ended(qtbot: QtBot, *items: Item) -> list[str]:
    qtbot.waitUntil(lambda: all(item.has_ended for item in items), timeout=LONG_MS)
    return [item.state for item in items]

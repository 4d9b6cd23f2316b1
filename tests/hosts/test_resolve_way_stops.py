"""A clip's way in Resolve while the server renders: cancelled, and several at once; the engine waits at each frame."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pai_studio.server.api.client import Client
from pai_studio.server.app import Server
from tests.hosts.conftest import Gate
from tests.hosts.resolve_scene import HOUR, ResolveScene, at_home
from tests.hosts.resolve_snapshot import RECORD_MADE, changed, everything
from tests.server.conftest import until


@pytest.fixture
def held(
    served: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gate: Gate
) -> Iterator[ResolveScene]:
    """A scene whose engine waits at each frame until the gate lets it go."""
    del served
    at_home(monkeypatch)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    one = ResolveScene(tmp_path, "aces")
    one.wish(prompt=json.dumps({"gate": str(gate.folder)}))
    yield one
    one.fake.check()


def when(one: ResolveScene, is_so: Callable[[], bool], act: Callable[[], Any]) -> None:
    """Have the user act at the first turn of the window's loop at which something is so."""

    def look() -> None:
        if is_so():
            act()
        else:
            one.fake.screen.at_step[one.fake.screen.steps + 1] = look

    one.fake.hooks["Project.StartRendering"] = [look]


def cancelled(client: Client) -> int:
    """How many jobs of the server were cancelled."""
    return sum(job.state == "CANCELLED" for job in client.jobs())


def test_a_cancel_while_the_server_renders_leaves_everything_as_it_was(
    held: ResolveScene, gate: Gate, client: Client
) -> None:
    before, project = cancelled(client), everything(held)
    reached = gate.folder / f"{HOUR}.reached"
    when(held, reached.exists, lambda: held.fake.screen.press("stop0"))
    assert held.render() == 1
    assert "the render was cancelled" in held.said()
    until(lambda: cancelled(client) == before + 1)
    assert held.record() == {}
    assert changed(project, everything(held)) == RECORD_MADE
    assert [path for path in (held.folder / "out put").rglob("*") if "v001" in path.name] == []


@pytest.mark.long
def test_all_clips_are_exported_before_one_is_done(held: ResolveScene, gate: Gate, client: Client) -> None:
    other = held.fake.add_item(held.media, HOUR + 8, HOUR + 9, at=10)
    held.refer(other)
    held.timeline.selected = [other, held.item]  # the order of the selection, not of the timeline
    shown: list[int] = []

    def note() -> None:
        assert held.fake.project.timeline is not None
        shown.append(next(iter(held.fake.project.timeline.items("video"))).first)

    def stop_both() -> None:
        assert "waits until the clips before it are exported" in held.said()
        held.fake.screen.press("stop0")
        held.fake.screen.press("stop1")

    held.fake.hooks["Project.AddRenderJob"] = [note] * 2
    reached = [gate.folder / f"{frame}.reached" for frame in (HOUR, HOUR + 6)]
    when(held, lambda: all(path.exists() for path in reached), stop_both)
    before = cancelled(client)
    assert held.render() == 1
    assert shown == [HOUR + 6, HOUR]
    until(lambda: cancelled(client) == before + 2)
    assert (held.record(), held.record(other)) == ({}, {})
    assert (held.item.takes, other.takes) == ([], [])
    assert held.all_settings() == held.settings

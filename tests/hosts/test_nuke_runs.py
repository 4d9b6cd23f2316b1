"""Renders of a Nuke node while they run: progress, cancel, several at once, and what survives a death."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pai_studio.server.api.client import Client
from pai_studio.server.app import Server
from tests.hosts.conftest import TOKEN, Gate, settings
from tests.hosts.fakes import standin
from tests.hosts.nuke_scene import (
    PATIENCE_S,
    Scene,
    nuke_with_plugin,
    pinned,
    press,
    status_becomes,
)
from tests.server.conftest import until


@pytest.fixture
def gui(dest: Path, shot_folder: Path) -> Iterator[Callable[..., Scene]]:
    """A Nuke with our plugin; its server is the one that the environment names by the time of the first render."""
    with nuke_with_plugin(dest, shot_folder) as make:
        yield make


def held(make: Callable[..., Scene], gate: Gate) -> Scene:
    """A scene whose engine waits at each frame."""
    one = make("draft")
    one.node["caption"].setValue(json.dumps({"gate": str(gate.folder)}))
    return one


def begin(one: Scene, count: int = 1) -> None:
    """Press Render and wait until the engine works at that many."""
    one.fake.press("PAIStudio1", "render")
    bars = one.fake.tasks
    one.fake.pump(
        lambda: sum(any("finishing" in text for text in bar.texts) for bar in bars) == count, PATIENCE_S
    )


def finish(one: Scene) -> None:
    runs = one.plug("runs")
    one.fake.pump(lambda: not runs.of(one.node), PATIENCE_S)


def cancelled(client: Client) -> int:
    """How many jobs of the server were cancelled."""
    return sum(job.state == "CANCELLED" for job in client.jobs())


def exports(one: Scene) -> list[str]:
    folder = one.folder / "pai_studio/SH010_comp/exports"
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def test_the_status_tells_how_far_a_render_is(served: Server, gui: Callable[..., Scene], gate: Gate) -> None:
    one = held(gui, gate)
    begin(one)
    gate.let(1001)
    one.fake.pump(lambda: one.node["status"].value() == "rendering 33%", PATIENCE_S)
    assert json.loads(one.node["job"].getText())[0]["version"] == 1
    gate.let(1002, 1003)
    finish(one)
    assert one.node["status"].value() == "v001"
    assert one.node["job"].getText() == ""


@pytest.mark.parametrize("how", ["button", pytest.param("bar", marks=pytest.mark.long)])
def test_a_cancel_ends_the_job_and_leaves_nothing(
    served: Server, gui: Callable[..., Scene], gate: Gate, client: Client, how: str
) -> None:
    one, before = held(gui, gate), cancelled(client)
    begin(one)
    assert exports(one) == ["SH010_comp_v001"]
    if how == "button":
        one.fake.press("PAIStudio1", "cancel")
    else:
        one.fake.tasks[0].cancelled = True
    finish(one)
    assert not one.fake.tasks[0].is_open
    assert one.fake.dialogs.messages == []
    assert exports(one) == []
    assert one.node["job"].getText() == ""
    assert one.node["status"].value() == "nothing rendered yet"
    until(lambda: cancelled(client) == before + 1)


@pytest.mark.long
def test_a_cancel_stops_its_own_nodes_render_alone(
    served: Server, gui: Callable[..., Scene], gate: Gate
) -> None:
    one = held(gui, gate)
    begin(one)
    other = one.plug("node").create()
    one.fake.press(other.fullName(), "cancel")
    assert one.fake.dialogs.taken() == ["PAIStudio2: nothing is being rendered"]
    gate.let(1001, 1002, 1003)
    finish(one)
    assert pinned(one)["version"] == 1


def test_a_cancel_while_nuke_exports_is_told_by_nuke(
    served: Server, gui: Callable[..., Scene], gate: Gate
) -> None:
    one = held(gui, gate)
    one.fake.cancel_at = 1002
    press(one)
    assert one.fake.dialogs.messages == []
    assert exports(one) == []


def test_two_presses_make_two_versions_and_the_newer_stays(
    served: Server, gui: Callable[..., Scene], gate: Gate, tmp_path: Path
) -> None:
    one = held(gui, gate)
    begin(one)
    second = Gate(tmp_path / "second")
    second.folder.mkdir()
    one.node["caption"].setValue(json.dumps({"gate": str(second.folder)}))
    begin(one, 2)
    assert one.node["status"].value().endswith("(2 renders)")
    assert exports(one) == ["SH010_comp_v001", "SH010_comp_v002"]
    assert len(json.loads(one.node["job"].getText())) == 2
    second.let(1001, 1002, 1003)
    one.fake.pump(lambda: one.node["pinned"].getText() != "", PATIENCE_S)
    assert pinned(one)["version"] == 2
    gate.let(1001, 1002, 1003)
    finish(one)
    assert pinned(one)["version"] == 2
    assert one.plug("result").offered(one.node) == [1, 2]
    assert one.node["job"].getText() == ""
    assert one.node["status"].value() == "v002"


@pytest.mark.long
def test_a_server_that_dies_is_told_and_the_next_press_goes_on(
    surroundings: pytest.MonkeyPatch, gui: Callable[..., Scene], gate: Gate, tmp_path: Path
) -> None:
    server = Server(settings(tmp_path / "data"))
    server.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PAI_SERVER", server.address)
        patch.setenv("PAI_TOKEN", TOKEN)
        patch.setenv("PAI_PATIENCE_S", "1")
        one = held(gui, gate)
        begin(one)
        server.stop()
        finish(one)
        (said,) = one.fake.dialogs.taken()
        assert "render again to go on" in said
        assert exports(one) == ["SH010_comp_v001"]
        (job,) = json.loads(one.node["job"].getText())
        again = Server(settings(tmp_path / "data", listen=server.address))
        again.start()
        gate.let(1001, 1002, 1003)
        exported = len(one.fake.rendered)
        press(one)
        assert one.fake.dialogs.messages == []
        assert pinned(one)["version"] == 1
        assert pinned(one)["document"] == job["document"]
        assert len(one.fake.rendered) == exported
        assert one.node["job"].getText() == ""
        one.plug("session").close_sidecar()
        again.stop()


@pytest.mark.long
def test_another_session_goes_on_with_what_a_closed_nuke_began(
    served: Server, dest: Path, shot_folder: Path, gate: Gate, client: Client
) -> None:
    with nuke_with_plugin(dest, shot_folder) as make:
        one = held(make, gate)
        begin(one)
        text = one.fake.text()
        one.plug("session").close_sidecar()
        finish(one)
        one.fake.dialogs.taken()
    jobs = len(client.jobs())
    gate.let(1001, 1002, 1003)
    with nuke_with_plugin(dest, shot_folder) as make:
        other = held(make, gate)
        other.fake.clear()
        other.fake.read(text, shot_folder / "SH010_comp_v003.nk")
        other.node = other.nuke.toNode("PAIStudio1")
        press(other)
        assert other.fake.dialogs.messages == []
        assert pinned(other)["version"] == 1
    assert len(client.jobs()) == jobs


@pytest.mark.long
def test_a_change_while_it_renders_is_seen_when_it_is_there(
    served: Server, gui: Callable[..., Scene], gate: Gate
) -> None:
    one = held(gui, gate)
    begin(one)
    one.node["seed"].setValue(99)
    gate.let(1001, 1002, 1003)
    finish(one)
    status_becomes(one, "v001, stale: inputs changed")


def test_a_fault_of_the_engine_is_shown_once(served: Server, gui: Callable[..., Scene]) -> None:
    one = gui()
    one.node["caption"].setValue(json.dumps({"die": {"1002": "engine"}, "always": True}))
    press(one)
    (said,) = one.fake.dialogs.taken()
    assert "Traceback" not in said
    assert one.node["status"].value() == "nothing rendered yet"
    assert exports(one) == []


def test_a_knob_that_cannot_be_used_is_one_message(served: Server, gui: Callable[..., Scene]) -> None:
    one = gui()
    one.node["shot"].setValue("a b")
    press(one)
    assert one.fake.dialogs.taken() == [
        "PAIStudio1: shot: 'a b' cannot name a shot; use letters, digits, dot, dash and underscore"
    ]


@pytest.mark.long
def test_a_panel_that_does_not_open_is_told_by_the_button(
    served: Server, gui: Callable[..., Scene], gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):  # so that no window of the panel opens
        monkeypatch.delenv(name, raising=False)
    one = gui()
    one.fake.press("PAIStudio1", "open_panel")
    assert "press Render first" in one.fake.dialogs.taken()[0]
    press(one)
    one.fake.press("PAIStudio1", "open_panel")
    messages: list[Any] = one.fake.dialogs.messages
    one.fake.pump(lambda: messages, PATIENCE_S)
    assert "the panel does not open" in one.fake.dialogs.taken()[0]


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.long)])
def test_a_terminal_that_is_interrupted_cancels_its_job(
    client: Client, gui: Callable[..., Scene], gate: Gate, dest: Path, number: signal.Signals
) -> None:
    one = held(gui, gate)
    shot, script = one.folder, one.folder / "SH010_comp_v003.nk"
    one.nuke.scriptSaveAs(str(script), 1)
    terminal = dest / "pai_studio_host/nuke/terminal.py"
    command = [sys.executable, standin.__file__, "-t", str(terminal), str(script), "--save"]
    environment = {**os.environ, "NUKE_PATH": str(dest), "HOME": str(shot)}
    before, text = cancelled(client), script.read_bytes()
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stderr is not None
        lines = []
        for line in process.stderr:
            lines.append(line)
            if "finishing frame" in line:
                process.send_signal(number)
        code = process.wait(60)
    said = "".join(lines)
    assert code == 130, said
    assert "the render was cancelled" in said
    assert "Traceback" not in said
    assert not (shot / "pai_studio/SH010_comp/exports/SH010_comp_v001").exists()
    assert script.read_bytes() == text
    until(lambda: cancelled(client) == before + 1)


def test_a_node_that_is_deleted_while_it_renders_troubles_nobody(
    served: Server, gui: Callable[..., Scene], gate: Gate, capsys: pytest.CaptureFixture[str]
) -> None:
    one = held(gui, gate)
    begin(one)
    one.nuke.delete(one.node)
    gate.let(1001, 1002, 1003)
    finish(one)
    assert one.fake.dialogs.messages == []
    folder = one.folder / "pai_studio/SH010_comp/v001"
    said = capsys.readouterr().out
    assert "PAIStudio1: is no longer in the script; v001 is finished: " in said
    assert f"{folder.as_posix()}/SH010_comp_v001.####.exr" in said
    assert len(list(folder.glob("*.exr"))) == 3
    one.fake.idle()

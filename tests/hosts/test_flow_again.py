"""A job that was left behind is gone on with, given up or left alone."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

import pai_studio
from pai_studio.host_plugins.bridge import Bridge
from pai_studio.host_plugins.flow import Flow
from pai_studio.host_plugins.lease import DEAD_S, Lease, is_held
from pai_studio.host_plugins.record import Installed
from pai_studio.server.api.client import Client
from pai_studio.server.app import Server
from tests.hosts.conftest import Gate, Script, exports_of, fault, settings
from tests.hosts.folder_host import FolderHost, FolderTarget, quiet


def test_an_exact_version_is_made_once(flow: Flow, script: Script) -> None:
    target = script()
    target.document["delivery"]["files"] = target.document["delivery"]["files"].replace("v001", "v005")
    first = flow.render(target, exact=True)
    assert first.version == 5
    exported = list(target.exported)
    assert flow.render(target, exact=True) == first
    assert target.exported == exported
    target.document["plate"] = {"screen": "blue"}
    assert fault(lambda: flow.render(target, exact=True)).code == "ALREADY_EXISTS"
    assert flow.render(target).version == 6


def test_a_farm_s_second_try_goes_on_with_the_first(
    flow: Flow, script: Script, host: FolderHost, gate: Gate
) -> None:
    target = script("SH_farm", gate=str(gate.folder))
    own = Bridge(Installed(pai_studio.__version__, sys.executable))

    def close(text: str) -> None:
        if text.startswith("finishing frame"):
            host.on_show = quiet
            own.close()

    host.on_show = close
    assert fault(lambda: Flow(host, own).render(target, exact=True)).code == "CLOSED"
    gate.let(1001, 1002, 1003)
    exported = list(target.exported)
    target.kept_in.write_text("{}")  # the script was not saved
    assert flow.render(target, exact=True).version == 1
    assert target.exported == exported


def test_a_farm_s_second_try_is_another_job_where_the_first_failed(flow: Flow, script: Script) -> None:
    target = script("SH_try", die={"1002": "raise"})
    assert "RuntimeError" in str(fault(lambda: flow.render(target, exact=True)))
    exported = list(target.exported)
    assert flow.render(target, exact=True).version == 1
    assert target.exported == exported


def test_a_server_that_dies_half_way_is_gone_on_with(
    surroundings: pytest.MonkeyPatch, host: FolderHost, script: Script, gate: Gate, tmp_path: Path
) -> None:
    target = script(gate=str(gate.folder))
    server = Server(settings(tmp_path / "data"))
    server.start()

    def stop(text: str) -> None:
        if text.startswith("finishing frame"):
            host.on_show = quiet
            server.stop()

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PAI_SERVER", server.address)
        patch.setenv("PAI_TOKEN", settings(tmp_path).token)
        patch.setenv("PAI_PATIENCE_S", "1")
        own = Bridge(Installed(pai_studio.__version__, sys.executable))
        host.on_show = stop
        found = fault(lambda: Flow(host, own).render(target))
        assert found.code == "UNAVAILABLE"
        assert "render again to go on with this version" in found.hint
        assert any("the server does not answer" in line for line in host.lines)
        assert exports_of(target) == ["SH010_v001"]
        again = Server(settings(tmp_path / "data", listen=server.address))
        again.start()
        gate.let(1001, 1002, 1003)
        exported = list(target.exported)
        assert Flow(host, own).render(target).version == 1
        own.close()
        again.stop()
    assert target.exported == exported
    assert host.on_main(target.kept) is None


def test_a_sidecar_that_dies_while_the_job_goes_on_is_gone_on_with(
    served: Server, script: Script, gate: Gate, host: FolderHost, client: Client
) -> None:
    target = script("SH_dies", gate=str(gate.folder))
    own = Bridge(Installed(pai_studio.__version__, sys.executable))

    def kill(text: str) -> None:
        if text.startswith("finishing frame"):
            host.on_show = quiet
            os.kill(own._process._child.pid, 9)

    host.on_show = kill
    found = fault(lambda: Flow(host, own).render(target))
    assert "was ended by signal 9" in str(found)
    gate.let(1001, 1002, 1003)
    assert Flow(host, own).render(target).version == 1
    own.close()
    assert [job.state for job in client.jobs() if job.shot_name == "SH_dies"] == ["SUCCEEDED"]


def other_job(target: FolderTarget, sidecar: Bridge, **others: str) -> Path:
    """A job of version 1 that the script has kept and whose folder is there, of other inputs; the folder."""
    folder = Path(sidecar.ask("reserve", files=target.document["delivery"]["files"])["folder"])
    job = {
        "request": "0",
        "mode": "render",
        "document": str(folder / "SH010.shot.json"),
        "folder": str(folder),
        "version": 1,
        **dict.fromkeys(("generation", "finish", "delivery"), "another"),
        **others,
    }
    target.host.on_main(lambda: target.keep(job))
    (folder / "job.json").write_text(json.dumps(job))
    return folder


@pytest.mark.parametrize(
    ("mode", "told"),
    [("render", "something else"), ("refinish", "Render, and no longer Re-finish,")],
)
def test_a_job_of_other_inputs_is_given_up(
    flow: Flow, script: Script, sidecar: Bridge, mode: str, told: str
) -> None:
    target = script()
    host = target.host
    other_job(target, sidecar, mode=mode)
    assert flow.render(target).version == 1
    assert host.said == [f"SH010: v001 is given up: {told} is asked for now"]
    host.on_main(lambda: target.keep({"of": "another form"}))
    assert flow.render(target).version == 2


def test_a_job_that_another_session_follows_is_left_alone(
    flow: Flow, script: Script, sidecar: Bridge, host: FolderHost
) -> None:
    target = script()
    folder = other_job(target, sidecar)
    with Lease(folder):
        assert flow.render(target).version == 2
        assert host.said == ["SH010: v001 is left alone: another session is rendering it"]
        assert (folder / "job.json").is_file()
        target.document["delivery"]["files"] = target.document["delivery"]["files"].replace("v002", "v001")
        found = fault(lambda: flow.render(target, exact=True))
        assert "another session is rendering this version from other inputs" in str(found)
        assert (folder / "job.json").is_file()
    assert flow.render(target, exact=True).version == 1


def test_a_session_that_has_crashed_holds_a_job_for_a_while_only(
    flow: Flow, script: Script, sidecar: Bridge
) -> None:
    target = script()
    folder = other_job(target, sidecar)
    lease = Lease(folder)
    lease.beat()
    assert is_held(folder)
    (sign,) = folder.glob("alive-*")
    os.utime(sign, (sign.stat().st_atime, sign.stat().st_mtime - DEAD_S))
    assert not is_held(folder)
    assert flow.render(target).version == 1


def test_a_cancel_here_leaves_what_another_session_follows(
    flow: Flow, script: Script, gate: Gate, host: FolderHost
) -> None:
    target = script("SH_both", gate=str(gate.folder))
    held = []

    def cancel(text: str) -> None:
        if text.startswith("finishing frame") and not held:
            (folder,) = (Path(target.document["delivery"]["files"]).parents[1] / "exports").iterdir()
            held.append(is_held(folder))
            Lease(folder).beat()
            host.bars[-1].cancel()

    host.on_show = cancel
    assert fault(lambda: flow.render(target)).code == "CANCELLED"
    assert held == [True]
    assert exports_of(target) == ["SH_both_v001"]


def test_the_folder_of_another_job_is_not_given_up(flow: Flow, script: Script, sidecar: Bridge) -> None:
    """A copy of a node keeps a job that is long over; its version may be another render's by now."""
    target = script()
    folder = other_job(target, sidecar)
    job = json.loads((folder / "job.json").read_text())
    (folder / "job.json").write_text(json.dumps({**job, "request": "theirs"}))
    assert flow.render(target).version == 2
    assert (folder / "job.json").is_file()

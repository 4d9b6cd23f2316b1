"""What stops a render is told in time, and leaves nothing half done."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

import pai_studio
from pai_studio.host_plugins.bridge import Bridge
from pai_studio.host_plugins.flow import REFINISH, Flow
from pai_studio.host_plugins.host import Still
from pai_studio.host_plugins.record import Installed
from pai_studio.server.api.client import Client
from tests.hosts.conftest import Gate, Script, exports_of, fault
from tests.hosts.folder_host import FolderHost, quiet
from tests.server.conftest import until


def test_a_cancel_is_only_of_one_s_own(flow: Flow, script: Script, gate: Gate, host: FolderHost) -> None:
    first, second = script("SH_goes_on", gate=str(gate.folder)), script("SH_stops", gate=str(gate.folder))
    running = threading.Semaphore(0)
    host.on_show = lambda text: running.release() if text.startswith("finishing frame") else None
    with ThreadPoolExecutor(2) as pool:
        made = [pool.submit(flow.render, first)]
        assert running.acquire(timeout=30)
        made.append(pool.submit(flow.render, second))
        until(
            lambda: len(host.bars) == 2 and any("finishing frame" in text for _, text in host.bars[1].shown)
        )
        host.bars[1].cancel()
        assert fault(lambda: made[1].result(60)).code == "CANCELLED"
        gate.let(1001, 1002, 1003)
        assert made[0].result(60).version == 1


def test_a_cancel_while_it_renders_leaves_nothing(
    flow: Flow, script: Script, gate: Gate, host: FolderHost, client: Client
) -> None:
    target = script("SH_cancel", gate=str(gate.folder))
    host.on_show = lambda text: host.bars[-1].cancel() if text.startswith("finishing frame") else None
    assert fault(lambda: flow.render(target)).code == "CANCELLED"
    assert "stopping" in host.lines
    assert exports_of(target) == []
    assert host.on_main(target.placed) is None
    assert host.on_main(target.kept) is None
    until(lambda: [job.state for job in client.jobs() if job.shot_name == "SH_cancel"] == ["CANCELLED"])


@pytest.mark.parametrize("source", ["plate", "ref2"])
def test_a_cancel_while_the_host_exports_leaves_nothing(
    flow: Flow, script: Script, host: FolderHost, source: str
) -> None:
    target = script()
    target.stop_at = source
    assert fault(lambda: flow.render(target)).code == "CANCELLED"
    assert exports_of(target) == []
    host.on_show = lambda _text: host.bars[-1].cancel()
    assert fault(lambda: flow.render(target)).code == "CANCELLED"
    assert exports_of(target) == []
    assert target.exported == ([] if source == "plate" else ["plate", "alpha", "ref1"])


def test_ctrl_c_in_a_terminal_is_a_cancel(
    flow: Flow, script: Script, gate: Gate, host: FolderHost, client: Client
) -> None:
    target = script("SH_interrupted", gate=str(gate.folder))

    def interrupt(text: str) -> None:
        if text.startswith("finishing frame"):
            host.on_show = quiet
            raise KeyboardInterrupt

    host.on_show = interrupt
    assert fault(lambda: flow.render(target)).code == "CANCELLED"
    until(lambda: [job.state for job in client.jobs() if job.shot_name == "SH_interrupted"] == ["CANCELLED"])
    assert exports_of(target) == []


def test_frames_that_the_host_did_not_write_are_named(flow: Flow, script: Script) -> None:
    target = script()
    target.lost = {1001, 1003}
    found = fault(lambda: flow.render(target))
    assert found.code == "MISSING_FRAMES"
    assert "the export of plate lacks frames 1001, 1003" in str(found)
    assert exports_of(target) == []


def test_frames_that_nobody_asked_for_are_named(flow: Flow, script: Script) -> None:
    target = script()
    target.extra = {1000, 1004}
    assert "has frames 1000, 1004 that nobody asked for" in str(fault(lambda: flow.render(target)))


def test_what_no_export_could_mend_is_said_before_it(flow: Flow, script: Script) -> None:
    target = script()
    target.space = "Utterly Linear"
    assert fault(lambda: flow.render(target)).code == "UNKNOWN_COLORSPACE"
    target.space, target.document["finish"] = "ACEScg", {"wrap": 7}
    assert "finish.wrap" in str(fault(lambda: flow.render(target)))
    target.document.update(finish={}, engine={"name": "dream"})
    assert "the server has no engine 'dream'; it has draft, " in str(fault(lambda: flow.render(target)))
    target.document["engine"], target.stills = {}, ()
    assert "connect one to ref1" in str(fault(lambda: flow.render(target)))
    target.stills = (Still("ref1", 1009),)
    assert "ref1: its frame 1009 lies outside the shot's 1001-1003" in str(fault(lambda: flow.render(target)))
    assert target.exported == []
    assert exports_of(target) == []


def test_a_job_that_fails_leaves_nothing(flow: Flow, script: Script, host: FolderHost) -> None:
    target = script(die={"1002": "raise"}, always=True)
    assert "RuntimeError" in str(fault(lambda: flow.render(target)))
    assert exports_of(target) == []
    assert host.on_main(target.kept) is None


def test_a_server_that_is_not_there_is_told_before_a_long_export(
    surroundings: pytest.MonkeyPatch, host: FolderHost, script: Script
) -> None:
    target = script()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PAI_SERVER", "127.0.0.1:1")
        patch.setenv("PAI_TOKEN", "a-token")
        own = Bridge(Installed(pai_studio.__version__, sys.executable))
        assert fault(lambda: Flow(host, own).render(target)).code == "UNAVAILABLE"
        own.close()
    assert target.exported == []
    assert exports_of(target) == []


def test_a_sidecar_that_cannot_be_started_is_told_before_anything_is_done(
    host: FolderHost, script: Script
) -> None:
    target = script()
    own = Bridge(Installed("9.9.9", sys.executable))
    found = fault(lambda: Flow(host, own).render(target))
    assert "run `pai-studio install nuke` again" in str(found)
    assert target.exported == []
    own.close()


def test_whatever_goes_wrong_is_told_with_the_name_of_what_was_rendered(flow: Flow, script: Script) -> None:
    target = script("SH_named")
    target.lost = {1001}
    assert fault(lambda: flow.render(target)).where.startswith("SH_named: /")
    assert str(fault(lambda: flow.render(target, REFINISH))).startswith("SH_named: nothing is rendered yet")
    target.document["finish"] = {"wrap": 7}
    assert str(fault(lambda: flow.render(target))).startswith("SH_named: the shot: finish.wrap")
    target.sources["plate"] = str(target.kept_in.parent / "none.####.exr")
    target.document["finish"] = {}
    assert str(fault(lambda: flow.render(target))).startswith("SH_named: /")
    target.document["delivery"]["files"] = "/show/SH_named.%04d.exr"
    found = str(fault(lambda: flow.render(target)))
    assert found.startswith("SH_named: output SH_named.####.exr: has no version to raise; put one in")
    target.document["delivery"]["files"] = "/show/v001_v002.%04d.exr"
    assert ": output names several versions (v001, v002)" in str(fault(lambda: flow.render(target)))

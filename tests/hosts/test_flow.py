"""The whole story of a render in a plain host, through the real sidecar, at a real server."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import pai_studio
from pai_studio.core.shot.exports import MARK
from pai_studio.host_plugins.bridge import Bridge
from pai_studio.host_plugins.flow import REFINISH, Flow
from pai_studio.host_plugins.host import Fault, Still
from pai_studio.host_plugins.record import Installed
from pai_studio.server.api.client import Client
from pai_studio.server.app import Server
from tests.hosts.conftest import Gate, settings, write_pictures
from tests.hosts.folder_host import FolderHost, FolderTarget, quiet
from tests.server.conftest import until

Script = Callable[..., FolderTarget]


@pytest.fixture
def host() -> FolderHost:
    return FolderHost()


@pytest.fixture
def flow(host: FolderHost, sidecar: Bridge) -> Flow:
    return Flow(host, sidecar)


@pytest.fixture
def script(host: FolderHost, tmp_path: Path) -> Script:
    """`script(**wishes)` is a target in a folder with spaces, more than ASCII, and the script's own version."""
    folder = tmp_path / "Szene Ä 東京" / "comp_v012"

    def make(name: str = "SH010", span: tuple[int, int] = (1001, 1003), **wishes: Any) -> FolderTarget:
        first, last = span
        sources = {
            source: str(folder / write_pictures(folder, first, last, f"{name}_{source}"))
            for source in ("plate", "alpha", "ref1", "ref2")
        }
        document = {
            "name": name,
            "rate": "24",
            "frames": [first, last],
            "plate": {"screen": "green"},
            "mattes": {"alpha": {"invert": True}},
            "prompt": {"caption": json.dumps(wishes)},
            "finish": {"wrap": 0.5},
            "delivery": {
                "files": str(folder / f"pai/{name}/v001/{name}_v001.%04d.exr"),
                "passes": ["beauty", "matte"],
            },
        }
        stills = (Still("ref1", first), Still("ref2", last, "fit"))
        kept_in = folder / f"{name}.{len(list(folder.glob('*.json')))}.json"
        kept_in.write_text("{}")
        return FolderTarget(host, name, sources, document, stills, kept_in, ("alpha",))

    return make


def exports_of(target: FolderTarget) -> list[str]:
    folder = Path(target.document["delivery"]["files"]).parents[1] / "exports"
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def fault(run: Callable[[], object]) -> Fault:
    with pytest.raises(Fault) as caught:
        run()
    return caught.value


@pytest.mark.parametrize("span", [(1001, 1003), (-2, 1), (7, 7)])
def test_a_version_is_exported_rendered_and_placed(
    flow: Flow, script: Script, host: FolderHost, span: tuple[int, int]
) -> None:
    target = script(span=span, qc={"low_confidence": [span[0]]})
    result = flow.render(target)
    first, last = span
    assert (result.version, result.first, result.last, result.space) == (1, first, last, "ACEScg")
    assert result.files.endswith("Szene Ä 東京/comp_v012/pai/SH010/v001/SH010_v001.####.exr")
    assert all(Path(result.files.replace("####", f"{n:04d}")).is_file() for n in range(first, last + 1))
    assert result.notes == (f"look at: background mostly guessed in {first}",)
    assert host.on_main(target.placed) == result
    assert host.on_main(target.state) == result.state
    assert host.on_main(target.kept) is None
    assert not host.bars[0].is_open


def test_the_document_beside_the_exports_is_all_that_a_render_needs(flow: Flow, script: Script) -> None:
    target = script()
    result = flow.render(target)
    folder = Path(result.document).parent
    assert target.exported == ["plate", "alpha", "ref1", "ref2"]
    assert sorted(path.name for path in folder.iterdir() if path.name != MARK) == [
        "SH010.shot.json",
        *(f"alpha.{n}.exr" for n in (1001, 1002, 1003)),
        "job.json",
        *(f"plate.{n}.exr" for n in (1001, 1002, 1003)),
        "ref1.1001.exr",
        "ref2.1003.exr",
    ]
    shot = json.loads(Path(result.document).read_text(encoding="utf-8"))
    assert shot["schema"] == "pai-studio/shot/1"
    assert shot["plate"] == {"screen": "green", "files": "plate.####.exr", "colorspace": "ACEScg"}
    assert shot["mattes"] == {"alpha": {"invert": True, "files": "alpha.####.exr"}}
    assert shot["references"] == [
        {"file": "ref1.1001.exr", "frame": 1001, "colorspace": "ACEScg", "fit": "fill"},
        {"file": "ref2.1003.exr", "frame": 1003, "colorspace": "ACEScg", "fit": "fit"},
    ]
    assert shot["delivery"] == {"passes": ["beauty", "matte"], "files": result.files, "colorspace": "ACEScg"}


def test_progress_says_what_goes_on(flow: Flow, script: Script, host: FolderHost) -> None:
    flow.render(script())
    assert host.lines[:2] == ["checking the shot", "exporting plate, 3 frames"]
    assert "looking at the exported pictures" in host.lines
    assert any(line.startswith("uploading, ") for line in host.lines)
    assert any(line.startswith("finishing frame ") and " of 3" in line for line in host.lines)


def test_two_at_once_get_a_version_each(flow: Flow, script: Script, gate: Gate, host: FolderHost) -> None:
    targets = [script(gate=str(gate.folder)) for _ in range(2)]
    running = threading.Semaphore(0)
    host.on_show = lambda text: running.release() if text.startswith("finishing frame 0") else None
    with ThreadPoolExecutor(2) as pool:
        made = [pool.submit(flow.render, target) for target in targets]
        gate.let(1001, 1002, 1003)
        assert sorted(one.result(60).version for one in made) == [1, 2]
    assert {host.on_main(target.placed).version for target in targets} == {1, 2}


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


def test_a_second_press_makes_another_version_of_the_same_target(
    flow: Flow, script: Script, gate: Gate, host: FolderHost
) -> None:
    target = script(gate=str(gate.folder))
    running = threading.Event()
    host.on_show = lambda text: running.set() if text.startswith("finishing frame") else None
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(flow.render, target)
        assert running.wait(30)
        second = pool.submit(flow.render, target)
        until(lambda: len(exports_of(target)) == 2)
        gate.let(1001, 1002, 1003)
        assert (first.result(60).version, second.result(60).version) == (1, 2)
    assert host.on_main(target.kept) is None


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


def test_handles_are_exported_and_delivered(flow: Flow, script: Script) -> None:
    target = script(span=(1001, 1003))
    target.document.update(frames=[1002, 1002], handles=1)
    result = flow.render(target)
    assert (result.first, result.last) == (1001, 1003)


def test_a_job_that_fails_leaves_nothing(flow: Flow, script: Script, host: FolderHost) -> None:
    target = script(die={"1002": "raise"}, always=True)
    assert "RuntimeError" in str(fault(lambda: flow.render(target)))
    assert exports_of(target) == []
    assert host.on_main(target.kept) is None


def test_refinish_takes_the_pictures_of_the_placed_version(flow: Flow, script: Script) -> None:
    target = script()
    first = flow.render(target)
    exported = list(target.exported)
    target.document["finish"] = {"wrap": 0.9}
    second = flow.render(target, REFINISH)
    third = flow.render(target, REFINISH)
    assert (second.version, third.version) == (2, 3)
    assert target.exported == exported
    shot = json.loads(Path(third.document).read_text())
    assert shot["finish"] == {"wrap": 0.9}
    assert shot["delivery"]["files"] == third.files
    assert shot["plate"]["files"] == "../SH010_v001/plate.####.exr"
    assert json.loads((Path(third.files).parent / "qc.json").read_text())["mode"] == "refinish"
    assert second.state.generation == first.state.generation
    assert second.state.finish != first.state.finish


def test_refinish_says_why_it_cannot(flow: Flow, script: Script) -> None:
    target = script()
    assert "nothing is rendered yet" in str(fault(lambda: flow.render(target, REFINISH)))
    placed = flow.render(target)
    target.document["plate"] = {"screen": "blue"}
    assert "the inputs changed since v001; use Render" in str(fault(lambda: flow.render(target, REFINISH)))
    target.document["plate"] = {"screen": "green"}
    Path(placed.document).with_name("alpha.1002.exr").unlink()
    say = str(fault(lambda: flow.render(target, REFINISH)))
    assert "alpha.####.exr 1002" in say
    assert "the pictures that v001 was made from are gone" in say
    Path(placed.document).unlink()
    assert "are gone" in str(fault(lambda: flow.render(target, REFINISH)))


def test_old_exports_go_when_a_version_is_done(flow: Flow, script: Script) -> None:
    target = script()
    flow.render(target)
    flow.render(target)
    assert exports_of(target) == ["SH010_v002"]


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


def test_a_job_of_other_inputs_is_given_up(
    flow: Flow, script: Script, sidecar: Bridge, host: FolderHost
) -> None:
    target = script()
    reserved = sidecar.ask("reserve", files=target.document["delivery"]["files"])
    kept = {
        "request": "0",
        "mode": "render",
        "document": str(Path(reserved["folder"], "SH010.shot.json")),
        "folder": reserved["folder"],
        "version": 1,
        "generation": "another",
        "finish": "another",
        "delivery": "another",
    }
    host.on_main(lambda: target.keep(kept))
    Path(reserved["folder"], "job.json").write_text(json.dumps(kept))
    assert flow.render(target).version == 1
    assert "v001 is given up: something else is asked for now" in host.said[0]
    host.on_main(lambda: target.keep({"of": "another form"}))
    assert flow.render(target).version == 2


def test_the_folder_of_another_job_is_not_given_up(
    flow: Flow, script: Script, sidecar: Bridge, host: FolderHost
) -> None:
    """A copy of a node keeps a job that is long over; its version may be another render's by now."""
    target = script()
    folder = Path(sidecar.ask("reserve", files=target.document["delivery"]["files"])["folder"])
    kept = {
        "request": "the copy's",
        "mode": "render",
        "document": str(folder / "SH010.shot.json"),
        "folder": str(folder),
        "version": 1,
        **dict.fromkeys(("generation", "finish", "delivery"), "another"),
    }
    (folder / "job.json").write_text(json.dumps({**kept, "request": "theirs"}))
    host.on_main(lambda: target.keep(kept))
    assert flow.render(target).version == 2
    assert (folder / "job.json").is_file()


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

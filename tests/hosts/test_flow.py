"""The whole story of a render in a plain host, through the real sidecar, at a real server."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pai_studio.core.shot.exports import MARK
from pai_studio.host_plugins.flow import REFINISH, Flow
from tests.hosts.conftest import Gate, Script, exports_of, fault
from tests.hosts.folder_host import FolderHost
from tests.server.conftest import until


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


def test_handles_are_exported_and_delivered(flow: Flow, script: Script) -> None:
    target = script(span=(1001, 1003))
    target.document.update(frames=[1002, 1002], handles=1)
    result = flow.render(target)
    assert (result.first, result.last) == (1001, 1003)


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

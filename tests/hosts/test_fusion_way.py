"""A tool's whole way in Fusion: our Comp script in the strict stand-in; sidecar, server and pictures are real."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pai_studio.host_plugins.resolve.fusion import macro, script, selftest
from pai_studio.host_plugins.resolve.menu import ProjectMemory
from pai_studio.server.app import Server
from tests.hosts.fakes_resolve import pictures
from tests.hosts.fakes_resolve.fusion_model import CompModel, ToolModel
from tests.hosts.fakes_resolve.resolve_fake import FakeResolve
from tests.hosts.fusion_eval import evaluate
from tests.hosts.lua_table import read_table
from tests.hosts.real_lua import evaluated, flat
from tests.hosts.resolve_scene import HOUR, ResolveScene, at_home, write_still


class CompScene(ResolveScene):
    """The comp of the clip, MediaIn to MediaOut, with a Loader of the background beside it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, "aces")
        self.comp = CompModel.of_item("Composition 1", self.item)
        self.fake.comp_open = self.comp
        self.plate = self.comp.tools[0]
        self.comp.active = self.plate
        self.loader = self.comp.add("Loader", (0, 0))
        self.comp.set_input(self.loader, "Clip", str(write_still(folder)))
        self.loader.selected = True
        self.comp.time = 1.0
        wishes = {"folder": str(folder / "out put"), "engine": "draft", "camera": "ACEScg", "grain": 0}
        ProjectMemory(script.MEMORY).write(wishes=wishes)

    def go(self, *acts: Any, press: str = "render") -> int:
        """Choose the script, do these, press Render or another button, and Close at the end."""
        self.fake.screen.plan = [*acts, (press, "Clicked"), ("done", "Clicked")]
        return script.main(self.fake.globals())

    def made(self) -> ToolModel:
        """The Loader of the result."""
        (found,) = [tool for tool in self.comp.tools if tool.name == "PAIStudio_MediaIn1"]
        return found


@pytest.fixture
def scene(
    shipped: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], CompScene]]:
    del shipped
    at_home(monkeypatch)
    made: list[CompScene] = []

    def make() -> CompScene:
        made.append(CompScene(tmp_path / "Größe 010"))
        return made[-1]

    yield make
    for one in made:
        one.fake.check()


def place(tool: ToolModel) -> list[Any]:
    names = ("GlobalIn", "GlobalOut", "ClipTimeStart", "ClipTimeEnd", "HoldFirstFrame", "HoldLastFrame")
    return [tool.inputs[name] for name in names]


def test_a_media_in_comes_back_as_a_loader(scene: Callable[[], CompScene]) -> None:
    one = scene()
    assert one.go() == 0, one.said()
    made = one.made()
    assert place(made) == [0, 3, 0, 3, 0, 0]
    assert made.files[0].is_file()
    assert [tool.kind for tool in one.comp.tools] == ["MediaIn", "MediaOut", "Loader", "Loader"]
    assert one.comp.done == [("PAI-Studio export", False), ("PAI-Studio v001", True)]
    exported = next((one.folder / "out put").rglob("plate.0001.exr"))
    assert pictures.read(exported)[3, 3] == pytest.approx(
        pictures.read(one.media.file(HOUR + 3))[3, 3], rel=2e-3
    )
    assert "must still descend from MediaIn" in one.said()
    assert one.comp.active is one.plate
    filled = made.files[0].with_name("PAIStudio_v001.setting")
    assert f"drag {filled} into the node editor" in one.said()
    text = filled.read_text(encoding="utf-8")
    assert flat(read_table(text)) == evaluated(text)
    group = read_table(text).table("Tools").table(macro.NAME)
    for frame in (0, 3):
        again, given = evaluate(group, frame), evaluate(group, frame, "MainOutput2")
        for letter in "rgb":
            ulp = np.spacing(np.abs(given[letter]).astype(np.float16)).astype(np.float32)
            assert np.all(np.abs(again[letter] - given[letter]) <= ulp), letter


@pytest.mark.long
def test_refinish_takes_the_pictures_that_were_made(scene: Callable[[], CompScene]) -> None:
    one = scene()
    assert one.go(press="refinish") == 1
    assert "nothing is rendered yet that could be finished again" in one.said()
    assert one.go() == 0, one.said()
    rendered = list(one.comp.rendered)

    def change() -> None:
        one.fake.screen.widget("despill").props["Value"] = 20
        one.fake.screen.widget("pass_gain").props["Checked"] = False

    assert one.go(change, press="refinish") == 0, one.said()
    assert "_v002." in one.made().inputs["Clip"]
    assert one.comp.rendered == rendered
    kept = json.loads(one.plate.data["PAIStudio"])["result"]
    assert "gain" not in kept["passes"]
    document = json.loads(Path(kept["document"]).read_text(encoding="utf-8"))
    assert document["finish"]["despill"] == 0.2
    assert "the macro is not written: it needs the passes background, foreground, gain" in one.said()


def when_under_way(one: CompScene, act: Any) -> Callable[[], None]:
    """Have that done in the window's next turn once the job is at the server."""

    def look() -> None:
        kept = json.loads(one.plate.data.get("PAIStudio", "{}"))
        one.fake.screen.at_step[one.fake.screen.steps + 1] = act if "job" in kept else look

    return look


def test_cancel_while_the_server_renders_leaves_the_composition_as_it_was(
    scene: Callable[[], CompScene],
) -> None:
    one = scene()
    before = [(tool.kind, tool.name) for tool in one.comp.tools]
    one.fake.hooks["Composition.Render"] = [when_under_way(one, ("stop0", "Clicked"))]
    assert one.go() == 1
    assert "the render was cancelled" in one.said()
    assert [(tool.kind, tool.name) for tool in one.comp.tools] == before
    assert one.comp.done == [("PAI-Studio export", False)]
    assert json.loads(one.plate.data["PAIStudio"]) == {}
    assert list((one.folder / "out put").rglob("*.exr")) == []


def test_fusion_closed_while_the_server_renders_is_called_fusion(
    scene: Callable[[], CompScene], capsys: pytest.CaptureFixture[str]
) -> None:
    one = scene()
    one.fake.is_alone = True
    one.fake.hooks["Composition.Render"] = [when_under_way(one, one.fake.quit)]
    assert one.go() == 1
    said = capsys.readouterr().out
    assert "PAI-Studio: Fusion was closed" in said
    assert "Resolve" not in said


def test_the_self_test_is_a_button(
    scene: Callable[[], CompScene], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = scene()
    monkeypatch.setenv("HOME", str(tmp_path))
    one.fake.screen.plan = [("selftest", "Clicked"), ("ok", "Clicked")]
    assert script.main(one.fake.globals()) == 0
    assert "0 failed" in one.said()
    assert (tmp_path / selftest.FILE).is_file()


@pytest.mark.long
def test_the_next_version_stays_where_the_artist_put_the_one_before(scene: Callable[[], CompScene]) -> None:
    one = scene()
    assert one.go() == 0, one.said()
    made = one.made()
    made.inputs.update(GlobalIn=10.0, GlobalOut=12.0, ClipTimeStart=1.0, HoldLastFrame=2.0)
    assert one.go() == 0, one.said()
    assert "_v002." in made.inputs["Clip"]
    assert place(one.made()) == [10, 12, 1, 3, 0, 2]


@pytest.mark.long
def test_fusion_alone_without_windows_renders_a_loader_at_the_rate_of_its_preferences(
    scene: Callable[[], CompScene], capsys: pytest.CaptureFixture[str]
) -> None:
    one = scene()
    one.fake.is_alone, one.fake.has_windows = True, False
    one.comp.tools = [one.loader]
    one.comp.name, one.comp.rate = "shot.comp", 23.976
    one.comp.active = plate = one.comp.add("Loader", (0, 0))
    one.comp.set_input(plate, "Clip", str(one.media.file(HOUR)))
    one.comp.start, one.comp.end, one.comp.time = 2.0, 5.0, 2.0
    wishes = {"folder": str(one.folder / "out put"), "engine": "draft", "camera": "ACES2065-1"}
    ProjectMemory(script.MEMORY).write(wishes=wishes)
    assert script.main(one.fake.globals()) == 0
    (document,) = one.folder.rglob("*.shot.json")
    said = json.loads(document.read_text(encoding="utf-8"))
    assert (said["rate"], said["frames"]) == ("24000/1001", [2, 5])
    assert place(one.comp.tools[-1]) == [2, 5, 0, 3, 0, 0]
    lines = capsys.readouterr().out.splitlines()
    assert lines
    assert all(line.startswith("PAI-Studio: ") for line in lines)
    assert "v001 is loaded" in lines[-1]


def test_another_tool_is_refused_by_name(scene: Callable[[], CompScene]) -> None:
    one = scene()
    one.comp.active = one.comp.tools[1]
    one.fake.screen.plan = [("ok", "Clicked")]
    assert script.main(one.fake.globals()) == 1
    assert "MediaOut1: is a MediaOut, and a plate comes from a Loader or MediaIn" in one.said()


def test_a_tool_without_a_background_is_told_how_to_get_one(scene: Callable[[], CompScene]) -> None:
    one = scene()
    one.loader.selected = False
    assert one.go() == 1
    assert "MediaIn1: no background is selected; select the Loader of a still" in one.said()
    assert one.comp.done == []


@pytest.mark.parametrize(
    ("is_alone", "version", "says"),
    [
        (False, "19.0", "this is DaVinci Resolve 19.0.0.7, and PAI-Studio needs 19.1 or newer"),
        (True, "17.4", "this is Fusion 17.4, and PAI-Studio needs 18 or newer"),
        (True, "18.6", "is a MediaOut"),
    ],
)
def test_a_host_that_is_too_old_is_named(
    scene: Callable[[], CompScene], *, is_alone: bool, version: str, says: str
) -> None:
    one = scene()
    one.fake = FakeResolve(version=version, project=one.fake.project)
    one.fake.is_alone, one.fake.comp_open = is_alone, one.comp
    one.comp.active = one.comp.tools[1]
    one.fake.screen.plan = [("ok", "Clicked")]
    assert script.main(one.fake.globals()) == 1
    assert says in one.said()

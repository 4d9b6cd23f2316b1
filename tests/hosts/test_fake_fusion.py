"""The strict stand-in for Fusion and for the UI manager."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conftest import write_picture
from tests.hosts.fakes_resolve import pictures
from tests.hosts.fakes_resolve.errors import BadCall, FakeGuiError, UnknownName
from tests.hosts.fakes_resolve.fusion_model import CompModel
from tests.hosts.fakes_resolve.resolve_fake import FakeResolve


def clip(folder: Path, first: int, count: int) -> Path:
    """A sequence whose pixels are the frame's number; its first file."""
    for frame in range(first, first + count):
        write_picture(folder / f"a.{frame:04d}.exr", np.full((4, 8, 3), frame, np.float32))
    return folder / f"a.{first:04d}.exr"


@pytest.fixture
def fake() -> FakeResolve:
    made = FakeResolve()
    made.comp_open = CompModel("Comp1", 1001.0, 1010.0)
    return made


@pytest.fixture
def comp(fake: FakeResolve) -> Any:
    return fake.globals()["comp"]


def loader(comp: Any, path: Path) -> Any:
    comp.Lock()
    tool = comp.AddTool("Loader", -32768, -32768)
    tool["Clip"] = str(path)
    comp.Unlock()
    return tool


class TestComps:
    def test_a_loader_that_is_added_to_an_unlocked_comp_asks_for_a_file(
        self, fake: FakeResolve, comp: Any
    ) -> None:
        with pytest.raises(FakeGuiError, match="not locked"):
            comp.AddTool("Loader")
        assert comp.AddTool("Lodaer") is None
        assert {type(one) for one in fake.taken()} == {FakeGuiError, UnknownName}

    def test_locks_and_steps_of_undo_are_to_be_closed(self, fake: FakeResolve, comp: Any) -> None:
        comp.Lock()
        comp.StartUndo("PAI-Studio")
        with pytest.raises(AssertionError, match="locked 1 times"):
            fake.check()
        comp.EndUndo(True)
        comp.Unlock()
        fake.check()
        assert fake.comp_open is not None
        assert fake.comp_open.done == [("PAI-Studio", True)]
        with pytest.raises(TypeError):
            comp.Unlock()
        assert {type(one) for one in fake.taken()} == {BadCall}

    def test_a_clip_of_another_length_resets_where_the_loader_lies(self, comp: Any, tmp_path: Path) -> None:
        tool = loader(comp, clip(tmp_path / "long", 1001, 8))
        told = tool.GetAttrs()
        assert told["TOOLIT_Clip_Length"] == {1: 8}
        assert (tool["GlobalIn"][0], tool["GlobalOut"][0], tool["ClipTimeEnd"][0]) == (1001, 1008, 7)
        tool["GlobalOut"] = 1012
        tool["GlobalIn"] = 1005
        tool["ClipTimeStart"] = 0
        tool.SetInput("HoldLastFrame", 3)
        tool["Clip"] = str(clip(tmp_path / "short", 1, 3))
        names = ("GlobalIn", "GlobalOut", "ClipTimeStart", "ClipTimeEnd", "HoldLastFrame")
        assert [tool.GetInput(name) for name in names] == [1001, 1003, 0, 2, 0]

    def test_one_of_the_same_length_loses_its_holds_alone(self, comp: Any, tmp_path: Path) -> None:
        tool = loader(comp, clip(tmp_path / "v1", 1001, 4))
        tool["GlobalOut"] = 1006
        tool["GlobalIn"] = 1003
        tool["HoldFirstFrame"] = 2
        tool["Clip"] = str(clip(tmp_path / "v2", 1001, 4))
        assert (tool["GlobalIn"][0], tool["GlobalOut"][0], tool["HoldFirstFrame"][0]) == (1003, 1006, 0)

    def test_global_in_never_passes_global_out_and_trims_what_it_moves_by(
        self, comp: Any, tmp_path: Path
    ) -> None:
        tool = loader(comp, clip(tmp_path, 1001, 4))
        tool["GlobalIn"] = 1099
        assert tool["GlobalIn"][0] == 1004
        assert tool["ClipTimeStart"][0] == 3

    def test_a_saver_writes_what_is_above_it(self, fake: FakeResolve, comp: Any, tmp_path: Path) -> None:
        tool = loader(comp, clip(tmp_path / "in", 1001, 8))
        comp.Lock()
        saver = comp.AddTool("Saver", -32768, -32768)
        comp.Unlock()
        assert saver.ConnectInput("Input", tool) is True
        saver.SetInput("Clip", str(tmp_path / "out/b.exr"))
        assert comp.Render({"Start": 1002, "End": 1003, "Wait": True}) is False
        saver.SetInput("CreateDir", 1.0)
        assert comp.Render({"Start": 1002, "End": 1003, "Wait": True}) is True
        assert [file.name for file in sorted((tmp_path / "out").iterdir())] == ["b1002.exr", "b1003.exr"]
        np.testing.assert_allclose(pictures.read(tmp_path / "out/b1003.exr")[0, 0], [1003] * 3)
        assert saver.SetAttrs({"TOOLB_PassThrough": True})
        assert comp.Render({"Start": 1002, "End": 1003, "Wait": True}) is False
        assert [tool.Name for tool in comp.GetToolList(False, "Saver").values()] == ["Saver1"]
        fake.check()

    def test_unknown_inputs_tags_and_names_are_noted(
        self, fake: FakeResolve, comp: Any, tmp_path: Path
    ) -> None:
        tool = loader(comp, clip(tmp_path, 1, 1))
        tool.SetInput("Clpi", "x")
        assert tool["GlobalInn"] is None
        assert tool.GetAttrs("TOOLB_Passed") is None
        assert comp.FindToll("Loader1") is None
        assert comp.Render({"First": 1}) is False
        assert len(fake.taken()) == 5

    def test_a_tool_that_is_deleted_is_gone(self, comp: Any, tmp_path: Path) -> None:
        tool = loader(comp, clip(tmp_path, 1, 1))
        tool.Delete()
        assert comp.FindTool("Loader1") is None
        assert tool.GetAttrs() is None

    def test_the_comp_of_an_item_goes_from_mediain_to_mediaout(self, tmp_path: Path) -> None:
        fake = FakeResolve()
        clip(tmp_path, 1001, 8)
        fake.add_timeline()
        item = fake.add_item(fake.add_media(tmp_path / "a.####.exr", 1001, 1008), 1003, 1006)
        face = fake.resolve.GetCurrentProject().GetCurrentTimeline().GetCurrentVideoItem()
        comp = face.AddFusionComp()
        assert (face.GetFusionCompCount(), face.GetFusionCompNameList()) == (1, ["Composition 1"])
        assert comp.GetAttrs("COMPN_GlobalEnd") == 3
        out, entry = comp.FindToolByID("MediaOut"), comp.FindToolByID("MediaIn")
        assert out.FindMainInput(1).GetConnectedOutput().GetTool().Name == "MediaIn1"
        assert [one.GetTool().Name for one in entry.FindMainOutput(1).GetConnectedInputs().values()] == [
            "MediaOut1"
        ]
        model = item.comps["Composition 1"]
        np.testing.assert_allclose(model.picture(model.tools[1], 1)[0, 0], [1004] * 3)


class Dialog:
    """A window with a label, a menu and two buttons, as a plugin makes one."""

    def __init__(self, fake: FakeResolve) -> None:
        names = fake.globals()
        self.ui = names["fusion"].UIManager
        self.dispatcher = names["bmd"].UIDispatcher(self.ui)
        layout = self.ui.VGroup(
            [
                self.ui.Label({"ID": "text", "Text": "Waiting"}),
                self.ui.ComboBox({"ID": "space"}),
                self.ui.HGroup(
                    [
                        self.ui.Button({"ID": "ok", "Text": "OK"}),
                        self.ui.Button({"ID": "no", "Text": "Cancel"}),
                    ]
                ),
            ]
        )
        self.window = self.dispatcher.AddWindow({"ID": "pai", "WindowTitle": "PAI-Studio"}, layout)
        self.window.Find("space").AddItems(["ACEScg", "LogC4"])
        self.window.On.ok.Clicked = lambda _: self.dispatcher.ExitLoop(1)
        self.window.On["no"].Clicked = lambda _: self.dispatcher.ExitLoop(2)
        self.window.On.pai.Close = lambda _: self.dispatcher.ExitLoop(3)
        self.window.Show()


class TestWindows:
    def test_the_user_answers_a_question(self, fake: FakeResolve) -> None:
        dialog = Dialog(fake)
        fake.screen.plan = [lambda: fake.screen.choose("space", "LogC4"), ("ok", "Clicked")]
        assert dialog.dispatcher.RunLoop() == 1
        assert dialog.window.Find("space").CurrentText == "LogC4"
        with pytest.raises(AssertionError, match="windows left open"):
            fake.check()
        dialog.window.Hide()
        fake.check()

    def test_the_user_closes_the_window(self, fake: FakeResolve) -> None:
        dialog = Dialog(fake)
        fake.screen.plan = [("pai", "Close")]
        assert dialog.dispatcher.RunLoop() == 3

    def test_the_user_presses_a_button_while_the_script_steps(self, fake: FakeResolve) -> None:
        dialog, pressed = Dialog(fake), []
        dialog.window.On.no.Clicked = lambda event: pressed.append(event["who"])
        fake.screen.at_step = {3: ("no", "Clicked")}
        for share in range(5):
            dialog.window.Find("text").Text = f"{share} of 5"
            dialog.dispatcher.StepLoop()
            assert bool(pressed) is (share >= 2)
        assert fake.screen.texts[-1] == "4 of 5"

    def test_a_window_that_nobody_answers_is_refused(self, fake: FakeResolve) -> None:
        dialog = Dialog(fake)
        with pytest.raises(FakeGuiError, match=r"no answer: .*Waiting"):
            dialog.dispatcher.RunLoop()
        fake.taken()

    def test_elements_events_and_properties_are_those_of_the_table(self, fake: FakeResolve) -> None:
        dialog = Dialog(fake)
        with pytest.raises(UnknownName, match="no such element"):
            dialog.window.On.okay.Clicked = print
        with pytest.raises(UnknownName, match="no event 'Click'"):
            dialog.window.On.ok.Click = print
        with pytest.raises(UnknownName, match="nothing to be set"):
            dialog.window.Find("space").CurrentText = "x"
        dialog.ui.Label({"Txt": "x"})
        dialog.ui.ProgressBar({"ID": "bar"})
        assert len(fake.taken()) == 5

    def test_an_id_is_there_once(self, fake: FakeResolve) -> None:
        dialog = Dialog(fake)
        twice = [dialog.ui.Label({"ID": "a"}), dialog.ui.Label({"ID": "a"})]
        with pytest.raises(FakeGuiError, match="each ID is there once"):
            dialog.dispatcher.AddWindow({"ID": "other"}, twice)
        fake.taken()


class Replaced:
    """An item of the frames 1003 to 1006, and files 501 on that are to replace it."""

    def __init__(self, folder: Path) -> None:
        self.fake = FakeResolve()
        clip(folder / "plate", 1001, 8)
        self.other = clip(folder / "other", 501, 4)
        self.folder = folder
        self.fake.add_timeline(start_tc="00:00:00:00")
        self.fake.add_item(self.fake.add_media(folder / "plate/a.####.exr", 1001, 1008), 1003, 1006)
        self.project = self.fake.resolve.GetCurrentProject()
        self.item = self.project.GetCurrentTimeline().GetCurrentVideoItem()

    def over(self, comp: Any) -> None:
        """Put the other files over what MediaIn gives."""
        comp.Lock()
        tool = comp.AddTool("Loader", -32768, -32768)
        tool["Clip"] = str(self.other)
        merge = comp.AddTool("Merge", -32768, -32768)
        assert merge.ConnectInput("Foreground", tool)
        assert merge.ConnectInput("Background", comp.FindTool("MediaIn1"))
        assert comp.FindTool("MediaOut1").ConnectInput("Input", merge)
        comp.Unlock()

    def rendered(self) -> float:
        """The first pixel of the timeline's first frame."""
        self.project.SetCurrentRenderFormatAndCodec("exr", "RGBFloat")
        self.project.SetRenderSettings({"TargetDir": str(self.folder / "out"), "CustomName": "v2"})
        job = self.project.AddRenderJob()
        assert self.project.StartRendering([job])
        while self.project.IsRenderingInProgress():
            pass
        return float(pictures.read(self.folder / "out/v2_00000000.exr")[0, 0, 0])


@pytest.fixture
def replaced(tmp_path: Path) -> Replaced:
    return Replaced(tmp_path)


class TestCompsOfItems:
    def test_what_a_script_adds_to_a_comp_is_not_rendered(self, replaced: Replaced) -> None:
        replaced.over(replaced.item.AddFusionComp())
        assert replaced.rendered() == 1003
        replaced.fake.traps.live_comps_render = True
        assert replaced.rendered() == 501

    def test_a_comp_that_is_imported_is_rendered_unless_a_made_one_is_beside_it(
        self, replaced: Replaced
    ) -> None:
        made = replaced.item.AddFusionComp()
        replaced.over(made)
        file = replaced.folder / "a.comp"
        assert replaced.item.ExportFusionComp(str(file), 1) is True
        comp = replaced.item.ImportFusionComp(str(file))
        assert comp.FindTool("Merge1").GetAttrs("TOOLS_RegID") == "Merge"
        assert replaced.rendered() == 1003
        assert replaced.item.DeleteFusionCompByName("Composition 1") is True
        assert replaced.rendered() == 501

    def test_one_without_mediain_is_left_out(self, replaced: Replaced) -> None:
        made = replaced.item.AddFusionComp()
        made.Lock()
        tool = made.AddTool("Loader")
        tool["Clip"] = str(replaced.other)
        made.FindTool("MediaOut1").ConnectInput("Input", tool)
        made.Unlock()
        assert made.Save(str(replaced.folder / "a.comp")) is True
        replaced.item.DeleteFusionCompByName("Composition 1")
        replaced.item.ImportFusionComp(str(replaced.folder / "a.comp"))
        assert replaced.rendered() == 1003
        replaced.fake.traps.comps_need_media_in = False
        assert replaced.rendered() == 501

    def test_a_file_that_is_no_comp_is_an_empty_one_without_a_word(self, replaced: Replaced) -> None:
        (replaced.folder / "a.comp").write_text("Composition { Tools = ordered() { a = ", encoding="utf-8")
        assert replaced.item.ImportFusionComp(str(replaced.folder / "a.comp")).GetToolList() == {}
        assert replaced.item.ImportFusionComp(str(replaced.folder / "none.comp")) is None
        assert replaced.rendered() == 1003

    def test_tools_have_their_places(self, replaced: Replaced) -> None:
        comp = replaced.item.AddFusionComp()
        flow, tool = comp.CurrentFrame.FlowView, comp.FindTool("MediaIn1")
        flow.SetPos(tool, 2, 3)
        assert flow.GetPosTable(tool) == {1: 2, 2: 3}
        flow.Select(tool)
        assert [one.Name for one in comp.GetToolList(True).values()] == ["MediaIn1"]
        flow.Select()
        assert comp.GetToolList(True) == {}

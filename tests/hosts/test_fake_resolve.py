"""The strict stand-in for Resolve: what it refuses, and its settings, as the real one has them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.hosts.fake_resolve_scene import HOUR, Scene, clip
from tests.hosts.fakes_resolve.errors import BadCall, FakeGap, FakeThreadError, UnknownName
from tests.hosts.fakes_resolve.traps import Traps


@pytest.fixture
def scene(tmp_path: Path) -> Callable[..., Scene]:
    return lambda *args, **options: Scene(tmp_path, *args, **options)


class TestNames:
    def test_a_made_up_name_is_answered_and_noted(self, scene: Callable[..., Scene]) -> None:
        it = scene()
        assert hasattr(it.project, "GetTimlineCount")
        assert it.project.GetTimlineCount() is None
        with pytest.raises(AssertionError, match="GetTimlineCount"):
            it.fake.check()
        assert {type(one) for one in it.fake.taken()} == {UnknownName}
        it.fake.check()

    def test_what_a_later_version_brought_is_made_up_before_it(self, scene: Callable[..., Scene]) -> None:
        it = scene(version="20.3")
        assert it.current().GetSpeed() is None
        assert it.resolve.IsStudio() is None
        assert "21.1" not in it.resolve.GetVersionString()
        assert len(it.fake.taken()) == 2

    def test_dir_tells_what_a_version_has(self, scene: Callable[..., Scene]) -> None:
        assert "GetSelectedClips" in dir(scene().project.GetCurrentTimeline())
        old = dir(scene(version="20.3").project.GetCurrentTimeline())
        assert "GetCurrentVideoItem" in old
        assert "GetSelectedClips" not in old

    def test_calls_take_no_words_and_what_is_told(self, scene: Callable[..., Scene]) -> None:
        it = scene()
        with pytest.raises(TypeError, match="renderFormat"):
            it.project.GetRenderCodecs(renderFormat="exr")
        with pytest.raises(TypeError):
            it.project.GetTimelineByIndex()
        assert {type(one) for one in it.fake.taken()} == {BadCall}

    def test_another_thread_may_not_ask(self, scene: Callable[..., Scene]) -> None:
        it, caught = scene(), []

        def ask() -> None:
            try:
                it.project.GetName()
            except FakeThreadError as error:
                caught.append(error)

        worker = threading.Thread(target=ask)
        worker.start()
        worker.join()
        assert caught
        assert it.fake.taken() == caught

    def test_what_is_not_built_says_so(self, scene: Callable[..., Scene]) -> None:
        it = scene()
        with pytest.raises(FakeGap, match="Stabilize"):
            it.current().Stabilize()
        it.fake.taken()

    def test_two_questions_give_two_objects(self, scene: Callable[..., Scene]) -> None:
        it = scene()
        assert it.current() != it.current()
        assert it.current().GetUniqueId() == it.current().GetUniqueId()

    def test_after_it_has_quit_nothing_answers(self, scene: Callable[..., Scene]) -> None:
        it = scene()
        it.fake.hooks["Project.GetName"] = [it.fake.quit]
        assert it.project.GetName() is None
        with pytest.raises(TypeError, match="NoneType"):
            it.project.GetName()
        again = it.fake.reopened().globals()["resolve"].GetCurrentProject()
        assert again.GetTimelineCount() == 1

    def test_what_a_killed_script_has_made_is_there_when_resolve_is_opened_again(
        self, scene: Callable[..., Scene]
    ) -> None:
        it = scene()
        it.alone()
        it.fake.hooks["Project.IsRenderingInProgress"] = [it.fake.quit]
        with pytest.raises(TypeError, match="NoneType"):
            it.render()
        again = it.fake.reopened()
        assert [one.name for one in again.project.timelines] == ["Edit", "alone"]
        assert [job.status for job in again.project.jobs] == ["Cancelled"]
        again.check()


class TestSettings:
    def test_all_can_be_read_and_an_unknown_key_is_noted(self, scene: Callable[..., Scene]) -> None:
        it = scene("managed")
        assert it.project.GetSetting()["colorSpaceTimeline"] == "DaVinci WG"
        assert it.project.GetSetting("colourScience") == ""
        assert it.project.SetSetting("colourScience", "x") is False
        assert len(it.fake.taken()) == 2

    @pytest.mark.parametrize(
        ("mode", "key", "value", "takes"),
        [
            ("aces", "colorAcesODT", "No Output Transform", True),
            ("aces", "colorAcesODT", "no output transform", False),
            ("aces", "colorSpaceOutput", "Rec.709", False),
            ("managed", "colorSpaceOutput", "DaVinci WG", True),
            ("managed", "colorSpaceOutput", "DaVinci", False),
            ("managed", "colorSpaceOutputGamma", "DaVinci Intermediate", True),
            ("managed", "colorAcesODT", "No Output Transform", False),
            ("unmanaged", "colorSpaceOutput", "DaVinci WG", False),
            ("unmanaged", "colorScienceMode", "aces", False),
            ("unmanaged", "timelineFrameRate", "25", False),
            ("unmanaged", "timelineResolutionWidth", 1920, False),
            ("unmanaged", "timelinePlaybackFrameRate", "25", False),
        ],
    )
    def test_a_value_is_taken_where_it_fits(
        self, scene: Callable[..., Scene], mode: str, key: str, value: Any, takes: bool
    ) -> None:
        it = scene(mode)
        before = it.project.GetSetting(key)
        assert it.project.SetSetting(key, value) is takes
        assert it.project.GetSetting(key) == (value if takes else before)

    def test_some_say_yes_and_are_not_kept(self, scene: Callable[..., Scene]) -> None:
        it = scene("aces", traps=Traps(settings_not_kept={"colorAcesODT"}))
        assert it.project.SetSetting("colorAcesODT", "No Output Transform") is True
        assert it.project.GetSetting("colorAcesODT") == "Rec.709 BT.1886"

    def test_automatic_colour_management_says_yes_and_keeps_its_own(
        self, scene: Callable[..., Scene]
    ) -> None:
        it = scene("managed")
        assert it.project.SetSetting("isAutoColorManage", "1")
        assert it.project.SetSetting("colorSpaceOutput", "DaVinci WG") is True
        assert it.project.GetSetting("colorSpaceOutput") == "Rec.709"

    def test_a_timeline_has_its_projects_settings_until_it_has_its_own(
        self, scene: Callable[..., Scene]
    ) -> None:
        it = scene("aces")
        timeline = it.project.GetCurrentTimeline()
        assert timeline.SetSetting("colorAcesODT", "No Output Transform") is False
        assert timeline.SetSetting("useCustomSettings", "1")
        assert timeline.SetSetting("colorAcesODT", "No Output Transform") is True
        assert timeline.GetSetting("colorAcesODT") == "No Output Transform"
        assert it.project.GetSetting("colorAcesODT") == "Rec.709 BT.1886"


class TestScripts:
    def test_a_script_of_the_menu_has_no_file_of_its_own(self, scene: Callable[..., Scene]) -> None:
        names = scene().fake.globals()
        assert "__file__" not in names
        exec("found = resolve.GetCurrentPage(), bmd.scriptapp('Resolve').GetProductName()", names)
        assert names["found"] == ("edit", "DaVinci Resolve Studio")

    def test_a_file_is_run_as_the_menu_runs_it(self, scene: Callable[..., Scene]) -> None:
        it = scene()
        (it.folder / "a script.py").write_text(
            "page, place = resolve.GetCurrentPage(), '__file__' in globals()"
        )
        names = it.fake.run(it.folder / "a script.py")
        assert (names["page"], names["place"]) == ("edit", False)

    def test_a_movie_counts_from_nought_and_has_a_timecode(self, scene: Callable[..., Scene]) -> None:
        it = scene(rate=23.976)
        frames = clip(it.folder / "frames", 0, 48)
        movie = it.fake.add_media(
            frames, 0, 47, movie="/media/A001.mov", start_tc="01:00:00:00", name="A001.mov"
        )
        it.fake.add_item(movie, 24, 35, at=20)
        item = it.project.GetCurrentTimeline().GetItemListInTrack("video", 1)[1]
        told = item.GetMediaPoolItem().GetClipProperty()
        assert (told["File Path"], told["Start"], told["Start TC"]) == ("/media/A001.mov", "0", "01:00:00:00")
        assert item.GetSourceStartFrame() == item.GetLeftOffset() == 24

    def test_a_timeline_is_exported_as_otio(self, scene: Callable[..., Scene]) -> None:
        it = scene()
        it.fake.add_item(it.media, HOUR, HOUR + 1, at=8)
        file = it.folder / "edit.otio"
        timeline = it.project.GetCurrentTimeline()
        assert timeline.Export(str(file), it.resolve.EXPORT_OTIO, it.resolve.EXPORT_NONE) is True
        assert timeline.Export(str(it.folder / "none/edit.otio"), it.resolve.EXPORT_OTIO) is False
        track = json.loads(file.read_text("utf-8"))["tracks"]["children"][0]
        kinds = [(one["OTIO_SCHEMA"], one["source_range"]["duration"]["value"]) for one in track["children"]]
        assert kinds == [("Clip.2", 6), ("Gap.1", 2), ("Clip.2", 2)]
        assert track["children"][0]["source_range"]["start_time"] == {
            "OTIO_SCHEMA": "RationalTime.1",
            "rate": 24.0,
            "value": HOUR + 2,
        }

"""The strict stand-in for Resolve: what it refuses, and the traps that it sets as the real one does."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conftest import write_picture
from tests.hosts.fakes_resolve import colour, pictures
from tests.hosts.fakes_resolve.errors import BadCall, FakeGap, FakeThreadError, UnknownName
from tests.hosts.fakes_resolve.model import Item, Media
from tests.hosts.fakes_resolve.resolve_fake import FakeResolve
from tests.hosts.fakes_resolve.traps import Traps

HOUR = 86400


def clip(folder: Path, first: int = HOUR, count: int = 12, value: float = 4.0) -> str:
    """A sequence whose pixels are `value`, and the frame's place in it in the blue channel; its pattern."""
    for index in range(count):
        pixels = np.full((4, 8, 3), value, np.float32)
        pixels[..., 2] = index
        write_picture(folder / f"plate.{first + index:06d}.exr", pixels)
    return str(folder / "plate.######.exr")


class Scene:
    """A project with one clip of 12 frames, of which a timeline shows the frames 2 to 7 from its start on."""

    def __init__(self, folder: Path, mode: str = "unmanaged", **options: Any) -> None:
        self.fake = FakeResolve(mode, **options)
        self.folder = folder
        self.media: Media = self.fake.add_media(clip(folder / "plates"), HOUR, HOUR + 11)
        self.timeline = self.fake.add_timeline()
        self.item: Item = self.fake.add_item(self.media, HOUR + 2, HOUR + 7, grade=0.5)
        names = self.fake.globals()
        self.resolve, self.fusion, self.bmd = names["resolve"], names["fusion"], names["bmd"]
        self.project = self.resolve.GetProjectManager().GetCurrentProject()
        self.pool = self.project.GetMediaPool()

    def render(self, **settings: Any) -> dict[str, Any]:
        """Render the timeline that is open; the status at the end."""
        assert self.project.SetCurrentRenderFormatAndCodec("exr", "RGBHalfZIP")
        where = {"TargetDir": str(self.folder / "out"), "CustomName": "a."}
        assert self.project.SetRenderSettings({**where, **settings})
        job = self.project.AddRenderJob()
        assert self.project.StartRendering([job], False)
        while self.project.IsRenderingInProgress():
            pass
        found: dict[str, Any] = self.project.GetRenderJobStatus(job)
        return found

    def written(self) -> list[str]:
        """Names of the files rendered."""
        return sorted(file.name for file in (self.folder / "out").glob("*"))

    def pixel(self, name: str) -> np.ndarray:
        """The first pixel of a file rendered."""
        return pictures.read(self.folder / "out" / name)[0, 0]

    def alone(self) -> Any:
        """The clip alone in a timeline of its own, as an ungraded export has it."""
        made = self.pool.CreateEmptyTimeline("alone")
        assert made.SetStartTimecode("01:00:00:02")
        info = {
            "mediaPoolItem": self.current().GetMediaPoolItem(),
            "startFrame": HOUR + 2,
            "endFrame": HOUR + 8,
        }
        assert self.pool.AppendToTimeline([info])
        return made

    def current(self) -> Any:
        """The item under the playhead of the first timeline."""
        return self.project.GetTimelineByIndex(1).GetItemListInTrack("video", 1)[0]


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


class TestClips:
    def test_a_clip_tells_its_numbers_and_its_files(self, scene: Callable[..., Scene]) -> None:
        media = scene(rate=23.976).current().GetMediaPoolItem()
        told = media.GetClipProperty()
        assert (told["Start"], told["End"], told["Frames"]) == ("86400", "86411", "12")
        assert (told["Start TC"], told["FPS"]) == ("01:00:00:00", 23.976)
        assert told["File Path"].endswith("plate.[086400-086411].exr")
        assert media.SetClipProperty("Frames", "3") is False

    def test_an_items_source_frames_count_from_the_clips_start(self, scene: Callable[..., Scene]) -> None:
        it = scene()
        item = it.current()
        assert (
            int(item.GetMediaPoolItem().GetClipProperty("Start")) + item.GetLeftOffset()
            == item.GetSourceStartFrame()
        )
        assert (item.GetStart(), item.GetEnd(), item.GetDuration()) == (HOUR, HOUR + 6, 6)
        assert (item.GetLeftOffset(), item.GetRightOffset()) == (2, 4)
        it.fake.traps.source_frames_low = True
        assert item.GetSourceStartFrame() == HOUR + 1

    def test_the_input_space_is_set_in_managed_projects_alone(self, scene: Callable[..., Scene]) -> None:
        assert (
            scene("managed").current().GetMediaPoolItem().SetClipProperty("Input Color Space", "Rec.709")
            is True
        )
        assert (
            scene("aces").current().GetMediaPoolItem().SetClipProperty("Input Color Space", "Rec.709")
            is False
        )

    def test_another_start_timecode_takes_the_clip_from_its_items(self, scene: Callable[..., Scene]) -> None:
        item = scene().current()
        media = item.GetMediaPoolItem()
        assert media.SetClipProperty("Start TC", "02:00:00:00") is True
        assert item.GetMediaPoolItem() is None
        assert media.SetClipProperty("Start TC", "01:00:00:00") is True
        assert item.GetMediaPoolItem() is not None

    def test_a_sequence_is_imported_into_the_bin_that_is_open(self, scene: Callable[..., Scene]) -> None:
        it = scene()
        made = it.pool.AddSubFolder(it.pool.GetRootFolder(), "PAI-Studio")
        info = {
            "FilePath": str(it.folder / "plates/plate.%06d.exr"),
            "StartIndex": HOUR,
            "EndIndex": HOUR + 3,
        }
        (media,) = it.pool.ImportMedia([info])
        assert [one.GetName() for one in made.GetClipList()] == ["plate.[086400-086403].exr"]
        assert media.GetClipProperty("Frames") == "4"
        assert it.pool.ImportMedia([{**info, "EndIndex": HOUR + 99}]) == []
        still = str(it.folder / "plates/plate.086400.exr")
        assert it.pool.ImportMedia([{"FilePath": still}]) == []
        assert it.pool.ImportMedia([still])[0].GetClipProperty("File Path") == still
        it.fake.traps.individual_frames = True
        assert len(it.pool.ImportMedia([info])) == 4

    def test_markers_carry_what_a_script_puts_there(self, scene: Callable[..., Scene]) -> None:
        item = scene(version="20.3").current()
        assert item.AddMarker(2, "Mint", "ref", "", 1, '{"pai": 1}') is True
        assert item.AddMarker(2, "Mint", "again", "", 1) is False
        assert item.AddMarker(3, "Magenta", "none", "", 1) is False
        assert item.AddMarker(6, "Mint", "after the end", "", 1) is False
        assert item.GetMarkers() == {
            2.0: {"color": "Mint", "duration": 1.0, "note": "", "name": "ref", "customData": '{"pai": 1}'}
        }
        assert item.UpdateMarkerCustomData(2, "x")
        assert item.GetMarkerByCustomData("x")["name"] == "ref"
        assert item.DeleteMarkerByCustomData("x")
        assert item.GetMarkers() == {}


class TestTimelines:
    def test_append_ends_before_its_end_frame_where_it_is_told(self, scene: Callable[..., Scene]) -> None:
        it = scene()
        timeline = it.project.GetCurrentTimeline()
        assert timeline.AddTrack("video")
        media = it.current().GetMediaPoolItem()
        info = {"mediaPoolItem": media, "startFrame": HOUR + 2, "endFrame": HOUR + 8, "trackIndex": 2}
        (item,) = it.pool.AppendToTimeline([{**info, "recordFrame": HOUR, "mediaType": 1}])
        assert (item.GetStart(), item.GetDuration()) == (HOUR, 6)
        assert item.GetTrackTypeAndIndex() == ["video", 2]
        assert it.pool.AppendToTimeline([{**info, "recordFrame": HOUR + 3}]) == []
        assert it.pool.AppendToTimeline([{**info, "trackIndex": 3}]) == []
        assert it.pool.AppendToTimeline([{**info, "endFrame": HOUR + 99, "recordFrame": HOUR + 50}]) == []

    def test_a_ghost_item_answers_and_is_nowhere(self, scene: Callable[..., Scene]) -> None:
        it = scene(traps=Traps(ghost_items=True))
        timeline = it.project.GetCurrentTimeline()
        timeline.AddTrack("video")
        (item,) = it.pool.AppendToTimeline(
            [{"mediaPoolItem": it.current().GetMediaPoolItem(), "trackIndex": 2}]
        )
        assert item.GetDuration() == 12
        assert item.GetTrackTypeAndIndex() is None
        assert timeline.GetItemListInTrack("video", 2) == []

    def test_a_new_timeline_is_open_and_a_name_is_there_once(self, scene: Callable[..., Scene]) -> None:
        it = scene()
        made = it.pool.CreateEmptyTimeline("temporary")
        assert it.project.GetCurrentTimeline().GetName() == "temporary"
        assert it.pool.CreateEmptyTimeline("temporary") is None
        assert it.project.GetTimelineByIndex(1).GetCurrentVideoItem() is None
        assert it.pool.DeleteTimelines([made])
        assert made.GetName() is None
        assert it.project.GetCurrentTimeline().GetName() == "Edit"

    def test_the_item_under_the_playhead_is_the_highest_that_is_on(self, scene: Callable[..., Scene]) -> None:
        it = scene()
        timeline = it.project.GetCurrentTimeline()
        timeline.AddTrack("video")
        it.fake.add_item(None, 0, 5, track=2, kind="generator", name="Solid Color")
        assert timeline.GetCurrentVideoItem().GetName() == "Solid Color"
        assert timeline.GetCurrentVideoItem().GetMediaPoolItem() is None
        assert timeline.SetTrackEnable("video", 2, False)
        assert timeline.GetCurrentVideoItem().GetName() == "plate.######.exr"
        assert timeline.SetCurrentTimecode("01:00:00:99") is False

    def test_takes_count_from_one_and_the_original_is_the_first(self, scene: Callable[..., Scene]) -> None:
        it = scene()
        item = it.current()
        other = it.fake.add_media(clip(it.folder / "other", 1001, 6), 1001, 1006)
        short = it.fake.add_media(clip(it.folder / "short", 1, 2), 1, 2)
        faces = {one.GetName(): one for one in it.pool.GetRootFolder().GetClipList()}
        assert item.GetTakesCount() == 0
        by_id = {one.GetUniqueId(): one for one in it.pool.GetRootFolder().GetClipList()}
        assert faces
        assert item.AddTake(by_id[other.id], 1001, 1007) is True
        assert item.AddTake(by_id[short.id]) is True
        assert (item.GetTakesCount(), item.GetSelectedTakeIndex()) == (3, 1)
        assert item.SelectTakeByIndex(2) is True
        assert (item.GetSourceStartFrame(), item.GetDuration()) == (1001, 6)
        assert item.SelectTakeByIndex(3) is False
        assert item.SelectTakeByIndex(1) is True
        assert item.GetSourceStartFrame() == HOUR + 2

    def test_a_speed_shows(self, scene: Callable[..., Scene]) -> None:
        it = scene()
        it.fake.add_item(it.media, HOUR, HOUR + 5, at=6, duration=12, speed=50.0)
        slow = it.project.GetCurrentTimeline().GetItemListInTrack("video", 1)[1]
        assert slow.GetSpeed()["Percentage"] == 50.0
        assert slow.GetSourceEndFrame() - slow.GetSourceStartFrame() + 1 < slow.GetDuration()


class TestRenders:
    def test_a_render_writes_what_the_timeline_shows(self, scene: Callable[..., Scene]) -> None:
        it = scene()
        assert it.render() == {
            "JobStatus": "Complete",
            "CompletionPercentage": 100,
            "TimeTakenToRenderInMs": 240,
        }
        assert it.written() == [f"a.{HOUR + n:08d}.exr" for n in range(6)]
        np.testing.assert_allclose(it.pixel("a.00086400.exr"), [2, 2, 1])
        assert it.fake.page == "deliver"

    def test_the_clip_alone_is_ungraded_and_numbered_as_its_source(self, scene: Callable[..., Scene]) -> None:
        it = scene()
        it.alone()
        it.render()
        assert it.written() == [f"a.{HOUR + n:08d}.exr" for n in range(2, 8)]
        np.testing.assert_allclose(it.pixel("a.00086402.exr"), [4, 4, 2])

    def test_marks_are_both_rendered(self, scene: Callable[..., Scene]) -> None:
        it = scene()
        it.render(SelectAllFrames=False, MarkIn=HOUR + 1, MarkOut=HOUR + 3)
        assert it.written() == [f"a.{HOUR + n:08d}.exr" for n in (1, 2, 3)]

    def test_a_codec_is_set_by_its_id(self, scene: Callable[..., Scene]) -> None:
        it = scene(traps=Traps(codecs=("RGBFloatZIP",)))
        assert it.project.GetRenderCodecs("exr") == {"RGB float (ZIP Compression)": "RGBFloatZIP"}
        assert it.project.SetCurrentRenderFormatAndCodec("exr", "RGB float (ZIP Compression)") is False
        assert it.project.SetCurrentRenderFormatAndCodec("exr", "RGBHalfZIP") is False
        assert it.project.SetCurrentRenderFormatAndCodec("EXR", "RGBFloatZIP") is False
        assert it.project.SetCurrentRenderFormatAndCodec("exr", "RGBFloatZIP") is True

    def test_what_has_no_place_or_no_clip_makes_no_job(self, scene: Callable[..., Scene]) -> None:
        it = scene()
        assert it.project.AddRenderJob() == ""
        assert it.project.SetRenderSettings({"TargetDir": 3}) is False
        assert it.project.SetRenderSettings({"TargetFolder": "x"}) is False
        it.fake.taken()

    def test_words_of_status_are_in_the_users_language(self, scene: Callable[..., Scene]) -> None:
        it = scene(traps=Traps(language="zh"))
        status = it.render()
        assert status["JobStatus"] != "Complete"
        assert status["CompletionPercentage"] == 100

    def test_a_render_fails_or_leaves_frames_out(self, scene: Callable[..., Scene]) -> None:
        it = scene(traps=Traps(render_fails_at=HOUR + 2))
        status = it.render()
        assert (status["JobStatus"], status["Error"]) == ("Failed", "The render failed.")
        it.fake.traps.render_fails_at = None
        it.fake.traps.frames_left_out = {HOUR + 4}
        assert it.render(CustomName="b.")["JobStatus"] == "Complete"
        assert [name for name in it.written() if name.startswith("b.")] == [
            f"b.{HOUR + n:08d}.exr" for n in (0, 1, 2, 3, 5)
        ]

    def test_a_stopped_render_is_cancelled_and_one_is_under_way_at_a_time(
        self, scene: Callable[..., Scene]
    ) -> None:
        it = scene()
        it.project.SetCurrentRenderFormatAndCodec("exr", "RGBHalf")
        it.project.SetRenderSettings({"TargetDir": str(it.folder / "out"), "CustomName": "a."})
        job, other = it.project.AddRenderJob(), it.project.AddRenderJob()
        assert it.project.StartRendering([job])
        assert it.project.StartRendering([other]) is False
        assert it.project.IsRenderingInProgress() is True
        assert it.project.DeleteRenderJob(job) is False
        with pytest.raises(AssertionError, match="left running"):
            it.fake.check()
        it.project.StopRendering()
        assert it.project.GetRenderJobStatus(job)["JobStatus"] == "Cancelled"
        assert len(it.written()) == 2
        assert it.project.DeleteRenderJob(job) is True

    def test_settings_of_a_render_that_are_forgotten(self, scene: Callable[..., Scene]) -> None:
        it = scene(traps=Traps(render_settings_not_kept={"ClipStartFrame"}))
        it.render(ClipStartFrame=1001)
        assert it.written()[0] == "a.00086400.exr"

    def test_another_size_shows(self, scene: Callable[..., Scene]) -> None:
        it = scene()
        it.render(FormatWidth=16, FormatHeight=2)
        assert pictures.size(it.folder / "out" / "a.00086400.exr") == (16, 2)


class TestColour:
    """The clip's value 4 is scene-linear in AP0, or Rec.709's linear; what comes out tells the transform."""

    def test_aces_without_output_transform_is_the_scene(self, scene: Callable[..., Scene]) -> None:
        it = scene("aces")
        it.project.SetSetting("colorAcesODT", "No Output Transform")
        it.alone()
        it.render()
        np.testing.assert_allclose(it.pixel("a.00086402.exr"), [4, 4, 2], rtol=2e-3)

    def test_aces_with_one_is_cut_at_one(self, scene: Callable[..., Scene]) -> None:
        it = scene("aces")
        it.alone()
        it.render()
        assert it.pixel("a.00086402.exr").max() == 1

    def test_managed_output_in_the_timelines_space_keeps_all(self, scene: Callable[..., Scene]) -> None:
        it = scene("managed")
        media = it.current().GetMediaPoolItem()
        assert media.SetClipProperty("Input Color Space", "Rec.709")
        assert media.SetClipProperty("Input Gamma", "Linear")
        for key, value in {
            "colorSpaceOutput": "DaVinci WG",
            "colorSpaceOutputGamma": "DaVinci Intermediate",
        }.items():
            assert it.project.SetSetting(key, value)
        it.alone()
        it.render()
        found = it.pixel("a.00086402.exr")[None, None]
        scene_linear = colour.convert(found, "DaVinci Intermediate WideGamut", "Linear Rec.709 (sRGB)")
        np.testing.assert_allclose(scene_linear[0, 0], [4, 4, 2], rtol=1e-2)

    def test_managed_output_for_a_screen_does_not(self, scene: Callable[..., Scene]) -> None:
        it = scene("managed")
        media = it.current().GetMediaPoolItem()
        media.SetClipProperty("Input Color Space", "Rec.709")
        media.SetClipProperty("Input Gamma", "Linear")
        it.alone()
        it.render()
        assert it.pixel("a.00086402.exr").max() < 1

    def test_unmanaged_pixels_are_the_files_own(self, scene: Callable[..., Scene]) -> None:
        it = scene(traps=Traps(clips_at_one=True))
        it.alone()
        it.render()
        np.testing.assert_allclose(it.pixel("a.00086402.exr"), [1, 1, 1])


class TestStills:
    def test_stills_are_exported_while_the_gallery_is_open(self, scene: Callable[..., Scene]) -> None:
        it = scene()
        timeline = it.project.GetCurrentTimeline()
        assert timeline.GrabStill() is None
        assert it.resolve.OpenPage("color")
        still, album = timeline.GrabStill(), it.project.GetGallery().GetCurrentStillAlbum()
        assert album.ExportStills([still], str(it.folder), "ref", "png") is False
        it.fake.traps.gallery_open = True
        assert album.ExportStills([still], str(it.folder), "ref", "exr") is False
        assert album.ExportStills([still], str(it.folder), "ref", "png") is True
        assert {"ref_1.1.1.png", "ref_1.1.1.drx"} <= {file.name for file in it.folder.iterdir()}

    def test_a_frame_as_still_is_cut_at_one_and_no_exr(self, scene: Callable[..., Scene]) -> None:
        it = scene()
        assert it.project.ExportCurrentFrameAsStill(str(it.folder / "a.exr")) is False
        assert it.project.ExportCurrentFrameAsStill(str(it.folder / "a.tif")) is True
        np.testing.assert_allclose(pictures.read(it.folder / "a.tif")[0, 0], [1, 1, 1])


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

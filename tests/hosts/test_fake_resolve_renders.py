"""Renders and stills of the stand-in for Resolve: real files, in the colours that the settings make."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.hosts.fake_resolve_scene import HOUR, Scene
from tests.hosts.fakes_resolve import colour, pictures
from tests.hosts.fakes_resolve.traps import Traps


@pytest.fixture
def scene(tmp_path: Path) -> Callable[..., Scene]:
    return lambda *args, **options: Scene(tmp_path, *args, **options)


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

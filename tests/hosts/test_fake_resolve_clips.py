"""Clips, timelines and takes of the stand-in for Resolve, with the traps of the real ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hosts.fake_resolve_scene import HOUR, Scene, clip
from tests.hosts.fakes_resolve.traps import Traps


@pytest.fixture
def scene(tmp_path: Path) -> Callable[..., Scene]:
    return lambda *args, **options: Scene(tmp_path, *args, **options)


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

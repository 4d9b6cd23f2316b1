"""What Resolve's plugin does to a timeline when it places a result, and which clips it does not take."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pai_studio.host_plugins.host import Fault, Result, State
from pai_studio.host_plugins.resolve import clips, handover, place, plate, settings
from pai_studio.host_plugins.resolve.app import App
from pai_studio.host_plugins.resolve.target import ClipTarget, Wishes
from tests.hosts.fakes_resolve.items import TimelineItem
from tests.hosts.fakes_resolve.media import MediaPool, MediaPoolItem
from tests.hosts.fakes_resolve.model import Item, Media, Track
from tests.hosts.resolve_scene import HOUR, ResolveScene


@pytest.fixture
def one(tmp_path: Path) -> Iterator[ResolveScene]:
    made = ResolveScene(tmp_path, "aces")
    yield made
    made.fake.check()


def result_of(one: ResolveScene) -> Any:
    """A second clip of the same length, as a result would be."""
    pattern = Path(one.media.pattern)
    folder = one.folder / "result"
    shutil.copytree(pattern.parent, folder)
    made = one.fake.add_media(folder / pattern.name, HOUR, HOUR + 11)
    return one.fake.face("MediaPoolItem", made)


def lay(one: ResolveScene, media: Any) -> list[str]:
    """Place it above the scene's clip; what is left to do."""
    project = one.fake.globals()["resolve"].GetProjectManager().GetCurrentProject()
    item = one.fake.face("TimelineItem", one.item)
    return place.on_track(project, project.GetCurrentTimeline(), item, media, HOUR + 2)


def bring(
    one: ResolveScene,
    where: str = place.TRACK,
    frames: tuple[int, int] = (HOUR, HOUR + 7),
    media: Media | None = None,
) -> list[str]:
    """Place a version that has these frames, as the flow does; what was told."""
    told: list[str] = []
    item: Any = one.fake.face("TimelineItem", one.item)
    target = ClipTarget(
        App.of(one.fake.globals()),
        item,
        Wishes(folder="out", place=where),
        sidecar=handover._NoSidecar(),
        step=lambda *_: False,
        tell=told.append,
    )
    files = (media or one.media).pattern
    made = Result(files, 1, *frames, "ACES2065-1", (), "draft", "a.shot.json", State("", ""))
    target.place(made)
    return told


def above(one: ResolveScene) -> list[Item]:
    """What lies on the tracks above the scene's."""
    return [item for track in one.timeline.of("video")[1:] for item in track.items]


def test_a_result_above_lies_in_the_picture_and_is_mixed_as_its_clip(one: ResolveScene) -> None:
    looks = {"ZoomX": 1.25, "Pan": -40.0, "FlipX": True, "CropTop": 12.0, "Opacity": 50.0, "CompositeMode": 4}
    one.item.properties.update(looks)
    left = lay(one, result_of(one))
    (made,) = above(one)
    assert made.properties == looks == one.item.properties
    assert "ZoomX, Pan, FlipX, CropTop, CompositeMode, Opacity went to the result" in left[0]
    assert "without keyframes" in left[0]
    assert "the clip below it shows through; disable the clip, or place the result as a take" in left[1]


def test_a_result_above_a_plain_clip_leaves_nothing_to_do(one: ResolveScene) -> None:
    assert lay(one, result_of(one)) == []


def test_a_composition_that_stays_behind_is_told(one: ResolveScene) -> None:
    one.fake.face("TimelineItem", one.item).AddFusionComp()
    (left,) = lay(one, result_of(one))
    assert left.startswith("the clip's Fusion composition is not copied to the result")


def test_what_resolve_does_not_give_to_the_result_is_told(
    one: ResolveScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TimelineItem, "SetProperty", lambda *_: True)
    one.item.properties["Tilt"] = 30.0
    (left,) = lay(one, result_of(one))
    assert "Resolve does not give it the clip's Tilt; paste the clip's attributes onto it" in left


@pytest.mark.parametrize("fact", [{"locked": True}, {"enabled": False}])
def test_a_track_that_is_locked_or_switched_off_takes_no_result(
    one: ResolveScene, fact: dict[str, bool]
) -> None:
    one.timeline.tracks.insert(1, Track("video", "Video 2"))
    for key, value in fact.items():
        setattr(one.timeline.tracks[1], key, value)
    lay(one, result_of(one))
    assert [len(track.items) for track in one.timeline.of("video")] == [1, 0, 1]


def no(*_: Any) -> bool:
    """As Resolve fails."""
    return False


def broken(*_: Any) -> bool:
    """As it may break, too."""
    raise TypeError("'NoneType' object is not callable")


@pytest.mark.parametrize("fails", [no, broken])
def test_a_grade_that_is_not_copied_is_told_and_the_result_is_kept_in_mind(
    one: ResolveScene, monkeypatch: pytest.MonkeyPatch, fails: Any
) -> None:
    monkeypatch.setattr(TimelineItem, "CopyGrades", fails)
    (told,) = bring(one)
    assert told.endswith("Resolve does not copy the clip's grade to it; copy it by hand")
    (made,) = above(one)
    assert made.media is not None
    assert one.record()["above"] == made.media.id
    assert one.record()["result"]["version"] == 1


def test_a_result_that_was_laid_and_not_finished_is_not_laid_twice(
    one: ResolveScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TimelineItem, "GetProperty", broken)
    with pytest.raises(TypeError):
        bring(one)
    monkeypatch.undo()
    assert one.record()["result"]["version"] == 1
    one.item.properties["ZoomX"] = 2.0
    bring(one)
    (made,) = above(one)
    assert (made.grade, made.properties) == (0.5, {"ZoomX": 2.0})


def test_a_take_comes_beside_those_that_are_there_and_has_the_cut_s_frames(one: ResolveScene) -> None:
    item = one.fake.face("TimelineItem", one.item)
    assert item.AddTake(one.fake.face("MediaPoolItem", one.media), HOUR + 4, HOUR + 8)
    assert item.SelectTakeByIndex(1)
    was = list(one.item.takes)
    one.item.properties["Opacity"] = 50.0
    for _again in range(2):
        assert bring(one, place.TAKE, (HOUR, HOUR + 9)) == []
        assert len(one.item.takes) == 3
    assert (one.item.takes[:2], one.item.take) == (was, 3)
    assert (one.item.takes[2].first, one.item.first, one.item.duration) == (HOUR + 2, HOUR + 2, 4)
    assert one.item.properties == {"Opacity": 50.0}


def test_a_take_that_resolve_does_not_add_is_known_to_be_waiting(
    one: ResolveScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TimelineItem, "AddTake", no)
    with pytest.raises(Fault, match="Resolve adds no take"):
        bring(one, place.TAKE)
    assert one.record()["result"]["version"] == 1
    monkeypatch.undo()
    said = handover.bring(App.of(one.fake.globals()), Wishes(folder="out"))
    assert (said, one.item.take) == ("1 finished shots were placed", 2)


def test_each_take_of_ours_finds_its_own_plate(one: ResolveScene) -> None:
    bring(one, place.TAKE)
    ours, other = one.item.media, result_of(one)
    item = one.fake.face("TimelineItem", one.item)
    assert item.AddTake(other, HOUR + 4, HOUR + 9)
    assert item.SelectTakeByIndex(3)
    bring(one, place.TAKE, (HOUR + 3, HOUR + 9), other._model)
    timeline = one.fake.face("Timeline", one.timeline)
    found = {}
    for index in (4, 2):
        assert item.SelectTakeByIndex(index)
        made = plate.of(item, timeline, (21, 1))
        found[index] = (made.media.GetUniqueId(), made.span.first)
    assert found == {4: (other.GetUniqueId(), HOUR + 4), 2: (one.media.id, HOUR + 2)}
    assert one.item.media is ours


@pytest.mark.parametrize("frames", [(HOUR + 3, HOUR + 9), (HOUR, HOUR + 4)])
def test_a_result_that_lacks_frames_of_the_cut_is_refused(one: ResolveScene, frames: tuple[int, int]) -> None:
    with pytest.raises(
        Fault, match=f"its cut is now {HOUR + 2}-{HOUR + 5}, and v001 has {frames[0]}-{frames[1]}"
    ):
        bring(one, frames=frames)
    assert (above(one), one.record()) == ([], {})


def test_a_result_whose_clip_in_the_bin_has_another_length_is_refused(one: ResolveScene) -> None:
    bring(one)
    (ours,) = one.fake.project.root.bins[0].clips
    ours.last += 1
    with pytest.raises(Fault, match="has 9 frames, and v001 has 8; relink that clip"):
        bring(one)


def test_a_result_that_resolve_takes_at_another_rate_is_refused(
    one: ResolveScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    one.fake.traps.settings_not_kept = {"FPS"}
    monkeypatch.setattr(one.fake.project, "rate", lambda: 25.0)
    with pytest.raises(Fault, match=r"Resolve does not keep FPS = 23\.976 for the result"):
        bring(one)
    assert (above(one), one.record()) == ([], {})


@pytest.mark.parametrize("where", [place.TAKE, place.TRACK])
def test_a_clip_that_was_retimed_meanwhile_takes_no_result(one: ResolveScene, where: str) -> None:
    bring(one, where)
    was = (above(one), len(one.item.takes))
    one.item.speed, one.item.duration = 50.0, 8
    with pytest.raises(Fault, match="its speed is 50 %; render it at 100 % and retime the result"):
        bring(one, where)
    assert (above(one), len(one.item.takes)) == was


@pytest.mark.parametrize(("start", "first"), [(500, 0), (0, 1)])
def test_what_resolve_lays_elsewhere_is_taken_away_again(
    one: ResolveScene, monkeypatch: pytest.MonkeyPatch, start: int, first: int
) -> None:
    media, placed = result_of(one), MediaPool._placed

    def elsewhere(self: MediaPool, timeline: Any, info: dict[str, Any]) -> Any:
        made = placed(self, timeline, info)
        assert made is not None
        made.start += start
        made.first += first
        return made

    monkeypatch.setattr(MediaPool, "_placed", elsewhere)
    with pytest.raises(Fault, match="does not place the result on video track 2"):
        lay(one, media)
    assert list(one.timeline.items()) == [one.item]
    assert len(one.timeline.of("video")) == 1


def test_a_take_that_fails_leaves_the_one_that_was_chosen(
    one: ResolveScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    item, media = one.fake.face("TimelineItem", one.item), result_of(one)
    assert item.AddTake(one.fake.face("MediaPoolItem", one.media), HOUR + 4, HOUR + 8)
    assert item.SelectTakeByIndex(2)
    select = TimelineItem.SelectTakeByIndex

    def elsewhere(self: TimelineItem, idx: int) -> bool:
        done = select(self, idx)
        one.item.first += idx == 3
        return done

    monkeypatch.setattr(TimelineItem, "SelectTakeByIndex", elsewhere)
    with pytest.raises(Fault, match="does not show the result as a take"):
        place.as_take(item, media, HOUR + 2)
    assert (one.item.take, one.item.first, len(one.item.takes)) == (2, HOUR + 4, 2)


@pytest.mark.parametrize(
    ("properties", "says"),
    [
        ({"Input LUT": "Film Looks/Kodak 2383.cube"}, "has the input LUT Film Looks/Kodak 2383.cube"),
        ({"PAR": "Cinemascope"}, "its pixels are not square"),
        ({"PAR": "16:9 anamorphic"}, "its pixels are not square"),
    ],
)
def test_what_would_be_in_the_pixels_twice_is_refused(
    one: ResolveScene, properties: dict[str, str], says: str
) -> None:
    one.media.properties.update(properties)
    with pytest.raises(Fault, match=says):
        clips.source_of(one.fake.face("MediaPoolItem", one.media), "clip")


def test_a_rate_that_reads_as_a_number_is_kept(one: ResolveScene, monkeypatch: pytest.MonkeyPatch) -> None:
    told = MediaPoolItem._properties

    def numbers(self: MediaPoolItem) -> dict[str, Any]:
        found = told(self)
        return {**found, "FPS": float(found["FPS"])}

    monkeypatch.setattr(MediaPoolItem, "_properties", numbers)
    media = one.fake.face("MediaPoolItem", one.media)
    settings.on_clip(media, {"FPS": "25"})
    assert media.GetClipProperty("FPS") == 25.0

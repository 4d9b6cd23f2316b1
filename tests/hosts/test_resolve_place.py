"""What Resolve's plugin does to a timeline when it places a result, and which clips it does not take."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pai_studio.host_plugins.host import Fault
from pai_studio.host_plugins.resolve import clips, handover, place, plate, settings
from pai_studio.host_plugins.resolve.app import App
from pai_studio.host_plugins.resolve.target import Wishes
from tests.hosts.fakes_resolve.items import TimelineItem
from tests.hosts.fakes_resolve.media import MediaPool, MediaPoolItem
from tests.hosts.fakes_resolve.model import Track
from tests.hosts.resolve_placing import above, bring, broken, lay, no, result_of
from tests.hosts.resolve_scene import HOUR, ResolveScene


@pytest.fixture
def one(tmp_path: Path) -> Iterator[ResolveScene]:
    made = ResolveScene(tmp_path, "aces")
    yield made
    made.fake.check()


@pytest.mark.parametrize("fact", [{"locked": True}, {"enabled": False}])
def test_a_track_that_is_locked_or_switched_off_takes_no_result(
    one: ResolveScene, fact: dict[str, bool]
) -> None:
    one.timeline.tracks.insert(1, Track("video", "Video 2"))
    for key, value in fact.items():
        setattr(one.timeline.tracks[1], key, value)
    lay(one, result_of(one))
    assert [len(track.items) for track in one.timeline.of("video")] == [1, 0, 1]


def test_a_result_that_was_laid_and_not_finished_is_not_laid_twice(
    one: ResolveScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TimelineItem, "GetProperties", broken)
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


@pytest.mark.parametrize("has_takes", [True, False])
def test_a_take_that_fails_leaves_those_that_were_there(
    one: ResolveScene, monkeypatch: pytest.MonkeyPatch, *, has_takes: bool
) -> None:
    item, media = one.fake.face("TimelineItem", one.item), result_of(one)
    if has_takes:
        assert item.AddTake(one.fake.face("MediaPoolItem", one.media), HOUR + 4, HOUR + 8)
        assert item.SelectTakeByIndex(2)
    was = (one.item.take, one.item.first, list(one.item.takes), one.item.media)
    select = TimelineItem.SelectTakeByIndex

    def elsewhere(self: TimelineItem, idx: int) -> bool:
        done = select(self, idx)
        one.item.first += one.item.media is media._model
        return done

    monkeypatch.setattr(TimelineItem, "SelectTakeByIndex", elsewhere)
    with pytest.raises(Fault, match="does not show the result as a take"):
        place.as_take(item, media, HOUR + 2)
    assert (one.item.take, one.item.first, list(one.item.takes), one.item.media) == was


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

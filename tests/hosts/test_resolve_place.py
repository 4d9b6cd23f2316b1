"""What Resolve's plugin does to a timeline when it places a result, and which clips it does not take."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pai_studio.host_plugins.host import Fault
from pai_studio.host_plugins.resolve import clips, place, settings
from tests.hosts.fakes_resolve.items import TimelineItem
from tests.hosts.fakes_resolve.media import MediaPool, MediaPoolItem
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


def lay(one: ResolveScene, media: Any) -> None:
    """Place it above the scene's clip."""
    project = one.fake.globals()["resolve"].GetProjectManager().GetCurrentProject()
    item = one.fake.face("TimelineItem", one.item)
    place.on_track(project, project.GetCurrentTimeline(), item, media, HOUR + 2)


def test_a_result_above_covers_a_clip_that_is_moved_in_the_picture(one: ResolveScene) -> None:
    moved = {"ZoomX": 1.25, "ZoomY": 1.25, "Pan": -40.0, "FlipX": True, "Opacity": 50.0}
    one.item.properties.update(moved)
    lay(one, result_of(one))
    (made,) = one.timeline.of("video")[1].items
    assert {key: made.properties.get(key) for key in moved} == {**moved, "Opacity": None}
    assert one.item.properties == moved


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
        place.as_take(item, media, HOUR + 2, {})
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

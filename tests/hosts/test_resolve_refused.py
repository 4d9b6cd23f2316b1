"""What Resolve's plugin refuses, and that the project is found as it was then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pai_studio.host_plugins.resolve import menu
from tests.hosts.fakes_resolve.traps import Traps
from tests.hosts.resolve_scene import HOUR, ResolveScene


@pytest.mark.parametrize(
    ("item", "says"),
    [
        ({"speed": 50.0, "duration": 8}, "its speed is 50 %"),
        ({"speed": 0.0}, "it is a freeze frame"),
        ({"speed": -100.0}, "it runs backwards"),
    ],
)
def test_a_retime_is_refused_by_name_and_nothing_is_touched(
    resolve_scene: Callable[..., ResolveScene], item: dict[str, Any], says: str
) -> None:
    one = resolve_scene()
    for key, value in item.items():
        setattr(one.item, key, value)
    assert one.render() == 1
    assert f"A001_C003.######.exr: {says}; render it at 100 % and retime the result" in one.said()
    assert one.all_settings() == one.settings
    assert "Project.AddRenderJob" not in one.fake.calls


def test_a_clip_without_a_reference_is_told_how_to_get_one(
    resolve_scene: Callable[..., ResolveScene],
) -> None:
    one = resolve_scene()
    one.item.markers.clear()
    assert one.render() == 1
    assert "A001_C003.######.exr: it has no reference; select a still of the background" in one.said()
    assert one.all_settings() == one.settings
    assert "Project.AddRenderJob" not in one.fake.calls


def test_an_older_resolve_refuses_a_retime_by_its_lengths(resolve_scene: Callable[..., ResolveScene]) -> None:
    one = resolve_scene(version="20.3")
    one.item.speed, one.item.duration = 50.0, 8
    assert one.render() == 1
    assert "its speed is changed" in one.said()


@pytest.mark.parametrize("version", ["19.0.3", "18.6", "17.4"])
def test_an_older_resolve_is_refused_by_both_versions(
    resolve_scene: Callable[..., ResolveScene], version: str
) -> None:
    one = resolve_scene(version=version)
    assert message_of(one)
    said = f"this is DaVinci Resolve {version}.0.7, and PAI-Studio needs 19.1 or newer"
    assert [text for text in one.fake.screen.texts if said in text]
    assert not [call for call in one.fake.calls if call.startswith(("Project", "MediaPool", "Timeline"))]


def message_of(one: ResolveScene) -> bool:
    """Choose the script, which ends with a message; whether it says that it failed."""
    one.fake.screen.plan = [("ok", "Clicked")]
    return menu.main(one.fake.globals()) == 1


@pytest.mark.long
def test_the_oldest_resolve_that_is_taken_has_all_that_a_render_needs(
    resolve_scene: Callable[..., ResolveScene],
) -> None:
    one = resolve_scene(version="19.1")
    assert one.render() == 0, one.said()
    assert one.all_settings() == one.settings


def without_media(one: ResolveScene) -> None:
    one.item.media = None


def of_kind(kind: str) -> Callable[[ResolveScene], None]:
    return lambda one: setattr(one.media, "kind", kind)


def with_property(name: str, value: str) -> Callable[[ResolveScene], None]:
    return lambda one: one.media.properties.update({name: value})


def locked(one: ResolveScene) -> None:
    one.timeline.of("video")[0].locked = True


def interlaced(one: ResolveScene) -> None:
    one.timeline.custom, one.timeline.settings = True, {"timelineInterlaceProcessing": "1"}


def broadcast_safe(one: ResolveScene) -> None:
    one.fake.project.settings["limitBroadcastSafeOn"] = "1"


REFUSED: dict[str, tuple[Callable[[ResolveScene], None], str]] = {
    "a compound clip": (of_kind("Compound"), "a compound or Fusion clip, or a nested timeline"),
    "a Fusion clip": (of_kind("Generator"), "a compound or Fusion clip, or a nested timeline"),
    "a nested timeline": (of_kind("Timeline"), "a compound or Fusion clip, or a nested timeline"),
    "a title": (without_media, "(a generator, a title, an adjustment clip, or its media is gone)"),
    "a locked track": (locked, "its video track 1 is locked; unlock it"),
    "fields": (with_property("Field Dominance", "Upper Field"), "it is interlaced (Upper Field)"),
    "a timeline of fields": (interlaced, "its timeline is interlaced"),
    "broadcast safe": (broadcast_safe, "limited to broadcast safe levels"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_handled_is_refused_by_name_and_nothing_is_touched(
    resolve_scene: Callable[..., ResolveScene], name: str
) -> None:
    change, says = REFUSED[name]
    one = resolve_scene("managed")
    change(one)
    before = one.all_settings()
    assert one.render() == 1
    assert says in one.said()
    assert "an error of PAI-Studio itself" not in one.said()
    assert one.all_settings() == before
    assert "MediaPool.CreateEmptyTimeline" not in one.fake.calls


def test_a_gap_under_the_playhead_is_told(resolve_scene: Callable[..., ResolveScene]) -> None:
    one = resolve_scene()
    one.timeline.playhead = one.timeline.end - 1
    one.item.start += 100
    assert message_of(one)
    assert "there is no clip under the playhead; move it over the clip" in one.said()


TRAPS = {
    "a clipped export": (Traps(clips_at_one=True), "cut off at 1"),
    "a failed render": (Traps(render_fails_at=HOUR + 2), "Resolve's render failed (The render failed.)"),
    "missing frames": (Traps(frames_left_out={HOUR + 3}), "lacks frames 86403"),
    "a setting that is not kept": (
        Traps(settings_not_kept={"timelineResolutionWidth"}),
        "does not keep the timeline setting timelineResolutionWidth = 128",
    ),
    "no codec": (Traps(codecs=("RGBHalfDWAA",)), "no EXR of half or float without loss"),
    "ghosts": (Traps(ghost_items=True), "put 0 of 8 frames into the timeline"),
}


@pytest.mark.parametrize("name", TRAPS)
def test_what_cannot_be_relied_upon_is_told_and_put_back(
    resolve_scene: Callable[..., ResolveScene], name: str
) -> None:
    traps, says = TRAPS[name]
    one = resolve_scene("aces", traps=traps)
    assert one.render() == 1
    assert says in one.said()
    assert one.all_settings() == one.settings
    assert one.record() == {}
    assert not list((one.folder / "out put").rglob("*.exr"))


def test_where_resolve_keeps_no_preset_it_is_said_once(resolve_scene: Callable[..., ResolveScene]) -> None:
    one = resolve_scene(traps=Traps(presets_refused=True, render_fails_at=HOUR + 2))
    assert one.render() == 1
    assert "saves no render preset" in one.said()
    texts = len(one.fake.screen.texts)
    assert one.render() == 1
    assert "saves no render preset" not in "\n".join(one.fake.screen.texts[texts:])
    assert one.all_settings()["presets"] == one.settings["presets"]
    assert one.all_settings()["format"] == one.settings["format"]


@pytest.mark.parametrize(
    ("traps", "says"),
    [
        (
            Traps(new_items_remote=True, versions_refused=True),
            "it has a remote grade, which other clips share",
        ),
        (Traps(new_items_remote=True, grades_stay=True), "Resolve does not reset its grade"),
        (Traps(new_items_group="Night", groups_stay=True), "it has the grade of the colour group Night"),
    ],
)
def test_a_grade_that_stays_is_refused_by_name(
    resolve_scene: Callable[..., ResolveScene], traps: Traps, says: str
) -> None:
    one = resolve_scene("aces", traps=traps)
    one.media.remote_grade = 0.25
    assert one.render() == 1
    assert says in one.said()
    assert one.media.remote_grade == 0.25
    assert one.all_settings() == one.settings


@pytest.mark.long
def test_individual_frames_are_taken_away_again(resolve_scene: Callable[..., ResolveScene]) -> None:
    one = resolve_scene("aces", traps=Traps(individual_frames=True))
    assert one.render() == 1
    assert "set Frame Display Mode to Sequence" in one.said()
    assert [media for media in one.fake.project.media() if media.kind == "Still"] == []

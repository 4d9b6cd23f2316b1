"""A clip's whole way in Resolve: our script in the strict stand-in; the sidecar, the server and pictures are real."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.hosts.fakes_resolve import colour, pictures
from tests.hosts.fakes_resolve.traps import Traps
from tests.hosts.nuke_scene import frames_in
from tests.hosts.resolve_scene import HOUR, ResolveScene
from tests.hosts.resolve_snapshot import TAKE_PLACED, changed, everything


def exported(one: ResolveScene, frame: int) -> np.ndarray:
    """A pixel of the bright square in the exported plate."""
    folder = Path(one.record()["result"]["document"]).parent
    return pictures.read(folder / f"plate.{frame}.exr")[3, 3]


SPACES = {
    "managed": "DaVinci Intermediate WideGamut",
    "aces": "ACES2065-1",
    "unmanaged": "S-Log3 S-Gamut3.Cine",
}


@pytest.mark.parametrize(
    "mode", ["managed", *(pytest.param(mode, marks=pytest.mark.long) for mode in ("aces", "unmanaged"))]
)
def test_a_clip_comes_back_as_a_take(resolve_scene: Callable[..., ResolveScene], mode: str) -> None:
    wishes = {"camera": "S-Log3 S-Gamut3.Cine"} if mode == "unmanaged" else {}
    one = resolve_scene(mode, wishes=wishes)
    original, before = one.item.media, everything(one)
    assert one.render() == 0, one.said()
    made = one.record()["result"]
    assert made["frames"] == [HOUR, HOUR + 7]
    assert frames_in(made["files"]) == list(range(HOUR, HOUR + 8))
    assert made["space"] == SPACES[mode]
    assert one.item.take == 2
    assert one.item.takes[0].media is original
    assert (one.item.first, one.item.last) == (HOUR + 2, HOUR + 5)
    assert one.item.media is not None
    assert one.item.media.file(HOUR + 2).is_file()
    assert one.item.grade == 0.5
    assert "job" not in one.record()
    assert changed(before, everything(one)) == TAKE_PLACED
    plate = pictures.read(original.file(HOUR + 2))[3:4, 3:4]
    space = one.record()["result"]["space"]
    settings = one.fake.project.settings
    want = (
        plate if mode == "unmanaged" else colour.convert(plate, colour.input_space(original, settings), space)
    )
    assert exported(one, HOUR + 2) == pytest.approx(want[0, 0], rel=2e-3, abs=2e-3)


@pytest.mark.long
def test_a_result_on_a_track_above_has_the_grade_and_the_exact_place(
    resolve_scene: Callable[..., ResolveScene],
) -> None:
    one = resolve_scene(wishes={"place": "track"})
    below = one.fake.add_item(one.media, HOUR, HOUR + 11, at=20)
    before = everything(one)
    assert one.render() == 0, one.said()
    tracks = one.timeline.of("video")
    assert len(tracks) == 2
    assert tracks[0].items == [one.item, below]
    (made,) = tracks[1].items
    assert (made.start, made.duration, made.first, made.grade) == (HOUR, 4, HOUR + 2, 0.5)
    assert one.item.media is one.media
    assert made.media is not None
    assert made.media.properties["Input Color Space"] == "DaVinci WG"
    assert made.media.properties["Input Gamma"] == "DaVinci Intermediate"
    assert changed(before, everything(one)) == {
        "+ bin PAI-Studio",
        "+ clip A001_C003_86402_v001.[86400-86407].exr",
        "+ item Edit, Video 2, 86400",
        "+ track Edit, Video 2",
        "bin Master: bins",
        "item Edit, Video 1, 86400: markers",
        "timeline Edit: tracks",
    }


@pytest.mark.long
def test_the_clip_of_the_highest_track_is_taken_and_rendered_again_from_its_plate(
    resolve_scene: Callable[..., ResolveScene],
) -> None:
    one = resolve_scene("aces")
    one.timeline.tracks.insert(1, type(one.timeline.tracks[0])("video", "Video 2"))
    top = one.fake.add_item(one.media, HOUR + 4, HOUR + 6, track=2)
    one.refer(top)
    for version in (1, 2):
        assert one.render() == 0, one.said()
        assert one.record(top)["result"]["version"] == version
        assert one.record(top)["result"]["frames"] == [HOUR + 2, HOUR + 8]
    assert one.record() == {}
    assert top.takes[0].media is one.media
    assert (top.take, top.first) == (3, HOUR + 4)
    assert exported(one if one.record() else _of(one, top), HOUR + 4)[0] > 1


def _of(one: ResolveScene, item: Any) -> ResolveScene:
    one.item = item
    return one


@pytest.mark.long
def test_several_clips_are_exported_and_then_all_at_the_server(
    resolve_scene: Callable[..., ResolveScene],
) -> None:
    one = resolve_scene()
    other = one.fake.add_item(one.media, HOUR + 8, HOUR + 10, at=10)
    one.refer(other)
    one.timeline.selected = [one.item, other]
    assert one.render() == 0, one.said()
    assert one.record()["result"]["frames"] == [HOUR, HOUR + 7]
    assert one.record(other)["result"]["frames"] == [HOUR + 7, HOUR + 11]
    short = "1 of 2 frames of handles: its media has 8 frames before its cut and 1 after it"
    assert short in one.said()
    assert one.record()["result"]["notes"] == []
    assert (one.item.take, other.take) == (2, 2)
    assert one.all_settings() == one.settings


@pytest.mark.long
def test_refinish_takes_the_pictures_that_were_made(resolve_scene: Callable[..., ResolveScene]) -> None:
    one = resolve_scene("aces", wishes={"layers": "matte"})
    assert one.render() == 0, one.said()
    assert sorted(one.record()["result"]["passes"]) == ["beauty", "matte"]
    jobs = one.fake.calls.count("Project.AddRenderJob")

    def change() -> None:
        one.fake.screen.widget("despill").props["Value"] = 20
        one.fake.screen.widget("pass_shadow").props["Checked"] = True

    assert one.run(change, ("refinish", "Clicked")) == 0, one.said()
    made = one.record()["result"]
    assert (made["version"], sorted(made["passes"])) == (2, ["beauty", "matte", "shadow"])
    said = json.loads(Path(made["document"]).read_text(encoding="utf-8"))
    assert said["finish"] == {"despill": 0.2, "gain_mix": 1, "wrap": 0.5, "shadow": 1, "grain": 1}
    assert one.item.take == 3
    assert one.fake.calls.count("Project.AddRenderJob") == jobs


def test_cancel_leaves_everything_as_it_was(resolve_scene: Callable[..., ResolveScene]) -> None:
    one = resolve_scene(traps=Traps(frames_per_poll=1))
    before = everything(one)
    one.fake.hooks["Project.StartRendering"] = [
        lambda: one.fake.screen.at_step.update({one.fake.screen.steps + 2: ("stop0", "Clicked")})
    ]
    assert one.render() == 1
    assert "the render was cancelled" in one.said()
    assert changed(before, everything(one)) == set()
    assert one.record() == {}
    assert list((one.folder / "out put").rglob("*.exr")) == []


@pytest.mark.long
def test_an_unmanaged_project_asks_what_the_clips_are_in_and_remembers(
    resolve_scene: Callable[..., ResolveScene],
) -> None:
    one = resolve_scene("unmanaged")
    assert one.render() == 1
    assert "nobody has said what its clips are in" in one.said()
    assert one.render(lambda: one.fake.screen.choose("camera", "S-Log3 S-Gamut3.Cine")) == 0, one.said()
    assert one.render() == 0
    assert one.record()["result"]["version"] == 2


@pytest.mark.long
def test_a_grade_that_the_project_hands_to_the_copy_is_taken_off_it_and_not_off_the_clip(
    resolve_scene: Callable[..., ResolveScene],
) -> None:
    one = resolve_scene("aces", traps=Traps(new_items_remote=True, new_items_group="Night"))
    one.media.remote_grade, one.item.is_remote = 0.25, True
    assert one.render() == 0, one.said()
    assert exported(one, HOUR + 2) == pytest.approx(pictures.read(one.media.file(HOUR + 2))[3, 3], rel=2e-3)
    assert (one.media.remote_grade, one.item.is_remote) == (0.25, True)


@pytest.mark.long
def test_what_can_be_mended_is(resolve_scene: Callable[..., ResolveScene]) -> None:
    traps = Traps(
        language="zh",
        source_frames_low=True,
        source_end_inclusive=False,
        take_end_inclusive=True,
        clip_start_frame_ignored=True,
        codecs=("RGBFloatZIP",),
        digits=6,
    )
    one = resolve_scene("aces", traps=traps)
    assert one.render() == 0, one.said()
    assert one.record()["result"]["frames"] == [HOUR, HOUR + 7]
    assert one.item.first == HOUR + 2

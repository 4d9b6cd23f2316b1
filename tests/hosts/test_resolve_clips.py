"""Timecode, rates, names and colour tables of the Resolve plugin, without a host."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import PyOpenColorIO as ocio
import pytest

from pai_studio.host_plugins.bridge import Bridge
from pai_studio.host_plugins.host import Fault
from pai_studio.host_plugins.resolve import clips, colour, dialog, memory, menu, plate, target
from pai_studio.host_plugins.resolve.app import App
from tests.conftest import write_picture
from tests.hosts.fakes_resolve.model import Track
from tests.hosts.fakes_resolve.resolve_fake import FakeResolve
from tests.hosts.fakes_resolve.settings import PRESETS


@pytest.mark.parametrize(
    ("timecode", "fps", "frame"),
    [
        ("01:00:00:00", 23.976, 86400),
        ("01:00:00:00", 24, 86400),
        ("01:00:00:00", 25, 90000),
        ("00:00:41:17", 24, 1001),
        ("01:00:00:00", 29.97, 108000),
        # Dropped: the numbers 0 and 1 of each minute but the tenth.
        ("00:00:59;29", 29.97, 1799),
        ("00:01:00;02", 29.97, 1800),
        ("00:10:00;00", 29.97, 17982),
        ("01:00:00;00", 29.97, 107892),
        ("00:01:00;04", 59.94, 3600),
        # Where no numbers are dropped, the sign says nothing.
        ("01:00:00;00", 25, 90000),
        ("00:01:00;00", 23.976, 1440),
        ("00:01:00;00", 50, 3000),
        ("23:59:59:23", 23.976, 2073599),
    ],
)
def test_a_timecode_is_a_frame_and_back(timecode: str, fps: float, frame: int) -> None:
    assert clips.frames_of(timecode, fps) == frame
    drops = fps in (29.97, 59.94) and ";" in timecode
    assert clips.timecode_of(frame, fps, drop=drops) == (timecode if drops else timecode.replace(";", ":"))


@pytest.mark.parametrize("fps", [29.97, 59.94])
def test_every_dropped_frame_number_comes_back(fps: float) -> None:
    for frame in range(0, 40000, 7):
        assert clips.frames_of(clips.timecode_of(frame, fps, drop=True), fps) == frame


@pytest.mark.parametrize("text", ["", "1:00:00:00", "01:00:00:24", "01:60:00:00", "01:00:00"])
def test_what_is_no_timecode_is_refused(text: str) -> None:
    with pytest.raises(Fault, match="is no timecode"):
        clips.frames_of(text, 23.976)


@pytest.mark.parametrize(
    ("said", "fps", "text"),
    [
        ("23.976", 23.976, "24000/1001"),
        (23.976, 23.976, "24000/1001"),
        ("29.97 DF", 29.97, "30000/1001"),
        ("59.94", 59.94, "60000/1001"),
        (24.0, 24.0, "24"),
        ("25", 25.0, "25"),
    ],
)
def test_a_rate_is_exact(said: Any, fps: float, text: str) -> None:
    assert clips.fps_of(said) == fps
    assert clips.rate_text(fps) == text


def test_handles_are_those_that_both_ends_have() -> None:
    span = clips.Span(86402, 86405, before=2, after=6)
    assert [span.handles(wanted) for wanted in (0, 1, 8)] == [0, 1, 2]


@pytest.mark.parametrize(
    ("rate", "timecode", "first", "drop"),
    [
        (29.97, "01:00:00;00", 107892, True),
        (29.97, "01:00:00:00", 108000, False),
        (25.0, "01:00:00;00", 90000, False),
    ],
)
def test_a_clip_is_numbered_by_its_timecode(rate: float, timecode: str, first: int, drop: bool) -> None:
    fake, item = cut(rate, timecode)
    found = plate.of(item, timeline_of(fake), (21, 1))
    assert (found.source.timecode, found.source.drop) == (first, drop)
    assert (found.span.first, found.span.last, found.span.before) == (first + 10, first + 19, 10)
    fake.check()


def cut(rate: float, timecode: str) -> tuple[FakeResolve, Any]:
    """A timeline of ten frames of a movie, of which ten frames come before."""
    fake = FakeResolve(rate=rate)
    media = fake.add_media("", 0, 99, name="A.mov", movie="/media/A.mov", start_tc=timecode)
    fake.add_timeline(start_tc=timecode)
    return fake, fake.face("TimelineItem", fake.add_item(media, 10, 19))


def timeline_of(fake: FakeResolve) -> Any:
    return fake.face("Timeline", fake.project.timeline)


def test_a_playhead_in_a_drop_frame_timeline_is_where_it_stands() -> None:
    fake, item = cut(29.97, "00:59:59;28")
    assert fake.project.timeline is not None
    fake.project.timeline.playhead = fake.project.timeline.start + 5
    app = App.of(fake.globals())
    assert app.timeline().GetCurrentTimecode() == "01:00:00;03"
    assert menu.playhead(app, item) == 5


def test_a_clip_that_is_switched_off_and_one_below_a_gap_are_taken() -> None:
    fake, item = cut(25.0, "01:00:00:00")
    assert fake.project.timeline is not None
    fake.project.timeline.tracks.append(Track("video", "Video 2"))
    assert [one.GetUniqueId() for one in App.of(fake.globals()).chosen()] == [item.GetUniqueId()]
    item.SetClipEnabled(False)
    assert plate.of(item, timeline_of(fake), (21, 1)).span == clips.Span(90010, 90019, 10, 80)
    fake.check()


def test_two_cuts_of_a_clip_are_two_shots() -> None:
    assert target.shot_name("A001_C003.[0001-0200].exr", 86402) == "A001_C003_86402"
    assert target.shot_name("Größe 2.mov", 1) == "Gr_e_2_1"
    assert target.shot_name("???", 7) == "clip_7"


def test_every_space_that_is_named_is_in_the_config() -> None:
    config = ocio.Config.CreateFromFile(colour.CONFIG)
    named = {*colour.PAIRS.values(), *colour.CAMERAS, "ACES2065-1"}
    assert [name for name in sorted(named) if config.getColorSpace(name) is None] == []


def plan(mode: str, camera: str = "", **settings: str) -> colour.Plan:
    fake = FakeResolve(mode)
    fake.project.settings.update(settings)
    made = colour.plan(fake.globals()["resolve"].GetProjectManager().GetCurrentProject(), camera)
    fake.check()
    return made


def test_each_colour_management_has_its_plan() -> None:
    aces, managed = plan("aces"), plan("managed")
    assert (aces.space, aces.settings) == ("ACES2065-1", {"colorAcesODT": "No Output Transform"})
    assert aces.optional == {"colorAcesGamutCompressType": "None"}
    assert managed.space == "DaVinci Intermediate WideGamut"
    assert managed.settings == {
        "colorSpaceOutput": PRESETS["managed"]["colorSpaceTimeline"],
        "colorSpaceOutputGamma": PRESETS["managed"]["colorSpaceTimelineGamma"],
    }
    assert (aces.is_linear, managed.is_linear) == (True, False)
    together = plan("managed", separateColorSpaceAndGamma="0", colorSpaceTimeline="DaVinci WG/Intermediate")
    assert together.space == managed.space
    assert together.settings == {"colorSpaceOutput": "DaVinci WG/Intermediate"}
    assert plan("unmanaged", "ARRI LogC4") == colour.Plan("ARRI LogC4")


@pytest.mark.parametrize(
    ("mode", "settings", "says"),
    [
        ("unmanaged", {}, "nobody has said"),
        ("managed", {"isAutoColorManage": "1"}, "switch Automatic Color Management off"),
        ("managed", {"colorSpaceTimeline": "P3-D60"}, "P3-D60 / DaVinci Intermediate is not known here"),
        ("managed", {"colorScienceMode": "other"}, "'other' is not known"),
    ],
)
def test_what_is_not_known_is_never_assumed(mode: str, settings: dict[str, str], says: str) -> None:
    with pytest.raises(Fault) as raised:
        plan(mode, **settings)
    assert says in str(raised.value)


SEEN = {"max": 1.0, "at_one_share": 0.2, "channels": ["R", "G", "B"], "size": [8, 4]}


@pytest.mark.parametrize(
    ("space", "seen", "says"),
    [
        ("ACES2065-1", {}, "cut off at 1 (20.0 % of it"),
        ("ACES2065-1", {"max": 6.5}, ""),
        ("ACES2065-1", {"at_one_share": 0.0}, ""),
        ("ARRI LogC4", {}, ""),
        ("ARRI LogC4", {"size": [4, 2]}, "exported 4x2 instead of 8x4"),
        ("ARRI LogC4", {"channels": ["Y"]}, "exported the channels Y"),
    ],
)
def test_an_export_is_held_to_what_was_asked(space: str, seen: dict[str, Any], says: str) -> None:
    if not says:
        target.check({**SEEN, **seen}, (8, 4), colour.Plan(space), "clip")
        return
    with pytest.raises(Fault) as raised:
        target.check({**SEEN, **seen}, (8, 4), colour.Plan(space), "clip")
    assert says in str(raised.value)


def test_notes_of_others_are_none_of_ours() -> None:
    assert memory.read_note("") is None
    assert memory.read_note("{") is None
    assert memory.read_note('{"pai": 2}') is None
    assert memory.read_note(json.dumps({"pai": 1, "reference": "x"})) == {"pai": 1, "reference": "x"}


def test_a_project_is_remembered_and_a_damaged_file_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAI_STATE_DIR", str(tmp_path))
    one = memory.ProjectMemory("a-b/..c")
    one.write(wishes={"seed": 3}, before={"page": "edit"})
    one.write(before=None)
    assert memory.ProjectMemory("a-b/..c").read() == {"wishes": {"seed": 3}}
    (tmp_path / "resolve/a-bc.json").write_text("{")
    assert one.read() == {}


def test_wishes_of_another_form_are_passed_over() -> None:
    known = dialog.wishes_of({"seed": 3, "handles": "many", "other": 1, "place": "track"}, "/out")
    assert (known.folder, known.seed, known.handles, known.place) == ("/out", 3, 8, "track")


def test_the_sidecar_measures_an_export(sidecar: Bridge, tmp_path: Path) -> None:
    for frame in (1, 2):
        pixels = np.full((4, 8, 3), 0.5, np.float32)
        pixels[0, 0] = 1.0
        pixels[1, 1, 2] = 0.5 + frame
        pixels[2, 2] = (np.nan, np.inf, 0.5)
        write_picture(tmp_path / f"a.{frame:04d}.exr", pixels)
    seen = sidecar.ask("inspect", files=str(tmp_path / "a.####.exr"), first=1, last=2)
    assert seen == {"max": 2.5, "at_one_share": 6 / 192, "channels": ["R", "G", "B"], "size": [8, 4]}
    write_picture(tmp_path / "a.0003.exr", np.zeros((2, 2, 3), np.float32))
    with pytest.raises(Fault, match="2 different sizes"):
        sidecar.ask("inspect", files=str(tmp_path / "a.####.exr"), first=1, last=3)


def test_the_sidecar_converts_a_still(sidecar: Bridge, tmp_path: Path) -> None:
    from tests.hosts.fakes_resolve import pictures
    from tests.hosts.fakes_resolve.colour import convert

    pixels = np.full((4, 8, 3), (0.2, 0.5, 2.0), np.float32)
    write_picture(tmp_path / "back.exr", pixels)
    asked = {"file": str(tmp_path / "back.exr"), "files": str(tmp_path / "ref1.####.exr"), "frame": 86402}
    sidecar.ask("still", **asked, space="ACEScg", into="ARRI LogC4", config=colour.CONFIG)
    made = pictures.read(tmp_path / "ref1.86402.exr")
    assert made == pytest.approx(convert(pixels, "ACEScg", "ARRI LogC4"), abs=1e-4)
    with pytest.raises(Fault):
        sidecar.ask("still", **asked, space="no such", into="ARRI LogC4", config=colour.CONFIG)

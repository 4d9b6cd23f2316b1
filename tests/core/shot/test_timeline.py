"""Timelines made for the purpose: round trips, markers, media, what is hostile, what the documents say."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pai_studio.core.shot import document
from pai_studio.core.shot.errors import BadInput
from pai_studio.core.shot.frames import FrameRange
from pai_studio.core.shot.timeline import Cut, CutReference, files, is_offline, read, timecode
from pai_studio.core.shot.timeline.documents import drafted, write
from pai_studio.core.shot.timeline.media import local
from pai_studio.core.shot.timeline.reading import MAX_ITEMS

RATES = [24.0, 23.976, 25.0, 29.97, 30.0, 59.94]
schema = otio.schema


def time(value: float, rate: float = 24.0) -> Any:
    return otio.opentime.RationalTime(value, rate)


def span(first: float, length: float, rate: float = 24.0) -> Any:
    return otio.opentime.TimeRange(time(first, rate), time(length, rate))


def clip(name: str = "A", first: float = 0, length: float = 10, **keys: Any) -> Any:
    media = keys.pop("media", schema.ExternalReference("/m/a.mov", span(0, 100)))
    return schema.Clip(name=name, media_reference=media, source_range=span(first, length), **keys)


def timeline(*items: Any, start: Any = None) -> Any:
    made = schema.Timeline("cut", global_start_time=start)
    made.tracks.append(schema.Track("V1", children=list(items), kind="Video"))
    return made


@pytest.fixture
def cut_of(tmp_path: Path) -> Callable[[Any], Cut]:
    def written(of: Any) -> Cut:
        otio.adapters.write_to_file(of, str(tmp_path / "cut.otio"))
        return read(tmp_path / "cut.otio")

    return written


def texts(cut: Cut) -> str:
    return "\n".join(str(note) for note in cut.all_notes)


NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
PIECES = st.lists(
    st.tuples(st.booleans(), NAMES, st.integers(-50, 2_000_000), st.integers(1, 400)), min_size=1, max_size=8
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=PIECES, rate=st.sampled_from(RATES), start=st.integers(-100, 3_000_000))
def test_a_cut_that_was_written_is_the_cut_that_is_read(
    tmp_path: Path, pieces: list[tuple[bool, str, int, int]], rate: float, start: int
) -> None:
    items = [
        schema.Gap(source_range=span(0, length, rate))
        if is_gap
        else schema.Clip(
            name=name,
            media_reference=schema.ExternalReference("/m/a.mov", span(first - 3, length + 7, rate)),
            source_range=span(first, length, rate),
        )
        for is_gap, name, first, length in pieces
    ]
    otio.adapters.write_to_file(timeline(*items, start=time(start, rate)), str(tmp_path / "cut.otio"))
    cut = read(tmp_path / "cut.otio")
    at, expected = start, []
    for is_gap, name, first, length in pieces:
        if not is_gap:
            expected.append((name, FrameRange(at, at + length - 1), FrameRange(first, first + length - 1)))
        at += length
    assert [(shot.clip, shot.record, shot.source) for shot in cut.shots] == expected
    assert (cut.start, round(cut.rate)) == (start, round(rate))
    assert all(type(shot.rate) is Fraction and (shot.before, shot.after) == (3, 4) for shot in cut.shots)
    assert len({shot.name.lower() for shot in cut.shots}) == len(cut.shots)
    for shot in cut.shots:
        draft, _ = drafted(shot)
        assert (draft.frames, draft.rate, draft.plate.start) == (shot.source, cut.rate, shot.source.first - 3)


def test_names_stay_when_the_cut_changes_elsewhere(cut_of: Callable[[Any], Cut]) -> None:
    few = cut_of(timeline(clip("SH010.mov", 1), clip("sh020"), clip("SH010", 40)))
    more = cut_of(timeline(clip("new"), clip("SH010.mov", 1), clip("sh020"), clip("SH010", 40)))
    assert [shot.name for shot in few.shots] == ["SH010_1", "sh020", "SH010_40"]
    assert [shot.name for shot in more.shots][1:] == [shot.name for shot in few.shots]


def test_a_sequence_is_a_pattern_with_the_files_own_numbers(cut_of: Callable[[Any], Cut]) -> None:
    media = schema.ImageSequenceReference(
        target_url_base="file:///show/SH%20010/",
        name_prefix="p.",
        name_suffix=".exr",
        start_frame=1001,
        frame_zero_padding=4,
        rate=24,
        available_range=span(86400, 50),
    )
    (shot,) = cut_of(timeline(clip(first=86410, media=media))).shots
    assert (shot.media, shot.is_sequence) == ("/show/SH 010/p.####.exr", True)
    assert (shot.source, shot.media_range) == (FrameRange(1011, 1020), FrameRange(1001, 1050))
    assert (shot.before, shot.after) == (10, 30)
    media.frame_step = 2
    assert "its sequence has one file for every 2 frames" in texts(
        cut_of(timeline(clip(first=86410, media=media)))
    )


def test_brackets_and_a_first_frame_stand_for_a_sequence(cut_of: Callable[[Any], Cut]) -> None:
    ranged = schema.ExternalReference("/s/p.[1001-1050].exr", span(86400, 50))
    first = schema.ExternalReference("/s/q.0001.dpx", span(0, 50))
    still = schema.ExternalReference("/s/r.0001.png", span(0, 1))
    shots = cut_of(
        timeline(clip("a", 86405, media=ranged), clip("b", 5, media=first), clip("c", 0, media=still))
    ).shots
    assert [shot.media for shot in shots] == ["/s/p.####.exr", "/s/q.####.dpx", "/s/r.0001.png"]
    assert [shot.source.first for shot in shots] == [1006, 6, 0]
    assert "its media is one still" in str(shots[2].notes)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("file:///a/b%20c.mov", "/a/b c.mov"),
        ("file://localhost/D%3a/media/x.mov", "D:/media/x.mov"),
        ("file:///C:/x.mov", "C:/x.mov"),
        ("file://server/share/x.mov", "//server/share/x.mov"),
        ("file:///a/take#3?.mov", "/a/take#3?.mov"),
        ("C:\\show\\x.mov", "C:\\show\\x.mov"),
        ("\\\\server\\share\\x.mov", "\\\\server\\share\\x.mov"),
        ("/a/100%20.mov", "/a/100%20.mov"),
        ("media/x.mov", "/cut/media/x.mov"),
        ("file:///a%00b.mov", ""),
        ("", ""),
    ],
)
def test_addresses_become_paths(url: str, path: str) -> None:
    assert local(url, Path("/cut"))[0] == path


def test_media_on_the_web_is_named_as_such(cut_of: Callable[[Any], Cut]) -> None:
    assert "its media is a https address" in texts(
        cut_of(timeline(clip(media=schema.ExternalReference("https://host/x.mov", span(0, 50)))))
    )


def marker(name: str, frame: float, comment: str = "", **metadata: Any) -> Any:
    return schema.Marker(name=name, marked_range=span(frame, 1), metadata=metadata, comment=comment)


def test_markers_called_ref_are_references_at_their_frames(
    cut_of: Callable[[Any], Cut], tmp_path: Path
) -> None:
    noted = json.dumps({"pai": 1, "reference": "/r/d.exr", "space": "ACEScg"})
    marks = [
        marker("ref", 2),
        marker("REF: /r/a.exr", 3),
        marker("Ref back.png", 4),
        marker("look", 5, "/r/c.hdr"),
        marker("PAI-Studio", 6, Resolve_OTIO={"Note": noted}),
        marker("x", 7, pai_studio={"file": "/r/e.exr", "colorspace": "ACEScg"}),
        marker("refer to Ann", 8),
        marker("PAI-Studio", 9, Resolve_OTIO={"Note": json.dumps({"pai": 1, "record": {}})}),
    ]
    (shot,) = cut_of(timeline(clip(markers=marks))).shots
    assert shot.references == (
        CutReference(2),
        CutReference(3, "/r/a.exr"),
        CutReference(4, str(tmp_path / "back.png")),
        CutReference(5, "/r/c.hdr"),
        CutReference(6, "/r/d.exr", "ACEScg"),
        CutReference(7, "/r/e.exr", "ACEScg"),
    )
    assert [note.what for note in shot.notes] == ["marker at 8: refer to Ann"]
    draft, notes = drafted(shot)
    assert [one.frame for one in draft.references] == [3, 4, 5, 6, 7]
    assert "the reference at 2 has no file yet" in str(notes)


def test_a_timeline_s_marker_goes_to_the_topmost_shot(cut_of: Callable[[Any], Cut]) -> None:
    made = timeline(clip("low", 0, 20), start=time(1000))
    made.tracks.append(schema.Track("V2", children=[clip("high", 50, 5)], kind="Video"))
    made.tracks.markers.extend(
        [marker("ref /r/a.exr", 3), marker("ref", 12), marker("ref", 90), marker("hello", 1)]
    )
    made.tracks[0].markers.append(marker("ref", 2))
    cut = cut_of(made)
    assert {shot.name: shot.references for shot in cut.shots} == {
        "high": (CutReference(53, "/r/a.exr"),),
        "low": (CutReference(12), CutReference(2)),
    }
    assert "the reference here is on no shot" in texts(cut)
    assert "marker: hello" in texts(cut)


def test_half_speed_backwards_and_a_freeze_frame(cut_of: Callable[[Any], Cut]) -> None:
    half, back, still = (
        clip(name, 10, 10, effects=[effect])
        for name, effect in [
            ("half", schema.LinearTimeWarp(time_scalar=0.5)),
            ("back", schema.LinearTimeWarp(time_scalar=-1)),
            ("still", schema.FreezeFrame()),
        ]
    )
    shots = cut_of(timeline(half, back, still)).shots
    assert [(shot.speed, shot.source) for shot in shots] == [
        (Fraction(1, 2), FrameRange(10, 14)),
        (-1, FrameRange(10, 19)),
        (0, FrameRange(10, 10)),
    ]
    assert all(shot.notes[0].kind == "unsupported" for shot in shots)


def test_media_of_another_rate_is_read_at_its_own(cut_of: Callable[[Any], Cut]) -> None:
    media = schema.ExternalReference("/m/a.mov", span(0, 300, 30))
    (shot,) = cut_of(timeline(clip(first=8, length=8, media=media), start=time(0))).shots
    assert (shot.rate, shot.source) == (30, FrameRange(10, 19))


def test_a_nested_cut_is_trimmed_as_its_compound_is(cut_of: Callable[[Any], Cut]) -> None:
    inner = schema.Track("in", children=[clip("a", 0, 10), clip("b", 20, 10)], kind="Video")
    stack = schema.Stack("compound", children=[inner], source_range=span(4, 10))
    cut = cut_of(timeline(clip("before", 0, 5), stack))
    assert [(s.name, s.record, s.source) for s in cut.shots[1:]] == [
        ("a", FrameRange(5, 10), FrameRange(4, 9)),
        ("b", FrameRange(11, 14), FrameRange(20, 23)),
    ]


def test_drop_frame_timecode_leaves_numbers_out() -> None:
    ntsc = Fraction(30000, 1001)
    assert timecode(1799, ntsc, is_drop=True) == "00:00:59;29"
    assert timecode(1800, ntsc, is_drop=True) == "00:01:00;02"
    assert timecode(17982, ntsc, is_drop=True) == "00:10:00;00"
    assert timecode(107892, ntsc, is_drop=True) == "01:00:00;00"
    assert timecode(-25, Fraction(24)) == "-00:00:01:01"


@pytest.mark.parametrize("mark", [";", ":"])
def test_a_drop_frame_edl_counts_as_its_timecode_does(tmp_path: Path, mark: str) -> None:
    line = "001  A V C 01:00:00;00 01:00:59;28 01:00:00;00 01:00:59;28".replace(";", mark)
    (tmp_path / "d.edl").write_text(f"TITLE: d\nFCM: DROP FRAME\n{line}\n* FROM CLIP NAME: A\n")
    cut = read(tmp_path / "d.edl")
    assert (cut.rate, cut.start) == (Fraction(30000, 1001), 107892)
    assert cut.shots[0].source == FrameRange(107892, 107892 + 1797)


HOSTILE: dict[str, bytes] = {
    "empty.otio": b"",
    "text.otio": b"hello",
    "list.otio": b"[1]",
    "deep.otio": b'{"OTIO_SCHEMA":"Stack.1","children":[' * 20_000,
    "closed.otio": b'{"OTIO_SCHEMA":"Stack.1","children":[' * 300 + b"]}" * 300,
    "strange.otio": b'{"OTIO_SCHEMA":"Nonsense.9"}',
    "cut.otio": b'{"OTIO_SCHEMA":"Timeline.1","tracks":{"OTIO_SCHEMA":"Stack.1","children":[',
    "bytes.otio": b'{"a": "\xff\xfe"}',
    "none.otioz": b"PK\x05\x06" + bytes(18),
    "no.otioz": b"no archive",
    "bomb.xml": b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><xmeml>&b;</xmeml>',
    "wide.xml": '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE x [<!ENTITY a "b">]><xmeml/>'.encode(
        "utf-16"
    ),
    "empty.xml": b"",
    "other.xml": b"<html/>",
    "other.fcpxml": b"<fcpxml",
    "no.aaf": b"no compound file",
    "no.edl": b"\x00\xff\x01 V C nothing",
    "movie.mov": b"",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_malformed_is_refused_in_one_line(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(HOSTILE[name])
    with pytest.raises(BadInput) as told:
        read(path)
    assert str(path) in str(told.value)
    assert "\n" not in str(told.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        read(tmp_path / "none.otio")


@pytest.mark.parametrize(
    ("range_", "why"),
    [
        (span(0, 1e300), "counts no frames"),
        (span(0, 10, 24.7), "no known frame rate"),
        (span(0, 10, -24), "frame rate"),
    ],
)
def test_times_that_count_no_frames_are_refused(range_: Any, why: str, cut_of: Callable[[Any], Cut]) -> None:
    bad = schema.Clip(
        "A", media_reference=schema.ExternalReference("/m/a.mov", span(0, 9)), source_range=range_
    )
    with pytest.raises(BadInput, match=why):
        cut_of(timeline(bad, start=time(0)))


def test_a_clip_of_a_century_is_named_and_left_out(cut_of: Callable[[Any], Cut]) -> None:
    cut = cut_of(timeline(clip("long", 0, 75_000_000_000), clip("next")))
    assert [shot.name for shot in cut.shots] == ["next"]
    assert "clip 'long' has 75000000000 frames" in texts(cut)


def test_a_file_too_large_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "big.otio").open("wb") as file:
        file.truncate(files.MAX_BYTES + 1)
    with pytest.raises(BadInput, match="MiB long"):
        read(tmp_path / "big.otio")


def test_clips_without_number_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_ITEMS >= 10_000
    monkeypatch.setattr("pai_studio.core.shot.timeline.reading.MAX_ITEMS", 20)
    otio.adapters.write_to_file(timeline(*[clip(str(n)) for n in range(30)]), str(tmp_path / "many.otio"))
    with pytest.raises(BadInput, match="more than 20 clips"):
        read(tmp_path / "many.otio")


def test_a_marker_of_the_newest_schema_is_read(cut_of: Callable[[Any], Cut], tmp_path: Path) -> None:
    otio.adapters.write_to_file(timeline(clip(markers=[marker("ref", 2)])), str(tmp_path / "cut.otio"))
    text = (tmp_path / "cut.otio").read_text().replace("Marker.2", "Marker.3")
    (tmp_path / "new.otio").write_text(text)
    assert read(tmp_path / "new.otio").shots[0].references == (CutReference(2),)


def test_media_on_disk_is_online(cut_of: Callable[[Any], Cut], tmp_path: Path) -> None:
    media = schema.ExternalReference(str(tmp_path / "p.[1001-1010].exr"), span(0, 10))
    (shot,) = cut_of(timeline(clip(length=5, media=media))).shots
    assert is_offline(shot)
    (tmp_path / "p.1010.exr").touch()
    assert is_offline(shot), "what the cut does not show is of no use"
    (tmp_path / "p.1003.exr").touch()
    assert not is_offline(shot)


def test_documents_have_the_handles_that_transitions_show(
    cut_of: Callable[[Any], Cut], tmp_path: Path
) -> None:
    fade = schema.Transition("fade", "SMPTE_Dissolve", in_offset=time(2), out_offset=time(3))
    cut = cut_of(timeline(clip("a", 10), fade, clip("b", 1)))
    written = write(cut, tmp_path / "cut.otio", tmp_path / "out", colorspace="ACEScg")
    assert written.made == ("a.shot.json", "b.shot.json")
    a, b = (document.load(tmp_path / "out" / name, unfinished=True) for name in written.made)
    assert (a.handles, b.handles) == (3, 1)
    assert (a.frames, a.plate.start, a.plate.colorspace) == (FrameRange(10, 19), 0, "ACEScg")
    assert "1 of 2 frames of handles: its media has 1 frame before the cut" in str(
        written.manifest["shots"][1]
    )


def test_the_library_is_loaded_when_a_timeline_is_opened() -> None:
    probe = "import sys, pai_studio.core.shot.timeline.documents; print('opentimelineio' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_what_final_cut_s_reader_passes_over_is_counted(
    footage: Callable[[str], Path], tmp_path: Path
) -> None:
    text = (footage("timelines_otio") / "fcpxml/fcpx_project.fcpxml").read_text()
    (tmp_path / "a.fcpxml").write_text(
        text.replace("</spine>", '<title enabled="0"><timeMap/></title></spine>', 1)
    )
    told = texts(read(tmp_path / "a.fcpxml"))
    assert "1 changes of speed (timeMap) are not read" in told
    assert "1 titles (title) are not read" in told
    assert '1 marks of disabled clips (enabled="0") are not read' in told


def test_an_edl_that_changes_its_timecode_says_so(tmp_path: Path) -> None:
    line = "001  A V C 01:00:00:00 01:00:01:00 01:00:00:00 01:00:01:00"
    (tmp_path / "m.edl").write_text(f"TITLE: m\nFCM: DROP FRAME\nFCM: NON-DROP FRAME\n{line}\n")
    assert "it is part in drop-frame, part not" in texts(read(tmp_path / "m.edl"))

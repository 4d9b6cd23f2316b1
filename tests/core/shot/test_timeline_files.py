"""Timelines as editors wrote them: counts and places were taken from the files by hand, not from our own reader."""

from __future__ import annotations

import re
import shutil
import zipfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from pai_studio.core.shot.errors import BadInput
from pai_studio.core.shot.frames import FrameRange
from pai_studio.core.shot.timeline import Cut, is_offline, read

SET = "timelines_otio"
Footage = Callable[[str], Path]

SHOTS = {
    "aaf/2997fps.aaf": 2,
    "aaf/duplicates.aaf": 4,
    "aaf/linear_speed_effects.aaf": 20,
    "aaf/multitrack.aaf": 5,
    "aaf/nested_stack.aaf": 8,
    "aaf/one_audio_clip.aaf": 0,
    "aaf/simple.aaf": 5,
    "aaf/timecode_test.aaf": 2,
    "aaf/transitions.aaf": 4,
    "aaf/trims.aaf": 5,
    "edl/avid_example.edl": 2,
    "edl/cdl.edl": 2,
    "edl/dissolve_test.edl": 3,
    "edl/dissolve_test_2.edl": 3,
    "edl/dissolve_test_3.edl": 3,
    "edl/dissolve_test_4.edl": 6,
    "edl/enabled.otio": 3,
    "edl/gap_test.edl": 3,
    "edl/multi_audio.edl": 0,
    "edl/no_spaces_test.edl": 9,
    "edl/nucoda_example.edl": 2,
    "edl/premiere_example.edl": 2,
    "edl/screening_example.edl": 9,
    "edl/speed_effects.edl": 548,
    "edl/speed_effects_small.edl": 5,
    "edl/transition_duration.edl": 4,
    "edl/wipe_test.edl": 3,
    "edl_anima/test_v001.edl": 3,
    "fcp7xml/empty_name_tags.xml": 55,
    "fcp7xml/hiero_xml_export.xml": 2,
    "fcp7xml/img_seq_media_reference.otio": 1,
    "fcp7xml/premiere_enable_property.xml": 3,
    "fcp7xml/premiere_example.xml": 6,
    "fcp7xml/premiere_generators.xml": 0,
    "fcp7xml/sample_just_track.xml": 0,
    "fcpxml/fcpx_clips.fcpxml": 6,
    "fcpxml/fcpx_event.fcpxml": 11,
    "fcpxml/fcpx_example.fcpxml": 11,
    "fcpxml/fcpx_library.fcpxml": 11,
    "fcpxml/fcpx_project.fcpxml": 11,
    "otio/big_int.otio": 1,
    "otio/clip_example.otio": 1,
    "otio/effects.otio": 18,
    "otio/generator_reference_test.otio": 0,
    "otio/multiple_track.otio": 5,
    "otio/multitrack.otio": 5,
    "otio/nested_example.otio": 5,
    "otio/preflattened.otio": 5,
    "otio/premiere_example.otio": 6,
    "otio/screening_example.otio": 9,
    "otio/simple_cut.otio": 4,
    "otio/transition.otio": 4,
    "otio/transition_test.otio": 3,
}

REFUSED = {
    "edl/25fps.edl": "give it (--rate)",
    "edl/timecode_mismatch.edl": "give it (--rate)",
    "edl/dissolve_test_fail.edl": "cannot be read as a timeline",
    "edl_anima/test_v002.edl": "Source and record duration don't match",
    "fcp7xml/premiere_example_filter.xml": "No top-level sequences found",
}

NAMED = {
    "aaf/multitrack.aaf": ["the marker 'v3 cyan filler' is on gap", "2 audio tracks with 16 clips left out"],
    "aaf/nested_stack.aaf": ["stack 'Frame Debugger 0h.mov' is a compound: its clips are shots"],
    "aaf/one_audio_clip.aaf": ["1 audio track with 1 clip left out", "there is no video track"],
    "aaf/transitions.aaf": [
        "SMPTE_Dissolve 'Transition' at its head stays in the timeline: it shows 48 frames"
    ],
    "edl/multi_audio.edl": ["2 audio tracks with 2 clips left out"],
    "edl/screening_example.edl": ["ANIM FIX NEEDED", "read at 24"],
    "edl/speed_effects.edl": ["1 of 17 changes of speed (M2) are not read"],
    "edl/speed_effects_small.edl": [
        "it is a freeze frame",
        "its speed is 198.333 %",
        "1 of 3 changes of speed",
    ],
    "edl/wipe_test.edl": ["SMPTE_Wipe 'SMPTE_Wipe from clip_A to clip_B' at its tail"],
    "fcp7xml/empty_name_tags.xml": ["clip 'Grey' is generated (Color)", "is a compound without its content"],
    "fcp7xml/hiero_xml_export.xml": ["its speed is changed, and the file does not say how"],
    "fcp7xml/img_seq_media_reference.otio": ["it shows 900000-900158, and its media has 125-283"],
    "fcp7xml/premiere_enable_property.xml": [
        "clip 'video_track_1_disabled_1' is disabled",
        "clip 'video_track_1_disabled_2' is disabled",
        "Video 3, 00:00:00:00: the track is disabled, with 1 clip in it",
    ],
    "fcp7xml/premiere_example.xml": [
        "clip 'test_title' is generated",
        "marker: My MArker 1 - so, this happened",
    ],
    "fcp7xml/premiere_generators.xml": [
        "clip 'Black Video' is generated",
        "clip 'HD Bars and Tone' is generated",
    ],
    "fcp7xml/sample_just_track.xml": ["there is no video track"],
    "fcpxml/fcpx_clips.fcpxml": ["the file has no timeline: its clips follow one another"],
    "fcpxml/fcpx_event.fcpxml": ["timeline 'OpenTimeline_Project 1' in the same file is left out"],
    "fcpxml/fcpx_project.fcpxml": ["the marker 'Marker 7' is on stack 'compound_clip_1', which is no shot"],
    "otio/effects.otio": ["clip '_bar.png' is disabled", "its media is one still", "Retime and Scaling"],
    "otio/generator_reference_test.otio": ["clip 'C' is generated (SMPTEBars)"],
    "otio/nested_example.otio": [
        "stack 'Nested Stack 2 (with effects)' is retimed as a whole and left out, with 1 clip in it",
        "track 'Nested Track' is retimed as a whole and left out, with 1 clip in it",
    ],
    "otio/transition.otio": ["its transition shows 3 frames after the cut, and its media has 1"],
}


def said(cut: Cut) -> str:
    return "\n".join(str(note) for note in cut.all_notes)


@pytest.mark.parametrize("name", SHOTS)
def test_a_timeline_has_the_shots_that_it_was_cut_of(name: str, footage: Footage) -> None:
    cut = read(footage(SET) / name)
    assert len(cut.shots) == SHOTS[name]
    assert len({shot.name.lower() for shot in cut.shots}) == len(cut.shots)
    for shot in cut.shots:
        assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", shot.name)
        assert all(note.record == shot.record.first for note in shot.notes)
    text = said(cut)
    for expected in NAMED.get(name, []):
        assert expected in text


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_cannot_be_read_is_refused_in_one_line(name: str, footage: Footage) -> None:
    path = footage(SET) / name
    with pytest.raises(BadInput) as told:
        read(path)
    line = str(told.value)
    assert line.startswith(str(path))
    assert REFUSED[name] in line
    assert "\n" not in line


def test_every_file_of_the_set_is_told_of_here(footage: Footage) -> None:
    folder = footage(SET)
    files = {path.relative_to(folder).as_posix() for path in folder.glob("*/*.*")}
    assert files == set(SHOTS) | set(REFUSED)


def test_an_edl_is_read_at_the_rate_that_is_given(footage: Footage) -> None:
    cut = read(footage(SET) / "edl/25fps.edl", rate=Fraction(25))
    assert (cut.rate, cut.start, len(cut.shots)) == (25, 0, 4)
    # 01:00:00:00-01:00:06:11 at 25 is 161 frames.
    assert (cut.shots[0].record, cut.shots[0].source) == (FrameRange(0, 160), FrameRange(90000, 90160))
    ntsc = read(footage(SET) / "edl/avid_example.edl", rate=Fraction(24000, 1001))
    assert ntsc.rate == Fraction(24000, 1001)
    assert ntsc.shots[0].record == FrameRange(86243, 86273)


def test_records_and_sources_of_a_simple_cut(footage: Footage) -> None:
    cut = read(footage(SET) / "otio/simple_cut.otio")
    assert [(s.name, s.record, s.source, s.media) for s in cut.shots] == [
        ("Clip-001", FrameRange(0, 2), FrameRange(3, 5), "/folder/titles.mov"),
        ("Clip-002", FrameRange(3, 8), FrameRange(2, 7), "/folder/wind-up.mov"),
        ("Clip-003", FrameRange(9, 12), FrameRange(0, 3), "/folder/punchline.mov"),
        ("Clip-004", FrameRange(13, 18), FrameRange(100, 105), "/folder/credits.mov"),
    ]
    assert [(s.before, s.after) for s in cut.shots] == [(3, 2), (2, 0), (0, 4), (0, 0)]
    assert all(is_offline(shot) for shot in cut.shots)


def test_tracks_that_begin_later_lie_where_they_are_seen(footage: Footage) -> None:
    cut = read(footage(SET) / "otio/multiple_track.otio")
    assert {s.name: (s.track, s.record) for s in cut.shots} == {
        "Clip-001": (1, FrameRange(0, 2)),
        "Clip-002": (1, FrameRange(3, 8)),
        "Clip-003": (2, FrameRange(7, 15)),
        "Clip-005": (3, FrameRange(7, 15)),  # its track begins seven frames before its first clip
        "Clip-004": (1, FrameRange(13, 18)),
    }


def test_an_edl_keeps_its_record_timecode_also_as_otio(footage: Footage) -> None:
    edl, otio = (
        read(footage(SET) / name) for name in ("edl/screening_example.edl", "otio/screening_example.otio")
    )
    assert edl.start == otio.start == 86243  # 00:59:53:11
    assert [(s.record, s.source) for s in edl.shots] == [(s.record, s.source) for s in otio.shots]
    # * LOC: 01:00:01:14 in the event that is recorded at 00:59:58:00 from 01:00:06:17 on
    noted = [note.what for note in edl.shots[3].notes if "ANIM" in note.what]
    assert noted[0] == f"marker at {86641 + (86438 - 86352)}: ANIM FIX NEEDED"


def test_paths_come_as_they_are_meant(footage: Footage) -> None:
    folder = footage(SET)
    premiere = {shot.media for shot in read(folder / "fcp7xml/premiere_example.xml").shots}
    assert "D:/media/sc01_sh010_anim.mov" in premiere
    avid = read(folder / "edl/avid_example.edl").shots[0]
    assert avid.media == "S:\\path\\to\\ZZ100_501.take_1.####.exr"
    assert avid.is_sequence
    aaf = read(folder / "aaf/duplicates.aaf").shots[0]
    assert aaf.media == "/Users/joshm/Desktop/DemoClips/tech.fux (loop)-HD.mp4"
    assert read(folder / "edl_anima/test_v001.edl").shots[0].media == "/tmp/SEQ001_HSNI_003_0010_v001.mov"


def test_speeds_are_exact_and_the_source_is_what_they_show(footage: Footage) -> None:
    shots = read(footage(SET) / "aaf/linear_speed_effects.aaf").shots
    assert [shot.speed for shot in shots[:4]] == [1, Fraction(1, 2), Fraction(1, 3), Fraction(1, 4)]
    assert shots[2].record == FrameRange(86403, 86405)
    assert shots[2].source == FrameRange(0, 0)
    assert shots[18].source == FrameRange(0, 4)  # three frames at 167 %
    freeze = read(footage(SET) / "edl/speed_effects_small.edl").shots[1]
    assert (freeze.speed, len(freeze.record), freeze.source) == (0, 17, FrameRange(86661, 86661))


def test_what_a_dissolve_shows_beyond_the_cut_is_told(footage: Footage) -> None:
    shots = read(footage(SET) / "otio/transition.otio").shots
    assert [shot.overlap for shot in shots] == [(0, 0), (0, 3), (2, 0), (0, 0)]
    aaf = read(footage(SET) / "aaf/transitions.aaf").shots
    assert [shot.overlap for shot in aaf] == [(0, 0), (48, 12), (24, 0), (0, 0)]


def test_rates_of_broadcast_are_fractions(footage: Footage) -> None:
    assert read(footage(SET) / "aaf/2997fps.aaf").rate == Fraction(30000, 1001)
    shots = read(footage(SET) / "fcp7xml/empty_name_tags.xml").shots
    mixed = [shot for shot in shots if shot.rate == 24]
    assert {shot.rate for shot in shots} == {Fraction(24000, 1001), Fraction(24)}
    assert all("its media runs at 24 in a timeline at 24000/1001" in str(shot.notes) for shot in mixed)


def test_a_timeline_in_a_bundle_is_opened(footage: Footage, tmp_path: Path) -> None:
    content = footage(SET) / "otio/simple_cut.otio"
    with zipfile.ZipFile(tmp_path / "cut.otioz", "w") as archive:
        archive.write(content, "content.otio")
    (tmp_path / "cut.otiod").mkdir()
    shutil.copy(content, tmp_path / "cut.otiod" / "content.otio")
    plain = read(content)
    assert read(tmp_path / "cut.otioz").shots == read(tmp_path / "cut.otiod").shots == plain.shots

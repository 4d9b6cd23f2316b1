"""A filmed shot on disk: its document, its layers' identity, and what its arguments change."""

from __future__ import annotations

import json

import numpy as np
import pytest

from pai_studio.core.media.color import ColorConfig
from pai_studio.core.media.exr import read_header, read_image, read_plane
from pai_studio.core.media.still import space_of_exr
from pai_studio.core.shot.document import load
from pai_studio.core.shot.frames import FrameRange
from pai_studio.core.synth import told
from pai_studio.core.synth.capture.perturb import KINDS
from pai_studio.core.synth.capture.sensor import Capture
from pai_studio.core.synth.moves import KINDS as MOVES
from pai_studio.core.synth.people.cast import PLAYS
from pai_studio.core.synth.places.catalogue import PLACES
from pai_studio.core.synth.scene import TRUTH_PASSES, spread, write_shot


def _rgb(path):
    return read_image(path).pixels[..., :3]


def _plane(path):
    return read_plane(path, "Y")[0].pixels[..., 0]


def _truth(folder, name, frame):
    path = folder / "truth" / f"{name}.{frame}.exr"
    return _plane(path) if name in ("matte", "shadow") else _rgb(path)


def test_the_document_is_valid_and_names_files_that_are_there(shot_folder):
    shot = load(shot_folder / "demo.shot.json")

    assert [r.frame for r in shot.references] == [1001, 1003, 1006]
    assert all((shot_folder / "refs" / f"ref.{r.frame}.exr").is_file() for r in shot.references)
    assert shot.plate.colorspace == "ACEScg"
    assert len(list((shot_folder / "plate").iterdir())) == len(shot.frames)
    assert {p.name.split(".")[0] for p in (shot_folder / "truth").glob("*.exr")} == set(TRUTH_PASSES)


@pytest.mark.parametrize(("name", "space"), [*((n, "ACEScg") for n in ("foreground", "background", "composite")),
                                             *((n, None) for n in ("matte", "gain", "shadow"))])  # fmt: skip
def test_pictures_name_their_space_and_numbers_name_none(shot_folder, name, space):
    header = read_header(shot_folder / "truth" / f"{name}.1004.exr")
    assert space_of_exr(header.parts[0].attributes, ColorConfig.open()) == space


@pytest.mark.parametrize("frame", [1001, 1004])
def test_the_composite_is_exactly_its_layers(shot_folder, frame):
    layer = {name: _truth(shot_folder, name, frame) for name in TRUTH_PASSES}

    whole = layer["foreground"] + layer["background"] * (layer["shadow"] * (1 - layer["matte"]))[..., None]

    half = np.abs(np.spacing(whole.astype(np.float16)).astype(np.float32))
    assert (np.abs(whole - layer["composite"]) <= 0.5 * half + 1e-7).all()


def test_the_gain_takes_the_stage_light_to_that_of_the_place(shot_folder):
    matte, gain = _truth(shot_folder, "matte", 1004), _truth(shot_folder, "gain", 1004)

    assert (gain[matte == 0] == 1).all()
    assert np.ptp(gain[matte > 0.9]) > 0.1


def test_mattes_are_soft_at_edges_and_light_goes_above_one(shot_folder):
    mattes = np.stack([_truth(shot_folder, "matte", f) for f in (1001, 1004, 1006)])

    assert mattes.min() == 0
    assert mattes.max() == 1
    assert ((mattes > 0.05) & (mattes < 0.95)).sum() > 0.1 * (mattes > 0.95).sum()
    assert _truth(shot_folder, "composite", 1001).max() > 4


def test_references_are_the_background_at_their_anchors(shot_folder):
    reference = _rgb(shot_folder / "refs" / "ref.1003.exr")

    assert np.array_equal(reference, _truth(shot_folder, "background", 1003))
    assert not np.array_equal(reference, _truth(shot_folder, "background", 1004))


def test_the_shadow_lies_on_the_floor_only(shot_folder):
    shadow = _truth(shot_folder, "shadow", 1004)

    assert shadow[:30].min() == 1
    assert shadow[50:].min() < 0.9


def _any(path):
    if path.name.startswith("alpha"):
        return read_plane(path, "A")[0].pixels[..., 0]
    return _plane(path) if path.name.startswith(("matte", "shadow", "rebuilt")) else _rgb(path)


@pytest.fixture(scope="module")
def bad_shot(tmp_path_factory):
    """A torn matte, perturbed light, and a camera that records in H.264."""
    folder = tmp_path_factory.mktemp("bad")
    _film_badly(folder, 1)
    return folder


def _film_badly(folder, workers):
    write_shot(
        folder,
        size=(160, 90),
        frames=FrameRange(1001, 1004),
        seed=5,
        references=1,
        place="street",
        move="pan",
        fault="erode",
        light="perturbed",
        capture=Capture(quality=20, exposure=0.5),
        workers=workers,
        name="bad",
    )


def test_the_same_seed_gives_the_same_shot_also_from_two_processes_and_through_a_codec(bad_shot, tmp_path):
    _film_badly(tmp_path, 2)
    files = sorted(p.relative_to(bad_shot) for p in bad_shot.rglob("*") if p.is_file())
    assert files == sorted(p.relative_to(tmp_path) for p in tmp_path.rglob("*") if p.is_file())
    for path in files:
        if path.suffix == ".exr":
            assert np.array_equal(_any(bad_shot / path), _any(tmp_path / path)), path
        else:
            assert (bad_shot / path).read_text() == (tmp_path / path).read_text()


def test_a_faulty_shot_names_its_matte_and_keeps_its_truth_whole(bad_shot):
    shot = load(bad_shot / "bad.shot.json")
    assert shot.mattes.alpha.files.endswith("mattes/alpha.####.exr")
    given = read_plane(bad_shot / "mattes" / "alpha.1002.exr", "A")[0].pixels[..., 0]
    matte, rebuilt = _truth(bad_shot, "matte", 1002), _plane(bad_shot / "truth" / "rebuilt.1002.exr")
    assert np.allclose(rebuilt, np.clip(matte - given, 0, 1), atol=1e-3)
    assert rebuilt.max() > 0.5
    whole = (
        _truth(bad_shot, "foreground", 1002)
        + _truth(bad_shot, "background", 1002) * (_truth(bad_shot, "shadow", 1002) * (1 - matte))[..., None]
    )
    assert np.allclose(whole, _truth(bad_shot, "composite", 1002), rtol=1e-3, atol=1e-4)


def test_the_clip_is_tagged_with_what_was_drawn(bad_shot, shot_folder):
    clip = json.loads((bad_shot / "clip.json").read_text())
    assert clip["seed"] == 5
    tags = clip["tags"]
    assert (tags["references"], tags["markers"], tags["screen"]) == (1, True, "green")
    assert (tags["place"], tags["move"], tags["fault"]) == ("street", "pan", "erode")
    assert tags["light"] in KINDS
    assert isinstance(tags["moving_light"], bool)
    plain = json.loads((shot_folder / "clip.json").read_text())["tags"]
    assert (plain["light"], plain["fault"], plain["mood"]) == ("stage", "none", "golden")
    assert plain.keys() == tags.keys()


def test_the_prompt_tells_of_the_move_and_the_place(bad_shot, shot_folder):
    one, other = (load(path).prompt for path in (bad_shot / "bad.shot.json", shot_folder / "demo.shot.json"))
    assert "pan" in one.camera_motion_analysis
    assert "floating" in other.camera_motion_analysis
    assert "old-town" in one.background_content
    assert "mm" in one.focal_length
    assert all(value for value in one.model_dump().values())


def test_a_move_that_a_panorama_cannot_make_is_refused(tmp_path):
    with pytest.raises(ValueError, match="panorama"):
        write_shot(tmp_path, size=(160, 90), move="dolly", panorama="any.hdr", workers=1)


def test_what_fails_in_another_process_fails_by_its_own_name(tmp_path):
    with pytest.raises(KeyError, match="moon"):
        write_shot(tmp_path, size=(64, 36), frames=FrameRange(1, 1), references=1, place="moon", workers=2)


def test_every_place_move_and_play_can_be_told():
    assert set(told._PLACES) == set(PLACES)
    assert set(told.CAMERAS) == set(MOVES)
    assert set(told._MOTIONS) == set(PLAYS)


def test_another_seed_gives_another_place_person_and_move(shot_folder, tmp_path):
    frames = FrameRange(1001, 1002)
    write_shot(tmp_path, size=(160, 90), frames=frames, seed=4, references=1, place="street", move="gimbal")

    one, other = (json.loads((f / "truth" / "cameras.json").read_text()) for f in (shot_folder, tmp_path))
    assert one["cameras"][0]["rotation"] != other["cameras"][0]["rotation"]
    difference = np.abs(_truth(shot_folder, "background", 1001) - _truth(tmp_path, "background", 1001))
    assert np.median(difference) > 0.02


@pytest.mark.parametrize(("count", "picks", "wanted"), [(48, 3, [0, 24, 47]), (5, 1, [0]), (2, 2, [0, 1])])
def test_anchors_are_spread_from_first_to_last(count, picks, wanted):
    assert spread(count, picks) == wanted


def test_more_references_than_frames_are_refused():
    with pytest.raises(ValueError, match="do not fit"):
        spread(2, 3)

"""A filmed shot on disk: its document, its layers' identity, and what its arguments change."""

from __future__ import annotations

import json

import numpy as np
import pytest

from pai_studio.core.media.exr import read_image, read_plane
from pai_studio.core.shot.document import load
from pai_studio.core.shot.frames import FrameRange
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


def test_the_same_seed_gives_the_same_shot_also_from_two_processes(shot_folder, tmp_path):
    write_shot(
        tmp_path,
        size=(160, 90),
        frames=FrameRange(1001, 1006),
        seed=3,
        mood="golden",
        place="street",
        move="gimbal",
        workers=2,
    )

    for path in sorted(shot_folder.rglob("*.exr")):
        assert np.array_equal(_any(path), _any(tmp_path / path.relative_to(shot_folder))), path.name
    for name in ("demo.shot.json", "truth/cameras.json"):
        assert (shot_folder / name).read_text() == (tmp_path / name).read_text()


def _any(path):
    return _plane(path) if path.name.startswith(("matte", "shadow")) else _rgb(path)


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

"""The sets: what they hold, that they follow from their seeds, and that their truth is exact."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from dataclasses import replace

import cv2
import numpy as np
import pytest

from pai_studio.core.evaluation.sets import juggle, pans
from pai_studio.core.evaluation.sets.base import code_digest
from pai_studio.core.evaluation.sets.catalogue import Wanted, open_set
from pai_studio.core.evaluation.sets.dealing import dealt, dealt_within
from pai_studio.core.evaluation.sets.layout import content_digest, open_clip, read_set, write_clip, write_set
from pai_studio.core.evaluation.sets.synthetic import FULL, HELD_OUT, MODEL, QUICK, Size, synthetic_set
from pai_studio.core.evaluation.sets.windows import KINDS, Framing, seen_through, window_path
from pai_studio.core.media.color import ColorConfig
from pai_studio.core.media.source import FileSource
from pai_studio.core.motion.homography import apply, corners
from pai_studio.core.report import silent
from pai_studio.core.shot.errors import BadInput
from pai_studio.core.synth import moves
from pai_studio.core.synth.capture.faults import MASK_FAULTS

# The synthetic set -----------------------------------------------------------


@pytest.mark.parametrize("size", [QUICK, FULL, MODEL])
def test_the_synthetic_set_is_held_out_balanced_and_repeats(size):
    found = synthetic_set(size, 0)
    shots = [clip.shot for clip in found.clips]

    assert found == synthetic_set(size, 0)
    assert len({clip.name for clip in found.clips}) == size.clips
    assert all(shot.seed >= HELD_OUT for shot in shots)
    assert sum(shot.markers for shot in shots) == size.clips // 2
    for part in ("references", "screen", "place", "frames", "move"):
        counts = Counter(getattr(shot, part) for shot in shots)
        assert max(counts.values()) - min(counts.values()) <= 1, part
    assert set(Counter(shot.move for shot in shots)) <= set(moves.KINDS)


def test_a_number_of_references_changes_nothing_else():
    mixed, three = synthetic_set(QUICK, 0), synthetic_set(QUICK, 0, 3)

    assert {clip.shot.references for clip in mixed.clips} == {1, 2, 3}
    assert [replace(clip.shot, references=3) for clip in mixed.clips] == [clip.shot for clip in three.clips]
    assert (mixed.name, three.name) == ("synthetic", "synthetic-3")


def test_more_references_than_frames_are_refused():
    with pytest.raises(BadInput, match="--references 18"):
        synthetic_set(QUICK, 0, 18)


def test_another_seed_has_other_clips():
    one, other = ({clip.shot.seed for clip in synthetic_set(FULL, seed).clips} for seed in (0, 1))

    assert not one & other


def test_markers_and_moves_are_not_tied_together():
    shots = [clip.shot for clip in synthetic_set(FULL, 0).clips]

    for references in (1, 2, 3):
        marked = [shot.markers for shot in shots if shot.references == references]
        assert 0.25 < np.mean(marked) < 0.75


@pytest.mark.parametrize("seed", range(3))
def test_the_first_clips_for_a_model_have_every_combination_as_often(seed):
    shots = [clip.shot for clip in synthetic_set(MODEL, seed).clips]

    def combined(count):
        return Counter((s.references, s.markers, s.fault is not None) for s in shots[:count])

    assert set(combined(12).values()) == {1}
    assert len(combined(12)) == 12
    assert max(combined(64).values()) - min(combined(64).values()) <= 1
    assert sum(s.fault not in (None, "dilate") for s in shots) >= 25  # those with something to rebuild
    assert {s.fault for s in shots} == {None, *MASK_FAULTS}
    assert sum(s.light == "perturbed" for s in shots) == 16
    assert {s.frames for s in shots} == {17, 21, 25}


def test_cards_are_dealt_evenly_within_groups():
    groups = [n % 2 for n in range(12)]

    cards = dealt_within("abc", groups, np.random.default_rng(0))

    for group in (0, 1):
        own = [card for card, g in zip(cards, groups, strict=True) if g == group]
        assert Counter(own) == {"a": 2, "b": 2, "c": 2}
        assert set(own[:3]) == set("abc")


def test_cards_are_dealt_evenly():
    cards = dealt("abc", 8, np.random.default_rng(0))

    assert sorted(Counter(cards).values()) == [2, 3, 3]
    assert cards != dealt("abc", 8, np.random.default_rng(1))


@pytest.mark.long
def test_a_filmed_clip_is_fit_to_be_judged_and_tells_its_tags(tmp_path):
    clip = synthetic_set(Size(1, (96, 54), (3,)), 400).clips[0]
    folder = tmp_path / clip.name
    folder.mkdir()

    clip.write(folder, silent)

    opened = open_clip(folder, "restore")
    assert len(opened.shot.frames) == 3
    assert opened.shot.finish.grain == 0
    assert opened.tags["references"] == clip.shot.references
    assert opened.tags["move"] == clip.shot.move
    assert opened.truth.cameras().keys() == {1001, 1002, 1003}

    again = tmp_path / "again" / clip.name
    again.mkdir(parents=True)
    clip.write(again, silent)
    assert content_digest(open_clip(again, "restore")) == content_digest(opened)


# Windows ----------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(4))
def test_no_window_leaves_its_picture_and_only_a_locked_one_stands_still(kind, seed):
    size = (128, 72)
    path = window_path(
        kind, np.random.default_rng(seed), picture=(1280, 720), subject=(740.0, 275.0), size=size, frames=12
    )

    for matrix in path:
        seen = apply(matrix, corners(size))
        assert (seen >= 0).all()
        assert (seen <= [1279, 719]).all()
    moved = np.abs(apply(path[-1], corners(size)) - apply(path[0], corners(size))).max()
    assert (moved == 0) == (kind == "locked-off")


def test_a_window_shows_exactly_what_its_matrix_says():
    y, x = np.mgrid[:180, :320].astype(np.float32)
    matrix = Framing(150, 90, 200, roll=3).matrix((80, 45))

    seen = seen_through(matrix, np.stack([x, y], axis=-1), (80, 45))

    rows, columns = np.mgrid[:45, :80]
    wanted = apply(matrix, np.stack([columns.ravel(), rows.ravel()], axis=1).astype(float))
    assert np.abs(seen.reshape(-1, 2) - wanted).max() < 0.05


def test_a_window_averages_areas():
    stripes = np.tile(np.array([0.0, 1.0], np.float32), (90, 80))

    seen = seen_through(Framing(79.5, 44.5, 160).matrix((80, 45)), stripes, (80, 45))

    assert np.abs(seen[5:-5, 5:-5] - 0.5).max() < 0.2


# Footage ----------------------------------------------------------------------


def _tiny_juggle(footage, move, **changes):
    clips = juggle.footage_set(footage("cine_juggle").parent, "quick", 0).clips
    clip = next(clip for clip in clips if clip.move == move)
    return replace(clip, size=(128, 72), frames=3, **changes)


@pytest.mark.footage("cine_juggle")
def test_footage_gives_a_clip_with_exact_truth(footage, tmp_path):
    clip = _tiny_juggle(footage, "pan", references=2)
    folder = tmp_path / clip.name
    folder.mkdir()

    clip.write(folder, silent)

    opened, config = open_clip(folder, "restore"), ColorConfig.open()
    truth = opened.truth
    for number in (1001, 1003):
        composite, matte = truth.composite(number, config), truth.matte(number)
        away = matte < 0.001
        difference = np.abs(config.srgb(composite) - config.srgb(truth.background(number, config)))
        counted = truth.counted(number)
        assert (
            np.median(difference[away & (counted > 0)]) < 0.01
        )  # the same camera in footage and clean plate
        assert (counted[matte > 0.9995] == 1).all()
        assert 0 < matte.mean() < 0.5
    plate = FileSource(opened.shot, config).frame(1001).rgb
    screen = np.median(plate[truth.matte(1001) == 0], axis=0)
    channel = 1 if clip.screen == "green" else 2
    assert screen[channel] > 2 * screen[0]

    cameras = truth.cameras()
    assert np.allclose(cameras[1001], np.eye(3))
    shift = cameras[1003][:2, 2]
    first, last = (config.srgb(truth.background(n, config)) for n in (1001, 1003))
    moved = cv2.warpPerspective(first, cameras[1003], (128, 72))
    inside = cv2.warpPerspective(np.ones((72, 128), np.float32), cameras[1003], (128, 72)) > 0.999
    assert np.abs(shift).max() > 3
    assert np.abs(moved - last)[inside].mean() < 0.4 * np.abs(first - last)[inside].mean()


def test_sets_from_footage_ask_for_it_and_name_what_is_missing(tmp_path):
    for name in (juggle.NAME, pans.NAME):
        with pytest.raises(BadInput, match="--footage"):
            open_set(Wanted(name=name))
        with pytest.raises(BadInput, match=str(tmp_path)):
            open_set(Wanted(name=name, footage=tmp_path))


@pytest.mark.footage("hdri_cc0")
def test_panoramas_are_only_turned_and_zoomed_in(footage):
    found = open_set(Wanted(name=pans.NAME, footage=footage("hdri_cc0").parent))

    assert len({clip.shot.panorama for clip in found.clips}) == 5
    assert {clip.shot.move for clip in found.clips} <= {"pan", "tilt", "roll", "zoom"}
    assert not {c.shot.seed for c in found.clips} & {c.shot.seed for c in synthetic_set(FULL, 0).clips}


@pytest.mark.long
@pytest.mark.footage("hdri_cc0")
def test_a_panorama_is_filmed_with_an_exact_camera(footage, tmp_path):
    clips = open_set(Wanted(name=pans.NAME, footage=footage("hdri_cc0").parent, seed=90)).clips
    clip = next(clip for clip in clips if clip.shot.move == "pan")
    clip = replace(clip, shot=replace(clip.shot, size=(192, 108), frames=5))
    folder = tmp_path / clip.name
    folder.mkdir()
    clip.write(folder, silent)

    opened, config = open_clip(folder, "restore"), ColorConfig.open()
    first, last = (config.srgb(opened.truth.background(n, config)) for n in (1001, 1005))
    matrix = opened.truth.cameras()[1005]
    moved = cv2.warpPerspective(first, matrix, (192, 108), flags=cv2.INTER_CUBIC)
    inside = cv2.warpPerspective(np.ones((108, 192), np.float32), matrix, (192, 108)) > 0.999
    assert np.abs(moved - last)[inside].mean() < 0.2 * np.abs(first - last)[inside].mean()


# Folders ------------------------------------------------------------------------


def test_a_folder_is_a_set(tiny_set):
    found = open_set(Wanted(name=str(tiny_set)))

    assert (found.name, found.kind) == ("tiny", "restore")
    assert [(clip.name, clip.frames) for clip in found.clips] == [("a", 4), ("b", 4)]
    assert [clip.name for clip in open_set(Wanted(name=str(tiny_set), clips=1)).clips] == ["a"]


def test_hidden_folders_and_files_are_no_clips(tiny_set, tmp_path):
    folder = shutil.copytree(tiny_set, tmp_path / "tiny")
    (folder / ".cache").mkdir()
    (folder / "notes.txt").write_text("")

    assert [clip.name for clip in open_set(Wanted(name=str(folder))).clips] == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "say"),
    [
        ("", "cannot be read"),
        ("[]", "no JSON object"),
        ('{"schema": "pai-studio/set/9", "type": "restore"}', "schema"),
        ('{"schema": "pai-studio/set/1", "type": "restored"}', "type"),
    ],
)
def test_a_faulty_set_document_is_refused(tmp_path, text, say):
    (tmp_path / "set.json").write_text(text)

    with pytest.raises(BadInput, match=say):
        read_set(tmp_path)


def test_a_folder_without_clips_or_without_a_document_is_refused(tmp_path):
    with pytest.raises(BadInput, match=r"set\.json"):
        open_set(Wanted(name=str(tmp_path)))
    write_set(tmp_path, "empty", "restore")
    with pytest.raises(BadInput, match="holds no clip"):
        open_set(Wanted(name=str(tmp_path)))
    with pytest.raises(BadInput, match="no such set"):
        open_set(Wanted(name="synthethic"))


@pytest.mark.parametrize(
    ("clip", "say"),
    [
        ({"tag": {}}, "tag: is not a known key"),
        ({"tags": {"move": ["pan"]}}, "tags"),
        ({"tags": "pan"}, "tags"),
        ({"seed": "x"}, "seed"),
    ],
)
def test_a_faulty_clip_document_is_refused(tiny_set, tmp_path, clip, say):
    folder = shutil.copytree(tiny_set / "a", tmp_path / "a")
    (folder / "clip.json").write_text(json.dumps(clip))

    with pytest.raises(BadInput, match=say):
        open_clip(folder, "restore")


def test_the_digest_follows_the_contents_and_not_the_place(tiny_set, tmp_path):
    here = open_clip(tiny_set / "a", "restore")
    moved = open_clip(shutil.copytree(tiny_set / "a", tmp_path / "a"), "restore")
    assert content_digest(moved) == content_digest(here)

    write_clip(moved.folder, {"move": "pan"})  # tags are told, not judged
    assert content_digest(open_clip(moved.folder, "restore")) == content_digest(here)

    shutil.copy(tiny_set / "b/truth/matte.1002.exr", moved.folder / "truth/matte.1002.exr")
    assert content_digest(moved) == content_digest(here)  # the same block
    shutil.copy(tiny_set / "b/truth/composite.1002.exr", moved.folder / "truth/composite.1002.exr")
    assert content_digest(moved) != content_digest(here)


def test_when_a_picture_was_written_is_no_part_of_the_digest(tiny_set, tmp_path):
    """A clip that is filmed again has other times in its headers, and has to be found the same by a comparison."""
    folder = shutil.copytree(tiny_set / "a", tmp_path / "a")
    before = content_digest(open_clip(folder, "restore"))
    for number, path in enumerate(sorted(folder.rglob("*.exr"))):
        head, name, rest = path.read_bytes().partition(b"capDate\0string\0\x13\0\0\0")
        assert name
        path.write_bytes(head + name + b"1999:01:02 03:04:%02d" % number + rest[19:])
    assert content_digest(open_clip(folder, "restore")) == before

    spoiled = bytearray((folder / "refs/ref.1001.exr").read_bytes())
    spoiled[-1] ^= 1
    (folder / "refs/ref.1001.exr").write_bytes(spoiled)
    assert content_digest(open_clip(folder, "restore")) != before


def test_a_truth_may_name_its_space_in_the_clip(tiny_set, tmp_path, picture):
    folder = shutil.copytree(tiny_set / "a", tmp_path / "a")
    config = ColorConfig.open()
    for number in range(1001, 1005):
        picture(folder / f"truth/composite.{number}.exr", np.full((72, 128, 3), 0.5, np.float32))
    with pytest.raises(BadInput, match="truth_colorspace"):
        open_clip(folder, "restore").truth.composite(1001, config)

    (folder / "clip.json").write_text('{"truth_colorspace": "ACEScg"}')

    assert open_clip(folder, "restore").truth.composite(1001, config) == pytest.approx(0.5)


def test_what_is_unknown_may_be_one_picture_or_one_a_frame(tiny_set, tmp_path, picture):
    folder = shutil.copytree(tiny_set / "a", tmp_path / "a")
    truth = open_clip(folder, "restore").truth
    assert truth.counted(1001) is None

    picture(folder / "truth/ignore.exr", np.full((72, 128, 1), 1, np.float32), channels=("Y",))
    picture(folder / "truth/ignore.1002.exr", np.full((72, 128, 1), 0.25, np.float32), channels=("Y",))

    assert truth.counted(1001) == pytest.approx(0)
    assert truth.counted(1002) == pytest.approx(0.75)


def test_the_codes_digest_is_that_of_its_rooms():
    assert code_digest("synth") != code_digest("comp")
    assert code_digest("render.py") != code_digest("synth", "render.py")
    assert code_digest("synth") == code_digest("synth")

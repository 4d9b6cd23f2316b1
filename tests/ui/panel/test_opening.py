"""What can be dropped on the panel: real footage, and small files where documents are written beside them."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from pai_studio.core.shot import document
from pai_studio.core.shot.document import Reference
from pai_studio.core.shot.errors import BadInput
from pai_studio.core.shot.frames import FrameRange
from pai_studio.core.shot.saving import text_beside
from pai_studio.ui.panel.opening import open_paths
from tests.ui.panel.files import picture, plate
from tests.ui.panel.shots import a_shot


def test_a_document_is_opened_with_or_without_stills(tmp_path: Path) -> None:
    path = tmp_path / "SH010.shot.json"
    path.write_text(text_beside(a_shot(tmp_path), tmp_path))
    one = open_paths([path]).shots[0]
    assert (one.shot, one.path) == (a_shot(tmp_path), path)
    assert one.digest == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_folder_of_exr_ranges_becomes_shots_that_say_what_was_taken_for_granted(tmp_path: Path) -> None:
    pattern = plate(tmp_path / "a", frames=range(1001, 1006))
    (tmp_path / "a" / "SH010.1003.exr").unlink()
    plate(
        tmp_path,
        frames=range(-2, 3),
        framesPerSecond=("rational", (24000, 1001)),
        colorInteropID="lin_ap1_scene",
    )
    top, below = open_paths([tmp_path]).shots
    assert below.shot.plate.files == str(pattern)
    assert below.shot.frames == FrameRange(1001, 1005)
    assert below.digest == ""
    assert below.path == tmp_path / "a" / "SH010.shot.json"
    assert [note.split(";")[0] for note in below.notes] == [
        "1 frames are missing (1003)",
        "the plate does not say its colour space: scene_linear is written",
        "the plate does not say its rate: 24 is written",
    ]
    assert top.shot.frames == FrameRange(-2, 2)
    assert top.notes == () or "rate" in top.notes[0]


def test_one_picture_of_a_range_is_the_range(tmp_path: Path) -> None:
    plate(tmp_path)
    opened = open_paths([tmp_path / "SH010.1003.exr"])
    assert [str(one.shot.frames) for one in opened.shots] == ["1001-1005"]


def test_a_range_whose_document_is_there_is_that_document(tmp_path: Path) -> None:
    plate(tmp_path)
    kept = a_shot(tmp_path, stills=2)
    (tmp_path / "SH010.shot.json").write_text(text_beside(kept, tmp_path))
    assert open_paths([tmp_path / "SH010.1003.exr"]).shots[0].shot == kept
    assert open_paths([tmp_path]).shots[0].shot == kept


def test_plates_beside_one_that_was_edited_are_opened_again(tmp_path: Path) -> None:
    """As soon as one of a folder's plates had a document, the others were gone without a word."""
    for name in ("SH010", "SH020", "SH020_matte", "still"):
        picture(tmp_path / f"{name}.1001.exr", np.full((4, 4, 3), 0.5, np.float32))
    edited = open_paths([tmp_path]).shots[0].shot
    matte = edited.mattes.alpha.model_copy(update={"files": str(tmp_path / "SH020_matte.####.exr")})
    still = Reference(file=str(tmp_path / "still.1001.exr"), frame=1001)
    edited = edited.model_copy(
        update={"mattes": edited.mattes.model_copy(update={"alpha": matte}), "references": (still,)}
    )
    kept = tmp_path / "SH010.shot.json"
    kept.write_text(text_beside(edited, tmp_path))
    assert [one.shot.name for one in open_paths([tmp_path]).shots] == ["SH010", "SH020"]

    delivered_here = edited.model_copy(
        update={"delivery": edited.delivery.model_copy(update={"files": "beauty.####.exr"})}
    )
    kept.write_text(text_beside(delivered_here, tmp_path))
    assert [one.shot.name for one in open_paths([tmp_path]).shots] == ["SH010"]


def test_what_lies_beside_documents_of_plates_elsewhere_is_left_alone(tmp_path: Path) -> None:
    plate(tmp_path / "plates")
    picture(tmp_path / "look.1001.exr", np.full((4, 4, 3), 0.5, np.float32))
    shot = open_paths([tmp_path / "plates"]).shots[0].shot
    (tmp_path / "SH010.shot.json").write_text(text_beside(shot, tmp_path))
    assert [one.shot for one in open_paths([tmp_path]).shots] == [shot]


def test_plates_that_share_a_name_have_documents_of_their_own(tmp_path: Path) -> None:
    grey = np.full((4, 4, 3), 0.5, np.float32)
    for name in ("SH010.1001.exr", "SH010.1001.png", "Тень.1001.png", "Свет.1001.png", "Größe é.1001.png"):
        picture(tmp_path / name, grey)
    shots = open_paths([tmp_path]).shots
    by_plate = {Path(one.shot.plate.files).name: one.path.name.removesuffix(".shot.json") for one in shots}
    assert by_plate == {
        "SH010.####.exr": "SH010",
        "SH010.####.png": "SH010_2",
        "Größe é.####.png": "Grosse_e",
        "Свет.####.png": "shot",
        "Тень.####.png": "shot_2",
    }
    assert len({one.shot.name for one in shots}) == 5
    alone = open_paths([tmp_path / "SH010.1001.png"]).shots[0]
    assert (alone.shot.name, Path(alone.shot.plate.files).name) == ("SH010_2", "SH010.####.png")
    first = tmp_path / "SH010.shot.json"
    first.write_text(text_beside(alone.shot.model_copy(update={"name": "SH010"}), tmp_path))
    for number, (plate_file, document_file) in enumerate((("png", first), ("exr", alone.path))):
        one = open_paths([tmp_path / f"SH010.1001.{plate_file}"]).shots[0]
        assert (one.path, bool(one.digest)) == (document_file, number == 0)


def test_numbered_pngs_are_taken_for_srgb_and_that_is_said(tmp_path: Path) -> None:
    for number in (1, 2):
        picture(tmp_path / f"take{number}.png", np.zeros((4, 4, 3), np.float32))
    one = open_paths([tmp_path]).shots[0]
    assert "sRGB" in one.shot.plate.colorspace
    assert one.shot.name == "take"
    assert "taken to be sRGB" in one.notes[0]


def test_a_movie_is_a_shot_of_its_own_rate(footage: Callable[[str], Path]) -> None:
    movie = next(footage("gs_presenter_webav").glob("*.mp4"))
    one = open_paths([movie]).shots[0]
    assert one.shot.rate == Fraction(25)
    assert one.shot.frames == FrameRange(1001, 1145)
    assert one.shot.plate.start == 1001


def test_a_timeline_s_documents_are_written_beside_it_once(
    footage: Callable[[str], Path], tmp_path: Path
) -> None:
    source = next(footage("timelines_otio").rglob("transitions.aaf"))
    path = Path(shutil.copy(source, tmp_path))
    opened = open_paths([path])
    assert opened.timeline == path
    assert len(opened.shots) == 4
    assert any("Dissolve" in note for one in opened.shots for note in one.notes)
    assert any("audio" in note for note in opened.notes)
    first = opened.shots[0]
    text = first.path.read_text()
    first.path.write_text(text.replace('"seed": 7', '"seed": 8'))
    assert open_paths([path]).shots[0].shot.engine.seed == 8


def test_several_at_once_keep_what_is_sound_and_tell_of_the_rest(tmp_path: Path) -> None:
    plate(tmp_path / "a")
    (tmp_path / "b.shot.json").write_text("{")
    opened = open_paths([tmp_path / "b.shot.json", tmp_path / "a"])
    assert len(opened.shots) == 1
    assert "is no JSON" in opened.notes[0]


@pytest.mark.parametrize(
    ("name", "say"),
    [
        ("nothing.txt", "is nothing that can be opened"),
        ("gone.exr", "is not there"),
        ("empty", "holds no shot"),
    ],
)
def test_what_is_no_shot_is_one_line(tmp_path: Path, name: str, say: str) -> None:
    (tmp_path / "nothing.txt").write_text("x")
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match=say):
        open_paths([tmp_path / name])


def test_a_damaged_range_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.0001.exr").write_bytes(b"\x76\x2f\x31\x01 and no more")
    with pytest.raises(BadInput, match=r"a\.0001\.exr"):
        open_paths([tmp_path])


def test_a_new_shot_is_on_disk_as_soon_as_it_is_edited_and_not_before(tmp_path: Path) -> None:
    plate(tmp_path)
    one = open_paths([tmp_path]).shots[0]
    assert not one.path.exists()
    one.path.write_text(text_beside(one.shot, one.path.parent))
    assert document.load(one.path, unfinished=True) == one.shot

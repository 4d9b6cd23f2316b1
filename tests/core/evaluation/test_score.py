"""Scores and sheets of a whole shot on disk: here the truth itself is what was delivered."""

from __future__ import annotations

import shutil

import cv2
import pytest

from pai_studio.core.evaluation.contact import _GAP, _HEADER, _MARGIN
from pai_studio.core.evaluation.score import score
from pai_studio.core.evaluation.sheet import write_contact_sheet
from pai_studio.core.media.color import ColorConfig
from pai_studio.core.shot.document import load
from pai_studio.core.shot.errors import BadInput
from pai_studio.core.shot.frames import FrameRange
from pai_studio.core.synth.scene import write_shot


@pytest.fixture(scope="module")
def delivered(tmp_path_factory):
    """A filmed shot whose delivery is its truth, and its document."""
    folder = tmp_path_factory.mktemp("score")
    path = write_shot(folder / "input", size=(160, 90), frames=FrameRange(1001, 1007), seed=5)
    for truth in (folder / "input" / "truth").glob("*.exr"):
        name, number, _ = truth.name.split(".")
        if name in ("composite", "foreground", "matte"):
            shutil.copy(truth, folder / f"{'beauty' if name == 'composite' else name}.{number}.exr")
    return folder, load(path)


@pytest.fixture(scope="module")
def metrics(delivered):
    folder, shot = delivered
    return score(
        shot, {"result": folder, "pai": folder}, folder / "input" / "truth", ColorConfig.open(shot.ocio)
    )


def test_the_truth_is_perfect_and_the_naive_ones_are_not(metrics):
    assert set(metrics) == {"result", "pai", "naive_static", "naive_moved"}
    for delivered in ("result", "pai"):
        assert metrics[delivered]["background_psnr_db"] == 100
        assert metrics[delivered]["foreground_psnr_db"] == 100
        assert metrics[delivered]["spill"] == 0
    for naive in ("naive_static", "naive_moved"):
        assert metrics[naive]["background_psnr_db"] < 40


def test_the_moved_still_is_better_than_the_held_one(metrics):
    assert metrics["naive_moved"]["background_psnr_db"] > metrics["naive_static"]["background_psnr_db"] + 0.5


def test_the_truth_shows_every_reference_at_its_anchor(metrics):
    assert metrics["result"]["anchor_offset_frames"] == [0, 0, 0]
    assert metrics["naive_static"]["anchor_offset_frames"] != [0, 0, 0]


@pytest.mark.parametrize("beside", [0, 1])
@pytest.mark.parametrize("with_truth", [True, False])
def test_the_sheet_is_written_with_and_without_a_truth(delivered, metrics, tmp_path, with_truth, beside):
    folder, shot = delivered
    config = ColorConfig.open(shot.ocio)
    truth = {"truth_folder": folder / "input" / "truth", "metrics": metrics} if with_truth else {}

    others = {"pai": folder} if beside else {}
    path = tmp_path / "contact.png"
    write_contact_sheet(path, shot, folder, config, engine="draft", beside=others, **truth)

    sheet = cv2.imread(str(path))
    rows = (5 if with_truth else 4) + beside
    assert sheet.shape[0] == _HEADER + 2 * _MARGIN + rows * (180 + _GAP) - _GAP
    assert sheet.std() > 20


def test_a_folder_without_truth_is_named(delivered, tmp_path):
    folder, shot = delivered
    with pytest.raises(BadInput, match=r"cameras\.json"):
        score(shot, {"result": folder}, tmp_path, ColorConfig.open(shot.ocio))

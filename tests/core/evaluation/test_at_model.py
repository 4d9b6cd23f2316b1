"""Judging at a model's own size: that it is the same for all, and that a model is judged by its own pictures."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from pai_studio.core.engines import libraries
from pai_studio.core.engines.registry import Models
from pai_studio.core.evaluation import contestants
from pai_studio.core.evaluation.at_model import LEFT_OUT, ModelSize, Reduction, metrics_of
from pai_studio.core.evaluation.benchmark import Request, run
from pai_studio.core.evaluation.contestants import Delivered, contestant
from pai_studio.core.evaluation.judging import ClipScene, judge
from pai_studio.core.evaluation.metrics import METRICS
from pai_studio.core.evaluation.sets.folder import folder_set
from pai_studio.core.evaluation.sets.layout import open_clip
from pai_studio.core.evaluation.standing import rows
from pai_studio.core.media.frame import Box
from pai_studio.core.report import silent
from pai_studio.core.shot.errors import AlreadyThere, BadInput, EngineFailed
from tests.core.engines.tiny_pai import NAME, SMALL

HALF = ModelSize(64 * 36, 4)
"""Half of each side of the tiny clips, with nothing around it."""

needs_libraries = pytest.mark.skipif(bool(libraries.missing()), reason="needs the extra model")


def _run(folder, out, **asked):
    request = {"set": folder_set(folder), "out": out, "workers": 0, "at": HALF, **asked}
    return run(Request(**request))


@pytest.fixture(scope="module")
def done(tiny_set, tmp_path_factory):
    """A finished run at a model's size, and its report."""
    out = tmp_path_factory.mktemp("at") / "out"
    return out, _run(tiny_set, out, engines=("draft", "naive-static", "naive-moved"))


@pytest.fixture
def scene(tiny_set):
    """A tiny clip, to be judged at half its size."""
    with ClipScene.opened(open_clip(tiny_set / "a", "restore"), HALF) as opened:
        yield opened


def _deliver(folder, scene, picture):
    """`picture(truth)` of each frame as a delivery."""
    for number in scene.clip.shot.frames:
        contestants._write(folder, number, picture(scene.clip.truth.composite(number, scene.config)))
    return Delivered(folder)


# The size ---------------------------------------------------------------------


@pytest.mark.parametrize(("text", "size"), [("11664", ModelSize(11664)), ("36864/8", ModelSize(36864, 8))])
def test_a_size_is_read_and_written(text, size):
    assert ModelSize.parse(text) == ModelSize.parse(str(size)) == size


@pytest.mark.parametrize("text", ["", "0", "12/0", "144x80", "-5", "1/2/3", "9" * 30])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(BadInput, match="is no size of a model"):
        ModelSize.parse(text)


def test_the_built_in_size_shows_a_plate_without_what_pads_it():
    found = Reduction.of(ModelSize(11664), Box(0, 0, 512, 288), 1.0)

    assert (found.frame.width, found.frame.height) == (144, 80)
    assert found.shape == (80, 142)
    ramp = np.broadcast_to(np.linspace(0, 1, 512, dtype=np.float32)[None, :, None], (288, 512, 3))
    small = found.light(ramp)
    assert small.shape == (80, 142, 3)
    steps = np.diff(small[40, 2:-2, 0])
    assert np.allclose(steps, 3.6 / 511, atol=2e-4)  # neither squeezed into the frame nor stretched over it


def test_shares_stay_shares_and_a_pixel_counts_where_all_of_it_does():
    found = Reduction.of(HALF, Box(0, 0, 128, 72), 1.0)
    edge = np.zeros((72, 128), np.float32)
    edge[:, 64:] = 1

    share, counted = found.share(edge), found.known({"counted": edge})["counted"]

    assert (share.min(), share.max()) == (0, 1)
    assert set(np.unique(counted)) == {0, 1}
    assert counted.sum() < share.sum()
    assert found.known({"counted": np.ones_like(edge), "rebuilt": None}) == {
        "counted": pytest.approx(1),
        "rebuilt": None,
    }


# Who is judged ----------------------------------------------------------------


def test_the_truth_is_right_at_either_size(scene, tmp_path):
    small = Reduction.of(HALF, Box(0, 0, 128, 72), 1.0)
    delivered = {
        "plate's": _deliver(tmp_path / "a", scene, lambda truth: truth),
        "model's": _deliver(tmp_path / "b", scene, small.light),
    }

    values = judge(scene, delivered, silent)

    assert [*values["model's"]] == [metric.key for metric in metrics_of(HALF)]
    for found in values.values():
        assert found["background_psnr_db"] > 60
        assert found["foreground_psnr_db"] > 60
        assert abs(found["spill"]) < 1e-3
        assert found["anchor_offset_frames"] == [0, 0]


def test_the_same_fault_counts_as_much_at_either_size(scene, tmp_path):
    small = Reduction.of(HALF, Box(0, 0, 128, 72), 1.0)
    delivered = {
        "plate's": _deliver(tmp_path / "e", scene, lambda truth: 0.8 * truth),
        "model's": _deliver(tmp_path / "f", scene, lambda truth: small.light(0.8 * truth)),
    }

    one, other = judge(scene, delivered, silent).values()

    for key in ("relight_gain_db", "background_psnr_db", "anchor_psnr_db"):
        assert one[key] == pytest.approx(other[key], abs=0.02), key


def test_what_is_too_small_to_be_seen_is_no_error_there(scene, tiny_set, tmp_path):
    y, x = np.mgrid[:72, :128]
    checks = np.where((x + y) % 2, 1.3, 0.7).astype(np.float32)[..., None]

    def psnr(opened):
        found = judge(opened, {"checked": _deliver(tmp_path / "c", scene, lambda t: t * checks)}, silent)
        return found["checked"]["background_psnr_db"]

    with ClipScene.opened(open_clip(tiny_set / "a", "restore")) as whole:
        assert psnr(scene) > psnr(whole) + 10


def test_a_picture_of_neither_size_is_refused(scene, tmp_path):
    found = judge(scene, {"odd": _deliver(tmp_path / "d", scene, lambda truth: truth[:40])}, silent)

    assert isinstance(found["odd"], EngineFailed)
    assert "delivered 128x40, the plate is 128x72, and 64x36 at the model's size" in found["odd"].what


# The report -------------------------------------------------------------------


def test_the_report_tells_the_size_and_leaves_out_what_means_nothing_there(done):
    out, report = done

    assert report["failures"] == []
    assert report["size"] == [64, 36]
    assert report["at_model"] == {"area_px": 2304, "grid_px": 4, "left_out": list(LEFT_OUT)}
    keys = {metric.key for metric in METRICS}
    assert set(LEFT_OUT) < keys
    for figures in report["engines"].values():
        assert set(figures) == keys - set(LEFT_OUT)
    for name in ("report.md", "index.html"):
        text = (out / name).read_text()
        assert "own resolution of a model of 2304 pixels" in text
        assert "Camera error" not in text


def test_contestants_are_ordered_there_as_at_the_plates_size(done):
    figures = done[1]["engines"]

    static, moved, draft = (
        figures[name]["background_psnr_db"]["mean"] for name in ("naive-static", "naive-moved", "draft")
    )
    assert static + 3 < moved
    assert static + 3 < draft


def test_each_contestant_is_held_against_draft_by_references_and_markers(done):
    out, report = done
    held = report["baseline"]

    assert held["against"] == "draft"
    assert [pair["engine"] for pair in held["all"]] == ["naive-static", "naive-moved"]
    assert set(held) == {"against", "all", "markers"}  # both clips have as many stills
    per_clip = {clip["clip"]: clip["engines"] for clip in report["per_clip"]}
    gaps = {
        name: found["naive-static"]["background_psnr_db"] - found["draft"]["background_psnr_db"]
        for name, found in per_clip.items()
    }
    told = held["all"][0]["metrics"]["background_psnr_db"]
    assert told["mean"] == pytest.approx(np.mean(list(gaps.values())), abs=1e-5)
    (alone, *_) = held["markers"]["with"]
    assert alone["metrics"]["background_psnr_db"]["mean"] == pytest.approx(gaps["a"], abs=1e-5)
    assert "## Against draft" in (out / "report.md").read_text()


def test_a_folder_is_for_one_size(done, tiny_set, tmp_path):
    out = shutil.copytree(done[0], tmp_path / "out")

    for at in (None, ModelSize(5376, 8)):
        with pytest.raises(AlreadyThere, match="another size"):
            _run(tiny_set, out, engines=("naive-static",), at=at)


def test_reports_of_other_sizes_are_not_compared_nor_put_into_the_standing(done, tiny_set, tmp_path):
    with pytest.raises(BadInput, match="another size"):
        _run(tiny_set, tmp_path / "out", engines=("naive-static",), at=None, earlier=done[1])
    assert not (tmp_path / "out").exists()
    with pytest.raises(BadInput, match="a model's size"):
        rows(done[1])


# Models -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A folder with one model, called trained: of what is measured here nothing is published."""
    from tests.core.engines.tiny_pai import tiny_pai

    folder = tmp_path_factory.mktemp("models")
    tiny_pai(folder, trained_for="background-replacement")
    return Models(folder, "cpu")


@needs_libraries
def test_a_model_of_another_size_is_refused_before_anything_is_done(models, tiny_set, tmp_path):
    with pytest.raises(BadInput, match="works at 5376/8") as refused:
        _run(tiny_set, tmp_path / "out", engines=("draft", f"pai@{NAME}"), models=models)
    assert "--at-model 5376/8" in refused.value.hint
    assert not (tmp_path / "out").exists()


@needs_libraries
@pytest.mark.long
def test_a_model_is_judged_by_what_it_gave_itself_with_each_choice_of_sampling(models, tiny_set, tmp_path):
    import torch

    torch.set_num_threads(1)
    size = ModelSize(SMALL["area_px"], SMALL["grid_px"])
    names = [f"pai@{NAME}", f"pai@{NAME}:steps=1", f"pai@{NAME}:steps=1,seed=3"]

    report = _run(
        tiny_set, tmp_path / "out", engines=("draft", *names), models=models, at=size, keep_frames=True
    )

    assert report["failures"] == []
    assert report["size"] == [84, 48]
    means = [report["engines"][name]["background_psnr_db"]["mean"] for name in names]
    assert len(set(means)) == 3
    assert {pair["engine"] for pair in report["baseline"]["all"]} == set(names)
    assert report["versions"]["models"].keys() == set(names)

    clip = open_clip(tiny_set / "a", "restore")
    raw = contestant(names[1], models, raw=True)
    raw.make(clip, tmp_path / "again", silent)
    with ClipScene.opened(clip, size) as scene:
        frames = [Delivered(tmp_path / "again").frame(number, scene.config) for number in clip.shot.frames]
        kept = Delivered(tmp_path / "out/work/a/delivered" / f"pai@{NAME}+steps=1")
        for number, frame in zip(clip.shot.frames, frames, strict=True):
            assert frame.shape == (48, 84, 3)
            assert np.array_equal(frame, kept.frame(number, scene.config))
    result = json.loads((tmp_path / f"out/clips/a/pai@{NAME}+steps=1.json").read_text())
    assert result["values"] == report["per_clip"][0]["engines"][names[1]]

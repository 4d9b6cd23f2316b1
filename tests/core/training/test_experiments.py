"""What the experiments report: its arithmetic on made-up shots, and, slowly, the experiments themselves."""

from __future__ import annotations

import json

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from pai_studio.core.report import silent  # noqa: E402
from pai_studio.core.shot.errors import BadInput  # noqa: E402
from pai_studio.core.training import experiments, history, measures, rolling  # noqa: E402
from pai_studio.core.training.experiments import DRAWN, NEVER  # noqa: E402
from pai_studio.core.training.films import Films  # noqa: E402
from pai_studio.core.training.measures import Shot  # noqa: E402
from pai_studio.ui.cli import main  # noqa: E402


def shots(offsets, error):
    """Shots of one film, each with the given offset at the first anchor never drawn, and none at the second."""
    return [
        Shot(0, start, anchor, offset if anchor == NEVER[0] else 0, error)
        for start, offset in enumerate(offsets)
        for anchor in NEVER
    ]


def test_offsets_are_averaged_by_size_over_a_shots_anchors_first():
    found = measures.summary(shots([2, -2, 0, None], 0.01), NEVER, seed=0)
    assert found["offset_frames"]["mean"] == pytest.approx(0.5)
    assert found["offset_frames"]["n"] == 4
    assert (found["defined"], found["shots"]) == (7, 8)
    assert found["on_time"] == pytest.approx(5 / 7)
    assert found["background_psnr_db"] == pytest.approx(20)
    assert measures.summary(shots([2], 0.01), NEVER[1:], seed=0)["offset_frames"]["mean"] == 0


def test_gains_are_taken_shot_by_shot():
    cloned, other = shots([0, 2, 4], 0.01), shots([2, 4, 6], 0.1)
    found = measures.gains(cloned, other, seed=0)
    assert found["offset_frames"] == {"mean": 1.0, "ci95": [1.0, 1.0], "n": 3}
    assert found["background_psnr_db"]["mean"] == pytest.approx(10)
    assert found["better_in"] == 3


def test_a_report_of_another_budget_is_not_compared_with(tmp_path):
    with pytest.raises(BadInput, match="no report"):
        experiments.learn_without_cloning(tmp_path / "b", silent, steps=3, against=tmp_path / "a")
    (tmp_path / "report.json").write_text(
        json.dumps({"experiment": "anchors", "training": {"steps": 4, "seed": 0}})
    )
    with pytest.raises(BadInput, match="another run"):
        experiments.learn_without_cloning(tmp_path / "b", silent, steps=3, against=tmp_path)


def test_the_truth_is_on_time_and_time_turned_round_is_not(monkeypatch):
    """The whole of the evaluation, given answers that are known instead of a network's."""
    films = Films(0, experiments.PATCH)
    monkeypatch.setattr(experiments, "sampled", lambda *asked, **_: asked[2].clean)
    right = experiments.looked_at(None, films, "frame", NEVER, silent)
    assert {shot.offset for shot in right} == {0}
    assert max(shot.background_error for shot in right) == 0
    monkeypatch.setattr(experiments, "sampled", lambda *asked, **_: asked[2].clean.flip(2))
    turned = experiments.looked_at(None, films, "frame", NEVER, silent)
    assert {shot.offset for shot in turned} == {7 - 2 * anchor for anchor in NEVER}


def test_a_long_shot_is_made_by_the_rollout_and_measured(tmp_path, monkeypatch):
    """Two windows of an untrained network: every frame is there, and the seam is counted where the windows meet."""
    torch.manual_seed(0)
    monkeypatch.setattr(rolling, "FRAMES", 12)
    films, network = Films(0, experiments.PATCH), experiments.network().eval()
    made = rolling.rollout(network, films, 1, tmp_path / "kept")
    rolling.make(made, films, 1, 11)
    seams, error = rolling.seams_of(made, films, 1)
    assert (seams.seams, seams.frames) == (1, 12)
    assert error > 0.01


@pytest.mark.long
def test_the_experiments_show_what_they_are_for(tmp_path):
    def train(*asked):
        assert main.main(["train", *map(str, asked)]) == 0

    train("learn-anchors", "--out", tmp_path / "anchors")
    train("learn-without-cloning", "--out", tmp_path / "none", "--against", tmp_path / "anchors")
    train("learn-history", "--out", tmp_path / "history")
    anchors, none, long = (
        json.loads((tmp_path / name / "report.json").read_text()) for name in ("anchors", "none", "history")
    )

    assert anchors["never"]["offset_frames"]["mean"] <= experiments.OFFSET_BOUND_FRAMES
    assert anchors["drawn"]["offset_frames"]["mean"] <= experiments.OFFSET_BOUND_FRAMES
    assert not set(anchors["never_drawn"]) & set(DRAWN)
    assert none["never"]["offset_frames"]["mean"] > experiments.OFFSET_BOUND_FRAMES
    assert none["cloning_gains"]["offset_frames"]["ci95"][0] > 0.5
    assert none["cloning_gains"]["background_psnr_db"]["ci95"][0] > 0.5

    for name in ("change", "unrest"):
        assert abs(long["with_history"][name]["mean"] - 1) <= history.SEAM_BOUND
    memory = long["memory"]
    early, whole = (memory[f"peak_kib_by_{frames}"] for frames in (rolling.EARLY, rolling.FRAMES))
    assert whole - early <= history.MEMORY_BOUND_KIB
    assert memory[f"tensor_bytes_by_{rolling.FRAMES}"] == memory[f"tensor_bytes_by_{rolling.EARLY}"]

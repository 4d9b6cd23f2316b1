"""What the experiments report: its arithmetic on made-up shots, and, slowly, the experiments themselves."""

from __future__ import annotations

import dataclasses
import json

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from pai_studio.core.report import silent  # noqa: E402
from pai_studio.core.shot.errors import BadInput  # noqa: E402
from pai_studio.core.training.data.films import Films  # noqa: E402
from pai_studio.core.training.experiments import anchors, history, measures, rolling  # noqa: E402
from pai_studio.core.training.experiments.anchors import DRAWN, NEVER  # noqa: E402
from pai_studio.core.training.experiments.measures import Shot  # noqa: E402
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
        anchors.learn_without_cloning(tmp_path / "b", silent, steps=3, against=tmp_path / "a")
    (tmp_path / "report.json").write_text(
        json.dumps({"experiment": "anchors", "training": {"steps": 4, "seed": 0}})
    )
    with pytest.raises(BadInput, match="another run"):
        anchors.learn_without_cloning(tmp_path / "b", silent, steps=3, against=tmp_path)


def test_the_truth_is_on_time_and_time_turned_round_is_not(monkeypatch):
    """The whole of the evaluation, given answers that are known instead of a network's."""
    films = Films(0, anchors.PATCH)
    monkeypatch.setattr(anchors, "sampled", lambda *asked, **_: asked[2].clean)
    right = anchors.looked_at(None, films, "frame", NEVER, silent)
    assert {shot.offset for shot in right} == {0}
    assert max(shot.background_error for shot in right) == 0
    monkeypatch.setattr(anchors, "sampled", lambda *asked, **_: asked[2].clean.flip(2))
    turned = anchors.looked_at(None, films, "frame", NEVER, silent)
    assert {shot.offset for shot in turned} == {7 - 2 * anchor for anchor in NEVER}


def test_a_long_shot_is_made_by_the_rollout_and_measured(tmp_path, monkeypatch):
    """Two windows of an untrained network: every frame is there, and the seam is counted where the windows meet."""
    torch.manual_seed(0)
    monkeypatch.setattr(rolling, "FRAMES", 12)
    films, network = Films(0, anchors.PATCH), anchors.network().eval()
    made = rolling.rollout(network, films, 1, tmp_path / "kept")
    rolling.make(made, films, 1, 11)
    seams, error = rolling.seams_of(made, films, 1)
    assert (seams.seams, seams.frames) == (1, 12)
    assert error > 0.01


def test_a_folder_without_a_run_has_no_model(tmp_path):
    with pytest.raises(BadInput, match="no run"):
        anchors.trained(tmp_path)


def test_only_the_run_without_cloning_is_held_against_another(tmp_path, capsys):
    asked = ["train", "learn-history", "--out", str(tmp_path / "a"), "--against", str(tmp_path / "b")]
    assert main.main(asked) == BadInput.exit_code
    assert "--against is for learn-without-cloning" in capsys.readouterr().err
    assert not (tmp_path / "a").exists()


def test_a_run_by_command_writes_all_that_it_promises_and_goes_on(tmp_path, monkeypatch, capsys):
    """Two steps teach nothing; what counts is that everything is written, and the same when it is asked for again."""
    monkeypatch.setattr(anchors, "_PHASES", 1)
    monkeypatch.setattr(anchors, "SAMPLING", dataclasses.replace(anchors.SAMPLING, steps=1))
    asked = ["train", "learn-anchors", "--out", str(tmp_path), "--steps", "2", "--json"]
    assert main.main(asked) == 0
    first = json.loads(capsys.readouterr().out)
    assert json.loads((tmp_path / "report.json").read_text()) == first
    assert {"report.json", "contact.png", "loss.png", "checkpoint"} <= {p.name for p in tmp_path.iterdir()}
    assert (first["samples"], first["never"]["shots"], first["drawn"]["shots"]) == (16, 16, 24)
    assert main.main(asked) == 0
    assert json.loads(capsys.readouterr().out) == first


def train(*asked):
    assert main.main(["train", *map(str, asked)]) == 0


@pytest.mark.long
def test_a_reference_is_on_time_where_none_was_drawn_and_only_by_cloning(tmp_path):
    train("learn-anchors", "--out", tmp_path / "anchors")
    train("learn-without-cloning", "--out", tmp_path / "none", "--against", tmp_path / "anchors")
    cloned, none = (json.loads((tmp_path / name / "report.json").read_text()) for name in ("anchors", "none"))
    assert cloned["never"]["offset_frames"]["mean"] <= anchors.OFFSET_BOUND_FRAMES
    assert cloned["drawn"]["offset_frames"]["mean"] <= anchors.OFFSET_BOUND_FRAMES
    assert cloned["never"]["background_psnr_db"] > 17
    assert not set(cloned["never_drawn"]) & set(DRAWN)
    assert none["never"]["offset_frames"]["mean"] > anchors.OFFSET_BOUND_FRAMES
    assert none["cloning_gains"]["offset_frames"]["ci95"][0] > 0.5
    assert none["cloning_gains"]["background_psnr_db"]["ci95"][0] > 2


@pytest.mark.long
def test_a_long_shot_does_not_show_where_its_windows_meet(tmp_path):
    train("learn-history", "--out", tmp_path / "history")
    long = json.loads((tmp_path / "history" / "report.json").read_text())
    with_history, without = long["with_history"], long["without_history"]
    assert with_history["background_psnr_db"] > 19
    for what in ("change", "unrest"):
        assert abs(with_history[what]["mean"] - 1) <= history.SEAM_BOUND
    assert with_history["unrest"]["ci95"][1] < without["unrest"]["ci95"][0]
    memory = long["memory"]
    early, whole = (memory[f"peak_kib_by_{frames}"] for frames in (rolling.EARLY, rolling.FRAMES))
    assert whole - early <= history.MEMORY_BOUND_KIB
    early, whole = (memory[f"tensor_bytes_by_{frames}"] for frames in (rolling.EARLY, rolling.FRAMES))
    assert whole - early <= history.TENSOR_BOUND_BYTES

"""`train CONFIG.toml --check`, and what else `train` refuses before anything is loaded."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("diffusers")
pytest.importorskip("peft")

from pai_studio.ui.cli.main import main

FULL = Path(__file__).parents[2] / "examples" / "train" / "wan2.2-5b-full.toml"
SMALL = FULL.read_text(encoding="utf-8").replace(
    'preset = "wan2.2-5b"',
    'preset = "wan2.2-5b"\ntransformer = { num_layers = 1, num_attention_heads = 2, ffn_dim = 64 }',
)


@pytest.fixture
def small(tmp_path):
    path = tmp_path / "small.toml"
    path.write_text(SMALL, encoding="utf-8")
    return str(path)


def test_a_check_tells_what_a_run_takes(small, capsys):
    assert main(["train", small, "--check", "--gpus", "4"]) == 0
    said = capsys.readouterr().out
    for word in ("parameters", "PFLOP", "on 4 GPUs", "GPU-hours", "of a GPU's 80 GB: fits", "a checkpoint"):
        assert word in said


def test_a_check_as_data_holds_the_same(small, capsys):
    assert main(["train", small, "--check", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["gpus"] == 8
    assert told["memory_bytes"] == sum(told["memory"].values())
    assert told["gpu_hours"] == pytest.approx(8 * told["hours"])


def test_half_the_utilisation_takes_twice_as_long_and_a_small_gpu_ends_it(small, capsys):
    hours = []
    for asked in (["--utilisation", "0.4"], ["--utilisation", "0.2", "--gpu-memory", "1"]):
        assert main(["train", small, "--check", "--json", *asked]) == len(hours)
        hours.append(json.loads(capsys.readouterr().out)["hours"])
    assert hours[1] == pytest.approx(2 * hours[0])


@pytest.mark.parametrize(
    ("asked", "say"),
    [
        (["--check", "--utilisation", "2"], "there is no such GPU"),
        (["--out", "out", "--steps", "5"], "set training.steps and training.seed in the configuration"),
        (["--out", "out", "--seed", "0"], "set training.steps and training.seed in the configuration"),
        ([], "nothing tells where to write; give --out DIR"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(asked, say, small, capsys):
    assert main(["train", small, *asked]) == 2
    assert say in capsys.readouterr().err


@pytest.mark.parametrize(
    ("asked", "say"), [(["learn-anchors"], "give --out DIR"), (["learn-what"], "is no experiment")]
)
def test_an_experiment_is_known_and_needs_a_place(asked, say, capsys):
    assert main(["train", *asked]) == 2
    assert say in capsys.readouterr().err

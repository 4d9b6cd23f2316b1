"""A run from its configuration: what it refuses, what it leaves, and that what stops it changes nothing."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")
pytest.importorskip("peft")
pytest.importorskip("tensorboard")

from safetensors.torch import load_file  # noqa: E402

from pai_studio.core.media.frame import Box  # noqa: E402
from pai_studio.core.media.geometry import ModelFrame  # noqa: E402
from pai_studio.core.model import checkpoint, manifest  # noqa: E402
from pai_studio.core.report import silent  # noqa: E402
from pai_studio.core.shot.errors import BadInput  # noqa: E402
from pai_studio.core.training import checkpoints  # noqa: E402
from pai_studio.core.training.data.shards import write_shard  # noqa: E402
from pai_studio.core.training.data.takes import Guided, Take  # noqa: E402
from pai_studio.core.training.run import Asked, _learned, export, train  # noqa: E402
from pai_studio.core.training.settings import read  # noqa: E402
from tests.core.training.test_settings import EXAMPLES  # noqa: E402

ROOT = Path(__file__).parents[3]
SMALL = {
    "num_attention_heads = 4": "num_attention_heads = 2",
    "attention_head_dim = 32": "attention_head_dim = 24",
    "num_layers = 3": "num_layers = 1\nhead_width = 8",
    "count = 8": "count = 3",
    "longest = 8": "longest = 5",
    "steps = 300": "steps = 4",
    "warm_up = 50": "warm_up = 1",
    "batch = 8": "batch = 2",
    "checkpoint_every = 100": "checkpoint_every = 2",
    "sample_every = 100": "sample_every = 2",
    "log_every = 10": "log_every = 2",
}
ADAPTER = (
    '[adapter]\nrank = 2\nalpha = 4\ntargets = ["to_q", "ffn.net.2"]\nalso_full = ["condition_embedding"]\n'
)


def config(folder: Path, further: str = "", **over: str) -> Path:
    """The example of films at a size for tests; `over` replaces further lines by the key that they begin with."""
    text = (EXAMPLES / "films.toml").read_text(encoding="utf-8")
    for before, after in SMALL.items():
        assert text.count(f"\n{before}\n") == 1, before
        text = text.replace(f"\n{before}\n", f"\n{after}\n")
    for key, value in over.items():
        lines = [f"{key} = {value}" if each.startswith(f"{key} =") else each for each in text.splitlines()]
        text = "\n".join(lines)
    path = folder / "run.toml"
    path.write_text(f"{text}\n{further}", encoding="utf-8")
    return path


def run(path: Path, out: Path, **told):
    return train(path, Asked(out, path.parent / "models", on_cpu=True), silent, **told)


def losses(out: Path) -> list[float]:
    last = checkpoints.latest(out / "checkpoint")
    assert last is not None
    return checkpoints.read(last).state["losses"]


def entries(out: Path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    told = EventAccumulator(str(out / "board"))
    told.Reload()
    return told


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished")
    run(config(folder), folder / "out")
    return folder


def test_a_run_leaves_curves_and_pictures_of_shots_that_it_did_not_learn_from(finished):
    told = entries(finished / "out")
    names = set(told.Tags()["scalars"])
    assert {"loss", "rate", "gradient", "samples a second", "memory GB", "held-back loss"} <= names
    assert any(name.startswith("loss by noise/") for name in names)
    mean = sum(losses(finished / "out")[2:4]) / 2
    assert [each.step for each in told.Scalars("loss")] == [2, 4]
    assert told.Scalars("loss")[-1].value == pytest.approx(mean, rel=1e-5)
    assert [each.step for each in told.Images("held back")] == [2, 4]
    assert len(list((finished / "out" / "looks").glob("*.png"))) == 2


def test_what_a_killed_run_told_beyond_its_checkpoint_is_told_once(tmp_path):
    path = config(tmp_path, log_every="1")

    class Killed(Exception):
        pass

    def kill(progress):
        if progress.done == 3:
            raise Killed

    with pytest.raises(Killed):
        train(path, Asked(tmp_path / "out", tmp_path, on_cpu=True), kill)
    run(path, tmp_path / "out")
    assert [each.step for each in entries(tmp_path / "out").Scalars("loss")] == [1, 2, 3, 4]


def test_looking_does_not_change_what_is_learned(finished, tmp_path):
    run(config(tmp_path, sample_every="0"), tmp_path / "out")
    assert losses(tmp_path / "out") == losses(finished / "out")


def test_a_run_that_was_asked_to_stop_leaves_a_checkpoint_and_goes_on(finished, tmp_path):
    path = config(tmp_path)
    asked = iter([False, False, True])
    stopped = run(path, tmp_path / "out", asked_to_stop=lambda: next(asked))
    assert stopped.done == 3
    assert run(path, tmp_path / "out").losses == losses(finished / "out")


@pytest.mark.parametrize("further", ["", ADAPTER], ids=["full", "lora"])
def test_what_was_learned_becomes_a_model_that_loads_and_says_how_it_is_run(tmp_path, further):
    trainer = run(config(tmp_path, further), tmp_path / "out")
    models = tmp_path / "models"
    made = export(tmp_path / "out", models / "mine", models, name="mine", dtype="float32")
    bundle = checkpoint.load(models / "mine")
    assert manifest.read(models / "mine") == made
    assert (made.trained_for, made.name) == ("background-replacement", "mine")
    assert (made.window_latents, made.references_most, made.history_latents) == (3, 3, 0)
    assert (made.shift, made.guide, made.half_foreground) == (3.0, False, False)
    seen = ModelFrame.of_area(Box(0, 0, 1920, 1080), 1.0, made.area_px, made.grid_px)
    assert (seen.width, seen.height) == (48, 32)
    assert made.source.startswith("trained from random weights")
    assert made.source.endswith(", 4 steps")
    whole = dict(bundle.transformer.named_parameters())
    average = load_file(checkpoints.latest(tmp_path / "out" / "checkpoint") / checkpoints.AVERAGE)
    alike = {name for name in average if name in whole}
    assert alike == set(whole) if not further else {"condition_embedding.weight"} <= alike
    for name in alike:
        assert torch.equal(whole[name], average[name]), name
    if further:
        beside = "blocks.0.attn1.to_q"
        up, down = (average[f"{beside}.lora_{part}.default.weight"] for part in "BA")
        frozen = dict(trainer.model.named_parameters())[f"{beside}.base_layer.weight"]
        assert torch.allclose(whole[f"{beside}.weight"], frozen + 4 / 2 * up @ down, atol=1e-6)
        assert not torch.allclose(whole[f"{beside}.weight"], frozen, atol=1e-7)


def test_a_run_begins_from_what_another_left_and_from_nothing_of_another_shape(finished, tmp_path):
    models = tmp_path / "models"
    export(finished / "out", models / "mine", models, name="mine", dtype="float32")
    path = config(tmp_path, steps="2", rate="0.0")
    path.write_text(path.read_text("utf-8").replace("[model]", '[model]\nweights = "mine"'), "utf-8")
    average = checkpoints.read(checkpoints.latest(finished / "out" / "checkpoint")).average
    for name, value in run(path, tmp_path / "out").average.items():
        assert torch.equal(value, average[name]), name
    again = export(tmp_path / "out", tmp_path / "again", models, name="again", dtype="float32", steps=1)
    assert again.source.startswith("trained from random weights")
    assert again.source.endswith(", 2 steps")
    assert (again.source.count("trained from"), again.steps) == (1, 1)
    path.write_text(path.read_text("utf-8").replace("ffn_dim = 256", "ffn_dim = 128"), "utf-8")
    with pytest.raises(BadInput, match=r"model\.transformer\.ffn_dim: mine was made with 256, not 128"):
        run(path, tmp_path / "other")


def test_a_name_that_no_model_can_have_is_refused_before_anything_is_written(finished, tmp_path):
    with pytest.raises(BadInput, match="cannot name a model"):
        export(finished / "out", tmp_path / "made", tmp_path, name="my model", dtype="float32")
    assert not list(tmp_path.iterdir())


def test_a_configuration_that_was_refused_can_be_corrected(tmp_path):
    path = config(tmp_path, kind='"filmz"')
    with pytest.raises(BadInput, match=r"data\.sources\.0\.kind: 'filmz'"):
        run(path, tmp_path / "out")
    run(config(tmp_path), tmp_path / "out")
    with pytest.raises(BadInput, match="holds a run of other settings"):
        run(config(tmp_path, rate="0.5"), tmp_path / "out")


def test_a_run_for_more_processes_than_there_are_is_refused(tmp_path):
    path = config(tmp_path, '[parallel]\ngpus = 2\nshard = "fsdp2"\n')
    with pytest.raises(BadInput, match="2 are to train, and there are 1; begin it with `torchrun"):
        run(path, tmp_path / "out")


def noisy_take(seed: int, frames: int = 6) -> Take:
    """A take whose pictures are noise."""
    rng = np.random.default_rng(seed)

    def halves(channels):
        return rng.random((frames, channels, 32, 48)).astype(np.float16)

    planes = {name: halves(3) for name in ("truth", "place", "plate")}
    planes |= {name: halves(1) for name in ("matte", "rebuilt", "told")}
    return Take(seed=seed, prompt="a street", guided=(Guided((0, 5), halves(5)),), **planes)


def test_a_damaged_shard_ends_the_run_with_its_line_and_mended_it_goes_on(tmp_path):
    takes = tmp_path / "takes"
    takes.mkdir()
    shard = takes / "takes-000000.safetensors"
    write_shard(shard, [noisy_take(seed) for seed in range(3)])
    source = f'kind = "takes"\nfolder = "{takes}"\nheld_back_takes = 1\n'
    path = config(tmp_path, guide_channels="5", sample_every="0")
    text = path.read_text(encoding="utf-8").replace('kind = "films"\nseed = 0\n', source)
    path.write_text(text, encoding="utf-8")
    whole = run(path, tmp_path / "whole")
    good = shard.read_bytes()

    def damage(progress):
        if progress.done == 3:
            shard.write_bytes(good[: len(good) // 2])

    with pytest.raises(BadInput, match=r"takes-000000\.safetensors: cannot be read"):
        train(path, Asked(tmp_path / "out", tmp_path, on_cpu=True), damage)
    assert losses(tmp_path / "out") == whole.losses[:2]
    shard.write_bytes(good)
    assert run(path, tmp_path / "out").losses == whole.losses


def test_some_takes_are_always_held_back(tmp_path):
    path = config(tmp_path)
    source = 'kind = "takes"\nfolder = "takes"\nheld_back_takes = 0\n'
    text = path.read_text(encoding="utf-8").replace('kind = "films"\nseed = 0\n', source)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(
        BadInput, match=r"data\.sources\.0\.held_back_takes: must be greater than or equal to 1"
    ):
        run(path, tmp_path / "out")


def started(command: list[str]) -> subprocess.Popen[str]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, *command],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def ended(process: subprocess.Popen[str]) -> None:
    said = process.communicate(timeout=200)[0]
    assert process.returncode == 0, said


CLI = ["-m", "pai_studio.ui.cli.main", "train"]


@pytest.mark.long
@pytest.mark.parametrize("seed", range(3))
def test_a_process_that_was_killed_at_any_moment_leaves_a_run_that_goes_on_as_if_it_had_not_been(
    tmp_path, seed
):
    told = {"steps": "60", "checkpoint_every": "3", "sample_every": "20", "warm_up": "5", "keep": "2"}
    path = config(tmp_path, **{key: value for key, value in told.items() if key != "keep"})
    whole = run(path, tmp_path / "whole")
    dice = random.Random(seed)
    killed_at = dice.randrange(3, 50)
    process = started([*CLI, str(path), "--out", str(tmp_path / "out")])
    until = time.monotonic() + 120
    while time.monotonic() < until and process.poll() is None:
        last = checkpoints.latest(tmp_path / "out" / "checkpoint")
        if last is not None and int(last.name.removeprefix("step-")) >= killed_at:
            break
        time.sleep(0.002)
    time.sleep(0.05 * dice.random())  # a step, a look or a checkpoint later
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=20)
    assert process.returncode == -signal.SIGKILL, "it had ended before it was killed"
    kept = losses(tmp_path / "out")
    assert 3 <= len(kept) < 60
    assert kept == whole.losses[: len(kept)]
    ended(started([*CLI, str(path), "--out", str(tmp_path / "out")]))
    assert losses(tmp_path / "out") == whole.losses
    assert not list((tmp_path / "out" / "checkpoint").glob(".pai-*"))


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_run_after_its_step_and_says_how_to_go_on(tmp_path, number):
    path, out = config(tmp_path, steps="5000", sample_every="0", checkpoint_every="3"), tmp_path / "out"
    process = started([*CLI, str(path), "--out", str(out)])
    until = time.monotonic() + 120
    while time.monotonic() < until and not list((out / "checkpoint").glob("step-*")):
        time.sleep(0.01)
    process.send_signal(number)
    said = process.communicate(timeout=60)[0]
    assert process.returncode == 130, said
    assert "the same command goes on from there" in said
    assert f"stopped after step {len(losses(out))} of 5000" in said


@pytest.mark.long
@pytest.mark.parametrize("further", ["", ADAPTER], ids=["full", "lora"])
@pytest.mark.parametrize("shard", ["none", "fsdp2"])
def test_two_processes_learn_what_one_does_in_two_parts_looks_and_all(tmp_path, shard, further):
    told = {"steps": "8", "batch": "2", "checkpoint_every": "4", "sample_every": "3"}
    path = config(tmp_path, further, **told)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("batch = 2", "batch = 2\naccumulate = 2"), encoding="utf-8")
    alone = run(path, tmp_path / "alone")
    path.write_text(f'{text}\n[parallel]\ngpus = 2\nshard = "{shard}"\n', encoding="utf-8")
    two = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    ended(started([*two, *CLI, str(path), "--out", str(tmp_path / "out")]))
    assert losses(tmp_path / "out") == pytest.approx(alone.losses, rel=1e-4)
    assert len(list((tmp_path / "out" / "board").iterdir())) == 1
    kept = checkpoints.read(checkpoints.latest(tmp_path / "out" / "checkpoint"))
    for name, value in alone.average.items():
        assert torch.allclose(kept.average[name], value, rtol=1e-3, atol=1e-4), name


@pytest.mark.parametrize("name", ["tiny", "wan2.2-5b-lora", "wan2.2-5b-full"])
def test_a_model_says_the_area_at_which_a_plate_is_seen_as_it_learnt(name):
    """An area that is just that of the size would be cut to the grid below it."""
    settings = read(EXAMPLES / f"{name}.toml")
    area = _learned(settings)["area_px"]
    seen = ModelFrame.of_area(Box(0, 0, 1920, 1080), 1.0, area, settings.preset.manifest["grid_px"])
    assert (seen.width, seen.height) == settings.data.size

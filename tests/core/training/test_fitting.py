"""The two configurations for five billion parameters: reckoned whole, and trained for real at toy size."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")
pytest.importorskip("peft")

from pai_studio.core.model.checkpoint import shapes_of  # noqa: E402
from pai_studio.core.model.transformer import PaiTransformer3DModel  # noqa: E402
from pai_studio.core.shot.errors import BadInput  # noqa: E402
from pai_studio.core.training.adapt import merge  # noqa: E402
from pai_studio.core.training.estimate import Hardware  # noqa: E402
from pai_studio.core.training.fitting import fitted, made, prepare  # noqa: E402
from pai_studio.core.training.machine import Machine  # noqa: E402
from pai_studio.core.training.settings import read  # noqa: E402
from pai_studio.core.training.trainer import Trainer  # noqa: E402
from tests.core.training.latents import Latents  # noqa: E402
from tests.core.training.test_settings import FULL, LORA  # noqa: E402

KINDS = pytest.mark.parametrize("path", [LORA, FULL], ids=["lora", "full"])
EIGHT = Hardware(gpus=8)
TOY = {
    "model": {
        "preset": "wan2.2-5b",
        "dtype": "float32",
        "transformer": {
            "num_layers": 2,
            "num_attention_heads": 4,
            "attention_head_dim": 24,
            "ffn_dim": 128,
            "text_dim": 32,
            "freq_dim": 32,
        },
    },
    "data": {"size": [128, 64]},
    "recipe": {"count": 3, "longest": 12},
    "training": {"steps": 3, "warm_up": 1, "batch": 2, "accumulate": 1, "rate": 1e-3, "checkpoint_every": 1},
    "parallel": {"gpus": 1, "shard": "none"},
}


def test_the_adapter_s_run_is_reckoned_as_the_page_tells_it():
    found = fitted(read(LORA), EIGHT, LORA)
    assert (found.parameters, found.trained) == (5_322_842_304, 323_647_488)
    assert found.tokens_most == (21 + 21 + 5 + 3) * 15 * 26
    assert found.flops / 1e15 == pytest.approx(0.999, rel=0.005)
    assert found.samples_a_step == 32
    assert (found.hours, found.gpu_hours) == (pytest.approx(16.8, rel=0.01), pytest.approx(135, rel=0.01))
    assert found.memory_bytes / 1e9 == pytest.approx(12.1, rel=0.01)
    assert found.checkpoint_bytes == 16 * 323_647_488
    assert found.fits


def test_the_full_run_is_reckoned_as_the_page_tells_it():
    found = fitted(read(FULL), EIGHT, FULL)
    assert found.parameters == found.trained == 5_000_405_184
    assert found.tokens_most == (21 + 21 + 5 + 3) * 22 * 40
    assert found.flops / 1e15 == pytest.approx(3.31, rel=0.005)
    assert (found.hours, found.gpu_hours) == (pytest.approx(139, rel=0.01), pytest.approx(1115, rel=0.01))
    assert found.memory_bytes / 1e9 == pytest.approx(37.4, rel=0.01)
    assert found.fits
    assert not fitted(read(FULL, {"parallel": {"shard": "none"}}), EIGHT, FULL).fits


def toy(path: Path, dtype: str = "float32"):
    low = {"adapter": {"rank": 4, "alpha": 4}} if path == LORA else {}
    settings = read(path, TOY | low | {"model": TOY["model"] | {"dtype": dtype}})
    torch.manual_seed(3)
    model = PaiTransformer3DModel(**settings.preset.transformer, **settings.model.transformer)
    prepare(model, settings)
    return settings, model


def trainer(path: Path, folder: Path | None = None):
    settings, model = toy(path)
    return Trainer(model, Latents(grid=settings.grid), settings.recipe, settings.training, folder)


@KINDS
def test_each_trains_at_toy_size_stops_and_goes_on(path, tmp_path):
    whole = trainer(path)
    before = {name: value.detach().clone() for name, value in whole.model.named_parameters()}
    whole.run()
    assert whole.model.gradient_checkpointing
    changed = {name for name, value in whole.model.named_parameters() if not torch.equal(value, before[name])}
    learn = {name for name, value in whole.model.named_parameters() if value.requires_grad}
    assert changed == learn

    def stop(step):
        if step.done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trainer(path, tmp_path).run(stop)
    again = trainer(path, tmp_path)
    again.run()
    assert again.losses == pytest.approx(whole.losses, rel=1e-5)
    on_disk = sum(file.stat().st_size for file in (tmp_path / "step-00000003").glob("*.safetensors"))
    said = fitted(toy(path)[0], Hardware(), path).checkpoint_bytes
    assert on_disk == pytest.approx(said, rel=0.2)  # headers are much at this size


def test_what_the_first_stage_made_is_what_the_second_begins_from(tmp_path):
    first = trainer(LORA)
    first.run()
    merge(first.model)
    first.model.save_pretrained(tmp_path)
    second = PaiTransformer3DModel.from_pretrained(tmp_path)
    settings, fresh = toy(FULL)
    assert shapes_of(second) == shapes_of(fresh)
    prepare(second, settings)
    run = Trainer(second, Latents(grid=settings.grid), settings.recipe, settings.training)
    run.run()
    assert len(run.losses) == 3


def test_what_is_frozen_is_kept_in_16_bits_and_the_adapter_trains_beside_it():
    settings, model = toy(LORA, "bfloat16")
    machine = Machine("bfloat16", on_cpu=True)
    run = Trainer(model, Latents(grid=settings.grid), settings.recipe, settings.training, machine=machine)
    run.run()
    found = {(value.requires_grad, value.dtype) for value in model.parameters()}
    assert found == {(True, torch.float32), (False, torch.bfloat16)}
    exact = trainer(LORA)
    exact.run()
    assert run.losses == pytest.approx(exact.losses, rel=0.01)


def test_every_process_begins_from_the_same_adapter():
    settings, model = toy(LORA)
    torch.manual_seed(3)
    other = PaiTransformer3DModel(**settings.preset.transformer, **settings.model.transformer)
    torch.manual_seed(4)
    prepare(other, settings)
    assert torch.initial_seed() == 4
    for (name, one), two in zip(model.named_parameters(), other.parameters(), strict=True):
        assert torch.equal(one, two), name


@KINDS
def test_a_toy_is_counted_as_it_is(path):
    settings, model = toy(path)
    found = fitted(settings, Hardware(), path)
    assert found.parameters == sum(value.numel() for value in model.parameters())
    assert found.trained == sum(value.numel() for value in model.parameters() if value.requires_grad)


@pytest.mark.parametrize(
    ("overrides", "say"),
    [
        ({"adapter": {"targets": ["to_x"]}}, r"adapter\.targets: 'to_x' is no part"),
        ({"adapter": {"also_full": ["types"]}}, r"adapter\.also_full: 'types' is no part"),
        (
            {"model": TOY["model"] | {"transformer": {"layers": 2}}},
            r"model\.transformer: layers: is not known here; correct",
        ),
    ],
)
def test_a_model_that_cannot_be_is_told_in_one_line(overrides, say):
    settings = read(LORA, TOY | overrides)
    with pytest.raises(BadInput, match=say):
        made(settings, LORA)


def test_a_larger_batch_and_what_is_not_checkpointed_take_more_memory():
    settings = read(FULL, TOY)
    plain = fitted(settings, Hardware(), FULL)
    training = replace(settings.training, batch=4)
    assert fitted(replace(settings, training=training), Hardware(), FULL).memory.kept == 2 * plain.memory.kept
    kept = replace(settings.training, gradient_checkpointing=False)
    found = fitted(replace(settings, training=kept), Hardware(), FULL)
    assert found.memory_bytes > plain.memory_bytes
    assert found.flops < plain.flops

"""What learns and what does not, at toy size through the trainer, and at full size without memory for it."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")
pytest.importorskip("peft")

from pai_studio.core.model.checkpoint import shapes_of  # noqa: E402
from pai_studio.core.model.presets import PRESETS  # noqa: E402
from pai_studio.core.model.transformer import PaiTransformer3DModel  # noqa: E402
from pai_studio.core.shot.errors import BadInput  # noqa: E402
from pai_studio.core.training.adapt import adapt, counted, merge  # noqa: E402
from pai_studio.core.training.objective import Recipe, draw  # noqa: E402
from pai_studio.core.training.trainer import Trainer, Training, ask  # noqa: E402
from tests.core.training.latents import Latents  # noqa: E402

TARGETS = ("to_q", "to_k", "to_v", "to_out.0", "ffn.net.0.proj", "ffn.net.2")
WHOLE = ("patch_embedding", "condition_embedding", "type_embedding")
TOY = {
    "num_layers": 2,
    "num_attention_heads": 4,
    "attention_head_dim": 24,
    "ffn_dim": 128,
    "text_dim": 32,
    "freq_dim": 32,
}
RECIPE = Recipe(count=3, longest=12, history=2, prediction="velocity", shift=3.0)


def toy(seed=0):
    torch.manual_seed(seed)
    return PaiTransformer3DModel(**PRESETS["wan2.2-5b"].transformer, **TOY)


def adapted(rank=4):
    model = toy()
    adapt(model, rank=rank, alpha=8, targets=TARGETS, also_full=WHOLE)
    return model


def weights(model):
    return {name: value.detach().clone() for name, value in model.named_parameters()}


def asked():
    source = Latents()
    return draw(RECIPE, source, 2, torch.Generator().manual_seed(5)).asked, source.null_text


def test_an_adapter_begins_as_nothing_and_only_it_and_what_is_named_learn():
    model, plain = adapted(), toy()
    told, null = asked()
    with torch.no_grad():
        assert torch.allclose(ask(model, told, null), ask(plain, told, null), atol=1e-6)
    before = weights(model)
    Trainer(model, Latents(), RECIPE, Training(steps=3, batch=2, warm_up=1)).run()
    changed = {name for name, value in weights(model).items() if not torch.equal(value, before[name])}
    assert changed == {name for name in before if ".lora_" in name or name.startswith(WHOLE)}


@pytest.mark.parametrize("make", [toy, adapted], ids=["full", "lora"])
def test_a_run_that_was_stopped_goes_on_as_if_it_had_not_been(make, tmp_path):
    training = Training(steps=3, batch=2, warm_up=1, checkpoint_every=1)
    whole = Trainer(make(), Latents(), RECIPE, training)
    whole.model.enable_gradient_checkpointing()
    whole.run()

    def stop(step):
        if step.done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Trainer(make(), Latents(), RECIPE, training, tmp_path).run(stop)
    again = Trainer(make(), Latents(), RECIPE, training, tmp_path)
    assert again.done == 2
    again.run()
    assert again.losses == pytest.approx(whole.losses, rel=1e-5)


def test_a_merged_adapter_leaves_the_same_model_without_it(tmp_path):
    model = adapted()
    Trainer(model, Latents(), RECIPE, Training(steps=3, batch=2, warm_up=1)).run()
    told, null = asked()
    model.eval()
    with torch.no_grad():
        learned = ask(model, told, null)
        merge(model)
        assert torch.allclose(ask(model, told, null), learned, atol=1e-5)
        assert not torch.allclose(learned, ask(toy(), told, null), atol=1e-4)
    assert shapes_of(model) == shapes_of(toy())
    model.save_pretrained(tmp_path)
    again = PaiTransformer3DModel.from_pretrained(tmp_path).eval()
    with torch.no_grad():
        assert torch.allclose(ask(again, told, null), learned, atol=1e-5)


@pytest.mark.parametrize(
    ("told", "say"),
    [
        ({"targets": ("to_q", "to_z")}, "adapter.targets: 'to_z' is no part"),
        ({"targets": TARGETS, "also_full": ("patches",)}, "adapter.also_full: 'patches' is no part"),
    ],
)
def test_a_part_that_is_not_there_is_named_and_nothing_is_changed(told, say):
    model = toy()
    with pytest.raises(BadInput, match=say):
        adapt(model, rank=4, alpha=4, **told)
    assert all(value.requires_grad for value in model.parameters())
    assert shapes_of(model) == shapes_of(toy())


def test_parameters_are_counted_without_memory_for_them():
    model = adapted()
    with torch.device("meta"):
        shell = PaiTransformer3DModel(**TOY)
        adapt(shell, rank=4, alpha=8, targets=TARGETS, also_full=WHOLE)
    assert counted(shell) == counted(model)
    everything, learn = counted(model)
    assert everything == counted(toy())[0] + learn - 48 * 4 * 96 - 49 * 4 * 96 - 2 * 96 - 4 * 96

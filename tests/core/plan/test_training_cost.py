"""The cost of training against torch's own counting, and against what was estimated by hand for five billion."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")
peft = pytest.importorskip("peft")

from torch._subclasses.fake_tensor import FakeTensorMode  # noqa: E402

from pai_studio.core.model.transformer import PaiTransformer3DModel  # noqa: E402
from pai_studio.core.plan.cost import Architecture, Tokens, forward_flops  # noqa: E402
from pai_studio.core.plan.training_cost import (  # noqa: E402
    ROOM,
    Adapter,
    adapter_parameters,
    checkpoint_bytes,
    expected_seconds,
    training_flops,
    training_memory,
)
from tests.core.plan.counting import GUIDED, SMALL_WINDOW, WIDE_704, Live, counted, on_meta  # noqa: E402

TARGETS = ("to_q", "to_k", "to_v", "to_out.0", "ffn.net.0.proj", "ffn.net.2")
WHOLE = ("patch_embedding", "condition_embedding", "type_embedding")
LOW = Adapter(rank=8, targets=TARGETS)
GIB = 1 << 30


def learning(model, adapter, checkpointing):
    """The model, ready to train as the cost model has it."""
    model.train()
    if checkpointing:
        model.enable_gradient_checkpointing()
    if adapter is not None:
        model.add_adapter(peft.LoraConfig(r=adapter.rank, target_modules=list(adapter.targets)))
        for name, value in model.named_parameters():
            if name.startswith(WHOLE):
                value.requires_grad_(True)
    return model


def trained(asked):
    found = asked.model(
        asked.noise, asked.time, asked.text, asked.layout, asked.conditions, null_text=asked.text
    )
    found.float().square().mean().backward()


@pytest.mark.parametrize(
    ("adapter", "checkpointing", "cached"),
    [
        (None, False, False),
        (None, True, True),
        (LOW, False, True),
        (LOW, True, False),
        (Adapter(rank=4, targets=("to_k", "attn2.to_v", "ffn.net.2")), True, True),
    ],
    ids=["all", "all-checkpointed-cached", "lora-cached", "lora-checkpointed", "few-checkpointed-cached"],
)
def test_a_step_does_as_many_operations_as_are_counted(adapter, checkpointing, cached):
    attention = "cached" if cached else "bidirectional"
    asked = on_meta(GUIDED | {"num_layers": 2, "attention": attention}, SMALL_WINDOW)
    with torch.device("meta"):
        learning(asked.model, adapter, checkpointing)
        found, _ = counted(lambda: trained(asked))
    told = {"adapter": adapter, "cached": cached, "checkpointing": checkpointing}
    assert training_flops(asked.architecture, asked.tokens, **told) == pytest.approx(found, rel=0.01)


def on_fake(config, window, adapter, checkpointing):
    """As it would be on a device, with tensors that are never filled. peft moves what it makes, which fakes do not."""
    asked, shell = on_meta(config, window), on_meta(config, window)
    with torch.device("meta"):
        learning(shell.model, adapter, checkpointing)
    for module in shell.model.modules():
        for name, value in module._parameters.items():
            if value is not None:
                filled = torch.empty(value.shape)
                module._parameters[name] = torch.nn.Parameter(filled, requires_grad=value.requires_grad)
    asked.model = shell.model
    for name in ("noise", "time", "text"):
        setattr(asked, name, torch.empty(getattr(asked, name).shape))
    told = asked.conditions
    parts = (None if part is None else torch.empty(part.shape) for part in told.by_kind().values())
    asked.conditions = type(told)(*parts)
    return asked


@pytest.fixture
def _half():
    torch.set_default_dtype(torch.bfloat16)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.long
@pytest.mark.usefixtures("_half")
@pytest.mark.parametrize(
    ("adapter", "checkpointing", "cached"),
    [(None, True, False), (LOW, True, False), (None, True, True), (LOW, False, False), (None, False, True)],
    ids=["all", "lora", "all-cached", "lora-kept", "all-kept-cached"],
)
def test_what_a_gpu_holds_for_the_backward_is_what_the_tensors_take(adapter, checkpointing, cached):
    config = {"num_layers": 3, "attention": "cached" if cached else "bidirectional"}
    with FakeTensorMode():
        asked = on_fake(config, WIDE_704, adapter, checkpointing)
        with Live(asked.given()) as live:
            trained(asked)
        learns = sum(each.numel() for each in asked.model.parameters() if each.requires_grad)
    said = training_memory(
        asked.architecture,
        asked.tokens,
        trained=learns,
        parameters=learns,
        adapter=adapter,
        cached=cached,
        checkpointing=checkpointing,
    )
    assert said.kept + said.block == pytest.approx(live.peak - 2 * learns, rel=0.1)


@pytest.fixture(scope="module")
def whole():
    """Five billion parameters without memory for them, with an adapter of rank 128."""
    with torch.device("meta"):
        model = PaiTransformer3DModel()
        learning(model, Adapter(rank=128, targets=TARGETS), checkpointing=True)
    return model


FIVE = Architecture.of(
    {
        "patch_size": [1, 2, 2],
        "num_layers": 30,
        "num_attention_heads": 24,
        "attention_head_dim": 128,
        "ffn_dim": 14336,
        "text_dim": 4096,
        "freq_dim": 256,
        "in_channels": 48,
        "out_channels": 48,
        "matte_channels": 1,
        "head_width": 0,
    }
)
WIDE = Adapter(rank=128, targets=TARGETS)
GRIDS = {"832x480": (15, 26), "1280x704": (22, 40)}


def test_the_adapter_s_parameters_are_counted_to_the_last_one(whole):
    added = sum(value.numel() for name, value in whole.named_parameters() if "lora_" in name)
    assert adapter_parameters(FIVE, WIDE) == added == 322_437_120
    everything = sum(value.numel() for value in whole.parameters())
    assert everything == FIVE.parameters + added


@pytest.mark.parametrize(
    ("size", "full", "adapted"), [("832x480", 1.08, 0.96), ("1280x704", 3.73, 3.46)], ids=["480", "704"]
)
def test_a_sample_of_the_large_model_costs_four_forwards_and_less_with_an_adapter(size, full, adapted):
    tokens = Tokens.of(21, GRIDS[size], references=3)
    whole = training_flops(FIVE, tokens)
    assert whole / 1e15 == pytest.approx(full, rel=0.01)
    assert whole / forward_flops(FIVE, tokens) == pytest.approx(4, rel=0.01)
    assert training_flops(FIVE, tokens, checkpointing=False) / whole == pytest.approx(3 / 4, rel=0.01)
    assert training_flops(FIVE, tokens, adapter=WIDE) / 1e15 == pytest.approx(adapted, rel=0.01)


def test_the_hours_of_the_first_estimate_are_half_a_million_samples_of_720_lines():
    tokens = Tokens.of(21, GRIDS["1280x704"], references=3)
    took = expected_seconds(training_flops(FIVE, tokens), 989e12, 0.4)
    assert 1300 * 3600 / took == pytest.approx(497_000, rel=0.01)


def test_shares_of_eight_leave_room_for_all_that_learns_and_one_gpu_does_not():
    tokens = Tokens.of(21, GRIDS["1280x704"], references=5, history=3)
    count = FIVE.parameters
    told = {"trained": count, "parameters": count}
    alone, shared = (training_memory(FIVE, tokens, shards=n, **told) for n in (1, 8))
    assert alone.moments == 8 * count
    assert shared.moments == pytest.approx(count)
    assert not alone.fits(80 * GIB)
    assert shared.fits(80 * GIB)
    assert (alone.kept, alone.block) == (shared.kept, shared.block)
    assert shared.fits(shared.total / ROOM)
    assert not shared.fits(shared.total / ROOM - 1)


def test_an_adapter_needs_little_beside_frozen_weights_in_16_bits():
    tokens = Tokens.of(21, GRIDS["832x480"], references=3)
    learns = adapter_parameters(FIVE, WIDE)
    held = training_memory(FIVE, tokens, trained=learns, parameters=FIVE.parameters + learns, adapter=WIDE)
    assert held.weights == 4 * learns + 2 * FIVE.parameters
    assert held.gradients + held.moments + held.average == 16 * learns
    unaveraged = training_memory(FIVE, tokens, trained=learns, parameters=learns, averaged=False)
    assert unaveraged.average == 0


def test_a_checkpoint_is_four_numbers_for_each_that_learns():
    assert checkpoint_bytes(FIVE.parameters) / 1e9 == pytest.approx(80, rel=0.01)
    assert checkpoint_bytes(10, averaged=False) == 120


def test_a_gpu_that_does_more_than_it_can_is_refused():
    with pytest.raises(ValueError, match="no GPU"):
        expected_seconds(1, 989e12, 1.2)

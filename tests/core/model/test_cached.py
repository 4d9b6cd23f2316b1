"""Cached attention: the same numbers as one masked sequence, from keys and values made once."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
diffusers = pytest.importorskip("diffusers")

from pai_studio.core.model.attention import SegmentAttention, turned  # noqa: E402
from pai_studio.core.model.layout import Kind, Layout, Window, lay_out  # noqa: E402
from pai_studio.core.model.transformer import Conditions  # noqa: E402
from tests.core.model import tiny  # noqa: E402


@pytest.fixture(scope="module")
def model():
    return tiny.trained(attention="cached", head_width=8)


def asked(model, layout, conditions=None, **more):
    with torch.inference_mode():
        return model(**tiny.ASKED, layout=layout, conditions=conditions, **more)


class Masked:
    """Self-attention of the whole sequence at once under a mask (S, S)."""

    def __init__(self, mask):
        self.mask = mask

    def __call__(self, attn, tokens, text=None, mask=None, rotary=None, **_):  # noqa: ARG002
        q, k, v = attn.norm_q(attn.to_q(tokens)), attn.norm_k(attn.to_k(tokens)), attn.to_v(tokens)
        q, k, v = (part.unflatten(2, (attn.heads, -1)) for part in (q, k, v))
        q, k = turned(q, rotary), turned(k, rotary)
        q, k, v = (part.transpose(1, 2) for part in (q, k, v))
        out = torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=self.mask)
        return attn.to_out[0](out.transpose(1, 2).flatten(2))


class TwoTexts:
    """Cross-attention in which the first `noisy` tokens read one half of the text, all others the other."""

    def __init__(self, noisy, plain):
        self.noisy, self.plain = noisy, plain

    def __call__(self, attn, tokens, text=None, mask=None, rotary=None, **_):  # noqa: ARG002
        prompt, null = text.chunk(2, dim=1)
        first, rest = tokens[:, : self.noisy], tokens[:, self.noisy :]
        return torch.cat([self.plain(attn, first, prompt), self.plain(attn, rest, null)], dim=1)


def masked_joint(layout, conditions):
    """The same weights over one sequence, in which a mask says who sees whom."""
    joint = tiny.trained(attention="bidirectional", head_width=8)
    segment = torch.as_tensor(
        [index for index, part in enumerate(layout.segments) for _ in range(part.tokens)]
    )
    mask = (segment[:, None] == segment[None]) | (segment[:, None] == 0)
    noisy = layout.segments[0].tokens
    for block in joint.blocks:
        block.attn1.set_processor(Masked(mask))
        block.attn2.set_processor(TwoTexts(noisy, block.attn2.processor))
    text = torch.cat([tiny.ASKED["encoder_hidden_states"], tiny.NULL.expand(2, -1, -1)], dim=1)
    with torch.inference_mode():
        return joint(**{**tiny.ASKED, "encoder_hidden_states": text}, layout=layout, conditions=conditions)


def test_it_equals_the_masked_joint_computation(model):
    layout, conditions = tiny.whole()
    found = asked(model, layout, conditions, null_text=tiny.NULL)
    wanted = masked_joint(layout, conditions)
    assert (found - wanted).abs().max() <= 1e-5
    assert wanted.std() > 0.05


def test_one_cache_serves_every_guidance_branch_step_and_prompt(model):
    layout, conditions = tiny.whole()
    with torch.inference_mode():
        cache = model.remember(conditions, layout, tiny.NULL)
    again = {**tiny.ASKED, "timestep": torch.tensor([40.0, 7.0])}
    with torch.inference_mode():
        for prompt in (tiny.ASKED["encoder_hidden_states"], tiny.noise(9, 2, 5, 16)):
            again["encoder_hidden_states"] = prompt
            fresh = model(**again, layout=layout, conditions=conditions, null_text=tiny.NULL)
            assert torch.equal(model(**again, layout=layout, cache=cache), fresh)
        bare = lay_out(Window(5, 3, history=2), tiny.GRID, [], tiny.FOUR, keyframes=[24])
        alone = Conditions(conditions.foreground, None, conditions.history)
        fresh = model(**again, layout=bare, conditions=alone, null_text=tiny.NULL)
        found = model(**again, layout=layout, cache=cache.without(Kind.REFERENCE))
    assert (found - fresh).abs().max() <= 1e-5
    whole = sum(segment.tokens for segment in layout.segments[1:])
    assert cache.bytes == 2 * 3 * 2 * whole * 48 * 4  # keys and values, blocks, batch, tokens, width, bytes


def test_a_reference_says_nothing_to_the_plate(model):
    layout, conditions = tiny.whole()
    other = Conditions(conditions.foreground, conditions.references + 1, conditions.history)
    with torch.inference_mode():
        one, two = (model.remember(each, layout, tiny.NULL) for each in (conditions, other))
    for first, second in zip(one.layers, two.layers, strict=True):
        assert torch.equal(first[Kind.FOREGROUND][0], second[Kind.FOREGROUND][0])
        assert not torch.allclose(first[Kind.REFERENCE][0], second[Kind.REFERENCE][0])


def test_gradients_reach_the_conditions_checkpointed_or_not():
    model = tiny.trained(attention="cached").train()
    layout, conditions = tiny.whole()
    found = []
    for checkpointing in (False, True):
        model.zero_grad()
        if checkpointing:
            model.enable_gradient_checkpointing()
        out = model(**tiny.ASKED, layout=layout, conditions=conditions, null_text=tiny.NULL)
        out.square().mean().backward()
        found.append(model.condition_embedding.weight.grad.clone())
    assert torch.allclose(*found, atol=1e-7)
    assert found[0].abs().max() > 0


def test_a_cache_needs_cached_attention_and_a_null_text(model):
    layout, conditions = tiny.whole()
    with pytest.raises(ValueError, match="cached attention"):
        tiny.trained().remember(conditions, layout, tiny.NULL)
    with pytest.raises(ValueError, match="null text"):
        asked(model, layout, conditions)
    with pytest.raises(ValueError, match="attention is one of"):
        tiny.trained(attention="causal")


def test_the_librarys_first_block_cache_leaves_the_conditions_alone():
    model = tiny.trained(attention="cached")
    layout, conditions = tiny.whole()
    plain = asked(model, layout, conditions, null_text=tiny.NULL)
    model.enable_cache(diffusers.FirstBlockCacheConfig(threshold=0.1))
    with torch.inference_mode():
        for _ in range(2):  # two windows
            cache = model.remember(conditions, layout, tiny.NULL)
            with model.cache_context("all"):
                for _ in range(2):  # two steps
                    found = model(**tiny.ASKED, layout=layout, cache=cache)
                    assert torch.allclose(found, plain, atol=1e-5)


def test_the_head_adds_nothing_before_it_is_trained():
    torch.manual_seed(0)
    layout, conditions = tiny.whole()
    with_head, without = (tiny.trained(attention="cached", head_width=width) for width in (8, 0))
    torch.nn.init.zeros_(with_head.head.layers[-1].weight)
    without.load_state_dict(with_head.state_dict(), strict=False)
    one, two = (asked(m, layout, conditions, null_text=tiny.NULL) for m in (with_head, without))
    assert torch.equal(one, two)


def test_the_head_sees_a_plate_of_half_the_size(model):
    layout = lay_out(Window(0, 3), tiny.GRID, [], tiny.FOUR, half_foreground=True)
    found = [
        asked(model, layout, Conditions(tiny.noise(seed, 2, 5, 3, 4, 6)), null_text=tiny.NULL)
        for seed in (3, 4)
    ]
    assert found[0].shape == tiny.SHAPE
    assert not torch.allclose(*found, atol=1e-3)


def test_without_conditions_there_is_nothing_to_keep(model):
    whole = lay_out(Window(0, 3), tiny.GRID, [], tiny.FOUR)
    bare = Layout(tuple(part for part in whole.segments if part.kind is Kind.NOISY))
    joint = tiny.trained(attention="bidirectional", head_width=8)
    assert torch.allclose(asked(model, bare), asked(joint, bare), atol=1e-6)
    assert isinstance(model.blocks[0].attn1.processor, SegmentAttention)


def answer(model):
    layout, conditions = tiny.whole()
    return asked(model, layout, conditions, null_text=tiny.NULL)


def test_it_is_compiled_offloaded_and_kept_in_fewer_bits_as_the_joint_one_is():
    plain = answer(tiny.trained(attention="cached"))
    compiled = tiny.trained(attention="cached")
    compiled.compile_repeated_blocks(fullgraph=True, backend="eager")
    assert torch.allclose(answer(compiled), plain, atol=1e-6)

    offloaded, here = tiny.trained(attention="cached"), torch.device("cpu")
    offloaded.enable_group_offload(here, here, offload_type="block_level", num_blocks_per_group=1)
    assert torch.equal(answer(offloaded), plain)

    cast = tiny.trained(attention="cached")
    cast.enable_layerwise_casting(storage_dtype=torch.float8_e4m3fn, compute_dtype=torch.float32)
    assert cast.blocks[0].attn1.to_q.weight.dtype == torch.float8_e4m3fn
    alike = torch.nn.functional.cosine_similarity(answer(cast).flatten(), plain.flatten(), dim=0)
    assert 0.98 < alike < 1


def test_a_model_whose_weights_wait_elsewhere_keeps_the_conditions_too(tmp_path):
    layout, conditions = tiny.whole()
    plain, waiting = (tiny.trained(attention="cached", head_width=8) for _ in range(2))
    here = torch.device("cpu")
    # On disk: while they wait their memory holds nothing, as a device's would not.
    waiting.enable_group_offload(
        here, here, offload_type="block_level", num_blocks_per_group=1, offload_to_disk_path=str(tmp_path)
    )
    found = []
    for model in (plain, waiting):
        with torch.inference_mode():
            cache = model.remember(conditions, layout, tiny.NULL)
        found.append(asked(model, layout, cache=cache))
    assert torch.equal(*found)


def test_the_head_is_never_kept_in_fewer_bits(model):
    plain = answer(model)
    cast = tiny.trained(attention="cached", head_width=8)
    cast.enable_layerwise_casting(storage_dtype=torch.float8_e4m3fn, compute_dtype=torch.float32)
    assert cast.blocks[0].attn1.to_q.weight.dtype == torch.float8_e4m3fn
    assert cast.proj_out.weight.dtype == cast.head.layers[0].weight.dtype == torch.float32
    alike = torch.nn.functional.cosine_similarity(answer(cast).flatten(), plain.flatten(), dim=0)
    assert 0.98 < alike < 1


@pytest.mark.parametrize("attention", ["cached", "bidirectional"])
def test_a_picture_made_of_nothing_but_noise_has_no_trace_of_it(attention):
    """With scaled noise; at lower levels the noisy picture tells as much as ever."""
    scaled = tiny.trained(attention=attention, head_width=8, scaled_noise=True)
    layout, conditions = tiny.whole()
    null = {"null_text": tiny.NULL} if attention == "cached" else {}

    def told(level, seed):
        given = {"hidden_states": tiny.noise(seed, *tiny.SHAPE), "timestep": torch.full((2,), level)}
        with torch.inference_mode():
            return scaled(**tiny.ASKED | given, layout=layout, conditions=conditions, **null)

    assert torch.equal(told(1000.0, 11), told(1000.0, 12))
    assert not torch.allclose(told(500.0, 11), told(500.0, 12), atol=1e-2)

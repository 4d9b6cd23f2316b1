"""The transformer against the library's own, and what its conditions do."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
diffusers = pytest.importorskip("diffusers")

from pai_studio.core.model.layout import Kind, Layout, Window, lay_out  # noqa: E402
from pai_studio.core.model.transformer import Conditions, PaiTransformer3DModel  # noqa: E402
from tests.core.model.tiny import FOUR, GRID, SHAPE, TINY, noise, trained  # noqa: E402


@pytest.fixture(scope="module")
def model():
    return trained()


def asked(
    model,
    anchors,
    references,
    *,
    window=None,
    cloning="frame",
    history=None,
    half=False,
    like=torch.float32,
    **more,
):
    """The velocity of the same noise, plate and text under other references."""
    layout = lay_out(window or Window(0, 3), GRID, anchors, FOUR, cloning=cloning, half_foreground=half)
    plate = noise(3, 2, 5, 3, *((4, 6) if half else (8, 12))).to(like)
    conditions = Conditions(plate, references, history)
    with torch.inference_mode():
        return model(
            noise(1, *SHAPE).to(like),
            torch.tensor([300.0, 800.0]),
            noise(2, 2, 7, 16).to(like),
            layout,
            conditions,
            **more,
        )


def test_without_conditions_it_is_wans_own_model():
    torch.manual_seed(1)
    wan = diffusers.WanTransformer3DModel(**TINY).eval()
    ours = PaiTransformer3DModel(**TINY).eval()
    missing, unexpected = ours.load_state_dict(wan.state_dict(), strict=False)
    assert not unexpected
    assert set(missing) == {"condition_embedding.weight", "condition_embedding.bias", "type_embedding"}
    ours.adopt_wan()
    latents, text, time = noise(1, *SHAPE), noise(2, 2, 7, 16), torch.tensor([300.0, 999.0])

    with torch.inference_mode():
        theirs = wan(latents, time, text).sample
        found = ours(latents, time, text, _bare())

    assert torch.allclose(found, theirs, atol=1e-5)
    assert theirs.std() > 0.01


def _bare():
    """A layout of noise alone."""
    whole = lay_out(Window(0, 3), GRID, [], FOUR)
    return Layout(tuple(segment for segment in whole.segments if segment.kind is Kind.NOISY))


def test_the_5b_model_has_the_librarys_keys_and_ours():
    with torch.device("meta"):
        ours = PaiTransformer3DModel()
        wan = diffusers.WanTransformer3DModel(
            num_attention_heads=24, in_channels=48, out_channels=48, ffn_dim=14336, num_layers=30
        )
    shapes = {name: tuple(value.shape) for name, value in ours.state_dict().items()}
    theirs = {name: tuple(value.shape) for name, value in wan.state_dict().items()}
    assert {name: shapes[name] for name in theirs} == theirs
    assert {name: shape for name, shape in shapes.items() if name not in theirs} == {
        "condition_embedding.weight": (3072, 49, 1, 2, 2),
        "condition_embedding.bias": (3072,),
        "type_embedding": (4, 3072),
    }
    assert sum(value.numel() for value in wan.state_dict().values()) == pytest.approx(4.9998e9, rel=1e-4)


def test_permuting_references_with_their_anchors_changes_nothing(model):
    references = noise(4, 2, 5, 3, 8, 12)
    one = asked(model, [0, 5, 11], references)
    other = asked(model, [11, 0, 5], references[:, :, [2, 0, 1]])
    assert torch.allclose(one, other, atol=1e-5)
    swapped = asked(model, [11, 0, 5], references)
    assert (one - swapped).abs().max() > 1e-3


def test_without_cloning_the_anchor_tells_nothing(model):
    references = noise(4, 2, 5, 1, 8, 12)
    assert torch.equal(
        asked(model, [0], references, cloning="none"), asked(model, [9], references, cloning="none")
    )
    assert not torch.allclose(asked(model, [0], references), asked(model, [9], references), atol=1e-4)


def test_two_references_at_one_anchor_differ_from_one(model):
    references = noise(4, 2, 5, 2, 8, 12)
    one, two = asked(model, [5], references[:, :, :1]), asked(model, [5, 5], references)
    same = asked(model, [5, 5], references[:, :, [0, 0]])
    assert not torch.allclose(one, two, atol=1e-3)
    assert not torch.allclose(one, same, atol=1e-4)


def test_a_row_of_its_own_tells_how_noised_the_history_is(model):
    window = Window(5, 3, history=2)
    kept = {"window": window, "history": noise(6, 2, 5, 2, 8, 12)}
    clean = asked(model, [30], noise(4, 2, 5, 1, 8, 12), **kept)
    zero = asked(model, [30], noise(4, 2, 5, 1, 8, 12), history_timestep=torch.zeros(2), **kept)
    noised = asked(model, [30], noise(4, 2, 5, 1, 8, 12), history_timestep=torch.full((2,), 100.0), **kept)
    assert torch.equal(clean, zero)
    assert not torch.allclose(clean, noised, atol=1e-4)


def test_mattes_types_and_half_a_plate_reach_the_result(model):
    whole = asked(model, [], None)
    assert asked(model, [], None, half=True).shape == whole.shape == SHAPE
    layout = lay_out(Window(0, 3), GRID, [], FOUR)
    plate = noise(3, 2, 5, 3, 8, 12)
    plate[:, -1] += 1
    with torch.inference_mode():
        masked = model(
            noise(1, *SHAPE), torch.tensor([300.0, 800.0]), noise(2, 2, 7, 16), layout, Conditions(plate)
        )
    assert not torch.allclose(masked, whole, atol=1e-4)


def test_checkpointed_gradients_are_the_same(model):
    layout = lay_out(Window(0, 3), GRID, [5], FOUR)
    conditions = Conditions(noise(3, 2, 5, 3, 8, 12), noise(4, 2, 5, 1, 8, 12))
    found = []
    for checkpointing in (False, True):
        model.zero_grad()
        (model.enable_gradient_checkpointing if checkpointing else model.disable_gradient_checkpointing)()
        model.train()
        out = model(noise(1, *SHAPE), torch.tensor([300.0, 800.0]), noise(2, 2, 7, 16), layout, conditions)
        out.square().mean().backward()
        found.append(model.type_embedding.grad.clone())
    model.disable_gradient_checkpointing()
    model.eval()
    assert torch.allclose(*found, atol=1e-7)
    assert found[0].abs().max() > 0


def test_latents_that_are_not_the_layouts_are_refused(model):
    with pytest.raises(ValueError, match=r"\(2, 4, 6\) tokens of reference, the latents \(3, 4, 6\)"):
        asked(model, [0, 5], noise(4, 2, 5, 3, 8, 12))
    with pytest.raises(ValueError, match=r"\(1, 4, 6\) tokens of reference, the latents None"):
        asked(model, [0], None)
    with pytest.raises(ValueError, match="one latent frame"):
        PaiTransformer3DModel(**{**TINY, "patch_size": (2, 2, 2)})


def test_it_is_saved_and_loaded_as_the_librarys_models_are(model, tmp_path):
    model.save_pretrained(tmp_path)
    assert [path.name for path in tmp_path.glob("*.safetensors")]
    again = PaiTransformer3DModel.from_pretrained(tmp_path).eval()
    for name, value in TINY.items():
        assert again.config[name] == value
    references = noise(4, 2, 5, 1, 8, 12)
    assert torch.equal(asked(again, [5], references), asked(model, [5], references))


def test_the_librarys_first_block_cache_skips_the_other_blocks(model):
    ran = []
    hooks = [
        block.ffn.register_forward_hook(lambda *_, index=index: ran.append(index))
        for index, block in enumerate(model.blocks)
    ]
    references = noise(4, 2, 5, 1, 8, 12)
    plain = asked(model, [5], references)
    ran.clear()
    model.enable_cache(diffusers.FirstBlockCacheConfig(threshold=0.1))
    try:
        with model.cache_context("step"):
            first, again = (asked(model, [5], references) for _ in range(2))
    finally:
        model.disable_cache()
        for hook in hooks:
            hook.remove()
    assert ran == [0, 1, 2, 0]
    assert torch.allclose(first, plain, atol=1e-6)
    assert torch.allclose(again, plain, atol=1e-5)


def test_weights_may_be_kept_in_fewer_bits_than_they_are_used_in():
    torch.manual_seed(2)
    kept = PaiTransformer3DModel(**TINY).to(torch.bfloat16).eval()
    plain = asked(kept, [5], noise(4, 2, 5, 1, 8, 12).bfloat16(), like=torch.bfloat16)
    kept.enable_layerwise_casting(storage_dtype=torch.float8_e4m3fn, compute_dtype=torch.bfloat16)
    assert kept.blocks[0].attn1.to_q.weight.dtype == torch.float8_e4m3fn
    assert kept.condition_embedding.weight.dtype == torch.bfloat16
    cast = asked(kept, [5], noise(4, 2, 5, 1, 8, 12).bfloat16(), like=torch.bfloat16)
    assert torch.nn.functional.cosine_similarity(plain.flatten(), cast.flatten(), dim=0) > 0.98


@pytest.mark.parametrize("head_width", [0, 8])
def test_what_is_said_last_is_in_32_bits_whatever_the_blocks_compute_in(tmp_path, head_width):
    whole = trained(head_width=head_width)
    whole.save_pretrained(tmp_path)
    half = PaiTransformer3DModel.from_pretrained(tmp_path, torch_dtype=torch.bfloat16).eval()
    assert half.dtype == half.blocks[0].attn1.to_q.weight.dtype == torch.bfloat16
    references = noise(4, 2, 5, 1, 8, 12)
    found = asked(half, [5], references.bfloat16(), like=torch.bfloat16)
    assert found.dtype == torch.float32
    assert (found != found.bfloat16().float()).float().mean() > 0.9  # no steps of 16 bits
    assert torch.allclose(found, asked(whole, [5], references), atol=0.1)


def test_repeated_blocks_are_compiled_whole():
    torch.manual_seed(3)
    made = PaiTransformer3DModel(**TINY).eval()
    references = noise(4, 2, 5, 1, 8, 12)
    plain = asked(made, [5], references)
    made.compile_repeated_blocks(fullgraph=True, backend="eager")
    assert torch.allclose(asked(made, [5], references), plain, atol=1e-6)


def test_blocks_come_and_go_one_by_one():
    torch.manual_seed(4)
    made = PaiTransformer3DModel(**TINY).eval()
    references = noise(4, 2, 5, 1, 8, 12)
    plain = asked(made, [5], references)
    here = torch.device("cpu")
    made.enable_group_offload(here, here, offload_type="block_level", num_blocks_per_group=1)
    assert torch.equal(asked(made, [5], references), plain)

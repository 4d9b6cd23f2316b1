"""The cost model against the network itself: operations on the meta device, memory by tensors that are never filled.

The counter counts attention on a CPU as nothing, hence the meta device, where attention is two products of matrices.
"""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from torch._subclasses.fake_tensor import FakeTensorMode  # noqa: E402

from pai_studio.core.model.layout import Kind  # noqa: E402
from pai_studio.core.model.transformer import PaiTransformer3DModel  # noqa: E402
from pai_studio.core.plan.cost import (  # noqa: E402
    Architecture,
    forward_flops,
    kv_bytes,
    memory_bytes,
    remember_flops,
    step_flops,
)
from tests.core.plan import counting  # noqa: E402
from tests.core.plan.counting import (  # noqa: E402
    GUIDED,
    SMALL,
    SMALL_WINDOW,
    THIN,
    WIDE_480,
    WIDE_704,
    Asked,
    Live,
    on_meta,
)

SMALL_SHAPES = [(SMALL, SMALL_WINDOW), (SMALL, {"latents": 5, "grid": (4, 6)})]


def counted(run):
    with torch.no_grad():
        return counting.counted(run)


@pytest.mark.parametrize(("config", "window"), [({}, WIDE_480), (THIN, WIDE_704), *SMALL_SHAPES])
def test_a_joint_forward_does_as_many_operations_as_are_counted(config, window):
    asked = on_meta(config, window)
    found, _ = counted(asked.joint)
    assert forward_flops(asked.architecture, asked.tokens) == pytest.approx(found, rel=1e-6)


@pytest.mark.parametrize(
    ("config", "window"), [(THIN, WIDE_480), (THIN, WIDE_704 | {"half_foreground": True}), *SMALL_SHAPES]
)
def test_cached_attention_does_as_many_operations_as_are_counted(config, window):
    asked = on_meta(config | {"attention": "cached"}, window)
    once, cache = counted(asked.remember)
    step, _ = counted(lambda: asked.step(cache))
    assert remember_flops(asked.architecture, asked.tokens) == pytest.approx(once, rel=1e-6)
    assert step_flops(asked.architecture, asked.tokens) == pytest.approx(step, rel=1e-6)
    unreferenced, _ = counted(lambda: asked.step(cache.without(Kind.REFERENCE)))
    assert step_flops(asked.architecture, asked.tokens.unreferenced) == pytest.approx(unreferenced, rel=1e-6)


@pytest.mark.parametrize("config", [{}, SMALL, SMALL | {"head_width": 0, "matte_channels": 3}, GUIDED])
def test_parameters_are_counted_to_the_last_one(config):
    with torch.device("meta"):
        model = PaiTransformer3DModel(**config)
    found = sum(each.numel() for each in model.parameters())
    assert Architecture.of(model.config).parameters == found


@pytest.fixture(params=[torch.bfloat16, torch.float32], ids=["bfloat16", "float32"])
def value(request):
    """The type of everything that is made."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(request.param)
    yield request.param
    torch.set_default_dtype(before)


MEMORY = [(THIN, WIDE_480), (THIN, WIDE_704), (SMALL, SMALL_WINDOW)]


@pytest.mark.parametrize(("config", "window"), MEMORY)
def test_the_memory_of_a_joint_forward_is_what_its_tensors_take(config, window, value):
    size = value.itemsize
    with FakeTensorMode(), torch.no_grad():
        asked = Asked(config, window, torch.empty)
        with Live(asked.given()) as live:
            asked.joint()
        weights = sum(each.numel() for each in asked.model.parameters()) * size
    said = memory_bytes(asked.architecture, asked.tokens, cached=False, weight_bytes=size, value_bytes=size)
    assert said - weights == pytest.approx(live.peak, rel=0.1)


@pytest.mark.parametrize(("config", "window"), MEMORY)
def test_the_memory_of_cached_attention_is_what_its_tensors_take(config, window, value):
    size = value.itemsize
    with FakeTensorMode(), torch.no_grad():
        asked = Asked(config | {"attention": "cached"}, window, torch.empty)
        with Live(asked.given()) as first:
            cache = asked.remember()
        kept = [tensor for layer in cache.layers for pair in layer.values() for tensor in pair]
        with Live([*asked.given(), *kept]) as second:
            asked.step(cache)
        weights = sum(each.numel() for each in asked.model.parameters()) * size
        keys_and_values = cache.bytes
    assert keys_and_values == kv_bytes(asked.architecture, asked.tokens, size)
    said = memory_bytes(asked.architecture, asked.tokens, cached=True, weight_bytes=size, value_bytes=size)
    peak = max(first.peak, keys_and_values + second.peak)
    assert said - weights == pytest.approx(peak, rel=0.1)

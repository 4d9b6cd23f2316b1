"""The cost model against the network itself: operations on the meta device, memory by tensors that are never filled.

The counter counts attention on a CPU as nothing, hence the meta device, where attention is two products of matrices.
"""

from __future__ import annotations

import weakref

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from torch._subclasses.fake_tensor import FakeTensorMode  # noqa: E402
from torch.utils._python_dispatch import TorchDispatchMode  # noqa: E402
from torch.utils._pytree import tree_leaves  # noqa: E402
from torch.utils.flop_counter import FlopCounterMode  # noqa: E402

from pai_studio.core.model.clock import Clock  # noqa: E402
from pai_studio.core.model.layout import Kind, Window, lay_out  # noqa: E402
from pai_studio.core.model.transformer import Conditions, PaiTransformer3DModel  # noqa: E402
from pai_studio.core.plan.cost import (  # noqa: E402
    Architecture,
    Tokens,
    forward_flops,
    kv_bytes,
    memory_bytes,
    remember_flops,
    step_flops,
)

SMALL = {
    "patch_size": (1, 16, 16),
    "num_attention_heads": 6,
    "attention_head_dim": 64,
    "in_channels": 3,
    "out_channels": 3,
    "text_dim": 256,
    "ffn_dim": 1024,
    "num_layers": 3,
    "head_width": 32,
}
GUIDED = SMALL | {"head_features": 8, "guide_channels": 5}
SMALL_WINDOW = {"latents": 13, "grid": (9, 16), "references": 3, "history": 2, "keyframes": 3}
WIDE_480 = {"latents": 21, "grid": (15, 26), "references": 3}
WIDE_704 = {"latents": 21, "grid": (22, 40), "references": 1, "history": 3}
THIN = {"num_layers": 2}
"""Wan's width and few blocks: each of them costs the same."""

SMALL_SHAPES = [(SMALL, SMALL_WINDOW), (SMALL, {"latents": 5, "grid": (4, 6)})]


class Asked:
    """A model and what it is asked, with tensors that only `make` knows how to make."""

    def __init__(self, config, window, make, text_tokens=512):
        self.model = PaiTransformer3DModel(**config).eval()
        self.tokens = Tokens.of(**window)
        self.architecture = Architecture.of(self.model.config, text_tokens)
        latents, (rows, columns) = window["latents"], window["grid"]
        _, p, q = self.model.config.patch_size
        references, history = window.get("references", 0), window.get("history", 0)
        keyframes = window.get("keyframes", 0)
        half = window.get("half_foreground", False)
        self.layout = lay_out(
            Window(8, latents, history),
            window["grid"],
            range(references),
            Clock(1),
            half_foreground=half,
            keyframes=range(keyframes),
        )
        channels = self.model.config.in_channels

        def clean(count, part=1):
            shape = (1, channels + 1, count, rows * p // part, columns * q // part)
            return make(*shape) if count else None

        self.conditions = Conditions(clean(latents, 1 + half), clean(references), clean(history + keyframes))
        self.noise = make(1, channels, latents, rows * p, columns * q)
        self.time = make(1)
        self.text = make(1, text_tokens, self.model.config.text_dim)

    def joint(self):
        return self.model(self.noise, self.time, self.text, self.layout, self.conditions)

    def remember(self):
        return self.model.remember(self.conditions, self.layout, self.text)

    def step(self, cache):
        return self.model(self.noise, self.time, self.text, self.layout, cache=cache)

    def given(self):
        held = [self.noise, self.time, self.text, *self.conditions.by_kind().values()]
        return [*self.model.parameters(), *(each for each in held if each is not None)]


def on_meta(config, window):
    with torch.device("meta"):
        return Asked(config, window, torch.empty)


def counted(run):
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        out = run()
    return counter.get_total_flops(), out


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


class Live(TorchDispatchMode):
    """How many bytes of tensors live at once, besides those that were there before."""

    def __init__(self, given):
        super().__init__()
        self._seen = {each.untyped_storage()._cdata for each in given}
        self._now = self.peak = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(out):
            if isinstance(leaf, torch.Tensor):
                self._meet(leaf.untyped_storage())
        return out

    def _meet(self, storage):
        if storage._cdata in self._seen:
            return
        self._seen.add(storage._cdata)
        self._now += storage.nbytes()
        self.peak = max(self.peak, self._now)
        weakref.finalize(storage, self._forget, storage._cdata, storage.nbytes())

    def _forget(self, key, size):
        self._seen.discard(key)
        self._now -= size


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

"""What the cost model is held against: a network that is asked for nothing but its operations and its tensors."""

from __future__ import annotations

import weakref

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode

from pai_studio.core.model.clock import Clock
from pai_studio.core.model.layout import Window, lay_out
from pai_studio.core.model.transformer import Conditions, PaiTransformer3DModel
from pai_studio.core.plan.cost import Architecture, Tokens

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
            shape = (
                1,
                channels + self.architecture.told_channels,
                count,
                rows * p // part,
                columns * q // part,
            )
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
    """How many operations a run does, and what it gives."""
    with FlopCounterMode(display=False) as counter:
        out = run()
    return counter.get_total_flops(), out


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

"""A tiny transformer and what it is asked, for the tests of the model."""

from __future__ import annotations

import torch

from pai_studio.core.model.clock import Clock
from pai_studio.core.model.layout import Window, lay_out
from pai_studio.core.model.transformer import Conditions, PaiTransformer3DModel

TINY = {
    "num_attention_heads": 2,
    "attention_head_dim": 24,
    "in_channels": 4,
    "out_channels": 4,
    "text_dim": 16,
    "freq_dim": 32,
    "ffn_dim": 64,
    "num_layers": 3,
}
FOUR = Clock(4)
SHAPE = (2, 4, 3, 8, 12)
GRID = (4, 6)


def noise(seed, *shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def trained(seed=0, **more):
    """A model of random weights whose further layers have been trained away from where they begin."""
    torch.manual_seed(seed)
    made = PaiTransformer3DModel(**TINY, **more).eval()
    with torch.no_grad():
        made.condition_embedding.weight.add_(0.05 * torch.randn_like(made.condition_embedding.weight))
        made.type_embedding.normal_(std=0.2)
        if made.head is not None:
            made.head.layers[-1].weight.normal_(std=0.1)
    return made


def whole():
    """A layout with every kind of segment, and the latents for it."""
    layout = lay_out(Window(5, 3, history=2), GRID, [30, 5], FOUR, keyframes=[24])
    return layout, Conditions(noise(3, 2, 5, 3, 8, 12), noise(4, 2, 5, 2, 8, 12), noise(5, 2, 5, 3, 8, 12))


ASKED = {
    "hidden_states": noise(1, *SHAPE),
    "timestep": torch.tensor([300.0, 800.0]),
    "encoder_hidden_states": noise(2, 2, 7, 16),
}
NULL = noise(7, 1, 7, 16)

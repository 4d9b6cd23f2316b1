"""A folder as a model of our own kind is installed: the built-in size's parts, smaller and of random weights."""

from __future__ import annotations

from pathlib import Path

from pai_studio.core.model.checkpoint import build, save
from pai_studio.core.model.prompt import TextEncoder

NAME = "tiny-pai"
SMALL = {
    "patch_size": (1, 8, 8),
    "num_attention_heads": 2,
    "attention_head_dim": 24,
    "text_dim": 32,
    "freq_dim": 32,
    "ffn_dim": 64,
    "num_layers": 2,
    "head_width": 8,
    "head_features": 0,
    "guide_channels": 0,
    "guide": False,
    "half_foreground": True,
    "keyframe_step": 4,
    "references_most": 5,
    "area_px": 96 * 56,
    "grid_px": 8,
    "window_latents": 6,
    "ahead_latents": 1,
    "history_latents": 2,
    "steps": 2,
}


def tiny_pai(models: Path, *, name: str = NAME, seed: int = 0, **facts) -> Path:
    """Write one into `models`; `facts` go over its manifest and configuration. Returns its folder."""
    text = TextEncoder.small(seed, dim=32, length=64)
    bundle = build("tiny", seed, text=text, **SMALL | {"name": name} | facts)
    save(bundle, models / name)
    return models / name

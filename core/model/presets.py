"""The architectures that are known by name, and how each is sampled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pai_studio.core.model.manifest import GUIDE_CHANNELS


@dataclass(frozen=True, kw_only=True)
class Preset:
    """What a model is built of before it has learnt anything."""

    transformer: Mapping[str, Any]
    """The configuration of `PaiTransformer3DModel`, where it is not the default."""

    manifest: Mapping[str, Any]
    """The fields of `Manifest` that follow from the architecture and from how it is trained."""

    own_parts: bool
    """Whether codec and text encoder are made here too; else they come with converted weights."""


PRESETS = {
    "tiny": Preset(
        transformer={
            "patch_size": (1, 16, 16),
            "num_attention_heads": 4,
            "attention_head_dim": 64,
            "in_channels": 3,
            "out_channels": 3,
            "text_dim": 128,
            "freq_dim": 128,
            "ffn_dim": 768,
            "num_layers": 6,
            "matte_channels": 1,
            "guide_channels": GUIDE_CHANNELS,
            "attention": "cached",
            "head_width": 32,
            "head_features": 8,
            "scaled_noise": True,
        },
        manifest={
            "prediction": "sample",
            "shift": 1.0,
            "solver": "unipc",
            "steps": 8,
            "guidance": None,
            "guide": True,
            "half_foreground": False,
            "codec": "pixel",
            "window_latents": 9,
            "history_latents": 2,
            "ahead_latents": 1,
            "keyframe_step": 0,
            "references_most": 3,
            "area_px": 144 * 81,
            "grid_px": 16,
        },
        own_parts=True,
    ),
    "wan2.2-5b": Preset(
        transformer={},
        manifest={
            "prediction": "velocity",
            "shift": 5.0,
            "solver": "unipc",
            "steps": 40,
            "guidance": (2.0, 4.0),
            "codec": "wan",
            "window_latents": 21,
            "history_latents": 3,
            "ahead_latents": 1,
            "keyframe_step": 0,
            "references_most": 5,
            "area_px": 1280 * 704,
            "grid_px": 32,
        },
        own_parts=False,
    ),
}

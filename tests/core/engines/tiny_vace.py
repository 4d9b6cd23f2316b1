"""A folder as a VACE model is installed: the real classes of every part, tiny and random."""

from __future__ import annotations

from pathlib import Path

import torch
from diffusers import AutoencoderKLWan, UniPCMultistepScheduler, WanVACEPipeline, WanVACETransformer3DModel

from pai_studio.core.model.manifest import FILE, Manifest
from pai_studio.core.model.prompt import TextEncoder
from pai_studio.core.model.store import weigh

NAME = "tiny-vace"


def tiny_vace(models: Path, *, name: str = NAME, seed: int = 0, **facts) -> Path:
    """Write one into `models`; `facts` go into its manifest. Returns its folder."""
    text = TextEncoder.small(seed, dim=32, length=64)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        vae = AutoencoderKLWan(
            base_dim=3,
            z_dim=16,
            dim_mult=[1, 1, 1, 1],
            num_res_blocks=1,
            temperal_downsample=[False, True, True],
        )
        transformer = WanVACETransformer3DModel(
            patch_size=(1, 2, 2),
            num_attention_heads=2,
            attention_head_dim=12,
            in_channels=16,
            out_channels=16,
            text_dim=32,
            freq_dim=32,
            ffn_dim=32,
            num_layers=2,
            cross_attn_norm=True,
            qk_norm="rms_norm_across_heads",
            rope_max_seq_len=64,
            vace_layers=[0],
            vace_in_channels=2 * 16 + 64,
        )
    scheduler = UniPCMultistepScheduler(
        prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0
    )
    folder = models / name
    WanVACEPipeline(
        tokenizer=text.tokenizer,
        text_encoder=text.model,
        vae=vae,
        scheduler=scheduler,
        transformer=transformer,
    ).save_pretrained(folder, safe_serialization=True)
    told = {
        "name": name,
        "engine": "vace",
        "preset": "tiny",
        "licence": "Apache-2.0",
        "source": f"random weights from the seed {seed}",
        "trained_for": "none",
        "prediction": "velocity",
        "shift": 3.0,
        "guidance": (1.0, 3.0),
        "codec": "wan",
        "window_latents": 5,
        "history_latents": 1,
        "references_most": 2,
        "area_px": 64 * 48,
        "grid_px": 16,
    }
    manifest = Manifest(**told | facts, files=weigh(folder))
    (folder / FILE).write_text(manifest.to_json())
    return folder

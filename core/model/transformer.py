"""The transformer: Wan's classes, given one sequence of noise and conditions instead of one tensor of noise.

Only what Wan cannot do is written here: tokens of several kinds with positions of their own (`layout`), and modulation
that differs from segment to segment. Attention, norms, feed-forward and embeddings are the library's, so that its
attention backends, offloading, casting, caches and adapters go on working.

Legend of shapes: B batch, C latent channels, M matte channels, N latent frames of the window, (H, W) latent pixels,
(p, q) pixels of a token, S tokens, R modulation rows, D channels inside, L text tokens, K references.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from diffusers.configuration_utils import register_to_config
from diffusers.models.transformers.transformer_wan import WanTransformer3DModel, WanTransformerBlock
from torch import Tensor, nn

from pai_studio.core.model.layout import Kind, Layout, Row, rotary

Rotary = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class Conditions:
    """What is not noise: clean latents with their matte channels, (B, C + M, frames, H, W).

    `foreground` has N frames, and half the height and width where the layout says so; `references` has one frame for
    each of the K references, in the layout's order; `history` the frames before the window.
    """

    foreground: Tensor
    references: Tensor | None = None
    history: Tensor | None = None

    def by_kind(self) -> dict[Kind, Tensor | None]:
        """The latents by the kind of their segments."""
        return {
            Kind.FOREGROUND: self.foreground,
            Kind.REFERENCE: self.references,
            Kind.HISTORY: self.history,
        }


class PaiTransformerBlock(WanTransformerBlock):  # type: ignore[misc]
    """Wan's block, with a modulation row for each token instead of one for all."""

    def forward(
        self,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor,
        temb: Tensor,
        rotary_emb: Rotary,
        rows: Tensor,
    ) -> Tensor:
        """Tokens (B, S, D) from tokens, text (B, L, D), rows of modulation (B, R, 6, D) and each token's row (S,).

        The rows are spread over the tokens one factor at a time: all six at once would be six times the tokens.
        """
        table = self.scale_shift_table + temb.float()
        shift, scale, gate, feed_shift, feed_scale, feed_gate = table.unbind(2)

        normed = self.norm1(hidden_states.float()) * (1 + scale[:, rows]) + shift[:, rows]
        attended = self.attn1(normed.type_as(hidden_states), None, None, rotary_emb)
        hidden_states = (hidden_states.float() + attended * gate[:, rows]).type_as(hidden_states)

        normed = self.norm2(hidden_states.float()).type_as(hidden_states)
        hidden_states = hidden_states + self.attn2(normed, encoder_hidden_states, None, None)

        normed = self.norm3(hidden_states.float()) * (1 + feed_scale[:, rows]) + feed_shift[:, rows]
        fed = self.ffn(normed.type_as(hidden_states))
        out: Tensor = (hidden_states.float() + fed.float() * feed_gate[:, rows]).type_as(hidden_states)
        return out


class PaiTransformer3DModel(WanTransformer3DModel):  # type: ignore[misc]
    """Predicts the velocity of the noisy latents from all that is told of the shot, every token seeing every token.

    Without conditions it is Wan's own model. Beyond Wan's weights it has `condition_embedding`, the patch embedding of
    what is clean, whose further input channels are mattes, and `type_embedding`, (4, D). Both are to begin as Wan's
    copy and as zeros (`adopt_wan`).
    """

    _no_split_modules: ClassVar = ["PaiTransformerBlock"]
    _repeated_blocks: ClassVar = ["PaiTransformerBlock"]
    _skip_layerwise_casting_patterns: ClassVar = [
        *WanTransformer3DModel._skip_layerwise_casting_patterns,
        "condition_embedding",
        "type_embedding",
    ]

    @register_to_config  # type: ignore[untyped-decorator]
    def __init__(  # noqa: PLR0917 - a configuration, as the library has them
        self,
        patch_size: tuple[int, int, int] = (1, 2, 2),
        num_attention_heads: int = 24,
        attention_head_dim: int = 128,
        in_channels: int = 48,
        out_channels: int = 48,
        text_dim: int = 4096,
        freq_dim: int = 256,
        ffn_dim: int = 14336,
        num_layers: int = 30,
        cross_attn_norm: bool = True,
        qk_norm: str | None = "rms_norm_across_heads",
        eps: float = 1e-6,
        matte_channels: int = 1,
    ) -> None:
        """The defaults are Wan2.2-TI2V-5B's. Raises ValueError for patches of several latent frames."""
        if patch_size[0] != 1:
            raise ValueError("a token holds one latent frame: an anchor is a frame")
        # Undecorated: it would record its own arguments, none of our blocks among them, as the configuration.
        WanTransformer3DModel.__init__.__wrapped__(
            self,
            patch_size=patch_size,
            num_attention_heads=num_attention_heads,
            attention_head_dim=attention_head_dim,
            in_channels=in_channels,
            out_channels=out_channels,
            text_dim=text_dim,
            freq_dim=freq_dim,
            ffn_dim=ffn_dim,
            num_layers=0,
            cross_attn_norm=cross_attn_norm,
            qk_norm=qk_norm,
            eps=eps,
            rope_max_seq_len=1,
        )
        del self.rope  # it knows only grids that begin at 0
        width = num_attention_heads * attention_head_dim
        self.blocks = nn.ModuleList(
            PaiTransformerBlock(width, ffn_dim, num_attention_heads, qk_norm, cross_attn_norm, eps)
            for _ in range(num_layers)
        )
        self.condition_embedding = nn.Conv3d(in_channels + matte_channels, width, patch_size, patch_size)
        self.type_embedding = nn.Parameter(torch.zeros(len(Kind), width))
        self.adopt_wan()

    @torch.no_grad()
    def adopt_wan(self) -> None:
        """Begin where Wan ends: conditions are embedded as noise is, mattes and types tell nothing yet."""
        weight = torch.zeros_like(self.condition_embedding.weight)
        weight[:, : self.config.in_channels] = self.patch_embedding.weight
        self.condition_embedding.load_state_dict({"weight": weight, "bias": self.patch_embedding.bias})
        self.type_embedding.zero_()

    def enable_cache(self, config: Any) -> None:
        """Switch one of the library's caches on, which know only the blocks that they have been told of."""
        # Imported here: it loads every transformer that the library has.
        from diffusers.hooks._helpers import TransformerBlockMetadata, TransformerBlockRegistry  # noqa: PLC0415

        TransformerBlockRegistry.register(
            PaiTransformerBlock, TransformerBlockMetadata(return_hidden_states_index=0)
        )
        super().enable_cache(config)

    def forward(  # noqa: PLR0917 - the library's own order first
        self,
        hidden_states: Tensor,
        timestep: Tensor,
        encoder_hidden_states: Tensor,
        layout: Layout,
        conditions: Conditions | None = None,
        history_timestep: Tensor | None = None,
    ) -> Tensor:
        """The velocity (B, C, N, H, W) of the noisy latents `hidden_states`, of the same shape.

        `timestep` is (B,), in 0..1000; text `encoder_hidden_states` (B, L, text_dim). `layout` tells where every token
        stands, and must have the segments that `conditions` brings. History is noised to `history_timestep` (B,),
        clean where none is given.

        Raises ValueError where latents and layout do not have the same tokens.
        """
        tokens = self._tokens(hidden_states, conditions, layout)
        where = torch.as_tensor(layout.rows, device=tokens.device)
        row_embedding, modulation, text = self._modulation(timestep, history_timestep, encoder_hidden_states)
        turns = self._turns(layout, tokens.device)
        for block in self.blocks:
            if torch.is_grad_enabled() and self.gradient_checkpointing:
                tokens = self._gradient_checkpointing_func(block, tokens, text, modulation, turns, where)
            else:
                tokens = block(tokens, text, modulation, turns, where)
        (noisy,) = layout.spans(Kind.NOISY)
        return self._velocity(tokens[:, noisy], row_embedding[:, Row.TIMESTEP], hidden_states.shape)

    def _tokens(self, noisy: Tensor, conditions: Conditions | None, layout: Layout) -> Tensor:
        """The whole sequence (B, S, D) in the layout's order, types added."""
        latents = {Kind.NOISY: noisy, **(conditions.by_kind() if conditions else {})}
        types = self.type_embedding
        parts = []
        for kind in Kind:
            shapes = [segment.shape for segment in layout.segments if segment.kind is kind]
            given = latents.get(kind)
            if given is None and not shapes:
                continue
            embed = self.patch_embedding if kind is Kind.NOISY else self.condition_embedding
            grid = None if given is None else embed(given)
            _same_grid(kind, grid, shapes)
            assert grid is not None
            parts.append(grid.flatten(2).transpose(1, 2) + types[kind].type_as(grid))
        return torch.cat(parts, dim=1)

    def _modulation(
        self, timestep: Tensor, history_timestep: Tensor | None, text: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The rows' embeddings (B, R, D), their modulation (B, R, 6, D), and the projected text (B, L, D)."""
        clean = torch.zeros_like(timestep)
        by_row = {
            Row.TIMESTEP: timestep,
            Row.CLEAN: clean,
            Row.HISTORY: clean if history_timestep is None else history_timestep,
        }
        rows = torch.stack([by_row[row] for row in Row], dim=1)
        embedding, modulation, text, _ = self.condition_embedder(
            rows.flatten(), text, timestep_seq_len=len(Row)
        )
        return embedding, modulation.unflatten(2, (6, -1)), text

    def _turns(self, layout: Layout, device: torch.device) -> Rotary:
        """Rotary attention's cosines and sines, (1, S, 1, head channels): angles in float64, the rest in float32."""
        found = rotary(layout.positions, self.config.attention_head_dim)
        cos, sin = (torch.as_tensor(part, dtype=torch.float32, device=device) for part in found)
        return cos[None, :, None], sin[None, :, None]

    def _velocity(self, tokens: Tensor, row: Tensor, shape: torch.Size) -> Tensor:
        """Latents of a shape (B, C, N, H, W) from their tokens, modulated by the row (B, D) of the noise."""
        shift, scale = (self.scale_shift_table + row.unsqueeze(1)).chunk(2, dim=1)
        normed = self.norm_out(tokens.float()) * (1 + scale) + shift
        pixels = self.proj_out(normed.type_as(tokens))
        batch, _, frames, height, width = shape
        _, p, q = self.config.patch_size
        grid: Tensor = pixels.reshape(batch, frames, height // p, width // q, p, q, -1)
        return grid.permute(0, 6, 1, 2, 4, 3, 5).reshape(batch, -1, frames, height, width)


def _same_grid(kind: Kind, grid: Tensor | None, shapes: list[tuple[int, int, int]]) -> None:
    """Raise ValueError where tokens (B, D, n, h, w) are not those of a kind's segments, (n, h, w) each."""
    wanted = (sum(shape[0] for shape in shapes), *shapes[0][1:]) if shapes else None
    found = None if grid is None else tuple(grid.shape[2:])
    if found != wanted:
        raise ValueError(f"the layout has {wanted} tokens of {kind.name.lower()}, the latents {found}")

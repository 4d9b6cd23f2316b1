"""The transformer: Wan's classes, given one sequence of noise and conditions instead of one tensor of noise.

Only what Wan cannot do is written here: tokens of several kinds with positions of their own (`layout`), modulation that
differs from segment to segment, and conditions that are computed once for all steps (`attention`). Norms, feed-forward
and embeddings are the library's, so that its attention backends, offloading, casting, caches, adapters and context
parallelism go on working.

Legend of shapes: B batch, C latent channels, M matte channels, G guide channels, N latent frames of the window, (H, W)
latent pixels, (p, q) pixels of a token, S tokens, R modulation rows, D channels inside, L text tokens, K references.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

import torch
from diffusers.configuration_utils import register_to_config
from diffusers.models._modeling_parallel import ContextParallelInput, ContextParallelOutput
from diffusers.models.transformers.transformer_wan import WanTransformer3DModel, WanTransformerBlock
from torch import Tensor, nn

from pai_studio.core.model.attention import Cache, KeysValues, Rotary, SegmentAttention
from pai_studio.core.model.head import PixelHead
from pai_studio.core.model.layout import Kind, Layout, Row
from pai_studio.core.model.sampler import TIMESTEPS

Attention = Literal["bidirectional", "cached"]
"""Who sees whom. `bidirectional`, the paper's: every token sees every token. `cached`: each segment of conditions sees
only itself and no prompt, so that its keys and values are the same at every step, and noise sees all. A model is
trained for one of them."""


@dataclass(frozen=True)
class Conditions:
    """What is not noise: clean latents with their matte and guide channels, (B, C + M + G, frames, H, W).

    `foreground` has N frames, and half the height and width where the layout says so. The others have no matte and no
    guide: `references` has one frame for each of the K references, in the layout's order; `history` the frames before
    the window, then the keyframes.
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

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.attn1.set_processor(SegmentAttention())

    def forward(  # noqa: PLR0917 - the library's own order first
        self,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor,
        temb: Tensor,
        rotary_emb: Rotary,
        rows: Tensor | None = None,
        sizes: Sequence[int] | None = None,
        further: Sequence[KeysValues] = (),
    ) -> Tensor | tuple[Tensor, Tensor, Tensor]:
        """Tokens (B, S, D) from tokens, text (B, L, D), rows of modulation (B, R, 6, D) and each token's row (S,).

        Without `rows` all tokens are of the first. `sizes` and `further` are those of `SegmentAttention`: with `sizes`
        keys and values come too. The rows are spread over the tokens one factor at a time: all six at once would be six
        times the tokens.
        """
        table = self.scale_shift_table + temb.float()
        shift, scale, gate, feed_shift, feed_scale, feed_gate = table.unbind(2)
        at = (slice(None), slice(0, 1) if rows is None else rows)

        normed = self.norm1(hidden_states.float()) * (1 + scale[at]) + shift[at]
        seen: dict[str, Any] = {"sizes": sizes, "further": further}
        attended = self.attn1(normed.type_as(hidden_states), None, None, rotary_emb, **seen)
        if sizes is not None:
            attended, key, value = attended
        hidden_states = (hidden_states.float() + attended * gate[at]).type_as(hidden_states)

        normed = self.norm2(hidden_states.float()).type_as(hidden_states)
        hidden_states = hidden_states + self.attn2(normed, encoder_hidden_states, None, None)

        normed = self.norm3(hidden_states.float()) * (1 + feed_scale[at]) + feed_shift[at]
        fed = self.ffn(normed.type_as(hidden_states))
        out: Tensor = (hidden_states.float() + fed.float() * feed_gate[at]).type_as(hidden_states)
        return out if sizes is None else (out, key, value)


class PaiTransformer3DModel(WanTransformer3DModel):  # type: ignore[misc]
    """Predicts what the noisy latents hold (their velocity, or the clean latents) from all that is told of the shot.

    Without conditions it is Wan's own model. Beyond Wan's weights it has `condition_embedding`, the patch embedding of
    what is clean, whose further input channels are mattes, and `type_embedding`, (4, D). Both are to begin as Wan's
    copy and as zeros (`adopt_wan`). A model in pixel space may have a `head` too.
    """

    _no_split_modules: ClassVar = ["PaiTransformerBlock"]
    _repeated_blocks: ClassVar = ["PaiTransformerBlock"]
    _skip_layerwise_casting_patterns: ClassVar = [
        *WanTransformer3DModel._skip_layerwise_casting_patterns,
        "condition_embedding",
        "type_embedding",
    ]
    # What is said last is the picture, in pixel space: 16 bits would show as steps in its gradients. The library casts
    # these no further down either.
    _keep_in_fp32_modules: ClassVar = [*WanTransformer3DModel._keep_in_fp32_modules, "proj_out", "head"]
    # Tokens are shared out among processes once, before the first block; their rows and positions for every block.
    _cp_plan: ClassVar = {
        "blocks.0": {"hidden_states": ContextParallelInput(split_dim=1, expected_dims=3)},
        "blocks.*": {
            "rotary_emb": [ContextParallelInput(split_dim=1, expected_dims=4)] * 2,
            "rows": ContextParallelInput(split_dim=0, expected_dims=1),
        },
        "sequence": ContextParallelOutput(gather_dim=1, expected_dims=3),
    }

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
        attention: Attention = "bidirectional",
        head_width: int = 0,
        head_features: int = 0,
        guide_channels: int = 0,
        scaled_noise: bool = False,
    ) -> None:
        """The defaults are Wan2.2-TI2V-5B's; a `head_width` above 0 gives it a `PixelHead`, to which the transformer
        tells `head_features` of each pixel beside its picture. `guide_channels` are told of the plate after its
        mattes. With `scaled_noise` it sees noisy latents times their share of signal, 1 - sigma: what is nothing but
        noise tells it nothing, and a picture made in one step has no trace of the noise that it was begun from.

        Raises ValueError for patches of several latent frames, and for an unknown attention.
        """
        if patch_size[0] != 1:
            raise ValueError("a token holds one latent frame: an anchor is a frame")
        if head_features and not head_width:
            raise ValueError("features are told to a head: a model without one has none")
        if attention not in get_args(Attention):
            raise ValueError(f"attention is one of {get_args(Attention)}, not {attention!r}")
        # Undecorated: it would record its own arguments, none of our blocks among them, as the configuration.
        WanTransformer3DModel.__init__.__wrapped__(
            self,
            patch_size=patch_size,
            num_attention_heads=num_attention_heads,
            attention_head_dim=attention_head_dim,
            in_channels=in_channels,
            out_channels=out_channels + head_features,
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
        self.sequence = nn.Identity()  # where a sequence that was shared out is put together again
        told = in_channels + matte_channels + guide_channels
        self.condition_embedding = nn.Conv3d(told, width, patch_size, patch_size)
        self._scales_noise = scaled_noise
        self.type_embedding = nn.Parameter(torch.zeros(len(Kind), width))
        more = {"features": head_features, "mattes": matte_channels, "guide": guide_channels}
        self.head = PixelHead(out_channels, head_width, **more) if head_width else None
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
        hidden_states: Tensor | None,
        timestep: Tensor | None,
        encoder_hidden_states: Tensor | None,
        layout: Layout,
        conditions: Conditions | None = None,
        history_timestep: Tensor | None = None,
        *,
        null_text: Tensor | None = None,
        cache: Cache | None = None,
        with_own: bool = False,
    ) -> Tensor | Cache | tuple[Tensor, Tensor]:
        """What it predicts, (B, C, N, H, W), of the noisy latents `hidden_states`, of the same shape.

        `timestep` is (B,), in 0..1000; text `encoder_hidden_states` (B, L, text_dim). `layout` tells where every token
        stands, and must have the segments that `conditions` brings. History is noised to `history_timestep` (B,),
        clean where none is given. A model of `cached` attention takes the `cache` that `remember` has made, or makes
        its own from `conditions` and `null_text` (1 or B, L, text_dim), the embedding of an empty prompt. Asked with
        no latents, time and text it gives that cache, which is how `remember` comes to it. `with_own` gives the head's
        own picture beside what it predicts; without a head that is the same.

        Raises ValueError where latents and layout do not have the same tokens.
        """
        if hidden_states is None or timestep is None or encoder_hidden_states is None:
            return self._remembered(conditions, layout, null_text, history_timestep)
        hidden_states = self._seen(hidden_states, timestep)
        is_cached = self.config.attention == "cached"
        if is_cached and cache is None and conditions is not None:
            cache = self._remembered(conditions, layout, null_text, history_timestep)
        kinds = (Kind.NOISY,) if is_cached else tuple(Kind)
        given: dict[Kind, Tensor | None] = {Kind.NOISY: hidden_states}
        if conditions is not None and not is_cached:
            given |= conditions.by_kind()
        layout = layout.only(kinds)
        tokens = self._tokens(given, layout)
        embedding, modulation, text = self._modulation(timestep, history_timestep, encoder_hidden_states)
        turns = self._turns(layout, tokens.device)
        rows = None if is_cached else torch.as_tensor(layout.rows, device=tokens.device)
        for index, block in enumerate(self.blocks):
            further = tuple(cache.layers[index].values()) if cache else ()
            tokens = self._run(block, tokens, text, modulation, turns, rows, None, further)
        tokens = self.sequence(tokens)
        (noisy,) = layout.spans(Kind.NOISY)
        found = self._unpatched(tokens[:, noisy], embedding[:, Row.TIMESTEP], hidden_states.shape)
        if self.head is None:
            return (found, found) if with_own else found
        foreground = cache.foreground if cache else None if conditions is None else conditions.foreground
        out, own = self.head(found, foreground, hidden_states)
        return (out, own) if with_own else out

    def _seen(self, noisy: Tensor, timestep: Tensor) -> Tensor:
        """Noisy latents (B, C, N, H, W) as the network sees them."""
        if not self._scales_noise:
            return noisy
        signal = 1 - timestep.reshape(-1, 1, 1, 1, 1) / TIMESTEPS
        return (noisy * signal).type_as(noisy)

    def remember(
        self,
        conditions: Conditions,
        layout: Layout,
        null_text: Tensor | None,
        history_timestep: Tensor | None = None,
    ) -> Cache:
        """The keys and values of a window's conditions, for every step, prompt and guidance branch.

        Raises ValueError for a model that is not of `cached` attention, and without `null_text`.
        """
        # By a call, as what a hook does for the whole model, such as bringing it to a device, is done around calls.
        found: Cache = self(None, None, None, layout, conditions, history_timestep, null_text=null_text)
        return found

    def _remembered(
        self,
        conditions: Conditions | None,
        layout: Layout,
        null_text: Tensor | None,
        history_timestep: Tensor | None,
    ) -> Cache:
        if self.config.attention != "cached" or null_text is None or conditions is None:
            raise ValueError("conditions are kept by a model of cached attention, under the null text")
        layout = layout.only(tuple(kind for kind in Kind if kind is not Kind.NOISY))
        tokens = self._tokens(conditions.by_kind(), layout)
        batch = len(tokens)
        clean = torch.zeros(batch, device=tokens.device)
        _, modulation, text = self._modulation(clean, history_timestep, null_text.expand(batch, -1, -1))
        cos, sin = self._turns(layout, tokens.device)
        rows = torch.as_tensor(layout.rows, device=tokens.device)
        sizes = [segment.tokens for segment in layout.segments]
        order = self._shared_out(sizes)
        if order is not None:
            order = order.to(tokens.device)
            tokens, cos, sin, rows = tokens[:, order], cos[:, order], sin[:, order], rows[order]
        kinds = [segment.kind for segment in layout.segments]
        layers = []
        with self._apart():
            for block in self.blocks:
                told = tokens, text, modulation, (cos, sin), rows, sizes
                tokens, keys, values = self._run(block, *told)
                layers.append(_by_kind(keys, values, kinds, sizes))
        return Cache(tuple(layers), conditions.foreground)

    def _run(self, block: Callable[..., Any], *arguments: Any) -> Any:
        """A block's output; where gradients are checkpointed it is computed again when they are."""
        if torch.is_grad_enabled() and self.gradient_checkpointing:
            return self._gradient_checkpointing_func(block, *arguments)
        return block(*arguments)

    @contextmanager
    def _apart(self) -> Iterator[None]:
        """Without the library's caches, which compare steps; they begin anew with the window's first."""
        config = self._cache_config
        if config is None:
            yield
            return
        self.disable_cache()
        try:
            yield
        finally:
            self.enable_cache(config)

    def _shared_out(self, sizes: Sequence[int]) -> Tensor | None:
        """The order in which an even split among processes gives each its part of every segment; None for one.

        Raises ValueError where a segment does not divide.
        """
        shared = getattr(self._parallel_config, "context_parallel_config", None)
        if shared is None:
            return None
        degree = shared.ulysses_degree * shared.ring_degree
        if any(size % degree for size in sizes):
            raise ValueError(
                f"segments of {list(sizes)} tokens cannot be shared out among {degree} processes"
            )
        parts = [each.unflatten(0, (degree, -1)) for each in torch.arange(sum(sizes)).split(list(sizes))]
        return torch.cat(parts, dim=1).flatten()

    def _tokens(self, latents: Mapping[Kind, Tensor | None], layout: Layout) -> Tensor:
        """The whole sequence (B, S, D) in the layout's order, types added."""
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
        found = layout.turns(self.config.attention_head_dim)
        cos, sin = (torch.as_tensor(part, device=device) for part in found)
        return cos[None, :, None], sin[None, :, None]

    def _unpatched(self, tokens: Tensor, row: Tensor, shape: torch.Size) -> Tensor:
        """Latents of a shape (B, C, N, H, W) from their tokens, modulated by the row (B, D) of the noise."""
        shift, scale = (self.scale_shift_table + row.unsqueeze(1)).chunk(2, dim=1)
        normed = self.norm_out(tokens.float()) * (1 + scale) + shift
        pixels = self.proj_out(normed.to(self.proj_out.weight.dtype))
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


def _by_kind(
    keys: Tensor, values: Tensor, kinds: Sequence[Kind], sizes: Sequence[int]
) -> dict[Kind, KeysValues]:
    """Keys and values (B, S, H, E) of a block by the kind of their segments, of which this process has its part."""
    total = sum(sizes)
    found: dict[Kind, KeysValues] = {}
    first = 0
    for kind in dict.fromkeys(kinds):
        whole = sum(size for each, size in zip(kinds, sizes, strict=True) if each is kind)
        last = first + whole * keys.shape[1] // total
        found[kind] = keys[:, first:last], values[:, first:last]
        first = last
    return found

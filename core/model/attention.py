"""Attention by segments: each condition to itself once, the noise to itself and to all that was kept of them.

Legend of shapes: B batch, S tokens, D channels, H heads, E channels of a head.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from diffusers.models.attention_dispatch import dispatch_attention_fn
from torch import Tensor

from pai_studio.core.model.layout import Kind

Rotary = tuple[Tensor, Tensor]
KeysValues = tuple[Tensor, Tensor]
"""Keys, turned to their positions, and values: (B, S, H, E) each."""


@dataclass(frozen=True)
class Cache:
    """What a window's conditions say to its noise: the same at every step, for every prompt and guidance branch.

    `layers` has the keys and values of each block by the kind of condition; `foreground` is what is told of the
    plate (B, C + M + G, N, h, w), for a model with a pixel head.
    """

    layers: tuple[Mapping[Kind, KeysValues], ...]
    foreground: Tensor | None = None

    def without(self, *kinds: Kind) -> Cache:
        """The same without some kinds, for a guidance branch that is not told of them; nothing is copied."""
        kept = tuple(
            {kind: each for kind, each in layer.items() if kind not in kinds} for layer in self.layers
        )
        return Cache(kept, self.foreground)

    @property
    def bytes(self) -> int:
        """How much memory the keys and values take."""
        tensors = (tensor for layer in self.layers for pair in layer.values() for tensor in pair)
        return sum(tensor.nbytes for tensor in tensors)


class SegmentAttention:
    """Wan's self-attention for tokens that do not all see one another.

    With `sizes` the tokens are conditions, segment after segment: each attends only to itself, and what is attended
    comes with the keys and values of all. With `further` they are noise, which attends to itself and to what was kept.
    """

    _attention_backend: ClassVar[Any] = None
    _parallel_config: ClassVar[Any] = None

    def __call__(  # noqa: PLR0917 - the library's own order first
        self,
        attn: Any,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor | None = None,  # noqa: ARG002
        attention_mask: Tensor | None = None,  # noqa: ARG002
        rotary_emb: Rotary | None = None,
        sizes: Sequence[int] | None = None,
        further: Sequence[KeysValues] = (),
    ) -> Tensor | tuple[Tensor, Tensor, Tensor]:
        """Attended tokens (B, S, D) from tokens (B, S, D); with `sizes` the keys and values (B, S, H, E) too."""
        query, key, value = (part.unflatten(2, (attn.heads, -1)) for part in _projected(attn, hidden_states))
        if rotary_emb is not None:
            query, key = turned(query, rotary_emb), turned(key, rotary_emb)
        if sizes is None:
            keys = torch.cat([key, *(pair[0] for pair in further)], dim=1) if further else key
            values = torch.cat([value, *(pair[1] for pair in further)], dim=1) if further else value
            return _out(attn, self._attend(query, keys, values))
        # Where the sequence is shared out, every process has its part of every segment.
        mine = [size * query.shape[1] // sum(sizes) for size in sizes]
        parts = (part.split(mine, dim=1) for part in (query, key, value))
        attended = torch.cat([self._attend(*each) for each in zip(*parts, strict=True)], dim=1)
        return _out(attn, attended), key, value

    def _attend(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        out: Tensor = dispatch_attention_fn(
            query, key, value, backend=self._attention_backend, parallel_config=self._parallel_config
        )
        return out


def turned(tokens: Tensor, rotary: Rotary) -> Tensor:
    """Heads (B, S, H, E) turned by the cosines and sines (1, S, 1, E) of their positions, pair of channels by pair."""
    cos, sin = (part[..., 0::2] for part in rotary)
    first, second = tokens[..., 0::2], tokens[..., 1::2]
    pairs = torch.stack([first * cos - second * sin, first * sin + second * cos], dim=-1)
    return pairs.flatten(-2).type_as(tokens)


def _out(attn: Any, attended: Tensor) -> Tensor:
    """Tokens (B, S, D) of what the heads (B, S, H, E) attended to."""
    out: Tensor = attn.to_out[1](attn.to_out[0](attended.flatten(2)))
    return out


def _projected(attn: Any, tokens: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    if attn.fused_projections:
        query, key, value = attn.to_qkv(tokens).chunk(3, dim=-1)
    else:
        query, key, value = attn.to_q(tokens), attn.to_k(tokens), attn.to_v(tokens)
    return attn.norm_q(query), attn.norm_k(key), value

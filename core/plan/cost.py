"""What the transformer costs, before it is run: floating point operations, memory and time.

Operations are those of matrix products and convolutions, two for each multiplication with its addition, as torch's
own counter has them; norms, activations and rotations are a few thousandths and left out. Everything is for one shot
at a time, a batch of 1.

Legend: S tokens, N noisy ones, L text tokens, D channels inside, F channels of the feed-forward.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

ROWS = 3
"""Modulation rows, as many as the sequence has levels of noise."""

_KINDS = 4
"""Type embeddings: noise, foreground, reference, history."""

_FLOAT_BYTES = 4
"""Norms and modulation compute in single precision, whatever the weights are."""


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """A transformer's measures."""

    layers: int
    heads: int
    head_channels: int
    ffn: int
    text_channels: int
    time_channels: int
    in_channels: int
    out_channels: int
    matte_channels: int
    patch_px: int
    """Latent pixels of a token."""

    pixel_head: int = 0
    """Channels of the convolutions over its picture; 0: it has none."""

    head_features: int = 0
    """What the transformer tells them of each pixel, beside its picture."""

    guide_channels: int = 0
    """What is told of a guide beside the plate and its mattes; 0: it takes none."""

    text_tokens: int = 512

    @classmethod
    def of(cls, config: Mapping[str, Any], text_tokens: int = 512) -> Architecture:
        """From what a model's own `transformer/config.json` says. Raises KeyError where something is missing."""
        depth, height, width = config["patch_size"]
        return cls(
            layers=config["num_layers"],
            heads=config["num_attention_heads"],
            head_channels=config["attention_head_dim"],
            ffn=config["ffn_dim"],
            text_channels=config["text_dim"],
            time_channels=config["freq_dim"],
            in_channels=config["in_channels"],
            out_channels=config["out_channels"],
            matte_channels=config["matte_channels"],
            patch_px=depth * height * width,
            pixel_head=config["head_width"],
            head_features=config.get("head_features", 0),  # models from before have none
            guide_channels=config.get("guide_channels", 0),
            text_tokens=text_tokens,
        )

    @property
    def width(self) -> int:
        """D."""
        return self.heads * self.head_channels

    @property
    def parameters(self) -> int:
        """How many numbers its weights are."""
        d, into = self.width, self.in_channels * self.patch_px
        told = self.told_channels * self.patch_px
        embeddings = 2 * (into * d + d) + told * d + _KINDS * d
        text_and_time = (
            self.text_channels * d + self.time_channels * d + 2 * d * d + 4 * d + 6 * d * d + 6 * d
        )
        attention = 4 * (d * d + d) + 2 * d
        feed_forward = 2 * d * self.ffn + self.ffn + d
        block = 2 * attention + 2 * d + feed_forward + 6 * d
        last = 2 * d + (d + 1) * self.said_channels * self.patch_px
        return embeddings + text_and_time + self.layers * block + last + self._head_parameters

    @property
    def told_channels(self) -> int:
        """Of a pixel of the plate, beside its picture: mattes and guide."""
        return self.matte_channels + self.guide_channels

    @property
    def said_channels(self) -> int:
        """What the transformer itself tells of a pixel."""
        return self.out_channels + self.head_features

    @property
    def head_products(self) -> int:
        """Weights of the convolutions over the picture: products for each pixel."""
        wide = self.pixel_head
        return 9 * wide * (self.head_sees + wide + self._head_out)

    @property
    def head_sees(self) -> int:
        """Channels that go into the convolutions: what the transformer says, what is told of the plate, the noise."""
        return 2 * self.out_channels + self.in_channels + self.head_features + self.told_channels

    @property
    def _head_out(self) -> int:
        """What the convolutions give: what to add, a gain for each source of detail, how much a guide changes."""
        return self.out_channels * (4 if self.guide_channels else 2)

    @property
    def _head_parameters(self) -> int:
        return self.head_products + 2 * self.pixel_head + self._head_out if self.pixel_head else 0


@dataclass(frozen=True)
class Tokens:
    """How many tokens each segment of a window's sequence has."""

    noisy: int
    foreground: int = 0
    references: tuple[int, ...] = ()
    history: tuple[int, ...] = ()
    """The run of latents before the window, then each keyframe."""

    @classmethod
    def of(
        cls,
        latents: int,
        grid: tuple[int, int],
        *,
        references: int = 0,
        history: int = 0,
        keyframes: int = 0,
        half_foreground: bool = False,
    ) -> Tokens:
        """Those of a window of `latents` on a grid (rows, columns) of tokens, with its conditions.

        Raises ValueError for an odd grid that is to be halved.
        """
        rows, columns = grid
        if half_foreground and (rows % 2 or columns % 2):
            raise ValueError(f"a foreground at half resolution needs an even grid, not {rows} x {columns}")
        one = rows * columns
        run = (history * one,) if history else ()
        foreground = latents * one // (4 if half_foreground else 1)
        return cls(latents * one, foreground, (one,) * references, (*run, *(one,) * keyframes))

    @property
    def conditions(self) -> tuple[int, ...]:
        """The segments of all that is not noise."""
        return tuple(filter(None, (self.foreground, *self.references, *self.history)))

    @property
    def total(self) -> int:
        """S."""
        return self.noisy + sum(self.conditions)

    @property
    def unreferenced(self) -> Tokens:
        """The same without references: what a guidance branch is asked."""
        return replace(self, references=())

    @property
    def plain(self) -> Tokens:
        """Noise alone: what the same window of text-to-video has."""
        return Tokens(self.noisy)


def forward_flops(model: Architecture, tokens: Tokens) -> int:
    """One forward in which every token sees every token."""
    return (
        _embedded(model, tokens.noisy, sum(tokens.conditions))
        + _blocks(model, tokens.total, tokens.total**2)
        + _said(model, tokens.noisy)
    )


def remember_flops(model: Architecture, tokens: Tokens) -> int:
    """`cached` attention's first part, once for a window: each condition segment sees itself."""
    conditions = tokens.conditions
    return _embedded(model, 0, sum(conditions)) + _blocks(
        model, sum(conditions), sum(size**2 for size in conditions)
    )


def step_flops(model: Architecture, tokens: Tokens) -> int:
    """`cached` attention's second part, once for a step and guidance branch: noise sees itself and what was kept."""
    pairs = tokens.noisy * tokens.total
    return (
        _embedded(model, tokens.noisy, 0) + _blocks(model, tokens.noisy, pairs) + _said(model, tokens.noisy)
    )


def sampling_flops(
    model: Architecture,
    windows: Iterable[Tokens],
    steps: int,
    *,
    cached: bool,
    branches: Collection[str] = ("all",),
) -> int:
    """All forwards of a shot's windows, one a step for each guidance branch, as the sampler names them.

    The branch "plain" has no references; the others cost the same.
    """
    evaluate = step_flops if cached else forward_flops
    total = 0
    for tokens in windows:
        told = (tokens.unreferenced if branch == "plain" else tokens for branch in branches)
        total += steps * sum(evaluate(model, each) for each in told)
        total += remember_flops(model, tokens) if cached else 0
    return total


def seconds(flops: float, device_flops: float) -> float:
    """How long that takes at `device_flops` operations a second: what a device is seen to do, not what it is sold as.

    Raises ValueError for a device that does nothing.
    """
    if device_flops <= 0:
        raise ValueError(f"no device does {device_flops} operations a second")
    return flops / device_flops


def kv_bytes(model: Architecture, tokens: Tokens, value_bytes: int = 2) -> int:
    """The keys and values that `cached` attention keeps of a window's conditions, exactly."""
    return 2 * model.layers * sum(tokens.conditions) * model.width * value_bytes


def memory_bytes(
    model: Architecture, tokens: Tokens, *, cached: bool, weight_bytes: int = 2, value_bytes: int = 2
) -> int:
    """An estimate of what one forward holds at most: weights, values, and what is kept of the conditions.

    Values are those of the tensors that live at once in the block's most crowded moments, as the code stands. Not in it
    are codec and text encoder, the device's own context, and what an allocator leaves unused between its blocks.
    """
    weights = model.parameters * weight_bytes
    if not cached:
        return weights + max(
            _block_bytes(model, tokens.total, 0, value_bytes),
            _head_bytes(model, tokens.total, tokens.noisy, value_bytes),
        )
    busiest = max(
        _block_bytes(model, sum(tokens.conditions), 0, value_bytes),
        _block_bytes(model, tokens.noisy, tokens.total, value_bytes),
        _head_bytes(model, tokens.noisy, tokens.noisy, value_bytes),
    )
    return weights + kv_bytes(model, tokens, value_bytes) + busiest


def _embedded(model: Architecture, noisy: int, conditions: int) -> int:
    """Patches, the text and the modulation rows, before the first block."""
    d, px = model.width, model.patch_px
    patches = noisy * model.in_channels + conditions * (model.in_channels + model.told_channels)
    rows = ROWS * (model.time_channels * d + d * d + 6 * d * d)
    text = model.text_tokens * (model.text_channels * d + d * d)
    return 2 * (patches * px * d + rows + text)


def _blocks(model: Architecture, tokens: int, pairs: int) -> int:
    """All blocks over some tokens, of which so many pairs of one that asks and one that is seen attend."""
    d, text = model.width, model.text_tokens
    projections = 4 * tokens * d * d + 2 * tokens * d * d + 2 * text * d * d
    attention = 2 * pairs * d + 2 * tokens * text * d
    feed_forward = 2 * tokens * d * model.ffn
    return 2 * model.layers * (projections + attention + feed_forward)


def _said(model: Architecture, noisy: int) -> int:
    """The picture from the last tokens, and the convolutions over it."""
    return 2 * noisy * model.patch_px * (model.width * model.said_channels + model.head_products)


def _block_bytes(model: Architecture, tokens: int, seen: int, value: int) -> int:
    """What lives at most within a block of `tokens`, where attention puts `seen` keys and values together (0: none).

    Three moments: modulating before the feed-forward, attending, and within the feed-forward, whose activation has
    its input beside its output. Rotary attention's table is always there.
    """
    d = model.width
    cast = value if value < _FLOAT_BYTES else 0
    modulating = tokens * d * (6 * _FLOAT_BYTES + 2 * value)
    attending = tokens * d * (_FLOAT_BYTES + cast + 6 * value) + 2 * seen * d * value
    feeding = tokens * (d * (_FLOAT_BYTES + cast + 3 * value) + 2 * model.ffn * value)
    return max(modulating, attending, feeding) + 2 * _FLOAT_BYTES * tokens * model.head_channels


def _head_bytes(model: Architecture, tokens: int, noisy: int, value: int) -> int:
    """What lives at most while the pixel head works, beside the last of `tokens` and their rotary table.

    The transformer's picture, what is told of the plate and the subject, in single precision; what the head sees; and
    two of its layers.
    """
    if not model.pixel_head:
        return 0
    cast = _FLOAT_BYTES if value < _FLOAT_BYTES else 0
    pictures = model.said_channels * (value + cast) + (model.in_channels + model.told_channels) * cast
    pictures += model.in_channels * _FLOAT_BYTES  # the subject
    held = pictures + value * (model.head_sees + 2 * model.pixel_head)
    left = tokens * (model.width * value + 2 * _FLOAT_BYTES * model.head_channels)
    return noisy * model.patch_px * held + left

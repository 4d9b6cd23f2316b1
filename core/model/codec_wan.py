"""Wan's video autoencoder as a codec: one causal stream over a whole shot, tile by tile.

The library's own `encode` and `decode` take a clip at once and forget it; here the features that its causal
convolutions look back to are kept between pushes, for every tile of the picture apart. Both forms work: Wan2.2's
(residual blocks, patches of 2, 48 channels, 4x16x16) and Wan2.1's (16 channels, 4x8x8). Shapes as in `codec`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import torch
from diffusers import AutoencoderKLWan
from diffusers.models.autoencoders.autoencoder_kl_wan import WanCausalConv3d, patchify, unpatchify
from safetensors import SafetensorError
from torch import Tensor, nn

from pai_studio.core.model.clock import Clock
from pai_studio.core.model.codec import Preview, check_pictures, linear_preview, shrunk
from pai_studio.core.model.device import ran_out
from pai_studio.core.model.tiles import LEAST, Tiles, cut
from pai_studio.core.shot.errors import BadInput, NotFound

Kept = Tensor | str | None
_REPEAT = "Rep"
"""The library's own mark, in the place of features, of a layer that doubles time and has seen the first frame only."""


class WanCodec:
    """Pictures to normalised latents and back, `tile_px` pixels of the picture at a time, or all for None.

    The network works in its own type on its own device; what streams give is float32 and on that device. Memory goes
    with the tile: what each of them carries on, which is gigabytes, waits in main memory for its turn. Attention inside
    the network sees one tile only, so that tiles are near what the whole gives and not the same: their overlaps are
    blended; see `tiles`.
    """

    def __init__(self, vae: AutoencoderKLWan, *, tile_px: int | None = None) -> None:
        """Takes the network over, which is not trained from here on.

        Raises ValueError for a `tile_px` off the grid or below `LEAST` latent pixels, or latents without statistics.
        """
        config = vae.config
        self.vae = vae.eval().requires_grad_(False)
        self.patch = config.patch_size or 1
        self.clock = Clock(2 ** sum(config.temperal_downsample))
        self.channels: int = config.z_dim
        self.spatial: int = self.patch * 2 ** (len(config.dim_mult) - 1)
        if len(config.latents_mean) != self.channels or len(config.latents_std) != self.channels:
            raise ValueError(f"{self.channels} channels need a mean and a deviation each")
        if tile_px is not None and (tile_px % self.spatial or tile_px < LEAST * self.spatial):
            least = LEAST * self.spatial
            raise ValueError(
                f"a tile is a multiple of {self.spatial} pixels, at least {least}, not {tile_px}"
            )
        self.tile = None if tile_px is None else tile_px // self.spatial

    @classmethod
    def load(
        cls,
        folder: Path,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
        *,
        tile_px: int | None = None,
    ) -> Self:
        """The codec of a folder that `save` wrote, or the library. Raises NotFound where there is none, BadInput for
        one that is damaged, or lacks weights.
        """
        hint = "install the model again"
        if not (folder / "config.json").is_file():
            raise NotFound("no autoencoder here", where=str(folder), hint=hint)
        try:
            vae = AutoencoderKLWan.from_pretrained(
                folder, torch_dtype=dtype, use_safetensors=True, local_files_only=True
            )
            cls(vae).statistics()
        except (OSError, ValueError, TypeError, LookupError, RuntimeError, SafetensorError) as error:
            if ran_out(error):
                raise
            say = f"the autoencoder cannot be read: {' '.join(str(error).split())[:200]}"
            raise BadInput(say, where=str(folder), hint=hint) from error
        lacking = sorted(name for name, weight in vae.named_parameters() if weight.is_meta)
        if lacking:
            raise BadInput(f"the autoencoder lacks weights: {lacking[0]}", where=str(folder), hint=hint)
        return cls(vae.to(device), tile_px=tile_px)

    def save(self, folder: Path) -> None:
        """Write configuration and weights (safetensors)."""
        self.vae.save_pretrained(folder, safe_serialization=True)

    def encoder(self) -> WanEncoder:
        """A fresh stream, for a shot's frames from the first on."""
        return WanEncoder(self, self.vae.encoder)

    def decoder(self) -> WanDecoder:
        """A fresh stream, for a shot's latents from the first on."""
        return WanDecoder(self, self.vae.decoder)

    def still(self, pictures: Tensor) -> Tensor:
        """Latents (B, C, n, h, w) of pictures (B, 3, n, H, W) without time: each is a first frame of its own."""
        check_pictures(pictures, 3, self.spatial)
        # One at a time: together they would take as much memory as there are stills.
        return torch.cat([self.encoder().push(each) for each in pictures.split(1, dim=2)], dim=2)

    def preview_map(self, latents: Tensor, frames: Tensor) -> Preview:
        """The linear map from a shot's first latents to their frames' mean colours; see `linear_preview`."""
        return linear_preview(latents, shrunk(frames.to(latents.device), self.clock, self.spatial))

    def statistics(self) -> tuple[Tensor, Tensor]:
        """Mean and deviation of the network's latents, (C, 1, 1, 1) each."""
        config = self.vae.config
        both = torch.tensor([config.latents_mean, config.latents_std], device=self.vae.device)
        mean, deviation = both.view(2, -1, 1, 1, 1)
        return mean, deviation


class _Stream(ABC):
    """One half of the network over time, with a cache of features for each tile of the picture, on the CPU between."""

    def __init__(self, codec: WanCodec, half: nn.Module) -> None:
        self._codec = codec
        self._layers = sum(isinstance(layer, WanCausalConv3d) for layer in half.modules())
        self._size: tuple[int, int, int] | None = None  # B, h, w
        self._caches: list[list[Kept]] = []

    @abstractmethod
    def _step(self, piece: Tensor, cache: list[Kept], first: bool) -> Tensor:
        """What one tile of the next latent frame gives; the cache goes on."""

    def _begin(self, size: tuple[int, int, int]) -> bool:
        """Whether a push of this size (B, h, w) is the first. Raises ValueError where it is not as those before."""
        if self._size is None:
            self._size = size
            self._caches = [[None] * self._layers for _ in self._tiles()]
            return True
        if size != self._size:
            raise ValueError(f"the stream is of (batch, height, width) {self._size} in latents, not {size}")
        return False

    def _axes(self) -> tuple[Tiles, Tiles]:
        assert self._size is not None
        return cut(self._size[1], self._codec.tile), cut(self._size[2], self._codec.tile)

    def _tiles(self) -> list[tuple[int, int]]:
        rows, columns = self._axes()
        return [(row, column) for row in range(len(rows.starts)) for column in range(len(columns.starts))]

    def _flow(self, pieces: list[Tensor], first: bool, scale: tuple[int, int]) -> Tensor:
        """All tiles of pieces of time, laid together; `scale` is pixels of a latent pixel, in and out."""
        device = self._codec.vae.device
        rows, columns = self._axes()
        cuts = [axis.spans(scale[0]) for axis in (rows, columns)]
        lands = [axis.spans(scale[1]) for axis in (rows, columns)]
        down, across = (torch.as_tensor(axis.weights(scale[1]), device=device) for axis in (rows, columns))
        whole: list[Tensor] = []
        for cache, (row, column) in zip(self._caches, self._tiles(), strict=True):
            weight = down[row][:, None] * across[column]
            cache[:] = [kept.to(device) if isinstance(kept, Tensor) else kept for kept in cache]
            for index, piece in enumerate(pieces):
                tile = piece[..., cuts[0][row], cuts[1][column]].to(device)
                given = self._step(tile, cache, first and index == 0).float()
                if len(whole) == index:
                    size = (rows.length * scale[1], columns.length * scale[1])
                    whole.append(given.new_zeros((*given.shape[:3], *size)))
                whole[index][..., lands[0][row], lands[1][column]] += given * weight
            # In order, as a file brings them back: what the network computes from them is then the same to the bit.
            cache[:] = [kept.contiguous().to("cpu") if isinstance(kept, Tensor) else kept for kept in cache]
        return torch.cat(whole, dim=2)

    def state(self) -> dict[str, Tensor]:
        """Size and tile, and the features of every layer of every tile; nothing before the first push."""
        if self._size is None:
            return {}
        told = {"size": torch.tensor(self._size), "tile": torch.tensor(self._codec.tile or 0)}
        for tile, cache in enumerate(self._caches):
            for layer, kept in enumerate(cache):
                if kept is not None:
                    there = kept if isinstance(kept, Tensor) else torch.zeros(0)
                    told[f"{tile}.{layer}"] = there.to("cpu", copy=True)
        return told

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Go on from a `state`. Raises ValueError for one of another network or of other tiles."""
        self._size, self._caches = None, []
        if not state:
            return
        if not {"size", "tile"} <= state.keys() or int(state["tile"]) != (self._codec.tile or 0):
            raise ValueError("the state is of another codec or of other tiles")
        batch, height, width = state["size"].tolist()
        self._begin((batch, height, width))
        wanted = {f"{tile}.{layer}" for tile in range(len(self._caches)) for layer in range(self._layers)}
        if not state.keys() - {"size", "tile"} <= wanted:
            raise ValueError("the state is of another network")
        dtype = self._codec.vae.dtype
        for tile, cache in enumerate(self._caches):
            for layer in range(self._layers):
                kept = state.get(f"{tile}.{layer}")
                if kept is not None:
                    cache[layer] = kept.to(dtype).clone() if kept.numel() else _REPEAT


class WanEncoder(_Stream):
    """Frames to normalised latents."""

    @torch.no_grad()
    def push(self, frames: Tensor) -> Tensor:
        """Latents (B, C, m, h, w), float32, of the next frames (B, 3, n, H, W); see `Encoder.push`."""
        codec = self._codec
        check_pictures(frames, 3, codec.spatial)
        first, stride, count = self._size is None, codec.clock.stride, frames.shape[2]
        if (count - first) % stride:
            wanted = f"1 + k * {stride}" if first else f"k * {stride}"
            raise ValueError(f"this push takes {wanted} frames, not {count}")
        height, width = (side // codec.spatial for side in frames.shape[-2:])
        self._begin((len(frames), height, width))
        alone = [frames[:, :, :1]] if first else []
        pieces = alone + [frames[:, :, at : at + stride] for at in range(int(first), count, stride)]
        return self._flow(pieces, first, (codec.spatial, 1))

    def _step(self, piece: Tensor, cache: list[Kept], first: bool) -> Tensor:  # noqa: ARG002 - the cache knows
        codec = self._codec
        features = codec.vae.encoder(
            patchify(piece.to(codec.vae.dtype), codec.patch), feat_cache=cache, feat_idx=[0]
        )
        mean, deviation = codec.statistics()
        likeliest = codec.vae.quant_conv(features)[:, : codec.channels].float()
        normal: Tensor = (likeliest - mean) / deviation
        return normal


class WanDecoder(_Stream):
    """Normalised latents to frames."""

    @torch.no_grad()
    def push(self, latents: Tensor) -> Tensor:
        """Frames (B, 3, n, H, W), float32, of the next latents (B, C, m, h, w); see `Decoder.push`."""
        codec = self._codec
        check_pictures(latents, codec.channels, 1)
        first = self._begin((len(latents), *latents.shape[-2:]))
        return self._flow(list(latents.split(1, dim=2)), first, (1, codec.spatial)).clamp(-1.0, 1.0)

    def _step(self, piece: Tensor, cache: list[Kept], first: bool) -> Tensor:
        codec = self._codec
        mean, deviation = codec.statistics()
        raw = (piece.float() * deviation + mean).to(codec.vae.dtype)
        features = codec.vae.post_quant_conv(raw)
        shown = codec.vae.decoder(features, feat_cache=cache, feat_idx=[0], first_chunk=first)
        frames: Tensor = unpatchify(shown, codec.patch)
        return frames

"""A shot's plate as the model is told of it: one causal stream, encoded a little ahead of what is made.

Legend of shapes: C latent channels, N latents and n frames, (H, W) pixels, (h, w) latent pixels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import torch
from torch import Tensor
from torch.nn import functional

from pai_studio.core.model.codec import Codec


@dataclass(frozen=True, eq=False)
class Seen:
    """Some of the plate: its `latents` (1, C, N, h, w); `told`, those that the model sees, of half the size where it is
    to see the plate so; and the `matte` over them with the guide's channels, if there are any, (1, M + G, N, ...).
    """

    latents: Tensor
    told: Tensor
    matte: Tensor

    @property
    def count(self) -> int:
        """N."""
        return self.latents.shape[2]

    def from_(self, first: int) -> Seen:
        """The latents from number `first` of these on."""
        return Seen(*(each[:, :, first:] for each in self._parts.values()))

    def before(self, other: Seen) -> Seen:
        """These, then others."""
        pairs = zip(self._parts.values(), other._parts.values(), strict=True)
        return Seen(*(torch.cat(pair, dim=2) for pair in pairs))

    @property
    def _parts(self) -> dict[str, Tensor]:
        return {field.name: getattr(self, field.name) for field in fields(self)}


class PlateStream:
    """The plate on its way into the model; what was encoded and is still to be made waits in `waiting`."""

    def __init__(self, codec: Codec, *, half: bool) -> None:
        self._stride = codec.clock.stride
        self._encoder = codec.encoder()
        self._half = codec.encoder() if half else None
        self.waiting: Seen | None = None

    @property
    def count(self) -> int:
        """How many latents wait."""
        return self.waiting.count if self.waiting else 0

    def push(self, plate: Tensor, matte: Tensor) -> None:
        """Encode the next frames (1, 3, n, H, W) with mattes (1, M + G, n, H, W), as `Encoder.push` takes them."""
        latents = self._encoder.push(plate).float()
        told = latents if self._half is None else self._half.push(_halved(plate)).float()
        fresh = Seen(latents, told, over_latents(matte, told, self._stride))
        self.waiting = self.waiting.before(fresh) if self.waiting else fresh

    def let_go(self, count: int) -> None:
        """The first `count` of what waits is made."""
        assert self.waiting is not None
        left = self.waiting.from_(count)
        self.waiting = left if left.count else None

    def state(self) -> dict[str, Tensor]:
        """All that the stream carries, for a safetensors file."""
        found = {f"encoder/{key}": each for key, each in self._encoder.state().items()}
        if self._half is not None:
            found |= {f"half/{key}": each for key, each in self._half.state().items()}
        if self.waiting is not None:
            found |= {"latents": self.waiting.latents, "matte": self.waiting.matte}
            if self._half is not None:
                found["told"] = self.waiting.told
        return found

    def restore(self, state: Mapping[str, Tensor], device: torch.device) -> None:
        """Go on from a `state`. Raises ValueError for one of another codec."""
        self._encoder.restore(under(state, "encoder"))
        if self._half is not None:
            self._half.restore(under(state, "half"))
        if "latents" in state:
            latents, matte = state["latents"].to(device), state["matte"].to(device)
            told = latents if self._half is None else state["told"].to(device)
            self.waiting = Seen(latents, told, matte)


def over_latents(matte: Tensor, latents: Tensor, stride: int) -> Tensor:
    """A matte (1, M, n, H, W) as the mean over what each of `latents` (1, C, N, h, w) holds: (1, M, N, h, w).

    A latent holds `stride` frames; the first what frames are left.
    """
    count = latents.shape[2]
    sizes = [matte.shape[2] - (count - 1) * stride, *[stride] * (count - 1)]
    means = torch.stack([part.mean(dim=2) for part in matte.split(sizes, dim=2)], dim=2)
    frames, height, width = latents.shape[2:]
    return functional.adaptive_avg_pool3d(means, (frames, height, width))


def under(state: Mapping[str, Tensor], name: str) -> dict[str, Tensor]:
    """The part of a state that was kept under a name."""
    lead = f"{name}/"
    return {key.removeprefix(lead): each for key, each in state.items() if key.startswith(lead)}


def _halved(pictures: Tensor) -> Tensor:
    """Pictures (1, 3, n, H, W) at half their height and width, two by two pixels' mean."""
    return functional.avg_pool3d(pictures, (1, 2, 2))

"""What the model takes pictures for: codecs between frames and latents, each a causal stream over a whole shot.

A codec's streams carry what they need from one push to the next, in memory that does not grow, so that a shot of any
length is encoded and decoded exactly as if it had been given at once; `Clock` says which frames a latent holds. What
they carry goes through a file and back, for a job that was stopped.

Legend of shapes: B batch, C latent channels, n frames or stills, m latent frames, (H, W) pixels, (h, w) latent pixels,
s pixels of a latent pixel each way. Pictures are RGB in the model's codes, scaled to -1..1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from pai_studio.core.model.clock import Clock

Preview = Callable[[Tensor], Tensor]
"""From latents (B, C, m, h, w) to small pictures (B, 3, m, h, w)."""

_RIDGE = 1e-4
"""How far the fit of a preview holds back, as a part of the latents' variance: a plate on one even colour would leave
most of the channels to chance, and be shown in false colours as soon as anything else appears."""


class Encoder(Protocol):
    """A shot's frames in, its latents out. The first push begins with frame 0, which has a latent to itself."""

    def push(self, frames: Tensor) -> Tensor:
        """Latents (B, C, m, h, w) of the next frames (B, 3, n, H, W), sizes as before: n is 1 + k * stride in the
        first push and k * stride later on.

        Raises ValueError for other numbers of frames, and for sizes that are off the codec's grid.
        """
        ...

    def state(self) -> dict[str, Tensor]:
        """All that the stream carries, for a safetensors file; what it gives onward is then the same, bit for bit."""
        ...

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Go on from a `state`. Raises ValueError for one of another codec or of other tiles."""
        ...


class Decoder(Protocol):
    """A shot's latents in, its frames out, in -1..1: the first latent gives one frame, every other one a stride."""

    def push(self, latents: Tensor) -> Tensor:
        """Frames (B, 3, n, H, W) of the next latents (B, C, m, h, w). Raises ValueError for none, or other sizes."""
        ...

    def state(self) -> dict[str, Tensor]:
        """All that the stream carries, for a safetensors file; what it gives onward is then the same, bit for bit."""
        ...

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Go on from a `state`. Raises ValueError for one of another codec or of other tiles."""
        ...


class Codec(Protocol):
    """Pictures to latents and back: `channels` of a latent, `spatial` pixels of a latent pixel each way."""

    clock: Clock
    channels: int
    spatial: int

    def encoder(self) -> Encoder:
        """A fresh stream, for a shot's frames from the first on."""
        ...

    def decoder(self) -> Decoder:
        """A fresh stream, for a shot's latents from the first on."""
        ...

    def still(self, pictures: Tensor) -> Tensor:
        """Latents (B, C, n, h, w) of pictures (B, 3, n, H, W) without time: each is a first frame of its own."""
        ...

    def preview_map(self, latents: Tensor, frames: Tensor) -> Preview:
        """A way to see latents that costs next to nothing, learned from a shot's first latents and their frames."""
        ...


class PixelCodec:
    """Latents that are the pixels themselves, frame for frame."""

    clock = Clock(1)
    channels = 3
    spatial = 1

    def encoder(self) -> Encoder:
        """Gives frames back as they are."""
        return _PixelStream()

    def decoder(self) -> Decoder:
        """Gives latents back within -1..1."""
        return _PixelStream(limit=1.0)

    def still(self, pictures: Tensor) -> Tensor:
        """The pictures themselves."""
        return self.encoder().push(pictures)

    def preview_map(self, latents: Tensor, frames: Tensor) -> Preview:  # noqa: ARG002 - as all codecs
        """Latents within -1..1: they are pictures already, and there is nothing to learn."""
        return lambda told: told.clamp(-1.0, 1.0)


class _PixelStream:
    """Both streams of `PixelCodec`: nothing is carried from push to push."""

    def __init__(self, limit: float | None = None) -> None:
        self._limit = limit

    def push(self, given: Tensor) -> Tensor:
        """What was given, within the limit."""
        check_pictures(given, 3, 1)
        return given if self._limit is None else given.clamp(-self._limit, self._limit)

    def state(self) -> dict[str, Tensor]:
        """Nothing."""
        return {}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Raises ValueError for the state of a stream that carries something."""
        if state:
            raise ValueError("a stream of pixels carries nothing: this is another codec's state")


def check_pictures(given: Tensor, channels: int, grid: int) -> None:
    """Raise ValueError unless `given` is (B, channels, n, H, W) of at least one frame, H and W multiples of `grid`."""
    if given.dim() != 5 or given.shape[1] != channels or 0 in given.shape:
        raise ValueError(f"expected (batch, {channels}, frames, height, width), not {tuple(given.shape)}")
    height, width = given.shape[-2:]
    if height % grid or width % grid:
        raise ValueError(f"{width}x{height} is off the codec's grid of {grid} pixels")


def linear_preview(latents: Tensor, pictures: Tensor) -> Preview:
    """The linear map from latents (B, C, m, h, w) to pictures (B, 3, m, h, w) that misses these by the least squares.

    Latents of a picture codec are nearly linear in a pixel's mean colour, and what the map misses is texture, which
    has no place in a picture as small as the latents. Fitted in 64 bits on the CPU; what it gives is within -1..1.
    Raises ValueError where the shapes do not belong together.
    """
    if latents.shape[2:] != pictures.shape[2:] or len(latents) != len(pictures):
        raise ValueError(f"{tuple(latents.shape)} latents for {tuple(pictures.shape)} pictures")
    # First to the CPU: not every device has 64 bits.
    known = latents.movedim(1, -1).flatten(0, -2).cpu().double()
    seen = pictures.movedim(1, -1).flatten(0, -2).cpu().double()
    middle, base = known.mean(0), seen.mean(0)
    spread = known - middle
    scatter = spread.T @ spread
    held = _RIDGE * scatter.trace() / len(scatter) + torch.finfo(scatter.dtype).tiny
    weight = torch.linalg.solve(scatter + held * torch.eye(len(scatter)).double(), spread.T @ (seen - base))
    offset = base - middle @ weight

    def shown(told: Tensor) -> Tensor:
        turned = torch.einsum("bcmhw,cr->brmhw", told.float(), weight.to(told.device, torch.float32))
        there: Tensor = turned + offset.to(told.device, torch.float32).view(1, -1, 1, 1, 1)
        return there.clamp(-1.0, 1.0)

    return shown


def shrunk(frames: Tensor, clock: Clock, spatial: int) -> Tensor:
    """The mean picture (B, 3, m, h, w) of what each latent pixel holds of a shot's first frames (B, 3, n, H, W)."""
    count = frames.shape[2]
    held = [clock.frames_of(latent) for latent in range(clock.latents(count))]
    means = torch.stack([frames[:, :, span.start : span.stop].float().mean(2) for span in held], dim=2)
    return functional.avg_pool3d(means, (1, spatial, spatial))

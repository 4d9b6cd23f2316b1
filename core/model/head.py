"""The last word in pixel space: a few convolutions over what the transformer's patches say.

A transformer of patches leaves their borders in the picture, and cannot pass detail on that is finer than its width
holds. The head sees its picture beside the plate and the noisy picture, and mends both.

Legend of shapes: B batch, C channels, N frames, (h, w) pixels.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class PixelHead(nn.Module):
    """Three 3x3 convolutions, frame by frame, added to the transformer's own picture; at first they add nothing."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(3 * channels, width, 3, padding=1),
            nn.SiLU(),
            nn.Conv2d(width, width, 3, padding=1),
            nn.SiLU(),
            nn.Conv2d(width, channels, 3, padding=1),
        )
        last = self.layers[-1]
        assert isinstance(last, nn.Conv2d)
        assert last.bias is not None
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)

    def forward(self, picture: Tensor, plate: Tensor | None, noisy: Tensor) -> Tensor:
        """The mended picture (B, C, N, h, w), from three of that shape; a plate of half the size is enlarged."""
        batch, _, frames, height, width = picture.shape
        if plate is None:
            plate = torch.zeros_like(picture)
        elif plate.shape[-2:] != picture.shape[-2:]:
            plate = nn.functional.interpolate(plate, size=(frames, height, width), mode="nearest")
        seen = torch.cat([picture, plate.type_as(picture), noisy.type_as(picture)], dim=1)
        added: Tensor = self.layers(seen.transpose(1, 2).flatten(0, 1))
        mended: Tensor = picture + added.unflatten(0, (batch, frames)).transpose(1, 2)
        return mended

"""The last word in pixel space: a few convolutions over what the transformer's patches say.

A transformer of patches leaves their borders in the picture, and cannot pass detail on that is finer than its width
holds. The head sees the transformer's picture and features beside all that is known of each pixel: the subject, its
matte, the guide where there is one, and the noisy picture. From subject and guide it takes detail, each times a gain of
its own, which is how light changes; to the transformer's picture it adds what is left. Of the plate it sees only what
the matte holds: a screen's grain has no way into the place. That is a picture of its own, guided or not. Where there is
a guide, each channel of each pixel is a mean of the two, by a share: where the guide is right the share falls to
nothing, and with it what blocks and noise leave.

Legend of shapes: B batch, C channels of the picture, F features, M matte channels, G guide channels, N frames, (h, w)
pixels.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class PixelHead(nn.Module):
    """Three 3x3 convolutions, frame by frame. At first they give the picture, and its mean with the guide."""

    def __init__(
        self, channels: int, width: int, *, features: int = 0, mattes: int = 1, guide: int = 0
    ) -> None:
        """The `guide`'s channels are a picture's and more, of which the last is 1 where there is a guide; 0: none.

        Of the `mattes`, at least one, the first tells where the subject is.
        """
        super().__init__()
        self.channels, self.mattes, self.guide = channels, mattes, guide
        seen = 3 * channels + features + mattes + guide
        last = nn.Conv2d(width, (4 if guide else 2) * channels, 3, padding=1)
        self.layers = nn.Sequential(
            nn.Conv2d(seen, width, 3, padding=1),
            nn.SiLU(),
            nn.Conv2d(width, width, 3, padding=1),
            nn.SiLU(),
            last,
        )
        assert last.bias is not None
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)

    def forward(self, found: Tensor, foreground: Tensor | None, noisy: Tensor) -> tuple[Tensor, Tensor]:
        """The mended picture (B, C, N, h, w), and the head's own, which is the same where there is no guide.

        `found` (B, C + F, N, h, w) is the transformer's, `noisy` (B, C, N, h, w); `foreground` (B, C + M + G, N, ...)
        is what is told of the plate, enlarged where it is of half the size, None where nothing is.
        """
        found = found.float()  # whatever the blocks compute in
        batch, _, frames, height, width = found.shape
        if foreground is None:
            count = self.channels + self.mattes + self.guide
            foreground = found.new_zeros(batch, count, frames, height, width)
        elif foreground.shape[-2:] != found.shape[-2:]:
            foreground = nn.functional.interpolate(foreground, size=(frames, height, width), mode="nearest")
        foreground = foreground.type_as(found)
        plate, told = foreground[:, : self.channels], foreground[:, self.channels :]
        subject = _light(plate) * told[:, :1]
        flat = self._flat([found, subject, told, noisy.type_as(found)])
        said = self.layers(flat).float().unflatten(0, (batch, frames)).transpose(1, 2)
        added, *gains = said.split(self.channels, dim=1)
        picture: Tensor = found[:, : self.channels] + added + gains[0] * subject
        if not self.guide:
            return picture, picture
        guide = told[:, self.mattes :]
        shown, there = guide[:, : self.channels], guide[:, -1:]
        own = picture + there * gains[1] * _light(shown)
        return torch.lerp(shown, own, 1 - there * torch.sigmoid(-gains[2])), own

    def _flat(self, seen: list[Tensor]) -> Tensor:
        """What the convolutions see of every frame, (B N, ..., h, w), in the type of their weights."""
        together = torch.cat(seen, dim=1).to(next(self.layers.parameters()).dtype)
        return together.transpose(1, 2).flatten(0, 1).contiguous(memory_format=torch.channels_last)


def _light(codes: Tensor) -> Tensor:
    """Codes of -1..1 as 0..1, where nothing is 0: a gain leaves black black."""
    return codes / 2 + 0.5

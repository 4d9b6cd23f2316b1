"""Textures on a device: all levels of a pyramid in one tensor, looked up trilinearly by each pixel's footprint."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from pai_studio.core.synth.paint.footprint import MOST_TAPS
from pai_studio.core.synth.paint.texture import Texture


class DeviceTexture:
    """An (h, w, C) texture's levels side by side in one (1, C, H, W) tensor: the finest above, all others below it."""

    def __init__(self, texture: Texture, device: torch.device) -> None:
        shapes = [level.shape[:2] for level in texture.levels]
        self.size = (shapes[0][1], shapes[0][0])
        self.channels = texture.channels
        below = shapes[1:]
        width = max(self.size[0], sum(w for _, w in below))
        height = self.size[1] + max((h for h, _ in below), default=0)
        pixels = torch.zeros(1, self.channels, height, width)
        corners = [(0, 0), *_row(below, self.size[1])]
        for level, (left, top), (h, w) in zip(texture.levels, corners, shapes, strict=True):
            pixels[0, :, top : top + h, left : left + w] = torch.from_numpy(level).permute(2, 0, 1)
        self.pixels = pixels.to(device)
        table = [[left, top, w, h] for (left, top), (h, w) in zip(corners, shapes, strict=True)]
        self.levels = torch.tensor(table, dtype=torch.float32, device=device)

    def lookup(self, u: Tensor, v: Tensor, lod: Tensor) -> Tensor:
        """The texture (T, C, h, w) at texel coordinates (T, h, w) of the finest level, blended between two levels."""
        lod = lod.clamp(0, len(self.levels) - 1)
        lower = lod.floor()
        share = (lod - lower)[:, None]
        found = self._at(u, v, lower.long())
        if not bool((share > 0).any()):
            return found
        upper = self._at(u, v, (lower.long() + 1).clamp(max=len(self.levels) - 1))
        return torch.lerp(found, upper, share)

    def _at(self, u: Tensor, v: Tensor, level: Tensor) -> Tensor:
        left, top, width, height = self.levels[level].unbind(-1)
        x = ((u + 0.5) * (width / self.size[0]) - 0.5).clamp(min=0).minimum(width - 1) + left
        y = ((v + 0.5) * (height / self.size[1]) - 0.5).clamp(min=0).minimum(height - 1) + top
        return sample(self.pixels, x, y)


def _row(shapes: list[tuple[int, int]], top: int) -> list[tuple[int, int]]:
    """(left, top) of pictures of (h, w) in one row."""
    left, corners = 0, []
    for _, width in shapes:
        corners.append((left, top))
        left += width
    return corners


def sample(pixels: Tensor, x: Tensor, y: Tensor, outside: str = "border") -> Tensor:
    """Bilinear lookup of (1, C, H, W) at pixels (T, h, w), giving (T, C, h, w).

    Outside the picture it is held at its `border`, or there are `zeros`.
    """
    frames, rows, columns = x.shape
    height, width = pixels.shape[-2:]
    scale = x.new_tensor([2 / max(width - 1, 1), 2 / max(height - 1, 1)])
    at = torch.stack([x, y], dim=-1) * scale - 1
    found = functional.grid_sample(
        pixels, at.reshape(1, frames * rows, columns, 2), padding_mode=outside, align_corners=True
    )
    return found.reshape(-1, frames, rows, columns).transpose(0, 1)


def filtered(texture: DeviceTexture, at: tuple[Tensor, Tensor], slopes: tuple[Tensor, ...]) -> Tensor:
    """The texture (T, C, h, w) under each pixel's footprint: `slopes`, (T, h, w) each, are du/dx, du/dy, dv/dx, dv/dy.

    Anisotropic filtering by several trilinear taps along the longer axis (Schilling, Knittel and Strasser 1996).
    """
    ux, uy, vx, vy = slopes
    along_x, along_y = torch.hypot(ux, vx), torch.hypot(uy, vy)
    long_x = along_x > along_y
    major, minor = torch.maximum(along_x, along_y), torch.minimum(along_x, along_y)
    stretch = (major / minor.clamp(min=1)).clamp(1, MOST_TAPS)
    lod = torch.maximum(minor, major / stretch).clamp(min=1).log2()
    taps = int(stretch.max().ceil())
    if taps == 1:
        return texture.lookup(*at, lod)
    du, dv = torch.where(long_x, ux, uy), torch.where(long_x, vx, vy)
    steps = [(tap + 0.5) / taps - 0.5 for tap in range(taps)]
    found = [texture.lookup(at[0] + du * step, at[1] + dv * step, lod) for step in steps]
    return torch.stack(found).mean(dim=0)

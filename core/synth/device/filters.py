"""The few picture filters of the renderer, for (T, C, H, W) tensors."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional


def resized(picture: Tensor, size: tuple[int, int]) -> Tensor:
    """Stretched or reduced to (width, height): bilinear when it grows, by area when it shrinks."""
    width, height = size
    if picture.shape[-2:] == (height, width):
        return picture
    if picture.shape[-1] > width:
        return functional.interpolate(picture, (height, width), mode="area")
    return functional.interpolate(picture, (height, width), mode="bilinear", align_corners=False)


def blur(picture: Tensor, sigma_px: float) -> Tensor:
    """Gaussian blur with mirrored borders, as `paint.noise.blur`."""
    if sigma_px < 0.2:
        return picture
    reach = max(1, math.ceil(4 * sigma_px))
    at = torch.arange(-reach, reach + 1, dtype=torch.float32, device=picture.device)
    kernel = torch.exp(-0.5 * (at / sigma_px) ** 2)
    kernel = kernel / kernel.sum()
    channels = picture.shape[1]
    for axis in (0, 1):
        shape = [1, 1, 1, 1]
        shape[2 + axis] = 2 * reach + 1
        weights = kernel.reshape(shape).repeat(channels, 1, 1, 1)
        padding = (0, 0, reach, reach) if axis == 0 else (reach, reach, 0, 0)
        picture = functional.conv2d(_mirrored(picture, padding), weights, groups=channels)
    return picture


def _mirrored(picture: Tensor, padding: tuple[int, int, int, int]) -> Tensor:
    """Reflection by index: a picture may be smaller than its border."""
    for dim, (before, after) in ((-1, padding[:2]), (-2, padding[2:])):
        size = picture.shape[dim]
        if before == after == 0:
            continue
        period = max(2 * (size - 1), 1)
        index = torch.arange(-before, size + after, device=picture.device).remainder(period)
        index = torch.where(index >= size, period - index, index)
        picture = picture.index_select(dim % 4, index)
    return picture

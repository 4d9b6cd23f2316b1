"""Textured planes seen by all cameras of a clip at once, as `paint.texture.see` shows them to one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from pai_studio.core.synth.camera import Camera, Matrix
from pai_studio.core.synth.device.textures import DeviceTexture, filtered
from pai_studio.core.synth.paint.footprint import LEAST_INVERSE, Box
from pai_studio.core.synth.paint.texture import Quad, bounds, edges


@dataclass(frozen=True)
class DeviceQuad:
    """A quad whose textures lie on the device."""

    quad: Quad
    texture: DeviceTexture
    albedo: DeviceTexture | None

    def at(self, quad: Quad) -> DeviceQuad:
        """The same textures elsewhere in the world."""
        return replace(self, quad=quad)


@dataclass(frozen=True)
class Seen:
    """A quad over a part of all frames: premultiplied (T, 3, h, w), coverage (T, 1, h, w), depth in metres likewise."""

    part: tuple[slice, slice]
    rgb: Tensor
    alpha: Tensor
    depth_m: Tensor
    inside: Tensor
    """How much the quad's outline covers each pixel (T, 1, h, w), whatever its texture's alpha."""

    view: View

    def through(self, texture: DeviceTexture) -> Tensor:
        """Another texture laid on the same quad, (T, C, h, w) over the same part, times `inside`."""
        return self.view.sampled(texture, self.inside) * self.inside


@dataclass(frozen=True)
class View:
    """How pixels look at a quad: shares `a`, `b` along its axes, one over the depth `w`, all (T, h, w)."""

    a: Tensor
    b: Tensor
    w: Tensor
    back: Tensor

    def sampled(self, texture: DeviceTexture, inside: Tensor) -> Tensor:
        """The texture's filtered values (T, C, h, w); beyond `inside` they mean nothing."""
        width, height = texture.size
        slopes = []
        for share, row, count in ((self.a, 0, width), (self.b, 1, height)):
            for column in (0, 1):
                slope = (self._entry(row, column) - share * self._entry(2, column)) / self.w * count
                # Far outside there is nothing to filter, and a footprint may be without bound.
                slopes.append(torch.where(inside[:, 0] > 0, slope, 0))
        at = (self.a * width - 0.5, self.b * height - 0.5)
        return filtered(texture, at, (slopes[0], slopes[1], slopes[2], slopes[3]))

    def _entry(self, row: int, column: int) -> Tensor:
        return self.back[:, row, column, None, None]


def upload(quad: Quad, device: torch.device) -> DeviceQuad:
    """The quad with its textures on the device."""
    albedo = DeviceTexture(quad.albedo, device) if quad.albedo is not None else None
    return DeviceQuad(quad, DeviceTexture(quad.texture, device), albedo)


def see(placed: DeviceQuad, cameras: Sequence[Camera]) -> Seen | None:
    """Look at a quad with every camera (all of one size); None where it is out of all pictures."""
    box = _union([bounds(placed.quad, camera) for camera in cameras])
    if box is None:
        return None
    device = placed.texture.pixels.device
    backs = [_back(placed.quad, camera) for camera in cameras]
    reach = 0.5 if placed.texture.channels == 4 else 1.0
    back = _tensor(backs, device)
    lines = _tensor([edges(matrix, reach) for matrix in backs], device)
    x = torch.arange(box[0], box[2], dtype=torch.float32, device=device)[None, None, :]
    y = torch.arange(box[1], box[3], dtype=torch.float32, device=device)[None, :, None]
    inverse = _linear(back[:, 2], x, y)
    w = inverse.clamp(min=LEAST_INVERSE)
    inside = (inverse > LEAST_INVERSE).float()
    for near, far in ((0, 1), (2, 3)):
        inside = inside * torch.minimum(_linear(lines[:, near], x, y), _linear(lines[:, far], x, y)).clamp(
            0, 1
        )
    inside = inside[:, None]
    view = View(_linear(back[:, 0], x, y) / w, _linear(back[:, 1], x, y) / w, w, back)
    found = view.sampled(placed.texture, inside)
    alpha = inside if placed.texture.channels == 3 else inside * found[:, 3:4]
    part = (slice(box[1], box[3]), slice(box[0], box[2]))
    return Seen(part, found[:, :3] * inside, alpha, (1 / w)[:, None], inside, view)


def _union(boxes: Sequence[Box | None]) -> Box | None:
    found = [box for box in boxes if box is not None]
    if not found:
        return None
    x0, y0 = (min(box[axis] for box in found) for axis in (0, 1))
    x1, y1 = (max(box[axis] for box in found) for axis in (2, 3))
    return int(x0), int(y0), int(x1), int(y1)


def _back(quad: Quad, camera: Camera) -> Matrix:
    """The 3x3 that takes pixels (x, y, 1) to (a w, b w, w), w one over the depth; one that shows nothing if edge-on."""
    to_pixel = camera.plane_to_pixel(quad.origin, quad.u_axis, quad.v_axis)
    if abs(np.linalg.det(to_pixel)) < 1e-9:
        return np.array([[0, 0, 0], [0, 0, 0], [0, 0, -1.0]])
    return np.asarray(np.linalg.inv(to_pixel))


def _tensor(matrices: Sequence[Matrix], device: torch.device) -> Tensor:
    return torch.from_numpy(np.stack(matrices).astype(np.float32)).to(device)


def _linear(form: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """a x + b y + c for forms (T, 3) over a grid, (T, h, w)."""
    a, b, c = (form[:, k, None, None] for k in range(3))
    return a * x + (b * y + c)

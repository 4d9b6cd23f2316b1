"""An equirectangular place seen by all cameras of a clip, as `places.panorama.Panorama.seen` shows it to one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from pai_studio.core.synth.camera import Camera
from pai_studio.core.synth.device.filters import resized
from pai_studio.core.synth.device.textures import sample
from pai_studio.core.synth.places.panorama import Panorama, samples_across


class DevicePanorama:
    """A panorama on the device; what it shows is (T, C, H, W)."""

    def __init__(self, place: Panorama, device: torch.device) -> None:
        self.place, self.device = place, device
        picture = torch.from_numpy(place.picture).permute(2, 0, 1)[None]
        # A column more at either side: the seam is a place like any other.
        self._wrapped = torch.cat([picture[..., -1:], picture, picture[..., :1]], dim=-1).to(device)

    def seen(self, cameras: Sequence[Camera], shares: Sequence[float]) -> tuple[Tensor, Tensor]:
        """The radiance (T, 3, H, W) that each camera sees, and how much of it is floor (T, 1, H, W)."""
        del shares
        size = cameras[0].size
        count = max(samples_across(self.place.picture, camera) for camera in cameras)
        fine = [camera.scaled((size[0] * count, size[1] * count)) for camera in cameras]
        rays = self._rays(fine)
        height, width = self.place.picture.shape[:2]
        u = (torch.atan2(rays[..., 0], rays[..., 1]) / (2 * np.pi) + 0.5) * width - 0.5
        v = (0.5 - torch.asin(rays[..., 2].clamp(-1, 1)) / np.pi) * height - 0.5
        found = resized(sample(self._wrapped, u + 1, v), size)
        share = ((-self._rays(cameras)[..., 2] - 0.02) / 0.04).clamp(0, 1)
        return found, (share * share * (3 - 2 * share))[:, None]

    def _rays(self, cameras: Sequence[Camera]) -> Tensor:
        return torch.stack([torch.from_numpy(camera.rays()) for camera in cameras]).to(self.device)

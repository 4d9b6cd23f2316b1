"""A place seen by all cameras of a clip at once, as `places.place.Place.seen` shows it to one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from pai_studio.core.synth.camera import Camera
from pai_studio.core.synth.device.filters import blur, resized
from pai_studio.core.synth.device.quads import DeviceQuad, Seen, see, upload
from pai_studio.core.synth.device.textures import DeviceTexture, sample
from pai_studio.core.synth.places.light import Lamp
from pai_studio.core.synth.places.place import BLOOM, HIDDEN, Lamplight, Place
from pai_studio.core.synth.places.sky import AZIMUTH, ELEVATION


@dataclass(frozen=True)
class _Drawn:
    """Something that stands: in every frame alike, or in one `frame` alone, with a gain (3,) on its colours."""

    placed: DeviceQuad
    frame: int | None = None
    gain: Tensor | None = None

    def frames(self, count: int) -> slice:
        """Which of `count` frames it is drawn in."""
        return slice(0, count) if self.frame is None else slice(self.frame, self.frame + 1)


class DevicePlace:
    """A place whose textures lie on the device; what it shows is (T, C, H, W)."""

    def __init__(self, place: Place, device: torch.device) -> None:
        self.place, self.device = place, device
        self._quads = [upload(quad, device) for quad in place.quads]
        self._glowing = [upload(glowing.quad, device) for glowing in place.glowing]
        self._floors = [
            (upload(floor.surface, device), DeviceTexture(floor.wet, device) if floor.wet else None)
            for floor in place.floors
        ]
        sky = torch.from_numpy(place.sky.picture).permute(2, 0, 1)[None]
        self._sky = sky.contiguous().to(device)
        self._haze = torch.as_tensor(place.light.haze, dtype=torch.float32, device=device)[
            None, :, None, None
        ]

    def seen(self, cameras: Sequence[Camera], shares: Sequence[float]) -> tuple[Tensor, Tensor]:
        """The radiance (T, 3, H, W) that each camera sees at its share of the shot.

        With it, where it is bare floor, (T, 1, H, W).
        """
        width, height = cameras[0].size
        half = [camera.scaled((max(2, width // 2), max(2, height // 2))) for camera in cameras]
        lamplights = [Lamplight(self.place.light, share) for share in shares]
        drawn = self._drawn(shares)
        picture = torch.zeros(len(cameras), 3, height, width, device=self.device)
        left = torch.ones(len(cameras), 1, height, width, device=self.device)
        self._paint(picture, left, drawn, cameras, lamplights)
        reflected = self._reflected(half, drawn, lamplights)
        floor = self._lay_floor(picture, left, reflected, cameras, lamplights)
        picture = picture + resized(self._sky_of(half), (width, height)) * left
        return bloom(picture.clamp(min=0)), floor

    def _drawn(self, shares: Sequence[float]) -> list[_Drawn]:
        """All that stands, near things first. What moves with a lamp is another thing in every frame."""
        drawn = [_Drawn(placed) for placed in self._quads]
        for glowing, placed in zip(self.place.glowing, self._glowing, strict=True):
            for number, share in enumerate(shares):
                quad, gain = glowing.at(share)
                drawn.append(_Drawn(placed.at(quad), number, torch.from_numpy(gain).to(self.device)))
        return sorted(drawn, key=lambda one: one.placed.quad.order)

    def _paint(
        self,
        picture: Tensor,
        left: Tensor,
        drawn: Sequence[_Drawn],
        cameras: Sequence[Camera],
        lamplights: Sequence[Lamplight],
    ) -> None:
        """Add all that stands to `picture`, near things first; `left` (T, 1, H, W) is the share that shines through."""
        for one in drawn:
            frames = one.frames(len(cameras))
            found = see(one.placed, cameras[frames])
            if found is None:
                continue
            rgb = found.rgb if one.gain is None else found.rgb * one.gain[:, None, None]
            rgb = self._lit(rgb, one.placed, found, cameras[frames], lamplights[frames])
            rgb = self._misted(rgb, found, one.placed.quad.haze)
            at = (frames, slice(None), *found.part)
            passing = left[at] * (1 - found.alpha)
            picture[at] += rgb * left[at]
            left[at] = torch.where(passing < float(HIDDEN), 0, passing)

    def _misted(self, rgb: Tensor, found: Seen, haze: float) -> Tensor:
        thickness = (found.depth_m - 3).clamp(min=0) * (-self.place.haze_per_m * haze)
        return rgb + (self._haze * found.alpha - rgb) * (1 - thickness.exp())

    def _lit(
        self,
        rgb: Tensor,
        placed: DeviceQuad,
        found: Seen,
        cameras: Sequence[Camera],
        lamplights: Sequence[Lamplight],
    ) -> Tensor:
        """With what moving lamps add, which is what the quad's albedo gives back of them."""
        if placed.albedo is None or not any(light.reaches(placed.quad) for light in lamplights):
            return rgb
        light = self._lamplight(placed, found, cameras, lamplights)
        return rgb + found.through(placed.albedo)[:, :3] * light

    def _lamplight(
        self,
        placed: DeviceQuad,
        found: Seen,
        cameras: Sequence[Camera],
        lamplights: Sequence[Lamplight],
    ) -> Tensor:
        """The lamps' light (T, 3, h, w) on what is seen of a quad; it is smooth, so a quarter of the size is enough."""
        quad, view = placed.quad, found.view
        size = (view.a.shape[2], view.a.shape[1])
        low = (max(2, size[0] // 4), max(2, size[1] // 4))
        shares = resized(torch.stack([view.a, view.b], dim=1), low).clamp(-0.1, 1.1)
        axes = [self._vector(vector) for vector in (quad.origin, quad.u_axis, quad.v_axis)]
        points = axes[0] + shares[:, 0:1] * axes[1] + shares[:, 1:2] * axes[2]
        total = torch.zeros_like(points)
        for number, (camera, lamplight) in enumerate(zip(cameras, lamplights, strict=True)):
            # A quad's rows run down its front, so its geometric normal may point away from the camera.
            toward = quad.normal * (np.sign(quad.normal @ (camera.position - quad.origin)) or 1.0)
            for lamp in lamplight.lamps:
                total[number] += self._lamp_at(lamp, points[number], self._vector(toward)[0])
        return resized(total, size)

    def _lamp_at(self, lamp: Lamp, points: Tensor, normal: Tensor) -> Tensor:
        """As `places.light.light_of` has it, for points (3, h, w)."""
        to_lamp = self._vector(lamp.position)[0] - points
        square = (to_lamp * to_lamp).sum(dim=0)
        facing = (to_lamp * normal).sum(dim=0) / (square + 1e-6).sqrt()
        return self._vector(lamp.power)[0] * ((facing * 0.8 + 0.2).clamp(min=0) / (square + 0.08))

    def _vector(self, values: npt.NDArray[np.floating]) -> Tensor:
        return torch.as_tensor(values, dtype=torch.float32, device=self.device).reshape(1, 3, 1, 1)

    def _reflected(
        self, half: Sequence[Camera], drawn: Sequence[_Drawn], lamplights: Sequence[Lamplight]
    ) -> Tensor | None:
        """What a mirror for a floor would show, at half size, black above each horizon; None for a dry floor."""
        if all(wet is None for _, wet in self._floors):
            return None
        width, height = half[0].size
        mirrored = [camera.mirrored() for camera in half]
        picture = torch.zeros(len(half), 3, height, width, device=self.device)
        left = torch.ones(len(half), 1, height, width, device=self.device)
        self._paint(picture, left, drawn, mirrored, lamplights)
        picture = picture + self._sky_of(mirrored) * left
        tops = torch.tensor([int(np.clip(c.horizon - 3, 0, height - 2)) for c in half], device=self.device)
        rows = torch.arange(height, device=self.device)
        below = (rows[None] >= tops[:, None]).float()[:, None, :, None]
        # Nothing above the horizon may darken what is below it.
        soft = [blur(part, height / 180) for part in (picture * below, below)]
        return soft[0] / soft[1].clamp(min=1e-3) * below

    def _lay_floor(
        self,
        picture: Tensor,
        left: Tensor,
        reflected: Tensor | None,
        cameras: Sequence[Camera],
        lamplights: Sequence[Lamplight],
    ) -> Tensor:
        """Add the floor with what its wet parts mirror; returns how much of each pixel it is (T, 1, H, W)."""
        covered = torch.zeros_like(left)
        for surface, wet in reversed(self._floors):
            found = see(surface, cameras)
            if found is None:
                continue
            rgb = self._lit(found.rgb, surface, found, cameras, lamplights)
            if wet is not None and reflected is not None:
                rgb = _mirrored(rgb, wet, found, reflected, cameras)
            rgb = self._misted(rgb, found, 1.0)
            at = (slice(None), slice(None), *found.part)
            picture[at] += rgb * left[at]
            covered[at] += found.alpha * left[at]
            left[at] *= 1 - found.alpha
        return covered

    def _sky_of(self, cameras: Sequence[Camera]) -> Tensor:
        """The sky (T, 3, H, W) in every direction of the cameras' pixels."""
        rays = torch.stack([torch.from_numpy(camera.rays()) for camera in cameras]).to(self.device)
        x, y, z = rays.unbind(-1)
        height, width = self._sky.shape[-2:]
        azimuth, elevation = torch.atan2(x, y), torch.asin(z.clamp(-1, 1))
        u = (azimuth - AZIMUTH[0]) / (AZIMUTH[1] - AZIMUTH[0]) * (width - 1)
        v = (ELEVATION[1] - elevation) / (ELEVATION[1] - ELEVATION[0]) * (height - 1)
        return sample(self._sky, u, v)


def _mirrored(
    rgb: Tensor, wet: DeviceTexture, found: Seen, reflected: Tensor, cameras: Sequence[Camera]
) -> Tensor:
    """A floor's premultiplied colour with what its wet parts mirror, rippled by the slopes of the water."""
    inside = found.inside.clamp(min=1e-6)
    water = found.through(wet) / inside
    rows, columns = found.part
    width, height = cameras[0].size
    x = torch.arange(columns.start, columns.stop, device=rgb.device)[None, None, :]
    y = torch.arange(rows.start, rows.stop, device=rgb.device)[None, :, None]
    above = torch.tensor([camera.position[2] for camera in cameras], dtype=torch.float32, device=rgb.device)
    facing = (above[:, None, None, None] / (found.depth_m * 1.05)).clamp(0.02, 1)
    fresnel = 0.03 + 0.97 * (1 - facing) ** 5  # Schlick's approximation for water
    ripple = height * 0.010
    scale = (reflected.shape[-1] / width, reflected.shape[-2] / height)
    u = (x + 0.5 + (water[:, 1] - 0.5) * 2 * ripple) * scale[0] - 0.5
    v = (y + 0.5 + (water[:, 2] - 0.5) * 4 * ripple) * scale[1] - 0.5
    mirror = torch.cat(
        [sample(reflected[t : t + 1], u[t : t + 1], v[t : t + 1]) for t in range(len(cameras))]
    )
    strength = water[:, 0:1] * (fresnel * 1.6).clamp(0, 0.75)
    return rgb + (mirror * inside - rgb) * strength


def bloom(picture: Tensor) -> Tensor:
    """A lens's veil over (T, 3, H, W), as `places.place.bloom`."""
    height, width = picture.shape[-2:]
    small = resized(picture, (max(2, width // 4), max(2, height // 4)))
    veils = [blur(small, max(0.3, spread * width / 4)) * share for spread, share in BLOOM]
    lost = sum(share for _, share in BLOOM)
    return picture * (1 - lost) + resized(torch.stack(veils).sum(dim=0), (width, height))

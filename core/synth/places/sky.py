"""The evening sky, painted once over azimuth and elevation and looked up by direction."""

from __future__ import annotations

import cv2
import numpy as np

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.camera import Matrix
from pai_studio.core.synth.paint.noise import fbm, smooth
from pai_studio.core.synth.places.moods import Mood

AZIMUTH = (-1.35, 1.35)
ELEVATION = (-0.12, 1.25)


class Sky:
    """A sky with the sun's glow and lit clouds. Colours are radiances (3,)."""

    def __init__(
        self,
        *,
        zenith: Array,
        horizon: Array,
        glow: Array,
        to_sun: Matrix,
        texels: int,
        rng: np.random.Generator,
    ) -> None:
        span = ELEVATION[1] - ELEVATION[0]
        height = max(16, round(texels * span / (AZIMUTH[1] - AZIMUTH[0])))
        azimuth = np.linspace(*AZIMUTH, texels, dtype=np.float32)[None, :]
        elevation = np.linspace(*ELEVATION[::-1], height, dtype=np.float32)[:, None]
        ray = np.stack(
            np.broadcast_arrays(
                np.sin(azimuth) * np.cos(elevation), np.cos(azimuth) * np.cos(elevation), np.sin(elevation)
            ),
            axis=-1,
        )
        toward = np.clip(ray @ to_sun.astype(np.float32), -1, 1)
        low = np.exp(-np.clip(elevation, 0, None) / 0.22)[..., None]
        air = zenith + (horizon - zenith) * low
        halo = (0.32 * np.exp(-(1 - toward) / 0.22) + 1.1 * np.exp(-(1 - toward) / 0.035))[..., None]
        air = air + glow * halo * (0.35 + 0.65 * low)
        cover = self._clouds(ray, rng)
        silver = np.exp(-(1 - toward) / 0.35)[..., None]
        thick = smooth(cover, 0.35, 1.0)[..., None]
        cloud = (horizon * 0.75 + zenith * 0.3) * (1 - 0.45 * thick) + glow * silver * (0.75 - 0.35 * thick)
        cloud = cloud + glow * 0.18 * (1 - thick)
        share = (
            smooth(cover, 0.08, 0.75)[..., None] * smooth(elevation, -0.01, 0.12)[..., None] * np.float32(0.9)
        )
        self.picture = np.ascontiguousarray(air + (cloud - air) * share, np.float32)

    @classmethod
    def of(cls, mood: Mood, to_sun: Matrix, texels: int, rng: np.random.Generator) -> Sky:
        """The sky of an hour, `texels` wide."""
        return cls(
            zenith=mood.zenith,
            horizon=mood.horizon,
            glow=mood.sky_glow,
            to_sun=to_sun,
            texels=texels,
            rng=rng,
        )

    @staticmethod
    def _clouds(ray: Array, rng: np.random.Generator) -> Array:
        """Cover in 0..1 and above, from noise on a flat cloud layer seen in perspective."""
        extent, texels = 16.0, 1024
        flat = fbm((texels, texels), (extent, extent), 2.6, rng, 7, persistence=0.55)
        flat = np.clip(
            0.62 * flat + 0.12 + 0.25 * fbm((texels, texels), (extent, extent), 7.0, rng, 2), 0, 1.4
        )
        rise = np.clip(ray[..., 2], 0.02, None) + 0.1
        u = (ray[..., 0] / rise + extent / 2) * texels / extent
        v = (ray[..., 1] / rise * 1.3 + 1.0) * texels / extent
        return np.asarray(
            cv2.remap(flat, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101), np.float32
        )

    def seen(self, rays: Array) -> Array:
        """Radiance (H, W, 3) along (H, W, 3) unit rays."""
        azimuth = np.arctan2(rays[..., 0], rays[..., 1])
        elevation = np.arcsin(np.clip(rays[..., 2], -1, 1))
        height, width = self.picture.shape[:2]
        u = (azimuth - AZIMUTH[0]) / (AZIMUTH[1] - AZIMUTH[0]) * (width - 1)
        v = (ELEVATION[1] - elevation) / (ELEVATION[1] - ELEVATION[0]) * (height - 1)
        found = cv2.remap(
            self.picture,
            u.astype(np.float32),
            v.astype(np.float32),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        return np.asarray(found, np.float32)

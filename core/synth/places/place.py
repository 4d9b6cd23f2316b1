"""A place: an old-town street after rain, in the last sun or at dusk, laid out from a seed and seen by a camera."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.camera import Camera, Matrix
from pai_studio.core.synth.paint.noise import blur
from pai_studio.core.synth.paint.texture import Quad, see
from pai_studio.core.synth.places.light import Light
from pai_studio.core.synth.places.sky import Sky

_BLOOM = ((0.0035, 0.045), (0.014, 0.03), (0.05, 0.018))


@dataclass(frozen=True)
class Floor:
    """One piece of the street's floor and, on the same plane, its wetness and slopes (three channels)."""

    surface: Quad
    wet: Quad


@dataclass(frozen=True)
class Place:
    """Everything that does not move, lit once."""

    light: Light
    sky: Sky
    floors: tuple[Floor, ...]
    quads: tuple[Quad, ...]
    stand: Matrix
    """Where the subject stands on the floor, (3,)."""

    far: Matrix
    """A point of the far end of the street, whose plane y = const stands for the background's homography."""

    haze_per_m: float = 0.0075

    def seen(self, camera: Camera) -> tuple[Array, Array]:
        """The (H, W, 3) radiance that the camera sees, its lens's bloom included; where it is bare floor, (H, W)."""
        width, height = camera.size
        half = camera.scaled((max(2, width // 2), max(2, height // 2)))
        # The sky is soft: half the size is enough.
        picture = np.asarray(cv2.resize(self.sky.seen(half.rays()), camera.size), np.float32)
        floor = self._lay_floor(picture, self._reflected(half), camera)
        self._paint(picture, camera, floor)
        return bloom(np.maximum(picture, 0)), floor

    def _reflected(self, half: Camera) -> Array:
        """What a mirror for a floor would show, at half size; only below the horizon, black above."""
        width, height = half.size
        reflected = np.zeros((height, width, 3), np.float32)
        top = int(np.clip(half.horizon - 3, 0, height - 2))
        lower = half.below(top)
        part = self.sky.seen(lower.rays() * np.array([1, 1, -1], np.float32))
        self._paint(part, lower.mirrored())
        reflected[top:] = blur(part, height / 180)
        return reflected

    def _paint(self, picture: Array, camera: Camera, floor: Array | None = None) -> None:
        """Draw all that stands, far things first; what it hides is taken out of `floor`."""
        for quad in self.quads:
            found = see(quad, camera)
            if found is None:
                continue
            alpha = found.alpha[..., None]
            mist = 1 - np.exp(-self.haze_per_m * quad.haze * np.clip(found.depth_m - 3, 0, None))[..., None]
            below = picture[found.part]
            below *= 1 - alpha
            below += found.rgb + (self.light.haze * alpha - found.rgb) * mist
            if floor is not None:
                floor[found.part] *= 1 - found.alpha

    def _lay_floor(self, picture: Array, reflected: Array, camera: Camera) -> Array:
        """Draw the floor with what its wet parts mirror; returns its coverage (H, W)."""
        covered = np.zeros(picture.shape[:2], np.float32)
        for floor in self.floors:
            found, wet = see(floor.surface, camera), see(floor.wet, camera)
            if found is None or wet is None or found.part != wet.part:
                continue
            share = np.maximum(found.alpha, 1e-6)[..., None]
            water = wet.rgb / share
            rows, columns = found.part
            y, x = np.mgrid[rows, columns].astype(np.float32)
            facing = np.clip(camera.position[2] / (found.depth_m * 1.05), 0.02, 1)
            fresnel = 0.03 + 0.97 * (1 - facing) ** 5
            ripple = np.float32(camera.size[1] * 0.010)
            u = (x + 0.5 + (water[..., 1] - 0.5) * 2 * ripple) * np.float32(
                reflected.shape[1] / camera.size[0]
            ) - 0.5
            v = (y + 0.5 + (water[..., 2] - 0.5) * 4 * ripple) * np.float32(
                reflected.shape[0] / camera.size[1]
            ) - 0.5
            mirror = cv2.remap(reflected, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            strength = (water[..., 0] * np.clip(fresnel * 1.6, 0, 0.75))[..., None]
            rgb = found.rgb / share
            rgb = rgb + (mirror - rgb) * strength
            mist = (1 - np.exp(-self.haze_per_m * np.clip(found.depth_m - 3, 0, None)))[..., None]
            rgb = rgb + (self.light.haze - rgb) * mist
            below = picture[found.part]
            below += (rgb - below) * found.alpha[..., None]
            covered[found.part] = np.maximum(covered[found.part], found.alpha)
        return covered


def bloom(picture: Array) -> Array:
    """A lens's veil: a little of the picture's own light, spread over three widths; energy is kept."""
    height, width = picture.shape[:2]
    size = (max(2, width // 4), max(2, height // 4))
    small = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)
    veil = np.zeros(small.shape, np.float32)
    lost = 0.0
    for spread, share in _BLOOM:
        veil += np.float32(share) * blur(small, max(0.3, spread * width / 4))
        lost += share
    spread_out = cv2.resize(veil, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(picture * np.float32(1 - lost) + spread_out, np.float32)

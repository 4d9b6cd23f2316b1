"""What a camera ought to see of a plane and of points, and how that changes as the camera does."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pai_studio.core.motion.homography import Points
from pai_studio.core.motion.pose import Lens, turned

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Sight:
    """Where things land, (M, N, 2) pixels, and what moves them there: derivatives (M, N, 2, k).

    `lens` is by the log of the focal length and the screen's two slopes; `one` and `other` by the seven parameters of
    either frame, whose rotations take small turns from the left; `near` by the nearness of each point.
    """

    landed: Points
    lens: Floats
    one: Floats
    other: Floats
    near: Floats


def see(lens: Lens, slopes: Floats | None, at: Points, frames: tuple[Floats, Floats], near: Floats) -> Sight:
    """Pixels `at` (M, N, 2) of the one of two `frames` (M, 7) as the other sees them.

    They lie at a nearness `near` (M, N), or, with the screen's two `slopes`, on the screen, whatever `near` says.
    """
    one, other = frames
    rays = lens.rays(at, one[:, None, 6])
    back, forth = turned(one[:, :3]).transpose(0, 2, 1), turned(other[:, :3])
    away = rays @ back.transpose(0, 2, 1)
    between = (one[:, 3:6] - other[:, 3:6])[:, None]
    plane = np.zeros(3) if slopes is None else np.array([*slopes, 1.0])
    room = (1 - one[:, 3:6] @ plane)[:, None, None]
    if slopes is not None:
        near = (away @ plane) / room[..., 0]
    seen = (away + near[..., None] * between) @ forth.transpose(0, 2, 1)
    screen = _Screen(lens.pixels(seen, other[:, None, 6]), seen, lens, other[:, None, 6])

    # How the seen ray goes with the direction that the pixel has in the one frame, and with the nearness.
    by_near = (between @ forth.transpose(0, 2, 1))[..., None]
    by_away = forth[:, None] + by_near @ (plane / room)[..., None, :]
    by_ray = by_away @ back[:, None]
    wider = np.concatenate([-rays[..., :2], np.zeros((*rays.shape[:-1], 1))], axis=-1)[..., None]
    by_zoom = by_ray @ wider
    by_place = near[..., None, None] * (forth[:, None] + by_near @ (plane / room)[..., None, :])
    by_slope = by_near @ ((away + near[..., None] * one[:, None, 3:6]) / room)[..., None, :2]
    if slopes is None:
        by_slope = np.zeros_like(by_slope)
    zooms = (screen.landed - lens.middle)[..., None]
    of_one = np.concatenate([by_ray @ _cross(rays), by_place, by_zoom], axis=-1)
    of_other = np.concatenate([-_cross(seen), -near[..., None, None] * forth[:, None]], axis=-1)
    return Sight(
        screen.landed,
        np.concatenate([screen.of(by_zoom) + zooms, screen.of(by_slope)], axis=-1),
        screen.of(of_one),
        np.concatenate([screen.of(of_other), zooms], axis=-1),
        screen.of(by_near * np.ones_like(near)[..., None, None]),
    )


@dataclass(frozen=True)
class _Screen:
    """Rays (M, N, 3) that have landed on the picture."""

    landed: Points
    seen: Floats
    lens: Lens
    zoom: Floats

    def of(self, changes: Floats) -> Floats:
        """How the pixels go (M, N, 2, k) when the rays change so (M, N, 3, k)."""
        depth = np.maximum(self.seen[..., 2], 1e-3)[..., None, None]
        flat = (self.seen[..., :2] / depth[..., 0])[..., None]
        focal = self.lens.focal(self.zoom)[..., None, None]
        return np.asarray(focal / depth * (changes[..., :2, :] - flat * changes[..., 2:, :]))


def _cross(vectors: Floats) -> Floats:
    """The matrices (..., 3, 3) of the cross products with vectors (..., 3)."""
    x, y, z = np.moveaxis(vectors, -1, 0)
    zero = np.zeros_like(x)
    return np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=-1).reshape(*vectors.shape, 3)

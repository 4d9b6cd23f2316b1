"""What indoor places share: walls in sections with windows that let the sun in, columns, ceilings, hanging lamps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.camera import Matrix
from pai_studio.core.synth.paint.canvas import Canvas
from pai_studio.core.synth.paint.noise import smooth
from pai_studio.core.synth.places.builder import AWAY, RIGHT, Builder

ENCLOSING = 500.0
"""The order of walls and ceilings around everything; a section nearer to the camera comes a little before."""

Paint = Callable[[float, float, float, int], Canvas]
"""(length, height, texels a metre, number of the section) to a section of wall or ceiling."""


@dataclass(frozen=True)
class Hall:
    """A long room around the camera's axis: its bays (number, start, end along y), half its width, its height."""

    bays: tuple[tuple[int, float, float], ...]
    half_m: float
    height_m: float

    @property
    def end_m(self) -> float:
        """Where its far wall stands."""
        return self.bays[-1][2]


def sections(start_m: float, end_m: float, bay_m: float) -> tuple[tuple[int, float, float], ...]:
    """The bays between two ends: number, start, end."""
    edges = [float(edge) for edge in np.arange(start_m, end_m + 1e-6, bay_m)]
    return tuple((number, *ends) for number, ends in enumerate(pairwise(edges)))


def raise_walls(build: Builder, hall: Hall, paint: dict[int, Paint]) -> None:
    """Both long walls, `paint[-1]` on the left and `paint[1]` on the right, bay by bay."""
    for side in (-1, 1):
        for number, start, end in hall.bays:
            if end < 0.8:
                continue
            density = build.texels_per_m(float(np.hypot(hall.half_m * 0.8, max(start, 0.8))))
            shown = min(hall.height_m, 2.4 + 0.85 * end)
            wall = paint[side](end - start, shown, density, number)
            build.side(wall, (side * hall.half_m, start, 0.0), -side, ENCLOSING + start)


def raise_ceiling(build: Builder, hall: Hall, paint: Paint) -> None:
    """A flat ceiling, as far as the camera can see it."""
    for number, start, end in hall.bays:
        if hall.height_m > 2.4 + 0.85 * end:
            continue
        density = build.texels_per_m(float(np.hypot(hall.height_m * 0.7, max(start, 1.0))))
        ceiling = paint(2 * hall.half_m, end - start, density, number)
        origin = np.array([-hall.half_m, end, hall.height_m])
        build.hang(ceiling, origin, RIGHT, -AWAY, ENCLOSING + start)


def wall_blocks(hall: Hall, side: int, opening: tuple[float, float, float]) -> list[Matrix]:
    """Boxes of one long wall that leave a window open in each bay: `opening` is its width, its sill's and head's z."""
    width, sill, head = opening
    x0, x1 = sorted((side * hall.half_m, side * (hall.half_m + 0.35)))
    first, last = hall.bays[0][1] - 8, hall.end_m + 8
    blocks = [
        np.array([[x0, first, -1.0], [x1, last, sill]]),
        np.array([[x0, first, head], [x1, last, hall.height_m + 6]]),
    ]
    edge = first
    for _, start, end in hall.bays:
        middle = (start + end) / 2
        blocks.append(np.array([[x0, edge, sill], [x1, middle - width / 2, head]]))
        edge = middle + width / 2
    blocks.append(np.array([[x0, edge, sill], [x1, last, head]]))
    return blocks


def beams(
    build: Builder, hall: Hall, side: int, opening: tuple[float, float, float], strength: float
) -> None:
    """Sunlight that each window sends through the dusty air, as soft slanting sheets across the room."""
    sun = build.light.to_sun
    width, sill, head = opening
    if sun[0] * side <= 0:
        return
    # Down the sun's own direction until the floor.
    along = -sun * min(head / float(sun[2]), 14.0)
    across, rise = (np.linspace(0, 1, 64, dtype=np.float32) for _ in range(2))
    fade = (1 - across[None, :]) ** 1.2 * smooth(rise, 0, 0.12)[:, None] * smooth(rise, 1, 0.88)[:, None]
    glow = np.asarray(build.light.sun * np.float32(strength) * fade[..., None], np.float32)
    for _, start, end in hall.bays:
        if start < 8.5:
            continue
        for part in (-0.25, 0.25):
            origin = np.array([side * hall.half_m, (start + end) / 2 + part * width, sill])
            build.shine(glow, origin, along, np.array([0, 0, head - sill]), start + float(along[1]))


def halo(radius_m: float, glow: Array, texels: int = 48) -> Array:
    """The glow (texels, texels, 3) of the air around a lamp, for a square `2 radius_m` wide."""
    axis = np.linspace(-1, 1, texels, dtype=np.float32)
    away = np.hypot(axis[None], axis[:, None])
    fall = np.clip(1 - away, 0, 1) ** 2 * np.exp(-4.0 * away)
    return np.asarray(glow * np.float32(min(1.0, 1 / radius_m)) * fall[..., None], np.float32)


def hang_halo(build: Builder, at: Matrix, radius_m: float, glow: Array) -> None:
    """A halo around a lamp at `at`."""
    origin = at - np.array([radius_m, 0.06, radius_m])
    build.shine(
        halo(radius_m, glow),
        origin,
        np.array([2 * radius_m, 0, 0]),
        np.array([0, 0, 2 * radius_m]),
        float(at[1]) - 0.06,
    )

"""What open country shares: light without walls, rocks with their shadows, the sky, floors out to the horizon."""

from __future__ import annotations

import numpy as np

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.camera import Matrix
from pai_studio.core.synth.places import nature
from pai_studio.core.synth.places.builder import Builder, free
from pai_studio.core.synth.places.light import Light, toward
from pai_studio.core.synth.places.moods import Mood
from pai_studio.core.synth.places.sky import Sky

BANDS = (
    (1.2, 4.6, 5.0, 140.0),
    (4.4, 9.4, 9.5, 100.0),
    (9.0, 20.0, 19.0, 42.0),
    (19.0, 52.0, 46.0, 11.0),
    (50.0, 170.0, 150.0, 2.4),
)
_LEAST_SIDE_M = 0.9

Rock = tuple[float, float, float, float]
"""A boulder's x, y, width and height."""


def sun_of(rng: np.random.Generator, mood: Mood, side: float) -> Matrix:
    """A sun to one side, now a little before and now a little behind the camera: relief is drawn by its shadows."""
    elevation = np.radians(rng.uniform(*mood.elevation_deg))
    azimuth = np.radians(rng.uniform(48, 118)) * side
    return toward(azimuth, elevation)


def open_light(mood: Mood, to_sun: Matrix, ground: Array, rocks: list[Rock]) -> Light:
    """The whole sky above, the ground's own colour from below."""
    below = ground / max(float(ground.max()), 1e-3)
    # Three steps, narrower as they rise, throw a shadow that is round enough.
    blocks = [
        np.array([[x - reach * w, y - 0.1, -1.0], [x + reach * w, y + 1.4 * reach * w, rise * h]])
        for x, y, w, h in rocks
        for reach, rise in ((0.40, 0.38), (0.30, 0.62), (0.18, 0.8))
    ]
    return Light(
        to_sun,
        mood.sun * np.float32(0.55),
        mood.sky * np.float32(1.0),
        mood.glow * np.float32(0.35),
        mood.bounce * below * np.float32(1.1),
        mood.behind * np.float32(0.5),
        mood.haze * np.float32(1.05),
        (),
        np.stack(blocks),
    )


def scatter(rng: np.random.Generator, stand: Matrix, count: int, sizes: tuple[float, float]) -> list[Rock]:
    """Boulders, some near the picture's sides, more of them farther away, none before the subject."""
    rocks: list[Rock] = []
    for _ in range(600):
        y = float(2.8 + 34 * rng.random() ** 1.5)
        x = float(rng.uniform(-1, 1) * (1.6 + 0.75 * y))
        width = float(rng.uniform(*sizes) * (0.5 + 0.5 * rng.random()) * (1 + 0.03 * y))
        height = width * float(rng.uniform(0.45, 0.9))
        apart = all(np.hypot(x - u, y - v) > 0.5 * (width + w) for u, v, w, _ in rocks)
        if apart and free(stand, x, width / 2, y) and abs(x) - width / 2 > _LEAST_SIDE_M - 0.02 * y:
            rocks.append((x, y, width, height))
        if len(rocks) == count:
            break
    return rocks


def raise_rocks(build: Builder, rocks: list[Rock], hues: Array, layered: float) -> None:
    """Each boulder, and the dark where it meets the ground."""
    for x, y, width, height in rocks:
        hue = hues[int(build.rng.integers(len(hues)))]
        stone = nature.rock(width, height, build.texels_per_m(y), hue, build.rng, layered=layered)
        build.stand(stone, x, y, -0.04)
        build.ground_shadow(x, y - 0.05 * width, 0.36 * width, 0.5 * width, 0.5)


def sky_of(mood: Mood, to_sun: Matrix, width_px: int, rng: np.random.Generator) -> Sky:
    """The sky of an hour, finer than in a street, as more of it is seen."""
    return Sky.of(mood, to_sun, max(160, round(1.3 * width_px)), rng)

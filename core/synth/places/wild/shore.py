"""Lays out a rocky shore from a seed: stacks in the sea, headlands, boulders and pools on sand or shingle."""

from __future__ import annotations

import numpy as np

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.camera import Matrix
from pai_studio.core.synth.paint.noise import color
from pai_studio.core.synth.places import nature
from pai_studio.core.synth.places.builder import Builder, free
from pai_studio.core.synth.places.place import Place
from pai_studio.core.synth.places.site import draw_site
from pai_studio.core.synth.places.wild import country, relief
from pai_studio.core.synth.places.wild.ground import shore_floor

ALLOWED = ("golden", "noon", "dusk", "overcast")
_SANDS = ("c9b48a", "b8a68c", "8f8a84", "d8c9a8", "5c5854")
_STONES = (("6d6a66", "7d766c", "55524f"), ("8a6a52", "9c7a60", "6f5644"), ("b5ac9c", "a39a88", "8f8676"))
_SEAS = ("2a6a78", "3f7f86", "2c4f66", "4a6a6a")


def lay_out(seed: int, width_px: int, focal: float, mood_name: str | None = None) -> Place:
    """The shore of this seed, detailed enough for pictures `width_px` wide; `focal` is in picture widths."""
    rng = np.random.default_rng([seed, 1, 7])
    site = draw_site(rng, "shore", ALLOWED, mood_name, ahead_m=(5.7, 6.5))
    mood, stand = site.mood, site.stand
    sand = color(str(rng.choice(_SANDS))) * np.float32(0.62)
    stones = np.stack([color(code) for code in _STONES[int(rng.integers(len(_STONES)))]])
    sea, sea_m = color(str(rng.choice(_SEAS))), float(rng.uniform(11, 19))
    to_sun = country.sun_of(rng, mood, site.side)
    rocks = country.scatter(rng, stand, int(rng.integers(20, 38)), (0.6, 2.4))
    light = country.open_light(mood, to_sun, sand, rocks)
    build = Builder(rng, light, mood, width_px / 1280, focal * width_px)
    _stacks(build, stones, sea_m)
    country.raise_rocks(build, rocks, stones, float(rng.uniform(0.0, 0.5)))
    _grasses(build, stand, sea_m)
    floors = build.floors(lambda where: shore_floor(where, sand, sea_m, sea, seed), country.BANDS)
    sky = country.sky_of(mood, to_sun, width_px, rng)
    haze = float(rng.uniform(0.003, 0.007))
    return build.place(site, sky, floors, far=np.array([0, 60.0, 3.0]), haze_per_m=haze)


def _stacks(build: Builder, stones: Array, sea_m: float) -> None:
    """Headlands on one side or both, and stacks that stand in the sea at many distances."""
    rng = build.rng
    for distance in (160.0, 105.0, 70.0):
        if rng.random() < 0.25:
            continue
        width = float(rng.uniform(0.5, 1.1)) * distance
        x = float(rng.choice([-1, 1])) * (0.75 * distance - 0.2 * width)
        land = relief.stack(
            width,
            float(rng.uniform(0.10, 0.19)) * distance,
            max(3.0, build.texels_per_m(distance)),
            stones[0],
            rng,
        )
        build.stand(land, x, distance, -0.4)
    for distance in rng.uniform(sea_m + 4, 62, int(rng.integers(4, 9))):
        width = float(rng.uniform(1.8, 8.0))
        tall = width * float(rng.uniform(0.5, 1.8))
        x = float(rng.uniform(-0.62, 0.62)) * float(distance)
        rock = relief.stack(width, tall, build.texels_per_m(float(distance)), stones[-1], rng)
        build.stand(rock, x, float(distance), -0.15)


def _grasses(build: Builder, stand: Matrix, sea_m: float) -> None:
    """Dune grass in tufts and stranded wood on the dry side."""
    rng = build.rng
    hues = np.stack([color(code) for code in ("9a9450", "7a8444", "b8a866")])
    if rng.random() < 0.25:
        return
    for _ in range(int(rng.integers(14, 40))):
        y = float(2.5 + (sea_m - 5) * rng.random())
        x = float(rng.choice([-1, 1])) * (1.1 + float(rng.random()) * 0.8 * y)
        width = float(rng.uniform(0.4, 1.0))
        if free(stand, x, width / 2, y):
            tuft = nature.grass(width, width * float(rng.uniform(0.6, 1.0)), build.texels_per_m(y), hues, rng)
            build.stand(tuft, x, y, -0.03)
            build.ground_shadow(x, y - 0.1, 0.3 * width, 0.3 * width, 0.35)

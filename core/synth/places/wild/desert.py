"""Lays out a desert from a seed: mesas or dunes behind one another, boulders, cacti, scrub on sand, gravel or clay."""

from __future__ import annotations

import numpy as np

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.camera import Matrix
from pai_studio.core.synth.paint.noise import color
from pai_studio.core.synth.places.builder import Builder, free
from pai_studio.core.synth.places.place import Place
from pai_studio.core.synth.places.site import draw_site
from pai_studio.core.synth.places.wild import country, relief
from pai_studio.core.synth.places.wild.ground import desert_floor

ALLOWED = ("golden", "noon", "dusk", "overcast")
_LANDS = {
    "red": (("b0593a", "c9744a", "9c4a32", "d99a6c"), "c0805a"),
    "ochre": (("c79a5e", "b5854c", "d8b87e", "a87444"), "cfae7a"),
    "white": (("d8cdb8", "c4b59c", "e4dccb", "b3a68e"), "dccfb4"),
    "grey": (("7d746c", "8f857a", "645d58", "a3968a"), "8d8378"),
    "rose": (("b57a6a", "c99384", "a2665a", "dcb0a0"), "c8a08c"),
}


def lay_out(seed: int, width_px: int, focal: float, mood_name: str | None = None) -> Place:
    """The desert of this seed, detailed enough for pictures `width_px` wide; `focal` is in picture widths."""
    rng = np.random.default_rng([seed, 1, 6])
    site = draw_site(rng, "desert", ALLOWED, mood_name, ahead_m=(5.7, 6.5))
    mood, stand = site.mood, site.stand
    codes, ground = _LANDS[str(rng.choice(sorted(_LANDS)))]
    hues = np.stack([color(code) for code in codes])
    sand = color(ground) * np.float32(0.66)
    kind = str(rng.choice(["sand", "gravel", "clay"]))
    to_sun = country.sun_of(rng, mood, site.side)
    rocks = country.scatter(rng, stand, int(rng.integers(14, 30)), (0.8, 2.6))
    light = country.open_light(mood, to_sun, sand, rocks)
    build = Builder(rng, light, mood, width_px / 1280, focal * width_px)
    _horizon(build, hues, sand)
    country.raise_rocks(build, rocks, hues, float(rng.uniform(0.2, 1.0)))
    _plants(build, stand, rocks)
    floors = build.floors(lambda where: desert_floor(where, sand, kind, seed), country.BANDS)
    sky = country.sky_of(mood, to_sun, width_px, rng)
    haze = float(rng.uniform(0.002, 0.005))
    return build.place(site, sky, floors, far=np.array([0, 60.0, 4.0]), haze_per_m=haze)


def _horizon(build: Builder, hues: Array, sand: Array) -> None:
    """Mesas, or dunes with a mesa beyond, from 160 m to 34 m."""
    rng = build.rng
    dunes = rng.random() < 0.35
    for distance, height in ((165.0, 30.0), (110.0, 20.0), (72.0, 12.0)):
        wide = 2.5 * distance
        tall = height * float(rng.uniform(0.7, 1.3))
        density = max(3.0, build.texels_per_m(distance) * 0.9)
        if dunes and distance < 150:
            land = relief.dune(wide, tall * 0.55, density, sand, rng)
        else:
            land = relief.mesa(wide, tall, density, hues, rng)
        build.stand(land, float(rng.normal(0, 0.15 * distance)), distance, -0.3)
    for distance in rng.uniform(30, 55, int(rng.integers(2, 5))):
        x = float(rng.choice([-1, 1]) * rng.uniform(0.12, 0.6) * distance)
        width = float(rng.uniform(5, 13))
        butte = relief.mesa(
            width, width * float(rng.uniform(0.5, 1.1)), build.texels_per_m(distance), hues, rng
        )
        build.stand(butte, x, float(distance), -0.1)


def _plants(build: Builder, stand: Matrix, rocks: list[country.Rock]) -> None:
    rng = build.rng
    greens = np.stack([color(code) for code in ("8a8450", "6f6f42", "a89a5c", "5f6a3c")])
    cacti = int(rng.integers(0, 9))
    for number in range(cacti + int(rng.integers(24, 52))):
        y = float(2.6 + 34 * rng.random() ** 1.5)
        x = float(rng.uniform(-1, 1) * (1.5 + 0.72 * y))
        if any(abs(x - u) < 0.5 * w and abs(y - v) < 0.5 * w for u, v, w, _ in rocks):
            continue
        if number < cacti:
            y = max(y, 7.0)
            if free(stand, x, 0.8, y) and abs(x) > 1.4:
                tall = float(rng.uniform(1.6, 3.6))
                build.stand(relief.cactus(tall, build.texels_per_m(y), rng), x, y, -0.03)
                build.ground_shadow(x, y - 0.1, 0.12, 0.25, 0.5)
            continue
        width = float(rng.uniform(0.35, 1.0))
        if free(stand, x, width / 2, y):
            bush = relief.scrub(
                width, width * float(rng.uniform(0.5, 0.8)), build.texels_per_m(y), greens, rng
            )
            build.stand(bush, x, y, -0.02)
            build.ground_shadow(x, y - 0.1, 0.3 * width, 0.4 * width, 0.45)

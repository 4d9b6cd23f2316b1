"""Lays out a factory floor from a seed: brick, tall windows that throw sun on the floor, columns, crates, lamps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.camera import Matrix
from pai_studio.core.synth.paint.canvas import Canvas
from pai_studio.core.synth.paint.noise import color, own
from pai_studio.core.synth.places import lamps
from pai_studio.core.synth.places.builder import Builder, free
from pai_studio.core.synth.places.hall import (
    ENCLOSING,
    Hall,
    beams,
    raise_ceiling,
    raise_walls,
    sections,
    wall_blocks,
)
from pai_studio.core.synth.places.light import Lamp, Light, toward
from pai_studio.core.synth.places.loft import surfaces
from pai_studio.core.synth.places.loft.surfaces import Look
from pai_studio.core.synth.places.moods import Mood
from pai_studio.core.synth.places.place import Place
from pai_studio.core.synth.places.site import draw_site
from pai_studio.core.synth.places.sky import Sky

ALLOWED = ("golden", "noon", "overcast", "night")
_BRICKS = ("8f5540", "a0604a", "77463a", "9c7b5c", "b9b2a6")
_PAINTS = ("e6e2d8", "7fa39a", "c9c08a", "93a7b5", "d9d2c0")


def lay_out(seed: int, width_px: int, focal: float, mood_name: str | None = None) -> Place:
    """The loft of this seed, detailed enough for pictures `width_px` wide; `focal` is in picture widths."""
    rng = np.random.default_rng([seed, 1, 3])
    site = draw_site(rng, "loft", ALLOWED, mood_name)
    name, mood, side, stand = site.hour, site.mood, site.side, site.stand
    bay = float(rng.uniform(3.4, 4.4))
    bays = sections(-2 * bay, float(rng.uniform(24, 34)), bay)
    hall = Hall(bays, float(rng.uniform(4.2, 6.0)), float(rng.uniform(4.6, 6.2)))
    look = _look(rng, bay, hall.height_m, mood)
    # The sun comes in from the subject's side, low enough to reach the middle of the floor.
    azimuth = np.radians(rng.uniform(58, 105))
    elevation = np.radians(rng.uniform(27, 38))
    to_sun = toward(side * azimuth, elevation)
    blocks = wall_blocks(hall, side, look.opening)
    hung = _lamp_spots(rng, hall)
    glow = color(str(rng.choice(["ffb765", "ffe2b0", "d8ecff"])))
    power = {"night": 5.5, "golden": 1.2, "overcast": 2.2}.get(name, 0.5)
    swings = name != "noon" and rng.random() < 0.7
    moving = (lamps.swinging(rng, hung.pop(2), glow * power * 1.4),) if swings else ()
    light = replace(
        _light(mood, to_sun, look, glow * np.float32(0.02 * power)),
        lamps=tuple(Lamp(at, glow * power) for at in hung),
        blockers=np.stack(blocks),
        moving=moving,
    )
    build = Builder(rng, light, mood, width_px / 1280, focal * width_px)
    _shell(build, hall, look, side)
    _end_wall(build, hall, look)
    _columns(build, hall, look, stand)
    _crates(build, hall, stand, look)
    beams(build, hall, side, look.opening, 0.012 * float(rng.uniform(0.3, 1.2)))
    shade = color(str(rng.choice(["26302c", "3a2a24", "75787a", "1f2a38"])))
    for at in hung:
        if at[1] > 1:
            lamps.hang_shaded(build, at, hall.height_m, shade, glow * 20 * min(power, 1.5))
    glowing = tuple(lamps.carried_shade(build, lamp, hall.height_m, shade, glow * 28) for lamp in moving)
    wet = float(rng.uniform(-0.2, 0.45))
    half, end = hall.half_m, hall.end_m
    floors = build.floors(
        lambda where: surfaces.concrete(where, look, wet, seed),
        (
            (1.2, 4.6, half, 130.0),
            (4.4, 9.4, half, 95.0),
            (9.2, 18.4, half, 45.0),
            (18.0, end + 0.1, half, 22.0),
        ),
    )
    sky = Sky.of(mood, to_sun, 160, rng)
    return build.place(site, sky, floors, far=np.array([0, end, 2.0]), haze_per_m=0.004, glowing=glowing)


def _look(rng: np.random.Generator, bay: float, height: float, mood: Mood) -> Look:
    sill = float(rng.uniform(0.9, 1.3))
    return Look(
        color(str(rng.choice(_BRICKS))),
        color(str(rng.choice(_PAINTS))),
        color(str(rng.choice(["5a6267", "5f726b", "84503f", "44597a", "c4beb0"]))),
        color(str(rng.choice(["6b4c32", "8a7358", "4d4038"]))),
        color(str(rng.choice(["8f8b84", "a39c90", "77766f"]))),
        float(rng.choice([0.0, 1.5, 9.0])),
        (bay * float(rng.uniform(0.58, 0.72)), sill, height - float(rng.uniform(0.5, 0.9))),
        mood.horizon * np.float32(1.6) + mood.sky_glow * np.float32(0.35),
        bool(rng.random() < 0.5),
    )


def _light(mood: Mood, to_sun: Matrix, look: Look, fill: Array) -> Light:
    """Indoors what there is of the sky comes from the windows and off the floor; `fill` is what the lamps scatter."""
    day = (mood.sky + mood.glow) * np.float32(0.5)
    warm = look.brick / look.brick.mean() * np.float32(0.4) + np.float32(0.6)
    return Light(
        to_sun=to_sun,
        sun=mood.sun * np.float32(1.1),
        sky=day * np.float32(0.50) + fill,
        glow=day * np.float32(0.42) + fill,
        bounce=mood.bounce * warm + day * np.float32(0.3) + fill,
        behind=day * warm * np.float32(0.75) + 3 * fill,
        haze=mood.haze * np.float32(0.5),
        lamps=(),
        blockers=np.zeros((0, 2, 3)),
    )


def _shell(build: Builder, hall: Hall, look: Look, side: int) -> None:
    rng = build.rng
    both = rng.random() < 0.4
    day = look.day

    def windowed(length: float, tall: float, density: float, number: int) -> Canvas:
        del number
        wall = surfaces.brick_wall(length, tall, density, look, own(rng))
        surfaces.steel_window(wall, look, day, own(rng))
        return wall

    def blind(length: float, tall: float, density: float, number: int) -> Canvas:
        if both and number % 2:
            return windowed(length, tall, density, number)
        wall = surfaces.brick_wall(length, tall, density, look, own(rng))
        surfaces.pipes(wall, look, rng)
        return wall

    raise_walls(build, hall, {side: windowed, -side: blind})

    def boards(width: float, length: float, density: float, number: int) -> Canvas:
        del number
        return surfaces.ceiling(width, length, density, look, own(rng))

    raise_ceiling(build, hall, boards)


def _end_wall(build: Builder, hall: Hall, look: Look) -> None:
    """The far wall: a gate of steel or a row of windows."""
    rng, end, half, height = build.rng, hall.end_m, hall.half_m, hall.height_m
    wall = surfaces.brick_wall(2 * half, height, build.texels_per_m(end), look, rng)
    if rng.random() < 0.5:
        wall.rect(half - 1.7, 0, half + 1.7, 3.3, albedo=look.steel * 1.2, relief=-0.05)
        s, _ = wall.grid()
        part, cover = wall.box(half - 1.7, 0, half + 1.7, 3.3)
        wall.relief[part] += 0.03 * (np.abs((s[:, part[1]] / 0.3) % 1 - 0.5) < 0.4) * cover
        wall.rect(half - 0.5, 2.2, half + 0.5, 2.8, emission=look.day * np.float32(0.6))
    else:
        for middle in (half * 0.45, half, half * 1.55):
            wall.rect(
                middle - 0.8, 1.2, middle + 0.8, height - 1.0, albedo=color("101214"), emission=look.day
            )
            for k in np.linspace(-0.8, 0.8, 5):
                wall.rect(
                    middle + k - 0.02,
                    1.2,
                    middle + k + 0.02,
                    height - 1.0,
                    albedo=look.steel,
                    emission=np.zeros(3, np.float32),
                )
            for k in np.arange(1.2, height - 0.9, 0.45):
                wall.rect(
                    middle - 0.8,
                    k - 0.015,
                    middle + 0.8,
                    k + 0.015,
                    albedo=look.steel,
                    emission=np.zeros(3, np.float32),
                )
    build.stand(wall, 0.0, end, order=ENCLOSING + end)


def _columns(build: Builder, hall: Hall, look: Look, stand: Matrix) -> None:
    """Two rows of steel columns down the hall, with a crossbeam over each pair."""
    half, height = hall.half_m, hall.height_m
    row = half * 0.52
    width = float(build.rng.uniform(0.24, 0.36))
    for _, start, _ in hall.bays:
        if start < 2.0:
            continue
        for x in (-row, row):
            if not free(stand, x, width / 2, start):
                continue
            low, high = (
                np.array([x + k * width / 2, start + k * width / 2, z]) for k, z in ((-1, 0.0), (1, height))
            )
            build.box(low, high, lambda w, h, d: surfaces.column(w, h, d, look, own(build.rng)))
        if height - 0.4 < 2.4 + 0.8 * start:
            beam = Canvas(2 * half, 0.34, build.texels_per_m(start), look.steel)
            beam.relief[:] = 0.04 * (np.abs(beam.grid()[1] - 0.17) > 0.13)
            build.stand(beam, 0.0, start, height - 0.36, order=start + 0.2)


def _crates(build: Builder, hall: Hall, stand: Matrix, look: Look) -> None:
    """Crates in stacks along the walls and between the columns."""
    rng, half, end = build.rng, hall.half_m, hall.end_m
    placed: list[tuple[float, float]] = []
    for _ in range(60):
        y = float(2.8 + (end - 6) * rng.random() ** 1.3)
        size = float(rng.uniform(0.5, 1.1))
        x = float(rng.choice([-1, 1])) * float(rng.uniform(1.2, half - 0.7))
        crowded = any(np.hypot(x - u, y - v) < 1.35 for u, v in placed)
        if crowded or not free(stand, x, size * 0.6, y) or (abs(x) < 1.9 and y < 15):
            continue
        placed.append((x, y))
        hue = (
            look.wood * float(rng.uniform(0.8, 1.6))
            if rng.random() < 0.75
            else color(str(rng.choice(["3f5a6b", "7a3328", "56603a"])))
        )
        _stack(build, x, y, size, hue)
        if len(placed) >= 14:
            break


def _stack(build: Builder, x: float, y: float, size_m: float, hue: Array) -> None:
    """One crate or two, the upper one smaller."""
    rng, level = build.rng, 0.0
    for _ in range(int(rng.integers(1, 3))):
        depth, tall = size_m * float(rng.uniform(0.8, 1.1)), size_m * float(rng.uniform(0.6, 1.0))
        low = np.array([x - size_m / 2 + float(rng.uniform(-0.08, 0.08)), y, level])
        high = low + np.array([size_m, depth, tall])
        build.box(low, high, lambda w, h, d: surfaces.planks(w, h, d, hue, own(rng)))
        level += tall
        size_m *= 0.85


def _lamp_spots(rng: np.random.Generator, hall: Hall) -> list[Matrix]:
    """Where lamps hang, in one row or two; the first light the subject from behind the camera."""
    level = float(rng.uniform(2.7, min(3.4, hall.height_m - 0.9)))
    xs = (-hall.half_m * 0.26, hall.half_m * 0.26) if rng.random() < 0.5 else (0.0,)
    return [
        np.array([x, y, level + float(rng.uniform(-0.05, 0.05))])
        for y in np.arange(-0.6, hall.end_m - 2, float(rng.uniform(4.4, 5.6)))
        for x in xs
    ]

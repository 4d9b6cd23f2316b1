"""Lays out a gallery from a seed: pictures on tall walls, columns, sculptures, roof lights that draw on the floor."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.camera import Matrix
from pai_studio.core.synth.paint.canvas import Canvas
from pai_studio.core.synth.paint.noise import color, own
from pai_studio.core.synth.places import lamps
from pai_studio.core.synth.places.builder import Builder, free
from pai_studio.core.synth.places.gallery import works
from pai_studio.core.synth.places.gallery.ground import gallery_floor
from pai_studio.core.synth.places.hall import ENCLOSING, Hall, raise_ceiling, raise_walls, sections
from pai_studio.core.synth.places.light import Lamp, Light, MovingLamp, toward
from pai_studio.core.synth.places.moods import Mood
from pai_studio.core.synth.places.place import Place
from pai_studio.core.synth.places.site import draw_site
from pai_studio.core.synth.places.sky import Sky

ALLOWED = ("noon", "golden", "overcast", "night")
_WALLS = ("efece4", "e9e4da", "e4e8ea", "7d2a2e", "2f4f46", "33465f", "c9b79a", "8a9a86", "5c4a5e")


@dataclass(frozen=True)
class Look:
    """One gallery's colours; `roof` is how wide its roof lights are, as a share of the room's width."""

    wall: Array
    trim: Array
    floor: str
    stone: Array
    roof: float
    day: Array


def lay_out(seed: int, width_px: int, focal: float, mood_name: str | None = None) -> Place:
    """The gallery of this seed, detailed enough for pictures `width_px` wide; `focal` is in picture widths."""
    rng = np.random.default_rng([seed, 1, 5])
    site = draw_site(rng, "gallery", ALLOWED, mood_name)
    name, mood, side, stand = site.hour, site.mood, site.side, site.stand
    bay = float(rng.uniform(3.8, 5.0))
    hall = Hall(
        sections(-2 * bay, float(rng.uniform(26, 38)), bay),
        float(rng.uniform(3.6, 5.4)),
        float(rng.uniform(4.6, 6.0)),
    )
    look = _look(rng, mood)
    azimuth, elevation = np.radians(rng.uniform(40, 130)), np.radians(rng.uniform(46, 62))
    to_sun = toward(side * azimuth, elevation)
    spots = [
        np.array([s * (hall.half_m - 1.3), (start + end) / 2, hall.height_m - 0.7])
        for s in (-1, 1)
        for _, start, end in hall.bays
        if end > -2 and start < 26
    ]
    glow = color(str(rng.choice(["ffe0b4", "fff0dc", "ffd09a"])))
    power = {"night": 4.6, "overcast": 1.2, "golden": 0.9}.get(name, 0.5)
    pendants = rng.random() < 0.5
    moving: tuple[MovingLamp, ...] = ()
    if name != "noon" and rng.random() < 0.55:
        at = np.array([float(rng.uniform(-0.8, 0.8)), float(rng.uniform(8.5, 11)), hall.height_m - 1.6])
        moving = (lamps.swinging(rng, at, glow * power * 1.8),)
    light = replace(
        _light(mood, to_sun, look, glow * np.float32(0.05 * power)),
        lamps=tuple(Lamp(at, glow * power) for at in spots),
        blockers=np.stack(_roof(hall, look)),
        moving=moving,
    )
    build = Builder(rng, light, mood, width_px / 1280, focal * width_px)
    _shell(build, hall, look)
    _end_wall(build, hall, look)
    _furnish(build, hall, look, stand)
    shade = color(str(rng.choice(["1a1a1a", "b08d4a", "e0e0e0"])))
    glowing = tuple(lamps.carried_shade(build, lamp, hall.height_m, shade, glow * 24) for lamp in moving)
    if pendants:
        for y in np.arange(12.5, hall.end_m - 2, 5.0):
            at = np.array([0.0, float(y), hall.height_m - 1.6])
            lamps.hang_shaded(build, at, hall.height_m, shade, glow * np.float32(6 + 3 * power))
    gloss = float(rng.uniform(0.12, 0.5))
    half, end = hall.half_m, hall.end_m
    floors = build.floors(
        lambda where: gallery_floor(where, look.floor, look.stone, gloss=gloss, seed=seed),
        (
            (1.2, 4.6, half, 140.0),
            (4.4, 9.4, half, 100.0),
            (9.2, 19.0, half, 48.0),
            (18.5, end + 0.1, half, 22.0),
        ),
    )
    sky = Sky.of(mood, to_sun, 160, rng)
    return build.place(site, sky, floors, far=np.array([0, end, 2.0]), haze_per_m=0.002, glowing=glowing)


def _look(rng: np.random.Generator, mood: Mood) -> Look:
    return Look(
        color(str(rng.choice(_WALLS))) * np.float32(0.92),
        color(str(rng.choice(["f2efe8", "d9d2c2", "b08d4a"]))),
        str(rng.choice(["parquet", "marble", "terrazzo"])),
        color(str(rng.choice(["d8d2c6", "9aa09a", "b59a7a", "4c4f52"]))),
        float(rng.uniform(0.26, 0.5)),
        mood.horizon * np.float32(1.5) + mood.sky_glow * np.float32(0.3),
    )


def _light(mood: Mood, to_sun: Matrix, look: Look, fill: Array) -> Light:
    """A white room: light comes from above and from all walls; `fill` is what the spots scatter."""
    day = (mood.sky + mood.glow) * np.float32(0.5)
    warm = look.wall / look.wall.mean() * np.float32(0.35) + np.float32(0.65)
    return Light(
        to_sun=to_sun,
        sun=mood.sun * np.float32(0.75),
        sky=day * np.float32(0.75) + fill,
        glow=day * warm * np.float32(0.25) + fill,
        bounce=(day * np.float32(0.5) + mood.bounce * np.float32(0.5) + fill) * warm,
        behind=day * warm * np.float32(0.35) + 2 * fill,
        haze=mood.haze * np.float32(0.6),
        lamps=(),
        blockers=np.zeros((0, 2, 3)),
    )


def _roof(hall: Hall, look: Look) -> list[Matrix]:
    """The roof around its lights, and the walls, as boxes."""
    z0, z1 = hall.height_m, hall.height_m + 0.25
    open_half = hall.half_m * look.roof
    first, last = hall.bays[0][1] - 10, hall.end_m + 10
    boxes = [
        np.array([[s - 8.0 if s < 0 else s, first, z0], [s if s < 0 else s + 8.0, last, z1]])
        for s in (-open_half, open_half)
    ]
    bars = [at for _, start, end in hall.bays for at in (start, (start + end) / 2)]
    boxes += [np.array([[-open_half, at - 0.28, z0], [open_half, at + 0.28, z1]]) for at in bars]
    return boxes


def _shell(build: Builder, hall: Hall, look: Look) -> None:
    rng = build.rng

    def wall(length: float, height: float, density: float, number: int) -> Canvas:
        del number
        part = own(rng)
        face = Canvas(length, height, density, look.wall)
        face.albedo *= (0.98 + 0.03 * face.noise(0.05, part, 2) + 0.02 * face.noise(1.5, part, 3))[..., None]
        face.relief[:] = 0.0008 * face.noise(0.03, part, 2)
        face.rect(0, 0, length, 0.16, albedo=look.trim, relief=0.02)
        face.rect(0, 3.72, length, 3.76, albedo=look.trim * 0.7, relief=0.03)
        face.rect(0, hall.height_m - 0.22, length, hall.height_m, albedo=look.trim, relief=0.06)
        _hang_pictures(face, length, part)
        return face

    def ceiling(width: float, length: float, density: float, number: int) -> Canvas:
        del number
        face = Canvas(width, length, density, color("e8e6e0"))
        open_half = hall.half_m * look.roof
        for low in (0.0, length / 2):
            face.rect(
                width / 2 - open_half,
                low + 0.28,
                width / 2 + open_half,
                low + length / 2 - 0.28,
                albedo=color("303438"),
                emission=look.day,
                relief=0.3,
            )
            for at in np.linspace(-open_half, open_half, 6):
                face.rect(
                    width / 2 + at - 0.025,
                    low + 0.28,
                    width / 2 + at + 0.025,
                    low + length / 2 - 0.28,
                    albedo=look.trim,
                    emission=np.zeros(3, np.float32),
                    relief=0.25,
                )
        return face

    raise_walls(build, hall, {-1: wall, 1: wall})
    raise_ceiling(build, hall, ceiling)


def _hang_pictures(face: Canvas, length: float, rng: np.random.Generator) -> None:
    """Two small pictures, one large one, or none."""
    if rng.random() < 0.35:
        for at in (length * 0.3, length * 0.7):
            size = (float(rng.uniform(0.5, 0.9)), float(rng.uniform(0.6, 1.1)))
            works.hang_picture(face, at, 1.62, size, rng)
    elif rng.random() < 0.85:
        size = (float(rng.uniform(1.1, min(2.6, length - 0.9))), float(rng.uniform(0.9, 1.9)))
        works.hang_picture(face, length / 2, 1.7, size, rng)


def _end_wall(build: Builder, hall: Hall, look: Look) -> None:
    """The far wall: a bright doorway or one more picture."""
    rng = build.rng
    end = Canvas(2 * hall.half_m, hall.height_m, build.texels_per_m(hall.end_m), look.wall)
    if rng.random() < 0.5:
        half = hall.half_m
        end.rect(half - 1.2, 0, half + 1.2, 3.4, albedo=look.trim * 0.3, emission=look.day * 0.5, arch=1.0)
        end.rect(half - 0.03, 0, half + 0.03, 3.4, albedo=look.trim, emission=np.zeros(3, np.float32))
    else:
        works.hang_picture(end, hall.half_m, 2.3, (min(5.0, hall.half_m * 1.3), 2.6), rng)
    build.stand(end, 0.0, hall.end_m, order=ENCLOSING + hall.end_m)


def _furnish(build: Builder, hall: Hall, look: Look, stand: Matrix) -> None:
    """Columns in two rows or none, plinths with works on them, benches, ropes."""
    rng = build.rng
    if rng.random() < 0.6:
        row, radius = hall.half_m * float(rng.uniform(0.62, 0.72)), float(rng.uniform(0.16, 0.26))
        for _, start, _ in hall.bays:
            for x in (-row, row):
                if start > 2 and free(stand, x, radius * 1.4, start):
                    shaft = works.round_column(
                        radius, hall.height_m, build.texels_per_m(start), look.stone, own(rng)
                    )
                    build.stand(shaft, x, start)
                    build.ground_shadow(x, start - radius, radius * 1.3, 2.4 * radius, 0.45)
    for y in np.arange(3.0, hall.end_m - 3, float(rng.uniform(2.2, 3.4))):
        x = float(rng.choice([-1, 1])) * float(rng.uniform(1.1, hall.half_m * 0.58))
        at = float(y + rng.uniform(-0.4, 0.4))
        if free(stand, x, 0.4, at) and (abs(x) > 1.8 or at > 12):
            _plinth(build, x, at)
    for y in rng.uniform(9, hall.end_m - 4, 3):
        x = float(rng.uniform(-0.5, 0.5)) * hall.half_m
        hue = color(str(rng.choice(["2a2622", "7a5a3a", "3c4a5a"])))
        low = np.array([x - 0.8, float(y), 0.36])
        build.box(low, low + np.array([1.6, 0.5, 0.1]), partial(Canvas, base=hue))
        for leg in (-0.7, 0.66):
            build.stand(Canvas(0.06, 0.36, build.texels_per_m(float(y)), hue * 0.6), x + leg, float(y) + 0.2)
        build.ground_shadow(x, float(y), 0.8, 0.5, 0.5)


def _plinth(build: Builder, x: float, y: float) -> None:
    rng = build.rng
    wide, tall = float(rng.uniform(0.42, 0.6)), float(rng.uniform(0.7, 1.15))
    low = np.array([x - wide / 2, y, 0.0])
    build.box(low, low + np.array([wide, wide, tall]), works.plinth)
    build.ground_shadow(x, y, wide / 2, wide, 0.5)
    hue = color(str(rng.choice(["e8e4dc", "2f5f7a", "8a3a2a", "3a3a3c", "b08d4a", "4f6b4a"])))
    size = (wide * float(rng.uniform(0.6, 0.95)), float(rng.uniform(0.4, 0.95)))
    build.stand(works.vase(*size, 1.3 * build.texels_per_m(y), hue, rng), x, y + wide / 2, tall)

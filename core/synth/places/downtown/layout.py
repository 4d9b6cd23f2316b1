"""Lays out a modern street from a seed: shops, neon, a skyline with lit windows, wet asphalt, a car that comes by."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.camera import Matrix
from pai_studio.core.synth.paint.canvas import Canvas
from pai_studio.core.synth.paint.noise import color, own
from pai_studio.core.synth.places import lamps
from pai_studio.core.synth.places.builder import RIGHT, UP, Builder, free
from pai_studio.core.synth.places.downtown import fronts, signs
from pai_studio.core.synth.places.downtown.fronts import Front
from pai_studio.core.synth.places.downtown.ground import asphalt
from pai_studio.core.synth.places.hall import hang_halo
from pai_studio.core.synth.places.light import Lamp, Light, MovingLamp, toward
from pai_studio.core.synth.places.moods import Mood
from pai_studio.core.synth.places.place import Glowing, Place
from pai_studio.core.synth.places.site import Site, draw_site
from pai_studio.core.synth.places.sky import Sky

ALLOWED = ("night", "dusk", "overcast")
_END_M = 46.0
_BEAM_M = 0.9  # how far before a car its light is reckoned from
_BANDS = (
    (1.2, 4.6, 9.0, 130.0),
    (4.4, 9.4, 9.0, 95.0),
    (9.2, 20.0, 9.0, 42.0),
    (19.5, 48.0, 11.0, 14.0),
    (47.0, 90.0, 30.0, 5.0),
)
_BODIES = ("6d7278", "8c8478", "4a4f58", "a39a8c", "5c4a44", "3c4450")


@dataclass(frozen=True)
class Block:
    """One building: its side of the street, its ends along it, its wall's distance from the middle, its height."""

    side: int
    near_m: float
    far_m: float
    wall_m: float
    height_m: float

    @property
    def box(self) -> Matrix:
        """What of it stands before the sun: low and high corners (2, 3)."""
        low = [self.side * self.wall_m - 4 * (self.side < 0), self.near_m, -1]
        return np.array([low, [self.side * self.wall_m + 4 * (self.side > 0), self.far_m, self.height_m]])


def lay_out(seed: int, width_px: int, focal: float, mood_name: str | None = None) -> Place:
    """The street of this seed, detailed enough for pictures `width_px` wide; `focal` is in picture widths."""
    rng = np.random.default_rng([seed, 1, 4])
    site = draw_site(rng, "downtown", ALLOWED, mood_name, ahead_m=(5.8, 6.6))
    mood, dark = site.mood, {"night": 1.0, "dusk": 0.7, "overcast": 0.35}[site.hour]
    blocks = _blocks(rng)
    hung = _signs(rng, blocks)
    posts = [
        (float(s), float(y)) for s in (-1, 1) for y in np.arange(rng.uniform(6, 9) + 3 * (s > 0), 44, 9.5)
    ]
    post_x = min(block.wall_m for block in blocks) - float(rng.uniform(1.2, 1.7))
    cold = color(str(rng.choice(["ffd9a8", "ffc078", "eaf2ff"])))
    fixed = _fixed(posts, post_x, hung, cold, dark)
    moving, followers = _moving(rng, hung, dark)
    elevation, azimuth = np.radians(rng.uniform(30, 44)), np.radians(rng.uniform(-70, 70))
    light = replace(
        _light(site, toward(azimuth, elevation), cold, dark),
        lamps=tuple(fixed),
        blockers=np.array([block.box for block in blocks]),
        moving=tuple(moving),
    )
    build = Builder(rng, light, mood, width_px / 1280, focal * width_px)
    for block in blocks:
        _raise(build, block, _front(rng, mood, dark))
    _skyline(build, mood, dark)
    glowing = [_hang_sign(build, sign, followers.get(number)) for number, sign in enumerate(hung)]
    for s, y in posts:
        _post(build, s * post_x, y, cold * np.float32(24 * dark + 1))
    cars = [lamp for lamp in moving if np.ptp(lamp.positions[:, 1]) > 1]
    comes = [float(np.sign(car.positions[0, 0])) for car in cars]
    _furnish(build, site.stand, post_x, dark=dark, clear=comes)
    glowing += [_car(build, car) for car in cars]
    wet = float(rng.uniform(0.1, 0.55))
    kerb = min(post_x + 0.4, 5.6)
    floors = build.floors(lambda where: asphalt(where, kerb, wet, seed), _BANDS)
    above = replace(mood, horizon=mood.horizon * np.float32(1.2) + cold * np.float32(0.14 * dark))
    sky = Sky.of(above, light.to_sun, max(160, width_px), rng)
    shining = tuple(part for part in glowing if part is not None)
    return build.place(site, sky, floors, far=np.array([0, _END_M, 4.0]), haze_per_m=0.006, glowing=shining)


def _fixed(
    posts: list[tuple[float, float]], post_x: float, hung: list[Sign], cold: Array, dark: float
) -> list[Lamp]:
    """Street lamps, signs and shops, as far as they light anything near."""
    fixed = [Lamp(np.array([s * (post_x - 1.0), y, 5.0]), cold * 7.0 * dark) for s, y in posts if y < 32]
    fixed += [
        Lamp(sign.at - np.array([0, 0.4, 0.4]), sign.glow * np.float32(0.20 * dark))
        for sign in hung
        if sign.at[1] < 26
    ]
    shop_glow = color("ffd2a0") * np.float32(1.6 * dark)
    at = [(s, y) for s in (-1, 1) for y in (0.5, 4.5, 9.0, 14.0)]
    return fixed + [Lamp(np.array([s * (post_x + 0.2), y, 1.6]), shop_glow) for s, y in at]


def _light(site: Site, to_sun: Matrix, cold: Array, dark: float) -> Light:
    """Between tall houses there is less of the sky, and what all the lamps scatter."""
    mood = site.mood
    return Light(
        to_sun=to_sun,
        sun=mood.sun * np.float32(0.5 if site.hour == "dusk" else 1.0),
        sky=mood.sky * np.float32(0.7),
        glow=mood.glow * np.float32(0.6),
        bounce=mood.bounce * np.float32(0.7) + cold * np.float32(0.02 * dark),
        behind=mood.behind * np.float32(0.7) + cold * np.float32(0.05 * dark),
        haze=mood.haze * np.float32(0.9) + cold * np.float32(0.06 * dark),
        lamps=(),
        blockers=np.zeros((0, 2, 3)),
    )


def _blocks(rng: np.random.Generator) -> list[Block]:
    """Buildings wall to wall on both sides, with an alley here and there."""
    blocks = []
    for side in (-1, 1):
        near, wall = -4.0, float(rng.uniform(4.6, 6.2))
        while near < _END_M:
            length = float(rng.uniform(5.5, 11))
            blocks.append(Block(side, near, near + length, wall, float(rng.uniform(11, 30))))
            near += length + (float(rng.uniform(1.5, 3.0)) if rng.random() < 0.3 else 0.0)
            wall = float(np.clip(wall + rng.uniform(-0.5, 0.5), 4.4, 6.4))
    return blocks


def _front(rng: np.random.Generator, mood: Mood, dark: float) -> Front:
    modern = rng.random() < 0.5
    return Front(
        color(str(rng.choice(_BODIES))) * np.float32(rng.uniform(0.7, 1.3)),
        color(str(rng.choice(["1d2024", "3a3f45", "8d9096", "2c2622"]))),
        (float(rng.uniform(1.3, 2.4)), float(rng.uniform(2.9, 3.5))),
        float(rng.uniform(0.82, 0.93) if modern else rng.uniform(0.42, 0.6)),
        mood.lit_share * float(rng.uniform(0.5, 1.1)),
        mood.zenith * np.float32(0.22) + mood.horizon * np.float32(0.16),
        float(rng.uniform(0.8, 1.8)) * (0.4 + 0.6 * dark),
    )


def _raise(build: Builder, block: Block, front: Front) -> None:
    """A building's shops, its floors above, and its side toward the camera."""
    if block.far_m < 0.9:
        return
    rng, length = build.rng, block.far_m - block.near_m
    density = build.texels_per_m(float(np.hypot(block.wall_m * 0.8, max(block.near_m, 0.8))))
    x, order = block.side * block.wall_m, (block.near_m + block.far_m) / 2
    build.side(fronts.shops(length, density, front, own(rng)), (x, block.near_m, 0.0), -block.side, order)
    rest = min(block.height_m, 3.0 + 0.9 * block.far_m) - fronts.GROUND_M
    if rest > 0.3:
        upper = fronts.upper_floors(length, rest, min(density, 60 * build.detail + 6), front, own(rng))
        build.side(upper, (x, block.near_m, fronts.GROUND_M), -block.side, order)
    if block.near_m > 1.5:
        tall = min(block.height_m, 3.0 + 0.9 * block.near_m)
        flank = Canvas(5.0, tall, build.texels_per_m(block.near_m) * 0.6, front.body * np.float32(0.8))
        flank.albedo *= (0.9 + 0.2 * flank.noise(1.4, rng, 5))[..., None]
        build.stand(flank, x + block.side * 2.5, block.near_m, order=block.near_m + 0.02)


@dataclass(frozen=True)
class Sign:
    """A neon sign: its middle, its word, its letters' height, its light, and whether it reads downward."""

    at: Matrix
    word: str
    letter_m: float
    glow: Array
    upright: bool


def _signs(rng: np.random.Generator, blocks: list[Block]) -> list[Sign]:
    """Signs that stick out over the pavement on both sides, at many depths."""
    found = []
    for block in blocks:
        for y in np.arange(max(block.near_m, 4.2) + 0.8, block.far_m - 0.4, 3.1):
            if rng.random() < 0.35 or y > 38:
                continue
            upright = bool(rng.random() < 0.7)
            letter = float(rng.uniform(0.34, 0.6) if upright else rng.uniform(0.22, 0.34))
            word = str(rng.choice(signs.WORDS))
            half = letter * 0.75 if upright else letter * (0.41 * len(word) + 0.3)
            x = block.side * (block.wall_m - half - 0.1)
            low = float(rng.uniform(2.9, 4.4))
            z = low + (letter * 0.54 * len(word) if upright else letter)
            glow = color(str(rng.choice(signs.NEONS)), float(rng.uniform(9, 20)))
            found.append(Sign(np.array([x, float(y), z]), word, letter, glow, upright))
    return found


def _moving(
    rng: np.random.Generator, hung: list[Sign], dark: float
) -> tuple[list[MovingLamp], dict[int, MovingLamp]]:
    """A car that comes toward the camera, or a sign that flickers (keyed by its number); often neither."""
    lot = rng.random()
    if lot < 0.3 and dark > 0.5:
        x = float(rng.choice([-1, 1])) * float(rng.uniform(2.4, 3.1))
        start, end = np.array([x, rng.uniform(30, 42), 1.1]), np.array([x, rng.uniform(10, 16), 1.1])
        return [lamps.passing(rng, start, end, color("f2f4ff", 6.5 * dark))], {}
    near = [number for number, sign in enumerate(hung) if sign.at[1] < 13]
    if lot < 0.6 and near:
        number = int(rng.choice(near))
        at = hung[number].at - np.array([0, 0.9, 0.6])
        lamp = lamps.flickering(rng, at, hung[number].glow * np.float32(0.5 * dark))
        return [lamp], {number: lamp}
    return [], {}


def _hang_sign(build: Builder, sign: Sign, follows: MovingLamp | None) -> Glowing | None:
    density = min(1.6 * build.texels_per_m(float(sign.at[1])), 170 * build.detail + 8)
    board = signs.neon(sign.word, sign.letter_m, density, sign.glow, upright=sign.upright, rng=build.rng)
    x, y, z = (float(v) for v in sign.at)
    build.stand(board, x, y, z - board.height_m / 2, order=y - 0.1, haze=0.6)
    glowing = None if follows is None else Glowing(follows, build.last_glowing(), carried=False)
    hang_halo(
        build, sign.at - np.array([0, 0.15, 0]), 1.5 * sign.letter_m + 0.8, sign.glow * np.float32(0.010)
    )
    return glowing


def _post(build: Builder, x: float, y: float, glow: Array) -> None:
    density = min(1.4 * build.texels_per_m(y), 120 * build.detail + 6)
    lamp = signs.street_lamp(density, glow)
    width = RIGHT if x < 0 else -RIGHT
    foot = np.array([x - 0.15 * width[0], y, 0.0])
    build.hang(lamp, foot, width, UP, y - 0.05)
    hang_halo(build, np.array([x + 1.2 * width[0], y, 5.1]), 1.6, glow * np.float32(0.010))


def _car(build: Builder, lamp: MovingLamp) -> Glowing:
    """The car that carries a passing lamp."""
    at = lamp.positions[0]
    density = min(build.texels_per_m(float(lamp.positions[:, 1].min())), 110 * build.detail + 6)
    picture = signs.car(density, color("30343c"), color("f6f8ff", 28.0), front=True, rng=build.rng)
    build.stand(picture, float(at[0]), float(at[1]) + _BEAM_M)
    return Glowing(lamp, build.last_glowing())


def _furnish(build: Builder, stand: Matrix, post_x: float, *, dark: float, clear: list[float]) -> None:
    """Parked cars on the sides that are not `clear` for one that comes, trees and bollards along the kerbs."""
    rng = build.rng
    for side in (-1, 1):
        for y in np.arange(13.0, 38, 5.6):
            if rng.random() < 0.5 or side in clear:
                continue
            paint = color(str(rng.choice(["7a1f22", "1f2f4a", "c4c4c0", "2a2c2e", "6a6f72", "8a7a3a"])))
            front = side < 0
            glow = color("ff2018", 1.2 * dark) if not front else color("f0f0ff", 0.4 * dark)
            picture = signs.car(build.texels_per_m(y), paint, glow, front=front, rng=rng)
            at = float(y + rng.uniform(-0.8, 0.8))
            build.stand(picture, side * (post_x - 1.35), at)
            build.ground_shadow(side * (post_x - 1.35), at, 1.05, 4.2)
    hue = color(str(rng.choice(["4f6b35", "8a6a2c", "3f5a3a"])))
    for y in rng.uniform(4.5, 34, 9):
        x = float(rng.choice([-1, 1])) * (post_x + float(rng.uniform(0.1, 0.6)))
        if free(stand, x, 1.0, float(y)):
            wide = float(rng.uniform(1.6, 2.4))
            tree = fronts.street_tree(wide, wide * 2.0, build.texels_per_m(float(y)), hue, rng)
            build.stand(tree, x, float(y))
    for side in (-1, 1):
        for y in np.arange(3.4, 22, 2.2):
            x = side * (post_x - 0.35)
            if free(stand, x, 0.1, float(y)):
                bollard = Canvas(0.14, 0.9, build.texels_per_m(float(y)), color("26292c"))
                s, _ = bollard.grid()
                bollard.alpha = np.ones(bollard.shape, np.float32)
                bollard.relief[:] = np.sqrt(np.clip(0.0049 - (s - 0.07) ** 2, 0, None))
                bollard.rect(0, 0.68, 0.14, 0.8, albedo=color("d8d8d0"))
                build.stand(bollard, x, float(y))


def _skyline(build: Builder, mood: Mood, dark: float) -> None:
    """Towers that close the street and stand over its roofs, layer behind layer."""
    rng = build.rng
    for distance, count, low, high in ((170.0, 16, 45, 120), (105.0, 12, 30, 85), (_END_M + 6, 6, 14, 34)):
        for x in np.linspace(-0.62, 0.62, count) * distance:
            if rng.random() < (0.5 if distance < 60 else 0.2):
                continue
            front = _front(rng, mood, dark)
            width = float(rng.uniform(0.09, 0.15)) * distance
            height = float(rng.uniform(low, high))
            picture = fronts.tower(
                width, height, max(2.5, build.texels_per_m(distance) * 0.8), front, own(rng)
            )
            at = distance + float(rng.uniform(-2, 2))
            build.stand(picture, float(x + rng.normal(0, 0.02) * distance), at, 0.0, haze=0.55)

"""Lays out a street from a seed: houses with gaps for the sun, lamps, strings of light, a tower at its end."""

from __future__ import annotations

import numpy as np

from pai_studio.core.synth.camera import Matrix
from pai_studio.core.synth.paint.noise import color
from pai_studio.core.synth.places import lamps
from pai_studio.core.synth.places.builder import Builder
from pai_studio.core.synth.places.light import Lamp, Light, MovingLamp
from pai_studio.core.synth.places.moods import Mood, asked_mood
from pai_studio.core.synth.places.place import Place
from pai_studio.core.synth.places.site import Site
from pai_studio.core.synth.places.sky import Sky
from pai_studio.core.synth.places.street.building import (
    END_M,
    House,
    dress,
    hang_lantern,
    hang_string,
    lay_floors,
    raise_far_end,
    raise_house,
    swing_lantern,
)
from pai_studio.core.synth.places.street.facade import PLASTERS, SHUTTERS
from pai_studio.core.synth.places.street.openings import Style

ALLOWED = ("golden", "dusk", "noon", "overcast", "night")


def lay_out(seed: int, width_px: int, focal: float, mood_name: str | None = None) -> Place:
    """The street of this seed, detailed enough for pictures `width_px` wide; `focal` is in picture widths."""
    rng = np.random.default_rng([seed, 1])
    hour = _hour(rng, mood_name)
    sun_side = int(rng.choice([-1, 1]))
    stand = np.array([sun_side * rng.uniform(0.7, 1.05), rng.uniform(5.9, 6.5), 0.0])
    site = Site("street", hour, sun_side, stand)
    mood = site.mood
    elevation, azimuth = np.radians(rng.uniform(*mood.elevation_deg)), np.radians(rng.uniform(46, 60))
    to_sun = np.array([sun_side * np.sin(azimuth), np.cos(azimuth), np.tan(elevation)])
    to_sun /= np.linalg.norm(to_sun)
    houses = _houses(rng, sun_side, stand, azimuth, mood)
    lamp_spots = _lamp_spots(rng, houses)
    swinging = _swinging(seed, lamp_spots, mood)
    strings = _strings(rng)
    light = Light(
        to_sun,
        mood.sun,
        mood.sky,
        mood.glow,
        mood.bounce,
        mood.behind,
        mood.haze,
        _lamps(lamp_spots, strings, mood),
        np.stack([h.block for h in houses]),
        moving=() if swinging is None else (swinging[1],),
    )
    build = Builder(rng, light, mood, width_px / 1280, focal * width_px)
    raise_far_end(build)
    for house in houses:
        raise_house(build, house)
    for side, wall, y in lamp_spots:
        hang_lantern(build, side, wall, y)
    glowing = () if swinging is None else (swing_lantern(build, *swinging[0][:2], swinging[1]),)
    for y, height, sag in strings:
        hang_string(build, y, height, sag, houses)
    dress(build, houses, stand)
    sky = Sky.of(mood, to_sun, max(160, round(1.3 * width_px)), rng)
    floors = lay_floors(build, houses, seed)
    return build.place(site, sky, floors, far=np.array([0, END_M, 2.0]), haze_per_m=0.0075, glowing=glowing)


def _hour(rng: np.random.Generator, asked: str | None) -> str:
    """The last sun for most streets, dusk for others, noon or clouds for a few."""
    lot = float(rng.random())
    drawn = ("noon", "overcast")[int(lot > 0.1)] if lot < 0.2 else ("golden" if lot < 0.7 else "dusk")
    return asked_mood(drawn, ALLOWED, asked)


def _swinging(
    seed: int, spots: list[tuple[int, float, float]], mood: Mood
) -> tuple[tuple[int, float, float], MovingLamp] | None:
    """In some streets the wind moves a lantern not far behind the subject; it is taken out of `spots`."""
    rng = np.random.default_rng([seed, 1, 8])
    near = [spot for spot in spots if spot[2] < 16]
    if rng.random() > 0.45 or not near:
        return None
    side, wall, y = spot = near[int(rng.integers(len(near)))]
    spots.remove(spot)
    return spot, lamps.swinging(
        rng, np.array([side * (wall - 0.5), y, 3.0]), mood.lamp * np.float32(1.8), 0.22
    )


def _houses(
    rng: np.random.Generator, sun_side: int, stand: Matrix, azimuth: float, mood: Mood
) -> list[House]:
    """Two rows of houses; on the sun's side a low garden wall lets a shaft of light fall on the subject."""
    plasters = list(rng.permutation(PLASTERS))
    houses: list[House] = []
    for side in (-1, 1):
        near = -3.0
        wall = float(rng.uniform(3.2, 3.9))
        gap_at = stand[1] + (wall - sun_side * stand[0]) / np.tan(azimuth)
        while near < END_M - 2:
            in_gap = side == sun_side and gap_at - 3 < near < gap_at + 0.5
            length = float(rng.uniform(5.5, 8.5))
            if side == sun_side and near <= gap_at - 3:
                length = min(length, gap_at - 1.5 - near)
            if in_gap:
                length = gap_at + float(rng.uniform(3.2, 3.8)) - near
            far = near + length
            style = Style(
                color(str(plasters[len(houses) % len(plasters)])),
                color(str(rng.choice(["d8cbb0", "c2b69c", "e2d8c4"]))),
                color(str(rng.choice(SHUTTERS))),
                color(str(rng.choice(["4a3222", "e4dccb", "33302c"]))),
                mood.lit_share,
                color("ffb258", 3.2),
                mood.zenith * 0.22 + mood.horizon * 0.14,
            )
            height = 0.95 if in_gap else float(rng.uniform(7.0, 10.5) if near < 14 else rng.uniform(5.3, 7.2))
            houses.append(House(side, near, far, wall, height, style, in_gap))
            near = far
            wall = float(np.clip(wall + rng.uniform(-0.45, 0.45), 3.0, 4.0))
    return houses


def _lamp_spots(rng: np.random.Generator, houses: list[House]) -> list[tuple[int, float, float]]:
    spots = []
    for side in (-1, 1):
        for y in np.arange(6.5 + 2.5 * (side > 0), END_M - 4, 7.5):
            at = float(y + rng.uniform(-1, 1))
            house = next(h for h in houses if h.side == side and h.near_m <= at < h.far_m)
            if not house.low and house.near_m + 0.6 < at < house.far_m - 0.6:
                spots.append((side, house.wall_m, at))
    return spots


def _strings(rng: np.random.Generator) -> list[tuple[float, float, float]]:
    count = int(rng.integers(3, 5))
    return [
        (float(y), float(rng.uniform(4.0, 4.9)), float(rng.uniform(0.5, 0.85)))
        for y in np.linspace(7.5, 24, count) + rng.uniform(-0.8, 0.8, count)
    ]


def _lamps(
    spots: list[tuple[int, float, float]], strings: list[tuple[float, float, float]], mood: Mood
) -> tuple[Lamp, ...]:
    # Lit windows and lanterns behind the camera, which fill the side of the subject that it sees.
    fixed = [Lamp(np.array([x, 2.2, 2.7]), mood.lamp * power) for x, power in ((-2.6, 1.7), (2.6, 1.7))]
    fixed += [Lamp(np.array([side * (wall - 0.5), y, 3.0]), mood.lamp * 1.1) for side, wall, y in spots]
    for y, height, sag in strings:
        fixed += [
            Lamp(np.array([x, y, height - sag * (1 - (x / 3.5) ** 2)]), mood.lamp * 0.55)
            for x in (-2.2, 0.0, 2.2)
        ]
    return tuple(fixed)

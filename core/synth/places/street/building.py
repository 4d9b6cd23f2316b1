"""Raises what `layout` has decided on: houses, lamps, plants and the floor, as lit quads."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pai_studio.core.synth.camera import Matrix
from pai_studio.core.synth.paint.canvas import Canvas
from pai_studio.core.synth.paint.noise import color
from pai_studio.core.synth.paint.texture import Quad
from pai_studio.core.synth.places.builder import Builder, wetness
from pai_studio.core.synth.places.light import MovingLamp
from pai_studio.core.synth.places.place import Floor, Glowing
from pai_studio.core.synth.places.street import props
from pai_studio.core.synth.places.street.facade import PLASTERS, SHUTTERS, house_front, plain_wall
from pai_studio.core.synth.places.street.ground import street_floor
from pai_studio.core.synth.places.street.openings import Style

_UP = np.array([0, 0, 1.0])
END_M = 34.0


@dataclass(frozen=True)
class House:
    """One house: which side (-1 left, 1 right), where along the street, how far from its axis, how high."""

    side: int
    near_m: float
    far_m: float
    wall_m: float
    height_m: float
    style: Style
    low: bool = False

    @property
    def seen_m(self) -> float:
        """The height up to which a level camera sees it; what is above needs no texture."""
        return 2.2 + 0.46 * self.far_m

    @property
    def block(self) -> Matrix:
        """Its box for shadows: low and high corners."""
        inner, outer = self.side * self.wall_m, self.side * (self.wall_m + 3)
        low = [min(inner, outer), self.near_m, -1.0]
        high = [max(inner, outer), self.far_m, self.height_m]
        return np.array([[*low], [*high]])


def _frame_of(house: House) -> tuple[Matrix, Matrix]:
    """The lower left corner of a house's front as seen from the street, and its unit direction."""
    x = house.side * house.wall_m
    if house.side < 0:
        return np.array([x, house.near_m, 0]), np.array([0, 1.0, 0])
    return np.array([x, house.far_m, 0]), np.array([0, -1.0, 0])


def raise_house(build: Builder, house: House) -> None:
    """A house's front, its side toward the camera, and its eaves, or the trees behind a low wall."""
    rng, length = build.rng, house.far_m - house.near_m
    middle = (house.near_m + house.far_m) / 2
    if house.far_m < 1.2:
        return
    near = max(house.near_m, 1.0)
    density = build.texels_per_m(float(np.hypot(house.wall_m * 0.8, near)))
    paint = plain_wall if house.low else house_front
    origin, along = _frame_of(house)
    shown_m = min(house.height_m, house.seen_m)
    build.hang(paint(length, shown_m, density, house.style, rng), origin, along, _UP, middle)
    if house.near_m > 1.5:
        _return_wall(build, house)
    if house.low:
        _garden(build, house)
    elif house.height_m < house.seen_m + 0.5:
        _eaves(build, house)


def _return_wall(build: Builder, house: House) -> None:
    """The side of a house that faces the camera where it stands out from, or above, the one before it."""
    depth = 3.0
    x = -house.wall_m - depth if house.side < 0 else house.wall_m
    wall = plain_wall(
        depth,
        min(house.height_m, 2.2 + 0.46 * house.near_m),
        build.texels_per_m(house.near_m),
        house.style,
        build.rng,
    )
    build.hang(wall, np.array([x, house.near_m, 0]), np.array([1.0, 0, 0]), _UP, house.near_m + 0.02)


def _eaves(build: Builder, house: House) -> None:
    """A gutter and rafters that stand out from the wall's top."""
    out, thick, length = 0.42, 0.24, house.far_m - house.near_m
    density = build.texels_per_m(max(house.near_m, 3.0))
    origin, along = _frame_of(house)
    inward = np.array([-house.side, 0, 0.0])
    middle = (house.near_m + house.far_m) / 2 - 0.01
    under = Canvas(length, out, density, color("6a4a32"))
    s, _ = under.grid()
    under.albedo *= (0.5 + 0.5 * (np.abs(((s / 0.5) % 1) - 0.5) > 0.14))[..., None]
    top = np.array([0, 0, house.height_m])
    build.hang(under, origin + top, along, inward, middle)
    front = Canvas(length, thick, density, color("8a5a3c"))
    _, z = front.grid()
    front.albedo *= (0.7 + 0.5 * (z > thick * 0.55))[..., None]
    build.hang(front, origin + top + inward * out, along, _UP, middle - 0.01)
    if house.near_m > 1.5:
        end = Canvas(out, thick, density, color("7a5038"))
        x = -house.wall_m if house.side < 0 else house.wall_m - out
        build.hang(
            end, np.array([x, house.near_m, house.height_m]), np.array([1.0, 0, 0]), _UP, house.near_m - 0.01
        )


def _garden(build: Builder, house: House) -> None:
    """Trees behind the low wall."""
    for y in (house.far_m - 0.5, (house.near_m + house.far_m) / 2):
        kind = str(build.rng.choice(["olive", "cypress", "oleander"]))
        height, width = (4.6, 1.5) if kind == "cypress" else (3.0, 2.6)
        tree = props.plant(width, height, build.texels_per_m(y), kind, build.rng)
        x = house.side * (house.wall_m + float(build.rng.uniform(2.6, 4.2))) - width / 2
        build.hang(tree, np.array([x, y, -0.4]), np.array([1.0, 0, 0]), _UP, y + 1.0)


def hang_lantern(build: Builder, side: int, wall: float, y: float) -> Quad:
    """A lantern on its arm; the lantern's own quad is the last but one, and returned."""
    lantern = props.lantern(min(2.2 * build.texels_per_m(y), 260 * build.detail + 8), color("ffb45a", 30))
    x = side * (wall - 0.5) - 0.23
    hung = build.hang(lantern, np.array([x, y, 2.62]), np.array([1.0, 0, 0]), _UP, y - 0.05)
    arm = Canvas(0.55, 0.05, build.texels_per_m(y), color("17181a"))
    left = -wall if side < 0 else wall - 0.55
    build.hang(arm, np.array([left, y, 3.55]), np.array([1.0, 0, 0]), _UP, y)
    return hung


def swing_lantern(build: Builder, side: int, wall: float, lamp: MovingLamp) -> Glowing:
    """A lantern that swings on its arm."""
    quad = hang_lantern(build, side, wall, float(lamp.positions[:, 1].mean()))
    del build.quads[-2]
    first = lamp.positions[0] - lamp.positions.mean(axis=0)
    return Glowing(lamp, replace(quad, origin=quad.origin + first, albedo=None))


def hang_string(build: Builder, y: float, height: float, sag: float, houses: list[House]) -> None:
    """A string of bulbs across the street."""
    left, right = (
        next(h.wall_m for h in houses if h.side == side and h.near_m <= y < h.far_m) for side in (-1, 1)
    )
    density = min(2.0 * build.texels_per_m(y), 220 * build.detail + 8)
    bulbs = int(build.rng.integers(9, 13))
    string = props.light_string(
        left + right, sag, density, bulbs=bulbs, glow=color("ffc070", 26), rng=build.rng
    )
    build.hang(string, np.array([-left, y, height - sag - 0.4]), np.array([1.0, 0, 0]), _UP, y, haze=0.5)


def dress(build: Builder, houses: list[House], stand: Matrix) -> None:
    """Awnings, pots and laundry."""
    rng = build.rng
    for house in houses:
        if house.low or house.far_m < 6:
            continue
        if rng.random() < 0.6 and house.near_m > 4 and house.far_m - house.near_m > 3.4:
            _hang_awning(build, house)
        for y in rng.uniform(max(house.near_m, 3.2) + 0.4, house.far_m - 0.4, int(rng.integers(1, 4))):
            if abs(y - stand[1]) > 0.7 or house.side * stand[0] < 0:
                _put_plant(build, house, float(y))
    for y in rng.uniform(13, 26, 2):
        density = build.texels_per_m(float(y))
        line = props.laundry(6.4, density, rng)
        build.hang(
            line,
            np.array([-3.2, float(y), float(rng.uniform(5.4, 6.4))]),
            np.array([1.0, 0, 0]),
            _UP,
            float(y),
        )


def _hang_awning(build: Builder, house: House) -> None:
    rng = build.rng
    width = float(rng.uniform(1.9, 2.6))
    near = float(rng.uniform(house.near_m + 0.3, house.far_m - width - 0.3))
    hues = ["b5382f", "2f6a5c", "c98b2b", "34547a", "7a2f45"]
    cloth = props.awning(width, build.texels_per_m(near), color(str(rng.choice(hues))), color("efe6d2"), rng)
    along = _frame_of(house)[1]
    start = near if house.side < 0 else near + width
    slope = np.array([house.side * 0.86, 0, 0.5])
    low = np.array([house.side * (house.wall_m - 0.86 * 1.35), start, 2.1])
    build.hang(cloth, low, along, slope / np.linalg.norm(slope), near + width / 2 - 0.02)


def _put_plant(build: Builder, house: House, y: float) -> None:
    rng = build.rng
    kind = str(rng.choice(["cypress", "olive", "oleander"]))
    height = float(rng.uniform(1.1, 2.1))
    width = height * (0.34 if kind == "cypress" else 0.62)
    pot = props.plant(width, height, 1.2 * build.texels_per_m(y), kind, rng)
    x = house.side * (house.wall_m - 0.3 - width * 0.35)
    build.hang(pot, np.array([x - width / 2, y, 0]), np.array([1.0, 0, 0]), _UP, y - 0.1)


def raise_far_end(build: Builder) -> None:
    """Hills, a tower, and two houses across the street's end."""
    rng = build.rng
    for distance, height, tone in ((150.0, 26.0, "6f7f78"), (95.0, 15.0, "68753f")):
        hill = props.ridge(170, height, build.texels_per_m(distance), color(tone), rng)
        build.hang(hill, np.array([-85, distance, -1]), np.array([1.0, 0, 0]), _UP, distance, haze=0.8)
    width = float(rng.uniform(5.5, 7.0))
    tower = props.tower_top(
        width, 24, build.texels_per_m(46), body=color("d9b98c"), roof=color("8f4a33"), rng=rng
    )
    x = float(rng.uniform(-2.5, 2.5)) - width / 2
    build.hang(tower, np.array([x, 46, 0]), np.array([1.0, 0, 0]), _UP, 46)
    opening = float(rng.uniform(1.3, 1.9))
    for side in (-1, 1):
        style = Style(
            color(str(rng.choice(PLASTERS))),
            color("d8cbb0"),
            color(str(rng.choice(SHUTTERS))),
            color("4a3222"),
            0.6,
            color("ffb258", 3.0),
            build.mood.zenith * 0.3,
        )
        front = house_front(10, float(rng.uniform(5.6, 7.2)), build.texels_per_m(END_M), style, rng)
        x = -opening - 10 if side < 0 else opening
        build.hang(front, np.array([x, END_M, 0]), np.array([1.0, 0, 0]), _UP, END_M)
        roof = Canvas(10.6, 2.4, build.texels_per_m(END_M), color("a5553a"))
        s, z = roof.grid()
        roof.relief[:] = 0.05 * np.abs(np.sin(s * 14)) + 0.03 * ((z / 0.35) % 1)
        roof.albedo *= (1 + 0.25 * roof.noise(0.4, rng, 3))[..., None]
        back = np.array([0, 0.8, 0.6])
        build.hang(
            roof, np.array([x - 0.3, END_M - 0.3, front.height_m]), np.array([1.0, 0, 0]), back, END_M - 0.1
        )


def lay_floors(build: Builder, houses: list[House], seed: int) -> tuple[Floor, ...]:
    """The floor in three pieces, coarser as it recedes; the far ones come first and reach under the near ones."""
    left = -max(h.wall_m for h in houses if h.side < 0) - 0.05
    right = max(h.wall_m for h in houses if h.side > 0) + 0.05
    floors = []
    for start, end, finest, wide in (
        (33.0, 60.0, 14, 9.0),
        (15.5, 34.0, 55, 0.0),
        (6.5, 16.0, 105, 0.0),
        (2.6, 7.0, 145, 0.0),
    ):
        density = max(8.0, finest * build.detail)
        canvas, wet = street_floor(
            left - wide, right + wide, start_m=start, length_m=end - start, texels_per_m=density, seed=seed
        )
        origin, u, v = np.array([left - wide, start, 0]), np.array([1.0, 0, 0]), np.array([0, 1.0, 0])
        build.hang(canvas, origin, u, v, end)
        surface = build.quads.pop()
        floors.append(Floor(surface, wetness(canvas, wet)))
    return tuple(floors)

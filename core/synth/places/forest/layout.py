"""Lays out a path through a wood from a seed: trunks and foliage at many depths, flecks of sun, mist between trees."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.camera import Matrix
from pai_studio.core.synth.paint.noise import anchored, color, smooth
from pai_studio.core.synth.places import lamps, nature
from pai_studio.core.synth.places.builder import Builder, free
from pai_studio.core.synth.places.forest.ground import Path, wood_floor
from pai_studio.core.synth.places.light import Canopy, Light, MovingLamp, toward
from pai_studio.core.synth.places.place import Glowing, Place
from pai_studio.core.synth.places.site import draw_site
from pai_studio.core.synth.places.sky import Sky
from pai_studio.core.synth.places.street.props import lantern as lantern_picture

ALLOWED = ("golden", "noon", "overcast", "dusk")
_END_M = 42.0
_BANDS = (
    (1.2, 4.6, 4.5, 150.0),
    (4.4, 9.4, 8.5, 100.0),
    (9.0, 20.0, 17.0, 45.0),
    (19.0, 46.0, 36.0, 12.0),
    (45.0, 80.0, 62.0, 5.0),
)
_SEASONS = {
    "summer": ("4f7a2a", "3c6a24", "6b8f35", "2f5a22"),
    "spring": ("7fa63c", "93b84a", "5f8f34", "a9c25a"),
    "autumn": ("c9761f", "b5501c", "d9a32e", "8f6a24"),
    "fir": ("2f4f2c", "3a5c34", "27452a", "48683a"),
}


def lay_out(seed: int, width_px: int, focal: float, mood_name: str | None = None) -> Place:
    """The wood of this seed, detailed enough for pictures `width_px` wide; `focal` is in picture widths."""
    rng = np.random.default_rng([seed, 1, 2])
    site = draw_site(rng, "forest", ALLOWED, mood_name, aside_m=(0.55, 1.0), ahead_m=(5.7, 6.5))
    name, mood, stand = site.hour, site.mood, site.stand
    kind = str(rng.choice(["birch", "pine", "beech"]))
    season = "fir" if kind == "pine" else str(rng.choice(["summer", "spring", "autumn"]))
    hues = np.stack([color(code) for code in _SEASONS[season]])
    to_sun = _to_sun(rng, mood.elevation_deg, site.side)
    path = Path(float(rng.uniform(-0.5, 0.5)), rng.uniform(-0.06, 0.06), rng.uniform(0.6, 1.4), seed)
    trees = _trees(rng, path, stand)
    lantern = _lantern(seed, name, stand)
    light = Light(
        to_sun,
        mood.sun * np.float32(1.2),
        mood.sky * hues.mean(axis=0) ** 0.2 * np.float32(0.62 if name != "overcast" else 1.0),
        mood.glow * np.float32(0.6),
        mood.bounce * np.float32(0.55),
        mood.behind * np.float32(0.6),
        (mood.haze * np.float32(0.55) + mood.haze.mean() * np.float32(0.25)),
        (),
        np.stack([_block(tree) for tree in trees if tree[1] < 13]),
        moving=() if lantern is None else (lantern,),
        canopy=Canopy(9.0, _gaps(seed, float(rng.uniform(0.30, 0.5))), 24.0),
    )
    build = Builder(rng, light, mood, width_px / 1280, focal * width_px)
    _far_woods(build, hues, kind)
    for tree in trees:
        _raise(build, tree, kind, hues)
    _undergrowth(build, path, stand, hues)
    _overhang(build, stand, hues)
    if light.sun.max() > 2:
        _shafts(build)
    glowing = () if lantern is None else (_hang_lantern(build, lantern),)
    above = replace(mood, horizon=mood.horizon * np.float32(1.1))
    sky = Sky.of(above, to_sun, max(160, width_px), rng)
    floors = build.floors(lambda where: wood_floor(where, path, season, seed), _BANDS)
    haze = float(rng.uniform(0.012, 0.022)) * (0.5 if name == "overcast" else 1.0)
    return build.place(site, sky, floors, far=np.array([0, _END_M, 2.0]), haze_per_m=haze, glowing=glowing)


def _lantern(seed: int, mood: str, stand: Matrix) -> MovingLamp | None:
    """In some woods somebody has hung a lantern from a branch, and it swings."""
    rng = np.random.default_rng([seed, 1, 8])
    if mood == "noon" or rng.random() > 0.5:
        return None
    x = -float(np.sign(stand[0])) * float(rng.uniform(1.3, 2.2))
    at = np.array([x, float(rng.uniform(8.0, 10.5)), float(rng.uniform(2.1, 2.5))])
    return lamps.swinging(rng, at, color("ffb45a", 5.0 if mood == "dusk" else 7.0), 0.35)


def _hang_lantern(build: Builder, lamp: MovingLamp) -> Glowing:
    x, y, z = (float(v) for v in lamp.positions[0])
    density = min(2.2 * build.texels_per_m(y), 260 * build.detail + 8)
    picture = lantern_picture(density, color("ffb45a", 30))
    build.stand(picture, x, y, z - 0.38, order=y - 0.05)
    return Glowing(lamp, build.last_glowing())


def _to_sun(rng: np.random.Generator, elevation_deg: tuple[float, float], side: float) -> Matrix:
    """Mostly against the camera, from either side: leaves and trunks' edges glow."""
    elevation = np.radians(max(rng.uniform(*elevation_deg), 27.0))
    azimuth = np.radians(rng.uniform(35, 75)) * side
    return toward(azimuth, elevation)


def _gaps(seed: int, share: float) -> Array:
    """What a roof of leaves lets through: a tile of soft flecks."""
    axis = (np.arange(512, dtype=np.float32) + 0.5) * np.float32(24 / 512)
    coarse = anchored(axis[None], axis[:, None], 24 / 8, seed + 5, 2)
    fine = anchored(axis[None], axis[:, None], 24 / 32, seed + 6, 3, persistence=0.7)
    # Noise that comes again after 64 cells also does so here: 24 m are 8 and 32 of them.
    fold = 0.5 + 0.5 * np.cos(axis * np.float32(2 * np.pi / 24))
    fleck = smooth(0.55 * coarse + fine, 0.62 - share, 0.95 - share)
    return np.asarray(0.03 + 0.97 * fleck * (0.75 + 0.25 * fold[None] * fold[:, None]), np.float32)


Tree = tuple[float, float, float]
"""A trunk's x, y and radius."""


def _trees(rng: np.random.Generator, path: Path, stand: Matrix) -> list[Tree]:
    """Trunks no closer to each other than they would grow, clear of the path and of the subject."""
    trees: list[Tree] = []
    wanted = int(rng.integers(44, 66))
    for _ in range(1200):
        y = float(2.4 + 32 * rng.random() ** 1.25)
        x = float(rng.uniform(-1, 1) * (2.2 + 0.85 * y))
        radius = float(rng.uniform(0.09, 0.24) * (1.25 if rng.random() < 0.2 else 1.0))
        clear = abs(x - path.at(y)) > path.half_m + 0.35 + radius
        if (
            clear
            and free(stand, x, radius * 1.7, y)
            and all(np.hypot(x - u, y - v) > 1.1 + 0.03 * y for u, v, _ in trees)
        ):
            trees.append((x, y, radius))
        if len(trees) == wanted:
            break
    return trees


def _block(tree: Tree) -> Matrix:
    x, y, r = tree
    return np.array([[x - 0.8 * r, y - 0.8 * r, -1], [x + 0.8 * r, y + 0.8 * r, 9.0]])


def _raise(build: Builder, tree: Tree, kind: str, hues: Array) -> None:
    x, y, radius = tree
    rng = build.rng
    tall = min(2.4 + 0.62 * y, 13.0)
    bark = nature.trunk(radius, tall, build.texels_per_m(y), kind, rng)
    build.stand(bark, x, y, -0.05)
    if y < 4.5 or rng.random() < 0.15:
        return
    for _ in range(3 if y < 14 else 2):
        width = float(rng.uniform(1.8, 3.2))
        height = float(rng.uniform(1.0, 2.0))
        level = float(rng.uniform(2.8, max(3.4, tall * 0.9)))
        _leafy(build, (x + float(rng.normal(0, 0.6)), y - 0.15, level), (width, height), hues)


def _leafy(
    build: Builder,
    at: tuple[float, float, float],
    size: tuple[float, float],
    hues: Array,
    fill: float = 0.6,
) -> None:
    x, y, z = at
    through = build.light.sun * np.float32(0.16 * max(build.light.to_sun[1], 0.2))
    card = nature.foliage(
        *size,
        build.texels_per_m(y) * 0.9,
        hues=hues,
        leaf_m=0.085,
        fill=fill,
        through=through,
        rng=build.rng,
    )
    build.stand(card, x, y, z)


def _undergrowth(build: Builder, path: Path, stand: Matrix, hues: Array) -> None:
    """Ferns, grass and saplings beside the path, the nearer the finer."""
    rng = build.rng
    through = build.light.sun * np.float32(0.10)
    fern_hue = color("566f36", 0.85) * (hues.mean(axis=0) / hues.mean()) ** np.float32(0.5)
    ferny = rng.random() < 0.75
    for _ in range(int(rng.integers(46, 70))):
        y = float(2.3 + 24 * rng.random() ** 1.4)
        off = path.half_m + float(rng.uniform(0.25, 1.0 + 0.42 * y))
        x = path.at(y) + float(rng.choice([-1, 1])) * off
        width = float(rng.uniform(0.6, 1.3))
        if not free(stand, x, width / 2, y):
            continue
        if ferny and rng.random() < 0.7:
            plant = nature.fern(
                width, width * 0.72, build.texels_per_m(y), hue=fern_hue, through=through, rng=rng
            )
        else:
            plant = nature.grass(width, width * 0.55, build.texels_per_m(y), hues * np.float32(1.2), rng)
        build.stand(plant, x, y, -0.02)
    for _ in range(int(rng.integers(7, 13))):
        y = float(rng.uniform(8, 30))
        x = path.at(y) + float(rng.choice([-1, 1])) * (path.half_m + float(rng.uniform(1.2, 0.6 * y)))
        _leafy(build, (x, y, 0.0), (float(rng.uniform(1.4, 2.8)), float(rng.uniform(1.0, 2.2))), hues, 0.7)


def _overhang(build: Builder, stand: Matrix, hues: Array) -> None:
    """Branches that reach into the picture from above and from the sides, near the camera."""
    rng = build.rng
    for side in rng.permutation([-1, 1])[: int(rng.integers(1, 3))]:
        y = float(rng.uniform(2.8, 4.2))
        x = float(side) * float(rng.uniform(1.5, 2.0))
        if free(stand, x, 0.6, y):
            _leafy(build, (x, y, float(rng.uniform(1.7, 2.1))), (1.5, 1.0), hues, 0.5)
    for _ in range(int(rng.integers(5, 9))):
        y = float(rng.uniform(7, 16))
        level = 1.5 + 0.27 * y + float(rng.uniform(0.2, 0.8))
        _leafy(build, (float(rng.uniform(-0.6, 0.6)) * y, y, level), (3.4, 1.7), hues, 0.65)


def _far_woods(build: Builder, hues: Array, kind: str) -> None:
    """Walls of trees that close the view, paler with distance."""
    rng = build.rng
    hue = hues.mean(axis=0)
    for distance, height, tone in ((78.0, 21.0, 0.7), (58.0, 16.0, 0.75), (_END_M + 2, 12.5, 0.8)):
        width = 2.6 * distance
        wood = nature.treeline(
            width,
            height * float(rng.uniform(0.85, 1.15)),
            build.texels_per_m(distance * 1.3),
            hue=hue * np.float32(tone),
            kind=kind,
            rng=rng,
        )
        build.stand(wood, 0.0, distance, -0.3)
    for distance in (39.0, 35.0):
        for x in rng.uniform(-0.75, 0.75, 12) * distance:
            stem = nature.trunk(float(rng.uniform(0.12, 0.25)), 13.0, build.texels_per_m(distance), kind, rng)
            build.stand(stem, float(x), distance + float(rng.uniform(-1, 1)), -0.05)


def _shafts(build: Builder) -> None:
    """Beams that the leaves' gaps cut out of the mist."""
    rng, sun = build.rng, build.light.to_sun
    slope = float(sun[0] / sun[2])
    strength = np.float32(0.028 * rng.random())
    for y in (9.5, 14.0, 19.0, 26.0):
        width, height = 1.3 * y, 7.5
        across = np.linspace(0, 1, 96, dtype=np.float32)[None, :]
        rise = np.linspace(1, 0, 24, dtype=np.float32)[:, None]
        lanes = np.interp(across[0], np.linspace(0, 1, 30), rng.random(30) ** 3).astype(np.float32)
        fade = smooth(rise, 0.0, 0.25) * smooth(across, 0.0, 0.15) * smooth(across, 1.0, 0.85)
        glow = build.light.sun * strength * (lanes[None, :] * fade)[..., None]
        lean = np.array([slope * height, 0, height])
        origin = np.array([-width / 2 - slope * height / 2, y, 0.0])
        build.shine(np.asarray(glow, np.float32), origin, np.array([width, 0, 0]), lean, y)

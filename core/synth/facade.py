"""Old-town house fronts: plaster, stone, windows with shutters, doors, shop windows, ivy and age."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.canvas import Canvas
from pai_studio.core.synth.noise import blur, color, hashed, own, smooth

PLASTERS = (
    "c98a56",
    "b9623f",
    "d9b27c",
    "cfa98a",
    "a9b3a2",
    "c4705a",
    "d8c3a0",
    "b58f62",
    "9fb0b8",
    "c77f49",
)
SHUTTERS = ("2f5d50", "41597a", "6b3b2a", "3c6e71", "7a5c3a", "5a6b3f", "284b63")


class Opening(NamedTuple):
    """A window's place on its wall: the middle s, the sill's z, width and height, and its arch's rise."""

    s: float
    z: float
    w: float
    h: float
    arch: float = 0.0


_FINE_TEXELS_PER_M = 24  # below it, blossoms and letters are finer than a texel
GROUND_FLOOR_M = 3.3
STOREY_M = 3.0


@dataclass(frozen=True)
class Style:
    """The colours of one house and how much of it is lit from inside."""

    plaster: Array
    trim: Array
    shutter: Array
    wood: Array
    lit_share: float
    window_glow: Array
    glass: Array


def house_front(
    width_m: float, height_m: float, texels_per_m: float, style: Style, rng: np.random.Generator
) -> Canvas:
    """A painted house front, its relief in metres; the light comes later."""
    wall = Canvas(width_m, height_m, texels_per_m, style.plaster)
    _plaster(wall, rng)
    _bricks_showing(wall, rng)
    for level in np.arange(GROUND_FLOOR_M, height_m - 0.5, STOREY_M):
        _band(wall, float(level), style)
    _corner_stones(wall, style, rng)
    _plinth(wall, rng)
    pitch = width_m / max(1, round(width_m / rng.uniform(2.1, 2.7)))
    centres = np.arange(pitch / 2, width_m, pitch)
    window_w, window_h = rng.uniform(0.85, 1.05), rng.uniform(1.45, 1.7)
    for level in np.arange(GROUND_FLOOR_M, height_m - window_h - 0.9, STOREY_M):
        for s in centres:
            _window(wall, Opening(float(s), float(level) + 0.85, window_w, window_h), style, rng)
    for s in centres:
        kind = rng.random()
        if kind < 0.38:
            _door(wall, float(s), style, rng)
        elif kind < 0.72 and pitch > 2.0:
            _shop_window(wall, float(s), min(pitch * 0.74, 1.9), style, rng)
        else:
            _window(wall, Opening(float(s), 1.25, window_w, window_h * 0.95, window_w * 0.42), style, rng)
    if rng.random() < 0.6:
        _ivy(wall, rng)
    _grime(wall, rng)
    return wall


def plain_wall(
    width_m: float, height_m: float, texels_per_m: float, style: Style, rng: np.random.Generator
) -> Canvas:
    """A house's blind side or a garden wall: plaster over stone, worn."""
    wall = Canvas(width_m, height_m, texels_per_m, style.plaster * 0.9)
    _plaster(wall, rng)
    _bricks_showing(wall, rng)
    _corner_stones(wall, style, rng)
    _plinth(wall, rng)
    if height_m > 2 and rng.random() < 0.7:
        _ivy(wall, rng)
    _grime(wall, rng)
    return wall


def _plaster(wall: Canvas, rng: np.random.Generator) -> None:
    patches = wall.noise(1.6, rng, 5, 0.6)
    fine = wall.noise(0.12, rng, 4, 0.7)
    wall.albedo *= (1 + 0.17 * patches + 0.10 * fine)[..., None].clip(0.3, 1.6)
    faded = smooth(patches, 0.25, 0.8)[..., None] * np.float32(0.4)
    wall.albedo += (wall.albedo.mean(axis=-1, keepdims=True) * 1.12 - wall.albedo) * faded
    wall.relief += 0.0035 * fine + 0.006 * patches
    cracks = np.abs(wall.noise(0.9, rng, 5, 0.62))
    line = smooth(cracks, 0.018, 0.0)
    wall.albedo *= 1 - 0.45 * line[..., None]
    wall.relief -= 0.006 * line


def _bricks_showing(wall: Canvas, rng: np.random.Generator) -> None:
    """Where plaster has fallen: courses of brick a little deeper than it."""
    bare = smooth(wall.noise(1.9, rng, 6, 0.55), 0.52, 0.58)
    if not bare.any():
        return
    s, z = wall.grid()
    row = np.floor(z / 0.075)
    shifted = s + 0.115 * (row % 2)
    column = np.floor(shifted / 0.23)
    edge = np.minimum(_to_edge(shifted, 0.23), _to_edge(z, 0.075))
    stone = smooth(edge, 0.003, 0.010)
    tone = hashed((row * 977 + column).astype(np.int64), 3)[..., None]
    brick = (
        color("94604a") * (0.5 + 0.6 * tone) * stone[..., None]
        + color("b7a48c") * (1 - stone[..., None]) * 0.7
    )
    wall.albedo += (brick - wall.albedo) * bare[..., None]
    wall.relief += (0.008 * stone - 0.022) * bare


def _to_edge(x: Array, period: float) -> Array:
    """The distance to the nearest joint of a pattern that repeats every `period` metres."""
    phase = x - np.floor(x / np.float32(period)) * np.float32(period)
    return np.asarray(np.minimum(phase, np.float32(period) - phase), np.float32)


def _plinth(wall: Canvas, rng: np.random.Generator) -> None:
    """Blocks of stone along the foot of the wall."""
    top = float(rng.uniform(0.55, 0.8))
    part, cover = wall.box(0, 0, wall.width_m, top)
    s, z = wall.grid()
    s, z = s[:, part[1]], z[part[0]]
    row = np.floor(z / 0.34)
    shifted = s + 0.31 * (row % 2) + 0.1 * row
    tone = hashed((row * 577 + np.floor(shifted / 0.62)).astype(np.int64), 5)
    joint = smooth(np.minimum(_to_edge(shifted, 0.62), _to_edge(z, 0.34)), 0.004, 0.016)
    grain = 1 + 0.22 * wall.noise(0.06, rng, 3, 0.8)[part]
    stone = color("8d857a") * (0.55 + 0.5 * tone * grain)[..., None] * (0.4 + 0.6 * joint[..., None])
    wall.albedo[part] += (stone - wall.albedo[part]) * cover[..., None]
    relief = 0.02 + 0.022 * joint + 0.006 * grain
    wall.relief[part] += (relief - wall.relief[part]) * cover
    wall.rect(0, top, wall.width_m, top + 0.07, albedo=color("a49a8a"), relief=0.06, keep=0.3)


def _band(wall: Canvas, level: float, style: Style) -> None:
    wall.rect(0, level - 0.16, wall.width_m, level + 0.02, albedo=style.trim, relief=0.05, keep=0.25)
    wall.rect(0, level + 0.02, wall.width_m, level + 0.07, albedo=style.trim * 1.05, relief=0.085, keep=0.25)


def _corner_stones(wall: Canvas, style: Style, rng: np.random.Generator) -> None:
    height, long = 0.36, True
    for z in np.arange(0.6, wall.height_m, height):
        width = 0.5 if long else 0.32
        tone = style.trim * float(rng.uniform(0.72, 1.0))
        for s0, s1 in ((0.0, width), (wall.width_m - width, wall.width_m)):
            wall.rect(
                s0, float(z) + 0.012, s1, float(z) + height - 0.012, albedo=tone, relief=0.028, keep=0.35
            )
        long = not long


def _window(wall: Canvas, at: Opening, style: Style, rng: np.random.Generator) -> None:
    s, z, w, h, arch = at
    half = w / 2
    wall.rect(
        s - half - 0.13,
        z - 0.02,
        s + half + 0.13,
        z + h + 0.14,
        albedo=style.trim,
        relief=0.035,
        keep=0.2,
        arch=arch and arch + 0.1,
    )
    _panes(wall, at, style, rng)
    wall.rect(s - half - 0.18, z - 0.1, s + half + 0.18, z - 0.015, albedo=style.trim * 1.08, relief=0.11)
    _rain_streaks(wall, s, z - 0.1, half + 0.12, rng)
    if not arch and rng.random() < 0.8:
        openness = float(rng.uniform(0.9, 1.0))
        for side in (-1, 1):
            middle = s + side * (half + half * openness / 2 + 0.14)
            _shutter(wall, Opening(middle, z + 0.01, half * openness, h - 0.02), style)
    if rng.random() < 0.45:
        _flower_box(wall, s, z - 0.02, w * 0.94, rng)


def _panes(wall: Canvas, at: Opening, style: Style, rng: np.random.Generator) -> None:
    """Glass set back in its opening, with a frame, bars and either a room's light or the sky on it."""
    s, z, w, h, arch = at
    half = w / 2
    lit = rng.random() < style.lit_share
    part, cover = wall.box(s - half, z, s + half, z + h, arch)
    if not cover.size:
        return
    _, rows = wall.grid()
    rise = np.clip((rows[part[0]] - z) / np.float32(h), 0, 1)
    if lit:
        shade = 0.55 + 0.6 * rise + 0.25 * wall.noise(0.5, rng, 3)[part]
        glow = style.window_glow * shade[..., None] * float(rng.uniform(0.6, 1.3))
    else:
        cloud = wall.noise(0.9, rng, 2)[part]
        glow = style.glass * (0.5 + 0.9 * rise + 0.25 * cloud)[..., None].clip(0.15, None)
    wall.albedo[part] += (color("14181c") - wall.albedo[part]) * cover[..., None]
    wall.emission[part] += (glow - wall.emission[part]) * cover[..., None]
    wall.relief[part] += (np.float32(-0.14) - wall.relief[part]) * cover
    if lit:
        _curtains(wall, at, rng)
    dark = np.zeros(3, np.float32)
    bars = [
        (s - half, z, s - half + 0.055, z + h),
        (s + half - 0.055, z, s + half, z + h),
        (s - 0.035, z, s + 0.035, z + h),
        (s - half, z, s + half, z + 0.06),
        (s - half, z + h * 0.66, s + half, z + h * 0.66 + 0.045),
        (s - half, z + h * 0.33, s + half, z + h * 0.33 + 0.028),
    ]
    if not arch:
        bars.append((s - half, z + h - 0.06, s + half, z + h))
    for s0, z0, s1, z1 in bars:
        wall.rect(s0, z0, s1, z1, albedo=style.wood, relief=-0.095, emission=dark)


def _curtains(wall: Canvas, at: Opening, rng: np.random.Generator) -> None:
    s, z, w, h, _ = at
    width = w * float(rng.uniform(0.16, 0.3))
    for s0 in (s - w / 2, s + w / 2 - width):
        part, cover = wall.box(s0, z, s0 + width, z + h)
        s_grid, _ = wall.grid()
        folds = 0.62 + 0.3 * np.cos((s_grid[:, part[1]] - s0) * np.float32(2 * np.pi / 0.07))
        wall.emission[part] *= 1 - cover[..., None] * (1 - folds[..., None] * np.float32(0.75))


def _shutter(wall: Canvas, at: Opening, style: Style) -> None:
    """A louvred shutter folded back against the wall."""
    s, z, w, h, _ = at
    if not wall.box(s - w / 2, z, s + w / 2, z + h)[1].size:
        return
    rail, _ = wall.box(s - w / 2 + 0.05, z + 0.06, s + w / 2 - 0.05, z + h - 0.06)
    _, rows = wall.grid()
    wall.rect(s - w / 2, z, s + w / 2, z + h, albedo=style.shutter, relief=0.045, keep=0.06)
    phase = (rows[rail[0]] / np.float32(0.052)) % 1
    wall.relief[rail] = 0.02 + 0.022 * phase
    wall.albedo[rail] *= (0.72 + 0.36 * phase)[..., None]
    wall.rect(s - w / 2, z + h * 0.48, s + w / 2, z + h * 0.48 + 0.07, albedo=style.shutter, relief=0.046)


def _door(wall: Canvas, s: float, style: Style, rng: np.random.Generator) -> None:
    w, h = float(rng.uniform(1.05, 1.3)), float(rng.uniform(2.25, 2.55))
    arch = w * 0.45
    wall.rect(
        s - w / 2 - 0.2,
        0,
        s + w / 2 + 0.2,
        h + 0.2,
        albedo=style.trim * 0.9,
        relief=0.05,
        keep=0.2,
        arch=arch + 0.18,
    )
    wall.rect(s - w / 2, 0, s + w / 2, h, albedo=style.shutter * 0.85, relief=-0.16, arch=arch)
    fan = style.window_glow * float(rng.uniform(0.5, 1.2))
    wall.rect(
        s - w / 2 + 0.1,
        h - arch,
        s + w / 2 - 0.1,
        h - 0.09,
        albedo=color("14181c"),
        emission=fan,
        relief=-0.18,
        arch=arch - 0.08,
    )
    wall.rect(
        s - 0.03,
        h - arch,
        s + 0.03,
        h - 0.05,
        albedo=style.wood,
        emission=np.zeros(3, np.float32),
        relief=-0.13,
    )
    for side in (-1, 1):
        for z0, z1 in ((0.2, 0.75), (0.9, h - arch - 0.18)):
            a, b = sorted((s + side * 0.07, s + side * (w / 2 - 0.12)))
            wall.rect(a, z0, b, z1, albedo=style.shutter * 0.95, relief=-0.13)
            wall.rect(a + 0.06, z0 + 0.06, b - 0.06, z1 - 0.06, albedo=style.shutter * 0.8, relief=-0.155)
    wall.rect(s - 0.012, 0.05, s + 0.012, h - arch, albedo=style.shutter * 0.3, relief=-0.17)
    wall.rect(s + 0.05, 1.0, s + 0.09, 1.12, albedo=color("d4a843"), relief=-0.08)
    wall.rect(s - w / 2 - 0.3, 0, s + w / 2 + 0.3, 0.15, albedo=color("9a9184"), relief=0.16, keep=0.2)


def _shop_window(wall: Canvas, s: float, w: float, style: Style, rng: np.random.Generator) -> None:
    """A lit shop front: shelves of bright wares behind glass, in a painted frame."""
    z, h = 0.65, 1.95
    wall.rect(
        s - w / 2 - 0.14, 0, s + w / 2 + 0.14, z + h + 0.48, albedo=style.shutter, relief=0.06, keep=0.05
    )
    wall.rect(
        s - w / 2 - 0.05,
        z + h + 0.12,
        s + w / 2 + 0.05,
        z + h + 0.4,
        albedo=color("e3d6b4") * 0.8,
        relief=0.07,
    )
    _lettering(wall, s, z + h + 0.26, w * 0.7, rng)
    part, cover = wall.box(s - w / 2, z, s + w / 2, z + h)
    _, rows = wall.grid()
    rise = np.clip((rows[part[0]] - z) / np.float32(h), 0, 1)
    glow = (
        style.window_glow
        * float(rng.uniform(0.8, 1.3))
        * (0.3 + 0.9 * rise**2 + 0.12 * wall.noise(0.3, rng, 3)[part])[..., None]
    )
    wall.albedo[part] += (color("101214") - wall.albedo[part]) * cover[..., None]
    wall.emission[part] += (glow - wall.emission[part]) * cover[..., None]
    wall.relief[part] += (np.float32(-0.12) - wall.relief[part]) * cover
    for shelf in (z + 0.08, z + 0.62, z + 1.12):
        at = s - w / 2 + 0.1
        while at < s + w / 2 - 0.2:
            ware_w, ware_h = float(rng.uniform(0.06, 0.2)), float(rng.uniform(0.12, 0.36))
            hue = color(str(rng.choice(["c0392b", "e0a030", "2e6f73", "e8dcc0", "7d3c98", "4a6b2a"])))
            wall.rect(
                at, shelf, at + ware_w, shelf + ware_h, emission=hue * style.window_glow * 0.6, arch=0.03
            )
            at += ware_w + float(rng.uniform(0.03, 0.15))
        wall.rect(s - w / 2, shelf - 0.04, s + w / 2, shelf, emission=style.window_glow * 0.12)
    none = np.zeros(3, np.float32)
    for at in (s - w / 6, s + w / 6):
        wall.rect(at - 0.025, z, at + 0.025, z + h, albedo=style.wood, emission=none, relief=0.02)
    wall.rect(
        s - w / 2, z + h * 0.8, s + w / 2, z + h * 0.8 + 0.05, albedo=style.wood, emission=none, relief=0.02
    )


def _lettering(wall: Canvas, s: float, z: float, w: float, rng: np.random.Generator) -> None:
    """A signwriter's strokes that read as letters from the street."""
    rng = own(rng)
    if wall.per_m < _FINE_TEXELS_PER_M:
        return
    at = s - w / 2
    ink = color("5a2a1c")
    while at < s + w / 2 - 0.06:
        letter = float(rng.uniform(0.06, 0.1))
        wall.rect(at, z - 0.07, at + 0.018, z + 0.07, albedo=ink)
        if rng.random() < 0.6:
            wall.rect(
                at + letter - 0.018, z - 0.07, at + letter, z + float(rng.choice([0.0, 0.07])), albedo=ink
            )
        for level in rng.choice([-0.07, -0.008, 0.055], 2, replace=False):
            wall.rect(at, z + float(level), at + letter, z + float(level) + 0.016, albedo=ink)
        at += letter + 0.045


def _flower_box(wall: Canvas, s: float, z: float, w: float, rng: np.random.Generator) -> None:
    wall.rect(
        s - w / 2,
        z - 0.16,
        s + w / 2,
        z + 0.02,
        albedo=color("7a3f28"),
        relief=0.17,
        emission=np.zeros(3, np.float32),
    )
    rng = own(rng)
    if wall.per_m < _FINE_TEXELS_PER_M:
        return
    bloom = color(str(rng.choice(["d7263d", "f46197", "f2c14e", "ffffff", "c2407a"])))
    for _ in range(int(70 * w)):
        at, rise = float(rng.uniform(-w / 2, w / 2)), float(rng.normal(0.04, 0.06))
        size = float(rng.uniform(0.02, 0.05))
        hue = bloom if rng.random() < 0.33 else color("3f6b2a") * float(rng.uniform(0.5, 1.3))
        wall.rect(
            s + at - size,
            z + rise - size,
            s + at + size,
            z + rise + size,
            albedo=hue,
            arch=size,
            relief=0.17 + float(rng.uniform(0, 0.05)),
            emission=np.zeros(3, np.float32),
        )


def _ivy(wall: Canvas, rng: np.random.Generator) -> None:
    """Ivy climbing from the ground, thick at one side: leaves of many greens over their own shadow."""
    s, z = wall.grid()
    side = float(rng.choice([0.0, wall.width_m]))
    reach = rng.uniform(0.9, 1.8) * (1.1 + 0.5 * wall.noise(1.4, rng, 4))
    top = rng.uniform(3.5, 7.0) * (1 + 0.4 * wall.noise(0.8, rng, 4))
    body = smooth(reach - np.abs(s - side), -0.05, 0.12) * smooth(top - z, -0.05, 0.2)
    clump = wall.noise(0.16, rng, 3, 0.7)
    leaves = smooth(body * (1 + 0.5 * clump), 0.46, 0.56)
    tone = wall.noise(0.05, rng, 2, 0.8)
    green = color("4c6b2c") * np.clip(0.75 + 0.5 * tone + 0.4 * clump, 0.12, 2)[..., None]
    autumn = smooth(wall.noise(0.7, rng, 3), 0.25, 0.6)[..., None]
    green = green + (
        color("b0552a") * np.clip(0.8 + 0.6 * tone, 0.1, 2)[..., None] - green
    ) * autumn * np.float32(0.7)
    shadow = blur(leaves, 0.05 * wall.per_m)
    wall.albedo *= 1 - 0.5 * shadow[..., None]
    wall.albedo += (green - wall.albedo) * leaves[..., None]
    wall.emission *= 1 - leaves[..., None]
    wall.relief += leaves * (0.06 + 0.05 * tone + 0.05 * clump - np.minimum(wall.relief, 0))


def _rain_streaks(wall: Canvas, s: float, z: float, half: float, rng: np.random.Generator) -> None:
    length = float(rng.uniform(0.5, 1.1))
    part, cover = wall.box(s - half, z - length, s + half, z)
    if not cover.size:
        return
    s_grid, rows = wall.grid()
    lanes = np.interp(s_grid[0, part[1]], np.linspace(s - half, s + half, 24), rng.random(24) ** 2).astype(
        np.float32
    )
    fall = smooth(rows[part[0]], z - length, z)
    wall.albedo[part] *= 1 - (0.42 * lanes[None, :] * fall * cover)[..., None]


def _grime(wall: Canvas, rng: np.random.Generator) -> None:
    """Dirt splashed up from the street and washed down from the eaves."""
    _, z = wall.grid()
    reach = 0.35 + 0.3 * wall.noise(0.8, rng, 4)
    low = np.exp(-z / np.maximum(reach, 0.08))
    high = np.exp(-(wall.height_m - z) / np.maximum(2.2 * reach, 0.08))
    wall.albedo *= (1 - 0.5 * low - 0.35 * high)[..., None]

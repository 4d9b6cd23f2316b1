"""Modern house fronts: curtain walls, shops behind glass, towers far away."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.paint.canvas import Canvas
from pai_studio.core.synth.paint.noise import color, hashed, own, smooth
from pai_studio.core.synth.paint.stamp import leaves, stamp

GROUND_M = 4.0
_SHOPS = ("ffd9a0", "cfe6ff", "ffb0c8", "b8ffe0", "fff2d0", "ffc070")
_NONE = np.zeros(3, np.float32)


@dataclass(frozen=True)
class Front:
    """One building: its colours, how its windows are spaced, and which share of them is lit."""

    body: Array
    frame: Array
    pane_m: tuple[float, float]
    glass: float
    """The share of a bay that is glass."""

    lit_share: float
    glass_glow: Array
    """The sky on the panes."""

    lamp: float
    """How bright rooms are."""


def upper_floors(
    length: float, height: float, texels_per_m: float, front: Front, rng: np.random.Generator
) -> Canvas:
    """A grid of windows, each with a room of its own light behind it or the sky on it."""
    wall = Canvas(length, height, texels_per_m, front.body)
    s, z = wall.grid()
    wide, tall = front.pane_m
    u, v = s / np.float32(length / max(1, round(length / wide))), z / np.float32(tall)
    column, row = np.floor(u), np.floor(v)
    key = (row * 1009 + column).astype(np.int64) + int(rng.integers(1 << 20))
    fine = wall.noise(0.08, rng, 3, 0.8)
    wall.albedo *= (0.92 + 0.12 * fine + 0.10 * wall.noise(2.0, rng, 4))[..., None]
    step = 0.5 / texels_per_m
    across = smooth(np.abs(u - column - 0.5), front.glass / 2 + step / wide, front.glass / 2 - step / wide)
    along = smooth(np.abs(v - row - 0.52), 0.36 + step / tall, 0.36 - step / tall)
    pane = across * along
    on = (hashed(key, 3) < front.lit_share).astype(np.float32)
    warmth = hashed(key, 4)[..., None]
    room = color("ffc983") + (color("e4efff") - color("ffc983")) * (warmth > 0.66)
    shade = (0.35 + 0.9 * hashed(key, 5)) * (0.55 + 0.6 * (v - row)) * (1 + 0.3 * wall.noise(0.5, rng, 3))
    # A blind or a curtain hides part of many rooms.
    drawn = smooth(v - row - 0.5, 0.36 - 0.7 * hashed(key, 6), 0.38 - 0.7 * hashed(key, 6)) * (
        hashed(key, 7) < 0.5
    )
    light = (on * shade * front.lamp * (1 - 0.6 * drawn))[..., None] * room
    sky = (
        front.glass_glow * (0.5 + 0.5 * (z / np.float32(max(height, 1.0))) + 0.2 * hashed(key, 8))[..., None]
    )
    wall.emission[:] = (light + sky * (1 - 0.6 * on[..., None])) * pane[..., None]
    wall.albedo += (color("0c0f13") - wall.albedo) * pane[..., None]
    mullion = smooth(np.abs(u - column - 0.5), front.glass / 2 + 0.05, front.glass / 2 + 0.02) - across
    wall.albedo += (front.frame - wall.albedo) * (np.clip(mullion, 0, 1) * along)[..., None]
    wall.relief[:] = -0.10 * pane
    return wall


def shops(length: float, texels_per_m: float, front: Front, rng: np.random.Generator) -> Canvas:
    """A ground floor of shops behind glass: lit shelves, people's shapes, rolled shutters, doors."""
    wall = Canvas(length, GROUND_M, texels_per_m, front.body * np.float32(0.8))
    fine = wall.noise(0.06, rng, 3, 0.8)
    wall.albedo *= (0.9 + 0.16 * fine)[..., None]
    count = max(1, round(length / 3.4))
    wide = length / count
    for number in range(count):
        part = own(rng)
        s0, s1 = number * wide + 0.22, (number + 1) * wide - 0.22
        if part.random() < 0.2:
            _shutter(wall, (s0, s1), part)
        else:
            _shop(wall, (s0, s1), front, part)
        wall.rect(number * wide - 0.14, 0, number * wide + 0.14, GROUND_M, albedo=front.body, relief=0.08)
    wall.rect(0, GROUND_M - 0.22, length, GROUND_M, albedo=front.frame, relief=0.12, emission=_NONE)
    wall.rect(0, 0, length, 0.28, albedo=front.body * 0.6, relief=0.05, keep=0.2)
    return wall


def _shop(wall: Canvas, ends: tuple[float, float], front: Front, rng: np.random.Generator) -> None:
    s0, s1 = ends
    hue = color(str(rng.choice(_SHOPS)))
    power = front.lamp * float(rng.uniform(0.9, 2.4))
    top = 2.85
    wall.rect(s0, 0.32, s1, top, albedo=color("0d0f12"), relief=-0.12)
    part, cover = wall.box(s0, 0.32, s1, top)
    if not cover.size:
        return
    s, z = wall.grid()
    s, z = s[:, part[1]], z[part[0]]
    depth = 0.35 + 0.5 * smooth(z, 0.3, top) + 0.25 * wall.noise(0.7, rng, 3)[part]
    spots = np.asarray(0.6 + 0.4 * np.cos((s - s0) * np.float32(2 * np.pi / 0.9)), np.float32) * smooth(
        z, 1.9, top
    )
    glow = hue * (power * (depth + 0.8 * spots) * cover)[..., None]
    wall.emission[part] += glow - wall.emission[part] * cover[..., None]
    for shelf in np.arange(0.75, 2.0, 0.42):
        _goods(wall, (s0 + 0.1, s1 - 0.1), float(shelf), hue * power, rng)
    for at in np.linspace(s0, s1, max(2, round((s1 - s0) / 1.1)) + 1):
        wall.rect(at - 0.03, 0.3, at + 0.03, top, albedo=front.frame, relief=-0.05, emission=_NONE)
    wall.rect(s0, 0.28, s1, 0.36, albedo=front.frame, relief=0.0, emission=_NONE)
    band = color(str(rng.choice(["1c1f24", "8a2230", "12403c", "2a2f5a", "c9b48a"])))
    wall.rect(s0, top, s1, GROUND_M - 0.25, albedo=band, relief=0.1, emission=hue * np.float32(0.05 * power))


def _goods(
    wall: Canvas, ends: tuple[float, float], level: float, light: Array, rng: np.random.Generator
) -> None:
    """Things on a shelf, bright or dark against the shop's light."""
    if wall.per_m < 16:
        return
    count = int((ends[1] - ends[0]) / 0.16)
    at = rng.uniform(*ends, count)
    tall, wide = rng.uniform(0.10, 0.30, count), rng.uniform(0.05, 0.14, count)
    x0, x1, z1 = at - wide / 2, at + wide / 2, level + tall
    low = np.full(count, level)
    outlines = np.stack(
        [np.stack(corner, axis=-1) for corner in ((x0, low), (x1, low), (x1, z1), (x0, z1))], axis=1
    )
    hues = np.stack([color(code) for code in ("c0392b", "e8e4d8", "2c6e8a", "d9a441", "2f3b33", "8a5a9c")])
    tone = hues[rng.integers(len(hues), size=count)] * rng.uniform(0.4, 1.2, (count, 1)).astype(np.float32)
    stamp(wall, outlines, tone * 0.3, np.full(count, -0.1), tone * light)
    wall.rect(ends[0], level - 0.03, ends[1], level, emission=light * np.float32(0.12))


def _shutter(wall: Canvas, ends: tuple[float, float], rng: np.random.Generator) -> None:
    """A closed roller shutter with somebody's spray on it."""
    s0, s1 = ends
    wall.rect(s0, 0.0, s1, 2.85, albedo=color("6b7075"), relief=-0.04)
    part, cover = wall.box(s0, 0.0, s1, 2.85)
    if not cover.size:
        return
    _, z = wall.grid()
    wall.relief[part] += 0.012 * np.sin(z[part[0]] * np.float32(2 * np.pi / 0.085)) * cover
    spray = smooth(np.abs(wall.noise(0.9, rng, 3)[part]), 0.10, 0.04) * smooth(z[part[0]], 2.2, 1.9)
    hue = color(str(rng.choice(["d9304f", "2aa7c9", "e0c02f", "8a3fc0"])))
    wall.albedo[part] += (hue - wall.albedo[part]) * (0.85 * spray * cover)[..., None]


def tower(width: float, height: float, texels_per_m: float, front: Front, rng: np.random.Generator) -> Canvas:
    """A tower of the skyline, cut out, its crown stepped and its mast lit."""
    canvas = upper_floors(width, height, texels_per_m, front, rng)
    s, z = canvas.grid()
    crown = height * float(rng.uniform(0.80, 0.96))
    inset = width * float(rng.uniform(0.0, 0.28))
    step = (z < crown) | (np.abs(s - width / 2) < width / 2 - inset)
    mast = (np.abs(s - width / 2) < 0.12) & (z > 0)
    body = step & (z < height - 2.5)
    canvas.alpha = np.asarray(body | mast, np.float32)
    canvas.emission *= canvas.alpha[..., None]
    canvas.emission += color("ff4030", 6.0) * (mast & (z > height - 0.8))[..., None]
    return canvas


def street_tree(
    width: float, height: float, texels_per_m: float, hue: Array, rng: np.random.Generator
) -> Canvas:
    """A small tree in its grating, bare enough to show lights through it."""
    canvas = Canvas(width, height, texels_per_m, hue * np.float32(0.7))
    canvas.alpha = np.zeros(canvas.shape, np.float32)
    count = int(min(900, 240 * width * height))
    angle, reach = rng.uniform(0, 2 * np.pi, count), np.sqrt(rng.random(count))
    at = np.stack(
        [
            width / 2 + 0.44 * width * reach * np.cos(angle),
            height * 0.68 + 0.29 * height * reach * np.sin(angle),
        ],
        axis=-1,
    )
    tone = (np.linspace(0.5, 1.1, count) * rng.uniform(0.8, 1.2, count))[:, None].astype(np.float32)
    size = max(0.10, 3 / texels_per_m) * rng.uniform(0.6, 1.3, count)
    trunk = np.array([[[-0.05, 0.0], [0.05, 0.0], [0.03, 0.6 * height], [-0.03, 0.6 * height]]])
    stamp(canvas, trunk + np.array([width / 2, 0]), color("3a3028")[None], np.array([0.03]))
    stamp(canvas, leaves(at, size, rng.uniform(0, 6.3, count), 0.6), hue * tone, 0.05 + 0.1 * tone[:, 0])
    return canvas

"""A factory's surfaces: brick walls, steel windows, concrete, planks, rivets, rust."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.paint.canvas import Canvas
from pai_studio.core.synth.paint.noise import anchored, color, fbm, hashed, own, smooth
from pai_studio.core.synth.places.builder import Where, piece_of_floor


@dataclass(frozen=True)
class Look:
    """The colours of one factory, its windows' width, sill and head, and what they let in."""

    brick: Array
    paint: Array
    steel: Array
    wood: Array
    concrete: Array
    painted_m: float
    """Up to where the walls are painted over; 0 leaves them bare."""

    opening: tuple[float, float, float]
    day: Array
    """Radiance of the sky through the panes."""

    striped: bool
    """Whether columns wear warning stripes at their feet."""


def brick_wall(
    length: float, height: float, texels_per_m: float, look: Look, rng: np.random.Generator
) -> Canvas:
    """A brick wall in stretcher bond, painted to a line, sooty above, damp below."""
    wall = Canvas(length, height, texels_per_m, look.brick)
    s, z = wall.grid()
    row = np.floor(z / np.float32(0.075))
    shifted = s + 0.115 * (row % 2)
    column = np.floor(shifted / np.float32(0.23))
    key = (row * 977 + column).astype(np.int64)
    off_s = shifted - (column + 0.5) * np.float32(0.23)
    off_z = z - (row + 0.5) * np.float32(0.075)
    edge = np.minimum(0.115 - np.abs(off_s), 0.0375 - np.abs(off_z))
    blurred = 0.5 / texels_per_m
    stone = smooth(edge, 0.002 - blurred, 0.009 + blurred)
    tone = hashed(key, int(rng.integers(1000)))
    patches = wall.noise(1.7, rng, 5, 0.6)
    fine = wall.noise(0.06, rng, 3, 0.8)
    hue = look.brick * (0.55 + 0.75 * tone + 0.16 * patches + 0.18 * fine)[..., None]
    mortar = look.concrete * (0.55 + 0.2 * fine)[..., None]
    wall.albedo[:] = mortar + (hue - mortar) * stone[..., None]
    wall.relief[:] = 0.009 * stone + 0.002 * fine + 0.003 * tone * stone
    if look.painted_m > 0:
        flaked = smooth(
            patches + 0.35 * fine + 1.3 * smooth(z, look.painted_m - 0.5, look.painted_m + 2), 0.75, 0.62
        )
        coat = flaked * smooth(z, look.painted_m + 0.02, look.painted_m - 0.02)
        wall.albedo += (look.paint * (0.9 + 0.1 * fine + 0.1 * patches)[..., None] - wall.albedo) * (
            0.94 * coat
        )[..., None]
        wall.relief += 0.002 * coat
    soot = np.exp(-(height - z) / np.float32(1.6)) * (0.5 + 0.3 * patches)
    damp = np.exp(-z / np.maximum(0.5 + 0.4 * wall.noise(0.9, rng, 4), 0.1))
    wall.albedo *= (1 - 0.45 * np.clip(soot, 0, 1) - 0.4 * damp)[..., None].clip(0.1, 1)
    return wall


def steel_window(wall: Canvas, look: Look, lit: Array, rng: np.random.Generator) -> None:
    """A tall window of many panes in the middle of a wall: some dirty, some cracked open to the sky, `lit` (3,)."""
    width, sill, head = look.opening
    s0 = wall.width_m / 2 - width / 2
    wall.rect(
        s0 - 0.12, head, s0 + width + 0.12, head + 0.24, albedo=look.concrete * 0.8, relief=0.02, keep=0.3
    )
    wall.rect(s0 - 0.14, sill - 0.13, s0 + width + 0.14, sill, albedo=look.concrete, relief=0.09, keep=0.2)
    dark = np.zeros(3, np.float32)
    wall.rect(s0, sill, s0 + width, head, albedo=color("101214"), relief=-0.16, emission=lit)
    part, cover = wall.box(s0, sill, s0 + width, head)
    if not cover.size:
        return
    s, z = wall.grid()
    s, z = s[:, part[1]] - np.float32(s0), z[part[0]] - np.float32(sill)
    columns, rows = max(2, round(width / 0.42)), max(2, round((head - sill) / 0.36))
    u, v = s / np.float32(width / columns), z / np.float32((head - sill) / rows)
    key = (np.floor(v) * 131 + np.floor(u)).astype(np.int64)
    salt = int(rng.integers(1000))
    dirt = 0.62 + 0.38 * hashed(key, salt) - 0.25 * (hashed(key, salt + 1) > 0.9)
    grime = wall.noise(0.6, rng, 4)[part]
    rise = 0.72 + 0.38 * z / np.float32(head - sill)
    wall.emission[part] *= (cover * (dirt + 0.10 * grime) * rise).clip(0.05, 2)[..., None]
    for k in range(columns + 1):
        bar = 0.045 if k in (0, columns) else 0.014
        at = s0 + width * k / columns
        wall.rect(at - bar, sill, at + bar, head, albedo=look.steel, relief=-0.12, emission=dark)
    for k in range(rows + 1):
        bar = 0.045 if k in (0, rows) else (0.026 if k == rows // 2 else 0.012)
        at = sill + (head - sill) * k / rows
        wall.rect(s0, at - bar, s0 + width, at + bar, albedo=look.steel, relief=-0.12, emission=dark)


def pipes(wall: Canvas, look: Look, rng: np.random.Generator) -> None:
    """Pipes and a cable tray along a wall, with brackets."""
    rng = own(rng)
    for level in sorted(rng.uniform(2.5, max(2.8, wall.height_m - 0.4), 2)):
        radius = float(rng.uniform(0.03, 0.075))
        hue = look.steel if rng.random() < 0.5 else color(str(rng.choice(["8c3b2a", "4f6b66", "b08a3a"])))
        part, cover = wall.box(0, level - radius, wall.width_m, level + radius)
        _, z = wall.grid()
        if not cover.size:
            continue
        rounded = np.sqrt(np.clip(1 - ((z[part[0]] - level) / radius) ** 2, 0, 1))
        wall.albedo[part] += (hue * (0.7 + 0.3 * rounded)[..., None] - wall.albedo[part]) * cover[..., None]
        wall.relief[part] += (0.08 + radius * rounded - wall.relief[part]) * cover
        wall.emission[part] *= 1 - cover[..., None]
        for at in np.arange(0.4, wall.width_m, 1.3):
            wall.rect(
                at,
                level - radius - 0.03,
                at + 0.05,
                level + radius + 0.03,
                albedo=look.steel * 0.7,
                relief=0.09 + radius,
            )


def planks(width: float, height: float, texels_per_m: float, hue: Array, rng: np.random.Generator) -> Canvas:
    """Boards nailed side by side, as crates have them, with a frame."""
    face = Canvas(width, height, texels_per_m, hue)
    _, z = face.grid()
    board = np.float32(0.13)
    row = np.floor(z / board)
    tone = hashed(row.astype(np.int64) + int(rng.integers(10**6)), 3)
    grain = fbm(face.shape, (height, width / 7), 0.05, rng, 4, persistence=0.7)
    gap = smooth(np.abs(z / board - row - 0.5), 0.47, 0.44)
    face.albedo *= ((0.6 + 0.6 * tone) * (0.9 + 0.22 * grain) * (0.3 + 0.7 * gap))[..., None]
    face.relief[:] = 0.012 * gap + 0.002 * grain
    rim = 0.085
    for s0, z0, s1, z1 in (
        (0, 0, rim, height),
        (width - rim, 0, width, height),
        (0, 0, width, rim),
        (0, height - rim, width, height),
    ):
        face.rect(s0, z0, s1, z1, albedo=hue * 1.1, relief=0.035, keep=0.35)
    face.albedo *= (1 - 0.4 * np.exp(-z / np.float32(0.12)))[..., None]
    return face


def column(width: float, height: float, texels_per_m: float, look: Look, rng: np.random.Generator) -> Canvas:
    """A riveted steel column with a painted foot in warning stripes, or bare concrete."""
    face = Canvas(width, height, texels_per_m, look.steel)
    s, z = face.grid()
    rust = smooth(face.noise(0.5, rng, 5, 0.6) + 0.6 * np.exp(-z / np.float32(0.5)), 0.25, 0.7)
    face.albedo *= (0.9 + 0.15 * face.noise(0.08, rng, 3))[..., None]
    face.albedo += (color("6b3a22") - face.albedo) * (0.8 * rust)[..., None]
    flange = 0.18 * width
    inner = smooth(np.abs(s - width / 2), width / 2 - flange + 0.01, width / 2 - flange - 0.01)
    face.relief[:] = -0.05 * inner
    for at in np.arange(0.12, height, 0.22):
        for x in (flange / 2, width - flange / 2):
            face.rect(x - 0.016, at, x + 0.016, at + 0.032, relief=0.014, arch=0.016, keep=1.0)
    if not look.striped:
        return face
    stripes = smooth(np.abs(((s + z) / np.float32(0.24)) % 1 - 0.5), 0.24, 0.26)
    foot = (smooth(z, 1.16, 1.15) * (1 - 0.55 * rust))[..., None]
    face.albedo += (
        (color("c9a227") * stripes[..., None] + color("1c1b19") * (1 - stripes[..., None]) - face.albedo)
        * foot
        * np.float32(0.85)
    )
    return face


def concrete(where: Where, look: Look, wetness: float, seed: int) -> tuple[Canvas, Array | None]:
    """A poured floor: slabs, cracks, oil, painted lanes, and water as far as `wetness` says."""
    floor, x, y = piece_of_floor(where, look.concrete)
    large = anchored(x, y, 2.1, seed, 5, persistence=0.55)
    fine = anchored(x, y, 0.09, seed + 1, 4, persistence=0.75)
    cracks = smooth(np.abs(anchored(x, y, 1.9, seed + 2, 6, persistence=0.6)), 0.02, 0.0)
    joint = np.minimum(np.abs((x / 3.0) % 1 - 0.5), np.abs((y / 3.0) % 1 - 0.5)) * 3.0
    seam = smooth(joint, 0.025, 0.006)
    floor.albedo *= (0.92 + 0.20 * large + 0.16 * fine)[..., None].clip(0.2, None)
    oil = smooth(anchored(x, y, 0.9, seed + 3, 5), 0.34, 0.6)
    lane = smooth(np.abs(np.abs(x) - 2.35), 0.07, 0.055) * smooth(fine + 0.6 * large, -0.75, -0.4)
    floor.albedo += (color("c9a227") * 0.8 - floor.albedo) * (0.75 * lane)[..., None]
    floor.albedo *= (1 - 0.55 * oil - 0.5 * cracks - 0.55 * seam).clip(0.1, 1)[..., None]
    hollow = anchored(x, y, 2.6, seed + 4, 4) + 0.10 * large
    puddle = smooth(hollow, 0.72 - wetness, 0.86 - wetness)
    damp = smooth(hollow, 0.1 - wetness, 0.8 - wetness)
    floor.albedo *= (1 - 0.45 * damp)[..., None]
    floor.relief[:] = (0.0025 * fine - 0.008 * cracks - 0.008 * seam) * (1 - puddle)
    polish = 0.16 + 0.1 * large
    return floor, np.asarray(np.maximum(puddle, np.maximum(polish, 0.35 * damp)).clip(0, 1), np.float32)


def ceiling(width: float, length: float, texels_per_m: float, look: Look, rng: np.random.Generator) -> Canvas:
    """Boards between steel beams that cross the room."""
    face = Canvas(width, length, texels_per_m, look.wood)
    s, z = face.grid()
    board = np.floor(s / np.float32(0.16))
    tone = hashed(board.astype(np.int64), 9)
    gap = smooth(np.abs(s / np.float32(0.16) - board - 0.5), 0.49, 0.44)
    face.albedo *= ((0.6 + 0.5 * tone) * (0.45 + 0.55 * gap) * (1 + 0.15 * face.noise(0.4, rng, 4)))[
        ..., None
    ]
    face.relief[:] = 0.012 * gap
    for at in (0.0, length / 2):
        face.rect(0, at, width, at + 0.26, albedo=look.steel * 0.8, relief=0.3)
    face.albedo *= (
        np.asarray(0.8 + 0.2 * np.cos((s / width - 0.5) * np.float32(2.4)), np.float32)[..., None]
        + 0 * z[..., None]
    )
    return face

"""What breaks a house front: windows with shutters and flowers, doors, lit shops. Painted in metres on a `Canvas`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.paint.canvas import Canvas
from pai_studio.core.synth.paint.noise import color, own, smooth


class Opening(NamedTuple):
    """A window's place on its wall: the middle s, the sill's z, width and height, and its arch's rise."""

    s: float
    z: float
    w: float
    h: float
    arch: float = 0.0


_FINE_TEXELS_PER_M = 24  # below it, blossoms and letters are finer than a texel


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


def window(wall: Canvas, at: Opening, style: Style, rng: np.random.Generator) -> None:
    """A window in its surround, with a sill, shutters, flowers."""
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


def door(wall: Canvas, s: float, style: Style, rng: np.random.Generator) -> None:
    """A panelled door under a lit fan."""
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


def shop_window(wall: Canvas, s: float, w: float, style: Style, rng: np.random.Generator) -> None:
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

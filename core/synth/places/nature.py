"""What grows and lies outdoors, as cut-out pictures: trunks, foliage, ferns, grass, rocks."""

from __future__ import annotations

import numpy as np

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.paint.canvas import Canvas
from pai_studio.core.synth.paint.noise import blur, color, fbm, smooth
from pai_studio.core.synth.paint.stamp import leaves, stamp

_MOST_LEAVES = 1300


def empty(width_m: float, height_m: float, texels_per_m: float, base: Array) -> Canvas:
    """A canvas on which nothing is yet; `base` shows at the edges of what is painted."""
    canvas = Canvas(width_m, height_m, texels_per_m, base)
    canvas.alpha = np.zeros(canvas.shape, np.float32)
    return canvas


def trunk(
    radius_m: float, height_m: float, texels_per_m: float, kind: str, rng: np.random.Generator
) -> Canvas:
    """A trunk, round, with roots that spread at its foot: `birch`, `pine` or `beech`."""
    base = {"birch": color("cfc9bb"), "pine": color("7d5238"), "beech": color("7a766a")}[kind]
    canvas = empty(radius_m * 3.4, height_m, texels_per_m, base)
    s, z = canvas.grid()
    bend = radius_m * 0.5 * fbm((canvas.shape[0], 2), (height_m, 1.0), 2.6, rng, 2)[:, :1]
    flare = 1 + 0.65 * np.exp(-z / np.float32(0.22)) - 0.28 * z / np.float32(max(height_m, 6.0))
    edge = 0.05 * radius_m * canvas.noise(0.12, rng, 3)
    off = (s - canvas.width_m / 2 - bend) / (radius_m * flare + edge)
    canvas.alpha = np.asarray(np.clip((1 - np.abs(off)) * radius_m / canvas.step_s + 0.5, 0, 1), np.float32)
    canvas.relief[:] = radius_m * 0.9 * np.sqrt(np.clip(1 - off * off, 0, 1))
    fibre = fbm(canvas.shape, (height_m / 5, canvas.width_m), 0.09, rng, 4, persistence=0.65)
    fine = canvas.noise(0.03, rng, 2, 0.8)
    if kind == "birch":
        bands = fbm(canvas.shape, (height_m * 5, canvas.width_m), 0.5, rng, 4, persistence=0.6)
        dark = smooth(bands, 0.30, 0.5) + smooth(1.0 - z + 0.5 * fibre, 0.1, 0.9) * 0.7
        canvas.albedo *= (0.85 + 0.12 * fine + 0.1 * fibre)[..., None]
        canvas.albedo += (color("2a2622") - canvas.albedo) * np.clip(dark, 0, 1)[..., None]
    else:
        cracks = smooth(np.abs(fibre), 0.16, 0.0)
        canvas.albedo *= (0.86 + 0.32 * fibre + 0.16 * fine)[..., None].clip(0.15, None)
        canvas.albedo *= 1 - (0.62 if kind == "pine" else 0.22) * cracks[..., None]
        canvas.relief += (0.018 if kind == "pine" else 0.005) * (fibre - cracks)
    moss = smooth(canvas.noise(0.5, rng, 4) + np.exp(-z / np.float32(0.7)) * 1.2, 0.35, 0.9)[..., None]
    canvas.albedo += (
        (color("5a6b2c") * (0.8 + 0.4 * fine)[..., None] - canvas.albedo) * moss * np.float32(0.65)
    )
    return canvas


def foliage(
    width_m: float,
    height_m: float,
    texels_per_m: float,
    *,
    hues: Array,
    leaf_m: float,
    fill: float,
    through: Array,
    rng: np.random.Generator,
) -> Canvas:
    """A mass of leaves of `hues` (N, 3) that covers about `fill` of the card; `through` is light that shines through.

    Leaves farther back are darker; the mass is lumpy and its outline is ragged.
    """
    canvas = empty(width_m, height_m, texels_per_m, hues.mean(axis=0) * np.float32(0.7))
    size = max(leaf_m, 3.4 / texels_per_m)
    wanted = int(min(3.2 * fill * width_m * height_m / (size * size * 0.45), _MOST_LEAVES))
    size = max(size, float(np.sqrt(3.2 * fill * width_m * height_m / (0.45 * max(wanted, 1)))) * 0.8)
    lumps = fbm((48, 48), (height_m, width_m), max(width_m, height_m) / 4, rng, 3, persistence=0.6)
    at = rng.uniform(0, 1, (wanted * 3, 2))
    dense = lumps[(at[:, 1] * 47).astype(int), (at[:, 0] * 47).astype(int)]
    rim = 1 - np.maximum(np.abs(at[:, 0] * 2 - 1), np.abs(at[:, 1] * 2 - 1)) ** 3
    at = at[dense + 1.1 * rim + 0.35 * rng.uniform(-1, 1, len(at)) > 1.05 - 0.75 * fill][:wanted]
    count = len(at)
    depth = np.linspace(0, 1, count)
    tone = (0.45 + 0.6 * depth + rng.normal(0, 0.10, count)).clip(0.2, 1.4)[:, None]
    albedo = hues[rng.integers(len(hues), size=count)] * tone.astype(np.float32)
    length = size * rng.uniform(0.65, 1.3, count)
    angle = rng.uniform(0, 2 * np.pi, count)
    lit = (rng.random(count) ** 2 * (0.3 + 0.7 * depth))[:, None].astype(np.float32)
    inset = size / 2
    spots = inset + at * (np.array([width_m, height_m]) - 2 * inset)
    stamp(
        canvas,
        leaves(spots, length, angle, 0.55),
        albedo,
        0.02 + 0.10 * depth + rng.normal(0, 0.012, count),
        albedo * through * lit,
    )
    return canvas


def fern(
    width_m: float,
    height_m: float,
    texels_per_m: float,
    *,
    hue: Array,
    through: Array,
    rng: np.random.Generator,
) -> Canvas:
    """A tuft of fronds that bow outward."""
    canvas = empty(width_m, height_m, texels_per_m, hue * np.float32(0.6))
    spots, lengths, angles, tones = [], [], [], []
    fronds, leaflets = int(rng.integers(9, 14)), 26 if texels_per_m > 40 else 13
    for frond in range(fronds):
        lean = rng.uniform(-1, 1)
        top = height_m * rng.uniform(0.55, 0.92) * (1 - 0.35 * lean * lean)
        steps = np.linspace(0.15, 1, leaflets)
        # A frond rises, bows over and hangs a little at its tip.
        x = width_m / 2 + width_m * 0.46 * lean * steps**1.3
        z = top * np.sin(steps * (1.6 + 0.5 * abs(lean)))
        heading = np.arctan2(np.gradient(z), np.gradient(x))
        tone = (0.40 + 0.65 * frond / fronds) * (0.75 + 0.35 * steps) * rng.uniform(0.85, 1.15, leaflets)
        for side in (-1, 1):
            spots.append(np.stack([x, z], axis=-1))
            lengths.append(0.17 * height_m * (1.04 - steps) ** 0.6 * smooth(steps, 0.0, 0.4) + 0.004)
            angles.append(heading + side * 1.15)
            tones.append(tone)
    at, length, angle, tone = (np.concatenate(part) for part in (spots, lengths, angles, tones))
    at = at + 0.5 * length[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    albedo = hue * tone[:, None].astype(np.float32)
    glow = albedo * through * (0.6 * rng.random((len(tone), 1)) ** 2).astype(np.float32)
    stamp(canvas, leaves(at, length, angle, 0.20), albedo, 0.05 * tone, glow)
    return canvas


def grass(
    width_m: float, height_m: float, texels_per_m: float, hues: Array, rng: np.random.Generator
) -> Canvas:
    """Blades that rise from one line and bow as they please."""
    canvas = empty(width_m, height_m, texels_per_m, hues.mean(axis=0))
    blade_m = max(0.014, 1.6 / texels_per_m)
    count = int(min(500, 2.4 * width_m / blade_m))
    foot = rng.uniform(0.06, 0.94, count) * width_m
    tall = (
        height_m * rng.uniform(0.35, 0.95, count) * np.sqrt(np.clip(1 - (foot / width_m * 2 - 1) ** 2, 0, 1))
    )
    lean = rng.normal(0, 0.32, count) * tall
    half, none = blade_m / 2, np.zeros(count)
    sides = (
        (foot - half, none),
        (foot + half, none),
        (foot + 0.3 * lean + half, 0.55 * tall),
        (foot + lean, tall),
        (foot + 0.3 * lean - half, 0.55 * tall),
    )
    outlines = np.stack([np.stack(corner, axis=-1) for corner in sides], axis=1)
    tone = (rng.uniform(0.6, 1.2, count) * np.linspace(0.7, 1.1, count))[:, None].astype(np.float32)
    stamp(canvas, outlines, hues[rng.integers(len(hues), size=count)] * tone, np.linspace(0, 0.05, count))
    _, z = canvas.grid()
    canvas.albedo *= (0.6 + 0.4 * smooth(z, 0.0, 0.4 * height_m))[..., None]
    assert canvas.alpha is not None
    canvas.alpha *= smooth(z, 0.0, 0.06 * height_m)
    return canvas


def rock(
    width_m: float,
    height_m: float,
    texels_per_m: float,
    hue: Array,
    rng: np.random.Generator,
    *,
    layered: float = 0.5,
) -> Canvas:
    """A boulder: facets, cracks, and strata as strong as `layered`."""
    canvas = empty(width_m, height_m, texels_per_m, hue)
    s, z = canvas.grid()
    reach = min(width_m, height_m)
    large = canvas.noise(reach * 0.7, rng, 3, 0.55)
    rough = canvas.noise(reach * 0.25, rng, 5, 0.6)
    x = (s - width_m / 2) / (width_m * 0.46)
    crown = height_m * (0.93 - 0.10 * np.abs(large[:1] * 0 + x) ** 2.2)
    profile = np.interp(s[0] / width_m, np.linspace(0, 1, 9), rng.uniform(0.55, 1.0, 9)).astype(np.float32)
    crown = crown * profile[None, :] * np.clip(1 - np.abs(x) ** 5, 0, 1) ** 0.5
    edge = crown * (1 + 0.06 * rough) - z
    canvas.alpha = np.asarray(np.clip(edge / canvas.step_z + 0.5, 0, 1) * (np.abs(x) < 1), np.float32)
    dome = np.sqrt(np.clip(1 - (z / np.maximum(crown, 0.05)) ** 4, 0, 1)) * np.sqrt(np.clip(1 - x**4, 0, 1))
    facets = np.abs(large) + 0.5 * np.abs(rough)
    strata = np.sin((z + 0.16 * reach * large + 0.02 * rough) * np.float32(2 * np.pi / (0.13 * reach + 0.04)))
    canvas.relief[:] = reach * (0.38 * dome - 0.13 * facets + 0.012 * layered * strata) + 0.012 * rough
    cracks = smooth(np.abs(canvas.noise(reach * 0.4, rng, 4, 0.55)), 0.03, 0.0)
    canvas.relief -= 0.03 * reach * cracks
    fine = canvas.noise(0.06, rng, 3, 0.8)
    canvas.albedo *= (0.92 + 0.22 * rough + 0.14 * fine + 0.12 * layered * strata)[..., None].clip(0.2, None)
    canvas.albedo *= 1 - 0.45 * cracks[..., None]
    stain = smooth(canvas.noise(reach * 0.5, rng, 3), 0.1, 0.6)[..., None]
    canvas.albedo *= 1 - np.array([0.10, 0.18, 0.25], np.float32) * stain
    canvas.albedo *= (0.55 + 0.45 * smooth(z, 0.0, 0.14 * height_m))[..., None]
    return canvas


def treeline(
    width_m: float, height_m: float, texels_per_m: float, *, hue: Array, kind: str, rng: np.random.Generator
) -> Canvas:
    """A wood from afar: crowns, or the spires of firs where `kind` is `pine`, over darkness between trunks."""
    canvas = empty(width_m, height_m, texels_per_m, hue)
    s, z = canvas.grid()
    rough = canvas.noise(1.6, rng, 5, 0.65)
    top = np.zeros(canvas.shape[1], np.float32)
    spacing = 2.6 if kind == "pine" else 4.0
    for at in np.arange(0, width_m, spacing * 0.5):
        x, tall = at + rng.uniform(-1, 1), height_m * rng.uniform(0.6, 0.95)
        off = np.abs(s[0] - x) / rng.uniform(0.8 * spacing, 1.5 * spacing)
        crown = np.clip(1 - off * 0.9, 0, 1) if kind == "pine" else np.sqrt(np.clip(1 - off * off, 0, 1))
        top = np.maximum(top, np.asarray(tall * crown, np.float32))
    edge = top[None, :] * (1 + 0.08 * rough) + 0.5 * rough - z
    canvas.alpha = np.asarray(smooth(edge, -0.1, 0.35), np.float32)
    shade = 0.7 + 0.6 * rough - 0.45 * smooth(z, height_m * 0.35, 0.0)
    canvas.albedo *= shade[..., None].clip(0.12, None)
    canvas.relief[:] = 0.5 * blur(rough, 0.5)
    return canvas

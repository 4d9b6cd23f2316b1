"""Land from afar: mesas in strata, dunes, sea stacks, headlands; cacti and scrub."""

from __future__ import annotations

import numpy as np

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.paint.canvas import Canvas
from pai_studio.core.synth.paint.noise import color, fbm, smooth
from pai_studio.core.synth.paint.stamp import leaves, stamp
from pai_studio.core.synth.places.nature import empty


def mesa(width: float, height: float, texels_per_m: float, hues: Array, rng: np.random.Generator) -> Canvas:
    """A table mountain: steep walls of coloured strata, gullies, and a foot of scree."""
    canvas = empty(width, height, texels_per_m, hues[0])
    s, z = canvas.grid()
    steps = np.sort(rng.uniform(0.05, 0.95, int(rng.integers(4, 8)) * 2))
    levels = np.repeat(rng.uniform(0.35, 1.0, len(steps) // 2 + 1), 2)[1 : len(steps) + 1]
    levels[0], levels[-1] = 0.12, 0.12
    profile = np.interp(s[0] / width, steps, levels).astype(np.float32)[None, :]
    rough = fbm((1, canvas.shape[1]), (1.0, width), height / 3, rng, 6, persistence=0.6)
    crown = height * np.clip(profile * (0.95 + 0.05 * rough) + 0.015 * rough, 0.02, 1)
    canvas.alpha = np.asarray(np.clip((crown - z) / canvas.step_z + 0.5, 0, 1), np.float32)
    # Gullies run down the walls: noise much taller than wide.
    gully = fbm(canvas.shape, (height / 6, width), height / 7, rng, 5, persistence=0.6)
    block = canvas.noise(height / 4, rng, 5, 0.55)
    strata = z / np.float32(height) * 9 + 0.25 * block + 0.1 * rough
    layer = np.floor(strata)
    pick = (np.abs(layer * 7.13 + 3).astype(np.int64) * 2654435761 >> 5) % len(hues)
    hue = hues[pick]
    ledge = smooth(np.abs(strata - layer - 0.5), 0.38, 0.5)
    canvas.albedo[:] = hue * (0.92 + 0.22 * gully + 0.10 * block - 0.25 * ledge)[..., None].clip(0.2, 2)
    scree = smooth(z, 0.30 * height, 0.12 * height) * smooth(profile * np.ones_like(z), 0.2, 0.5)
    canvas.albedo += (hues.mean(axis=0) * (1 + 0.2 * block)[..., None] - canvas.albedo) * (0.7 * scree)[
        ..., None
    ]
    deep = np.abs(gully)
    canvas.relief[:] = height * (0.055 * (1 - scree) * (gully - 0.6 * deep) + 0.03 * block - 0.008 * ledge)
    canvas.relief -= height * 0.25 * np.clip(1 - (crown - z) / (0.06 * height), 0, 1) * 0.3
    return canvas


def dune(width: float, height: float, texels_per_m: float, hue: Array, rng: np.random.Generator) -> Canvas:
    """A ridge of sand: smooth on one side of its crest, in shade on the other."""
    canvas = empty(width, height, texels_per_m, hue)
    s, z = canvas.grid()
    count = 7
    crest = np.interp(s[0], np.linspace(0, width, count), rng.uniform(0.3, 0.95, count)).astype(np.float32)
    blurred = np.convolve(np.pad(crest, 40, mode="edge"), np.hanning(81) / np.hanning(81).sum(), "valid")
    top = height * blurred[None, :].astype(np.float32)
    canvas.alpha = np.asarray(np.clip((top - z) / canvas.step_z + 0.5, 0, 1), np.float32)
    fold = fbm((canvas.shape[0], canvas.shape[1]), (height, width / 4), height, rng, 3)
    canvas.relief[:] = 0.25 * height * (fold + 0.6 * np.sqrt(np.clip(1 - z / np.maximum(top, 0.01), 0, 1)))
    canvas.albedo *= (1 + 0.05 * fold + 0.05 * canvas.noise(0.4, rng, 3))[..., None]
    return canvas


def stack(width: float, height: float, texels_per_m: float, hue: Array, rng: np.random.Generator) -> Canvas:
    """A pillar or headland of rock in the sea, grassy on top, dark and wet at its foot."""
    canvas = empty(width, height, texels_per_m, hue)
    s, z = canvas.grid()
    rough = canvas.noise(height / 3, rng, 6, 0.6)
    knots = rng.uniform(0.4, 1.0, 9)
    knots[[0, -1]] = 0.1
    crown = height * 0.95 * np.interp(s[0] / width, np.linspace(0.02, 0.98, 9), knots).astype(np.float32)
    edge = crown[None, :] * (1 + 0.10 * rough) + 0.06 * height * rough - z
    canvas.alpha = np.asarray(np.clip(edge / canvas.step_z + 0.5, 0, 1), np.float32)
    crack = fbm(canvas.shape, (height / 3, width), height / 4, rng, 6, persistence=0.62)
    lines = smooth(np.abs(crack), 0.08, 0.0)
    canvas.relief[:] = height * (0.09 * rough + 0.08 * crack - 0.02 * lines)
    canvas.albedo *= (0.95 + 0.3 * rough + 0.15 * crack - 0.4 * lines)[..., None].clip(0.12, None)
    turf = smooth(edge, 0.22 * height, 0.10 * height) * smooth(z, 0.35 * height, 0.5 * height)
    canvas.albedo += (color("66732f") * (0.9 + 0.4 * rough)[..., None] - canvas.albedo) * (0.85 * turf)[
        ..., None
    ]
    canvas.albedo *= (1 - 0.65 * smooth(z + 0.05 * height * rough, 0.10 * height, 0.04 * height))[..., None]
    return canvas


def cactus(height: float, texels_per_m: float, rng: np.random.Generator) -> Canvas:
    """A ribbed column with one to three arms."""
    width = 0.75 * height
    canvas = empty(width, height, texels_per_m, color("5c7340"))
    s, z = canvas.grid()
    cover, relief = np.zeros(canvas.shape, np.float32), np.zeros(canvas.shape, np.float32)
    radius = 0.07 * height

    def limb(x: float, low: float, high: float, r: float) -> None:
        lift = np.clip(z - (high - r), 0, None)
        half = np.sqrt(np.clip(r * r - lift * lift, 0, None))
        on = np.clip((half - np.abs(s - x)) / canvas.step_s + 0.5, 0, 1) * (z >= low) * (z <= high)
        off = np.clip((s - x) / r, -1, 1)
        ribs = np.cos(np.arcsin(off) * 11)
        bulge = r * np.sqrt(1 - off * off) + 0.06 * r * ribs
        np.copyto(relief, np.maximum(relief, bulge * on).astype(np.float32))
        np.copyto(cover, np.maximum(cover, on).astype(np.float32))

    limb(width / 2, 0.0, height * 0.97, radius)
    for side in rng.permutation([-1, 1])[: int(rng.integers(1, 3))]:
        level, reach = float(rng.uniform(0.3, 0.5)) * height, float(rng.uniform(0.18, 0.26)) * height
        x = width / 2 + side * reach
        limb(x, level, level + float(rng.uniform(0.22, 0.4)) * height, radius * 0.72)
        x0, x1 = sorted((width / 2, x))
        bar = np.clip((0.72 * radius - np.abs(z - level)) / canvas.step_z + 0.5, 0, 1) * (s > x0) * (s < x1)
        np.copyto(cover, np.maximum(cover, bar).astype(np.float32))
        np.copyto(relief, np.maximum(relief, 0.5 * radius * bar).astype(np.float32))
    canvas.alpha, canvas.relief = cover, relief
    canvas.albedo *= (0.9 + 0.25 * canvas.noise(0.1, rng, 3) + 0.12 * np.sin(s * np.float32(190)))[..., None]
    return canvas


def scrub(width: float, height: float, texels_per_m: float, hues: Array, rng: np.random.Generator) -> Canvas:
    """A low dry bush: twigs that fan out, small leaves at their ends."""
    canvas = empty(width, height, texels_per_m, hues.mean(axis=0) * np.float32(0.7))
    count = int(min(700, 700 * width))
    angle = rng.uniform(0.12, np.pi - 0.12, count)
    reach = np.sqrt(rng.uniform(0.05, 1, count))
    at = np.stack(
        [width / 2 + 0.46 * width * reach * np.cos(angle), 0.9 * height * reach * np.sin(angle)], axis=-1
    )
    size = max(0.05, 3.0 / texels_per_m) * rng.uniform(0.6, 1.4, count)
    tone = (np.linspace(0.45, 1.1, count) * rng.uniform(0.8, 1.2, count))[:, None].astype(np.float32)
    stamp(
        canvas,
        leaves(at, size, angle + rng.normal(0, 0.5, count), 0.32),
        hues[rng.integers(len(hues), size=count)] * tone,
        0.03 + 0.08 * tone[:, 0],
    )
    return canvas

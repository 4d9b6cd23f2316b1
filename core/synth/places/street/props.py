"""Things that stand and hang in a street, as cut-out pictures: lanterns, light strings, awnings, plants, laundry."""

from __future__ import annotations

import numpy as np

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.paint.canvas import Canvas
from pai_studio.core.synth.paint.noise import color, smooth

_NONE = np.zeros(3, np.float32)


def _mark(canvas: Canvas, part: tuple[slice, slice], cover: Array) -> None:
    assert canvas.alpha is not None
    canvas.alpha[part] = np.maximum(canvas.alpha[part], cover)


def _empty(width_m: float, height_m: float, texels_per_m: float, base: str) -> Canvas:
    canvas = Canvas(width_m, height_m, texels_per_m, color(base))
    canvas.alpha = np.zeros(canvas.shape, np.float32)
    return canvas


def _disc(canvas: Canvas, s: float, z: float, radius: float) -> Array:
    """How much a disc covers each texel, (h, w)."""
    ss, zz = canvas.grid()
    return np.asarray(np.clip((radius - np.hypot(ss - s, zz - z)) / canvas.step_s + 0.5, 0, 1), np.float32)


def lantern(texels_per_m: float, glow: Array) -> Canvas:
    """An iron street lantern, 0.46 x 0.95 m, its glass glowing."""
    canvas = _empty(0.46, 0.95, texels_per_m, "17181a")

    def bar(s0: float, z0: float, s1: float, z1: float, arch: float = 0.0) -> None:
        canvas.rect(s0, z0, s1, z1, albedo=color("17181a"), emission=_NONE, relief=0.03, arch=arch)
        _mark(canvas, *canvas.box(s0, z0, s1, z1, arch))

    s, z = canvas.grid()
    narrow = 0.10 + 0.085 * np.clip((z - 0.2) / 0.42, 0, 1)
    glass = np.clip((narrow - np.abs(s - 0.23)) / canvas.step_s + 0.5, 0, 1)
    glass = (glass * (z > 0.2) * (z < 0.62)).astype(np.float32)
    core = np.exp(-(((s - 0.23) / 0.055) ** 2 + ((z - 0.38) / 0.085) ** 2))
    canvas.emission[:] = glow * (0.16 + core)[..., None] * glass[..., None]
    canvas.alpha = np.maximum(canvas.alpha, glass) if canvas.alpha is not None else glass
    for level, half in ((0.2, 0.12), (0.62, 0.2)):
        bar(0.23 - half, level - 0.02, 0.23 + half, level + 0.02)
    edge = (
        np.clip((0.012 - np.abs(np.abs(s - 0.23) - narrow)) / canvas.step_s + 0.5, 0, 1)
        * (z > 0.2)
        * (z < 0.62)
    )
    canvas.emission *= 1 - edge[..., None]
    canvas.alpha = np.maximum(canvas.alpha, edge.astype(np.float32))
    bar(0.222, 0.2, 0.238, 0.62)
    bar(0.1, 0.64, 0.36, 0.8, arch=0.16)
    bar(0.19, 0.79, 0.27, 0.86, arch=0.06)
    bar(0.215, 0.85, 0.245, 0.95)
    bar(0.17, 0.1, 0.29, 0.18, arch=0.05)
    return canvas


def light_string(
    width_m: float, sag_m: float, texels_per_m: float, *, bulbs: int, glow: Array, rng: np.random.Generator
) -> Canvas:
    """A sagging wire with glowing bulbs, (sag + 0.4) m high; its ends hang at the top corners."""
    canvas = _empty(width_m, sag_m + 0.4, texels_per_m, "0d0d0d")
    s, z = canvas.grid()
    share = s / np.float32(width_m) * 2 - 1
    line = canvas.height_m - 0.05 - sag_m * (1 - share * share)
    wire = np.clip((0.006 - np.abs(z - line)) / canvas.step_z + 0.5, 0, 1)
    alpha = np.asarray(wire, np.float32)
    for at in np.linspace(0.04, 0.96, bulbs) * width_m:
        hang = canvas.height_m - 0.05 - sag_m * (1 - (2 * at / width_m - 1) ** 2)
        rows = np.s_[:, max(0, int((at - 0.1) / canvas.step_s)) : int((at + 0.1) / canvas.step_s) + 2]
        ss, zz = s[:, rows[1]], z
        socket = (
            np.clip((0.016 - np.abs(ss - at)) / canvas.step_s + 0.5, 0, 1) * (zz > hang - 0.06) * (zz < hang)
        )
        bulb = np.clip((0.042 - np.hypot(ss - at, (zz - hang + 0.095) * 0.85)) / canvas.step_s + 0.5, 0, 1)
        alpha[rows] = np.maximum(alpha[rows], np.maximum(socket, bulb))
        canvas.emission[rows] += glow * float(rng.uniform(0.75, 1.15)) * bulb[..., None]
    canvas.alpha = alpha
    return canvas


def awning(
    width_m: float, texels_per_m: float, first: Array, second: Array, rng: np.random.Generator
) -> Canvas:
    """Striped cloth with a scalloped edge, 1.35 m deep."""
    canvas = _empty(width_m, 1.35, texels_per_m, "ffffff")
    s, z = canvas.grid()
    stripe = smooth(np.abs(((s / np.float32(0.36)) % 1) - 0.5), 0.24, 0.26)[..., None]
    canvas.albedo[:] = first + (second - first) * stripe + 0 * z[..., None]
    canvas.albedo *= (0.9 + 0.14 * canvas.noise(0.3, rng, 4))[..., None]
    canvas.relief[:] = 0.012 * np.sin(s * np.float32(2 * np.pi / 0.9)) + 0.01 * canvas.noise(0.5, rng, 3)
    scallop = 0.09 * np.abs(np.sin(s * np.float32(np.pi / 0.18)))
    canvas.alpha = np.asarray(np.clip((z - (0.1 - scallop)) / canvas.step_z + 0.5, 0, 1), np.float32)
    canvas.albedo *= (1 - 0.35 * smooth(z, 0.2, 0.16))[..., None]
    return canvas


def plant(
    width_m: float, height_m: float, texels_per_m: float, kind: str, rng: np.random.Generator
) -> Canvas:
    """A potted plant, cut out: `cypress`, `olive` or `oleander` (with blossoms)."""
    canvas = _empty(width_m, height_m, texels_per_m, "3f5a2a")
    s, z = canvas.grid()
    middle, pot = width_m / 2, min(0.45, height_m * 0.28)
    clump = canvas.noise(0.16, rng, 4, 0.7)
    leaf = canvas.noise(0.045, rng, 2, 0.8)
    rise = np.clip((z - pot) / (height_m - pot), 0, 1)
    if kind == "cypress":
        reach = width_m * 0.42 * np.sqrt(np.clip(rise * 6, 0, 1)) * (1 - rise) ** 0.55
        body = (reach - np.abs(s - middle)) / (0.25 * width_m)
    else:
        centre = pot + (height_m - pot) * 0.6
        body = 1 - np.hypot((s - middle) / (width_m * 0.46), (z - centre) / ((height_m - pot) * 0.42))
    mask = smooth(body + 0.28 * clump + 0.12 * leaf, 0.02, 0.10)
    green = color({"cypress": "3c5426", "olive": "6f7d52"}.get(kind, "4b6e2e"))
    canvas.albedo[:] = green * np.clip(0.8 + 0.7 * leaf + 0.35 * clump, 0.1, 2)[..., None]
    canvas.relief[:] = 0.10 * np.clip(body, 0, 1) + 0.03 * leaf + 0.05 * clump
    if kind == "oleander":
        blossom = smooth(canvas.noise(0.07, rng, 2), 0.62, 0.72)[..., None] * np.float32(0.9)
        hue = color(str(rng.choice(["e85d9b", "f2f0e6", "e0563b"])))
        canvas.albedo += (hue - canvas.albedo) * blossom
    canvas.alpha = mask
    if kind != "cypress":
        canvas.rect(middle - 0.03, pot, middle + 0.03, height_m * 0.6, albedo=color("4a3a2a"), relief=0.02)
        part, cover = canvas.box(middle - 0.03, pot, middle + 0.03, height_m * 0.5)
        _mark(canvas, part, cover)
    taper = 0.15 + 0.06 * z / pot
    clay = np.clip((taper - np.abs(s - middle)) / canvas.step_s + 0.5, 0, 1) * (z < pot)
    canvas.albedo += (color("a8583a") * (0.9 + 0.3 * clump)[..., None] - canvas.albedo) * clay[..., None]
    round_pot = np.sqrt(np.clip(1 - ((s - middle) / 0.22) ** 2, 0, 1)) * 0.2
    canvas.relief += ((round_pot + 0.02 * (z > pot - 0.08)) - canvas.relief) * clay
    canvas.alpha = np.asarray(np.maximum(canvas.alpha, clay), np.float32)
    return canvas


def laundry(width_m: float, texels_per_m: float, rng: np.random.Generator) -> Canvas:
    """A line of drying cloths, 1.1 m high."""
    canvas = _empty(width_m, 1.1, texels_per_m, "d8d2c4")
    s, z = canvas.grid()
    alpha = np.asarray(np.clip((0.006 - np.abs(z - 1.04)) / canvas.step_z + 0.5, 0, 1) + 0 * s, np.float32)
    at = 0.35
    hues = ["e8e2d4", "b23a48", "dfb15b", "4f7c8a", "f0efe8", "7a9e7e", "c9d6df"]
    while at < width_m - 0.7:
        w, h = float(rng.uniform(0.4, 0.75)), float(rng.uniform(0.5, 0.85))
        hem = 1.03 - h + 0.025 * np.sin((s - at) * np.float32(9 / w)) * float(rng.uniform(0.3, 1.2))
        across = np.clip(np.minimum(s - at, at + w - s) / canvas.step_s + 0.5, 0, 1)
        cloth = across * np.clip(np.minimum(z - hem, 1.03 - z) / canvas.step_z + 0.5, 0, 1)
        hue = color(str(rng.choice(hues)))
        band = 1 - 0.35 * smooth(np.abs(z - hem - 0.1), 0.03, 0.02) * float(rng.random() < 0.5)
        canvas.albedo += (hue * band[..., None] - canvas.albedo) * cloth[..., None]
        alpha = np.maximum(alpha, cloth)
        at += w + float(rng.uniform(0.04, 0.3))
    canvas.relief[:] = 0.03 * canvas.noise(0.25, rng, 3) * smooth(z, 1.05, 0.6)
    canvas.alpha = np.asarray(alpha, np.float32)
    return canvas


def tower_top(
    width_m: float,
    height_m: float,
    texels_per_m: float,
    *,
    body: Array,
    roof: Array,
    rng: np.random.Generator,
) -> Canvas:
    """A church tower with a belfry, a clock and a pointed roof, cut out."""
    canvas = _empty(width_m, height_m, texels_per_m, "ffffff")
    s, z = canvas.grid()
    canvas.albedo[:] = body * (1 + 0.15 * canvas.noise(1.5, rng, 5))[..., None]
    eaves = height_m * 0.66
    inside = (z < eaves) * np.clip(
        np.minimum(s - 0.12 * width_m, 0.88 * width_m - s) / canvas.step_s + 0.5, 0, 1
    )
    half = width_m * 0.46 * np.clip((height_m - z) / (height_m - eaves), 0, 1) ** 1.25
    cone = (z >= eaves) * np.clip((half - np.abs(s - width_m / 2)) / canvas.step_s + 0.5, 0, 1)
    tiles = 0.75 + 0.25 * np.cos(z * np.float32(2 * np.pi / 0.5))
    canvas.albedo += (roof * tiles[..., None] - canvas.albedo) * (z >= eaves)[..., None]
    canvas.relief[:] = np.clip(half - np.abs(s - width_m / 2), 0, None) * 0.4 * (z >= eaves)
    for level in (0.2, 0.4, 0.645):
        canvas.rect(
            0.06 * width_m,
            level * height_m,
            0.94 * width_m,
            level * height_m + 0.35,
            albedo=body * 1.1,
            relief=0.25,
        )
    for at in (0.34, 0.66):
        canvas.rect(
            (at - 0.09) * width_m,
            height_m * 0.46,
            (at + 0.09) * width_m,
            height_m * 0.6,
            albedo=body * 0.12,
            relief=-0.3,
            arch=0.09 * width_m,
        )
    _clock(canvas, width_m / 2, height_m * 0.32, 0.15 * width_m)
    canvas.alpha = np.asarray(np.maximum(inside, cone), np.float32)
    return canvas


def _clock(canvas: Canvas, s: float, z: float, radius: float) -> None:
    """A dial with a gilded rim, twelve marks and two hands."""
    rim, face = _disc(canvas, s, z, radius * 1.14), _disc(canvas, s, z, radius)
    canvas.albedo += (color("7a5a2c") - canvas.albedo) * rim[..., None]
    canvas.albedo += (color("cbb894") - canvas.albedo) * face[..., None]
    canvas.emission += color("ffdca6", 0.32) * face[..., None]
    canvas.relief += 0.2 * rim - 0.1 * face
    marks = np.zeros(canvas.shape, np.float32)
    for hour in range(12):
        angle = hour * np.pi / 6
        marks = np.maximum(
            marks,
            _disc(
                canvas, s + 0.82 * radius * np.sin(angle), z + 0.82 * radius * np.cos(angle), 0.07 * radius
            ),
        )
    for angle, reach in ((5.3, 0.45), (2.1, 0.68)):
        for share in np.linspace(0, 1, 24):
            at = share * reach * radius
            marks = np.maximum(
                marks, _disc(canvas, s + at * np.sin(angle), z + at * np.cos(angle), 0.05 * radius)
            )
    canvas.albedo *= 1 - 0.85 * marks[..., None]
    canvas.emission *= 1 - marks[..., None]


def ridge(
    width_m: float, height_m: float, texels_per_m: float, near: Array, rng: np.random.Generator
) -> Canvas:
    """A wooded hill with a few roofs, its upper edge cut out."""
    canvas = _empty(width_m, height_m, texels_per_m, "4b5a3a")
    s, z = canvas.grid()
    profile = 0.55 + 0.3 * np.interp(s[0], np.linspace(0, width_m, 7), rng.uniform(-1, 1, 7)).astype(
        np.float32
    )
    rough = canvas.noise(6.0, rng, 5, 0.6)
    top = height_m * profile[None, :] * (1 + 0.07 * rough)
    canvas.alpha = np.asarray(np.clip((top - z) / canvas.step_z + 0.5, 0, 1), np.float32)
    canvas.albedo[:] = near * (1 + 0.4 * rough)[..., None].clip(0.2, 2)
    canvas.relief[:] = 1.2 * rough
    for _ in range(int(width_m / 5)):
        at, w = float(rng.uniform(0, width_m)), float(rng.uniform(2.5, 5))
        level = height_m * float(np.interp(at, s[0], profile)) * float(rng.uniform(0.35, 0.8))
        canvas.rect(at, level, at + w, level + w * 0.6, albedo=color("d8c0a0"), relief=1.5)
        canvas.rect(
            at - 0.3,
            level + w * 0.6,
            at + w + 0.3,
            level + w * 0.9,
            albedo=color("a5552f"),
            relief=2.0,
            arch=w * 0.25,
        )
    return canvas

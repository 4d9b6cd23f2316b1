"""What hangs and stands in a gallery: painted pictures in their frames, vases and figures on plinths, benches."""

from __future__ import annotations

import numpy as np

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.paint.canvas import Canvas
from pai_studio.core.synth.paint.noise import color, fbm, smooth
from pai_studio.core.synth.paint.stamp import stamp

_PALETTES = (
    ("1d3557", "457b9d", "a8dadc", "f1faee", "e63946"),
    ("264653", "2a9d8f", "e9c46a", "f4a261", "e76f51"),
    ("2b2d42", "8d99ae", "edf2f4", "ef233c", "d90429"),
    ("3d405b", "81b29a", "f2cc8f", "e07a5f", "f4f1de"),
    ("10002b", "5a189a", "9d4edd", "e0aaff", "ffd60a"),
    ("582f0e", "936639", "b6ad90", "656d4a", "333d29"),
)
_FRAMES = ("2a1d14", "b08d4a", "e8e4da", "161616", "6b4a2c")


def hang_picture(
    wall: Canvas, middle: float, level: float, size: tuple[float, float], rng: np.random.Generator
) -> None:
    """Paint a framed picture of `size` (width, height) around (s, z) on a wall."""
    width, height = size
    s0, z0, s1, z1 = middle - width / 2, level - height / 2, middle + width / 2, level + height / 2
    rim = float(rng.uniform(0.03, 0.09))
    frame = color(str(rng.choice(_FRAMES)))
    # The frame's own shade on the wall, which light from above gives it.
    for k, shade in ((0.10, 0.10), (0.05, 0.16)):
        wall.rect(
            s0 - k, z0 - 1.6 * k - rim, s1 + k, z1, albedo=wall.albedo.mean(axis=(0, 1)) * 0.1, keep=1 - shade
        )
    wall.rect(s0 - rim, z0 - rim, s1 + rim, z1 + rim, albedo=frame, relief=0.05)
    part, cover = wall.box(s0, z0, s1, z1)
    if not cover.size:
        return
    painted = _picture((cover.shape[0], cover.shape[1]), size, wall.per_m, rng)
    wall.albedo[part] += (painted.albedo - wall.albedo[part]) * cover[..., None]
    wall.relief[part] += (0.02 + painted.relief - wall.relief[part]) * cover


def _picture(
    shape: tuple[int, int], size: tuple[float, float], per_m: float, rng: np.random.Generator
) -> Canvas:
    """An invented picture: fields, strokes, shapes or a landscape."""
    width, height = size
    picture = Canvas(width, height, per_m, color("e8e2d4"))
    picture.shape = shape
    picture.step_s, picture.step_z = width / shape[1], height / shape[0]
    hues = np.stack([color(code) for code in _PALETTES[int(rng.integers(len(_PALETTES)))]])
    picture.albedo = np.empty((*shape, 3), np.float32)
    picture.albedo[:] = hues[int(rng.integers(len(hues)))]
    picture.relief, picture.emission = np.zeros(shape, np.float32), np.zeros((*shape, 3), np.float32)
    kind = str(rng.choice(["fields", "strokes", "shapes", "land"]))
    if kind == "fields":
        z = picture.grid()[1]
        edges = np.sort(rng.uniform(0.1, 0.9, 3)) * height
        wobble = 0.02 * picture.noise(0.25, rng, 3)
        for edge, hue in zip(edges, rng.permutation(hues), strict=False):
            above = smooth(z + wobble, float(edge) - 0.02, float(edge) + 0.02)[..., None]
            picture.albedo += (hue - picture.albedo) * above
    elif kind == "land":
        s, z = picture.grid()
        for k, hue in enumerate(hues):
            line = (
                height * (0.8 - 0.17 * k)
                + 0.10 * height * fbm((2, shape[1]), (1.0, width), width / 3, rng, 4)[:1]
            )
            picture.albedo += (hue * (0.9 + 0.1 * s / width)[..., None] - picture.albedo) * smooth(
                line - z, 0.0, 0.015
            )[..., None]
    else:
        count = 60 if kind == "shapes" else 420
        at = rng.uniform(0, 1, (count, 2)) * [width, height]
        corners = rng.integers(3, 7) if kind == "shapes" else 4
        angle = np.sort(rng.uniform(0, 2 * np.pi, (count, corners)), axis=1)
        if kind == "shapes":
            reach = rng.uniform(0.03, 0.28, (count, 1)) * min(size)
            outlines = at[:, None] + reach[..., None] * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
        else:
            flow = at[:, 0] * 3 / width + 2 * np.sin(at[:, 1] * 5 / height + rng.uniform(0, 6))
            along = np.stack([np.cos(flow), np.sin(flow)], axis=-1) * 0.07 * min(size)
            across = np.stack([-along[:, 1], along[:, 0]], axis=-1) * 0.22
            outlines = np.stack([at - along, at + across, at + along, at - across], axis=1)
        tone = rng.uniform(0.75, 1.2, (count, 1)).astype(np.float32)
        stamp(
            picture, outlines, hues[rng.integers(len(hues), size=count)] * tone, rng.uniform(0, 0.006, count)
        )
    picture.albedo *= (0.95 + 0.10 * picture.noise(0.02, rng, 2, 0.9))[..., None]
    picture.albedo *= np.float32(0.85)
    return picture


def vase(width: float, height: float, texels_per_m: float, hue: Array, rng: np.random.Generator) -> Canvas:
    """Something turned on a wheel or carved: a smooth closed form, glazed or of stone."""
    canvas = Canvas(width, height, texels_per_m, hue)
    s, z = canvas.grid()
    knots = np.concatenate([[rng.uniform(0.25, 0.45)], rng.uniform(0.25, 1.0, 5), [rng.uniform(0.12, 0.35)]])
    levels = np.linspace(0, height, 7)
    fine = np.linspace(0, height, 200)
    profile = np.convolve(
        np.pad(np.interp(fine, levels, knots), 20, mode="edge"),
        np.hanning(41) / np.hanning(41).sum(),
        "valid",
    )
    half = np.interp(z[:, 0], fine, profile).astype(np.float32)[:, None] * np.float32(width * 0.48)
    off = (s - width / 2) / half
    canvas.alpha = np.asarray(
        np.clip((half - np.abs(s - width / 2)) / canvas.step_s + 0.5, 0, 1)
        * smooth(z, height, height - canvas.step_z),
        np.float32,
    )
    canvas.relief[:] = half * np.sqrt(np.clip(1 - off * off, 0, 1)) * 0.9
    veins = smooth(np.abs(canvas.noise(0.2, rng, 5, 0.6)), 0.05, 0.0)
    canvas.albedo *= (0.92 + 0.12 * canvas.noise(0.06, rng, 3) - 0.25 * veins)[..., None]
    if rng.random() < 0.4:
        band = np.abs(((z / np.float32(0.11)) % 1) - 0.5) < 0.2
        canvas.albedo *= (1 - 0.35 * band)[..., None]
    return canvas


def plinth(width: float, height: float, texels_per_m: float) -> Canvas:
    """A plain white block's face."""
    face = Canvas(width, height, texels_per_m, color("e4e1da"))
    _, z = face.grid()
    face.albedo *= (1 - 0.25 * smooth(z, 0.05, 0.03))[..., None]
    return face


def round_column(
    radius: float, height: float, texels_per_m: float, hue: Array, rng: np.random.Generator
) -> Canvas:
    """A round column with a base and a capital, fluted or plain."""
    canvas = Canvas(radius * 2.9, height, texels_per_m, hue)
    s, z = canvas.grid()
    x = s - canvas.width_m / 2
    swell = 1 - 0.12 * z / np.float32(height)
    for low, high, wide in (
        (0.0, 0.16, 1.38),
        (0.16, 0.24, 1.22),
        (0.24, 0.30, 1.3),
        (height - 0.5, height - 0.42, 1.12),
        (height - 0.32, height, 1.3),
    ):
        swell = np.where((z >= low) & (z < high), np.float32(wide), swell)
    half = (radius * swell).astype(np.float32)
    canvas.alpha = np.asarray(np.clip((half - np.abs(x)) / canvas.step_s + 0.5, 0, 1), np.float32)
    canvas.relief[:] = half * np.sqrt(np.clip(1 - (x / half) ** 2, 0, 1)) * 0.9
    shaft = (z > 0.32) & (z < height - 0.52)
    if rng.random() < 0.5:
        turn = np.arcsin(np.clip(x / half, -1, 1))
        canvas.relief += 0.03 * radius * np.cos(turn * 20) * shaft
    veins = smooth(np.abs(canvas.noise(0.5, rng, 6, 0.6)), 0.03, 0.0)
    canvas.albedo *= (0.97 + 0.08 * canvas.noise(0.3, rng, 4) - 0.18 * veins)[..., None]
    return canvas

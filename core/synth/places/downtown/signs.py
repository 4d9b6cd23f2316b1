"""Neon signs, street lamps, traffic lights and cars, as cut-out pictures."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.paint.canvas import Canvas
from pai_studio.core.synth.paint.noise import LUMA, blur, color, smooth

WORDS = (
    "HOTEL",
    "BAR",
    "NOODLES",
    "JAZZ",
    "CINEMA",
    "24H",
    "RECORDS",
    "CAFE",
    "TEA",
    "OPTIC",
    "KARAOKE",
    "ARCADE",
)
NEONS = ("ff2f6a", "20d8ff", "ffb020", "7dff4a", "b45cff", "ff5030", "f4f7ff")


def neon(
    word: str, letter_m: float, texels_per_m: float, glow: Array, *, upright: bool, rng: np.random.Generator
) -> Canvas:
    """A word in glass tubes on a dark box, its letters under one another where it is `upright`."""
    letters = len(word)
    pitch = letter_m * 1.08
    size = (letter_m * 1.5, pitch * letters + letter_m * 0.5)
    width, height = size if upright else (letter_m * 0.82 * letters + letter_m * 0.6, letter_m * 1.6)
    canvas = Canvas(width, height, texels_per_m, color(str(rng.choice(["14161a", "1c1418", "101a1c"]))))
    canvas.alpha = np.ones(canvas.shape, np.float32)
    finer = 4
    mask = np.zeros((canvas.shape[0] * finer, canvas.shape[1] * finer), np.uint8)
    per_m = canvas.shape[0] / height
    for number, letter in enumerate(word):
        middle = (
            (width / 2, height - letter_m * 0.25 - pitch * (number + 0.5))
            if upright
            else (letter_m * (0.3 + 0.82 * (number + 0.5)), height / 2)
        )
        at = (middle[0] * per_m * finer, (height - middle[1]) * per_m * finer)
        _letter(mask, letter, at, letter_m * per_m * finer)
    shrunk = cv2.resize(mask, canvas.shape[::-1], interpolation=cv2.INTER_AREA)
    tube = np.asarray(shrunk, np.float32) / 255
    s, z = canvas.grid()
    rim = np.minimum(np.minimum(s, width - s), np.minimum(z, height - z))
    frame = smooth(np.abs(rim - 0.05 * letter_m), 0.035 * letter_m, 0.02 * letter_m)
    tube = np.maximum(tube, np.asarray(frame, np.float32) * np.float32(rng.random() < 0.7))
    halo = blur(tube, 0.07 * letter_m * per_m) + 0.5 * blur(tube, 0.22 * letter_m * per_m)
    white = np.full(3, float(glow @ LUMA), np.float32)
    core = blur(tube, 0.012 * letter_m * per_m)[..., None]
    canvas.emission[:] = core * (glow * 0.8 + white * 0.25) + glow * np.float32(0.05) * halo[..., None]
    return canvas


def _letter(mask: npt.NDArray[np.uint8], letter: str, middle: tuple[float, float], size_px: float) -> None:
    """One letter of `size_px` height around `middle` (x, y) in texels, in strokes of OpenCV's sans serif."""
    font = cv2.FONT_HERSHEY_SIMPLEX
    scale = size_px * 0.78 / 21.0
    thick = max(1, round(size_px * 0.075))
    (w, h), _ = cv2.getTextSize(letter, font, scale, thick)
    cv2.putText(
        mask,
        letter,
        (round(middle[0] - w / 2), round(middle[1] + h / 2)),
        font,
        scale,
        255,
        thick,
        cv2.LINE_AA,
    )


def street_lamp(texels_per_m: float, glow: Array) -> Canvas:
    """A slim pole of 5.2 m with an arm to the right and a flat bright head, 1.7 m wide."""
    canvas = Canvas(1.7, 5.3, texels_per_m, color("3a3f44"))
    s, z = canvas.grid()
    pole = np.clip((0.055 + 0.03 * smooth(z, 1.0, 0.9) - np.abs(s - 0.15)) / canvas.step_s + 0.5, 0, 1)
    bend = 5.2 - 0.35 * np.exp(-(s - 0.15) / 0.35)
    arm = np.clip((0.035 - np.abs(z - bend)) / canvas.step_z + 0.5, 0, 1) * (s > 0.15)
    head = np.clip((0.06 - np.abs(z - 5.17)) / canvas.step_z + 0.5, 0, 1) * smooth(s, 1.04, 1.06)
    lit = (
        np.clip((0.035 - np.abs(z - 5.11)) / canvas.step_z + 0.5, 0, 1)
        * smooth(s, 1.08, 1.12)
        * smooth(s, 1.66, 1.62)
    )
    canvas.alpha = np.asarray(np.maximum.reduce([pole * (z < 5.0), arm, head, lit]), np.float32)
    canvas.relief[:] = 0.05 * np.sqrt(np.clip(1 - ((s - 0.15) / 0.06) ** 2, 0, 1))
    canvas.emission[:] = glow * lit[..., None]
    return canvas


def car(texels_per_m: float, paint: Array, lights: Array, *, front: bool, rng: np.random.Generator) -> Canvas:
    """A car from the front or from behind, 1.9 x 1.5 m, its lamps burning with `lights`."""
    canvas = Canvas(1.9, 1.5, texels_per_m, paint)
    s, z = canvas.grid()
    x = np.abs(s - 0.95)
    shape = np.interp(
        z[:, 0], [0, 0.15, 0.3, 0.8, 0.92, 1.36, 1.43, 1.46], [0.78, 0.84, 0.9, 0.92, 0.86, 0.62, 0.5, 0.0]
    )
    half = shape.astype(np.float32)[:, None]
    body = np.clip((half - x) / canvas.step_s + 0.5, 0, 1) * (z > 0.22)
    tyres = np.clip((0.13 - np.abs(x - 0.72)) / canvas.step_s + 0.5, 0, 1) * (z < 0.4)
    canvas.alpha = np.asarray(np.maximum(body, tyres), np.float32)
    canvas.albedo *= (0.8 + 0.4 * smooth(z, 0.3, 1.0))[..., None]
    canvas.albedo += (color("0b0b0c") - canvas.albedo) * (tyres * (1 - body * (z > 0.32)))[..., None]
    canvas.relief[:] = 0.4 * np.sqrt(np.clip(1 - (x / np.maximum(half, 0.05)) ** 4, 0, 1)) + 0.1 * smooth(
        z, 1.0, 0.8
    )
    glass = (
        np.clip((half - 0.1 - x) / canvas.step_s + 0.5, 0, 1) * smooth(z, 0.93, 0.96) * smooth(z, 1.37, 1.34)
    )
    canvas.albedo += (color("0a0d10") - canvas.albedo) * glass[..., None]
    canvas.emission[:] = color("8090b0", 0.05) * (glass * (0.4 + z))[..., None]
    level, wide = (0.68, 0.13) if front else (0.8, 0.16)
    for middle in (-0.68, 0.68):
        away = np.hypot((s - 0.95 - middle) / wide, (z - level) / 0.065)
        lamp = np.clip((1 - away) * 6, 0, 1)
        canvas.emission += lights * (lamp * (0.35 + 0.65 * np.exp(-(away**2) * 2)))[..., None]
    canvas.rect(0.7, 0.42, 1.2, 0.52, albedo=color("c8c8c0"))
    grille = smooth(x, 0.55, 0.52) * smooth(z, 0.32, 0.35) * smooth(z, 0.62, 0.6) * np.float32(front)
    canvas.albedo *= 1 - 0.7 * grille[..., None]
    del rng
    return canvas

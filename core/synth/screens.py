"""The cloth of a screen: how it hangs, is lit, sewn together and patched, and what is stuck on it to track by.

`s` runs right from the wall's left edge, `z` up from the floor, in metres.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.camera import Matrix
from pai_studio.core.synth.paint.noise import color, fbm, own, smooth

WIDTH_M, HEIGHT_M = 17.0, 7.0
SCREENS = {"green": color("1c9a3a"), "blue": color("1b3fb8")}
MARKERS = ("crosses", "dots", "triangles")
_TAPES = {
    "light": {"green": color("7fd67a"), "blue": color("7fa4ee")},
    "dark": {"green": color("0c5a24"), "blue": color("0d2370")},
    "white": {"green": color("d8dcd6"), "blue": color("d8dcd6")},
}
_ARM_M = 0.08


@dataclass(frozen=True)
class Cloth:
    """How a screen is made and lit."""

    falloff: float
    """How much darker than between the lamps the wall is three metres beside them."""

    hot_m: float
    """Where along the wall the lamps are aimed, from the middle."""

    wrinkles: float
    """Relative contrast of soft creases."""

    drapes: float
    """Relative contrast of long folds that hang from the top, 0 for a stretched screen."""

    seam_every_m: float
    """Width of the lengths it is sewn from, 0 for one piece."""

    patch: tuple[float, float, float, float] | None
    """A second screen of another shade in front of the wall: left, right (`s`), top (`z`), and its relative level."""

    tape: str
    markers: str


def draw_cloth(rng: np.random.Generator) -> Cloth:
    """Half of all screens are as good as a careful crew makes them, half have one fault or more."""
    careful = rng.random() < 0.5
    hot = float(rng.uniform(-1.5, 1.5))
    falloff = float(rng.uniform(0.1, 0.2) if careful else rng.uniform(0.15, 0.42))
    faults = (np.zeros(3) if careful else rng.random(3)) > 0.5
    left = float(rng.uniform(3.5, 8.5))
    patch = (left, left + float(rng.uniform(3, 5)), float(rng.uniform(2.6, 4)), float(rng.uniform(0.8, 1.15)))
    return Cloth(
        falloff,
        hot,
        wrinkles=0.03 if careful else float(rng.uniform(0.03, 0.10)),
        drapes=float(rng.uniform(0.04, 0.13)) if faults[0] else 0.0,
        seam_every_m=float(rng.uniform(1.4, 3.0)) if faults[1] else 0.0,
        patch=patch if faults[2] else None,
        tape=str(rng.choice(["light", "dark", "white"], p=[0.6, 0.25, 0.15])),
        markers=str(rng.choice(MARKERS, p=[0.5, 0.25, 0.25])),
    )


def wall_light(cloth: Cloth, texels_per_m: float, level: float, rng: np.random.Generator) -> Array:
    """The wall's light (h, w): brightest between the lamps, dim toward its edges, with creases and folds."""
    shape = (round(HEIGHT_M * texels_per_m), round(WIDTH_M * texels_per_m))
    s, z = grid(shape)
    off = (s - WIDTH_M / 2 - np.float32(cloth.hot_m)) / np.float32(3.2)
    light = 1.02 - cloth.falloff * off**2 / (1 + off**2) * 1.6 - cloth.falloff * 0.8 * ((z - 2.2) / 3) ** 2
    creases = fbm(shape, (HEIGHT_M * 0.28, WIDTH_M), 0.7, rng, 5, persistence=0.55)
    weave = fbm(shape, (HEIGHT_M, WIDTH_M), 0.05, rng, 3, persistence=0.8)
    relief = np.float32(cloth.wrinkles) * creases + np.float32(0.012) * weave
    # What is drawn for a fault has a generator of its own: a screen without it is the same otherwise.
    relief += _drapes(shape, own(rng)) * np.float32(cloth.drapes) + _seams(shape, cloth, own(rng))
    cove = 1 - 0.10 * np.exp(-z / 0.35)
    return np.asarray(np.clip(light * (1 + relief) * cove, 0.2, None) * level, np.float32)


def grid(shape: tuple[int, int]) -> tuple[Array, Array]:
    """`s` of every column (1, w) and `z` of every row (h, 1) of the wall, at texel centres."""
    height, width = shape
    s = (np.arange(width, dtype=np.float32) + np.float32(0.5)) * np.float32(WIDTH_M / width)
    z = np.float32(HEIGHT_M) - (np.arange(height, dtype=np.float32) + np.float32(0.5)) * np.float32(
        HEIGHT_M / height
    )
    return s[None, :], z[:, None]


def _drapes(shape: tuple[int, int], rng: np.random.Generator) -> Array:
    """Folds that hang down and fade towards the floor, about -1..1."""
    s, z = grid(shape)
    sway = fbm(shape, (HEIGHT_M, WIDTH_M), 2.5, rng, 3) * np.float32(0.5)
    pitch = float(rng.uniform(0.35, 0.9))
    wave = np.sin((s + sway) * np.float32(2 * np.pi / pitch) + fbm(shape, (HEIGHT_M, WIDTH_M), 1.6, rng, 3))
    return np.asarray(wave * smooth(z, 0.1, 2.5) * (0.6 + 0.4 * np.abs(sway)), np.float32)


def _seams(shape: tuple[int, int], cloth: Cloth, rng: np.random.Generator) -> Array:
    """Between lengths of cloth a thin dark line with a bright lip, and each length a little lighter or darker."""
    if not cloth.seam_every_m:
        return np.zeros(shape, np.float32)
    s, z = grid(shape)
    lean = s + np.float32(rng.uniform(-0.01, 0.01)) * z
    at = lean / np.float32(cloth.seam_every_m) + np.float32(rng.uniform(0, 1))
    shades = rng.uniform(-0.02, 0.02, int(WIDTH_M / cloth.seam_every_m) + 3).astype(np.float32)
    away = (at - np.round(at)) * np.float32(cloth.seam_every_m)
    line = -0.14 * np.exp(-((away / 0.012) ** 2)) + 0.05 * np.exp(-(((away - 0.03) / 0.02) ** 2))
    return np.asarray(line + shades[np.floor(at + 0.5).astype(int)], np.float32)


def patched(wall: Array, cloth: Cloth) -> None:
    """Lay the second shade on the painted wall (h, w, 3), with the shadow that its edge throws."""
    if cloth.patch is None:
        return
    left, right, top, level = cloth.patch
    s, z = grid((wall.shape[0], wall.shape[1]))
    step = np.float32(WIDTH_M / wall.shape[1])
    inside = np.minimum(np.minimum(s - left, right - s), top - z)
    cover = np.clip(inside / step + np.float32(0.5), 0, 1)
    dark = 1 - 0.12 * np.exp(-np.clip(-inside, 0, None) / np.float32(0.05)) * (1 - cover)
    # A worn cloth is paler: a little of every primary goes to the others.
    worn = 0.93 * wall + 0.07 * wall.mean(axis=-1, keepdims=True)
    wall *= dark[..., None]
    wall += (worn * np.float32(level) - wall) * cover[..., None]


def stick_markers(wall: Array, light: Array, screen: str, cloth: Cloth, rng: np.random.Generator) -> Matrix:
    """Paint tracking markers, about 16 cm across, on the wall (h, w, 3); their centres (N, 2) in `s` and `z`."""
    hue = _TAPES[cloth.tape][screen]
    per_m = wall.shape[1] / WIDTH_M
    centres = _spots(rng)
    for s, z in centres:
        reach = _ARM_M + 2 / per_m
        rows = slice(max(0, int((HEIGHT_M - z - reach) * per_m)), int((HEIGHT_M - z + reach) * per_m) + 1)
        columns = slice(max(0, int((s - reach) * per_m)), int((s + reach) * per_m) + 1)
        across, up = (axis - at for axis, at in zip(grid(light.shape), (s, z), strict=True))
        distance = _OUTLINES[cloth.markers](across[:, columns], up[rows])
        cover = np.clip(np.float32(0.5) - distance * np.float32(per_m), 0, 1)[..., None]
        part = wall[rows, columns]
        part += (hue * light[rows, columns][..., None] - part) * cover
    return centres


def _spots(rng: np.random.Generator) -> Matrix:
    s = np.arange(0.6, WIDTH_M, 0.95)
    z = np.array([0.55, 1.5, 2.45, 3.4, 4.35])
    spots = np.stack(np.meshgrid(s, z), axis=-1)
    spots[1::2, :, 0] += 0.47
    return np.asarray(spots.reshape(-1, 2) + rng.normal(0, 0.02, (spots.size // 2, 2)))


def _cross(x: Array, y: Array) -> Array:
    """Signed distance in metres (in the maximum norm) from two strips of tape, 2.4 cm wide."""
    half = np.float32(0.012)
    reach = np.float32(_ARM_M)
    level = np.maximum(np.abs(x) - reach, np.abs(y) - half)
    upright = np.maximum(np.abs(x) - half, np.abs(y) - reach)
    return np.asarray(np.minimum(level, upright))


def _dot(x: Array, y: Array) -> Array:
    return np.asarray(np.hypot(x, y) - np.float32(0.045))


def _triangle(x: Array, y: Array) -> Array:
    """Standing on its base, equilateral, a circle of 3.4 cm fits into it."""
    slope = np.float32(np.sqrt(3) / 2)
    sides = np.maximum(slope * np.abs(x) + y / 2, -y)
    return np.asarray(sides - np.float32(0.034))


_OUTLINES = {"crosses": _cross, "dots": _dot, "triangles": _triangle}


def seam_row(light: Array, width: int) -> Array:
    """The light of the wall's lowest row, `width` texels long: where the floor meets it."""
    return np.asarray(cv2.resize(light[-1:], (width, 1), interpolation=cv2.INTER_AREA), np.float32)

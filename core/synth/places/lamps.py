"""Lamps that hang, swing, flicker or pass by, and what is seen of them."""

from __future__ import annotations

import numpy as np

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.camera import Matrix
from pai_studio.core.synth.paint.canvas import Canvas
from pai_studio.core.synth.paint.noise import smooth
from pai_studio.core.synth.places import hall
from pai_studio.core.synth.places.builder import Builder
from pai_studio.core.synth.places.light import MovingLamp
from pai_studio.core.synth.places.place import Glowing

_STEPS = 49


def swinging(rng: np.random.Generator, at: Matrix, power: Array, most_m: float = 0.5) -> MovingLamp:
    """A lamp on its cable, swinging about `at` in an ellipse, up to `most_m` to each side."""
    time = np.linspace(0, 1, _STEPS) * rng.uniform(0.8, 1.6) * 2 * np.pi
    phase, wide = rng.uniform(0, 2 * np.pi), most_m * rng.uniform(0.5, 1.0)
    x, y = wide * np.sin(time + phase), 0.4 * wide * np.sin(time * 1.07 + phase + 1.1)
    lift = (x * x + y * y) / 5.0  # a cable of about 2.5 m
    return MovingLamp(at + np.stack([x, y, lift], axis=-1), np.tile(power, (_STEPS, 1)))


def flickering(rng: np.random.Generator, at: Matrix, power: Array) -> MovingLamp:
    """A tube that hums, drops out and comes back."""
    level = 0.9 + 0.1 * rng.random(_STEPS)
    for _ in range(int(rng.integers(2, 5))):
        start = int(rng.integers(0, _STEPS - 4))
        level[start : start + int(rng.integers(1, 5))] *= rng.uniform(0.05, 0.4)
    return MovingLamp(np.tile(at, (_STEPS, 1)), (level[:, None] * power).astype(np.float32))


def passing(rng: np.random.Generator, start: Matrix, end: Matrix, power: Array) -> MovingLamp:
    """A lamp that goes by, from one place to another, at an even pace after a random wait."""
    wait = rng.uniform(0, 0.15)
    share = np.clip((np.linspace(0, 1, _STEPS) - wait) / (1 - wait), 0, 1)[:, None]
    return MovingLamp(start + (end - start) * share, np.tile(power, (_STEPS, 1)))


def _shade(texels_per_m: float, cable_m: float, hue: Array, glow: Array) -> Canvas:
    """An enamelled shade on its cable, lit from inside, its bulb just below the rim; 0.62 m wide."""
    canvas = Canvas(0.62, 0.42 + cable_m, texels_per_m, hue)
    s, z = canvas.grid()
    x = np.abs(s - 0.31)
    rim = 0.07 + 0.235 * smooth(z, 0.34, 0.10) ** 0.6
    body = np.clip((rim - x) / canvas.step_s + 0.5, 0, 1) * smooth(z, 0.095, 0.105) * smooth(z, 0.37, 0.36)
    bulb = np.clip((0.055 - np.hypot(x, (z - 0.085) * 0.9)) / canvas.step_s + 0.5, 0, 1)
    lip = np.clip((0.29 - x) / canvas.step_s + 0.5, 0, 1) * smooth(z, 0.085, 0.095) * smooth(z, 0.125, 0.115)
    wire = np.clip((0.007 - x) / canvas.step_s + 0.5, 0, 1) * (z > 0.35)
    canvas.alpha = np.asarray(np.maximum.reduce([body, bulb, lip, wire]), np.float32)
    canvas.relief[:] = 0.15 * np.sqrt(np.clip(1 - (x / np.maximum(rim, 0.01)) ** 2, 0, 1)) * body
    inside = lip * (0.10 + 0.25 * np.exp(-((x / 0.12) ** 2)))
    canvas.emission[:] = glow * np.maximum(bulb, inside)[..., None]
    return canvas


def hang_shaded(build: Builder, at: Matrix, ceiling_m: float, hue: Array, glow: Array) -> None:
    """A shaded lamp whose bulb is at `at`, and the glow of the air about it."""
    _shaded(build, at, ceiling_m, hue, glow)
    hall.hang_halo(build, at, 0.9, glow * np.float32(0.012))


def carried_shade(build: Builder, lamp: MovingLamp, ceiling_m: float, hue: Array, glow: Array) -> Glowing:
    """The shade of a lamp that swings."""
    _shaded(build, lamp.positions[0], ceiling_m, hue, glow)
    return Glowing(lamp, build.last_glowing())


def _shaded(build: Builder, at: Matrix, ceiling_m: float, hue: Array, glow: Array) -> None:
    cable = float(max(0.1, min(ceiling_m - at[2] - 0.3, 2.4)))
    shade = _shade(min(2.0 * build.texels_per_m(float(at[1])), 200 * build.detail + 8), cable, hue, glow)
    build.stand(shade, float(at[0]), float(at[1]), float(at[2]) - 0.085, order=float(at[1]) - 0.05)

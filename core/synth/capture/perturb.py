"""The light of a training foreground, perturbed: what a relighting model learns to undo.

The mix: 35% one affine change of the whole (exposure, gamma .4-1.9, tint), 25% a low-frequency field of gains or a
bloom, 20% spherical-harmonic shading on pseudo normals, 10% a key and a rim light on them, 10% nothing; 70% constant
in time, 30% smoothly changing. GenCompositor uses the same range of gamma.

Everything is per pixel and scene-linear, with premultiplied colours in and out; light above 1 stays above what is
below it. `apply` uses operators and indexing alone, so that the same code runs on other arrays than NumPy's:
pictures (..., H, W, 3), mattes and the planes of a `Form` (..., H, W).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.capture.form import Form
from pai_studio.core.synth.paint.noise import LUMA

Numbers = tuple[float, ...]
_MIX = {"affine": 0.35, "field": 0.14, "bloom": 0.11, "shading": 0.20, "lamps": 0.10, "identity": 0.10}
KINDS = tuple(_MIX)
_MOVING = 0.3
_TOE = 0.01
_LEAST, _MOST = 1 / 32, 32.0
_WAVES = 4


@dataclass(frozen=True)
class Perturbation:
    """One change of light. Its numbers swing from `first` to `last` and back, `cycles` times a shot, where it moves."""

    kind: str
    first: Mapping[str, Numbers]
    last: Mapping[str, Numbers]
    cycles: float = 0.0
    phase: float = 0.0

    @property
    def moving(self) -> bool:
        """Whether it changes in time."""
        return self.cycles > 0

    def numbers(self, t: float) -> dict[str, Numbers]:
        """The parameters at `t`, the shot's share 0..1."""
        w = 0.5 - 0.5 * math.cos(2 * math.pi * (self.cycles * t + self.phase)) if self.moving else 0.0
        return {
            name: tuple(a + (b - a) * w for a, b in zip(self.first[name], self.last[name], strict=True))
            for name in self.first
        }

    def apply(self, foreground: Any, matte: Any, t: float, form: Form) -> Any:
        """The premultiplied `foreground` (..., H, W, 3) in perturbed light; `matte` is (..., H, W) in 0..1.

        The shot's share `t` is in 0..1; `form` is that of the matte. What is given stays as it is.
        """
        return _KINDS[self.kind](foreground, matte, form, self.numbers(t))


def draw_perturbation(seed: int, kind: str | None = None, moving: bool | None = None) -> Perturbation:
    """The perturbation of this seed, of the named kind or one of the mix's, constant or moving."""
    rng = np.random.default_rng([seed, 11])
    drawn = str(rng.choice(KINDS, p=list(_MIX.values())))
    moves = bool(rng.random() < _MOVING) if moving is None else moving
    kind = kind or drawn
    first = _DRAWS[kind](rng)
    if kind == "identity" or not moves:
        return Perturbation(kind, first, first)
    # Signs and places go on from where they are: a second draw gives how far.
    other = _DRAWS[kind](rng)
    last = {
        name: tuple(a + (b - a) * 0.6 for a, b in zip(first[name], other[name], strict=True))
        for name in first
    }
    return Perturbation(kind, first, last, float(rng.uniform(0.4, 1.2)), float(rng.uniform(0, 0.4)))


def _floats(values: Any) -> Numbers:
    return tuple(float(v) for v in np.ravel(values))


def _tint(rng: np.random.Generator, strength: float) -> Array:
    """Gains (3,) of luminance 1: warm or cold, and a little green or magenta."""
    warmth, green = rng.normal(0, strength), rng.normal(0, strength / 3)
    gains = np.exp2(np.array([warmth - green / 2, green, -warmth - green / 2]))
    return np.asarray(gains / (gains @ LUMA), np.float32)


def _draw_affine(rng: np.random.Generator) -> dict[str, Numbers]:
    gamma = np.exp(rng.uniform(np.log(0.4), np.log(1.9)))
    # A gamma moves middle grey; half of that is made good, so that few are all but black or white.
    made_good = 0.5 * np.log2(0.18 / 0.18**gamma)
    stops = float(np.clip(rng.normal(made_good, 0.7), -2.5, 2.5))
    grey = float(np.clip(rng.normal(0, 0.25), -0.4, 0.5))
    mixed = np.eye(3) * (1 - grey) + grey * np.tile(LUMA, (3, 1)) + rng.normal(0, 0.03, (3, 3))
    matrix = mixed * _tint(rng, 0.35)[:, None]
    return {"gamma": (float(gamma),), "gain": (2**stops,), "matrix": _floats(matrix)}


def _affine(foreground: Any, matte: Any, form: Form, numbers: dict[str, Numbers]) -> Any:
    """Gain, then gamma about 1 with a straight continuation above it, then a matrix."""
    del form
    (gamma,), (gain,), matrix = numbers["gamma"], numbers["gain"], numbers["matrix"]
    # A toe keeps the slope in the black finite: noise there must not become light.
    low, whole = _TOE**gamma, (1 + _TOE) ** gamma - _TOE**gamma
    slope = gamma * (1 + _TOE) ** (gamma - 1) / whole
    curved = []
    for channel in range(3):
        straight = foreground[..., channel] * gain / matte.clip(1e-4, 1.0)
        dark = ((straight.clip(0.0, 1.0) + _TOE) ** gamma - low) / whole
        curved.append((dark + (straight - 1).clip(0.0, None) * slope + straight.clip(None, 0.0)) * matte)
    out = foreground * 1.0
    for row in range(3):
        mixed = sum(curved[column] * matrix[3 * row + column] for column in range(3))
        out[..., row] = mixed.clip(0.0, None)
    return out


def _draw_field(rng: np.random.Generator) -> dict[str, Numbers]:
    """A few waves over the subject, a period of one to four of its sizes, each in a tint of its own."""
    strength = rng.uniform(0.5, 1.3)
    waves = rng.uniform(0.25, 1.0, _WAVES) * rng.choice([-1, 1], _WAVES)
    tints = np.log2([_tint(rng, 0.35) for _ in range(_WAVES)])
    return {
        "across": _floats(waves * np.cos(angles := rng.uniform(0, np.pi, _WAVES)) * np.pi / 2),
        "down": _floats(waves * np.sin(angles) * np.pi / 2),
        "phase": _floats(rng.uniform(0, 2 * np.pi, _WAVES)),
        "stops": _floats((rng.normal(0, strength, _WAVES)[:, None] + tints * 1.5) / np.sqrt(_WAVES) * 1.4),
    }


def _field(foreground: Any, matte: Any, form: Form, numbers: dict[str, Numbers]) -> Any:
    del matte
    out = foreground * 1.0
    for channel in range(3):
        stops = form.x * 0.0
        for n in range(_WAVES):
            turn = form.x * numbers["across"][n] + form.y * numbers["down"][n] + numbers["phase"][n]
            stops = stops + _cosine(turn) * numbers["stops"][3 * n + channel]
        out[..., channel] = out[..., channel] * (2.0**stops).clip(_LEAST, _MOST)
    return out


def _cosine(turn: Any) -> Any:
    """A wave of period 2 pi, like a cosine, from operators alone: a parabola each half period, its flanks bent."""
    part = turn / (2 * math.pi)
    part = (part - part // 1) * 4 - 2  # -2..2, the crest at the ends
    bow = part * (2 - abs(part))  # a sine's likeness, -1..1
    return bow * (0.775 + 0.225 * abs(bow))


def _draw_bloom(rng: np.random.Generator) -> dict[str, Numbers]:
    hue = _tint(rng, 0.25) * np.array([1.25, 1.0, 0.7])
    return {
        "at": _floats(rng.uniform(-1, 1, 2)),
        "reach": (float(rng.uniform(0.35, 0.9)),),
        "gain": _floats(hue * rng.uniform(0.8, 4.0)),
        "veil": _floats(hue * rng.uniform(0.02, 0.35)),
        "rest": (float(np.exp2(rng.uniform(-0.8, 0.1))),),
    }


def _bloom(foreground: Any, matte: Any, form: Form, numbers: dict[str, Numbers]) -> Any:
    """A warm light near one place of the subject: it gains there, and a veil lies over it."""
    (x, y), (reach,), (rest,) = numbers["at"], numbers["reach"], numbers["rest"]
    away = ((form.x - x) / 2) ** 2 + (
        form.y - y
    ) ** 2  # a standing person's box is about twice as high as wide
    near = math.e ** (-away / (2 * reach * reach))
    out = foreground * 1.0
    for channel in range(3):
        lit = out[..., channel] * (near * numbers["gain"][channel] + rest)
        out[..., channel] = lit + near * matte * numbers["veil"][channel]
    return out


def _draw_shading(rng: np.random.Generator) -> dict[str, Numbers]:
    """A main light, a weaker one of another tint and an ambient: as second-order spherical harmonics, (9, 3)."""
    total = np.zeros((9, 3))
    total[0] = _tint(rng, 0.2) * rng.uniform(0.2, 0.6)
    for strength in (rng.uniform(0.9, 1.9), rng.uniform(0.1, 0.7)):
        toward = np.array([rng.normal(0, 1), rng.normal(0.3, 0.7), rng.uniform(-0.5, 0.9)])
        total += np.outer(_harmonic_lobe(toward / np.linalg.norm(toward)), _tint(rng, 0.35) * strength)
    return {"harmonics": _floats(total)}


def _harmonic_lobe(d: Array) -> Array:
    """A clamped cosine toward `d`, as coefficients of `_basis` (Ramamoorthi and Hanrahan 2001: 1/4, 1/2, 5/16)."""
    x, y, z = d
    return np.array([
        0.25, 0.5 * x, 0.5 * y, 0.5 * z,
        0.9375 * x * y, 0.9375 * y * z, 0.9375 * x * z, 0.078125 * (3 * z * z - 1), 0.234375 * (x * x - y * y),
    ])  # fmt: skip


def _basis(form: Form) -> list[Any]:
    x, y, z = form.right, form.up, form.ahead
    return [x * 0 + 1, x, y, z, x * y, y * z, x * z, z * z * 3 - 1, x * x - y * y]


def _shading(foreground: Any, matte: Any, form: Form, numbers: dict[str, Numbers]) -> Any:
    del matte
    basis, weights = _basis(form), numbers["harmonics"]
    out = foreground * 1.0
    for channel in range(3):
        gain = sum(basis[n] * weights[3 * n + channel] for n in range(9))
        out[..., channel] = out[..., channel] * gain.clip(_LEAST, _MOST)
    return out


def _draw_lamps(rng: np.random.Generator) -> dict[str, Numbers]:
    side = rng.choice([-1.0, 1.0])
    key = np.array([side * rng.uniform(0.5, 1), rng.uniform(-0.2, 0.8), rng.uniform(0.1, 0.7)])
    return {
        "key": _floats(key / np.linalg.norm(key)),
        "key_gain": _floats(_tint(rng, 0.3) * rng.uniform(0.8, 2.0)),
        "rim": _floats([-side * rng.uniform(0.6, 1), rng.uniform(-0.2, 0.7)]),
        "rim_gain": _floats(_tint(rng, 0.6) * rng.uniform(0.5, 3.0)),
        "fill": _floats(_tint(rng, 0.4) * rng.uniform(0.06, 0.35)),
    }


def _lamps(foreground: Any, matte: Any, form: Form, numbers: dict[str, Numbers]) -> Any:
    """A key with a terminator, a coloured rim from behind on the other side, and little fill."""
    del matte
    right, up, ahead = numbers["key"]
    key = (form.right * right + form.up * up + form.ahead * ahead).clip(0.0, 1.0)
    edge = (1 - form.ahead).clip(0.0, 1.0)
    rim = (form.right * numbers["rim"][0] + form.up * numbers["rim"][1]).clip(0.0, 1.0) * edge**2
    out = foreground * 1.0
    for channel in range(3):
        gain = (
            key * numbers["key_gain"][channel] + rim * numbers["rim_gain"][channel] + numbers["fill"][channel]
        )
        out[..., channel] = out[..., channel] * gain
    return out


def _draw_nothing(rng: np.random.Generator) -> dict[str, Numbers]:
    del rng
    return {}


def _identity(foreground: Any, matte: Any, form: Form, numbers: dict[str, Numbers]) -> Any:
    del matte, form, numbers
    return foreground * 1.0


_DRAWS: Mapping[str, Callable[[np.random.Generator], dict[str, Numbers]]] = {
    "affine": _draw_affine,
    "field": _draw_field,
    "bloom": _draw_bloom,
    "shading": _draw_shading,
    "lamps": _draw_lamps,
    "identity": _draw_nothing,
}
_KINDS: Mapping[str, Callable[[Any, Any, Form, dict[str, Numbers]], Any]] = {
    "affine": _affine,
    "field": _field,
    "bloom": _bloom,
    "shading": _shading,
    "lamps": _lamps,
    "identity": _identity,
}

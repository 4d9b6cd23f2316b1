"""Who plays in a shot: a look and a walk drawn from a seed."""

from __future__ import annotations

import numpy as np

from pai_studio.core.synth.camera import Matrix
from pai_studio.core.synth.paint.noise import color
from pai_studio.core.synth.people.body import Look
from pai_studio.core.synth.people.pose import Walk
from pai_studio.core.synth.people.subject import StageLight, Subject
from pai_studio.core.synth.places.light import Light

_OUTFITS = (
    # coat, leggings, skin, boots, hair, scarf, plaid line
    ("a8342c", "2a2c38", "c98e6e", "4a2f20", "3a2014", "d9b24a", "e8c9a0"),
    ("c48a1e", "3a3f52", "e0ac8a", "3b2a22", "7a3b1a", "3c6b74", "f0dcae"),
    ("2f5f6b", "2b2622", "a06a4a", "5a3a24", "15100d", "d8743a", "a9d0cf"),
    ("6b2f4a", "4a4a44", "d8a080", "2c2420", "b5803c", "e2d3b0", "d8a0b8"),
    ("d8cbb0", "4b5a44", "946349", "42291a", "1a120e", "b0392f", "a88a5c"),
    ("3d4f86", "8a7a62", "e6b899", "5c3b24", "8c4a20", "e0a63a", "c0cbe8"),
)


def cast(
    seed: int, stand: Matrix, seconds: float, lights: tuple[Light, StageLight], detail: float
) -> Subject:
    """The person of this seed, who plays around `stand` for `seconds`, lit by a place and by a stage.

    `detail` is the picture's width over 1280 pixels.
    """
    rng = np.random.default_rng([seed, 3])
    look = _look(rng)
    walk = _walk(rng, stand, look, seconds)
    return Subject(look, walk, lights, detail, seed)


def _look(rng: np.random.Generator) -> Look:
    outfit = _OUTFITS[int(rng.integers(len(_OUTFITS)))]
    colors = np.stack([color(hue) for hue in outfit[:6]]) * np.array(
        [[0.85], [0.9], [0.85], [0.9], [0.8], [0.85]], np.float32
    )
    return Look(
        float(rng.uniform(0.95, 1.05)),
        float(rng.uniform(0.50, 0.66)),
        float(rng.uniform(0.24, 0.42)),
        colors.astype(np.float32),
        color(outfit[6]),
    )


def _walk(rng: np.random.Generator, stand: Matrix, look: Look, seconds: float) -> Walk:
    inward = -float(np.sign(stand[0]))
    heading = inward * float(rng.uniform(28, 56))
    return Walk(
        stand.copy(),
        heading,
        float(rng.uniform(0.34, 0.55)),
        float(rng.uniform(0, 1)),
        int(inward),
        float(rng.uniform(0.35, 0.65)),
        look.scale,
        seconds,
    )

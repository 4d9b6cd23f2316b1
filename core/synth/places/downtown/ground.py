"""A modern street's floor: asphalt between pavements, wet."""

from __future__ import annotations

import numpy as np

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.paint.canvas import Canvas
from pai_studio.core.synth.paint.noise import anchored, color, smooth
from pai_studio.core.synth.places.builder import Where, piece_of_floor


def asphalt(where: Where, kerb: float, wetness: float, seed: int) -> tuple[Canvas, Array | None]:
    """A road between pavements: grain, patches, lines, a manhole, and puddles as far as `wetness` says."""
    floor, x, y = piece_of_floor(where, color("3d3e40"))
    large = anchored(x, y, 2.4, seed, 5, persistence=0.55)
    grain = anchored(x, y, 0.035, seed + 1, 2, persistence=0.9)
    floor.albedo *= (0.95 + 0.20 * large + 0.28 * grain)[..., None].clip(0.2, None)
    cracks = smooth(np.abs(anchored(x, y, 1.6, seed + 2, 6, persistence=0.6)), 0.018, 0.0)
    line = smooth(np.abs(x), 0.075, 0.06) * smooth(np.abs((y / 3.2) % 1 - 0.5), 0.29, 0.27)
    cross = smooth(np.abs(y - 12.5), 1.5, 1.45) * smooth(np.abs((x / 0.9) % 1 - 0.5), 0.27, 0.24)
    paint = (
        np.maximum(line, cross)
        * smooth(grain + large, -0.9, -0.3)
        * smooth(np.abs(x), kerb - 0.3, kerb - 0.4)
    )
    floor.albedo += (color("cfccc0") * 0.8 - floor.albedo) * (0.8 * paint)[..., None]
    walk = smooth(np.abs(x) + 0 * y, kerb - 0.01, kerb + 0.01)
    slab = np.minimum(np.abs((x / 0.6) % 1 - 0.5), np.abs((y / 0.6) % 1 - 0.5)) * np.float32(0.6)
    joint = smooth(slab, 0.012, 0.004)
    stone = color("77736c") * ((0.9 + 0.22 * large + 0.14 * grain) * (1 - 0.55 * joint))[..., None]
    floor.albedo += (stone - floor.albedo) * walk[..., None]
    edge = smooth(np.abs(np.abs(x) - kerb - 0.09), 0.10, 0.085)
    floor.albedo += (color("8d8a84") * (0.9 + 0.2 * grain)[..., None] - floor.albedo) * edge[..., None]
    hollow = (
        anchored(x, y, 3.1, seed + 4, 4) + 0.06 * large + 0.25 * np.exp(-np.abs(np.abs(x) - kerb + 0.4) / 0.3)
    )
    puddle = smooth(hollow, 0.72 - wetness, 0.9 - wetness)
    film = 0.10 + 0.32 * wetness + 0.12 * large
    floor.albedo *= (1 - 0.35 * wetness - 0.35 * puddle)[..., None]
    floor.relief[:] = (0.003 * grain + 0.004 * walk * (1 - joint) - 0.006 * cracks) * (1 - puddle)
    return floor, np.asarray(np.maximum(puddle, film).clip(0, 1), np.float32)

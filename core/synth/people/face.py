"""A face, painted where it lies in the rest pose: eyes, brows, lips, ears' blush, a beard, glasses."""

from __future__ import annotations

import numpy as np

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.camera import Floats
from pai_studio.core.synth.paint.noise import color, smooth
from pai_studio.core.synth.people import looks
from pai_studio.core.synth.people.looks import Look


def paint(base: Array, x: Array, y: Array, z: Array, look: Look) -> None:
    """Paint (n, 3) skin colours in place, given the samples' rest coordinates."""
    front, side = (y < -0.03).astype(np.float32), np.abs(x)
    hair = look.colors[looks.HAIR]
    skin = look.colors[looks.SKIN]

    def spot(across: Floats, up: Floats, wide: float, high: float) -> Array:
        away = np.asarray(np.hypot(across / wide, up / high), np.float32)
        return smooth(away, 1.12, 0.85) * front

    socket = np.exp(-(((side - 0.033) / 0.024) ** 2 + ((z - 1.628) / 0.016) ** 2)) * front
    blush = np.exp(-(((side - 0.046) / 0.024) ** 2 + ((z - 1.588) / 0.020) ** 2)) * front
    under = np.exp(-((side / 0.03) ** 2 + ((z - 1.535) / 0.010) ** 2)) * front
    nose = np.exp(-(((side - 0.014) / 0.008) ** 2 + ((z - 1.586) / 0.007) ** 2)) * front
    white = spot(side - 0.0325, z - 1.622, 0.0165, 0.0082)
    iris = spot(side - 0.0325, z - 1.6225, 0.0070, 0.0078)
    lid = spot(side - 0.0330, z - 1.6295, 0.0190, 0.0034)
    brow = spot(side - 0.0345, z - 1.6435 + 0.25 * (side - 0.034), 0.0210, 0.0042)
    lips = spot(x, z - 1.5560, 0.0235, 0.0085)
    mouth = spot(x, z - 1.5565, 0.0220, 0.0016)
    for share, hue, amount in (
        (socket, skin * 0.55, 0.45),
        (blush, skin * [1.25, 0.72, 0.66], 0.30),
        (under, skin * 0.65, 0.35),
        (nose, skin * 0.5, 0.28),
        (white, color("cfc6bc") * (0.25 + 0.8 * skin.mean()), 0.6),
        (iris, color("2a1c14"), 0.9),
        (lid, color("1c120e"), 0.75),
        (brow, hair * 0.6 + 0.006, 0.75),
        (lips, skin * [0.95, 0.52, 0.50], 0.65),
        (mouth, skin * 0.25, 0.75),
    ):
        base += (np.asarray(hue, np.float32) - base) * (share * np.float32(amount))[:, None]
    if "beard" in look.extras:
        low = smooth(z, 1.588, 1.570) * smooth(z, 1.512, 1.525) * (y < 0.012)
        cheek = smooth(side, 0.040, 0.056) * smooth(z, 1.612, 1.585) * (y < 0.012) * (y > -0.06)
        grown = np.maximum(low, cheek) * (1 - lips) * (1 - 0.9 * mouth)
        base += (hair * 0.8 - base) * (0.82 * grown)[:, None]
    if "glasses" in look.extras:
        _glasses(base, side, y, z)


def _glasses(base: Array, side: Array, y: Array, z: Array) -> None:
    away = np.hypot((side - 0.034) / 0.027, (z - 1.620) / 0.021)
    rim = smooth(np.abs(away - 1), 0.17, 0.09) * (y < -0.02)
    bridge = smooth(np.abs(z - 1.628), 0.004, 0.0025) * (side < 0.010) * (y < 0)
    temple = smooth(np.abs(z - 1.628), 0.004, 0.0025) * (side > 0.058) * (y > -0.075) * (y < 0.02)
    lens = smooth(away, 1.0, 0.95) * (y < -0.02)
    base *= (1 - 0.22 * lens)[:, None]
    frame = np.clip(rim + bridge + temple, 0, 1)
    base += (np.float32(0.012) - base) * (0.95 * frame)[:, None]

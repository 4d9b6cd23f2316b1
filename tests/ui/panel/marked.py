"""A plate whose camera is known, for the tests that measure it."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from pai_studio.core.shot.document import Shot
from tests.ui.panel.files import picture
from tests.ui.panel.shots import a_shot

SIZE = (320, 180)
FRAMES = 10


def marked(folder: Path, turn_deg: float = 0.0, *, markers: bool = True) -> Shot:
    """A green screen with markers; the camera turns by `turn_deg` in all, and somebody in a check walks before it."""
    rng = np.random.default_rng(3)
    width, height = SIZE
    wide = np.zeros((height, 3 * width, 3), np.float32) + np.float32([0.05, 0.5, 0.08])
    for _ in range(160 if markers else 0):
        x, y = int(rng.integers(4, 3 * width - 4)), int(rng.integers(4, height - 4))
        cv2.drawMarker(wide, (x, y), (0.02, 0.25, 0.03), cv2.MARKER_CROSS, 7, 2)
    check = np.kron(rng.uniform(0.1, 0.6, (12, 11)), np.ones((10, 10)))
    dress = np.repeat(check[..., None], 3, axis=2).astype(np.float32)
    inside = np.array([[width, 0, (width - 1) / 2], [0, width, (height - 1) / 2], [0, 0, 1.0]])
    for k in range(FRAMES):
        a = np.radians(turn_deg * (k / (FRAMES - 1) - 0.5))
        turn = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
        to_plate = inside @ turn @ np.linalg.inv(inside) @ np.array([[1.0, 0, -width], [0, 1, 0], [0, 0, 1]])
        rgb = cv2.warpPerspective(wide, to_plate, SIZE, flags=cv2.INTER_LINEAR)
        x = 90 + 3 * k
        rgb[60:, x : x + 110] = dress
        picture(folder / f"SH010.{1001 + k}.exr", rgb)
    plate = {"files": str(folder / "SH010.####.exr"), "colorspace": "ACEScg"}
    return a_shot(folder, plate=plate, frames=[1001, 1000 + FRAMES], rate="24")

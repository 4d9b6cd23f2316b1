"""Screens filmed by a camera that is known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

SIZE = (480, 270)


def shake(frames, pan_px=60.0, tremor_px=4.0, seed=0):
    """A pan with a hand's tremor: homographies from the first frame's points to each frame's."""
    rng = np.random.default_rng(seed)
    tremor = cv2.GaussianBlur(rng.standard_normal((frames, 3)), (1, 5), 1.0) * tremor_px
    tremor -= tremor[0]
    found = []
    for t, (dx, dy, turn) in zip(np.linspace(0, 1, frames), tremor, strict=True):
        c, s = np.cos(np.radians(turn / 10)), np.sin(np.radians(turn / 10))
        found.append(np.array([[c, -s, pan_px * t + dx], [s, c, dy], [0, 0, 1.0]]))
    return found


def screen(kind, motion, noise, seed):
    """One frame (H, W, 3): `marked`, `creased` or `plain`, moved by `motion`, with fresh noise."""
    w, h = SIZE
    rng = np.random.default_rng(5)
    big = np.ones((h + 200, w + 200), np.float32)
    if kind == "creased":
        for scale in (6, 14):
            big += (
                0.12
                * scale
                * cv2.GaussianBlur(rng.standard_normal(big.shape).astype(np.float32), (0, 0), scale)
            )
    if kind == "marked":
        for x in range(40, w + 200, 70):
            for y in range(40, h + 200, 60):
                cv2.drawMarker(big, (x + int(rng.integers(-9, 9)), y), 0.6, cv2.MARKER_CROSS, 13, 3)
        big = cv2.GaussianBlur(big, (0, 0), 0.8)
    seen = cv2.warpPerspective(big, motion @ np.array([[1, 0, -100], [0, 1, -100], [0, 0, 1.0]]), SIZE)
    rgb = seen[..., None] * np.array([0.1, 0.4, 0.1], np.float32)
    return (rgb + np.random.default_rng(seed).normal(0, noise, rgb.shape)).astype(np.float32)


@pytest.fixture
def filmed():
    """`filmed(kind, motions, noise)` -> the frames of a screen, made one by one."""

    def film(kind, motions, noise=0.008):
        return (screen(kind, motion, noise, seed) for seed, motion in enumerate(motions))

    return film


@pytest.fixture
def hand():
    return shake

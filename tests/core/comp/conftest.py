"""Constructed plates C = a F + (1 - a) S + noise, in the working space, of which every part is known."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import pytest

from pai_studio.core.comp.space import to_rec709, to_working

SCREENS = {"green": (0.04, 0.42, 0.09), "blue": (0.03, 0.09, 0.5), "yellow-green": (0.45, 0.5, 0.01)}


@dataclass(frozen=True)
class Made:
    """All (H, W, 3) but `alpha`, (H, W)."""

    plate: np.ndarray
    alpha: np.ndarray
    subject: np.ndarray
    screen: np.ndarray
    marked: np.ndarray


def make(
    screen="green",
    *,
    seed=0,
    size=(240, 426),
    noise=0.003,
    uneven=0.2,
    markers=False,
    spill=0.0,
    shift=(0, 0),
):
    """A head with hair on shoulders and a motion-blurred arm, before a screen."""
    rng = np.random.default_rng(seed)
    h, w = size
    alpha = _shape(h, w, rng, shift)
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    subject = np.where((y < h * 0.55)[..., None], (0.42, 0.27, 0.18), (0.14, 0.13, 0.16)).astype(np.float32)
    subject *= (1 + 0.15 * np.sin(x / 7) * np.cos(y / 9))[..., None]
    light = 1 + uneven * np.sin(x / w * 2.5 + seed) * np.cos(y / h * 2)
    wall = np.array(SCREENS[screen], np.float32) * light[..., None].astype(np.float32)
    painted = wall.copy()
    if markers:
        for column in range(5):
            for row in range(3):
                at = (int(w * (column + 0.5) / 5), int(h * (row + 0.3) / 4))
                ink = (
                    (0.5, 0.3, 0.05)
                    if (row + column) % 2
                    else tuple(float(c) * 0.35 for c in SCREENS[screen])
                )
                cv2.line(painted, (at[0] - 3, at[1]), (at[0] + 3, at[1]), ink, 1)
                cv2.line(painted, (at[0], at[1] - 3), (at[0], at[1] + 3), ink, 1)
    lit = subject + spill * np.array(SCREENS[screen], np.float32)
    plate = alpha[..., None] * lit + (1 - alpha[..., None]) * painted
    plate = plate + noise * rng.standard_normal(plate.shape).astype(np.float32)
    marked = np.abs(painted - wall).sum(-1) > 1e-3
    parts = (to_working(p.astype(np.float32)) for p in (plate, subject, wall))
    c, f, s = parts
    return Made(c, alpha, f, s, marked)


def _shape(h, w, rng, shift):
    k = 4
    big = np.zeros((h * k, w * k), np.uint8)
    cx, cy, r = int((w / 2 + shift[0]) * k), int((h * 0.42 + shift[1]) * k), int(h * 0.17 * k)
    cv2.circle(big, (cx, cy), r, 255, -1)
    cv2.ellipse(big, (cx, h * k + h * k // 10), (int(w * k * 0.17), int(h * k * 0.48)), 0, 0, 360, 255, -1)
    for _ in range(60):
        t = rng.uniform(-np.pi, 0)
        a = np.array([cx + r * 0.9 * np.cos(t), cy + r * 0.9 * np.sin(t)])
        b = a + r * rng.uniform(0.2, 0.45) * np.array([np.cos(t + rng.normal(0, 0.3)), np.sin(t)])
        cv2.line(big, tuple(a.astype(int)), tuple(b.astype(int)), 255, 3, cv2.LINE_AA)
    arm = np.zeros_like(big)
    cv2.line(
        arm,
        (cx + int(w * 0.1 * k), int(h * 0.8 * k)),
        (cx + int(w * 0.25 * k), int(h * 0.4 * k)),
        255,
        int(h * 0.06 * k),
    )
    arm = cv2.blur(arm, (10 * k + 1, 1))
    alpha = np.maximum(big, arm).astype(np.float32) / 255
    return cv2.GaussianBlur(cv2.resize(alpha, (w, h), interpolation=cv2.INTER_AREA), (0, 0), 0.6)


def near_edges(alpha, px=4):
    """Where something translucent is within `px`."""
    return cv2.dilate(((alpha > 0) & (alpha < 1)).astype(np.uint8), np.ones((2 * px + 1,) * 2, np.uint8)) > 0


@pytest.fixture
def constructed():
    """`constructed(screen, **how) -> Made`."""
    return make


@pytest.fixture
def edges():
    """`edges(alpha, px) -> mask`."""
    return near_edges


@pytest.fixture
def srgb_psnr():
    """`srgb_psnr(a, b, mask)`: on sRGB-encoded values, peak 1, in dB."""

    def encode(rgb):
        light = np.clip(to_rec709(rgb.astype(np.float32)), 0, 1)
        return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)

    def measure(a, b, mask=...):
        return float(-10 * np.log10(np.mean((encode(a) - encode(b))[mask] ** 2)))

    return measure

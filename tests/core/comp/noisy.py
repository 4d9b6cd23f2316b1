"""Pictures with noise that is known."""

from __future__ import annotations

import cv2
import numpy as np


def noisy(seed=0, floor=2e-6, slope=4e-5, blur=0.0, size=(360, 640)):
    """A smooth picture (H, W, 3), and with noise of variance `floor + slope * level`, blurred by `blur` pixels."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0 : size[0], 0 : size[1]].astype(np.float32)
    clean = np.stack(
        [0.2 + 0.15 * np.sin(x / 90), 0.5 + 0.3 * np.cos(y / 80), 0.1 + 0.05 * np.sin(x / 50)], -1
    )
    noise = rng.standard_normal(clean.shape).astype(np.float32)
    if blur:
        noise = cv2.GaussianBlur(noise, (0, 0), blur)
        noise /= noise.std()
    return clean, (clean + noise * np.sqrt(floor + slope * clean)).astype(np.float32)

"""Linear Rec.709 beside the working space: dominance and spill are judged there, on the axes that screens have."""

from __future__ import annotations

import cv2
import numpy as np

from pai_studio.core.media.frame import Array

# AP1 (D60, the Academy's S-2014-004) to BT.709 (D65), Bradford-adapted.
REC709_FROM_ACESCG = np.array(
    [
        [1.7050510, -0.6217921, -0.0832589],
        [-0.1302564, 1.1408047, -0.0105483],
        [-0.0240034, -0.1289690, 1.1529724],
    ],
    np.float32,
)
ACESCG_FROM_REC709 = np.linalg.inv(REC709_FROM_ACESCG.astype(np.float64)).astype(np.float32)
LUMINANCE = np.array([0.2722287, 0.6740818, 0.0536895], np.float32)
"""Weights of relative luminance for ACEScg (AP1) primaries."""


def to_rec709(rgb: Array) -> Array:
    """(H, W, 3) ACEScg to linear Rec.709."""
    return np.asarray(cv2.transform(rgb, REC709_FROM_ACESCG), np.float32)


def to_working(rgb: Array) -> Array:
    """(H, W, 3) linear Rec.709 to ACEScg."""
    return np.asarray(cv2.transform(rgb, ACESCG_FROM_REC709), np.float32)


def luminance(rgb: Array) -> Array:
    """(H, W) relative luminance of (H, W, 3) ACEScg."""
    return np.asarray(cv2.transform(rgb, LUMINANCE[None]), np.float32).reshape(rgb.shape[:2])

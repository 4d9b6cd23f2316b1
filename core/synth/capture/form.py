"""A subject's form, as far as its matte tells: pseudo normals for shading that never saw the subject."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.paint.noise import blur


@dataclass(frozen=True)
class Form:
    """What shading needs of a matte: where pixels lie, -1..1 of the subject's box, and pseudo normals.

    `right`, `up` and `ahead` are the unit normal's parts, `ahead` toward the camera. All are (..., H, W) planes.
    """

    x: Any
    y: Any
    right: Any
    up: Any
    ahead: Any


def form_of(matte: Array) -> Form:
    """The form of a NumPy matte (H, W): a cushion over its distance field, as round as the subject is wide.

    The cushion's height is sqrt(d (2 r - d)) at distance d from the edge, a circle's arc of radius r, r being the
    largest distance nearby (the inflation of Johnston's Lumo, 2002, in closed form).
    """
    height, width = matte.shape
    inside = (matte > 0.5).astype(np.uint8)
    distance = np.asarray(cv2.distanceTransform(inside, cv2.DIST_L2, 5), np.float32)
    reach = max(1.0, float(distance.max()))
    side = 2 * round(reach) + 1
    radius = blur(np.asarray(cv2.dilate(distance, np.ones((side, side), np.uint8)), np.float32), reach / 2)
    radius = np.maximum(radius, distance) + np.float32(1e-3)
    tall = np.sqrt(distance * (2 * radius - distance))
    # The distance field's ridges would be creases in the light.
    tall = blur(np.asarray(tall, np.float32), max(1.0, reach / 6))
    slope_y, slope_x = np.gradient(tall)
    length = np.sqrt(slope_x**2 + slope_y**2 + 1)
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    box = (rows[0], rows[-1], columns[0], columns[-1]) if len(rows) else (0, height - 1, 0, width - 1)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    planes = (
        (2 * x - box[2] - box[3]) / max(box[3] - box[2], 1),
        (2 * y - box[0] - box[1]) / max(box[1] - box[0], 1),
        -slope_x / length,
        slope_y / length,
        1 / length,
    )
    return Form(*(np.asarray(plane, np.float32) for plane in planes))

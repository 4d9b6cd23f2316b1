"""Stamps many small flat shapes on a canvas at once: leaves, pebbles, petals, panes."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.camera import Floats
from pai_studio.core.synth.paint.canvas import Canvas

_FINER = 2
_SHIFT = 4  # OpenCV's fixed point: a sixteenth of a sample


def stamp(
    canvas: Canvas,
    outlines: Floats,
    albedo: Array,
    relief: Floats,
    emission: Array | None = None,
) -> None:
    """Paint convex `outlines` (N, K, 2) in metres (s, z), later over earlier; of each an albedo (N, 3), relief (N,).

    The canvas's alpha, where it has one, grows by what they cover.
    """
    height, width = canvas.shape
    ids = np.zeros((height * _FINER, width * _FINER), np.int32)
    scale = np.array([_FINER / canvas.step_s, -_FINER / canvas.step_z]) * 2**_SHIFT
    shift = np.array([-0.5, canvas.height_m / canvas.step_z * _FINER - 0.5]) * 2**_SHIFT
    corners = np.round(outlines * scale + shift).astype(np.int32)
    for number, polygon in enumerate(corners, 1):
        cv2.fillConvexPoly(ids, polygon, number, shift=_SHIFT)
    cover = _shrunk((ids > 0).astype(np.float32), canvas.shape)
    through = 1 - cover[..., None]
    painted = [(canvas.albedo, albedo)] + ([] if emission is None else [(canvas.emission, emission)])
    for layer, table in painted:
        layer[:] = layer * through + _shrunk(_of_each(table, ids), canvas.shape)
    canvas.relief *= through[..., 0]
    canvas.relief += _shrunk(_of_each(relief, ids), canvas.shape)
    if canvas.alpha is not None:
        canvas.alpha = np.maximum(canvas.alpha, cover)


def _of_each(table: Floats, ids: npt.NDArray[np.int32]) -> Array:
    """The shapes' values where they lie, 0 where there is none."""
    nothing = np.zeros((1, *table.shape[1:]), np.float32)
    return np.take(np.concatenate([nothing, table.astype(np.float32)]), ids, axis=0)


def leaves(at: Floats, length_m: Floats, angle: Floats, slender: float = 0.4) -> Floats:
    """Outlines of pointed leaves at (N, 2) metres, `length_m` (N,) long, their tips toward `angle` (N,) radians."""
    along = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    across = np.stack([-along[:, 1], along[:, 0]], axis=-1)
    outline = np.array([[-0.5, 0], [-0.2, 0.5], [0.15, 0.42], [0.5, 0], [0.15, -0.42], [-0.2, -0.5]])
    points = (
        at[:, None]
        + outline[None, :, :1] * (along * length_m[:, None])[:, None]
        + outline[None, :, 1:] * (across * (length_m * slender)[:, None])[:, None]
    )
    return np.asarray(points)


def _shrunk(picture: Array, shape: tuple[int, int]) -> Array:
    return np.asarray(cv2.resize(picture, shape[::-1], interpolation=cv2.INTER_AREA), np.float32)

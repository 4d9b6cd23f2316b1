"""How the things that a still shows go apart from one another when the camera leaves its place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pai_studio.core.media.frame import Array
from pai_studio.core.motion.flow import grid
from pai_studio.core.motion.homography import Matrix, Size, inverse, scaling
from pai_studio.core.motion.path import FAR, Vector

_DOUBT = 1.0
_NEAREST = 1.2
_FLOOR_WIDTH_PX = 240


@dataclass(frozen=True)
class Parallax:
    """What moves beside a homography, on a raster of the still that `to_plate` takes to the plate at its anchor.

    Of the flow to another still as much as can be is laid to the nearness (h, w) of what is seen, over that of the
    homography's plane (Irani and Anandan's plane plus parallax, 1996); the rest (h, w, 2) is kept as it is.
    """

    rest: Array
    near: Array
    to_plate: Matrix
    split: bool = True

    @classmethod
    def of_flow(cls, flow: Array, to_plate: Matrix, epipole: Vector | None) -> Parallax:
        """Told apart by the epipole (3,) of the whole way, in plate pixels at the still's anchor, where it is known."""
        if epipole is None:
            return cls(flow, np.zeros(flow.shape[:2], np.float32), to_plate, split=False)
        own = inverse(to_plate) @ epipole
        at = grid(np.eye(3), (flow.shape[1], flow.shape[0]))
        along = own[:2].astype(np.float32) - (at + flow) * np.float32(own[2])
        near = (along * flow).sum(axis=2) / ((along**2).sum(axis=2) + np.float32(_DOUBT))
        return cls(flow - _gone(near, at, own), near.astype(np.float32), to_plate)

    @classmethod
    def of_floor(cls, size: Size, to_plate: Matrix, floor: Vector) -> Parallax:
        """A guess where nothing is known: a floor, whose pixels are floor @ (x, y, 1) near, below what is far.

        `size` (w, h) is that of the still that `to_plate` takes to the plate.
        """
        scale = min(1.0, _FLOOR_WIDTH_PX / size[0])
        columns, rows = max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
        to_plate = to_plate @ scaling(size[0] / columns, size[1] / rows)
        plane = floor @ to_plate
        x, y = np.arange(columns), np.arange(rows)[:, None]
        near = np.clip(plane[0] * x + plane[1] * y + plane[2], FAR, _NEAREST) - FAR
        return cls(np.zeros((*near.shape, 2), np.float32), near.astype(np.float32), to_plate)

    def displaced(self, epipole: Vector | None, share: float) -> Array:
        """How far (h, w, 2) each point has gone when the camera's epipole is that, `share` of the way."""
        rest = self.rest * np.float32(share)
        if not self.split or epipole is None:
            return np.asarray(rest)
        at = grid(np.eye(3), (self.near.shape[1], self.near.shape[0]))
        return np.asarray(rest + _gone(self.near, at, inverse(self.to_plate) @ epipole))


def _gone(near: Array, at: Array, epipole: Vector) -> Array:
    """How far (h, w, 2) points of a nearness (h, w) go: from x to x + near * epipole, homogeneous."""
    depth = 1 + near * np.float32(epipole[2])
    toward = epipole[:2].astype(np.float32) - at * np.float32(epipole[2])
    return np.asarray(toward * (near / np.maximum(depth, 0.1))[..., None], np.float32)

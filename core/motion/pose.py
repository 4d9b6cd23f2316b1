"""Where a camera stood and looked in every frame of a shot, and what that does to near and far things."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pai_studio.core.motion.homography import Matrix, Points, Size

PARAMETERS = 7
"""Of one frame: rotation vector (3), centre (3), and the logarithm of its focal length over the shot's."""

_ZOOM_SEEN = 0.1


def turned(vectors: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Rotation matrices (..., 3, 3) of rotation vectors (..., 3), by Rodrigues' formula."""
    angle = np.linalg.norm(vectors, axis=-1)[..., None, None]
    x, y, z = np.moveaxis(vectors, -1, 0)
    zero = np.zeros_like(x)
    cross = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=-1).reshape(*vectors.shape[:-1], 3, 3)
    half = np.sinc(angle / (2 * np.pi))
    return np.asarray(np.eye(3) + np.sinc(angle / np.pi) * cross + 0.5 * half**2 * cross @ cross)


@dataclass(frozen=True)
class Lens:
    """A picture's size and the shot's focal length as the logarithm of picture widths; its middle is the axis."""

    size: Size
    log_focal: float

    def rays(self, points: Points, zoom: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Directions (..., 3) at depth 1 of pixels (..., 2) at a relative zoom (...)."""
        flat = (points - self.middle) / self.focal(zoom)[..., None]
        return np.concatenate([flat, np.ones((*flat.shape[:-1], 1))], axis=-1)

    def pixels(self, rays: npt.NDArray[np.float64], zoom: npt.NDArray[np.float64]) -> Points:
        """Where directions (..., 3) land."""
        depth = np.maximum(rays[..., 2:], 1e-3)
        return np.asarray(rays[..., :2] / depth * self.focal(zoom)[..., None] + self.middle)

    def matrix(self, zoom: float) -> Matrix:
        """The intrinsic matrix."""
        focal = float(self.focal(np.asarray(zoom)))
        x, y = self.middle
        return np.array([[focal, 0, x], [0, focal, y], [0, 0, 1.0]])

    @property
    def middle(self) -> npt.NDArray[np.float64]:
        """The pixel (x, y) that the lens's axis meets."""
        return (np.array(self.size) - 1) / 2

    def focal(self, zoom: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """The focal length in pixels at a relative zoom (...)."""
        return np.asarray(np.exp(self.log_focal + zoom) * self.size[0], np.float64)


@dataclass(frozen=True)
class Poses:
    """The camera in frames `first`..`first + len(frames) - 1`, each row of `frames` its seven parameters.

    Lengths are in units of the screen's distance; a thing's nearness is one over its depth in them, in the camera
    that it is seen from. `plane` (3,) is the screen: the points X with plane @ X = 1.
    """

    lens: Lens
    first: int
    frames: npt.NDArray[np.float64]
    plane: npt.NDArray[np.float64]

    @property
    def last(self) -> int:
        """The last frame that is known."""
        return self.first + len(self.frames) - 1

    def at(self, frame: float) -> npt.NDArray[np.float64]:
        """The parameters of a frame, between two known ones in a straight line, held outside."""
        where = float(np.clip(frame - self.first, 0, len(self.frames) - 1))
        low = min(int(where), max(len(self.frames) - 2, 0))
        share = where - low
        after = self.frames[min(low + 1, len(self.frames) - 1)]
        return np.asarray((1 - share) * self.frames[low] + share * after)

    def seen(self, start: float, frame: float) -> tuple[Matrix, npt.NDArray[np.float64]]:
        """What takes pixels x at one frame, of nearness r, to another: x' ~ matrix @ (x, y, 1) + r * epipole.

        (Hartley and Zisserman, 9.6 and 13.4: the homography of what is infinitely far, and the second epipole.)
        """
        one, other = self.at(start), self.at(frame)
        to = self.lens.matrix(other[6]) @ turned(other[:3])
        matrix = to @ turned(one[:3]).T @ np.linalg.inv(self.lens.matrix(one[6]))
        return np.asarray(matrix), np.asarray(to @ (one[3:6] - other[3:6]))

    def travelled(self, start: float, frame: float) -> npt.NDArray[np.float64]:
        """How far the centre has gone and the lens has zoomed, (4,), each as far as it is seen."""
        gone = self.at(frame) - self.at(start)
        return np.concatenate([gone[3:6], _ZOOM_SEEN * gone[6:]])

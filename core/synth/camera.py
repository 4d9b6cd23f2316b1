"""The camera of a shot: where it stands in each frame, and what that does to planes.

World: x right, y into the picture, z up, metres. Camera: x right, y down, z forward, as OpenCV has it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]
Floats = npt.NDArray[np.floating]
_CAMERA_AXES = np.array([[1.0, 0, 0], [0, 0, -1.0], [0, 1.0, 0]])


@dataclass(frozen=True)
class Camera:
    """One frame's camera: `intrinsics` K and the pose `x_camera = rotation @ (x_world - position)`."""

    intrinsics: Matrix
    rotation: Matrix
    position: Matrix
    size: tuple[int, int]

    def project(self, points: Floats) -> Matrix:
        """World points (N, 3) to (N, 3): pixel x, pixel y and depth in metres."""
        seen = (points - self.position) @ self.rotation.T
        pixels = seen @ self.intrinsics.T
        return np.concatenate([pixels[:, :2] / pixels[:, 2:], seen[:, 2:]], axis=1)

    def plane_to_pixel(self, origin: Matrix, u_axis: Matrix, v_axis: Matrix) -> Matrix:
        """The 3x3 that takes (a, b, 1) on the plane `origin + a u + b v` to homogeneous pixels."""
        sides = np.stack([u_axis, v_axis, origin - self.position], axis=1)
        return np.asarray(self.intrinsics @ self.rotation @ sides)

    def rays(self) -> npt.NDArray[np.float32]:
        """The (H, W, 3) world directions of the pixels, of unit length."""
        width, height = self.size
        x, y = np.meshgrid(np.arange(width), np.arange(height))
        through = (
            np.stack([x, y, np.ones_like(x)], axis=-1) @ np.linalg.inv(self.intrinsics).T @ self.rotation
        )
        return np.asarray(through / np.linalg.norm(through, axis=-1, keepdims=True), np.float32)

    def mirrored(self) -> Camera:
        """The camera under a floor at z = 0 that sees what the floor reflects, pixel for pixel."""
        flip = np.diag([1.0, 1.0, -1.0])
        return Camera(self.intrinsics, self.rotation @ flip, flip @ self.position, self.size)

    def scaled(self, size: tuple[int, int]) -> Camera:
        """The same view at another size, pixel centres kept at whole numbers."""
        ratio = np.diag([size[0] / self.size[0], size[1] / self.size[1], 1.0])
        shift = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1.0]])
        matrix = np.linalg.inv(shift) @ ratio @ shift @ self.intrinsics
        return Camera(matrix, self.rotation, self.position, size)

    def below(self, row: int) -> Camera:
        """The same view from pixel row `row` downward."""
        matrix = self.intrinsics.copy()
        matrix[1, 2] -= row
        return Camera(matrix, self.rotation, self.position, (self.size[0], self.size[1] - row))

    @property
    def horizon(self) -> float:
        """The lowest pixel row that the horizon passes through, at either side of the picture."""
        # Directions of a pixel with no rise: the plane (0, 0, 1) in the world, as a line in the picture.
        a, b, c = np.linalg.inv(self.intrinsics).T @ self.rotation @ np.array([0, 0, 1.0])
        return float(max(-c / b, -(a * (self.size[0] - 1) + c) / b))


def plane_homography(first: Camera, second: Camera, origin: Matrix, normal: Matrix) -> Matrix:
    """The homography from `first`'s pixels to `second`'s for the plane through `origin` with `normal`.

    H = K2 (R21 + t21 n^T / d) K1^-1 with n, d in the first camera's frame (Hartley and Zisserman, 13.1).
    """
    turn = second.rotation @ first.rotation.T
    shift = second.rotation @ (first.position - second.position)
    n = first.rotation @ normal
    distance = float(normal @ (origin - first.position))
    matrix = second.intrinsics @ (turn + np.outer(shift, n) / distance) @ np.linalg.inv(first.intrinsics)
    return np.asarray(matrix / matrix[2, 2])


def turned(yaw: float, pitch: float, roll: float) -> Matrix:
    """World to camera: yaw to the right, pitch upward, roll clockwise, in degrees."""
    a, b, c = np.radians([yaw, pitch, roll])
    pan = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    tilt = np.array([[1, 0, 0], [0, np.cos(b), np.sin(b)], [0, -np.sin(b), np.cos(b)]])
    cant = np.array([[np.cos(c), np.sin(c), 0], [-np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return np.asarray(cant @ tilt @ _CAMERA_AXES @ pan)


def looking(position: Matrix, target: Matrix) -> Matrix:
    """The (2,) yaw and pitch in degrees, for `turned`, that bring `target` to the middle of the picture."""
    x, y, z = target - position
    return np.degrees([np.arctan2(x, y), np.arctan2(z, np.hypot(x, y))])

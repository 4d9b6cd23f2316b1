"""Homographies: fitting, composing, taking powers of them, and how far apart two of them are.

A homography is a 3x3 float64 matrix that maps points (x, y, 1) with pixel centres at integers; `size` is (w, h).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from scipy.linalg import expm, logm

Matrix = npt.NDArray[np.float64]
Points = npt.NDArray[np.float64]
Size = tuple[int, int]

_PRIOR = np.array([0.0, 0.0, 0.0, 0.0, 0.05, 0.05, 0.02, 0.02])
"""Spread expected of each departure from a similarity (two of shear, two of perspective), at frame scale."""


@dataclass(frozen=True)
class Fit:
    """A homography with the matches that bear it: a mask of inliers and their RMS residual in pixels."""

    matrix: Matrix
    inliers: npt.NDArray[np.bool_]
    residual_px: float


def inverse(matrix: Matrix) -> Matrix:
    """The way back."""
    return np.asarray(np.linalg.inv(matrix), np.float64)


def translation(dx: float, dy: float) -> Matrix:
    """The homography that moves points by (dx, dy)."""
    return np.array([[1.0, 0.0, dx], [0.0, 1.0, dy], [0.0, 0.0, 1.0]])


def scaling(sx: float, sy: float) -> Matrix:
    """From pixel centres of a picture to those of one resized by (sx, sy), edges kept on edges."""
    return np.array([[sx, 0.0, (sx - 1) / 2], [0.0, sy, (sy - 1) / 2], [0.0, 0.0, 1.0]])


def apply(matrix: Matrix, points: Points) -> Points:
    """Map (N, 2) points; a point on or behind the horizon becomes infinite."""
    mapped = np.asarray(points, np.float64) @ matrix[:, :2].T + matrix[:, 2]
    w = mapped[:, 2:]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(w > 1e-9, mapped[:, :2] / w, np.inf)


def corners(size: Size) -> Points:
    """The centres of the four corner pixels, (4, 2), around the picture."""
    w, h = size[0] - 1.0, size[1] - 1.0
    return np.array([[0.0, 0.0], [w, 0.0], [w, h], [0.0, h]])


def corner_shift(matrix: Matrix, size: Size) -> Points:
    """How far `matrix` moves each corner, (4, 2) in pixels."""
    return apply(matrix, corners(size)) - corners(size)


def corner_error(one: Matrix, other: Matrix, size: Size) -> float:
    """Mean distance of the four corners under two homographies, in pixels."""
    return float(np.linalg.norm(apply(one, corners(size)) - apply(other, corners(size)), axis=1).mean())


def sane(matrix: Matrix, size: Size) -> bool:
    """Whether a camera could do this: nothing mirrored or behind it, scale between 1/5 and 5, no third of a turn.

    What turns further has no steady motion that leads to it (`logarithm`).
    """
    moved = apply(matrix, corners(size))
    if not np.isfinite(moved).all():
        return False
    sides = np.roll(moved, -1, axis=0) - moved
    turns = sides[:, 0] * np.roll(sides[:, 1], -1) - sides[:, 1] * np.roll(sides[:, 0], -1)
    across = sides[0] - sides[2]
    if across[0] < -0.5 * np.linalg.norm(across):
        return False
    area = float(size[0] - 1) * (size[1] - 1)
    return bool((turns > area / 25).all() and (turns < area * 25).all())


def fit(src: Points, dst: Points, size: Size, threshold_px: float) -> Fit | None:
    """The homography that most matches agree on, None when fewer than four do or no camera could do it.

    MAGSAC++ finds the inliers (Barath et al., 2020); the final estimate weights them by Huber's function and leans
    towards a similarity as far as the matches leave the rest undetermined, so that few or bunched matches cannot
    bend the far side of the frame.
    """
    if len(src) < 4:
        return None
    rough, mask = cv2.findHomography(src, dst, cv2.USAC_MAGSAC, threshold_px, maxIters=2000, confidence=0.999)
    if rough is None or mask is None or mask.sum() < 4:
        return None
    start = np.asarray(rough, np.float64)
    matrix = start
    inliers = mask.ravel().astype(bool)
    for _ in range(2):
        matrix = _refine(src[inliers], dst[inliers], size, start)
        inliers = _residuals(matrix, src, dst) < threshold_px
        if inliers.sum() < 4:
            return None
    if not sane(matrix, size):
        return None
    return Fit(matrix, inliers, float(np.sqrt(np.mean(_residuals(matrix, src[inliers], dst[inliers]) ** 2))))


def _residuals(matrix: Matrix, src: Points, dst: Points) -> npt.NDArray[np.float64]:
    return np.asarray(np.linalg.norm(apply(matrix, src) - dst, axis=1), np.float64)


def _refine(src: Points, dst: Points, size: Size, start: Matrix) -> Matrix:
    """Least squares over eight parameters at frame scale: a similarity plus four small, held departures from it."""
    half = max(size) / 2
    to_unit = np.array(
        [[1 / half, 0, -(size[0] - 1) / 2 / half], [0, 1 / half, -(size[1] - 1) / 2 / half], [0, 0, 1]]
    )
    from_unit = np.linalg.inv(to_unit)
    a, b = apply(to_unit, src), apply(to_unit, dst)
    noise = 0.5 / half
    matrix = to_unit @ start @ from_unit
    parameters = _parameters(matrix / matrix[2, 2])
    for _ in range(6):
        jacobian, error = _linearise(parameters, a, b)
        weight = (
            np.sqrt(np.minimum(1.0, 2 * noise / np.maximum(np.linalg.norm(error, axis=1), 1e-12)))[:, None]
            / noise
        )
        rows = (jacobian * weight[..., None]).reshape(-1, 8)
        held = np.diag(np.divide(1.0, _PRIOR, out=np.zeros(8), where=_PRIOR > 0))
        system = np.concatenate([rows, held])
        target = np.concatenate([(error * weight).ravel(), -held @ parameters])
        step = np.linalg.lstsq(system, target, rcond=None)[0]
        parameters = parameters + step
        if np.abs(step).max() < 1e-9:
            break
    return np.asarray(from_unit @ _matrix(parameters) @ to_unit, np.float64)


def _parameters(m: Matrix) -> npt.NDArray[np.float64]:
    """(shift x, shift y, a, b, shear 1, shear 2, perspective x, perspective y) of a matrix with m[2, 2] = 1."""
    a, b = (m[0, 0] + m[1, 1]) / 2, (m[1, 0] - m[0, 1]) / 2
    return np.array(
        [m[0, 2], m[1, 2], a, b, (m[0, 0] - m[1, 1]) / 2, (m[1, 0] + m[0, 1]) / 2, m[2, 0], m[2, 1]],
        np.float64,
    )


def _matrix(p: npt.NDArray[np.float64]) -> Matrix:
    return np.array([[p[2] + p[4], p[5] - p[3], p[0]], [p[5] + p[3], p[2] - p[4], p[1]], [p[6], p[7], 1.0]])


def _linearise(p: npt.NDArray[np.float64], src: Points, dst: Points) -> tuple[Matrix, Points]:
    """Jacobian (N, 2, 8) of the mapped points by the parameters, and what is left to `dst` (N, 2)."""
    mapped = np.concatenate([src, np.ones((len(src), 1))], axis=1) @ _matrix(p).T
    w = mapped[:, 2]
    out = mapped[:, :2] / w[:, None]
    x, y, one, zero = src[:, 0], src[:, 1], np.ones(len(src)), np.zeros(len(src))
    rows_x = np.stack([one, zero, x, -y, x, y, -out[:, 0] * x, -out[:, 0] * y], axis=1)
    rows_y = np.stack([zero, one, y, x, -y, x, -out[:, 1] * x, -out[:, 1] * y], axis=1)
    return np.stack([rows_x, rows_y], axis=1) / w[:, None, None], dst - out


def normalised(matrix: Matrix) -> Matrix:
    """The same homography with determinant 1, so that its logarithm has no scale of its own."""
    return np.asarray(matrix / np.cbrt(np.linalg.det(matrix)), np.float64)


def logarithm(matrix: Matrix) -> Matrix:
    """The generator of the motion: `exponential(s * logarithm(H))` for s from 0 to 1 goes at a constant speed to H.

    A pan of the camera becomes a turn at constant angular speed, a zoom a constant ratio a frame. Raises ValueError
    where no real logarithm is there (a half turn, a mirror image).
    """
    found = logm(normalised(matrix))
    if np.iscomplexobj(found) and np.abs(found.imag).max() > 1e-9:
        raise ValueError("this homography has no real logarithm")
    return np.asarray(found.real, np.float64)


def exponential(generator: Matrix) -> Matrix:
    """The homography of a generator, with determinant 1."""
    return np.asarray(expm(generator), np.float64)


def power(matrix: Matrix, share: float) -> Matrix:
    """The homography that goes `share` of the way from the identity to `matrix`."""
    return exponential(share * logarithm(matrix))

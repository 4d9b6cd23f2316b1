"""Where pictures lie over one another: stills over the plate, plates in a model's frame.

Points are pixel centres (x, y) at whole numbers, x to the right, y down, in the coordinates of the plate's windows
unless said otherwise. Matrices are 3x3 float64 and act on columns (x, y, 1).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from pai_studio.core.media.frame import Array, Box

Matrix = npt.NDArray[np.float64]


def fit_placement(
    still_size: tuple[int, int],
    display: Box,
    pixel_aspect: float = 1.0,
    fit: Literal["fill", "fit"] | tuple[tuple[float, ...], ...] = "fill",
) -> Matrix:
    """The placement of a still of (width, height) square pixels over the plate's display window.

    `fill` covers it wholly, `fit` shows all of the still; both centred, neither stretched as seen on a screen that
    shows the plate unsqueezed. A 3x3 is taken as it is: still pixels to plate pixels.
    """
    if not isinstance(fit, str):
        return np.array(fit, np.float64)
    width, height = still_size
    across, down = display.width * pixel_aspect / width, display.height / height
    scale = max(across, down) if fit == "fill" else min(across, down)
    # A picture's centre lies between its pixel centres: at (n - 1) / 2.
    still_x, still_y = (width - 1) / 2, (height - 1) / 2
    plate_x, plate_y = display.x + (display.width - 1) / 2, display.y + (display.height - 1) / 2
    squeezed = scale / pixel_aspect
    return np.array(
        [[squeezed, 0, plate_x - squeezed * still_x], [0, scale, plate_y - scale * still_y], [0, 0, 1]],
        np.float64,
    )


def to_canvas(placement: Matrix, canvas: Box) -> Matrix:
    """The same placement into the indices (column, row) of an array that covers `canvas`."""
    moved = np.array([[1, 0, -canvas.x], [0, 1, -canvas.y], [0, 0, 1]], np.float64)
    return moved @ placement


@dataclass(frozen=True)
class ModelFrame:
    """The plate's display window in a model's frame: unsqueezed, scaled alike both ways, padded to the model's grid.

    `matrix` takes plate pixels to model pixels; `width` and `height` are the model's, `inner` is where the plate lies.
    """

    display: Box
    matrix: Matrix
    width: int
    height: int
    inner: Box

    @classmethod
    def fitting(cls, display: Box, pixel_aspect: float, limit: tuple[int, int], grid: int) -> ModelFrame:
        """The largest frame within `limit` (width, height) on a grid of `grid` pixels; never larger than the plate."""
        unsqueezed = display.width * pixel_aspect
        wide, high = (side // grid * grid for side in limit)
        if wide < grid or high < grid:
            raise ValueError(f"limit {limit} is smaller than the grid of {grid}")
        scale = min(wide / unsqueezed, high / display.height, 1.0)
        across, down = unsqueezed * scale, display.height * scale
        width, height = (math.ceil(round(side, 6) / grid) * grid for side in (across, down))
        middle_x, middle_y = (width - 1) / 2, (height - 1) / 2
        step = scale * pixel_aspect
        matrix = np.array(
            [
                [step, 0, middle_x - step * (display.x + (display.width - 1) / 2)],
                [0, scale, middle_y - scale * (display.y + (display.height - 1) / 2)],
                [0, 0, 1],
            ],
            np.float64,
        )
        left, top = math.ceil((width - across) / 2 - 1e-6), math.ceil((height - down) / 2 - 1e-6)
        inner = Box(left, top, max(1, width - 2 * left), max(1, height - 2 * top))
        return cls(display, matrix, width, height, inner)

    @classmethod
    def of_area(cls, display: Box, pixel_aspect: float, area_px: float, grid: int) -> ModelFrame:
        """The frame of about `area_px` pixels in the plate's own shape, on a grid of `grid` pixels."""
        shape = display.width * pixel_aspect / display.height
        sides = math.sqrt(area_px * shape), math.sqrt(area_px / shape)
        wide, high = (max(grid, int(side + 1e-6)) for side in sides)
        return cls.fitting(display, pixel_aspect, (wide, high), grid)

    @staticmethod
    def area_for(size: tuple[int, int], shape: float) -> int:
        """The least area by which `of_area` has room for `size` (width, height) where plates are of `shape`, their
        width over their height as seen: sides are cut to a grid, so that the size's own area may be too small.
        """
        width, height = size
        return math.ceil(max(width * width / shape, height * height * shape) - 1e-6)

    def to_model(self, pixels: Array) -> Array:
        """(H, W[, C]) over the display window into the model's frame; the border repeats the edge."""
        across, down = self.matrix[0, 0], self.matrix[1, 1]
        # Without this low-pass a smaller picture would alias; its width is that of a pixel's box at the new scale.
        sigma_x, sigma_y = (0.35 * math.sqrt(max(0.0, 1 / s**2 - 1)) for s in (across, down))
        if sigma_x > 0 or sigma_y > 0:
            wide, high = max(sigma_x, 1e-3), max(sigma_y, 1e-3)
            low = cv2.GaussianBlur(pixels, (0, 0), wide, sigmaY=high, borderType=cv2.BORDER_REPLICATE)
            pixels = np.asarray(low, np.float32)
        inverse = np.asarray(np.linalg.inv(self.matrix), np.float64)
        return self._warp(pixels, to_canvas(inverse, self.display), (self.width, self.height))

    def to_plate(self, pixels: Array) -> Array:
        """(height, width[, C]) of the model's frame back over the display window, exactly where it came from."""
        back = self.matrix @ np.array([[1, 0, self.display.x], [0, 1, self.display.y], [0, 0, 1]], np.float64)
        return self._warp(pixels, back, (self.display.width, self.display.height))

    @staticmethod
    def _warp(pixels: Array, source_of: Matrix, size: tuple[int, int]) -> Array:
        """Each output pixel from the input position that `source_of` gives for it."""
        # warpAffine rounds positions to 1/32 pixel; a remap of exact positions keeps to the promised 0.05 pixel.
        columns = np.arange(size[0], dtype=np.float64) * source_of[0, 0] + source_of[0, 2]
        rows = np.arange(size[1], dtype=np.float64) * source_of[1, 1] + source_of[1, 2]
        at_x, at_y = np.meshgrid(columns.astype(np.float32), rows.astype(np.float32))
        flags = cv2.INTER_CUBIC
        return np.asarray(cv2.remap(pixels, at_x, at_y, flags, borderMode=cv2.BORDER_REPLICATE), np.float32)

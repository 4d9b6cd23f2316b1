"""Stills over the plate, at its density."""

from __future__ import annotations

import numpy as np
import pytest

from pai_studio.core.engines._placed import densities, place
from pai_studio.core.media.frame import Box, Still
from pai_studio.core.motion.homography import scaling

DISPLAY = Box(0, 0, 160, 180)


def stripes(width, height, period, *, across):
    """A wave of `period` pixels along x, or along y."""
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    wave = 0.5 + 0.4 * np.sin(2 * np.pi * (x if across else y) / period)
    return np.repeat(wave[..., None], 3, axis=2).astype(np.float32)


def test_over_an_anamorphic_plate_only_the_squeezed_axis_is_reduced():
    """A square still over a plate of half as many columns: its rows are the plate's own and stay sharp."""
    still = Still(stripes(320, 180, 4, across=False), 1, scaling(0.5, 1.0))
    placed = place(still, DISPLAY)
    assert placed.size == (176, 180)
    assert np.abs(placed.rgb[10:-10, 88] - still.rgb[10:-10, 160]).max() < 1e-4
    fine = place(Still(stripes(320, 180, 2.2, across=True), 1, scaling(0.5, 1.0)), DISPLAY)
    assert fine.rgb.std() < 0.12


def test_a_still_of_the_plates_density_is_kept_as_it_is():
    still = Still(stripes(160, 180, 5, across=True), 1, np.eye(3))
    placed = place(still, DISPLAY)
    assert np.array_equal(placed.rgb, still.rgb)
    assert placed.logarithmic is None


def test_densities_are_those_at_the_middle_along_each_axis():
    tilted = np.array([[0.5, 0, 3], [0, 2.0, 1], [0, 0.001, 1]])
    step = 1e-4
    middle = np.array([49.5, 24.5])

    def landed(x, y):
        moved = tilted @ [x, y, 1]
        return moved[:2] / moved[2]

    expected = [
        np.linalg.norm(landed(*(middle + d)) - landed(*middle)) / step for d in ([step, 0], [0, step])
    ]
    assert densities(tilted, (100, 50)) == pytest.approx(expected, rel=1e-4)

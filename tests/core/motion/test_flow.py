from __future__ import annotations

import cv2
import numpy as np

from pai_studio.core.motion.flow import agreement, dense, grid, spread, unmoved
from pai_studio.core.motion.homography import scaling, translation
from pai_studio.core.motion.resample import from_grid, sample


def texture(seed, h=120, w=200):
    noise = np.random.default_rng(seed).standard_normal((h, w)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 2)
    return cv2.normalize(smooth, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)


def test_flow_says_where_a_point_of_the_first_is_in_the_second():
    one = texture(0)
    other = np.roll(one, (2, 5), axis=(0, 1))
    flow = dense(one, other)[20:-20, 20:-20]
    assert np.abs(np.median(flow.reshape(-1, 2), axis=0) - [5, 2]).max() < 0.1


def test_agreement_is_high_where_the_way_back_leads_home():
    forward = np.full((40, 60, 2), (3.0, 1.0), np.float32)
    backward = -forward
    backward[:, 40:] = 10
    valid = np.ones((40, 60), bool)
    valid[:5] = False
    sure = agreement(forward, backward, np.eye(3), valid)
    assert sure[20, 20] > 0.99
    assert sure[20, 50] < 0.01
    assert (sure[:5] == 0).all()


def test_agreement_knows_that_the_other_raster_lies_elsewhere():
    forward = np.zeros((40, 60, 2), np.float32)
    shifted = translation(7, -3) @ scaling(0.5, 0.5)
    assert agreement(forward, forward, shifted, np.ones((40, 60), bool)).min() > 0.99


def test_unmoved_is_the_inverse_of_moving_by_a_share_of_the_flow():
    y, x = np.mgrid[:60, :80].astype(np.float32)
    flow = np.stack([4 * np.sin(y / 15), 3 * np.cos(x / 18)], axis=-1).astype(np.float32)
    at = grid(np.eye(3), (80, 60))
    before = unmoved(at, flow, 0.5)
    again = before + 0.5 * sample(flow, before)
    assert np.abs(again - at)[8:-8, 8:-8].max() < 0.05


def test_spread_keeps_what_is_known_and_continues_it():
    values = np.full((64, 64, 3), 2.5, np.float32)
    weight = np.zeros((64, 64), np.float32)
    weight[:, :20] = 1
    values[:, 20:] = 99
    filled = spread(values, weight)
    assert np.array_equal(filled[:, :20], values[:, :20])
    assert np.abs(filled - 2.5).max() < 1e-3


def test_a_grid_read_between_its_points_is_the_full_map():
    matrix = np.array([[1.02, 0.03, 4], [-0.02, 0.98, 2], [1e-5, 2e-5, 1]])
    coarse = from_grid(grid(matrix, (52, 32), (3, 5), 4), 4, (200, 120))
    assert np.abs(coarse - grid(matrix, (200, 120), (3, 5))).max() < 0.01

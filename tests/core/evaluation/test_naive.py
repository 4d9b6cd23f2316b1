"""The naive composites: honest cut-out, first still, held or moved."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pai_studio.core.evaluation.naive import motion_between, naive_moved, naive_static, placed
from pai_studio.core.media.frame import Still
from pai_studio.core.shot.errors import BadInput


def _still(rgb, placement=None):
    return Still(rgb, 7, np.eye(3) if placement is None else placement, "a")


def _picture():
    rng = np.random.default_rng(2)
    return cv2.GaussianBlur(rng.random((60, 100, 3)).astype(np.float32), (0, 0), 2)


def test_the_static_one_is_foreground_over_the_still():
    picture, matte = _picture(), np.zeros((60, 100), np.float32)
    matte[20:40, 30:50] = 0.25
    foreground = np.full((60, 100, 3), 0.1, np.float32) * matte[..., None]

    made = naive_static(foreground, matte, _still(picture))

    assert np.array_equal(made, foreground + picture * (1 - matte[..., None]))


def test_the_moved_one_follows_the_track_from_its_anchor():
    picture, nothing = _picture(), np.zeros((60, 100), np.float32)
    shifts = {frame: np.array([[1, 0, 3.0 * (frame - 5)], [0, 1, 0], [0, 0, 1]]) for frame in (5, 7, 9)}

    made = naive_moved(np.zeros_like(picture), nothing, _still(picture), motion_between(shifts, 7, 9))

    assert np.allclose(made[:, 6:], picture[:, :-6], atol=1e-5)
    assert np.allclose(made[:, :6], picture[:, 6:0:-1], atol=1e-5)  # mirrored at the edge, no black


def test_a_still_of_another_size_is_placed_as_asked():
    picture = _picture()
    small = cv2.resize(picture, (50, 30), interpolation=cv2.INTER_AREA)
    double = np.array([[2, 0, 0.5], [0, 2, 0.5], [0, 0, 1.0]])

    assert np.abs(placed(_still(small, double), picture.shape) - picture).mean() < 0.02


@pytest.mark.parametrize(("anchor", "frame", "absent"), [(999, 1001, 999), (1001, 1002, 1002)])
def test_a_camera_that_is_not_known_is_named(anchor, frame, absent):
    with pytest.raises(BadInput, match=f"frame {absent}"):
        motion_between({1001: np.eye(3)}, anchor, frame)

from __future__ import annotations

import cv2
import numpy as np

from pai_studio.core.motion.features import describe, register
from pai_studio.core.motion.homography import corner_error


def picture(seed):
    rng = np.random.default_rng(seed)
    big = np.full((500, 700, 3), 0.2, np.float32)
    for _ in range(220):
        x, y = rng.integers(0, 700), rng.integers(0, 500)
        w, h = rng.integers(8, 60, 2)
        cv2.rectangle(big, (int(x), int(y)), (int(x + w), int(y + h)), rng.uniform(0.02, 1.2, 3).tolist(), -1)
    return cv2.GaussianBlur(big, (0, 0), 0.8)


def view(big, matrix):
    return cv2.warpPerspective(big, np.linalg.inv(matrix), (360, 240), flags=cv2.INTER_AREA)


def test_two_views_of_a_place_are_registered_whatever_their_exposure():
    big = picture(0)
    one, other = (
        np.array([[1, 0, 100], [0, 1, 90], [0, 0, 1.0]]),
        np.array([[1.1, 0.05, 150], [-0.03, 1.1, 120], [1e-4, 0, 1.0]]),
    )
    found = register(describe(view(big, one)), describe(view(big, other) * np.float32([3, 2.5, 2])))
    assert found is not None
    assert corner_error(found.matrix, np.linalg.inv(other) @ one, (360, 240)) < 1.0


def test_two_places_are_not():
    assert register(describe(view(picture(1), np.eye(3))), describe(view(picture(2), np.eye(3)))) is None


def test_a_flat_picture_has_nothing_to_say():
    flat = np.full((120, 160, 3), 0.3, np.float32)
    assert register(describe(flat), describe(flat)) is None

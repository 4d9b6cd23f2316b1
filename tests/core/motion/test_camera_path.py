"""A camera on a known way, told by its screen's track and by what two stills share: dolly, truck, pan, zoom, static."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pai_studio.core.motion.camera import Camera
from pai_studio.core.motion.features import registered
from pai_studio.core.motion.homography import apply, corner_error, inverse
from pai_studio.core.motion.pose import Lens, Poses
from pai_studio.core.motion.track import Stretch, Track

SIZE = (480, 270)
LAST = 16
MOVES = {
    "dolly": {"travel": (0, 0, 0.2)},
    "truck": {"travel": (0.15, 0, 0)},
    "pan": {"turn": (0, 0.15, 0)},
    "zoom": {"zoom": 0.3},
}


class Shot:
    """Poses that are known; `track` and `points` are what is seen of them, each a little wrong."""

    def __init__(self, travel=(0.0, 0, 0), turn=(0.0, 0, 0), zoom=0.0, tremor=0.001, frames=LAST + 1):
        rng = np.random.default_rng(7)
        share = np.linspace(0, 1, frames)[:, None]
        ease = share**2 * (3 - 2 * share)
        shake = cv2.GaussianBlur(rng.standard_normal((frames, 3)), (1, 3), 0.7) * tremor
        rows = np.concatenate([ease * turn + shake - shake[0], ease * travel, ease * zoom], axis=1)
        self.poses = Poses(Lens(SIZE, float(np.log(1.1))), 0, rows, np.array([0, 0.05, 1.0]))
        rays = inverse(self.poses.lens.matrix(0.0))
        seen = [self.poses.seen(0, frame) for frame in range(frames)]
        screen = [matrix + np.outer(epipole, self.poses.plane @ rays) for matrix, epipole in seen]
        for motion in screen[1:]:
            motion[:2, 2] += rng.normal(0, 0.03, 2) * motion[2, 2]
        self.track = Track([Stretch(list(range(frames)), screen, [40] * frames, [0.1] * frames)])
        self.here = rng.uniform((10, 10), np.array(SIZE) - 10, (160, 2))
        self.near = rng.uniform(0.15, 0.6, 160)

    def at(self, frame):
        """Where the points of the place are seen, (160, 2)."""
        matrix, epipole = self.poses.seen(0, frame)
        seen = np.concatenate([self.here, np.ones((160, 1))], axis=1) @ matrix.T
        seen += epipole * self.near[:, None]
        return seen[:, :2] / seen[:, 2:]

    def camera(self):
        there = self.at(LAST) + np.random.default_rng(1).normal(0, 0.15, (160, 2))
        self.link = registered(self.here, there, SIZE)
        return Camera([0, LAST], {(0, 1): self.link}, self.track, SIZE, {(0, 1): (self.here, there)})

    def foretold(self, camera, frame):
        """Where the points go by the camera, each as near as its way to the other still tells, (160, 2)."""
        end, view = camera.view(0, 1, LAST), camera.view(0, 1, frame)
        start = np.concatenate([self.here, np.ones((160, 1))], axis=1)
        if view.epipole is None or end.epipole is None:
            return apply(view.motion, self.here)
        landed = start @ end.motion.T
        goal = self.at(LAST)
        along = end.epipole[:2] - goal * end.epipole[2]
        near = (along * (goal * landed[:, 2:] - landed[:, :2])).sum(axis=1) / (
            np.square(along).sum(axis=1) + 1e-9
        )
        seen = start @ view.motion.T + view.epipole * near[:, None]
        return seen[:, :2] / seen[:, 2:]


@pytest.fixture(scope="module", params=MOVES)
def solved(request):
    shot = Shot(**MOVES[request.param])
    return shot, shot.camera()


def test_between_its_anchors_the_camera_is_where_it_was(solved):
    shot, camera = solved
    moved_px = np.linalg.norm(shot.at(LAST) - shot.here, axis=1).mean()
    assert moved_px > 10
    for frame in range(1, LAST):
        error = np.linalg.norm(shot.foretold(camera, frame) - shot.at(frame), axis=1)
        assert np.median(error) < 0.6, frame
        assert error.mean() < 0.08 * moved_px, frame


def test_anchors_are_exact_and_nothing_goes_on_beyond_what_was_seen(solved):
    shot, camera = solved
    assert np.array_equal(camera.view(0, 1, 0).motion, np.eye(3))
    assert np.array_equal(camera.motion(1, LAST), np.eye(3))
    assert corner_error(camera.view(0, 1, LAST).motion, shot.link.matrix, SIZE) < 1e-6
    assert corner_error(camera.view(1, 0, 0).motion, inverse(shot.link.matrix), SIZE) < 1e-6
    for beyond, end in ((-8, 0), (LAST + 30, LAST)):
        assert corner_error(camera.motion(0, beyond), camera.motion(0, end), SIZE) < 1e-6
        assert camera.source(beyond)[0] == "held"


def test_a_hands_shake_is_kept():
    shot = Shot(travel=(0.1, 0, 0), tremor=0.005)
    camera = shot.camera()
    frames = range(LAST + 1)

    def trembling(ways):
        return np.diff(np.array(ways).mean(axis=1), n=2, axis=0)

    true = trembling([shot.at(f) for f in frames])
    found = trembling([shot.foretold(camera, f) for f in frames])
    assert np.abs(true).max() > 2
    assert np.abs(found - true).max() < 0.15 * np.abs(true).max()


def test_a_camera_that_stands_still_moves_nothing_at_all():
    shot = Shot(tremor=0.0)
    camera = shot.camera()
    for frame in range(LAST + 1):
        assert np.array_equal(camera.motion(0, frame), np.eye(3))
        assert np.array_equal(camera.view(0, 1, frame).motion, np.eye(3))
        assert camera.view(0, 1, frame).epipole is None

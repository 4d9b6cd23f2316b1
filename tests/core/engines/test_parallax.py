"""Near and far things between two references, filmed by a camera that is known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pai_studio.core.engines._background import BackgroundBuilder
from pai_studio.core.engines._parallax import Parallax
from pai_studio.core.media.frame import Box, Still
from pai_studio.core.motion.camera import Camera
from pai_studio.core.motion.features import describe, matched, registered
from pai_studio.core.motion.homography import inverse
from pai_studio.core.motion.pose import Lens, Poses
from pai_studio.core.motion.track import Stretch, Track

SIZE = (320, 180)
FRAMES = 11
small = st.floats(-0.08, 0.08)


@settings(max_examples=25, deadline=None)
@given(small, small, small, st.floats(-1, 1))
def test_at_the_other_end_everything_is_where_the_flow_says(x, y, z, sideways):
    rng = np.random.default_rng(0)
    flow = cv2.GaussianBlur(rng.normal(0, 8, (18, 32, 2)), (5, 5), 2).astype(np.float32)
    flow[..., 0] += np.float32(6 * sideways)
    epipole = np.array([300 * x, 300 * y, z])
    parallax = Parallax.of_flow(flow, np.diag([10.0, 10, 1]), epipole)
    assert parallax.displaced(epipole, 1.0) == pytest.approx(flow, abs=1e-3)
    assert parallax.displaced(np.zeros(3), 0.0) == pytest.approx(np.zeros_like(flow))


def test_what_is_near_goes_by_one_over_its_depth_and_not_evenly():
    """A push of 0.6 toward a thing at depth 1.5: halfway it is at 1.2, and has gone two fifths of its way."""
    epipole = np.array([0.0, 0, -0.6])
    at = np.stack(np.meshgrid(np.arange(32.0), np.arange(18.0)), axis=-1)
    flow = (at / (1 - 0.6 / 1.5) - at).astype(np.float32)
    half = Parallax.of_flow(flow, np.eye(3), epipole).displaced(epipole / 2, 0.5)
    assert half[10, 20] == pytest.approx(np.array([20, 10]) * (1.5 / 1.2 - 1), rel=0.01)


def test_without_an_epipole_the_flow_is_shared_out():
    flow = np.full((4, 6, 2), 3, np.float32)
    assert Parallax.of_flow(flow, np.eye(3), None).displaced(None, 0.25) == pytest.approx(flow / 4)


def test_a_floor_comes_nearer_downward_and_stops_somewhere():
    near = Parallax.of_floor((8, 90), np.eye(3), np.array([0, 0.02, -0.4])).near[:, 0]
    assert near[0] == 0
    assert (np.diff(near) >= 0).all()
    assert 0.5 < near[-1] < 1


def test_a_floor_is_as_near_on_a_small_raster_as_on_the_stills_own():
    floor = np.array([0, 0.002, -0.1])
    large = Parallax.of_floor((4096, 2160), np.diag([0.1, 0.1, 1.0]), floor)
    assert large.near.size < 100_000
    h, w = large.near.shape
    for x, y in ((0, 0), (w - 1, h // 2), (w // 2, h - 1)):
        plate = large.to_plate @ [x, y, 1]
        assert large.near[y, x] == pytest.approx(max(floor @ plate, 0.3) - 0.3, abs=1e-5)
    assert large.near.max() > 0.01


def _texture(seed, size):
    rng = np.random.default_rng(seed)
    picture = np.full((size[1], size[0], 3), 0.25, np.float32)
    for _ in range(size[0] * size[1] // 700):
        x, y, w, h = rng.integers([0, 0, 5, 5], [size[0], size[1], 32, 32])
        cv2.rectangle(
            picture, (int(x), int(y)), (int(x + w), int(y + h)), rng.uniform(0.03, 0.9, 3).tolist(), -1
        )
    return cv2.GaussianBlur(picture, (0, 0), 0.8)


FAR, NEAR = _texture(1, (900, 600)), _texture(2, (150, 420))


class Street:
    """A far wall at depth 3, a post at depth 0.8, a screen at depth 1; a hand-held way between two references."""

    def __init__(self):
        share = np.linspace(0, 1, FRAMES)[:, None]
        rng = np.random.default_rng(4)
        shake = cv2.GaussianBlur(rng.standard_normal((FRAMES, 3)), (1, 3), 0.8) * 0.01
        rows = np.concatenate([shake - shake[0], share * [0.09, 0, 0.0], np.zeros((FRAMES, 1))], axis=1)
        self.camera = Poses(Lens(SIZE, float(np.log(1.1))), 1001, rows, np.array([0, 0, 1.0]))
        poses = [self._plane(n, np.array([0, 0, 1.0])) for n in range(1001, 1012)]
        self.track = Track([Stretch(list(range(1001, 1012)), poses, [40] * 11, [0.1] * 11)])
        self.stills = [Still(self.seen(n), n, np.eye(3)) for n in (1001, 1011)]

    def _plane(self, frame, plane):
        matrix, epipole = self.camera.seen(1001, frame)
        return matrix + np.outer(epipole, plane @ inverse(self.camera.lens.matrix(0.0)))

    def seen(self, frame):
        far = self._plane(frame, np.array([0, 0, 1 / 3])) @ np.array(
            [[1, 0, -290], [0, 1, -210], [0, 0, 1.0]]
        )
        near = self._plane(frame, np.array([0, 0, 1 / 0.8])) @ np.array(
            [[1, 0, 200], [0, 1, -120], [0, 0, 1.0]]
        )
        picture = cv2.warpPerspective(FAR, far, SIZE, flags=cv2.INTER_CUBIC)
        post = cv2.warpPerspective(NEAR, near, SIZE, flags=cv2.INTER_CUBIC)
        there = cv2.warpPerspective(np.ones(NEAR.shape[:2], np.float32), near, SIZE)[..., None]
        return np.asarray(picture * (1 - there) + post * there, np.float32)

    def made(self, *, posed):
        described = [describe(still.rgb) for still in self.stills]
        points = matched(*described)
        link = registered(*points, SIZE)
        camera = Camera([1001, 1011], {(0, 1): link}, self.track, SIZE, {(0, 1): points} if posed else None)
        box = Box(0, 0, *SIZE)
        builder = BackgroundBuilder(self.stills, camera, box, parallax=True)
        return [builder.make(n, box).rgb for n in range(1003, 1010)]


def test_a_hand_that_shakes_does_not_push_near_things_about():
    street = Street()
    psnr = {}
    for posed in (False, True):
        errors = [
            np.square(got - street.seen(n)).mean()
            for n, got in zip(range(1003, 1010), street.made(posed=posed), strict=True)
        ]
        psnr[posed] = -10 * np.log10(np.mean(errors))
    assert psnr[True] > psnr[False] + 1.5
    assert psnr[True] > 24

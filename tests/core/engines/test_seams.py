"""Where one still ends and another goes on: no step of light is left, whatever either was exposed for."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import cv2
import numpy as np
import pytest

from pai_studio.core.engines._background import BackgroundBuilder, _beside
from pai_studio.core.engines.draft import DraftEngine
from pai_studio.core.media.frame import Box, Still
from pai_studio.core.motion.camera import Camera
from pai_studio.core.motion.homography import Fit, translation
from pai_studio.core.motion.track import Stretch, Track
from pai_studio.core.report import silent

W, H = 320, 180
FALL = (1 - 0.4 * np.linspace(-1, 1, W) ** 2).astype(np.float32)[None, :, None]
REACH = 8
NUMBERS = (1003, 1005, 1009, 1011)


def step_stops(got, expected, column):
    """The step of light (stops) across a column, (H, W, 3) each: what is left beside the slope on its two sides."""
    stops = np.log2(np.maximum(got, 1e-3) / np.maximum(expected, 1e-3)).mean(axis=2)
    across = np.median(stops[5:-5], axis=0)
    edges = [across[column + k * REACH : column + (k + 1) * REACH].mean() for k in (-2, -1, 0, 1)]
    return (edges[2] - edges[1]) - ((edges[1] - edges[0]) + (edges[3] - edges[2])) / 2


def backgrounds(source):
    engine = DraftEngine(source.shot.engine)
    engine.prepare(source, silent, Path())
    return {made.number: made.background for made in engine.generate(source.stream(NUMBERS), silent)}


@pytest.mark.long
def test_stills_of_other_exposures_and_a_lens_that_falls_off_leave_no_seam(filmed):
    """Against the same shot from even stills, so that nothing but light is compared."""
    even = filmed((1001, 1013), pan_px=(130, -6))
    uneven = filmed((1001, 1013), pan_px=(130, -6), looks=(1.0, 1.6))
    uneven.stills = [dataclasses.replace(s, rgb=s.rgb * FALL) for s in uneven.stills]
    expected, got = backgrounds(even), backgrounds(uneven)
    steps = []
    for number in got:
        for anchor in even.anchors:
            moved = (even.motion(number) @ np.linalg.inv(even.motion(anchor)))[0, 2]
            edge = round(moved + W) if moved < 0 else round(moved)
            if 2 * REACH < edge < W - 2 * REACH:
                steps.append(step_stops(got[number], expected[number], edge))
    assert len(steps) > 5
    assert np.abs(steps).max() < 0.12


WAY = {0: 0.0, 4: 250.0, 8: 170.0, 16: 330.0}
"""A pan that goes too far, and back: in frame 4 what lies to the right is only in the last still."""


@pytest.fixture(scope="module")
def panned():
    """Backgrounds of a pan over a wide place, whose first and last still share nothing; and the truth."""
    rng = np.random.default_rng(6)
    wide = np.full((H, 680, 3), 0.2, np.float32)
    for _ in range(500):
        x, y = rng.integers([0, 0], [680, H])
        cv2.rectangle(
            wide, (int(x), int(y)), (int(x) + 20, int(y) + 14), rng.uniform(0.05, 0.9, 3).tolist(), -1
        )
    wide = cv2.GaussianBlur(wide, (0, 0), 1.0)

    def seen(frame):
        x = int(WAY[frame])
        return wide[:, x : x + W]

    anchors = [0, 8, 16]
    looks = (1.0, 1.5, 0.6)
    stills = [Still(seen(a) * np.float32(k), a, np.eye(3)) for a, k in zip(anchors, looks, strict=True)]
    poses = [translation(-x, 0) for x in WAY.values()]
    track = Track([Stretch(list(WAY), poses, [50] * 4, [0.1] * 4)])
    links = {
        (i, i + 1): Fit(translation(WAY[anchors[i]] - WAY[anchors[i + 1]], 0), np.ones(50, bool), 0.2)
        for i in (0, 1)
    }
    builder = BackgroundBuilder(stills, Camera(anchors, links, track, (W, H)), Box(0, 0, W, H), parallax=True)
    return builder, seen


def test_a_still_that_shares_nothing_with_another_takes_its_light_by_way_of_a_third(panned):
    builder, seen = panned
    assert (0, 2) not in builder.gains
    got = builder.make(4, Box(0, 0, W, H))
    edge = round(WAY[8] + W - WAY[4])
    assert abs(step_stops(got.rgb, seen(4), edge)) < 0.08
    levels = np.median(np.log2(got.rgb / seen(4)).mean(axis=2), axis=0)
    assert np.abs(levels - levels.mean()).max() < 0.08


@pytest.mark.parametrize("gap_px", [2, 12, 60])
def test_a_gap_that_another_still_fills_has_soft_sides_no_wider_than_itself(gap_px):
    covered = np.ones((60, 200), bool)
    covered[:, 200 - gap_px :] = False
    share = _beside(covered, 20.0)
    assert (share[:, 200 - gap_px :] == 1).all()
    assert (share[:, : 200 - gap_px - min(20, 2 * gap_px) - 1] == 0).all()
    assert np.abs(np.diff(share[30])).max() < max(0.6 / gap_px, 0.06)
    assert np.array_equal(_beside(covered, 0.0), (~covered).astype(np.float32))

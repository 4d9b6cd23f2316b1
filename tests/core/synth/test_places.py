"""Every kind of place, tiny: it builds, it is the same twice, it has depth, light above one, and room for a person."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import pytest

from pai_studio.core.synth.camera import Camera, plane_homography, turned
from pai_studio.core.synth.paint.noise import LUMA
from pai_studio.core.synth.paint.texture import bounds, see
from pai_studio.core.synth.places.catalogue import PLACES, build_place
from pai_studio.core.synth.places.place import Place

SIZE = (320, 180)
TINY = (96, 54)
FOCAL = 1.0
SEEDS = (11, 12)
EACH = pytest.mark.parametrize(
    ("name", "seed"),
    [
        pytest.param(name, seed, marks=() if seed == SEEDS[0] else pytest.mark.long)
        for name in sorted(PLACES)
        for seed in SEEDS
    ],
)
"""The quick run looks at one seed of each place."""


def camera(at: tuple[float, float, float] = (0.0, 0.0, 1.4), size: tuple[int, int] = SIZE) -> Camera:
    width, height = size
    focal = FOCAL * width
    matrix = np.array([[focal, 0, (width - 1) / 2], [0, focal, (height - 1) / 2], [0, 0, 1.0]])
    return Camera(matrix, turned(0.0, -1.7, 0.0), np.array(at), size)


@cache
def place(name: str, seed: int, mood: str | None = None) -> Place:
    return build_place(name, seed, SIZE[0], FOCAL, mood)


@cache
def seen(name: str, seed: int, at: tuple[float, float, float] = (0.0, 0.0, 1.4)) -> tuple:
    return place(name, seed).seen(camera(at))


def picture(name: str, seed: int, at: tuple[float, float, float] = (0.0, 0.0, 1.4)) -> np.ndarray:
    return seen(name, seed, at)[0]


@EACH
def test_it_is_finite_and_exposed_as_a_shot_would_be(name, seed):
    shown = picture(name, seed)
    assert np.isfinite(shown).all()
    assert shown.min() >= 0
    level = np.exp(np.log(np.maximum(shown @ LUMA, 1e-4)).mean())
    assert 0.02 < level < 0.6
    assert shown.max() > 1.0


@EACH
def test_the_floor_carries_the_person(name, seed):
    here, (_, floor) = place(name, seed), seen(name, seed)
    around = here.stand + np.array([[x, y, 0.0] for x in (-0.3, 0, 0.3) for y in (-0.3, 0, 0.3)])
    feet = np.round(camera().project(around)[:, :2]).astype(int)
    assert (floor[feet[:, 1].clip(0, SIZE[1] - 1), feet[:, 0]] > 0.6).mean() > 0.75
    assert floor.min() >= 0
    assert floor.max() <= 1 + 1e-5


@EACH
def test_nothing_stands_before_the_person(name, seed):
    here = place(name, seed)
    body = here.stand + np.array([[0.15 * x, 0, z] for x in (-1, 0, 1) for z in np.linspace(0.3, 1.6, 8)])
    for x in (-0.4, 0.4):
        view = camera((x, 0.0, 1.4))
        pixels = np.round(view.project(body)[:, :2]).astype(int)
        inside = (pixels >= 0).all(axis=1) & (pixels < np.array(SIZE)).all(axis=1)
        for quad in here.quads:
            least = quad.origin[1] + min(quad.u_axis[1], 0) + min(quad.v_axis[1], 0)
            if least > here.stand[1] - 0.3 or bounds(quad, view) is None:
                continue
            found = see(quad, view)
            if found is None or np.median(found.depth_m) > here.stand[1] - 0.3:
                continue
            alpha, depth = np.zeros(SIZE[::-1], np.float32), np.full(SIZE[::-1], 99.0, np.float32)
            alpha[found.part], depth[found.part] = found.alpha, found.depth_m
            rows, columns = pixels[inside].T[::-1]
            assert not ((alpha[rows, columns] > 0.2) & (depth[rows, columns] < here.stand[1] - 0.3)).any()


@EACH
def test_near_and_far_move_apart(name, seed):
    """Points matched between two ends of a dolly do not fit the one homography of the far plane."""
    first, second = camera((-0.25, 0.0, 1.4)), camera((0.25, 0.0, 1.4))
    shown = [_codes(picture(name, seed, tuple(view.position))) for view in (first, second)]
    points = cv2.goodFeaturesToTrack(shown[0], 900, 0.004, 4)
    moved, found, _ = cv2.calcOpticalFlowPyrLK(*shown, points, None, winSize=(17, 17), maxLevel=4)
    back, again, _ = cv2.calcOpticalFlowPyrLK(*shown[::-1], moved, None, winSize=(17, 17), maxLevel=4)
    sure = (found & again).ravel().astype(bool) & (np.abs(back - points).max(axis=(1, 2)) < 0.5)
    assert sure.sum() > 60
    points, moved = points[sure, 0], moved[sure, 0]
    far = plane_homography(first, second, place(name, seed).far, np.array([0, 1.0, 0]))
    by_far = cv2.perspectiveTransform(points[:, None].astype(np.float64), far)[:, 0]
    off = np.linalg.norm(by_far - moved, axis=1)
    assert np.quantile(off, 0.85) > 3.0
    cv2.setRNGSeed(1)
    best, _ = cv2.findHomography(points, moved, cv2.RANSAC, 1.5)
    best_off = np.linalg.norm(cv2.perspectiveTransform(points[:, None], best)[:, 0] - moved, axis=1)
    assert (best_off > 3.0).mean() > 0.04


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name == "loft" else pytest.mark.long) for name in sorted(PLACES)]
)
def test_a_seed_says_all(name):
    view = camera(size=TINY)
    again = build_place(name, SEEDS[0], SIZE[0], FOCAL)
    assert place(name, SEEDS[0]).seen(view)[0].tobytes() == again.seen(view)[0].tobytes()
    one, other = (picture(name, seed) for seed in SEEDS)
    assert np.abs(np.log1p(one) - np.log1p(other)).mean() > 0.03


@pytest.mark.long
@pytest.mark.parametrize("name", sorted(PLACES))
def test_every_mood_is_a_light_of_its_own(name):
    view = camera(size=TINY)
    shown = [build_place(name, 5, TINY[0], FOCAL, mood).seen(view)[0] for mood in PLACES[name].moods]
    for number, one in enumerate(shown):
        for other in shown[:number]:
            assert np.abs(np.log1p(one) - np.log1p(other)).mean() > 0.01


def test_kinds_differ_more_than_seeds():
    """Different kinds of place, seen from the same spot, have little in common."""
    shown = {name: np.log1p(picture(name, SEEDS[0])) for name in PLACES}
    names = sorted(shown)
    for number, one in enumerate(names):
        for other in names[:number]:
            together = np.corrcoef(shown[one].ravel(), shown[other].ravel())[0, 1]
            assert together < 0.9


def test_only_what_fits_a_mood_is_drawn():
    drawn = {build_place(None, seed, 64, FOCAL, "night").name for seed in (20, 21, 22)}
    assert drawn <= {name for name, family in PLACES.items() if "night" in family.moods}
    assert len(drawn) > 1


def test_what_does_not_exist_is_an_error():
    with pytest.raises(KeyError):
        build_place("moon", 1, 64, FOCAL)
    with pytest.raises(KeyError):
        build_place("desert", 1, 64, FOCAL, "night")
    with pytest.raises(KeyError):
        build_place(None, 1, 64, FOCAL, "eclipse")


def test_neighbouring_frames_do_not_shimmer():
    """A camera that moves by a twentieth of a pixel changes no picture by more than that would explain."""
    for name in ("desert", "gallery"):
        here = place(name, SEEDS[0])
        step = 0.05 * 6.0 / (FOCAL * SIZE[0])
        still, moved = (here.seen(camera((x, 0.0, 1.4)))[0] for x in (0.0, step))
        still, moved = np.log1p(still), np.log1p(moved)
        slope = np.abs(np.diff(still, axis=1)).mean()
        assert np.abs(moved - still).mean() < 0.5 * slope


def _codes(shown: np.ndarray) -> np.ndarray:
    """An 8-bit grey picture in which flow can be found, its shadows lifted."""
    grey = np.log1p(20 * np.maximum(shown @ LUMA, 0))
    return np.round(255 * np.clip(grey / np.quantile(grey, 0.995), 0, 1)).astype(np.uint8)

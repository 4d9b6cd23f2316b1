"""A panorama as a place: every pixel from its own direction, no aliasing, and a person lit as the picture says."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pai_studio.core.media.repairs import HALF_MAX
from pai_studio.core.shot.errors import BadInput
from pai_studio.core.synth.camera import Camera, plane_homography, turned
from pai_studio.core.synth.filming import Scene, SceneSpec
from pai_studio.core.synth.moves import ROTATIONS
from pai_studio.core.synth.places.panorama import (
    Panorama,
    directions,
    fitted_light,
    irradiance,
    looked_up,
    open_panorama,
)

SIZE = (160, 90)
NORMALS = directions(6)[0].reshape(-1, 3)


def _camera(angles=(0, 0, 0), focal=1.0, size=SIZE):
    f = focal * size[0]
    intrinsics = np.array([[f, 0, (size[0] - 1) / 2], [0, f, (size[1] - 1) / 2], [0, 0, 1.0]])
    return Camera(intrinsics, turned(*angles), np.array([0, 0, 1.4]), size)


def _place(picture):
    light = fitted_light(np.full((64, 128, 3), 0.5, np.float32))
    return Panorama(picture, light, np.array([0.5, 6, 0]), np.array([0, 1e4, 1.4]), "painted")


def _sky(height=256, disc=0.0):
    """Blue above, brown below, and a disc of light up to the right, `disc` bright, 3 degrees in radius."""
    ray, _ = directions(height)
    sky = np.where(ray[..., 2:] > 0, (0.3, 0.5, 0.9), (0.3, 0.2, 0.1)).astype(np.float32)
    toward = np.array([0.6, 0.3, 0.6])
    toward /= np.linalg.norm(toward)
    return np.where(ray @ toward[:, None] > np.cos(np.radians(3)), np.float32(disc), sky), toward


@pytest.mark.parametrize("angles", [(0, 0, 0), (30, 0, 0), (-170, 10, 0), (179, -20, 15), (90, 40, -10)])
@pytest.mark.parametrize("focal", [0.7, 2.3])
def test_every_pixel_is_seen_in_its_own_direction(angles, focal):
    """A picture whose colour is its direction gives each pixel's ray back, across the seam as well."""
    picture = directions(1024)[0] * np.float32(0.5) + np.float32(0.5)
    seen, _ = _place(picture).seen(_camera(angles, focal))
    assert np.abs(seen - (_camera(angles, focal).rays() * 0.5 + 0.5)).max() < 2e-3


@settings(max_examples=20, deadline=None)
@given(st.floats(-15, 15), st.floats(-8, 8), st.floats(-5, 5), st.floats(0.8, 1.25))
def test_a_turned_view_is_the_first_by_the_cameras_homography(yaw, pitch, roll, zoom):
    rng = np.random.default_rng(1)
    noise = rng.uniform(0, 1, (24, 48, 3)).astype(np.float32)
    picture = cv2.resize(
        np.concatenate([noise, noise[:, :1]], axis=1), (1024, 512), interpolation=cv2.INTER_CUBIC
    )
    place = _place(picture)
    first, second = _camera(), _camera((yaw, pitch, roll), zoom)
    matrix = plane_homography(first, second, place.far, np.array([0, -1.0, 0]))
    moved = cv2.warpPerspective(place.seen(first)[0], matrix, SIZE, flags=cv2.INTER_CUBIC)
    known = cv2.warpPerspective(np.ones(SIZE[::-1], np.uint8), matrix, SIZE, flags=cv2.INTER_NEAREST)
    known[[0, -1]] = known[:, [0, -1]] = 0
    inside = cv2.erode(known, np.ones((9, 9), np.uint8), borderValue=0) > 0
    assert inside.mean() > 0.1
    assert np.abs(moved - place.seen(second)[0])[inside].max() < 0.03


def test_what_is_finer_than_a_pixel_is_averaged_and_does_not_shimmer():
    checker = (np.indices((512, 1024)).sum(axis=0) % 2).astype(np.float32)
    place = _place(np.repeat(checker[..., None], 3, axis=2))
    frames = [place.seen(_camera((yaw, 0, 0), 0.7, (64, 36)))[0] for yaw in (0, 0.3, 0.7, 1.1)]
    assert np.abs(np.stack(frames) - 0.5).max() < 0.12
    assert max(np.abs(a - b).max() for a, b in itertools.pairwise(frames)) < 0.12


def test_the_floor_lies_below_the_horizon_alone():
    _, floor = _place(np.ones((64, 128, 3), np.float32)).seen(_camera())
    assert floor[:44].max() == 0
    assert floor[-8:].min() == 1


def test_an_even_picture_lights_evenly():
    light = fitted_light(np.full((64, 128, 3), (0.2, 0.5, 0.8), np.float32))
    found = light.ambient(NORMALS) + light.lamps_at(np.array([[0, 6, 1]], np.float32), NORMALS)
    assert np.abs(found / (0.2, 0.5, 0.8) - 1).max() < 0.05
    assert light.sun.max() < 1e-3


def test_irradiance_of_a_half_sky_is_the_textbooks():
    """A normal tilted by t from the zenith sees (1 + cos t) / 2 of a sky of radiance 1."""
    sky = np.zeros((64, 128, 3), np.float32)
    sky[:32] = 1
    for tilt in (0, 60, 90, 150):
        normal = np.array([[np.sin(np.radians(tilt)), 0, np.cos(np.radians(tilt))]], np.float32)
        assert abs(float(irradiance(sky, normal)[0, 0]) - (1 + np.cos(np.radians(tilt))) / 2) < 0.01


def test_the_fitted_light_finds_the_sun_and_keeps_the_irradiance():
    picture, toward = _sky(disc=900.0)
    light = fitted_light(picture)
    assert np.degrees(np.arccos(light.to_sun @ toward)) < 4
    solid = 2 * np.pi * (1 - np.cos(np.radians(3)))
    assert np.allclose(light.sun, (900 - np.array([0.3, 0.5, 0.9])) * solid / np.pi, rtol=0.12)
    direct = np.clip(NORMALS @ light.to_sun.astype(np.float32), 0, None)[:, None] * light.sun
    soft = light.ambient(NORMALS) + light.lamps_at(np.array([[0, 6, 1]], np.float32), NORMALS)
    wanted = irradiance(picture, NORMALS)
    assert np.abs(direct + soft - wanted).mean() < 0.06 * wanted.mean()


def test_light_from_one_side_lights_that_side():
    ray, _ = directions(64)
    side = np.where(ray[..., :1] > 0, np.float32(1.0), np.float32(0.1)) * np.ones(3, np.float32)
    light = fitted_light(side)
    right, left = (
        light.ambient(n) + light.lamps_at(np.array([[0, 6, 1]], np.float32), n)
        for n in (np.array([[1, 0, 0]], np.float32), np.array([[-1, 0, 0]], np.float32))
    )
    total = right + np.clip(light.to_sun[0], 0, 1) * light.sun
    assert total.min() > 3 * left.max()


@pytest.fixture(scope="module")
def painted(tmp_path_factory):
    path = tmp_path_factory.mktemp("panorama") / "meadow.hdr"
    sky, _ = _sky(128, 60.0)
    assert cv2.imwrite(str(path), np.ascontiguousarray(sky[..., ::-1]))
    return str(path)


@pytest.mark.parametrize("move", [*ROTATIONS, None])
def test_a_scene_in_a_panorama_turns_and_zooms_only(painted, move):
    scene = Scene(SceneSpec(SIZE, 5, 24.0, 8, "green", True, move=move, panorama=painted))
    assert scene.move.kind in ROTATIONS
    filmed = [scene.filmed(i) for i in (0, 4)]
    assert np.array_equal(filmed[0].camera.position, filmed[1].camera.position)
    assert filmed[0].matte.max() == 1
    assert scene.place.name == "meadow"
    for one in filmed:
        whole = one.foreground + one.background * (one.shadow * (1 - one.matte))[..., None]
        assert np.array_equal(whole, one.composite)


def test_a_sun_beyond_half_floats_leaves_the_truth_finite(tmp_path):
    """An Inf in the background would be NaN in the composite wherever the subject hides it."""
    sky, _ = _sky(128)
    sky[62:67, ::8] = 1e9
    path = str(tmp_path / "suns.hdr")
    assert cv2.imwrite(path, np.ascontiguousarray(sky[..., ::-1]))
    scene = Scene(SceneSpec(SIZE, 2, 24.0, 8, "green", True, move="static", panorama=path))
    filmed = scene.filmed(0)
    assert filmed.background[filmed.matte == 1].max() == HALF_MAX
    for name in ("plate", "composite", "foreground", "gain"):
        assert np.isfinite(getattr(filmed, name)).all(), name


def test_a_panorama_is_twice_as_wide_as_high(tmp_path):
    path = tmp_path / "square.hdr"
    cv2.imwrite(str(path), np.ones((32, 32, 3), np.float32))
    with pytest.raises(BadInput, match="twice as wide"):
        open_panorama(str(path), 1, 160, 1.0)


def test_enlarging_keeps_light_positive_and_lamps_as_bright(painted):
    small, large = (open_panorama(painted, 3, width, 1.0) for width in (20, 160))
    assert large.picture.shape[1] > 2 * small.picture.shape[1]
    assert large.picture.min() >= 0
    flux = [float((p.picture * directions(p.picture.shape[0])[1][..., None]).sum()) for p in (small, large)]
    assert np.isclose(*flux, rtol=0.2)
    rays = _camera().rays()
    assert np.median(np.abs(looked_up(small.picture, rays) - looked_up(large.picture, rays))) < 0.02


@pytest.mark.footage("hdri_cc0")
def test_photographed_panoramas_open_in_the_working_space(footage):
    place = open_panorama(str(footage("hdri_cc0") / "sunset.hdr"), 3, 320, 1.2)
    grey = np.exp2(np.log2(np.maximum(place.picture[300:600].mean(axis=-1), 1e-4)).mean())
    assert 0.05 < grey < 0.6
    assert place.picture.max() > 3
    assert place.light.to_sun[2] > 0.2

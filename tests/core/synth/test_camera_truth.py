"""What is drawn lies where the camera's truth says: planes, the floor's shadows, the person."""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np
import pytest

from pai_studio.core.synth.moves import KINDS, Lens, make_move
from pai_studio.core.synth.paint.texture import Quad, Texture, see
from pai_studio.core.synth.people.subject import Subject
from pai_studio.core.synth.shadow import FloorMap

SIZE = (320, 180)
STAND = np.array([0.4, 6.0, 0.0])
SIGMA = 5.0


def _spot(shape, x, y):
    """A round soft spot (h, w) with its middle at a texel's coordinates, whole numbers being texel centres."""
    rows, columns = np.indices(shape)
    return np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * SIGMA**2)).astype(np.float32)


def _centre(picture):
    rows, columns = np.indices(picture.shape)
    return np.array([(columns * picture).sum(), (rows * picture).sum()]) / picture.sum()


def _seen_at(camera, middle, texel_u, texel_v):
    """Where the centre of a spot's light is seen: its parts go as their area, one over the depth cubed."""
    axis = SIGMA * np.linspace(-4, 4, 41)
    a, b = (part.reshape(-1, 1) for part in np.meshgrid(axis, axis))
    seen = camera.project(middle + a * texel_u + b * texel_v)
    weight = np.exp(-(a**2 + b**2) / (2 * SIGMA**2)) / seen[:, 2:] ** 3
    return (seen[:, :2] * weight).sum(axis=0) / weight.sum()


def _cameras(kind):
    lens = Lens(0.7, 0.85 if "zoom" in kind else 0.7)
    rng = np.random.default_rng(5)
    move = make_move(rng, kind, lens, seconds=1.0, stand=STAND, aspect=16 / 9)
    return [move.at(share, SIZE) for share in (0.0, 0.37, 1.0)]


@pytest.mark.parametrize("kind", KINDS)
def test_points_of_walls_and_floors_are_drawn_to_a_twentieth_of_a_pixel(kind):
    spot = Texture(np.repeat(_spot((80, 60), 34, 36)[..., None], 3, axis=2))
    for u, v in (
        (np.array([1.2, 0, 0]), np.array([0, 0, -1.6])),
        (np.array([2.4, 0, 0]), np.array([0, -3.0, 0])),
    ):
        origin = STAND + np.array([-0.6, 1.5, -v[2]])
        middle = origin + (34 + 0.5) / 60 * u + (36 + 0.5) / 80 * v
        for camera in _cameras(kind):
            found = see(Quad(origin, u, v, spot, 0.0), camera)
            corner = np.array([found.part[1].start, found.part[0].start])
            drawn = _centre(found.rgb[..., 0]) + corner
            assert np.abs(drawn - _seen_at(camera, middle, u / 60, v / 80)).max() < 0.05


@pytest.mark.parametrize("kind", KINDS)
def test_shadows_lie_where_they_fall_to_a_twentieth_of_a_pixel(kind):
    floor = FloorMap(STAND)
    middle = np.array([[0.25, 6.3, 0.0]])
    spot = _spot((floor.side, floor.side), *floor.cells(middle[:, :2].astype(np.float32))[0])
    cell = 10 / floor.side
    for camera in _cameras(kind):
        drawn = _centre(floor.on_picture(spot, camera))
        wanted = _seen_at(camera, middle, np.array([cell, 0, 0]), np.array([0, cell, 0]))
        assert np.abs(drawn - wanted).max() < 0.05


def test_the_matte_lies_on_the_projected_skin(scene):
    """Drawn anew at eight times the size."""
    look = scene.subject.look
    look = dataclasses.replace(look, hair=dataclasses.replace(look.hair, kind="bald"))
    subject = Subject(look, scene.subject.motion, (scene.place.light, scene.stage.light), 0.4, 3)
    camera, fine = scene.camera(2), 8
    pictured = subject.pictured(camera, 0.5, 1e-6)
    matte = np.zeros(SIZE[::-1])
    matte[pictured.window.part] = pictured.matte
    pixels = camera.project(subject.bent(0.5).points)[:, :2]
    drawn = np.zeros((SIZE[1] * fine, SIZE[0] * fine), np.uint8)
    for triangle in np.round(((pixels + 0.5) * fine - 0.5)[subject.skin.triangles]).astype(np.int32):
        cv2.fillConvexPoly(drawn, triangle, 255)
    # A triangle takes every sample that it touches: half a sample, a quarter of a pixel, on all sides.
    drawn = cv2.dilate(drawn, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5)))
    wanted = cv2.resize(drawn.astype(np.float32) / 255, SIZE, interpolation=cv2.INTER_AREA)

    assert np.abs(_centre(matte) - _centre(wanted)).max() < 0.03
    assert matte.sum() == pytest.approx(wanted.sum(), rel=0.02)

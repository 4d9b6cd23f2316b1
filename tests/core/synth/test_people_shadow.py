"""Shadows on the floor: close under the soles, and away from the lamp that throws them, wherever it goes."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from pai_studio.core.synth import shadow
from pai_studio.core.synth.people import body
from pai_studio.core.synth.people.cast import draw
from pai_studio.core.synth.places.light import Lamp, Light, MovingLamp

_STAND = np.array([0.0, 6.0, 0.0])
_NONE = np.zeros(3, np.float32)


@pytest.fixture(scope="module")
def person():
    look, motion = draw(28, _STAND, 2.0, "stand")
    skin = body.make_skin(dataclasses.replace(look, prop=None), 0.034)
    return body.skinned(skin, motion.bones(0.5))[0], skin.triangles


def _light(**changes):
    sky = np.full(3, 0.3, np.float32)
    light = Light(np.array([0.6, 0, 0.8]), _NONE, sky, _NONE, _NONE, _NONE, _NONE, (), np.zeros((0, 2, 3)))
    return dataclasses.replace(light, **changes)


def _left(person, light, share=0.0):
    floor = shadow.FloorMap(_STAND)
    return floor, shadow.place_shadow(floor, *person, light, shadow.sun_share(floor, light), share=share)


def _darkness(floor, left, x, y):
    column, row = np.round(floor.cells(np.array([[x, y]], np.float32))[0]).astype(int)
    return 1 - left[row - 3 : row + 4, column - 3 : column + 4].mean()


def test_the_soles_are_dark_and_the_floor_far_away_is_not(person):
    floor, left = _left(person, _light())
    points = person[0]
    soles = points[points[:, 2] < 0.01, :2].mean(axis=0)
    sole = points[(points[:, 2] < 0.01) & (points[:, 0] > soles[0]), :2].mean(axis=0)

    assert _darkness(floor, left, *sole) > 0.5
    assert 0.05 < _darkness(floor, left, sole[0] + 0.18, sole[1]) < _darkness(floor, left, *sole)
    assert abs(_darkness(floor, left, 2.5, 6.0)) < 1e-4


def test_a_lamp_throws_the_shadow_to_its_other_side_and_takes_it_along(person):
    power = np.full(3, 12.0, np.float32)
    still = Lamp(np.array([-2.5, 6.0, 2.2]), power)
    floor, left = _left(person, _light(lamps=(still,)))
    assert _darkness(floor, left, 0.9, 6.0) > 0.25
    assert _darkness(floor, left, -0.9, 6.0) < 0.05

    moving = MovingLamp(np.array([[-2.5, 6.0, 2.2], [2.5, 6.0, 2.2]], np.float32), np.stack([power, power]))
    _, first = _left(person, _light(moving=(moving,)), 0.0)
    _, last = _left(person, _light(moving=(moving,)), 1.0)
    assert np.allclose(first, left, atol=1e-3)
    assert _darkness(floor, last, -0.9, 6.0) > 0.25
    assert _darkness(floor, last, 0.9, 6.0) < 0.05

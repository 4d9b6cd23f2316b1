"""Contact shadows on the screen: told from a dark subject, so that they are neither keyed nor lost."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pai_studio.core.comp.key import estimate_screen, key
from pai_studio.core.comp.shading import shading
from pai_studio.core.comp.shadow import shadow
from pai_studio.core.comp.space import to_rec709, to_working

TALL, WIDE = 216, 384
SCREENS = {"green": (0.03, 0.4, 0.07), "blue": (0.02, 0.08, 0.5)}


def filmed(screen="green", *, dark=0.5, soft_px=0.5, noise=0.002):
    """Dark legs on a screen floor with a contact shadow; the plate, the matte and the shadow."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[0:TALL, 0:WIDE].astype(np.float32)
    matte = np.zeros((TALL, WIDE), np.float32)
    cv2.rectangle(matte, (170, 40), (215, 110), 1, -1)
    for left in (172, 198):
        cv2.rectangle(matte, (left, 100), (left + 14, 186), 1, -1)
    matte = cv2.GaussianBlur(matte, (0, 0), soft_px)
    cast = 1 - dark * np.exp(-(((x - 192) / 40) ** 2 + ((y - 187) / 9) ** 2) / 2)
    wall = np.array(SCREENS[screen], np.float32) * (1 + 0.1 * np.sin(x / 150))[..., None]
    subject = np.where((y > 100)[..., None], (0.05, 0.035, 0.025), (0.4, 0.25, 0.18)).astype(np.float32)
    plate = matte[..., None] * subject + (1 - matte[..., None]) * wall * cast[..., None]
    plate = plate + noise * rng.standard_normal(plate.shape)
    return to_working(plate.astype(np.float32)), matte, cast.astype(np.float32)


@pytest.mark.parametrize("screen", ["green", "blue"])
def test_a_contact_shadow_is_no_haze_in_the_matte(screen):
    plate, matte, cast = filmed(screen)
    found = key(plate, estimate_screen([plate], screen)).matte
    beside = (cv2.dilate(matte, np.ones((5, 5))) < 0.01) & (cast < 0.9)
    assert beside.sum() > 300
    assert found[beside].mean() < 0.01
    assert found[beside].max() < 0.2
    assert (found[cv2.erode(matte, np.ones((7, 7))) > 0.999] > 0.98).all()


def test_the_shade_is_measured_and_reaches_the_pass():
    plate, matte, cast = filmed()
    keyed = key(plate, estimate_screen([plate]))
    beside = (cv2.dilate(matte, np.ones((7, 7))) < 0.01) & (cast < 0.9)
    passed = shadow(keyed.matte, keyed.screen)
    assert abs(passed[beside] - cast[beside]).mean() < 0.08
    assert (passed[:90] == 1).all()
    assert shadow(*_keyed(filmed(dark=0.0)[0])).min() > 0.97


def _keyed(plate):
    keyed = key(plate, estimate_screen([plate]))
    return keyed.matte, keyed.screen


def test_soft_dark_edges_are_subject_and_no_shade():
    plate, matte, _ = filmed(dark=0.0, soft_px=2.0)
    found = key(plate, estimate_screen([plate])).matte
    legs = (matte > 0.02) & (matte < 0.98)
    legs[:115], legs[180:] = False, False
    assert abs(found - matte)[legs].mean() < 0.06


def test_shade_is_one_on_even_screen_and_where_a_given_matte_covers():
    wall = np.tile(np.array([[SCREENS["green"]]], np.float32), (60, 80, 1))
    assert (shading(wall, wall, 1, 0.01) == 1).all()
    dim = wall.copy()
    dim[20:40, 30:60] *= 0.6
    covered = np.zeros((60, 80), np.float32)
    covered[15:45, 25:65] = 1
    assert shading(dim, wall, 1, 0.01)[30, 45] < 0.7
    assert (shading(dim, wall, 1, 0.01, covered) == 1).all()
    assert (shading(np.zeros_like(wall), wall, 1, 0.01) == 1).all()


def test_shade_never_brightens():
    plate, _, _ = filmed()
    wall = np.tile(np.array([[SCREENS["green"]]], np.float32) * 0.5, (TALL, WIDE, 1))
    assert shading(to_rec709(plate), wall, 1, 0.01).max() <= 1

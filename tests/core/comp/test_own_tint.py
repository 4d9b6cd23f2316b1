"""Clothes of the screen's own hue: whole in the matte, and of their own colour after the despill."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pai_studio.core.comp.despill import foreground, own_tint, suppress_spill
from pai_studio.core.comp.key import estimate_screen, key
from pai_studio.core.comp.space import to_rec709, to_working
from pai_studio.core.media.frame import Screen

SCREENS = {"green": (0.03, 0.32, 0.05), "blue": (0.02, 0.08, 0.5)}
CLOTH = [
    ("green", (0.6, 0.75, 0.5)),  # mint, brighter than the screen
    ("green", (0.1, 0.5, 0.62)),  # cyan
    ("blue", (0.07, 0.16, 0.34)),  # denim
    ("blue", (0.05, 0.16, 0.19)),  # teal
]


def clad(screen, cloth, noise=0.003):
    """A figure in `cloth` with a face and thin sleeves."""
    rng = np.random.default_rng(5)
    matte = np.zeros((216, 384), np.float32)
    cv2.circle(matte, (190, 50), 22, 1, -1, cv2.LINE_AA)
    cv2.rectangle(matte, (165, 70), (215, 190), 1, -1)
    cv2.line(matte, (165, 80), (110, 130), 1, 11, cv2.LINE_AA)
    matte = cv2.GaussianBlur(matte, (0, 0), 0.6)
    y, x = np.mgrid[0:216, 0:384].astype(np.float32)
    folds = 1 + 0.12 * np.sin(x / 6) * np.cos(y / 9)
    subject = np.where((y < 68)[..., None], (0.42, 0.27, 0.18), cloth) * folds[..., None]
    plate = matte[..., None] * subject + (1 - matte[..., None]) * np.array(SCREENS[screen])
    plate = plate + noise * rng.standard_normal(plate.shape)
    return to_working(plate.astype(np.float32)), matte, to_working(subject.astype(np.float32))


@pytest.mark.parametrize(("screen", "cloth"), CLOTH)
def test_cloth_of_the_screens_hue_is_whole(screen, cloth):
    plate, matte, _ = clad(screen, cloth)
    found = key(plate, estimate_screen([plate], screen)).matte
    inside = cv2.erode(matte, np.ones((5, 5))) > 0.999
    assert found[inside].mean() > 0.995
    assert np.quantile(found[inside], 0.01) > 0.9
    assert found[cv2.dilate(matte, np.ones((9, 9))) < 0.01].max() == 0


@pytest.mark.parametrize(("screen", "cloth"), CLOTH[2:3])
def test_a_blue_coat_stays_blue(screen, cloth):
    plate, matte, subject = clad(screen, cloth)
    keyed = key(plate, estimate_screen([plate], screen))
    coat = cv2.erode(matte, np.ones((7, 7))) > 0.999
    coat[:75] = False
    lifted = to_rec709(foreground(plate, keyed.matte, keyed.screen, 1.0, False))[coat].mean(0)
    wanted = to_rec709(subject)[coat].mean(0)
    assert lifted[2] > 1.4 * lifted[1]
    assert np.abs(lifted / wanted - 1).max() < 0.35
    bare = to_rec709(suppress_spill(plate, keyed.screen, 1.0))[coat].mean(0)
    assert abs(lifted[2] - wanted[2]) < 0.6 * abs(bare[2] - wanted[2])


def test_screen_through_dark_hair_is_not_its_own_tint():
    """Specks of screen in dark hair, and a patch of it: as saturated as the screen, so it goes."""
    screen = Screen(to_working(np.array([[SCREENS["green"]]], np.float32))[0, 0], 1)
    hair = np.tile(np.array([[0.02, 0.015, 0.01]], np.float32), (120, 200, 1))
    wall = np.array(SCREENS["green"], np.float32)
    hair[::3, ::3] = 0.6 * hair[::3, ::3] + 0.4 * wall
    hair[40:70, 60:90] = 0.7 * hair[40:70, 60:90] + 0.3 * wall
    plate, whole = to_working(hair), np.ones((120, 200), np.float32)
    assert own_tint(plate, whole, screen).max() == 0
    rest = to_rec709(foreground(plate, whole, screen, 1.0, False))
    assert (rest[..., 1] - rest[..., [0, 2]].max(-1)).max() < 0.02


def test_spill_on_grey_is_not_its_own_tint():
    screen = Screen(to_working(np.array([[SCREENS["green"]]], np.float32))[0, 0], 1)
    grey = np.tile(np.array([[0.3, 0.36, 0.31]], np.float32), (80, 120, 1))
    assert own_tint(to_working(grey), np.ones((80, 120), np.float32), screen).max() == 0

"""The place behind the subject: what a registered still gives back of it, and that a strange one gives nothing."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from pai_studio.core.finish.gain import Light
from pai_studio.core.finish.place import Place
from pai_studio.core.finish.seen import Seen
from pai_studio.core.media.frame import Box, ModelPicture, Still
from pai_studio.core.media.geometry import ModelFrame
from pai_studio.core.media.modelspace import DISPLAY_16
from pai_studio.core.motion.flow import grid
from pai_studio.core.motion.resample import sample

W, H = 480, 272
FRAME = ModelFrame.fitting(Box(5, -2, W, H), 1.0, (240, 136), 8)
NO_LIGHT = Light(np.zeros((136, 240, 3), np.float32), np.zeros((136, 240, 3), np.float32), 0.0)
RED = np.float32([3.0, 0.02, 0.02])


def a_place(seed=1, size=(W, H), octaves=7):
    """A picture (h, w, 3) with detail of every size, of light about 0.02 to 2."""
    rng = np.random.default_rng(seed)
    total = np.zeros((size[1], size[0], 3), np.float32)
    for octave in range(octaves):
        coarse = rng.standard_normal((3 * 2**octave, 4 * 2**octave, 3)).astype(np.float32)
        coarse = 0.8 * coarse.mean(axis=2, keepdims=True) + 0.2 * coarse
        total += cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC) * 0.75**octave
    return np.exp(-1.5 + 0.8 * total).astype(np.float32)


def a_subject(x=240.0):
    """A matte (H, W) of somebody who stands there, and what their shadow leaves of the light on the floor."""
    rows, columns = np.mgrid[:H, :W].astype(np.float32)
    body = np.hypot((columns - x) / 30, (rows - 130) / 90)
    lying = np.hypot((columns - x - 45) / 70, (rows - 222) / 14)
    return np.clip(30 * (1 - body), 0, 1), 1 - 0.6 * np.clip(4 * (1 - lying), 0, 1)


def generated(place, matte, shade=None, subject=RED):
    """What a model makes of it: smaller, blurred, in 8 bits."""
    lit = place if shade is None else place * shade[..., None]
    composite = FRAME.to_model(matte[..., None] * subject + (1 - matte[..., None]) * lit)
    codes = cv2.GaussianBlur(DISPLAY_16.encode(composite), (0, 0), 0.6)
    return DISPLAY_16.decode(np.rint(codes * 255) / 255)


def seen(composite, matte, number=1001):
    covered = np.clip(FRAME.to_model(matte), 0, 1)
    return {number: Seen.of(number, ModelPicture(composite, composite, FRAME), covered, NO_LIGHT)}


def photographed(place, *, shift=(0.0, 0.0), light=1.0, name="still"):
    """The place (H, W, 3) as a still of other framing and light, laid over the plate as if it had neither."""
    turn = np.array([[0.985, -0.008, 9.0 + shift[0]], [0.008, 0.985, 2.0 + shift[1]], [2e-6, 0, 1]])
    pixels = sample(place, grid(turn, (W, H)), cv2.INTER_CUBIC, cv2.BORDER_REFLECT)
    over = np.array([[1.0, 0, 5], [0, 1, -2], [0, 0, 1]])
    return Still(np.maximum(pixels, 0) * np.float32(light), 1040, over, name)


def decibels(one, other, where):
    error = (DISPLAY_16.encode(one) - DISPLAY_16.encode(other))[where]
    return float(-10 * np.log10((error**2).mean()))


INSIDE = np.zeros((H, W), bool)
INSIDE[16:-16, 24:-24] = True


def test_a_still_that_agrees_gives_its_detail_back_in_the_composites_light():
    place = a_place()
    matte, _ = a_subject()
    composite = generated(place, matte)
    got = Place([photographed(place, light=(1.5, 1.3, 1.1))]).behind(1001, seen(composite, matte))
    away = INSIDE & (cv2.dilate(matte, np.ones((25, 25))) == 0)
    bicubic = decibels(FRAME.to_plate(composite), place, away)
    assert decibels(got.background, place, away) > bicubic + 2
    assert decibels(got.background, place, INSIDE & (matte > 0)) > bicubic  # what is hidden, too
    assert got.confidence[INSIDE].min() > 0.9


def test_a_still_of_another_place_changes_nothing():
    place = a_place()
    matte, shade = a_subject()
    made = seen(generated(place, matte, shade), matte)
    alone = Place([]).behind(1001, made)
    got = Place([photographed(a_place(2))]).behind(1001, made)
    assert np.array_equal(got.background, alone.background)
    assert (got.shadow == 1).all()
    assert decibels(alone.background, FRAME.to_plate(made[1001].composite), matte == 0) > 40
    assert (alone.shadow == 1).all()


def test_sliding_the_subject_uncovers_no_ghost():
    grey = a_place().mean(axis=2, keepdims=True) * np.float32([0.3, 1.0, 1.0])
    matte, _ = a_subject()
    made = seen(generated(grey, matte), matte)
    for stills in ([], [photographed(grey)]):
        got = Place(stills).behind(1001, made).background
        reddish = got[..., 0] / np.maximum(got[..., 1], 1e-4)
        assert reddish[INSIDE].max() < 0.6, "the subject is 150 times redder than green"


def test_what_stands_apart_behind_the_subject_is_seen_once():
    """Two stills from elsewhere agree around the subject, and show a box behind it in two places."""
    place, matte = a_place(), a_subject()[0]
    stills, boxes = [], [np.s_[100:150, 222:234], np.s_[100:150, 248:260]]
    for box, frame in zip(boxes, (1003, 1040), strict=True):
        shown = place.copy()
        shown[box] = 4
        stills.append(replace(photographed(shown), frame=frame))
    got = Place(stills).behind(1001, seen(generated(place, matte), matte)).background
    assert got[boxes[0]].mean() > 3
    assert decibels(got[boxes[1]], place[boxes[1]], np.ones((50, 12), bool)) > 20


def test_shadow_is_a_pass_and_not_in_the_background():
    place = a_place()
    matte, shade = a_subject()
    got = Place([photographed(place, light=1.3)]).behind(1001, seen(generated(place, matte, shade), matte))
    floor = INSIDE & (matte == 0)
    assert np.corrcoef(got.shadow[floor], shade[floor])[0, 1] > 0.8
    assert got.shadow.max() <= 1
    assert got.shadow[floor & (shade == 1)].mean() > 0.98
    deep = floor & (shade < 0.7)
    assert decibels(got.background, place, deep) > decibels(place * shade[..., None], place, deep) + 6


def test_a_lamp_above_the_models_white_comes_back_or_is_not_believed():
    place = a_place()
    place[40:52, 300:316] = 30
    matte, _ = a_subject()
    made = seen(generated(np.minimum(place, 16), matte), matte)
    lamp = (slice(43, 49), slice(303, 313))
    assert Place([photographed(place)]).behind(1001, made).background[lamp].min() > 20
    alone = Place([]).behind(1001, made)
    assert alone.background[lamp].max() < 17
    assert alone.confidence[lamp].max() <= 0.5


def test_a_frame_follows_from_itself_alone():
    matte, shade = a_subject()
    place = a_place()
    frames = {n: seen(generated(place, a_subject(200.0 + 20 * n)[0], shade), matte, n) for n in (1, 2)}
    one, other = (Place([photographed(place)]) for _ in range(2))
    one.behind(1, frames[1])
    first, again = one.behind(2, frames[2]), other.behind(2, frames[2])
    assert np.array_equal(first.background, again.background)
    assert np.array_equal(first.shadow, again.shadow)
    assert np.array_equal(first.confidence, again.confidence)


def test_a_picture_that_the_subject_fills_leaves_nothing_to_believe():
    matte = np.ones((H, W), np.float32)
    got = Place([photographed(a_place())]).behind(1001, seen(generated(a_place(), matte), matte))
    assert np.isfinite(got.background).all()
    assert got.confidence.max() == pytest.approx(0, abs=1e-3)

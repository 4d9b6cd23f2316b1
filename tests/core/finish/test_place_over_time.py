"""The place over time: steps of a generation are spread over the frames around, real changes of light are not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import cv2
import numpy as np
import pytest

from pai_studio.core.finish import standing, stills
from pai_studio.core.finish.place import Place
from pai_studio.core.finish.steady import CLOSE
from pai_studio.core.finish.stills import Laid, View
from pai_studio.core.media.modelspace import DISPLAY_16
from pai_studio.core.motion.flow import grid
from pai_studio.core.motion.resample import sample
from tests.core.finish.test_place import (
    FRAME,
    INSIDE,
    H,
    W,
    a_place,
    a_subject,
    decibels,
    generated,
    photographed,
    seen,
)

FRAMES = range(1, 5)
STEP = 3
"""The frame at which a window begins."""


def a_generation(
    place, matte, *, lit=(0.97, 1.03), shift=(0.0, 0.5), camera_px=0.0, noise=0.006, change=None
):
    """Frames of two windows, each with an error of light and framing of its own; the camera pans as it is told."""
    made = {}
    for number in FRAMES:
        window = int(number >= STEP)
        at = grid(np.eye(3), (W, H)) + np.float32([shift[window] + camera_px * number, 0])
        there = sample(place, at, cv2.INTER_CUBIC, cv2.BORDER_REFLECT)
        if change is not None and window:
            there = there * change
        composite = generated(np.maximum(there, 0) * np.float32(lit[window]), matte)
        rng = np.random.default_rng(number)
        codes = DISPLAY_16.encode(composite) + noise * rng.standard_normal(composite.shape).astype(np.float32)
        made |= seen(DISPLAY_16.decode(np.clip(codes, 0, 1)), matte, number)
    return made


def around_the_step(stills, made):
    """The place in the frame before the step and after it: by all frames, and by each alone."""
    over = Place(stills)
    pair = (STEP - 1, STEP)
    return [over.behind(n, made) for n in pair], [over.behind(n, {n: made[n]}) for n in pair]


def change(pair):
    one, other = (DISPLAY_16.encode(got.background)[AWAY] for got in pair)
    return float(np.abs(one - other).mean())


AWAY = INSIDE & (cv2.dilate(a_subject()[0], np.ones((41, 41))) == 0)


@pytest.mark.parametrize("known", [True, False])
def test_where_a_window_begins_the_step_is_spread(known):
    place, (matte, _) = a_place(), a_subject()
    steady, alone = around_the_step([photographed(place)] if known else [], a_generation(place, matte))
    assert change(steady) < 0.2 * change(alone)


def steadied_ways(ways):
    """The steadied way (h, w) to the right, by number, of frames that each found its still off by one of `ways`."""
    place, matte = a_place(), np.zeros((H, W), np.float32)
    still = stills.prepared(photographed(place), FRAME, 16.0)
    one = seen(generated(place, matte), matte)[1001]
    view = View.of(one.composite, one.white, 1 - one.covered)
    whole = np.ones_like(one.covered)

    def laid(way):
        return Laid(still, still.guess, True, np.dstack([whole * way, 0 * whole]), whole, view.ceiling)

    alone = [standing.alone(replace(one, number=n), view, {0: laid(way)}) for n, way in enumerate(ways)]

    def found(number):
        near = {n: alone[n] for n in range(number - CLOSE, number + CLOSE + 1)}
        return standing.steadied(near, number).laid[0].way[..., 0]

    return found


def test_a_step_of_the_framing_shows_in_no_frame_more_than_in_another():
    begins = 14
    found = steadied_ways(np.float32([0.05 * n + 0.5 * (n >= begins) for n in range(2 * begins)]))
    into, before = ((found(n) - found(n - 1)).mean() for n in (begins, begins - 4))
    assert before == pytest.approx(0.05 + 0.5 / (2 * CLOSE + 1), rel=0.1)
    assert into == pytest.approx(before, rel=0.1)


def test_a_place_that_one_frame_found_far_off_moves_none_beside_it():
    found = steadied_ways(np.float32([8 * (n == CLOSE - 1) for n in range(2 * CLOSE + 1)]))
    assert abs(found(CLOSE).mean()) < 0.01


def test_what_a_frame_alone_finds_of_its_stills_way_is_steadied_as_finely_as_it_is_found():
    rng = np.random.default_rng(1)
    found = steadied_ways(rng.normal(0, 0.2, (2 * CLOSE + 1, 136, 240)).astype(np.float32))
    assert found(CLOSE).std() < 0.2 / np.sqrt(2 * CLOSE + 1)


def test_the_light_is_steadied_under_a_moving_camera_too():
    place, (matte, _) = a_place(), a_subject()
    made = a_generation(place, matte, shift=(0.0, 0.0), camera_px=3.0, noise=0.0)

    def step(pair):
        one, other = (np.log(np.maximum(got.background, 1e-3))[AWAY].mean() for got in pair)
        return abs(one - other)

    steady, alone = around_the_step([photographed(place)], made)
    assert step(steady) < 0.4 * step(alone)


def test_a_lamp_that_is_switched_on_is_not_smeared_over_time():
    place, (matte, _) = a_place(), a_subject()
    rows, columns = np.mgrid[:H, :W].astype(np.float32)
    brighter = 1 + np.exp(-(((columns - 80) / 50) ** 2) - ((rows - 80) / 50) ** 2)[..., None]
    made = a_generation(place, matte, lit=(1, 1), shift=(0, 0), change=brighter)
    lamp = INSIDE & (brighter[..., 0] > 1.6)
    steady, _ = around_the_step([photographed(place)], made)
    for got, factor in zip(steady, (1.0, brighter), strict=True):
        wrong = np.log(np.maximum(got.background, 1e-3) / (place * factor))[lamp].mean()
        assert abs(wrong) < 0.05


def test_what_the_subject_hides_is_taken_from_a_frame_that_they_have_left():
    place = a_place(octaves=5)
    mattes = {number: a_subject(150.0 + 70 * number)[0] for number in (1, 2, 3)}
    made = {}
    for number, light in ((1, 1.0), (2, 1.05), (3, 1.0)):
        made |= seen(generated(place * np.float32(light), mattes[number]), mattes[number], number)
    hidden = INSIDE & (mattes[2] > 0.5)
    meant = place * np.float32(1.05)
    got, alone = (Place([]).behind(2, near) for near in (made, {2: made[2]}))
    assert decibels(got.background, meant, hidden) > decibels(alone.background, meant, hidden) + 10
    assert got.confidence[hidden].min() > 0.7
    assert got.confidence[hidden].max() < 0.9
    assert alone.confidence[hidden].max() < 0.6


def test_a_frame_follows_from_what_is_near_whatever_came_before_and_whoever_asks():
    place, (matte, _) = a_place(), a_subject()
    made = a_generation(place, matte)
    still = photographed(place)
    one, other = Place([still]), Place([still])
    with ThreadPoolExecutor(2) as pool:
        together = dict(zip((2, STEP), pool.map(lambda n: one.behind(n, made), (2, STEP)), strict=True))
    alone = other.behind(STEP, made)
    assert np.array_equal(together[STEP].background, alone.background)
    assert np.array_equal(together[STEP].confidence, alone.confidence)
    assert np.array_equal(together[STEP].shadow, alone.shadow)

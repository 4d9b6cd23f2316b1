"""The subject of every kind of plate: its matte, its screen, and what a model is shown of it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from pai_studio.core.comp.despill import foreground
from pai_studio.core.engines._subject import Subject, sample_frames
from pai_studio.core.media.frame import Box, PlateFrame
from pai_studio.core.shot.errors import BadInput

KEY = np.array([0.06, 0.5, 0.05], np.float32)
GREEN, BLUE = (0.1, 0.4, 0.09), (0.03, 0.05, 0.35)
COAT = np.float32([0.4, 0.22, 0.15])
H, W = 180, 320
WIDE = Box(-4, 2, W, H)


def shape() -> np.ndarray:
    """A soft-edged disc of a subject, (H, W)."""
    y, x = np.mgrid[:H, :W]
    return np.clip(50 - np.hypot(x - 150, y - 100), 0, 1).astype(np.float32)


def on(screen, **how):
    matte = shape()[..., None]
    noise = np.random.default_rng(5).normal(0, 0.002, (H, W, 3))
    rgb = matte * COAT + (1 - matte) * np.float32(screen) + noise
    return PlateFrame(1001, rgb.astype(np.float32), WIDE, Box(0, 4, 300, 160), **how)


def shown(frame, prefer="auto"):
    subject = Subject.find([frame], prefer)
    matte, screen = subject.matte(frame)
    return subject.on_key(frame, matte, screen, KEY), matte, screen


def test_a_green_screen_is_shown_as_photographed():
    frame = on(GREEN)
    seen, matte, screen = shown(frame)
    assert np.array_equal(seen, frame.rgb)
    assert screen.channel == 1
    assert np.abs(matte - shape()).max() < 0.2


def test_a_green_screen_with_a_given_matte_is_shown_as_photographed():
    frame = on(GREEN, alpha=shape())
    seen, matte, screen = shown(frame)
    assert np.array_equal(seen, frame.rgb)
    assert np.array_equal(matte, shape())
    assert screen is not None


def test_garbage_and_missing_pixels_never_reach_the_model():
    frame = on(GREEN)
    rgb, inside = frame.rgb.copy(), np.ones((H, W), bool)
    garbage = np.zeros((H, W), np.float32)
    rgb[:, 280:], garbage[:, 280:] = 7.0, 1  # a lamp beyond the screen
    rgb[:12], inside[:12] = 0.0, False
    garbage[:, 270:280] = 0.5
    frame = dataclasses.replace(frame, rgb=rgb, garbage=garbage, inside=inside)
    seen, matte, screen = shown(frame)
    assert np.allclose(seen[:, 280:], GREEN, atol=0.01)
    assert np.allclose(seen[:12], GREEN, atol=0.01)
    assert (matte[:, 280:] == 0).all()
    assert (matte[:12] == 0).all()
    kept = (garbage == 0) & inside
    assert np.array_equal(seen[kept], rgb[kept])
    assert np.allclose(seen[20:, 270:280], (rgb + screen.color)[20:, 270:280] / 2, atol=1e-5)


def test_a_blue_screen_is_changed_for_the_models_key():
    frame = on(BLUE)
    seen, matte, screen = shown(frame)
    assert screen.channel == 2
    assert np.allclose(seen[matte == 0], KEY)
    assert np.abs(seen[matte == 1] - COAT).max() < 0.03
    lifted = foreground(frame.rgb, matte, screen, 1.0, premultiplied=False)
    assert np.array_equal(seen, (lifted + (1 - matte)[..., None] * KEY).astype(np.float32))
    edge = (matte > 0.2) & (matte < 0.8)
    assert seen[edge][:, 2].max() < 0.2  # no blue fringe


def test_a_subject_cut_out_of_a_place_is_laid_on_the_key():
    matte = shape()
    place = np.random.default_rng(3).uniform(0.1, 0.9, (H, W, 3)).astype(np.float32)
    rgb = np.where(matte[..., None] > 0, COAT, place).astype(np.float32)
    frame = PlateFrame(1001, rgb, WIDE, WIDE, alpha=matte)
    seen, got, screen = shown(frame)
    assert screen is None
    assert np.array_equal(got, matte)
    assert np.allclose(seen[matte == 0], KEY)
    assert np.array_equal(seen[matte == 1], rgb[matte == 1])


@pytest.mark.parametrize("premultiplied", [False, True])
def test_a_keyed_plate_is_laid_on_the_key_however_it_is_stored(premultiplied):
    matte = shape()
    rgb = np.broadcast_to(COAT, (H, W, 3)) * (matte[..., None] if premultiplied else 1)
    frame = PlateFrame(
        1001, np.ascontiguousarray(rgb), WIDE, WIDE, alpha=matte, keyed=True, premultiplied=premultiplied
    )
    seen, _, screen = shown(frame)
    assert screen is None
    share = matte[..., None]
    assert np.allclose(seen, share * COAT + (1 - share) * KEY, atol=1e-6)


def test_a_premultiplied_plate_cut_from_green_is_laid_on_the_key():
    """Its screen is black already: as photographed it would be neither."""
    matte = shape()
    spilled = COAT + np.float32([0, 0.4, 0])
    frame = PlateFrame(1001, matte[..., None] * spilled, WIDE, WIDE, alpha=matte, premultiplied=True)
    subject = Subject(Subject.find([on(GREEN)], "green").estimate)
    got, screen = subject.matte(frame)
    seen = subject.on_key(frame, got, screen, KEY)
    assert np.allclose(seen[matte == 0], KEY)
    assert seen[matte == 1][:, 1].max() < spilled[1] - 0.1


def test_garbage_takes_a_rig_out_of_a_cut_out_too():
    matte = shape()
    garbage = np.zeros((H, W), np.float32)
    garbage[:, :130] = 1
    frame = PlateFrame(1001, np.full((H, W, 3), 5.0, np.float32), WIDE, WIDE, alpha=matte, garbage=garbage)
    seen, got, _ = shown(frame, prefer="none")
    assert (got[:, :130] == 0).all()
    assert np.allclose(seen[:, :130], KEY)


def test_a_screen_that_is_not_asked_for_is_not_keyed():
    frame = on(GREEN, alpha=shape())
    assert Subject.find([frame], "none").estimate is None
    assert Subject.find([frame], "none").notes() is None
    assert Subject.find([frame], "green").notes()["primary"] == "green"
    assert Subject.find([on(BLUE)], "auto").notes()["primary"] == "blue"


def test_neither_matte_nor_screen_is_an_error_with_a_remedy():
    grey = PlateFrame(1001, np.full((H, W, 3), 0.3, np.float32), WIDE, WIDE)
    with pytest.raises(BadInput, match=r"plate\.screen: .*give a matte in mattes\.alpha"):
        Subject.find([grey], "auto")
    with pytest.raises(BadInput, match="frame 1001: this frame has no matte"):
        Subject(None).matte(grey)


def test_samples_are_spread_over_the_whole_shot(filmed):
    assert [frame.number for frame in sample_frames(filmed((1001,)))] == [1001, 1004, 1007, 1010, 1013]
    assert [frame.number for frame in sample_frames(filmed((1001,), last=1002))] == [1001, 1002]

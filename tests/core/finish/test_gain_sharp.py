"""What averaging must leave of the light on a subject: its edges, also under noise, and where the subject moves."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pai_studio.core.finish import gain
from pai_studio.core.finish.seen import Seen
from pai_studio.core.finish.steady import steadied
from pai_studio.core.media.frame import Box, ModelPicture
from pai_studio.core.media.geometry import ModelFrame

H, W, WHITE = 120, 208, 16.0


def a_subject(x=0):
    """A textured subject (H, W, 3) before a grey screen, `x` pixels to the right, and its matte (H, W)."""
    fine = np.random.default_rng(5).standard_normal((H, W)).astype(np.float32)
    fine = cv2.GaussianBlur(fine, (0, 0), 2)
    rows, columns = np.mgrid[:H, :W]
    matte = np.clip((1 - np.hypot((columns - 80 - x) / 50, (rows - 60) / 45)) * 40, 0, 1).astype(np.float32)
    grey = 0.3 * np.exp(0.5 * np.roll(fine, x, axis=1) / fine.std())
    return (grey[..., None] * np.float32([1.2, 1.0, 0.8])).astype(np.float32), matte


def seen(number, factor, x=0, error=0.0):
    """A frame whose light is `factor` (H, W, 3 or a number), off by smooth noise of a sigma of `error` (base e)."""
    subject, matte = a_subject(x)
    noise = cv2.GaussianBlur(
        np.random.default_rng(number).standard_normal((H, W)).astype(np.float32), (0, 0), 4
    )
    off = np.exp(error * noise / noise.std())[..., None]
    plate, made = (
        (matte[..., None] * lit + (1 - matte[..., None]) * np.float32(0.4)).astype(np.float32)
        for lit in (subject, subject * factor * off)
    )
    picture = ModelPicture(made, plate, ModelFrame.fitting(Box(0, 0, W, H), 1.0, (W, H), 8), WHITE)
    return Seen.of(number, picture, matte, gain.light(made, subject, matte, WHITE))


def inside(matte, px=5):
    return cv2.erode((matte > 0.99).astype(np.uint8), np.ones((2 * px + 1,) * 2, np.uint8)) > 0


def test_an_edge_of_light_stays_crisp_under_a_codecs_noise():
    """Eight pixels from it each side has its own light; the noise is 2/255 in a curve of 1/2.2."""
    subject, matte = a_subject()
    light = np.where(np.arange(W) < 80, 2.0, 0.5).astype(np.float32)[None, :, None]
    made = np.maximum(matte[..., None] * subject * light + (1 - matte[..., None]) * np.float32(0.1), 0)
    noise = np.random.default_rng(1).normal(0, 2 / 255, made.shape)
    made = (np.maximum(made ** (1 / 2.2) + noise, 0) ** 2.2).astype(np.float32)
    found = gain.light(made, subject, matte, WHITE).log[40:80]
    assert found[:, 72].mean() == pytest.approx(np.log(2), abs=0.06)
    assert found[:, 88].mean() == pytest.approx(-np.log(2), abs=0.06)


def test_light_travels_with_the_subject_that_it_lies_on():
    """A bright left half that moves two pixels a frame: averaged where it lies, its border as sharp as in one frame."""

    def lit(x):
        return np.where(np.arange(W) < 80 + x, 1.25, 0.8).astype(np.float32)[None, :, None]

    shot = {n: seen(n, lit(2 * n), x=2 * n, error=0.03) for n in range(7)}
    clean = seen(3, lit(6), x=6).light.log
    solid = inside(shot[3].covered, 8)
    alone, found = (np.abs(one - clean)[solid].mean() for one in (shot[3].light.log, steadied(shot, 3).log))
    assert found < 0.7 * alone

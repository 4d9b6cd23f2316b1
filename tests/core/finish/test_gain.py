"""The light on the subject: where the model put it, what it is, and that it stands still where the shot does."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pai_studio.core.finish import gain, registration
from pai_studio.core.finish.gain import GAIN_LIMITS, Light
from pai_studio.core.finish.seen import Seen
from pai_studio.core.finish.steady import CLOSE, REACH, steadied
from pai_studio.core.media.frame import Array, Box, ModelPicture
from pai_studio.core.media.geometry import ModelFrame
from pai_studio.core.motion.flow import grid
from pai_studio.core.motion.resample import CUBIC, sample

W, H = 208, 120
WHITE = 16.0
AT = ModelFrame.fitting(Box(0, 0, W, H), 1.0, (W, H), 8)


def a_coat(seed: int = 3) -> Array:
    """Cloth (H, W, 3) with texture of several sizes, of light about 0.1 to 1."""
    rng = np.random.default_rng(seed)
    total = np.zeros((H, W), np.float32)
    for octave in range(2, 6):
        coarse = rng.standard_normal((3 * 2**octave, 4 * 2**octave)).astype(np.float32)
        total += cv2.resize(coarse, (W, H), interpolation=cv2.INTER_CUBIC) * 0.7**octave
    return np.exp(-1.2 + total)[..., None] * np.float32([1.0, 0.8, 0.6])


def a_body(x: float = 104.0) -> Array:
    rows, columns = np.mgrid[:H, :W].astype(np.float32)
    return np.clip(25 * (1 - np.hypot((columns - x) / 45, (rows - 60) / 50)), 0, 1)


def a_light(amount: float = 1.0) -> Array:
    """A gain (H, W, 3) that rises from left to right."""
    ramp = np.linspace(-0.7, 0.7, W, dtype=np.float32)[None, :, None] * np.float32([1, 0.9, 0.7])
    return np.exp(amount * np.broadcast_to(ramp, (H, W, 3)))


def over(subject: Array, matte: Array, place: float = 0.4) -> Array:
    return subject * matte[..., None] + place * (1 - matte[..., None])


def moved(picture: Array, x: float, y: float) -> Array:
    return sample(picture, grid(np.eye(3), (W, H)) - np.float32([x, y]), CUBIC)


@given(st.integers(0, 20))
@settings(max_examples=5, deadline=None)
def test_the_same_picture_twice_has_no_light_of_its_own(seed: int) -> None:
    picture = over(a_coat(seed), a_body())
    found = gain.light(picture, picture, a_body(), WHITE)
    assert not found.log.any()
    assert found.shift_px == 0


@pytest.mark.parametrize("way", [(1.2, -0.8), (-0.5, 1.4)])
def test_a_subject_that_the_model_put_elsewhere_is_found_whatever_its_light(way: tuple[float, float]) -> None:
    coat, matte = a_coat(), a_body()
    composite = moved(over(coat * a_light(), matte), *way)
    solid = cv2.erode(np.float32(matte >= 0.995), np.ones((3, 3)))
    field = registration.shift(composite, over(coat, matte), solid, WHITE)
    error = np.linalg.norm(field - np.float32(way), axis=2)[solid > 0]
    assert error.mean() < 0.15
    found = gain.light(composite, over(coat, matte), matte, WHITE)
    assert found.shift_px == pytest.approx(np.hypot(*way), abs=0.2)
    off = np.abs(found.log - np.log(a_light()))[cv2.erode(solid, np.ones((5, 5))) > 0]
    assert off.mean() < 0.03


def test_neither_the_place_nor_the_screen_gets_into_the_light() -> None:
    coat, matte = a_coat(), a_body()
    logs = []
    for place in (0.001, 0.4, 12.0):
        soft = cv2.GaussianBlur(over(coat * 1.5, matte, place), (0, 0), 0.6)
        logs.append(gain.light(soft, cv2.GaussianBlur(over(coat, matte, 0.3), (0, 0), 0.6), matte, WHITE).log)
    inside = matte == 1
    for log in logs:
        assert np.abs(log[inside] - np.log(1.5)).mean() < 0.05


def test_the_gain_is_bounded_and_goes_on_beyond_the_subject() -> None:
    coat, matte = a_coat(), a_body()
    found = gain.light(over(coat * 40, matte), over(coat, matte), matte, 64 * WHITE)
    plate = gain.at_plate(found, AT)
    assert plate.max() <= GAIN_LIMITS[1] * 1.0001
    assert plate.min() > 2  # also where nobody stands: no seam at the matte's edge


# Over time


def test_what_is_dark_keeps_its_own_light() -> None:
    """0.006 of a white of 16 is two 8-bit codes or so: one pixel tells little of it, many do."""
    dark, matte = np.zeros((H, W, 1), np.float32), a_body()
    dark[:, :104] = 1
    subject = a_coat() * (1 - dark) + 0.006 * dark
    found = gain.light(over(subject * (1 + 3 * dark), matte), over(subject, matte), matte, WHITE)
    inside = (cv2.erode(matte, np.ones((9, 9))) > 0.999) & (np.arange(W) < 90)
    assert np.median(found.log[inside]) == pytest.approx(np.log(4), abs=0.1)


def shot(lights: list[Array], bodies: list[Array] | None = None) -> dict[int, Seen]:
    """Frames with their gains (H, W, 3), each of a body that lies where it is told."""
    found = {}
    for index, light in enumerate(lights):
        matte = a_body() if bodies is None else bodies[index]
        x = float((matte * np.arange(W)).sum() / matte.sum()) - 104.0
        picture = ModelPicture(*(2 * [over(moved(a_coat(), x, 0.0), matte)]), AT)
        known = np.repeat(np.float32(matte > 0.99)[..., None], 3, 2)
        told = Light(np.log(light), known, 0.0)
        found[1001 + index] = Seen.of(1001 + index, picture, matte, told)
    return found


def test_noise_is_averaged_and_a_step_of_it_is_spread() -> None:
    rng = np.random.default_rng(0)
    noise = [
        a_light() * np.exp(0.03 * rng.standard_normal((H, W, 3)).astype(np.float32))
        for _ in range(2 * REACH + 2)
    ]
    near = shot(noise)
    inside = a_body() == 1
    got = [split(near, at, CLOSE, REACH) for at in (1001 + REACH, 1002 + REACH)]
    assert np.abs(got[1] - got[0])[inside].mean() < 0.03 * 1.13 / (0.9 * REACH)
    assert np.abs(got[0] - np.log(a_light()))[inside].mean() < 0.3 * 0.03


def split(seen: dict[int, Seen], at: int, close: int, reach: int) -> Array:
    """The steadied logarithm of a frame amid a shot."""
    near = {n: one for n, one in seen.items() if abs(n - at) <= close}
    far = {n: one.far() for n, one in seen.items() if close < abs(n - at) <= reach}
    return steadied(near, at, far).log


def test_what_is_far_counts_only_where_the_subject_stood() -> None:
    """All others but the first two have a light of their own, and so little another that it would be believed."""
    other = 1.05 * a_light()
    for moved_px, share in ((0.0, 0.75), (40.0, 0.0)):
        bodies = [a_body(104.0 + (0 if k < 2 else moved_px)) for k in range(8)]
        got = split(shot([a_light()] * 2 + [other] * 6, bodies), 1001, 1, 7)
        inside = (bodies[0] == 1) & (bodies[-1] == 1)
        assert np.median((got - np.log(a_light()))[inside]) == pytest.approx(share * np.log(1.05), abs=0.01)


def test_a_codecs_noise_is_no_motion() -> None:
    """Where the conditioning changes by no more than its noise, each pixel's gain is compared with itself."""
    rng = np.random.default_rng(2)
    seen = shot([a_light() * np.exp(0.1 * rng.standard_normal((H, W, 3)).astype(np.float32))] * 3)
    noisy = {}
    for number, one in seen.items():
        coarse = cv2.resize(rng.standard_normal((H // 4, W // 4)).astype(np.float32), one.guide.shape[::-1])
        noisy[number] = replace(one, guide=one.guide + np.float32(0.03) * coarse)
    inside = a_body() == 1
    assert np.abs(steadied(noisy, 1002).log - seen[1002].light.log)[inside].max() < 1e-3


def test_another_light_has_no_say() -> None:
    near = shot([a_light()] * 4 + [2 * a_light()] * 3)
    inside = a_body() == 1
    assert np.abs(steadied(near, 1004).log - np.log(a_light()))[inside].max() < 0.02
    assert np.abs(steadied(near, 1005).log - np.log(2 * a_light()))[inside].max() < 0.02


def test_the_light_goes_with_the_one_it_falls_on() -> None:
    """A patch of shade on a sleeve moves with the sleeve, and is not smeared."""
    bodies = [a_body(104.0 + 3 * k) for k in range(5)]
    shade = np.ones((H, W, 3), np.float32)
    cv2.circle(shade, (104, 60), 14, (0.5, 0.5, 0.5), -1)
    shade = cv2.GaussianBlur(shade, (0, 0), 2)
    near = shot([sample(shade, grid(np.eye(3), (W, H)) - np.float32([3 * k, 0])) for k in range(5)], bodies)
    got = np.exp(steadied(near, 1003).log)
    wanted = np.exp(near[1003].light.log)
    assert np.abs(got / wanted - 1)[bodies[2] == 1].max() < 0.12


def test_a_lone_frame_keeps_its_own() -> None:
    near = shot([a_light()])
    assert np.allclose(steadied(near, 1001).log, near[1001].light.log, atol=1e-6)

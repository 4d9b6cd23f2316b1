"""What the camera and its codec do to a plate: noise, focus, exposure; eight bits, half the colour, and blocks."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pai_studio.core.synth.capture.codec import WHITEST, coded, decoded, recorded
from pai_studio.core.synth.capture.sensor import Capture, draw_capture, exposed

RATE = Fraction(24)


def _shot(count=5, shape=(45, 64)):
    """A moving coloured edge on a ramp, with light above 1."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    frames = []
    for n in range(count):
        frame = np.stack([0.1 + x / 400, 0.4 - y / 300, 0.1 + 0 * x], axis=-1)
        frame[10:30, 10 + n : 30 + n] = (0.7, 0.2, 0.15)
        frame[34:42, 40:54] = 3.0
        frames.append(frame.astype(np.float32))
    return frames


def _error(frames, quality):
    return float(
        np.mean([np.abs(a - b).mean() for a, b in zip(frames, recorded(frames, quality, RATE), strict=True)])
    )


@given(arrays(np.float32, (8,), elements=st.floats(0, WHITEST, width=32)))
def test_the_cameras_curve_is_undone_exactly(light):
    assert np.allclose(decoded(coded(light)), light, rtol=1e-4, atol=1e-6)
    assert np.array_equal(np.argsort(light, kind="stable"), np.argsort(coded(light), kind="stable"))


def test_a_coded_plate_is_close_keeps_light_above_one_and_every_frame():
    frames = _shot()
    out = list(recorded(frames, 10, RATE))
    assert len(out) == len(frames)
    for before, after in zip(frames, out, strict=True):
        assert after.shape == before.shape
        assert abs(float((after - before).mean())) < 0.01
        assert abs(float(after[36:40, 43:51].mean()) - 3) < 0.2
        # In order: the edge stands where it stood in this frame.
        assert np.abs(after - before)[12:28, 14:28].mean() < 0.03


def test_poorer_quality_errs_more_and_colour_more_than_brightness():
    frames = _shot()
    errors = [_error(frames, quality) for quality in (4, 20, 34)]
    assert errors[0] < errors[1] < errors[2]
    after = list(recorded(frames, 4, RATE))[2]
    edge = np.s_[12:28, 11:14]
    off = np.abs(after - frames[2])[edge]
    level = np.abs((after - frames[2])[edge] @ np.array([0.21, 0.72, 0.07]))
    assert off.max() > 2 * level.max()


def test_a_stream_repeats_to_the_last_bit():
    one, other = (list(recorded(_shot(), 22, RATE)) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_no_frames_give_no_frames():
    assert list(recorded([], 20, RATE)) == []


@pytest.mark.parametrize("strength", [0.5, 3.0])
def test_noise_grows_with_strength_and_light_and_depends_on_the_frame_alone(strength):
    dark, bright = np.full((60, 80, 3), 0.05, np.float32), np.full((60, 80, 3), 4.0, np.float32)
    assert np.array_equal(exposed(dark, 1, 2, strength), exposed(dark, 1, 2, strength))
    assert not np.array_equal(exposed(dark, 1, 2, strength), exposed(dark, 1, 3, strength))
    plain = [float((exposed(p, 1, 2) - p).std()) for p in (dark, bright)]
    here = [float((exposed(p, 1, 2, strength) - p).std()) for p in (dark, bright)]
    assert plain[0] < plain[1]
    assert np.allclose(here, np.array(plain) * strength, rtol=1e-3)


def test_focus_keeps_light_and_takes_sharpness():
    frame = _shot(1)[0]
    soft = Capture(focus_px=30).focused(frame)
    assert abs(float(soft.mean() - frame.mean())) < 0.01
    assert np.abs(np.diff(soft, axis=1)).max() < 0.8 * np.abs(np.diff(frame, axis=1)).max()
    assert np.array_equal(Capture().focused(frame), frame)


def test_exposure_and_white_are_gains():
    frame = np.full((40, 40, 3), 0.5, np.float32)
    seen = Capture(noise=0, exposure=1, white=(1.1, 1, 0.9)).exposed(frame, 0, 0)
    assert np.allclose(seen[0, 0], [1.1, 1.0, 0.9])


def test_seeds_draw_cameras_with_and_without_a_codec():
    drawn = [draw_capture(seed) for seed in range(60)]
    assert drawn == [draw_capture(seed) for seed in range(60)]
    assert 0.25 < np.mean([c.quality is None for c in drawn]) < 0.75
    noises = [c.noise for c in drawn]
    assert min(noises) < 0.7
    assert max(noises) > 2
    assert max(abs(c.exposure) for c in drawn) < 1

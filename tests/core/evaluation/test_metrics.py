"""The metrics on constructed pictures whose answer is known."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from pai_studio.core.evaluation.judged import Facts, Judged
from pai_studio.core.evaluation.measures.pixels import PooledError
from pai_studio.core.evaluation.measures.view import background_mask, edge_band
from pai_studio.core.evaluation.metrics import METRICS, ClipMetrics
from pai_studio.core.media.color import ColorConfig


@pytest.fixture(scope="module")
def config() -> ColorConfig:
    return ColorConfig.open()


@pytest.fixture(scope="module")
def scene(config) -> tuple[np.ndarray, np.ndarray]:
    """A textured picture (working space) and a soft round matte."""
    rng = np.random.default_rng(1)
    coded = cv2.GaussianBlur(rng.uniform(0.1, 0.9, (120, 200, 3)).astype(np.float32), (0, 0), 3) - 0.5
    picture = config.from_srgb(np.clip(0.5 + 4 * coded, 0.05, 0.9).astype(np.float32))
    y, x = np.mgrid[:120, :200]
    matte = np.clip((34 - np.hypot(x - 110, y - 64)) / 5 + 0.5, 0, 1).astype(np.float32)
    return picture, matte


PIXELS = ["background_psnr_db", "foreground_psnr_db", "spill", "background_highlight_stops"]


def _judged(number, result, truth, matte, **more):
    return Judged(
        number=number, result=result, truth=truth, matte=matte, source=truth * matte[..., None], **more
    )


def _values(facts, frames, only):
    metrics = ClipMetrics(facts, only)
    for frame in frames:
        metrics.add(frame)
    return metrics.values()


def _scored(config, result, truth, matte, screen="green", **more):
    facts = Facts(config=config, screen=screen)
    return _values(facts, [_judged(1, result, truth, matte, **more)], PIXELS)


def test_equal_pictures_have_no_error(config, scene):
    picture, matte = scene
    metrics = _scored(config, picture, picture, matte)

    assert metrics["background_psnr_db"] == 100
    assert metrics["foreground_psnr_db"] == 100
    assert metrics["spill"] == 0


def test_a_known_offset_in_code_values_gives_its_psnr(config, scene):
    picture, matte = scene
    moved = config.from_srgb(config.srgb(picture) + np.float32(0.05))
    metrics = _scored(config, moved, picture, matte)

    assert metrics["background_psnr_db"] == pytest.approx(-20 * math.log10(0.05), abs=0.02)
    assert metrics["foreground_psnr_db"] == pytest.approx(-20 * math.log10(0.05), abs=0.02)


def test_background_and_foreground_are_told_apart(config, scene):
    picture, matte = scene
    behind = (picture * np.where(background_mask(matte), 1.3, 1)[..., None]).astype(np.float32)
    before = (picture * (1 + 0.3 * (matte >= 1))[..., None]).astype(np.float32)

    assert _scored(config, behind, picture, matte)["foreground_psnr_db"] == 100
    assert _scored(config, behind, picture, matte)["background_psnr_db"] < 40
    assert _scored(config, before, picture, matte)["background_psnr_db"] == 100
    assert _scored(config, before, picture, matte)["foreground_psnr_db"] < 40


def test_errors_are_pooled_over_frames_not_their_decibels(config, scene):
    picture, matte = scene
    moved = config.from_srgb(config.srgb(picture) + np.float32(0.05))
    # an exact anchor must not decide
    frames = [_judged(1, picture, picture, matte), _judged(2, moved, picture, matte)]

    assert _values(Facts(config=config), frames, PIXELS)["background_psnr_db"] == pytest.approx(
        -10 * math.log10(0.05**2 / 2), abs=0.02
    )


@pytest.mark.parametrize("degrade", ["blur", "tint", "shift"])
def test_psnr_falls_with_the_strength_of_a_degradation(config, scene, degrade):
    picture, matte = scene

    def spoiled(strength):
        if degrade == "blur":
            return cv2.GaussianBlur(picture, (0, 0), strength)
        if degrade == "tint":
            return (picture * np.array([1 + 0.1 * strength, 1, 1 - 0.1 * strength])).astype(np.float32)
        return cv2.warpAffine(
            picture, np.array([[1, 0, strength], [0, 1, 0.0]]), (200, 120), borderMode=cv2.BORDER_REPLICATE
        )

    values = [_scored(config, spoiled(s), picture, matte)["background_psnr_db"] for s in (0.5, 1.0, 2.0, 4.0)]
    assert values == sorted(values, reverse=True)
    assert values[0] - values[-1] > 3


@pytest.mark.parametrize(("screen", "channel"), [("green", 1), ("blue", 2)])
def test_spill_is_the_excess_of_the_screens_channel_in_the_band(config, scene, screen, channel):
    _, matte = scene
    grey = np.full((*matte.shape, 3), 0.2, np.float32)
    rec709 = grey.copy()
    rec709[edge_band(matte), channel] += np.float32(0.07)
    fringed = config.convert(rec709, config.linear_rec709, config.working)

    assert _scored(config, fringed, grey, matte, screen)["spill"] == pytest.approx(0.07, abs=1e-4)
    assert _scored(config, grey, fringed, matte, screen)["spill"] == pytest.approx(-0.07, abs=1e-4)
    other = "blue" if screen == "green" else "green"
    assert _scored(config, fringed, grey, matte, other)["spill"] == pytest.approx(0, abs=1e-4)


def test_spill_outside_the_band_does_not_count(config, scene):
    _, matte = scene
    grey = np.full((*matte.shape, 3), 0.2, np.float32)
    green = grey.copy()
    green[~edge_band(matte), 1] += 0.3

    assert _scored(config, green, grey, matte)["spill"] == pytest.approx(0, abs=1e-6)


def test_highlights_are_counted_in_stops_above_one(config, scene):
    _, matte = scene
    truth = np.full((*matte.shape, 3), 0.5, np.float32)
    truth[:20, :50] = 16
    dim = np.minimum(truth, 4)

    metrics = _scored(config, dim, truth, matte)
    assert metrics["background_psnr_db"] == 100  # sRGB sees nothing of it
    assert metrics["background_highlight_stops"] == pytest.approx(2, abs=1e-3)
    assert _scored(config, dim, np.minimum(truth, 0.5), matte)["background_highlight_stops"] is None


def _sliding(config, scene, frames, slip=0):
    """A background that slides by two pixels a frame; the result is `slip` frames late."""
    picture, matte = scene
    wide = np.concatenate([picture, picture[:, ::-1]], axis=1)

    def at(frame):
        return np.ascontiguousarray(wide[:, 2 * frame : 2 * frame + 200])

    references = {frame: at(frame) for frame in (2, 9, 16)}
    judged = (_judged(f, at(max(f - slip, 0)), at(f), matte) for f in range(frames))
    facts = Facts(config=config, references=references)
    return _values(facts, judged, ["anchor_offset_frames"])["anchor_offset_frames"]


@pytest.mark.parametrize("slip", [0, 1, 3])
def test_the_anchor_offset_tells_how_late_a_result_is(config, scene, slip):
    assert _sliding(config, scene, 20, slip) == [slip] * 3


def test_the_anchor_offset_is_undefined_where_the_truth_does_not_move(config, scene):
    picture, matte = scene
    facts = Facts(config=config, references={0: picture, 3: picture})
    values = _values(facts, [_judged(f, picture, picture, matte) for f in range(4)], ["anchor_offset_frames"])

    assert values["anchor_offset_frames"] == [None, None]


def test_a_background_that_is_held_is_on_time_though_another_frame_comes_as_near(config, scene):
    picture, matte = scene
    wide = np.concatenate([picture, picture[:, ::-1]], axis=1)
    truths = [np.ascontiguousarray(wide[:, 2 * frame : 2 * frame + 200]) for frame in range(8)]
    rng = np.random.default_rng(3)
    held = [truths[2] * (1 + 0.004 * (frame != 5) * rng.standard_normal((120, 200, 1))) for frame in range(8)]
    shown = [frame.astype(np.float32) for frame in held]

    def offset(results):
        facts = Facts(config=config, references={2: truths[2]})
        judged = (_judged(f, results[f], truths[f], matte) for f in range(8))
        return _values(facts, judged, ["anchor_offset_frames"])["anchor_offset_frames"]

    assert offset(shown) == [0]
    assert offset([frame * np.float32(1.2 if n == 2 else 1) for n, frame in enumerate(shown)]) == [3]


def test_a_frame_full_of_subject_leaves_the_background_undefined(config, scene):
    picture, matte = scene
    facts = Facts(config=config, references={5: picture})
    values = _values(facts, [_judged(5, picture, picture, np.ones_like(matte))], None)

    assert values["background_psnr_db"] is None
    assert values["anchor_offset_frames"] == [None]


def test_pooled_error_weighs_pixels():
    error = PooledError()
    error.add(np.full((1, 2, 3), 0.5), np.zeros((1, 2, 3)), np.array([[1.0, 0.0]]))

    assert error.psnr_db == pytest.approx(20 * math.log10(2), abs=1e-6)


def test_every_metric_has_its_own_key_and_a_value_when_nothing_was_given(config):
    keys = [metric.key for metric in METRICS]
    values = ClipMetrics(Facts(config=config)).values()

    assert len(set(keys)) == len(keys)
    assert list(values) == keys
    assert all(value in (None, []) for value in values.values())


def test_only_what_is_asked_for_is_given(config, scene):
    picture, matte = scene
    frame = _judged(1, picture, picture, matte)

    assert list(_values(Facts(config=config), [frame], ["spill"])) == ["spill"]
    with pytest.raises(KeyError, match="no such metric: beauty"):
        ClipMetrics(Facts(config=config), ["beauty"])


def test_frames_come_in_order(config, scene):
    picture, matte = scene
    metrics = ClipMetrics(Facts(config=config))
    metrics.add(_judged(3, picture, picture, matte))

    with pytest.raises(ValueError, match="frame 3 comes after frame 3"):
        metrics.add(_judged(3, picture, picture, matte))


def test_what_nobody_knows_does_not_count(config, scene):
    picture, matte = scene
    counted = np.ones_like(matte)
    counted[:60] = 0
    spoiled = picture.copy()
    spoiled[:60] *= 0.1

    scored = _scored(config, spoiled, picture, matte, counted=counted)
    assert scored["background_psnr_db"] == scored["foreground_psnr_db"] == 100
    assert scored["spill"] == 0
    assert _scored(config, spoiled, picture, matte)["background_psnr_db"] < 30

"""Each measure on a made case whose answer is known: it sees what it is for, and only that."""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np
import pytest

from pai_studio.core.comp.grain import Grain, synthesize
from pai_studio.core.finish.layers import beauty
from pai_studio.core.media.frame import Box, Generated, Layers, ModelPicture, PlateFrame
from pai_studio.core.media.geometry import ModelFrame
from tests.core.finish import measures, measures_place
from tests.core.finish.simulated import Simulated
from tests.core.finish.simulated_film import Truth, lamp_of

W, H = 320, 180
BOX = Box(0, 0, W, H)
LIGHT = np.float32([0.6, 0.9, 1.5])


def cloth(seed: int, sigma: float = 1.5) -> np.ndarray:
    """Texture (H, W, 3) about 0.3, without noise finer than `sigma`."""
    rough = cv2.GaussianBlur(
        np.random.default_rng(seed).standard_normal((H, W)).astype(np.float32), (0, 0), sigma
    )
    return 0.3 * np.exp(0.5 * rough / rough.std())[..., None] * np.float32([1.0, 0.9, 0.8])


def disc(radius: float = 50.0) -> np.ndarray:
    rows, columns = np.mgrid[:H, :W]
    return np.clip(radius - np.hypot(columns - 160, rows - 90), 0, 1).astype(np.float32)


@pytest.fixture
def truth() -> Truth:
    matte, subject, place = disc(), cloth(1), cloth(2)
    shadow = np.ones((H, W), np.float32)
    shadow[100:160, 200:260] = 0.5
    shadow = cv2.GaussianBlur(shadow, (0, 0), 6)
    lit = subject * LIGHT * matte[..., None]
    gain = np.where(matte[..., None] > 0, LIGHT, np.float32(1))
    return Truth(subject, place, matte, lit, np.broadcast_to(gain, (H, W, 3)).astype(np.float32), shadow)


def finished(truth: Truth, **passes: np.ndarray) -> Layers:
    """Perfect layers, but for `passes`."""
    given = {
        "foreground": truth.clean * truth.matte[..., None], "gain": truth.gain, "background": truth.background,
        "shadow": truth.shadow, "matte": truth.matte, "wrap": np.zeros((H, W, 3), np.float32), **passes,
    }  # fmt: skip
    full = np.ones((H, W), np.float32)
    return Layers(1001, BOX, beauty(**given), rebuilt=0 * full, confidence=full, **given)


def shot(truth: Truth, shown: np.ndarray | None = None) -> Simulated:
    """A shot of one frame of which the model made `shown` (the truth's composite by default), in place."""
    at = ModelFrame.fitting(BOX, 1.0, (W, H), 4)
    composite = truth.composite if shown is None else shown
    picture = ModelPicture(at.to_model(composite.astype(np.float32)), at.to_model(truth.clean), at)
    made = Generated(1001, truth.matte, None, model=picture)
    plate = PlateFrame(1001, truth.clean, BOX, BOX, alpha=truth.matte)
    still = np.zeros((at.height, at.width, 2), np.float32)
    return Simulated({1001: truth}, {1001: plate}, {1001: made}, (), {1001: still})


def test_relit_counts_what_is_gained_and_what_the_generation_gains(truth):
    got = measures.relit(finished(truth), truth, truth.composite)
    assert got.relit_stops < 1e-3
    assert got.unrelit_stops > 0.3
    assert got.gained_db > 60
    assert got.kept_light == pytest.approx(1, abs=1e-3)
    half_way = np.sqrt(truth.gain)
    got = measures.relit(finished(truth, gain=half_way), truth, truth.composite)
    assert got.kept_light == pytest.approx(0.5, abs=0.03)
    assert got.relit_stops == pytest.approx(got.unrelit_stops / 2, rel=0.05)
    got = measures.relit(finished(truth, gain=np.ones_like(half_way)), truth, truth.composite)
    assert (got.gained_db, got.kept, got.kept_light) == (0, 0, 0)


def test_relit_does_not_care_for_what_surrounds_the_subject(truth):
    bright = np.where(truth.matte[..., None] == 0, np.float32(9), truth.composite)
    got = measures.relit(finished(truth), truth, bright)
    assert got.generation_stops < 0.01


def test_detail_is_that_of_the_truth_and_no_other(truth):
    assert measures.detail(finished(truth), truth) == pytest.approx(1)
    level = finished(truth, gain=np.ones((H, W, 3), np.float32))
    assert measures.detail(level, truth) > 0.97  # a wrong light is no wrong detail
    blurred = finished(truth, foreground=cv2.GaussianBlur(truth.clean, (0, 0), 3) * truth.matte[..., None])
    assert measures.detail(blurred, truth) == pytest.approx(
        1
    )  # a plate's own softness is none of finishing's
    own = finished(truth, gain=truth.gain * (cloth(3) / 0.3))
    assert measures.detail(own, truth) < 0.9


def test_gain_error_tells_the_edge_from_the_inside(truth):
    even = measures.gain_error(finished(truth, gain=truth.gain * np.float32(1.1)), truth)
    assert even.ratio == pytest.approx(1, abs=0.01)
    assert even.inside == pytest.approx(np.log(1.1), rel=1e-3)
    away = cv2.distanceTransform((truth.matte > 0.5).astype(np.uint8), cv2.DIST_L2, 5)[..., None]
    halo = np.where((away > 0) & (away <= 12), np.float32(1.3), np.float32(1.1))
    got = measures.gain_error(finished(truth, gain=truth.gain * halo), truth)
    assert got.ratio == pytest.approx(np.log(1.3) / np.log(1.1), rel=0.02)


def test_gain_changes_are_shares_of_the_gain(truth):
    solid = truth.matte > measures.SOLID
    assert measures.gain_changes([truth.gain, truth.gain], solid) == 0
    more = truth.gain * np.float32(1.02)
    assert measures.gain_changes([truth.gain, more, truth.gain], solid) == pytest.approx(0.02, rel=0.03)


def test_recombination_is_counted_in_halves(truth):
    got = finished(truth)
    assert measures.recombination_error(got) == 0
    off = got.beauty + np.spacing(np.float16(got.beauty.max())).astype(np.float32)
    assert measures.recombination_error(dataclasses.replace(got, beauty=off)) >= 1


def test_a_place_is_held_against_the_cubic_of_the_same_generation(truth, monkeypatch):
    monkeypatch.setattr(measures_place, "covered", lambda size: np.ones(size[::-1], bool))
    soft = cv2.GaussianBlur(truth.composite, (0, 0), 2)
    made = shot(truth, soft)
    cubic = finished(truth, background=soft, shadow=np.ones((H, W), np.float32))
    assert measures_place.over_bicubic_db(cubic, made) == pytest.approx(0, abs=0.2)
    better = cv2.GaussianBlur(truth.composite, (0, 0), 1)
    assert measures_place.over_bicubic_db(finished(truth, background=better), made) > 2


@pytest.mark.parametrize("left", [0.0, 0.1, 0.4])
@pytest.mark.parametrize("filled", ["truth", "flat", "blurred"])
def test_a_ghost_is_as_opaque_as_it_is(truth, left, filled):
    place = {
        "truth": truth.background,
        "flat": np.full((H, W, 3), 0.25, np.float32),
        "blurred": cv2.GaussianBlur(truth.background, (0, 0), 12),
    }[filled]
    mixed = left * measures.codes(truth.composite) + (1 - left) * measures.codes(place)
    got = finished(truth, background=measures.DISPLAY_16.decode(mixed))
    assert measures_place.ghost(got, shot(truth)) == pytest.approx(left, abs=0.03)


def test_a_lamp_is_read_in_its_disc(truth):
    lamp = lamp_of((W, H))[..., None]
    dim = finished(truth, background=np.broadcast_to(lamp * 16, (H, W, 3)).astype(np.float32))
    assert measures_place.lamp_light(dim, shot(truth)) == pytest.approx(16, rel=0.03)


def test_a_shadow_is_one_of_the_truths_shape(truth):
    made = shot(truth)
    assert measures_place.shadow_correlation(finished(truth), made) == pytest.approx(1)
    fainter = finished(truth, shadow=1 - 0.3 * (1 - truth.shadow))
    assert measures_place.shadow_correlation(fainter, made) == pytest.approx(1)
    assert measures_place.shadow_correlation(finished(truth, shadow=np.ones((H, W), np.float32)), made) == 0
    elsewhere = finished(truth, shadow=np.roll(truth.shadow, 70, axis=1))
    assert measures_place.shadow_correlation(elsewhere, made) < 0.3


def test_grain_is_compared_by_level_and_by_band():
    clean, level = (np.tile(np.linspace(a, b, 256, dtype=np.float32)[:, None, None], (1, 256, 3))
                    for a, b in ((0.05, 0.6), (0.1, 0.9)))  # fmt: skip
    where = np.ones((256, 256), bool)

    def noise(on: np.ndarray, floor: float, slope: float, correlation: float, seed: int) -> np.ndarray:
        sigma = np.sqrt(-1 / (4 * np.log(correlation))) if correlation else 0.0
        taps = cv2.getGaussianKernel(7, sigma) if sigma else np.ones((1, 1))
        kernel = np.float32(taps @ taps.T / (taps**2).sum())
        kind = Grain(
            np.full(3, floor, np.float32), np.full(3, slope, np.float32), kernel, np.eye(3, dtype=np.float32)
        )
        return synthesize(on, kind, seed, 1)

    film = noise(clean, 1e-6, 1.6e-4, 0.3, 1)
    same = measures_place.grain_like(noise(level, 1e-6, 1.6e-4, 0.3, 2), level, film, clean, where)
    assert same.worst < 0.05
    louder = measures_place.grain_like(1.2 * noise(level, 1e-6, 1.6e-4, 0.3, 2), level, film, clean, where)
    assert louder.by_level == pytest.approx(1.2, rel=0.04)
    assert louder.by_band == pytest.approx(1, abs=0.04)
    white = measures_place.grain_like(noise(level, 1e-6, 1.6e-4, 0, 2), level, film, clean, where)
    assert white.by_band[0] < 0.8
    assert white.by_band[-1] > 1.05
    even = measures_place.grain_like(noise(level, 4e-5, 0, 0.3, 2), level, film, clean, where)
    assert np.ptp(even.by_level) > 0.5


@pytest.mark.parametrize("sigma", [1.0, 1.5, 2.2])
def test_an_edge_is_as_wide_as_its_blur(sigma):
    rng = np.random.default_rng(4)
    hard = np.full((H, W, 3), 0.05, np.float32)
    for x, y in rng.integers((20, 20), (W - 40, H - 40), (12, 2)):
        hard[y : y + 24, x : x + 24] = rng.uniform(0.5, 0.9)
    light = measures.DISPLAY_16.decode(cv2.GaussianBlur(measures.codes(hard), (0, 0), sigma))
    width = measures_place.edge_width_px(light, hard, np.ones((H, W), bool))
    assert width == pytest.approx(2.563 * sigma, rel=0.12)  # of a Gaussian's integral, from 10% to 90%


def test_a_window_that_jumps_is_seen_at_its_border(truth):
    def frames(jump: float) -> dict[int, Layers]:
        found = {}
        for n in range(1, 9):
            drift = np.float32(1 + 0.01 * n + jump * (n > 4))
            found[n] = finished(truth, background=truth.background * drift, gain=truth.gain * drift)
        return found

    assert measures_place.border_ratio(frames(0.0), [5]) == pytest.approx(1, abs=0.1)
    assert measures_place.border_ratio(frames(0.02), [5]) > 2.5


def test_widths_differ_by_less_than_a_sample():
    """Widths of 1.5 and 1.75 were all there was between: a ratio of 1.17, where it is 1.11."""
    hard = np.full((64, 64, 3), 0.05, np.float32)
    hard[16:48, 16:48] = 0.8
    found = []
    for sigma in (0.9, 0.95, 1.0):
        light = measures.DISPLAY_16.decode(cv2.GaussianBlur(measures.codes(hard), (0, 0), sigma))
        found.append(measures_place.edge_width_px(light, hard, np.ones((64, 64), bool)))
    assert 0.04 < found[1] - found[0] < 0.2
    assert 0.04 < found[2] - found[1] < 0.2

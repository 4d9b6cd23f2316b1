from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from pai_studio.core.engines.draft import DraftEngine
from pai_studio.core.report import silent
from pai_studio.core.shot.errors import BadInput, Cancelled

from .conftest import Filmed


def prepared(source):
    engine = DraftEngine(source.shot.engine)
    engine.prepare(source, silent, Path())
    return engine


def made(source, numbers, engine=None):
    engine = engine or prepared(source)
    return {g.number: g for g in engine.generate(source.stream(numbers), silent)}


@pytest.fixture(scope="module")
def both_ends():
    """The shot with a still at either end and its engine, looked over once; not to be changed."""
    source = Filmed((1001, 1013))
    return source, prepared(source)


@pytest.fixture(scope="module")
def first_only():
    """The shot with a still at its first frame and its engine, looked over once; not to be changed."""
    source = Filmed((1001,))
    return source, prepared(source)


def psnr(one, other):
    error = np.clip(one, 0, 1) ** (1 / 2.2) - np.clip(other, 0, 1) ** (1 / 2.2)
    return -10 * np.log10(float((error**2).mean()) + 1e-12)


def sources_of(engine):
    return {span["source"] for span in engine.notes()["camera"]}


def test_at_its_anchor_the_background_is_the_still_bit_for_bit(filmed):
    source = filmed((1001, 1007, 1013))
    for number, result in made(source, (1001, 1007, 1013)).items():
        still = next(s for s in source.stills if s.frame == number)
        assert np.array_equal(result.background, still.rgb)
        assert result.confidence.min() == 1


def test_markers_bring_the_shake_and_beat_interpolation(filmed, both_ends):
    (tracked, engine), guessed = both_ends, filmed((1001, 1013), markers=False)
    engines = [engine, prepared(guessed)]
    assert sources_of(engines[0]) == {"tracked"}
    assert sources_of(engines[1]) == {"interpolated"}
    scores = []
    for source, engine in zip((tracked, guessed), engines, strict=True):
        results = made(source, range(1003, 1012), engine)
        scores.append(np.mean([psnr(g.background, source.truth(n)) for n, g in results.items()]))
    static = np.mean([psnr(tracked.stills[0].rgb, tracked.truth(n)) for n in range(1003, 1012)])
    assert scores[0] > scores[1] + 3
    assert scores[1] > static + 3
    assert scores[0] > 25


def test_nothing_registers_and_nothing_is_tracked_so_it_is_held(filmed):
    source = filmed((1001, 1013), markers=False, other_place=1)
    engine = prepared(source)
    assert sources_of(engine) == {"held"}
    early = made(source, [1002], engine)[1002].background
    assert np.allclose(early, source.stills[0].rgb, rtol=1e-6)


def test_a_locked_off_shot_is_never_resampled(filmed):
    source = filmed((1001,), tremor_px=0.0)
    engine = prepared(source)
    assert sources_of(engine) == {"tracked"}
    result = made(source, [1009], engine)[1009]
    assert np.array_equal(result.background, source.stills[0].rgb)


def test_a_lamp_of_thirty_stays_one_while_it_moves(both_ends):
    source, engine = both_ends
    for result in made(source, (1004, 1008), engine).values():
        assert result.background.max() > 20
        assert result.background.min() > -0.01
        assert np.isfinite(result.background).all()


@pytest.mark.long
def test_exposures_go_over_from_still_to_still_without_a_step(filmed):
    source = filmed((1001, 1013), looks=(1.0, 1.6))
    engine = prepared(source)
    assert engine.notes()["reference_gains"]["0->1"] == pytest.approx([1.6] * 3, rel=0.02)
    levels = [
        np.median(g.background / source.truth(n)) for n, g in made(source, range(1001, 1014), engine).items()
    ]
    assert levels[0] == pytest.approx(1, abs=0.01)
    assert levels[-1] == pytest.approx(1.6, abs=0.02)
    assert np.abs(np.diff(np.log(levels)) - np.log(1.6) / 12).max() < 0.02


def test_holes_are_filled_without_a_seam_and_are_not_believed(first_only):
    source, engine = first_only
    result = made(source, [1013], engine)[1013]
    hole = result.confidence == 0
    assert 0.03 < hole.mean() < 0.4
    assert np.isfinite(result.background).all()
    edge = hole[:, 1:] & ~hole[:, :-1] | ~hole[:, 1:] & hole[:, :-1]
    step = np.abs(np.diff(np.minimum(result.background, 1), axis=1)).max(axis=2)
    assert np.median(step[edge]) < 0.05


def test_trust_falls_with_the_distance_in_time(first_only):
    source, engine = first_only
    results = made(source, (1001, 1005, 1012), engine)
    assert results[1001].confidence.max() == 1
    assert (
        results[1001].confidence.max() > results[1005].confidence.max() > results[1012].confidence.max() > 0.5
    )


def test_a_sub_range_is_bit_identical(filmed, both_ends):
    source, engine = both_ends
    whole = made(source, range(1001, 1014), engine)
    again = made(filmed((1001, 1013)), (1006, 1009))
    for number, result in again.items():
        for name in ("background", "matte", "gain", "shadow", "confidence"):
            assert np.array_equal(getattr(result, name), getattr(whole[number], name)), name


def test_a_larger_still_is_filtered_and_lands_where_the_plate_size_one_does(filmed):
    large = made(filmed((1001, 1007), last=1007, still_px=(960, 540)), [1001])[1001].background
    small = filmed((1001, 1007), last=1007).truth(1001)
    assert psnr(large, small) > 33


@pytest.mark.long
def test_preview_leaves_out_the_parallax_and_says_so(filmed):
    engine = prepared(filmed((1001, 1007), last=1007, quality="preview"))
    assert "left out" in engine.notes()["parallax"]


def test_each_frame_is_looked_at_once_and_kept_by_nobody(filmed):
    source = filmed((1001,))
    prepared(source)
    assert len(source.asked) <= 13 + 5


def test_layers_have_the_frames_shape_and_the_screen_travels_on(both_ends):
    source, engine = both_ends
    result = made(source, [1004], engine)[1004]
    assert result.matte.shape == result.confidence.shape == result.shadow.shape == (180, 320)
    assert result.background.shape == result.gain.shape == (180, 320, 3)
    assert result.screen is not None
    assert result.screen.channel == 1
    assert (result.rebuilt == 0).all()


def test_neither_matte_nor_screen_is_an_error_with_a_remedy(filmed):
    source = filmed((1001,))
    grey = dataclasses.replace(source.frame(1001), rgb=np.full((180, 320, 3), 0.3, np.float32))
    source.frame = lambda number: dataclasses.replace(grey, number=number)
    with pytest.raises(BadInput, match=r"mattes\.alpha"):
        prepared(source)


def test_a_given_matte_on_a_real_background_needs_no_screen(filmed):
    source = filmed((1001,))
    matte = np.zeros((180, 320), np.float32)
    matte[40:, 120:190] = 1
    film = source.truth
    source.frame = lambda n: dataclasses.replace(
        filmed.frame(source, n),
        rgb=np.where(matte[..., None] > 0, 0.3, film(n)).astype(np.float32),
        alpha=matte,
    )
    engine = prepared(source)
    assert sources_of(engine) == {"tracked"}
    result = made(source, [1009], engine)[1009]
    assert result.screen is None
    assert np.array_equal(result.matte, matte)
    covered = result.confidence > 0
    assert psnr(result.background[covered], film(1009)[covered]) > 28


def test_a_cancel_reaches_the_look_over_the_shot(filmed):
    def stop(progress):
        if progress.frame == 1003:
            raise Cancelled("asked to stop")

    source = filmed((1001,))
    with pytest.raises(Cancelled):
        DraftEngine(source.shot.engine).prepare(source, stop, Path())
    assert 1004 not in source.asked[5:]


def test_what_the_file_does_not_hold_is_no_subject(filmed):
    """The same shot whole, and in files that lack their lower quarter: black there, and neither subject nor screen."""
    whole, cut = filmed((1001,), last=1004), filmed((1001,), last=1004)
    inside = np.ones((180, 320), bool)
    inside[135:] = False
    cut.frame = lambda n: dataclasses.replace(
        frame := filmed.frame(cut, n), rgb=frame.rgb * inside[..., None], inside=inside
    )
    got, expected = made(cut, [1002])[1002], made(whole, [1002])[1002]
    assert (got.matte[135:] == 0).all()
    assert np.abs(got.matte[:130] - expected.matte[:130]).mean() < 0.002
    assert np.abs(got.gain[:130] / expected.gain[:130] - 1).max() < 0.15


def test_a_given_matte_keeps_its_subject_out_of_the_clean_screen(filmed):
    """The subject wears the screen's own colour, darker: only the matte tells it from the screen."""
    source = filmed((1001,), last=1004, markers=False)

    def frame(number):
        plain = filmed.frame(source, number)
        matte = np.zeros((180, 320), np.float32)
        matte[40:, 110:210] = 1
        coat = np.where(matte[..., None] > 0, plain.rgb * np.float32(0.4), plain.rgb)
        return dataclasses.replace(plain, rgb=coat, alpha=matte)

    source.frame = frame
    source.shot = source.shot.model_copy(
        update={"plate": source.shot.plate.model_copy(update={"screen": "green"})}
    )
    screen = made(source, [1002])[1002].screen.color
    assert np.abs(screen[60:170, 120:200] / screen[10, 10] - 1).max() < 0.1


@pytest.mark.long
def test_a_lens_that_falls_off_leaves_no_seam_where_a_still_ends(filmed):
    """Each still is darker toward its sides: where one ends, the other goes on at the same light."""
    source = filmed((1001, 1013))
    fall = (1 - 0.4 * np.linspace(-1, 1, 320) ** 2).astype(np.float32)[None, :, None]
    source.stills = [dataclasses.replace(s, rgb=s.rgb * fall) for s in source.stills]
    got = made(source, [1007])[1007].background
    ratio = np.log2(np.maximum(got, 1e-3) / np.maximum(source.truth(1007), 1e-3)).mean(axis=2)
    across = np.median(ratio, axis=0)
    assert np.abs(np.diff(across)).max() < 0.06


def test_stills_that_agree_keep_a_locked_off_shot_from_trembling(filmed):
    source = filmed((1001, 1013), tremor_px=0.0)
    result = made(source, [1005, 1009])
    for frame in result.values():
        assert np.allclose(frame.background, source.stills[0].rgb, rtol=1e-5)


@pytest.mark.long
def test_two_stills_at_one_anchor_and_a_third_elsewhere(filmed):
    source = filmed((1001, 1001, 1013))
    for number, result in made(source, (1001, 1006)).items():
        assert psnr(result.background, source.truth(number)) > 28
        assert (result.confidence > 0.9).mean() > 0.9


def test_a_still_upside_down_is_another_place_and_no_error(filmed):
    source = filmed((1001, 1007), last=1007)
    turned = np.ascontiguousarray(source.stills[1].rgb[::-1, ::-1])
    source.stills[1] = dataclasses.replace(source.stills[1], rgb=turned)
    result = made(source, (1002, 1007))
    assert np.array_equal(result[1007].background, turned)
    assert np.isfinite(result[1002].background).all()


def test_a_still_too_small_to_be_compared_still_serves(filmed):
    source = filmed((1001, 1007), last=1007)
    tiny = np.full((4, 4, 3), 0.3, np.float32)
    source.stills[1] = dataclasses.replace(source.stills[1], rgb=tiny, placement=np.diag([80.0, 45, 1]))
    result = made(source, (1006,))[1006].background
    assert np.isfinite(result).all()
    assert np.median(result) == pytest.approx(0.3, abs=0.1)

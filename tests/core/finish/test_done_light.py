"""The subject's light on films whose truth is known: the bars of finishing, at the plate's size.

Seeds 22, 29 and 32 may be looked at while constants are chosen, 23, 39 and 47 may not.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.core.finish import measures
from tests.core.finish.simulated import generation
from tests.core.finish.simulated_film import UHD
from tests.core.finish.simulated_shots import SEEDS, film, judged, missed

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]
_WORTH_DB = 1.0
"""A generation that gains less than this over the unrelit plate, for all its blur, has no gain to keep a share of."""


@pytest.fixture(scope="module")
def films(pytestconfig) -> Path:
    return pytestconfig.cache.mkdir("films")


@missed({})
def test_the_foreground_is_3_db_nearer_the_truth(films, seed):
    one = judged(films, seed)
    found = measures.relit(one.got, one.made.truths[one.got.number], one.generation)
    print(f"\n{seed}: {found}, gained {found.gained_db:.2f} dB")
    assert found.gained_db >= 3


@missed({})
def test_80_percent_of_the_generations_own_gain_are_kept(films, seed):
    one = judged(films, seed)
    found = measures.relit(one.got, one.made.truths[one.got.number], one.generation)
    print(f"\n{seed}: kept {found.kept_light:.3f} of the light, {found.kept:.3f} of the decibels")
    assert found.kept_light >= 0.8
    if found.generation_db - found.solid_unrelit_db >= _WORTH_DB:
        assert found.kept >= 0.8


@missed({22: "0.855: a sun's rim is narrower than a pixel of the model"})
def test_the_detail_is_the_plates(films, seed):
    one = judged(films, seed)
    found = measures.detail(one.got, one.made.truths[one.got.number])
    print(f"\n{seed}: detail {found:.4f}")
    assert found >= 0.98


@missed({22: "2.23", 29: "2.57", 32: "3.79", 23: "2.12", 39: "2.58", 47: "4.47"})
def test_the_gain_errs_no_more_at_the_mattes_edge(films, seed):
    one = judged(films, seed)
    found = measures.gain_error(one.got, one.made.truths[one.got.number])
    print(f"\n{seed}: {found}, {found.ratio:.2f}")
    assert found.ratio <= 1.25


@missed({})
def test_the_passes_make_up_the_beauty(films, seed):
    assert measures.recombination_error(judged(films, seed).got) <= 0.5


@missed({}, SEEDS[:4])
def test_the_gain_stands_still_where_the_shot_does(films, seed):
    """Forty frames, more than are looked at together: three of the codec's keyframes are among them."""
    made = generation(replace(film(seed), held=40), films)
    solid = np.min([plate.alpha for plate in made.plates.values()], axis=0) > measures.SOLID
    found = measures.gain_changes(measures.gains(made), solid)
    print(f"\n{seed}: the gain changes by {100 * found:.2f}%")
    assert found <= 0.005


@missed({}, (29, 39))
def test_at_4k_the_light_is_kept(films, seed):
    one = judged(films, seed, UHD)
    found = measures.relit(one.got, one.made.truths[one.got.number], one.generation)
    print(f"\n{seed}: {found}, gained {found.gained_db:.2f} dB, kept {found.kept_light:.3f}")
    assert found.gained_db >= 3
    assert found.kept_light >= 0.8


@missed({}, (29, 39))
def test_at_4k_the_detail_is_the_plates(films, seed):
    one = judged(films, seed, UHD)
    found = measures.detail(one.got, one.made.truths[one.got.number])
    print(f"\n{seed}: detail {found:.4f}")
    assert found >= 0.98


@missed({29: "2.75", 39: "2.84"}, (29, 39))
def test_at_4k_the_gain_errs_no_more_at_the_mattes_edge(films, seed):
    one = judged(films, seed, UHD)
    found = measures.gain_error(one.got, one.made.truths[one.got.number])
    print(f"\n{seed}: {found}, {found.ratio:.2f}")
    assert found.ratio <= 1.25

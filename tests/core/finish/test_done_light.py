"""The subject's light on films whose truth is known: the bars of finishing, at the plate's size.

Seeds 22, 29 and 32 may be looked at while constants are chosen, 23, 39 and 47 may not.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.core.finish import measures
from tests.core.finish.simulated import Faults
from tests.core.finish.simulated_film import UHD
from tests.core.finish.simulated_shots import SEEDS, held, judged, missed

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


@missed({})
def test_the_detail_is_the_plates(films, seed):
    one = judged(films, seed)
    found = measures.detail(one.got, one.made.truths[one.got.number])
    print(f"\n{seed}: detail {found:.4f}")
    assert found >= 0.98


@missed({})
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
    """Fifteen frames: the codec's second keyframe is among them."""
    found = measures.gain_changes(held(films, seed, 15))
    print(f"\n{seed}: the gain changes by {100 * found:.2f}%")
    assert found <= 0.005


@missed({}, SEEDS[:4])
def test_the_gain_stands_still_where_the_generation_flickers(films, seed):
    """Each frame of the generation coded for itself: as unsteady as a codec can be."""
    found = measures.gain_changes(held(films, seed, 9, Faults(flickers=True)))
    print(f"\n{seed}: the gain changes by {100 * found:.2f}%")
    assert found <= 0.02


@missed({}, (22, 39))
def test_at_4k(films, seed):
    one = judged(films, seed, UHD)
    truth = one.made.truths[one.got.number]
    found = measures.relit(one.got, truth, one.generation)
    detail, error = measures.detail(one.got, truth), measures.gain_error(one.got, truth)
    print(
        f"\n{seed}: {found}, gained {found.gained_db:.2f} dB, detail {detail:.4f}, {error} {error.ratio:.2f}"
    )
    assert found.gained_db >= 3
    assert found.kept_light >= 0.8
    assert detail >= 0.98
    assert error.ratio <= 1.25

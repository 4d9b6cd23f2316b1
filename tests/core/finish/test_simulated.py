"""The simulated generation is as far from its truth as it says, and no further."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pai_studio.core.synth.capture.sensor import exposed
from tests.core.finish.simulated import Faults, Simulated, generation
from tests.core.finish.simulated_film import Film

pytestmark = pytest.mark.long
SIZE = (480, 270)
SMALL = Film(22, SIZE, held=2)
FAULTLESS = Faults(shift_px=0, gain=0, blur_px=0, quality=0)


@pytest.fixture(scope="module")
def films(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("films")


def stops_off(made: Simulated, number: int) -> np.ndarray:
    model = made.made[number].model
    truth = model.frame.to_model(made.truths[number].composite)
    inner = np.s_[20:-20, 20:-20]
    return np.abs(np.log2((model.composite + 0.05) / (np.maximum(truth, 0) + 0.05)))[inner]


def test_without_faults_it_is_the_truth_at_the_models_size(films):
    made = generation(SMALL, films, FAULTLESS)
    assert np.median(stops_off(made, 1001)) < 0.03
    assert not made.moved[1001].any()


def test_its_errors_are_those_that_were_asked_for(films):
    made = generation(SMALL, films)
    assert np.linalg.norm(made.moved[1001], axis=2).max() == pytest.approx(1.5, rel=1e-4)
    lit = generation(SMALL, films, Faults(shift_px=0, blur_px=0, quality=0))
    model, clean = (one.made[1001].model for one in (lit, generation(SMALL, films, FAULTLESS)))
    bright = clean.composite.min(axis=2) > 0.1
    error = (model.composite / np.maximum(clean.composite, 0.1))[bright]
    assert 0.02 < np.percentile(np.abs(error - 1), 95) < 0.065


def test_what_it_meant_is_the_truth_where_it_put_it(films):
    made = generation(SMALL, films, Faults(gain=0, blur_px=0, quality=0))
    model, truth = made.made[1001].model, made.truths[1001].composite
    inner = np.s_[10:-10, 10:-10]
    meant, really = (
        np.abs(model.composite - model.frame.to_model(picture))[inner].mean()
        for picture in (made.meant(1001, truth), truth)
    )
    assert meant < really / 2


def test_a_held_shot_changes_by_its_noise_alone_and_is_repeated_bit_by_bit(films):
    made, again = generation(SMALL, films), generation(SMALL, films)
    assert made.truths[1001] is made.truths[1002]
    clean = made.truths[1001].clean
    for index, plate in enumerate(made.plates.values()):
        assert np.array_equal(plate.rgb, exposed(clean, 22, index).astype(np.float16))
        assert np.array_equal(plate.rgb, again.plates[plate.number].rgb)
        assert np.array_equal(
            made.made[plate.number].model.composite, again.made[plate.number].model.composite
        )
    assert len(made.stills) == 1

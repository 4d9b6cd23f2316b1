"""What finishing must leave alone: a generation that is the plate itself, at the plate's size."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pai_studio.core.comp.filters import as_f32, blur
from pai_studio.core.comp.lift import lift
from pai_studio.core.comp.space import luminance
from pai_studio.core.finish.finisher import Finisher
from pai_studio.core.finish.layers import half
from pai_studio.core.finish.seen import lifted
from pai_studio.core.media.color import ColorConfig
from pai_studio.core.media.modelspace import ModelSpace, ModelView
from tests.core.finish.measures import SOLID, finished
from tests.core.finish.simulated import Faults, Simulated, generation, through_codec
from tests.core.finish.simulated_shots import PLAIN, film

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]
SEEDS = (29, 23)
SIZES = [(1920, 1080), (3840, 2160)]
BRIGHT, _DARK = 20.0, 0.005


@pytest.fixture(scope="module")
def films(pytestconfig) -> Path:
    return pytestconfig.cache.mkdir("films")


def of_the_plate(films: Path, seed: int, size: tuple[int, int], despill: float) -> Simulated:
    """A shot whose model gave back the plate as it saw it, despilled as finishing does; the subject holds a 20.0."""
    made = generation(film(seed, size), films)
    number, plate = next(iter(made.plates.items()))
    rows, columns = np.nonzero(plate.alpha == 1)
    middle = len(rows) // 2
    rgb = plate.rgb.copy()
    rgb[rows[middle], columns[middle]] = BRIGHT
    one, plate = made.made[number], replace(plate, rgb=rgb)
    controls = PLAIN.model_copy(update={"despill": despill})
    seen = Finisher([], plate.display, controls, 7, gives_layers=False).see(plate, one)
    subject = lifted(plate, one.screen, one.model, seen.covered, despill)
    same = replace(one.model, composite=subject)
    return replace(made, plates={number: plate}, made={number: replace(one, model=same)})


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_foreground_is_the_despilled_plate_and_with_despill_0_the_plate(films, seed, size):
    for despill in (1.0, 0.0):
        made = of_the_plate(films, seed, size, despill)
        number, plate = next(iter(made.plates.items()))
        solid = plate.alpha == 1
        got = finished(made, PLAIN.model_copy(update={"despill": despill}))[number]
        assert (got.gain == 1).all()
        lifted = half(lift(plate, plate.alpha, made.made[number].screen, despill))
        assert np.array_equal(got.foreground[solid], lifted[solid])
        assert np.array_equal(got.beauty[solid], lifted[solid])
        bright = plate.rgb.min(axis=2) == BRIGHT
        assert bright.sum() == 1
        assert (got.beauty[bright] == BRIGHT).all()
    assert np.array_equal(got.beauty[solid], plate.rgb[solid])


@pytest.mark.parametrize("seed", SEEDS)
def test_a_codec_round_trip_changes_luminance_by_2_percent_at_most(films, seed):
    """The model gave back the plate, once more through a codec: the solid subject's light in averages of two pixels."""
    made = of_the_plate(films, seed, SIZES[0], 0.0)
    number, one = next(iter(made.made.items()))
    view = ModelView(ColorConfig.open(""), ModelSpace.named("display-16"))
    codes, _ = view.to_codes(one.model.composite)
    again = view.to_working(through_codec([codes], Faults())[0])
    made = replace(made, made={number: replace(one, model=replace(one.model, composite=again))})
    got = finished(made, PLAIN.model_copy(update={"despill": 0.0}))[number]
    solid = got.matte > SOLID
    before, after = (
        _averages(luminance(light), solid) for light in (got.foreground, got.foreground * got.gain)
    )
    lit = solid & (before > _DARK)
    changes = np.abs(after[lit] / before[lit] - 1)
    mean, most = float(changes.mean()), float(np.quantile(changes, 0.99))
    told = np.abs(luminance(again) / np.maximum(luminance(one.model.conditioning), _DARK) - 1)
    inner = one.model.frame.to_model(as_f32(solid)) > SOLID
    raw = told[inner]
    print(
        f"\n{seed}: luminance changes by {100 * mean:.2f}% in the mean, {100 * most:.2f}% at most (99%);"
        f" the codec's own {100 * raw.mean():.2f}% and {100 * np.quantile(raw, 0.99):.2f}%"
    )
    assert mean <= 0.02


def _averages(plane: np.ndarray, solid: np.ndarray) -> np.ndarray:
    weight = as_f32(solid)
    return blur(as_f32(plane * weight), 4.6) / np.maximum(blur(weight, 4.6), 1e-3)

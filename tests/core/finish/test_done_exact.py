"""What finishing must leave alone: a generation that is the plate itself, at the plate's size."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pai_studio.core.comp.filters import as_f32, blur
from pai_studio.core.comp.lift import lift
from pai_studio.core.comp.space import luminance
from pai_studio.core.finish.layers import half
from pai_studio.core.media.color import ColorConfig
from pai_studio.core.media.modelspace import ModelSpace, ModelView
from tests.core.finish.measures import SOLID, finished
from tests.core.finish.simulated import Faults, Simulated, generation, through_codec
from tests.core.finish.simulated_shots import PLAIN, film

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]
SEEDS = (29, 23)
SIZES = [(1920, 1080), (3840, 2160)]
BRIGHT = 20.0


@pytest.fixture(scope="module")
def films(pytestconfig) -> Path:
    return pytestconfig.cache.mkdir("films")


def of_the_plate(films: Path, seed: int, size: tuple[int, int]) -> Simulated:
    """A shot whose model gave back its conditioning; in the subject's middle there is a pixel of 20.0."""
    made = generation(film(seed, size), films)
    number, plate = next(iter(made.plates.items()))
    rows, columns = np.nonzero(plate.alpha == 1)
    middle = len(rows) // 2
    rgb = plate.rgb.copy()
    rgb[rows[middle], columns[middle]] = BRIGHT
    one = made.made[number]
    same = replace(one.model, composite=one.model.conditioning)
    return replace(made, plates={number: replace(plate, rgb=rgb)}, made={number: replace(one, model=same)})


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_foreground_is_the_despilled_plate_and_with_despill_0_the_plate(films, seed, size):
    made = of_the_plate(films, seed, size)
    number, plate = next(iter(made.plates.items()))
    solid = plate.alpha == 1
    got = finished(made, PLAIN)[number]
    assert (got.gain == 1).all()
    despilled = half(lift(plate, plate.alpha, made.made[number].screen, 1.0))
    assert np.array_equal((got.foreground * got.gain)[solid], despilled[solid])
    got = finished(made, PLAIN.model_copy(update={"despill": 0.0}))[number]
    assert np.array_equal((got.foreground * got.gain)[solid], plate.rgb[solid])
    assert got.foreground.max() == BRIGHT
    assert (got.beauty[solid & (plate.rgb.min(axis=2) == BRIGHT)] == BRIGHT).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_codec_round_trip_changes_luminance_by_2_percent_at_most(films, seed):
    """The model gave back the plate, once more through a codec: averages over its pixels, on the solid subject."""
    made = of_the_plate(films, seed, SIZES[0])
    number, one = next(iter(made.made.items()))
    view = ModelView(ColorConfig.open(""), ModelSpace.named("display-16"))
    codes, _ = view.to_codes(one.model.conditioning)
    again = view.to_working(through_codec([codes], Faults())[0])
    made = replace(made, made={number: replace(one, model=replace(one.model, composite=again))})
    got = finished(made, PLAIN)[number]
    solid = got.matte > SOLID
    weight = as_f32(solid)
    before, after = (
        blur(as_f32(luminance(light) * weight), 4) for light in (got.foreground, got.foreground * got.gain)
    )
    changes = np.abs(after / before - 1)[solid & (before > 0.01 * blur(weight, 4))]
    print(f"\n{seed}: luminance changes by {100 * np.quantile(changes, 0.99):.2f}% (99% of the subject)")
    assert np.quantile(changes, 0.99) <= 0.02

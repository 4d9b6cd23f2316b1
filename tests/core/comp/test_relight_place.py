"""A subject cut out of a real place brings that place's light."""

from __future__ import annotations

import numpy as np

from pai_studio.core.comp.relight import GAIN_LIMITS, gain, place_light, scene_light, subject_light


def a_place(light: tuple[float, float, float]) -> np.ndarray:
    rng = np.random.default_rng(5)
    albedo = rng.uniform(0.05, 0.6, (54, 96, 1)).astype(np.float32)
    return albedo * np.array(light, np.float32)


def a_subject(place: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Plate, premultiplied foreground and matte of a dark block in the place."""
    matte = np.zeros(place.shape[:2], np.float32)
    matte[15:50, 35:60] = 1
    plate = np.where(matte[..., None] > 0, np.float32(0.03), place)
    return plate, plate * matte[..., None], matte


def relit(plate: np.ndarray, foreground: np.ndarray, matte: np.ndarray, place: np.ndarray) -> np.ndarray:
    """The gain of a shot of this one frame in a new place."""
    lights = place_light([plate], [matte]), scene_light([place])
    return gain(
        matte, place, np.ones(3, np.float32), subject_light([foreground], [matte]), place=(plate, *lights)
    )


def test_the_same_place_again_leaves_the_subject_as_it_is() -> None:
    place = a_place((0.9, 1.0, 0.8))
    plate, foreground, matte = a_subject(place)
    factors = relit(plate, foreground, matte, place)
    assert np.abs(factors[matte > 0] - 1).max() < 0.08


def test_a_brighter_and_warmer_place_lifts_and_warms() -> None:
    plate, foreground, matte = a_subject(a_place((0.5, 0.5, 0.5)))
    factors = relit(plate, foreground, matte, a_place((1.4, 1.0, 0.7)))[matte > 0].mean(axis=0)
    assert factors[0] > factors[1] > factors[2]
    assert 1.5 < factors[1] < GAIN_LIMITS[1]

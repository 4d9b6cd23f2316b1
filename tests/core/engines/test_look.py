"""Light that differs between two stills of one place: as a whole, and from middle to corner."""

from __future__ import annotations

import numpy as np
import pytest

from pai_studio.core.engines._look import gain_between, look_between

SIZE = (160, 90)


def pictures(stops):
    """A picture, and the same with its light changed by `stops`, (90, 160, 3) or less."""
    rng = np.random.default_rng(0)
    one = np.repeat(np.repeat(rng.uniform(0.05, 0.9, (18, 32, 3)), 5, 0), 5, 1).astype(np.float32)
    return one, (one * 2 ** np.asarray(stops, np.float32)).astype(np.float32)


def everywhere():
    return np.stack(np.meshgrid(np.arange(160.0), np.arange(90.0)), axis=-1).astype(np.float32)


def test_exposure_and_white_are_the_same_all_over():
    one, other = pictures([0.5, 0.2, -0.4])
    both = np.ones((90, 160), bool)
    gain = gain_between(one, other, both)
    assert gain == pytest.approx(np.array([0.5, 0.2, -0.4]), abs=0.01)
    stops = look_between(one, other, both, gain).at(everywhere(), SIZE)
    assert np.abs(stops - [0.5, 0.2, -0.4]).max() < 0.02


def test_a_lens_that_falls_off_is_followed_and_goes_on_where_nothing_is_compared():
    x = np.linspace(-1, 1, 160)[None, :, None]
    one, other = pictures(-0.6 * x**2 * np.ones((90, 1, 1)))
    both = np.ones((90, 160), bool)
    both[:, 130:] = False
    other[:, 130:] = 0
    gain = gain_between(one, other, both)
    stops = look_between(one, other, both, gain).at(everywhere(), SIZE)
    assert np.abs(stops[:, 5:125] + 0.6 * x[:, 5:125] ** 2).max() < 0.12
    assert (stops[:, 150:] < -0.1).all()
    assert np.isfinite(stops).all()


def test_other_things_have_no_common_light():
    one, other = pictures(0)
    assert gain_between(one, other[::-1, ::-1], np.ones((90, 160), bool)) is None
    assert gain_between(one, other, np.zeros((90, 160), bool)) is None


def test_what_is_new_in_one_still_does_not_pull_the_light():
    one, other = pictures(0.3)
    other[30:36, 40:46] = 20
    both = np.ones((90, 160), bool)
    stops = look_between(one, other, both, gain_between(one, other, both)).at(everywhere(), SIZE)
    assert np.abs(stops - 0.3).max() < 0.05

"""The draft's light: from the stills alone, steady over the shot, and nobody's albedo."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from pai_studio.core.engines.draft import DraftEngine
from pai_studio.core.media.frame import Still
from pai_studio.core.report import silent

INSIDE = (slice(80, 160), slice(140, 165))


def gains(source, numbers):
    engine = DraftEngine(source.shot.engine)
    engine.prepare(source, silent, Path())
    return [g.gain for g in engine.generate(source.stream(numbers), silent)]


def lit(source, factor):
    """The same shot with stills of another light; `factor` is a number or (3,)."""
    source.stills = [
        Still((s.rgb * np.asarray(factor, np.float32)), s.frame, s.placement, s.name) for s in source.stills
    ]
    return source


def test_dark_places_darken_and_blue_ones_turn_blue(filmed):
    dark, plain, blue = (
        gains(lit(filmed((1001,), last=1004), factor), [1002])[0][INSIDE].mean((0, 1))
        for factor in (0.15, 1.0, (0.6, 1.0, 1.6))
    )
    assert dark.mean() < 0.75 * plain.mean()
    assert blue[2] / blue[0] > 1.2 * plain[2] / plain[0]


def test_the_gain_is_steady_and_smooth(filmed):
    found = gains(filmed((1001, 1013)), range(1003, 1012))
    means = np.array([g[INSIDE].mean((0, 1)) for g in found])
    assert np.abs(np.diff(np.log(means), axis=0)).max() < 0.02
    for one in found:
        assert np.abs(np.diff(one, axis=1)).max() < 0.02
        assert one.min() > 0.1


def test_a_coat_in_black_is_no_underexposed_set(filmed):
    def dressed(level):
        source = filmed((1001,), last=1004)

        def frame(number):
            plain = filmed.frame(source, number)
            skin = plain.rgb[..., 0] > 0.3
            return dataclasses.replace(
                plain, rgb=np.where(skin[..., None], plain.rgb * np.float32(level), plain.rgb)
            )

        source.frame = frame
        return gains(source, [1002])[0][INSIDE].mean()

    assert dressed(0.25) == pytest.approx(dressed(1.0), rel=0.02)


def test_a_keyed_subject_without_any_screen_gets_the_place_s_light_too(filmed):
    source = filmed((1001,), last=1004)
    matte = np.zeros((180, 320), np.float32)
    matte[60:170, 120:190] = 1

    def frame(number):
        plain = filmed.frame(source, number)
        return dataclasses.replace(plain, rgb=plain.rgb * matte[..., None], alpha=matte, keyed=True)

    source.frame = frame
    dark = lit(filmed((1001,), last=1004), 0.15)
    dark.frame = frame
    bright_gain, dark_gain = gains(source, [1002])[0], gains(dark, [1002])[0]
    assert dark_gain[INSIDE].mean() < 0.75 * bright_gain[INSIDE].mean()

"""The whole composite against a filmed truth: the same person in the same light, on the screen and in the place."""

from __future__ import annotations

import pytest

from pai_studio.core.comp.despill import foreground
from pai_studio.core.comp.key import estimate_screen, key
from pai_studio.core.comp.prior import expected_gain
from pai_studio.core.comp.relight import gain, subject_light
from pai_studio.core.synth.filming import Scene, SceneSpec


@pytest.mark.parametrize("drawn", [(1, "green", "downtown", "night"), (5, "blue", "forest", "overcast")])
def test_relit_foreground_comes_nearer_to_the_truth(srgb_psnr, edges, drawn):
    seed, screen, place, mood = drawn
    spec = SceneSpec((480, 270), 24, 24.0, seed, screen, True, mood=mood, place=place)
    filmed = Scene(spec).filmed(12)
    keyed = key(filmed.plate, estimate_screen([filmed.plate]))
    assert abs(keyed.matte - filmed.matte)[edges(filmed.matte)].mean() < 0.05
    lifted = foreground(filmed.plate, keyed.matte, keyed.screen, 1.0, False)
    behind = filmed.background * (1 - keyed.matte)[..., None]
    light = expected_gain([filmed.background]), subject_light([lifted], [keyed.matte])
    factors = gain(keyed.matte, filmed.background, *light)
    inside = filmed.matte > 0.5
    plain = srgb_psnr(lifted + behind, filmed.composite, inside)
    relit = srgb_psnr(lifted * factors + behind, filmed.composite, inside)
    assert relit > plain + 3
